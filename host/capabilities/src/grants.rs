//! What a plugin was granted, as it is now.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use parking_lot::RwLock;
use vestry_contract::registration;
use vestry_storage::{Database, StorageError};

/// Something that a plugin asks for and an administrator says yes to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// To call an interface of the host, such as `vestry:plugin/kv`.
    Interface(String),
    /// To have routes that everyone may open.
    Public,
    /// To see names and e-mail addresses of actors.
    Identity,
    /// To use a permission of the host with no person present.
    Permission(String),
    /// To use a directory, by its name; to change it too.
    Directory { name: String, write: bool },
    /// To call an origin, such as `https://api.example.org`.
    Origin(String),
    /// To use a secret, by its name.
    Secret(String),
    /// Wishes that this version keeps as they are and grants nothing for.
    Other(String),
}

impl Capability {
    /// What importing an interface asks for, such as `vestry:plugin/kv@0.1.0`.
    #[must_use]
    pub fn imported(interface: &str) -> Self {
        Self::Interface(interface.split('@').next().unwrap_or(interface).to_owned())
    }

    /// What a plugin wishes for beyond that.
    #[must_use]
    pub fn wished(wish: &registration::Capability) -> Self {
        match wish {
            registration::Capability::Public => Self::Public,
            registration::Capability::Identity => Self::Identity,
            registration::Capability::Permission(name) => Self::Permission(name.clone()),
            registration::Capability::Directory((name, access)) => {
                Self::Directory { name: name.clone(), write: matches!(access, registration::FileAccess::ReadWrite) }
            }
            registration::Capability::Origin(origin) => Self::Origin(origin.clone()),
            registration::Capability::Secret(name) => Self::Secret(name.clone()),
            registration::Capability::Other((kind, value)) => Self::Other(format!("{kind} {value}")),
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interface(name) => formatter.write_str(name),
            Self::Public => formatter.write_str("public"),
            Self::Identity => formatter.write_str("identity"),
            Self::Permission(name) => write!(formatter, "permission {name}"),
            Self::Directory { name, write: false } => write!(formatter, "directory {name}"),
            Self::Directory { name, write: true } => write!(formatter, "directory-write {name}"),
            Self::Origin(origin) => write!(formatter, "origin {origin}"),
            Self::Secret(name) => write!(formatter, "secret {name}"),
            Self::Other(wish) => write!(formatter, "other {wish}"),
        }
    }
}

impl FromStr for Capability {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text.split_once(' ') {
            None if text == "public" => Self::Public,
            None if text == "identity" => Self::Identity,
            None => Self::Interface(text.to_owned()),
            Some(("permission", name)) => Self::Permission(name.to_owned()),
            Some(("directory", name)) => Self::Directory { name: name.to_owned(), write: false },
            Some(("directory-write", name)) => Self::Directory { name: name.to_owned(), write: true },
            Some(("origin", origin)) => Self::Origin(origin.to_owned()),
            Some(("secret", name)) => Self::Secret(name.to_owned()),
            Some((_, rest)) => Self::Other(rest.to_owned()),
        })
    }
}

/// The grants of one plugin at one moment.
#[derive(Debug, Clone, Default)]
pub struct Grants(BTreeSet<Capability>);

impl Grants {
    #[must_use]
    pub fn holds(&self, capability: &Capability) -> bool {
        self.0.contains(capability)
    }

    /// Whether a directory was granted, and to be changed where `write`.
    #[must_use]
    pub fn holds_directory(&self, name: &str, write: bool) -> bool {
        let granted = |write| self.holds(&Capability::Directory { name: name.to_owned(), write });
        granted(true) || (!write && granted(false))
    }

    /// Origins that may be called.
    pub fn origins(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|capability| match capability {
            Capability::Origin(origin) => Some(origin.as_str()),
            _ => None,
        })
    }

    #[must_use]
    pub fn holds_interface(&self, interface: &str) -> bool {
        self.0.iter().any(|capability| matches!(capability, Capability::Interface(name) if name == interface))
    }
}

impl FromIterator<Capability> for Grants {
    fn from_iter<T: IntoIterator<Item = Capability>>(capabilities: T) -> Self {
        Self(capabilities.into_iter().collect())
    }
}

/// Grants by digest, read again whenever the generation has moved.
#[derive(Debug, Default)]
pub(crate) struct GrantCache {
    known: RwLock<Known>,
    /// Of a package that is tried before it is installed: these, whatever the database says.
    fixed: Option<Arc<Grants>>,
}

/// What was read in one generation. A digest belongs to one plugin: the id is part of what it is the digest of.
#[derive(Debug, Default)]
struct Known {
    generation: u64,
    by_digest: HashMap<String, Arc<Grants>>,
}

impl GrantCache {
    pub(crate) fn fixed(grants: Grants) -> Self {
        Self { known: RwLock::default(), fixed: Some(Arc::new(grants)) }
    }

    pub(crate) fn current(&self, database: &Database, plugin: &str, digest: &str) -> Result<Arc<Grants>, StorageError> {
        if let Some(fixed) = &self.fixed {
            return Ok(Arc::clone(fixed));
        }
        // Before the rows: what is read after it is at least that new.
        let generation = database.generation();
        {
            let known = self.known.read();
            if known.generation == generation
                && let Some(grants) = known.by_digest.get(digest)
            {
                return Ok(Arc::clone(grants));
            }
        }
        let rows = database.read(|reader| reader.grants(plugin, digest))?;
        let parsed = |text: &str| text.parse().unwrap_or(Capability::Other(text.to_owned()));
        let grants: Arc<Grants> = Arc::new(rows.iter().map(|grant| parsed(&grant.capability)).collect());
        let mut known = self.known.write();
        if known.generation != generation {
            *known = Known { generation, by_digest: HashMap::new() };
        }
        known.by_digest.insert(digest.to_owned(), Arc::clone(&grants));
        Ok(grants)
    }
}

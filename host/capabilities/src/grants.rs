//! What a plugin was granted, as it is now.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use parking_lot::RwLock;
use vestry_catalog::Capability;
use vestry_storage::{Database, StorageError};

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

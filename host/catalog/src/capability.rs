//! What a plugin can ask for: the interfaces that it imports, and its wishes.

use std::fmt;
use std::str::FromStr;

use vestry_contract::registration;

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

/// What an origin begins with that the plugin's settings name.
const SETTING: &str = "setting:";

/// The name of the setting that a wished origin stands in, where it is not an origin itself.
#[must_use]
pub fn setting_of_origin(origin: &str) -> Option<&str> {
    origin.strip_prefix(SETTING)
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

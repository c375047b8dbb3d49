//! Permissions: what a route or a host call needs.

use std::fmt;

use vestry_phrases::phrase;

use crate::names::text;
use crate::{Invalid, What};

/// One permission: of the host such as `users.read`, or of a plugin such as `org.example.logs/read`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Permission(String);
text!(Permission);

/// A permission of the host's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostPermission {
    pub name: &'static str,
    pub title: &'static str,
}

/// All of them. `admin` holds them; those for packages `developer` does at first; nobody else any, until an administrator
/// lets a privilege permit them.
pub const HOST_PERMISSIONS: &[HostPermission] = &[
    HostPermission { name: "users.read", title: phrase!("See accounts") },
    HostPermission { name: "users.write", title: phrase!("Rename accounts") },
    HostPermission { name: "users.activate", title: phrase!("Activate and deactivate accounts, end their sessions") },
    HostPermission { name: "users.privileges", title: phrase!("Give and take privileges, and say what they permit") },
    HostPermission { name: "users.create", title: phrase!("Add accounts") },
    HostPermission { name: "users.delete", title: phrase!("Delete accounts") },
    HostPermission { name: "jobs.read", title: phrase!("See the jobs of all plugins") },
    HostPermission { name: "jobs.manage", title: phrase!("Cancel and retry the jobs of all plugins") },
    HostPermission { name: "logs.read", title: phrase!("Read the server's logs; people in them are numbers") },
    HostPermission { name: "logs.people", title: phrase!("See who the people in the logs are") },
    HostPermission { name: "secrets.manage", title: phrase!("Set secrets; nobody can read them") },
    HostPermission { name: "mail.read", title: phrase!("See the outbox, and try mails again that failed") },
    HostPermission { name: "packages.read", title: phrase!("See packages, and what plugins use") },
    HostPermission { name: "packages.manage", title: phrase!("Fetch packages, and decide which are mounted") },
    HostPermission { name: "plugins.grant", title: phrase!("Grant plugins what they ask for") },
    HostPermission { name: "phrases.read", title: phrase!("See what is said in other languages") },
    HostPermission { name: "phrases.write", title: phrase!("Add languages, and translate what is said") },
    HostPermission { name: "server.read", title: phrase!("See how this server is built, and what runs on it") },
    HostPermission { name: "server.manage", title: phrase!("Look after the server: safe page, audit, style guide") },
];

impl Permission {
    /// # Errors
    /// Where the text is neither a permission of the host nor one of a plugin.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let valid = text.len() <= 200
            && match text.split_once('/') {
                Some((plugin, name)) => is_plugin_id(plugin) && is_dotted(name),
                None => is_dotted(text) && text.contains('.'),
            };
        match valid {
            true => Ok(Self(text.to_owned())),
            false => Err(Invalid {
                what: What::Permission,
                sentence: "The permission is written like users.read, or like org.example.logs/read.",
            }),
        }
    }

    /// The plugin that it belongs to; none for the host's own.
    pub fn plugin(&self) -> Option<&str> {
        self.0.split_once('/').map(|(plugin, _)| plugin)
    }
}

/// Reverse DNS: at least two labels.
fn is_plugin_id(text: &str) -> bool {
    text.contains('.') && is_dotted(text)
}

/// Words of lower-case letters, digits and dashes, that start with a letter, with dots between.
fn is_dotted(text: &str) -> bool {
    text.split('.').all(|word| {
        word.starts_with(|first: char| first.is_ascii_lowercase())
            && !word.ends_with('-')
            && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    })
}

#[cfg(test)]
mod tests {
    use super::{HOST_PERMISSIONS, Permission};

    #[test]
    fn permissions_are_of_the_host_or_of_a_plugin() {
        assert_eq!(Permission::parse("users.read").unwrap().plugin(), None);
        assert_eq!(Permission::parse("org.example.logs/read.all").unwrap().plugin(), Some("org.example.logs"));
        for text in
            ["", "users", "org/read", "org.example/", "/read", "org.example/a/b", "Users.read", "users..read", "a.b c"]
        {
            assert!(Permission::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_hosts_own_are_well_formed_and_stand_once() {
        let mut names: Vec<_> = HOST_PERMISSIONS.iter().map(|permission| permission.name).collect();
        assert!(names.iter().all(|name| Permission::parse(name).is_ok_and(|parsed| parsed.plugin().is_none())));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), HOST_PERMISSIONS.len());
    }
}

//! What packages ask for, in plain words, and which of it is dangerous: what reaches beyond the plugin's own data, to the
//! server, to other machines, or to people who are not signed in.

use vestry_identity::HOST_PERMISSIONS;

use crate::capability::Capability;
use crate::house;

/// What an interface of the host lets a plugin do, and whether that is dangerous by itself.
const INTERFACES: &[(&str, &str, bool)] = &[
    ("vestry:plugin/log", "Write lines into the server's log", false),
    ("vestry:plugin/settings", "Read its own settings from the server's configuration", false),
    ("vestry:plugin/uploads", "Read files that people send to it", false),
    ("vestry:plugin/kv", "Keep data of its own", false),
    ("vestry:plugin/files", "Use the directories that are named here, as far as they are granted", false),
    (
        "vestry:plugin/http-client",
        "Call other servers: the addresses that are named here, as far as they are granted",
        false,
    ),
    ("vestry:plugin/secrets", "Read the secrets that are named here, as far as they are granted", false),
    ("vestry:plugin/events", "Tell pages that are open that something changed", false),
    ("vestry:plugin/jobs", "Go on working after a page was answered, for who started it", false),
    (
        "vestry:plugin/mail",
        "Send mails that it registered, to accounts and to addresses that visitors have confirmed",
        false,
    ),
    ("vestry:plugin/contributions", "See what other plugins contribute to its pages", false),
    ("vestry:plugin/menu", "Put a badge on its own menu entry", false),
    ("vestry:plugin/links", "Make links to its own pages that work from outside", false),
    (
        "vestry:admin/users",
        "See and change accounts, as far as the person who uses it may; what is grave is asked first",
        true,
    ),
    ("vestry:admin/queue", "See, cancel and retry the jobs of all plugins, as far as the person who uses it may", true),
    (
        "vestry:admin/packages",
        "Call any address on the net to fetch packages from there, and change what is mounted, as far as the person who \
         uses it may; what is grave is asked first",
        true,
    ),
    (
        "vestry:admin/server",
        "See how this server is built and what runs on it, as far as the person who uses it may",
        false,
    ),
];

/// Interfaces that have words here.
pub fn interfaces() -> impl Iterator<Item = &'static str> {
    INTERFACES.iter().map(|(name, ..)| *name)
}

/// What something is called and meant by.
#[derive(Debug)]
pub struct Words {
    pub heading: &'static str,
    pub words: String,
    pub grave: bool,
}

const USES: &str = "What it uses of the server";
const REACHES: &str = "What it reaches";
const PEOPLE: &str = "People";
const ALONE: &str = "What it may do with nobody present";
const UNKNOWN: &str = "Unknown to this server";

/// Headings in the order that they are shown in: what is most often dangerous first, before somebody is tired of reading.
pub const HEADINGS: &[&str] = &[ALONE, REACHES, PEOPLE, USES, UNKNOWN];

/// What is known of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known<'a> {
    /// Nobody has set it yet.
    Missing,
    Unbound,
    Bound(&'a str),
}

/// A capability in plain words. `secret`: what is known of the secret of a name.
pub fn of<'a>(capability: &Capability, secret: impl Fn(&str) -> Known<'a>) -> Words {
    let said = |heading, words: String, grave| Words { heading, words, grave };
    match capability {
        Capability::Interface(name) => match INTERFACES.iter().find(|(known, ..)| known == name) {
            Some((_, words, grave)) => said(USES, (*words).to_owned(), *grave),
            None => {
                said(UNKNOWN, "An interface that this server does not know; granting it has no effect".into(), true)
            }
        },
        Capability::Directory { name, write: false } => match house::directory(name) {
            Some(house) => said(REACHES, house.words.to_owned(), true),
            None => said(REACHES, format!("Read the directory {name}"), false),
        },
        Capability::Directory { name, write: true } => {
            said(REACHES, format!("Read, change and delete files in the directory {name}"), true)
        }
        Capability::Origin(origin) => said(REACHES, format!("Call {origin}, and send there what it knows"), true),
        Capability::Secret(name) => {
            let words = match secret(name) {
                Known::Unbound => format!("Read the secret {name}"),
                Known::Bound(origin) => format!("Have the secret {name} sent to {origin}"),
                Known::Missing => {
                    format!("Read the secret {name}, or have it sent where it is bound to; nobody has set it yet")
                }
            };
            said(REACHES, words, true)
        }
        Capability::Public => said(PEOPLE, "Have pages that everybody can open without signing in".into(), true),
        Capability::Identity => said(PEOPLE, "See names and e-mail addresses of the people who use it".into(), false),
        Capability::Permission(name) => {
            let title = HOST_PERMISSIONS.iter().find(|known| known.name == name).map_or(name.as_str(), |it| it.title);
            said(ALONE, format!("{title}, in schedules and for visitors"), true)
        }
        Capability::Other(wish) => said(UNKNOWN, format!("{wish}, which has no effect in this version"), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(capability: &Capability) -> Words {
        super::of(capability, |_| Known::Missing)
    }

    #[test]
    fn a_secret_is_read_or_sent() {
        let secret = Capability::Secret("api".into());
        let words = |known| super::of(&secret, |name| if name == "api" { known } else { Known::Missing }).words;
        assert_eq!(words(Known::Unbound), "Read the secret api");
        let origin = "https://api.example.org";
        assert_eq!(words(Known::Bound(origin)), "Have the secret api sent to https://api.example.org");
        assert!(words(Known::Missing).contains("nobody has set it yet"));
    }

    #[test]
    fn what_reaches_beyond_the_plugin_is_marked() {
        for grave in [
            "vestry:admin/users",
            "vestry:admin/queue",
            "vestry:admin/packages",
            "permission users.read",
            "directory-write logs",
            "origin https://api.example.org",
            "secret api",
            "public",
        ] {
            assert!(grave.parse().is_ok_and(|capability| of(&capability).grave), "{grave}");
        }
        for harmless in ["vestry:plugin/kv", "directory logs", "identity"] {
            assert!(harmless.parse().is_ok_and(|capability| !of(&capability).grave), "{harmless}");
        }
    }

    #[test]
    fn every_heading_has_its_place() {
        for capability in ["vestry:plugin/kv", "vestry:x/y", "origin x", "identity", "permission a.b", "other x"] {
            let words = capability.parse().map(|capability| of(&capability)).unwrap();
            assert!(HEADINGS.contains(&words.heading), "{}", words.heading);
        }
    }
}

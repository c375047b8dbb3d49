//! What packages ask for, in plain words, and which of it is dangerous: what reaches beyond the plugin's own data, to the
//! server, to other machines, or to people who are not signed in.

use vestry_identity::HOST_PERMISSIONS;
use vestry_phrases::{Words, phrase, words};

use crate::capability::{Capability, setting_of_origin};
use crate::house;

/// What an interface of the host lets a plugin do, and whether that is dangerous by itself.
const INTERFACES: &[(&str, &str, bool)] = &[
    ("vestry:plugin/log", phrase!("Write lines into the server's log"), false),
    ("vestry:plugin/settings", phrase!("Read its own settings from the server's configuration"), false),
    ("vestry:plugin/uploads", phrase!("Read files that people send to it"), false),
    ("vestry:plugin/kv", phrase!("Keep data of its own"), false),
    ("vestry:plugin/files", phrase!("Use the directories that are named here, as far as they are granted"), false),
    (
        "vestry:plugin/http-client",
        phrase!("Call other servers: the addresses that are named here, as far as they are granted"),
        false,
    ),
    ("vestry:plugin/secrets", phrase!("Read the secrets that are named here, as far as they are granted"), false),
    ("vestry:plugin/events", phrase!("Tell pages that are open that something changed"), false),
    ("vestry:plugin/jobs", phrase!("Go on working after a page was answered, for who started it"), false),
    (
        "vestry:plugin/mail",
        phrase!("Send mails that it registered, to accounts and to addresses that visitors have confirmed"),
        false,
    ),
    ("vestry:plugin/contributions", phrase!("See what other plugins contribute to its pages"), false),
    ("vestry:plugin/menu", phrase!("Put a badge on its own menu entry"), false),
    ("vestry:plugin/links", phrase!("Make links to its own pages that work from outside"), false),
    (
        "vestry:admin/users",
        phrase!("See and change accounts, as far as the person who uses it may; what is grave is asked first"),
        true,
    ),
    (
        "vestry:admin/queue",
        phrase!("See, cancel and retry the jobs of all plugins, as far as the person who uses it may"),
        true,
    ),
    (
        "vestry:admin/packages",
        phrase!(
            "Call any address on the net to fetch packages from there, and change what is mounted, as far as the person who \
         uses it may; what is grave is asked first"
        ),
        true,
    ),
    (
        "vestry:admin/server",
        phrase!("See how this server is built and what runs on it, as far as the person who uses it may"),
        false,
    ),
    (
        "vestry:admin/phrases",
        phrase!(
            "Say what the server and all plugins say in other languages, their warnings too, as far as the person who uses it may"
        ),
        true,
    ),
];

/// Interfaces that have words here.
pub fn interfaces() -> impl Iterator<Item = &'static str> {
    INTERFACES.iter().map(|(name, ..)| *name)
}

/// What something means, and whether it is dangerous.
#[derive(Debug)]
pub struct Meaning {
    /// A phrase.
    pub heading: &'static str,
    pub words: Words,
    pub grave: bool,
}

const USES: &str = phrase!("What it uses of the server");
const REACHES: &str = phrase!("What it reaches");
const PEOPLE: &str = phrase!("People");
const ALONE: &str = phrase!("What it may do with nobody present");
const UNKNOWN: &str = phrase!("Unknown to this server");

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

/// A capability in plain words. `secret`: what is known of the secret of a name; `title`: how the title of a permission is
/// said.
pub fn of<'a>(
    capability: &Capability,
    secret: impl Fn(&str) -> Known<'a>,
    title: impl Fn(&'static str) -> String,
) -> Meaning {
    let said = |heading, words, grave| Meaning { heading, words, grave };
    match capability {
        Capability::Interface(name) => match INTERFACES.iter().find(|(known, ..)| known == name) {
            Some((_, words, grave)) => said(USES, Words::plain(words), *grave),
            None => {
                let words = words!("An interface that this server does not know; granting it has no effect");
                said(UNKNOWN, words, true)
            }
        },
        Capability::Directory { name, write: false } => match house::directory(name) {
            Some(house) => said(REACHES, Words::plain(house.words), true),
            None => said(REACHES, words!("Read the directory {name}", name), false),
        },
        Capability::Directory { name, write: true } => {
            said(REACHES, words!("Read, change and delete files in the directory {name}", name), true)
        }
        Capability::Origin(origin) if let Some(setting) = setting_of_origin(origin) => {
            let words =
                words!("Call the server whose address is its setting {setting}, and send there what it knows", setting);
            said(REACHES, words, true)
        }
        Capability::Origin(origin) => {
            said(REACHES, words!("Call {origin}, and send there what it knows", origin), true)
        }
        Capability::Secret(name) => {
            let words = match secret(name) {
                Known::Unbound => words!("Read the secret {name}", name),
                Known::Bound(origin) => words!("Have the secret {name} sent to {origin}", name, origin),
                Known::Missing => {
                    words!("Read the secret {name}, or have it sent where it is bound to; nobody has set it yet", name)
                }
            };
            said(REACHES, words, true)
        }
        Capability::Public => said(PEOPLE, words!("Have pages that everybody can open without signing in"), true),
        Capability::Identity => said(PEOPLE, words!("See names and e-mail addresses of the people who use it"), false),
        Capability::Permission(name) => {
            let known = HOST_PERMISSIONS.iter().find(|known| known.name == name);
            let title = known.map_or_else(|| name.clone(), |known| title(known.title));
            said(ALONE, words!("{title}, in schedules and for visitors", title), true)
        }
        Capability::Other(wish) => said(UNKNOWN, words!("{wish}, which has no effect in this version", wish), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(capability: &Capability) -> Meaning {
        super::of(capability, |_| Known::Missing, str::to_owned)
    }

    #[test]
    fn a_secret_is_read_or_sent() {
        let secret = Capability::Secret("api".into());
        let words = |known| {
            let secrets = |name: &str| if name == "api" { known } else { Known::Missing };
            super::of(&secret, secrets, str::to_owned).words.english()
        };
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
            "vestry:admin/phrases",
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

//! One table of everything that a plugin can call: what must be granted, what the actor must hold, how grave it is.
//!
//! A function whose gravity depends on what it is asked has a row for each case. What tests compare with is a
//! reviewed file, `tests/table.expected`, not this table itself; and a function of `wit/` without a row fails a test.

use std::fmt;

/// How far a call reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Reads what belongs to the plugin itself.
    OwnRead,
    /// Changes what belongs to the plugin itself.
    OwnWrite,
    /// Reads what belongs to the server.
    Read,
    /// Changes what belongs to the server.
    Write,
    /// Changes what is grave: the person is asked by the host first.
    Sensitive,
}

impl Kind {
    /// Whether a GET may do it.
    #[must_use]
    pub fn is_reading(self) -> bool {
        matches!(self, Self::OwnRead | Self::Read)
    }

    /// Whether it is done on the actor's authority, not the plugin's alone.
    #[must_use]
    pub fn needs_actor(self) -> bool {
        !matches!(self, Self::OwnRead | Self::OwnWrite)
    }
}

/// One function of the host, or one case of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The interface, which is also the capability that must be granted, such as `vestry:plugin/kv`.
    pub interface: &'static str,
    pub function: &'static str,
    /// What the call does, where one function does several things.
    pub case: Option<&'static str>,
    /// What the actor must hold.
    pub permission: Option<&'static str>,
    pub kind: Kind,
    /// What the host asks the person, with `{name}`s that the capability fills in. Every sensitive row has one.
    pub ask: Option<&'static str>,
}

impl Row {
    /// The name that tokens' scopes and audit entries use, such as `vestry:admin/users.apply`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}.{}", self.interface, self.function)
    }
}

impl fmt::Display for Row {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.interface, self.function)?;
        if let Some(case) = self.case {
            write!(formatter, " ({case})")?;
        }
        Ok(())
    }
}

const fn own(interface: &'static str, function: &'static str, kind: Kind) -> Row {
    Row { interface, function, case: None, permission: None, kind, ask: None }
}

const fn reads(interface: &'static str, function: &'static str, permission: &'static str) -> Row {
    Row { interface, function, case: None, permission: Some(permission), kind: Kind::Read, ask: None }
}

const fn writes(interface: &'static str, function: &'static str, permission: &'static str) -> Row {
    Row { interface, function, case: None, permission: Some(permission), kind: Kind::Write, ask: None }
}

const fn change(case: &'static str, permission: &'static str, kind: Kind, ask: Option<&'static str>) -> Row {
    Row { interface: USERS, function: "apply", case: Some(case), permission: Some(permission), kind, ask }
}

const fn bulk(case: &'static str, permission: &'static str, ask: &'static str) -> Row {
    let ask = Some(ask);
    Row {
        interface: USERS,
        function: "apply-found",
        case: Some(case),
        permission: Some(permission),
        kind: Kind::Sensitive,
        ask,
    }
}

const fn asks(interface: &'static str, function: &'static str, permission: &'static str, ask: &'static str) -> Row {
    Row { kind: Kind::Sensitive, ask: Some(ask), ..writes(interface, function, permission) }
}

const LOG: &str = "vestry:plugin/log";
const SETTINGS: &str = "vestry:plugin/settings";
const UPLOADS: &str = "vestry:plugin/uploads";
const KV: &str = "vestry:plugin/kv";
const CONTRIBUTIONS: &str = "vestry:plugin/contributions";
const MENU: &str = "vestry:plugin/menu";
const LINKS: &str = "vestry:plugin/links";
const FILES: &str = "vestry:plugin/files";
const HTTP_CLIENT: &str = "vestry:plugin/http-client";
const SECRETS: &str = "vestry:plugin/secrets";
const EVENTS: &str = "vestry:plugin/events";
const JOBS: &str = "vestry:plugin/jobs";
const MAIL: &str = "vestry:plugin/mail";
const USERS: &str = "vestry:admin/users";
const QUEUE: &str = "vestry:admin/queue";
const PACKAGES: &str = "vestry:admin/packages";
const SERVER: &str = "vestry:admin/server";
const PHRASES: &str = "vestry:admin/phrases";

pub(crate) const LOG_WRITE: Row = own(LOG, "write", Kind::OwnRead);
pub(crate) const SETTINGS_GET: Row = own(SETTINGS, "get", Kind::OwnRead);
pub(crate) const UPLOADS_READ: Row = own(UPLOADS, "read", Kind::OwnRead);
pub(crate) const UPLOADS_KEEP: Row = own(UPLOADS, "keep", Kind::OwnWrite);
pub(crate) const KV_GET: Row = own(KV, "get", Kind::OwnRead);
pub(crate) const KV_SCAN: Row = own(KV, "scan", Kind::OwnRead);
pub(crate) const KV_COMMIT: Row = own(KV, "commit", Kind::OwnWrite);
pub(crate) const FILES_ENTRIES: Row = own(FILES, "entries", Kind::OwnRead);
pub(crate) const FILES_READ: Row = own(FILES, "read", Kind::OwnRead);
pub(crate) const FILES_WRITE: Row = own(FILES, "write", Kind::OwnWrite);
pub(crate) const FILES_APPEND: Row = own(FILES, "append", Kind::OwnWrite);
pub(crate) const FILES_RENAME: Row = own(FILES, "rename", Kind::OwnWrite);
pub(crate) const FILES_REMOVE: Row = own(FILES, "remove", Kind::OwnWrite);
pub(crate) const HTTP_ASK: Row = Row { case: Some("ask"), ..own(HTTP_CLIENT, "send", Kind::OwnRead) };
pub(crate) const HTTP_CHANGE: Row = Row { case: Some("change"), ..own(HTTP_CLIENT, "send", Kind::OwnWrite) };
pub(crate) const SECRETS_REVEAL: Row = own(SECRETS, "reveal", Kind::OwnRead);
pub(crate) const EVENTS_PUBLISH: Row = own(EVENTS, "publish", Kind::OwnWrite);
pub(crate) const JOBS_START: Row = own(JOBS, "start", Kind::OwnWrite);
pub(crate) const JOBS_GET: Row = own(JOBS, "get", Kind::OwnRead);
pub(crate) const JOBS_CANCEL: Row = own(JOBS, "cancel", Kind::OwnWrite);
pub(crate) const JOBS_PROGRESS: Row = own(JOBS, "progress", Kind::OwnWrite);
pub(crate) const MAIL_SEND: Row = own(MAIL, "send", Kind::OwnWrite);
pub(crate) const CONTRIBUTIONS_AT: Row = own(CONTRIBUTIONS, "at", Kind::OwnRead);
pub(crate) const MENU_SET_BADGE: Row = own(MENU, "set-badge", Kind::OwnWrite);
pub(crate) const LINKS_ABSOLUTE: Row = own(LINKS, "absolute", Kind::OwnRead);
pub(crate) const USERS_FIND: Row = reads(USERS, "find", "users.read");
pub(crate) const USERS_FIND_COLUMNS: Row = reads(USERS, "find-columns", "users.read");
pub(crate) const USERS_GET: Row = reads(USERS, "get", "users.read");
pub(crate) const USERS_PRIVILEGES: Row = reads(USERS, "privileges", "users.read");
pub(crate) const USERS_CREATE: Row =
    change("create", "users.create", Kind::Sensitive, Some("Create an account for {name} ({email}){with}"));
pub(crate) const USERS_RENAME: Row = change("rename", "users.write", Kind::Write, None);
pub(crate) const USERS_ACTIVATE: Row =
    change("activate", "users.activate", Kind::Sensitive, Some("Let {account} sign in again"));
pub(crate) const USERS_DEACTIVATE: Row = change(
    "deactivate",
    "users.activate",
    Kind::Sensitive,
    Some("Deactivate {account}: they are signed out and cannot sign in"),
);
pub(crate) const USERS_GIVE: Row =
    change("give", "users.privileges", Kind::Sensitive, Some("Give {account} the privilege {privilege}"));
pub(crate) const USERS_TAKE: Row =
    change("take", "users.privileges", Kind::Sensitive, Some("Take the privilege {privilege} from {account}"));
pub(crate) const USERS_DELETE: Row =
    change("delete", "users.delete", Kind::Sensitive, Some("Delete the account of {account} for good"));
pub(crate) const USERS_INVITE: Row = Row {
    interface: USERS,
    function: "invite",
    case: None,
    permission: Some("users.create"),
    kind: Kind::Sensitive,
    ask: Some("Make an account for {name} ({email}){with}, and send them a link under which they set its password"),
};
pub(crate) const USERS_RESET: Row = Row {
    interface: USERS,
    function: "reset-password",
    case: None,
    permission: Some("users.activate"),
    kind: Kind::Sensitive,
    ask: Some("Send {account} a link under which they set a new password, and show you the same link once"),
};
pub(crate) const QUEUE_FIND: Row = reads(QUEUE, "find", "jobs.read");
pub(crate) const QUEUE_GET: Row = reads(QUEUE, "get", "jobs.read");
pub(crate) const QUEUE_LINES: Row = reads(QUEUE, "lines", "jobs.read");
pub(crate) const QUEUE_CANCEL: Row = writes(QUEUE, "cancel", "jobs.manage");
pub(crate) const QUEUE_RETRY: Row = writes(QUEUE, "retry", "jobs.manage");
pub(crate) const USERS_ACTIVATE_FOUND: Row =
    bulk("activate", "users.activate", "Let {count} accounts sign in again: {which}");
pub(crate) const USERS_DEACTIVATE_FOUND: Row =
    bulk("deactivate", "users.activate", "Deactivate {count} accounts, who are signed out and cannot sign in: {which}");
pub(crate) const USERS_GIVE_FOUND: Row =
    bulk("give", "users.privileges", "Give {count} accounts the privilege {privilege}: {which}");
pub(crate) const USERS_TAKE_FOUND: Row =
    bulk("take", "users.privileges", "Take the privilege {privilege} from {count} accounts: {which}");

pub(crate) const PACKAGES_PLUGINS: Row = reads(PACKAGES, "plugins", "packages.read");
pub(crate) const PACKAGES_WAITING: Row = reads(PACKAGES, "waiting", "packages.read");
pub(crate) const PACKAGES_HISTORY: Row = reads(PACKAGES, "history", "packages.read");
pub(crate) const PACKAGES_INSPECT: Row = reads(PACKAGES, "inspect", "packages.read");
pub(crate) const PACKAGES_OUTCOME: Row = reads(PACKAGES, "outcome", "packages.read");
pub(crate) const PACKAGES_UPGRADES: Row = reads(PACKAGES, "upgrades", "packages.read");
pub(crate) const PACKAGES_REFERENCES: Row = writes(PACKAGES, "references", "packages.manage");
pub(crate) const PACKAGES_FETCH: Row = writes(PACKAGES, "fetch", "packages.manage");
pub(crate) const PACKAGES_CHECK: Row = writes(PACKAGES, "check", "packages.manage");
pub(crate) const PACKAGES_PLACE: Row = Row {
    interface: PACKAGES,
    function: "place",
    case: None,
    permission: Some("packages.manage"),
    kind: Kind::Sensitive,
    ask: Some(
        "Mount {id} {version} at /{mount}, from {source}{instead}. It gets: {grants}{refused}. It calls itself {title}",
    ),
};
pub(crate) const PACKAGES_ENABLE: Row = Row { case: Some("on"), ..writes(PACKAGES, "set-enabled", "packages.manage") };
pub(crate) const PACKAGES_DISABLE: Row = Row {
    case: Some("off"),
    ..asks(
        PACKAGES,
        "set-enabled",
        "packages.manage",
        "Switch off {id} at /{mount}: nothing of it runs until it is on again. It calls itself {title}",
    )
};
pub(crate) const PACKAGES_RETRY: Row = asks(
    PACKAGES,
    "retry",
    "packages.manage",
    "Let {id} at /{mount} run again, which was stopped because it failed. It calls itself {title}",
);
pub(crate) const PACKAGES_SET_LIMITS: Row = asks(
    PACKAGES,
    "set-limits",
    "packages.manage",
    "Set limits of {id} at /{mount}: {detail}. It calls itself {title}",
);
pub(crate) const PACKAGES_UNINSTALL: Row =
    asks(PACKAGES, "uninstall", "packages.manage", "Take {id} off /{mount}{detail}. It calls itself {title}");
pub(crate) const PACKAGES_DISCARD: Row =
    Row { case: Some("never used"), ..writes(PACKAGES, "discard", "packages.manage") };
pub(crate) const PACKAGES_DISCARD_USED: Row = Row {
    case: Some("used"),
    ..asks(
        PACKAGES,
        "discard",
        "packages.manage",
        "Discard {id} {version}, from {source}, which was in use: nobody can go back to it, and what it was granted goes \
         with it. It calls itself {title}",
    )
};
pub(crate) const SERVER_DESCRIBE: Row = reads(SERVER, "describe", "server.read");
pub(crate) const PHRASES_LANGUAGES: Row = reads(PHRASES, "languages", "phrases.read");
pub(crate) const PHRASES_DESCRIBE: Row = reads(PHRASES, "describe", "phrases.read");
pub(crate) const PHRASES_COVERAGE: Row = reads(PHRASES, "coverage", "phrases.read");
pub(crate) const PHRASES_FIND: Row = reads(PHRASES, "find", "phrases.read");
pub(crate) const PHRASES_PUT_LANGUAGE: Row = writes(PHRASES, "put-language", "phrases.write");
pub(crate) const PHRASES_REMOVE_LANGUAGE: Row = asks(
    PHRASES,
    "remove-language",
    "phrases.write",
    "Remove {language} ({tag}), with its {count} translations, for good",
);
pub(crate) const PHRASES_APPLY: Row = writes(PHRASES, "apply", "phrases.write");

/// Every function that a plugin can call.
pub const TABLE: &[Row] = &[
    LOG_WRITE,
    SETTINGS_GET,
    UPLOADS_READ,
    UPLOADS_KEEP,
    KV_GET,
    KV_SCAN,
    KV_COMMIT,
    FILES_ENTRIES,
    FILES_READ,
    FILES_WRITE,
    FILES_APPEND,
    FILES_RENAME,
    FILES_REMOVE,
    HTTP_ASK,
    HTTP_CHANGE,
    SECRETS_REVEAL,
    EVENTS_PUBLISH,
    JOBS_START,
    JOBS_GET,
    JOBS_CANCEL,
    JOBS_PROGRESS,
    MAIL_SEND,
    CONTRIBUTIONS_AT,
    MENU_SET_BADGE,
    LINKS_ABSOLUTE,
    USERS_FIND,
    USERS_FIND_COLUMNS,
    USERS_GET,
    USERS_PRIVILEGES,
    USERS_CREATE,
    USERS_RENAME,
    USERS_ACTIVATE,
    USERS_DEACTIVATE,
    USERS_GIVE,
    USERS_TAKE,
    USERS_DELETE,
    USERS_ACTIVATE_FOUND,
    USERS_DEACTIVATE_FOUND,
    USERS_GIVE_FOUND,
    USERS_TAKE_FOUND,
    USERS_INVITE,
    USERS_RESET,
    QUEUE_FIND,
    QUEUE_GET,
    QUEUE_LINES,
    QUEUE_CANCEL,
    QUEUE_RETRY,
    PACKAGES_PLUGINS,
    PACKAGES_WAITING,
    PACKAGES_HISTORY,
    PACKAGES_INSPECT,
    PACKAGES_OUTCOME,
    PACKAGES_UPGRADES,
    PACKAGES_REFERENCES,
    PACKAGES_FETCH,
    PACKAGES_CHECK,
    PACKAGES_PLACE,
    PACKAGES_ENABLE,
    PACKAGES_DISABLE,
    PACKAGES_RETRY,
    PACKAGES_SET_LIMITS,
    PACKAGES_UNINSTALL,
    PACKAGES_DISCARD,
    PACKAGES_DISCARD_USED,
    SERVER_DESCRIBE,
    PHRASES_LANGUAGES,
    PHRASES_DESCRIBE,
    PHRASES_COVERAGE,
    PHRASES_FIND,
    PHRASES_PUT_LANGUAGE,
    PHRASES_REMOVE_LANGUAGE,
    PHRASES_APPLY,
];

/// Interfaces that hold types alone, and so ask for nothing.
pub const TYPES: &[&str] =
    &["vestry:plugin/types", "vestry:plugin/ui", "vestry:plugin/registration", "vestry:plugin/exchange"];

/// The interfaces that a plugin can be granted, each once.
pub fn interfaces() -> impl Iterator<Item = &'static str> {
    let mut last = "";
    TABLE.iter().map(|row| row.interface).filter(move |interface| std::mem::replace(&mut last, interface) != *interface)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use wit_parser::Resolve;

    use super::*;

    /// Functions of every interface that the worlds of `wit/` import.
    fn functions_of_the_contract() -> BTreeSet<String> {
        let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
        let mut resolve = Resolve::default();
        resolve.push_dir(wit.join("plugin")).unwrap();
        let (admin, _) = resolve.push_dir(wit.join("admin")).unwrap();
        let world = resolve.select_world(&[admin], Some("administration")).unwrap();
        let mut functions = BTreeSet::new();
        for import in resolve.worlds[world].imports.values() {
            if let wit_parser::WorldItem::Interface { id, .. } = import {
                let name = resolve.id_of(*id).unwrap();
                let name = name.split('@').next().unwrap().to_owned();
                functions.extend(resolve.interfaces[*id].functions.keys().map(|function| format!("{name}.{function}")));
            }
        }
        functions
    }

    #[test]
    fn every_function_of_the_contract_has_a_row_and_every_row_a_function() {
        let rows: BTreeSet<String> = TABLE.iter().map(|row| format!("{}.{}", row.interface, row.function)).collect();
        assert_eq!(rows, functions_of_the_contract());
    }

    #[test]
    fn the_table_is_what_was_reviewed() {
        let table: String = TABLE
            .iter()
            .map(|row| {
                format!("{row} | {} | {:?} | {}\n", row.permission.unwrap_or("-"), row.kind, row.ask.unwrap_or("-"))
            })
            .collect();
        assert_eq!(
            table,
            include_str!("../tests/table.expected"),
            "review the change, then write it to tests/table.expected"
        );
    }

    #[test]
    fn what_is_grave_asks_and_what_reaches_the_server_needs_a_permission() {
        for row in TABLE {
            assert_eq!(row.kind == Kind::Sensitive, row.ask.is_some(), "{row}");
            assert_eq!(row.kind.needs_actor(), row.permission.is_some(), "{row}");
        }
    }

    #[test]
    fn every_interface_has_words_for_people_and_no_other() {
        let granted: BTreeSet<&str> = interfaces().collect();
        assert_eq!(vestry_catalog::meaning::interfaces().collect::<BTreeSet<_>>(), granted);
    }

    #[test]
    fn every_permission_in_the_table_exists() {
        for permission in TABLE.iter().filter_map(|row| row.permission) {
            assert!(vestry_identity::HOST_PERMISSIONS.iter().any(|known| known.name == permission), "{permission}");
        }
    }
}

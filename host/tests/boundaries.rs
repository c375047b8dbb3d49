//! The rooms of the house and who may know whom: imports run downwards, and some names are spoken in one room only.
//!
//! Between crates cargo sees to it; what is checked here are the modules of this crate, and names that a crate could
//! bring in again.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// A room, and the rooms of this crate that it must not know.
const ROOMS: &[(&str, &[&str])] = &[
    (
        "settings",
        &["commands", "ground", "installer", "keys", "logging", "postman", "registry", "server", "web", "worker"],
    ),
    (
        "keys",
        &["commands", "ground", "installer", "logging", "postman", "registry", "server", "settings", "web", "worker"],
    ),
    ("logging", &["commands", "ground", "installer", "keys", "postman", "registry", "server", "web", "worker"]),
    (
        "languages",
        &[
            "commands",
            "ground",
            "installer",
            "keys",
            "logging",
            "postman",
            "registry",
            "server",
            "settings",
            "web",
            "worker",
        ],
    ),
    ("ground", &["commands", "logging", "server", "web", "worker"]),
    (
        "registry",
        &["commands", "ground", "installer", "keys", "logging", "postman", "server", "settings", "web", "worker"],
    ),
    ("installer", &["commands", "keys", "logging", "server", "web", "worker"]),
    ("postman", &["commands", "ground", "installer", "keys", "logging", "registry", "server", "web", "worker"]),
    ("worker", &["commands", "keys", "logging", "server", "settings", "web"]),
    ("web", &["commands", "logging", "server"]),
    ("server", &["commands", "logging"]),
];

/// A crate, and the only folders below `host/` that may speak of it.
const NAMES: &[(&str, &[&str])] = &[
    ("rusqlite", &["storage"]),
    ("wasmtime", &["contract", "sandbox"]),
    ("wasmtime_wasi", &["sandbox"]),
    ("axum", &["src/web", "src/web.rs", "src/server.rs"]),
    ("minijinja", &["screen"]),
    ("argon2", &["identity"]),
    ("reqwest", &["outbound"]),
    ("lettre", &["mail"]),
    ("chacha20poly1305", &["vault"]),
    ("cap_std", &["capabilities"]),
    ("gix", &["sources"]),
    ("rawzip", &["sources"]),
    ("icu_locale", &["phrases"]),
    ("icu_plurals", &["phrases"]),
];

/// Ids of features that the program ships with; the list of them is the only place in the host that names any.
const FEATURES: &[&str] = &[
    "org.vestry.about",
    "org.vestry.jobs",
    "org.vestry.logs",
    "org.vestry.packages",
    "org.vestry.styleguide",
    "org.vestry.users",
    "org.vestry.utilities",
];

fn host() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(host()).unwrap().to_str().unwrap().to_owned();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}

/// Lines of code that hold `words`: no comments.
fn says(source: &str, words: &str) -> bool {
    source.lines().map(str::trim_start).any(|line| !line.starts_with("//") && line.contains(words))
}

#[test]
fn imports_run_downwards() {
    for (name, source) in sources(&host().join("src")) {
        let room = name.trim_start_matches("src/").split(['/', '.']).next().unwrap();
        let Some((_, above)) = ROOMS.iter().find(|(known, _)| *known == room) else { continue };
        for other in *above {
            assert!(!says(&source, &format!("crate::{other}")), "{name} knows {other}, which is above it");
        }
    }
}

#[test]
fn some_crates_are_spoken_of_in_one_room_only() {
    for (name, source) in sources(&host()) {
        for (spoken, rooms) in NAMES {
            let at_home = rooms.iter().any(|room| name.starts_with(room));
            let said = says(&source, &format!("{spoken}::")) || says(&source, &format!("use {spoken}"));
            assert!(at_home || !said || name == "tests/boundaries.rs", "{name} speaks of {spoken}");
        }
    }
}

#[test]
fn no_feature_is_named_outside_the_list_of_what_is_shipped() {
    for (name, source) in sources(&host()) {
        let named_here = ["src/installer/shipped.rs", "tests/boundaries.rs"].contains(&name.as_str());
        if named_here || name.ends_with("/tests.rs") {
            continue;
        }
        for feature in FEATURES {
            assert!(!says(&source, feature), "{name} names {feature}");
        }
    }
}

#[test]
fn unsafe_stands_in_the_cache_of_compiled_code_alone() {
    for (name, source) in sources(&host()) {
        let found = says(&source, "unsafe {") || says(&source, "unsafe fn") || says(&source, "allow(unsafe_code)");
        assert!(!found || name == "sandbox/src/compiled.rs" || name == "tests/boundaries.rs", "{name} is unsafe");
    }
}

//! What installations that broke off may leave: files that no row names, rows whose file is gone.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::database;

/// Rows that name what is not there: what they are, and the query that finds them.
const LOST: &[(&str, &str)] = &[
    ("a plugin without its package", "SELECT id FROM plugins WHERE digest NOT IN (SELECT digest FROM packages)"),
    ("grants of no package", "SELECT DISTINCT digest FROM grants WHERE digest NOT IN (SELECT digest FROM packages)"),
    ("a plugin of nobody", "SELECT id FROM plugins WHERE id NOT IN (SELECT id FROM owners)"),
    ("two plugins at a mount", "SELECT mount FROM plugins GROUP BY mount HAVING count(*) > 1"),
];

/// What stands among the packages and is none: who adds one holds it.
const LOCK: &str = "lock";

/// Everything that is odd, in words; empty where all is in order. Only where no job about packages is under way: those
/// may have what nobody knows yet.
pub fn of(data: &Path) -> Vec<String> {
    let mut odd = Vec::new();
    let packages = texts(data, "SELECT digest FROM packages");
    let mut kept = names(&data.join("packages"), ".wasm");
    kept.remove(LOCK);
    for digest in packages.symmetric_difference(&kept) {
        let known = packages.contains(digest);
        odd.push(if known { format!("{digest} has no file") } else { format!("packages/{digest} has no row") });
    }
    // What was never loaded since has none: that is no fault.
    for name in names(&data.join("compiled"), "") {
        let digest = name.split('-').next().unwrap_or_default();
        if !packages.contains(digest) {
            odd.push(format!("compiled/{name} is of no package"));
        }
    }
    for folder in ["inbox", "fetching"] {
        odd.extend(names(&data.join(folder), "").iter().map(|name| format!("{folder}/{name} is nobody's")));
    }
    for (what, query) in LOST {
        odd.extend(texts(data, query).iter().map(|row| format!("{what}: {row}")));
    }
    odd
}

/// Whether a job about packages waits or runs.
pub fn under_way(data: &Path) -> bool {
    let query = "SELECT id FROM jobs WHERE plugin = 'vestry' AND state IN ('queued', 'running')";
    !texts(data, query).is_empty()
}

fn texts(data: &Path, query: &str) -> BTreeSet<String> {
    let connection = database::open(data);
    let mut statement = connection.prepare(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    let rows = statement.query_map([], |row| row.get(0)).expect("the database can be read");
    rows.map(|text| text.expect("it is a text")).collect()
}

/// Names in a folder without this ending; all of them, so that what has another ending is seen too.
fn names(folder: &Path, ending: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    entries.map(name).map(|name| name.strip_suffix(ending).map_or(name.clone(), str::to_owned)).collect()
}

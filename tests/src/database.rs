//! Looking into the database beside the server, to see whether something changed.
//!
//! Reads all tables by what SQLite says about itself, so that a new table is looked at without a word here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Row};

/// Columns that say when somebody was last here. Those may change by looking at a page.
const MAY_CHANGE: &[&str] = &["seen", "last_seen", "idle_expires", "last_used"];

/// Tables that looking at a page may add to: which phrases there are is noted as they are shown.
const MAY_GROW: &[&str] = &["phrases"];

/// All rows of all tables at one moment.
#[derive(Debug, PartialEq, Eq)]
pub struct Snapshot {
    tables: BTreeMap<String, BTreeSet<String>>,
}

impl Snapshot {
    pub fn of(data: &Path) -> Self {
        let connection = open(data);
        let mut tables =
            names(&connection, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
        tables.retain(|table| !MAY_GROW.contains(&table.as_str()));
        assert!(!tables.is_empty(), "the database has tables");
        Self { tables: tables.into_iter().map(|table| (table.clone(), rows(&connection, &table))).collect() }
    }

    /// Rows that came or went from this moment to another, each with its table; empty where nothing did.
    pub fn changes(&self, later: &Self) -> Vec<String> {
        let none = BTreeSet::new();
        let tables: BTreeSet<&String> = self.tables.keys().chain(later.tables.keys()).collect();
        let mut changes = Vec::new();
        for table in tables {
            let (before, after) = (self.tables.get(table).unwrap_or(&none), later.tables.get(table).unwrap_or(&none));
            changes.extend(before.difference(after).map(|row| format!("- {table}: {row}")));
            changes.extend(after.difference(before).map(|row| format!("+ {table}: {row}")));
        }
        changes
    }

    /// How many rows a table has; none where there is no such table.
    pub fn count(&self, table: &str) -> usize {
        self.tables.get(table).map_or(0, BTreeSet::len)
    }

    /// Whether any row of any table has this text in it.
    pub fn contains(&self, text: &str) -> bool {
        self.tables.values().flatten().any(|row| row.contains(text))
    }
}

/// Opens the database of a data directory for reading.
pub fn open(data: &Path) -> Connection {
    let file = file(data);
    Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("the database can be read")
}

/// Opens it to be written beside the server.
pub fn open_to_write(data: &Path) -> Connection {
    let connection = Connection::open(file(data)).expect("the database can be opened");
    connection.busy_timeout(std::time::Duration::from_secs(10)).expect("a time can be set");
    connection
}

/// The file in a data directory that is a SQLite database.
pub fn file(data: &Path) -> PathBuf {
    let entries = fs::read_dir(data).expect("a data directory can be read");
    let mut files = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file());
    let is_database = |path: &PathBuf| fs::read(path).is_ok_and(|bytes| bytes.starts_with(b"SQLite format 3\0"));
    files.find(is_database).expect("a data directory holds a database")
}

fn names(connection: &Connection, query: &str) -> Vec<String> {
    let mut statement = connection.prepare(query).expect("a query of the schema");
    let rows = statement.query_map([], |row| row.get(0)).expect("the schema can be read");
    rows.map(|name| name.expect("a name is text")).collect()
}

fn rows(connection: &Connection, table: &str) -> BTreeSet<String> {
    let mut columns = names(connection, &format!("SELECT name FROM pragma_table_info('{table}')"));
    columns.retain(|column| !MAY_CHANGE.contains(&column.as_str()));
    let list: Vec<String> = columns.iter().map(|column| format!("\"{column}\"")).collect();
    let query = format!("SELECT {} FROM \"{table}\"", list.join(", "));
    let Ok(mut statement) = connection.prepare(&query) else { return BTreeSet::new() };
    let rows = statement.query_map([], |row| Ok(shown(row, &columns))).expect("a table can be read");
    rows.map(|row| row.expect("a row can be read")).collect()
}

fn shown(row: &Row<'_>, columns: &[String]) -> String {
    let value = |(index, column): (usize, &String)| match row.get_ref(index) {
        Ok(ValueRef::Null) | Err(_) => format!("{column}=null"),
        Ok(ValueRef::Integer(number)) => format!("{column}={number}"),
        Ok(ValueRef::Real(number)) => format!("{column}={number}"),
        Ok(ValueRef::Text(text)) => format!("{column}={}", String::from_utf8_lossy(text)),
        Ok(ValueRef::Blob(bytes)) => format!("{column}={}", data_encoding::HEXLOWER.encode(bytes)),
    };
    columns.iter().enumerate().map(value).collect::<Vec<_>>().join(" ")
}

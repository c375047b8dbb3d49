//! Seeing what other processes changed, cheaply.

use rusqlite::Connection;

use crate::{Reader, Result};

/// A connection that only asks whether anything was committed, and reads the generation where it was.
pub(crate) struct Watcher {
    connection: Connection,
    data_version: i64,
    generation: u64,
}

impl Watcher {
    pub(crate) fn new(connection: Connection) -> Result<Self> {
        let mut watcher = Self { connection, data_version: -1, generation: 0 };
        watcher.poll()?;
        Ok(watcher)
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    pub(crate) fn poll(&mut self) -> Result<u64> {
        let reader = Reader::new(&self.connection);
        // Changes when another connection commits, of this process or of another; reads no table.
        let data_version = reader.value("PRAGMA data_version", [])?;
        if data_version != self.data_version {
            self.generation = reader.value("SELECT value FROM generation WHERE id = 1", [])?;
            self.data_version = data_version;
        }
        Ok(self.generation)
    }
}

//! The second version of a ledger: an amount is stored as `{"amount":5}`, and those of the first version are brought to
//! that.

#[path = "../../ledger-1/src/book.rs"]
mod book;

use vestry_sdk::kv::{self, Change, Entry};
use vestry_sdk::prelude::*;

vestry_sdk::plugin!(plugin, migration);

fn plugin() -> Plugin {
    book::ledger(stored).data_version(2).migrate(migrate)
}

fn stored(amount: &str) -> String {
    format!("{{\"amount\":{amount}}}")
}

/// A hundred entries in each commit, so that a test can stop it on the way.
fn migrate(older: u32) -> Result<()> {
    if older != 1 {
        return Err(Failure::internal("this version knows data of the first one only"));
    }
    for entries in book::entries()?.chunks(100) {
        let change = |entry: &Entry| Change::Set((entry.key.clone(), stored(&book::text_of(entry)).into()));
        kv::commit(&[], &entries.iter().map(change).collect::<Vec<_>>())?;
    }
    Ok(())
}

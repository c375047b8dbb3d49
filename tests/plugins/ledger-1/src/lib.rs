//! The first version of a ledger: an amount is stored as its digits, such as `5`.

mod book;

use vestry_sdk::prelude::*;

vestry_sdk::plugin!(plugin);

fn plugin() -> Plugin {
    book::ledger(str::to_owned)
}

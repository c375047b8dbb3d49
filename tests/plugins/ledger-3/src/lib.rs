//! The third version of a ledger, whose migration spoils every entry and then ends as `fate` says: `trap`, `spin` for
//! ever, `page` for a menu's page that does not open afterwards, and a failure for anything else.

#[path = "../../ledger-1/src/book.rs"]
mod book;

use vestry_sdk::kv;
use vestry_sdk::prelude::*;

vestry_sdk::plugin!(plugin, migration);

fn plugin() -> Plugin {
    book::ledger(str::to_owned)
        .data_version(3)
        .migrate(migrate)
        .route(get("report", "/report").for_signed_in().to(report))
        .menu("Report", "report", "chart-bar")
}

fn migrate(_: u32) -> Result<()> {
    for entry in book::entries()? {
        kv::write(&entry.key, "spoiled")?;
    }
    let fate = kv::read("fate")?.map(|entry| book::text_of(&entry));
    match fate.as_deref().unwrap_or_default() {
        "trap" => std::process::abort(),
        "spin" => loop {
            std::hint::black_box(0);
        },
        "page" => Ok(()),
        _ => Err(Failure::internal("this migration always fails")),
    }
}

fn report(_: &Request) -> Result<Page> {
    Err(Failure::internal("this page never opens"))
}

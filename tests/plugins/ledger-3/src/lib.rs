//! The third version of a ledger, whose migration spoils every entry and then ends as `fate` says: `trap`, `spin` for
//! ever, `page` for a menu's page that does not open afterwards, `late` for none of it but two seconds, and a failure for
//! anything else.

#[path = "../../ledger-1/src/book.rs"]
mod book;

use std::time::{Duration, Instant};

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
    match fate()?.as_str() {
        "trap" => std::process::abort(),
        "spin" => loop {
            std::hint::black_box(0);
        },
        "page" => Ok(()),
        "late" => {
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_secs(2) {
                std::hint::black_box(0);
            }
            Ok(())
        }
        _ => Err(Failure::internal("this migration always fails")),
    }
}

fn fate() -> Result<String> {
    Ok(kv::read("fate")?.map(|entry| book::text_of(&entry)).unwrap_or_default())
}

fn report(_: &Request) -> Result<Page> {
    match fate()?.as_str() {
        "late" => Ok(Page::new("Report")),
        _ => Err(Failure::internal("this page never opens")),
    }
}

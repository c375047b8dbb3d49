//! The plugin's own values: reading, writing, conflicts, and what is left after a trap or a failure.

use vestry_sdk::kv::{self, Change, Range};
use vestry_sdk::prelude::*;

use crate::show;

pub fn routes(plugin: Plugin) -> Plugin {
    plugin
        .route(get("kv-get", "/kv/get").for_signed_in().to(|request| show(kv::get(&keys(request)))))
        .route(get("kv-scan", "/kv/scan").for_signed_in().to(scan))
        .route(post("kv-set", "/kv/set").for_signed_in().max_body(8 << 20).to(|request| show(set(request))))
        .route(post("kv-set-until", "/kv/set-until").for_signed_in().to(|request| show(set_until(request))))
        .route(post("kv-delete", "/kv/delete").for_signed_in().to(|request| show(remove(request))))
        .route(get("kv-write-in-get", "/kv/write").for_signed_in().to(|_| show(kv::write("from-a-get", "x"))))
        .route(
            get("kv-write-in-get-strict", "/kv/write-strict")
                .for_signed_in()
                .to(|_| show(Ok::<_, Failure>(kv::write("from-a-get", "x")?))),
        )
        .route(get("kv-counter-now", "/kv/counter").for_signed_in().to(|_| show(counter())))
        .route(post("kv-counter", "/kv/counter").for_signed_in().to(|_| show(Ok::<_, Failure>(count_up()?))))
        .route(post("kv-conflict", "/kv/conflict").for_signed_in().to(conflict))
        .route(post("kv-read-own-write", "/kv/read-own-write").for_signed_in().to(read_own_write))
        .route(post("kv-then-trap", "/kv/then-trap").for_signed_in().to(then_trap))
        .route(post("kv-then-fail", "/kv/then-fail").for_signed_in().to(then_fail))
        .route(get("kv-visitor-get", "/everyone/kv").for_everyone().to(|request| show(kv::get(&keys(request)))))
        .route(post("kv-visitor-set", "/everyone/kv").for_everyone().to(|request| show(set(request))))
}

fn keys(request: &Request) -> Vec<String> {
    request.query.iter().filter(|(name, _)| name == "key").map(|(_, key)| key.clone()).collect()
}

fn scan(request: &Request) -> Result<Page> {
    let text = |name| request.query(name).text().to_owned();
    let limit = request.query("limit").number().unwrap_or(100);
    show(kv::scan(&Range {
        start: text("start"),
        end: text("end"),
        limit,
        reverse: request.query("reverse").is_ticked(),
    }))
}

fn set(request: &Request) -> Result<u64> {
    kv::write(request.form("key").text(), request.form("value").text())
}

fn set_until(request: &Request) -> Result<u64> {
    let until = request.form("until").number()?;
    let change = Change::SetUntil((request.form("key").text().to_owned(), request.form("value").text().into(), until));
    kv::commit(&[], &[change])
}

fn remove(request: &Request) -> Result<u64> {
    kv::commit(&[], &[Change::Delete(request.form("key").text().to_owned())])
}

fn number(value: &[u8]) -> u64 {
    std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()).unwrap_or_default()
}

fn counter() -> Result<u64> {
    Ok(kv::read("counter")?.map_or(0, |entry| number(&entry.value)))
}

/// One more, if nobody else counted meanwhile; else `conflict`, after which the host runs the request again.
fn count_up() -> Result<u64> {
    let seen = kv::read("counter")?;
    let next = seen.as_ref().map_or(0, |entry| number(&entry.value)) + 1;
    kv::replace("counter", seen.as_ref(), next.to_string())?;
    Ok(next)
}

/// A check that never holds.
fn conflict(_: &Request) -> Result<Page> {
    kv::write("conflict", "before")?;
    let checks = [kv::Check { key: "conflict".to_owned(), version: None }];
    kv::commit(&checks, &[Change::Set(("conflict".to_owned(), b"after".to_vec()))])?;
    show(Ok::<_, Failure>("no conflict"))
}

fn read_own_write(request: &Request) -> Result<Page> {
    let value = request.form("value").text();
    kv::write("own", value)?;
    show(kv::read("own").map(|entry| entry.is_some_and(|entry| entry.value == value.as_bytes())))
}

fn then_trap(_: &Request) -> Result<Page> {
    kv::write("before-trap", "x")?;
    std::process::abort()
}

fn then_fail(_: &Request) -> Result<Page> {
    kv::write("before-failure", "x")?;
    Err(Failure::internal("after a write"))
}

//! Logs that are not as they should be: bytes that are no text, a line without end, a clock that jumps, files that go away
//! while somebody looks. What is there is shown, and what is wrong is said where it was.

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use serde_json::Value;
use vestry_tests::House;
use vestry_tests::logs::{add, compress, folder, line, looked, numbered, seconds, texts};

static HOUSE: LazyLock<House> = LazyLock::new(|| House::open("logs-odd"));

fn log(node: &str) -> PathBuf {
    folder(&HOUSE.server, node).join("app.log")
}

fn page(query: &str) -> Value {
    looked(&HOUSE.as_admin(), query)
}

/// What a page says of the files that it shows.
fn notes(page: &Value) -> String {
    let blocks = page["blocks"].as_object().expect("a page has blocks");
    blocks.iter().filter(|(name, _)| name.starts_with("note-")).map(|(_, block)| block.to_string()).collect()
}

#[test]
fn bytes_that_are_no_text_are_shown_as_far_as_they_are() {
    let log = log("bytes");
    add(&log, &line(1, "info", "before"));
    let mut all = fs::read(&log).expect("it is there");
    all.extend_from_slice(b"caf\xe9 \xff\xfe \x00\x1b[31mred\x07 \xe2\x80\xae backwards\n");
    all.extend_from_slice(line(2, "info", "after").as_bytes());
    fs::write(&log, all).expect("it can be written");
    let shown = texts(&page("node=bytes&order=last")["blocks"]["lines"]);
    // What has no time belongs to the line before it.
    assert_eq!(shown.len(), 2, "{shown:?}");
    assert!(shown[0].contains("before") && shown[0].contains("caf\u{fffd}") && shown[0].contains("red"), "{shown:?}");
    let found = texts(&page("node=bytes&text=backwards")["blocks"]["lines"]);
    assert_eq!(found.len(), 1, "it is found by what can be read of it");
    // The page has neither what moves a terminal's pen nor what turns the line round.
    let html = HOUSE.as_admin().get("/logs?node=bytes&order=last").expect(200).text();
    assert!(!html.contains(['\u{1b}', '\u{7}', '\0']), "control characters are not passed on");
    assert!(!html.contains('\u{202e}') && html.contains("U+202E"), "a line does not turn round what stands beside it");
    // As a file it is what it is.
    let file = HOUSE.as_admin().get("/logs/file?key=server-logs:bytes%2Fapp.log").expect(200);
    assert_eq!(file.body, fs::read(&log).expect("it is there"));
}

#[test]
fn a_line_of_ten_megabytes_is_cut_in_the_list_and_searched_whole() {
    let log = log("long");
    let filler = "0123456789abcdef".repeat(640 << 10);
    let long = format!("begins here {filler} needle-at-the-end");
    assert!(long.len() > 10_000_000);
    add(&log, &line(1, "info", "before"));
    add(&log, &line(2, "info", &long));
    add(&log, &line(3, "info", "after"));
    let newest = page("node=long&order=last");
    let shown = texts(&newest["blocks"]["lines"]);
    assert!(shown.last().is_some_and(|text| text.contains("after")), "what is newest is shown: {}", shown.len());
    assert!(shown.iter().all(|text| text.len() < 10_000), "no line is longer than a page can bear");
    let mut found = page("node=long&text=needle-at-the-end");
    for _ in 0..10 {
        if !texts(&found["blocks"]["lines"]).is_empty() {
            break;
        }
        let fields = found["blocks"]["further"][0]["fields"].as_array().expect("it says how to look further");
        let cursor = fields.iter().find(|field| field[0] == "cursor").expect("from where on");
        found = page(&format!("node=long&text=needle-at-the-end&cursor={}", cursor[1].as_str().expect("text")));
    }
    assert_eq!(texts(&found["blocks"]["lines"]).len(), 1, "{}", found["blocks"]);
    let text = HOUSE.as_admin().get("/logs/export?node=long").expect(200).text();
    assert!(text.len() >= long.len() && text.contains("needle-at-the-end"), "{}", text.len());
}

#[test]
fn a_clock_that_jumps_loses_nothing() {
    let log = log("clock");
    let (early, late) = (0..100, 3_600..3_700);
    // An hour ahead, back again, and two files of it.
    add(&log.with_extension("log.1"), &[numbered(0..50), numbered(late.clone())].concat());
    add(&log, &numbered(50..100));
    let all = seconds(&page("node=clock&order=last")["blocks"]["lines"]);
    let expected: Vec<u32> = (0..50).chain(late.clone()).chain(50..100).collect();
    assert_eq!(all, expected, "each file's order is kept");
    let mut found = seconds(&page("node=clock&from=2026-11-20T00:00:00&to=2026-11-20T00:01:39")["blocks"]["lines"]);
    found.sort_unstable();
    assert_eq!(found, early.collect::<Vec<_>>(), "all of that time, before the jump and after it");
    let mut found = seconds(&page("node=clock&from=2026-11-20T01:00:00")["blocks"]["lines"]);
    found.sort_unstable();
    assert_eq!(found, late.collect::<Vec<_>>());
}

#[test]
fn a_file_that_is_damaged_or_removed_under_a_search_is_said_and_the_rest_is_found() {
    let log = log("broken");
    let oldest = log.with_extension("log.2");
    add(&oldest, &numbered(0..3_000));
    compress(&oldest);
    let packed = log.with_extension("log.2.gz");
    let bytes = fs::read(&packed).expect("it is there");
    fs::write(&packed, &bytes[..bytes.len() / 2]).expect("it can be written");
    add(&log.with_extension("log.1"), &numbered(3_000..3_100));
    add(&log, &numbered(3_100..3_200));
    let first = page("node=broken&order=first");
    assert_eq!(seconds(&first["blocks"]["lines"]), (3_000..3_200).rev().collect::<Vec<_>>());
    let older = page(&query_of_older(&first));
    let shown = seconds(&older["blocks"]["lines"]);
    assert!(shown.len() > 100 && shown.windows(2).all(|two| two[0] == two[1] + 1), "what can be read of it: {shown:?}");
    assert!(notes(&older).contains("app.log.2.gz") && notes(&older).contains("damaged"), "{}", notes(&older));
    fs::remove_file(&packed).expect("it can be removed");
    let gone = page(&query_of_older(&older));
    assert!(seconds(&gone["blocks"]["lines"]).is_empty());
    assert!(notes(&gone).contains("was removed"), "{}", notes(&gone));
}

fn query_of_older(page: &Value) -> String {
    let older = page["blocks"]["lines"]["older"].as_str().expect("there is more");
    older.split_once('?').expect("it has a query").1.to_owned()
}

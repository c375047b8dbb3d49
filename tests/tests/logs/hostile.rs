//! What people ask of logs and what programs write into them must not keep others from them: each page is answered, each
//! search ends, and the feature is not stopped.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use vestry_tests::House;
use vestry_tests::logs::{add, compress, folder, line, looked, searched, texts};

/// What a search over everything may take on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(90);

static HOUSE: LazyLock<House> = LazyLock::new(|| House::open("logs-hostile"));

/// Lines of so many bytes each.
fn lay(node: &str, name: &str, level: &str, lines: u32, bytes: usize) {
    let words = "abcdefgh ".repeat(bytes / 9);
    let log = folder(&HOUSE.server, node).join(name);
    for begin in (0..lines).step_by(1_000) {
        let end = lines.min(begin + 1_000);
        add(
            &log,
            &(begin..end).map(|number| line(number % 86_400, level, &format!("{number} {words}"))).collect::<String>(),
        );
    }
}

#[test]
fn expressions_that_are_slow_stop_nobody() {
    lay("slow", "app.log", "info", 1_000, 16_000);
    let admin = HOUSE.as_admin();
    for expression in ["(?s)[a-c].{0,900}Z", "(?:.*y)?", "(a|ab|abc|.)*Z", "[a-h ]{0,500}[^a-h ]{3}"] {
        let query: String = url::form_urlencoded::byte_serialize(expression.as_bytes()).collect();
        // More often than the feature may fail before it is stopped.
        for _ in 0..6 {
            let began = Instant::now();
            let answer = admin.get(&format!("/logs?node=slow&as=regex&text={query}"));
            assert!(answer.status == 200, "{expression}: {}", answer.status);
            assert!(began.elapsed() < Duration::from_secs(10), "{expression}: {:?}", began.elapsed());
        }
    }
    admin.get("/logs/files").expect(200);
}

#[test]
fn lines_of_many_values_are_shown() {
    let admin = HOUSE.as_admin();
    let nested = |pairs: usize| {
        let values = vec!["{\"\":0}"; pairs].join(",");
        format!("{{\"time\":\"2026-11-20T08:00:00Z\",\"message\":\"many values\",\"a\":[{values}]}}\n")
    };
    let log = folder(&HOUSE.server, "nested").join("app.log");
    add(&log, &nested(150_000));
    add(&log, &nested(8_000).repeat(300));
    for query in ["", "&text=many", "&level=info", "&order=last"] {
        let page = looked(&admin, &format!("node=nested{query}"));
        let lines = texts(&page["blocks"]["lines"]);
        assert!(query == "&level=info" || !lines.is_empty(), "{query}: {page:#}");
    }
    admin.get("/logs/errors?node=nested").expect(200);
}

#[test]
fn a_bad_day_is_counted() {
    lay("bad", "app.log", "error", 200_000, 100);
    let page = searched(&HOUSE.as_admin(), &[("kind", "errors"), ("level", "error"), ("node", "bad")], PATIENCE);
    let rows = page["blocks"]["groups"]["rows"].as_array().expect("a table");
    assert_eq!(rows.iter().filter_map(|row| row["count"].as_u64()).sum::<u64>(), 200_000);
}

#[test]
fn a_search_comes_through_what_others_have_compressed() {
    let log = folder(&HOUSE.server, "packed").join("app.log");
    add(&log.with_extension("log.2"), &line(1, "info", "the needle behind it"));
    // Over what one step of a search looks through.
    lay("packed", "app.log.1", "info", 10_000, 18_000);
    add(&log.with_extension("log.1"), &line(2, "info", "the needle at its end"));
    compress(&log.with_extension("log.1"));
    add(&log, &line(3, "info", "the needle before it"));
    let page = searched(&HOUSE.as_admin(), &[("text", "the needle"), ("node", "packed")], PATIENCE);
    let mut found: Vec<String> = texts(&page["blocks"]["lines"]);
    found.sort();
    assert_eq!(found.len(), 3, "{found:?}");
    let page = looked(&HOUSE.as_admin(), "node=packed");
    assert!(page["blocks"].to_string().contains("was passed over"), "{page:#}");
}

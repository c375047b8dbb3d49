//! Looking for lines: by everything that can be asked for, back through all files that are kept, as pages, as downloads, as
//! a job, and counted.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::Value;
use vestry_tests::logs::{DAY, add, compress, folder, found, line, looked, numbered, searched, seconds, texts};
use vestry_tests::{Client, House};

/// Lines of the node `other`, the oldest third of them compressed.
const ALL: u32 = 6_000;
const NEEDLE: &str = "the needle 4711";
/// What a search over everything may take.
const SOON: Duration = Duration::from_secs(30);

static HOUSE: LazyLock<House> = LazyLock::new(|| {
    let house = House::prepared("logs-looking", |data| {
        let others = data.parent().expect("it lies in a folder").join("others");
        let python = "2026-11-20 08:15:13,004 INFO shop started\n\
            2026-11-20 08:15:14,120 ERROR shop an order failed\nTraceback (most recent call last):\n  \
            File \"shop.py\", line 12, in order\n    raise ValueError(\"no such thing\")\nValueError: no such thing\n\
            2026-11-20 08:15:15,000 INFO shop goes on\n";
        add(&others.join("shop.log"), python);
        format!("directories: {{org.vestry.logs: {{others: {}}}}}\n", others.display())
    });
    lay_other(&folder(&house.server, "other"));
    house
});

/// More than one page looks through.
static LARGE: LazyLock<House> = LazyLock::new(|| {
    let house = House::open("logs-large");
    lay_large(&folder(&house.server, "large"));
    house
});

fn lay_other(folder: &Path) {
    add(&folder.join("app.log.2"), &numbered(0..2_000));
    compress(&folder.join("app.log.2"));
    add(&folder.join("app.log.1"), &numbered(2_000..4_000));
    add(&folder.join("app.log"), &numbered(4_000..ALL));
}

/// Three files of some 12 MB, the oldest one compressed by another program; and two that are not.
fn lay_large(folder: &Path) {
    let first = [line(0, "info", NEEDLE), filled(1..10_001)].concat();
    add(&folder.join("big.log.2"), &first);
    compress(&folder.join("big.log.2"));
    add(&folder.join("big.log.1"), &filled(10_001..20_001));
    add(&folder.join("big.log"), &filled(20_001..30_001));
    add(&folder.join("dense.log.1"), &dense());
    compress(&folder.join("dense.log.1"));
    add(&folder.join("plain.log.1"), &first);
    add(&folder.join("plain.log"), &filled(10_001..20_001));
}

/// Lines of a kilobyte.
fn filled(seconds: std::ops::Range<u32>) -> String {
    seconds.map(|second| line(second, "info", &format!("filler {}", "x".repeat(1_000)))).collect()
}

fn shown(query: &str) -> Vec<u32> {
    seconds(&looked(&HOUSE.as_admin(), query)["blocks"]["lines"])
}

fn down(seconds: std::ops::Range<u32>) -> Vec<u32> {
    seconds.rev().collect()
}

#[test]
fn lines_are_found_by_what_they_say_and_what_they_are_about() {
    for (query, expected) in [
        ("text=second+1234", vec![1_234]),
        ("text=SECOND+1234", vec![1_234]),
        ("text=second+1234&as=exact", vec![1_234]),
        ("text=SECOND+1234&as=exact", vec![]),
        ("text=second+1%5B0-4%5D7%24&as=regex", vec![]),
        ("text=second+1%5B0-4%5D7%5Cb&as=regex", vec![147, 137, 127, 117, 107]),
        ("request=request17", down(170..180)),
        ("request=request17&not=second+175", [down(176..180), down(170..175)].concat()),
        ("request=request17&plugin=org.example.p1", vec![179, 177, 175, 173, 171]),
        ("request=request17&person=person3", vec![178, 173]),
        ("request=request17&level=warn", vec![170]),
        ("request=request17&level=error", vec![]),
        ("from=2026-11-20T00:10:00&to=2026-11-20T00:10:09", down(600..610)),
        ("from=2026-11-20T00:10&to=2026-11-20T00:10", down(600..660)),
        ("to=2026-11-20T00:00:02", down(0..3)),
        ("request=request17&order=last", (170..180).collect()),
        ("text=no+such+words+anywhere", vec![]),
    ] {
        assert_eq!(shown(&format!("node=other&{query}")), expected, "{query}");
    }
    assert_eq!(shown("node=other&level=error"), (0..60).map(|error| error * 100).rev().collect::<Vec<u32>>());
    assert_eq!(shown("node=other&level=warn&order=last").len(), 200, "as many as a page has");
    assert!(shown("node=another&request=request17").is_empty());
    assert!(shown("node=other&file=access.log").is_empty());
    assert_eq!(shown("file=server-logs%3Aapp.log&request=request17"), down(170..180));
}

#[test]
fn what_was_looked_for_is_marked_and_leads_to_its_line() {
    let admin = HOUSE.as_admin();
    let page = looked(&admin, "node=other&text=second+1234");
    let line = &page["blocks"]["lines"]["lines"][0];
    let text = line["text"].as_str().expect("it says something");
    let (begin, end) = (line["marks"][0][0].as_u64().unwrap_or(0), line["marks"][0][1].as_u64().unwrap_or(0));
    assert_eq!(text.get(begin as usize..end as usize), Some("second 1234"), "{line:#}");
    let html = admin.get("/logs?node=other&text=second+1234").expect(200).page();
    assert!(html.texts("mark").iter().any(|mark| mark == "second 1234"));
    let page = admin.get(line["href"].as_str().expect("it leads to its page")).expect(200).page();
    let words = page.text("main");
    for word in ["second 1234", "request123", "org.example.p0", "app.log.2.gz", "2026-11-20T00:20:34.000000Z"] {
        assert!(words.contains(word), "{word} stands in: {words}");
    }
    for (way, expected) in [
        ("All of this request", (1_230..1_240).collect::<Vec<_>>()),
        ("This plugin's lines", down(836..1_235).into_iter().filter(|second| second % 2 == 0).collect()),
    ] {
        let links = page.attributes("main a[href]", "href");
        let button = page.buttons().into_iter().find(|button| button.label == way);
        let link =
            links.into_iter().zip(page.texts("main a[href]")).find(|(_, label)| label == way).map(|(link, _)| link);
        let answer = match (button, link) {
            (Some(button), _) => admin.submit(&button.form),
            (None, Some(link)) => admin.get(&link),
            (None, None) => panic!("no way `{way}`: {words}"),
        };
        let (_, query) = answer.asked().split_once('?').map(|(a, b)| (a.to_owned(), b.to_owned())).expect("a query");
        let lines = looked(&admin, &format!("{query}&node=other"));
        assert_eq!(seconds(&lines["blocks"]["lines"]), expected, "{way}: {query}");
    }
}

/// What stands at each field of the filter that cannot be meant.
fn mistakes(query: &str) -> Vec<(String, String)> {
    let page = looked(&HOUSE.as_admin(), query);
    let fields = page["blocks"]["filter"]["fields"].as_array().unwrap_or_else(|| panic!("a form: {page:#}"));
    let said = |field: &Value| Some((field["name"].as_str()?.to_owned(), field["error"].as_str()?.to_owned()));
    fields.iter().filter_map(said).collect()
}

#[test]
fn what_cannot_be_meant_is_said_where_it_was_typed() {
    for (query, field, words) in [
        ("text=%5Bopen&as=regex", "text", "cannot be used"),
        ("text=a%7B99999%7D%7B99999%7D&as=regex", "text", "cannot be used"),
        ("text=%28%3F%3D-ahead%29&as=regex", "text", "cannot be used"),
        ("from=soon", "from", "`soon` is no time"),
        ("to=yesterday&text=kept", "to", "`yesterday` is no time"),
        ("level=loud", "level", "`loud` is none of"),
    ] {
        let said = mistakes(&format!("node=other&{query}"));
        assert_eq!(said.len(), 1, "{query}: {said:?}");
        assert!(said[0].0 == field && said[0].1.contains(words), "{query}: {said:?}");
        let html = HOUSE.as_admin().get(&format!("/logs?node=other&{query}")).expect(200);
        assert!(html.page().form_with("text").names.len() > 5, "the form is there to be corrected");
    }
    let kept = HOUSE.as_admin().get("/logs?to=yesterday&text=kept").expect(200).page().form_with("text");
    assert_eq!((kept.value("text"), kept.value("to")), (Some("kept"), Some("yesterday")), "what was typed stays");
    let admin = HOUSE.as_admin();
    for query in ["cursor=nonsense", "cursor=AAAA"] {
        let status = admin.get(&format!("/logs?{query}")).status;
        assert_eq!(status, 404, "{query}");
    }
    let began = std::time::Instant::now();
    assert!(shown("node=other&as=regex&text=%28a%2B%29%2B%24").len() <= 200);
    assert!(began.elapsed() < Duration::from_secs(5), "linear in time: {:?}", began.elapsed());
}

/// All pages from this one on, the lines of each in the order in which they stand.
fn pages(client: &Client, query: &str, mut between: impl FnMut(usize)) -> Vec<Vec<u32>> {
    let (mut pages, mut address) = (Vec::new(), Some(format!("/logs?{query}")));
    while let Some(path) = address.take() {
        let page = client.get_json(&path).expect(200).json();
        pages.push(seconds(&page["blocks"]["lines"]));
        address = page["blocks"]["lines"]["older"].as_str().map(str::to_owned);
        between(pages.len());
        assert!(pages.len() < 100, "it comes to an end");
    }
    pages
}

#[test]
fn pages_back_through_all_files_meet_each_line_once() {
    let admin = HOUSE.as_admin();
    let pages = pages(&admin, "node=other", |_| {});
    assert!(pages.len() >= 30, "{} pages", pages.len());
    assert_eq!(pages.concat(), down(0..ALL));
    let mut last = self::pages(&admin, "node=other&order=last", |_| {});
    last.reverse();
    assert_eq!(last.concat(), (0..ALL).collect::<Vec<_>>(), "the newest below");
}

#[test]
fn pages_meet_each_line_once_while_files_are_changed_for_others() {
    let folder = folder(&HOUSE.server, "turning");
    add(&folder.join("turned.log.1"), &numbered(0..600));
    add(&folder.join("turned.log"), &numbered(600..1_500));
    let pages = pages(&HOUSE.as_admin(), "node=turning", |page| {
        if page == 2 {
            fs::rename(folder.join("turned.log.1"), folder.join("turned.log.2")).expect("it can be renamed");
            compress(&folder.join("turned.log.2"));
            fs::rename(folder.join("turned.log"), folder.join("turned.log.1")).expect("it can be renamed");
            add(&folder.join("turned.log"), &numbered(1_500..1_600));
        }
    });
    assert_eq!(pages.concat(), down(0..1_500), "what was there when it began");
}

#[test]
fn lines_and_files_are_downloaded_as_they_were_written() {
    let admin = HOUSE.as_admin();
    let answer = admin.get("/logs/export?node=other").expect(200);
    assert!(answer.header("content-disposition").is_some_and(|it| it.starts_with("attachment")));
    assert!(answer.text() == numbered(0..ALL), "{} bytes", answer.body.len());
    assert_eq!(admin.get("/logs/export?node=other&request=request17").expect(200).text(), numbered(170..180));
    assert_eq!(
        admin.get("/logs/export?node=other&text=second+1234&order=last").expect(200).text(),
        numbered(1_234..1_235)
    );
    assert_eq!(admin.get("/logs/export?node=nowhere").expect(200).text(), "");
    for name in ["app.log", "app.log.1", "app.log.2.gz"] {
        let answer = admin.get(&format!("/logs/file?key=server-logs%3Aother%2F{name}")).expect(200);
        let file = fs::read(folder(&HOUSE.server, "other").join(name)).expect("it is there");
        assert!(answer.body == file, "{name}");
        assert!(answer.header("content-disposition").is_some_and(|it| it.contains(&format!("other-{name}"))));
    }
    for key in [
        "server-logs:../vestry.db",
        "server-logs:other/../../server.key",
        "files:other/app.log",
        "nothing",
        "server-logs:other/.lock",
    ] {
        let key: String = url::form_urlencoded::byte_serialize(key.as_bytes()).collect();
        admin.get(&format!("/logs/file?key={key}")).expect(404);
    }
    let words = admin.get("/logs/files").expect(200).page().text("main");
    for word in ["other/app.log.2.gz", "shop.log", "access.log", "Every request"] {
        assert!(words.contains(word), "{word} stands in: {words}");
    }
}

#[test]
fn downloads_of_many_pieces_are_whole_or_say_why_not() {
    let admin = LARGE.as_admin();
    let answer = admin.get("/logs/export?file=plain.log").expect(200);
    let written = [line(0, "info", NEEDLE), filled(1..20_001)].concat();
    assert!(answer.text() == written, "{} of {} bytes", answer.body.len(), written.len());
    let found = admin.get("/logs/export?file=plain.log&text=filler&from=2026-11-20T05:33:19").expect(200);
    assert_eq!(seconds_of(&found.text()), [19_999, 20_000]);
    let rare = admin.get("/logs/export?file=plain.log&text=4711+").expect(200);
    assert_eq!(rare.text(), "");
    // What can only be read from its beginning takes longer, and is all there.
    let all = [written, filled(20_001..30_001)].concat();
    let answer = admin.get("/logs/export?file=big.log").expect(200);
    assert!(answer.text() == all, "{} of {} bytes", answer.body.len(), all.len());
    // Where it is too large for that, it is not left out without a word.
    let answer = admin.get("/logs/export?file=dense.log").expect(429);
    let words = answer.page().text("main");
    assert!(words.contains("dense.log.1.gz was compressed in one piece"), "{words}");
    admin.get("/logs/export?file=dense.log&from=2099-01-01").expect(200);
    admin.get("/logs/file?key=server-logs:large%2Fdense.log.1.gz").expect(200);
}

/// Lines that cannot be made much smaller: in all more than one piece of a download reads.
fn dense() -> String {
    let mut chance = 20_261_122_u64;
    let mut dice = || {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        format!("{:016x}", chance ^ (chance >> 29))
    };
    (0..10_000).map(|second| line(second, "info", &(0..70).map(|_| dice()).collect::<String>())).collect()
}

fn seconds_of(text: &str) -> Vec<u64> {
    let second = |line: &str| serde_json::from_str::<Value>(line).expect("it is JSON")["fields"]["second"].as_u64();
    text.lines().filter_map(second).collect()
}

#[test]
fn a_page_says_how_far_it_looked_and_a_job_looks_through_everything() {
    let admin = LARGE.as_admin();
    let path = format!("/logs?file=big.log&text={}", NEEDLE.replace(' ', "+"));
    let page = admin.get(&path).expect(200).page();
    assert!(
        !page.text("main").contains("person0") && page.text("main").contains("Looked back to"),
        "{}",
        page.text("main")
    );
    let began = admin.submit(&page.button("Search everything"));
    let address = began.location().expect("it leads to what is found");
    let page = found(&admin, &address, SOON);
    let lines = texts(&page["blocks"]["lines"]);
    assert!(lines.len() == 1 && lines[0].contains(NEEDLE), "{page:#}");
    let line = page["blocks"]["lines"]["lines"][0]["href"].as_str().expect("it leads to its line").to_owned();
    assert!(admin.get(&line).expect(200).page().text("main").contains("large/big.log.2.gz"));
    // Somebody else who may read logs sees it too; who may not does not.
    let nobody = LARGE.signed_in(&LARGE.person("Niko Nothing", &[]));
    nobody.get(&address).expect(403);
}

#[test]
fn a_search_without_hits_ends_and_one_with_many_stops() {
    let admin = HOUSE.as_admin();
    for (query, expected) in [(vec![("node", "other"), ("text", "not anywhere")], 0), (vec![("node", "other")], 2_000)]
    {
        let page = searched(&admin, &query, SOON);
        let lines = seconds(&page["blocks"]["lines"]);
        assert_eq!(lines, down(ALL - expected..ALL), "{query:?}");
    }
    assert_eq!(admin.post("/logs/search", &[("from", "soon")]).status, 422);
}

#[test]
fn errors_that_are_the_same_are_counted() {
    let admin = HOUSE.as_admin();
    let page = admin.get_json(&format!("/logs/errors?from={DAY}")).expect(200).json();
    let rows = page["blocks"]["groups"]["rows"].as_array().unwrap_or_else(|| panic!("a table: {page:#}"));
    let row = rows.iter().find(|row| row.to_string().contains("org.example.p0 things"));
    let row = row.unwrap_or_else(|| panic!("one of them: {page:#}"));
    assert_eq!(row["count"], 60, "{row:#}");
    let shop = rows.iter().find(|row| row.to_string().contains("an order failed"));
    assert!(shop.is_some(), "{page:#}");
    let html = admin.get(&format!("/logs/errors?from={DAY}")).expect(200).page();
    let link = html.links().into_iter().find(|link| link.starts_with("/logs?") && link.contains("text=second"));
    let link = link.unwrap_or_else(|| panic!("{:?}", html.links()));
    let lines = admin.get_json(&link).expect(200).json();
    assert_eq!(seconds(&lines["blocks"]["lines"]).len(), 60, "{link}");
    assert!(html.has("#b-hours"), "a chart by hour");
    let newest =
        html.links().into_iter().find(|link| link.starts_with("/logs?") && link.contains("request=request590"));
    let lines = admin.get_json(&newest.expect("a way to the newest request")).expect(200).json();
    assert_eq!(seconds(&lines["blocks"]["lines"]), (5_900..5_910).collect::<Vec<_>>());
    let others = admin.get_json(&format!("/logs/errors?from={DAY}&node=nowhere")).expect(200).json();
    assert!(others["blocks"]["groups"]["rows"].as_array().is_some_and(Vec::is_empty), "{others:#}");
    assert_eq!(admin.get("/logs/errors?from=soon").status, 422);
}

#[test]
fn everything_is_counted_by_a_job() {
    let admin = HOUSE.as_admin();
    let asked = [("kind", "errors"), ("level", "error"), ("from", DAY), ("node", "other")];
    let page = searched(&admin, &asked, SOON);
    let rows = page["blocks"]["groups"]["rows"].as_array().unwrap_or_else(|| panic!("a table: {page:#}"));
    assert_eq!(rows.len(), 1, "{page:#}");
    assert!(rows[0].to_string().contains("org.example.p0 things") && rows[0]["count"] == 60, "{page:#}");
}

#[test]
fn a_view_is_remembered_for_who_asked_for_it() {
    let person = HOUSE.person("Mona Memory", &["admin"]);
    let (client, other) = (HOUSE.signed_in(&person), HOUSE.as_admin());
    let page = client.get("/logs?node=other&request=request17&order=last").expect(200).page();
    let answer = client.submit(&page.button("Remember this view"));
    client.follow(answer).expect(200);
    // A follow that is remembered can be paused.
    let paused = client.get("/logs?node=other&request=request17&order=last&follow=1").expect(200).page();
    let paused = paused.links().into_iter().find(|link| link.starts_with("/logs?") && !link.contains("follow"));
    assert!(paused.is_some_and(|link| link.contains("order=last") && link.contains("request17")));
    for client in [&client, &HOUSE.signed_in(&person)] {
        let page = client.get_json("/logs").expect(200).json();
        assert_eq!(seconds(&page["blocks"]["lines"]), (170..180).collect::<Vec<_>>());
    }
    let page = other.get_json("/logs").expect(200).json();
    assert_ne!(seconds(&page["blocks"]["lines"]), (170..180).collect::<Vec<_>>(), "nobody else's page");
    // An address that says something else is what it says.
    assert_eq!(seconds(&looked(&client, "node=other&request=request18")["blocks"]["lines"]), down(180..190));
}

#[test]
fn a_line_is_opened_however_much_came_after_it() {
    let admin = LARGE.as_admin();
    let page = looked(&admin, "file=plain.log&from=2026-11-20T00:00:10&to=2026-11-20T00:00:12");
    let lines = page["blocks"]["lines"]["lines"].as_array().expect("lines");
    assert_eq!(lines.len(), 3);
    for line in lines {
        let page = admin.get(line["href"].as_str().expect("a link")).expect(200).page();
        assert!(page.text("main").contains("filler x"), "{}", page.text("main"));
    }
    // Also where lines have no time, and where the file was renamed meanwhile.
    let log = folder(&HOUSE.server, "plainly").join("words.log");
    add(&log, &(0..3_000).map(|number| format!("word {number} of many\n")).collect::<String>());
    let page = looked(&HOUSE.as_admin(), "node=plainly&text=word+17+of");
    let link = page["blocks"]["lines"]["lines"][0]["href"].as_str().expect("a link").to_owned();
    fs::rename(&log, log.with_extension("log.1")).expect("it can be renamed");
    add(&log, "the next file\n");
    let page = HOUSE.as_admin().get(&link).expect(200).page();
    assert!(page.text("main").contains("word 17 of many") && page.text("main").contains("words.log.1"));
    fs::remove_file(log.with_extension("log.1")).expect("it can be removed");
    assert!(HOUSE.as_admin().get(&link).expect(404).page().text("main").contains("not there any more"));
}

#[test]
fn logs_of_other_programs_are_read_with_their_tracebacks() {
    let page = looked(&HOUSE.as_admin(), "file=others%3Ashop.log");
    let lines = texts(&page["blocks"]["lines"]);
    assert_eq!(lines.len(), 3, "{page:#}");
    assert!(lines[1].contains("an order failed") && lines[1].contains("ValueError: no such thing"), "{}", lines[1]);
    let found = looked(&HOUSE.as_admin(), "file=others%3Ashop.log&text=no+such+thing");
    assert_eq!(texts(&found["blocks"]["lines"]), [lines[1].clone()]);
    let errors = looked(&HOUSE.as_admin(), "file=others%3Ashop.log&level=error");
    assert_eq!(texts(&errors["blocks"]["lines"]).len(), 1);
}

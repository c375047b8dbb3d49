//! Logs of many nodes and of other programs, as they come: more than can be merged at a time, in folders of their own, in
//! another time zone, in a directory that is not there.

use std::fs;
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::Value;
use vestry_tests::logs::{add, folder, line, looked, numbered, searched, seconds, texts};
use vestry_tests::{Client, House};

/// Nodes that have a log each; with the server's own more than are merged at a time.
const NODES: u32 = 20;
const SOON: Duration = Duration::from_secs(30);

static HOUSE: LazyLock<House> = LazyLock::new(|| {
    let house = House::prepared("logs-many", |data| {
        let others = data.parent().expect("it lies in a folder").join("others");
        add(&others.join("nginx/access.log"), "2026-11-20 09:15:13 a visitor of nginx\n");
        add(&others.join("nginx/access.log.1"), "2026-11-20 08:15:13 one before\n");
        format!(
            "directories: {{org.vestry.logs: {{others: {}}}}}\nplugins: {{org.vestry.logs: {{zone: '+01:00'}}}}\n",
            others.display()
        )
    });
    for node in 0..NODES {
        add(&folder(&house.server, &format!("node{node:02}")).join("app.log"), &numbered(node * 10..node * 10 + 10));
    }
    house
});

/// Every sentence that a page says in a notice.
fn notices(page: &Value) -> Vec<String> {
    let blocks = page["blocks"].as_object().expect("a page has blocks");
    blocks.values().filter_map(|block| block["text"].as_str().map(str::to_owned)).collect()
}

#[test]
fn more_logs_than_are_merged_at_a_time_are_all_searched_and_downloaded() {
    let admin = HOUSE.as_admin();
    let page = looked(&admin, "file=app.log");
    assert_eq!(seconds(&page["blocks"]["lines"]).len(), 160, "those of sixteen nodes");
    assert!(notices(&page).iter().any(|said| said.contains("4 are left out here")), "{:?}", notices(&page));
    let mut found = seconds(&searched(&admin, &[("file", "app.log")], SOON)["blocks"]["lines"]);
    found.sort_unstable();
    assert_eq!(found, (0..NODES * 10).collect::<Vec<_>>());
    let counted = searched(&admin, &[("kind", "errors"), ("level", "error"), ("file", "app.log")], SOON);
    let rows = counted["blocks"]["groups"]["rows"].as_array().expect("a table");
    assert_eq!(rows.iter().filter_map(|row| row["count"].as_u64()).sum::<u64>(), 2, "second 0 and second 100");
    let text = admin.get("/logs/export?file=app.log").expect(200).text();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    assert!(lines.iter().zip(numbered(0..NODES * 10).lines()).all(|(one, two)| *one == two));
    assert_eq!(lines.len(), NODES as usize * 10);
}

#[test]
fn what_other_programs_write_is_named_after_its_folder_and_in_their_zone() {
    let admin = HOUSE.as_admin();
    let page = looked(&admin, "file=others%3Anginx%2Faccess.log&order=last");
    let lines = page["blocks"]["lines"]["lines"].as_array().expect("lines");
    assert_eq!(lines.len(), 2, "{page:#}");
    assert_eq!(lines[1]["source"], "nginx/access.log");
    assert_eq!(lines[1]["time"], "2026-11-20T08:15:13Z", "an hour east of UTC");
    let filter = page["blocks"]["filter"]["fields"].as_array().expect("a form");
    let field = |name: &str| filter.iter().find(|field| field["name"] == name).map(Value::to_string);
    assert!(field("file").is_some_and(|it| it.contains("others: nginx/access.log")), "{filter:#?}");
    assert!(field("node").is_some_and(|it| !it.contains("nginx")), "a folder of another program is no node");
    let files = admin.get("/logs/files").expect(200).page().text("main");
    assert!(files.contains("nginx/access.log.1") && files.contains("Written by another program"), "{files}");
    let opened = admin.get(lines[1]["href"].as_str().expect("a link")).expect(200).page().text("main");
    assert!(opened.contains("Written by another program") && !opened.contains("Every request"), "{opened}");
}

#[test]
fn of_each_person_the_newest_searches_are_kept() {
    let person = |name| HOUSE.signed_in(&HOUSE.person(name, &["admin"]));
    let (often, once) = (person("Otto Often"), person("Olga Once"));
    let search = |client: &Client| client.post("/logs/search", &[("file", "app.log")]).location().expect("a page");
    let kept = search(&once);
    let all: Vec<String> = (0..5).map(|_| search(&often)).collect();
    let statuses: Vec<u16> = all.iter().map(|found| often.get(found).status).collect();
    assert_eq!(statuses, [404, 404, 200, 200, 200]);
    assert!(often.get(&all[0]).page().text("main").contains("not kept any more"));
    once.get(&kept).expect(200);
}

#[test]
fn a_directory_that_is_not_there_takes_nothing_else_away() {
    let house = House::prepared("logs-gone", |data| {
        let others = data.parent().expect("it lies in a folder").join("others");
        format!("directories: {{org.vestry.logs: {{others: {}}}}}\n", others.display())
    });
    let others = house.server.data().parent().expect("it lies in a folder").join("others");
    let client = house.as_admin();
    add(&folder(&house.server, "other").join("app.log"), &line(1, "error", "here it is"));
    for there in [false, true] {
        if there {
            fs::create_dir(&others).expect("it can be made");
        }
        let page = looked(&client, "node=other");
        assert_eq!(texts(&page["blocks"]["lines"]).len(), 1, "{page:#}");
        let said = notices(&page).iter().any(|said| said.contains("The directory others cannot be read"));
        assert_eq!(said, !there, "{:?}", notices(&page));
        client.get("/logs/files").expect(200);
        client.get("/logs/errors").expect(200);
        assert!(client.get("/logs/export?node=other").expect(200).text().contains("here it is"));
        assert_eq!(seconds(&searched(&client, &[("node", "other")], SOON)["blocks"]["lines"]), [1]);
    }
}

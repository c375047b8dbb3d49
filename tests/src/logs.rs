//! Logs: what a server has written of itself, read as anybody with a shell would; lines of another node, laid beside them;
//! and what the page shows of both.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::{Answer, Client, Server, wait_for};

/// The day of all lines that [`line`] makes.
pub const DAY: &str = "2026-11-20";
/// What a line may take until it stands in its file.
const WRITTEN: Duration = Duration::from_secs(5);

/// The folder of a node in a server's logs.
pub fn folder(server: &Server, node: &str) -> PathBuf {
    server.data().join("logs").join(node)
}

/// All lines of one log as it is now, of every node below the data directory.
pub fn lines(data: &Path, name: &str) -> Vec<Value> {
    let nodes = fs::read_dir(data.join("logs")).into_iter().flatten().flatten();
    let texts = nodes.filter_map(|node| fs::read_to_string(node.path().join(name)).ok());
    let text: String = texts.collect();
    // A line that is being written has no end yet.
    let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    whole.map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line} is JSON"))).collect()
}

/// The lines of one log about a request, as soon as there are any.
#[track_caller]
pub fn of_request(server: &Server, name: &str, request: &str) -> Vec<Value> {
    let about = || {
        let mut lines = lines(server.data(), name);
        lines.retain(|line| line["request"] == request);
        (!lines.is_empty()).then_some(lines)
    };
    wait_for(WRITTEN, about).unwrap_or_else(|| panic!("{name} says nothing of the request {request}"))
}

/// The number of a request, as its page says it.
#[track_caller]
pub fn number_of(answer: &Answer) -> String {
    answer.page().texts("footer code").into_iter().next().expect("each page names its request")
}

/// A line as servers write it: of that second of the day, with ten requests, five people and two plugins in turn.
pub fn line(second: u32, level: &str, message: &str) -> String {
    let (hour, minute) = (second / 3_600, second / 60 % 60);
    let line = json!({
        "level": level,
        "node": "other",
        "plugin": format!("org.example.p{}", second % 2),
        "request": format!("request{}", second / 10),
        "actor": format!("person{}", second % 5),
        "route": "things",
        "message": message,
        "fields": { "second": second },
    });
    let time = format!("{{\"time\":\"{DAY}T{hour:02}:{minute:02}:{:02}.000000Z\",", second % 60);
    format!("{time}{}\n", &line.to_string()[1..])
}

/// Lines of these seconds: `second N`, each hundredth an error, each tenth a warning.
pub fn numbered(seconds: std::ops::Range<u32>) -> String {
    let level = |second: u32| match second {
        _ if second.is_multiple_of(100) => "error",
        _ if second.is_multiple_of(10) => "warn",
        _ => "info",
    };
    seconds.map(|second| line(second, level(second), &format!("second {second}"))).collect()
}

/// Adds to a file, which is made where it is not there.
pub fn add(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("a folder can be made");
    let mut file = OpenOptions::new().create(true).append(true).open(path).expect("a log can be opened");
    file.write_all(text.as_bytes()).expect("a log can be written");
}

/// Compresses a file with the system's own gzip: `x` becomes `x.gz`.
pub fn compress(path: &Path) {
    let done = Command::new("gzip").arg("-n").arg(path).status().expect("gzip runs");
    assert!(done.success());
}

/// The page of lines as data.
#[track_caller]
pub fn looked(client: &Client, query: &str) -> Value {
    client.get_json(&format!("/logs?{query}")).expect(200).json()
}

/// The page of a search over everything, when its job is done.
#[track_caller]
pub fn found(client: &Client, address: &str, within: Duration) -> Value {
    let page = || client.get_json(address).expect(200).json();
    let done = wait_for(within, || (page()["blocks"]["job"]["state"] == "done").then_some(()));
    assert!(done.is_some(), "it is done: {}", client.get(address).page().text("main"));
    // The page that said so may have been begun before: a job is drawn after what the plugin had found until then.
    page()
}

/// The same of one that begins now.
#[track_caller]
pub fn searched(client: &Client, fields: &[(&str, &str)], within: Duration) -> Value {
    found(client, &client.post("/logs/search", fields).location().expect("it leads to what is found"), within)
}

/// What the lines of a page say, or those of an update.
pub fn texts(block: &Value) -> Vec<String> {
    let lines = block["lines"].as_array().into_iter().flatten();
    lines.map(|line| line["text"].as_str().expect("a line has words").to_owned()).collect()
}

/// The seconds that lines of [`line`] name, in their order; of others none.
pub fn seconds(block: &Value) -> Vec<u32> {
    let texts = texts(block);
    texts.iter().filter_map(|text| text.split_once("second=")?.1.split(' ').next()?.parse().ok()).collect()
}

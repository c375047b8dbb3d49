//! What the server writes down of each request, job and plugin; who may see it, and who learns nothing.

use std::collections::BTreeSet;
use std::fs;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde_json::json;
use vestry_tests::accounts::key_of;
use vestry_tests::logs::{add, folder, lines, looked, number_of, numbered, of_request};
use vestry_tests::server::vestry;
use vestry_tests::{Client, House, Person, Server, Stream, wait_for};

const NODE: &str = "first";
/// What an update, a job or a line may take on a machine that is busy with other tests.
const SOON: Duration = Duration::from_secs(10);

static HOUSE: LazyLock<House> = LazyLock::new(|| {
    let house =
        House::prepared("logs", |_| format!("packages: {{quarantine: {{failures: 0}}}}\nlogs: {{node: {NODE}}}\n"));
    for plugin in ["probe", "hostile", "worker"] {
        house.install(plugin);
    }
    for (name, permissions) in [("log-readers", "logs.read"), ("log-knowers", "logs.read,logs.people")] {
        let mut arguments = vec!["privilege", "add", name, "--title", name];
        arguments.extend(permissions.split(',').flat_map(|permission| ["--permission", permission]));
        house.server.command(&arguments, "");
    }
    add(&folder(&house.server, "other").join("app.log"), &numbered(0..50));
    house
});

fn reader(name: &str) -> Person {
    HOUSE.person(name, &["log-readers"])
}

#[test]
fn each_request_leaves_one_line_that_says_who_asked_what_of_whom() {
    let (admin, key) = (HOUSE.as_admin(), key_of(&HOUSE.as_admin(), &HOUSE.admin.email));
    let answer = admin.get("/probe/log?message=from-the-query").expect(200);
    let request = number_of(&answer);
    let access = of_request(&HOUSE.server, "access.log", &request);
    assert_eq!(access.len(), 1, "{access:#?}");
    let line = &access[0];
    for (name, value) in
        [("level", "info"), ("node", NODE), ("plugin", "org.example.probe"), ("route", "log"), ("actor", &key)]
    {
        assert_eq!(line[name], value, "{name} of {line:#}");
    }
    let fields = &line["fields"];
    assert_eq!(
        (&fields["method"], &fields["path"], &fields["status"]),
        (&"GET".into(), &"/probe/log".into(), &200.into())
    );
    assert!(fields["micros"].as_u64().is_some_and(|micros| micros > 0), "{line:#}");
    assert!(!line.to_string().contains("from-the-query"), "no query: {line:#}");
    // What the plugin said meanwhile stands in the server's own log, and nowhere else.
    let said = of_request(&HOUSE.server, "vestry.log", &request);
    assert_eq!(said.len(), 1, "{said:#?}");
    for (name, value) in [
        ("message", "from-the-query"),
        ("level", "warn"),
        ("plugin", "org.example.probe"),
        ("route", "log"),
        ("actor", &key),
        ("node", NODE),
    ] {
        assert_eq!(said[0][name], value, "{name} of {:#}", said[0]);
    }
    assert_eq!(said[0]["fields"], json!({ "route": "log" }), "the plugin's own fields");
    for other in ["error.log", "worker.log"] {
        assert!(lines(HOUSE.server.data(), other).iter().all(|line| line["request"] != request.as_str()), "{other}");
    }
}

#[test]
fn a_visitor_has_no_number_and_a_page_of_the_servers_own_no_plugin() {
    let answer = HOUSE.visitor().get("/account/sign-in?next=%2Fusers").expect(200);
    let line = of_request(&HOUSE.server, "access.log", &number_of(&answer)).remove(0);
    assert!(line["actor"].is_null() && line["plugin"].is_null() && line["route"].is_null(), "{line:#}");
    let answer = HOUSE.visitor().get("/nothing/of/the/kind").expect(404);
    let line = of_request(&HOUSE.server, "access.log", &number_of(&answer)).remove(0);
    assert_eq!(line["fields"]["status"], 404);
    let person = HOUSE.person("Toni Token", &[]);
    let key = key_of(&HOUSE.as_admin(), &person.email);
    let program = HOUSE.with_token(&HOUSE.token(&person, &[]));
    let missing = program.get_json("/probe/call/no-such-function?strict=1").expect_problem(404);
    let line = of_request(&HOUSE.server, "access.log", missing["request"].as_str().expect("its number")).remove(0);
    assert_eq!((&line["actor"], &line["fields"]["status"]), (&key.into(), &404.into()));
}

#[test]
fn what_could_not_be_answered_stands_in_the_log_of_errors() {
    let admin = HOUSE.as_admin();
    for harm in ["trap", "loop", "badtexts"] {
        let answer = admin.get(&format!("/hostile/{harm}"));
        let request = number_of(&answer);
        let errors = of_request(&HOUSE.server, "error.log", &request);
        assert_eq!(errors.len(), 1, "{errors:#?}");
        let line = &errors[0];
        assert_eq!(
            (&line["level"], &line["plugin"], &line["route"]),
            (&"error".into(), &"org.example.hostile".into(), &harm.into())
        );
        assert_eq!(line["fields"]["status"], answer.status);
        assert!(line["message"].as_str().is_some_and(|message| message.len() > 20), "{line:#}");
        let access = &of_request(&HOUSE.server, "access.log", &request)[0];
        assert_eq!((&access["fields"]["status"], &access["level"]), (&answer.status.into(), &"error".into()));
    }
    // What is the visitor's own mistake is none of the server's.
    let missing = number_of(&admin.get("/hostile/nowhere").expect(404));
    of_request(&HOUSE.server, "access.log", &missing);
    assert!(lines(HOUSE.server.data(), "error.log").iter().all(|line| line["request"] != missing.as_str()));
}

#[test]
fn an_error_page_leads_to_its_lines_for_who_may_read_them() {
    let (admin, nobody) = (HOUSE.as_admin(), HOUSE.signed_in(&HOUSE.person("Norbert Nothing", &[])));
    let answer = admin.get("/hostile/trap");
    let request = number_of(&answer);
    let way = format!("/logs/request?request={request}");
    assert!(answer.page().links().contains(&way), "{:?}", answer.page().links());
    of_request(&HOUSE.server, "error.log", &request);
    of_request(&HOUSE.server, "access.log", &request);
    let page = admin.follow(admin.get(&way)).expect(200);
    let words = page.page().text("main");
    assert!(words.contains("GET /hostile/trap"), "{words}");
    let answer = nobody.get("/hostile/trap");
    assert!(!answer.text().contains("/logs"), "{}", answer.text());
    assert!(!HOUSE.visitor().get("/nothing-here").text().contains("/logs"));
}

#[test]
fn jobs_have_a_log_of_their_own() {
    let admin = HOUSE.as_admin();
    let input = r#"{"failure":"internal"}"#;
    let answer = admin.post("/worker/start", &[("name", "fail"), ("input", input)]).expect(303);
    let (_, id) = answer
        .location()
        .and_then(|page| page.split_once("id=").map(|(a, b)| (a.to_owned(), b.to_owned())))
        .expect("its page");
    let about = || {
        let mut all = lines(HOUSE.server.data(), "worker.log");
        all.retain(|line| line["job"] == id.as_str());
        all.iter().any(|line| line["plugin"] == "org.example.worker").then_some(all)
    };
    let said = wait_for(SOON, about).unwrap_or_else(|| panic!("{:#?}", lines(HOUSE.server.data(), "worker.log")));
    assert!(said.iter().all(|line| line["node"] == NODE), "{said:#?}");
}

/// Every address of the plugin, so that none is forgotten: how it is asked, where, and with what.
const PLACES: &[(&str, &str)] = &[
    ("GET", "/logs"),
    ("GET", "/logs?node=other"),
    ("GET", "/logs/line?file=server-logs:app.log&node=other&at=2026-11-20T00:00:07.000000Z&offset=0"),
    ("GET", "/logs/request?request=request1"),
    ("POST", "/logs/remember"),
    ("GET", "/logs/files"),
    ("GET", "/logs/file?key=server-logs%3Aother%2Fapp.log"),
    ("GET", "/logs/export?node=other"),
    ("GET", "/logs/errors?from=2026-11-20"),
    ("POST", "/logs/search"),
    ("GET", "/logs/search/anything"),
];

#[test]
fn who_may_not_read_logs_gets_nothing_of_them() {
    let person = HOUSE.person("Nina Nothing", &[]);
    let (nobody, visitor) = (HOUSE.signed_in(&person), HOUSE.visitor());
    let narrow = HOUSE.with_token(&HOUSE.token(&HOUSE.admin, &["users.read"]));
    for (method, path) in PLACES {
        for (who, client, expected) in
            [("somebody", &nobody, 403), ("a token", &narrow, 403), ("a visitor", &visitor, 401)]
        {
            let answer = client.call(method, path).header("accept", "application/json").send();
            assert_eq!(answer.status, expected, "{who} at {method} {path}: {}", answer.text());
            assert!(!answer.text().contains("second 7") && !answer.text().contains("app.log"), "{who} at {path}");
        }
    }
    assert!(!nobody.get("/account").expect(200).page().links().iter().any(|link| link.starts_with("/logs")));
}

#[test]
fn who_loses_the_right_to_read_is_cut_off_where_they_are() {
    HOUSE.server.command(&["privilege", "add", "log-losers", "--title", "Losers", "--permission", "logs.read"], "");
    let client = HOUSE.signed_in(&HOUSE.person("Lars Loser", &["log-losers"]));
    let page = looked(&client, "node=other&follow=1");
    let stream = page["follow"]["stream"].as_str().unwrap_or_else(|| panic!("it is followed: {page:#}"));
    let mut stream = Stream::open(client.call("GET", stream).header("accept", "application/json, text/event-stream"));
    assert_eq!(stream.status, 200);
    let began = Instant::now();
    HOUSE.server.command(&["privilege", "set", "log-losers"], "");
    assert_eq!(stream.cut(SOON).0, "denied");
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    client.get("/logs").expect(403);
}

/// A function of the probe, called in a request.
fn called(client: &Client, function: &str, values: &[(&str, &str)]) -> String {
    let call = client.call("POST", &format!("/probe/call/{function}")).header("accept", "application/json");
    let json = call.form(values).send().expect(200).json();
    json["blocks"]["result"]["text"].as_str().unwrap_or_else(|| panic!("{json:#}")).to_owned()
}

/// The same in a job.
fn worked(client: &Client, input: &serde_json::Value) -> String {
    let started = called(client, "jobs.start", &[("name", "call"), ("input", &input.to_string())]);
    let id = started.split('"').nth(1).unwrap_or_else(|| panic!("{started}")).to_owned();
    let done = wait_for(SOON, || {
        let job = called(client, "jobs.get", &[("id", &id)]);
        job.contains("state: \"done\"").then_some(job)
    });
    done.unwrap_or_else(|| panic!("the job is done: {}", called(client, "jobs.get", &[("id", &id)])))
}

const LOGS: (&str, &str) = ("directory", "server-logs");

#[test]
fn a_plugin_reads_the_logs_only_for_who_may() {
    let path = ("path", "other/app.log");
    let (reader, nobody) =
        (HOUSE.signed_in(&reader("Rosa Reader")), HOUSE.signed_in(&HOUSE.person("Nils Nothing", &[])));
    let narrow = HOUSE.with_token(&HOUSE.token(&HOUSE.admin, &["users.read"]));
    assert!(called(&reader, "files.read", &[LOGS, path]).contains("second 7"));
    assert!(called(&reader, "files.entries", &[LOGS, ("path", "other")]).contains("other/app.log"));
    for client in [&nobody, &narrow] {
        for told in [
            called(client, "files.read", &[LOGS, path]),
            called(client, "files.entries", &[LOGS, ("path", "other")]),
            called(client, "files.entries", &[LOGS]),
            worked(client, &json!({ "function": "files.read", "directory": LOGS.1, "path": path.1 })),
            worked(client, &json!({ "function": "files.entries", "directory": LOGS.1 })),
            client.get(&format!("/probe/stream/files.read?directory={}&path={}", LOGS.1, path.1)).text(),
        ] {
            assert!(told.contains("Denied(") && told.contains("it needs the permission logs.read"), "{told}");
            assert!(!told.contains("second 7") && !told.contains("app.log"), "{told}");
        }
        client.call("GET", "/probe/file-strict?directory=server-logs&path=other/app.log").send().expect(403);
    }
    let in_a_job = worked(&reader, &json!({ "function": "files.read", "directory": LOGS.1, "path": path.1 }));
    assert!(in_a_job.contains("second 7"), "{in_a_job}");
    let sent = reader.get("/probe/file-strict?directory=server-logs&path=other/app.log").expect(200);
    assert_eq!(sent.text(), numbered(0..50));
    let visitor = HOUSE.visitor();
    let call = visitor.call("GET", "/probe/everyone/call/files.entries?directory=server-logs");
    let told = call.header("accept", "application/json").send().text();
    assert!(told.contains("Denied(") && !told.contains("first"), "{told}");
}

#[test]
fn no_plugin_writes_into_the_logs() {
    let admin = HOUSE.as_admin();
    let before = fs::read(folder(&HOUSE.server, "other").join("app.log")).expect("it is there");
    for (function, values) in [
        ("files.write", [("path", "other/app.log"), ("content", "forged")].as_slice()),
        ("files.write", &[("path", "other/new.log"), ("content", "forged")]),
        ("files.append", &[("path", "other/app.log"), ("content", "forged")]),
        ("files.rename", &[("old", "other/app.log"), ("new", "other/gone.log")]),
        ("files.remove", &[("path", "other/app.log")]),
    ] {
        let told = called(&admin, function, &[&[LOGS], values].concat());
        assert!(told.contains("Denied(") && told.contains("only read"), "{function}: {told}");
    }
    let body = "--x\r\nContent-Disposition: form-data; name=\"directory\"\r\n\r\nserver-logs\r\n--x\r\n\
        Content-Disposition: form-data; name=\"path\"\r\n\r\nother/app.log\r\n--x\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\nforged\r\n--x--\r\n";
    let call = admin.call("POST", "/probe/call/uploads.keep").header("accept", "application/json");
    let kept = call.body("multipart/form-data; boundary=x", body.into()).send().expect(200).text();
    assert!(kept.contains("Denied(") && kept.contains("only read"), "{kept}");
    let names: Vec<_> = fs::read_dir(folder(&HOUSE.server, "other")).expect("it is there").flatten().collect();
    assert_eq!((names.len(), fs::read(names[0].path()).expect("it is there")), (1, before));
}

#[test]
fn people_are_numbers_but_for_who_may_know_them() {
    let subject = HOUSE.signed_in(&HOUSE.person("Petra Private", &[]));
    let request = number_of(&subject.get("/probe/log").expect(200));
    of_request(&HOUSE.server, "vestry.log", &request);
    let knower = HOUSE.signed_in(&HOUSE.person("Kim Knower", &["log-knowers"]));
    let reader = HOUSE.signed_in(&reader("Ralf Reader"));
    let line_of = |client: &Client| {
        let page = looked(client, &format!("request={request}&file=vestry.log"));
        let line = page["blocks"]["lines"]["lines"][0]["href"].as_str();
        line.unwrap_or_else(|| panic!("a line leads to its page: {page:#}")).to_owned()
    };
    let page = knower.get(&line_of(&knower)).expect(200).page().text("main");
    assert!(page.contains("Petra Private") && page.contains("petra.private."), "{page}");
    let page = reader.get(&line_of(&reader)).expect(200);
    let words = page.page().text("main");
    assert!(words.contains("with the permission logs.people"), "{words}");
    assert!(!page.text().contains("Petra") && !page.text().contains("petra.private"), "{words}");
    for path in [format!("/logs?request={request}"), "/logs/files".into(), "/logs/errors".into()] {
        assert!(!reader.get(&path).expect(200).text().contains("Petra"), "{path}");
    }
    // A program gets the name of the panel, and the host draws nothing for it.
    let twin = knower.get_json(&line_of(&knower)).expect(200).text();
    assert!(twin.contains("person:") && !twin.contains("Petra"), "{twin}");
}

#[test]
fn each_process_writes_below_a_name_of_its_own() {
    let house = House::prepared("logs-nodes", |_| "logs: {node: one}\n".to_owned());
    let other = Server::start_on(house.server.data(), "logs-nodes-second");
    let here = number_of(&house.visitor().get("/account/sign-in"));
    let there = number_of(&Client::new(other.address()).get("/account/sign-in"));
    let node = |request: &str| of_request(&house.server, "access.log", request)[0]["node"].clone();
    assert_eq!((node(&here), node(&there)), ("one".into(), "one-2".into()));
    for name in ["one", "one-2"] {
        assert!(
            folder(&house.server, name).join("vestry.log").is_file()
                || folder(&house.server, name).join("access.log").is_file(),
            "{name}"
        );
    }
    // The page merges both.
    let admin = house.as_admin();
    for request in [&here, &there] {
        let page = looked(&admin, &format!("request={request}"));
        assert_eq!(page["blocks"]["lines"]["lines"].as_array().map(Vec::len), Some(1), "{page:#}");
    }
    other.end_by("TERM");
}

#[test]
fn settings_of_logs_are_checked() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let data = folder.path().join("data");
    fs::create_dir(&data).expect("a folder can be made");
    for (settings, told) in [
        ("logs: {size-mib: 0}", "logs: size-mib is 1 to 4096"),
        ("logs: {hours: 0}", "hours 1 to 8784"),
        ("logs: {files: 0}", "files 1 to 10000"),
        ("logs: {days: 0}", "days 1 to 3660"),
        ("logs: {colour: red}", "colour"),
        ("logs: {addresses: half}", "expected one of whole, network, none"),
        ("logs: {node: ../elsewhere}", "logs: the name of a node has 1 to 64 letters"),
        ("logs: {directory: elsewhere}", "logs: directory: `elsewhere` is not a path from the root on"),
        ("logs: {directory: /}", "must not lie in one another"),
        ("directories: {org.example.worker: {server-logs: /srv/logs}}", "the server's own directory has this name"),
    ] {
        fs::write(data.join("vestry.yml"), settings).expect("settings can be written");
        let output = vestry(&data, &["serve", "--listen", "127.0.0.1:0"], "");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && stderr.contains(told), "{settings}: {stderr}");
    }
}

#[test]
fn a_server_that_can_keep_no_logs_serves_and_says_so() {
    let in_the_way = Server::start_with("logs-none", |data| {
        fs::write(data.join("logs"), "no directory").expect("a file can be written");
    });
    let told = in_the_way.log();
    assert!(told.contains("No logs are kept: ") && told.contains("make it writable for the server"), "{told}");
    let missing = Server::start_with("logs-missing", |data| {
        let settings = format!("logs: {{directory: {}}}\n", data.with_file_name("nowhere").display());
        fs::write(data.join("vestry.yml"), settings).expect("settings can be written");
    });
    let told = missing.log();
    assert!(told.contains("No logs are kept: ") && told.contains("nowhere, the setting logs.directory"), "{told}");
    assert!(
        told.contains("make it, writable for the user that the server runs as, and start the server again"),
        "{told}"
    );
    for server in [in_the_way, missing] {
        Client::new(server.address()).get("/account/sign-in").expect(200);
        assert!(!server.data().with_file_name("nowhere").exists());
    }
}

#[test]
fn nodes_share_a_directory_that_is_elsewhere() {
    let shared = tempfile::tempdir().expect("a folder can be made");
    let settings = |node: &str| format!("logs: {{directory: {}, node: {node}}}\n", shared.path().display());
    let house = House::prepared("logs-shared", |_| settings("here"));
    let other = Server::start_with("logs-shared-other", |data| {
        fs::write(data.join("vestry.yml"), settings("there")).expect("settings can be written");
    });
    let there = number_of(&Client::new(other.address()).get("/account/sign-in"));
    // Another data directory, other people, the same logs.
    let found = wait_for(SOON, || {
        let page = looked(&house.as_admin(), &format!("request={there}"));
        let lines = page["blocks"]["lines"]["lines"].as_array().cloned().unwrap_or_default();
        (lines.len() == 1).then_some(lines)
    });
    assert!(found.is_some(), "the page shows what the other one wrote");
    for (server, node) in [(&house.server, "here"), (&other, "there")] {
        assert!(
            shared.path().join(node).join("access.log").is_file() && !server.data().join("logs").exists(),
            "{node}"
        );
    }
}

#[test]
fn addresses_of_visitors_are_kept_as_far_as_the_settings_say() {
    for (setting, kept) in [("whole", json!("127.0.0.1")), ("network", json!("127.0.0.0/24")), ("none", json!(null))] {
        let server = Server::start_with(&format!("logs-addresses-{setting}"), |data| {
            fs::write(data.join("vestry.yml"), format!("logs: {{addresses: {setting}}}\n")).expect("it can be written");
        });
        let request = number_of(&Client::new(server.address()).get("/account/sign-in").expect(200));
        assert_eq!(of_request(&server, "access.log", &request)[0]["fields"]["address"], kept, "{setting}");
    }
}

#[test]
fn requests_that_went_well_can_be_left_out() {
    let house = House::prepared("logs-quiet", |_| "log: info,access=warn\nlogs: {node: one}\n".to_owned());
    house.install("hostile");
    let admin = house.as_admin();
    let (well, missing) =
        (number_of(&admin.get("/account").expect(200)), number_of(&admin.get("/nowhere").expect(404)));
    let failed = number_of(&admin.get("/hostile/trap").expect(502));
    let line = &of_request(&house.server, "access.log", &failed)[0];
    assert_eq!((&line["level"], &line["fields"]["status"]), (&"error".into(), &502.into()));
    let all = lines(house.server.data(), "access.log");
    assert!(all.iter().all(|line| line["request"] != well.as_str() && line["request"] != missing.as_str()), "{all:#?}");
}

#[test]
fn up_to_eight_logs_have_colours_of_their_own_on_a_page_that_stays_up_to_date() {
    // By their names alone, some would have the same.
    const NAMES: [&str; 8] = ["access", "error", "vestry", "worker", "cron", "mail", "nginx", "audit"];
    let log = |number: usize| folder(&HOUSE.server, "coloured").join(format!("{}.log", NAMES[number]));
    let line =
        |number: usize| numbered(u32::try_from(number).expect("small")..u32::try_from(number + 1).expect("small"));
    (0..8).for_each(|number| add(&log(number), if number < 4 { line(number) } else { String::new() }.as_str()));
    let browser = HOUSE.in_browser(&HOUSE.admin);
    browser.visit("/logs?node=coloured&order=last&follow=1");
    browser.wait_for_text("second 3");
    let colours = || {
        let all =
            "return [...document.querySelectorAll('.log-source')].map(it => it.textContent + ' ' + it.className);";
        let all: Vec<String> = serde_json::from_value(browser.script(all)).expect("texts");
        all
    };
    let before = colours();
    assert_eq!(before.len(), 4, "{before:?}");
    // Each by an update of its own, and those that are there again.
    for number in (0..8).rev() {
        add(&log(number), &line(10 + number));
        browser.wait_for_text(&format!("second {}", 10 + number));
    }
    let after = colours();
    assert_eq!((after.len(), &after[..4]), (12, &before[..]));
    let sources: BTreeSet<_> = after.iter().collect();
    let tones: BTreeSet<_> = after.iter().filter_map(|source| source.rsplit(' ').next()).collect();
    assert_eq!((sources.len(), tones.len()), (8, 8), "each has one, and no two the same: {after:?}");
    browser.check_console();
}

//! Calls to other servers, against servers made for the test: where they may go, what goes along, and how they end.

use std::collections::BTreeSet;
use std::fs;
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::{Value, json};
use vestry_tests::database::Snapshot;
use vestry_tests::grants::{consent_of, give, take};
use vestry_tests::remote::REMOTES;
use vestry_tests::{Answer, Client, House, grep, wait_for};

const SEND: &str = "http-client.send";
const OPEN: &str = "outbound: {networks: [127.0.0.1/32]}\n";
/// What a call that fails at once may take on a machine that is busy with other tests.
const SOON: Duration = Duration::from_secs(5);

/// A server that may call this machine.
static HOUSE: LazyLock<House> = LazyLock::new(|| open_house("outbound"));

fn open_house(name: &str) -> House {
    let house = House::prepared(name, |_| OPEN.to_owned());
    house.install("probe");
    house.install("quiet");
    house
}

/// What a function of the host answered, as Rust writes it.
#[track_caller]
fn called(client: &Client, function: &str, values: &[(&str, &str)]) -> String {
    result(&posted(client, &format!("/probe/call/{function}"), values).expect(200))
}

fn posted(client: &Client, path: &str, values: &[(&str, &str)]) -> Answer {
    client.call("POST", path).header("accept", "application/json").form(values).send()
}

#[track_caller]
fn result(answer: &Answer) -> String {
    let page = answer.json();
    page["blocks"]["result"]["text"].as_str().unwrap_or_else(|| panic!("a result: {page:#}")).to_owned()
}

#[track_caller]
fn sent(client: &Client, values: &[(&str, &str)]) -> String {
    called(client, SEND, values)
}

/// What comes of a call whose failure the plugin passes on: the problem, and how long it took.
#[track_caller]
fn failed(client: &Client, status: u16, values: &[(&str, &str)]) -> (Value, Duration) {
    let began = Instant::now();
    let answer = posted(client, &format!("/probe/call/{SEND}"), &[values, &[("strict", "1")]].concat());
    (answer.expect_problem(status), began.elapsed())
}

#[track_caller]
fn detail(problem: &Value) -> &str {
    problem["detail"].as_str().unwrap_or_else(|| panic!("it says why: {problem}"))
}

/// What the function answered in a job.
#[track_caller]
fn worked(client: &Client, input: &Value) -> String {
    let started = called(client, "jobs.start", &[("name", "call"), ("input", &input.to_string())]);
    let id = started.split('"').nth(1).unwrap_or_else(|| panic!("a job was started: {started}")).to_owned();
    let done = wait_for(Duration::from_secs(20), || {
        let job = called(client, "jobs.get", &[("id", &id)]);
        job.contains("state: \"done\"").then_some(job)
    });
    done.unwrap_or_else(|| panic!("the job is done: {}", called(client, "jobs.get", &[("id", &id)])))
}

/// A way for the probe to call.
type Way<'w> = &'w dyn Fn(&[(&str, &str)]) -> String;

#[test]
fn this_machine_is_called_once_the_printed_lines_stand_in_the_configuration() {
    let [one, ..] = &*REMOTES;
    let house = House::open("outbound-closed");
    house.install("probe");
    let admin = house.as_admin();
    let url = one.at("/at-first");
    let (problem, _) = failed(&admin, 403, &[("url", &url)]);
    let told = detail(&problem).to_owned();
    assert!(told.contains(&one.origin()) && told.contains("127.0.0.0/8") && told.contains("vestry.yml"), "{told}");
    assert!(one.seen("/at-first").is_empty(), "nothing was sent");
    let page = admin.post(&format!("/probe/call/{SEND}"), &[("url", &url), ("strict", "1")]).expect(403).page();
    assert!(page.text("main").contains("networks: [127.0.0.1/32]"), "{}", page.text("main"));
    let log = house.server.log();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("outbound")).collect();
    assert!(lines.iter().any(|line| line.contains("networks: [127.0.0.1/32]")), "the log says it: {log}");
    let audit = Snapshot::of(house.server.data());
    assert!(audit.contains("networks: [127.0.0.1/32]"), "the audit says it");
    assert!(!log.contains("/at-first") && !audit.contains("/at-first"), "without the path");

    // The lines as they were printed, put where it says.
    let lines: Vec<&str> = told.lines().skip_while(|line| !line.starts_with("    ")).collect();
    let lines: String = lines.iter().map(|line| format!("{}\n", line.strip_prefix("    ").unwrap_or(line))).collect();
    house.server.end_by("TERM");
    let file = house.server.data().join("vestry.yml");
    let settings = fs::read_to_string(&file).expect("settings can be read");
    fs::write(file, format!("{settings}{lines}")).expect("settings can be written");
    let house = House { server: house.server.again("outbound-opened"), admin: house.admin };
    let answered = sent(&house.as_admin(), &[("url", &url)]);
    assert!(answered.contains("Hello from 47001."), "{answered}");
    assert_eq!(one.seen("/at-first").len(), 1);
}

#[test]
fn an_origin_that_was_not_granted_is_not_called() {
    let admin = HOUSE.as_admin();
    for (url, origin) in [
        ("http://127.0.0.1:47009/x", "http://127.0.0.1:47009"),
        ("https://127.0.0.1:47001/x", "https://127.0.0.1:47001"),
        ("http://localhost:47001/x", "http://localhost:47001"),
        ("http://example.org/x", "http://example.org"),
    ] {
        let (problem, took) = failed(&admin, 403, &[("url", url)]);
        let told = detail(&problem);
        assert!(told.contains(origin) && told.contains("was not granted"), "{url}: {told}");
        assert!(took < SOON, "{took:?}");
    }
    for url in ["http://127.0.0.1:47001@example.org/x", "file:///etc/passwd", "//127.0.0.1:47001/x", "47001"] {
        let (problem, _) = failed(&admin, 422, &[("url", url)]);
        assert_eq!(problem["errors"][0]["field"], "url", "{url}: {problem}");
    }
    let (problem, _) = failed(&admin, 403, &[("url", "http://127.0.0.1:47009/x")]);
    let told = detail(&problem);
    assert!(told.contains(".wish(Capability::origin(\"http://127.0.0.1:47009\")"), "what its author does: {told}");
    assert!(told.contains("an administrator grants it"), "{told}");
    assert!(Snapshot::of(HOUSE.server.data()).contains("http://127.0.0.1:47009"), "it is in the audit");
}

#[test]
fn a_grant_that_is_taken_back_ends_with_the_next_call() {
    const ORIGIN: &str = "origin http://127.0.0.1:47003";
    let [one, _, three] = &*REMOTES;
    let house = open_house("outbound-granted");
    let admin = house.as_admin();
    let url = three.at("/granted");
    assert!(sent(&admin, &[("url", &url)]).contains("Hello from 47003."));
    take(&admin, "probe", ORIGIN);
    let denied = sent(&admin, &[("url", &url)]);
    assert!(denied.starts_with("Err(Failure::Denied(") && denied.contains("was not granted"), "{denied}");
    let redirected = sent(&admin, &[("url", &one.at(&format!("/to?{url}")))]);
    assert!(redirected.starts_with("Err(Failure::Denied("), "{redirected}");
    assert_eq!(three.seen("/granted").len(), 1);
    give(&admin, "probe", ORIGIN);
    assert!(sent(&admin, &[("url", &url)]).contains("Hello from 47003."));
}

#[test]
fn a_redirect_leads_only_where_a_call_could_have_gone() {
    let [one, two, _] = &*REMOTES;
    let house = open_house("outbound-redirects");
    let admin = house.as_admin();
    let to = |url: &str| one.at(&format!("/to?{url}"));
    let followed = sent(&admin, &[("url", &to(&two.at("/redirected")))]);
    assert!(followed.contains("(200, ") && followed.contains("Hello from 47002."), "{followed}");
    two.only("/redirected");

    for address in ["http://127.0.0.1:47009/x", "http://169.254.169.254/latest/meta-data/", "http://[::1]:47001/"] {
        let (problem, took) = failed(&admin, 403, &[("url", &to(address))]);
        let told = detail(&problem);
        assert!(told.contains("redirects") && told.contains("was not granted"), "{address}: {told}");
        assert!(took < SOON, "{took:?}");
    }
    // Somebody granted it, and it still lies where the server does not call.
    let database = Connection::open(house.server.data().join("vestry.db")).expect("the database can be opened");
    let digest = consent_of("probe").rsplit('/').next().expect("it ends with the digest").to_owned();
    let grant = "INSERT INTO grants SELECT plugin, digest, 'origin http://169.254.169.254', granted_by, granted \
                 FROM grants WHERE digest = ? LIMIT 1";
    assert_eq!(database.execute(grant, [&digest]).expect("a grant can be written"), 1);
    database.execute("UPDATE generation SET value = value + 1", []).expect("authority has changed");
    let url = to("http://169.254.169.254/latest/meta-data/");
    let refused = wait_for(SOON, || {
        let told = sent(&admin, &[("url", &url)]);
        told.contains("networks: [169.254.169.254/32]").then_some(told)
    });
    let refused = refused.unwrap_or_else(|| panic!("the grant is seen: {}", sent(&admin, &[("url", &url)])));
    assert!(refused.contains("metadata of a cloud") && refused.starts_with("Err(Failure::Denied("), "{refused}");

    // What changes something is not sent on.
    let kept = sent(&admin, &[("verb", "POST"), ("url", &to(&two.at("/posted"))), ("body", "words")]);
    assert!(kept.starts_with("Ok((302, "), "{kept}");
    assert!(two.seen("/posted").is_empty());
    let round = sent(&admin, &[("url", &one.at("/to?"))]);
    assert!(round.starts_with("Err(Failure::Unavailable(") && round.contains("more than 5 times"), "{round}");
}

#[test]
fn a_secret_reaches_its_origin_and_nobody_else() {
    const VALUE: &str = "v4lue/of~the+bound==secret";
    let [one, two, _] = &*REMOTES;
    let house = open_house("outbound-secret");
    let admin = house.as_admin();
    house.server.command(&["secret", "set", "bound", "--origin", &one.origin()], VALUE);
    let with = |url: String| sent(&admin, &[("url", &url), ("secret", "Authorization: Bearer |bound\nX-Key: |bound")]);

    assert!(with(one.at("/with-secret")).contains("Hello from 47001."));
    let seen = one.only("/with-secret");
    assert_eq!(seen.header("authorization"), Some(format!("Bearer {VALUE}").as_str()));
    assert_eq!(seen.header("x-key"), Some(VALUE));

    assert!(with(one.at(&format!("/to?{}", two.at("/secret-elsewhere")))).contains("Hello from 47002."));
    let back = format!("{}?{}", two.at("/to"), one.at("/secret-and-back"));
    assert!(with(one.at(&format!("/to?{back}"))).contains("Hello from 47001."));
    let back = one.seen("/secret-and-back").into_iter().filter(|seen| seen.path == "/secret-and-back");
    let behind: Vec<_> = two.seen("/secret").into_iter().chain(back).collect();
    assert_eq!(behind.len(), 3, "there, there again, and back: {behind:?}");
    for seen in behind {
        assert!(!format!("{seen:?}").contains(VALUE) && seen.header("authorization").is_none(), "{seen:?}");
    }
    let elsewhere = with(two.at("/secret-straight"));
    assert!(elsewhere.starts_with("Err(Failure::Denied(") && elsewhere.contains(&one.origin()), "{elsewhere}");
    assert!(two.seen("/secret-straight").is_empty());
    let unknown = sent(&admin, &[("url", &one.at("/secret-unknown")), ("secret", "X-Key: |open")]);
    assert!(unknown.starts_with("Err(Failure::NotFound("), "it was granted and nobody has set it: {unknown}");
    let ungranted = sent(&admin, &[("url", &one.at("/secret-unknown")), ("secret", "X-Key: |other")]);
    assert!(ungranted.starts_with("Err(Failure::Denied(") && ungranted.contains("`other`"), "{ungranted}");
    assert!(one.seen("/secret-unknown").is_empty());

    // In a job; and where the server repeats it, what is kept of the job says nothing.
    let input = |path: &str| json!({ "function": SEND, "url": one.at(path), "secret": "X-Key: |bound" });
    worked(&admin, &input("/secret-in-a-job"));
    assert_eq!(one.only("/secret-in-a-job").header("x-key"), Some(VALUE));
    let repeated = worked(&admin, &input("/echo?secret"));
    assert_eq!(one.only("/echo?secret").header("x-key"), Some(VALUE));
    assert!(repeated.contains("•••") && !repeated.contains(VALUE), "{repeated}");

    grep::nowhere(&house.server, &[VALUE]);
    house.server.end_by("TERM");
    grep::nowhere(&house.server, &[VALUE]);
}

#[test]
fn nothing_goes_along_but_what_the_plugin_said() {
    let [one, ..] = &*REMOTES;
    let admin = HOUSE.as_admin();
    let values =
        [("verb", "PUT"), ("url", &one.at("/plain-call?word=1")), ("headers", "X-Own: own"), ("body", "words")];
    assert!(sent(&admin, &values).contains("Hello from 47001."));
    let seen = one.only("/plain-call");
    assert_eq!((seen.verb.as_str(), seen.path.as_str(), seen.body.as_str()), ("PUT", "/plain-call?word=1", "words"));
    assert_eq!((seen.header("x-own"), seen.header("host")), (Some("own"), Some("127.0.0.1:47001")));
    assert!(seen.header("user-agent").is_some_and(|agent| agent.starts_with("Vestry/")), "{seen:?}");
    let names: BTreeSet<&str> = seen.headers.iter().map(|(name, _)| name.as_str()).collect();
    let known = BTreeSet::from(["accept", "content-length", "content-type", "host", "user-agent", "x-own"]);
    assert!(names.is_subset(&known), "{names:?}");
    for cookie in admin.cookies().values() {
        assert!(!format!("{seen:?}").contains(cookie));
    }
    for header in
        ["Cookie: a=b", "Host: elsewhere", "User-Agent: me", "X-Forwarded-For: 127.0.0.1", "Transfer-Encoding: x"]
    {
        let refused = sent(&admin, &[("url", &one.at("/not-with-that")), ("headers", header)]);
        assert!(refused.starts_with("Err(Failure::Invalid("), "{header}: {refused}");
    }
    assert!(one.seen("/not-with-that").is_empty());
    let answered = sent(&admin, &[("url", &one.at("/cookie"))]);
    assert!(answered.contains("x-other") && !answered.contains("set-cookie"), "{answered}");
    assert!(sent(&admin, &[("url", &one.at("/status?503"))]).starts_with("Ok((503, "), "a status is an answer");
}

#[test]
fn the_log_names_the_origin_and_nothing_behind_it() {
    const WORDS: &[&str] = &["path-of-no-concern", "query-of-no-concern", "header-of-no-concern", "body-of-no-concern"];
    let [one, ..] = &*REMOTES;
    let admin = HOUSE.as_admin();
    let url = one.at("/path-of-no-concern?query-of-no-concern");
    let (headers, body) = ("X-Own: header-of-no-concern", "body-of-no-concern");
    assert!(sent(&admin, &[("verb", "POST"), ("url", &url), ("headers", headers), ("body", body)]).starts_with("Ok("));
    let line = || {
        let log = HOUSE.server.log();
        log.lines().find(|line| line.contains("outbound") && line.contains("POST")).map(str::to_owned)
    };
    let line = wait_for(SOON, line).unwrap_or_else(|| panic!("the log has a line: {}", HOUSE.server.log()));
    for word in ["org.example.probe", &one.origin(), "200"] {
        assert!(line.contains(word), "{word} stands in: {line}");
    }
    grep::nowhere(&HOUSE.server, WORDS);
}

/// Ways in which a server does not come to an end, with what the failure says.
const ENDLESS: &[(&str, u16, &str)] = &[
    ("/slow", 429, "took longer than 700 ms"),
    ("/drip", 429, "took longer than 700 ms"),
    ("/endless", 429, "answers with more than"),
    ("/broken", 503, "broke off"),
];

#[test]
fn a_server_that_comes_to_no_end_holds_up_nobody_else() {
    let [one, ..] = &*REMOTES;
    let (admin, other) = (HOUSE.as_admin(), HOUSE.as_admin());
    for (path, status, words) in ENDLESS {
        let (problem, took) = failed(&admin, *status, &[("url", &one.at(path)), ("timeout", "700")]);
        assert!(detail(&problem).contains(words), "{path}: {problem}");
        assert!(took < SOON, "{path} took {took:?}");
    }
    // Eight that wait for three seconds, and what others wait meanwhile.
    let url = one.at("/slow?beside");
    let slowest = thread::scope(|scope| {
        let waiting: Vec<_> =
            (0..8).map(|_| scope.spawn(|| failed(&admin, 429, &[("url", &url), ("timeout", "3000")]).1)).collect();
        wait_for(SOON, || (one.seen("/slow?beside").len() == 8).then_some(())).expect("they wait");
        let mut slowest = Duration::ZERO;
        for path in ["/probe/kv/get?key=x", "/quiet", "/users"].iter().cycle().take(12) {
            let began = Instant::now();
            other.get(path).expect(200);
            slowest = slowest.max(began.elapsed());
        }
        assert!(waiting.iter().all(|call| !call.is_finished()), "they wait still");
        for call in waiting {
            let took = call.join().expect("it ends");
            assert!(took > Duration::from_secs(2) && took < Duration::from_secs(3) + SOON, "{took:?}");
        }
        slowest
    });
    println!("while eight calls waited, others were answered within {slowest:?}");
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
}

#[test]
fn a_call_that_says_no_time_ends_with_the_request_at_the_latest() {
    let [one, ..] = &*REMOTES;
    let admin = HOUSE.as_admin();
    for timeout in ["0", "60000"] {
        let values = [("url", one.at("/slow?by-itself")), ("timeout", timeout.to_owned()), ("strict", "1".to_owned())];
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let began = Instant::now();
        let answer = posted(&admin, &format!("/probe/call/{SEND}"), &values);
        let took = began.elapsed();
        // The call gives up before the request does, so the plugin can say what happened.
        assert_eq!(answer.status, 429, "{}", answer.text());
        assert!(answer.text().contains("org.example.probe"), "{}", answer.text());
        assert!(took < Duration::from_secs(10) + SOON, "{took:?}");
    }
}

#[test]
fn looking_sends_nothing_that_changes() {
    let [one, ..] = &*REMOTES;
    let (admin, visitor) = (HOUSE.as_admin(), HOUSE.visitor());
    let query = |path: &str, verb: &str| format!("{SEND}?verb={verb}&url={}", one.at(path));
    for (client, place) in [(&admin, "/probe/call/"), (&visitor, "/probe/everyone/call/")] {
        for verb in ["POST", "PUT", "PATCH", "DELETE"] {
            let denied = result(&client.get_json(&format!("{place}{}", query("/in-a-get", verb))).expect(200));
            assert!(denied.contains("Denied") && denied.contains("a GET changes nothing"), "{verb}: {denied}");
        }
        let path = format!("/looked{}", place.len());
        let asked = result(&client.get_json(&format!("{place}{}", query(&path, "GET"))).expect(200));
        assert!(asked.contains("Hello from 47001."), "{asked}");
        let asked = result(&client.get_json(&format!("{place}{}", query(&path, "HEAD"))).expect(200));
        assert!(asked.starts_with("Ok((200, "), "{asked}");
    }
    let streamed = admin.get(&format!("/probe/stream/{}", query("/in-a-get", "POST"))).expect(200).text();
    assert!(streamed.contains("Denied"), "{streamed}");
    let streamed = admin.get(&format!("/probe/stream/{}", query("/in-a-stream", "GET"))).expect(200).text();
    assert!(streamed.contains("Hello from 47001."), "{streamed}");
    assert!(one.seen("/in-a-get").is_empty());
}

#[test]
fn the_same_holds_for_visitors_and_in_jobs() {
    let [one, two, _] = &*REMOTES;
    let (admin, visitor) = (HOUSE.as_admin(), HOUSE.visitor());
    visitor.get("/probe/everyone").expect(200);
    let of_visitor = |values: &[(&str, &str)]| {
        result(&posted(&visitor, &format!("/probe/everyone/call/{SEND}"), values).expect(200))
    };
    let in_job = |values: &[(&str, &str)]| {
        let mut input = json!({ "function": SEND });
        values.iter().for_each(|(name, value)| input[*name] = (*value).into());
        worked(&admin, &input)
    };
    let ways: [(&str, Way<'_>); 2] = [("a visitor", &of_visitor), ("a job", &in_job)];
    for (who, send) in ways {
        let path = format!("/from-{}", who.replace(' ', "-"));
        let answered = send(&[("verb", "POST"), ("url", &one.at(&path)), ("body", "words")]);
        assert!(answered.contains("Hello from 47001."), "{who}: {answered}");
        let seen = one.only(&path);
        assert_eq!((seen.verb.as_str(), seen.body.as_str()), ("POST", "words"));
        let to = |url: &str| one.at(&format!("/to?{url}"));
        assert!(send(&[("url", &to(&two.at(&path)))]).contains("Hello from 47002."));
        for url in ["http://127.0.0.1:47009/x", &to("http://127.0.0.1:47009/x"), &to("http://169.254.169.254/")] {
            let denied = send(&[("url", url)]);
            assert!(denied.contains("Denied") && denied.contains("was not granted"), "{who}, {url}: {denied}");
        }
        let slow = send(&[("url", &one.at("/slow")), ("timeout", "300")]);
        assert!(slow.contains("Exhausted"), "{who}: {slow}");
    }
}

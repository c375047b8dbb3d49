//! Pages that stay up to date, from outside: nothing lost or doubled over connections that break, nothing sent on to who
//! may not see it any more, and jobs whose blocks end where the jobs do.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use vestry_tests::stream::Event;
use vestry_tests::{Client, House, Stream, wait_for};

static HOUSE: LazyLock<House> = LazyLock::new(|| {
    let house = House::open("live");
    house.install("worker");
    house.install("board");
    house
});

/// What an update may take on a machine that is busy with other tests.
const SOON: Duration = Duration::from_secs(10);
/// What losing a session, a permission or a plugin may take.
const CUT: Duration = Duration::from_secs(1);

/// Where the page says that its stream is.
#[track_caller]
fn stream_of(client: &Client, path: &str) -> String {
    let page = client.get_json(path).expect(200).json();
    page["follow"]["stream"].as_str().unwrap_or_else(|| panic!("{path} is not followed: {page:#}")).to_owned()
}

/// Follows as a program does: blocks come as their JSON twins.
#[track_caller]
fn follow(client: &Client, stream: &str, last: Option<&str>) -> Stream {
    let call = client.call("GET", stream).header("accept", "application/json, text/event-stream");
    Stream::open(match last {
        Some(last) => call.header("last-event-id", last),
        None => call,
    })
}

#[track_caller]
fn followed(client: &Client, path: &str) -> Stream {
    let stream = follow(client, &stream_of(client, path), None);
    assert_eq!(stream.status, 200);
    assert_eq!(stream.header("content-type"), Some("text/event-stream"));
    stream
}

#[track_caller]
fn say(client: &Client, topic: &str, text: &str, times: u32) {
    let times = times.to_string();
    client.post("/worker/say", &[("topic", topic), ("text", text), ("times", &times)]).expect(200);
}

/// The first update that comes.
#[track_caller]
fn update(stream: &mut Stream) -> Value {
    let until = Instant::now() + SOON;
    while Instant::now() < until {
        let update = stream.next(SOON).and_then(|event| event.updates().into_iter().next());
        if let Some(update) = update {
            return update;
        }
    }
    panic!("no update came")
}

/// Numbers of the lines that an event brings: the worker writes them as the lines' source.
fn numbers(event: &Event) -> Vec<u64> {
    let updates = event.updates();
    let lines = updates.iter().flat_map(|update| update["data"]["lines"].as_array().into_iter().flatten());
    lines.map(|line| line["source"].as_str().and_then(|number| number.parse().ok()).expect("a number")).collect()
}

#[test]
fn nothing_is_lost_or_doubled_when_connections_break() {
    const LINES: u64 = 1_000;
    let speaker = HOUSE.signed_in(&HOUSE.person("Sally Speaker", &[]));
    let reader = HOUSE.signed_in(&HOUSE.person("Rita Reader", &[]));
    let stream = stream_of(&reader, "/worker/busy/1000");
    let done = AtomicBool::new(false);
    let (mut got, mut last, mut connections, mut broken) = (Vec::new(), None::<String>, 0, 0);
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..LINES / 2 {
                say(&speaker, "busy-1000", "line", 2);
            }
            done.store(true, Ordering::Relaxed);
        });
        // Not evenly, so that it breaks at every moment there is: before the first event, between two, in the middle.
        let mut chance = Chance(20_261_122);
        let until = Instant::now() + Duration::from_secs(120);
        while got.len() < LINES as usize && Instant::now() < until {
            let mut connection = follow(&reader, &stream, last.as_deref());
            assert_eq!(connection.status, 200);
            connections += 1;
            let breaks = Instant::now() + Duration::from_millis(chance.up_to(120));
            loop {
                let left = breaks.saturating_duration_since(Instant::now());
                let Some(event) = connection.next(left) else { break };
                got.extend(numbers(&event));
                last = event.id.or(last.take());
                if done.load(Ordering::Relaxed) && got.len() >= LINES as usize {
                    break;
                }
            }
            broken += u32::from(!connection.is_over);
        }
    });
    println!("{LINES} lines over {connections} connections, {broken} of them broken off by the reader");
    assert_eq!(got, (1..=LINES).collect::<Vec<_>>());
    assert!(connections > 10, "it broke {connections} times only");
    // Nothing comes behind the last line.
    let mut connection = follow(&reader, &stream, last.as_deref());
    assert_eq!(connection.next(Duration::from_millis(500)).map(|event| event.updates()), None);
}

/// Numbers without a pattern, the same in every run (Knuth, MMIX).
struct Chance(u64);

impl Chance {
    fn up_to(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % (most + 1)
    }
}

#[test]
fn a_browser_gets_markup_with_the_nonce_of_its_stream_and_a_program_data() {
    let person = HOUSE.person("Mark Markup", &[]);
    let browser = HOUSE.signed_in(&person);
    let address = stream_of(&browser, "/worker/busy/2");
    let html = browser.get("/worker/busy/2").expect(200).text();
    assert!(html.contains("data-stream=\"/worker/busy/2?_follow="), "{html}");
    let mut stream = Stream::open(browser.call("GET", &address).header("accept", "text/event-stream"));
    let program = HOUSE.with_token(&HOUSE.token(&person, &[]));
    let mut data = followed(&program, "/worker/busy/2");
    say(&browser, "busy-2", "A <b>bold</b> word", 1);
    let update = update(&mut stream);
    assert_eq!((update["block"].as_str(), update["how"].as_str()), (Some("lines"), Some("append")));
    assert_eq!(update["id"], "b-lines");
    assert!(update["html"].as_str().is_some_and(|html| html.contains("A &lt;b&gt;bold&lt;/b&gt; word")), "{update}");
    let told = self::update(&mut data);
    assert_eq!(told["data"]["lines"][0]["text"], "A <b>bold</b> word");
    assert!(told["html"].is_null());
    let policy = stream.header("content-security-policy").unwrap_or_default();
    assert!(policy.contains("script-src 'nonce-"), "{policy}");
    assert_eq!(stream.header("cache-control"), Some("no-store"));
}

#[test]
fn feeds_whole_pages_and_clocks_go_on_as_well() {
    let client = HOUSE.signed_in(&HOUSE.person("Theo Talker", &[]));
    let (mut talk, mut anew, mut clock) =
        (followed(&client, "/worker/talk"), followed(&client, "/worker/anew"), followed(&client, "/worker/clock"));
    say(&client, "talk", "Good day.", 1);
    say(&client, "anew", "Good day.", 1);
    assert_eq!(update(&mut talk)["data"]["messages"][0]["text"], "Good day.");
    assert_eq!(update(&mut anew)["how"], "reload");
    let counts: Vec<Value> = (0..3).map(|_| update(&mut clock)["data"][0]["value"].clone()).collect();
    let counts: Vec<i64> = counts.iter().filter_map(Value::as_i64).collect();
    assert!(counts.windows(2).all(|two| two[0] + 1 == two[1]) && counts.len() == 3, "{counts:?}");
}

#[test]
fn a_page_is_asked_for_anew_once_a_second_at_the_most() {
    let client = HOUSE.signed_in(&HOUSE.person("Rolf Reload", &[]));
    let mut stream = followed(&client, "/worker/anew");
    let (began, mut reloads) = (Instant::now(), 0);
    thread::scope(|scope| {
        scope.spawn(|| {
            while began.elapsed() < Duration::from_secs(3) {
                say(&client.another_window(), "anew", "Again.", 1);
                thread::sleep(Duration::from_millis(50));
            }
        });
        while began.elapsed() < Duration::from_secs(3) {
            let updates = stream.next(Duration::from_millis(100)).map(|event| event.updates()).unwrap_or_default();
            reloads += updates.iter().filter(|update| update["how"] == "reload").count();
        }
    });
    println!("the page was to be asked for anew {reloads} times in three seconds");
    assert!((2..=4).contains(&reloads), "{reloads}");
}

#[test]
fn a_token_of_a_page_is_of_use_to_nobody_else_and_nowhere_else() {
    let (ada, eve) = (HOUSE.person("Ada Own", &[]), HOUSE.person("Eve Other", &[]));
    let (ada, eve) = (HOUSE.signed_in(&ada), HOUSE.signed_in(&eve));
    let stream = stream_of(&ada, "/worker/log");
    let token = stream.split_once("_follow=").expect("it carries a token").1.to_owned();
    assert_eq!(follow(&ada, &stream, None).status, 200);
    let refused = |client: &Client, stream: &str, last: Option<&str>| follow(client, stream, last).status;
    assert_eq!(refused(&eve, &stream, None), 403, "another account");
    assert_eq!(refused(&eve, &stream_of(&eve, "/worker/log"), Some(&token)), 403, "another account, as the last event");
    assert_eq!(refused(&ada, &format!("/worker/talk?_follow={token}"), None), 403, "another page");
    assert_eq!(refused(&ada, &format!("/worker/log?q=1&_follow={token}"), None), 403, "another query");
    assert_eq!(refused(&ada, &format!("/worker/log?_follow={}", token.replace(&token[30..34], "AAAA")), None), 403);
    assert_eq!(refused(&ada, "/worker/log", None), 400, "none");
    // A visitor is sent to sign in, a program is told so.
    assert_eq!(refused(&HOUSE.visitor(), &stream, None), 401);
    let one = HOUSE.visitor();
    let stream = stream_of(&one, "/worker/everyone/log");
    assert_eq!(follow(&one, &stream, None).status, 200);
    assert_eq!(refused(&HOUSE.visitor(), &stream, None), 403, "another visitor");
}

#[test]
fn signing_out_cuts_every_page_of_the_session_within_a_second() {
    let person = HOUSE.person("Sonja Session", &[]);
    let (one, two) = (HOUSE.signed_in(&person), HOUSE.signed_in(&person));
    let mut streams = [followed(&one, "/worker/log"), followed(&one, "/worker/quiet/1")];
    let mut others = followed(&two, "/worker/log");
    let began = Instant::now();
    one.another_window().post("/account/sign-out", &[]).expect(303);
    for stream in &mut streams {
        assert_eq!(stream.cut(SOON).0, "signed-out");
        println!("a session that ended was cut after {:?}", began.elapsed());
        assert!(began.elapsed() < CUT);
        stream.next(SOON);
        assert!(stream.is_over);
    }
    say(&two, "log", "Still here.", 1);
    assert_eq!(update(&mut others)["block"], "lines", "the other session goes on");
}

#[test]
fn losing_what_the_page_needs_cuts_it_within_a_second() {
    const WATCH: &str = "org.example.worker/watch";
    HOUSE.server.command(&["privilege", "add", "watchers", "--title", "Watchers", "--permission", WATCH], "");
    let person = HOUSE.person("Walter Watcher", &["watchers"]);
    let browser = HOUSE.signed_in(&person);
    let token = HOUSE.with_token(&HOUSE.token(&person, &[]));
    let mut streams = [followed(&browser, "/worker/watched"), followed(&token, "/worker/watched")];
    let began = Instant::now();
    HOUSE.server.command(&["privilege", "set", "watchers"], "");
    let done = began.elapsed();
    for stream in &mut streams {
        assert_eq!(stream.cut(SOON).0, "denied");
        println!("a permission that was taken was cut {:?} after the command of {done:?}", began.elapsed() - done);
        assert!(began.elapsed() - done < CUT);
    }
    assert_eq!(browser.get("/worker/watched").status, 403);
}

#[test]
fn a_plugin_that_is_switched_off_cuts_its_pages_within_a_second() {
    let house = House::open("live-disabled");
    house.install("worker");
    let client = house.signed_in(&house.person("Dora Disabled", &[]));
    let mut stream = followed(&client, "/worker/log");
    let began = Instant::now();
    house.as_admin().post("/safe", &[("id", "org.example.worker"), ("do", "disable")]).expect(303);
    assert_eq!(stream.cut(SOON).0, "updated");
    println!("a plugin that was switched off was cut after {:?}", began.elapsed());
    assert!(began.elapsed() < CUT + Duration::from_millis(500), "signing in as the administrator counts, too");
}

#[test]
fn a_server_that_stops_waits_for_no_follower() {
    let house = House::open("live-stopping");
    house.install("worker");
    let client = house.signed_in(&house.person("Stan Stopping", &[]));
    let mut streams: Vec<Stream> = (0..5).map(|_| followed(&client, "/worker/log")).collect();
    let began = Instant::now();
    house.server.end_by("TERM");
    let took = began.elapsed();
    println!("the server ended after {took:?} with five followers");
    assert!(took < Duration::from_secs(3), "{took:?}");
    for stream in &mut streams {
        stream.next(SOON);
        assert!(stream.is_over);
    }
}

#[test]
fn one_person_follows_fifty_pages_and_no_more() {
    let person = HOUSE.person("Frida Fifty", &[]);
    let client = HOUSE.signed_in(&person);
    let address = stream_of(&client, "/worker/quiet/50");
    let mut streams: Vec<Stream> = (0..50).map(|_| follow(&client, &address, None)).collect();
    assert!(streams.iter().all(|stream| stream.status == 200));
    let refused = follow(&client, &address, None);
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("30")));
    for another in [HOUSE.signed_in(&person), HOUSE.with_token(&HOUSE.token(&person, &[]))] {
        let refused = follow(&another, &stream_of(&another, "/worker/quiet/50"), None);
        assert_eq!(refused.status, 429, "another session or a token is the same person");
    }
    streams.pop();
    let again = wait_for(SOON, || (follow(&client, &address, None).status == 200).then_some(()));
    assert!(again.is_some(), "a place that was left is free");
}

#[test]
fn a_job_is_shown_until_it_is_done_and_asks_the_plugin_nothing() {
    let client = HOUSE.signed_in(&HOUSE.person("Jana Job", &[]));
    let input = r#"{"steps":8,"ms":150}"#;
    let page = client.post("/worker/start", &[("name", "count"), ("input", input)]).expect(303).location();
    let page = page.expect("it leads to the job's page");
    let mut stream = followed(&client, &page);
    let (mut states, mut percents, until) = (Vec::new(), Vec::new(), Instant::now() + 3 * SOON);
    while states.last().map(String::as_str) != Some("done") && Instant::now() < until {
        let Some(event) = stream.next(SOON) else { continue };
        for update in event.updates() {
            assert_eq!((update["block"].as_str(), update["how"].as_str()), (Some("job"), Some("replace")));
            states.push(update["data"]["state"].as_str().unwrap_or_default().to_owned());
            percents.push(update["data"]["percent"].as_u64().unwrap_or_default());
        }
    }
    println!("a job was at {states:?} {percents:?}");
    assert_eq!(states.last().map(String::as_str), Some("done"));
    assert_eq!(percents.last(), Some(&100));
    assert!(percents.is_sorted() && percents.len() > 3, "{percents:?}");
}

#[test]
fn a_page_learns_nothing_of_a_job_of_another_plugin() {
    let client = HOUSE.signed_in(&HOUSE.person("Otto Other", &[]));
    let input = r#"{"steps":8,"ms":150}"#;
    let page = client.post("/worker/start", &[("name", "count"), ("input", input)]).expect(303).location();
    let page = page.expect("it leads to the job's page");
    let (_, query) = page.split_once('?').expect("it says which");
    let foreign = format!("/board/job?{query}");
    assert_eq!(client.get_json(&foreign).expect(200).json()["blocks"]["job"]["state"], "unknown");
    let (mut own, mut other) = (followed(&client, &page), followed(&client, &foreign));
    let done = wait_for(3 * SOON, || {
        let updates = own.next(SOON).map(|event| event.updates()).unwrap_or_default();
        updates.iter().any(|update| update["data"]["state"] == "done").then_some(())
    });
    assert!(done.is_some(), "the job was seen to end on its own page");
    let until = Instant::now() + Duration::from_secs(3);
    while Instant::now() < until {
        let told = other.next(until.saturating_duration_since(Instant::now())).map(|event| event.updates());
        assert!(told.is_none_or(|updates| updates.is_empty()), "it was told that the job changed");
    }
}

#[test]
fn a_job_is_cancelled_on_its_page_by_who_started_it_and_nobody_else() {
    let (jan, eve) = (HOUSE.person("Jan Starter", &[]), HOUSE.person("Eve Onlooker", &[]));
    let (jan, eve) = (HOUSE.signed_in(&jan), HOUSE.signed_in(&eve));
    let page = jan.post("/worker/start", &[("name", "spin"), ("input", "{}")]).expect(303).location();
    let page = page.expect("it leads to the job's page");
    let mut stream = followed(&jan, &page);
    let hers = eve.get_json(&page).expect(200).json();
    assert!(hers["blocks"]["job"]["cancel"].is_null(), "{hers:#}");
    let his = jan.get_json(&page).expect(200).json();
    let cancel = his["blocks"]["job"]["cancel"]["href"].as_str().expect("he may cancel it").to_owned();
    assert_eq!(eve.post(&cancel, &[]).status, 404);
    assert_eq!(HOUSE.visitor().post(&cancel, &[]).status, 401);
    let back = jan.submit(&jan.get(&page).expect(200).page().button("Cancel the job"));
    assert_eq!(back.location(), Some(page));
    let until = Instant::now() + SOON;
    let mut state = String::new();
    while state != "cancelled" && Instant::now() < until {
        let Some(event) = stream.next(SOON) else { continue };
        state = event.updates().iter().filter_map(|update| update["data"]["state"].as_str()).collect();
    }
    assert_eq!(state, "cancelled");
}

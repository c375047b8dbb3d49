//! What a plugin is told about a request, and what never reaches it.

use std::sync::LazyLock;
use std::time::Duration;

use serde_json::{Value, json};
use vestry_tests::grants::{give, take};
use vestry_tests::{Client, House, Stream, wait_for};

static HOUSE: LazyLock<House> = LazyLock::new(|| {
    let house = House::forgiving("isolation");
    house.install("hostile");
    house.install("probe");
    house.install("worker");
    house
});

/// What a change may take to be seen on a machine that is busy with other tests.
const SOON: Duration = Duration::from_secs(10);

/// What the plugin saw of a request, all of it as one text.
fn seen(page: &Value) -> String {
    page["blocks"].to_string()
}

#[test]
fn no_cookie_token_or_header_of_a_session_reaches_a_plugin() {
    let client = HOUSE.as_admin();
    let call = client.call("POST", "/hostile/echo").header("accept", "application/json");
    let call = call.header("x-secret", "a header of its own").header("user-agent", "an agent of its own");
    let echo = seen(&call.form(&[("field", "a visible value")]).send().expect(200).json());
    assert!(echo.contains("a visible value"), "the form reaches it: {echo}");
    for (name, value) in client.cookies() {
        assert!(!echo.contains(&name) || name.len() < 7, "the cookie {name} reaches it: {echo}");
        assert!(!echo.contains(&value), "a cookie's value reaches it: {echo}");
    }
    for header in ["a header of its own", "an agent of its own", "sec-fetch-site", "198.18.", "127.0.0.1"] {
        assert!(!echo.contains(header), "{header} reaches it: {echo}");
    }

    let token = HOUSE.token(&HOUSE.admin, &[]);
    let echo = seen(&HOUSE.with_token(&token).get_json("/hostile/echo?word=visible").expect(200).json());
    assert!(echo.contains("visible") && !echo.contains(&token) && !echo.contains("Bearer"), "{echo}");
}

#[test]
fn people_are_told_apart_without_being_named() {
    let client = HOUSE.as_admin();
    let echo = seen(&client.get_json("/hostile/echo").expect(200).json());
    assert!(echo.contains("person"), "a person, not a token: {echo}");
    let program = HOUSE.with_token(&HOUSE.token(&HOUSE.admin, &[]));
    let echo = seen(&program.get_json("/hostile/echo").expect(200).json());
    assert!(echo.contains("token"), "{echo}");
}

#[test]
fn a_plugin_is_told_only_the_permissions_that_concern_it() {
    let echo = seen(&HOUSE.as_admin().get_json("/hostile/echo").expect(200).json());
    assert!(!echo.contains("org.vestry.styleguide"), "{echo}");
}

#[test]
fn nothing_of_the_machine_is_seen() {
    let page = HOUSE.as_admin().get_json("/hostile/echo").expect(200).json();
    let text =
        |name: &str| page["blocks"][name]["text"].as_str().unwrap_or_else(|| panic!("{name}: {page:#}")).to_owned();
    assert_eq!(text("environment"), "[]");
    assert_eq!(text("arguments"), "[]");
    assert!(text("files").starts_with("Err("), "{}", text("files"));
}

#[test]
fn what_a_person_types_never_becomes_markup() {
    let client = HOUSE.as_admin();
    let nasty = "<script>alert(1)</script><img src=x onerror=alert(2)><b>{{7*7}}";
    let answer = client.call("POST", "/hostile/echo").form(&[("field", nasty)]).send().expect(200);
    let page = answer.page();
    assert!(page.text("main").contains("<script>alert(1)</script>"), "it is shown as it was typed");
    assert!(!page.has("main script") && !page.has("main b") && !page.has("[onerror]"), "{}", answer.text());
    assert!(!page.text("main").contains("<b>49"), "no template is made of it");
}

#[test]
fn a_visitor_is_another_to_each_plugin_and_to_each_browser() {
    let seen_by = |client: &Client| seen(&client.get_json("/probe/everyone").expect(200).json());
    let (one, two) = (HOUSE.visitor(), HOUSE.visitor());
    one.get("/probe/everyone").expect(200);
    two.get("/probe/everyone").expect(200);
    assert_eq!(seen_by(&one), seen_by(&one), "the same browser is known again");
    assert_ne!(seen_by(&one), seen_by(&two));
    for value in one.cookies().values() {
        assert!(!seen_by(&one).contains(value), "what it is known by is not its cookie");
    }
    HOUSE.visitor().get_json("/probe").expect_problem(401);
}

#[test]
fn an_instance_is_used_once() {
    let (one, two) = (HOUSE.as_admin(), HOUSE.as_admin());
    let echo =
        |client: &Client, word: &str| seen(&client.get_json(&format!("/hostile/echo?word={word}")).expect(200).json());
    echo(&one, "left-behind-by-the-first");
    assert!(!echo(&two, "second").contains("left-behind-by-the-first"));
}

/// What a function of the host answered to the probe, as Rust writes it.
#[track_caller]
fn called(client: &Client, function: &str, values: &[(&str, &str)]) -> String {
    let call = client.call("POST", &format!("/probe/call/{function}")).header("accept", "application/json");
    text_of(&call.form(values).send().expect(200).json()["blocks"]["result"])
}

#[track_caller]
fn text_of(block: &Value) -> String {
    block["text"].as_str().unwrap_or_else(|| panic!("a text: {block:#}")).to_owned()
}

/// Starts a job of the probe, and answers what the probe is told of it when it has ended.
#[track_caller]
fn worked(client: &Client, input: &Value) -> String {
    let id = started(client, input);
    let ended = wait_for(2 * SOON, || {
        let job = called(client, "jobs.get", &[("id", &id)]);
        ["done", "failed"].iter().any(|state| job.contains(&format!("state: \"{state}\""))).then_some(job)
    });
    ended.unwrap_or_else(|| panic!("the job ends: {}", called(client, "jobs.get", &[("id", &id)])))
}

#[track_caller]
fn started(client: &Client, input: &Value) -> String {
    let started = called(client, "jobs.start", &[("name", "call"), ("input", &input.to_string())]);
    started.split('"').nth(1).unwrap_or_else(|| panic!("a job was started: {started}")).to_owned()
}

/// Starts a job of the worker.
#[track_caller]
fn set_to_work(client: &Client, name: &str, input: &str) -> String {
    let answer = client.post("/worker/start", &[("name", name), ("input", input), ("times", "1")]);
    answer.expect(200).json()["ids"][0].as_str().expect("an id").to_owned()
}

/// What the worker is told of one of its jobs, and the block that the host draws of it.
#[track_caller]
fn known_to_the_worker(client: &Client, id: &str) -> (String, Value) {
    let page = client.get_json(&format!("/worker/job?id={id}")).expect(200).json();
    (text_of(&page["blocks"]["known"]), page["blocks"]["job"].clone())
}

/// Waits until a job of the worker is in this state, and answers all that the worker is told.
#[track_caller]
fn wait_until(client: &Client, id: &str, state: &str) -> String {
    let reached = wait_for(2 * SOON, || {
        let (known, _) = known_to_the_worker(client, id);
        known.contains(&format!("state: \"{state}\"")).then_some(known)
    });
    reached.unwrap_or_else(|| panic!("the job is {state}: {}", known_to_the_worker(client, id).0))
}

#[track_caller]
fn follow(client: &Client, path: &str) -> Stream {
    let page = client.get_json(path).expect(200).json();
    let stream = page["follow"]["stream"].as_str().unwrap_or_else(|| panic!("{path} is followed: {page:#}"));
    let call = client.call("GET", stream).header("accept", "application/json, text/event-stream");
    Stream::open(call.header("x-secret", "a header of its own").header("user-agent", "an agent of its own"))
}

/// The first thing that a page is told within this time.
fn told(stream: &mut Stream, within: Duration) -> Option<String> {
    let update = wait_for(within, || stream.next(within).and_then(|event| event.updates().into_iter().next()))?;
    Some(text_of(&update["data"]))
}

#[test]
fn no_cookie_token_or_header_reaches_a_job_a_followed_page_or_a_download() {
    let client = HOUSE.as_admin();
    let call = client.call("GET", "/probe/stream/told?word=visible").header("x-secret", "a header of its own");
    let streamed = call.header("user-agent", "an agent of its own").send().expect(200).text();
    let page = "/probe/follow/told?word=visible";
    let followed = told(&mut follow(&client, page), SOON).expect("it is asked as it begins");
    let worked_on = worked(&client, &json!({ "function": "told", "word": "visible" }));
    let address = client.get_json(page).expect(200).json()["follow"]["stream"].as_str().unwrap_or_default().to_owned();
    let (_, place) = address.split_once("_follow=").expect("it carries its place");
    for (who, told) in [("a download", &streamed), ("a followed page", &followed), ("a job", &worked_on)] {
        assert!(told.contains("visible"), "{who} is told what was asked: {told}");
        for (name, value) in client.cookies() {
            assert!(!told.contains(&value) && (name.len() < 7 || !told.contains(&name)), "{who}, {name}: {told}");
        }
        for other in ["a header of its own", "an agent of its own", "_follow", place, "198.18.", "127.0.0.1"] {
            assert!(!told.contains(other), "{other} reaches {who}: {told}");
        }
    }

    let token = HOUSE.token(&HOUSE.admin, &[]);
    let program = HOUSE.with_token(&token);
    let streamed = program.get("/probe/stream/told?word=visible").expect(200).text();
    let followed = told(&mut follow(&program, page), SOON).expect("it is asked as it begins");
    let worked_on = worked(&program, &json!({ "function": "told", "word": "visible" }));
    for (who, told) in [("a download", &streamed), ("a followed page", &followed), ("a job", &worked_on)] {
        assert!(told.contains("visible") && !told.contains(&token) && !told.contains("Bearer"), "{who}: {told}");
    }
}

#[test]
fn a_job_is_its_own_plugins_alone() {
    let client = HOUSE.as_admin();
    let id = set_to_work(&client, "spin", "{}");
    wait_until(&client, &id, "running");
    for function in ["jobs.get", "jobs.cancel"] {
        let answered = called(&client, function, &[("id", &id)]);
        assert!(answered.contains("NotFound("), "{function}: {answered}");
        let missing = called(&client, function, &[("id", "nosuchjobatall")]).replace("nosuchjobatall", &id);
        assert_eq!(answered, missing, "as if it were not there");
        let in_a_job = worked(&client, &json!({ "function": function, "id": id }));
        assert!(in_a_job.contains("NotFound("), "{function} in a job: {in_a_job}");
    }
    wait_until(&client, &id, "running");
    client.post("/worker/cancel", &[("id", &id)]).expect(303);
    wait_until(&client, &id, "cancelled");

    let id = started(&client, &json!({ "function": "kv.get", "key": "x" }));
    let (known, shown) = known_to_the_worker(&client, &id);
    assert!(known.contains("NotFound("), "{known}");
    let missing = known_to_the_worker(&client, "nosuchjobatall").1.to_string();
    assert_eq!(shown.to_string(), missing.replace("nosuchjobatall", &id), "the host draws nothing of it");
    assert_eq!(client.post("/worker/cancel", &[("id", &id)]).status, 404);
}

#[test]
fn word_of_a_topic_reaches_the_pages_of_its_plugin_alone() {
    let client = HOUSE.as_admin();
    let mut page = follow(&client, "/probe/follow/kv.get?key=topics");
    told(&mut page, SOON).expect("it is asked as it begins");
    // The worker's pages know a topic of that name, too.
    let mut others = follow(&client, "/worker/quiet/probe");
    for topic in ["probe", "quiet-probe"] {
        client.post("/worker/say", &[("topic", topic), ("text", "words")]).expect(200);
    }
    let line = wait_for(SOON, || others.next(SOON).filter(|event| !event.updates().is_empty()));
    assert!(line.is_some(), "the worker's own page is told");
    assert_eq!(told(&mut page, Duration::from_secs(1)), None, "the probe's is not");
    called(&client, "events.publish", &[("topic", "quiet-probe")]);
    assert_eq!(told(&mut page, Duration::from_secs(1)), None, "nor of another topic");
    called(&client, "events.publish", &[("topic", "probe")]);
    assert!(told(&mut page, SOON).is_some(), "of its own it is");
}

#[test]
fn a_job_may_what_its_token_may_and_nothing_grave() {
    let find = json!({ "function": "users.find" });
    let rename = json!({ "function": "users.apply", "id": "nobody", "name": "Renamed" });
    let invite = json!({ "function": "users.invite", "email": "new@example.org", "name": "New" });
    let scoped = |scopes: &[&str]| HOUSE.with_token(&HOUSE.token(&HOUSE.admin, scopes));
    let (narrow, reader, everything) = (scoped(&["jobs.read"]), scoped(&["users.read"]), scoped(&[]));
    let denied = worked(&narrow, &find);
    assert!(denied.contains("Denied(") && denied.contains("it needs the permission users.read"), "{denied}");
    assert!(!worked(&reader, &find).contains("Denied("));
    let denied = worked(&reader, &rename);
    assert!(denied.contains("Denied(") && denied.contains("users.write"), "{denied}");
    assert!(!worked(&everything, &find).contains("Denied("));
    // What is grave is nothing for a job, whoever started it and whatever the token names.
    let grave = scoped(&["users.create", "vestry:admin/users.invite"]);
    for client in [&grave, &everything, &HOUSE.as_admin()] {
        let denied = worked(client, &invite);
        assert!(denied.contains("Denied(") && denied.contains("it is grave"), "{denied}");
    }
    assert!(!HOUSE.server.command(&["user", "list"], "").contains("new@example.org"));
    // A job that a job starts has no more.
    let nested = json!({ "function": "jobs.start", "name": "call", "input": find.to_string() });
    let id = worked(&narrow, &nested);
    let id = id.split("Ok(").nth(2).and_then(|rest| rest.split('"').nth(1)).map(|id| id.trim_matches('\\').to_owned());
    let id = id.expect("it started another");
    let denied = wait_for(2 * SOON, || {
        let job = called(&narrow, "jobs.get", &[("id", &id)]);
        job.contains("state: \"done\"").then_some(job)
    });
    assert!(denied.as_ref().is_some_and(|job| job.contains("Denied(")), "{denied:?}");
}

#[test]
fn a_job_fails_whose_token_was_revoked_before_it_began() {
    let house = House::open("isolation-revoked");
    house.install("worker");
    let (admin, program) = (house.as_admin(), house.with_token(&house.token(&house.admin, &[])));
    let busy: Vec<String> = (0..4).map(|_| set_to_work(&admin, "spin", "{}")).collect();
    wait_until(&admin, &busy[1], "running");
    let id = set_to_work(&program, "count", "{}");
    let end = admin
        .get("/account")
        .expect(200)
        .page()
        .buttons()
        .into_iter()
        .find(|button| button.form.action == "/account/tokens/end");
    admin.submit(&end.expect("the token can be revoked").form).expect(303);
    program.get_json("/worker").expect(401);
    for job in &busy {
        admin.post("/worker/cancel", &[("id", job)]).expect(303);
    }
    let failed = wait_until(&admin, &id, "failed");
    assert!(failed.contains("Denied(") && failed.contains("token was taken back"), "{failed}");
    let begun = admin.get_json("/worker/entries?prefix=start/").expect(200).json();
    assert!(begun.as_object().is_some_and(|begun| begun.keys().all(|key| !key.contains(&id))), "{begun:#}");
}

#[test]
fn a_grant_that_is_taken_back_counts_at_the_next_call_of_a_job() {
    const JOBS: &str = "vestry:plugin/jobs";
    let house = House::open("isolation-grants");
    house.install("worker");
    let admin = house.as_admin();
    let id = set_to_work(&admin, "count", r#"{"steps":600,"ms":50}"#);
    wait_until(&admin, &id, "running");
    take(&admin, "worker", JOBS);
    // The worker itself may ask for nothing of its jobs now; the administrator's list may.
    let state = wait_for(SOON, || {
        let page = admin.get_json(&format!("/jobs/{id}")).expect(200).text();
        page.contains("was not granted").then_some(page)
    });
    let page = state.unwrap_or_else(|| panic!("it fails: {}", admin.get_json(&format!("/jobs/{id}")).text()));
    assert!(page.contains(JOBS) && page.contains("administrator can grant it"), "{page}");
    give(&admin, "worker", JOBS);
    let failed = wait_until(&admin, &id, "failed");
    assert!(failed.contains("Denied("), "{failed}");
}

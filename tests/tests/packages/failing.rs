//! Plugins that fail in use: the version before comes back by itself, or they are stopped, and run again when somebody says
//! so. And limits, which are changed while a plugin runs; and forms, which end with the plugin that drew them.

use std::time::Duration;

use vestry_tests::component::{built, version};
use vestry_tests::database;
use vestry_tests::desk::leads_to;
use vestry_tests::{Client, Desk, House, wait_for};

const TOOLS: &str = "org.example.tools";
const WORKER: &str = "org.example.worker";
const SOON: Duration = Duration::from_secs(5);
/// Jobs that wait for their second attempt have had it by then.
const JOBS_END: Duration = Duration::from_secs(20);
/// More failures than stop a plugin.
const MORE: u32 = 7;

fn tools(number: &str, mode: &str) -> Vec<u8> {
    version(&version(&built("tools"), "1.0.0", number), "mode=good", mode)
}

/// The kinds of events of a plugin, the latest first, each with its reason.
fn events(house: &House, plugin: &str) -> Vec<(String, String)> {
    let connection = database::open(house.server.data());
    let mut query = connection
        .prepare("SELECT kind, reason FROM package_events WHERE plugin = ? ORDER BY seq DESC")
        .expect("events can be read");
    let rows = query.query_map([plugin], |row| Ok((row.get(0)?, row.get(1)?))).expect("events can be read");
    rows.map(|row| row.expect("an event is read")).collect()
}

fn shown(client: &Client, path: &str) -> String {
    client.get(path).page().text("main")
}

#[test]
fn a_version_whose_first_page_fails_is_not_let_in() {
    let house = House::open("packages-probe").without_utilities();
    let (desk, admin) = (Desk::of(&house), house.as_admin());
    let good = desk.install(&admin, &tools("1.0.0", "mode=good"));
    for (number, mode) in [("1.0.1", "mode=trap"), ("1.0.2", "mode=fail")] {
        let broken = desk.fetch(&tools(number, mode));
        let said = desk.refused(&desk.place(&broken, &good));
        assert!(said.contains("/utilities"), "{mode}: it says which page: {said}");
        assert_eq!(desk.mounted(TOOLS).map(|mounted| mounted.digest).as_deref(), Some(good.as_str()));
        let (kind, reason) = events(&house, TOOLS).swap_remove(0);
        assert!(kind == "refused" && reason.contains("/utilities"), "{kind}: {reason}");
        assert!(shown(&admin, "/utilities").contains("1.0.0"));
    }
    // Nor as the first of its kind.
    let first = desk.fetch(&version(&tools("1.0.3", "mode=trap"), TOOLS, "org.example.tool4"));
    desk.post(&format!("/packages/plugin/{TOOLS}/uninstall"), &[]);
    desk.refused(&desk.place(&first, ""));
    assert_eq!(admin.get("/utilities").status, 404);
}

#[test]
fn a_version_that_fails_in_use_goes_back_by_itself() {
    let house = House::open("packages-came-back").without_utilities();
    let (desk, admin) = (Desk::of(&house), house.as_admin());
    let good = desk.install(&admin, &tools("1.0.0", "mode=good"));
    let late = desk.fetch(&tools("1.0.1", "mode=late"));
    desk.done(&desk.place(&late, &good));
    assert!(shown(&admin, "/utilities").contains("1.0.1"));
    // What visitors and strangers to the server bring about does not count; here there are only people.
    for _ in 0..4 {
        assert_eq!(admin.get("/utilities/twice").status, 502);
    }
    assert_eq!(
        desk.mounted(TOOLS).map(|mounted| mounted.version).as_deref(),
        Some("1.0.1"),
        "four failures are not five"
    );
    assert_eq!(admin.get("/utilities/twice").status, 502);
    let back = wait_for(SOON, || desk.mounted(TOOLS).filter(|mounted| mounted.digest == good));
    assert!(back.is_some(), "{:?}", desk.mounted(TOOLS));
    wait_for(SOON, || (admin.get("/utilities/twice").status == 200).then_some(())).expect("it answers again");
    let (kind, reason) = events(&house, TOOLS).swap_remove(0);
    println!("{kind}: {reason}");
    assert_eq!(kind, "came-back");
    let page = shown(&admin, &format!("/packages/plugin/{TOOLS}"));
    assert!(page.contains("1.0.1 failed, and 1.0.0 came back by itself") && page.contains(&reason), "{page}");
}

/// That an old hole is open again is nothing that one account out of many brings about.
#[test]
fn one_account_alone_brings_no_former_version_back() {
    for (accounts, expected) in [(1, "quarantined"), (2, "came-back")] {
        let house = House::open("packages-witnesses").without_utilities();
        let (desk, admin) = (Desk::of(&house), house.as_admin());
        let good = desk.install(&admin, &tools("1.0.0", "mode=good"));
        let late = desk.fetch(&tools("1.0.1", "mode=late"));
        desk.done(&desk.place(&late, &good));
        let people: Vec<Client> =
            (0..accounts).map(|_| house.signed_in(&house.person("Tom Trainer", &["trainer"]))).collect();
        for person in people.iter().cycle().take(5) {
            assert_eq!(person.get("/utilities/twice").status, 502);
        }
        let kind = wait_for(SOON, || Some(events(&house, TOOLS).swap_remove(0).0).filter(|kind| kind != "mounted"));
        assert_eq!(kind.as_deref(), Some(expected), "{accounts}: {:?}", events(&house, TOOLS));
        let runs = desk.mounted(TOOLS).map(|mounted| mounted.digest);
        assert_eq!(runs, Some(if accounts == 1 { late } else { good }));
    }
}

/// Calls of visitors that trap, and jobs of theirs that trap or go over a limit.
#[test]
fn what_visitors_bring_about_stops_nothing() {
    let (house, admin) = working("packages-visitors");
    let trap = [("name", "count"), ("first", "trap")];
    for _ in 0..MORE {
        assert_eq!(house.visitor().post("/worker/everyone/start", &trap).status, 502);
    }
    for (name, ends) in [("trap", "failures > 0"), ("spin", "state = 'failed'")] {
        let times = MORE.to_string();
        house.visitor().post("/worker/everyone/start", &[("name", name), ("times", &times)]).expect(200);
        jobs(&house, name, MORE, ends);
    }
    nothing_happened(&house, &admin);
    // The same, brought about by somebody, would have.
    for _ in 0..5 {
        assert_eq!(admin.post("/worker/start", &trap).status, 502);
    }
    let stopped = wait_for(SOON, || (admin.get("/worker").status == 503).then_some(()));
    assert!(stopped.is_some(), "{:?}", events(&house, WORKER));
}

/// However often it was tried, and only once it has failed for good.
#[test]
fn a_job_counts_once() {
    let (house, admin) = working("packages-jobs-count");
    let start = |name: &str, times: &str| {
        admin.post("/worker/start", &[("name", name), ("times", times)]).expect(200);
    };
    start("trap", "4");
    jobs(&house, "trap", 4, "failures > 1");
    start("spin", "4");
    jobs(&house, "spin", 4, "state = 'failed'");
    nothing_happened(&house, &admin);
    start("spin", "1");
    let stopped = wait_for(SOON, || (admin.get("/worker").status == 503).then_some(()));
    assert!(stopped.is_some(), "{:?}", events(&house, WORKER));
    assert_eq!(events(&house, WORKER)[0].0, "quarantined");
}

/// A house with the worker, whose jobs may not work for long.
fn working(name: &str) -> (House, Client) {
    let house = House::open(name).without_utilities();
    house.install("worker");
    house.server.command(&["package", "limits", WORKER, "job-cpu-ms=50"], "");
    let admin = house.as_admin();
    // What was done beside a server counts there within a second.
    std::thread::sleep(Duration::from_millis(1_500));
    (house, admin)
}

/// Waits until so many jobs of a name are as the condition says.
#[track_caller]
fn jobs(house: &House, name: &str, wanted: u32, ends: &str) {
    let query = format!("SELECT count(*) FROM jobs WHERE name = ? AND {ends}");
    let count = || database::open(house.server.data()).query_row(&query, [name], |row| row.get::<_, u32>(0));
    let ended = wait_for(JOBS_END, || (count() == Ok(wanted)).then_some(()));
    assert!(ended.is_some(), "{name}: {:?} of {wanted} jobs: {ends}", count());
}

#[track_caller]
fn nothing_happened(house: &House, admin: &Client) {
    // It would be stopped a moment after the failure.
    std::thread::sleep(Duration::from_millis(500));
    let kinds: Vec<String> = events(house, WORKER).into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["mounted"]);
    admin.get("/worker").expect(200);
}

#[test]
fn a_plugin_that_goes_on_failing_is_stopped_until_somebody_lets_it_run() {
    let house = House::open("packages-quarantine").without_utilities();
    let (desk, admin) = (Desk::of(&house), house.as_admin());
    desk.install(&admin, &tools("1.0.0", "mode=late"));
    for _ in 0..5 {
        assert_eq!(admin.get("/utilities/twice").status, 502);
    }
    let state = || {
        let plugins = desk.client.get_json("/packages").expect(200).json();
        let rows = plugins["blocks"]["plugins"]["rows"].as_array().cloned().unwrap_or_default();
        rows.into_iter().find(|row| row["key"] == TOOLS).map(|row| row.to_string()).unwrap_or_default()
    };
    let stopped = wait_for(SOON, || (admin.get("/utilities").status == 503).then(&state));
    let stopped = stopped.unwrap_or_else(|| panic!("it is stopped: {} {}", admin.get("/utilities").status, state()));
    assert!(stopped.contains("Stopped"), "{stopped}");
    let page = shown(&admin, "/utilities");
    assert!(page.contains("Tools") && page.contains("1.0.0"), "its page says who was stopped: {page}");
    assert!(admin.get_json("/menu").expect(200).text().contains("/utilities"), "its entry stays in the menu");
    assert_eq!(events(&house, TOOLS)[0].0, "quarantined");
    admin.get("/users").expect(200);

    let retried = desk.post(&format!("/packages/plugin/{TOOLS}/retry"), &[]);
    assert!(leads_to(&retried).is_some(), "{}", retried.text());
    admin.get("/utilities").expect(200);
    // The count begins anew.
    assert_eq!(admin.get("/utilities/twice").status, 502);
    admin.get("/utilities").expect(200);
}

#[test]
fn limits_count_for_the_calls_that_begin_from_then_on() {
    let house = House::forgiving("packages-limits").without_utilities();
    let (desk, admin) = (Desk::of(&house), house.as_admin());
    house.install("hostile");
    let set = |name: &str, value: &str| desk.post("/packages/plugin/org.example.hostile/limits", &[(name, value)]);
    // The limit that ended it, and what it has cost.
    let looped = || {
        let before = house.server.processor_time();
        let answer = admin.get("/hostile/loop").expect(504).text();
        let cost = house.server.processor_time() - before;
        let limit =
            answer.split_once("it used more than ").and_then(|(_, behind)| behind.split_once(" ms of CPU time"));
        (limit.map_or_else(|| panic!("it broke another limit: {answer}"), |(limit, _)| limit.to_owned()), cost)
    };
    // On a machine that has other things to do, a second of CPU time takes many by the clock.
    assert!(leads_to(&set("wall-ms", "60")).is_some());
    let (first, cost_of_first) = looped();
    assert!(leads_to(&set("cpu-ms", "0.2")).is_some());
    let (second, cost_of_second) = looped();
    assert!(leads_to(&set("cpu-ms", "")).is_some());
    let (third, cost_of_third) = looped();
    println!(
        "a loop costs {cost_of_first:?}; with a limit of 200 ms {cost_of_second:?}; with the default again {cost_of_third:?}"
    );
    assert_eq!([first, second, third], ["1000", "200", "1000"]);
    assert!(cost_of_second < Duration::from_millis(450), "{cost_of_second:?}");
    assert!(cost_of_first > Duration::from_millis(800), "{cost_of_first:?}");
    assert!(cost_of_third > Duration::from_millis(800), "{cost_of_third:?}");
    for (name, value) in
        [("cpu-ms", "0"), ("cpu-ms", "100000"), ("cpu-ms", "soon"), ("memory", "0.1"), ("concurrent", "0")]
    {
        let answer = set(name, value);
        assert_eq!(answer.status, 422, "{name}={value}: {}", answer.text());
    }
    // They are one plugin's.
    admin.get("/users").expect(200);
    let list = house.server.command(&["package", "limits", "org.example.hostile", "cpu-ms=300"], "");
    assert!(list.contains("cpu-ms\t300\tchosen"), "{list}");
    let fourth = wait_for(Duration::from_secs(60), || Some(looped()).filter(|(limit, _)| limit == "300"));
    let (_, cost) = fourth.expect("a limit of the command line counts as well");
    assert!(cost < Duration::from_millis(600), "{cost:?}");
}

#[test]
fn forms_end_with_the_plugin_that_drew_them() {
    let house = House::open("packages-forms").without_utilities();
    let (desk, admin) = (Desk::of(&house), house.as_admin());
    let one = desk.install(&admin, &tools("1.0.1", "mode=good"));
    let form = admin.get("/utilities").expect(200).page().form_with("text").with("text", "one two");
    assert!(form.action.contains(&format!("drawn-by={}", &one[..16])), "{}", form.action);
    let two = desk.fetch(&tools("1.0.2", "mode=good"));
    desk.done(&desk.place(&two, &one));
    assert!(admin.submit(&form).expect(200).text().contains("1.0.1"), "who drew it answers it");
    let without = form.action.split('?').next().unwrap_or_default();
    assert!(admin.post(without, &[("text", "one")]).expect(200).text().contains("1.0.2"), "else who is there");
    let unknown = format!("{without}?drawn-by={}", "0".repeat(16));
    assert!(admin.post(&unknown, &[("text", "one")]).expect(200).text().contains("1.0.2"));
    // Looking is always answered by who is there.
    let drawn_by = format!("/utilities?drawn-by={}", &one[..16]);
    assert!(shown(&admin, &drawn_by).contains("1.0.2"));
    // Switched off, nothing of it answers any more; nor the former version when it is on again.
    desk.post(&format!("/packages/plugin/{TOOLS}/state"), &[("enabled", "0")]);
    let answer = admin.submit(&form);
    assert!(answer.status >= 400 && !answer.text().contains("1.0.1"), "{} {}", answer.status, answer.text());
    desk.post(&format!("/packages/plugin/{TOOLS}/state"), &[("enabled", "1")]);
    assert!(admin.submit(&form).expect(200).text().contains("1.0.2"), "what was switched off is not believed again");
    desk.post(&format!("/packages/plugin/{TOOLS}/uninstall"), &[]);
    assert_eq!(admin.submit(&form).status, 404);
}

//! Updates, roll-backs and swaps while many people are at work: no request fails, none is served half by each version, and
//! a form is answered by the version that drew it.
//!
//! `VESTRY_ROUNDS` and `VESTRY_CONNECTIONS` say how many changes and people, where not 30 and 32.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use vestry_tests::component::{built, version};
use vestry_tests::load::{Connection, Load};
use vestry_tests::{Desk, House};

/// Three versions that are told by their words, and no others like them on any page. The third is another plugin.
const VERSIONS: [&str; 3] = ["7.7.1", "7.7.2", "8.8.1"];
const TOOLS: &str = "org.example.tools";
const OTHER: &str = "org.example.tool2";
/// Forms that a person leaves open, sent only after others were opened.
const OPEN: usize = 6;
/// An order that waits for its turn among the requests is carried out within this.
const WITHIN: Duration = Duration::from_secs(20);

fn number(variable: &str, otherwise: usize) -> usize {
    std::env::var(variable).ok().map_or(otherwise, |text| text.parse().expect("it is a number"))
}

#[test]
fn nobody_notices() {
    let (rounds, connections) = (number("VESTRY_ROUNDS", 30), number("VESTRY_CONNECTIONS", 32));
    let house = House::open("packages-under-load").without_utilities();
    let (desk, admin) = (Desk::of(&house), house.as_admin());
    let tools = built("tools");
    let [one, two] = [VERSIONS[0], VERSIONS[1]].map(|number| version(&tools, "1.0.0", number));
    let other = version(&version(&tools, "1.0.0", VERSIONS[2]), TOOLS, OTHER);
    let digests = [&one, &two, &other].map(|component| desk.fetch(component));
    desk.done(&desk.place(&digests[0], ""));
    admin.get("/utilities").expect(200);

    let posts = Arc::new(AtomicU64::new(0));
    let load = Load::start(&admin, connections, |_| person(Arc::new(digests.clone()), Arc::clone(&posts)));
    let mut slowest = Duration::ZERO;
    for round in 0..rounds {
        let began = Instant::now();
        let job = match round % 4 {
            0 => desk.place(&digests[1], &digests[0]),
            1 => desk.back(&digests[0]),
            // Only a person can let another plugin take the place of one, the first time.
            2 => desk.order(&admin, &digests[2], &[]),
            _ => desk.swap_back(OTHER),
        };
        desk.done(&job);
        let shown = admin.get("/utilities").expect(200).text();
        let expected = [1, 0, 2, 0][round % 4];
        assert_eq!(said(&shown), Ok(expected), "what was ordered is served as soon as it is done");
        slowest = slowest.max(began.elapsed());
        if !load.goes_on() {
            break;
        }
    }
    let report = load.stop();
    println!(
        "{rounds} changes under {} requests of {connections} connections, {} of them forms drawn before; the slowest change \
         took {slowest:?}, the slowest request {:?}",
        report.requests,
        posts.load(Ordering::Relaxed),
        report.slowest
    );
    assert_eq!(report.faults, Vec::<String>::new());
    assert!(posts.load(Ordering::Relaxed) > 0, "forms were sent");
    assert!(slowest < WITHIN, "{slowest:?}");
}

/// What one person does again and again: looks at the plugin, keeps its form open, looks at the users, and sends a form that
/// has been open for a while.
fn person(digests: Arc<[String; 3]>, posts: Arc<AtomicU64>) -> impl FnMut(&mut Connection) -> Result<(), String> {
    let mut forms: VecDeque<(usize, String)> = VecDeque::new();
    move |connection| {
        let page = connection.get("/utilities")?;
        let version = said(&page)?;
        let action = between(&page, "action=\"/utilities/count", "\"")?;
        let drawn_by = between(&action, "drawn-by=", "&").or_else(|_| between(&action, "drawn-by=", ""))?;
        if !digests[version].starts_with(&drawn_by) {
            return Err(format!("a page of {} has a form of {drawn_by}", VERSIONS[version]));
        }
        forms.push_back((version, format!("/utilities/count{}", action.replace("&amp;", "&"))));
        connection.get("/users")?;
        said(&connection.get("/utilities/twice")?)?;
        if forms.len() > OPEN
            && let Some((drawn, action)) = forms.pop_front()
        {
            let answered = said(&connection.post(&action, "text=one+two")?)?;
            posts.fetch_add(1, Ordering::Relaxed);
            if answered != drawn {
                return Err(format!("a form of {} was answered by {}", VERSIONS[drawn], VERSIONS[answered]));
            }
        }
        Ok(())
    }
}

/// Which version a page says made it, everywhere that it says so.
fn said(page: &str) -> Result<usize, String> {
    let main = page.split_once("<main").map_or(page, |(_, main)| main);
    let mut versions = VERSIONS.iter().enumerate().filter(|(_, version)| main.contains(*version));
    match (versions.next(), versions.next()) {
        (Some((only, _)), None) => Ok(only),
        (None, _) => Err(format!("no version is named: {page}")),
        (Some((one, _)), Some((two, _))) => Err(format!("half {}, half {}", VERSIONS[one], VERSIONS[two])),
    }
}

/// What stands behind one text and before another; up to the end where that is empty.
fn between(text: &str, start: &str, end: &str) -> Result<String, String> {
    let (_, rest) = text.split_once(start).ok_or_else(|| format!("`{start}` stands nowhere: {text}"))?;
    let found = if end.is_empty() { Some(rest) } else { rest.split_once(end).map(|(found, _)| found) };
    found.map(str::to_owned).ok_or_else(|| format!("`{start}` has no end: {text}"))
}

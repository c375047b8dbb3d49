//! A server that is killed while packages are installed, updated and rolled back: what it comes up with is the state before
//! or the state after, never a third, and nothing is left that belongs to nobody.
//!
//! `VESTRY_KILLS` says how often, where not 200 times; `VESTRY_SEED` brings other moments.

use std::thread;
use std::time::{Duration, Instant};

use vestry_tests::component::{built, digest, version};
use vestry_tests::desk::{Mounted, leads_to, mounted};
use vestry_tests::{Answer, Client, Desk, House, Server, leftovers, wait_for};

const TOOLS: &str = "org.example.tools";
/// What was ordered before a kill is carried out after it within this.
const SETTLED: Duration = Duration::from_secs(60);

/// What is ordered, one round after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Install,
    Update,
    RollBack,
    Uninstall,
}

const ACTS: &[Act] =
    &[Act::Install, Act::Update, Act::RollBack, Act::Update, Act::Update, Act::RollBack, Act::Uninstall];

/// Numbers that look random, the same in each run of a seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: Duration) -> Duration {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        limit.mul_f64((self.0 >> 11) as f64 / (1_u64 << 53) as f64)
    }
}

/// Each round brings another version.
fn tools(round: usize) -> Vec<u8> {
    version(&built("tools"), "1.0.0", &format!("{}.{}.{}", round / 100 + 1, round / 10 % 10, round % 10))
}

#[test]
fn it_is_the_old_state_or_the_new_one() {
    let number = |name: &str, otherwise: u64| {
        std::env::var(name).map_or(otherwise, |text| text.parse().expect("it is a number"))
    };
    let (wanted, seed) = (number("VESTRY_KILLS", 200), number("VESTRY_SEED", 20_261_122));
    let mut chance = Chance(seed);
    let house = House::open("packages-killed");
    let (desk, admin) = (Desk::of(&house), house.as_admin());
    let mut server = house.server;
    let takes = undisturbed(&desk);
    let (began, mut kills, mut counts) = (Instant::now(), 0, [0_usize; 2]);
    for round in 1.. {
        if kills >= wanted {
            break;
        }
        let before = mounted(server.data(), TOOLS);
        let act = ACTS[round % ACTS.len()];
        let Some(after) = planned(act, before.as_ref(), server.data(), round) else { continue };
        let at = chance.below(takes.mul_f64(1.5));
        thread::scope(|scope| {
            scope.spawn(|| ordered(&desk, act, before.as_ref(), after.as_deref(), round));
            thread::sleep(at);
            server.end_by("KILL");
        });
        server = server.again("packages-killed-again");
        kills += 1;
        let place = format!("{act:?} in round {round} of seed {seed}, killed after {at:?}");
        let now = settled(&server, &place);
        let old = before.as_ref().map(|mounted| mounted.digest.clone());
        let is = now.as_ref().map(|mounted| mounted.digest.clone());
        assert!(is == old || is == after, "{place}: {is:?} is mounted, neither {old:?} nor {after:?}");
        counts[usize::from(is == after)] += 1;
        answers(&admin, now.as_ref(), &place);
        assert_eq!(leftovers::of(server.data()), Vec::<String>::new(), "{place}");
    }
    println!(
        "{kills} kills in {:?} (an act takes {takes:?}): {} times the old state came up, {} times the new one",
        began.elapsed(),
        counts[0],
        counts[1]
    );
    assert!(counts[0] > 0 && counts[1] > 0, "{kills} kills, {counts:?}");
}

/// How long an installation takes from the upload on, where nobody kills the server.
fn undisturbed(desk: &Desk) -> Duration {
    let began = Instant::now();
    let digest = desk.fetch(&tools(0));
    desk.done(&desk.place(&digest, ""));
    began.elapsed()
}

/// The digest that is to run after an act, none for none; nothing where the act cannot be done now.
fn planned(act: Act, before: Option<&Mounted>, data: &std::path::Path, round: usize) -> Option<Option<String>> {
    match (act, before) {
        (Act::Install, None) | (Act::Update, Some(_)) => Some(Some(digest(&tools(round)))),
        (Act::RollBack, Some(before)) => former(data, &before.digest).map(Some),
        (Act::Uninstall, Some(_)) => Some(None),
        _ => None,
    }
}

/// The version that was used last before the one that runs.
fn former(data: &std::path::Path, running: &str) -> Option<String> {
    let query = "SELECT digest FROM packages WHERE id = ? AND used > 0 AND digest <> ? ORDER BY used DESC LIMIT 1";
    let connection = vestry_tests::database::open(data);
    connection.query_row(query, [TOOLS, running], |row| row.get(0)).ok()
}

/// Orders it, as far as the server is there.
fn ordered(desk: &Desk, act: Act, before: Option<&Mounted>, after: Option<&str>, round: usize) -> Option<()> {
    let post = |path: &str, fields: &[(&str, &str)]| -> Option<Answer> {
        desk.client.call("POST", path).header("accept", "application/json").form(fields).send_if_there()
    };
    match (act, after) {
        (Act::RollBack, Some(after)) => post(&format!("/packages/back/{after}"), &[])?,
        (Act::Uninstall, _) => post(&format!("/packages/plugin/{TOOLS}/uninstall"), &[])?,
        (_, Some(after)) => {
            let fetching = desk.sending("tools.wasm", &tools(round)).send_if_there()?;
            let work = leads_to(&fetching)?;
            // The page of a job leads on once it is done.
            wait_for(SETTLED, || {
                let page = desk.client.call("GET", &work).header("accept", "application/json").send_if_there();
                page.is_none_or(|page| leads_to(&page).is_some()).then_some(())
            })?;
            let running = before.map_or("", |before| &before.digest);
            post("/packages/plan", &[("place", &format!("{after} {running}"))])?
        }
        (_, None) => return None,
    };
    Some(())
}

/// Waits until what was ordered has been carried out; answers what is mounted then.
#[track_caller]
fn settled(server: &Server, place: &str) -> Option<Mounted> {
    let quiet = wait_for(SETTLED, || (!leftovers::under_way(server.data())).then_some(()));
    assert!(quiet.is_some(), "{place}: jobs come to no end: {}", server.log());
    mounted(server.data(), TOOLS)
}

/// What is mounted answers, and nothing else.
#[track_caller]
fn answers(admin: &Client, now: Option<&Mounted>, place: &str) {
    let answer = admin.get("/utilities");
    match now {
        None => assert_eq!(answer.status, 404, "{place}: nothing is mounted, and it answers {}", answer.text()),
        Some(now) => {
            let text = answer.expect(200).text();
            assert!(text.contains(&now.version), "{place}: {} is mounted, and another answers: {text}", now.version);
        }
    }
}

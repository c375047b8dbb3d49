//! A server that is killed while packages are installed, updated, rolled back, swapped, uninstalled, migrated, and several
//! updated at once: what it comes up with is the state before or the state after, never a third, and nothing is left that
//! belongs to nobody.
//!
//! `VESTRY_KILLS` says how often, where not 24 times; `VESTRY_SEED` brings other moments.

use std::collections::BTreeMap;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use vestry_tests::component::{built, digest, version};
use vestry_tests::desk::{consent, leads_to, mounted, ordering};
use vestry_tests::{Answer, Client, Desk, House, database, leftovers, wait_for};

const TOOLS: &str = "org.example.tools";
/// Takes the place of the tools.
const OTHER: &str = "org.example.tool2";
/// Is updated together with the tools.
const THIRD: &str = "org.example.tool3";
const LEDGER: &str = "org.example.ledger";
const IDS: [&str; 4] = [TOOLS, OTHER, THIRD, LEDGER];
/// Of the ledger: its migration commits a hundred at a time.
const ENTRIES: usize = 120;
/// What was ordered before a kill is carried out after it within this.
const SETTLED: Duration = Duration::from_secs(60);
/// A kill comes within so many times what an act takes undisturbed.
const SPREAD: f64 = 1.3;

/// What is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Act {
    Install,
    Update,
    RollBack,
    Swap,
    SwapBack,
    /// Two plugins in one order.
    Several,
    Uninstall,
    Migrate,
    /// Back to the first version of the ledger, and its data of then.
    Then,
}

/// One round after the other. What cannot be done, as the one before it was not, is left out.
const ACTS: &[Act] = &[
    Act::Install,
    Act::Update,
    Act::Migrate,
    Act::RollBack,
    Act::Then,
    Act::Swap,
    Act::Several,
    Act::SwapBack,
    Act::Several,
    Act::Migrate,
    Act::Update,
    Act::Then,
    Act::Uninstall,
];

/// The digest of each plugin of the test that is mounted.
type State = BTreeMap<&'static str, String>;

/// Numbers that look random, the same in each run of a seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: Duration) -> Duration {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        limit.mul_f64((self.0 >> 11) as f64 / (1_u64 << 53) as f64)
    }
}

/// Each round brings another version.
fn tools(id: &str, round: usize) -> Vec<u8> {
    let number = format!("{}.{}.{}", round / 100 + 1, round / 10 % 10, round % 10);
    version(&version(&built("tools"), TOOLS, id), "1.0.0", &number)
}

fn ledger(number: u32) -> String {
    digest(&built(&format!("ledger-{number}")))
}

fn state(data: &Path) -> State {
    IDS.into_iter().filter_map(|id| Some((id, mounted(data, id)?.digest))).collect()
}

#[test]
fn it_is_the_old_state_or_the_new_one() {
    let number = |name: &str, otherwise: u64| {
        std::env::var(name).map_or(otherwise, |text| text.parse().expect("it is a number"))
    };
    let (wanted, seed) = (number("VESTRY_KILLS", 24), number("VESTRY_SEED", 20_261_122));
    let mut chance = Chance(seed);
    let mut house = furnished();
    let (desk, mut admin) = (Desk::of(&house), house.as_admin());
    let mut takes: BTreeMap<Act, Duration> = BTreeMap::new();
    let mut counts: BTreeMap<Act, [u64; 2]> = BTreeMap::new();
    let (mut began, mut kills) = (Instant::now(), 0);
    for round in 1.. {
        if kills >= wanted {
            break;
        }
        let (act, before) = (ACTS[(round - 1) % ACTS.len()], state(house.server.data()));
        let Some(after) = planned(act, &before, house.server.data(), round) else { continue };
        // What is grave is asked of who signed in a short time ago.
        if act == Act::Swap {
            admin = house.as_admin();
        }
        let order = Order { desk: &desk, admin: &admin, before: &before, after: &after, round };
        let mut place = format!("{act:?} in round {round} of seed {seed}");
        let disturbed = takes.contains_key(&act);
        if disturbed {
            let at = chance.below(takes[&act].mul_f64(SPREAD));
            place += &format!(", killed after {at:?}");
            thread::scope(|scope| {
                scope.spawn(|| order.give(act));
                thread::sleep(at);
                house.server.end_by("KILL");
            });
            house.server = house.server.again("packages-killed-again");
            kills += 1;
        } else {
            // Once to its end: so it is known how long it takes, and that it can be done.
            began += undisturbed(&order, act, house.server.data(), &mut takes);
        }
        settled(&house, &place);
        let now = state(house.server.data());
        assert!(now == before || now == after, "{place}: {now:?} is mounted, neither {before:?} nor {after:?}");
        assert!(disturbed || now == after, "{place}, where nobody killed it: {before:?} is mounted, not {after:?}");
        if disturbed {
            counts.entry(act).or_default()[usize::from(now == after)] += 1;
        }
        answers(&admin, house.server.data(), &place);
        assert_eq!(leftovers::of(house.server.data()), Vec::<String>::new(), "{place}");
    }
    println!("{kills} kills in {:?}; how often the old state came up, and how often the new one:", began.elapsed());
    for (act, [old, new]) in &counts {
        println!("  {act:?} (takes {:?}): {old}, {new}", takes[act]);
    }
    let [old, new] = [0, 1].map(|which| counts.values().map(|count| count[which]).sum::<u64>());
    assert!(old > 0 && new > 0, "{kills} kills: {counts:?}");
}

/// A house with the ledger's first version and its entries, and the third plugin.
fn furnished() -> House {
    let house = House::open("packages-killed").without_utilities();
    let (desk, admin) = (Desk::of(&house), house.as_admin());
    desk.install(&admin, &built("ledger-1"));
    desk.fetch(&built("ledger-2"));
    for number in 0..ENTRIES {
        let (name, amount) = (format!("entry-{number}"), number.to_string());
        admin.post("/ledger/add", &[("name", &name), ("amount", &amount)]).expect(303);
    }
    let third = desk.fetch(&tools(THIRD, 0));
    let page = admin.get(&consent(&third)).expect(200).page();
    admin.submit(&ordering(&page, &[]).with("mount", "third")).expect(303);
    wait_for(SETTLED, || desk.mounted(THIRD)).expect("the third is mounted");
    house
}

fn undisturbed(order: &Order<'_>, act: Act, data: &Path, takes: &mut BTreeMap<Act, Duration>) -> Duration {
    let began = Instant::now();
    order.give(act);
    wait_for(SETTLED, || (!leftovers::under_way(data)).then_some(()));
    takes.insert(act, began.elapsed());
    began.elapsed()
}

/// What is to run after an act; nothing where the act cannot be done now.
fn planned(act: Act, before: &State, data: &Path, round: usize) -> Option<State> {
    let has = |id: &str| before.contains_key(id);
    let with = |changes: &[(&'static str, String)]| {
        let mut after = before.clone();
        after.extend(changes.iter().cloned());
        after
    };
    let without = |id: &str, mut state: State| {
        state.remove(id);
        state
    };
    let new = |id: &'static str| (id, digest(&tools(id, round)));
    let in_place = |number: u32| before.get(LEDGER) == Some(&ledger(number));
    match act {
        Act::Install if !has(TOOLS) && !has(OTHER) => Some(with(&[new(TOOLS)])),
        Act::Update if has(TOOLS) => Some(with(&[new(TOOLS)])),
        Act::RollBack if has(TOOLS) => Some(with(&[(TOOLS, former(data, &before[TOOLS])?)])),
        Act::Swap if has(TOOLS) => Some(without(TOOLS, with(&[new(OTHER)]))),
        Act::SwapBack if has(OTHER) => Some(without(OTHER, with(&[(TOOLS, former(data, "")?)]))),
        Act::Several if has(TOOLS) => Some(with(&[new(TOOLS), new(THIRD)])),
        Act::Several => Some(with(&[new(OTHER), new(THIRD)])).filter(|_| has(OTHER)),
        Act::Uninstall if has(TOOLS) => Some(without(TOOLS, before.clone())),
        Act::Migrate if in_place(1) => Some(with(&[(LEDGER, ledger(2))])),
        Act::Then if in_place(2) => Some(with(&[(LEDGER, ledger(1))])),
        _ => None,
    }
}

/// The version of the tools that was used last, but for this one.
fn former(data: &Path, running: &str) -> Option<String> {
    let query = "SELECT digest FROM packages WHERE id = ? AND used > 0 AND digest <> ? ORDER BY used DESC LIMIT 1";
    database::open(data).query_row(query, [TOOLS, running], |row| row.get(0)).ok()
}

/// What somebody orders, as far as the server is there.
#[derive(Clone, Copy)]
struct Order<'a> {
    desk: &'a Desk,
    admin: &'a Client,
    before: &'a State,
    after: &'a State,
    round: usize,
}

impl Order<'_> {
    fn give(self, act: Act) -> Option<()> {
        let back = |id: &str| format!("/packages/back/{}", self.after[id]);
        match act {
            Act::RollBack => self.post(&back(TOOLS), &[])?,
            Act::Then => self.post(&back(LEDGER), &[("data", "then")])?,
            Act::Uninstall => self.post(&format!("/packages/plugin/{TOOLS}/uninstall"), &[])?,
            Act::SwapBack => self.post(&format!("/packages/plugin/{OTHER}/swap-back"), &[])?,
            Act::Swap => {
                self.fetch(OTHER)?;
                self.consent(&self.after[OTHER])?
            }
            Act::Migrate => self.place(&[LEDGER])?,
            Act::Install | Act::Update | Act::Several => {
                let changed: Vec<&str> =
                    IDS.into_iter().filter(|id| self.before.get(id) != self.after.get(id)).collect();
                changed.iter().try_for_each(|id| self.fetch(id))?;
                self.place(&changed)?
            }
        };
        Some(())
    }

    fn post(self, path: &str, fields: &[(&str, &str)]) -> Option<Answer> {
        self.desk.client.call("POST", path).header("accept", "application/json").form(fields).send_if_there()
    }

    /// Brings this round's version here.
    fn fetch(self, id: &str) -> Option<()> {
        let fetching = self.desk.sending("tools.wasm", &tools(id, self.round)).send_if_there()?;
        let work = leads_to(&fetching)?;
        // The page of a job leads on once it is done.
        wait_for(SETTLED, || {
            let page = self.desk.client.call("GET", &work).header("accept", "application/json").send_if_there();
            page.is_none_or(|page| leads_to(&page).is_some()).then_some(())
        })
    }

    fn place(self, ids: &[&str]) -> Option<Answer> {
        let running = |id: &str| self.before.get(id).map_or("", String::as_str);
        let places: Vec<String> = ids.iter().map(|id| format!("{} {}", self.after[*id], running(id))).collect();
        let fields: Vec<(&str, &str)> = places.iter().map(|place| ("place", place.as_str())).collect();
        self.post("/packages/plan", &fields)
    }

    /// As a person says it.
    fn consent(self, digest: &str) -> Option<Answer> {
        let page = self.admin.call("GET", &consent(digest)).send_if_there()?.expect(200).page();
        let form = ordering(&page, &[]);
        let fields: Vec<(&str, &str)> = form.fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        self.admin.call("POST", &form.action).form(&fields).send_if_there()
    }
}

/// Waits until what was ordered has been carried out.
#[track_caller]
fn settled(house: &House, place: &str) {
    let quiet = wait_for(SETTLED, || (!leftovers::under_way(house.server.data())).then_some(()));
    assert!(quiet.is_some(), "{place}: jobs come to no end: {}", house.server.log());
}

/// What is mounted answers, and nothing else; and the ledger has its entries, in the shape of its version.
#[track_caller]
fn answers(admin: &Client, data: &Path, place: &str) {
    let utilities = mounted(data, TOOLS).or_else(|| mounted(data, OTHER));
    for (path, now) in [("/utilities", utilities), ("/third", mounted(data, THIRD))] {
        let answer = admin.get(path);
        match now {
            None => assert_eq!(answer.status, 404, "{place}: nothing is mounted, and it answers {}", answer.text()),
            Some(now) => {
                let text = answer.expect(200).text();
                assert!(text.contains(&now.version), "{place}: {} is mounted, another answers: {text}", now.version);
            }
        }
    }
    let shown = admin.get_json("/ledger").expect(200).json();
    let rows = shown["blocks"]["entries"]["rows"].as_array().cloned().unwrap_or_default();
    assert_eq!(rows.len(), ENTRIES, "{place}: {shown}");
    let is_second = mounted(data, LEDGER).is_some_and(|ledger| ledger.version == "2.0.0");
    let shaped = rows.iter().filter(|row| row.to_string().contains("amount")).count();
    assert_eq!(shaped, if is_second { ENTRIES } else { 0 }, "{place}: {shown}");
}

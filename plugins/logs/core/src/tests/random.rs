//! Files that are written, rotated, compressed and half written between steps, by dice that fall the same each time: what
//! is answered is what was written, once, in order.

use std::collections::BTreeMap;

use super::{LITTLE, PLENTY, START, matcher, one_step, ours};
use crate::memory::Memory;
use crate::reader::Budget;
use crate::search::{Start, Step};
use crate::series::{Layout, gather};
use crate::time::{self, SECOND};
use crate::{Hit, Matcher, Way, What};

struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

const PATHS: [&str; 4] = ["one/access.log", "two/access.log", "two/app.log", "plain.log"];

/// All that was ever written, by path, and where the files of it are.
struct World {
    files: Memory,
    dice: Dice,
    micros: i64,
    /// Clocks go back from time to time.
    jumps: bool,
    number: u64,
    truth: BTreeMap<&'static str, String>,
    /// The rest of a line of which half is written.
    rest: BTreeMap<&'static str, String>,
}

impl World {
    fn new(seed: u64, jumps: bool) -> Self {
        let files = Memory::default();
        files.now.set(START * 1_000);
        let (dice, micros) = (Dice(seed * 2 + 1), START * SECOND);
        Self { files, dice, micros, jumps, number: 0, truth: BTreeMap::new(), rest: BTreeMap::new() }
    }

    fn record(&mut self, path: &str) -> String {
        self.number += 1;
        self.micros += i64::try_from(self.dice.throw(3) * self.dice.throw(900_000)).unwrap();
        if self.jumps && self.dice.throw(40) == 0 {
            self.micros -= 3_600 * SECOND;
        }
        let number = self.number;
        let filler = "x".repeat(usize::try_from(self.dice.throw(200)).unwrap());
        let time = time::written(self.micros);
        match path {
            "two/app.log" if self.dice.throw(3) == 0 => {
                format!(
                    "{time} ERROR number {number} {filler}\nTraceback:\n  File \"{filler}\"\n\nValueError: {number}\n"
                )
            }
            "two/app.log" => format!("{time} INFO number {number} {filler}\n"),
            "plain.log" => format!("number {number} {filler}\n"),
            _ if self.dice.throw(500) == 0 => {
                ours(self.micros, "info", &format!("number {number} {}", "y".repeat(3_000)))
            }
            _ => ours(self.micros, "info", &format!("number {number} {filler}")),
        }
    }

    fn write(&mut self, path: &'static str, text: &str) {
        self.files.append(path, text.as_bytes());
        self.truth.entry(path).or_default().push_str(text);
    }

    fn finish(&mut self, path: &'static str) {
        if let Some(rest) = self.rest.remove(path) {
            self.write(path, &rest);
        }
    }

    /// Something happens to one of the files.
    fn happen(&mut self) {
        self.files.now.set(self.micros / 1_000);
        let path = PATHS[usize::try_from(self.dice.throw(4)).unwrap()];
        match self.dice.throw(12) {
            0 => {
                self.finish(path);
                if self.files.exists(path) {
                    self.files.rotate(path);
                }
            }
            1 => self.pack(path),
            2 => {
                self.finish(path);
                let record = self.record(path);
                // Half of a line of JSON: half of a record of several lines could not be told from a whole one.
                let half = if record.starts_with('{') { record.len() / 2 } else { record.len() };
                self.write(path, &record[..half]);
                if half < record.len() {
                    self.rest.insert(path, record[half..].to_owned());
                }
            }
            3 => self.finish(path),
            _ => {
                self.finish(path);
                for _ in 0..self.dice.throw(6) {
                    let record = self.record(path);
                    self.write(path, &record);
                }
            }
        }
        if self.dice.throw(3) == 0 {
            // Nobody writes for a while, so that records of several lines are taken for whole.
            self.micros += 10 * SECOND;
        }
        self.files.now.set(self.micros / 1_000);
    }

    /// Compresses what is older than the last, with an index or without.
    fn pack(&mut self, path: &str) {
        let series = gather(&self.files, "logs", Layout::NODES).unwrap();
        let segments = series.into_iter().flat_map(|series| series.segments);
        let mut old: Vec<_> = segments.filter(|segment| !segment.packed).map(|segment| segment.file.path).collect();
        old.retain(|file| file.strip_prefix(path).is_some_and(|number| number.len() > 1 && number != ".1"));
        for file in old {
            match self.dice.throw(4) {
                // The server's own lines are JSON: records of several lines stand in no file with an index.
                0 => self.files.gzip(&file),
                _ if path == "two/app.log" => self.files.gzip(&file),
                _ => {
                    let member = 500 + usize::try_from(self.dice.throw(3_000)).unwrap();
                    self.files.pack(&file, member);
                }
            }
        }
    }

    /// All is written to its end, and nobody writes any more.
    fn rest(&mut self) {
        for path in PATHS {
            self.finish(path);
        }
        self.files.now.set(self.micros / 1_000 + 60_000);
    }

    fn budget(&mut self) -> Budget<'static> {
        match self.dice.throw(4) {
            0 => LITTLE,
            1 => Budget { hits: 1, ..PLENTY },
            2 => Budget { hits: 7, text: 5_000, ..PLENTY },
            _ => Budget { hits: 50, text: 20_000, ..PLENTY },
        }
    }

    /// What was written, as it is answered: without what is not asked for.
    fn expected(&self, path: &str, asked: &str) -> Vec<String> {
        let text = self.truth.get(path).map_or("", String::as_str);
        let mut records: Vec<String> = Vec::new();
        for line in text.lines() {
            let begins = line.contains("number ");
            match records.last_mut() {
                Some(last) if !begins => {
                    last.push('\n');
                    last.push_str(line);
                }
                _ => records.push(line.to_owned()),
            }
        }
        records.retain(|record| record.contains(asked));
        records
    }
}

/// What was answered, by where it was written.
fn by_path(hits: &[Hit]) -> BTreeMap<&'static str, Vec<String>> {
    let mut all: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for hit in hits {
        let path = PATHS.into_iter().find(|path| hit.path.starts_with(path)).unwrap();
        assert!(!hit.cut && !hit.continued, "{hit:?}");
        all.entry(path).or_default().push(hit.text.clone());
    }
    all
}

fn compare(world: &World, hits: &[Hit], asked: &str, what: &str) {
    let found = by_path(hits);
    for path in PATHS {
        let (found, expected) = (found.get(path).cloned().unwrap_or_default(), world.expected(path, asked));
        let differs = found.iter().zip(&expected).position(|(one, two)| one != two);
        assert!(
            found == expected,
            "{what}, {path}: {} of {}, differs at {differs:?}: {:?} {:?}",
            found.len(),
            expected.len(),
            differs.map(|at| &found[at]),
            differs.map(|at| &expected[at])
        );
    }
}

/// A step, and a longer one where that does not suffice for a file that is compressed in one piece.
fn with_patience(files: &Memory, matcher: &Matcher, from: &Start, budget: Budget<'_>) -> Step {
    let step = one_step(files, matcher, from, budget);
    match step.notes.iter().any(|note| note.what == What::Long) {
        true => one_step(files, matcher, from, Budget { hits: budget.hits, ..PLENTY }),
        false => step,
    }
}

fn asked(seed: u64) -> (&'static str, Matcher) {
    match seed % 3 {
        0 => ("", matcher(&[])),
        1 => ("7", matcher(&[("text", "7")])),
        _ => ("number 1", matcher(&[("text", "NUMBER 1")])),
    }
}

#[test]
fn a_follow_loses_and_doubles_nothing() {
    for seed in 0..60 {
        let mut world = World::new(seed, seed % 2 == 0);
        let (text, matcher) = asked(seed);
        // The files come while it is followed.
        let mut cursor = one_step(&world.files, &matcher, &Start::Begin(Way::Live), PLENTY).cursor.unwrap();
        let mut hits = Vec::new();
        let mut steps = 0;
        loop {
            if steps < 300 {
                world.happen();
            } else {
                world.rest();
            }
            let budget = world.budget();
            let mut step = with_patience(&world.files, &matcher, &Start::Cursor(cursor), budget);
            assert_eq!(step.notes, [], "seed {seed}");
            hits.append(&mut step.hits);
            cursor = step.cursor.unwrap();
            steps += 1;
            if steps > 300 && !step.more {
                break;
            }
            assert!(steps < 50_000, "seed {seed}");
        }
        compare(&world, &hits, text, &format!("follow, seed {seed}"));
    }
}

#[test]
fn a_search_back_finds_all_that_was_there_when_it_began() {
    for seed in 0..60 {
        let mut world = World::new(1_000 + seed, seed % 2 == 0);
        let (text, matcher) = asked(seed);
        for _ in 0..300 {
            world.happen();
        }
        world.rest();
        let then = world.truth.clone();
        let mut from = Start::Begin(Way::Newest);
        let (mut hits, mut steps, mut live) = (Vec::new(), 0, None);
        loop {
            let budget = world.budget();
            let mut step = with_patience(&world.files, &matcher, &from, budget);
            assert_eq!(step.notes, [], "seed {seed}");
            hits.append(&mut step.hits);
            live = live.or(step.live);
            assert!(step.looked.bytes <= step.looked.of);
            let Some(cursor) = step.cursor else { break };
            from = Start::Cursor(cursor);
            steps += 1;
            assert!(steps < 50_000, "seed {seed}");
            for _ in 0..3 {
                world.happen();
            }
        }
        if seed % 2 == 1 && seed % 3 != 0 {
            let times: Vec<_> = hits.iter().filter_map(|hit| hit.record.time).collect();
            assert!(times.is_sorted_by(|one, two| one >= two), "seed {seed}");
        }
        hits.reverse();
        let now = std::mem::replace(&mut world.truth, then);
        compare(&world, &hits, text, &format!("back, seed {seed}"));

        // What a follow says that goes on from there is all the rest.
        world.truth = now;
        world.rest();
        let mut cursor = live.unwrap();
        loop {
            let mut step = one_step(&world.files, &matcher, &Start::Cursor(cursor), PLENTY);
            hits.append(&mut step.hits);
            cursor = step.cursor.unwrap();
            if !step.more {
                break;
            }
        }
        compare(&world, &hits, text, &format!("back and on, seed {seed}"));
    }
}

#[test]
fn a_search_on_comes_to_the_end_of_all() {
    for seed in 0..60 {
        let mut world = World::new(2_000 + seed, seed % 2 == 0);
        let (text, matcher) = asked(seed);
        for _ in 0..300 {
            world.happen();
        }
        world.rest();
        let mut from = Start::Begin(Way::Oldest);
        let (mut hits, mut steps) = (Vec::new(), 0);
        loop {
            let budget = world.budget();
            let mut step = with_patience(&world.files, &matcher, &from, budget);
            assert_eq!(step.notes, [], "seed {seed}");
            hits.append(&mut step.hits);
            let Some(cursor) = step.cursor else { break };
            from = Start::Cursor(cursor);
            steps += 1;
            assert!(steps < 50_000, "seed {seed}");
            // Old files are compressed meanwhile; what is added would be read or not, as it comes.
            let path = PATHS[steps % 4];
            if world.dice.throw(3) == 0 {
                world.pack(path);
            }
        }
        compare(&world, &hits, text, &format!("on, seed {seed}"));
    }
}

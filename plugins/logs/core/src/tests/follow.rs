//! What is added while somebody looks on, whatever happens to the file.

use super::{PLENTY, START, at, matcher, messages, one_step, series};
use crate::memory::Memory;
use crate::reader::Budget;
use crate::search::{Asked, Start, step};
use crate::{Cursor, Step, Way, What};

struct Follow {
    files: Memory,
    cursor: Cursor,
}

impl Follow {
    /// Follows a file that has two lines already.
    fn new() -> Self {
        let files = Memory::default();
        files.now.set(START * 1_000);
        files.write("x.log", [at(0, "zero"), at(1, "one")].concat().as_bytes());
        let cursor = one_step(&files, &matcher(&[]), &Start::Begin(Way::Live), PLENTY).cursor.unwrap();
        Self { files, cursor }
    }

    fn add(&self, second: i64, message: &str) {
        self.files.append("x.log", at(second, message).as_bytes());
    }

    fn step(&mut self, budget: Budget<'_>) -> Step {
        let step = one_step(&self.files, &matcher(&[]), &Start::Cursor(self.cursor.clone()), budget);
        self.cursor = step.cursor.clone().unwrap();
        step
    }

    fn next(&mut self) -> Vec<String> {
        let step = self.step(PLENTY);
        assert_eq!(step.notes, []);
        messages(&step.hits).into_iter().map(str::to_owned).collect()
    }

    /// The messages of a step, and what it says.
    fn told(&mut self) -> (Vec<String>, Vec<What>) {
        let step = self.step(PLENTY);
        let told = step.notes.into_iter().map(|note| note.what).collect();
        (step.hits.into_iter().map(|hit| hit.record.message).collect(), told)
    }
}

#[test]
fn what_is_added_comes_once() {
    let mut follow = Follow::new();
    assert_eq!(follow.next(), [""; 0]);
    follow.add(2, "two");
    follow.add(3, "three");
    assert_eq!(follow.next(), ["two", "three"]);
    assert_eq!(follow.next(), [""; 0]);
}

#[test]
fn half_a_line_waits_for_its_end() {
    let mut follow = Follow::new();
    let line = at(2, "two");
    follow.files.append("x.log", &line.as_bytes()[..40]);
    assert_eq!(follow.next(), [""; 0]);
    follow.files.now.set((START + 1_000) * 1_000);
    assert_eq!(follow.next(), [""; 0]);
    follow.files.append("x.log", &line.as_bytes()[40..]);
    follow.add(3, "three");
    assert_eq!(follow.next(), ["two", "three"]);
}

#[test]
fn what_was_written_before_a_rotation_comes_before_what_was_after() {
    let mut follow = Follow::new();
    follow.add(2, "two");
    follow.files.rotate("x.log");
    assert_eq!(follow.next(), ["two"]);
    // Some programs go on writing for a while into the file that was renamed.
    follow.files.append("x.log.1", at(3, "three").as_bytes());
    follow.add(4, "four");
    assert_eq!(follow.next(), ["three", "four"]);
    for second in 5..9 {
        follow.add(second, "more");
        follow.files.rotate("x.log");
        if second == 7 {
            follow.files.pack("x.log.2", 100);
            follow.files.gzip("x.log.3");
        }
    }
    assert_eq!(follow.next(), ["more"; 4]);
    assert_eq!(follow.next(), [""; 0]);
}

#[test]
fn a_file_that_was_cut_off_is_said_and_read_from_its_beginning() {
    let mut follow = Follow::new();
    follow.files.overwrite("x.log", at(9, "new").as_bytes());
    assert_eq!(follow.told(), (vec!["new".into()], vec![What::Truncated]));
    follow.files.overwrite("x.log", b"");
    assert_eq!(follow.told(), (vec![], vec![What::Truncated]));
    follow.add(10, "ten");
    assert_eq!(follow.next(), ["ten"]);
}

#[test]
fn a_file_that_was_copied_and_cut_off_loses_nothing() {
    let mut follow = Follow::new();
    follow.add(2, "two");
    // As logrotate's `copytruncate` does.
    follow.files.write("x.log.1", &follow.files.bytes("x.log"));
    follow.files.overwrite("x.log", b"");
    follow.add(3, "three");
    assert_eq!(follow.next(), ["two", "three"]);
}

#[test]
fn a_file_that_begins_with_the_same_banner_again_is_another() {
    let banner = format!("#Fields {}\n", "x".repeat(800));
    let mut follow = Follow::new();
    follow.files.overwrite("x.log", banner.as_bytes());
    follow.told();
    for second in 2..20 {
        follow.add(second, "old");
    }
    assert_eq!(follow.next().len(), 18);
    let new: String = (30..70).map(|second| at(second, "new")).collect();
    follow.files.overwrite("x.log", (banner + &new).as_bytes());
    let (messages, told) = follow.told();
    assert_eq!((messages.iter().filter(|message| *message == "new").count(), told), (40, vec![What::Truncated]));
}

#[test]
fn what_is_followed_from_a_page_of_some_time_is_followed_from_its_end() {
    let files = Memory::default();
    files.now.set(START * 1_000);
    files.write("x.log.1", at(-10, "older").as_bytes());
    files.write("x.log", at(-1, "shown").as_bytes());
    let asked = matcher(&[("to", &crate::time::written((START + 3_600) * 1_000_000))]);
    let live = one_step(&files, &asked, &Start::Begin(Way::Newest), PLENTY).live.unwrap();
    files.remove("x.log");
    files.append("y.log", at(1, "new").as_bytes());
    let step = one_step(&files, &asked, &Start::Cursor(live), PLENTY);
    assert_eq!(messages(&step.hits), ["new"]);
}

#[test]
fn a_file_that_was_removed_is_said_once_and_read_when_it_is_back() {
    let mut follow = Follow::new();
    follow.files.write("y.log", at(0, "other").as_bytes());
    assert_eq!(follow.next(), ["other"]);
    follow.files.remove("x.log");
    assert_eq!(follow.told(), (vec![], vec![What::Removed]));
    assert_eq!(follow.told(), (vec![], vec![]));
    follow.add(5, "back");
    follow.add(6, "again");
    assert_eq!(follow.next(), ["back", "again"]);
    follow.files.remove("x.log");
    follow.add(7, "another");
    assert_eq!(follow.told(), (vec!["another".into()], vec![What::Removed]));
}

#[test]
fn a_new_file_is_read_from_its_beginning() {
    let mut follow = Follow::new();
    follow.files.write("two/x.log", at(2, "two").as_bytes());
    assert_eq!(follow.next(), ["two"]);
}

#[test]
fn so_much_at_a_time_and_the_rest_the_next() {
    let mut follow = Follow::new();
    for second in 2..102 {
        follow.add(second, &second.to_string());
    }
    let mut seen = Vec::new();
    for _ in 0..10 {
        let step = follow.step(Budget { hits: 10, ..PLENTY });
        assert_eq!(step.hits.len(), 10);
        seen.extend(messages(&step.hits).into_iter().map(|number| number.parse::<i64>().unwrap()));
    }
    assert_eq!(seen, (2..102).collect::<Vec<_>>());
    assert!(!follow.step(PLENTY).more);
}

#[test]
fn a_traceback_comes_together() {
    let files = Memory::default();
    files.now.set(START * 1_000);
    files.write("app.log", b"2026-11-22 08:00:00 INFO up\n");
    let mut follow =
        Follow { cursor: one_step(&files, &matcher(&[]), &Start::Begin(Way::Live), PLENTY).cursor.unwrap(), files };
    follow.files.append("app.log", b"2026-11-22 08:15:13 ERROR no\nTraceback:\n");
    assert_eq!(follow.next(), [""; 0]);
    follow.files.now.set(START * 1_000 + 500);
    follow.files.append("app.log", b"  File \"x\"\nValueError\n");
    assert_eq!(follow.next(), [""; 0]);
    follow.files.now.set(START * 1_000 + 2_000);
    let step = follow.step(PLENTY);
    assert_eq!(step.hits[0].text, "2026-11-22 08:15:13 ERROR no\nTraceback:\n  File \"x\"\nValueError");
}

#[test]
fn what_comes_of_several_files_is_merged() {
    let mut follow = Follow::new();
    follow.files.write("y.log", [at(2, "two"), at(4, "four")].concat().as_bytes());
    follow.add(1, "late");
    follow.add(3, "three");
    follow.add(5, "five");
    assert_eq!(follow.next(), ["late", "two", "three", "four", "five"]);
}

#[test]
fn a_line_without_end_passes_in_pieces() {
    let mut follow = Follow::new();
    let mut line = at(2, "long").into_bytes();
    line.pop();
    line.resize((5 << 20) - 1_000, b'y');
    follow.files.append("x.log", &line);
    let mut pieces = 0;
    loop {
        let step = follow.step(PLENTY);
        pieces += step.hits.len();
        assert!(step.hits.iter().all(|hit| hit.cut && hit.length <= 1 << 20));
        if step.hits.is_empty() {
            break;
        }
    }
    assert_eq!(pieces, 4);
    follow.files.append("x.log", b"end\n");
    follow.add(3, "three");
    let step = follow.step(PLENTY);
    let last = &step.hits[step.hits.len() - 2..];
    assert!(last[0].continued && last[0].length <= 1 << 20 && last[1].record.message == "three");
}

#[test]
fn only_what_is_asked_for_is_followed() {
    let files = Memory::default();
    files.now.set(START * 1_000);
    files.write("x.log", at(0, "zero").as_bytes());
    let asked = matcher(&[("text", "yes")]);
    let cursor = one_step(&files, &asked, &Start::Begin(Way::Live), PLENTY).cursor.unwrap();
    files.append("x.log", [at(1, "yes 1"), at(2, "no"), at(3, "yes 3")].concat().as_bytes());
    let series = series(&files);
    let asked = Asked { files: &files, series: &series, matcher: &asked, now: files.now.get() };
    let next = step(asked, &Start::Cursor(cursor), PLENTY).unwrap();
    assert_eq!(messages(&next.hits), ["yes 1", "yes 3"]);
}

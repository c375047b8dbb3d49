//! What other programs have compressed in one piece: looked through in one go, or passed over, never begun again for ever.

use std::cell::Cell;

use super::{PLENTY, START, all_steps, at, matcher, messages, one_step};
use crate::memory::{Memory, gzip};
use crate::reader::{Budget, Whole};
use crate::search::{ANSWER, Start};
use crate::{Way, What, in_one_piece};

const SIZE: i64 = 60_000;

/// Some 9 MB of text in one piece, and a log before it and beside it.
fn files() -> Memory {
    let files = Memory::default();
    files.now.set((START + SIZE) * 1_000);
    files.write("x.log.3", at(-1, "oldest").as_bytes());
    let text: String = (0..SIZE).map(|second| at(second, &format!("n{second}. {}", "x".repeat(40)))).collect();
    assert!(text.len() > 8 << 20);
    files.write("x.log.2.gz", &gzip(text.as_bytes()));
    files.write("x.log", at(SIZE, "newdest").as_bytes());
    files.write("y.log", at(-5, "oldest of others").as_bytes());
    files
}

/// What pages and jobs have, in small.
fn budget(over: &dyn Fn() -> bool, text: u64) -> Budget<'_> {
    let whole = Whole { packed: 8 << 20, text };
    Budget { read: 50_000, text: 500_000, hits: 250, whole, over, ..PLENTY }
}

#[test]
fn it_is_looked_through_in_one_go_whatever_it_costs() {
    let files = files();
    let asked = matcher(&[("text", "n7.")]);
    for way in [Way::Newest, Way::Oldest] {
        let (hits, steps) = all_steps(&files, &asked, way, budget(&|| true, u64::MAX));
        assert_eq!(messages(&hits), [format!("n7. {}", "x".repeat(40))]);
        assert!(steps.len() < 100 && steps.iter().all(|step| step.notes.is_empty()), "{}", steps.len());
        assert!(steps.windows(2).all(|pair| pair[0].cursor != pair[1].cursor));
    }
    // Backwards once, for what is found there, and once more for what stands before.
    let reads = files.reads.get();
    let (_, steps) = all_steps(&files, &asked, Way::Newest, budget(&|| true, u64::MAX));
    let size = files.bytes("x.log.2.gz").len() as u64;
    assert!(files.reads.get() - reads < 3 * size.div_ceil(256 << 10) + 15 * steps.len() as u64);
}

#[test]
fn forwards_each_line_comes_though_the_time_is_over_before_the_first() {
    let files = files();
    let (hits, steps) =
        all_steps(&files, &matcher(&[]), Way::Oldest, Budget { hits: 20_000, ..budget(&|| true, u64::MAX) });
    assert_eq!(hits.len() as i64, SIZE + 3);
    assert!(hits.is_sorted_by_key(|hit| hit.record.time) && steps.len() < 100, "{}", steps.len());
    assert!(steps.iter().all(|step| step.notes.is_empty()));
}

#[test]
fn what_is_larger_is_passed_over_and_all_else_is_found() {
    let files = files();
    let small = Whole { packed: 1_000, text: u64::MAX };
    let short = Whole { packed: u64::MAX, text: 1 << 20 };
    for way in [Way::Newest, Way::Oldest] {
        for whole in [small, short] {
            let budget = Budget { whole, ..budget(&|| true, 0) };
            let (hits, steps) = all_steps(&files, &matcher(&[("text", "DEST")]), way, budget);
            let mut found = messages(&hits);
            found.sort_unstable();
            assert!(found == ["newdest", "oldest", "oldest of others"], "{way:?} {whole:?} {}", found.len());
            let notes: Vec<_> = steps.iter().flat_map(|step| &step.notes).collect();
            assert_eq!((notes.len(), &notes[0].what, notes[0].path.as_str()), (1, &What::Long, "x.log.2.gz"));
        }
        // As far as it may be, it is.
        let budget = Budget { whole: short, ..budget(&|| true, 0) };
        assert_eq!(all_steps(&files, &matcher(&[("text", "n7.")]), way, budget).0.len(), 1);
    }
    let series = super::series(&files);
    let named = |whole| in_one_piece(&files, &series, &matcher(&[]), whole);
    assert_eq!((named(small), named(short)), (vec!["x.log.2.gz".to_owned()], vec!["x.log.2.gz".to_owned()]));
    assert!(named(Whole { packed: 4 << 20, text: 64 << 20 }).is_empty());
}

#[test]
fn all_of_it_is_answered_in_steps_of_a_bounded_length() {
    let files = files();
    for way in [Way::Newest, Way::Oldest] {
        let (hits, steps) = all_steps(&files, &matcher(&[]), way, Budget { hits: usize::MAX, ..PLENTY });
        assert_eq!(hits.len() as i64, SIZE + 3);
        // Each goes over it once or twice: all it holds is answered.
        assert!(steps.len() < 12, "{}", steps.len());
    }
}

#[test]
fn an_expression_that_takes_long_does_not_hold_up_a_page() {
    let files = files();
    let asked = matcher(&[("text", "(?s)[a-c].{0,200}Z"), ("as", "regex")]);
    let calls = Cell::new(0);
    let over = || {
        calls.set(calls.get() + 1);
        calls.get() > 2
    };
    let step = one_step(&files, &asked, &Start::Begin(Way::Newest), budget(&over, u64::MAX));
    assert!(step.hits.is_empty() && calls.get() < 20);
    let (_, steps) = all_steps(&files, &asked, Way::Newest, budget(&|| true, u64::MAX));
    assert!(steps.len() < 20 && steps.iter().any(|step| step.notes.iter().any(|note| note.what == What::Long)));
}

#[test]
fn what_one_step_answers_is_bounded() {
    let files = Memory::default();
    for node in 0..8 {
        let text: String = (0..6_000).map(|second| at(second, &"x".repeat(200))).collect();
        files.write(&format!("n{node}/x.log"), text.as_bytes());
    }
    files.write("short.log", "a\n".repeat(200_000).as_bytes());
    for way in [Way::Newest, Way::Oldest] {
        let (hits, steps) = all_steps(&files, &matcher(&[]), way, Budget { hits: usize::MAX, ..PLENTY });
        assert_eq!(hits.len(), 248_000);
        for step in &steps {
            let text: usize = step.hits.iter().map(|hit| hit.text.len()).sum();
            let weight: usize = step.hits.iter().map(crate::Hit::weight).sum();
            assert!(text < ANSWER + 1_000 && weight < 13 << 20, "{text} {weight}");
        }
        assert!(steps.len() > 10 && steps.len() < 100, "{}", steps.len());
    }
}

//! Order, time ranges, budgets, and how far was looked.

use std::cell::Cell;

use super::{PLENTY, START, all_steps, at, matcher, messages, one_step, ours, series};
use crate::memory::Memory;
use crate::reader::Budget;
use crate::search::{Asked, Start, TooMany, step};
use crate::time::{self, SECOND};
use crate::{Cursor, Way};

fn shuffled() -> Memory {
    let files = Memory::default();
    files.now.set((START + 100_000) * 1_000);
    for second in 0..3_000 {
        let node = ["one", "two", "three"][usize::try_from(second * second % 7 % 3).unwrap()];
        files.append(&format!("{node}/x.log"), at(second, &second.to_string()).as_bytes());
        if second % 400 == 399 {
            files.rotate(&format!("{node}/x.log"));
        }
    }
    files
}

#[test]
fn nodes_are_merged_by_time_both_ways() {
    let files = shuffled();
    let expected: Vec<String> = (0..3_000).map(|second: i64| second.to_string()).collect();
    for hits in [7, 100, 10_000] {
        let budget = Budget { hits, ..PLENTY };
        let (there, steps) = all_steps(&files, &matcher(&[]), Way::Oldest, budget);
        assert_eq!(messages(&there), expected);
        assert!(steps.iter().all(|step| step.hits.len() <= hits));
        let (mut back, _) = all_steps(&files, &matcher(&[]), Way::Newest, budget);
        back.reverse();
        assert_eq!(messages(&back), expected);
    }
}

#[test]
fn a_clock_that_jumps_loses_nothing_and_keeps_the_files_order() {
    let files = Memory::default();
    for (number, second) in [100, 101, 5, 6, 102, 103].into_iter().enumerate() {
        files.append("a.log", at(second, &format!("a{number}")).as_bytes());
    }
    for second in [1, 50, 150] {
        files.append("b.log", at(second, &format!("b{second}")).as_bytes());
    }
    let (back, _) = all_steps(&files, &matcher(&[]), Way::Newest, PLENTY);
    assert_eq!(messages(&back), ["b150", "a5", "a4", "b50", "a3", "a2", "a1", "a0", "b1"]);
    let (there, _) = all_steps(&files, &matcher(&[]), Way::Oldest, PLENTY);
    assert_eq!(messages(&there), ["b1", "b50", "a0", "a1", "a2", "a3", "a4", "a5", "b150"]);
}

#[test]
fn a_time_range_reads_little_else() {
    for compress in [false, true] {
        let files = Memory::default();
        let text: String = (0..30_000).map(|second| at(second, &second.to_string())).collect();
        files.now.set((START + 30_000) * 1_000);
        files.write("x.log.2", text.as_bytes());
        if compress {
            files.pack("x.log.2", 200_000);
        }
        let from = time::written((START + 10_000) * SECOND);
        let to = time::written((START + 10_009) * SECOND);
        let asked = matcher(&[("from", &from), ("to", &to)]);
        for way in [Way::Newest, Way::Oldest] {
            let steps = Cell::new(0_u64);
            let over = || {
                steps.set(steps.get() + 1);
                false
            };
            files.reads.set(0);
            let (hits, _) = all_steps(&files, &asked, way, Budget { over: &over, ..PLENTY });
            assert_eq!(hits.len(), 10, "{way:?}");
            assert!(files.reads.get() < 60, "{} {way:?}", files.reads.get());
        }
    }
}

#[test]
fn a_range_far_back_passes_over_whole_files() {
    for compress in [false, true] {
        let files = Memory::default();
        files.now.set((START + 100_000) * 1_000);
        for file in 0..5 {
            let text: String =
                (file * 20_000..(file + 1) * 20_000).map(|second| at(second, &second.to_string())).collect();
            files.rotate("x.log");
            files.write("x.log", text.as_bytes());
        }
        for number in (1..5).filter(|_| compress) {
            files.pack(&format!("x.log.{number}"), 200_000);
        }
        let (from, to) = (time::written((START + 10) * SECOND), time::written((START + 19) * SECOND));
        let asked = matcher(&[("from", &from), ("to", &to)]);
        for way in [Way::Newest, Way::Oldest] {
            // Less than one of the files has.
            let budget = Budget { read: 2 << 20, text: 2 << 20, ..PLENTY };
            let step = one_step(&files, &asked, &Start::Begin(way), budget);
            assert_eq!(step.hits.len(), 10, "{way:?} {compress}");
        }
    }
}

#[test]
fn a_range_is_found_where_clocks_jump() {
    let files = Memory::default();
    files.now.set((START + 20_000) * 1_000);
    // A machine that did not know the time when it was started.
    let wrong = |second: i64| ours(second * SECOND, "info", "wrong");
    let mut text: String = (0..3_000).map(|second| at(second, "right")).collect();
    text.extend((0..3_000).map(wrong));
    text.extend((3_000..6_000).map(|second| at(second, "right")));
    files.write("x.log", text.as_bytes());
    let from = time::written((START + 1_000) * SECOND);
    for way in [Way::Newest, Way::Oldest] {
        let (hits, _) = all_steps(&files, &matcher(&[("from", &from)]), way, PLENTY);
        assert_eq!(hits.len(), 5_000, "{way:?}");
    }
}

#[test]
fn a_step_ends_with_its_budget_and_says_how_far_it_came() {
    let files = Memory::default();
    let text: String = (0..20_000).map(|second| at(second, "x")).collect();
    files.write("x.log", text.as_bytes());
    let matcher = matcher(&[("text", "nowhere")]);
    let (_, steps) = all_steps(&files, &matcher, Way::Newest, Budget { text: 100_000, ..PLENTY });
    assert!(steps.len() > 5);
    let looked: Vec<u64> = steps.iter().map(|step| step.looked.bytes).collect();
    assert!(looked.is_sorted() && looked[0] > 0 && steps.iter().all(|step| step.looked.of == text.len() as u64));
    assert_eq!(looked.last(), Some(&(text.len() as u64)));
    let times: Vec<i64> = steps.iter().filter_map(|step| step.looked.time).collect();
    assert_eq!(times.len(), steps.len() - 1);
    assert!(times.is_sorted_by(|one, two| one > two) && times[0] > START * SECOND);

    let calls = Cell::new(0);
    let over = || {
        calls.set(calls.get() + 1);
        calls.get() > 3
    };
    let step = one_step(&files, &matcher, &Start::Begin(Way::Newest), Budget { over: &over, ..PLENTY });
    assert!(step.more && step.cursor.is_some() && step.looked.bytes < text.len() as u64);
}

#[test]
fn the_tail_is_shown_after_few_reads() {
    let files = Memory::default();
    for node in 0..16 {
        let text: String = (0..5_000).map(|second| at(second * 16 + node, "x")).collect();
        files.write(&format!("n{node}/x.log"), text.as_bytes());
    }
    files.reads.set(0);
    let step = one_step(&files, &matcher(&[]), &Start::Begin(Way::Newest), Budget { hits: 100, ..PLENTY });
    assert_eq!(step.hits.len(), 100);
    assert!(files.reads.get() < 150, "{}", files.reads.get());
}

#[test]
fn what_is_found_later_is_what_was_there_at_the_beginning() {
    let files = Memory::default();
    files.write("x.log", [at(0, "zero"), at(1, "one")].concat().as_bytes());
    let matcher = matcher(&[]);
    let first = one_step(&files, &matcher, &Start::Begin(Way::Newest), Budget { hits: 1, ..PLENTY });
    files.append("x.log", at(2, "two").as_bytes());
    files.write("y.log", at(0, "other").as_bytes());
    let rest = one_step(&files, &matcher, &Start::Cursor(first.cursor.unwrap()), PLENTY);
    assert_eq!((messages(&first.hits), messages(&rest.hits)), (vec!["one"], vec!["zero"]));
    let live = one_step(&files, &matcher, &Start::Cursor(first.live.unwrap()), PLENTY);
    assert_eq!(messages(&live.hits), ["other", "two"]);
}

#[test]
fn too_many_are_refused_and_a_cursor_of_others_leads_nowhere() {
    let files = Memory::default();
    for number in 0..17 {
        files.write(&format!("{number}/x.log"), at(number, "x").as_bytes());
    }
    let all = series(&files);
    let matcher = matcher(&[]);
    let asked = |series| Asked { files: &files, series, matcher: &matcher, now: 0 };
    assert!(matches!(step(asked(&all), &Start::Begin(Way::Newest), PLENTY), Err(TooMany)));
    let first = step(asked(&all[..1]), &Start::Begin(Way::Newest), Budget { hits: 0, ..PLENTY }).unwrap();
    let cursor: Cursor = first.cursor.unwrap();
    let other = step(asked(&all[1..2]), &Start::Cursor(cursor), PLENTY).unwrap();
    assert!(other.hits.is_empty() && other.cursor.is_none());
}

//! Files as they should not be: damaged, cut off, removed, not for us, with lines of any length and bytes of any kind.

use super::{LITTLE, PLENTY, START, all_steps, at, matcher, messages, one_step, series};
use crate::memory::{Memory, gzip, packed};
use crate::reader::Budget;
use crate::search::Start;
use crate::{Hit, Trouble, Way, What};

const BOTH: [Way; 2] = [Way::Newest, Way::Oldest];

fn found(files: &Memory, pairs: &[(&str, &str)], way: Way, budget: Budget<'_>) -> Vec<String> {
    let (mut hits, _) = all_steps(files, &matcher(pairs), way, budget);
    if way == Way::Newest {
        hits.reverse();
    }
    hits.into_iter().map(|hit| hit.record.message).collect()
}

fn names(from: i64, to: i64) -> Vec<String> {
    (from..to).map(|number| format!("n{number}.")).collect()
}

fn text(from: i64, to: i64) -> String {
    (from..to).map(|number| at(number, &format!("n{number}."))).collect()
}

#[test]
fn each_way_of_keeping_a_file_is_read_both_ways() {
    let files = Memory::default();
    files.now.set((START + 10_000) * 1_000);
    files.write("x.log.4.gz", &[gzip(text(0, 500).as_bytes()), gzip(text(500, 1_000).as_bytes())].concat());
    files.write("x.log.3.gz", &packed(text(1_000, 2_000).as_bytes(), 7_000));
    files.write("x.log.2.gz", &gzip(text(2_000, 3_000).as_bytes()));
    files.write("x.log.1", text(3_000, 4_000).as_bytes());
    files.write("x.log", text(4_000, 5_000).as_bytes());
    for way in BOTH {
        for budget in [PLENTY, Budget { hits: 70, ..PLENTY }, Budget { hits: 300, text: 1, ..PLENTY }] {
            assert_eq!(found(&files, &[], way, budget), names(0, 5_000), "{way:?}");
            assert_eq!(found(&files, &[("text", "N1500.")], way, budget), names(1_500, 1_501), "{way:?}");
            assert_eq!(found(&files, &[("text", "nowhere")], way, budget), names(0, 0), "{way:?}");
        }
    }
}

#[test]
fn what_is_compressed_in_one_piece_needs_a_longer_step() {
    let files = Memory::default();
    files.write("x.log.2.gz", &gzip(text(0, 1_000).as_bytes()));
    files.write("x.log.1", text(1_000, 1_001).as_bytes());
    let matcher = matcher(&[]);
    let first = one_step(&files, &matcher, &Start::Begin(Way::Newest), LITTLE);
    assert_eq!((messages(&first.hits), &first.notes[..]), (vec!["n1000."], &[][..]));
    let mut from = Start::Cursor(first.cursor.unwrap());
    for _ in 0..2 {
        let step = one_step(&files, &matcher, &from, LITTLE);
        if step.notes.is_empty() {
            // The step before has come no further than the end of the file.
            from = Start::Cursor(step.cursor.unwrap());
            continue;
        }
        assert_eq!((step.notes[0].what.clone(), step.notes[0].path.as_str()), (What::Long, "x.log.2.gz"));
        assert!(step.more && step.hits.is_empty());
    }
    let longer = one_step(&files, &matcher, &from, Budget { hits: 5, ..PLENTY });
    assert_eq!(messages(&longer.hits), ["n999.", "n998.", "n997.", "n996.", "n995."]);
}

#[test]
fn what_is_damaged_is_read_as_far_as_it_goes_and_said() {
    let files = Memory::default();
    let whole = text(0, 2_000);
    let mut bytes = packed(whole.as_bytes(), 20_000);
    let middle = bytes.len() / 2;
    bytes[middle..middle + 30].fill(0xff);
    files.write("x.log.2.gz", &bytes);
    for way in BOTH {
        let (hits, steps) = all_steps(&files, &matcher(&[]), way, PLENTY);
        assert_eq!(steps[0].notes[0].what, What::Damaged);
        let numbers: Vec<i64> = hits.iter().map(|hit| (hit.record.time.unwrap() / 1_000_000) - START).collect();
        assert!(numbers.contains(&0) && numbers.contains(&1_999) && numbers.len() > 1_800, "{}", numbers.len());
    }
    let bytes = gzip(whole.as_bytes());
    files.write("x.log.2.gz", &bytes[..bytes.len() / 2]);
    for way in BOTH {
        let (hits, steps) = all_steps(&files, &matcher(&[]), way, PLENTY);
        assert_eq!(steps[0].notes[0].what, What::Damaged);
        assert!(hits.len() > 500 && hits.iter().any(|hit| hit.record.message == "n0."));
    }
    files.write("x.log.2.gz", b"this is no gzip");
    let (hits, steps) = all_steps(&files, &matcher(&[]), Way::Newest, PLENTY);
    assert_eq!((hits.len(), &steps[0].notes[0].what), (0, &What::Damaged));
}

#[test]
fn what_may_not_be_read_is_said_and_passed_over() {
    let files = Memory::default();
    files.write("x.log.2", text(0, 3).as_bytes());
    files.write("x.log.1", text(3, 6).as_bytes());
    files.write("x.log", text(6, 9).as_bytes());
    files.denied.borrow_mut().push("x.log.1".into());
    for way in BOTH {
        let (hits, steps) = all_steps(&files, &matcher(&[]), way, PLENTY);
        assert_eq!(hits.len(), 6);
        let note = &steps[0].notes[0];
        assert_eq!((note.what.clone(), note.path.as_str()), (What::Unreadable(Trouble::Denied.to_string()), "x.log.1"));
    }
}

#[test]
fn what_may_not_be_read_now_is_followed_when_it_may() {
    let files = Memory::default();
    files.now.set(START * 1_000);
    files.write("x.log", text(0, 3).as_bytes());
    files.denied.borrow_mut().push("x.log".into());
    let matcher = matcher(&[]);
    let first = one_step(&files, &matcher, &Start::Begin(Way::Newest), PLENTY);
    assert_eq!(first.notes[0].what, What::Unreadable(Trouble::Denied.to_string()));
    let again = one_step(&files, &matcher, &Start::Cursor(first.live.unwrap()), PLENTY);
    assert_eq!((again.notes, again.hits.len()), (vec![], 0));
    files.denied.borrow_mut().clear();
    let last = one_step(&files, &matcher, &Start::Cursor(again.cursor.unwrap()), PLENTY);
    assert_eq!(messages(&last.hits), names(0, 3));
    // What is older is shown meanwhile.
    files.denied.borrow_mut().push("x.log".into());
    files.write("x.log.1", text(-3, 0).as_bytes());
    let older = one_step(&files, &matcher, &Start::Begin(Way::Newest), PLENTY);
    assert_eq!((older.hits.len(), older.notes.len()), (3, 1));
}

#[test]
fn a_file_that_is_removed_under_a_search_is_said_and_the_older_are_read() {
    let files = Memory::default();
    for (number, name) in ["x.log", "x.log.1", "x.log.2"].iter().enumerate() {
        let from = 100 * (2 - number as i64);
        files.write(name, text(from, from + 100).as_bytes());
    }
    let matcher = matcher(&[]);
    let first = one_step(&files, &matcher, &Start::Begin(Way::Newest), Budget { hits: 150, ..PLENTY });
    assert_eq!(messages(&first.hits)[149], "n150.");
    files.remove("x.log.1");
    let rest = one_step(&files, &matcher, &Start::Cursor(first.cursor.unwrap()), PLENTY);
    assert_eq!(rest.notes[0].what, What::Removed);
    assert_eq!(messages(&rest.hits), (0..100).rev().map(|number| format!("n{number}.")).collect::<Vec<_>>());
    assert_eq!(rest.cursor, None);
}

#[test]
fn bytes_of_any_kind_are_shown() {
    let files = Memory::default();
    files.write("x.log", b"2026-11-22 08:15:13 caf\xe9 \xff\n\0\x01 \xc3\n2026-11-22 08:15:14 ok\r\n");
    for way in BOTH {
        let (hits, _) = all_steps(&files, &matcher(&[]), way, PLENTY);
        let broken = hits.iter().find(|hit| hit.offset == 0).unwrap();
        assert_eq!(broken.text, "2026-11-22 08:15:13 caf\u{fffd} \u{fffd}\n\0\u{1} \u{fffd}");
        assert!(hits.iter().any(|hit| hit.text == "2026-11-22 08:15:14 ok"));
    }
    assert_eq!(found(&files, &[("text", "OK")], Way::Newest, PLENTY), ["ok"]);
}

#[test]
fn files_that_change_under_a_step_lose_nothing() {
    let rotate = |files: &Memory| files.rotate("x.log");
    let pack = |files: &Memory| files.pack("x.log.1", 2_000);
    let both = |files: &Memory| {
        files.rotate("x.log");
        files.pack("x.log.2", 2_000);
        files.gzip("x.log.4");
    };
    let events: [fn(&Memory); 3] = [rotate, pack, both];
    for (event, reads) in events.into_iter().flat_map(|event| (0..60).map(move |reads| (event, reads))) {
        for way in BOTH {
            let files = Memory::default();
            files.now.set((START + 10_000) * 1_000);
            files.write("x.log.3", text(0, 50).as_bytes());
            files.write("x.log.2.gz", &packed(text(50, 100).as_bytes(), 2_000));
            files.write("x.log.1", text(100, 150).as_bytes());
            files.write("x.log", text(150, 200).as_bytes());
            *files.during.borrow_mut() = Some((reads, Box::new(event)));
            let (mut hits, steps) = all_steps(&files, &matcher(&[]), way, Budget { hits: 30, ..PLENTY });
            if way == Way::Newest {
                hits.reverse();
            }
            assert_eq!(messages(&hits), names(0, 200), "{reads} {way:?}");
            assert!(steps.iter().all(|step| step.notes.is_empty()), "{reads} {way:?}");
        }
    }
}

/// A line of 10 MB between two of the usual length, with a needle far inside.
fn long(needle: usize) -> Vec<u8> {
    let mut line = at(2, "long").into_bytes();
    line.truncate(line.len() - 3);
    line.resize(10 << 20, b'y');
    line[needle..needle + 6].copy_from_slice(b"needle");
    line.extend(b"\"}\n");
    [at(1, "before").into_bytes(), line, at(3, "behind").into_bytes()].concat()
}

#[test]
fn a_line_of_ten_megabytes_is_searched_and_never_held() {
    for needle in [500, 5_000_000, (10 << 20) - 6, (9 << 20) + 195, (9 << 20) + 198, (3 << 20) + 200] {
        let files = Memory::default();
        files.write("x.log", &long(needle));
        for way in BOTH {
            let (hits, steps) = all_steps(&files, &matcher(&[("text", "NEEDLE")]), way, Budget { text: 1, ..PLENTY });
            assert_eq!(hits.len(), 1, "{needle} {way:?}");
            let Hit { cut, continued, text, offset, length, .. } = &hits[0];
            assert!((*cut || *continued) && text.len() <= 64 << 10, "{needle} {way:?}");
            // Pieces are counted from where one comes from.
            assert!(*continued == (needle > 2_000_000) || way == Way::Newest, "{needle} {way:?}");
            assert!(*length <= 1 << 20 && *offset as usize <= needle + 200 && steps.len() >= 10);
            let (hits, _) = all_steps(&files, &matcher(&[("text", "be")]), way, Budget { text: 1, ..PLENTY });
            assert_eq!(hits.len(), 2);
        }
    }
}

#[test]
fn a_long_line_in_a_compressed_file_is_searched_too() {
    for compress in [gzip as fn(&[u8]) -> Vec<u8>, |text| packed(text, 4 << 20)] {
        let files = Memory::default();
        files.write("x.log.2.gz", &compress(&long(7_000_000)));
        for way in BOTH {
            let (hits, _) = all_steps(&files, &matcher(&[("text", "NEEDLE")]), way, PLENTY);
            assert_eq!(hits.len(), 1, "{way:?}");
            let (hits, _) = all_steps(&files, &matcher(&[("text", "be")]), way, PLENTY);
            assert_eq!(hits.len(), 2, "{way:?}");
        }
    }
}

#[test]
fn nothing_there_is_nothing_found() {
    let files = Memory::default();
    files.write("empty.log", b"");
    files.write("one/empty.log", b"");
    files.write("one/empty.log.1", text(0, 2).as_bytes());
    for way in BOTH {
        assert_eq!(found(&files, &[], way, PLENTY), names(0, 2));
    }
    assert_eq!(series(&files).len(), 2);
    let none = crate::search::Asked { files: &files, series: &[], matcher: &matcher(&[]), now: 0 };
    let step = crate::search::step(none, &Start::Begin(Way::Newest), PLENTY).unwrap();
    assert!(step.hits.is_empty() && step.cursor.is_none());
}

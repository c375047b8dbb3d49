//! Ranges of time in files whose clock was put back or stood ahead: larger than a piece, so that what may be passed over is.

use super::{PLENTY, START, all_steps, matcher, one_step, ours};
use crate::Way;
use crate::memory::Memory;
use crate::search::Start;
use crate::time::{self, SECOND};

/// A line of the second so many after the beginning, long enough that an hour has more than a MiB.
fn line(second: i64) -> String {
    ours((START + second) * SECOND, "info", &"x".repeat(250))
}

fn written(second: i64) -> String {
    time::written((START + second) * SECOND)
}

/// How many are found from a second on to another, both ways, in small steps and in large ones.
fn found(files: &Memory, from: i64, to: i64) -> usize {
    let (from, to) = (written(from), written(to));
    let matcher = matcher(&[("from", &from), ("to", &to)]);
    let count = |way, budget| all_steps(files, &matcher, way, budget).0.len();
    let back = count(Way::Newest, PLENTY);
    assert_eq!(count(Way::Oldest, PLENTY), back);
    assert_eq!(count(Way::Newest, crate::Budget { text: 500_000, ..PLENTY }), back);
    assert_eq!(count(Way::Oldest, crate::Budget { text: 500_000, ..PLENTY }), back);
    back
}

/// Two hours; then the clock is put back by two, and there is another hour.
fn put_back() -> String {
    (0..7_200).chain(0..3_600).map(line).collect()
}

#[test]
fn a_clock_that_is_put_back_loses_nothing() {
    for (name, compress) in [("x.log", false), ("x.log.1", false), ("x.log.1", true)] {
        let files = Memory::default();
        files.now.set((START + 3_600) * 1_000);
        let text = put_back();
        assert!(text.len() > 3 << 20);
        files.write(name, text.as_bytes());
        if compress {
            files.pack(name, 200_000);
        }
        assert_eq!(found(&files, 6_500, 100_000), 700, "{name} {compress}");
        assert_eq!(found(&files, 3_000, 3_600), 1_201, "{name} {compress}");
        assert_eq!(found(&files, 0, 10), 22, "{name} {compress}");
    }
}

#[test]
fn what_a_clock_that_was_ahead_wrote_is_found() {
    for compress in [false, true] {
        let files = Memory::default();
        files.now.set((START + 3_600) * 1_000);
        let ahead: String = (100_000..103_600).map(line).collect();
        files.write("x.log.1", ahead.as_bytes());
        if compress {
            files.pack("x.log.1", 200_000);
        }
        files.now.set((START + 7_200) * 1_000);
        files.write("x.log", (3_600..7_200).map(line).collect::<String>().as_bytes());
        assert_eq!(found(&files, 50_000, 200_000), 3_600, "{compress}");
        assert_eq!(found(&files, 3_600, 10_000), 3_600, "{compress}");
    }
}

#[test]
fn a_clock_that_is_ahead_for_a_while_ends_no_search() {
    let files = Memory::default();
    files.now.set((START + 20_000) * 1_000);
    let seconds = (0..6_000).chain(500_000..500_600).chain(6_600..12_000);
    files.write("x.log", seconds.map(line).collect::<String>().as_bytes());
    assert_eq!(found(&files, 0, 11_000), 6_000 + 4_401);
    assert_eq!(found(&files, 400_000, 600_000), 600);
}

#[test]
fn files_that_are_older_than_what_is_asked_for_are_hardly_read() {
    let files = Memory::default();
    for number in (0..40).rev() {
        files.now.set((START + (40 - number) * 36_000) * 1_000);
        let name = if number == 0 { "x.log".to_owned() } else { format!("x.log.{number}") };
        let first = (39 - number) * 3_600;
        files.write(&name, (first * 10..first * 10 + 3_600).map(line).collect::<String>().as_bytes());
    }
    let last = 39 * 36_000 + 3_500;
    let matcher = matcher(&[("from", &written(last))]);
    files.reads.set(0);
    let step = one_step(&files, &matcher, &Start::Begin(Way::Newest), PLENTY);
    assert_eq!((step.hits.len(), step.cursor), (100, None));
    assert!(files.reads.get() < 250, "{}", files.reads.get());
    // A file that was written later than a younger one says that the clock was put back: then none is trusted.
    files.now.set((START + 2_000_000) * 1_000);
    files.write("x.log.39", (last..last + 100).map(line).collect::<String>().as_bytes());
    files.now.set((START + 36_000) * 1_000);
    files.write("x.log.30", (last..last + 100).map(line).collect::<String>().as_bytes());
    assert_eq!(found(&files, last, last + 99), 300);
}

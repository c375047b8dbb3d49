//! One record by where it stands, whatever became of its file.

use super::{PLENTY, START, all_steps, at, matcher, series};
use crate::memory::Memory;
use crate::{Hit, Way, find};

/// Opens each of them again; the same bytes and the same record must stand there.
fn opened(files: &Memory, hits: &[Hit]) {
    let series = series(files);
    for hit in hits {
        let series = &series[hit.series];
        let found = find(files, series, &hit.segment, hit.offset, hit.record.time).unwrap();
        let found = found.unwrap_or_else(|| panic!("{} {}", hit.path, hit.offset));
        assert_eq!((&found.text, &found.record, found.continued), (&hit.text, &hit.record, hit.continued));
        assert_eq!((found.offset, &found.segment), (hit.offset, &hit.segment));
        assert!(found.length == hit.length || hit.broken);
    }
}

fn all(files: &Memory) -> Vec<Hit> {
    all_steps(files, &matcher(&[]), Way::Oldest, PLENTY).0
}

#[test]
fn a_line_is_opened_however_much_stands_behind_it_and_whatever_its_file_is_called() {
    let files = Memory::default();
    files.now.set((START + 100_000) * 1_000);
    let text: String = (0..300).map(|second| at(second / 10, &second.to_string())).collect();
    files.write("x.log", text.as_bytes());
    let hits = all(&files);
    assert_eq!(hits.len(), 300);
    opened(&files, &hits);
    files.append("x.log", (300..30_000).map(|second| at(second / 10, "more")).collect::<String>().as_bytes());
    opened(&files, &hits);
    files.rotate("x.log");
    files.write("x.log", at(4_000, "new").as_bytes());
    opened(&files, &hits);
    files.pack("x.log.1", 3_000);
    opened(&files, &hits);
    files.write("x.log.1.gz", &crate::memory::gzip(text.as_bytes()));
    opened(&files, &hits);
    let last = &hits[299];
    let gone = |segment: &str, offset, time| find(&files, &series(&files)[0], segment, offset, time).unwrap();
    assert_eq!(gone(&last.segment, last.offset + last.length, last.record.time), None);
    assert_eq!(gone(&last.segment, 50_000_000, last.record.time), None);
    assert_eq!(gone(&last.segment, last.offset, None), None);
    assert_eq!(gone("no segment", last.offset, last.record.time), None);
    files.remove("x.log.1.gz");
    assert_eq!(gone(&last.segment, last.offset, last.record.time), None);
}

#[test]
fn a_file_that_is_compressed_meanwhile_is_looked_for_again() {
    let files = Memory::default();
    files.write("x.log.1", (0..300).map(|second| at(second, "x")).collect::<String>().as_bytes());
    let hits = all(&files);
    for reads in 0..3 {
        let before = series(&files);
        *files.during.borrow_mut() = Some((
            reads,
            Box::new(|files| {
                if files.exists("x.log.1") {
                    files.rename("x.log.1", "x.log.2");
                    files.pack("x.log.2", 3_000);
                }
            }),
        ));
        let hit = &hits[200];
        let found = find(&files, &before[0], &hit.segment, hit.offset, hit.record.time).unwrap();
        assert_eq!(found.map(|found| found.text), Some(hit.text.clone()));
    }
}

#[test]
fn of_files_that_begin_alike_the_one_with_this_time_is_meant() {
    let files = Memory::default();
    let banner = format!("#Fields {}\n", "x".repeat(5_000));
    for (name, second) in [("x.log.2", 10), ("x.log.1", 20), ("x.log", 30)] {
        files.write(name, [banner.clone(), at(second, name)].concat().as_bytes());
    }
    let hits = all(&files);
    assert_eq!(hits.iter().filter(|hit| hit.record.time.is_some()).count(), 3);
    assert!(hits.windows(2).all(|pair| pair[0].segment == pair[1].segment));
    opened(&files, &hits);
}

#[test]
fn lines_without_a_time_and_pieces_of_long_ones_are_opened() {
    let files = Memory::default();
    let long = format!("{}ä{}\nshort\n  more\n\nlast", "y".repeat(3 << 20), "z".repeat(70_000));
    files.write("plain.out", format!("one\ntwo\n{long}").as_bytes());
    let hits = all(&files);
    assert!(hits.iter().any(|hit| hit.continued && hit.broken) && hits.len() > 6);
    opened(&files, &hits);
    files.rename("plain.out", "plain.out.1");
    files.pack("plain.out.1", 100);
    opened(&files, &hits[..2]);
}

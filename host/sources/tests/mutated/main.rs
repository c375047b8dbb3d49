//! A good archive with bytes changed, thousands of times: none brings the reader down or makes it hold much, and what is
//! still taken is what it was. A process of its own, since what is held is measured by the process.

#![allow(clippy::unwrap_used)]

#[allow(dead_code, reason = "the archives of other tests need more of it")]
#[path = "../archives/zip.rs"]
mod zip;

use std::time::{Duration, Instant};

use vestry_sources::archive::{ArchiveError, Unpacked, unpack};

use zip::{Item, item, stored, streamed, zip};

/// What a component begins with, and something behind it.
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0component";
/// The most that may be held for an archive of some hundred bytes, whatever it announces.
const MOST_HELD: usize = 8 << 20;

const ROUNDS: u32 = 20_000;

/// Numbers that are the same each time (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }

    /// One to four changes: a byte, a word of a number that is at an edge, a piece taken out, doubled, or cut off.
    fn change(&mut self, content: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            if content.len() < 8 {
                return;
            }
            let at = self.below(content.len() - 4);
            match self.below(8) {
                0..=3 => content[at] = self.below(256) as u8,
                4 | 5 => {
                    let words = [0, 1, 0x7fff_ffff, 0x8000_0000, u32::MAX, u32::MAX - 1, 0x0605_4b50, 0x0706_4b50];
                    content[at..at + 4].copy_from_slice(&words[self.below(words.len())].to_le_bytes());
                }
                6 => {
                    let piece: Vec<u8> = content.drain(at..(at + 1 + self.below(40)).min(content.len())).collect();
                    if self.below(2) == 0 {
                        let to = self.below(content.len() + 1);
                        content.splice(to..to, piece);
                    }
                }
                _ => content.truncate(at),
            }
        }
    }
}

fn take(content: Vec<u8>) -> Result<Unpacked, ArchiveError> {
    unpack(content, "hello.zip")
}

/// The most that this process has asked for so far, in bytes, used or not.
fn most_held() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmPeak:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() << 10
}

fn archives() -> Vec<Vec<u8>> {
    let readme = item("README.md", b"# Hello\n\nSays hello.");
    let wide = [1_u16.to_le_bytes(), 16_u16.to_le_bytes()].concat();
    let wide = [wide, [COMPONENT.len() as u64; 2].iter().flat_map(|size| size.to_le_bytes()).collect()].concat();
    let zip64 = Item {
        size: Some(u32::MAX),
        packed: Some(u32::MAX),
        extra: wide.clone(),
        local_extra: wide,
        local_size: Some(u32::MAX),
        ..stored("hello.wasm", COMPONENT)
    };
    vec![
        zip(&[item("hello.wasm", COMPONENT), readme.clone()]),
        zip(&[streamed("a/hello.wasm", COMPONENT, true, false), readme.clone(), stored("a/", b"")]),
        zip(&[zip64, readme]),
    ]
}

#[test]
fn nothing_brings_the_reader_down() {
    let (began, held) = (Instant::now(), most_held());
    let mut taken = 0;
    for (index, good) in archives().into_iter().enumerate() {
        assert_eq!(take(good.clone()).unwrap().component, COMPONENT, "{index}");
        let mut chance = Chance(0x5eed + index as u64);
        for _ in 0..ROUNDS {
            let mut content = good.clone();
            chance.change(&mut content);
            if let Ok(unpacked) = take(content) {
                taken += 1;
                // What is taken was checked by its checksum.
                assert_eq!(unpacked.component, COMPONENT);
            }
        }
    }
    // Bytes that nobody looks at, such as times, leave it as it was.
    assert!(taken > 0);
    assert!(most_held() - held < MOST_HELD, "{held} {}", most_held());
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
}

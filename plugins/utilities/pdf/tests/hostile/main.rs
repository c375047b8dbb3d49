//! Ten thousand damaged files, and some that are made to be a burden: none may panic, hold more than 48 MiB with the file
//! itself, or take a second.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

mod bombs;
mod mutate;
mod raw;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use mutate::{Chance, mutated};
use peak_alloc::PeakAlloc;
use rustix::time::{ClockId, clock_gettime};
use vestry_pdf_fields::{csv, read, yaml};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// How many files are damaged.
const FILES: u64 = 10_000;

/// Bytes that reading and writing down may hold, with the file.
const HELD: usize = 48 << 20;

/// What one file may take. A debug build is slower than what runs in the sandbox.
const TIME: Duration = Duration::from_secs(1);

/// Bytes of the stack: what a component has.
const STACK: usize = 1 << 20;

#[derive(Default)]
struct Worst {
    held: (usize, String),
    time: (Duration, String),
    answers: BTreeMap<String, u32>,
}

impl Worst {
    /// Reads a file and writes down what is in it.
    fn read(&mut self, name: &str, bytes: &[u8], password: Option<&str>) {
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        let start = spent();
        let read = read(bytes, password);
        let time = spent() - start;
        if let Ok(template) = &read {
            drop((yaml(template, "x.pdf"), csv(template), serde_json::to_vec(template).unwrap()));
        }
        let held = MEMORY.peak_usage() - before + bytes.len();
        let answer = read.map_or_else(|wrong| wrong.to_string(), |_| "read".to_owned());
        assert!(held <= HELD, "{name} holds {held} bytes: {answer}");
        assert!(time <= TIME, "{name} takes {time:?}: {answer}");
        *self.answers.entry(answer).or_default() += 1;
        if held > self.held.0 {
            self.held = (held, name.to_owned());
        }
        if time > self.time.0 {
            self.time = (time, name.to_owned());
        }
    }

    fn print(&self, what: &str, time: Duration) {
        println!("{what} in {time:?}: {:?}", self.answers);
        println!("  most held: {} KiB by {}", self.held.0 >> 10, self.held.1);
        println!("  longest: {:?} by {}", self.time.0, self.time.1);
    }
}

/// Of the processor, for this thread: others use the machine, too.
fn spent() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap())
}

/// One thread, so that memory and time are those of one file.
#[test]
fn no_file_is_a_burden() {
    let all = || {
        burdens();
        damages();
    };
    std::thread::Builder::new().stack_size(STACK).spawn(all).unwrap().join().unwrap();
}

fn burdens() {
    let (start, mut worst) = (Instant::now(), Worst::default());
    for (name, bytes) in bombs::bombs() {
        worst.read(name, &bytes, None);
    }
    worst.print("bombs", start.elapsed());
}

fn damages() {
    // Each encrypted one less often: their passwords take most of the time.
    let mut seeds: Vec<Vec<u8>> = (0..24).map(|n| if n < 12 { raw::plain() } else { raw::streams() }).collect();
    seeds.extend(["locked-3", "locked-4-password", "locked-6-password"].map(file));
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/corpus/pdf/files");
    let folder = std::env::var_os("VESTRY_CORPUS").unwrap_or_else(|| kept.into());
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let files = paths.iter().filter(|path| path.extension().is_some_and(|end| end == "pdf"));
    seeds.extend(files.map(|path| std::fs::read(path).unwrap()).filter(|bytes| bytes.len() < 16 << 10));
    let (start, mut worst) = (Instant::now(), Worst::default());
    for number in 0..FILES {
        let mut chance = Chance(number);
        let seed = &seeds[chance.below(seeds.len())];
        let bytes = mutated(&mut chance, seed, &seeds);
        worst.read(&format!("file {number}"), &bytes, Some("geheim"));
    }
    worst.print("damaged files", start.elapsed());
    // Damage is not the end: most of what is in them is still found, and the rest is told apart.
    assert!(worst.answers["read"] > FILES as u32 / 2);
    assert!(worst.answers.len() > 4);
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/files/{name}.pdf", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

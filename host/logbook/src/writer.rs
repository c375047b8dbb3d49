//! The thread that writes: takes what waits, adds it to the files, changes files for new ones.
//!
//! Where a file cannot be written - a full disk, a directory that went away - what waits is kept as far as there is room
//! for it, said once on stderr, and tried again each second. What found no room is counted, and a line says so as soon as
//! there is one to be had: nobody takes a gap for silence.
//!
//! Files are compressed and removed by another thread that is nice to all others: after a change, at the start, and once
//! a day. The end of the process does not wait for it long: the next start takes up what it left.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::age::Today;
use crate::buffers::Buffers;
use crate::directory::Directory;
use crate::file::LogFile;
use crate::layer::Layer;
use crate::left;
use crate::open_file::OpenFile;
use crate::rotation::{self, Keeping};

/// How long a line waits to be written at most.
const PATIENCE: Duration = Duration::from_millis(100);
/// How often files are looked at to which nothing is written.
const STILL: Duration = Duration::from_secs(3_600);
/// How often it is looked what is to be removed, if nothing is changed meanwhile.
const PACKED: Duration = Duration::from_secs(24 * 3_600);
/// How long the end of the process waits for its last lines.
const LAST: Duration = Duration::from_secs(2);
/// And of that, for files that are being compressed.
const LAST_PACKED: Duration = Duration::from_millis(500);

/// The log of this process. Writes what waits when it is dropped.
#[derive(Debug)]
pub struct Logbook {
    node: Arc<str>,
    buffers: Arc<Buffers>,
    thread: Option<JoinHandle<()>>,
}

impl Logbook {
    /// Starts the thread that writes into the directory.
    ///
    /// # Errors
    ///
    /// Where no thread can be had.
    pub fn open(directory: Directory, keeping: Keeping) -> io::Result<Self> {
        let node = Arc::from(directory.node());
        let buffers = Arc::new(Buffers::default());
        let writer = Writer::new(directory, Arc::clone(&buffers), keeping);
        let thread = thread::Builder::new().name("logbook".into()).spawn(move || writer.run())?;
        Ok(Self { node, buffers, thread: Some(thread) })
    }

    /// What `tracing` is handed.
    #[must_use]
    pub fn layer(&self) -> Layer {
        Layer { node: Arc::clone(&self.node), buffers: Arc::clone(&self.buffers) }
    }

    /// Waits until all that was said before stands in the files, for two seconds at most.
    pub fn flush(&self) {
        self.buffers.flush(LAST);
    }
}

impl Drop for Logbook {
    fn drop(&mut self) {
        self.flush();
        self.buffers.end();
        if let Some(thread) = self.thread.take() {
            wait(&thread, LAST);
        }
    }
}

/// Waits for a thread, and no longer than that: one that hangs on a disk ends with the process.
fn wait(thread: &JoinHandle<()>, patience: Duration) {
    let began = Instant::now();
    while !thread.is_finished() && began.elapsed() < patience {
        thread::sleep(Duration::from_millis(2));
    }
}

struct Writer {
    /// Shared with the thread that compresses: as long as it works, nobody else has the directory.
    directory: Arc<Directory>,
    buffers: Arc<Buffers>,
    keeping: Keeping,
    today: Today,
    files: [OpenFile; LogFile::ALL.len()],
    /// When files without new lines were looked at.
    looked: Option<Instant>,
    packing: Option<JoinHandle<()>>,
    packed: Instant,
}

impl Writer {
    fn new(directory: Directory, buffers: Arc<Buffers>, keeping: Keeping) -> Self {
        let (today, directory) = (Today::of(&directory.logs), Arc::new(directory));
        let files = LogFile::ALL.map(OpenFile::new);
        Self { directory, buffers, keeping, today, files, looked: None, packing: None, packed: Instant::now() }
    }

    fn run(mut self) {
        self.pack();
        loop {
            let mut handed = self.buffers.take(PATIENCE);
            for (open, more) in self.files.iter_mut().zip(&mut handed.files) {
                open.write(std::mem::take(more), &self.directory);
            }
            self.buffers.done(&handed);
            if handed.ended {
                break;
            }
            self.change();
        }
        if let Some(packing) = &self.packing {
            wait(packing, LAST_PACKED);
        }
    }

    /// Changes files that are full or old for new ones; not before those of the last time are compressed.
    fn change(&mut self) {
        if self.packing.as_ref().is_some_and(|packing| !packing.is_finished()) {
            return;
        }
        let still = self.looked.is_none_or(|when| when.elapsed() >= STILL);
        if still {
            self.looked = Some(Instant::now());
        }
        let mut changed = false;
        for open in &mut self.files {
            changed |= open.change(&self.directory.place, self.keeping, still);
        }
        if changed || self.packed.elapsed() >= PACKED {
            self.pack();
        }
    }

    fn pack(&mut self) {
        self.packed = Instant::now();
        let (directory, keeping, now) = (Arc::clone(&self.directory), self.keeping, self.today.now());
        let packing = move || {
            // Nobody waits for it, and everybody for the requests beside it.
            let _ = rustix::process::nice(10);
            for kind in LogFile::ALL {
                if let Err(error) = rotation::pack(&directory.place, kind.name(), keeping, now) {
                    let file = directory.place.join(kind.name());
                    eprintln!("{}: {error}; older files of it stay as they are", file.display());
                }
            }
            for (place, error) in left::prune(&directory.logs, &directory.place, keeping, now) {
                eprintln!("{}: {error}; old logs in there stay", place.display());
            }
        };
        self.packing = thread::Builder::new().name("logbook-pack".into()).spawn(packing).ok();
    }
}

//! Compiled code of the packages that the program ships with, from one server of the tests to the next.
//!
//! Compiling it takes a new server several seconds of the processor, and the tests start more than a hundred. So the first
//! one leaves its code, with the key that vouches for it, and later ones find both in their data directories as if they
//! had started there before. What they find they verify, as always; a program that was built since starts anew.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::UNIX_EPOCH;

use crate::{program, target};

const KEY: &str = "server.key";
const CODE: &str = "compiled";

/// Lays into a new data directory what an earlier server has left, where one has. One that has a key is let be.
pub fn lay(data: &Path) {
    let kept = kept();
    if !kept.is_dir() || data.join(KEY).exists() {
        return;
    }
    // The code first: without the key it would be of no use, and the server makes itself a new one.
    share(&kept, data).expect("compiled code can be laid there");
}

/// Keeps the code of a server that has just become ready, unless there is some of this program.
pub fn keep(data: &Path) {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let own = format!("making-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let (kept, being_made) = (kept(), folder().join(own));
    if kept.is_dir() {
        return;
    }
    let made = fs::create_dir_all(&being_made).and_then(|()| share(data, &being_made));
    // Another test may have been first, and a server that was told to end keeps nothing: neither is a fault.
    if made.and_then(|()| fs::rename(&being_made, &kept)).is_err() {
        fs::remove_dir_all(&being_made).ok();
    }
}

/// The code is linked, not copied: nobody writes into a file of it, and 15 MB lie on the disk once.
fn share(from: &Path, to: &Path) -> io::Result<()> {
    let code = to.join(CODE);
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&code)?;
    for entry in fs::read_dir(from.join(CODE))? {
        let entry = entry?;
        fs::hard_link(entry.path(), code.join(entry.file_name()))?;
    }
    fs::copy(from.join(KEY), to.join(KEY)).map(drop)
}

/// Beside `target/system`, which is searched for keys.
fn folder() -> PathBuf {
    target().join("compiled")
}

/// Named after the program, which has its packages inside.
fn kept() -> PathBuf {
    let program = fs::metadata(program("vestry")).expect("the program is there");
    let built = program.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let mut hasher = DefaultHasher::new();
    (program.len(), built).hash(&mut hasher);
    folder().join(format!("{:016x}", hasher.finish()))
}

//! How old a file is, when it is asked whether it goes.
//!
//! A clock can be wrong when a machine starts, far ahead as well, and is usually set within minutes. What it says must not
//! remove what is kept. So for a day from the start on a file's age is counted against the newest one that was there; then
//! the clock is believed. A file stays for a day longer at most, and where a server was stopped for long.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use crate::file::LogFile;
use crate::rotation;

/// How long the newest file is believed more than the clock.
const DOUBTED: Duration = Duration::from_secs(24 * 3_600);

/// What time it is, as far as that removes anything.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Today {
    /// When the newest file was changed that was there at the start.
    newest: Option<SystemTime>,
    since: Instant,
}

impl Today {
    /// Looks for the newest file of all nodes; before anything is written.
    pub(crate) fn of(logs: &Path) -> Self {
        let nodes = fs::read_dir(logs).into_iter().flatten().flatten();
        let newest = nodes.flat_map(|node| LogFile::ALL.map(|kind| rotation::newest(&node.path(), kind.name())));
        Self { newest: newest.flatten().max(), since: Instant::now() }
    }

    /// The time that ages are counted from.
    pub(crate) fn now(self) -> SystemTime {
        self.at(SystemTime::now(), self.since.elapsed())
    }

    fn at(self, clock: SystemTime, running: Duration) -> SystemTime {
        self.newest.filter(|newest| running < DOUBTED && *newest < clock).unwrap_or(clock)
    }
}

/// Whether what was changed then is older than that. What was changed later than now is not.
pub(crate) fn is_older(modified: SystemTime, than: Duration, now: SystemTime) -> bool {
    now.duration_since(modified).is_ok_and(|age| age > than)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_far_ahead_is_not_believed_at_once() {
        let hours = |hours: u64| Duration::from_secs(hours * 3_600);
        let written = SystemTime::UNIX_EPOCH + hours(500_000);
        let (far, near) = (written + hours(100_000), written + hours(1));
        let today = Today { newest: Some(written), since: Instant::now() };
        assert_eq!(today.at(far, hours(0)), written);
        assert_eq!((today.at(near, hours(25)), today.at(far, hours(25))), (near, far));
        // One that is behind makes files young, and removes nothing.
        assert_eq!(today.at(written - hours(9), hours(0)), written - hours(9));
        assert_eq!(Today { newest: None, ..today }.at(far, hours(0)), far);
    }

    #[test]
    fn the_newest_file_is_that_of_any_node() {
        let logs = tempfile::tempdir().unwrap();
        let time = |seconds: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        assert_eq!(Today::of(logs.path()).newest, None);
        for (node, name, seconds) in [("a", "access.log.2.gz", 5), ("b", "error.log", 7), ("b", "notes.txt", 9)] {
            fs::create_dir_all(logs.path().join(node)).unwrap();
            fs::File::create(logs.path().join(node).join(name)).unwrap().set_modified(time(seconds)).unwrap();
        }
        assert_eq!(Today::of(logs.path()).newest, Some(time(7)));
    }
}

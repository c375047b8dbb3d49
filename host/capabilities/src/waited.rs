//! How long a call has waited for other servers: time that is theirs, whatever becomes of the call meanwhile.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// Of one call. Cheap to clone; to be kept aside by who makes the call, because a call that is broken off is gone.
#[derive(Debug, Clone, Default)]
pub struct Waited(Arc<Mutex<Sum>>);

#[derive(Debug, Default)]
struct Sum {
    before: Duration,
    since: Option<Instant>,
}

/// Ends the wait when it is dropped.
#[derive(Debug)]
pub(crate) struct Wait(Waited);

impl Waited {
    /// All of it, up to this moment.
    #[must_use]
    pub fn time(&self) -> Duration {
        let waited = self.0.lock();
        waited.before + waited.since.map(|since| since.elapsed()).unwrap_or_default()
    }

    /// Begins to wait. A call waits for one server at a time.
    pub(crate) fn begin(&self) -> Wait {
        self.0.lock().since = Some(Instant::now());
        Wait(self.clone())
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        let mut waited = self.0.0.lock();
        let this = waited.since.take().map(|since| since.elapsed()).unwrap_or_default();
        waited.before += this;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_added_up_and_one_under_way_counts() {
        let all = Waited::default();
        assert_eq!(all.time(), Duration::ZERO);
        let pause = Duration::from_millis(3);
        let wait = all.begin();
        std::thread::sleep(pause);
        assert!(all.time() >= pause, "it has not ended");
        drop(wait);
        let first = all.time();
        std::thread::sleep(pause);
        assert!(first >= pause && all.time() == first);
        let _wait = all.begin();
        std::thread::sleep(pause);
        assert!(all.time() >= first + pause);
    }
}

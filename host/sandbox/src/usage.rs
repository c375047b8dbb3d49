//! What calls of a plugin have used since the server started.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Counters of one plugin; read without a lock, exact once the calls under way have ended.
#[derive(Debug, Default)]
pub struct Usage {
    calls: AtomicU64,
    failures: AtomicU64,
    cpu_ns: AtomicU64,
    peak_memory: AtomicU64,
}

impl Usage {
    pub(crate) fn record(&self, cpu: Duration, memory: usize, failed: bool) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.failures.fetch_add(u64::from(failed), Ordering::Relaxed);
        self.cpu_ns.fetch_add(u64::try_from(cpu.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.peak_memory.fetch_max(memory as u64, Ordering::Relaxed);
    }

    /// Calls that got an instance.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Calls that trapped or went over a limit.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    #[must_use]
    pub fn cpu(&self) -> Duration {
        Duration::from_nanos(self.cpu_ns.load(Ordering::Relaxed))
    }

    /// The most linear memory that one call had, in bytes.
    #[must_use]
    pub fn peak_memory(&self) -> u64 {
        self.peak_memory.load(Ordering::Relaxed)
    }
}

//! The CPU clock of one call: thread CPU time summed over its polls, and the tick that looks at it.
//!
//! Wall time would charge a call for its neighbours, and fuel costs 9 % of guest work where an epoch costs 1-5 %. So
//! each poll reads the clock of the thread it runs on before and after, and every 10 ms a tick lets the call itself
//! see how far it has come.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// A call that a tick finds with less than this has done nothing to be moved for: it was only under way as the tick came.
const GRACE: Duration = Duration::from_millis(1);

/// The CPU clock of one call.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    /// Nanoseconds of the polls that have ended.
    used: AtomicU64,
    /// The thread's clock when the poll under way began.
    since: AtomicU64,
    slow: AtomicBool,
}

/// What a tick found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Tick {
    /// Just begun: go on where it is.
    GoOn,
    /// Go on in the slow lane.
    Yield,
    /// Over its limit: end it.
    Over,
}

impl Meter {
    /// Of a call that goes to the slow lane at once.
    pub(crate) fn slow() -> Self {
        Self { slow: AtomicBool::new(true), ..Self::default() }
    }

    /// CPU time of the call so far. To be asked by the call itself, on the thread that polls it.
    fn now(&self) -> Duration {
        let poll = thread_clock().saturating_sub(self.since.load(Ordering::Relaxed));
        Duration::from_nanos(self.used.load(Ordering::Relaxed) + poll)
    }

    /// CPU time of all polls that have ended.
    pub(crate) fn used(&self) -> Duration {
        Duration::from_nanos(self.used.load(Ordering::Relaxed))
    }

    pub(crate) fn tick(&self, limit: Duration) -> Tick {
        let now = self.now();
        if now > limit {
            Tick::Over
        } else if now < GRACE {
            Tick::GoOn
        } else {
            self.slow.store(true, Ordering::Relaxed);
            Tick::Yield
        }
    }

    /// Whether the call has to leave the fast lane.
    pub(crate) fn is_slow(&self) -> bool {
        self.slow.load(Ordering::Relaxed)
    }
}

/// A future whose polls are charged to a meter.
pub(crate) struct Metered<F> {
    future: Pin<Box<F>>,
    meter: Arc<Meter>,
}

impl<F> Metered<F> {
    pub(crate) fn new(future: F, meter: Arc<Meter>) -> Self {
        Self { future: Box::pin(future), meter }
    }
}

impl<F: Future> Future for Metered<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let began = thread_clock();
        self.meter.since.store(began, Ordering::Relaxed);
        let polled = self.future.as_mut().poll(context);
        self.meter.used.fetch_add(thread_clock().saturating_sub(began), Ordering::Relaxed);
        polled
    }
}

/// CPU time of this thread in nanoseconds.
fn thread_clock() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn burn(time: Duration) {
        let began = thread_clock();
        while thread_clock() - began < u64::try_from(time.as_nanos()).unwrap() {
            std::hint::spin_loop();
        }
    }

    #[test]
    fn a_call_is_charged_for_its_own_cpu_time_and_not_for_waiting() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let meter = Arc::new(Meter::default());
        runtime.block_on(Metered::new(
            async {
                burn(Duration::from_millis(5));
                tokio::time::sleep(Duration::from_millis(60)).await;
                burn(Duration::from_millis(5));
            },
            Arc::clone(&meter),
        ));
        assert!(meter.used() >= Duration::from_millis(10), "{:?}", meter.used());
        assert!(meter.used() < Duration::from_millis(50), "{:?}", meter.used());
    }

    #[test]
    fn a_tick_moves_what_has_run_and_ends_what_is_over() {
        let meter = Meter::default();
        meter.since.store(thread_clock(), Ordering::Relaxed);
        assert_eq!(meter.tick(Duration::from_millis(20)), Tick::GoOn);
        assert!(!meter.is_slow());
        burn(Duration::from_millis(3));
        assert_eq!(meter.tick(Duration::from_millis(20)), Tick::Yield);
        assert!(meter.is_slow());
        burn(Duration::from_millis(20));
        assert_eq!(meter.tick(Duration::from_millis(20)), Tick::Over);
    }
}

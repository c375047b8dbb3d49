//! What calls of a plugin have used: since the server started, and in the last hour. A call that its client has left counts
//! too, with what it used until then.
//!
//! Kept by plugin and not by version, so that an update does not hide what the version before it did. The last hour is
//! sixty buckets of a minute; one in which nothing was called takes no room. How long calls took is kept in a histogram of
//! log-linear buckets: eight for each doubling, so what is read from it is within a sixteenth of what was. Nothing is
//! written to disk: with the process, its counts are gone.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// Buckets of the last hour, and how long one lasts.
const MINUTES: u64 = 60;
const MINUTE: Duration = Duration::from_secs(60);

/// Counters of one plugin. Recording a call takes a fraction of a microsecond, under a lock that is held no longer.
#[derive(Debug)]
pub struct Usage {
    started: Instant,
    counts: Mutex<Counts>,
}

/// What calls have used in one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Used {
    /// Calls that got an instance.
    pub calls: u64,
    /// Calls that trapped or went over a limit.
    pub failures: u64,
    /// Host calls that the gate refused.
    pub refused: u64,
    pub cpu: Duration,
    /// The most linear memory that one call had, in bytes.
    pub peak_memory: u64,
    /// 95 of 100 calls took no longer by the clock on the wall; zero where there were none. Within a tenth.
    pub p95: Duration,
}

/// One call that has ended.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ending {
    pub(crate) cpu: Duration,
    pub(crate) wall: Duration,
    pub(crate) peak_memory: usize,
    pub(crate) failed: bool,
    pub(crate) refused: u64,
}

#[derive(Debug, Default)]
struct Counts {
    since_start: Tally,
    /// The latest last; only minutes in which something was called.
    minutes: VecDeque<(u64, Tally)>,
}

#[derive(Debug, Clone, Default)]
struct Tally {
    used: Used,
    took: Histogram,
}

impl Default for Usage {
    fn default() -> Self {
        Self::starting(Instant::now())
    }
}

impl Usage {
    fn starting(started: Instant) -> Self {
        Self { started, counts: Mutex::default() }
    }

    pub(crate) fn record(&self, ending: &Ending) {
        self.record_at(Instant::now(), ending);
    }

    fn record_at(&self, now: Instant, ending: &Ending) {
        let minute = self.minute(now);
        let mut counts = self.counts.lock();
        counts.since_start.add(ending);
        counts.of_minute(minute).add(ending);
    }

    /// Since this process started.
    #[must_use]
    pub fn since_start(&self) -> Used {
        self.counts.lock().since_start.used()
    }

    /// In this minute and the 59 before it.
    #[must_use]
    pub fn last_hour(&self) -> Used {
        self.last_hour_at(Instant::now())
    }

    fn last_hour_at(&self, now: Instant) -> Used {
        let minute = self.minute(now);
        let mut sum = Tally::default();
        let counts = self.counts.lock();
        for (_, tally) in counts.minutes.iter().filter(|(then, _)| is_recent(*then, minute)) {
            sum.join(tally);
        }
        sum.used()
    }

    fn minute(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.started).as_secs() / MINUTE.as_secs()
    }
}

fn is_recent(then: u64, minute: u64) -> bool {
    then + MINUTES > minute
}

impl Counts {
    /// The bucket of a minute. Two calls that end together may come in either order: the later minute takes both.
    fn of_minute(&mut self, minute: u64) -> &mut Tally {
        if self.minutes.back().is_none_or(|(latest, _)| *latest < minute) {
            let mut fresh = Tally::default();
            while let Some((_, past)) = self.minutes.pop_front_if(|(then, _)| !is_recent(*then, minute)) {
                fresh = past;
            }
            fresh.clear();
            self.minutes.push_back((minute, fresh));
        }
        let latest = self.minutes.len() - 1;
        &mut self.minutes[latest].1
    }
}

impl Tally {
    fn add(&mut self, ending: &Ending) {
        let used = &mut self.used;
        used.calls += 1;
        used.failures += u64::from(ending.failed);
        used.refused += ending.refused;
        used.cpu += ending.cpu;
        used.peak_memory = used.peak_memory.max(ending.peak_memory as u64);
        self.took.add(ending.wall);
    }

    fn join(&mut self, other: &Self) {
        let (used, more) = (&mut self.used, &other.used);
        used.calls += more.calls;
        used.failures += more.failures;
        used.refused += more.refused;
        used.cpu += more.cpu;
        used.peak_memory = used.peak_memory.max(more.peak_memory);
        self.took.join(&other.took);
    }

    /// Keeps the room that it has.
    fn clear(&mut self) {
        self.used = Used::default();
        self.took.buckets.clear();
    }

    fn used(&self) -> Used {
        Used { p95: self.took.below(self.used.calls, 95), ..self.used }
    }
}

/// How often each time was taken. Times up to 7 us have a bucket each, then each doubling has eight.
#[derive(Debug, Clone, Default)]
struct Histogram {
    /// As far as the slowest call.
    buckets: Vec<u32>,
}

impl Histogram {
    fn add(&mut self, time: Duration) {
        let index = Self::index(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
        if self.buckets.len() <= index {
            self.buckets.resize(index + 1, 0);
        }
        self.buckets[index] = self.buckets[index].saturating_add(1);
    }

    fn join(&mut self, other: &Self) {
        if self.buckets.len() < other.buckets.len() {
            self.buckets.resize(other.buckets.len(), 0);
        }
        for (sum, more) in self.buckets.iter_mut().zip(&other.buckets) {
            *sum = sum.saturating_add(*more);
        }
    }

    /// What this many of a hundred calls took at most.
    fn below(&self, calls: u64, of_hundred: u64) -> Duration {
        let wanted = (calls * of_hundred).div_ceil(100);
        let mut seen = 0;
        let found = self.buckets.iter().position(|count| {
            seen += u64::from(*count);
            seen >= wanted && seen > 0
        });
        found.map_or(Duration::ZERO, |index| Duration::from_micros(Self::middle(index)))
    }

    /// The bucket of a time in microseconds: the place of its highest bit, and the three bits behind that.
    fn index(micros: u64) -> usize {
        if micros < 8 {
            return usize::try_from(micros).unwrap_or(0);
        }
        let doubling = micros.ilog2();
        let eighth = (micros >> (doubling - 3)) & 7;
        usize::try_from(u64::from(doubling - 2) * 8 + eighth).unwrap_or(usize::MAX)
    }

    /// The middle of a bucket, in microseconds.
    fn middle(index: usize) -> u64 {
        let index = index as u64;
        if index < 8 {
            return index;
        }
        let shift = index / 8 - 1;
        let least = (8 + index % 8) << shift;
        least + (1 << shift) / 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn took(wall: Duration) -> Ending {
        Ending { wall, cpu: Duration::from_millis(1), ..Ending::default() }
    }

    #[test]
    fn what_is_read_from_the_histogram_is_within_a_tenth() {
        let mut micros = 1_u64;
        while micros < 100_000_000_000 {
            let read = Histogram::middle(Histogram::index(micros));
            assert!(read.abs_diff(micros) * 10 <= micros, "{micros} is read as {read}");
            micros += micros / 7 + 1;
        }
        let usage = Usage::default();
        for milliseconds in 1..=100 {
            usage.record(&took(Duration::from_millis(milliseconds)));
        }
        let p95 = usage.since_start().p95.as_millis();
        assert!((86..=104).contains(&p95), "{p95}");
        assert_eq!(Usage::default().since_start(), Used::default());
    }

    #[test]
    fn the_last_hour_is_what_was_in_it() {
        let started = Instant::now();
        let usage = Usage::starting(started);
        let at = |minutes: u64| started + MINUTE * u32::try_from(minutes).unwrap();
        let large = Ending { peak_memory: 9 << 20, failed: true, refused: 3, ..took(Duration::from_secs(4)) };
        usage.record_at(at(0), &large);
        usage.record_at(at(30), &took(Duration::from_millis(2)));
        usage.record_at(at(30), &took(Duration::from_millis(2)));
        let all = usage.last_hour_at(at(59));
        assert_eq!((all.calls, all.failures, all.refused, all.peak_memory), (3, 1, 3, 9 << 20));
        assert_eq!(all, usage.since_start());
        let later = usage.last_hour_at(at(60));
        assert_eq!((later.calls, later.failures, later.refused, later.peak_memory), (2, 0, 0, 0));
        assert_eq!(later.cpu, Duration::from_millis(2));
        assert!(later.p95 < Duration::from_millis(3), "{:?}", later.p95);
        assert_eq!(usage.last_hour_at(at(90)), Used::default());
        assert_eq!(usage.since_start().calls, 3);
    }

    #[test]
    fn minutes_take_the_room_of_one_hour_at_most() {
        let started = Instant::now();
        let usage = Usage::starting(started);
        for minute in 0..200 {
            usage.record_at(started + MINUTE * minute, &took(Duration::from_millis(3)));
        }
        assert_eq!(usage.counts.lock().minutes.len(), 60);
        assert_eq!(usage.last_hour_at(started + MINUTE * 199).calls, 60);
        assert_eq!(usage.last_hour_at(started + MINUTE * 230).calls, 29);
    }

    #[test]
    fn recording_a_call_takes_well_under_a_microsecond() {
        const CALLS: u32 = 100_000;
        let usage = Usage::default();
        let fastest = (0..5)
            .map(|_| {
                let began = Instant::now();
                for number in 0..CALLS {
                    usage.record(&took(Duration::from_micros(u64::from(number))));
                }
                began.elapsed() / CALLS
            })
            .min()
            .unwrap();
        println!("one call is recorded in {fastest:?}");
        // Unoptimised, and beside other tests.
        assert!(fastest < Duration::from_micros(2), "{fastest:?}");
        assert_eq!(usage.since_start().calls, 5 * u64::from(CALLS));
    }
}

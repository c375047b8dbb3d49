//! The clock, and times on pages.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use vestry_logs_core::{Filter, Matcher, Moment, time};
use vestry_sdk::prelude::Timestamp;

/// What was said of a request was said so long before or after any of it, at the most.
pub const OF_A_REQUEST: Duration = Duration::from_secs(600);

/// Milliseconds since 1970.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Microseconds of a record as pages have them.
pub fn stamp(micros: i64) -> Timestamp {
    u64::try_from(micros / 1_000).unwrap_or(0)
}

/// Whether a step has to end. It may use a second of CPU, of which this knows nothing; so what is slow for each byte looks at
/// the clock early. All else is bounded by how much is read, and must come to something on a machine that is busy as well.
pub fn alarm(matcher: &Matcher) -> impl Fn() -> bool {
    let after = if matcher.is_slow() { Duration::from_millis(400) } else { Duration::from_secs(4) };
    let began = Instant::now();
    move || began.elapsed() >= after
}

/// The same around a time, where there is one: from so long before it until so long after.
pub fn around(filter: Filter, micros: Option<i64>, span: Duration) -> Filter {
    let Some(micros) = micros else { return filter };
    let span = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
    let moment = |micros: i64| Moment::parse(&time::written(micros));
    Filter { from: moment(micros.saturating_sub(span)), to: moment(micros.saturating_add(span)), ..filter }
}

//! Times as machines write them.

use jiff::Timestamp;

/// Milliseconds since the Unix epoch as RFC 3339, in UTC, to the second.
#[must_use]
pub fn iso(milliseconds: u64) -> String {
    i64::try_from(milliseconds)
        .ok()
        .and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok())
        .map(|time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_utc_to_the_second() {
        assert_eq!(iso(1_792_540_800_123), "2026-10-21T00:00:00Z");
        assert_eq!(iso(u64::MAX), "");
    }
}

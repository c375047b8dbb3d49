//! When a schedule is due: cron in five fields, UTC (POSIX.1-2017, crontab).

use cronexpr::{Crontab, MakeTimestamp};

/// A line of cron that was understood.
#[derive(Debug)]
pub struct Cron(Crontab);

impl Cron {
    /// # Errors
    ///
    /// What is wrong with it, for its author.
    pub fn parse(line: &str) -> Result<Self, String> {
        let fields = line.split_ascii_whitespace().count();
        if fields != 5 {
            return Err(format!(
                "it has {fields} fields; the five are minute, hour, day of month, month and day of week"
            ));
        }
        cronexpr::parse_crontab(&format!("{line} UTC")).map(Self).map_err(|error| error.to_string())
    }

    /// The first time after this one, in milliseconds since the Unix epoch; none where no such day ever comes.
    #[must_use]
    pub fn next(&self, after: u64) -> Option<u64> {
        let after = MakeTimestamp::from_millisecond(i64::try_from(after).ok()?).ok()?;
        let next = self.0.find_next(after).ok()?;
        u64::try_from(next.timestamp().as_millisecond()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60_000;
    const DAY: u64 = 24 * 60 * MINUTE;

    #[test]
    fn times_are_those_of_cron() {
        // From the beginning of 1970, a Thursday.
        for (line, next) in [
            ("* * * * *", Some(MINUTE)),
            ("*/15 * * * *", Some(15 * MINUTE)),
            ("30 6 * * *", Some(390 * MINUTE)),
            ("0 0 * * 1", Some(4 * DAY)),
            ("0 0 1 2 *", Some(31 * DAY)),
            ("0 0 30 2 *", None),
        ] {
            assert_eq!(Cron::parse(line).unwrap().next(0), next, "{line}");
        }
    }

    #[test]
    fn what_is_not_five_fields_of_cron_is_refused() {
        for line in ["", "* * * *", "* * * * * *", "60 * * * *", "* * * * mon UTC", "@daily", "a b c d e"] {
            assert!(Cron::parse(line).is_err(), "{line}");
        }
    }
}

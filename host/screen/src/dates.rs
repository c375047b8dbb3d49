//! Times as people and programs read them. UTC here; the browser shows its own zone where scripts run.

use jiff::Timestamp;
use vestry_contract::types;

/// `2026-11-21T22:21:05Z`; none when the year has more than four digits.
pub(crate) fn iso(time: types::Timestamp) -> Option<String> {
    let instant = Timestamp::from_second(i64::try_from(time / 1000).ok()?).ok()?;
    let civil = jiff::tz::TimeZone::UTC.to_datetime(instant);
    (civil.year() <= 9999).then(|| {
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            civil.year(),
            civil.month(),
            civil.day(),
            civil.hour(),
            civil.minute(),
            civil.second()
        )
    })
}

/// `2026-11-21 22:21`, cut out of [`iso`].
pub(crate) fn shown(iso: &str) -> String {
    match (iso.get(..10), iso.get(11..16)) {
        (Some(day), Some(minute)) => format!("{day} {minute}"),
        _ => iso.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn times_are_utc_to_the_second() {
        let iso = super::iso(1_795_300_865_123).unwrap();
        assert_eq!(iso, "2026-11-21T22:41:05Z");
        assert_eq!(super::shown(&iso), "2026-11-21 22:41");
        assert_eq!(super::iso(u64::MAX), None);
    }
}

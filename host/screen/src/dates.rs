//! Times as people and programs read them. UTC here; the browser shows its own zone where scripts run.

use jiff::Timestamp;
use vestry_contract::types;

/// `2026-11-21T22:21:05Z`; none past the year 9999.
pub(crate) fn iso(time: types::Timestamp) -> Option<String> {
    let instant = Timestamp::from_second(i64::try_from(time / 1000).ok()?).ok()?;
    let civil = jiff::tz::TimeZone::UTC.to_datetime(instant);
    let mut out = String::with_capacity(20);
    push_digits(civil.year(), 4, &mut out);
    for (before, number) in
        [('-', civil.month()), ('-', civil.day()), ('T', civil.hour()), (':', civil.minute()), (':', civil.second())]
    {
        out.push(before);
        push_digits(number.into(), 2, &mut out);
    }
    out.push('Z');
    Some(out)
}

/// A table has hundreds of these; formatting them costs more than all the rest of a row.
fn push_digits(number: i16, count: u32, out: &mut String) {
    for place in (0..count).rev() {
        let digit = number / 10_i16.pow(place) % 10;
        out.push(char::from(b'0' + digit as u8));
    }
}

/// Appends `2026-11-21 22:21`, cut out of [`iso`].
pub(crate) fn push_shown(iso: &str, out: &mut String) {
    out.push_str(iso.get(..10).unwrap_or_default());
    out.push(' ');
    out.push_str(iso.get(11..16).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    #[test]
    fn times_are_utc_to_the_second() {
        let iso = super::iso(1_795_300_865_123).unwrap();
        assert_eq!(iso, "2026-11-21T22:41:05Z");
        let mut shown = String::new();
        super::push_shown(&iso, &mut shown);
        assert_eq!(shown, "2026-11-21 22:41");
        assert_eq!(super::iso(u64::MAX), None);
    }
}

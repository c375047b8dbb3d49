//! Case numbers: `SMITH-2026-0007`. Those of a name and year count up from 1, and none is given out twice.
//!
//! The key `last/NAME-YEAR` holds the last number of each. It is replaced only if it is still what was read: where two people
//! ask at once, one of them meets `conflict`, and the host makes that request again from the start.

use vestry_sdk::kv::{self, Range};
use vestry_sdk::prelude::*;

use crate::{deadlines, page};

/// What stands in front of the keys.
const LAST: &str = "last/";

/// How many names and years are listed.
const LISTED: u32 = 50;

pub fn form() -> Form {
    Form::new(Action::new("Give the next number", "give-number").primary())
        .field(Field::text("name", "Name").required().max_length(40).placeholder("Smith"))
        .field(Field::number("year", "Year").limits(1900.0, 2999.0).required())
}

pub fn give(request: &Request) -> Result<Response> {
    give_next(request).or_invalid(|errors| page(form().refill(request).errors(errors), deadlines::form()))
}

fn give_next(request: &Request) -> Result<Redirect> {
    let mut errors = Errors::default();
    let name = errors.keep(request.form("name").required().and_then(stem));
    let year = errors.keep(request.form("year").number::<u16>().and_then(in_range));
    errors.none()?;
    let series = format!("{name}-{year}");
    let number = next(&series).or_else(not_granted)?;
    Ok(Redirect::to("home").done(text!("Your case number is {case}.", case = format!("{series}-{number:04}"))))
}

/// Letters and digits in capitals: what people can read to each other on the telephone.
fn stem(name: &str) -> Result<String> {
    let stem: String = name.chars().filter(|letter| letter.is_alphanumeric()).collect();
    match stem.is_empty() || stem.chars().count() > 40 {
        true => Err(invalid("name", "This needs a letter or a digit, and at most 40 of them.")),
        false => Ok(stem.to_uppercase()),
    }
}

fn in_range(year: u16) -> Result<u16> {
    match (1900..3000).contains(&year) {
        true => Ok(year),
        false => Err(invalid("year", "This is a year from 1900 to 2999.")),
    }
}

/// Counts up, if nobody was quicker; `conflict` is passed on, and the host asks again.
fn next(series: &str) -> Result<u32> {
    let key = format!("{LAST}{series}");
    let seen = kv::read(&key)?;
    let number = seen.as_ref().map_or(0, |entry| number_in(&entry.value)) + 1;
    kv::replace(&key, seen.as_ref(), number.to_string())?;
    Ok(number)
}

fn number_in(value: &[u8]) -> u32 {
    str::from_utf8(value).ok().and_then(|digits| digits.parse().ok()).unwrap_or_default()
}

/// The store was not granted: said where the person looks, in place of a page that says no more than `denied`.
fn not_granted<T>(failure: Failure) -> Result<T> {
    match failure {
        Failure::Denied(_) => Err(invalid(
            "name",
            "No number can be given: this plugin may not store anything. An administrator can grant that.",
        )),
        other => Err(other),
    }
}

/// The last number of each name and year; or, where the store was not granted, a sentence in its place.
pub fn given() -> Result<(Table, Option<Content>)> {
    let range = Range { start: LAST.to_owned(), end: format!("{LAST}\u{10ffff}"), limit: LISTED, reverse: false };
    let (entries, missing) = match kv::scan(&range) {
        Ok(entries) => (entries, None),
        Err(Failure::Denied(_)) => (
            vec![],
            Some(notice(
                Level::Warning,
                "Numbers that were given out cannot be shown: this plugin may not store anything.",
            )),
        ),
        Err(failure) => return Err(failure),
    };
    let series = entries.iter().map(|entry| entry.key.strip_prefix(LAST).unwrap_or_default());
    let table = Table::keyed(series.clone())
        .column("series", "Name and year", series)
        .column("last", "Last number", entries.iter().map(|entry| number_in(&entry.value)))
        .empty("No number was given out yet.");
    Ok((table, missing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_can_be_read_out() {
        assert_eq!(stem("o'Brien & Sons").as_deref(), Ok("OBRIENSONS"));
        assert!(stem("&%").is_err());
        assert!(stem(&"a".repeat(41)).is_err());
    }

    #[test]
    fn what_is_no_number_counts_as_none() {
        assert_eq!((number_in(b"41"), number_in(b"x"), number_in(&[0xff])), (41, 0, 0));
    }
}

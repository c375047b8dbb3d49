//! Deadlines: the day on which so many days are over, Saturdays and Sundays counted or not. It needs nothing of the host.

use vestry_sdk::prelude::*;
use vestry_sdk::ui::Input;

use crate::{numbers, page};

/// Days of ten years: more than any deadline.
const MOST_DAYS: u32 = 3660;

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

pub fn form() -> Form {
    Form::new(Action::new("Count", "count-days").primary())
        .field(Field::new("from", "From", Input::Date).required())
        .field(Field::number("days", "Days").limits(0.0, f64::from(MOST_DAYS)).required())
        .field(
            Field::checkbox("working", "Only Monday to Friday").help("Public holidays are counted as any other day."),
        )
}

pub fn count(request: &Request) -> Result<Response> {
    counted(request).or_invalid(|errors| page(numbers::form(), form().refill(request).errors(errors)))
}

fn counted(request: &Request) -> Result<Page> {
    let mut errors = Errors::default();
    let from = errors.keep(request.form("from").required().and_then(date));
    let days = errors.keep(request.form("days").number::<u32>().and_then(at_most));
    errors.none()?;
    let working = request.form("working").is_ticked();
    let end = from.after(days, working);
    let counted = if working { "Working days" } else { "Days" };
    let result = facts([fact("From", shown(from)), fact(counted, days), fact("Ends on", shown(end))]);
    Ok(page(numbers::form(), form().refill(request))?.block("deadline", result))
}

fn date(typed: &str) -> Result<Day> {
    Day::parse(typed).ok_or_else(|| invalid("from", "This is not a date, such as 2026-11-22."))
}

/// The day of the week is a phrase, which is translated; the date is data.
fn shown(day: Day) -> Cell {
    Cell::Badges(vec![badge(day.weekday(), Level::Neutral), badge(data(day.written()), Level::Neutral)])
}

fn at_most(days: u32) -> Result<u32> {
    match days <= MOST_DAYS {
        true => Ok(days),
        false => Err(invalid("days", "At most ten years can be counted.")),
    }
}

/// A day, by its number since 1970-01-01, which was a Thursday.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Day(i64);

impl Day {
    /// `2026-11-22`, as browsers send it.
    fn parse(date: &str) -> Option<Self> {
        let mut parts = date.splitn(3, '-');
        let mut number = |least, most| parts.next()?.parse::<i64>().ok().filter(|n| (least..=most).contains(n));
        let (year, month, day) = (number(1, 9999)?, number(1, 12)?, number(1, 31)?);
        let found = Self::of(year, month, day);
        // The 31st of a month that has none is a day of the next.
        (found.date() == (year, month, day)).then_some(found)
    }

    /// Years begin with March here, so that the day that leap years add is the last of a year.
    fn of(year: i64, month: i64, day: i64) -> Self {
        let year = if month > 2 { year } else { year - 1 };
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        Self(365 * year + year / 4 - year / 100 + year / 400 + day_of_year - 719_468)
    }

    /// Year, month and day.
    fn date(self) -> (i64, i64, i64) {
        let days = self.0 + 719_468;
        let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let (day, month) = (of_year - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
        (era * 400 + year + i64::from(month <= 2), month, day)
    }

    fn weekday(self) -> &'static str {
        WEEKDAYS[self.of_week()]
    }

    /// 0 for Monday.
    fn of_week(self) -> usize {
        (self.0 + 3).rem_euclid(7) as usize
    }

    /// So many days later; of `working` days, those of the weekend are passed over.
    fn after(self, days: u32, working: bool) -> Self {
        let later = (1..).map(|later| Self(self.0 + later));
        let counted = later.filter(|day| !working || day.of_week() < 5);
        counted.take(days as usize).last().unwrap_or(self)
    }

    /// `2026-11-22`.
    fn written(self) -> String {
        let (year, month, day) = self.date();
        format!("{year}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(date: &str) -> Day {
        Day::parse(date).unwrap()
    }

    fn words(day: Day) -> String {
        format!("{}, {}", day.weekday(), day.written())
    }

    #[test]
    fn days_are_named_as_calendars_name_them() {
        assert_eq!(words(Day(0)), "Thursday, 1970-01-01");
        assert_eq!(words(day("2026-11-22")), "Sunday, 2026-11-22");
        assert_eq!(words(day("2000-02-29").after(366, false)), "Thursday, 2001-03-01");
        assert_eq!(day("1969-12-31"), Day(-1));
    }

    #[test]
    fn days_that_no_calendar_has_are_refused() {
        for date in ["2026-02-29", "2026-04-31", "2026-13-01", "2026-1", "today", "", "1900-02-29"] {
            assert_eq!(Day::parse(date), None, "{date}");
        }
        assert!(Day::parse("2024-02-29").is_some());
    }

    #[test]
    fn weekends_are_passed_over_where_that_is_wished() {
        assert_eq!(words(day("2026-11-20").after(1, true)), "Monday, 2026-11-23");
        assert_eq!(words(day("2026-11-22").after(10, true)), "Friday, 2026-12-04");
        assert_eq!(words(day("2026-11-22").after(10, false)), "Wednesday, 2026-12-02");
        assert_eq!(words(day("2026-11-22").after(0, true)), "Sunday, 2026-11-22");
    }
}

//! A cell: the smallest thing that a page shows, in tables and in facts.
//!
//! Each kind has a small template in `templates/cells/`. They are rendered once for each page that needs them, with
//! slots, because a table has hundreds of cells.

use std::cell::OnceCell;
use std::fmt::Write as _;

use minijinja::{Value, context};
use serde_json::{Value as Json, json};
use vestry_contract::types::Timestamp;
use vestry_contract::ui::{Badge, Cell, Level};

use crate::html::escape;
use crate::place::Place;
use crate::shape::{Shape, slot};
use crate::{ScreenError, Screens, dates, links};

/// How templates and API clients call a level.
pub fn level_name(level: Level) -> &'static str {
    match level {
        Level::Neutral => "neutral",
        Level::Primary => "primary",
        Level::Success => "success",
        Level::Warning => "warning",
        Level::Danger => "danger",
    }
}

const LEVELS: usize = 5;

/// A value to show, borrowed from wherever it lies: a plugin's answer or a row of a database.
#[derive(Debug, Clone, Copy)]
pub enum CellValue<'v> {
    /// Nothing known.
    Empty,
    /// Words.
    Text(&'v str),
    /// Something to copy literally.
    Code(&'v str),
    /// A whole number.
    Integer(i64),
    /// Any number.
    Decimal(f64),
    /// A size in bytes.
    Bytes(u64),
    /// Milliseconds since 1970; 0 is no time.
    Time(Timestamp),
    /// Yes or no.
    Flag(bool),
    /// A short word that stands out.
    Badge(&'v str, Level),
    /// Neutral badges, divided by spaces.
    Badges(&'v str),
    /// Label, address (own path or the leave page), and whether it leaves the server.
    Link(&'v str, &'v str, bool),
    /// 0 to 100.
    Percent(u8),
}

/// The cell templates of one page, each rendered when first needed.
#[derive(Debug)]
pub(crate) struct Cells<'s> {
    screens: &'s Screens,
    frame: &'s Value,
    empty: OnceCell<Shape>,
    code: OnceCell<Shape>,
    time: OnceCell<Shape>,
    bytes: OnceCell<Shape>,
    flags: [OnceCell<Shape>; 2],
    badges: [OnceCell<Shape>; LEVELS],
    links: [OnceCell<Shape>; 2],
    percent: OnceCell<Shape>,
}

impl<'s> Cells<'s> {
    pub(crate) fn new(screens: &'s Screens, frame: &'s Value) -> Self {
        Self {
            screens,
            frame,
            empty: OnceCell::new(),
            code: OnceCell::new(),
            time: OnceCell::new(),
            bytes: OnceCell::new(),
            flags: Default::default(),
            badges: Default::default(),
            links: Default::default(),
            percent: OnceCell::new(),
        }
    }

    fn shape<'c>(
        &self,
        cell: &'c OnceCell<Shape>,
        name: &str,
        context: impl FnOnce() -> Value,
    ) -> Result<&'c Shape, ScreenError> {
        if let Some(shape) = cell.get() {
            return Ok(shape);
        }
        let rendered = self.screens.render(name, context! { frame => self.frame, ..context() })?;
        Ok(cell.get_or_init(|| Shape::new(&rendered)))
    }

    /// Appends the cell as HTML.
    pub(crate) fn write(&self, value: CellValue<'_>, out: &mut String) -> Result<(), ScreenError> {
        match value {
            CellValue::Text(text) => escape(text, out),
            CellValue::Integer(number) => {
                let _ = write!(out, "{number}");
            }
            CellValue::Decimal(number) => escape(&decimal(number), out),
            CellValue::Empty | CellValue::Time(0) => self.write_empty(out)?,
            CellValue::Code(text) => {
                self.shape(&self.code, "cells/code.html", value_slot)?.fill(out, |_, out| escape(text, out))
            }
            CellValue::Time(time) => match dates::iso(time) {
                None => self.write_empty(out)?,
                Some(iso) => {
                    let shape =
                        self.shape(&self.time, "cells/time.html", || context! { iso => slot(0), shown => slot(1) })?;
                    shape.fill(out, |index, out| match index {
                        0 => out.push_str(&iso),
                        _ => dates::push_shown(&iso, out),
                    });
                }
            },
            CellValue::Bytes(count) => {
                let shape =
                    self.shape(&self.bytes, "cells/bytes.html", || context! { count => slot(0), shown => slot(1) })?;
                let texts = [count.to_string(), size(count)];
                shape.fill(out, |index, out| out.push_str(&texts[index.min(1)]));
            }
            CellValue::Flag(on) => {
                self.shape(&self.flags[usize::from(on)], "cells/flag.html", || context! { on })?.fill(out, |_, _| ());
            }
            CellValue::Badge(label, level) => self.write_badge(label, level, out)?,
            CellValue::Badges(labels) => {
                for (index, label) in labels.split_ascii_whitespace().enumerate() {
                    out.push_str(if index == 0 { "" } else { " " });
                    self.write_badge(label, Level::Neutral, out)?;
                }
            }
            CellValue::Link(label, href, leaves) => {
                let context = || context! { href => slot(0), label => slot(1), leaves };
                let shape = self.shape(&self.links[usize::from(leaves)], "cells/link.html", context)?;
                shape.fill(out, |index, out| escape([href, label][index.min(1)], out));
            }
            CellValue::Percent(percent) => {
                let percent = percent.min(100);
                self.shape(&self.percent, "cells/percent.html", value_slot)?.fill(out, |_, out| {
                    let _ = write!(out, "{percent}");
                });
            }
        }
        Ok(())
    }

    fn write_empty(&self, out: &mut String) -> Result<(), ScreenError> {
        self.shape(&self.empty, "cells/empty.html", || context! {})?.fill(out, |_, _| ());
        Ok(())
    }

    fn write_badge(&self, label: &str, level: Level, out: &mut String) -> Result<(), ScreenError> {
        let context = || context! { label => slot(0), level => level_name(level) };
        let shape = self.shape(&self.badges[level as usize % LEVELS], "cells/badge.html", context)?;
        shape.fill(out, |_, out| escape(label, out));
        Ok(())
    }

    /// Appends a cell of the contract. `linked`: it stands inside a link already, so it may not be one.
    pub(crate) fn write_contract(
        &self,
        cell: &Cell,
        linked: bool,
        place: &dyn Place,
        out: &mut String,
    ) -> Result<(), ScreenError> {
        match cell {
            Cell::Empty => self.write(CellValue::Empty, out),
            Cell::Text(text) => self.write(CellValue::Text(text), out),
            Cell::Code(text) => self.write(CellValue::Code(text), out),
            Cell::Integer(number) => self.write(CellValue::Integer(*number), out),
            Cell::Decimal(number) => self.write(CellValue::Decimal(*number), out),
            Cell::Bytes(count) => self.write(CellValue::Bytes(*count), out),
            Cell::Time(time) => self.write(CellValue::Time(*time), out),
            Cell::Flag(on) => self.write(CellValue::Flag(*on), out),
            Cell::Badge(badge) => self.write(CellValue::Badge(&place.text(&badge.label), badge.level), out),
            Cell::Badges(badges) => self.write_badges(badges, place, out),
            Cell::Percent(percent) => self.write(CellValue::Percent(*percent), out),
            Cell::Link(link) => {
                let label = place.text(&link.label);
                match links::target_href(&link.target, place).filter(|_| !linked) {
                    Some((href, leaves)) => self.write(CellValue::Link(&label, &href, leaves), out),
                    None => self.write(CellValue::Text(&label), out),
                }
            }
            Cell::Other((_, value)) => self.write(CellValue::Code(value), out),
        }
    }

    fn write_badges(&self, badges: &[Badge], place: &dyn Place, out: &mut String) -> Result<(), ScreenError> {
        if badges.is_empty() {
            return self.write_empty(out);
        }
        for (index, badge) in badges.iter().enumerate() {
            out.push_str(if index == 0 { "" } else { " " });
            self.write_badge(&place.text(&badge.label), badge.level, out)?;
        }
        Ok(())
    }
}

fn value_slot() -> Value {
    context! { value => slot(0) }
}

/// A number as short as it can be written; what is no number is a dash.
fn decimal(number: f64) -> String {
    if number.is_finite() { number.to_string() } else { "–".to_owned() }
}

/// A size with at most one decimal, in steps of 1024.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut tenths = u128::from(bytes) * 10 / 1024;
    let mut unit = 0;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    let (whole, tenth) = (tenths / 10, tenths % 10);
    let shown = if tenth == 0 || whole >= 100 { whole.to_string() } else { format!("{whole}.{tenth}") };
    format!("{shown} {}", UNITS[unit])
}

/// A cell for an API client. Numbers stay numbers, times are ISO 8601 in UTC, a link has its label and, where this
/// actor may follow it, its address.
pub(crate) fn data(cell: &Cell, place: &dyn Place) -> Json {
    match cell {
        Cell::Empty => Json::Null,
        Cell::Text(text) | Cell::Code(text) => json!(text),
        Cell::Integer(number) => json!(number),
        Cell::Decimal(number) => json!(number),
        Cell::Bytes(count) => json!(count),
        Cell::Time(time) => time_data(*time),
        Cell::Flag(on) => json!(on),
        Cell::Badge(badge) => badge_data(badge, place),
        Cell::Badges(badges) => badges.iter().map(|badge| badge_data(badge, place)).collect(),
        Cell::Percent(percent) => json!(percent.min(&100)),
        Cell::Link(link) => {
            let mut twin = json!({ "label": place.text(&link.label) });
            if let Some((href, _)) = links::target_href(&link.target, place) {
                twin["href"] = json!(href);
            }
            twin
        }
        Cell::Other((_, value)) => serde_json::from_str(value).unwrap_or_else(|_| json!(value)),
    }
}

/// A time for an API client; 0 is none.
pub(crate) fn time_data(time: Timestamp) -> Json {
    if time == 0 { Json::Null } else { dates::iso(time).map_or(Json::Null, Json::String) }
}

fn badge_data(badge: &Badge, place: &dyn Place) -> Json {
    json!({ "label": place.text(&badge.label), "level": level_name(badge.level) })
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_short() {
        let shown: Vec<_> = [0, 1023, 1024, 1536, 1_048_576, 157_286_400, u64::MAX].into_iter().map(size).collect();
        assert_eq!(shown, ["0 B", "1023 B", "1 KiB", "1.5 KiB", "1 MiB", "150 MiB", "15.9 EiB"]);
    }
}

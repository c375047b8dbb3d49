//! Single values, as facts and tables show them. Their text is data: what people wrote, never translated.

use crate::types::{Text, Timestamp};
use crate::ui::{Badge, Cell, Fact, Level, Link};

/// A moment, shown in the language and time zone of who looks. 0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub Timestamp);

/// Words that are shown as badges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Badges(pub String);

/// A short label with a colour.
pub fn badge(label: impl Into<Text>, level: Level) -> Badge {
    Badge { label: label.into(), level }
}

/// An identifier, shown in a fixed-width face.
pub fn code(text: impl Into<String>) -> Cell {
    Cell::Code(text.into())
}

/// A size in bytes, shown as people read it.
pub fn size(bytes: u64) -> Cell {
    Cell::Bytes(bytes)
}

/// A part of a hundred, shown as a bar.
pub fn percent(done: u8) -> Cell {
    Cell::Percent(done.min(100))
}

/// A label and its value.
pub fn fact(label: impl Into<Text>, value: impl Into<Cell>) -> Fact {
    Fact { label: label.into(), value: value.into() }
}

macro_rules! cell_from {
    ($($source:ty => |$value:ident| $cell:expr;)*) => {
        $(impl From<$source> for Cell { fn from($value: $source) -> Self { $cell } })*
    };
}

cell_from! {
    &str => |text| Cell::Text(text.to_owned());
    String => |text| Cell::Text(text);
    &String => |text| Cell::Text(text.clone());
    i64 => |number| Cell::Integer(number);
    i32 => |number| Cell::Integer(number.into());
    u32 => |number| Cell::Integer(number.into());
    f64 => |number| Cell::Decimal(number);
    bool => |flag| Cell::Flag(flag);
    Badge => |badge| Cell::Badge(badge);
    Vec<Badge> => |badges| Cell::Badges(badges);
    Link => |link| Cell::Link(link);
    Time => |time| if time.0 == 0 { Cell::Empty } else { Cell::Time(time.0) };
    Badges => |words| Cell::Badges(words.0.split_whitespace().map(|word| badge(word.to_owned(), Level::Neutral)).collect());
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Cell::Empty, Into::into)
    }
}

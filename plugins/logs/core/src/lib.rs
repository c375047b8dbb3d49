//! Reading logs: what is kept of them is searched, followed and counted, however large, rotated or compressed it is.
//!
//! [`gather`] makes series of a directory's files: one log back through what it was before. [`step`] looks through some of
//! them at once, merged by time, from the newest line back, from the oldest on, or what is added; it takes what a
//! [`Budget`] allows and answers [`Hit`]s and a [`Cursor`], a short text that the next step goes on with - in another
//! process, after files were renamed, compressed, cut off or removed. Nothing else is kept between steps. A [`Filter`] says
//! what is asked for, and is made ready as a [`Matcher`]. [`Groups`] counts what is the same.
//!
//! The way of a step: `resume` finds the places, `track` is one series, `back` and `forth` take one piece after the other
//! from `text` and `packed`, `scan` looks through it for what `matcher` asks, `bounds` tells records from each other, `line`
//! reads them, `search` merges.
//!
//! It knows no host: everything is read through [`Files`]. Times are microseconds since 1970 unless they are said to be
//! milliseconds.
//!
//! What it holds in memory: a piece of 1 MiB or a member of a compressed file (4 MiB as the server packs, 16 MiB at most);
//! 8 MiB of what all series have found; and what a step answers, which is [`ANSWER`] bytes of text and 12 MiB with all that
//! was read from it, however many records were asked for.
//!
//! A range of time is not read from end to end: files that are older by the time they were written for the last time are
//! passed over, and the rest is entered near the time. Clocks are put back, so before that lines all over a file are looked
//! at, and it is read whole where one is not where it should be. What jumps within a thirtieth of a file may be missed, and
//! a file that is older by more than a day is not opened where the files of its log were written one after the other.
//!
//! What another program has compressed in one piece can only be read from its beginning: [`Whole`] says how large it may be.
//!
//! Deliberately not done: an index of words. Blocks are searched as bytes, before lines are told from each other, at some
//! hundred MB a second.

mod back;
mod bounds;
mod calendar;
mod cursor;
mod escape;
mod files;
mod filter;
mod find;
mod forth;
mod groups;
mod hit;
mod level;
mod line;
mod logfmt;
mod matcher;
#[cfg(test)]
mod memory;
mod moment;
mod needle;
mod packed;
mod parts;
mod print;
mod reader;
mod resume;
mod scan;
mod search;
mod series;
#[cfg(test)]
mod tests;
mod text;
pub mod time;
mod track;

pub use cursor::{Cursor, MOST_SERIES, NoCursor, Way};
pub use files::{File, Files, LARGEST_READ, Piece, Trouble};
pub use filter::{Filter, Kind, LONGEST_TEXT, Wrong};
pub use find::find;
pub use groups::{Group, Groups, MOST_GROUPS, MOST_HOURS};
pub use hit::{Hit, LONGEST, Note, What};
pub use level::Level;
pub use line::Record;
pub use matcher::Matcher;
pub use moment::Moment;
pub use reader::{Budget, Whole};
pub use search::{ANSWER, Asked, Looked, Start, Step, TooMany, step};
pub use series::{Layout, Segment, Series, gather};
pub use text::in_one_piece;

//! Where a search or a follow stands, as a text for the address of the page: at most 900 bytes for sixteen series.
//!
//! A place is named by how its segment's text begins and the offset in that text, so it is found again after the file was
//! renamed or compressed. Nothing in it is trusted: a cursor that somebody wrote leads to a place in the same files.

use data_encoding::BASE64URL_NOPAD;

use crate::print::Print;

/// Series that one cursor holds.
pub const MOST_SERIES: usize = 16;
/// The form of the text; another one is refused.
const VERSION: u8 = 1;

/// Which way one goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the newest line back.
    Newest,
    /// From the oldest line on.
    Oldest,
    /// What is added.
    Live,
}

const WAYS: [Way; 3] = [Way::Newest, Way::Oldest, Way::Live];

/// Where each series stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub(crate) way: Way,
    pub(crate) places: Vec<(u32, Place)>,
}

/// Where one series stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    At(Spot),
    /// All of it has been looked at.
    Done,
    /// There was no file of it.
    Missing,
}

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spot {
    pub print: Print,
    /// Of the host's identity of the file.
    pub identity: u32,
    /// Which of the segments it was, the newest 0.
    pub number: u16,
    pub offset: u64,
    /// No line that is still to come has a higher key; see [`crate::track`].
    pub bound: i64,
}

/// A text that is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no place in the logs; begin again without it")]
pub struct NoCursor;

impl Cursor {
    /// Which way it goes on.
    #[must_use]
    pub const fn way(&self) -> Way {
        self.way
    }

    pub(crate) fn place(&self, key: u32) -> Option<Place> {
        self.places.iter().find(|(of, _)| *of == key).map(|(_, place)| *place)
    }

    /// As a text of letters, digits, `-` and `_`.
    #[must_use]
    pub fn to_text(&self) -> String {
        let way = WAYS.iter().position(|way| *way == self.way).unwrap_or_default();
        let mut bytes = vec![VERSION, u8::try_from(way).unwrap_or_default()];
        for (key, place) in &self.places {
            bytes.extend(key.to_le_bytes());
            match place {
                Place::Done => bytes.push(0),
                Place::Missing => bytes.push(1),
                Place::At(spot) => {
                    bytes.push(2);
                    bytes.extend(spot.identity.to_le_bytes());
                    bytes.extend(&spot.print.hash.to_le_bytes()[..6]);
                    number(&mut bytes, u64::from(spot.print.length));
                    number(&mut bytes, u64::from(spot.number));
                    // The end of a text whose length is not known is the highest offset: better a short one.
                    number(&mut bytes, spot.offset.wrapping_add(1));
                    number(&mut bytes, zigzag(spot.bound));
                }
            }
        }
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Reads one again.
    ///
    /// # Errors
    ///
    /// Where it is none, or one of another form.
    pub fn parse(text: &str) -> Result<Self, NoCursor> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| NoCursor)?;
        let [VERSION, way, rest @ ..] = bytes.as_slice() else { return Err(NoCursor) };
        let way = *WAYS.get(usize::from(*way)).ok_or(NoCursor)?;
        let (mut rest, mut places) = (rest, Vec::new());
        while !rest.is_empty() && places.len() <= MOST_SERIES {
            places.push(place(&mut rest).ok_or(NoCursor)?);
        }
        if rest.is_empty() && places.len() <= MOST_SERIES { Ok(Self { way, places }) } else { Err(NoCursor) }
    }
}

fn place(from: &mut &[u8]) -> Option<(u32, Place)> {
    let key = u32::from_le_bytes(*take(from)?);
    let [kind] = *take(from)?;
    let place = match kind {
        0 => Place::Done,
        1 => Place::Missing,
        2 => {
            let identity = u32::from_le_bytes(*take(from)?);
            let [a, b, c, d, e, f] = *take::<6>(from)?;
            let hash = u64::from_le_bytes([a, b, c, d, e, f, 0, 0]);
            let length = u16::try_from(read(from)?).ok()?;
            let number = u16::try_from(read(from)?).ok()?;
            let offset = read(from)?.wrapping_sub(1);
            let bound = read(from)?;
            let bound = (bound >> 1).cast_signed() ^ -((bound & 1).cast_signed());
            Place::At(Spot { print: Print { length, hash }, identity, number, offset, bound })
        }
        _ => return None,
    };
    Some((key, place))
}

fn take<'a, const LENGTH: usize>(from: &mut &'a [u8]) -> Option<&'a [u8; LENGTH]> {
    let (first, rest) = from.split_first_chunk()?;
    *from = rest;
    Some(first)
}

const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

/// Seven bits a byte, the least first; the highest bit says that there are more.
fn number(to: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        to.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}

fn read(from: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let [byte] = *take(from)?;
        let bits = u64::from(byte & 0x7f);
        value |= bits.checked_shl(shift).filter(|shifted| shifted >> shift == bits)?;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::END;

    fn spot(offset: u64, bound: i64) -> Place {
        let print = Print { length: 512, hash: (1 << 48) - 1 };
        Place::At(Spot { print, identity: u32::MAX, number: 999, offset, bound })
    }

    #[test]
    fn sixteen_series_find_room_in_an_address() {
        let places = (0..16).map(|key| (u32::MAX - key, spot(1 << 41, i64::MIN))).collect();
        let cursor = Cursor { way: Way::Live, places };
        let text = cursor.to_text();
        assert!(text.len() <= 900, "{}", text.len());
        assert_eq!(Cursor::parse(&text), Ok(cursor));
    }

    #[test]
    fn each_place_is_read_as_it_was_written() {
        let bounds = [i64::MIN, -1, 0, 1, 1_795_335_313_000_000, i64::MAX];
        for offset in [0, 1, 127, 128, 1 << 40, END - 1, END] {
            let mut places: Vec<_> = bounds.map(|bound| (7, spot(offset, bound))).into();
            places.extend([(8, Place::Done), (9, Place::Missing)]);
            let cursor = Cursor { way: Way::Newest, places };
            assert_eq!(Cursor::parse(&cursor.to_text()), Ok(cursor));
        }
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        let good = Cursor { way: Way::Oldest, places: vec![(1, spot(5, 5))] }.to_text();
        for length in (0..good.len()).filter(|length| *length != 3) {
            let part = Cursor::parse(&good[..length]);
            assert!(part.is_err() || part == Ok(Cursor { way: Way::Oldest, places: Vec::new() }), "{length}");
        }
        for wrong in ["", "x", "AQA=", "ä", &format!("{good}AA"), &"A".repeat(10_000)] {
            assert_eq!(Cursor::parse(wrong), Err(NoCursor), "{wrong}");
        }
    }
}

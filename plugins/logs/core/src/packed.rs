//! Logs that are kept compressed with gzip (RFC 1952).
//!
//! What our own server packs has members of some 4 MiB that end with a line, and in the extra field of an empty last
//! member an index of where each begins: it is entered anywhere. Everything else is read from its beginning on. What is
//! damaged is read as far as it goes.

use std::io::{self, BufRead, Read};

use flate2::bufread::{GzDecoder, MultiGzDecoder};

use crate::files::{File, Trouble};
use crate::reader::Reader;

/// The name of the index among extra fields.
const INDEX: &[u8; 2] = b"VY";
/// Bytes of the end that are looked for an index at first, and at most: an extra field has no more than 65,535.
const TAIL: usize = 8 << 10;
const LONGEST_TAIL: usize = 66 << 10;
/// What stands behind the index: an empty member's two bytes, and eight of its check.
const BEHIND: usize = 10;
/// Bytes of text that are unpacked at a time where all must be. Few in tests, so that blocks end everywhere.
const BLOCK: usize = if cfg!(test) { 10_000 } else { 256 << 10 };
/// Bytes of a member's text; where one has more, the file is read from its beginning on.
const LARGEST_MEMBER: u64 = 16 << 20;
/// Bytes that are read of a file at a time.
const READ: usize = 256 << 10;
/// A byte of a compressed file becomes at most so many (zlib's documentation).
const MOST_TIMES: u64 = 1_032;
/// Bytes that are read to see how a text begins.
const FIRST: u64 = 8 << 10;

/// Where a member begins, in bytes of the file and of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Member {
    pub packed: u64,
    pub plain: u64,
}

/// Where each member begins, and where all ends: at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Index(Vec<Member>);

impl Index {
    /// Reads it from the end of the file; none where there is none that can be right.
    pub fn read(reader: &Reader<'_>, directory: &str, file: &File) -> Result<Option<Self>, Trouble> {
        for tail in [TAIL, LONGEST_TAIL] {
            let from = file.size.saturating_sub(tail as u64);
            let bytes = reader.read(directory, file, from, tail)?;
            if let Some(index) = Self::parse(&bytes, file.size) {
                return Ok(Some(index));
            }
            if from == 0 || !ends_with_an_index(&bytes) {
                break;
            }
        }
        Ok(None)
    }

    fn parse(tail: &[u8], size: u64) -> Option<Self> {
        let field = tail.get(..tail.len().checked_sub(BEHIND)?)?;
        let (data, length) = field.split_last_chunk::<4>()?;
        let length = u32::from_le_bytes(*length) as usize;
        let start = data.len().checked_sub(length)?;
        let before = data[..start].strip_suffix(u16::try_from(length + 4).ok()?.to_le_bytes().as_slice())?;
        before.strip_suffix(INDEX)?;
        let mut members = Vec::new();
        for pair in data[start..].chunks_exact(16) {
            let (packed, plain) = pair.split_first_chunk::<8>()?;
            let plain = u64::from_le_bytes(*plain.first_chunk::<8>()?);
            members.push(Member { packed: u64::from_le_bytes(*packed), plain });
        }
        let starts = members.first() == Some(&Member { packed: 0, plain: 0 }) && length.is_multiple_of(16);
        let rises = |pair: &[Member]| {
            pair[0].packed < pair[1].packed
                && pair[0].plain < pair[1].plain
                && pair[1].plain - pair[0].plain <= LARGEST_MEMBER
        };
        let fits = members.last().is_some_and(|end| end.packed < size);
        (starts && fits && members.windows(2).all(rises)).then_some(Self(members))
    }

    /// Bytes of the whole text.
    pub fn end(&self) -> u64 {
        self.0.last().map_or(0, |end| end.plain)
    }

    /// How many members have text.
    pub fn len(&self) -> usize {
        self.0.len() - 1
    }

    /// The member that holds the byte at this place of the text.
    pub fn at(&self, plain: u64) -> usize {
        self.0.partition_point(|member| member.plain <= plain).saturating_sub(1).min(self.len().saturating_sub(1))
    }

    /// Where a member begins; that of the one behind the last is the end.
    pub fn member(&self, number: usize) -> Member {
        self.0[number.min(self.0.len() - 1)]
    }
}

/// Whether a file ends as one with an index does, which may be longer than what was read.
fn ends_with_an_index(tail: &[u8]) -> bool {
    let end = tail.len().checked_sub(BEHIND + 4).and_then(|at| tail.get(at..at + 4));
    let length = end.and_then(<[u8]>::first_chunk).map_or(0, |length| u32::from_le_bytes(*length)) as usize;
    length > 0 && length < LONGEST_TAIL && length.is_multiple_of(16)
}

/// Text, and whether it is all that was there.
#[derive(Debug)]
pub(crate) struct Unpacked {
    pub text: Vec<u8>,
    pub whole: bool,
}

/// The text of one member.
pub(crate) fn member(
    reader: &Reader<'_>,
    directory: &str,
    file: &File,
    index: &Index,
    number: usize,
) -> Result<Unpacked, Trouble> {
    let (from, to) = (index.member(number), index.member(number + 1));
    let length = to.plain - from.plain;
    let source = Source::new(reader, directory, file, from.packed, to.packed);
    let mut text = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    let mut decoder = GzDecoder::new(source);
    let read = decoder.by_ref().take(length).read_to_end(&mut text);
    // The check stands behind the last byte.
    let read = read.and_then(|_| decoder.read(&mut [0]));
    decoder.get_ref().trouble()?;
    let whole = matches!(read, Ok(0)) && text.len() as u64 == length;
    Ok(Unpacked { text, whole })
}

/// How the text begins that is packed from a place of the file on.
pub(crate) fn beginning(
    reader: &Reader<'_>,
    directory: &str,
    file: &File,
    packed: u64,
    most: usize,
) -> Result<Vec<u8>, Trouble> {
    let bytes = reader.read(directory, file, packed, usize::try_from(FIRST).unwrap_or_default())?;
    let mut text = Vec::new();
    // It breaks off in any case.
    let _ = MultiGzDecoder::new(&bytes[..]).take(most as u64).read_to_end(&mut text);
    Ok(text)
}

/// Bytes of text that a file of one member says it has (RFC 1952, section 2.3.1); 0 where that cannot be, or is not known.
pub(crate) fn says(reader: &Reader<'_>, directory: &str, file: &File) -> u64 {
    let end = reader.read(directory, file, file.size.saturating_sub(4), 4).unwrap_or_default();
    let said = end.first_chunk().map_or(0, |bytes| u64::from(u32::from_le_bytes(*bytes)));
    if said <= file.size.saturating_mul(MOST_TIMES) { said } else { 0 }
}

/// A whole file, from its beginning on.
pub(crate) struct Stream<'a> {
    decoder: MultiGzDecoder<Source<'a>>,
    /// Nothing more can be read of it.
    pub ended: bool,
    /// And that is not because it ended.
    pub damaged: bool,
}

impl<'a> Stream<'a> {
    pub fn new(reader: &'a Reader<'a>, directory: &'a str, file: &'a File) -> Self {
        let source = Source::new(reader, directory, file, 0, u64::MAX);
        Self { decoder: MultiGzDecoder::new(source), ended: false, damaged: false }
    }

    /// Adds the next block of text, a shorter one at its end.
    pub fn add(&mut self, to: &mut Vec<u8>) -> Result<(), Trouble> {
        let read = self.decoder.by_ref().take(BLOCK as u64).read_to_end(to);
        self.decoder.get_ref().trouble()?;
        match read {
            Ok(length) => self.ended = length < BLOCK,
            Err(_) => (self.ended, self.damaged) = (true, true),
        }
        Ok(())
    }
}

/// A stretch of a file, as decoders read it.
struct Source<'a> {
    reader: &'a Reader<'a>,
    directory: &'a str,
    file: &'a File,
    at: u64,
    end: u64,
    buffer: Vec<u8>,
    used: usize,
    /// Why it broke off, which decoders would make another error of.
    trouble: Option<Trouble>,
}

impl<'a> Source<'a> {
    fn new(reader: &'a Reader<'a>, directory: &'a str, file: &'a File, at: u64, end: u64) -> Self {
        Self { reader, directory, file, at, end, buffer: Vec::new(), used: 0, trouble: None }
    }

    fn trouble(&self) -> Result<(), Trouble> {
        self.trouble.clone().map_or(Ok(()), Err)
    }
}

impl BufRead for Source<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.used == self.buffer.len() && self.at < self.end {
            let length = usize::try_from(self.end - self.at).unwrap_or(READ).min(READ);
            self.used = 0;
            self.buffer = self.reader.read(self.directory, self.file, self.at, length).map_err(|trouble| {
                self.trouble = Some(trouble.clone());
                io::Error::other(trouble)
            })?;
            self.at += self.buffer.len() as u64;
        }
        Ok(&self.buffer[self.used..])
    }

    fn consume(&mut self, bytes: usize) {
        self.used += bytes;
    }
}

impl Read for Source<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(to)?;
        self.consume(length);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::Files;
    use crate::memory::{Memory, gzip, packed};
    use crate::tests::PLENTY;

    fn text() -> Vec<u8> {
        (0..20_000).flat_map(|number| format!("line {number} {}\n", number * 7919).into_bytes()).collect()
    }

    fn with<T>(bytes: &[u8], then: impl FnOnce(&Reader<'_>, &File) -> T) -> T {
        let files = Memory::default();
        files.write("x.gz", bytes);
        let file = files.entries("logs", "").unwrap().remove(0);
        then(&Reader::new(&files, PLENTY), &file)
    }

    fn streamed(bytes: &[u8]) -> (Vec<u8>, bool) {
        with(bytes, |reader, file| {
            let mut stream = Stream::new(reader, "logs", file);
            let mut text = Vec::new();
            while !stream.ended {
                stream.add(&mut text).unwrap();
            }
            (text, stream.damaged)
        })
    }

    #[test]
    fn it_is_entered_at_each_member() {
        let text = text();
        for size in [1_000, 50_000, 1_000_000] {
            with(&packed(&text, size), |reader, file| {
                let index = Index::read(reader, "logs", file).unwrap().unwrap();
                assert_eq!(index.end(), text.len() as u64);
                let mut all = Vec::new();
                for number in 0..index.len() {
                    assert_eq!((index.member(number).plain, index.at(all.len() as u64)), (all.len() as u64, number));
                    let member = member(reader, "logs", file, &index, number).unwrap();
                    assert!(member.whole && member.text.ends_with(b"\n"));
                    all.extend(member.text);
                    let begins = beginning(reader, "logs", file, index.member(number).packed, 100).unwrap();
                    assert!(text[usize::try_from(index.member(number).plain).unwrap()..].starts_with(&begins));
                    assert_eq!(begins.len(), 100);
                }
                assert!(all == text);
            });
        }
        assert!(streamed(&packed(&text, 50_000)) == (text, false));
    }

    #[test]
    fn without_an_index_it_is_read_from_its_beginning() {
        let text = text();
        let half = text.len() / 2;
        let two = [gzip(&text[..half]), gzip(&text[half..])].concat();
        for bytes in [gzip(&text), two] {
            assert_eq!(with(&bytes, |reader, file| Index::read(reader, "logs", file).unwrap()), None);
            assert!(streamed(&bytes) == (text.clone(), false));
        }
    }

    #[test]
    fn what_is_damaged_is_read_as_far_as_it_goes() {
        let text = text();
        let mut bytes = packed(&text, 50_000);
        let index = with(&bytes, |reader, file| Index::read(reader, "logs", file).unwrap().unwrap());
        let third = usize::try_from(index.member(3).packed - 4_000).unwrap();
        bytes[third..third + 20].fill(0xff);
        with(&bytes, |reader, file| {
            let broken = member(reader, "logs", file, &index, 2).unwrap();
            assert!(!broken.whole && member(reader, "logs", file, &index, 3).unwrap().whole);
        });
        let (read, damaged) = streamed(&bytes);
        assert!(damaged && read.len() > 100_000);
        let (read, damaged) = streamed(&gzip(&text)[..20_000]);
        assert!(damaged && text.starts_with(&read) && read.len() > 20_000);
        assert_eq!(streamed(b"no gzip at all"), (Vec::new(), true));
    }

    #[test]
    fn an_index_that_cannot_be_right_is_none() {
        let good = packed(&text(), 50_000);
        let found = |bytes: &[u8]| with(bytes, |reader, file| Index::read(reader, "logs", file).unwrap());
        assert!(found(&good).is_some());
        let end = good.len() - 10;
        for (at, byte) in [(end - 4, 17), (end - 3, 0xff), (end - 20, 0xff), (end - 5, 0xff)] {
            let mut bad = good.clone();
            bad[at] = byte;
            assert_eq!(found(&bad), None, "{at}");
        }
        for length in [0, 5, 20, 100, good.len() - 1] {
            assert_eq!(found(&good[..length]), None, "{length}");
        }
    }

    #[test]
    fn a_long_index_is_read_whole() {
        let text = text();
        with(&packed(&text, 200), |reader, file| {
            let index = Index::read(reader, "logs", file).unwrap().unwrap();
            assert!(index.len() > 1_000 && index.end() == text.len() as u64);
        });
    }
}

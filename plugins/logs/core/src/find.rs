//! One record, opened by where it stands: in the segment whose text begins so, at this byte of the text.
//!
//! So a link to a line holds after the file was renamed and compressed, for lines without a time as well, and for the rest
//! of long ones, however much was written since.

use crate::bounds::MOST_BYTES;
use crate::files::{Files, Trouble};
use crate::hit::{Hit, LONGEST};
use crate::matcher::Matcher;
use crate::packed::{self, Stream};
use crate::print::Print;
use crate::reader::{Budget, Reader, Whole};
use crate::scan::{Most, Stretch, forwards};
use crate::series::Series;
use crate::text::{Body, Open};

/// How often it is looked again where files are renamed or compressed meanwhile.
const TRIES: usize = 3;
/// Bytes of text that are passed over on the way to a record of a file that can only be read from its beginning: about
/// what a page has the time for.
const FARTHEST: u64 = 64 << 20;

/// Opens the record that begins at `offset` in the text of the segment that a [`Hit`] calls [`Hit::segment`]. Where several
/// begin alike, as copies do and files with a banner, it is the one whose record has this time, in microseconds; none for a
/// record without a time. Its text is at most [`LONGEST`] bytes. None where no such record is there any more.
///
/// # Errors
///
/// Where a file that begins so cannot be read, or the record stands too far behind in a file that another program has
/// compressed.
pub fn find(
    files: &dyn Files,
    series: &Series,
    segment: &str,
    offset: u64,
    time: Option<i64>,
) -> Result<Option<Hit>, Trouble> {
    let Some(print) = Print::parse(segment) else { return Ok(None) };
    let mut series = series.clone();
    for attempt in 0..TRIES {
        if attempt > 0 {
            series.refresh(files)?;
        }
        match among(files, &series, &print, offset, time) {
            Ok(None) | Err(Trouble::Gone) => {}
            found => return found,
        }
    }
    Ok(None)
}

fn among(
    files: &dyn Files,
    series: &Series,
    print: &Print,
    offset: u64,
    time: Option<i64>,
) -> Result<Option<Hit>, Trouble> {
    let whole = Whole { packed: u64::MAX, text: FARTHEST };
    let budget = Budget { read: u64::MAX, text: u64::MAX, hits: 1, longest: LONGEST, whole, over: &|| false };
    let reader = Reader::new(files, budget);
    let mut trouble = None;
    for number in 0..series.segments.len() {
        let found = Open::new(&reader, series, number).and_then(|open| match open.is(print) {
            true => record(&reader, series, &open, offset),
            false => Ok(None),
        });
        match found {
            Ok(Some(hit)) if hit.record.time == time || (hit.continued && time.is_none()) => return Ok(Some(hit)),
            Ok(_) => {}
            // It may stand in another one.
            Err(failed) => trouble = Some(failed),
        }
    }
    trouble.map_or(Ok(None), Err)
}

/// The record of a segment that begins at a place, or goes on there.
fn record(reader: &Reader<'_>, series: &Series, open: &Open, offset: u64) -> Result<Option<Hit>, Trouble> {
    let Some(segment) = series.segments.get(open.number) else { return Err(Trouble::Gone) };
    let around = around(reader, series, open, offset)?;
    let (before, bytes) = around.split_at(around.len().min(usize::from(offset > 0)));
    if bytes.is_empty() {
        return Ok(None);
    }
    let stretch = Stretch { bytes, end: bytes.len().min(MOST_BYTES), starts: offset == 0 || before == b"\n" };
    let mut found = Vec::new();
    let most = Most { records: 1, bytes: usize::MAX, over: &|| false };
    forwards(stretch, &open.shape, &Matcher::anything(), most, &mut found);
    let name = open.print().to_text();
    Ok(found.into_iter().next().map(|found| Hit::new(0, (&segment.file.path, &name), offset, bytes, found, LONGEST)))
}

/// The text from the byte before the offset on, if there is one, and a byte more than a record has.
fn around(reader: &Reader<'_>, series: &Series, open: &Open, offset: u64) -> Result<Vec<u8>, Trouble> {
    let Some(file) = series.segments.get(open.number).map(|segment| &segment.file) else { return Err(Trouble::Gone) };
    let from = offset.saturating_sub(1);
    let length = MOST_BYTES + 2;
    match &open.body {
        Body::Plain => reader.read(&series.directory, file, from, length),
        Body::Indexed(index) if offset >= index.end() => Ok(Vec::new()),
        Body::Indexed(index) => {
            let number = index.at(offset);
            let base = index.member(number).plain;
            let text = packed::member(reader, &series.directory, file, index, number)?.text;
            // A member ends with a line.
            let mut all = if offset > 0 && offset == base { vec![b'\n'] } else { Vec::new() };
            let from = usize::try_from(from.max(base) - base).unwrap_or(usize::MAX);
            all.extend(text.get(from..).unwrap_or_default().iter().take(length));
            Ok(all)
        }
        Body::Stream if offset > FARTHEST => {
            Err(Trouble::Other("it was compressed in one piece, and the line stands too far behind in it".into()))
        }
        Body::Stream => {
            let mut stream = Stream::new(reader, &series.directory, file);
            let (mut base, mut buffer) = (0, Vec::new());
            while !stream.ended && base + (buffer.len() as u64) < from + length as u64 {
                stream.add(&mut buffer)?;
                let passed = usize::try_from(from - base).unwrap_or(usize::MAX).min(buffer.len());
                buffer.drain(..passed);
                base += passed as u64;
            }
            if base < from {
                buffer.clear();
            }
            buffer.truncate(length);
            Ok(buffer)
        }
    }
}

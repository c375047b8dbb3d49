//! The content of an entry, never more of it than it announced.

use std::io::Read;

use flate2::Crc;
use flate2::bufread::DeflateDecoder;

use super::entries::Entry;
use super::error::{Fault, Problem};

/// What is held for an entry before anything of it was seen.
const AT_FIRST: u64 = 1 << 20;

/// The content, checked against its size and its checksum.
pub(super) fn unpack(entry: &Entry<'_>) -> Result<Vec<u8>, Problem> {
    let content = if entry.is_deflated { inflate(entry) } else { Ok(entry.data.to_vec()) };
    content.and_then(|content| check(entry, content)).map_err(|reason| entry.problem(Fault::Damaged(reason)))
}

fn inflate(entry: &Entry<'_>) -> Result<Vec<u8>, &'static str> {
    let mut decoder = DeflateDecoder::new(entry.data);
    // At most LARGEST_COMPONENT, which fits.
    let mut content = Vec::with_capacity(usize::try_from(entry.size.min(AT_FIRST)).unwrap_or_default());
    // One byte more would show that there is more.
    (&mut decoder)
        .take(entry.size + 1)
        .read_to_end(&mut content)
        .map_err(|_| "what it was packed by cannot be undone")?;
    let all_read = decoder.total_in() == entry.data.len() as u64;
    if content.len() as u64 == entry.size && !all_read { Err("something lies behind its content") } else { Ok(content) }
}

fn check(entry: &Entry<'_>, content: Vec<u8>) -> Result<Vec<u8>, &'static str> {
    if content.len() as u64 > entry.size {
        return Err("it holds more than it announces");
    }
    if (content.len() as u64) < entry.size {
        return Err("it holds less than it announces");
    }
    let mut crc = Crc::new();
    crc.update(&content);
    if crc.sum() == entry.crc { Ok(content) } else { Err("its checksum is of another content") }
}

//! Bytes of a file, before there is a document: white space, numbers, and where an object begins.

use hayro_syntax::object::{Dict, FromBytes};
use memchr::memmem;

use crate::bounds;
use crate::spent::Spent;

fn is_white(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 0x0C | b'\r' | b' ')
}

/// White space and comments are skipped up to so many bytes at once: everything may point to the same desert.
const DESERT: usize = 256;

/// Digits of a number.
const DIGITS: usize = 20;

/// What follows white space and comments.
pub(crate) fn trimmed(bytes: &[u8]) -> &[u8] {
    let near = &bytes[..bytes.len().min(DESERT)];
    let mut at = 0;
    while let Some(byte) = near.get(at) {
        at = match byte {
            b'%' => memchr::memchr2(b'\n', b'\r', &near[at..]).map_or(near.len(), |end| at + end),
            byte if is_white(*byte) => at + 1,
            _ => break,
        };
    }
    &bytes[at..]
}

/// A whole number, and what follows it.
pub(crate) fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let bytes = trimmed(bytes);
    let near = &bytes[..bytes.len().min(DIGITS)];
    let end = near.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(near.len());
    let text = std::str::from_utf8(&near[..end]).ok()?;
    Some((text.parse().ok()?, &bytes[end..]))
}

/// The number and generation of an object, and what follows its beginning.
pub(crate) fn header(bytes: &[u8]) -> Option<(u32, u16, &[u8])> {
    let (object, rest) = number(bytes)?;
    let (generation, rest) = number(rest)?;
    let rest = trimmed(rest).strip_prefix(b"obj")?;
    Some((u32::try_from(object).ok()?, u16::try_from(generation).unwrap_or(0), rest))
}

/// A dictionary, and what follows it. One that does not end has been looked at to the end, too.
pub(crate) fn dict<'a>(bytes: &'a [u8], spent: &Spent) -> Option<(Dict<'a>, &'a [u8])> {
    let bytes = trimmed(bytes);
    if !bytes.starts_with(b"<<") || spent.is_over() {
        return None;
    }
    let near = &bytes[..bytes.len().min(bounds::OBJECT)];
    let Some(dict) = Dict::from_bytes(near) else {
        spent.work(near.len());
        return None;
    };
    spent.work(dict.data().len());
    let rest = bytes.get(dict.data().len()..)?;
    Some((dict, rest))
}

/// What follows a dictionary, where it is a stream: everything after the line of the word.
pub(crate) fn stream(after: &[u8]) -> Option<&[u8]> {
    let rest = trimmed(after).strip_prefix(b"stream")?;
    let rest = rest.strip_prefix(b"\r").unwrap_or(rest);
    Some(rest.strip_prefix(b"\n").unwrap_or(rest))
}

/// The content of a stream, of the length that it says or up to its end.
pub(crate) fn content(rest: &[u8], length: Option<usize>) -> &[u8] {
    let said = length.and_then(|length| rest.split_at_checked(length));
    if let Some((content, after)) = said
        && trimmed(&after[..after.len().min(64)]).starts_with(b"endstream")
    {
        return content;
    }
    let end = memmem::find(rest, b"endstream").unwrap_or(rest.len());
    let content = &rest[..end];
    let content = content.strip_suffix(b"\n").unwrap_or(content);
    content.strip_suffix(b"\r").unwrap_or(content)
}

//! Streams, and those that are full of objects.

use std::borrow::Cow;

use crate::bounds;
use crate::document::{Document, Node};
use crate::filter::{Filter, Packing};
use crate::parse;
use crate::spent::Spent;

/// What it costs to begin with a stream, as bytes of objects.
const UNPACKING: usize = 4 << 10;

/// An object stream, unpacked.
#[derive(Debug)]
pub(crate) struct Pack {
    bytes: Vec<u8>,
    /// The number of each object, and where it begins.
    members: Vec<(u32, u32)>,
}

/// The content of a stream, given its dictionary and what follows the word; at home in an object where it is encrypted.
/// Nothing where it cannot be unpacked, or when what may be unpacked of a file is used up.
pub(crate) fn unpacked(
    document: &Document<'_>,
    node: &Node<'_>,
    rest: &[u8],
    home: Option<(u32, u16)>,
) -> Option<Vec<u8>> {
    let length = document.get(node, b"Length").and_then(|length| length.size());
    let content = parse::content(rest, length);
    if content.len() > bounds::UNPACKED {
        document.spent.unpacked(content.len());
        return None;
    }
    if !document.spent.work(document.reading(content.len()) + UNPACKING) {
        return None;
    }
    let mut plain = match (&document.lock, home) {
        (Some(lock), Some(home)) => Cow::Owned(lock.stream(content, home)),
        _ => Cow::Borrowed(content),
    };
    let filters = filters(document, node)?;
    if filters.is_empty() && !document.spent.unpacked(plain.len()) {
        return None;
    }
    for filter in filters {
        plain = Cow::Owned(filter.unpack(&plain, document.spent.unpackable()));
        if !document.spent.unpacked(plain.len()) {
            return None;
        }
    }
    Some(plain.into_owned())
}

fn filters(document: &Document<'_>, node: &Node<'_>) -> Option<Vec<Filter>> {
    let list = |keys: [&[u8]; 2]| {
        let found = keys.into_iter().find_map(|key| document.get(node, key));
        found.map_or(Vec::new(), |found| match found.is_array() {
            true => document.items(&found).take(4).collect(),
            false => vec![found],
        })
    };
    let names = list([b"Filter", b"F"]);
    let told = list([b"DecodeParms", b"DP"]);
    let packings = names.iter().map(|name| Packing::named(name.name()?));
    let packings: Option<Vec<Packing>> = packings.collect();
    Some(packings?.into_iter().enumerate().map(|(at, packing)| filter(document, packing, told.get(at))).collect())
}

fn filter(document: &Document<'_>, packing: Packing, told: Option<&Node<'_>>) -> Filter {
    let told = |key: &[u8], otherwise: i64| told.and_then(|node| document.integer(node, key)).unwrap_or(otherwise);
    let colors = told(b"Colors", 1).clamp(1, 32);
    let bits = told(b"BitsPerComponent", 8).clamp(1, 16);
    let columns = told(b"Columns", 1).clamp(1, 1 << 16);
    let bytes = |bits: i64| usize::try_from((bits + 7) / 8).unwrap_or(1);
    Filter {
        packing,
        predictor: told(b"Predictor", 1),
        row: bytes(columns * colors * bits),
        sample: bytes(colors * bits),
        early: told(b"EarlyChange", 1) != 0,
    }
}

impl Pack {
    pub fn read(document: &Document<'_>, node: &Node<'_>, rest: &[u8], home: Option<(u32, u16)>) -> Option<Pack> {
        let count = document.get(node, b"N")?.size()?;
        let first = document.get(node, b"First")?.size()?;
        let bytes = unpacked(document, node, rest, home)?;
        let mut members = Vec::new();
        let mut head = bytes.get(..first)?;
        while members.len() < count.min(bounds::OBJECTS) {
            let Some((number, after)) = parse::number(head) else { break };
            let Some((offset, after)) = parse::number(after) else { break };
            head = after;
            let start = usize::try_from(offset).ok().and_then(|offset| first.checked_add(offset));
            let start = start.and_then(|start| u32::try_from(start).ok()).unwrap_or(u32::MAX);
            members.push((u32::try_from(number).unwrap_or(u32::MAX), start));
        }
        Some(Pack { bytes, members })
    }

    /// The numbers of what is in it, in their order.
    pub fn numbers(&self) -> impl Iterator<Item = u32> {
        self.members.iter().map(|(number, _)| *number)
    }

    /// An object, where it should be or anywhere else.
    pub fn member(&self, index: u32, number: u32, spent: &Spent) -> Option<&[u8]> {
        let expected = usize::try_from(index).ok().and_then(|index| self.members.get(index));
        let start = match expected {
            Some((member, start)) if *member == number => *start,
            _ if !spent.work(self.members.len()) => return None,
            _ => self.members.iter().find(|(member, _)| *member == number)?.1,
        };
        self.bytes.get(usize::try_from(start).ok()?..)
    }
}

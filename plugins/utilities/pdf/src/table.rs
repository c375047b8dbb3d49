//! The lists of objects that a file ends with: tables and streams, each with the one before it.

use std::collections::{HashMap, HashSet, hash_map::Entry};

use hayro_syntax::object::Dict;
use memchr::memmem;

use crate::bounds;
use crate::document::{Document, Node};
use crate::pack;
use crate::parse;

/// Where an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the file, at this byte.
    At { offset: u32, generation: u16 },
    /// In an object stream, as its so manieth from 0.
    In { pack: u32, index: u32 },
    /// It was removed.
    Free,
}

pub(crate) type Places = HashMap<u32, Place>;

/// What a file says about its objects.
#[derive(Default)]
pub(crate) struct Table<'a> {
    pub places: Places,
    /// The dictionary that names the root.
    pub trailer: Option<Dict<'a>>,
}

/// Reads them all, the newest first. Nothing where the file does not say where they are, or something else is there.
pub(crate) fn read<'a>(document: &Document<'a>) -> Option<Table<'a>> {
    let bytes = document.bytes;
    let start = memmem::rfind(bytes, b"startxref")? + b"startxref".len();
    let (start, _) = parse::number(&bytes[start..])?;
    let mut lists = Lists { document, table: Table::default(), seen: HashSet::new(), before: vec![start] };
    while let Some(at) = lists.before.pop() {
        if lists.seen.len() < bounds::INCREMENTS && lists.seen.insert(at) && !document.spent.is_over() {
            lists.list(usize::try_from(at).ok()?)?;
        }
    }
    Some(lists.table)
}

struct Lists<'r, 'a> {
    document: &'r Document<'a>,
    table: Table<'a>,
    seen: HashSet<u64>,
    /// Where lists are that were not read yet.
    before: Vec<u64>,
}

impl<'a> Lists<'_, 'a> {
    fn list(&mut self, at: usize) -> Option<()> {
        let bytes = parse::trimmed(self.document.bytes.get(at..)?);
        match bytes.strip_prefix(b"xref") {
            Some(rest) => self.table(rest),
            None => self.stream(bytes),
        }
    }

    fn table(&mut self, mut rest: &'a [u8]) -> Option<()> {
        let mut free = Vec::new();
        while let Some((first, after)) = parse::number(rest) {
            let (count, after) = parse::number(after)?;
            rest = after;
            for number in first..first.checked_add(count)? {
                let number = u32::try_from(number).ok()?;
                let (offset, after) = parse::number(rest)?;
                let (generation, after) = parse::number(after)?;
                let (kind, after) = parse::trimmed(after).split_first()?;
                rest = after;
                match kind {
                    b'n' => {
                        let generation = u16::try_from(generation).unwrap_or(0);
                        self.add(number, Place::At { offset: u32::try_from(offset).ok()?, generation })?;
                    }
                    _ => free.push(number),
                }
                if !self.document.spent.objects(free.len()) {
                    return None;
                }
            }
        }
        let (trailer, _) = parse::dict(parse::trimmed(rest).strip_prefix(b"trailer")?, &self.document.spent)?;
        // A file for old and new readers: what the table hides from the old ones is in a stream.
        let node = Node::direct(trailer.clone());
        if let Some(at) = self.document.integer(&node, b"XRefStm").and_then(|at| u64::try_from(at).ok())
            && self.seen.insert(at)
        {
            let bytes = self.document.bytes.get(usize::try_from(at).ok()?..)?;
            self.stream(bytes);
        }
        for number in free {
            self.add(number, Place::Free)?;
        }
        self.trailer(trailer);
        Some(())
    }

    fn stream(&mut self, bytes: &'a [u8]) -> Option<()> {
        let (_, _, body) = parse::header(bytes)?;
        let (dict, after) = parse::dict(body, &self.document.spent)?;
        let node = Node::direct(dict.clone());
        let widths = self.document.get(&node, b"W")?;
        let widths: Vec<usize> = self.document.items(&widths).filter_map(|width| width.size()).take(3).collect();
        let [kind, second, third] = widths[..] else { return None };
        if kind > 8 || second > 8 || third > 8 || kind + second + third == 0 {
            return None;
        }
        let plain = pack::unpacked(self.document, &node, parse::stream(after)?, None)?;
        let mut rows = plain.chunks_exact(kind + second + third);
        for (first, count) in self.sections(&node) {
            for number in first..first.saturating_add(count) {
                let Some(row) = rows.next() else { break };
                let (row_kind, row) = row.split_at(kind);
                let (row_second, row_third) = row.split_at(second);
                let place = place(if kind == 0 { 1 } else { big(row_kind) }, big(row_second), big(row_third));
                if let Some(place) = place {
                    self.add(number, place)?;
                }
            }
        }
        self.trailer(dict);
        Some(())
    }

    /// The first number and the count of each run of numbers in a stream.
    fn sections(&self, node: &Node<'a>) -> Vec<(u32, u32)> {
        let Some(index) = self.document.get(node, b"Index") else {
            let size = self.document.get(node, b"Size").and_then(|size| size.size()).unwrap_or(0);
            return vec![(0, u32::try_from(size).unwrap_or(u32::MAX))];
        };
        let numbers = self.document.items(&index).map(|number| number.size().unwrap_or(0));
        let numbers: Vec<u32> = numbers.take(bounds::OBJECTS).filter_map(|number| u32::try_from(number).ok()).collect();
        numbers.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
    }

    fn add(&mut self, number: u32, place: Place) -> Option<()> {
        if let Entry::Vacant(entry) = self.table.places.entry(number) {
            entry.insert(place);
        }
        // A stream may say the same number millions of times.
        (self.document.spent.work(0) && self.document.spent.objects(self.table.places.len())).then_some(())
    }

    fn trailer(&mut self, dict: Dict<'a>) {
        let node = Node::direct(dict.clone());
        if let Some(before) = self.document.integer(&node, b"Prev").and_then(|at| u64::try_from(at).ok()) {
            self.before.push(before);
        }
        if self.table.trailer.is_none() && dict.contains_key(b"Root") {
            self.table.trailer = Some(dict);
        }
    }
}

fn place(kind: u64, second: u64, third: u64) -> Option<Place> {
    match kind {
        0 => Some(Place::Free),
        1 => Some(Place::At { offset: u32::try_from(second).ok()?, generation: u16::try_from(third).unwrap_or(0) }),
        2 => Some(Place::In { pack: u32::try_from(second).ok()?, index: u32::try_from(third).ok()? }),
        _ => None,
    }
}

fn big(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

//! ZIPs made by hand, so that they can lie.

use std::io::Write;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// One entry. What is `None` is said as it is.
#[derive(Clone)]
pub struct Item {
    pub name: Vec<u8>,
    pub content: Vec<u8>,
    pub method: u16,
    pub flags: u16,
    /// Mode of Unix, in the upper half of the attributes.
    pub mode: u32,
    pub extra: Vec<u8>,
    /// In the list alone.
    pub size: Option<u32>,
    pub packed: Option<u32>,
    pub crc: Option<u32>,
    /// The place of the entry, as the list tells it.
    pub offset: Option<u32>,
    /// At its place alone.
    pub local_name: Option<Vec<u8>>,
    pub local_method: Option<u16>,
    pub local_flags: Option<u16>,
    pub local_size: Option<u32>,
    pub local_crc: Option<u32>,
    pub local_extra: Vec<u8>,
    /// In place of what packing would give.
    pub data: Option<Vec<u8>>,
    /// Behind its data.
    pub behind: Vec<u8>,
}

pub const STORED: u16 = 0;
pub const DEFLATED: u16 = 8;
pub const DESCRIPTOR: u16 = 1 << 3;

/// A usual entry, packed by deflate.
pub fn item(name: &str, content: &[u8]) -> Item {
    Item {
        name: name.into(),
        content: content.into(),
        method: DEFLATED,
        flags: 0,
        mode: 0o100_644,
        extra: Vec::new(),
        size: None,
        packed: None,
        crc: None,
        offset: None,
        local_name: None,
        local_method: None,
        local_flags: None,
        local_size: None,
        local_crc: None,
        local_extra: Vec::new(),
        data: None,
        behind: Vec::new(),
    }
}

/// A usual entry that is not packed.
pub fn stored(name: &str, content: &[u8]) -> Item {
    Item { method: STORED, ..item(name, content) }
}

/// Streamed: its sizes stand behind it, with or without a signature, narrow or wide.
pub fn streamed(name: &str, content: &[u8], signed: bool, wide: bool) -> Item {
    let mut behind = if signed { 0x0807_4b50_u32.to_le_bytes().to_vec() } else { Vec::new() };
    behind.extend(crc(content).to_le_bytes());
    for size in [deflate(content).len(), content.len()] {
        behind.extend(&(size as u64).to_le_bytes()[..if wide { 8 } else { 4 }]);
    }
    Item { flags: DESCRIPTOR, local_size: Some(0), local_crc: Some(0), behind, ..item(name, content) }
}

pub fn deflate(content: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn crc(content: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(content);
    crc.sum()
}

/// What stands at the end.
#[derive(Default)]
pub struct End {
    pub entries: Option<u16>,
    pub comment: Vec<u8>,
    /// Between the entries and the list.
    pub before_list: Vec<u8>,
    /// Between the list and the end, such as a ZIP64's end.
    pub behind_list: Vec<u8>,
    pub list_at: Option<u32>,
}

pub fn zip(items: &[Item]) -> Vec<u8> {
    zip_with(items, &End::default())
}

pub fn zip_with(items: &[Item], end: &End) -> Vec<u8> {
    let (mut out, mut list) = (Vec::new(), Vec::new());
    for item in items {
        let at = out.len() as u32;
        let packed = if item.method == DEFLATED { deflate(&item.content) } else { item.content.clone() };
        let data = item.data.clone().unwrap_or(packed);
        let size = item.size.unwrap_or(item.content.len() as u32);
        let length = item.packed.unwrap_or(data.len() as u32);
        let crc = item.crc.unwrap_or_else(|| crc(&item.content));
        let name = item.local_name.as_ref().unwrap_or(&item.name);

        out.extend(0x0403_4b50_u32.to_le_bytes());
        for half in [20, item.local_flags.unwrap_or(item.flags), item.local_method.unwrap_or(item.method), 0, 0] {
            out.extend(half.to_le_bytes());
        }
        let local_length = if item.local_size == Some(0) { 0 } else { length };
        for word in [item.local_crc.unwrap_or(crc), local_length, item.local_size.unwrap_or(size)] {
            out.extend(word.to_le_bytes());
        }
        for half in [name.len(), item.local_extra.len()] {
            out.extend((half as u16).to_le_bytes());
        }
        out.extend(name.iter().chain(&item.local_extra).chain(&data).chain(&item.behind));

        list.extend(0x0201_4b50_u32.to_le_bytes());
        for half in [3 << 8 | 20, 20, item.flags, item.method, 0, 0] {
            list.extend(u16::to_le_bytes(half));
        }
        for word in [crc, length, size] {
            list.extend(word.to_le_bytes());
        }
        for half in [item.name.len(), item.extra.len(), 0, 0, 0] {
            list.extend((half as u16).to_le_bytes());
        }
        for word in [item.mode << 16, item.offset.unwrap_or(at)] {
            list.extend(word.to_le_bytes());
        }
        list.extend(item.name.iter().chain(&item.extra));
    }
    out.extend(&end.before_list);
    let at = out.len() as u32;
    out.extend(&list);
    out.extend(&end.behind_list);
    out.extend(0x0605_4b50_u32.to_le_bytes());
    let entries = end.entries.unwrap_or(items.len() as u16);
    for half in [0, 0, entries, entries] {
        out.extend(half.to_le_bytes());
    }
    for word in [list.len() as u32, end.list_at.unwrap_or(at)] {
        out.extend(word.to_le_bytes());
    }
    out.extend((end.comment.len() as u16).to_le_bytes());
    out.extend(&end.comment);
    out
}

/// Where the list begins, in one whose entries hold none.
pub fn list_of(content: &[u8]) -> usize {
    content.windows(4).position(|four| four == 0x0201_4b50_u32.to_le_bytes()).unwrap()
}

//! Packs that Git would not make.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use gix::ObjectId;
use gix::hash::Kind as Hash;
use gix::objs::Kind;

use crate::repositories::component;

/// A pack, and the commit that is its reason.
pub struct Pack {
    pub bytes: Vec<u8>,
    pub commit: ObjectId,
}

/// A pack being written.
pub struct Writer {
    entries: Vec<u8>,
    count: u32,
    commit: ObjectId,
}

const DELTA: u8 = 6;

impl Writer {
    /// Begins with a commit that has one component.
    pub fn new() -> Self {
        let mut writer = Self { entries: Vec::new(), count: 0, commit: ObjectId::null(Hash::Sha1) };
        let blob = writer.object(Kind::Blob, &component("made"));
        let tree = writer.object(Kind::Tree, &[b"100644 hello.wasm\0", blob.as_slice()].concat());
        let commit =
            format!("tree {tree}\nauthor A <a@example.org> 0 +0000\ncommitter A <a@example.org> 0 +0000\n\nmade\n");
        writer.commit = writer.object(Kind::Commit, commit.as_bytes());
        writer
    }

    pub fn object(&mut self, kind: Kind, content: &[u8]) -> ObjectId {
        let number = match kind {
            Kind::Commit => 1,
            Kind::Tree => 2,
            Kind::Blob => 3,
            Kind::Tag => 4,
        };
        self.entry(number, content.len() as u64, &[], |zlib| zlib.write_all(content).unwrap());
        gix::objs::compute_hash(Hash::Sha1, kind, content).unwrap()
    }

    /// A file of so many zeros; answers where it begins.
    pub fn zeros(&mut self, bytes: u64) -> u64 {
        self.entry(3, bytes, &[], |zlib| {
            let piece = vec![0; 1 << 20];
            for _ in 0..bytes >> 20 {
                zlib.write_all(&piece).unwrap();
            }
        })
    }

    /// A file that is the one at `base`, of `size` bytes, so many times over, and a byte of its own.
    pub fn repeated(&mut self, base: u64, size: u64, times: u64, own: u8) -> u64 {
        let mut delta = [length(size), length(size * times + 1)].concat();
        // Copies have at most three bytes for their size and four for their place.
        const LONGEST: u64 = 0xff_ffff;
        for _ in 0..times {
            let mut at = 0;
            while at < size {
                let long = LONGEST.min(size - at);
                delta.push(0xff);
                delta.extend(&at.to_le_bytes()[..4]);
                delta.extend(&long.to_le_bytes()[..3]);
                at += long;
            }
        }
        delta.extend([1, own]);
        let back = distance(self.here() - base);
        self.entry(DELTA, delta.len() as u64, &back, |zlib| zlib.write_all(&delta).unwrap())
    }

    pub fn finish(self) -> Pack {
        let mut bytes = [b"PACK\0\0\0\x02".as_slice(), &self.count.to_be_bytes(), &self.entries].concat();
        let mut hasher = gix::hash::hasher(Hash::Sha1);
        hasher.update(&bytes);
        bytes.extend(hasher.try_finalize().unwrap().as_slice());
        Pack { bytes, commit: self.commit }
    }

    /// Where the next entry begins, in the pack.
    fn here(&self) -> u64 {
        12 + self.entries.len() as u64
    }

    fn entry(&mut self, kind: u8, size: u64, back: &[u8], write: impl FnOnce(&mut ZlibEncoder<&mut Vec<u8>>)) -> u64 {
        let here = self.here();
        let (mut byte, mut rest) = (kind << 4 | (size & 15) as u8, size >> 4);
        while rest > 0 {
            self.entries.push(byte | 0x80);
            (byte, rest) = ((rest & 0x7f) as u8, rest >> 7);
        }
        self.entries.push(byte);
        self.entries.extend(back);
        let mut zlib = ZlibEncoder::new(&mut self.entries, Compression::default());
        write(&mut zlib);
        zlib.finish().unwrap();
        self.count += 1;
        here
    }
}

fn length(mut size: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while size > 0x7f {
        bytes.push((size & 0x7f) as u8 | 0x80);
        size >>= 7;
    }
    bytes.push(size as u8);
    bytes
}

fn distance(mut back: u64) -> Vec<u8> {
    let mut bytes = vec![(back & 0x7f) as u8];
    back >>= 7;
    while back > 0 {
        back -= 1;
        bytes.push((back & 0x7f) as u8 | 0x80);
        back >>= 7;
    }
    bytes.reverse();
    bytes
}

//! Files in memory, for tests: written, renamed, compressed, damaged between two steps.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::Write;

use flate2::{Compression, GzBuilder, write::GzEncoder};

use crate::files::{File, Files, LARGEST_READ, Piece, Trouble};

/// What happens to the files.
type Event = Box<dyn Fn(&Memory)>;

#[derive(Default)]
pub(crate) struct Memory {
    files: RefCell<BTreeMap<String, Entry>>,
    next: Cell<u64>,
    /// Milliseconds since 1970, for what is written next.
    pub now: Cell<i64>,
    pub reads: Cell<u64>,
    pub denied: RefCell<Vec<String>>,
    /// What happens just before so many more reads.
    pub during: RefCell<Option<(u64, Event)>>,
}

#[derive(Debug, Clone)]
struct Entry {
    identity: u64,
    bytes: Vec<u8>,
    modified: i64,
}

impl Memory {
    /// A new file, whatever had the name.
    pub fn write(&self, path: &str, bytes: &[u8]) {
        self.next.set(self.next.get() + 1);
        let entry = Entry { identity: self.next.get(), bytes: bytes.to_vec(), modified: self.now.get() };
        self.files.borrow_mut().insert(path.to_owned(), entry);
    }

    /// Adds to a file, or makes it.
    pub fn append(&self, path: &str, bytes: &[u8]) {
        if !self.files.borrow().contains_key(path) {
            return self.write(path, bytes);
        }
        let mut files = self.files.borrow_mut();
        let entry = files.get_mut(path).unwrap();
        entry.bytes.extend_from_slice(bytes);
        entry.modified = self.now.get();
    }

    pub fn bytes(&self, path: &str) -> Vec<u8> {
        self.files.borrow()[path].bytes.clone()
    }

    /// The same file with other bytes.
    pub fn overwrite(&self, path: &str, bytes: &[u8]) {
        self.files.borrow_mut().get_mut(path).unwrap().bytes = bytes.to_vec();
    }

    pub fn exists(&self, path: &str) -> bool {
        self.files.borrow().contains_key(path)
    }

    pub fn remove(&self, path: &str) {
        self.files.borrow_mut().remove(path).unwrap();
    }

    pub fn rename(&self, old: &str, new: &str) {
        let entry = self.files.borrow_mut().remove(old).unwrap();
        self.files.borrow_mut().insert(new.to_owned(), entry);
    }

    /// `PATH.1` becomes `.2`, and so on, and the file itself `.1`.
    pub fn rotate(&self, path: &str) {
        let mut numbers: Vec<(u32, bool)> = Vec::new();
        for name in self.files.borrow().keys() {
            if let Some(rest) = name.strip_prefix(path).and_then(|rest| rest.strip_prefix('.')) {
                let packed = rest.ends_with(".gz");
                numbers.extend(rest.trim_end_matches(".gz").parse().map(|number: u32| (number, packed)));
            }
        }
        numbers.sort_unstable();
        for (number, packed) in numbers.into_iter().rev() {
            let end = if packed { ".gz" } else { "" };
            self.rename(&format!("{path}.{number}{end}"), &format!("{path}.{}{end}", number + 1));
        }
        if self.exists(path) {
            self.rename(path, &format!("{path}.1"));
        }
    }

    /// Compresses a file as the server does, with members of so many bytes and an index.
    pub fn pack(&self, path: &str, member: usize) {
        let modified = self.files.borrow()[path].modified;
        self.write(&format!("{path}.gz"), &packed(&self.bytes(path), member));
        self.files.borrow_mut().get_mut(&format!("{path}.gz")).unwrap().modified = modified;
        self.remove(path);
    }

    /// As another program does.
    pub fn gzip(&self, path: &str) {
        self.write(&format!("{path}.gz"), &gzip(&self.bytes(path)));
        self.remove(path);
    }
}

/// As `gzip` writes it: one member.
pub(crate) fn gzip(text: &[u8]) -> Vec<u8> {
    let mut to = GzBuilder::new().filename("x.log").write(Vec::new(), Compression::fast());
    to.write_all(text).unwrap();
    to.finish().unwrap()
}

/// Members of at least so many bytes that end with a line, and the index in the extra field of an empty last one.
pub(crate) fn packed(text: &[u8], member: usize) -> Vec<u8> {
    let (mut to, mut index, mut at) = (Vec::new(), Vec::new(), 0);
    while at < text.len() {
        index.push((to.len() as u64, at as u64));
        let least = (at + member).min(text.len());
        let end = text[least..].iter().position(|byte| *byte == b'\n').map_or(text.len(), |end| least + end + 1);
        let mut encoder = GzEncoder::new(&mut to, Compression::fast());
        encoder.write_all(&text[at..end]).unwrap();
        encoder.finish().unwrap();
        at = end;
    }
    index.push((to.len() as u64, at as u64));
    let mut data: Vec<u8> = Vec::new();
    for (packed, plain) in index {
        data.extend(packed.to_le_bytes());
        data.extend(plain.to_le_bytes());
    }
    let length = u32::try_from(data.len()).unwrap();
    data.extend(length.to_le_bytes());
    let mut field = b"VY".to_vec();
    field.extend(u16::try_from(data.len()).unwrap().to_le_bytes());
    field.extend(data);
    GzBuilder::new().extra(field).write(&mut to, Compression::fast()).finish().unwrap();
    to
}

impl Files for Memory {
    fn entries(&self, _: &str, path: &str) -> Result<Vec<File>, Trouble> {
        let inside = if path.is_empty() { String::new() } else { format!("{path}/") };
        let mut all: Vec<File> = Vec::new();
        for (name, entry) in self.files.borrow().iter() {
            let Some(rest) = name.strip_prefix(&inside) else { continue };
            let file = match rest.split_once('/') {
                None => File {
                    path: name.clone(),
                    identity: entry.identity.to_string(),
                    size: entry.bytes.len() as u64,
                    modified: entry.modified,
                    directory: false,
                },
                Some((folder, _)) => {
                    let path = format!("{inside}{folder}");
                    File { identity: path.clone(), path, size: 0, modified: 0, directory: true }
                }
            };
            if all.last() != Some(&file) {
                all.push(file);
            }
        }
        if all.is_empty() && !path.is_empty() { Err(Trouble::Gone) } else { Ok(all) }
    }

    fn read(&self, _: &str, path: &str, identity: Option<&str>, offset: u64, length: u32) -> Result<Piece, Trouble> {
        assert!(length <= LARGEST_READ);
        self.reads.set(self.reads.get() + 1);
        let due = self.during.borrow_mut().take();
        match due {
            Some((0, event)) => event(self),
            other => *self.during.borrow_mut() = other.map(|(reads, event)| (reads - 1, event)),
        }
        let files = self.files.borrow();
        let same = |(name, entry): &(&String, &Entry)| match identity {
            Some(identity) => {
                let folder = |path: &str| path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
                entry.identity.to_string() == identity && folder(name) == folder(path)
            }
            None => *name == path,
        };
        let (name, entry) = files.iter().find(same).ok_or(Trouble::Gone)?;
        if self.denied.borrow().contains(name) {
            return Err(Trouble::Denied);
        }
        let size = entry.bytes.len();
        let from = usize::try_from(offset).unwrap().min(size);
        let content = entry.bytes[from..(from + length as usize).min(size)].to_vec();
        Ok(Piece { content, size: size as u64 })
    }
}

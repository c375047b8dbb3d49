//! A file as objects that have numbers and refer to each other.

use std::cell::{Cell, OnceCell};
use std::collections::HashMap;

use hayro_syntax::object::{Dict, MaybeRef, Object};
use hayro_syntax::reader::{Reader, ReaderExt};
use memchr::memmem;

use crate::bounds;
use crate::lock::Lock;
use crate::pack::Pack;
use crate::parse;
use crate::repair;
use crate::rules;
use crate::spent::Spent;
use crate::table::{self, Place, Table};
use crate::text;
use crate::wrong::Wrong;

/// How much more it costs to decrypt a byte than to look at it.
const DECRYPTING: usize = 4;

/// An open file.
pub(crate) struct Document<'a> {
    /// From its first line on: what stands before that does not count.
    pub bytes: &'a [u8],
    pub table: Table<'a>,
    /// The objects were looked for, because the file's own list is no good.
    pub repaired: bool,
    pub lock: Option<Lock>,
    pub spent: Spent,
    packs: HashMap<u32, OnceCell<Option<Pack>>>,
    /// The root, where it had to be looked for.
    found_root: OnceCell<Option<u32>>,
    /// While an object stream is unpacked, nothing in object streams can be asked for: it may be the same one.
    unpacking: Cell<bool>,
    /// Something was referred to that the list of objects does not have.
    missing: Cell<bool>,
}

/// A value, and where it is at home.
#[derive(Clone)]
pub(crate) struct Node<'d> {
    object: Object<'d>,
    /// The object whose number the encryption of its strings depends on.
    home: Option<(u32, u16)>,
    /// Its own number, where it is an object.
    pub id: Option<u32>,
    /// It is the dictionary of a stream.
    pub stream: bool,
}

/// An item of an array.
pub(crate) enum Entry<'d> {
    /// The number of an object.
    Object(u32),
    /// A value that is in the array itself.
    Here(Node<'d>),
}

impl<'a> Document<'a> {
    /// # Errors
    ///
    /// The file is none, is too large or cannot be decrypted.
    pub fn open(bytes: &'a [u8], password: Option<&str>) -> Result<Document<'a>, Wrong> {
        if bytes.len() > bounds::BYTES {
            return Err(Wrong::TooLarge);
        }
        let start = memmem::find(&bytes[..bytes.len().min(8 << 10)], b"%PDF-");
        if start.is_none() && memmem::find(bytes, b"endobj").is_none() {
            return Err(Wrong::NotPdf);
        }
        let bytes = &bytes[start.unwrap_or(0)..];
        let bare = Document::bare(bytes);
        let table = table::read(&bare).filter(|table| table.trailer.is_some());
        bare.spent.check()?;
        match table {
            Some(mut table) => {
                let mut document = Document { repaired: repair::mend(bytes, &mut table, &bare.spent), table, ..bare };
                document.unlock(password)?;
                if document.root().is_some() {
                    return Ok(document);
                }
            }
            None => drop(bare),
        }
        // Only one of the two at a time is held.
        Document::repaired(bytes, password)
    }

    /// Opens a file whose list of objects is no good.
    ///
    /// # Errors
    ///
    /// As [`Document::open`].
    pub fn repaired(bytes: &'a [u8], password: Option<&str>) -> Result<Document<'a>, Wrong> {
        let bare = Document::bare(bytes);
        let table = repair::look_through(&bare);
        let mut document = Document { repaired: true, table, ..bare };
        document.unlock(password)?;
        let packed = repair::packed(&document);
        for (number, place) in packed {
            document.table.places.entry(number).or_insert(place);
        }
        document.prepare();
        document.spent.check()?;
        Ok(document)
    }

    /// Without a list of objects, which is what one needs to read that.
    fn bare(bytes: &'a [u8]) -> Document<'a> {
        Document {
            bytes,
            table: Table::default(),
            repaired: false,
            lock: None,
            spent: Spent::new(),
            packs: HashMap::new(),
            found_root: OnceCell::new(),
            unpacking: Cell::new(false),
            missing: Cell::new(false),
        }
    }

    fn unlock(&mut self, password: Option<&str>) -> Result<(), Wrong> {
        self.prepare();
        let rules = rules::rules(self)?;
        self.lock = rules.map(|rules| Lock::open(&rules, password)).transpose()?;
        // What was unpacked before there was a key is nothing.
        self.prepare();
        Ok(())
    }

    fn prepare(&mut self) {
        // Those from before are let go of first.
        self.packs = HashMap::new();
        let places = &self.table.places;
        let packs = places.values().filter_map(|place| match place {
            Place::In { pack, .. } if matches!(places.get(pack), Some(Place::At { .. })) => {
                Some((*pack, OnceCell::new()))
            }
            _ => None,
        });
        self.packs = packs.collect();
    }

    /// Whether something was referred to that is not there.
    pub fn is_missing(&self) -> bool {
        self.missing.get()
    }

    /// What all others are found from: it has pages or a form.
    pub fn root(&self) -> Option<Node<'_>> {
        let trailer = Node::direct(self.table.trailer.clone()?);
        let is_root = |node: &Node<'_>| self.get(node, b"Pages").is_some() || self.get(node, b"AcroForm").is_some();
        self.get(&trailer, b"Root").filter(is_root).or_else(|| {
            let number = *self.found_root.get_or_init(|| repair::root(self));
            self.object(number?).filter(is_root)
        })
    }

    /// The object of a number, once more each time.
    pub fn object(&self, number: u32) -> Option<Node<'_>> {
        if self.spent.is_over() {
            return None;
        }
        match self.table.places.get(&number).copied() {
            Some(Place::At { offset, .. }) => {
                let bytes = self.bytes.get(usize::try_from(offset).ok()?..)?;
                let (number, generation, body) = parse::header(bytes)?;
                self.spent.work(bytes.len() - body.len());
                self.value(body, Some((number, generation)), number)
            }
            Some(Place::In { pack, index }) => {
                let member = self.pack(pack)?.member(index, number, &self.spent)?;
                self.value(member, None, number)
            }
            Some(Place::Free) => None,
            None => {
                self.missing.set(true);
                None
            }
        }
    }

    /// An object stream, which is unpacked once.
    pub fn pack(&self, number: u32) -> Option<&Pack> {
        if self.unpacking.get() {
            return None;
        }
        let cell = self.packs.get(&number)?;
        let pack = cell.get_or_init(|| {
            self.unpacking.set(true);
            let pack = self.unpack(number);
            self.unpacking.set(false);
            pack
        });
        pack.as_ref()
    }

    /// As [`Document::pack`], each time anew.
    pub fn unpack(&self, number: u32) -> Option<Pack> {
        let Some(Place::At { offset, .. }) = self.table.places.get(&number) else { return None };
        let bytes = self.bytes.get(usize::try_from(*offset).ok()?..)?;
        let (number, generation, body) = parse::header(bytes)?;
        let (dict, after) = parse::dict(body, &self.spent)?;
        let node = Node::direct(dict);
        Pack::read(self, &node, parse::stream(after)?, Some((number, generation)))
    }

    fn value<'d>(&'d self, body: &'d [u8], home: Option<(u32, u16)>, number: u32) -> Option<Node<'d>> {
        let body = parse::trimmed(body);
        let body = &body[..body.len().min(bounds::OBJECT)];
        let node = |object, stream| Node { object, home, id: Some(number), stream };
        if body.starts_with(b"<<") {
            let (dict, after) = parse::dict(body, &self.spent)?;
            return Some(node(Object::Dict(dict), parse::stream(after).is_some()));
        }
        let mut reader = Reader::new(body);
        let object = reader.read_without_context::<Object<'_>>();
        // How far it goes, which only the library's reader knows, not what it says: a number may have a million digits, and a
        // text break lines that are none.
        self.spent.work(if object.is_some() { reader.offset() } else { body.len() });
        object.map(|object| node(object, false))
    }

    /// What a dictionary has under a key; null is nothing.
    pub fn get<'d>(&'d self, node: &Node<'d>, key: &[u8]) -> Option<Node<'d>> {
        let Object::Dict(dict) = &node.object else { return None };
        let found = match dict.get_raw::<Object<'_>>(key)? {
            MaybeRef::Ref(to) => self.object(to.obj_number)?,
            MaybeRef::NotRef(object) => self.inside(node, object, dict.data().len())?,
        };
        (!matches!(found.object, Object::Null(_))).then_some(found)
    }

    /// The number of the object that a dictionary refers to under a key.
    pub fn link(&self, node: &Node<'_>, key: &[u8]) -> Option<u32> {
        let Object::Dict(dict) = &node.object else { return None };
        dict.get_ref(key).map(|to| to.obj_number)
    }

    /// The items of an array, read one by one; what cannot be read is there as nothing.
    pub fn items<'d>(&'d self, node: &Node<'d>) -> impl Iterator<Item = Node<'d>> + use<'d, 'a> {
        self.entries(node).map(|entry| match entry {
            Entry::Object(number) => self.object(number).unwrap_or_else(Node::nothing),
            Entry::Here(node) => node,
        })
    }

    /// As [`Document::items`], but objects are left as their numbers.
    pub fn entries<'d>(&'d self, node: &Node<'d>) -> impl Iterator<Item = Entry<'d>> + use<'d, 'a> {
        let array = match &node.object {
            Object::Array(array) if self.spent.work(array.data().len()) => Some(array.raw_iter()),
            _ => None,
        };
        let node = node.clone();
        array.into_iter().flatten().map_while(move |item| {
            if self.spent.is_over() {
                return None;
            }
            Some(match item {
                MaybeRef::Ref(to) => Entry::Object(to.obj_number),
                MaybeRef::NotRef(object) => Entry::Here(self.inside(&node, object, 0).unwrap_or_else(Node::nothing)),
            })
        })
    }

    fn inside<'d>(&'d self, node: &Node<'d>, object: Object<'d>, around: usize) -> Option<Node<'d>> {
        // A stream is never inside another object; to find that out, everything around was looked at.
        let stream = matches!(object, Object::Stream(_));
        let paid = self.spent.work(if stream { around.max(4 << 10) } else { size(&object) });
        (paid && !stream).then_some(Node { object, home: node.home, id: None, stream: false })
    }

    pub fn integer(&self, node: &Node<'_>, key: &[u8]) -> Option<i64> {
        self.get(node, key)?.integer()
    }

    /// The bytes of a string, decrypted; nothing when all work is done.
    pub fn bytes_of(&self, node: &Node<'_>) -> Option<Vec<u8>> {
        let Object::String(string) = &node.object else { return None };
        if !self.spent.work(self.reading(string.len())) {
            return None;
        }
        match (&self.lock, node.home) {
            (Some(lock), Some(home)) => Some(lock.string(string.as_bytes(), home)),
            _ => Some(string.as_bytes().to_vec()),
        }
    }

    /// What it costs to read so many bytes that may be encrypted.
    pub fn reading(&self, bytes: usize) -> usize {
        if self.lock.is_some() { bytes.saturating_mul(DECRYPTING) } else { bytes }
    }

    /// A text to keep, of a string or a name: cut where it is long, and counted.
    pub fn text(&self, node: &Node<'_>) -> Option<String> {
        let full = match &node.object {
            Object::Name(name) => text::name(&name[..name.len().min(bounds::ONE_TEXT)]),
            _ => {
                let bytes = self.bytes_of(node)?;
                text::text(&bytes[..bytes.len().min(2 * bounds::ONE_TEXT)])
            }
        };
        let text = text::cut(&full, bounds::ONE_TEXT).to_owned();
        self.spent.text(&text).then_some(text)
    }
}

impl<'d> Node<'d> {
    /// A dictionary that is in no object: a trailer, or of a stream that is read by itself.
    pub fn direct(dict: Dict<'d>) -> Node<'d> {
        Node { object: Object::Dict(dict), home: None, id: None, stream: false }
    }

    fn nothing() -> Node<'d> {
        Node { object: Object::Boolean(false), home: None, id: None, stream: false }
    }

    pub fn has(&self, key: &[u8]) -> bool {
        matches!(&self.object, Object::Dict(dict) if dict.contains_key(key))
    }

    pub fn is_dict(&self) -> bool {
        matches!(self.object, Object::Dict(_))
    }

    pub fn is_array(&self) -> bool {
        matches!(self.object, Object::Array(_))
    }

    pub fn is_true(&self) -> bool {
        matches!(self.object, Object::Boolean(true))
    }

    /// The keys of a dictionary, by their bytes.
    pub fn keys(&self) -> Vec<String> {
        let Object::Dict(dict) = &self.object else { return Vec::new() };
        let mut keys: Vec<String> = dict.keys().take(bounds::OPTIONS).map(|key| text::name(&key)).collect();
        keys.sort_unstable();
        keys
    }

    pub fn name(&self) -> Option<&[u8]> {
        match &self.object {
            Object::Name(name) => Some(name),
            _ => None,
        }
    }

    /// A number of a size that means something.
    pub fn number(&self) -> Option<f64> {
        match &self.object {
            Object::Number(number) => Some(number.as_f64()).filter(|number| number.abs() < 1e7),
            _ => None,
        }
    }

    pub fn integer(&self) -> Option<i64> {
        match &self.object {
            Object::Number(number) => Some(number.as_i64()),
            _ => None,
        }
    }

    pub fn size(&self) -> Option<usize> {
        usize::try_from(self.integer()?).ok()
    }
}

/// The bytes that were looked at to read a value.
fn size(object: &Object<'_>) -> usize {
    match object {
        Object::Dict(dict) => dict.data().len(),
        Object::Array(array) => array.data().len(),
        Object::String(string) => string.as_bytes().len(),
        Object::Name(name) => name.len(),
        _ => 8,
    }
}

//! The files of a commit: the component that is asked for, or the only one that there is, and its README.
//!
//! Nothing is written out as a working tree: no links, no submodules, no filters. What Git would follow or replace is an
//! error that says so.

use std::collections::VecDeque;

use gix::objs::tree::EntryKind;
use gix::objs::{CommitRef, Kind, TagRef, TreeRefIter};
use gix::{ObjectId, Repository};

use crate::archive::{self, READMES};
use crate::error::SourceError;
use crate::git::exchange::Task;
use crate::git::remote::broken;
use crate::sources::Fetched;
use crate::{LARGEST_COMPONENT, LARGEST_README};

/// How many entries of directories are looked at.
const MOST_ENTRIES: usize = 50_000;

/// The largest commit or tag, and the largest directory, in bytes.
const LARGEST_COMMIT: u64 = 1 << 20;
const LARGEST_TREE: u64 = 16 << 20;

/// How many tags may stand for each other.
const MOST_TAGS: usize = 5;

/// How many names a message has.
const MOST_NAMES: usize = 10;

/// What Git LFS leaves in place of a file.
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/";

/// A commit that was asked for.
pub(super) struct Found {
    pub(super) repository: Repository,
    /// The commit, or a tag that stands for it.
    pub(super) target: ObjectId,
    /// What was asked for, such as `branch main`.
    pub(super) words: String,
    /// What the repository is called in messages.
    pub(super) at: String,
}

/// A file, and the directory that it lies in.
struct File {
    path: String,
    id: ObjectId,
    kind: EntryKind,
    directory: ObjectId,
}

struct Entry {
    name: String,
    id: ObjectId,
    kind: EntryKind,
}

/// Takes the component out, and the README that goes with it.
pub(super) fn read(found: &Found, task: &Task) -> Result<Fetched, SourceError> {
    let commit = found.commit()?;
    let root = found.root(commit)?;
    let file = match task.source.path.as_deref() {
        Some(path) => found.at_path(root, path)?,
        None => found.only(root)?,
    };
    let content = found.component(&file)?;
    let unpacked = archive::unpack(content, &file.path)?;
    let mut readme = unpacked.readme;
    for directory in [file.directory, root] {
        if readme.is_empty() {
            readme = found.readme(directory)?;
        }
    }
    let commit = commit.to_hex_with_len(12);
    let detail = match found.words.as_str() {
        "commit" => format!("commit {commit}"),
        words => format!("{words} at {commit}"),
    };
    Ok(Fetched { component: unpacked.component, readme, detail })
}

impl Found {
    /// An object of this kind. Its size is known before it is put together.
    fn object(&self, id: ObjectId, kind: Kind, most: u64, name: &str) -> Result<Vec<u8>, SourceError> {
        let broken = |error| broken(&error, &self.at);
        let header = self.repository.find_header(id).map_err(broken)?;
        if header.kind() != kind {
            return Err(self.unreadable(&format!("{name} is a {} and not a {kind}", header.kind())));
        }
        if header.size() > most {
            return Err(SourceError::Content(format!(
                "{name} in the repository at {} has {} bytes, and at most {most} are read",
                self.at,
                header.size()
            )));
        }
        Ok(self.repository.find_object(id).map_err(broken)?.detach().data)
    }

    fn unreadable(&self, why: &str) -> SourceError {
        SourceError::Content(format!("what the repository at {} sends cannot be read: {why}", self.at))
    }

    /// What was asked for, through the tags that stand for it.
    fn commit(&self) -> Result<ObjectId, SourceError> {
        let mut id = self.target;
        for _ in 0..MOST_TAGS {
            let kind = self.repository.find_header(id).map_err(|error| broken(&error, &self.at))?.kind();
            if kind != Kind::Tag {
                break;
            }
            let tag = self.object(id, Kind::Tag, LARGEST_COMMIT, &self.words)?;
            let parsed = TagRef::from_bytes(&tag, self.repository.object_hash());
            id = parsed.map_err(|_| self.unreadable("a tag is not one"))?.target();
        }
        Ok(id)
    }

    /// The directory at the root of the commit.
    fn root(&self, commit: ObjectId) -> Result<ObjectId, SourceError> {
        let commit = self.object(commit, Kind::Commit, LARGEST_COMMIT, &self.words)?;
        let parsed = CommitRef::from_bytes(&commit, self.repository.object_hash());
        Ok(parsed.map_err(|_| self.unreadable("a commit is not one"))?.tree())
    }

    fn entries(&self, directory: ObjectId) -> Result<Vec<Entry>, SourceError> {
        let tree = self.object(directory, Kind::Tree, LARGEST_TREE, "a directory")?;
        let entries = TreeRefIter::from_bytes(&tree, self.repository.object_hash()).map(|entry| {
            let entry = entry.map_err(|_| self.unreadable("a directory is not one"))?;
            let name = String::from_utf8_lossy(entry.filename).into_owned();
            Ok(Entry { name, id: entry.oid.to_owned(), kind: entry.mode.kind() })
        });
        entries.collect()
    }

    fn at_path(&self, root: ObjectId, path: &str) -> Result<File, SourceError> {
        let mut directory = root;
        let mut gone = String::new();
        let mut parts = path.split('/').peekable();
        while let Some(part) = parts.next() {
            if matches!(part, "" | "." | "..") {
                return Err(SourceError::Address(format!(
                    "`{}` is no path inside a repository: it is written like `dist/hello.wasm`, from the root",
                    path.escape_debug()
                )));
            }
            let entries = self.entries(directory)?;
            let Some(entry) = entries.iter().find(|entry| entry.name == part) else {
                return Err(self.not_there(path, &gone, &entries));
            };
            if parts.peek().is_none() {
                return Ok(File { path: path.to_owned(), id: entry.id, kind: entry.kind, directory });
            }
            gone = format!("{gone}{part}/");
            if entry.kind != EntryKind::Tree {
                return Err(self.no_file(entry.kind, gone.trim_end_matches('/')));
            }
            directory = entry.id;
        }
        Err(self.not_there(path, "", &[]))
    }

    /// The only component of the repository. Directories near the root are looked at first.
    fn only(&self, root: ObjectId) -> Result<File, SourceError> {
        let mut waiting = VecDeque::from([(root, String::new())]);
        let mut files: Vec<File> = Vec::new();
        let mut seen = 0;
        while let Some((directory, above)) = waiting.pop_front() {
            let entries = self.entries(directory)?;
            seen += entries.len();
            if seen > MOST_ENTRIES {
                return Err(SourceError::Content(format!(
                    "the repository at {} has more than {MOST_ENTRIES} files: name the path of the component",
                    self.at
                )));
            }
            for entry in entries {
                let path = format!("{above}{}", entry.name);
                match entry.kind {
                    EntryKind::Tree => waiting.push_back((entry.id, format!("{path}/"))),
                    EntryKind::Blob | EntryKind::BlobExecutable if path.ends_with(".wasm") => {
                        files.push(File { path, id: entry.id, kind: entry.kind, directory });
                    }
                    _ => {}
                }
            }
        }
        self.one_of(files)
    }

    fn one_of(&self, mut files: Vec<File>) -> Result<File, SourceError> {
        if files.len() > 1 {
            let names = listed(files.iter().map(|file| file.path.as_str()));
            return Err(SourceError::NotFound(format!(
                "the repository at {} has several components; name the path of one: {names}",
                self.at
            )));
        }
        files.pop().ok_or_else(|| {
            SourceError::NotFound(format!(
                "the repository at {} has no component (`.wasm`) at {}: name the path of a ZIP, or a branch or tag that \
                 has one",
                self.at, self.words
            ))
        })
    }

    fn component(&self, file: &File) -> Result<Vec<u8>, SourceError> {
        if !matches!(file.kind, EntryKind::Blob | EntryKind::BlobExecutable) {
            return Err(self.no_file(file.kind, &file.path));
        }
        let name = format!("`{}`", file.path.escape_debug());
        let content = self.object(file.id, Kind::Blob, LARGEST_COMPONENT, &name)?;
        if content.starts_with(LFS) {
            return Err(SourceError::Content(format!(
                "{name} in the repository at {} is kept by Git LFS, which this server does not ask: keep the component \
                 in the repository itself, or put it into a registry",
                self.at
            )));
        }
        Ok(content)
    }

    /// The README of a directory; empty where there is none that is kept.
    fn readme(&self, directory: ObjectId) -> Result<String, SourceError> {
        let entries = self.entries(directory)?;
        let is_file = |entry: &&Entry| matches!(entry.kind, EntryKind::Blob | EntryKind::BlobExecutable);
        let named = |name: &&str| entries.iter().filter(is_file).find(|entry| entry.name.eq_ignore_ascii_case(name));
        let Some(entry) = READMES.iter().find_map(named) else { return Ok(String::new()) };
        match self.object(entry.id, Kind::Blob, LARGEST_README, "README") {
            Ok(content) => Ok(String::from_utf8_lossy(&content).into_owned()),
            // A package is no worse for a README that is too long to be kept.
            Err(SourceError::Content(_)) => Ok(String::new()),
            Err(error) => Err(error),
        }
    }

    fn not_there(&self, path: &str, directory: &str, entries: &[Entry]) -> SourceError {
        let names = listed(entries.iter().map(|entry| entry.name.as_str()));
        let place = if directory.is_empty() { "at the root".to_owned() } else { format!("in `{directory}`") };
        SourceError::NotFound(format!(
            "the repository at {} has no `{}` at {}; {place} there is {names}",
            self.at,
            path.escape_debug(),
            self.words
        ))
    }

    fn no_file(&self, kind: EntryKind, path: &str) -> SourceError {
        let is = match kind {
            EntryKind::Tree => "a directory; name the file in it",
            EntryKind::Link => "a symbolic link, and links are not followed; name the file that it leads to",
            EntryKind::Commit => "a submodule, and those are not fetched; give the address of its own repository",
            EntryKind::Blob | EntryKind::BlobExecutable => "a file, and not a directory",
        };
        SourceError::NotFound(format!("`{}` in the repository at {} is {is}", path.escape_debug(), self.at))
    }
}

/// The first names, and how many there are beside.
fn listed<'name>(names: impl ExactSizeIterator<Item = &'name str>) -> String {
    let more = names.len().saturating_sub(MOST_NAMES);
    let shown: Vec<_> = names.take(MOST_NAMES).map(|name| format!("`{}`", name.escape_debug())).collect();
    match (shown.len(), more) {
        (0, _) => "nothing".to_owned(),
        (_, 0) => shown.join(", "),
        (_, more) => format!("{} and {more} more", shown.join(", ")),
    }
}

//! An open directory of a plugin, and what is done in it. All of it blocks.

use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, Seek, Write};
use std::os::unix::fs::{DirEntryExt, FileExt};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use cap_std::fs::{Dir, DirEntry, Metadata, MetadataExt, OpenOptions, OpenOptionsExt};
use rustix::fs::{OFlags, copy_file_range};
use vestry_contract::files::{File as Facts, Listing, Piece};

use super::draft::{Draft, is_left_behind};
use super::error::FileError;
use super::identity::{identity, inode};
use super::path::{self, FilePath};
use crate::uploads::Upload;

/// Files of one listing.
const LISTED: usize = 1000;
/// The longest piece that is read, in bytes.
const LONGEST: u32 = 1 << 20;
/// What is copied before somebody looks whether it is still waited for, in bytes.
const STEP: usize = 8 << 20;

/// A regular file that is open to be read.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) file: File,
    /// In bytes, as it was opened.
    pub(crate) size: u64,
    /// Milliseconds since 1970.
    pub(crate) modified: u64,
    /// Another when another file takes its name.
    pub(crate) identity: String,
}

/// An open directory of a plugin.
#[derive(Debug)]
pub(crate) struct Folder {
    /// As the plugin calls it.
    name: String,
    dir: Dir,
}

impl Folder {
    pub(crate) fn new(name: &str, dir: Dir) -> Self {
        Self { name: name.to_owned(), dir }
    }

    /// What is in a directory, by rising name, from behind `cursor` on; the top where there is no path.
    pub(crate) fn entries(&self, path: Option<&FilePath>, cursor: Option<&str>) -> Result<Listing, FileError> {
        let at = path.map_or("", FilePath::as_str);
        let wrong = |error| self.wrong(at, error);
        let opened = path.map(|path| self.dir.open_dir(path.as_str())).transpose().map_err(wrong)?;
        let dir = opened.as_ref().unwrap_or(&self.dir);
        // The first names behind the cursor, and one more to know whether there are more: the greatest is on top.
        let mut names = BinaryHeap::with_capacity(LISTED + 2);
        for entry in dir.entries().map_err(wrong)? {
            let entry = entry.map_err(wrong)?;
            let Some(name) = shown(&entry).map_err(wrong)? else {
                sweep(&entry, SystemTime::now());
                continue;
            };
            if cursor.is_none_or(|cursor| name.as_str() > cursor) {
                names.push(name);
            }
            if names.len() > LISTED + 1 {
                names.pop();
            }
        }
        let mut names = names.into_sorted_vec();
        let more = names.len() > LISTED;
        names.truncate(LISTED);
        let next = names.last().filter(|_| more).cloned();
        let mut files = Vec::with_capacity(names.len());
        for name in names {
            match dir.symlink_metadata(&name) {
                Ok(metadata) if metadata.is_file() || metadata.is_dir() => {
                    let path = if at.is_empty() { name } else { format!("{at}/{name}") };
                    files.push(facts(path, &metadata));
                }
                // Gone, or another, since its name was read.
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(wrong(error)),
            }
        }
        Ok(Listing { files, next })
    }

    /// Opens a regular file to be read.
    pub(crate) fn open(&self, path: &FilePath) -> Result<Opened, FileError> {
        let (file, metadata) = self.regular(&self.dir, path.as_str(), path, OpenOptions::new().read(true))?;
        Ok(Opened { file, size: metadata.len(), modified: millis(&metadata), identity: identity(&metadata) })
    }

    /// At most `length` bytes from `offset` on: of the file with this identity, where one is named.
    pub(crate) fn read(
        &self,
        path: &FilePath,
        wanted: Option<&str>,
        offset: u64,
        length: u32,
    ) -> Result<Piece, FileError> {
        let found = match wanted {
            None => self.open(path)?,
            Some(wanted) => match self.open(path) {
                Ok(found) if found.identity == wanted => found,
                Ok(_) | Err(FileError::Missing { .. }) => self.renamed(path, wanted)?,
                Err(error) => return Err(error),
            },
        };
        let content =
            piece(&found.file, offset, length.min(LONGEST)).map_err(|error| self.wrong(path.as_str(), error))?;
        Ok(Piece { content, size: found.size })
    }

    /// The file of this identity, under another name in the same folder.
    fn renamed(&self, path: &FilePath, wanted: &str) -> Result<Opened, FileError> {
        let missing = || self.missing("file", path.as_str());
        let wanted_inode = inode(wanted).ok_or_else(missing)?;
        let wrong = |error| self.wrong(path.as_str(), error);
        let opened = path.parent().map(|parent| self.dir.open_dir(parent)).transpose().map_err(wrong)?;
        let dir = opened.as_ref().unwrap_or(&self.dir);
        for entry in dir.entries().map_err(wrong)? {
            let entry = entry.map_err(wrong)?;
            if entry.ino() != wanted_inode {
                continue;
            }
            let Some(name) = shown(&entry).map_err(wrong)? else { continue };
            match self.regular(dir, &name, path, OpenOptions::new().read(true)) {
                Ok((file, metadata)) if identity(&metadata) == wanted => {
                    let (size, modified) = (metadata.len(), millis(&metadata));
                    return Ok(Opened { file, size, modified, identity: wanted.to_owned() });
                }
                Ok(_) | Err(FileError::Missing { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Err(missing())
    }

    /// Writes a whole file beside, and puts it in the place of what had its name.
    pub(crate) fn write(&self, path: &FilePath, content: &[u8]) -> Result<(), FileError> {
        let folder = self.parent(path)?;
        let draft = Draft::new(&folder).map_err(|error| self.wrong(path.as_str(), error))?;
        draft.file().write_all(content).map_err(|error| self.wrong(path.as_str(), error))?;
        draft.place(path.name()).map_err(|error| self.wrong(path.as_str(), error))
    }

    /// Adds to the end of a file; answers its size before.
    pub(crate) fn append(&self, path: &FilePath, content: &[u8]) -> Result<u64, FileError> {
        let folder = self.parent(path)?;
        let wrong = |error| self.wrong(path.as_str(), error);
        let mut options = OpenOptions::new();
        options.append(true);
        let (mut file, metadata) = match self.regular(&folder, path.name(), path, &mut options) {
            Err(FileError::Missing { .. }) => {
                // One that has just been made by somebody else is as good; a link or a special file is not.
                match folder.open_with(path.name(), OpenOptions::new().append(true).create_new(true)) {
                    Ok(_) => {}
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                    Err(error) => return Err(wrong(error)),
                }
                self.regular(&folder, path.name(), path, &mut options)?
            }
            other => other?,
        };
        if content.is_empty() {
            return Ok(metadata.len());
        }
        // After the first write the place in the file is behind what was written, wherever others have written.
        let written = file.write(content).map_err(wrong)?;
        let before = file.stream_position().map_err(wrong)?.saturating_sub(written as u64);
        file.write_all(&content[written..]).map_err(wrong)?;
        Ok(before)
    }

    /// Gives a file or a directory another name; what had it is replaced.
    pub(crate) fn rename(&self, old: &FilePath, new: &FilePath) -> Result<(), FileError> {
        self.plain(old)?;
        let renamed = self.dir.rename(old.as_str(), &self.dir, new.as_str());
        renamed.map_err(|error| self.wrong(new.as_str(), error))
    }

    /// Removes a file, or a directory that is empty.
    pub(crate) fn remove(&self, path: &FilePath) -> Result<(), FileError> {
        let wrong = |error| self.wrong(path.as_str(), error);
        if !self.plain(path)?.is_dir() {
            return self.dir.remove_file(path.as_str()).map_err(wrong);
        }
        match self.dir.remove_dir(path.as_str()) {
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {
                // What the server left behind there, plugins neither see nor can remove.
                self.sweep(path, SystemTime::now()).map_err(wrong)?;
                self.dir.remove_dir(path.as_str()).map_err(wrong)
            }
            removed => removed.map_err(wrong),
        }
    }

    /// Removes what crashes have left in a directory.
    pub(super) fn sweep(&self, path: &FilePath, now: SystemTime) -> io::Result<()> {
        for entry in self.dir.open_dir(path.as_str())?.entries()? {
            sweep(&entry?, now);
        }
        Ok(())
    }

    /// Puts an upload in the place of what has the path. Where it lies on the same file system this takes no time,
    /// whatever its size; elsewhere it is copied, until `given_up`.
    pub(crate) fn keep(&self, path: &FilePath, upload: &Upload, given_up: &AtomicBool) -> Result<(), FileError> {
        let Some(file) = upload.on_disk() else { return self.write(path, upload.in_memory()) };
        let wrong = |error| self.wrong(path.as_str(), error);
        let folder = self.parent(path)?;
        let metadata = Metadata::from_file(file).map_err(wrong)?;
        if let Ok(there) = folder.symlink_metadata(path.name())
            && (there.dev(), there.ino()) == (metadata.dev(), metadata.ino())
            && there.len() == upload.size()
        {
            // Kept there already, by the same request before it was run again.
            return Ok(());
        }
        // A file that is kept twice becomes two: one that is added to must not change the other.
        if metadata.nlink() == 0 {
            let file = file.try_clone().map_err(wrong)?;
            if Draft::of(&folder, file).place(path.name()).is_ok() {
                return Ok(());
            }
        }
        let draft = Draft::new(&folder).map_err(wrong)?;
        copy(file, draft.file(), upload.size(), given_up).map_err(wrong)?;
        if given_up.load(Ordering::Relaxed) {
            return Err(FileError::GivenUp);
        }
        draft.place(path.name()).map_err(wrong)
    }

    /// The folder that a path is in, made where it is missing.
    fn parent(&self, path: &FilePath) -> Result<Dir, FileError> {
        let wrong = |error| self.wrong(path.as_str(), error);
        match path.parent() {
            None => self.dir.try_clone().map_err(wrong),
            Some(parent) => {
                self.dir.create_dir_all(parent).map_err(|error| match error.kind() {
                    // Something with that name is there, and is no directory that can be gone into.
                    io::ErrorKind::AlreadyExists => wrong(io::ErrorKind::NotADirectory.into()),
                    _ => wrong(error),
                })?;
                self.dir.open_dir(parent).map_err(wrong)
            }
        }
    }

    /// A file or a directory, and no link.
    fn plain(&self, path: &FilePath) -> Result<Metadata, FileError> {
        let metadata = self.dir.symlink_metadata(path.as_str()).map_err(|error| self.wrong(path.as_str(), error))?;
        let plain = metadata.is_file() || metadata.is_dir();
        if plain { Ok(metadata) } else { Err(self.missing("file or directory", path.as_str())) }
    }

    /// Opens a regular file, and nothing else: what is a link or a device is not even opened, because that can have
    /// effects, and what has become one since is let go.
    fn regular(
        &self,
        dir: &Dir,
        name: &str,
        path: &FilePath,
        options: &mut OpenOptions,
    ) -> Result<(File, Metadata), FileError> {
        let wrong = |error| self.wrong(path.as_str(), error);
        if !dir.symlink_metadata(name).map_err(wrong)?.is_file() {
            return Err(self.missing("file", path.as_str()));
        }
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let file = dir.open_with(name, options.custom_flags(flags.bits().cast_signed())).map_err(wrong)?;
        let metadata = file.metadata().map_err(wrong)?;
        if metadata.is_file() { Ok((file.into_std(), metadata)) } else { Err(self.missing("file", path.as_str())) }
    }

    fn missing(&self, what: &'static str, path: &str) -> FileError {
        FileError::Missing { what, directory: self.name.clone(), path: path.to_owned() }
    }

    fn wrong(&self, path: &str, error: io::Error) -> FileError {
        FileError::of(&self.name, path, error)
    }
}

/// The name of an entry that plugins see: a file or a directory with a name that a path can say.
fn shown(entry: &DirEntry) -> io::Result<Option<String>> {
    let Ok(name) = entry.file_name().into_string() else { return Ok(None) };
    if path::name(&name).is_err() {
        return Ok(None);
    }
    let kind = entry.file_type()?;
    Ok((kind.is_file() || kind.is_dir()).then_some(name))
}

/// Removes an entry that a crash has left. Where the server may not, it stays.
fn sweep(entry: &DirEntry, now: SystemTime) {
    let Ok(name) = entry.file_name().into_string() else { return };
    if !name.starts_with(path::RESERVED) || !entry.metadata().is_ok_and(|found| is_left_behind(&name, &found, now)) {
        return;
    }
    match entry.remove_file() {
        Ok(()) => tracing::info!(name, "a file that was left unfinished was removed"),
        Err(error) => tracing::debug!(name, %error, "a file that was left unfinished cannot be removed"),
    }
}

fn facts(path: String, metadata: &Metadata) -> Facts {
    let directory = metadata.is_dir();
    Facts {
        path,
        identity: identity(metadata),
        size: if directory { 0 } else { metadata.len() },
        modified: millis(metadata),
        directory,
    }
}

fn millis(metadata: &Metadata) -> u64 {
    let seconds = u64::try_from(metadata.mtime()).unwrap_or(0);
    seconds * 1000 + u64::try_from(metadata.mtime_nsec() / 1_000_000).unwrap_or(0)
}

/// At most `length` bytes of a file from `offset` on.
pub(crate) fn piece(file: &File, offset: u64, length: u32) -> io::Result<Vec<u8>> {
    let size = file.metadata()?.len();
    let length = u64::from(length).min(size.saturating_sub(offset));
    let mut content = vec![0; usize::try_from(length).unwrap_or(0)];
    let mut filled = 0;
    while filled < content.len() {
        match file.read_at(&mut content[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    content.truncate(filled);
    Ok(content)
}

/// Copies the first `size` bytes, where the file system can do it without moving them.
fn copy(from: &File, mut to: &File, size: u64, given_up: &AtomicBool) -> io::Result<()> {
    let mut offset = 0;
    while offset < size && !given_up.load(Ordering::Relaxed) {
        let step = usize::try_from(size - offset).unwrap_or(STEP).min(STEP);
        match copy_file_range(from, Some(&mut offset), to, None, step) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) => {}
            // Between some file systems it does not go.
            Err(_) => {
                let moved = piece(from, offset, LONGEST)?;
                if moved.is_empty() {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                let rest = usize::try_from(size - offset).unwrap_or(usize::MAX).min(moved.len());
                to.write_all(&moved[..rest])?;
                offset += rest as u64;
            }
        }
    }
    Ok(())
}

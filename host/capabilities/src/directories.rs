//! Directories of the server that plugins were granted: which place each name stands for, and what is done there.
//!
//! The server's configuration ties a name of one plugin to a place. A place is opened anew for each use, so one that is
//! mounted or made later is found, and everything inside it goes through the open directory: no path of the server is
//! ever put together from what a plugin says. Files are counted by nothing but the bytes that a request may move; what
//! a directory may hold is for the file system to say, with a quota.

mod draft;
mod error;
mod folder;
mod identity;
mod path;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use tokio::sync::Semaphore;
use vestry_catalog::house::{self, HouseDirectory};
use vestry_contract::types::Failure;
use vestry_identity::Caller;

use crate::call::{Services, Subject, unavailable};

pub(crate) use draft::{Draft, unnamed};
pub(crate) use error::FileError;
use folder::Opened;
pub(crate) use folder::{Folder, piece};
pub(crate) use path::FilePath;

/// What is done in one directory at a time. A disk that hangs keeps its threads: these, and not all that there are.
const TURNS: usize = 16;

/// Where the directories of plugins are.
#[derive(Debug, Default)]
pub struct Directories {
    /// By the plugin's id, then by the directory's name.
    places: BTreeMap<String, BTreeMap<String, Place>>,
    /// The server's own ([`house`]), by the name that every plugin uses.
    own: BTreeMap<&'static str, Place>,
}

#[derive(Debug)]
struct Place {
    path: PathBuf,
    turns: Arc<Semaphore>,
}

impl Place {
    fn new(path: PathBuf) -> Self {
        Self { path, turns: Arc::new(Semaphore::new(TURNS)) }
    }
}

/// A file of a directory, open to be sent.
#[derive(Debug, Clone)]
pub struct OpenFile {
    opened: Arc<Opened>,
    turns: Arc<Semaphore>,
}

impl OpenFile {
    /// In bytes, as it was opened.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.opened.size
    }

    /// Another where its content can be another.
    #[must_use]
    pub fn tag(&self) -> String {
        let Opened { size, modified, identity, .. } = &*self.opened;
        format!("{identity}-{size:x}-{modified:x}")
    }

    /// At most `length` bytes from `offset` on; fewer at the end.
    ///
    /// # Errors
    ///
    /// Where the disk cannot be read.
    pub async fn piece(&self, offset: u64, length: u32) -> io::Result<Vec<u8>> {
        let opened = Arc::clone(&self.opened);
        in_turn(&self.turns, move || piece(&opened.file, offset, length)).await.map_err(io::Error::other)?
    }
}

impl Directories {
    /// Places by the plugin's id, then by the directory's name. Whether each is there is seen when it is used.
    #[must_use]
    pub fn new(places: BTreeMap<String, BTreeMap<String, PathBuf>>) -> Self {
        let placed =
            |names: BTreeMap<String, PathBuf>| names.into_iter().map(|(name, path)| (name, Place::new(path))).collect();
        Self {
            places: places.into_iter().map(|(plugin, names)| (plugin, placed(names))).collect(),
            own: BTreeMap::new(),
        }
    }

    /// With one of the server's own.
    #[must_use]
    pub fn with_own(mut self, house: &HouseDirectory, path: PathBuf) -> Self {
        self.own.insert(house.name, Place::new(path));
        self
    }

    /// Does something in a directory of a plugin, where it may wait for the disk.
    pub(crate) async fn inside<T: Send + 'static>(
        &self,
        plugin: &str,
        name: &str,
        work: impl FnOnce(&Folder) -> Result<T, FileError> + Send + 'static,
    ) -> Result<T, FileError> {
        let place = self.place(plugin, name)?;
        let (path, plugin, name) = (place.path.clone(), plugin.to_owned(), name.to_owned());
        in_turn(&place.turns, move || work(&open(&path, &plugin, &name)?)).await?
    }

    fn place(&self, plugin: &str, name: &str) -> Result<&Place, FileError> {
        let configured = || self.places.get(plugin).and_then(|names| names.get(name));
        let found = self.own.get(name).or_else(configured);
        found.ok_or_else(|| FileError::Unplaced { plugin: plugin.to_owned(), directory: name.to_owned() })
    }
}

/// Opens the directory that a name stands for.
fn open(path: &Path, plugin: &str, name: &str) -> Result<Folder, FileError> {
    match Dir::open_ambient_dir(path, ambient_authority()) {
        Ok(dir) => Ok(Folder::new(name, dir)),
        Err(source) => {
            let path = path.display();
            tracing::error!(plugin, directory = name, %path, error = %source, "a directory cannot be opened");
            Err(FileError::Closed { plugin: plugin.to_owned(), directory: name.to_owned(), source })
        }
    }
}

/// Does what may wait for a disk on a thread for that. Whoever no longer waits leaves the turn to the work until it ends.
async fn in_turn<T: Send + 'static>(
    turns: &Arc<Semaphore>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, FileError> {
    let turn = Arc::clone(turns).acquire_owned().await.map_err(|_| FileError::Stopping)?;
    let done = tokio::task::spawn_blocking(move || {
        let done = work();
        drop(turn);
        done
    });
    done.await.map_err(|_| FileError::Stopping)
}

impl Services {
    /// Opens a file of a directory that the plugin was granted, to send it.
    ///
    /// # Errors
    ///
    /// `denied` where the directory was not granted, `not-found`, or `unavailable`.
    pub async fn open_file(
        &self,
        subject: &Subject,
        caller: Option<&Caller>,
        directory: &str,
        path: &str,
    ) -> Result<OpenFile, Failure> {
        if !self.has_directory(subject, caller, directory)? {
            return Err(Failure::Denied(not_granted(subject, directory, false)));
        }
        let path = FilePath::parse(path).map_err(FileError::from)?;
        let turns = Arc::clone(&self.directories.place(&subject.id, directory)?.turns);
        let opened = self.directories.inside(&subject.id, directory, move |folder| folder.open(&path)).await?;
        Ok(OpenFile { opened: Arc::new(opened), turns })
    }

    /// Whether the plugin is granted to read a directory at this moment, and, where it is one of the server's own, who asks
    /// may see what is in there. What was opened in it stays open where not.
    ///
    /// # Errors
    ///
    /// `unavailable` where the database cannot be read.
    pub fn has_directory(&self, subject: &Subject, caller: Option<&Caller>, directory: &str) -> Result<bool, Failure> {
        let grants = self.grants(&subject.id, &subject.digest).map_err(unavailable)?;
        let seen = match (house::directory(directory), caller) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(house), Some(caller)) => {
                let current = self.identity.current(caller).map_err(unavailable)?;
                current.is_some_and(|caller| caller.permissions.holds_name(house.permission))
            }
        };
        Ok(seen && grants.holds_directory(directory, false))
    }
}

/// Why a directory is not open to a plugin, and what opens it.
pub(crate) fn not_granted(subject: &Subject, name: &str, write: bool) -> String {
    let name: String = name.chars().take(100).collect();
    let way = if write { "read-write" } else { "read" };
    format!(
        "{id} {version} was not granted the directory `{name}` ({way}); it needs the wish `directory({name}, {way})`, \
         which an administrator grants, and in vestry.yml: {line}",
        id = subject.id,
        version = subject.version,
        line = line(&subject.id, &name),
    )
}

/// What ties a name to a place, as it is written in vestry.yml.
fn line(plugin: &str, name: &str) -> String {
    format!("directories: {{{plugin}: {{{name}: /ABSOLUTE/PATH}}}}")
}

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
use std::fs::File;
use std::path::PathBuf;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use vestry_contract::types::Failure;

use crate::call::{Services, Subject, unavailable};

pub(crate) use draft::unnamed;
pub(crate) use error::FileError;
pub(crate) use folder::{Folder, piece};
pub(crate) use path::FilePath;

/// Where the directories of plugins are.
#[derive(Debug, Clone, Default)]
pub struct Directories {
    /// By the plugin's id, then by the directory's name.
    places: BTreeMap<String, BTreeMap<String, PathBuf>>,
}

/// A file of a directory, open to be sent.
#[derive(Debug)]
pub struct OpenFile {
    pub file: File,
    /// In bytes, as it was opened.
    pub size: u64,
    /// Milliseconds since 1970.
    pub modified: u64,
    /// Another when another file takes its name.
    pub identity: String,
}

impl Directories {
    /// Places by the plugin's id, then by the directory's name. Whether each is there is seen when it is used.
    #[must_use]
    pub fn new(places: BTreeMap<String, BTreeMap<String, PathBuf>>) -> Self {
        Self { places }
    }

    /// Opens a directory of a plugin.
    pub(crate) fn folder(&self, plugin: &str, name: &str) -> Result<Folder, FileError> {
        let place = self
            .places
            .get(plugin)
            .and_then(|names| names.get(name))
            .ok_or_else(|| FileError::Unplaced { plugin: plugin.to_owned(), directory: name.to_owned() })?;
        match Dir::open_ambient_dir(place, ambient_authority()) {
            Ok(dir) => Ok(Folder::new(name, dir)),
            Err(source) => {
                tracing::error!(plugin, directory = name, place = %place.display(), error = %source, "a directory cannot be opened");
                Err(FileError::Closed { plugin: plugin.to_owned(), directory: name.to_owned(), source })
            }
        }
    }
}

impl Services {
    /// Opens a file of a directory that the plugin was granted, to send it. Blocks.
    ///
    /// # Errors
    ///
    /// `denied` where the directory was not granted, `not-found`, or `unavailable`.
    pub fn open_file(&self, subject: &Subject, directory: &str, path: &str) -> Result<OpenFile, Failure> {
        let grants = self.grants(&subject.id, &subject.digest).map_err(unavailable)?;
        if !grants.holds_directory(directory, false) {
            return Err(Failure::Denied(not_granted(subject, directory, false)));
        }
        let path = FilePath::parse(path).map_err(FileError::from)?;
        Ok(self.directories.folder(&subject.id, directory)?.open(&path)?)
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

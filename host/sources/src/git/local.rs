//! Repositories of this machine: read where they lie, below directories that the configuration names.
//!
//! Nothing of theirs is run, and no program of Git's is either. What a repository leads to beside itself (a working tree's
//! own directory, objects that it borrows) must lie below those directories as well, and have no links in it.
//!
//! Not barred is who changes the repository while it is read: who may write below those directories is trusted not to.

use std::path::{Component, Path, PathBuf};

use gix::{ObjectId, Repository};

use crate::error::SourceError;
use crate::git::contents::Found;
use crate::git::exchange::Task;
use crate::git::names::{self, Wanted};
use crate::git::remote::{broken, options};
use crate::sources::Reference;
use crate::words::shown;

/// What is read of a repository's own directory. Links among its hooks are usual, and harm nobody.
const READ: &[&str] =
    &["HEAD", "commondir", "config", "config.worktree", "info", "objects", "packed-refs", "refs", "shallow"];

/// The most files and directories of a repository itself.
const MOST_FILES: usize = 200_000;

/// The most characters of a file's name in a message.
const SHOWN: usize = 100;

pub(super) fn references(task: &Task) -> Result<Vec<Reference>, SourceError> {
    let (repository, at) = open(task)?;
    list(&repository).map_err(|error| broken(&error, &at))
}

pub(super) fn find(task: &Task) -> Result<Found, SourceError> {
    let (repository, at) = open(task)?;
    let broken = |error| broken(&error, &at);
    let (target, words) = match Wanted::parse(task.source.reference.as_deref())? {
        Wanted::Commit(commit) => {
            let listed = list(&repository).map_err(broken)?;
            let tips = listed.iter().filter_map(|reference| ObjectId::from_hex(reference.target.as_bytes()).ok());
            if !names::reaches(&repository, tips.collect(), commit) {
                return Err(names::stray(&at, commit));
            }
            (commit, "commit".to_owned())
        }
        Wanted::Default => {
            let head = repository.head_name().map_err(broken)?;
            let name = head.map_or_else(|| "HEAD".to_owned(), |name| name.to_string());
            let target = target(&repository, &name).map_err(broken)?;
            let none = || SourceError::NotFound(format!("the repository at {at} is empty: push something to it first"));
            (target.ok_or_else(none)?, names::words(&name))
        }
        Wanted::Named { name, full } => {
            let mut found = None;
            for full in &full {
                found = target(&repository, full).map_err(broken)?.map(|target| (target, names::words(full)));
                if found.is_some() {
                    break;
                }
            }
            match found {
                Some(found) => found,
                None => return Err(names::missing(&name, &at, &list(&repository).map_err(broken)?)),
            }
        }
    };
    Ok(Found { repository, target, words, at })
}

fn list(repository: &Repository) -> gix::Result<Vec<Reference>> {
    let default = repository.head_name()?.map(|name| name.to_string());
    let platform = repository.references()?;
    let all = platform.all()?.filter_map(|reference| {
        let mut reference = reference.ok()?;
        let name = reference.name().as_bstr().to_string();
        // One that leads nowhere is not one to choose.
        let target = reference.peel_to_id().ok()?.detach();
        Some((name, target))
    });
    Ok(names::listed(all, default.as_deref()))
}

fn target(repository: &Repository, full: &str) -> gix::Result<Option<ObjectId>> {
    let Some(mut reference) = repository.try_find_reference(full)? else { return Ok(None) };
    Ok(Some(reference.peel_to_id()?.detach()))
}

/// Opens the repository, and says what it is called.
fn open(task: &Task) -> Result<(Repository, String), SourceError> {
    let none = || SourceError::Address(format!("{} is no directory of this machine", task.source.url));
    let path = task.source.url.to_file_path().map_err(|()| none())?;
    let at = path.display().to_string();
    let allowed: Vec<_> = task.repositories.iter().filter_map(|directory| directory.canonicalize().ok()).collect();
    let missing = || SourceError::NotFound(format!("there is no Git repository at {at}"));
    let Ok(real) = path.canonicalize() else {
        // Whether there is something is not said of directories that are not read.
        return Err(if is_named(&path, &task.repositories) { missing() } else { refused(&path) });
    };
    if !is_below(&real, &allowed) {
        return Err(refused(&path));
    }
    let repository = gix::open_opts(&real, options()).map_err(|_| missing())?;
    let places = Places::of(&repository).map_err(|error| broken(&error, &at))?;
    if places.all().any(|place| !place.canonicalize().is_ok_and(|place| is_below(&place, &allowed))) {
        return Err(SourceError::Refused(format!(
            "the repository at {at} keeps a part of itself elsewhere, where this server reads no repositories"
        )));
    }
    plain(places.read(), &at)?;
    Ok((repository, at))
}

/// Where a repository is read.
struct Places {
    /// Its own directory, and the one that it shares with other working trees.
    own: [PathBuf; 2],
    /// Directories of objects.
    objects: Vec<PathBuf>,
}

impl Places {
    fn of(repository: &Repository) -> gix::Result<Self> {
        let store = repository.objects.store_ref();
        let mut objects = store.alternate_db_paths()?;
        objects.push(store.path().to_owned());
        Ok(Self { own: [repository.git_dir().to_owned(), repository.common_dir().to_owned()], objects })
    }

    fn all(&self) -> impl Iterator<Item = &PathBuf> {
        self.own.iter().chain(&self.objects)
    }

    /// What of it is read.
    fn read(&self) -> Vec<PathBuf> {
        let own = self.own.iter().flat_map(|directory| READ.iter().map(|part| directory.join(part)));
        own.chain(self.objects.iter().cloned()).collect()
    }
}

/// That here and below there are files and directories alone. A link would have this server read, for who may write there,
/// what they may not read themselves; a pipe would hold it up.
fn plain(mut waiting: Vec<PathBuf>, at: &str) -> Result<(), SourceError> {
    let mut seen = 0;
    while let Some(place) = waiting.pop() {
        // What is not there is not read.
        let Ok(kind) = place.symlink_metadata().map(|place| place.file_type()) else { continue };
        if kind.is_dir() {
            for entry in std::fs::read_dir(place)? {
                waiting.push(entry?.path());
                seen += 1;
            }
        } else if !kind.is_file() {
            let name = place.file_name().unwrap_or_default();
            return Err(SourceError::Refused(format!(
                "the repository at {at} has a link, or what is no file, in its own directory ({}), and those are not \
                 followed: keep the repository whole in one place",
                shown(&name.to_string_lossy(), SHOWN)
            )));
        }
        if seen > MOST_FILES {
            return Err(SourceError::Content(format!(
                "the repository at {at} has more than {MOST_FILES} files of its own: pack them with `git gc`"
            )));
        }
    }
    Ok(())
}

fn is_below(place: &Path, directories: &[PathBuf]) -> bool {
    directories.iter().any(|directory| place.starts_with(directory))
}

/// The same of a place that is not there.
fn is_named(place: &Path, directories: &[PathBuf]) -> bool {
    !place.components().any(|part| part == Component::ParentDir) && is_below(place, directories)
}

fn refused(path: &Path) -> SourceError {
    let above = path.parent().unwrap_or(path);
    SourceError::Refused(format!(
        "this server reads no repositories at {}; an administrator can allow it in vestry.yml with\n\n    \
         packages:\n      repositories: [{}]",
        path.display(),
        above.display()
    ))
}

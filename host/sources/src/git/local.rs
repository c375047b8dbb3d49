//! Repositories of this machine: read where they lie, below directories that the configuration names.
//!
//! Nothing of theirs is run, and no program of Git's is either. What a repository leads to beside itself (a working tree's
//! own directory, objects that it borrows) must lie below those directories as well.

use std::path::{Component, Path, PathBuf};

use gix::{ObjectId, Repository};

use crate::error::SourceError;
use crate::git::contents::Found;
use crate::git::exchange::Task;
use crate::git::names::{self, Wanted};
use crate::git::remote::{broken, options};
use crate::sources::Reference;

pub(super) fn references(task: &Task) -> Result<Vec<Reference>, SourceError> {
    let (repository, at) = open(task)?;
    list(&repository).map_err(|error| broken(&error, &at))
}

pub(super) fn find(task: &Task) -> Result<Found, SourceError> {
    let (repository, at) = open(task)?;
    let broken = |error| broken(&error, &at);
    let (target, words) = match Wanted::parse(task.source.reference.as_deref())? {
        Wanted::Commit(commit) => {
            let is_there = repository.try_find_header(commit).map_err(broken)?.is_some();
            let none = || SourceError::NotFound(format!("the repository at {at} has no commit {commit}"));
            (is_there.then_some(commit).ok_or_else(none)?, "commit".to_owned())
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
    let elsewhere = leads_to(&repository).map_err(|error| broken(&error, &at))?;
    match elsewhere.iter().find(|place| !place.canonicalize().is_ok_and(|place| is_below(&place, &allowed))) {
        None => Ok((repository, at)),
        Some(_) => Err(SourceError::Refused(format!(
            "the repository at {at} keeps a part of itself elsewhere, where this server reads no repositories"
        ))),
    }
}

/// All places that a repository is read from.
fn leads_to(repository: &Repository) -> gix::Result<Vec<PathBuf>> {
    let objects = repository.objects.store_ref();
    let mut places = objects.alternate_db_paths()?;
    places.extend([objects.path().to_owned(), repository.git_dir().to_owned(), repository.common_dir().to_owned()]);
    Ok(places)
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

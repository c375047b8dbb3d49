//! Branches and tags: how they are asked for, and in which order they are shown.

use std::cmp::Reverse;

use gix::bstr::ByteSlice;
use gix::objs::Kind;
use gix::{ObjectId, Repository};

use crate::error::SourceError;
use crate::sources::{Reference, ReferenceKind};
use crate::versions;
use crate::words::is_visible;

const BRANCHES: &str = "refs/heads/";
const TAGS: &str = "refs/tags/";

/// Of more branches and tags than this, the rest is not looked at.
const MOST: usize = 20_000;

/// The longest name that is shown, in bytes: as long as one that is typed.
const LONGEST: usize = 255;

/// What a person asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The default branch.
    Default,
    Commit(ObjectId),
    /// A branch or a tag of this name; their full names, in the order in which they are looked for. A tag comes before a
    /// branch of the same name, as it does for Git.
    Named {
        name: String,
        full: Vec<String>,
    },
}

impl Wanted {
    pub(super) fn parse(reference: Option<&str>) -> Result<Self, SourceError> {
        let Some(name) = reference else { return Ok(Self::Default) };
        if let Ok(commit) = ObjectId::from_hex(name.as_bytes()) {
            return Ok(Self::Commit(commit));
        }
        if gix::validate::reference::name_partial(name.as_bytes().as_bstr()).is_err() {
            return Err(SourceError::Address(format!(
                "`{}` can be no branch and no tag: name one of those, or a commit with all its 40 digits",
                name.escape_debug()
            )));
        }
        let full = if name.starts_with(BRANCHES) || name.starts_with(TAGS) {
            vec![name.to_owned()]
        } else {
            vec![format!("{TAGS}{name}"), format!("{BRANCHES}{name}")]
        };
        Ok(Self::Named { name: name.to_owned(), full })
    }
}

/// Kind and short name of what is called this in full; none for what is neither a branch nor a tag.
pub(super) fn short(full: &str) -> Option<(ReferenceKind, &str)> {
    let branch = full.strip_prefix(BRANCHES).map(|name| (ReferenceKind::Branch, name));
    branch.or_else(|| full.strip_prefix(TAGS).map(|name| (ReferenceKind::Tag, name)))
}

/// Whether people can be asked to choose it.
pub(super) fn can_be_shown(name: &str) -> bool {
    name.len() <= LONGEST && is_visible(name)
}

/// What a reference is called in details: `branch main`; `HEAD` where the default is no branch, or is called what cannot be
/// shown.
pub(super) fn words(full: &str) -> String {
    match short(full).filter(|(_, name)| can_be_shown(name)) {
        Some((ReferenceKind::Branch, name)) => format!("branch {name}"),
        Some((ReferenceKind::Tag, name)) => format!("tag {name}"),
        None => "HEAD".to_owned(),
    }
}

/// Branches and tags with their commits, of all that there is under full names: the default branch, versions with the
/// highest first, then the others by name.
pub(super) fn listed(all: impl Iterator<Item = (String, ObjectId)>, default: Option<&str>) -> Vec<Reference> {
    let reference = |(full, target): (String, ObjectId)| {
        let (kind, name) = short(&full)?;
        can_be_shown(name).then(|| Reference { name: name.to_owned(), kind, target: target.to_string() })
    };
    let mut listed: Vec<_> = all.filter_map(reference).take(MOST).collect();
    let default = default.and_then(short);
    listed.sort_by_cached_key(|reference| {
        let is_default = default == Some((reference.kind, &reference.name));
        let is_tag = reference.kind == ReferenceKind::Tag;
        let version = if is_tag { versions::of_name(&reference.name) } else { None };
        (!is_default, Reverse(version), is_tag, reference.name.clone())
    });
    listed
}

/// That there is nothing of this name, and what there is.
pub(super) fn missing(name: &str, at: &str, listed: &[Reference]) -> SourceError {
    const SOME: usize = 5;
    let some: Vec<_> = listed.iter().take(SOME).map(|reference| format!("`{}`", reference.name)).collect();
    let there_is = match listed.len() {
        0 => "there is none at all".to_owned(),
        1..=SOME => format!("there is {}", some.join(", ")),
        more => format!("there is {} and {} more", some.join(", "), more - SOME),
    };
    SourceError::NotFound(format!("the repository at {at} has no branch and no tag `{name}`; {there_is}"))
}

/// Whether one of these commits is this one, or came of it. What cannot be read leads nowhere.
pub(super) fn reaches(repository: &Repository, tips: Vec<ObjectId>, commit: ObjectId) -> bool {
    let is_commit = |id: &ObjectId| repository.find_header(*id).is_ok_and(|header| header.kind() == Kind::Commit);
    let walk = repository.rev_walk(tips.into_iter().filter(is_commit)).all();
    walk.is_ok_and(|mut walk| walk.any(|found| found.is_ok_and(|found| found.id == commit)))
}

/// That a commit is of no branch and of no tag.
pub(super) fn stray(at: &str, commit: ObjectId) -> SourceError {
    SourceError::NotFound(format!(
        "no branch and no tag of the repository at {at} leads to the commit {commit}: it has none such, or somebody else \
         left it there. Name a branch or a tag, or have the commit tagged"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_branch_comes_first_then_versions_then_names() {
        let null = ObjectId::null(gix::hash::Kind::Sha1);
        let names = [
            "refs/tags/nightly",
            "refs/heads/main",
            "refs/heads/work",
            "refs/tags/v1.9.0",
            "refs/tags/1.10.0",
            "refs/tags/v1.10.0-rc.1",
            "refs/heads/also",
            "refs/heads/v9.0.0",
            "refs/pull/1/head",
            "HEAD",
            "refs/tags/\u{7}",
            "refs/tags/1.0\u{202e}0.1",
            "refs/heads/\u{200b}main",
        ];
        let all = names.iter().map(|name| ((*name).to_owned(), null));
        let shown: Vec<_> = listed(all, Some("refs/heads/main")).into_iter().map(|reference| reference.name).collect();
        assert_eq!(shown, ["main", "1.10.0", "v1.10.0-rc.1", "v1.9.0", "also", "v9.0.0", "work", "nightly"]);
    }

    #[test]
    fn what_can_be_no_name_is_refused() {
        for name in ["", "a b", "*", "refs/heads/*", "HEAD~1", "a..b", "main^{}", "a:b", "\u{7}", "a.lock"] {
            assert!(matches!(Wanted::parse(Some(name)), Err(SourceError::Address(_))), "{name}");
        }
        // Git has these, and a server is asked for no more than a name.
        for name in ["+main", "-", "work/it"] {
            let full = vec![format!("refs/tags/{name}"), format!("refs/heads/{name}")];
            assert_eq!(Wanted::parse(Some(name)).unwrap(), Wanted::Named { name: name.to_owned(), full });
        }
        assert!(matches!(Wanted::parse(Some(&"ab".repeat(20))), Ok(Wanted::Commit(_))));
    }
}

//! Packages from Git repositories: `https`, `http`, and directories of this machine that the configuration names.
//!
//! What a repository sends is put together in a child process ([`child`]) with limits of its own, which speaks to its
//! server over the same calls as everything else here ([`vestry_outbound`]). See decision 0025.
//!
//! Deliberately absent: SSH, credential helpers, Git's own programs and configuration, hooks, submodules, filters and LFS,
//! history. Of a repository one commit is fetched, with its files, into a directory that is removed afterwards.

mod calls;
pub mod child;
mod contents;
mod exchange;
mod limits;
mod local;
mod names;
mod process;
mod remote;
mod scratch;
mod web;

use semver::Version;

use crate::access::Access;
use crate::error::SourceError;
use crate::git::exchange::{COMPONENT, Line, README, Work};
use crate::git::scratch::{Scratch, not_asked};
use crate::source::{GitSource, Source};
use crate::sources::{Fetched, Newest, Progress, Reference, ReferenceKind, Sources};
use crate::versions::{self, MOST_REFERENCES};
use crate::words::is_visible;
use crate::{LARGEST_COMPONENT, LARGEST_README};

/// The longest words of what was fetched, in bytes: a branch or tag, and its commit.
const LONGEST_DETAIL: usize = 300;

/// The digits of a commit that are shown.
const SHOWN: usize = 12;

/// Branches and tags: the default branch first, then versions, then the others by name.
pub(crate) async fn references(
    sources: &Sources,
    source: &GitSource,
    access: Option<&Access>,
) -> Result<Vec<Reference>, SourceError> {
    let mut all = all(sources, source, access).await?;
    all.truncate(MOST_REFERENCES);
    Ok(all)
}

/// One commit's component and README.
pub(crate) async fn fetch(
    sources: &Sources,
    source: &GitSource,
    access: Option<&Access>,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Fetched, SourceError> {
    let scratch = Scratch::new(sources).await?;
    let line = process::done(sources, Work::Fetch, source, access, scratch.path(), progress).await?;
    let Line::Fetched { detail } = line else { return Err(not_asked()) };
    if detail.len() > LONGEST_DETAIL || !is_visible(&detail) {
        return Err(not_asked());
    }
    let component = scratch.taken(COMPONENT, LARGEST_COMPONENT).await?;
    let readme = scratch.taken(README, LARGEST_README).await?;
    Ok(Fetched { component, readme: String::from_utf8_lossy(&readme).into_owned(), detail })
}

/// The tag with the highest version over `current`; else what the branch or tag of `detail` stands for by now.
pub(crate) async fn newest(
    sources: &Sources,
    source: &GitSource,
    access: Option<&Access>,
    current: &Version,
    detail: &str,
) -> Result<Option<Newest>, SourceError> {
    let all = all(sources, source, access).await?;
    Ok(higher(source, current, &all).or_else(|| moved(source, detail, &all)))
}

fn higher(source: &GitSource, current: &Version, all: &[Reference]) -> Option<Newest> {
    let tags = all.iter().filter(|reference| reference.kind == ReferenceKind::Tag);
    let (version, tag) = versions::above(current, tags.map(|tag| tag.name.as_str()))?;
    let source = GitSource { reference: Some(tag.to_owned()), ..source.clone() };
    Some(Newest { version: version.to_string(), source: Source::Git(source) })
}

fn moved(source: &GitSource, detail: &str, all: &[Reference]) -> Option<Newest> {
    let (words, commit) = detail.rsplit_once(" at ")?;
    let (kind, name) = words.split_once(' ')?;
    let kind = match kind {
        "branch" => ReferenceKind::Branch,
        "tag" => ReferenceKind::Tag,
        _ => return None,
    };
    let now = all.iter().find(|reference| reference.kind == kind && reference.name == name)?;
    let version = now.target.get(..SHOWN)?;
    (version != commit).then(|| Newest { version: version.to_owned(), source: Source::Git(source.clone()) })
}

async fn all(sources: &Sources, source: &GitSource, access: Option<&Access>) -> Result<Vec<Reference>, SourceError> {
    let _asking = sources.asking().await?;
    let scratch = Scratch::new(sources).await?;
    let line = process::done(sources, Work::References, source, access, scratch.path(), &|_| {}).await?;
    let Line::References(mut references) = line else { return Err(not_asked()) };
    references.retain(|reference| names::can_be_shown(&reference.name));
    Ok(references)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(name: &str, kind: ReferenceKind, digit: &str) -> Reference {
        Reference { name: name.into(), kind, target: digit.repeat(40) }
    }

    fn newest(current: &str, detail: &str) -> Option<String> {
        let url = "https://example.org/hello.git".parse().unwrap();
        let source = GitSource { url, reference: None, path: Some("a.wasm".into()) };
        let all = [
            reference("main", ReferenceKind::Branch, "a"),
            reference("v1.2.0", ReferenceKind::Tag, "b"),
            reference("1.10.0", ReferenceKind::Tag, "c"),
            reference("v2.0.0-rc.1", ReferenceKind::Tag, "d"),
            reference("v9.0.0", ReferenceKind::Branch, "e"),
        ];
        let newest = higher(&source, &current.parse().unwrap(), &all).or_else(|| moved(&source, detail, &all))?;
        let Source::Git(GitSource { reference, path, .. }) = newest.source else { panic!() };
        assert_eq!(path.as_deref(), Some("a.wasm"));
        Some(format!("{} from {}", newest.version, reference.unwrap_or_default()))
    }

    #[test]
    fn a_higher_version_is_newer_and_so_is_a_branch_that_moved() {
        assert_eq!(newest("1.2.0", "tag v1.2.0 at bbbbbbbbbbbb").as_deref(), Some("1.10.0 from 1.10.0"));
        assert_eq!(newest("1.10.0", "tag 1.10.0 at cccccccccccc"), None);
        assert_eq!(newest("2.0.0-alpha.1", "").as_deref(), Some("2.0.0-rc.1 from v2.0.0-rc.1"));
        assert_eq!(newest("1.10.0", "branch main at aaaaaaaaaaaa"), None);
        assert_eq!(newest("1.10.0", "branch main at 0123456789ab").as_deref(), Some("aaaaaaaaaaaa from "));
        assert_eq!(newest("1.10.0", "tag v1.2.0 at 0123456789ab").as_deref(), Some("bbbbbbbbbbbb from "));
        assert_eq!(newest("1.10.0", "branch gone at 0123456789ab"), None);
        assert_eq!(newest("1.10.0", "commit 0123456789ab"), None);
    }
}

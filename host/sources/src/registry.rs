//! OCI registries, asked by our own calls (OCI Distribution Specification 1.1; decision 24).
//!
//! Three questions: which tags there are (section "Listing Tags"), which manifest a tag or digest stands for (section
//! "Pulling manifests"), and the bytes of a layer (section "Pulling blobs"). What comes is checked by sha256: the manifest
//! against the digest that was asked for and the one that the registry names, each layer against the manifest.
//!
//! Deliberately absent: pushing, other digests than sha256, artifacts that are packed (`tar`, `gzip`), layers that lie at
//! addresses of their own (`urls`), and mirrors.

pub(crate) mod address;
mod challenge;
mod manifest;
mod session;
mod tags;

use std::time::Duration;

use data_encoding::HEXLOWER;
use semver::Version;
use sha2::{Digest as _, Sha256};
use vestry_outbound::Limits;

use crate::LARGEST_COMPONENT;
use crate::access::Access;
use crate::archive;
use crate::error::SourceError;
use crate::source::{RegistrySource, Source};
use crate::sources::{Fetched, Newest, Progress, Reference, ReferenceKind, Sources};
use crate::versions;
use manifest::{Content, Manifest};
use session::Session;

/// The longest that a layer may take: 64 MiB at 1 Mbit/s.
const TIME: Duration = Duration::from_secs(600);
/// The longest that its README may take.
const README_TIME: Duration = Duration::from_secs(30);
/// What is held for a layer before anything of it has come.
const AT_FIRST: u64 = 1 << 20;
/// What counts where nothing is named.
const LATEST: &str = "latest";
/// Digits of a digest that are shown for a version.
const SHOWN_DIGITS: usize = 12;

pub(crate) async fn references(
    sources: &Sources,
    source: &RegistrySource,
    access: Option<&Access>,
) -> Result<Vec<Reference>, SourceError> {
    let tags = tags::list(&mut Session::new(sources, source, access)?).await?;
    let reference = |name| Reference { name, kind: ReferenceKind::Tag, target: String::new() };
    let mut references: Vec<Reference> = tags.into_iter().map(reference).collect();
    versions::sort(&mut references);
    Ok(references)
}

pub(crate) async fn fetch(
    sources: &Sources,
    source: &RegistrySource,
    access: Option<&Access>,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Fetched, SourceError> {
    let mut session = Session::new(sources, source, access)?;
    let (bytes, digest) = pull_manifest(&mut session, source, None).await?;
    let mut found = manifest::parse(&bytes, source)?;
    if let Manifest::Other(other) = &found {
        let (bytes, _) = pull_manifest(&mut session, source, Some(other)).await?;
        found = manifest::parse(&bytes, source)?;
    }
    let Manifest::Component { component, readme } = found else {
        return Err(SourceError::Content(format!("{source} is an index of an index: name the manifest by its digest")));
    };
    let component = pull_blob(&mut session, source, &component, TIME, progress).await?;
    archive::check_component(&component, &source.to_string())?;
    let readme = match readme {
        Some(readme) => pull_blob(&mut session, source, &readme, README_TIME, &|_| {}).await?,
        None => Vec::new(),
    };
    let readme = String::from_utf8_lossy(&readme).into_owned();
    let detail = source.tag.as_ref().map_or_else(|| digest.clone(), |tag| format!("{tag} {digest}"));
    Ok(Fetched { component, readme, detail })
}

pub(crate) async fn newest(
    sources: &Sources,
    source: &RegistrySource,
    access: Option<&Access>,
    current: &Version,
    detail: &str,
) -> Result<Option<Newest>, SourceError> {
    let mut session = Session::new(sources, source, access)?;
    let of_tag = |tag: &str| RegistrySource { tag: Some(tag.to_owned()), digest: None, ..source.clone() };
    let tags = match tags::list(&mut session).await {
        Ok(tags) => tags,
        // Not every registry lists tags; the one that is known may still be there.
        Err(SourceError::NotFound(_)) => Vec::new(),
        Err(error) => return Err(error),
    };
    if let Some((version, tag)) = versions::above(current, tags.iter().map(String::as_str)) {
        return Ok(Some(Newest { version: version.to_string(), source: Source::Registry(of_tag(tag)) }));
    }
    let (Some(tag), Some(known)) = (&source.tag, detail.split(' ').find(|word| word.starts_with("sha256:"))) else {
        return Ok(None);
    };
    let same = of_tag(tag);
    let (_, digest) = pull_manifest(&mut session, &same, None).await?;
    let shown = digest.chars().take("sha256:".len() + SHOWN_DIGITS).collect();
    Ok((digest != known).then_some(Newest { version: shown, source: Source::Registry(same) }))
}

/// The manifest that is named by the source, or another one by its digest; and its digest.
async fn pull_manifest(
    session: &mut Session<'_>,
    source: &RegistrySource,
    other: Option<&Content>,
) -> Result<(Vec<u8>, String), SourceError> {
    let asked = other.map(|other| other.digest.as_str()).or(source.digest.as_deref());
    let name = asked.or(source.tag.as_deref()).unwrap_or(LATEST);
    let (url, limits) = (session.url(&format!("manifests/{name}")), session.soon(manifest::MOST_MANIFEST));
    let incoming = session.get(&url, manifest::ACCEPT, "manifest", limits).await?;
    let named =
        incoming.header("docker-content-digest").filter(|named| named.starts_with("sha256:")).map(str::to_owned);
    let bytes = incoming.rest().await?;
    let digest = digest_of(&Sha256::new_with_prefix(&bytes));
    for expected in asked.into_iter().chain(named.as_deref()) {
        check("manifest", source, expected, &digest)?;
    }
    Ok((bytes.into(), digest))
}

/// The bytes of a layer.
async fn pull_blob(
    session: &mut Session<'_>,
    source: &RegistrySource,
    content: &Content,
    time: Duration,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Vec<u8>, SourceError> {
    let size = content.size;
    let wrong = |came: String| {
        SourceError::Content(format!(
            "a layer of {source} has {came} bytes, and its manifest says {size}: push it again"
        ))
    };
    // Not to the size: that is said in better words here.
    let most = usize::try_from(LARGEST_COMPONENT).unwrap_or(usize::MAX);
    let limits = Limits { time, ..session.soon(most) };
    let url = session.url(&format!("blobs/{}", content.digest));
    let mut incoming = session.get(&url, "*/*", "layer", limits).await?;
    if let Some(announced) = incoming.length.filter(|announced| *announced != size) {
        return Err(wrong(announced.to_string()));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size.min(AT_FIRST)).unwrap_or_default());
    let mut hash = Sha256::new();
    while let Some(piece) = incoming.chunk().await? {
        if (bytes.len() + piece.len()) as u64 > size {
            return Err(wrong("more".into()));
        }
        hash.update(&piece);
        bytes.extend_from_slice(&piece);
        progress(Progress { done: bytes.len() as u64, total: Some(size) });
    }
    if (bytes.len() as u64) < size {
        return Err(wrong(bytes.len().to_string()));
    }
    check("layer", source, &content.digest, &digest_of(&hash))?;
    Ok(bytes)
}

fn digest_of(hash: &Sha256) -> String {
    format!("sha256:{}", HEXLOWER.encode(&hash.clone().finalize()))
}

fn check(what: &str, source: &RegistrySource, expected: &str, came: &str) -> Result<(), SourceError> {
    if expected == came {
        return Ok(());
    }
    let told = format!("the {what} of {source} should be {} and is {came}", manifest::shown(expected));
    Err(SourceError::Content(format!("{told}. It is not taken: try again, and tell who keeps the registry")))
}

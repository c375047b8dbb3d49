//! Manifests: which of their layers is the component (OCI Image Format 1.1; WebAssembly's own layout of artifacts).
//!
//! Taken are the artifacts that `wkg oci push` makes (a layer of the type `application/wasm`), and those of `oras push`,
//! whose layer has a file's name as its title. An index is followed where it names just one manifest; what it offers for
//! several platforms is nothing that a component has.

use oci_spec::image::{Descriptor, Digest, DigestAlgorithm, ImageIndex, ImageManifest};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::archive::READMES;
use crate::error::SourceError;
use crate::source::RegistrySource;
use crate::{LARGEST_COMPONENT, LARGEST_README};

/// The most bytes of a manifest (Distribution Specification 1.1, section "Pushing Manifests").
pub(super) const MOST_MANIFEST: usize = 4 << 20;
/// What is asked for.
pub(super) const ACCEPT: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json";

/// The types of a layer that is a component: as it is now, and as it was.
const COMPONENTS: &[&str] = &["application/wasm", "application/vnd.wasm.content.layer.v1+wasm"];
/// Where a layer says what its file was called.
const TITLE: &str = "org.opencontainers.image.title";
/// Layers that are named in messages, and characters of a name.
const SHOWN: usize = 5;
const SHOWN_CHARACTERS: usize = 120;

/// What a manifest leads to.
#[derive(Debug)]
pub(super) enum Manifest {
    Component {
        component: Content,
        readme: Option<Content>,
    },
    /// The manifest of an index.
    Other(Content),
}

/// Something that is fetched by its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Content {
    /// `sha256:` and 64 digits.
    pub(super) digest: String,
    pub(super) size: u64,
}

/// What tells an index from a manifest. One that would be both is neither.
#[derive(Deserialize)]
struct Either {
    manifests: Option<IgnoredAny>,
    layers: Option<IgnoredAny>,
}

/// Reads a manifest; its bytes were checked.
pub(super) fn parse(bytes: &[u8], source: &RegistrySource) -> Result<Manifest, SourceError> {
    let wrong = |reason: &str| SourceError::Content(format!("the manifest of {source} {reason}"));
    // It may quote what is in the manifest.
    let unreadable =
        |error: serde_json::Error| wrong(&format!("cannot be read ({}): push it again", shown(&error.to_string())));
    let either: Either = serde_json::from_slice(bytes).map_err(unreadable)?;
    match (either.layers, either.manifests) {
        (Some(_), None) => choose(&serde_json::from_slice(bytes).map_err(unreadable)?, source),
        (None, Some(_)) => {
            let index: ImageIndex = serde_json::from_slice(bytes).map_err(unreadable)?;
            let [only] = index.manifests().as_slice() else {
                let count = index.manifests().len();
                let told =
                    format!("is an index of {count} others: name the one that is meant, with `@` and its digest");
                return Err(wrong(&told));
            };
            content(only, MOST_MANIFEST as u64, "manifest", source).map(Manifest::Other)
        }
        (Some(_), Some(_)) => Err(wrong("is a manifest and an index in one: push it again")),
        (None, None) => Err(wrong("names nothing: push it again with `wkg oci push` or `oras push`")),
    }
}

fn choose(manifest: &ImageManifest, source: &RegistrySource) -> Result<Manifest, SourceError> {
    let layers = manifest.layers();
    let found: Vec<&Descriptor> = layers.iter().filter(|layer| is_component(layer)).collect();
    let [component] = found[..] else {
        return Err(SourceError::Content(if found.is_empty() {
            let there = named(layers.iter());
            format!("{source} holds no component, but {there}: push one with `wkg oci push` or `oras push`")
        } else {
            format!("{source} holds {} components ({}), and a package is one", found.len(), named(found.into_iter()))
        }));
    };
    let is_called =
        |layer: &&Descriptor, name: &str| title(layer).is_some_and(|title| title.eq_ignore_ascii_case(name));
    let readme = READMES.iter().find_map(|name| layers.iter().find(|layer| is_called(layer, name)));
    let readme = readme.map(|layer| content(layer, LARGEST_README, "README", source)).transpose()?;
    Ok(Manifest::Component { component: content(component, LARGEST_COMPONENT, "component", source)?, readme })
}

fn is_component(layer: &Descriptor) -> bool {
    let is_called_so = title(layer).is_some_and(|title| title.to_ascii_lowercase().ends_with(".wasm"));
    COMPONENTS.contains(&layer.media_type().as_ref()) || is_called_so
}

fn title(layer: &Descriptor) -> Option<&str> {
    layer.annotations().as_ref()?.get(TITLE).map(String::as_str)
}

/// Layers by title, or else by type.
fn named<'a>(layers: impl Iterator<Item = &'a Descriptor>) -> String {
    let names = layers.take(SHOWN).map(|layer| title(layer).unwrap_or(layer.media_type().as_ref()));
    let names: Vec<String> = names.map(shown).collect();
    if names.is_empty() { "nothing".into() } else { names.join(", ") }
}

/// Words of a registry's, in one line and not without end.
pub(super) fn shown(name: &str) -> String {
    name.chars().take(SHOWN_CHARACTERS).flat_map(char::escape_debug).collect()
}

/// What a descriptor promises, where that can be kept here.
fn content(descriptor: &Descriptor, most: u64, what: &str, source: &RegistrySource) -> Result<Content, SourceError> {
    let (size, digest) = (descriptor.size(), descriptor.digest());
    if size > most {
        let (size, most) = (size.div_ceil(1024), most >> 10);
        return Err(SourceError::Content(format!(
            "the {what} of {source} has {size} KiB, and may have at most {most}"
        )));
    }
    if !is_sha256(digest) {
        let told = format!("the {what} of {source} is named by another digest than sha256: push it again with that");
        return Err(SourceError::Content(told));
    }
    Ok(Content { digest: digest.to_string(), size })
}

fn is_sha256(digest: &Digest) -> bool {
    *digest.algorithm() == DigestAlgorithm::Sha256
}

//! A package that is known here, with what it registered.

use vestry_contract::packages::Package;
use vestry_contract::registration::PluginInfo;
use vestry_contract::types::Text;
use vestry_storage::{PackageRow, Reader, StorageError};

use crate::capability::Capability;

/// Why nothing can be said about packages.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error("what {id} {version} registered cannot be read any more ({error}); fetch it again")]
    Registration { id: String, version: String, error: serde_json::Error },
}

/// What this crate's functions answer.
pub type Result<T, E = CatalogError> = std::result::Result<T, E>;

/// A package, and what it registered.
#[derive(Debug, Clone)]
pub struct Known {
    pub row: PackageRow,
    pub info: PluginInfo,
}

/// Something that a package asks for, with the plugin's own reason; interfaces have none.
#[derive(Debug, Clone)]
pub struct Asked {
    pub capability: Capability,
    pub reason: Text,
}

impl Known {
    /// A package by its digest; none where it is not here.
    ///
    /// # Errors
    ///
    /// Where the database cannot be read, or what it registered cannot.
    pub fn read(reader: &Reader<'_>, digest: &str) -> Result<Option<Self>> {
        reader.package(digest)?.map(Self::parse).transpose()
    }

    /// The same for lists: one whose registration cannot be read is left out, so that the others are still seen.
    ///
    /// # Errors
    ///
    /// Where the database cannot be read.
    pub fn readable(reader: &Reader<'_>, digest: &str) -> Result<Option<Self>> {
        match Self::read(reader, digest) {
            Err(CatalogError::Registration { .. }) => Ok(None),
            read => read,
        }
    }

    /// What runs of a plugin; none where it is in no place.
    ///
    /// # Errors
    ///
    /// As [`Self::read`].
    pub fn running(reader: &Reader<'_>, id: &str) -> Result<Option<Self>> {
        match reader.plugin(id)? {
            Some(plugin) => Self::read(reader, &plugin.digest),
            None => Ok(None),
        }
    }

    /// # Errors
    ///
    /// Where what it registered cannot be read.
    pub fn parse(row: PackageRow) -> Result<Self> {
        match serde_json::from_str(&row.registration) {
            Ok(info) => Ok(Self { row, info }),
            Err(error) => Err(CatalogError::Registration { id: row.id, version: row.version, error }),
        }
    }

    /// What it asks for: the interfaces that it imports, and its wishes. Each once.
    #[must_use]
    pub fn asks(&self) -> Vec<Asked> {
        let imports: Vec<String> =
            self.row.imports.as_deref().and_then(|imports| serde_json::from_str(imports).ok()).unwrap_or_default();
        let interfaces = imports
            .iter()
            .map(|name| Asked { capability: Capability::imported(name), reason: Text::Data(String::new()) });
        let wishes = self
            .info
            .wishes
            .iter()
            .map(|wish| Asked { capability: Capability::wished(&wish.capability), reason: wish.reason.clone() });
        let mut asks: Vec<Asked> = Vec::new();
        for ask in interfaces.chain(wishes) {
            if !asks.iter().any(|known| known.capability == ask.capability) {
                asks.push(ask);
            }
        }
        asks
    }

    /// As plugins are told of it.
    #[must_use]
    pub fn package(&self) -> Package {
        let Self { row, info } = self;
        Package {
            digest: row.digest.clone(),
            id: row.id.clone(),
            version: row.version.clone(),
            title: info.title.clone(),
            summary: info.summary.clone(),
            language: info.language.clone(),
            size: row.size,
            added: row.added,
            used: row.used,
            source: row.source.clone(),
            detail: row.detail.clone(),
            extra: Vec::new(),
        }
    }

    /// `Users 1.2.0`, as sentences name it.
    #[must_use]
    pub fn called(&self) -> String {
        format!("{} {}", plain(&self.info.title), self.row.version)
    }
}

/// Words as they stand in the plugin's own language.
#[must_use]
pub fn plain(text: &Text) -> String {
    match text {
        Text::Phrase(words) | Text::Data(words) => words.clone(),
        Text::Filled(filled) => vestry_phrases::fill(&filled.phrase, |name| {
            filled.values.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
        }),
    }
}

/// Whether one version is newer than another, as Semantic Versioning orders them (2.0.0, section 11). What is no version
/// stands for a branch or a tag, and is newer whenever it is said to be.
#[must_use]
pub fn is_newer(version: &str, than: &str) -> bool {
    match (semver::Version::parse(version), semver::Version::parse(than)) {
        (Ok(version), Ok(than)) => version > than,
        _ => !version.is_empty() && version != than,
    }
}

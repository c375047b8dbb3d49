//! A package that is known here, with what it registered.

use vestry_contract::packages::Package;
use vestry_contract::registration::PluginInfo;
use vestry_contract::types::Text;
use vestry_phrases::phrase;
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

/// What is said of a package whose registration cannot be read.
pub const UNREADABLE: &str = phrase!(
    "What it registered cannot be read any more by this version of Vestry: fetch it again, put another version in its \
     place, or discard it."
);

/// The `data-version` of what is not known; nothing registers this one.
const ILLEGIBLE: u32 = 0;

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

    /// The same where it is enough to know which one it is, as in lists: one whose registration cannot be read is there with
    /// what the row says of it, and is not [legible](Self::is_legible).
    ///
    /// # Errors
    ///
    /// Where the database cannot be read.
    pub fn named(reader: &Reader<'_>, digest: &str) -> Result<Option<Self>, StorageError> {
        Ok(reader.package(digest)?.map(Self::of))
    }

    /// What runs of a plugin, legible or not, as others are compared with it; none where it is in no place.
    ///
    /// # Errors
    ///
    /// Where the database cannot be read.
    pub fn running(reader: &Reader<'_>, id: &str) -> Result<Option<Self>> {
        match reader.plugin(id)? {
            Some(plugin) => Ok(Self::named(reader, &plugin.digest)?),
            None => Ok(None),
        }
    }

    /// With what it registered, or with nothing where that cannot be read.
    #[must_use]
    pub fn of(row: PackageRow) -> Self {
        let info = serde_json::from_str(&row.registration).unwrap_or_else(|_| nothing(&row));
        Self { row, info }
    }

    /// Whether it is known what it registered. An older or a newer program may have written that down otherwise.
    #[must_use]
    pub fn is_legible(&self) -> bool {
        self.info.data_version != ILLEGIBLE
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

/// Characters of what a plugin calls itself, where the host repeats it.
const LONGEST_QUOTE: usize = 60;

/// What a plugin says of itself, to stand in a sentence of the host's: in quotation marks, cut, and apart from what stands
/// beside it. Nothing in it turns round the direction of words (Unicode Standard Annex 9) or begins a line.
#[must_use]
pub fn quoted(text: &Text) -> String {
    let words = plain(text);
    let (mut kept, mut rest) = (String::new(), words.chars().filter(|letter| !is_control(*letter)));
    kept.extend(rest.by_ref().take(LONGEST_QUOTE));
    let cut = if rest.next().is_some() { "…" } else { "" };
    format!("\u{2068}“{}{cut}”\u{2069}", kept.trim())
}

/// What cannot be seen, and changes how what is beside it is shown.
fn is_control(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A registration of nothing.
fn nothing(row: &PackageRow) -> PluginInfo {
    PluginInfo {
        id: row.id.clone(),
        version: row.version.clone(),
        title: Text::Data(row.id.clone()),
        summary: Text::Data(String::new()),
        language: "en".to_owned(),
        mount: String::new(),
        routes: Vec::new(),
        menu: Vec::new(),
        permissions: Vec::new(),
        wishes: Vec::new(),
        contributions: Vec::new(),
        points: Vec::new(),
        needs: Vec::new(),
        schedules: Vec::new(),
        messages: Vec::new(),
        data_version: ILLEGIBLE,
        settings: None,
        extra: Vec::new(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_plugin_calls_itself_cannot_be_taken_for_what_the_host_says() {
        let said = |words: &str| quoted(&Text::Data(words.into()));
        assert_eq!(said("Hello"), "\u{2068}“Hello”\u{2069}");
        assert_eq!(
            said("Hello\n\u{202e}dliub\u{2069}. It gets: nothing"),
            "\u{2068}“Hellodliub. It gets: nothing”\u{2069}"
        );
        let long = said(&"x".repeat(1_000));
        assert!(long.contains(&format!("{}…”", "x".repeat(60))) && !long.contains(&"x".repeat(61)), "{long}");
        assert!(!said(&"x".repeat(60)).contains('…'));
    }
}

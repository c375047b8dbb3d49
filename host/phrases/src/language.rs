//! A language by its tag, and what follows from it: which way it is written, and how it counts.

use std::fmt::{self, Display};
use std::sync::LazyLock;

use icu_locale::subtags::{Script, script};
use icu_locale::{
    LanguageIdentifier, LocaleCanonicalizer, LocaleDirectionality, LocaleExpander, TransformResult, langid,
};
use icu_plurals::{PluralRules, PluralRulesOptions};

use crate::names;
use crate::plural::Plural;

/// Characters of a tag: what all registered tags fit into (RFC 5646, section 4.4.1).
const LONGEST: usize = 35;

static EXPANDER: LazyLock<LocaleExpander> = LazyLock::new(LocaleExpander::new_extended);
static DIRECTIONS: LazyLock<LocaleDirectionality> = LazyLock::new(LocaleDirectionality::new_extended);
static CANONICAL: LazyLock<LocaleCanonicalizer> = LazyLock::new(LocaleCanonicalizer::new_extended);

/// The tag of a language (BCP 47), in the one form that it has: `pt-BR`, never `PT_br`; `he`, never `iw`.
///
/// Extensions and private use are left out: they say how dates look, not which words are meant.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Language {
    tag: String,
    id: LanguageIdentifier,
    /// How it is written where nobody says it otherwise.
    script: Option<Script>,
}

/// What is said instead of a language's tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the tag of a language (BCP 47); write it like `es`, `pt-BR` or `zh-Hant`")]
pub struct NoLanguage(pub String);

impl Language {
    /// # Errors
    ///
    /// Where the tag is not well-formed, or names a language that Unicode CLDR does not know.
    pub fn parse(tag: &str) -> Result<Self, NoLanguage> {
        let no = || NoLanguage(tag.chars().take(LONGEST).collect());
        if tag.len() > LONGEST {
            return Err(no());
        }
        // POSIX writes `pt_BR`, and so do people.
        let hyphens = tag.replace('_', "-");
        let id = LanguageIdentifier::try_from_locale_bytes(hyphens.as_bytes()).map_err(|_| no())?;
        let mut locale = id.into();
        CANONICAL.canonicalize(&mut locale);
        let id = locale.id;
        let mut alone = LanguageIdentifier::from(id.language);
        if id.language.is_unknown() || EXPANDER.maximize(&mut alone) == TransformResult::Unmodified {
            return Err(no());
        }
        let mut full = id.clone();
        EXPANDER.maximize(&mut full);
        Ok(Self { tag: id.to_string(), id, script: full.script })
    }

    /// What the program itself is written in.
    #[must_use]
    pub fn english() -> Self {
        Self { tag: "en".to_owned(), id: langid!("en"), script: Some(script!("Latn")) }
    }

    #[must_use]
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// What its speakers call it; the tag where that is not known here.
    #[must_use]
    pub fn name(&self) -> &str {
        names::of(&self.tag).or_else(|| names::of(self.id.language.as_str())).unwrap_or(&self.tag)
    }

    /// It is written from right to left.
    #[must_use]
    pub fn is_right_to_left(&self) -> bool {
        DIRECTIONS.is_right_to_left(&self.id)
    }

    /// Two tags of one language, whatever the region, as far as they are written the same way: `pt` and `pt-BR`, but not
    /// `zh-Hans` and `zh-TW`.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        (self.id.language, self.script) == (other.id.language, other.script)
    }

    /// The forms that a phrase with a number has in it, in the order of Unicode CLDR; [`Plural::Other`] is the last.
    #[must_use]
    pub fn plurals(&self) -> Vec<Plural> {
        let Some(rules) = self.rules() else { return vec![Plural::Other] };
        let mut found: Vec<Plural> = rules.categories().map(Plural::from).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// How it chooses among them.
    pub(crate) fn rules(&self) -> Option<PluralRules> {
        PluralRules::try_new((&self.id).into(), PluralRulesOptions::default()).ok()
    }
}

impl Display for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.tag)
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Language({})", self.tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(tag: &str) -> Language {
        Language::parse(tag).unwrap()
    }

    #[test]
    fn a_language_has_one_tag() {
        for (said, tag) in
            [("en", "en"), ("PT_br", "pt-BR"), ("iw", "he"), ("zh-hant", "zh-Hant"), ("de-u-co-phonebk", "de")]
        {
            assert_eq!(language(said).tag(), tag);
        }
        assert_eq!(language("en"), Language::english());
    }

    #[test]
    fn what_names_no_language_is_refused() {
        for tag in [
            "",
            "e",
            "english",
            "xx",
            "und",
            "zz-ZZ",
            "en-",
            "-en",
            "e n",
            "en-\u{202e}",
            "i-klingon",
            &"a".repeat(100),
        ] {
            let error = Language::parse(tag).unwrap_err().to_string();
            assert!(error.contains("pt-BR") && error.len() < 150, "{tag:?}: {error}");
        }
    }

    #[test]
    fn languages_know_which_way_they_are_written_and_how_they_count() {
        for (tag, right_to_left) in [
            ("ar", true),
            ("he", true),
            ("fa-AF", true),
            ("ckb", true),
            ("az-Arab", true),
            ("az", false),
            ("es", false),
        ] {
            assert_eq!(language(tag).is_right_to_left(), right_to_left, "{tag}");
        }
        let plurals =
            |tag: &str| language(tag).plurals().iter().map(|plural| plural.name()).collect::<Vec<_>>().join(" ");
        assert_eq!(plurals("ar"), "zero one two few many other");
        assert_eq!(
            (plurals("en"), plurals("ja"), plurals("pl")),
            ("one other".into(), "other".into(), "one few many other".into())
        );
    }

    #[test]
    fn regions_are_alike_and_scripts_are_not() {
        assert!(language("pt").is_like(&language("pt-BR")) && language("zh-TW").is_like(&language("zh-Hant")));
        assert!(!language("zh").is_like(&language("zh-TW")) && !language("es").is_like(&language("pt")));
    }

    #[test]
    fn languages_are_called_what_their_speakers_call_them() {
        assert_eq!(
            (language("es-MX").name(), language("ar").name(), language("ckb").tag()),
            ("Español", "العربية", "ckb")
        );
    }
}

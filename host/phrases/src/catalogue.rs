//! What phrases are in one language.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;

use icu_plurals::PluralRules;

use crate::fill::{fill, fill_isolated};
use crate::{Language, Plural};

/// A translation: one form, or those of a phrase with a number in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Forms(BTreeMap<Plural, String>);

impl Forms {
    /// Of a phrase without a number.
    #[must_use]
    pub fn one(words: impl Into<String>) -> Self {
        Self(BTreeMap::from([(Plural::Other, words.into())]))
    }

    #[must_use]
    pub fn get(&self, plural: Plural) -> Option<&str> {
        self.0.get(&plural).map(String::as_str)
    }

    /// In the order of Unicode CLDR.
    pub fn iter(&self) -> impl Iterator<Item = (Plural, &str)> {
        self.0.iter().map(|(plural, words)| (*plural, words.as_str()))
    }

    fn chosen(&self, plural: Plural) -> Option<&str> {
        self.get(plural).or_else(|| self.get(Plural::Other))
    }
}

impl FromIterator<(Plural, String)> for Forms {
    fn from_iter<I: IntoIterator<Item = (Plural, String)>>(forms: I) -> Self {
        Self(forms.into_iter().collect())
    }
}

/// All that is known in one language.
pub struct Catalogue {
    language: Language,
    rules: Option<PluralRules>,
    right_to_left: bool,
    /// By plugin, and by phrase.
    plugins: HashMap<String, HashMap<String, Forms>>,
}

impl Catalogue {
    #[must_use]
    pub fn new(language: Language) -> Self {
        let (rules, right_to_left) = (language.rules(), language.is_right_to_left());
        Self { language, rules, right_to_left, plugins: HashMap::new() }
    }

    #[must_use]
    pub fn language(&self) -> &Language {
        &self.language
    }

    /// Takes a translation in, in place of one that was there. `plugin` is empty for the host.
    pub fn set(&mut self, plugin: &str, phrase: &str, forms: Forms) {
        match self.plugins.get_mut(plugin) {
            Some(phrases) => drop(phrases.insert(phrase.to_owned(), forms)),
            None => drop(self.plugins.insert(plugin.to_owned(), HashMap::from([(phrase.to_owned(), forms)]))),
        }
    }

    #[must_use]
    pub fn get(&self, plugin: &str, phrase: &str) -> Option<&Forms> {
        self.plugins.get(plugin)?.get(phrase)
    }

    /// What to show for a phrase, `{name}` not filled in yet; none where nobody has translated it. `count` is the value
    /// of that name, if the phrase has one.
    #[must_use]
    pub fn say(&self, plugin: &str, phrase: &str, count: Option<&str>) -> Option<&str> {
        self.get(plugin, phrase)?.chosen(count.map_or(Plural::Other, |count| self.plural(count)))
    }

    /// Puts values into what is said, each with its own direction where the language is written from right to left.
    pub fn fill<'v>(&self, phrase: &str, value: impl Fn(&str) -> Option<&'v str>) -> String {
        if self.right_to_left { fill_isolated(phrase, value) } else { fill(phrase, value) }
    }

    /// A phrase that nobody has translated, as it is shown among those that are: where they are written from right to left
    /// it keeps its own direction, and the full stop stays at its end.
    #[must_use]
    pub fn unsaid<'p>(&self, phrase: &'p str) -> Cow<'p, str> {
        match self.right_to_left {
            true if !phrase.is_empty() => Cow::Owned(format!("\u{2068}{phrase}\u{2069}")),
            _ => Cow::Borrowed(phrase),
        }
    }

    /// A number as it is written, with groups or without; what is none counts as [`Plural::Other`].
    fn plural(&self, count: &str) -> Plural {
        let digits: String =
            count.chars().filter(|sign| !matches!(sign, ',' | '_' | '\u{202F}' | '\u{A0}' | ' ')).collect();
        match (digits.parse::<u64>(), &self.rules) {
            (Ok(number), Some(rules)) => rules.category_for(number).into(),
            _ => Plural::Other,
        }
    }
}

impl fmt::Debug for Catalogue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let phrases: usize = self.plugins.values().map(HashMap::len).sum();
        write!(formatter, "Catalogue({}, {phrases} phrases)", self.language)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_direction_among_words_from_right_to_left() {
        let fill = |tag: &str| {
            let catalogue = Catalogue::new(Language::parse(tag).unwrap());
            catalogue.fill("{version}{none}", |name| if name == "version" { Some("1.2-beta") } else { Some("") })
        };
        assert_eq!((fill("es"), fill("ar")), ("1.2-beta".into(), "\u{2068}1.2-beta\u{2069}".into()));
    }

    #[test]
    fn a_phrase_is_said_by_its_plugin_and_number() {
        let mut catalogue = Catalogue::new(Language::parse("ar").unwrap());
        catalogue.set("", "Sign in", Forms::one("تسجيل الدخول"));
        catalogue.set("org.example.one", "Sign in", Forms::one("دخول"));
        let forms = [
            (Plural::One, "ملف واحد"),
            (Plural::Two, "ملفان"),
            (Plural::Few, "{count} ملفات"),
            (Plural::Other, "{count} ملف"),
        ];
        catalogue.set(
            "",
            "{count} files",
            forms.map(|(plural, words)| (plural, words.to_owned())).into_iter().collect(),
        );
        assert_eq!(catalogue.say("", "Sign in", None), Some("تسجيل الدخول"));
        assert_eq!(catalogue.say("org.example.one", "Sign in", None), Some("دخول"));
        assert_eq!(catalogue.say("org.example.two", "Sign in", None), None);
        for (count, said) in [
            ("1", "ملف واحد"),
            ("2", "ملفان"),
            ("7", "{count} ملفات"),
            ("100", "{count} ملف"),
            ("10\u{202F}003", "{count} ملفات"),
            ("many", "{count} ملف"),
        ] {
            assert_eq!(catalogue.say("", "{count} files", Some(count)), Some(said), "{count}");
        }
    }
}

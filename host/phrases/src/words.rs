//! The host's own words.

use std::fmt::{self, Display};

use crate::{COUNT, Catalogue, fill};

/// What the host says: a phrase with its values, or what is worded already. Made with [`words!`](crate::words).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Words {
    /// In the catalogues under no plugin.
    Phrase(&'static str, Vec<(&'static str, String)>),
    /// Shown as it is: what a plugin, a person or another program has said.
    Data(String),
}

impl Words {
    /// A phrase of a table, which is marked there with [`phrase!`](crate::phrase).
    #[must_use]
    pub fn plain(phrase: &'static str) -> Self {
        Self::Phrase(phrase, Vec::new())
    }

    /// In the program's own language, for logs and the command line.
    #[must_use]
    pub fn english(&self) -> String {
        match self {
            Self::Data(words) => words.clone(),
            Self::Phrase(phrase, values) => fill(phrase, |name| value(values, name)),
        }
    }

    /// As the catalogue has them; as they were written where it does not.
    #[must_use]
    pub fn said(&self, catalogue: &Catalogue) -> String {
        match self {
            Self::Data(words) => words.clone(),
            Self::Phrase(phrase, values) => {
                let said = catalogue.say("", phrase, value(values, COUNT)).unwrap_or(phrase);
                catalogue.fill(said, |name| value(values, name))
            }
        }
    }
}

fn value<'v>(values: &'v [(&'static str, String)], name: &str) -> Option<&'v str> {
    values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
}

impl Display for Words {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.english())
    }
}

impl From<String> for Words {
    fn from(words: String) -> Self {
        Self::Data(words)
    }
}

/// A phrase of the host, with the values of its `{name}`s: `words!("{who} has {count} files", who = name, count = 3)`, or
/// just the name of a variable. `cargo xtask phrases` collects them.
#[macro_export]
macro_rules! words {
    ($phrase:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {
        $crate::Words::Phrase($phrase, ::std::vec![$((stringify!($name), $crate::words!(@value $name $(, $value)?))),*])
    };
    (@value $name:ident) => { $name.to_string() };
    (@value $name:ident, $value:expr) => { $value.to_string() };
}

/// A phrase of the host that stands in a table, or wherever its place does not say that it is one:
/// `cargo xtask phrases` collects it.
#[macro_export]
macro_rules! phrase {
    ($phrase:literal) => {
        $phrase
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Forms, Language};

    #[test]
    fn words_are_said_in_any_language() {
        let who = "Anna";
        let words = words!("{who} has {count} files", who, count = 1 + 2);
        let mut spanish = Catalogue::new(Language::parse("es").unwrap());
        assert_eq!((words.to_string(), words.said(&spanish)), ("Anna has 3 files".into(), "Anna has 3 files".into()));
        spanish.set("", "{who} has {count} files", Forms::one("{who} tiene {count} archivos"));
        spanish.set("", "Save", Forms::one("Guardar"));
        assert_eq!(words.said(&spanish), "Anna tiene 3 archivos");
        assert_eq!(
            (words!("Save").said(&spanish), Words::from("Save".to_owned()).said(&spanish)),
            ("Guardar".into(), "Save".into())
        );
    }
}

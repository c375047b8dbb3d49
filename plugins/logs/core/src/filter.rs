//! What is asked for: which files and nodes, how grave, when, about what, with which words. It lives in the address of the
//! page, so it is read from pairs and written as pairs.

use crate::level::Level;
use crate::moment::Moment;

/// Bytes of a text or an expression.
pub const LONGEST_TEXT: usize = 1_000;
/// Files, and nodes, that can be named.
const MOST_NAMES: usize = 64;

/// How a text is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// Whatever the case of its ASCII letters.
    #[default]
    Plain,
    /// Byte for byte.
    Exact,
    /// A regular expression of the crate `regex`: linear in time, without look-around and back-references. ASCII decides
    /// what `\w`, `\d` and `\b` are.
    Expression,
}

const KINDS: &[(&str, Kind)] = &[("plain", Kind::Plain), ("exact", Kind::Exact), ("regex", Kind::Expression)];

/// What is asked for; empty for everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Names of series, `access.log`, or with their directory, `others:access.log`. None stands for all.
    pub files: Vec<String>,
    pub nodes: Vec<String>,
    /// The least. Lines that name none are left out where one is asked for.
    pub level: Option<Level>,
    pub from: Option<Moment>,
    pub to: Option<Moment>,
    pub plugin: Option<String>,
    pub request: Option<String>,
    /// The id of a person or token.
    pub person: Option<String>,
    pub text: Option<String>,
    pub kind: Kind,
    /// A text that must not be there, whatever the case of its letters.
    pub not: Option<String>,
}

/// What cannot be asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    #[error("`{0}` is none of trace, debug, info, warn, error")]
    Level(String),
    #[error("`{0}` is no time: write 2026-11-22, 2026-11-22T08:15 or 30m, 24h, 7d for that long ago")]
    Time(String),
    #[error("`{0}` is none of plain, exact, regex")]
    Kind(String),
    #[error("a text has at most {LONGEST_TEXT} bytes")]
    Long,
    #[error("at most {MOST_NAMES} files and nodes can be named")]
    Many,
    #[error("the expression cannot be used: {0}")]
    Expression(String),
}

impl Filter {
    /// From the pairs of an address; names it does not know are for others.
    ///
    /// # Errors
    ///
    /// A value that cannot be meant.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Wrong> {
        let mut filter = Self::default();
        for (name, value) in pairs {
            let value = if matches!(name, "text" | "not") { value } else { value.trim() };
            if value.is_empty() {
                continue;
            }
            if value.len() > LONGEST_TEXT {
                return Err(Wrong::Long);
            }
            filter.take(name, value)?;
        }
        if filter.files.len() > MOST_NAMES || filter.nodes.len() > MOST_NAMES {
            return Err(Wrong::Many);
        }
        Ok(filter)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), Wrong> {
        let time = || Moment::parse(value).ok_or_else(|| Wrong::Time(value.to_owned()));
        match name {
            "file" => self.files.push(value.to_owned()),
            "node" => self.nodes.push(value.to_owned()),
            "level" => self.level = Some(Level::of_word(value).ok_or_else(|| Wrong::Level(value.to_owned()))?),
            "from" => self.from = Some(time()?),
            "to" => self.to = Some(time()?),
            "plugin" => self.plugin = Some(value.to_owned()),
            "request" => self.request = Some(value.to_owned()),
            "person" => self.person = Some(value.to_owned()),
            "text" => self.text = Some(value.to_owned()),
            "not" => self.not = Some(value.to_owned()),
            "as" => {
                let known = KINDS.iter().find(|(known, _)| *known == value);
                self.kind = known.ok_or_else(|| Wrong::Kind(value.to_owned()))?.1;
            }
            _ => {}
        }
        Ok(())
    }

    /// For an address: names and values, in the same order each time.
    #[must_use]
    pub fn to_pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs: Vec<(&'static str, String)> = Vec::new();
        pairs.extend(self.files.iter().map(|file| ("file", file.clone())));
        pairs.extend(self.nodes.iter().map(|node| ("node", node.clone())));
        let kind = KINDS.iter().find(|(_, kind)| *kind == self.kind && self.kind != Kind::Plain);
        let single = [
            ("level", self.level.map(|level| level.name().to_owned())),
            ("from", self.from.as_ref().map(|from| from.text().to_owned())),
            ("to", self.to.as_ref().map(|to| to.text().to_owned())),
            ("plugin", self.plugin.clone()),
            ("request", self.request.clone()),
            ("person", self.person.clone()),
            ("text", self.text.clone()),
            ("as", kind.map(|(name, _)| (*name).to_owned())),
            ("not", self.not.clone()),
        ];
        pairs.extend(single.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))));
        pairs
    }

    /// Whether lines of such a file are asked for at all.
    #[must_use]
    pub fn takes(&self, directory: &str, node: &str, name: &str) -> bool {
        let file = |asked: &String| match asked.split_once(':') {
            Some((of, rest)) => of == directory && rest == name,
            None => asked == name,
        };
        (self.files.is_empty() || self.files.iter().any(file))
            && (self.nodes.is_empty() || self.nodes.iter().any(|asked| asked == node))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_all_of_it_and_the_same_again() {
        let pairs = [
            ("file", "access.log"),
            ("file", "others:syslog"),
            ("node", "one"),
            ("level", "warn"),
            ("from", "24h"),
            ("to", "2026-11-22T08:15"),
            ("plugin", "org.vestry.users"),
            ("request", "r1"),
            ("person", "a1"),
            ("text", " a b "),
            ("as", "regex"),
            ("not", "c"),
        ];
        let filter = Filter::from_pairs(pairs).unwrap();
        let again: Vec<_> = filter.to_pairs();
        assert_eq!(again.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>(), pairs);
        assert_eq!(Filter::from_pairs([("page", "7"), ("text", ""), ("level", " ")]).unwrap(), Filter::default());
        assert!(Filter::default().to_pairs().is_empty());
    }

    #[test]
    fn what_cannot_be_meant_is_said() {
        let wrong = |name, value| Filter::from_pairs([(name, value)]).unwrap_err();
        assert_eq!(wrong("level", "loud"), Wrong::Level("loud".into()));
        assert_eq!(wrong("from", "soon"), Wrong::Time("soon".into()));
        assert_eq!(wrong("as", "glob"), Wrong::Kind("glob".into()));
        assert_eq!(wrong("text", &"x".repeat(1_001)), Wrong::Long);
        assert_eq!(Filter::from_pairs([("node", "a"); 65]).unwrap_err(), Wrong::Many);
    }

    #[test]
    fn files_and_nodes_are_chosen() {
        let filter = Filter::from_pairs([("file", "a.log"), ("file", "others:b.log"), ("node", "one")]).unwrap();
        assert!(filter.takes("logs", "one", "a.log") && filter.takes("others", "one", "b.log"));
        assert!(!filter.takes("logs", "one", "b.log") && !filter.takes("logs", "two", "a.log"));
        assert!(Filter::default().takes("logs", "", "x"));
    }
}

//! A filter made ready: what is looked for in whole blocks of bytes, before any line is told from the next, and what is
//! then asked of each record that has it.

use memchr::memmem;
use regex::bytes::{Regex, RegexBuilder};

use crate::escape;
use crate::filter::{Filter, Kind, Wrong};
use crate::level::Level;
use crate::line::{self, Record};
use crate::needle::Folded;
use crate::time::{self, Clock, SECOND};

/// Bytes that a compiled expression may take: where its tables do not suffice, each of its states costs time at each byte.
const EXPRESSION: usize = 32 << 10;
/// And one that is made here of a text, which has few states at a time.
const ALTERNATIVES: usize = 2 << 20;
/// Bytes of the tables that are made while an expression is used.
const TABLES: usize = 2 << 20;
/// Places of nothing that are passed over where a text is marked.
const NOTHINGS: usize = 16;
/// How far lines may stand beside their time where a range is looked for: clocks are put right in between.
const SLACK: i64 = 300 * SECOND;

/// One thing that is looked for.
#[derive(Debug, Clone)]
enum Pattern {
    Exact(Box<memmem::Finder<'static>>),
    Folded(Folded),
    Expression(Regex),
    /// As it was typed, which most is found as and far quicker, or as it may have been escaped.
    Either(Box<Self>, Regex),
}

/// A filter made ready.
#[derive(Debug, Clone)]
pub struct Matcher {
    level: Option<Level>,
    from: i64,
    to: i64,
    plugin: Option<String>,
    request: Option<String>,
    person: Option<String>,
    /// Texts that must be there; the first is what blocks are searched for.
    texts: Vec<Pattern>,
    /// Whether the first can be looked for in whole blocks, where it may begin in one record and end in the next.
    blocks: bool,
    /// Whether searching may take so long at each byte that it is done in small pieces.
    slow: bool,
    not: Option<Pattern>,
    /// Bytes that a match may reach over the end of a piece.
    overlap: usize,
    marks: Option<Pattern>,
}

/// What is asked of a record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub bytes: &'a [u8],
    /// It is not the beginning of a record: level, time and the rest stand before it.
    pub headless: bool,
}

impl Matcher {
    /// Makes a filter ready; `now` in microseconds since 1970.
    ///
    /// # Errors
    ///
    /// An expression that cannot be used, with the reason.
    pub fn new(filter: &Filter, now: i64) -> Result<Self, Wrong> {
        let text = filter.text.as_deref().map(|text| Pattern::new(text, filter.kind)).transpose()?;
        let not = filter.not.as_deref().map(|text| Pattern::new(text, Kind::Plain)).transpose()?;
        let ids = [&filter.request, &filter.person, &filter.plugin];
        let mut texts: Vec<Pattern> = ids.into_iter().flatten().map(|id| Pattern::exact(id)).collect();
        let ends = filter.kind == Kind::Expression && filter.text.as_deref().is_some_and(asks_for_ends);
        let blocks = !texts.is_empty() || (text.is_some() && !ends);
        let overlap = match (&filter.text, filter.kind) {
            (None, _) => 0,
            (Some(_), Kind::Expression) => 256,
            (Some(text), _) => escape::LONGEST * text.len() - 1,
        };
        if let (Some(Pattern::Either(..)), Some(words)) = (&text, &filter.text)
            && let Some(plain) = escape::plain(words)
        {
            // What stands there as it is typed is found far quicker.
            texts.push(Pattern::new(plain, filter.kind)?);
        }
        let slow = filter.kind == Kind::Expression || (texts.is_empty() && matches!(text, Some(Pattern::Either(..))));
        texts.extend(text.clone());
        Ok(Self {
            level: filter.level,
            from: filter.from.as_ref().map_or(i64::MIN, |from| from.first(now)),
            to: filter.to.as_ref().map_or(i64::MAX, |to| to.last(now)),
            plugin: filter.plugin.clone(),
            request: filter.request.clone(),
            person: filter.person.clone(),
            texts,
            blocks,
            slow,
            not,
            overlap,
            marks: text,
        })
    }

    /// Takes every record.
    pub(crate) const fn anything() -> Self {
        Self {
            level: None,
            from: i64::MIN,
            to: i64::MAX,
            plugin: None,
            request: None,
            person: None,
            texts: Vec::new(),
            blocks: false,
            slow: false,
            not: None,
            overlap: 0,
            marks: None,
        }
    }

    /// Whether searching may take long at each byte.
    #[must_use]
    pub const fn is_slow(&self) -> bool {
        self.slow
    }

    /// Where in a block the next record may be that is asked for; any place in it.
    pub(crate) fn next(&self, block: &[u8]) -> Option<usize> {
        match self.texts.first().filter(|_| self.blocks) {
            Some(text) => text.find(block),
            None => Some(0),
        }
    }

    /// The record, read, if it is asked for.
    pub(crate) fn take(&self, asked: Asked<'_>, clock: &Clock) -> Option<Record> {
        let bytes = asked.bytes;
        if !self.texts.iter().all(|text| text.is_in(bytes)) || self.not.as_ref().is_some_and(|not| not.is_in(bytes)) {
            return None;
        }
        if asked.headless {
            // What cannot be asked is taken for true, but something must have been found in it.
            let anything = self.level.is_none() && self.from == i64::MIN && self.to == i64::MAX;
            return (anything || !self.texts.is_empty()).then(|| Record::parse(bytes, clock)).map(headless);
        }
        if let (Some(least), Some(level)) = (self.level, line::level_of_ours(bytes))
            && level < least
        {
            return None;
        }
        if self.from != i64::MIN && time::ours(bytes).is_some_and(|time| !self.in_time(time)) {
            return None;
        }
        let record = Record::parse(bytes, clock);
        self.is_asked(&record, bytes).then_some(record)
    }

    fn is_asked(&self, record: &Record, bytes: &[u8]) -> bool {
        let json = bytes.first() == Some(&b'{');
        // Text has no fields: that the id stands in it is all that can be known.
        let is = |asked: &Option<String>, value: &Option<String>| !json || asked.is_none() || asked == value;
        self.level.is_none_or(|least| record.level.is_some_and(|level| level >= least))
            && record.time.map_or(self.from == i64::MIN && self.to == i64::MAX, |time| self.in_time(time))
            && is(&self.plugin, &record.plugin)
            && is(&self.request, &record.request)
            && is(&self.person, &record.actor)
    }

    fn in_time(&self, time: i64) -> bool {
        (self.from..=self.to).contains(&time)
    }

    /// Before this there is nothing to be looked for, in microseconds; some minutes before what was asked.
    pub(crate) fn earliest(&self) -> i64 {
        self.from.saturating_sub(SLACK)
    }

    /// And behind this.
    pub(crate) fn latest(&self) -> i64 {
        self.to.saturating_add(SLACK)
    }

    /// Bytes that are searched behind the end of a piece; one at least, which says that the line goes on.
    pub(crate) fn overlap(&self) -> usize {
        self.overlap.max(1)
    }

    /// Where the text that is asked for stands in what is shown, to be marked: at most `most` places, in bytes.
    #[must_use]
    pub fn marks(&self, shown: &str, most: usize) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        let (mut at, mut nothings) = (0, 0);
        while found.len() < most
            && nothings < NOTHINGS
            && let Some(pattern) = &self.marks
            && let Some((start, end)) = shown.as_bytes().get(at..).and_then(|rest| pattern.place(rest))
        {
            let (start, end) = (at + start, at + end);
            if end > start && shown.is_char_boundary(start) && shown.is_char_boundary(end) {
                found.push((start, end));
            }
            nothings += usize::from(end == start);
            at = if end > start { end } else { end + 1 };
        }
        found
    }
}

/// `\A` and `\z` mean the ends of a record, which a block does not have; and without the flag `m`, `^` and `$` do.
fn asks_for_ends(expression: &str) -> bool {
    let flags = expression.split("(?").skip(1).filter_map(|rest| rest.split([':', ')', '<']).next());
    expression.contains("\\A")
        || expression.contains("\\z")
        || flags.filter_map(|flags| flags.split_once('-')).any(|(_, off)| off.contains('m'))
}

/// What was read of the rest of a long line is no more than its words.
fn headless(record: Record) -> Record {
    Record { message: record.message, ..Record::default() }
}

impl Pattern {
    fn new(text: &str, kind: Kind) -> Result<Self, Wrong> {
        let typed = match kind {
            Kind::Expression => return Self::expression(text, false, EXPRESSION).map(Self::Expression),
            Kind::Plain => Self::Folded(Folded::new(text)),
            Kind::Exact => Self::exact(text),
        };
        if escape::plain(text) == Some(text) {
            return Ok(typed);
        }
        let either = Self::expression(&escape::either(text), kind == Kind::Plain, ALTERNATIVES)?;
        Ok(Self::Either(Box::new(typed), either))
    }

    fn exact(text: &str) -> Self {
        Self::Exact(Box::new(memmem::Finder::new(text).into_owned()))
    }

    fn expression(text: &str, fold: bool, size: usize) -> Result<Regex, Wrong> {
        let build = |unicode| {
            RegexBuilder::new(text)
                .unicode(unicode)
                .multi_line(true)
                .case_insensitive(fold)
                .size_limit(size)
                .dfa_size_limit(TABLES)
                .build()
        };
        // ASCII alone is several times as quick; letters outside it in a class need the other way.
        let built = build(false).or_else(|error| if text.is_ascii() { Err(error) } else { build(true) });
        // The library draws the expression with a mark below it; its last line says what is wrong.
        let why =
            |error: String| error.lines().next_back().unwrap_or_default().trim_start_matches("error: ").to_owned();
        built.map_err(|error| Wrong::Expression(why(error.to_string())))
    }

    fn find(&self, bytes: &[u8]) -> Option<usize> {
        match self {
            Self::Exact(finder) => finder.find(bytes),
            Self::Folded(folded) => folded.find(bytes),
            Self::Expression(expression) | Self::Either(_, expression) => {
                expression.find(bytes).map(|found| found.start())
            }
        }
    }

    fn is_in(&self, bytes: &[u8]) -> bool {
        match self {
            Self::Either(typed, escaped) => typed.is_in(bytes) || escaped.is_match(bytes),
            _ => self.find(bytes).is_some(),
        }
    }

    fn place(&self, bytes: &[u8]) -> Option<(usize, usize)> {
        match self {
            Self::Exact(finder) => finder.find(bytes).map(|at| (at, at + finder.needle().len())),
            Self::Folded(folded) => folded.find(bytes).map(|at| (at, at + folded.len())),
            Self::Expression(expression) | Self::Either(_, expression) => {
                expression.find(bytes).map(|found| (found.start(), found.end()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"time":"2026-11-22T08:15:13.004211Z","level":"warn","node":"one","plugin":"org.p","request":"r1","actor":"a1","message":"Say \"Hello\" to C:\\x größer"}"#;

    fn takes(pairs: &[(&str, &str)], line: &str) -> bool {
        let filter = Filter::from_pairs(pairs.iter().copied()).unwrap();
        let matcher = Matcher::new(&filter, 1_795_335_313 * SECOND).unwrap();
        let clock = Clock::default();
        let asked = Asked { bytes: line.as_bytes(), headless: false };
        let taken = matcher.take(asked, &clock).is_some();
        assert!(!taken || matcher.next(line.as_bytes()).is_some());
        taken
    }

    #[test]
    fn each_thing_that_is_asked_counts() {
        for (pairs, expected) in [
            (&[][..], true),
            (&[("level", "warn")], true),
            (&[("level", "error")], false),
            (&[("from", "2026-11-22T08:15:13")], true),
            (&[("from", "2026-11-22T08:15:14")], false),
            (&[("to", "2026-11-22T08:15")], true),
            (&[("to", "2026-11-22T08:14")], false),
            (&[("from", "1s"), ("to", "0s")], false),
            (&[("from", "1s")], true),
            (&[("plugin", "org.p")], true),
            (&[("plugin", "org")], false),
            (&[("request", "r1"), ("person", "a1")], true),
            (&[("request", "a1")], false),
            (&[("person", "one")], false),
            (&[("text", "hello")], true),
            (&[("text", "hello"), ("as", "exact")], false),
            (&[("text", "Hello"), ("as", "exact")], true),
            (&[("text", "say \"hello\"")], true),
            (&[("text", "C:\\x")], true),
            (&[("text", "größer")], true),
            (&[("text", "H[aeiou]llo"), ("as", "regex")], true),
            (&[("text", "^\\{.*\\}$"), ("as", "regex")], true),
            (&[("text", "\\A\\{.*\\}\\z"), ("as", "regex")], true),
            (&[("text", "gr[öü]ßer"), ("as", "regex")], true),
            (&[("text", "(?-m)^\\{\"time"), ("as", "regex")], true),
            (&[("text", "(?i-m:x größer\"\\}$)"), ("as", "regex")], true),
            (&[("text", "(?i)hello"), ("as", "regex")], true),
            (&[("text", "\\bHell\\b"), ("as", "regex")], false),
            (&[("not", "HELLO")], false),
            (&[("not", "other"), ("text", "hello"), ("level", "info")], true),
        ] {
            assert_eq!(takes(pairs, LINE), expected, "{pairs:?}");
        }
    }

    #[test]
    fn text_has_no_fields_but_words() {
        let line = "10.0.0.1 - - [22/Nov/2026:08:15:13 +0000] \"GET /r1\" 200 7";
        assert!(takes(&[("request", "r1")], line) && !takes(&[("request", "r2")], line));
        assert!(takes(&[("from", "2026-11-22"), ("to", "2026-11-22"), ("level", "info")], line));
        assert!(!takes(&[("from", "2026-11-22")], "no time at all") && !takes(&[("level", "trace")], "no level"));
    }

    #[test]
    fn an_expression_that_is_too_big_or_none_is_refused_with_the_reason() {
        for text in ["(", "(a{1000}){1000}", "(?s)[a-c].{0,9000}Z", "(?=x)", "\\p{Greek}"] {
            let filter = Filter { text: Some(text.into()), kind: Kind::Expression, ..Filter::default() };
            assert!(matches!(Matcher::new(&filter, 0), Err(Wrong::Expression(why)) if !why.is_empty()), "{text}");
        }
    }

    #[test]
    fn what_was_found_is_marked() {
        let marks = |text: &str, kind, shown| {
            let filter = Filter { text: Some(text.into()), kind, ..Filter::default() };
            Matcher::new(&filter, 0).unwrap().marks(shown, 3)
        };
        assert_eq!(marks("ab", Kind::Plain, "xAByabab ab"), [(1, 3), (4, 6), (6, 8)]);
        assert_eq!(marks("ab", Kind::Exact, "xAByab"), [(4, 6)]);
        assert_eq!(marks("x*", Kind::Expression, "axxä"), [(1, 3)]);
        assert_eq!(marks("größe/", Kind::Plain, "die Größe, die GRößE/"), [(17, 25)]);
        // Each place is looked for in all that is behind it.
        assert!(marks("(?:.*y)?", Kind::Expression, &"x".repeat(200_000)).is_empty());
        assert!(Matcher::new(&Filter::default(), 0).unwrap().marks("abc", 3).is_empty());
    }
}

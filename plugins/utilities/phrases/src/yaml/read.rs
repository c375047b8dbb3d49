//! YAML becomes a catalogue. It is read by its events, in one go: each is known by its line, text stays text (`yes`,
//! `1e3`), and nothing is copied by an alias.

use std::borrow::Cow;

use granit_parser::{Event, Options, Parser, ScalarStyle, ScanError, Span, StrInput};

use super::{PHRASES, SOURCE, STATE, TARGET, TEXT};
use crate::bounds::DEEPEST_YAML;
use crate::catalogue::State;
use crate::format::without_mark;
use crate::gather::{Gather, Piece, Read};
use crate::problem::{Fault, Place, shown};
use crate::wrong::Wrong;

/// What stands for nothing: `Null` with a capital is a word of German.
const NOTHING: &[&str] = &["", "~", "null"];
/// Keys that a translation may have beside its forms and its text.
const MOST_KEYS: usize = 16;

pub(crate) fn read(bytes: &[u8], gather: Gather) -> Result<Read, Wrong> {
    let text = std::str::from_utf8(without_mark(bytes)).map_err(|_| Wrong::NotUtf8)?;
    let mut options = Options::default();
    (options.block_nesting_limit, options.flow_nesting_limit) = (DEEPEST_YAML, DEEPEST_YAML);
    let events = Events { text, parser: Parser::new_from_str_with_options(text, options), line: 1 };
    let mut reader = Reader { events, gather };
    reader.document()?;
    Ok(reader.gather.finish())
}

struct Events<'a> {
    text: &'a str,
    parser: Parser<'a, StrInput<'a>>,
    /// The line of the last event.
    line: usize,
}

/// A scalar.
struct Scalar<'a> {
    text: Cow<'a, str>,
    style: ScalarStyle,
    line: usize,
}

enum Node<'a> {
    Scalar(Scalar<'a>),
    Mapping,
    List,
    /// Of a mapping, a list or the document.
    End,
}

struct Reader<'a> {
    events: Events<'a>,
    gather: Gather,
}

impl<'a> Events<'a> {
    fn event(&mut self) -> Result<Event<'a>, Wrong> {
        let (event, span): (Event<'a>, Span) = match self.parser.next_event() {
            None => return Ok(Event::StreamEnd),
            Some(Ok(found)) => found,
            Some(Err(error)) => {
                return Err(self.no_yaml(&error));
            }
        };
        self.line = span.start.line();
        let is_anchored = match &event {
            Event::Alias(_) | Event::UnresolvedAlias(_) | Event::Anchor(..) => true,
            Event::Scalar(_, _, anchor, _) | Event::SequenceStart(_, anchor, _) | Event::MappingStart(_, anchor, _) => {
                *anchor != 0
            }
            _ => false,
        };
        if is_anchored { Err(Wrong::Alias(self.line)) } else { Ok(event) }
    }

    /// What the parser says, and what most often leads to it.
    fn no_yaml(&self, error: &ScanError) -> Wrong {
        let line = error.marker().line();
        let mut lines = self.text.lines().skip(line.saturating_sub(2)).take(2);
        let is_unquoted = lines.any(|line| [": {", ": ["].iter().any(|sign| line.contains(sign)));
        let hint = if is_unquoted { "; put quotes around a text that begins with `{` or `[`" } else { "" };
        Wrong::Yaml { line, words: shown(&error.info()) + hint }
    }

    fn next(&mut self) -> Result<Node<'a>, Wrong> {
        loop {
            return Ok(match self.event()? {
                Event::Scalar(text, style, ..) => Node::Scalar(Scalar { text, style, line: self.line }),
                Event::MappingStart(..) => Node::Mapping,
                Event::SequenceStart(..) => Node::List,
                Event::StreamStart | Event::DocumentStart(..) => continue,
                _ => Node::End,
            });
        }
    }

    /// The next key of a mapping; none at its end.
    fn key(&mut self) -> Result<Option<Scalar<'a>>, Wrong> {
        match self.next()? {
            Node::Scalar(scalar) => Ok(Some(scalar)),
            Node::End => Ok(None),
            Node::Mapping | Node::List => {
                Err(self.layout("this key is no text; put quotes around a phrase that begins with `{` or `[`"))
            }
        }
    }

    /// Reads to the end of a mapping or list that has begun.
    fn skip(&mut self) -> Result<(), Wrong> {
        let mut depth = 1_usize;
        while depth > 0 {
            match self.next()? {
                Node::Scalar(_) => {}
                Node::Mapping | Node::List if depth >= DEEPEST_YAML => return Err(Wrong::DeepYaml(self.line)),
                Node::Mapping | Node::List => depth += 1,
                Node::End => depth -= 1,
            }
        }
        Ok(())
    }

    fn layout(&self, words: &'static str) -> Wrong {
        Wrong::Layout { line: self.line, words }
    }

    /// Goes into a mapping; `false` if there is nothing in place of one.
    fn mapping(&mut self, or: &'static str) -> Result<bool, Wrong> {
        match self.next()? {
            Node::Mapping => Ok(true),
            Node::Scalar(scalar) if scalar.is_nothing() => Ok(false),
            // The file holds comments alone.
            Node::End => Ok(false),
            _ => Err(self.layout(or)),
        }
    }
}

impl Scalar<'_> {
    fn is_nothing(&self) -> bool {
        self.style == ScalarStyle::Plain && NOTHING.contains(&self.text.as_ref())
    }

    /// Without the line break that a block (`|`, `>`) ends with, unless it is meant.
    fn words(&self, is_meant: bool) -> &str {
        match (self.style, is_meant) {
            _ if self.is_nothing() => "",
            (ScalarStyle::Literal | ScalarStyle::Folded, false) => self.text.strip_suffix('\n').unwrap_or(&self.text),
            _ => &self.text,
        }
    }
}

impl Reader<'_> {
    fn document(&mut self) -> Result<(), Wrong> {
        if !self.events.mapping("a catalogue has the keys `source`, `target` and `phrases`")? {
            return Err(Wrong::Empty);
        }
        while let Some(key) = self.events.key()? {
            match key.text.as_ref() {
                SOURCE => {
                    let tag = self.tag()?;
                    self.gather.source(&tag)?;
                }
                TARGET => {
                    let tag = self.tag()?;
                    self.gather.target(&tag)?;
                }
                PHRASES => self.plugins()?,
                _ => return Err(self.events.layout("a catalogue has the keys `source`, `target` and `phrases` alone")),
            }
        }
        // The end of the document; behind it, that of the file.
        match (self.events.event()?, self.events.event()?) {
            (_, Event::StreamEnd) => Ok(()),
            _ => Err(self.events.layout("only one document (`---`) is read of a file")),
        }
    }

    fn tag(&mut self) -> Result<String, Wrong> {
        match self.events.next()? {
            Node::Scalar(scalar) => Ok(scalar.words(false).to_owned()),
            _ => Err(self.events.layout("the tag of a language belongs here, such as `es`")),
        }
    }

    fn plugins(&mut self) -> Result<(), Wrong> {
        let or = "below `phrases` belong ids of plugins, each with its phrases below it";
        if !self.events.mapping(or)? {
            return Ok(());
        }
        while let Some(plugin) = self.events.key()? {
            if !self.events.mapping("below a plugin belong its phrases, each with its translation behind a colon")? {
                continue;
            }
            while let Some(phrase) = self.events.key()? {
                self.entry(&plugin.text, &phrase)?;
            }
        }
        Ok(())
    }

    fn entry(&mut self, plugin: &str, phrase: &Scalar<'_>) -> Result<(), Wrong> {
        let (line, phrase) = (phrase.line, phrase.words(false));
        let place = Place::Line(line);
        let is_meant = phrase.ends_with('\n');
        match self.events.next()? {
            Node::Scalar(scalar) => {
                let (text, state) = (scalar.words(is_meant), Ok(State::Done));
                self.gather.take(&Piece { place, plugin, phrase, form: "", text, state, note: "" })
            }
            Node::Mapping => self.forms(plugin, phrase, line),
            // No value is an empty scalar.
            Node::End => Ok(()),
            Node::List => {
                self.events.skip()?;
                let state = Err(Fault::Shape);
                self.gather.take(&Piece { place, plugin, phrase, form: "", text: "", state, note: "" })
            }
        }
    }

    /// Forms and state of a phrase, in any order.
    fn forms(&mut self, plugin: &str, phrase: &str, line: usize) -> Result<(), Wrong> {
        let mut found = Vec::new();
        let mut state = Ok(State::Done);
        while let Some(key) = self.events.key()? {
            match self.events.next()? {
                Node::Scalar(value) if key.text == STATE => {
                    let word = value.words(false).trim();
                    let named = State::named(if word.is_empty() { State::Done.name() } else { word });
                    state = state.and_then(|_| named.ok_or_else(|| Fault::State(shown(word))));
                }
                Node::Scalar(value) if found.len() < MOST_KEYS => found.push((key, value)),
                Node::Scalar(_) => state = Err(Fault::Shape),
                _ => {
                    self.events.skip()?;
                    state = Err(Fault::Shape);
                }
            }
        }
        if state.is_err() {
            let place = Place::Line(line);
            return self.gather.take(&Piece { place, plugin, phrase, form: "", text: "", state, note: "" });
        }
        let nothing =
            Piece { place: Place::Line(line), plugin, phrase, form: "", text: "", state: state.clone(), note: "" };
        self.gather.take(&nothing)?;
        for (key, value) in &found {
            let (place, form) = (Place::Line(key.line), if key.text == TEXT { "" } else { key.text.as_ref() });
            let (text, state) = (value.words(phrase.ends_with('\n')), state.clone());
            self.gather.take(&Piece { place, plugin, phrase, form, text, state, note: "" })?;
        }
        Ok(())
    }
}

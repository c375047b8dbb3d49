//! What one tag says.

use std::ops::Range;

use crate::expression::{CONDITION, Expression, Manner, Use, VALUE, VALUES, Words};
use crate::flow::{Flow, Holder};
use crate::parser::Parser;
use crate::tags::{Sort, Tag};
use crate::tokens::{Cut, cut};

/// What a tag does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    /// Shows a value, or loads something: nothing is opened.
    Print,
    For,
    If,
    Elif,
    Else,
    Set,
    /// `{% set x %}...{% endset %}`.
    SetBlock,
    With,
    Macro,
    Call,
    Filter,
    Block,
    Autoescape,
    End,
}

/// A tag that was read.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) verb: Verb,
    /// Of an end, what it ends; else the tag's own word.
    pub(crate) word: &'static str,
    /// What is looked up outside of the block that it opens, and inside.
    pub(crate) uses: Expression,
    pub(crate) inner: Expression,
    /// Names that are set outside of the block, and inside.
    pub(crate) sets: Vec<String>,
    pub(crate) brings: Vec<String>,
    /// The condition, or what is looped over, in the text.
    pub(crate) written: Range<usize>,
    /// What is looped over is a name with attributes and no more.
    pub(crate) is_plain: bool,
    /// It has an argument `caller` that must be given.
    pub(crate) wants_caller: bool,
    /// What should be said of it beside.
    pub(crate) note: Option<&'static str>,
}

/// Tags by their first word. Those that open a block are closed by `end` and the same.
const WORDS: &[(&str, Verb)] = &[
    ("for", Verb::For),
    ("if", Verb::If),
    ("elif", Verb::Elif),
    ("else", Verb::Else),
    ("set", Verb::Set),
    ("with", Verb::With),
    ("macro", Verb::Macro),
    ("call", Verb::Call),
    ("filter", Verb::Filter),
    ("block", Verb::Block),
    ("autoescape", Verb::Autoescape),
    ("print", Verb::Print),
    ("raw", Verb::Print),
    ("include", Verb::Print),
    ("import", Verb::Print),
    ("from", Verb::Print),
    ("extends", Verb::Print),
    // Of docxtpl.
    ("vm", Verb::Print),
    ("hm", Verb::Print),
    ("cellbg", Verb::Print),
    ("colspan", Verb::Print),
];

/// Tags that are not there, and what is meant.
const UNKNOWN: &[(&str, &str)] = &[
    ("elseif", ": write `elif`"),
    ("elsif", ": write `elif`"),
    ("end", ": write `endif`, `endfor`..."),
    ("p", ": `{%p` stands together, with one space behind"),
    ("tr", ": `{%tr` stands together, with one space behind"),
    ("tc", ": `{%tc` stands together, with one space behind"),
    ("r", ": `{%r` stands together, with one space behind"),
    ("do", " without an extension (jinja2.ext.do)"),
    ("break", " without an extension (jinja2.ext.loopcontrols)"),
    ("continue", " without an extension (jinja2.ext.loopcontrols)"),
    ("trans", " without an extension (jinja2.ext.i18n)"),
    ("debug", " without an extension (jinja2.ext.debug)"),
];

const LOADS: &str = "another template is brought in here, and what that needs is not known";

impl Statement {
    fn of(word: &'static str, verb: Verb) -> Self {
        Self {
            verb,
            word,
            uses: Expression::default(),
            inner: Expression::default(),
            sets: Vec::new(),
            brings: Vec::new(),
            written: 0..0,
            is_plain: false,
            wants_caller: false,
            note: None,
        }
    }

    /// How much of it is kept: names that are used and set, filters and tests, and itself where it is told as a loop or a
    /// condition.
    pub(crate) fn len(&self) -> usize {
        let itself = usize::from(matches!(self.verb, Verb::For | Verb::If | Verb::Elif));
        self.uses.len() + self.inner.len() + self.sets.len() + self.brings.len() + itself
    }

    /// Whether an end must follow.
    pub(crate) fn opens(&self) -> bool {
        !matches!(self.verb, Verb::Print | Verb::Elif | Verb::Else | Verb::Set | Verb::End)
    }
}

/// Reads a tag. What cannot be read still opens or closes what it would, so that one error does not become many.
pub(crate) fn read(flow: &Flow, tag: &Tag) -> (Option<Statement>, Option<Words>) {
    let (text, closer) =
        (flow.text.get(..tag.to).unwrap_or_default(), if tag.sort == Sort::Print { "}}" } else { "%}" });
    let Ok(Cut { words, .. }) = cut(text, tag.inside, closer) else {
        return (None, Some("it cannot be read".to_owned()));
    };
    let mut parser = Parser::new(text, &words);
    let mut statement = Statement::of("print", Verb::Print);
    let result = if tag.sort == Sort::Print {
        parser.tuple(VALUE, None)
    } else {
        match opening(&mut parser) {
            Ok(opened) => {
                statement = opened;
                in_cell(&statement, flow, tag).and_then(|()| rest(&mut parser, &mut statement))
            }
            Err(words) => return (None, Some(words)),
        }
    };
    let result = result.and_then(|()| parser.finish());
    let found = std::mem::take(&mut parser.found);
    let uses = if is_inner(&statement) { &mut statement.inner } else { &mut statement.uses };
    uses.uses.extend(found.uses);
    uses.filters.extend(found.filters);
    uses.unknown_tests.extend(found.unknown_tests);
    (Some(statement), result.err())
}

/// What is read last belongs inside.
fn is_inner(statement: &Statement) -> bool {
    matches!(statement.verb, Verb::Macro | Verb::Autoescape | Verb::For | Verb::SetBlock)
}

fn opening(parser: &mut Parser<'_>) -> Result<Statement, Words> {
    if parser.is_at_end() {
        return Err("the tag says nothing".to_owned());
    }
    let word =
        parser.name().map_err(|_| format!("a word like `if` or `for` is expected, but there is {}", parser.here()))?;
    if let Some((word, verb)) = WORDS.iter().find(|(known, _)| *known == word) {
        return Ok(Statement::of(word, *verb));
    }
    let ended = word.strip_prefix("end").and_then(|ended| WORDS.iter().find(|(known, _)| *known == ended));
    if let Some((ended, verb)) = ended
        && (Statement::of(ended, *verb).opens() || *verb == Verb::Set)
    {
        return Ok(Statement::of(ended, Verb::End));
    }
    let hint = UNKNOWN.iter().find(|(known, _)| *known == word).map_or("", |(_, hint)| hint);
    let word: String = word.chars().take(40).collect();
    Err(format!("there is no tag `{word}` in Jinja{hint}"))
}

/// docxtpl knows two tags in cells of tables alone.
fn in_cell(statement: &Statement, flow: &Flow, tag: &Tag) -> Result<(), Words> {
    let is_cells = matches!(statement.word, "vm" | "hm" | "cellbg" | "colspan");
    match flow.holder(tag.from, Holder::Cell) {
        None if is_cells => Err(format!("`{}` stands in no cell of a table", statement.word)),
        _ => Ok(()),
    }
}

fn rest(parser: &mut Parser<'_>, to: &mut Statement) -> Result<(), Words> {
    match to.verb {
        Verb::For => for_(parser, to),
        Verb::If | Verb::Elif => written(parser, to, |parser| parser.tuple(CONDITION, None)),
        Verb::Else | Verb::End => {
            // `{% endblock name %}`.
            if to.word == "block" && !parser.is_at_end() { parser.name().map(drop) } else { Ok(()) }
        }
        Verb::Set => set(parser, to),
        Verb::With => with(parser, to),
        Verb::Macro => {
            to.sets.push(bound(parser)?);
            signature(parser, to)
        }
        Verb::Call => call(parser, to),
        Verb::Filter => {
            parser.filter()?;
            filters(parser)
        }
        Verb::Block => {
            to.sets.push(bound(parser)?);
            while parser.skip_word("scoped") || parser.skip_word("required") {}
            Ok(())
        }
        Verb::Autoescape => parser.expression(VALUE),
        Verb::Print | Verb::SetBlock => print(parser, to),
    }
}

fn print(parser: &mut Parser<'_>, to: &mut Statement) -> Result<(), Words> {
    match to.word {
        "raw" => Ok(()),
        "vm" | "hm" => {
            // docxtpl writes `loop.first` for it.
            let used = Use { name: "loop".into(), path: "loop.first".into(), is_called: false, is_asked: false };
            to.uses.uses.push(used);
            Ok(())
        }
        "include" => {
            to.note = Some(LOADS);
            parser.expression(VALUE)?;
            if parser.skip_word("ignore") && !parser.skip_word("missing") {
                return Err(format!("`missing` is expected, but there is {}", parser.here()));
            }
            context(parser)
        }
        "import" => {
            to.note = Some(LOADS);
            parser.expression(VALUE)?;
            if !parser.skip_word("as") {
                return Err(format!("`as` is expected, but there is {}", parser.here()));
            }
            to.sets.push(bound(parser)?);
            context(parser)
        }
        "from" => {
            to.note = Some(LOADS);
            from(parser, to)
        }
        "extends" => {
            to.note = Some(LOADS);
            parser.expression(VALUE)
        }
        _ => parser.tuple(VALUE, None),
    }
}

fn context(parser: &mut Parser<'_>) -> Result<(), Words> {
    if (parser.skip_word("with") || parser.skip_word("without")) && !parser.skip_word("context") {
        return Err(format!("`context` is expected, but there is {}", parser.here()));
    }
    Ok(())
}

fn from(parser: &mut Parser<'_>, to: &mut Statement) -> Result<(), Words> {
    parser.expression(VALUE)?;
    if !parser.skip_word("import") {
        return Err(format!("`import` is expected, but there is {}", parser.here()));
    }
    loop {
        let name = parser.name()?.to_owned();
        let name = if parser.skip_word("as") { bound(parser)? } else { name };
        to.sets.push(name);
        if !parser.skip(",") {
            return context(parser);
        }
    }
}

/// Notes where in the text an expression stands.
fn written<'a>(
    parser: &mut Parser<'a>,
    to: &mut Statement,
    read: impl FnOnce(&mut Parser<'a>) -> Result<(), Words>,
) -> Result<(), Words> {
    let from = parser.position();
    let result = read(parser);
    if let (Some(from), Some(behind)) = (from, parser.behind()) {
        to.written = from..behind.max(from);
    }
    result
}

/// A name that is given a value.
fn bound(parser: &mut Parser<'_>) -> Result<String, Words> {
    let name = parser.name()?;
    if VALUES.contains(&name) { Err(format!("`{name}` cannot be given a value")) } else { Ok(name.to_owned()) }
}

/// Names that are given values, with commas and brackets. `attributes`: whether `a.b` may stand there, which looks up `a`.
fn targets(parser: &mut Parser<'_>, attributes: bool, depth: usize) -> Result<Vec<String>, Words> {
    let mut names = Vec::new();
    loop {
        if parser.skip("(") {
            if depth == 8 {
                return Err("names lie too deep in brackets".to_owned());
            }
            names.extend(targets(parser, attributes, depth + 1)?);
            parser.expect(")")?;
        } else {
            let name = bound(parser)?;
            if attributes && parser.skip(".") {
                let path = format!("{name}.{}", parser.name()?);
                parser.found.uses.push(Use { name, path, is_called: false, is_asked: false });
            } else {
                names.push(name);
            }
        }
        let ends = |parser: &Parser<'_>| parser.is_at_end() || parser.is_word("in");
        if !parser.skip(",") || ends(parser) {
            return Ok(names);
        }
    }
}

fn for_(parser: &mut Parser<'_>, to: &mut Statement) -> Result<(), Words> {
    to.brings = targets(parser, false, 0)?;
    if !parser.skip_word("in") {
        return Err(format!("`in` is expected, but there is {}", parser.here()));
    }
    let over = Manner { with_if: false, is_asked: false };
    let begin = parser.position();
    let result = written(parser, to, |parser| parser.tuple(over, Some("recursive")));
    // What is looped over is looked up outside, the test inside.
    to.uses = std::mem::take(&mut parser.found);
    result?;
    let is_one = to.uses.uses.len() == 1 && to.uses.filters.is_empty();
    let length = |used: &Use| used.path.len() == to.written.len() && !used.is_called;
    to.is_plain = is_one && begin.is_some() && to.uses.uses.first().is_some_and(length);
    if parser.skip_word("if") {
        parser.expression(Manner { with_if: true, is_asked: true })?;
    }
    parser.skip_word("recursive");
    if to.brings.iter().any(|name| name == "loop") {
        return Err("`loop` cannot be the name of what a loop takes".to_owned());
    }
    Ok(())
}

fn set(parser: &mut Parser<'_>, to: &mut Statement) -> Result<(), Words> {
    let names = targets(parser, true, 0);
    if parser.skip("=") {
        to.sets = names?;
        return parser.tuple(VALUE, None);
    }
    to.verb = Verb::SetBlock;
    to.sets = names?;
    filters(parser)
}

fn filters(parser: &mut Parser<'_>) -> Result<(), Words> {
    while parser.skip("|") {
        parser.filter()?;
    }
    Ok(())
}

fn with(parser: &mut Parser<'_>, to: &mut Statement) -> Result<(), Words> {
    while !parser.is_at_end() {
        if !to.brings.is_empty() {
            parser.expect(",")?;
        }
        to.brings.push(bound(parser)?);
        parser.expect("=")?;
        parser.expression(VALUE)?;
    }
    Ok(())
}

/// The arguments of a macro, with what they are where they are not given.
fn signature(parser: &mut Parser<'_>, to: &mut Statement) -> Result<(), Words> {
    parser.expect("(")?;
    let (mut is_first, mut has_default) = (true, false);
    while !parser.skip(")") {
        if !is_first {
            parser.expect(",")?;
        }
        is_first = false;
        let name = bound(parser)?;
        to.wants_caller |= name == "caller" && !parser.is_next("=");
        to.brings.push(name);
        if parser.skip("=") {
            has_default = true;
            parser.expression(VALUE)?;
        } else if has_default {
            return Err("an argument without a default stands behind one that has one".to_owned());
        }
    }
    Ok(())
}

fn call(parser: &mut Parser<'_>, to: &mut Statement) -> Result<(), Words> {
    if parser.skip("(") {
        // One step back, for it is the same as a macro's.
        parser.back();
        signature(parser, to)?;
        to.inner = std::mem::take(&mut parser.found);
    }
    parser.expression(VALUE)?;
    if parser.ends_with(")") { Ok(()) } else { Err("a call is expected behind `call`".to_owned()) }
}

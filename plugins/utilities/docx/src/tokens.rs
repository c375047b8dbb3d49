//! The words of a tag: what is between `{{` and `}}`, as Jinja cuts it up.
//!
//! Quotation marks that Word has made typographic count as plain ones, as docxtpl has it.

use crate::bounds::DEEPEST_BRACKETS;

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    Name,
    Text,
    Integer,
    Float,
    Operator(&'static str),
}

/// A word and where it stands in the text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Word {
    pub(crate) token: Token,
    pub(crate) from: usize,
    pub(crate) to: usize,
}

/// A tag cut up.
#[derive(Debug)]
pub(crate) struct Cut {
    pub(crate) words: Vec<Word>,
    /// Behind what closes it.
    pub(crate) to: usize,
}

/// Why it could not be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoCut {
    /// Nothing closes it.
    Open,
    Wrong(String),
}

/// Longest first.
const OPERATORS: &[&str] = &[
    "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".",
    ":", "|", ",", ";",
];
const PAIRS: &[(&str, &str)] = &[("(", ")"), ("[", "]"), ("{", "}")];
/// Marks that open and close a text: all of a row stand for each other.
const QUOTES: &[&[char]] = &[&['"', '“', '”'], &['\'', '‘', '’']];

/// Cuts up a tag whose content begins at `from`. `closer`: `}}` or `%}`.
pub(crate) fn cut(text: &str, from: usize, closer: &str) -> Result<Cut, NoCut> {
    let mut words: Vec<Word> = Vec::new();
    let mut expected: Vec<&str> = Vec::new();
    let mut at = from;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        let Some(first) = trimmed.chars().next() else { return Err(NoCut::Open) };
        if expected.is_empty()
            && let Some(length) = closes(trimmed, closer)
        {
            return Ok(Cut { words, to: at + length });
        }
        let after_point = words.last().is_some_and(|word| word.token == Token::Operator("."));
        let (token, length) = next(trimmed, first, after_point)?;
        if let Token::Operator(operator) = token {
            balance(&mut expected, operator)?;
        }
        words.push(Word { token, from: at, to: at + length });
        at += length;
    }
}

/// How long the closer is with its sign for white space, if it stands here.
fn closes(rest: &str, closer: &str) -> Option<usize> {
    let signs: &[char] = if closer == "%}" { &['-', '+'] } else { &['-'] };
    let unsigned = rest.strip_prefix(signs).unwrap_or(rest);
    unsigned.starts_with(closer).then(|| rest.len() - unsigned.len() + closer.len())
}

fn next(rest: &str, first: char, after_point: bool) -> Result<(Token, usize), NoCut> {
    if first.is_ascii_digit() {
        return Ok(number(rest, after_point));
    }
    if first.is_alphabetic() || first == '_' {
        let length = rest.find(|char: char| !(char.is_alphanumeric() || char == '_')).unwrap_or(rest.len());
        return Ok((Token::Name, length));
    }
    if let Some(marks) = QUOTES.iter().find(|marks| marks.contains(&first)) {
        return quoted(rest, marks).map(|length| (Token::Text, length)).ok_or(NoCut::Open);
    }
    let operator = OPERATORS.iter().find(|operator| rest.starts_with(**operator));
    match operator {
        Some(operator) => Ok((Token::Operator(operator), operator.len())),
        None => Err(NoCut::Wrong(format!("`{}` cannot stand in a tag{}", first.escape_debug(), hint(first)))),
    }
}

/// What characters are called that are hard to see, or easy to take for others.
fn hint(char: char) -> &'static str {
    match char {
        '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{2060}' | '\u{ad}' => {
            ": a character that is not seen; write the tag anew"
        }
        '–' | '—' | '−' => ": Word has made a dash of the minus sign",
        '„' | '«' | '»' | '‚' => ": quotation marks are \" or ' here",
        '…' => ": Word has made one character of three points",
        _ => "",
    }
}

fn number(rest: &str, after_point: bool) -> (Token, usize) {
    let digits = |text: &str| text.find(|char: char| !(char.is_ascii_digit() || char == '_')).unwrap_or(text.len());
    let other = |text: &str| text.find(|char: char| !(char.is_ascii_hexdigit() || char == '_')).unwrap_or(text.len());
    if ["0x", "0X", "0b", "0B", "0o", "0O"].iter().any(|begin| rest.starts_with(begin)) {
        return (Token::Integer, 2 + other(&rest[2..]));
    }
    let (mut length, mut token) = (digits(rest), Token::Integer);
    if !after_point && rest[length..].starts_with('.') {
        let more = digits(&rest[length + 1..]);
        if more > 0 {
            (length, token) = (length + 1 + more, Token::Float);
        }
    }
    if let Some(exponent) = rest[length..].strip_prefix(['e', 'E']) {
        let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        let more = digits(unsigned);
        if more > 0 {
            (length, token) = (length + 1 + exponent.len() - unsigned.len() + more, Token::Float);
        }
    }
    (token, length)
}

fn quoted(rest: &str, marks: &[char]) -> Option<usize> {
    let mut escaped = false;
    for (at, char) in rest.char_indices().skip(1) {
        match (escaped, char) {
            (true, _) => escaped = false,
            (false, '\\') => escaped = true,
            (false, char) if marks.contains(&char) => return Some(at + char.len_utf8()),
            _ => {}
        }
    }
    None
}

fn balance(expected: &mut Vec<&str>, operator: &'static str) -> Result<(), NoCut> {
    if let Some((_, close)) = PAIRS.iter().find(|(open, _)| *open == operator) {
        if expected.len() == DEEPEST_BRACKETS {
            return Err(NoCut::Wrong(format!("brackets lie more than {DEEPEST_BRACKETS} deep in each other")));
        }
        expected.push(close);
    } else if PAIRS.iter().any(|(_, close)| *close == operator) {
        match expected.pop() {
            Some(close) if close == operator => {}
            Some(close) => return Err(NoCut::Wrong(format!("`{close}` is missing before `{operator}`"))),
            None => return Err(NoCut::Wrong(format!("`{operator}` closes nothing"))),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words<'a>(text: &'a str, closer: &str) -> Vec<&'a str> {
        cut(text, 0, closer).unwrap().words.iter().map(|word| &text[word.from..word.to]).collect()
    }

    #[test]
    fn a_tag_ends_where_jinja_ends_it() {
        assert_eq!(words(" a.b['}}'] | f(1.5e3, {'x': {}}) }} }}", "}}").len(), 18);
        assert_eq!(words("x -}}", "}}"), ["x"]);
        assert_eq!(words("if a - 1 +%}", "%}"), ["if", "a", "-", "1"]);
        assert_eq!(words("a.0.1 }}", "}}"), ["a", ".", "0", ".", "1"]);
        assert_eq!(words("a == “it’s” }}", "}}"), ["a", "==", "“it’s”"]);
    }

    #[test]
    fn what_is_no_word_is_said() {
        let wrong = |text| match cut(text, 0, "}}") {
            Err(NoCut::Wrong(words)) => words,
            other => panic!("{other:?}"),
        };
        assert_eq!(wrong("(a }}"), "`)` is missing before `}`");
        assert_eq!(wrong("a) }}"), "`)` closes nothing");
        assert_eq!(wrong("a – 1 }}"), "`–` cannot stand in a tag: Word has made a dash of the minus sign");
        assert!(wrong("a\u{200b} }}").starts_with("`\\u{200b}` cannot stand"));
        assert_eq!(cut("a 'b }}", 0, "}}").unwrap_err(), NoCut::Open);
        assert!(wrong(&"(".repeat(65)).starts_with("brackets lie"));
    }
}

//! What a machine must leave as it is in a phrase: `{name}`s, code in backticks, and where links lead.

use std::borrow::Cow;

/// A part of a phrase.
#[derive(Debug, PartialEq, Eq)]
pub enum Part<'p> {
    Words(&'p str),
    /// To be left as it is.
    Kept(&'p str),
}

/// The names in braces, as the host reads them.
pub fn names(text: &str) -> impl Iterator<Item = &str> {
    let behind = text.split('{').skip(1).filter_map(|behind| behind.split_once('}'));
    behind.map(|(name, _)| name).filter(|name| is_name(name))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// A phrase in its parts.
pub fn parts(phrase: &str) -> Vec<Part<'_>> {
    let (mut parts, mut rest, mut words) = (vec![], phrase, 0);
    while let Some(at) = rest[words..].find(['{', '`', ']']).map(|at| at + words) {
        let Some(length) = kept(&rest[at..]) else {
            words = at + 1;
            continue;
        };
        if at > 0 {
            parts.push(Part::Words(&rest[..at]));
        }
        parts.push(Part::Kept(&rest[at..at + length]));
        (rest, words) = (&rest[at + length..], 0);
    }
    if !rest.is_empty() {
        parts.push(Part::Words(rest));
    }
    parts
}

/// How long what is to be kept is at the beginning of this text; none where there is no such thing.
fn kept(text: &str) -> Option<usize> {
    let (begin, end) = match text.as_bytes() {
        [b'{', ..] => (1, '}'),
        [b'`', ..] => (1, '`'),
        [b']', b'(', ..] => (2, ')'),
        _ => return None,
    };
    let length = text[begin..].find(end)?;
    (end != '}' || is_name(&text[1..1 + length])).then_some(begin + length + 1)
}

/// What is to be kept of a text, in an order of its own: two texts with the same have lost and gained nothing.
pub fn all_kept(text: &str) -> Vec<&str> {
    let mut kept: Vec<&str> = parts(text)
        .into_iter()
        .filter_map(|part| match part {
            Part::Kept(kept) => Some(kept),
            Part::Words(_) => None,
        })
        .collect();
    kept.sort_unstable();
    kept
}

/// As markup, with what is to be kept between `begin` and `end`.
pub fn marked(phrase: &str, begin: &str, end: &str) -> String {
    let mut marked = String::with_capacity(phrase.len() * 2);
    for part in parts(phrase) {
        match part {
            Part::Words(words) => marked.push_str(&escaped(words)),
            Part::Kept(kept) => marked.extend([begin, &escaped(kept), end]),
        }
    }
    marked
}

fn escaped(text: &str) -> Cow<'_, str> {
    match text.contains(['&', '<', '>']) {
        true => text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").into(),
        false => text.into(),
    }
}

/// Markup as text: without its tags. None where it is no markup.
pub fn unmarked(markup: &str) -> Option<String> {
    let (mut text, mut rest) = (String::with_capacity(markup.len()), markup);
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(&unescaped(before));
        rest = tag.split_once('>')?.1;
    }
    text.push_str(&unescaped(rest));
    Some(text)
}

fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return text.into();
    }
    let (mut plain, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, behind)) = rest.split_once('&') {
        plain.push_str(before);
        let found = behind.split_once(';').and_then(|(name, behind)| Some((entity(name)?, behind)));
        rest = match found {
            Some((letter, behind)) => {
                plain.push(letter);
                behind
            }
            None => {
                plain.push('&');
                behind
            }
        };
    }
    plain.push_str(rest);
    plain.into()
}

fn entity(name: &str) -> Option<char> {
    let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        _ => match name.strip_prefix('#')? {
            hex if hex.starts_with(['x', 'X']) => number(&hex[1..], 16),
            decimal => number(decimal, 10),
        },
    }
}

//! The tags of a part: where each begins and ends, and which of them are left once docxtpl has put the text together.
//!
//! A tag that begins with `{%p`, `{%tr`, `{%tc` (or `{{p`...) replaces the whole paragraph, row or cell that it stands in;
//! of several in one, the last does. What else stood there is gone before Jinja sees it.

use std::collections::{BTreeMap, HashMap};

use memchr::{memchr, memmem};

use crate::bounds::{LONGEST_TAG, MOST_ERRORS, MOST_TAGS};
use crate::flow::{Holder, shown};
use crate::report::Report;
use crate::tokens::{Cut, NoCut, cut};

/// What kind of tag it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    Print,
    Statement,
    Comment,
}

const SORTS: &[(&str, &str, Sort)] =
    &[("{{", "}}", Sort::Print), ("{%", "%}", Sort::Statement), ("{#", "#}", Sort::Comment)];

/// What follows the opener where docxtpl replaces more than the tag, and what that is; a run holds nothing but the tag.
const PREFIXES: &[(&str, Option<Holder>)] =
    &[("tr ", Some(Holder::Row)), ("tc ", Some(Holder::Cell)), ("p ", Some(Holder::Paragraph)), ("r ", None)];
/// In which order docxtpl does so.
const ORDER: [Holder; 3] = [Holder::Row, Holder::Cell, Holder::Paragraph];

/// A tag in the text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tag {
    pub(crate) sort: Sort,
    pub(crate) from: usize,
    /// Where its content begins.
    pub(crate) inside: usize,
    pub(crate) to: usize,
    replaces: Option<Holder>,
    is_gone: bool,
}

/// The tags that are left, in their order, without comments.
pub(crate) fn find(report: &mut Report<'_>) -> Vec<Tag> {
    let mut tags = scan(report);
    for is_comment in [false, true] {
        for holder in ORDER {
            replace(&mut tags, holder, is_comment, report);
        }
    }
    tags.retain(|tag| !tag.is_gone && tag.sort != Sort::Comment);
    tags
}

fn next_opener(text: &str, from: usize) -> Option<(usize, usize)> {
    let (bytes, mut at) = (text.as_bytes(), from);
    loop {
        at += memchr(b'{', bytes.get(at..)?)?;
        let found = SORTS.iter().position(|(opener, _, _)| bytes[at..].starts_with(opener.as_bytes()));
        if let Some(sort) = found {
            return Some((at, sort));
        }
        at += 1;
    }
}

fn scan(report: &mut Report<'_>) -> Vec<Tag> {
    let flow = report.flow;
    let (mut tags, mut at) = (Vec::new(), 0);
    while let Some((from, sort)) = next_opener(&flow.text, at) {
        note_closers(at, from, report);
        if tags.len() == MOST_TAGS {
            report.error(from, format!("there are more than {MOST_TAGS} tags: the rest is not read"));
        }
        if report.is_full() || tags.len() == MOST_TAGS {
            return tags;
        }
        let (_, closer, sort) = SORTS[sort];
        let limit = flow.limit(from);
        // Half of it stands in a text that holds its tags alone.
        if limit < from + 2 {
            at = from + 1;
            continue;
        }
        at = match sort {
            Sort::Comment => comment(from, limit, &mut tags, report),
            _ => tag(from, limit, closer, sort, &mut tags, report),
        };
    }
    note_closers(at, flow.text.len(), report);
    tags
}

/// Closers between tags: Jinja takes them for text.
fn note_closers(from: usize, to: usize, report: &mut Report<'_>) {
    let between = report.flow.text.get(from..to).unwrap_or_default();
    let found =
        ["}}", "%}"].iter().find_map(|closer| Some((memmem::find(between.as_bytes(), closer.as_bytes())?, closer)));
    if let Some((at, closer)) = found {
        report.note(from + at, format!("`{closer}` closes no tag, so it is shown as text"));
    }
}

fn comment(from: usize, limit: usize, tags: &mut Vec<Tag>, report: &mut Report<'_>) -> usize {
    let text = report.flow.text.get(..limit).unwrap_or_default();
    let Some(length) = memmem::find(&text.as_bytes()[from + 2..], b"#}") else {
        report.error(from, "the comment `{#` is not closed with `#}`".to_owned());
        return limit;
    };
    let (inside, replaces) = prefix(text, from + 2);
    let to = from + 2 + length + 2;
    let content = text.get(inside..to - 2).unwrap_or_default();
    let replaces = replaces.flatten().filter(|_| !content.contains(['}', '#']));
    tags.push(Tag { sort: Sort::Comment, from, inside, to, replaces, is_gone: false });
    to
}

/// Where the content begins behind an opener, and what is replaced, if anything is.
fn prefix(text: &str, at: usize) -> (usize, Option<Option<Holder>>) {
    let rest = text.get(at..).unwrap_or_default();
    let found = PREFIXES.iter().find(|(prefix, _)| rest.starts_with(prefix));
    found.map_or((at, None), |(prefix, holder)| (at + prefix.len(), Some(*holder)))
}

/// Reads a tag; answers where to go on.
fn tag(from: usize, limit: usize, closer: &str, sort: Sort, tags: &mut Vec<Tag>, report: &mut Report<'_>) -> usize {
    let flow = report.flow;
    let mut end = limit.min(from + LONGEST_TAG);
    while !flow.text.is_char_boundary(end) {
        end -= 1;
    }
    let text = &flow.text[..end];
    let (mut inside, prefix) = prefix(text, from + 2);
    if prefix.is_none() && text[inside..].starts_with(['-', '+']) {
        inside += 1;
    }
    let cut = match cut(text, inside, closer) {
        Ok(cut) => cut,
        Err(error) => return mend(from, inside, limit, closer, error, report),
    };
    if prefix.is_some() && text[inside..cut.to - 2].contains(['}', '%']) {
        let opener = &text[from..inside - 1];
        report.error(from, format!("neither `}}` nor `%` can stand in a tag that begins with `{opener}`"));
        return cut.to;
    }
    let replaces = prefix.flatten();
    if let Some(holder) = replaces.filter(|holder| flow.holder(from, *holder).is_none()) {
        let opener = &text[from..inside - 1];
        report.error(from, format!("`{opener}` stands in no {}", called(holder)));
    }
    tags.push(Tag { sort, from, inside, to: cut.to, replaces, is_gone: false });
    if is_raw(text, sort, &cut) { behind_raw(from, cut.to, report) } else { cut.to }
}

fn called(holder: Holder) -> &'static str {
    match holder {
        Holder::Paragraph => "paragraph",
        Holder::Row => "row of a table",
        Holder::Cell => "cell of a table",
    }
}

/// Says what is wrong with a tag and finds where to go on: at the next tag, if that begins before this one ends.
fn mend(from: usize, inside: usize, limit: usize, closer: &str, error: NoCut, report: &mut Report<'_>) -> usize {
    let text = report.flow.text.get(..limit).unwrap_or_default();
    let opener = &text[from..from + 2];
    let close = memmem::find(&text.as_bytes()[inside..], closer.as_bytes()).map(|found| inside + found);
    let other = next_opener(text, from + 2).map(|(other, _)| other);
    let is_open = close.is_none_or(|close| other.is_some_and(|other| other < close));
    let (words, next) = match (is_open, close, error) {
        (false, Some(close), NoCut::Wrong(words)) => (words, close + 2),
        (false, Some(close), NoCut::Open) if close - from < LONGEST_TAG => {
            ("a text in the tag does not end: a quotation mark is missing".to_owned(), close + 2)
        }
        (false, Some(close), NoCut::Open) => (format!("the tag has more than {LONGEST_TAG} bytes"), close + 2),
        _ => (format!("`{opener}` is not closed with `{closer}`"), other.unwrap_or(limit)),
    };
    report.error(from, words);
    next
}

fn is_raw(text: &str, sort: Sort, cut: &Cut) -> bool {
    sort == Sort::Statement && matches!(cut.words[..], [word] if &text[word.from..word.to] == "raw")
}

/// Behind what must be left as it is; the end of the text if nothing ends it.
fn behind_raw(from: usize, at: usize, report: &mut Report<'_>) -> usize {
    let text = report.flow.text.as_str();
    let ends = memmem::find_iter(&text.as_bytes()[at..], b"{%").map(|found| at + found);
    for end in ends {
        let rest = text[end + 2..].trim_start_matches(['-', '+']).trim_start();
        let rest = rest.strip_prefix("p ").unwrap_or(rest).trim_start();
        let Some(rest) = rest.strip_prefix("endraw") else { continue };
        let rest = rest.trim_start().trim_start_matches(['-', '+']);
        if let Some(rest) = rest.strip_prefix("%}") {
            return text.len() - rest.len();
        }
    }
    report.error(from, "`raw` is not closed with `{% endraw %}`".to_owned());
    text.len()
}

/// Takes away what stands beside a tag that replaces its paragraph, row or cell.
fn replace(tags: &mut [Tag], holder: Holder, are_comments: bool, report: &mut Report<'_>) {
    let flow = report.flow;
    // The last of each.
    let mut keepers: BTreeMap<u32, usize> = BTreeMap::new();
    for (index, tag) in tags.iter().enumerate() {
        let is_meant = tag.replaces == Some(holder) && (tag.sort == Sort::Comment) == are_comments && !tag.is_gone;
        if let Some((number, _)) = flow.holder(tag.from, holder).filter(|_| is_meant) {
            keepers.insert(number, index);
        }
    }
    let mut lost: HashMap<usize, usize> = HashMap::new();
    for index in keepers.into_values() {
        let Some((_, held)) = flow.holder(tags[index].from, holder) else { continue };
        let first = tags.partition_point(|tag| tag.from < held.from);
        for (other, tag) in tags.iter_mut().enumerate().skip(first).take_while(|(_, tag)| tag.from < held.to) {
            if other != index && !tag.is_gone {
                tag.is_gone = true;
                lost.insert(other, index);
            }
        }
    }
    let mut lost: Vec<(usize, usize)> = lost.into_iter().filter(|(tag, _)| tags[*tag].sort != Sort::Comment).collect();
    lost.sort_unstable();
    for (gone, keeper) in lost.into_iter().take(MOST_ERRORS) {
        let written = |index: usize| shown(&flow.text[tags[index].from..tags[index].to]);
        let what = called(holder);
        report.note(
            tags[gone].from,
            format!("`{}` is lost: `{}` replaces the whole {what}", written(gone), written(keeper)),
        );
    }
}

//! Finding objects by looking through the file, where its own list of them is missing or lies.

use std::collections::HashMap;

use hayro_syntax::object::Dict;
use memchr::memmem;

use crate::document::{Document, Node};
use crate::parse;
use crate::spent::Spent;
use crate::table::{Place, Places, Table};

/// Looks at every place of a list whether the object is there, and takes it from where it is found otherwise. Says whether
/// something was wrong that matters.
pub(crate) fn mend(bytes: &[u8], table: &mut Table<'_>, spent: &Spent) -> bool {
    let is_there = |number: u32, offset: u32| {
        let at = usize::try_from(offset).ok().and_then(|offset| bytes.get(offset..));
        at.and_then(parse::header).is_some_and(|(found, _, _)| found == number)
    };
    let wrong: Vec<u32> = table
        .places
        .iter()
        .filter(|(number, place)| matches!(place, Place::At { offset, .. } if !is_there(**number, *offset)))
        .map(|(number, _)| *number)
        .collect();
    if wrong.is_empty() {
        return false;
    }
    let found = places(bytes, spent);
    let mut matters = false;
    for number in wrong {
        match found.get(&number) {
            Some(place) => {
                table.places.insert(number, *place);
                matters = true;
            }
            None => {
                table.places.insert(number, Place::Free);
            }
        }
    }
    matters
}

/// Where every object is: the last of each number, as increments are written behind what they replace.
fn places(bytes: &[u8], spent: &Spent) -> Places {
    let mut places: Places = HashMap::new();
    for at in memmem::find_iter(bytes, b"obj") {
        if let Some(start) = beginning(bytes, at)
            && let Some((number, generation, _)) = parse::header(&bytes[start..])
            && let Ok(offset) = u32::try_from(start)
        {
            places.insert(number, Place::At { offset, generation });
            if !spent.objects(places.len()) {
                break;
            }
        }
    }
    places
}

/// Where the object begins whose word `obj` is at a place: two numbers before it.
fn beginning(bytes: &[u8], word: usize) -> Option<usize> {
    let before = &bytes[word.saturating_sub(32)..word];
    let is_digit = u8::is_ascii_digit;
    let blank = |bytes: &[u8]| bytes.iter().rev().take_while(|byte| byte.is_ascii_whitespace()).count();
    let digits = |bytes: &[u8]| bytes.iter().rev().take_while(|byte| is_digit(byte)).count();
    let mut rest = &before[..before.len() - blank(before)];
    let generation = digits(rest);
    rest = &rest[..rest.len() - generation];
    let between = blank(rest);
    rest = &rest[..rest.len() - between];
    let number = digits(rest);
    (generation > 0 && between > 0 && number > 0).then(|| word - (before.len() - rest.len()) - number)
}

/// A list of all objects that are not in object streams, and the best trailer.
pub(crate) fn look_through<'a>(document: &Document<'a>) -> Table<'a> {
    let bytes = document.bytes;
    let places = places(bytes, &document.spent);
    let mut trailer = None;
    let words = memmem::rfind_iter(bytes, b"trailer").map(|at| at + b"trailer".len());
    // A list in a stream is a trailer, too.
    let streams = named(bytes, &places, b"/XRef").into_iter().rev();
    for at in words.chain(streams) {
        if document.spent.is_over() || trailer.is_some() {
            break;
        }
        let body = parse::header(&bytes[at..]).map_or(&bytes[at..], |(_, _, body)| body);
        trailer = parse::dict(body, &document.spent).map(|(dict, _)| dict).filter(|dict| dict.contains_key(b"Root"));
    }
    Table { places, trailer: trailer.or_else(|| Some(Dict::empty())) }
}

/// Where the objects begin that have a name near: the last one before each place that it stands.
fn named(bytes: &[u8], places: &Places, name: &[u8]) -> Vec<usize> {
    let mut starts: Vec<usize> = places
        .values()
        .filter_map(|place| match place {
            Place::At { offset, .. } => usize::try_from(*offset).ok(),
            _ => None,
        })
        .collect();
    starts.sort_unstable();
    let before = |at: usize| starts.partition_point(|start| *start <= at).checked_sub(1).map(|index| starts[index]);
    let mut found = Vec::new();
    for at in memmem::find_iter(bytes, name).filter_map(before) {
        if found.last() != Some(&at) {
            found.push(at);
        }
    }
    found
}

/// What is in the object streams that are found.
pub(crate) fn packed(document: &Document<'_>) -> Vec<(u32, Place)> {
    let mut all = Vec::new();
    for at in named(document.bytes, &document.table.places, b"/ObjStm").into_iter().rev() {
        if document.spent.is_over() || !document.spent.objects(all.len()) {
            break;
        }
        let Some((pack, _, _)) = parse::header(&document.bytes[at..]) else { continue };
        let Some(members) = document.unpack(pack) else { continue };
        let numbers = members.numbers().zip(0..);
        all.extend(numbers.map(|(number, index)| (number, Place::In { pack, index })));
    }
    all
}

/// The root, where no trailer names it: an object that says it is one.
pub(crate) fn root(document: &Document<'_>) -> Option<u32> {
    let is_root = |node: &Node<'_>| document.get(node, b"Type").is_some_and(|name| name.name() == Some(b"Catalog"));
    let mut numbers: Vec<u32> = document.table.places.keys().copied().collect();
    numbers.sort_unstable();
    numbers.into_iter().rev().find(|number| document.object(*number).as_ref().is_some_and(is_root))
}

//! Templates that are rendered once and filled many times.
//!
//! A row of a table is the same markup fifty times over. Instead of asking the template engine for each cell, the
//! row's template is rendered once with a *slot* in place of each value, cut at the slots, and every row is then a
//! copy of those pieces with escaped values between them. The markup stays in the templates, and a page of fifty
//! rows costs a few microseconds. The price: a template can place such a value, not compute with it.

use minijinja::Value;

use crate::html::escape;

/// Slot characters lie in a plane that Unicode leaves to private use; all of it starts with this byte in UTF-8.
const FIRST: u32 = 0xF_0000;
const LAST: u32 = 0xF_FFFD;
const LEAD: u8 = 0xF3;

/// The character that marks slot `index`, for text that is escaped already.
pub(crate) fn slot_char(index: usize) -> char {
    let code = u32::try_from(index).ok().and_then(|index| FIRST.checked_add(index)).filter(|code| *code <= LAST);
    code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Slot `index` as a template is given it. It is marked as safe: from every other text the templates' formatter takes
/// slot characters out (see [`without_slots`]), so nobody's words can pass for a slot.
pub(crate) fn slot(index: usize) -> Value {
    Value::from_safe_string(slot_char(index).to_string())
}

/// Text with slot `index` in place of every `name`, escaped.
pub(crate) fn text_with_slot(text: &str, name: &str, index: usize) -> Value {
    let mut escaped = String::with_capacity(text.len() + 8);
    escape(&without_slots(text), &mut escaped);
    Value::from_safe_string(escaped.replace(name, slot_char(index).encode_utf8(&mut [0; 4])))
}

fn is_slot(character: char) -> bool {
    (FIRST..=LAST).contains(&u32::from(character))
}

/// Text that cannot be taken for a slot.
pub(crate) fn without_slots(text: &str) -> std::borrow::Cow<'_, str> {
    if text.as_bytes().contains(&LEAD) { text.replace(is_slot, "\u{FFFD}").into() } else { text.into() }
}

/// A rendered template, cut at its slots.
#[derive(Debug)]
pub(crate) struct Shape {
    pieces: Vec<(String, usize)>,
    tail: String,
}

impl Shape {
    /// Cuts rendered markup.
    pub(crate) fn new(rendered: &str) -> Self {
        let mut rest = rendered.trim();
        let mut pieces = Vec::new();
        let mut piece = String::new();
        while let Some(at) = rest.as_bytes().iter().position(|byte| *byte == LEAD) {
            let (before, tail) = rest.split_at(at);
            piece.push_str(before);
            let mut characters = tail.chars();
            match characters.next() {
                Some(character) if is_slot(character) => {
                    pieces.push((std::mem::take(&mut piece), (u32::from(character) - FIRST) as usize))
                }
                other => piece.extend(other),
            }
            rest = characters.as_str();
        }
        piece.push_str(rest);
        Self { pieces, tail: piece }
    }

    /// Bytes of the markup without its values.
    pub(crate) fn len(&self) -> usize {
        self.pieces.iter().map(|(before, _)| before.len()).sum::<usize>() + self.tail.len()
    }

    /// Appends the markup; `write` puts the value of a slot, already escaped.
    pub(crate) fn fill(&self, out: &mut String, mut write: impl FnMut(usize, &mut String)) {
        for (before, index) in &self.pieces {
            out.push_str(before);
            write(*index, out);
        }
        out.push_str(&self.tail);
    }

    /// The same where writing a value can fail.
    pub(crate) fn try_fill<E>(
        &self,
        out: &mut String,
        mut write: impl FnMut(usize, &mut String) -> Result<(), E>,
    ) -> Result<(), E> {
        for (before, index) in &self.pieces {
            out.push_str(before);
            write(*index, out)?;
        }
        out.push_str(&self.tail);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_filled_where_they_stand_and_as_often() {
        let shape = Shape::new(&format!("<a href=\"{0}\">{1}</a>{0}\u{F3}\u{100000}", slot_char(0), slot_char(1)));
        let mut out = String::new();
        shape.fill(&mut out, |index, out| out.push_str(["x", "y"][index]));
        assert_eq!(out, "<a href=\"x\">y</a>x\u{F3}\u{100000}");
    }

    #[test]
    fn text_cannot_pass_for_a_slot() {
        assert_eq!(without_slots("a\u{F0000}b"), "a\u{FFFD}b");
    }
}

//! Templates that are rendered once and filled many times.
//!
//! A row of a table is the same markup fifty times over. Instead of asking the template engine for each cell, the
//! row's template is rendered once with a *slot* in place of each value, cut at the slots, and every row is then a
//! copy of those pieces with escaped values between them. The markup stays in the templates, and a page of fifty
//! rows costs a few microseconds. The price: a template can place such a value, not compute with it.

/// Slot characters lie in a plane that Unicode leaves to private use.
const FIRST: u32 = 0xF_0000;
const LAST: u32 = 0xF_FFFD;

/// The character that marks slot `index`.
pub(crate) fn slot(index: usize) -> char {
    let code = u32::try_from(index).ok().and_then(|index| FIRST.checked_add(index)).filter(|code| *code <= LAST);
    code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn is_slot(character: char) -> bool {
    (FIRST..=LAST).contains(&u32::from(character))
}

/// Text that cannot be taken for a slot.
pub(crate) fn without_slots(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains(is_slot) {
        text.replace(is_slot, "\u{FFFD}").into()
    } else {
        text.into()
    }
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
        let mut pieces = Vec::new();
        let mut piece = String::new();
        for character in rendered.trim().chars() {
            if is_slot(character) {
                pieces.push((std::mem::take(&mut piece), (u32::from(character) - FIRST) as usize));
            } else {
                piece.push(character);
            }
        }
        Self { pieces, tail: piece }
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
    pub(crate) fn try_fill<E>(&self, out: &mut String, mut write: impl FnMut(usize, &mut String) -> Result<(), E>) -> Result<(), E> {
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
        let shape = Shape::new(&format!("<a href=\"{0}\">{1}</a>{0}", slot(0), slot(1)));
        let mut out = String::new();
        shape.fill(&mut out, |index, out| out.push_str(["x", "y"][index]));
        assert_eq!(out, "<a href=\"x\">y</a>x");
    }

    #[test]
    fn text_cannot_pass_for_a_slot() {
        assert_eq!(without_slots("a\u{F0000}b"), "a\u{FFFD}b");
    }
}

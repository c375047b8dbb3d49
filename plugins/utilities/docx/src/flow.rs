//! The text of a part as Jinja comes to see it: one run of characters, with the paragraph that each stands in.
//!
//! Word cuts text into runs wherever it likes (spelling, revisions, bookmarks), also between the two characters of `{{`.
//! docxtpl mends that: within a tag, everything between one `w:t` and the next is left out. So it is here, as the text is
//! gathered: while a tag is open only such text counts, and other text (field codes, attributes, formulas) only stands
//! between tags.

use memchr::memchr;

use crate::bounds::{LONGEST_SHOWN, LONGEST_TEXT, MOST_PIECES};

/// What can be replaced as a whole by a tag in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    Paragraph,
    Row,
    Cell,
}

/// One of them, from one place of the text to another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// The one of its kind that it lies in.
    outer: Option<u32>,
}

/// A stretch of text that lies in the same paragraph.
#[derive(Debug, Clone, Copy)]
struct Piece {
    from: usize,
    /// Of paragraph, row, cell.
    within: [Option<u32>; 3],
    /// A tag in it cannot go on in the next.
    alone: bool,
}

/// Where the text stands that is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// In `w:t`.
    Text,
    /// Anywhere else: it holds its tags alone.
    Other,
}

/// The text of a part.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    pub(crate) text: String,
    pieces: Vec<Piece>,
    held: [Vec<Held>; 3],
    within: [Option<u32>; 3],
    /// The second character of what closes the tag that is open.
    open: Option<u8>,
    /// Before this, characters have been used up by an opener or a closer.
    used: usize,
    sort: Option<Sort>,
    skips: bool,
    overflow: bool,
}

impl Flow {
    /// Whether all of it found room.
    pub(crate) fn fits(&self) -> Result<(), Overflow> {
        let pieces = self.pieces.len() + self.held.iter().map(Vec::len).sum::<usize>();
        match (self.overflow, pieces > MOST_PIECES) {
            (true, _) => Err(Overflow::Text),
            (_, true) => Err(Overflow::Pieces),
            _ => Ok(()),
        }
    }

    pub(crate) fn enter(&mut self, holder: Holder) {
        let at = self.text.len();
        let all = &mut self.held[holder as usize];
        let number = u32::try_from(all.len()).unwrap_or(u32::MAX);
        all.push(Held { from: at, to: usize::MAX, outer: self.within[holder as usize] });
        self.within[holder as usize] = Some(number);
    }

    pub(crate) fn leave(&mut self, holder: Holder) {
        let Some(number) = self.within[holder as usize] else { return };
        let at = self.text.len();
        if let Some(held) = self.held[holder as usize].get_mut(number as usize) {
            held.to = at;
            self.within[holder as usize] = held.outer;
        }
    }

    pub(crate) fn begin(&mut self, sort: Sort) {
        self.sort = Some(sort);
        self.skips = sort == Sort::Other && self.open.is_some();
        if !self.skips {
            let piece = Piece { from: self.text.len(), within: self.within, alone: sort == Sort::Other };
            let same = |last: &&Piece| last.within == piece.within && !last.alone && !piece.alone;
            if self.pieces.last().filter(same).is_none() {
                self.pieces.push(piece);
            }
        }
    }

    /// Adds text, if something was begun.
    pub(crate) fn push(&mut self, text: &str) {
        if self.sort.is_none() || self.skips {
            return;
        }
        if self.text.len() + text.len() > LONGEST_TEXT {
            self.overflow = true;
            return;
        }
        // The first half of an opener or closer may be the last character before.
        let mut at = self.text.len().saturating_sub(1).max(self.used);
        self.text.push_str(text);
        let bytes = self.text.as_bytes();
        while let Some(found) = memchr(self.open.unwrap_or(b'{'), &bytes[at..]) {
            let first = at + found;
            let Some(second) = bytes.get(first + 1) else { break };
            at = first + 1;
            match (self.open, second) {
                (None, b'{') => self.open = Some(b'}'),
                (None, second @ (b'%' | b'#')) => self.open = Some(*second),
                (Some(_), b'}') => self.open = None,
                _ => continue,
            }
            at = first + 2;
            self.used = at;
        }
    }

    pub(crate) fn end(&mut self) {
        if self.sort.take() == Some(Sort::Other) && !self.skips {
            self.open = None;
            self.used = self.text.len();
        }
        self.skips = false;
    }

    fn piece(&self, at: usize) -> Option<(usize, &Piece)> {
        let index = self.pieces.partition_point(|piece| piece.from <= at).checked_sub(1)?;
        Some((index, self.pieces.get(index)?))
    }

    /// How far a tag that begins here can go.
    pub(crate) fn limit(&self, at: usize) -> usize {
        let end = self.text.len();
        match self.piece(at) {
            Some((index, piece)) if piece.alone => self.pieces.get(index + 1).map_or(end, |next| next.from),
            _ => end,
        }
    }

    /// What the character stands in.
    pub(crate) fn holder(&self, at: usize, holder: Holder) -> Option<(u32, Held)> {
        let number = self.piece(at)?.1.within[holder as usize]?;
        Some((number, *self.held[holder as usize].get(number as usize)?))
    }

    /// The number of the paragraph, from 1; 0 outside of all.
    pub(crate) fn paragraph(&self, at: usize) -> u32 {
        self.holder(at, Holder::Paragraph).map_or(0, |(number, _)| number + 1)
    }

    /// The paragraph that text added now comes to stand in.
    pub(crate) fn current_paragraph(&self) -> u32 {
        self.within[Holder::Paragraph as usize].map_or(0, |number| number + 1)
    }

    pub(crate) fn paragraphs(&self) -> u32 {
        u32::try_from(self.held[Holder::Paragraph as usize].len()).unwrap_or(u32::MAX)
    }

    /// The text of the paragraph around a character, cut to [`LONGEST_SHOWN`] characters.
    pub(crate) fn paragraph_text(&self, at: usize) -> String {
        match self.holder(at, Holder::Paragraph) {
            Some((_, held)) => shown(self.text.get(held.from..held.to.min(self.text.len())).unwrap_or_default()),
            None => String::new(),
        }
    }
}

/// What a part has too much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overflow {
    Text,
    Pieces,
}

/// Bytes of a text that are looked at for what is shown of it.
const LONGEST_LOOKED_AT: usize = 16 << 10;

/// At most [`LONGEST_SHOWN`] characters, without line ends and doubled spaces.
pub(crate) fn shown(text: &str) -> String {
    // A paragraph may have millions of spaces, and be shown with each of its mistakes.
    let text = text[..text.floor_char_boundary(LONGEST_LOOKED_AT)].trim();
    let (mut shown, mut count) = (String::new(), 0);
    for char in text.chars() {
        let char = if char.is_whitespace() { ' ' } else { char };
        if char == ' ' && shown.ends_with(' ') {
            continue;
        }
        if count == LONGEST_SHOWN {
            shown.push('…');
            break;
        }
        shown.push(char);
        count += 1;
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(pieces: &[(Sort, &str)]) -> Flow {
        let mut flow = Flow::default();
        flow.enter(Holder::Paragraph);
        for (sort, text) in pieces {
            flow.begin(*sort);
            flow.push(text);
            flow.end();
        }
        flow.leave(Holder::Paragraph);
        flow
    }

    #[test]
    fn what_word_put_between_is_left_out_of_tags_alone() {
        use Sort::{Other, Text};
        let found =
            flow(&[(Text, "a {"), (Text, "{ na"), (Other, "PAGE"), (Text, "me }"), (Text, "}"), (Other, "NUMPAGES")]);
        assert_eq!(found.text, "a {{ name }}NUMPAGES");
        let found = flow(&[(Other, "{{ x"), (Text, "y }} {% if"), (Other, "z"), (Text, " b %}")]);
        assert_eq!(found.text, "{{ xy }} {% if b %}");
        assert_eq!(found.limit(0), 4);
        assert_eq!(found.limit(10), found.text.len());
    }

    #[test]
    fn what_is_shown_is_short_and_on_one_line() {
        assert_eq!(shown(" a\n\t b\u{a0}"), "a b");
        assert_eq!(shown(&"é".repeat(LONGEST_SHOWN)), "é".repeat(LONGEST_SHOWN));
        assert_eq!(shown(&"é".repeat(LONGEST_SHOWN + 1)), format!("{}…", "é".repeat(LONGEST_SHOWN)));
    }

    #[test]
    fn characters_are_used_once() {
        assert!(flow(&[(Sort::Text, "{{% x }}")]).open.is_none());
        assert!(flow(&[(Sort::Text, "{%}")]).open.is_some());
        assert!(flow(&[(Sort::Text, "{"), (Sort::Text, "#}"), (Sort::Text, "#"), (Sort::Text, "}")]).open.is_none());
    }

    #[test]
    fn paragraphs_in_paragraphs_come_back() {
        let mut flow = Flow::default();
        let add = |flow: &mut Flow, text: &str| {
            flow.begin(Sort::Text);
            flow.push(text);
            flow.end();
        };
        flow.enter(Holder::Paragraph);
        add(&mut flow, "one ");
        flow.enter(Holder::Paragraph);
        add(&mut flow, "two ");
        flow.leave(Holder::Paragraph);
        add(&mut flow, "three");
        flow.leave(Holder::Paragraph);
        assert_eq!([0, 4, 8].map(|at| flow.paragraph(at)), [1, 2, 1]);
        assert_eq!(flow.paragraph_text(4), "two");
        assert_eq!(flow.paragraph_text(8), "one two three");
    }
}

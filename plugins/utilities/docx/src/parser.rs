//! The words of a tag, one after the other.

use crate::expression::{Expression, Words};
use crate::tokens::{Token, Word};

/// Reads the words of a tag one after the other.
#[derive(Debug)]
pub(crate) struct Parser<'a> {
    pub(crate) text: &'a str,
    pub(crate) words: &'a [Word],
    pub(crate) at: usize,
    /// How many brackets are open.
    pub(crate) depth: usize,
    pub(crate) found: Expression,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(text: &'a str, words: &'a [Word]) -> Self {
        Self { text, words, at: 0, depth: 0, found: Expression::default() }
    }

    pub(crate) fn word(&self, ahead: usize) -> Option<Word> {
        self.words.get(self.at + ahead).copied()
    }

    pub(crate) fn written(&self, word: Word) -> &'a str {
        self.text.get(word.from..word.to).unwrap_or_default()
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.at >= self.words.len()
    }

    /// Where the next word begins.
    pub(crate) fn position(&self) -> Option<usize> {
        self.word(0).map(|word| word.from)
    }

    /// Where the last word that was read ends.
    pub(crate) fn behind(&self) -> Option<usize> {
        self.words.get(self.at.checked_sub(1)?).map(|word| word.to)
    }

    /// One word back.
    pub(crate) fn back(&mut self) {
        self.at = self.at.saturating_sub(1);
    }

    /// Whether the word that was read last is this one.
    pub(crate) fn ends_with(&self, operator: &str) -> bool {
        let last = self.at.checked_sub(1).and_then(|last| self.words.get(last));
        matches!(last, Some(Word { token: Token::Operator(found), .. }) if *found == operator)
    }

    pub(crate) fn is_next(&self, operator: &str) -> bool {
        matches!(self.word(0), Some(Word { token: Token::Operator(found), .. }) if found == operator)
    }

    pub(crate) fn skip(&mut self, operator: &str) -> bool {
        let found = self.is_next(operator);
        self.at += usize::from(found);
        found
    }

    pub(crate) fn expect(&mut self, operator: &str) -> Result<(), Words> {
        if self.skip(operator) {
            Ok(())
        } else {
            Err(format!("`{operator}` is expected, but there is {}", self.here()))
        }
    }

    pub(crate) fn name_ahead(&self, ahead: usize) -> Option<&'a str> {
        self.word(ahead).filter(|word| word.token == Token::Name).map(|word| self.written(word))
    }

    pub(crate) fn is_word(&self, name: &str) -> bool {
        self.name_ahead(0) == Some(name)
    }

    pub(crate) fn skip_word(&mut self, name: &str) -> bool {
        let found = self.is_word(name);
        self.at += usize::from(found);
        found
    }

    pub(crate) fn name(&mut self) -> Result<&'a str, Words> {
        let name = self.name_ahead(0).ok_or_else(|| format!("a name is expected, but there is {}", self.here()))?;
        self.at += 1;
        Ok(name)
    }

    /// What is next, for messages.
    pub(crate) fn here(&self) -> String {
        let written = self.word(0).map(|word| self.written(word).chars().take(40).collect::<String>());
        written.map_or_else(|| "the end of the tag".to_owned(), |written| format!("`{written}`"))
    }

    pub(crate) fn finish(&self) -> Result<(), Words> {
        if self.is_at_end() { Ok(()) } else { Err(format!("the tag should end before {}", self.here())) }
    }

    pub(crate) fn is_operator_ahead(&self, ahead: usize, operator: &str) -> bool {
        matches!(self.word(ahead), Some(Word { token: Token::Operator(found), .. }) if found == operator)
    }
}

//! What an account is found by: the words of its name and of its e-mail address.
//!
//! A search term must be the start of a word, and every term must match. Words and terms are folded the same way, so
//! that `muller` finds `Müller`.

use std::collections::BTreeSet;

use rusqlite::params;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::{Result, Transaction};

/// A word is cut here, so that one long name does not fill the index. Characters.
const LONGEST_WORD: usize = 64;

/// Letters of a search have these many terms at most; further ones are ignored.
const MOST_TERMS: usize = 8;

/// Lower-case, compatibility forms made plain, accents dropped: what people mean to be the same.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfkd().filter(|character| !is_combining_mark(*character)).flat_map(char::to_lowercase).nfc().collect()
}

/// The words of an account.
pub(crate) fn words(name: &str, email: Option<&str>) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    add_parts(&mut words, &fold(name));
    if let Some(email) = email {
        let email = fold(email);
        let (local, domain) = email.split_once('@').unwrap_or((&email, ""));
        words.insert(cut(&email));
        words.insert(cut(local));
        words.insert(cut(domain));
        add_parts(&mut words, local);
        add_parts(&mut words, domain);
    }
    words.remove("");
    words
}

/// The terms of a search, longest first: the longest is likely the rarest.
pub(crate) fn terms(text: &str) -> Vec<String> {
    let folded = fold(text);
    let mut terms: Vec<String> = folded.split_whitespace().map(cut).collect();
    // `o'brien` stands as `o` and `brien` in a name, `a.b@example.org` as it is in an e-mail address.
    if !folded.contains('@') {
        let parts: Vec<String> = terms.iter().flat_map(|term| split_unless_address(term)).collect();
        // Signs alone start no word: they find nobody, rather than everybody.
        if !parts.is_empty() {
            terms = parts;
        }
    }
    terms.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
    terms.dedup();
    terms.truncate(MOST_TERMS);
    terms
}

/// Dots, dashes and underscores stand in local parts and domains, which are words as a whole; the other signs never do.
fn split_unless_address(term: &str) -> Vec<String> {
    term.split(|character: char| !character.is_alphanumeric() && !matches!(character, '.' | '-' | '_' | '+'))
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

fn add_parts(words: &mut BTreeSet<String>, text: &str) {
    for word in text.split_whitespace() {
        words.insert(cut(word));
    }
    for part in text.split(|character: char| !character.is_alphanumeric()) {
        words.insert(cut(part));
    }
}

fn cut(word: &str) -> String {
    word.chars().take(LONGEST_WORD).collect()
}

/// The end of the range of words that start with a term: no word contains this character, which Unicode never assigns.
pub(crate) fn after(term: &str) -> String {
    format!("{term}\u{10FFFF}")
}

impl Transaction<'_> {
    pub(crate) fn write_words(&self, account: &str, name: &str, email: Option<&str>) -> Result<()> {
        for word in words(name, email) {
            self.execute("INSERT INTO account_words (word, account) VALUES (?, ?)", params![word, account])?;
        }
        Ok(())
    }

    pub(crate) fn replace_words(&self, account: &str, name: &str, email: Option<&str>) -> Result<()> {
        self.execute("DELETE FROM account_words WHERE account = ?", [account])?;
        self.write_words(account, name, email)
    }
}

#[cfg(test)]
mod tests {
    use super::{fold, terms, words};

    #[test]
    fn an_account_is_found_by_the_parts_of_name_and_address() {
        let words = words("Åsa O'Brien-Müller", Some("asa.obrien+list@mail.example.org"));
        for word in
            ["asa", "o'brien-muller", "o", "brien", "muller", "asa.obrien+list@mail.example.org", "asa.obrien+list"]
        {
            assert!(words.contains(word), "{word} is missing in {words:?}");
        }
        for word in ["obrien", "list", "mail.example.org", "mail", "example", "org"] {
            assert!(words.contains(word), "{word} is missing in {words:?}");
        }
        assert!(!words.contains(""));
    }

    #[test]
    fn folding_makes_compatibility_forms_and_accents_plain() {
        assert_eq!(fold("Ｆｕｌｌ ÉCOLE ﬁn"), "full ecole fin");
    }

    #[test]
    fn terms_are_longest_first_and_stand_once() {
        assert_eq!(terms("  an  Müller an "), ["muller", "an"]);
        assert_eq!(terms("a.b@example.org"), ["a.b@example.org"]);
        assert_eq!(terms("(anna), mail.example"), ["mail.example", "anna"]);
        assert!(terms(" \t ").is_empty());
        assert_eq!(terms("% '"), ["%", "'"]);
    }
}

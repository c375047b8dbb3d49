//! Fields of Word: what is between the braces of `{ MERGEFIELD name \* MERGEFORMAT }`.

use crate::bounds::LONGEST_SHOWN;

/// Fields that lie in each other.
const DEEPEST: usize = 64;
/// Characters of a code. Word's longest has 13.
const LONGEST_CODE: usize = 20;

/// A field that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Code {
    Merge(String),
    Other(String),
}

/// Gathers the codes of a part.
#[derive(Debug, Default)]
pub(crate) struct Codes {
    /// What is open, each with its code as far as it is known, or nothing once it was read.
    open: Vec<Option<String>>,
    /// With the paragraphs that they stand in.
    pub(crate) found: Vec<(Code, u32)>,
    /// How many more may be told.
    pub(crate) left: usize,
    /// There was more than could be told.
    pub(crate) is_cut: bool,
}

impl Codes {
    /// For so many fields.
    pub(crate) fn with_room(left: usize) -> Self {
        Self { left, ..Self::default() }
    }

    /// A mark of a field in runs: `begin`, `separate` or `end`.
    pub(crate) fn mark(&mut self, kind: &str, paragraph: u32) {
        match kind {
            "begin" if self.open.len() < DEEPEST => self.open.push(Some(String::new())),
            "separate" => {
                if let Some(code) = self.open.last_mut().and_then(Option::take) {
                    self.add(&code, paragraph);
                }
            }
            "end" => {
                if let Some(code) = self.open.pop().flatten() {
                    self.add(&code, paragraph);
                }
            }
            _ => {}
        }
    }

    /// Text of the code of the field that is open.
    pub(crate) fn text(&mut self, text: &str) {
        if let Some(Some(code)) = self.open.last_mut()
            && code.len() + text.len() <= 4 * LONGEST_SHOWN
        {
            code.push_str(text);
        }
    }

    pub(crate) fn add(&mut self, code: &str, paragraph: u32) {
        let Some(code) = parse(code) else { return };
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                self.found.push((code, paragraph));
            }
            None => self.is_cut = true,
        }
    }
}

fn parse(code: &str) -> Option<Code> {
    let code = code.trim();
    let (word, rest) = code.split_once(char::is_whitespace).unwrap_or((code, ""));
    if word.eq_ignore_ascii_case("MERGEFIELD") {
        return name(rest).map(Code::Merge);
    }
    // A formula begins with `=`.
    let word = if word.starts_with('=') { "=" } else { word };
    let is_code = word == "=" || word.chars().all(|char| char.is_ascii_alphanumeric());
    (is_code && !word.is_empty())
        .then(|| Code::Other(word.chars().take(LONGEST_CODE).collect::<String>().to_uppercase()))
}

/// The first argument: a word, or what stands in quotes.
fn name(rest: &str) -> Option<String> {
    let rest = rest.trim_start();
    let quotes = [('"', '"'), ('“', '”')];
    let quoted = quotes.iter().find_map(|(open, close)| Some((rest.strip_prefix(*open)?, *close)));
    let name = match quoted {
        Some((rest, close)) => rest.split([close, '"']).next(),
        None => rest.split_whitespace().next().filter(|word| !word.starts_with('\\')),
    };
    name.map(str::trim).filter(|name| !name.is_empty()).map(|name| name.chars().take(LONGEST_SHOWN).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_or_quoted() {
        let merge = |code: &str| match parse(code) {
            Some(Code::Merge(name)) => name,
            other => panic!("{other:?}"),
        };
        assert_eq!(merge(" MERGEFIELD  First_Name \\* MERGEFORMAT "), "First_Name");
        assert_eq!(merge("mergefield \"Last Name\" \\b"), "Last Name");
        assert_eq!(parse(" PAGE \\* Arabic"), Some(Code::Other("PAGE".into())));
        assert_eq!(parse("= 1 + 2"), Some(Code::Other("=".into())));
        assert_eq!(parse("MERGEFIELD \\* x"), None);
        assert_eq!(parse(" "), None);
    }

    #[test]
    fn fields_in_fields_are_told_apart() {
        let mut codes = Codes::with_room(9);
        for (mark, text) in
            [("begin", "IF "), ("begin", " MERGE"), ("", "FIELD a "), ("separate", "«a»"), ("end", " = 1")]
        {
            codes.mark(mark, 1);
            codes.text(text);
        }
        codes.mark("end", 1);
        codes.mark("end", 1);
        assert_eq!(codes.found, [(Code::Merge("a".into()), 1), (Code::Other("IF".into()), 1)]);
    }
}

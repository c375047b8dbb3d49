//! Text of cells: runs with a look of their own become one text, and texts that cells share are kept once.

use crate::bounds::{LONGEST, MOST_SHARED};
use crate::wrong::Wrong;
use crate::xml::{Token, Xml};

/// The texts that cells name by their number, one behind the other.
#[derive(Debug, Default)]
pub(super) struct Strings {
    text: String,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Strings {
    /// # Errors
    ///
    /// Where it is no XML, or there are too many.
    pub(super) fn read(name: &str, content: &[u8]) -> Result<Self, Wrong> {
        let mut xml = Xml::new(name, content)?;
        let mut strings = Self::default();
        loop {
            match xml.next()? {
                Token::Start(element) if element.name() == "si" => {
                    if strings.ends.len() >= MOST_SHARED {
                        return Err(Wrong::TooManyShared);
                    }
                    strings.text.push_str(&rich(&mut xml)?);
                    strings.ends.push(strings.text.len());
                }
                Token::Eof => return Ok(strings),
                _ => {}
            }
        }
    }

    pub(super) fn get(&self, number: usize) -> Option<&str> {
        let from = number.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.text.get(from..*self.ends.get(number)?)
    }
}

/// Reads to the end of an element that holds `<t>`, in runs or not. How a text is pronounced (`<rPh>`) does not belong
/// to it. Beyond [`LONGEST`] the rest is left out, which is seen.
///
/// # Errors
///
/// Where it is no XML.
pub(super) fn rich(xml: &mut Xml<'_>) -> Result<String, Wrong> {
    let around = xml.depth().saturating_sub(1);
    let mut text = String::new();
    while xml.depth() > around {
        match xml.next()? {
            Token::Start(element) if element.name() == "t" => text.push_str(&plain(xml)?),
            Token::Start(element) if element.name() == "rPh" => xml.skip()?,
            Token::Start(_) | Token::End | Token::Text(_) => {}
            Token::Eof => break,
        }
        if text.len() > 8 * LONGEST {
            text.truncate(text.floor_char_boundary(8 * LONGEST));
        }
    }
    let mut text = unescaped(&text);
    text.truncate(text.floor_char_boundary(LONGEST + 8));
    Ok(text)
}

/// Reads to the end of an element that holds text alone.
///
/// # Errors
///
/// Where it is no XML.
pub(super) fn plain(xml: &mut Xml<'_>) -> Result<String, Wrong> {
    let around = xml.depth().saturating_sub(1);
    let mut text = String::new();
    while xml.depth() > around {
        if let Token::Text(words) = xml.next()?
            && text.len() <= 8 * LONGEST
        {
            text.push_str(&words);
        }
    }
    Ok(text)
}

/// `_x000D_` is how a workbook writes what XML does not hold (ECMA-376 part 1, 22.9.2.19).
fn unescaped(text: &str) -> String {
    let mut to = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        let (before, from) = rest.split_at(at);
        to.push_str(before);
        match escaped_char(from) {
            Some(char) => {
                to.push(char);
                rest = &from[7..];
            }
            None => {
                to.push_str("_x");
                rest = &from[2..];
            }
        }
    }
    to.push_str(rest);
    to
}

/// The character that `_xHHHH_` at the beginning stands for.
fn escaped_char(text: &str) -> Option<char> {
    let code = text.get(2..6).filter(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    text.get(6..7).filter(|end| *end == "_")?;
    char::from_u32(u32::from_str_radix(code, 16).ok()?)
}

/// Text in which nothing is taken for `_xHHHH_` that is not meant so.
pub(super) fn escaped(text: &str) -> String {
    let mut to = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        let (before, from) = rest.split_at(at);
        to.push_str(before);
        to.push_str(if escaped_char(from).is_some() { "_x005F_x" } else { "_x" });
        rest = &from[2..];
    }
    to.push_str(rest);
    to
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_escaped_stays_itself() {
        for text in ["a_x0041_b", "_x005F_x0041_", "_x_x0041_", "_xZZZZ_", "_x00", "_x0041_x0041_", "é_xé041_"] {
            assert_eq!(unescaped(&escaped(text)), text);
        }
        assert_eq!(unescaped("a_x000D_\nb_x0041"), "a\r\nb_x0041");
    }

    #[test]
    fn runs_are_one_text() {
        let file = "<sst><si><t>a</t></si><si/><si><r><rPr><b/></rPr><t xml:space='preserve'>b </t></r><r><t>{c</t></r>\
                    <r><t>}</t></r><rPh sb='0' eb='1'><t>no</t></rPh></si></sst>";
        let strings = Strings::read("it", file.as_bytes()).unwrap();
        assert_eq!(
            [strings.get(0), strings.get(1), strings.get(2), strings.get(3)],
            [Some("a"), Some(""), Some("b {c}"), None]
        );
    }
}

//! The text of a source or target, with what tools put into it taken out again.

use crate::bounds::LONGEST;
use crate::placeholders::is_name;
use crate::wrong::Wrong;
use crate::xml::{Element, Token, Xml};

/// Elements that stand for a piece of text which is not theirs to translate.
const STANDING_FOR: &[&str] = &["x", "bx", "ex", "ph", "it", "bpt", "ept"];

/// Reads to the end of the element that has begun. Beyond [`LONGEST`] bytes the rest is left out, which is seen.
///
/// # Errors
///
/// Where it is no XML.
pub(super) fn text(xml: &mut Xml<'_>) -> Result<String, Wrong> {
    let around = xml.depth().saturating_sub(1);
    let mut text = String::new();
    // What each open element stands for if it is empty, and where it began.
    let mut open: Vec<(String, usize)> = Vec::new();
    while xml.depth() > around {
        match xml.next()? {
            Token::Start(element) => open.push((stands_for(&element), text.len())),
            Token::End => {
                if let Some((words, from)) = open.pop()
                    && from == text.len()
                {
                    push(&words, &mut text);
                }
            }
            Token::Text(words) => push(&words, &mut text),
            Token::Eof => break,
        }
    }
    Ok(text)
}

fn push(words: &str, to: &mut String) {
    if to.len() <= LONGEST {
        to.push_str(words);
    }
}

/// `<ph id="count"/>` is what became of `{count}`, unless it says so itself.
fn stands_for(element: &Element<'_>) -> String {
    if !STANDING_FOR.contains(&element.name()) {
        return String::new();
    }
    if let Some(text) = element.attribute("equiv-text").filter(|text| !text.is_empty()) {
        return text;
    }
    let id = element.attribute("id").unwrap_or_default();
    if is_name(&id) { format!("{{{id}}}") } else { id }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(inside: &str) -> String {
        let file = format!("<source>{inside}</source>");
        let mut xml = Xml::new("it", file.as_bytes()).unwrap();
        xml.next().unwrap();
        text(&mut xml).unwrap()
    }

    #[test]
    fn placeholders_come_back_as_text() {
        for (inside, expected) in [
            ("a &lt;b&gt; &#x41;<![CDATA[<c>]]>", "a <b> A<c>"),
            ("<ph id=\"1\">{count}</ph> files", "{count} files"),
            ("<ph id=\"count\"/> files", "{count} files"),
            ("<x id=\"1\" equiv-text=\"{count}\"/> files", "{count} files"),
            ("<g id=\"1\">Hello <x id=\"who\"/></g>!", "Hello {who}!"),
            ("<g id=\"1\"/><mrk mtype=\"seg\" mid=\"0\">a</mrk> <mrk mtype=\"seg\">b</mrk>", "a b"),
            ("<bpt id=\"1\">&lt;b&gt;</bpt>a<ept id=\"1\">&lt;/b&gt;</ept>", "<b>a</b>"),
            ("<ph id=\"1\"><sub>{count}</sub></ph>", "{count}"),
        ] {
            assert_eq!(read(inside), expected, "{inside}");
        }
    }
}

//! Kinds of mail that a plugin registers, held against the rules.

use std::collections::HashSet;

use vestry_contract::registration::{MailMessage, PluginInfo};
use vestry_contract::types::Text;

use crate::registry::names::{has_invisible, is_name};

/// Kinds of mail of one plugin.
const MOST: usize = 50;
const MOST_PARAGRAPHS: usize = 20;
/// Bytes of a paragraph.
const LONGEST_PARAGRAPH: usize = 2_000;
/// Characters of a subject, a title or the label of a button.
const LONGEST_LINE: usize = 150;

/// Adds what is wrong with the messages, each with a sentence that says what to change.
pub fn problems(info: &PluginInfo, problems: &mut Vec<String>) {
    if info.messages.len() > MOST {
        problems.push(format!("it registers {} messages; the most is {MOST}", info.messages.len()));
    }
    let mut names = HashSet::new();
    for message in &info.messages {
        if !is_name(&message.name) {
            problems.push(format!(
                "the message name `{}` is not a-z, 0-9, -, _ and . from a letter; rename it",
                message.name
            ));
        }
        if !names.insert(&message.name) {
            problems.push(format!("two messages have the name `{}`; rename one", message.name));
        }
        words(message, problems);
    }
}

fn words(message: &MailMessage, problems: &mut Vec<String>) {
    let mut refuse = |what: &str, reason: String| {
        problems.push(format!("the {what} of the message `{}` {reason}", message.name));
    };
    let lines = [("title", &message.title), ("subject", &message.subject)];
    for (what, text) in lines.into_iter().chain(message.button.iter().map(|button| ("button", button))) {
        let line = phrase(text);
        if line.trim().is_empty() || line.chars().count() > LONGEST_LINE {
            refuse(what, format!("has to be one line of 1 to {LONGEST_LINE} characters; write it so"));
        }
        if has_invisible(line) {
            refuse(what, format!("holds line breaks or characters that cannot be seen; take them out of {line:?}"));
        }
    }
    if message.paragraphs.is_empty() || message.paragraphs.len() > MOST_PARAGRAPHS {
        refuse("text", format!("has {} paragraphs; write 1 to {MOST_PARAGRAPHS}", message.paragraphs.len()));
    }
    for text in &message.paragraphs {
        let paragraph = phrase(text);
        if paragraph.len() > LONGEST_PARAGRAPH {
            refuse("text", format!("has a paragraph of more than {LONGEST_PARAGRAPH} bytes; divide it"));
        }
        if has_invisible(paragraph) {
            refuse("text", "holds line breaks or characters that cannot be seen; make paragraphs of it".into());
        }
    }
    let filled = message.paragraphs.iter().map(|text| ("text", text)).chain([("subject", &message.subject)]);
    for (what, text) in filled.chain(message.button.iter().map(|button| ("button", button))) {
        if let Some(wrong) = wrong_placeholder(text) {
            refuse(
                what,
                format!("has `{wrong}` in it, which is no place for a value; write {{name}}, of a-z, 0-9, -, _ and ."),
            );
        }
    }
}

/// The words as they were registered.
fn phrase(text: &Text) -> &str {
    match text {
        Text::Phrase(words) | Text::Data(words) => words,
        Text::Filled(filled) => &filled.phrase,
    }
}

/// What stands in braces and is no name, or a brace that stands alone.
fn wrong_placeholder(text: &Text) -> Option<String> {
    // Data is shown as it is.
    if matches!(text, Text::Data(_)) {
        return None;
    }
    let mut rest = phrase(text);
    while let Some(at) = rest.find(['{', '}']) {
        let behind = &rest[at..];
        let inside = behind.strip_prefix('{').and_then(|inside| inside.split_once('}'));
        match inside {
            Some((name, after)) if is_name(name) => rest = after,
            _ => return Some(behind.chars().take(20).collect()),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(name: &str, subject: &str, paragraph: &str) -> MailMessage {
        MailMessage {
            name: name.into(),
            title: Text::Phrase("For tests".into()),
            subject: Text::Phrase(subject.into()),
            paragraphs: vec![Text::Phrase(paragraph.into())],
            button: None,
            extra: Vec::new(),
        }
    }

    fn found(message: &MailMessage) -> Vec<String> {
        let mut problems = Vec::new();
        words(message, &mut problems);
        problems
    }

    #[test]
    fn plain_messages_pass() {
        let mut good = message("done", "{what} is done", "{who} did {what}.");
        good.button = Some(Text::Phrase("Open {what}".into()));
        good.paragraphs.push(Text::Data("{ as it is }".into()));
        assert_eq!(found(&good), Vec::<String>::new());
    }

    #[test]
    fn what_is_wrong_is_named_with_what_to_change() {
        for (subject, paragraph, said) in [
            ("two\nlines", "text", "subject"),
            ("", "text", "1 to 150"),
            ("Hello\u{202e}", "text", "cannot be seen"),
            ("Hello", "a\nb", "make paragraphs"),
            ("Hello {", "text", "`{`"),
            ("Hello {Not A Name}", "text", "`{Not A Name}`"),
            ("Hello", "a } b", "`} b`"),
            ("Hello", "{}", "`{}`"),
            ("Hello", "{a{b}}", "`{a{b}}`"),
        ] {
            let problems = found(&message("m", subject, paragraph));
            assert!(problems.iter().any(|problem| problem.contains(said)), "{subject:?} {paragraph:?}: {problems:?}");
        }
        let empty = MailMessage { paragraphs: Vec::new(), ..message("m", "Hello", "") };
        assert!(found(&empty)[0].contains("paragraphs"));
        let long = message("m", &"x".repeat(151), &"y".repeat(2_001));
        assert_eq!(found(&long).len(), 2);
    }
}

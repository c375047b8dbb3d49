//! Mails: each is a pair of templates, `mail/NAME.txt` and `mail/NAME.html`, which an organisation can override like any
//! other.
//!
//! The first line of the text is `Subject: ...`, so that who words a mail words its subject in the same place. The text is
//! not escaped, because it is not markup; it is wrapped here, so that a template need not count columns.

use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;

use crate::{Direction, ScreenError, Screens};

/// Columns of the text (RFC 3676, section 4.2).
const WIDTH: usize = 72;
/// What the first line of a text begins with.
const SUBJECT: &str = "Subject:";

/// A mail, drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrawnMail {
    pub subject: String,
    /// Plain text, wrapped.
    pub text: String,
    /// A whole document.
    pub html: String,
}

impl Screens {
    /// Draws the mail of a name such as `invitation`; each template says at its top what `context` holds.
    ///
    /// # Errors
    /// A template that does not exist, or whose context lacks what it prints.
    pub fn mail(
        &self,
        name: &str,
        (language, direction): (&str, Direction),
        product: &str,
        context: impl Serialize,
    ) -> Result<DrawnMail, ScreenError> {
        let context = context! { language, dir => direction.name(), product, layout => "mail/layout.html", ..Value::from(Serde(context)) };
        let whole = self.render(&format!("mail/{name}.txt"), context.clone())?;
        let html = self.render(&format!("mail/{name}.html"), context)?;
        let (first, text) = whole.split_once('\n').unwrap_or((&whole, ""));
        let subject = first.strip_prefix(SUBJECT).unwrap_or(first).trim().to_owned();
        Ok(DrawnMail { subject, text: wrapped(text), html })
    }
}

/// Lines of at most 72 columns, no more than one empty line after another. A word that is longer, such as an address of a
/// page, stands unbroken on a line of its own.
fn wrapped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut was_empty = true;
    for line in text.lines() {
        // Trailing white space means something in one place alone: what is below `-- ` is a signature.
        let line = if line == "-- " { line } else { line.trim_end() };
        if line.is_empty() && was_empty {
            continue;
        }
        was_empty = line.is_empty();
        wrap_line(line, &mut out);
        out.push('\n');
    }
    out.truncate(out.trim_end_matches('\n').len());
    out.push('\n');
    out
}

fn wrap_line(line: &str, out: &mut String) {
    if line.chars().count() <= WIDTH {
        out.push_str(line);
        return;
    }
    let mut column = 0;
    for word in line.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > WIDTH {
            out.push('\n');
            column = 0;
        }
        if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::AssetNames;

    fn drawn(name: &str, context: serde_json::Value) -> DrawnMail {
        Screens::load(None, AssetNames::new())
            .unwrap()
            .mail(name, ("en", Direction::Ltr), "St. Mary's", context)
            .unwrap()
    }

    #[test]
    fn a_message_has_subject_text_and_html_with_the_same_words() {
        let mail = drawn(
            "message",
            json!({
                "subject": "Your report", "name": "Anna", "plugin": "Reports",
                "paragraphs": ["It is ready.", "Have a look at it."],
                "button": { "label": "Open it", "url": "https://v.example/reports/7?a=1&b=2" },
            }),
        );
        assert_eq!(mail.subject, "Your report");
        assert_eq!(
            mail.text,
            "Hello Anna,\n\nIt is ready.\n\nHave a look at it.\n\nOpen it:\nhttps://v.example/reports/7?a=1&b=2\n\n-- \n\
             Reports sent you this through St. Mary's. Nobody reads answers to this\naddress.\n"
        );
        for words in
            ["Hello Anna,", "It is ready.", "href=\"https://v.example/reports/7?a=1&amp;b=2\"", "St. Mary&#39;s"]
        {
            assert!(mail.html.contains(words), "{words} in {}", mail.html);
        }
    }

    #[test]
    fn hostile_values_are_words_in_both() {
        let evil = "<img src=x onerror=alert(1)>\n</p><script>";
        let mail = drawn(
            "message",
            json!({ "subject": format!("Hi\r\nBcc: x@y.z {evil}"), "name": evil, "plugin": evil, "paragraphs": [evil], "button": null }),
        );
        assert!(!mail.html.contains("<img") && !mail.html.contains("<script"), "{}", mail.html);
        assert!(mail.text.contains("<img src=x onerror=alert(1)>"), "{}", mail.text);
        assert!(
            mail.subject.starts_with("Hi Bcc: x@y.z <img") && !mail.subject.contains(['\r', '\n']),
            "{}",
            mail.subject
        );
    }

    #[test]
    fn the_hosts_own_mails_hold_their_link_unbroken() {
        let link = format!("https://vestry.example.org/account/link/{}", "x".repeat(60));
        for (name, subject) in [
            ("invitation", "Your account at St. Mary's"),
            ("reset", "A new password for St. Mary's"),
            ("address", "Confirm your address for St. Mary's"),
        ] {
            let mail = drawn(name, json!({ "name": "Anna", "by": "Berta", "link": link }));
            assert_eq!(mail.subject, subject);
            assert!(mail.text.lines().any(|line| line == link), "{}", mail.text);
            assert!(mail.text.lines().all(|line| line == link || line.chars().count() <= WIDTH), "{}", mail.text);
            assert!(!mail.text.contains("\n\n\n"), "{}", mail.text);
            assert!(mail.html.contains(&format!("href=\"{link}\"")), "{}", mail.html);
            drawn(name, json!({ "name": "", "by": "", "link": link }));
        }
    }

    #[test]
    fn long_lines_are_wrapped_between_words() {
        let text = wrapped(&format!("{}\n\n\n\n{}  \n", "word ".repeat(40), "y".repeat(100)));
        assert!(text.lines().all(|line| line.len() <= WIDTH || line == "y".repeat(100)), "{text}");
        assert_eq!(text.matches("\n\n").count(), 1, "{text}");
    }
}

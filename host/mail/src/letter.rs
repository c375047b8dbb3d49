//! One mail, and its form on the wire: RFC 5322 headers, `multipart/alternative` with text and HTML.

use std::fmt;
use std::time::{Duration, SystemTime};

use lettre::Message;
use lettre::message::MultiPart;
use lettre::message::header::{HeaderName, HeaderValue};

use crate::{Address, SendError, Sender, Subject};

/// Stands behind the `@` of a message id where the sender's domain is not plain ASCII (RFC 2606, section 2).
const NO_DOMAIN: &str = "mail.invalid";

/// What names a mail: the same in each attempt to deliver it, so that a doubled delivery can be recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageId {
    id: String,
    domain: String,
}

/// The id of a mail is 1 to 64 letters and digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the id of a mail is 1 to 64 letters and digits")]
pub struct MessageIdError;

impl MessageId {
    /// `id`: of the mail; letters and digits. The domain is that of the sender.
    ///
    /// # Errors
    /// Where the id is anything else.
    pub fn new(id: &str, sender: &Sender) -> Result<Self, MessageIdError> {
        if id.is_empty() || id.len() > 64 || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(MessageIdError);
        }
        let domain = sender.address().domain();
        let domain = if domain.is_ascii() { domain } else { NO_DOMAIN };
        Ok(Self { id: id.to_owned(), domain: domain.to_owned() })
    }

    /// The part in front of the `@`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "<{}@{}>", self.id, self.domain)
    }
}

/// One mail to one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    pub from: Sender,
    pub to: Address,
    pub subject: Subject,
    /// Plain text, its lines as they are to be shown.
    pub text: String,
    /// A whole HTML document.
    pub html: String,
    pub message_id: MessageId,
    /// When it was written, in milliseconds since the Unix epoch; the same in each attempt.
    pub written: u64,
}

impl Letter {
    pub(crate) fn message(&self) -> Result<Message, SendError> {
        let date = SystemTime::UNIX_EPOCH + Duration::from_millis(self.written);
        Message::builder()
            .from(self.from.mailbox())
            .to(self.to.of_lettre().into())
            .subject(self.subject.as_str())
            .date(date)
            .message_id(Some(self.message_id.to_string()))
            // Nobody's out-of-office should answer it (RFC 3834, section 5).
            .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".into()))
            .multipart(MultiPart::alternative_plain_html(self.text.clone(), self.html.clone()))
            .map_err(|error| SendError::permanent(&error))
    }

    /// The mail as it is handed over: headers, an empty line, text and HTML.
    ///
    /// # Errors
    /// Where it cannot be put into that form; it never can.
    pub fn formatted(&self) -> Result<Vec<u8>, SendError> {
        self.message().map(|message| message.formatted())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(subject: &str, text: &str) -> Letter {
        let from: Sender = "Vestry <vestry@example.org>".parse().unwrap();
        Letter {
            message_id: MessageId::new("abc1", &from).unwrap(),
            from,
            to: "anna@example.org".parse().unwrap(),
            subject: Subject::of(subject),
            text: text.into(),
            html: format!("<p>{text}</p>"),
            written: 1_780_000_000_000,
        }
    }

    fn headers(letter: &Letter) -> Vec<String> {
        let written = String::from_utf8(letter.formatted().unwrap()).unwrap();
        let (headers, _) = written.split_once("\r\n\r\n").unwrap();
        headers.replace("\r\n ", " ").split("\r\n").map(str::to_owned).collect()
    }

    #[test]
    fn a_letter_has_its_headers_and_both_bodies() {
        let letter = letter("Your account", "Hello");
        let headers = headers(&letter);
        for expected in [
            "From: Vestry <vestry@example.org>",
            "To: anna@example.org",
            "Subject: Your account",
            "Date: Thu, 28 May 2026 20:26:40 +0000",
            "Message-ID: <abc1@example.org>",
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
        ] {
            assert!(headers.iter().any(|line| line == expected), "{expected} in {headers:#?}");
        }
        let written = String::from_utf8(letter.formatted().unwrap()).unwrap();
        assert!(written.contains("Content-Type: multipart/alternative"), "{written}");
        assert!(written.contains("Content-Type: text/plain; charset=utf-8\r\n"), "{written}");
        assert!(written.contains("Content-Type: text/html; charset=utf-8\r\n"), "{written}");
    }

    #[test]
    fn the_same_letter_keeps_its_name_and_date() {
        let stable = |letter: &Letter| {
            let kept = |line: &String| line.starts_with("Message-ID") || line.starts_with("Date");
            headers(letter).into_iter().filter(kept).collect::<Vec<_>>()
        };
        let letter = letter("a", "b");
        assert_eq!(stable(&letter), stable(&letter.clone()));
    }

    #[test]
    fn no_subject_and_no_name_smuggles_a_header() {
        for subject in [
            "x\r\nBcc: evil@example.org",
            "x\nBcc: evil@example.org",
            "x\rBcc: e@f.gh",
            "ä\r\n\r\nBcc: e@f.gh",
            "x\r\n Bcc: e@f.gh",
        ] {
            let headers = headers(&letter(subject, "text"));
            assert!(!headers.iter().any(|line| line.to_ascii_lowercase().starts_with("bcc")), "{headers:#?}");
            assert_eq!(headers.iter().filter(|line| line.starts_with("Subject:")).count(), 1, "{headers:#?}");
            assert_eq!(headers.len(), 8, "{headers:#?}");
        }
        assert!("Ve\r\nBcc: evil@example.org\r\nX: <v@example.org>".parse::<Sender>().is_err());
    }

    #[test]
    fn long_and_foreign_words_are_encoded_to_seven_bits_and_short_lines() {
        let mut letter =
            letter(&"Ünïcode wörds ".repeat(12), &format!("{}\n.\n{}\n", "ö".repeat(3_000), "a".repeat(3_000)));
        letter.from = "Käthe \"K\" Müller <v@example.org>".parse().unwrap();
        let written = letter.formatted().unwrap();
        assert!(written.is_ascii());
        let written = String::from_utf8(written).unwrap();
        assert!(written.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])), "{written}");
    }

    #[test]
    fn ids_are_letters_and_digits() {
        let sender: Sender = "v@bücher.example".parse().unwrap();
        assert_eq!(MessageId::new("a1", &sender).unwrap().to_string(), "<a1@mail.invalid>");
        for bad in ["", "a b", "a>b", "a\r\nb", &"a".repeat(65)] {
            assert_eq!(MessageId::new(bad, &sender), Err(MessageIdError), "{bad:?}");
        }
    }
}

//! Kinds of mail that a plugin sends; one of a kind is sent with [`mail`](mod@crate::mail).

use crate::describe::phrases;
use crate::registration::MailMessage;

/// A kind of mail. In its subject and its paragraphs, `{name}` stands for a value that is given when one is sent. The
/// server adds its name, a greeting and a footer.
#[derive(Debug)]
pub struct MailKind {
    name: &'static str,
    title: &'static str,
    subject: &'static str,
    paragraphs: Vec<&'static str>,
    button: Option<&'static str>,
}

impl MailKind {
    /// `title` says to administrators what it is for.
    pub const fn new(name: &'static str, title: &'static str, subject: &'static str) -> Self {
        MailKind { name, title, subject, paragraphs: vec![], button: None }
    }

    /// A paragraph below those that are there.
    #[must_use]
    pub fn paragraph(mut self, words: &'static str) -> Self {
        self.paragraphs.push(words);
        self
    }

    /// A button that leads to a page of the plugin; which one is said when a mail is sent.
    #[must_use]
    pub fn button(mut self, label: &'static str) -> Self {
        self.button = Some(label);
        self
    }

    pub(crate) fn describe(self) -> MailMessage {
        MailMessage {
            name: self.name.to_owned(),
            title: self.title.into(),
            subject: self.subject.into(),
            paragraphs: phrases(&self.paragraphs),
            button: self.button.map(Into::into),
            extra: vec![],
        }
    }
}

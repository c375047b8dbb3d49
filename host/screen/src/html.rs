//! Markup that is safe to send, as a type: only escaping and templates make it.

use minijinja::Value;

/// HTML that needs no more escaping.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Html(String);

impl Html {
    /// Takes a string as markup. Only for what the host itself rendered: whoever calls this answers for every value
    /// in it.
    pub fn trusted(markup: impl Into<String>) -> Self {
        Self(markup.into())
    }

    /// Text as HTML that shows exactly that text.
    pub fn escaped(text: &str) -> Self {
        let mut out = String::with_capacity(text.len() + 8);
        escape(text, &mut out);
        Self(out)
    }

    /// The markup.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The markup, owned.
    pub fn into_string(self) -> String {
        self.0
    }

    /// Nothing to show.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Html> for Value {
    fn from(html: Html) -> Self {
        Value::from_safe_string(html.0)
    }
}

impl From<&Html> for Value {
    fn from(html: &Html) -> Self {
        Value::from_safe_string(html.0.clone())
    }
}

/// Appends `text` so that it stands for itself, between tags and inside double quotes.
pub(crate) fn escape(text: &str, out: &mut String) {
    // Writing to a String cannot fail.
    let _ = pulldown_cmark_escape::escape_html(&mut *out, text);
}

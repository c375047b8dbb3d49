//! Where a secret may be sent.

use std::fmt;

use url::Url;
use vestry_phrases::phrase;

use crate::Invalid;

/// Scheme, host and port (RFC 6454), written as browsers write it: in lower case, without the usual port, such as
/// `https://api.example.org`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin(String);

impl Origin {
    /// Takes `http:` and `https:`, and nothing behind the host and port but one slash.
    ///
    /// # Errors
    /// Where the text is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let invalid =
            Invalid { sentence: phrase!("The origin is written like https://api.example.org, with no path.") };
        let url = Url::parse(text.trim()).map_err(|_| invalid)?;
        let plain = matches!(url.scheme(), "http" | "https")
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        match plain {
            true => Ok(Self(url.origin().ascii_serialization())),
            false => Err(invalid),
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Origin;

    #[test]
    fn an_origin_has_one_way_to_be_written() {
        for (text, origin) in [
            ("https://api.example.org", "https://api.example.org"),
            ("HTTPS://API.Example.org:443/", "https://api.example.org"),
            (" http://127.0.0.1:8080 ", "http://127.0.0.1:8080"),
            ("https://[::1]:8443", "https://[::1]:8443"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
        ] {
            assert_eq!(Origin::parse(text).unwrap().as_str(), origin);
        }
    }

    #[test]
    fn anything_more_than_an_origin_is_refused() {
        for text in [
            "",
            "api.example.org",
            "ftp://example.org",
            "https://example.org/path",
            "https://example.org?",
            "https://example.org#a",
            "https://me@example.org",
            "https://:word@example.org",
            "https://",
            "file:///etc",
            "data:,x",
        ] {
            assert!(Origin::parse(text).is_err(), "{text:?}");
        }
    }
}

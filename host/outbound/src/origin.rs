//! Origins: scheme, host and port, which is what a plugin may be allowed to call.

use std::fmt;
use std::str::FromStr;

use url::Url;

/// The longest name, in bytes (RFC 1035).
const LONGEST_HOST: usize = 253;

/// The origin of a web address (RFC 6454): `https://api.example.org`, or `http://127.0.0.1:47001`.
///
/// Two that mean the same are equal: the host in lower case and in its ASCII form (IDNA), a number as the address that
/// it stands for, the port left out where it is the scheme's own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    secure: bool,
    host: String,
    port: u16,
}

/// Why a text is not an origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    #[error("`{0}` is not an origin, such as https://api.example.org or http://127.0.0.1:8080: {1}")]
    NotAnOrigin(String, &'static str),
    #[error("`{0}` is not an address: {1}")]
    NotAnAddress(String, url::ParseError),
}

/// What a host may have and an origin may not, with what is said about it.
const NOT_IN_ORIGINS: &[(&[char], &str)] = &[
    (&['*'], "it names one host; for several, ask for each"),
    (&['@'], "no user and no password belong in it"),
    (&['/', '\\', '?', '#'], "it ends with the host or the port, without a path or a slash"),
];

impl Origin {
    /// Reads an origin: scheme and host, and a port where it is not the scheme's own.
    ///
    /// # Errors
    ///
    /// Where there is more or less than that.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        let refuse = |reason| OriginError::NotAnOrigin(text.to_owned(), reason);
        // `Url::parse` passes over both.
        if text.contains(|character: char| character.is_whitespace() || character.is_control()) {
            return Err(refuse("there is a space or a control character in it"));
        }
        let Some((_, behind)) = text.split_once("://") else {
            return Err(refuse("it must begin with https:// or http://"));
        };
        if let Some((_, reason)) = NOT_IN_ORIGINS.iter().find(|(characters, _)| behind.contains(*characters)) {
            return Err(refuse(reason));
        }
        let url = Url::parse(text).map_err(|error| OriginError::NotAnAddress(text.to_owned(), error))?;
        Self::of(&url).map_err(refuse)
    }

    /// The origin of an address that is about to be called.
    ///
    /// # Errors
    ///
    /// What is wrong with it: another scheme than `http` and `https`, a user or password, a dot at the end of the host.
    pub(crate) fn of(url: &Url) -> Result<Self, &'static str> {
        let secure = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err("it must begin with https:// or http://"),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err("no user and no password belong in it; send them in a header");
        }
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            return Err("it has no host");
        };
        if host.len() > LONGEST_HOST {
            return Err("its host is longer than a name can be");
        }
        // `example.org.` is another origin than `example.org`, and yet the same server.
        if host.ends_with('.') {
            return Err("its host ends with a dot");
        }
        Ok(Self { secure, host: host.to_owned(), port })
    }

    /// Whether it is called over TLS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Name or address; an IPv6 address in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, usual) = if self.secure { ("https", 443) } else { ("http", 80) };
        write!(formatter, "{scheme}://{}", self.host)?;
        if self.port == usual { Ok(()) } else { write!(formatter, ":{}", self.port) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_the_same_is_the_same() {
        let same = [
            ("HTTPS://API.Example.org:443", "https://api.example.org"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
            ("http://127.0.0.1:47001", "http://127.0.0.1:47001"),
            ("http://0x7f.1:80", "http://127.0.0.1"),
            ("http://[0:0::1]:8080", "http://[::1]:8080"),
            ("https://example.org:80", "https://example.org:80"),
        ];
        for (written, meant) in same {
            assert_eq!(written.parse::<Origin>().unwrap().to_string(), meant);
            assert_eq!(written.parse::<Origin>().unwrap(), meant.parse().unwrap());
        }
        assert_ne!("http://example.org".parse::<Origin>().unwrap(), "https://example.org".parse().unwrap());
    }

    #[test]
    fn what_is_more_or_less_than_an_origin_is_refused() {
        let refused = [
            "",
            "example.org",
            "//example.org",
            "https://",
            "https://example.org/",
            "https://example.org/v1",
            "https://example.org?a",
            "https://example.org#a",
            "https://example.org\\v1",
            "https://user@example.org",
            "https://user:word@example.org",
            "https://*.example.org",
            "https://example.org.",
            "https://example.org:99999",
            "https://exa mple.org",
            " https://example.org",
            "https://exam\tple.org",
            "ftp://example.org",
            "file:///etc/passwd",
            "https://[fe80::1%25eth0]",
            "https://1.2.3.4.5",
            "null",
        ];
        for text in refused {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }
}

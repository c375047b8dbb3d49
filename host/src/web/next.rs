//! Where to go after signing in: a page of this server, and nothing else.

/// A path on this server, with its query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next(String);

impl Next {
    /// Takes only what leads back here, read as a browser would read it (WHATWG URL): a path that starts with one slash,
    /// without backslashes, controls or anything beyond printable ASCII. Everything else becomes the start page.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let plain = text.bytes().all(|byte| (0x21..=0x7e).contains(&byte) && byte != b'\\');
        let local = text.starts_with('/') && !text.starts_with("//");
        // Signing out again, or in again, is not where anybody wants to go.
        let elsewhere = !["/account/sign-in", "/account/sign-out", "/setup/"].iter().any(|path| text.starts_with(path));
        if plain && local && elsewhere && leads_back(text) { Self(text.to_owned()) } else { Self("/".to_owned()) }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The last word is a URL parser's: seen from this server, the path stays on it.
fn leads_back(path: &str) -> bool {
    let Ok(base) = url::Url::parse("https://vestry.invalid/") else { return false };
    // `/..//host` is such a path too: what a parser leaves of it starts with two slashes.
    base.join(path)
        .is_ok_and(|url| url.origin() == base.origin() && url.username().is_empty() && !url.path().starts_with("//"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_this_server_are_gone_to() {
        for good in ["/", "/users", "/users?q=a%20b&next=/x", "/users/accounts/1#top", "/a//b"] {
            assert_eq!(Next::parse(good).as_str(), good);
        }
        for bad in [
            "",
            "users",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "https:evil.example",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/ /evil.example",
            "/%0d%0aX: y\r\n",
            "/x\ny",
            "@evil.example",
            "/ä",
            "/..//evil.example",
            "/.//evil.example",
            "/users/../..//evil.example",
            "/%2e%2e//evil.example",
            "/account/sign-out",
            "/account/sign-in?next=/",
            "/setup/abc",
            "///evil.example",
            "/\u{a0}/x",
        ] {
            assert_eq!(Next::parse(bad).as_str(), "/", "{bad:?}");
        }
    }
}

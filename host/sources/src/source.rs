//! The address of a package, parsed from what a person typed.
//!
//! Messages about an address that cannot be read do not repeat it: a token may stand in it.

use std::fmt;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use url::{Host, Url};
use vestry_outbound::Origin;

use crate::access::Access;
use crate::error::SourceError;
use crate::registry::address;
use crate::words::is_visible;

/// The longest address, name of a branch or tag, and path, in bytes.
const LONGEST_ADDRESS: usize = 2_048;
const LONGEST_REFERENCE: usize = 255;
const LONGEST_PATH: usize = 1_024;

/// Where a package can be fetched from again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Source {
    Git(GitSource),
    Registry(RegistrySource),
}

/// A file in a Git repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitSource {
    /// `https` or `file`, or `http` for one of this machine; without user and token.
    pub url: Url,
    /// Branch, tag, or the 40 digits of a commit; none for the default branch.
    pub reference: Option<String>,
    /// From the root of the repository; none where it holds just one component.
    pub path: Option<String>,
}

/// A manifest of an OCI registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrySource {
    /// Host, and port where it is not 443, such as `registry.example.org`. One of this machine that is asked without TLS
    /// begins with `http://`.
    pub host: String,
    /// Such as `team/hello`.
    pub repository: String,
    /// None where a digest alone is named.
    pub tag: Option<String>,
    /// `sha256:` and 64 digits. Where there is one, it counts and not the tag.
    pub digest: Option<String>,
}

impl fmt::Display for RegistrySource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.host, self.repository)?;
        self.tag.iter().try_for_each(|tag| write!(formatter, ":{tag}"))?;
        self.digest.iter().try_for_each(|digest| write!(formatter, "@{digest}"))
    }
}

impl Source {
    /// What the ids of its packages are tied to, and what its access is kept for: `git https://example.org/hello.git`,
    /// `oci registry.example.org/team/hello`. Without branch, tag or path.
    #[must_use]
    pub fn address(&self) -> String {
        match self {
            Self::Git(git) => format!("git {}", git.url),
            Self::Registry(registry) => format!("oci {}/{}", registry.host, registry.repository),
        }
    }

    /// A file in a Git repository. User and token are taken out of the URL and answered; a token alone may stand there, too.
    /// Branch (or tag, or commit) and path may be empty.
    ///
    /// # Errors
    ///
    /// What is wrong with the URL, the branch or the path, and how it is written.
    pub fn git(url: &str, reference: &str, path: &str) -> Result<(Self, Option<Access>), SourceError> {
        let (url, access) = repository(url)?;
        let (reference, path) = (parse_reference(reference)?, parse_path(path)?);
        Ok((Self::Git(GitSource { url, reference, path }), access))
    }

    /// A manifest of a registry, such as `registry.example.org/team/hello:1.2` or `..@sha256:...`. Without tag and digest, the
    /// tag is `latest`. One of this machine that speaks no TLS is written with `http://` before it. A registry must be named: short names, which other tools look up at Docker Hub, are written with
    /// `docker.io/` before them.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and how it is written.
    pub fn registry(text: &str) -> Result<Self, SourceError> {
        address::parse(plain(text, "the address of the registry", LONGEST_ADDRESS)?).map(Self::Registry)
    }
}

fn wrong(text: impl Into<String>) -> SourceError {
    SourceError::Address(text.into())
}

/// Without the space around it, and with nothing in it that nobody sees.
fn plain<'a>(text: &'a str, what: &str, longest: usize) -> Result<&'a str, SourceError> {
    let text = text.trim();
    if text.len() > longest {
        return Err(wrong(format!("{what} has more than {longest} bytes")));
    }
    if text.contains(char::is_control) {
        return Err(wrong(format!("{what} has a control character in it")));
    }
    if !is_visible(text) {
        return Err(wrong(format!("{what} has a character in it that cannot be seen")));
    }
    Ok(text)
}

fn repository(text: &str) -> Result<(Url, Option<Access>), SourceError> {
    const EXPECTED: &str = "such as https://git.example.org/team/hello.git";
    let text = plain(text, "the address of the repository", LONGEST_ADDRESS)?;
    let mut url = Url::parse(text).map_err(|error| wrong(format!("this is no address, {EXPECTED}: {error}")))?;
    // `git@example.org:team/hello.git` reads as no URL, and `example.org:team` as one of the scheme `example.org`.
    if !["https", "http", "file"].contains(&url.scheme()) {
        return Err(wrong(format!("repositories are read by https, http or file, and not by SSH: {EXPECTED}")));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong(
            "the address of a repository has no `?` and no `#`: branch and path are fields of their own",
        ));
    }
    if url.scheme() == "http" && !url.host().is_some_and(|host| is_this_machine(&host)) {
        return Err(wrong(format!(
            "without TLS, repositories of this machine alone are read. Begin it with https://, {EXPECTED}"
        )));
    }
    let access = access(&mut url)?;
    if url.scheme() == "file" && (url.host_str().is_some_and(|host| !host.is_empty()) || access.is_some()) {
        return Err(wrong(
            "a repository of this machine is named by its whole path, such as file:///srv/git/hello.git",
        ));
    }
    // One repository has one address.
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    if url.path().len() <= 1 {
        return Err(wrong(format!("the address names no repository, {EXPECTED}")));
    }
    Ok((url, access))
}

/// Takes user and token out of an address.
fn access(url: &mut Url) -> Result<Option<Access>, SourceError> {
    let decode = |text: &str| {
        let decoded = percent_decode_str(text).decode_utf8().ok().filter(|text| !text.contains(char::is_control));
        decoded.map(String::from).ok_or_else(|| wrong("user and token of the address cannot be read"))
    };
    let (user, token) = (decode(url.username())?, url.password().map(decode).transpose()?);
    // Addresses that have no host have no user either, and refuse to lose one.
    let _ = url.set_username("").and_then(|()| url.set_password(None));
    Ok(match token {
        Some(token) if !token.is_empty() => Some(Access { user, token }),
        _ if !user.is_empty() => Some(Access { user: String::new(), token: user }),
        _ => None,
    })
}

/// What is reached without crossing a network, and what is called so (RFC 6761, section 6.3).
pub(crate) fn is_this_machine<S: AsRef<str>>(host: &Host<S>) -> bool {
    match host {
        Host::Domain(name) => name.as_ref() == "localhost" || name.as_ref().ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// Whether what comes from there, and what opens it, crosses no network in the open. Asked at each redirect as well.
pub(crate) fn is_private_to_us(origin: &Origin) -> bool {
    origin.is_secure() || Host::parse(origin.host()).is_ok_and(|host| is_this_machine(&host))
}

/// A name as Git has them (`git help check-ref-format`); the rest of its rules is for the repository to say.
fn parse_reference(text: &str) -> Result<Option<String>, SourceError> {
    let name = plain(text, "the name of a branch or tag", LONGEST_REFERENCE)?;
    let is_odd = name.starts_with(['-', '/']) || name.contains("..") || name.contains("@{");
    if is_odd || name.contains([' ', '~', '^', ':', '?', '*', '[', '\\']) {
        let name = name.escape_debug();
        return Err(wrong(format!("`{name}` cannot be the name of a branch or tag, nor the 40 digits of a commit")));
    }
    Ok(Some(name).filter(|name| !name.is_empty()).map(str::to_owned))
}

fn parse_path(text: &str) -> Result<Option<String>, SourceError> {
    let path = plain(text, "the path", LONGEST_PATH)?;
    if path.is_empty() {
        return Ok(None);
    }
    if path.contains('\\') || path.split('/').any(|part| ["", ".", ".."].contains(&part)) {
        let path = path.escape_debug();
        return Err(wrong(format!("`{path}` is no path in a repository, from its root, such as dist/hello.wasm")));
    }
    Ok(Some(path.to_owned()))
}

#[cfg(test)]
mod tests;

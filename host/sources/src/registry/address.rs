//! The address of a manifest, and of the registry that has it.
//!
//! A registry is asked over TLS. One of this machine can be asked without, where its address begins with `http://`; no
//! other can be: what is fetched is a program, and access must not cross a network in the open.

use oci_spec::distribution::{ParseError, Reference};
use url::Host;
use vestry_outbound::Origin;

use crate::error::SourceError;
use crate::source::{RegistrySource, is_this_machine};

/// What other tools let stand before an address.
const SCHEME: &str = "oci://";
/// What stands before one that is asked without TLS, and is kept with its host.
const PLAIN: &str = "http://";

/// Docker Hub: what people write, and what is called.
const HUB: &str = "docker.io";
const HUB_HOST: &str = "registry-1.docker.io";

pub(crate) fn parse(text: &str) -> Result<RegistrySource, SourceError> {
    let text = text.strip_prefix(SCHEME).unwrap_or(text);
    let (plain, text) = text.strip_prefix(PLAIN).map_or(("", text), |behind| (PLAIN, behind));
    if text.contains("://") {
        return Err(wrong("it begins with the host, without https://"));
    }
    // As the parser reads it: what names no host is looked up at Docker Hub.
    let host = text.split_once('/').map(|(host, _)| host).filter(|host| is_host(host));
    let Some(host) = host else {
        return Err(wrong(
            "it names no registry. Where Docker Hub is meant, write `docker.io/` and an owner before it",
        ));
    };
    let text = host.to_ascii_lowercase() + &text[host.len()..];
    let reference = Reference::try_from(text).map_err(|error| wrong(reason(&error)))?;
    if reference.digest().is_some_and(|digest| !is_sha256(digest)) {
        return Err(wrong("its digest is not `sha256:` and 64 digits (0-9, a-f)"));
    }
    if !plain.is_empty() && !is_local(reference.registry()) {
        return Err(wrong("without TLS, registries of this machine alone are asked. Leave http:// out"));
    }
    Ok(RegistrySource {
        host: host_of(plain, reference.registry())?,
        repository: reference.repository().to_owned(),
        tag: reference.tag().map(str::to_owned),
        digest: reference.digest().map(str::to_owned),
    })
}

fn wrong(reason: impl std::fmt::Display) -> SourceError {
    let expected = "such as registry.example.org/team/hello:1.2";
    SourceError::Address(format!("this is not the address of a package in a registry, {expected}: {reason}"))
}

/// The parser's reasons, in words that say what to write.
fn reason(error: &ParseError) -> String {
    match error {
        ParseError::ReferenceInvalidFormat => {
            "it must be a host, `/`, a name in small letters, and `:` with a tag or `@` \
                                               with a digest; user and token are fields of their own"
                .into()
        }
        other => other.to_string(),
    }
}

fn is_host(text: &str) -> bool {
    text.contains(['.', ':']) || text == "localhost"
}

fn is_sha256(digest: &str) -> bool {
    let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    digest.strip_prefix("sha256:").is_some_and(|digits| digits.len() == 64 && digits.bytes().all(is_digit))
}

/// Whether a host, which may have a port, is this machine; one that begins with `http://` is none.
pub(super) fn is_local(host: &str) -> bool {
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    Host::parse(host).is_ok_and(|host| is_this_machine(&host))
}

/// As it is kept: in one form, without the port that is meant anyway.
fn host_of(plain: &str, registry: &str) -> Result<String, SourceError> {
    if registry == HUB {
        return Ok(registry.to_owned());
    }
    let origin = origin_of(&format!("{plain}{registry}")).map_err(wrong)?.to_string();
    Ok(origin.strip_prefix("https://").unwrap_or(&origin).to_owned())
}

/// What is called for a host as it is kept.
fn origin_of(host: &str) -> Result<Origin, vestry_outbound::OriginError> {
    match host {
        HUB => Origin::parse(&format!("https://{HUB_HOST}")),
        host if host.starts_with(PLAIN) => Origin::parse(host),
        host => Origin::parse(&format!("https://{host}")),
    }
}

/// What is called for a source. One that was not parsed here but put together is parsed now.
pub(super) fn origin(source: &RegistrySource) -> Result<Origin, SourceError> {
    let mut again = parse(&source.to_string())?;
    // Without a tag and a digest, the parser puts `latest` in.
    again.tag = again.tag.filter(|_| source.tag.is_some());
    if again != *source {
        return Err(wrong("it is not written as such addresses are kept"));
    }
    origin_of(&source.host).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:6c3c624b58dbbcd3c0dd82b4c53f04194d1247c6eebdaab7c610cf7d66709b3b";

    #[test]
    fn addresses_are_read_and_kept_in_one_form() {
        for (written, kept, called) in [
            (
                "registry.example.org/team/hello:1.2",
                "registry.example.org/team/hello:1.2",
                "https://registry.example.org",
            ),
            (
                "oci://Registry.Example.org:443/hello",
                "registry.example.org/hello:latest",
                "https://registry.example.org",
            ),
            (
                "registry.example.org:8443/a/b/c:v1",
                "registry.example.org:8443/a/b/c:v1",
                "https://registry.example.org:8443",
            ),
            ("docker.io/team/hello:1", "docker.io/team/hello:1", "https://registry-1.docker.io"),
            ("Index.Docker.io/team/hello:1", "docker.io/team/hello:1", "https://registry-1.docker.io"),
            ("docker.io/hello", "docker.io/library/hello:latest", "https://registry-1.docker.io"),
            ("localhost:5000/hello:1", "localhost:5000/hello:1", "https://localhost:5000"),
            ("http://127.0.0.1:5000/hello:1", "http://127.0.0.1:5000/hello:1", "http://127.0.0.1:5000"),
            ("http://Hub.localhost:80/hello:1", "http://hub.localhost/hello:1", "http://hub.localhost"),
            ("10.0.0.7:5000/hello:1", "10.0.0.7:5000/hello:1", "https://10.0.0.7:5000"),
        ] {
            let source = parse(written).unwrap();
            assert_eq!((source.to_string().as_str(), origin(&source).unwrap().to_string().as_str()), (kept, called));
        }
        let both = parse(&format!("registry.example.org/hello:1@{DIGEST}")).unwrap();
        assert_eq!((both.tag.as_deref(), both.digest.as_deref()), (Some("1"), Some(DIGEST)));
        let alone = parse(&format!("registry.example.org/hello@{DIGEST}")).unwrap();
        assert_eq!((alone.tag.as_deref(), alone.digest.as_deref()), (None, Some(DIGEST)));
        assert!(origin(&alone).is_ok());
    }

    #[test]
    fn what_is_no_address_is_said_without_repeating_it() {
        for (written, said) in [
            ("", "names no registry"),
            ("hello", "names no registry. Where Docker Hub is meant"),
            ("hello:1.2", "names no registry"),
            ("team/hello:1.2", "names no registry"),
            ("registry.example.org", "names no registry"),
            ("registry.example.org/", "it must be a host"),
            ("registry.example.org/Team/hello", "it must be a host"),
            ("registry.example.org/team/hello:", "it must be a host"),
            ("registry.example.org/team/../hello", "it must be a host"),
            ("registry.example.org/team//hello", "it must be a host"),
            ("registry.example.org/team/hello?x", "it must be a host"),
            ("registry.example.org/team/hello 1", "it must be a host"),
            ("ann:open-sesame@registry.example.org/hello", "it must be a host"),
            ("ftp://registry.example.org/hello", "it begins with the host, without https://"),
            ("https://registry.example.org/team/hello:1", "it begins with the host, without https://"),
            ("http://registry.example.org/hello", "Leave http:// out"),
            ("http://10.0.0.7:5000/hello", "Leave http:// out"),
            ("http://127.0.0.1.example.org/hello", "Leave http:// out"),
            ("[::1]:5000/hello", "it must be a host"),
            ("registry.example.org:99999/hello", "invalid port number"),
            ("registry.example.org/hello@sha256:abc", "it must be a host"),
            ("registry.example.org/hello@md5:6c3c624b58dbbcd3c0dd82b4c53f0419", "digest"),
        ] {
            let error = parse(written).unwrap_err();
            assert!(matches!(error, SourceError::Address(_)), "{written}");
            assert!(error.to_string().contains(said), "{written}: {error}");
            assert!(!error.to_string().contains("sesame"), "{error}");
        }
        let upper = format!("registry.example.org/hello@{}", DIGEST.to_uppercase().replace("SHA256", "sha256"));
        assert!(parse(&upper).unwrap_err().to_string().contains("0-9, a-f"));
    }

    #[test]
    fn a_source_that_was_put_together_is_looked_at() {
        let good = parse("registry.example.org/team/hello:1.2").unwrap();
        for bad in [
            RegistrySource { host: "registry.example.org/v2".into(), ..good.clone() },
            RegistrySource { host: "ann:word@registry.example.org".into(), ..good.clone() },
            RegistrySource { repository: "../../x".into(), ..good.clone() },
            RegistrySource { tag: Some("1/../../x".into()), ..good.clone() },
            RegistrySource { tag: Some("1\r\nx".into()), ..good.clone() },
            RegistrySource { digest: Some("sha256:x".into()), ..good.clone() },
            RegistrySource { host: String::new(), ..good.clone() },
            RegistrySource { host: "http://registry.example.org".into(), ..good.clone() },
        ] {
            assert!(origin(&bad).is_err(), "{bad:?}");
        }
        assert!(origin(&RegistrySource { tag: None, ..good.clone() }).is_ok());
    }
}

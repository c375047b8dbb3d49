//! The document of upgrades: newer versions of the program and of what it ships with, as its makers announce them. It is
//! asked for when somebody checks, never by itself, and the program is never changed by it.
//!
//! ```json
//! {"vestry": {"version": "0.2.0", "notes": "..", "how": ".."},
//!  "packages": [{"id": "org.example.users", "version": "0.2.0", "notes": "..", "component": "https://..", "sha256": ".."}]}
//! ```

use std::time::Duration;

use serde::Deserialize;
use vestry_catalog::Digest;
use vestry_outbound::{Limits, Request, Verb};

use crate::installer::Installer;
use crate::installer::package_error::PackageError;

/// The largest document, in bytes: 1 MiB.
const LARGEST: u64 = 1 << 20;
/// How long getting something may take, and how long nothing may come.
const TIME: Duration = Duration::from_secs(120);
const SILENCE: Duration = Duration::from_secs(10);
/// Characters of an address, where it is repeated.
const LONGEST_ADDRESS: usize = 200;

/// The document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Upgrades {
    #[serde(default)]
    pub(super) vestry: Option<Program>,
    #[serde(default)]
    pub(super) packages: Vec<Announced>,
}

/// A newer program.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Program {
    pub(super) version: String,
    #[serde(default)]
    pub(super) notes: String,
    #[serde(default)]
    pub(super) how: String,
}

/// A newer version of something that the program ships with.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Announced {
    pub(super) id: String,
    pub(super) version: String,
    #[serde(default)]
    pub(super) notes: String,
    pub(super) component: String,
    pub(super) sha256: Digest,
}

/// The document, as it is now; none where the configuration names none.
pub(super) async fn read(installer: &Installer<'_>) -> Result<Option<Upgrades>, PackageError> {
    let Some(url) = &installer.settings.packages.upgrades else { return Ok(None) };
    let content = get(installer, url.as_str(), LARGEST).await?;
    let read = serde_json::from_slice(&content);
    read.map(Some).map_err(|error| {
        PackageError::Upgrades(format!("the document of upgrades at {url} is not understood: {error}"))
    })
}

/// What is at an address, which is called over TLS alone, as wherever it leads: what the document says is believed.
pub(super) async fn get(installer: &Installer<'_>, address: &str, most: u64) -> Result<Vec<u8>, PackageError> {
    if !is_secure(address) {
        let address: String = address.chars().take(LONGEST_ADDRESS).collect();
        return Err(PackageError::Upgrades(format!("{address} does not begin with https://, and is not asked")));
    }
    let request = Request::new(Verb::Get, address, Vec::new(), bytes::Bytes::new())?;
    let bytes = usize::try_from(most).unwrap_or(usize::MAX);
    let limits = Limits { bytes, time: TIME, silence: SILENCE };
    let answer = installer.services.outbound.open(request, limits, &|_| true).await?;
    if answer.status != 200 {
        return Err(PackageError::Upgrades(format!("{address} was answered with the status {}", answer.status)));
    }
    Ok(answer.rest().await?.to_vec())
}

fn is_secure(address: &str) -> bool {
    url::Url::parse(address).is_ok_and(|url| url.scheme() == "https")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_believed_that_did_not_come_over_tls() {
        assert!(is_secure("https://example.org/a.wasm") && is_secure("HTTPS://example.org/a.wasm"));
        for address in ["http://example.org/a.wasm", "http://127.0.0.1/a.wasm", "file:///a.wasm", "example.org", ""] {
            assert!(!is_secure(address), "{address}");
        }
    }

    #[test]
    fn the_document_may_leave_out_what_there_is_not() {
        assert_eq!(serde_json::from_str::<Upgrades>("{}").unwrap(), Upgrades::default());
        let text = format!(
            r#"{{"vestry": {{"version": "0.2.0", "later": 1}}, "packages": [{{"id": "org.a", "version": "1.1.0",
            "component": "https://example.org/a.wasm", "sha256": "{}"}}]}}"#,
            "0".repeat(64)
        );
        let read: Upgrades = serde_json::from_str(&text).unwrap();
        assert_eq!(read.vestry.map(|program| program.version).as_deref(), Some("0.2.0"));
        assert_eq!(read.packages[0].component, "https://example.org/a.wasm");
        assert!(serde_json::from_str::<Upgrades>(&text.replace("000", "xyz")).is_err(), "a digest is one");
    }
}

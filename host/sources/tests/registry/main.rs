//! Registries that behave, and that do not.

#![allow(clippy::unwrap_used)]

mod access;
mod content;
mod fetch;
mod server;
mod silence;
mod tags;
mod tls;

use std::path::PathBuf;
use std::time::Duration;

use vestry_outbound::{Outbound, Policy};
use vestry_sources::{Access, Fetched, Source, SourceError, Sources, SourcesSettings};

/// What a component begins with, and something behind it.
const COMPONENT: &str = "\0asm\x0d\0\x01\0component";

/// What may call this machine under 127.0.0.1, and nothing else that is private.
fn here() -> Sources {
    sources(outbound(&["127.0.0.1/32"]))
}

fn outbound(networks: &[&str]) -> Outbound {
    let networks = networks.iter().map(|network| network.parse().unwrap()).collect();
    Outbound::new(Policy::allowing(networks), None).unwrap()
}

fn sources(outbound: Outbound) -> Sources {
    let settings = SourcesSettings::new(outbound, PathBuf::new());
    Sources::new(SourcesSettings { silence: Duration::from_secs(3), ..settings })
}

fn ann() -> Access {
    Access { user: "ann".into(), token: "open-sesame".into() }
}

async fn fetch(source: &Source, access: Option<&Access>) -> Result<Fetched, SourceError> {
    here().fetch(source, access, &|_| {}).await
}

//! Calls as they are made, against servers that were made to misbehave.

#![allow(clippy::unwrap_used)]

mod addresses;
mod headers;
mod incoming;
mod limits;
mod names;
mod redirects;
mod server;
mod tls;

use std::time::Duration;

use bytes::Bytes;
use vestry_outbound::{Answer, Header, Origin, Outbound, OutboundError, Policy, Request, Verb};

/// What may call this machine under 127.0.0.1, and nothing else that is private.
fn here() -> Outbound {
    Outbound::new(policy(&["127.0.0.1/32"]), None).unwrap()
}

fn policy(networks: &[&str]) -> Policy {
    Policy::allowing(networks.iter().map(|network| network.parse().unwrap()).collect())
}

fn get(url: &str) -> Request {
    Request::new(Verb::Get, url, Vec::new(), Bytes::new()).unwrap().within(Duration::from_secs(5)).unwrap()
}

fn text(name: &str, value: &str) -> Header {
    Header::Text { name: name.into(), value: value.into() }
}

/// Every origin is granted.
fn everywhere(_: &Origin) -> bool {
    true
}

async fn send(outbound: &Outbound, request: Request) -> Result<Answer, OutboundError> {
    outbound.send(request, &everywhere).await
}

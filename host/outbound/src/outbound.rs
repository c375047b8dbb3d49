//! Making a call: hop by hop, each looked at as if it were the first.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{Client, Response, StatusCode};
use url::{Host, Url};

use crate::answer::{Answer, MOST_HEADERS};
use crate::error::{OutboundError, SetupError};
use crate::incoming::{Incoming, Limits, Reading};
use crate::names::{Checked, Names, SystemNames};
use crate::networks::Policy;
use crate::origin::Origin;
use crate::request::{self, Request};

/// Redirects that are followed, of a GET or HEAD.
pub const MOST_REDIRECTS: usize = 5;

/// What calls are made with. One for each process; clones share it.
#[derive(Debug, Clone)]
pub struct Outbound {
    client: Client,
    policy: Arc<Policy>,
}

/// Where a call has come to.
struct Hop {
    url: Url,
    origin: Origin,
    /// It has been at another origin than the first.
    elsewhere: bool,
}

impl Outbound {
    /// `certificates`: a PEM file of authorities that are believed beside Mozilla's.
    ///
    /// # Errors
    ///
    /// Where that file cannot be used.
    pub fn new(policy: Policy, certificates: Option<&Path>) -> Result<Self, SetupError> {
        Self::with_names(policy, certificates, SystemNames::default())
    }

    /// The same, with names looked up elsewhere than in the system.
    ///
    /// # Errors
    ///
    /// As in [`Outbound::new`].
    pub fn with_names(policy: Policy, certificates: Option<&Path>, names: impl Names) -> Result<Self, SetupError> {
        let policy = Arc::new(policy);
        let client = Client::builder()
            .tls_backend_preconfigured(crate::tls::config(certificates)?)
            .dns_resolver(Checked { names: Arc::new(names), policy: Arc::clone(&policy) })
            .user_agent(concat!("Vestry/", env!("CARGO_PKG_VERSION")))
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .http1_only()
            .http1_max_headers(MOST_HEADERS)
            .pool_max_idle_per_host(0)
            .build()
            .map_err(SetupError::Client)?;
        Ok(Self { client, policy })
    }

    /// Sends, follows redirects of a GET or HEAD, and reads the answer, whatever its status. `allowed` says which origins
    /// may be called; it is asked at each hop, before anything is looked up.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being answered, each with what to do about it; see [`crate::Kind`].
    pub async fn send(
        &self,
        request: Request,
        allowed: &(dyn Fn(&Origin) -> bool + Sync),
    ) -> Result<Answer, OutboundError> {
        let time = request.time;
        let (origin, most) = (request.origin.clone(), request.most_answer);
        let late = |_| Err(OutboundError::TooSlow { origin, time });
        let answering = async {
            let (response, hop) = self.follow(request, allowed).await?;
            Answer::read(response, hop.origin, most).await
        };
        tokio::time::timeout(time, answering).await.unwrap_or_else(late)
    }

    /// Sends, follows redirects as [`Outbound::send`] does, and answers as soon as the head of the answer has come. Its body
    /// is read by [`Incoming::chunk`]. The limits stand in for the request's own time and size; the head must come within
    /// the time that they allow for silence.
    ///
    /// # Errors
    ///
    /// As [`Outbound::send`], and where the length that is announced is too much.
    pub async fn open(
        &self,
        request: Request,
        limits: Limits,
        allowed: &(dyn Fn(&Origin) -> bool + Sync),
    ) -> Result<Incoming, OutboundError> {
        let origin = request.origin.clone();
        let reading = Reading::begin(limits);
        let (response, hop) = reading.wait(&origin, self.follow(request, allowed)).await??;
        Incoming::of(response, hop.url, hop.origin, reading)
    }

    /// Asks hop by hop, until an answer leads no further.
    async fn follow(
        &self,
        request: Request,
        allowed: &(dyn Fn(&Origin) -> bool + Sync),
    ) -> Result<(Response, Hop), OutboundError> {
        let mut hop = Hop { url: request.url.clone(), origin: request.origin.clone(), elsewhere: false };
        let mut response = self.ask(&request, &hop, allowed).await?;
        let mut followed = 0;
        while let Some(location) = redirect(&request, &response) {
            if followed == MOST_REDIRECTS {
                return Err(OutboundError::TooManyRedirects { origin: request.origin, most: MOST_REDIRECTS });
            }
            followed += 1;
            let redirected = |reason| OutboundError::Redirected { from: hop.origin.clone(), reason: Box::new(reason) };
            let next = next(&hop, &location).map_err(redirected)?;
            response = self.ask(&request, &next, allowed).await.map_err(redirected)?;
            hop = next;
        }
        Ok((response, hop))
    }

    /// Asks one server, where that may be asked.
    async fn ask(
        &self,
        request: &Request,
        hop: &Hop,
        allowed: &(dyn Fn(&Origin) -> bool + Sync),
    ) -> Result<Response, OutboundError> {
        if !allowed(&hop.origin) {
            return Err(OutboundError::NotGranted(hop.origin.clone()));
        }
        // A host that is an address is connected to without being looked up, and so without the resolver's check.
        if let Some(address) = address(&hop.url) {
            let refuse = |refused| OutboundError::Refused { origin: hop.origin.clone(), refused };
            self.policy.check(address).map_err(refuse)?;
        }
        let mut asked = reqwest::Request::new(request.verb.method(), hop.url.clone());
        *asked.headers_mut() = request.headers.to_send(hop.elsewhere);
        if !request.verb.is_reading() {
            *asked.body_mut() = Some(request.body.clone().into());
        }
        self.client.execute(asked).await.map_err(|error| OutboundError::failed(&error, &hop.origin))
    }
}

/// The address that a host is written as, if it is.
fn address(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(IpAddr::V4(address)),
        Host::Ipv6(address) => Some(IpAddr::V6(address)),
        Host::Domain(_) => None,
    }
}

/// Where an answer sends this request on to.
fn redirect(request: &Request, response: &Response) -> Option<String> {
    let follows = matches!(
        response.status(),
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    let location = |headers: &HeaderMap| {
        headers.get(LOCATION).map(|location| String::from_utf8_lossy(location.as_bytes()).into_owned())
    };
    (follows && request.verb.is_reading()).then(|| location(response.headers())).flatten()
}

/// The hop behind this one.
fn next(hop: &Hop, location: &str) -> Result<Hop, OutboundError> {
    let joined = hop.url.join(location).map_err(|error| OutboundError::Location(error.to_string()))?;
    let (url, origin) = request::check(joined).map_err(OutboundError::Location)?;
    if hop.origin.is_secure() && !origin.is_secure() {
        return Err(OutboundError::Downgrade(origin));
    }
    let elsewhere = hop.elsewhere || origin != hop.origin;
    Ok(Hop { url, origin, elsewhere })
}

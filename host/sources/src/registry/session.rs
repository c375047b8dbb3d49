//! Asking a registry, and saying who one is where it wants to know.
//!
//! Access goes to the registry itself (Basic), or to where the registry says that tokens are given out (Bearer, as
//! Docker's registry defined it and all others took over): by TLS alone, or to the host of a registry of this machine. A
//! challenge counts where the registry itself sends it, not where it redirects to; and what is asked for is always to
//! read this one repository, whatever the challenge says. Where answers lead to another origin, access stays behind, and
//! every address is checked before it is called: both of that is done by `vestry-outbound`.

use std::time::Duration;

use data_encoding::BASE64;
use serde::Deserialize;
use url::Url;
use vestry_outbound::{Header, Incoming, Limits, Origin, OutboundError, Request, Secret, Verb};

use super::address;
use super::challenge::{self, Challenge};
use crate::access::Access;
use crate::error::SourceError;
use crate::source::{RegistrySource, is_private_to_us};
use crate::sources::Sources;

/// For all but the content of a package: the longest that an answer may take.
const TIME: Duration = Duration::from_secs(30);
/// What a token, with what is around it, may have.
const MOST_TOKEN: usize = 64 << 10;
/// Who one is where a token was given without a user: registries that look at the token alone take any name.
const NO_USER: &str = "token";

/// What the address of who gives tokens does not say itself.
const OURS: &[&str] = &["scope", "service"];

/// A repository of a registry, as it is asked.
pub(super) struct Session<'a> {
    sources: &'a Sources,
    source: &'a RegistrySource,
    access: Option<&'a Access>,
    origin: Origin,
    /// What the registry took, once it asked: the way, and what proves it.
    proof: Option<(&'static str, Secret)>,
}

/// A token as it is given out.
#[derive(Deserialize)]
struct Given {
    token: Option<String>,
    access_token: Option<String>,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        sources: &'a Sources,
        source: &'a RegistrySource,
        access: Option<&'a Access>,
    ) -> Result<Self, SourceError> {
        Ok(Self { sources, source, access, origin: address::origin(source)?, proof: None })
    }

    /// The limits for what has at most so many bytes and is there soon.
    pub(super) fn soon(&self, bytes: usize) -> Limits {
        Limits { bytes, time: TIME, silence: self.sources.settings.silence }
    }

    /// The address of something of this repository: `manifests/1.2`.
    pub(super) fn url(&self, rest: &str) -> String {
        format!("{}/v2/{}/{rest}", self.origin, self.source.repository)
    }

    /// Whether an address is one of the registry itself.
    pub(super) fn is_own(&self, url: &Url) -> bool {
        Origin::of_address(url.as_str()).is_ok_and(|origin| origin == self.origin)
    }

    /// What is there, its status being 200. `what`: what that is called, for messages.
    pub(super) async fn get(
        &mut self,
        url: &str,
        accept: &str,
        what: &str,
        limits: Limits,
    ) -> Result<Incoming, SourceError> {
        let mut incoming = self.ask(url, accept, limits).await?;
        if incoming.status == 401 && incoming.origin == self.origin {
            self.proof = Some(self.prove(&incoming).await?);
            incoming = self.ask(url, accept, limits).await?;
        }
        let (from, source) = (&incoming.origin, self.source);
        match incoming.status {
            200 => Ok(incoming),
            401 | 403 if *from == self.origin => Err(self.denied()),
            404 => Err(SourceError::NotFound(format!("{from} has no {what} of {source}: check its name"))),
            429 => Err(SourceError::Unavailable(format!("{from} is asked too often: try again later"))),
            status => Err(SourceError::Unavailable(format!(
                "{from} answers with the status {status} when it is asked for the {what} of {source}: try again later"
            ))),
        }
    }

    async fn ask(&self, url: &str, accept: &str, limits: Limits) -> Result<Incoming, SourceError> {
        let mut headers = vec![Header::Text { name: "accept".into(), value: accept.into() }];
        if let Some((way, proof)) = &self.proof {
            headers.push(authorization(way, proof.clone(), self.origin.clone()));
        }
        self.open(url, headers, limits).await
    }

    async fn open(&self, url: &str, headers: Vec<Header>, limits: Limits) -> Result<Incoming, SourceError> {
        let request = Request::new(Verb::Get, url, headers, Default::default())?;
        let opening = self.sources.settings.outbound.open(request, limits, &is_private_to_us).await;
        opening.map_err(|error| match error {
            OutboundError::Unreachable { .. } if address::is_local(&self.source.host) => {
                SourceError::Unavailable(format!("{error}. Where it speaks no TLS, write http:// before its address"))
            }
            error => error.into(),
        })
    }

    /// What the registry wants, of the ways that are known here. A token before Basic, since that goes to fewer places.
    async fn prove(&self, incoming: &Incoming) -> Result<(&'static str, Secret), SourceError> {
        let headers = incoming.headers.iter().filter(|(name, _)| name == "www-authenticate");
        let challenges: Vec<Challenge> = headers.flat_map(|(_, value)| challenge::parse(value)).collect();
        let of_scheme = |scheme: &str| challenges.iter().find(|challenge| challenge.scheme == scheme);
        if let Some(challenge) = of_scheme("bearer") {
            return Ok(("Bearer ", self.token(challenge).await?));
        }
        match (of_scheme("basic"), self.access) {
            (Some(_), Some(access)) => Ok(("Basic ", basic(access))),
            _ => Err(self.denied()),
        }
    }

    /// Asks for a token to read this repository (<https://distribution.github.io/distribution/spec/auth/token/>).
    async fn token(&self, challenge: &Challenge) -> Result<Secret, SourceError> {
        let host = &self.source.host;
        let refuse =
            |reason: &str| SourceError::Refused(format!("{host} wants a token, and none is asked for: {reason}"));
        let realm = challenge.parameter("realm").ok_or_else(|| refuse("it does not say where"))?;
        let mut url = Url::parse(realm).map_err(|_| refuse("it does not say where"))?;
        let giver = Origin::of_address(realm).map_err(|error| refuse(&error.to_string()))?;
        if !giver.is_secure() && (self.origin.is_secure() || giver.host() != self.origin.host()) {
            return Err(refuse(&format!("{giver}, where it is given out, is not asked by TLS")));
        }
        self.ask_for(&mut url, challenge.parameter("service"));
        let headers = self.access.map(|access| authorization("Basic ", basic(access), giver.clone()));
        let incoming = self.open(url.as_str(), headers.into_iter().collect(), self.soon(MOST_TOKEN)).await?;
        match incoming.status {
            200 => {}
            400 | 401 | 403 | 404 => return Err(self.denied()),
            status => {
                let told = format!("{giver}, where {host} has its tokens given out, answers with the status {status}");
                return Err(SourceError::Unavailable(format!("{told}: try again later")));
            }
        }
        let given: Option<Given> = serde_json::from_slice(&incoming.rest().await?).ok();
        let token = given.and_then(|given| given.token.or(given.access_token)).filter(|token| !token.is_empty());
        token.map(Secret::new).ok_or_else(|| SourceError::Content(format!("{giver} gives out no token for {host}")))
    }

    /// What is asked for: to read this one repository. What the address says of that itself is left out, since givers
    /// differ in which of two they take, and some take both.
    fn ask_for(&self, url: &mut Url, service: Option<&str>) {
        let is_ours = |name: &str| OURS.iter().any(|ours| name.eq_ignore_ascii_case(ours));
        let own: Vec<_> = url.query_pairs().into_owned().filter(|(name, _)| !is_ours(name)).collect();
        let scope = format!("repository:{}:pull", self.source.repository);
        let ours = service.map(|service| ("service", service)).into_iter().chain([("scope", scope.as_str())]);
        url.query_pairs_mut().clear().extend_pairs(own).extend_pairs(ours);
    }

    fn denied(&self) -> SourceError {
        let (host, repository) = (&self.source.host, &self.source.repository);
        SourceError::Access(match self.access {
            None => format!("{host} shows {repository} to nobody without access, or has none: give a user and a token"),
            Some(_) => format!(
                "{host} does not show {repository} with this access: check the user, the token, and that it may read there"
            ),
        })
    }
}

fn basic(access: &Access) -> Secret {
    let user = if access.user.is_empty() { NO_USER } else { &access.user };
    Secret::new(BASE64.encode(format!("{user}:{}", access.token).as_bytes()))
}

fn authorization(way: &str, value: Secret, bound_to: Origin) -> Header {
    Header::Secret { name: "authorization".into(), prefix: way.into(), value, bound_to }
}

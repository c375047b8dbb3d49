//! `http-client`: calls to other servers, as far as the plugin was granted their origins.
//!
//! Where a call may go and how it is made is `vestry-outbound`'s part. Here are the plugin's grants, which are read anew
//! at each hop, the secrets that go into headers, and what is written down: one line in the log for each call, and in
//! the audit what was refused. Neither has a path, a query, a header or a body in it.
//!
//! Nothing of it belongs to the request's transaction: what was sent stays sent, and a request that the host runs again
//! after a conflict sends again.

use std::time::{Duration, Instant};

use vestry_contract::http_client::{Header, Incoming, Outgoing};
use vestry_contract::types::{Failure, FieldError, Text};
use vestry_outbound::{Answer, DEFAULT_TIME, Kind, Origin, OutboundError, Request, Secret, Verb};

use crate::call::{Call, Services, Subject};
use crate::gate::{Pass, Refusal};
use crate::secret_store::Holder;
use crate::table::{HTTP_ASK, HTTP_CHANGE, Row};
use vestry_catalog::{Capability, setting_of_origin};

/// The case of the table that a call is.
pub(crate) fn row(request: &Outgoing) -> Row {
    if matches!(request.verb.as_str(), "GET" | "HEAD") { HTTP_ASK } else { HTTP_CHANGE }
}

/// What a plugin has left of its time, when a server that it asks has used up the rest: enough to say so.
const MARGIN: Duration = Duration::from_millis(500);

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
enum CallError {
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    #[error("{0} was not granted the secret `{1}`; its author asks for it, and an administrator grants it")]
    NoSecret(String, String),
    #[error("the secret of a header is not there: {0:?}")]
    Host(#[from] Failure),
}

pub(crate) async fn send(call: &mut Call, _pass: Pass, request: Outgoing) -> Result<Incoming, Failure> {
    call.reach_out()?;
    let row = row(&request);
    let origin = Origin::of_address(&request.url);
    let line = Line::begin(call, &request.verb, origin.as_ref().ok());
    let answer = match &origin {
        Ok(origin) => attempt(call, origin, request).await,
        Err(error) => Err(error.clone().into()),
    };
    line.end(call, &answer);
    answer.map(incoming).map_err(|error| failure(call, row, error))
}

async fn attempt(call: &Call, origin: &Origin, asked: Outgoing) -> Result<Answer, CallError> {
    let open = call.settings()?;
    let is_allowed = |origin: &Origin| is_granted(&open.services, call.subject(), origin);
    // Before any secret is opened for it.
    if !is_allowed(origin) {
        return Err(OutboundError::NotGranted(origin.clone()).into());
    }
    let verb: Verb = asked.verb.parse()?;
    let headers: Result<Vec<_>, CallError> =
        asked.headers.into_iter().map(|header| filled(call, origin, header)).collect();
    let time = match asked.timeout_ms {
        0 => DEFAULT_TIME,
        given => Duration::from_millis(given.into()),
    };
    let left = open.until.saturating_duration_since(Instant::now()).saturating_sub(MARGIN);
    let request = Request::new(verb, &asked.url, headers?, asked.body.into())?.within(time)?;
    let request = request.within(time.min(left).max(Duration::from_millis(1)))?.at_most(call.left());
    let _wait = call.waited().begin();
    Ok(open.services.outbound.send(request, &is_allowed).await?)
}

/// Whether this origin is granted at this moment; a grant that is no origin allows nothing.
fn is_granted(services: &Services, plugin: &Subject, origin: &Origin) -> bool {
    let is = |granted: &str| match setting_of_origin(granted) {
        Some(setting) => named_by(&plugin.settings, setting).is_some_and(|named| named == *origin),
        None => granted.parse::<Origin>().is_ok_and(|granted| granted == *origin),
    };
    match services.grants(&plugin.id, &plugin.digest) {
        Ok(grants) => grants.origins().any(is),
        Err(error) => {
            tracing::error!(%error, "grants could not be read");
            false
        }
    }
}

/// The origin of the address that a setting holds, as an administrator has written it into the server's configuration.
fn named_by(settings: &str, setting: &str) -> Option<Origin> {
    let settings: serde_json::Value = serde_json::from_str(settings).ok()?;
    let value = setting.split('.').try_fold(&settings, |value, name| value.get(name))?;
    Origin::of_address(value.as_str()?).ok()
}

/// A header, with its secret where it has one.
fn filled(call: &Call, origin: &Origin, header: Header) -> Result<vestry_outbound::Header, CallError> {
    let (name, prefix, secret) = match header {
        Header::Text((name, value)) => return Ok(vestry_outbound::Header::Text { name, value }),
        Header::Secret(secret) => secret,
    };
    if !call.grants()?.holds(&Capability::Secret(secret.clone())) {
        return Err(CallError::NoSecret(call.subject().id.clone(), secret.chars().take(100).collect()));
    }
    let secrets = &call.settings()?.services.secrets;
    let value =
        secrets.for_origin(Holder::Plugin(&call.subject().id), &secret, &origin.to_string()).map_err(Failure::from)?;
    let value = Secret::new(value.expose().to_owned());
    Ok(vestry_outbound::Header::Secret { name, prefix, value, bound_to: origin.clone() })
}

fn incoming(answer: Answer) -> Incoming {
    Incoming { status: answer.status, headers: answer.headers, body: answer.body.into() }
}

/// What the plugin is told; what was denied is noted for the audit.
fn failure(call: &mut Call, row: Row, error: CallError) -> Failure {
    let told = error.to_string();
    let kind = match error {
        CallError::Host(failure) => return failure,
        CallError::NoSecret(..) => Kind::Denied,
        CallError::Outbound(error) => error.kind(),
    };
    match kind {
        Kind::Invalid(field) => Failure::Invalid(vec![FieldError {
            field: field.into(),
            message: Text::Data(told),
            line: None,
            column: None,
        }]),
        Kind::Unavailable => Failure::Unavailable(told),
        Kind::Exhausted => Failure::Exhausted(told),
        Kind::Denied => {
            let reason = redacted(call, &told);
            call.note_refusal(Refusal { function: row.to_string(), reason });
            Failure::Denied(format!("{row} is denied: {told}"))
        }
    }
}

/// One line for each call, at `info` under the target `outbound`; also for one that is broken off with its plugin.
struct Line {
    plugin: String,
    request: String,
    verb: String,
    origin: String,
    began: Instant,
    said: bool,
}

impl Line {
    fn begin(call: &Call, verb: &str, origin: Option<&Origin>) -> Self {
        Self {
            plugin: call.subject().id.clone(),
            request: call.request_id().to_owned(),
            verb: redacted(call, &verb.chars().take(10).collect::<String>()),
            origin: redacted(call, &origin.map(Origin::to_string).unwrap_or_default()),
            began: Instant::now(),
            said: false,
        }
    }

    fn ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn end(mut self, call: &Call, answer: &Result<Answer, CallError>) {
        self.said = true;
        let Self { plugin, request, verb, origin, .. } = &self;
        let ms = self.ms();
        match answer {
            Ok(answer) => {
                let (status, bytes) = (answer.status, answer.body.len());
                tracing::info!(target: "outbound", plugin, request, verb, origin, status, ms, bytes, "called");
            }
            Err(error) => {
                let error = redacted(call, &error.to_string());
                tracing::info!(target: "outbound", plugin, request, verb, origin, ms, error, "not called, or not answered");
            }
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if !self.said {
            let Self { plugin, request, verb, origin, .. } = &*self;
            let ms = self.ms();
            tracing::info!(target: "outbound", plugin, request, verb, origin, ms, "broken off with its plugin");
        }
    }
}

/// What a plugin chose, and what a server answered, without the secrets that the plugin was given.
fn redacted(call: &Call, text: &str) -> String {
    let holder = Holder::Plugin(&call.subject().id);
    call.settings()
        .map_or_else(|_| String::new(), |open| open.services.secrets.words_of(holder).redact(text).into_owned())
}

#[cfg(test)]
mod tests;

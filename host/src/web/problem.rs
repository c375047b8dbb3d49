//! Answers that something is wrong: a page for people, `application/problem+json` (RFC 9457) for API clients.
//!
//! The one place where failures of plugins and of the host become status codes and words.

use std::borrow::Cow;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use vestry_capabilities::{Secrets, Subject};
use vestry_contract::registration::Verb;
use vestry_contract::types::{Failure, FieldError, Text};
use vestry_sandbox::CallError;

use crate::registry::plugin::may_use;
use crate::web::visit::Visit;

/// What is wrong, and what to do.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    title: &'static str,
    detail: String,
    /// The plugin whose doing it is, and its version.
    plugin: Option<Plugin>,
    errors: Vec<FieldError>,
    retry_after: Option<u64>,
    /// The methods that the address does answer to.
    allow: Option<String>,
}

/// The document of an API client.
#[derive(Serialize)]
struct Document<'p> {
    r#type: &'static str,
    title: &'p str,
    status: u16,
    detail: &'p str,
    request: &'p str,
    #[serde(skip_serializing_if = "Option::is_none")]
    plugin: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'p str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem<'p>>,
}

#[derive(Serialize)]
struct FieldProblem<'p> {
    field: &'p str,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
}

/// Whose doing it is.
#[derive(Debug, Clone, Serialize)]
struct Plugin {
    id: String,
    version: String,
    title: String,
}

/// What the page is drawn from.
#[derive(Serialize)]
struct Context<'p> {
    status: u16,
    title: &'p str,
    sentence: &'p str,
    plugin: Option<&'p Plugin>,
    request_id: &'p str,
    errors: Vec<FieldProblem<'p>>,
    /// Whether this person may go to the recovery page.
    recover: bool,
    /// Where this person can see what was said while it was tried.
    lines: Option<String>,
}

/// Point of the server's own: whoever contributes to it shows the lines of the request that its query names.
const LINES_OF_REQUEST: &str = "vestry/lines-of-request";

impl Problem {
    fn new(status: StatusCode, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, title, detail: detail.into(), plugin: None, errors: Vec::new(), retry_after: None, allow: None }
    }

    #[must_use]
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Nothing is here", "The address may be mistyped, or what was here is gone.")
    }

    #[must_use]
    pub fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "That is not how it is asked for",
            "This address does not answer to that method.",
        )
    }

    /// The same, with what it does answer to (RFC 9110, section 15.5.6).
    #[must_use]
    pub fn other_methods(verbs: &[Verb]) -> Self {
        let mut names: Vec<&str> = verbs
            .iter()
            .flat_map(|verb| match verb {
                Verb::Get => ["GET", "HEAD"].as_slice(),
                Verb::Post => &["POST"],
                Verb::Put => &["PUT"],
                Verb::Patch => &["PATCH"],
                Verb::Delete => &["DELETE"],
            })
            .copied()
            .collect();
        names.sort_unstable();
        Self { allow: Some(names.join(", ")), ..Self::method_not_allowed() }
    }

    #[must_use]
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "You may not do that", detail)
    }

    #[must_use]
    pub fn unauthenticated() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Sign in first", "Sign in, or send a token as `Authorization: Bearer`.")
    }

    #[must_use]
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "The request is not understood", detail)
    }

    #[must_use]
    pub fn too_large(limit: u64) -> Self {
        let detail = format!("This address takes at most {limit} bytes.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "The request is too large", detail)
    }

    #[must_use]
    pub fn disk_full() -> Self {
        let detail = "The server's disk has no room for what was sent. An administrator has to make some.";
        Self::new(StatusCode::INSUFFICIENT_STORAGE, "There is no room for it", detail)
    }

    #[must_use]
    pub fn too_many(detail: impl Into<String>, retry_after: u64) -> Self {
        let mut problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "Not so fast", detail);
        problem.retry_after = Some(retry_after);
        problem
    }

    /// No room at the moment.
    #[must_use]
    pub fn busy(detail: impl Into<String>, retry_after: u64) -> Self {
        let mut problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "It is not available at the moment", detail);
        problem.retry_after = Some(retry_after);
        problem
    }

    #[must_use]
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Something has to be corrected", detail)
    }

    #[must_use]
    pub fn gone(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::GONE, "This is over", detail)
    }

    /// The one message for every failed sign-in.
    #[must_use]
    pub fn refused_sign_in(detail: impl Into<String>, wait: u64) -> Self {
        if wait > 0 {
            Self::too_many(detail, wait)
        } else {
            Self::new(StatusCode::UNAUTHORIZED, "Not signed in", detail)
        }
    }

    /// Something failed here; what it was stays in the log.
    pub fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a request failed");
        let detail = "The server could not answer. What happened is in its log, under the number of this request.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong here", detail)
    }

    /// Something of the server's own that its settings do not allow yet.
    #[must_use]
    pub fn not_set_up(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "It is not set up on this server", detail)
    }

    /// A mounted plugin that does not answer.
    #[must_use]
    pub fn unavailable(subject: &Subject, reason: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "This feature is not available", reason).of(subject)
    }

    /// A plugin whose data has been changing its shape for too long.
    #[must_use]
    pub fn held(subject: &Subject) -> Self {
        let mut problem = Self::unavailable(subject, "It is being updated. Try again in a few seconds.");
        problem.retry_after = Some(5);
        problem
    }

    /// A plugin's own answer that something is wrong.
    #[must_use]
    pub fn of_failure(failure: Failure, subject: &Subject) -> Self {
        let (status, title, detail) = match failure {
            Failure::Denied(detail) => (StatusCode::FORBIDDEN, "You may not do that", detail),
            Failure::NotFound(detail) => (StatusCode::NOT_FOUND, "Nothing is here", detail),
            Failure::Invalid(errors) => {
                let mut problem = Self::invalid("Look at what is named below.").of(subject);
                problem.errors = errors;
                return problem;
            }
            Failure::Conflict(detail) => (StatusCode::CONFLICT, "Somebody was faster", detail),
            Failure::Exhausted(detail) => (StatusCode::TOO_MANY_REQUESTS, "A limit is reached", detail),
            Failure::Unavailable(detail) => {
                (StatusCode::SERVICE_UNAVAILABLE, "It is not available at the moment", detail)
            }
            // A `confirm` that the host did not give out has no page to lead to.
            Failure::Confirm(_) => (StatusCode::CONFLICT, "Nothing to confirm", "Go back and do it again.".into()),
            Failure::Internal(detail) | Failure::Other((_, detail)) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong in this feature", detail)
            }
        };
        Self::new(status, title, detail).of(subject)
    }

    /// The same without the secrets that were shown to the plugin whose words these are. Not those that it had sent, and
    /// no other plugin's: who asks may have put the words into its mouth, and would learn that they are a secret.
    #[must_use]
    pub fn without_secrets(mut self, secrets: &Secrets) -> Self {
        let Some(plugin) = &self.plugin else { return self };
        let secrets = secrets.answers_of(&plugin.id);
        self.detail = secrets.redact(&self.detail).into_owned();
        for error in &mut self.errors {
            if let Cow::Owned(clean) = secrets.redact(&vestry_screen::plain_text(&error.message)) {
                error.message = Text::Data(clean);
            }
        }
        self
    }

    /// A plugin that gave no answer.
    #[must_use]
    pub fn of_call(error: &CallError, subject: &Subject) -> Self {
        let (status, title) = match error {
            CallError::Busy => (StatusCode::SERVICE_UNAVAILABLE, "This feature is busy"),
            CallError::TooMuchCpu(_) | CallError::TooLong(_) | CallError::Waited(_) => {
                (StatusCode::GATEWAY_TIMEOUT, "This feature took too long")
            }
            CallError::NotExported
            | CallError::OtherContract(_)
            | CallError::TooMuchMemory { .. }
            | CallError::TooMuchData(_)
            | CallError::Trapped { .. } => (StatusCode::BAD_GATEWAY, "This feature broke off"),
        };
        let mut problem = Self::new(status, title, format!("{} did not answer: {error}.", subject.id)).of(subject);
        if matches!(error, CallError::Busy) {
            problem.retry_after = Some(1);
        }
        problem
    }

    fn of(mut self, subject: &Subject) -> Self {
        self.plugin =
            Some(Plugin { id: subject.id.clone(), version: subject.version.clone(), title: subject.title.clone() });
        self
    }

    /// What happened, in a sentence or two.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    #[cfg(test)]
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// The answer, in the form that this visit asked for.
    #[must_use]
    pub fn to_response(&self, visit: &Visit) -> Response {
        if self.status.is_server_error() {
            let plugin = self.plugin.as_ref().map_or("", |plugin| plugin.id.as_str());
            tracing::error!(target: "unanswered", status = self.status.as_u16(), plugin, "{}: {}", self.title, self.detail);
        }
        let mut response = if visit.wants_data() { self.document(visit) } else { self.page(visit) };
        if let Some(seconds) = self.retry_after
            && let Ok(value) = HeaderValue::from_str(&seconds.to_string())
        {
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        if let Some(allow) = self.allow.as_deref().and_then(|names| HeaderValue::from_str(names).ok()) {
            response.headers_mut().insert(header::ALLOW, allow);
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }

    fn document(&self, visit: &Visit) -> Response {
        let document = Document {
            r#type: "about:blank",
            title: self.title,
            status: self.status.as_u16(),
            detail: &self.detail,
            request: visit.request_id(),
            plugin: self.plugin.as_ref().map(|plugin| plugin.id.as_str()),
            version: self.plugin.as_ref().map(|plugin| plugin.version.as_str()),
            errors: self.field_problems(),
        };
        let body = serde_json::to_string(&document).unwrap_or_default();
        (self.status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
    }

    fn page(&self, visit: &Visit) -> Response {
        let context = Context {
            status: self.status.as_u16(),
            title: self.title,
            sentence: &self.detail,
            plugin: self.plugin.as_ref(),
            request_id: visit.request_id(),
            errors: self.field_problems(),
            recover: self.plugin.is_some()
                && visit.caller().is_some_and(|caller| caller.permissions.holds_name("server.manage")),
            lines: lines_of(visit),
        };
        visit.host_page(self.status, "error.html", &context)
    }

    fn field_problems(&self) -> Vec<FieldProblem<'_>> {
        self.errors
            .iter()
            .map(|error| FieldProblem {
                field: &error.field,
                detail: vestry_screen::plain_text(&error.message).into_owned(),
                line: error.line,
                column: error.column,
            })
            .collect()
    }
}

/// The page on which this person may see the lines of their request, where a plugin offers one.
fn lines_of(visit: &Visit) -> Option<String> {
    let caller = visit.caller()?;
    let snapshot = visit.app().registry().snapshot();
    let mut offered = snapshot.contributions(LINES_OF_REQUEST).filter_map(|(plugin, contribution)| {
        let route = plugin.route_named(&contribution.route)?;
        may_use(&route.access, Some(caller), false).then(|| plugin.path_of(route))
    });
    Some(format!("{}?request={}", offered.next()?, visit.request_id()))
}

#[cfg(test)]
mod tests {
    use vestry_capabilities::{Configured, Holder};
    use vestry_identity::Actor;
    use vestry_storage::Database;
    use vestry_vault::{Origin, SecretName, SecretValue};

    use super::*;

    const API: &str = "https://api.example.org";

    fn said_by(plugin: &str, secrets: &Secrets, words: &str) -> String {
        let subject = Subject {
            id: plugin.into(),
            version: String::new(),
            title: String::new(),
            digest: String::new(),
            settings: String::new(),
            space: String::new(),
            messages: Vec::new(),
        };
        Problem::of_failure(Failure::NotFound(words.into()), &subject).without_secrets(secrets).detail
    }

    #[test]
    fn an_answer_is_searched_for_what_its_plugin_was_shown_and_tells_nobody_else_of_it() {
        let secrets = Secrets::new(Database::temporary().unwrap(), [7; 32], Configured::new());
        let set = |name: &str, origin: Option<&str>, value: &str| {
            let origin = origin.map(|origin| Origin::parse(origin).unwrap());
            let (name, value) = (SecretName::parse(name).unwrap(), SecretValue::parse(value).unwrap());
            secrets.set(&Actor::console(), &name, origin.as_ref(), &value, 1).unwrap();
        };
        set("shown", None, "what is shown");
        set("sent", Some(API), "what is sent");
        set("smtp", None, "what the server has");
        secrets.reveal(Holder::Plugin("reads"), "shown").unwrap();
        secrets.for_origin(Holder::Plugin("reads"), "sent", API).unwrap();
        secrets.reveal(Holder::Host, "smtp").unwrap();
        let words = "what is shown, what is sent, what the server has";
        assert_eq!(said_by("reads", &secrets, words), "•••, what is sent, what the server has");
        assert_eq!(said_by("other", &secrets, words), words);
    }
}

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
use vestry_phrases::{Words, phrase, words};
use vestry_sandbox::CallError;

use crate::registry::plugin::may_use;
use crate::web::visit::Visit;

/// What is wrong, and what to do.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    /// A phrase.
    title: &'static str,
    detail: Words,
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
    detail: String,
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

impl Plugin {
    /// The same with its title as the reader knows it.
    fn called(&self, visit: &Visit) -> Self {
        let snapshot = visit.app().registry().snapshot();
        let title = snapshot.by_id(&self.id).map(|plugin| visit.text(&self.id, &plugin.info.title).into_owned());
        Self { title: title.unwrap_or_else(|| self.title.clone()), ..self.clone() }
    }
}

/// What the page is drawn from.
#[derive(Serialize)]
struct Context<'p> {
    status: u16,
    title: &'p str,
    sentence: String,
    plugin: Option<Plugin>,
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
    fn new(status: StatusCode, title: &'static str, detail: impl Into<Words>) -> Self {
        Self { status, title, detail: detail.into(), plugin: None, errors: Vec::new(), retry_after: None, allow: None }
    }

    #[must_use]
    pub fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            phrase!("Nothing is here"),
            words!("The address may be mistyped, or what was here is gone."),
        )
    }

    #[must_use]
    pub fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            phrase!("That is not how it is asked for"),
            words!("This address does not answer to that method."),
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
    pub fn forbidden(detail: impl Into<Words>) -> Self {
        Self::new(StatusCode::FORBIDDEN, phrase!("You may not do that"), detail)
    }

    /// Nobody may do that without this permission.
    #[must_use]
    pub fn needs(permission: &str) -> Self {
        Self::forbidden(words!("It needs the permission {permission}.", permission))
    }

    #[must_use]
    pub fn unauthenticated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            phrase!("Sign in first"),
            words!("Sign in, or send a token as `Authorization: Bearer`."),
        )
    }

    #[must_use]
    pub fn bad_request(detail: impl Into<Words>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, phrase!("The request is not understood"), detail)
    }

    /// A form that orders something that nobody can do on its page.
    #[must_use]
    pub fn no_such_act(name: &str) -> Self {
        Self::bad_request(words!("There is nothing called `{name}` to do here.", name))
    }

    #[must_use]
    pub fn too_large(limit: u64) -> Self {
        let detail = words!("This address takes at most {count} bytes.", count = limit);
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, phrase!("The request is too large"), detail)
    }

    #[must_use]
    pub fn disk_full() -> Self {
        let detail = words!("The server's disk has no room for what was sent. An administrator has to make some.");
        Self::new(StatusCode::INSUFFICIENT_STORAGE, phrase!("There is no room for it"), detail)
    }

    #[must_use]
    pub fn too_many(detail: impl Into<Words>, retry_after: u64) -> Self {
        let mut problem = Self::new(StatusCode::TOO_MANY_REQUESTS, phrase!("Not so fast"), detail);
        problem.retry_after = Some(retry_after);
        problem
    }

    /// No room at the moment.
    #[must_use]
    pub fn busy(detail: impl Into<Words>, retry_after: u64) -> Self {
        let mut problem =
            Self::new(StatusCode::SERVICE_UNAVAILABLE, phrase!("It is not available at the moment"), detail);
        problem.retry_after = Some(retry_after);
        problem
    }

    #[must_use]
    pub fn invalid(detail: impl Into<Words>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, phrase!("Something has to be corrected"), detail)
    }

    #[must_use]
    pub fn gone(detail: impl Into<Words>) -> Self {
        Self::new(StatusCode::GONE, phrase!("This is no longer valid"), detail)
    }

    /// The one message for every failed sign-in.
    #[must_use]
    pub fn refused_sign_in(detail: impl Into<Words>, wait: u64) -> Self {
        if wait > 0 {
            Self::too_many(detail, wait)
        } else {
            Self::new(StatusCode::UNAUTHORIZED, phrase!("Not signed in"), detail)
        }
    }

    /// Something failed here; what it was stays in the log.
    pub fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a request failed");
        let detail =
            words!("The server could not answer. What happened is in its log, under the number of this request.");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, phrase!("Something went wrong here"), detail)
    }

    /// Something of the server's own that its settings do not allow yet.
    #[must_use]
    pub fn not_set_up(detail: impl Into<Words>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, phrase!("It is not set up on this server"), detail)
    }

    /// A mounted plugin that does not answer.
    #[must_use]
    pub fn unavailable(subject: &Subject, reason: impl Into<Words>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, phrase!("This feature is not available"), reason).of(subject)
    }

    /// A plugin whose data has been changing its shape for too long.
    #[must_use]
    pub fn held(subject: &Subject) -> Self {
        let mut problem = Self::unavailable(subject, words!("It is being updated. Try again in a few seconds."));
        problem.retry_after = Some(5);
        problem
    }

    /// A plugin's own answer that something is wrong.
    #[must_use]
    pub fn of_failure(failure: Failure, subject: &Subject) -> Self {
        let (status, title, detail): (_, _, Words) = match failure {
            Failure::Denied(detail) => (StatusCode::FORBIDDEN, phrase!("You may not do that"), detail.into()),
            Failure::NotFound(detail) => (StatusCode::NOT_FOUND, phrase!("Nothing is here"), detail.into()),
            Failure::Invalid(errors) => {
                let mut problem = Self::invalid(words!("Look at what is named below.")).of(subject);
                problem.errors = errors;
                return problem;
            }
            Failure::Conflict(detail) => (StatusCode::CONFLICT, phrase!("Somebody was faster"), detail.into()),
            Failure::Exhausted(detail) => (StatusCode::TOO_MANY_REQUESTS, phrase!("A limit is reached"), detail.into()),
            Failure::Unavailable(detail) => {
                (StatusCode::SERVICE_UNAVAILABLE, phrase!("It is not available at the moment"), detail.into())
            }
            // A `confirm` that the host did not give out has no page to lead to.
            Failure::Confirm(_) => {
                (StatusCode::CONFLICT, phrase!("Nothing to confirm"), words!("Go back and do it again."))
            }
            Failure::Internal(detail) | Failure::Other((_, detail)) => {
                (StatusCode::INTERNAL_SERVER_ERROR, phrase!("Something went wrong in this feature"), detail.into())
            }
        };
        Self::new(status, title, detail).of(subject)
    }

    /// A plugin's answer that contradicts itself. `reason`: a part of a sentence, for who writes the plugin.
    #[must_use]
    pub fn cannot_be_shown(reason: &str, subject: &Subject) -> Self {
        Self::wrong_answer(words!("What it answered cannot be shown: {reason}.", reason), subject)
    }

    /// A plugin's answer that is not what it was asked for.
    #[must_use]
    pub fn wrong_answer(detail: Words, subject: &Subject) -> Self {
        Self { detail, ..Self::of_failure(Failure::Internal(String::new()), subject) }
    }

    /// The same without the secrets that were shown to the plugin whose words these are. Not those that it had sent, and
    /// no other plugin's: who asks may have put the words into its mouth, and would learn that they are a secret.
    #[must_use]
    pub fn without_secrets(mut self, secrets: &Secrets) -> Self {
        let Some(plugin) = &self.plugin else { return self };
        let secrets = secrets.answers_of(&plugin.id);
        match &mut self.detail {
            Words::Data(words) => *words = secrets.redact(words).into_owned(),
            Words::Phrase(_, values) => {
                for (_, value) in values {
                    *value = secrets.redact(value).into_owned();
                }
            }
        }
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
            CallError::Busy => (StatusCode::SERVICE_UNAVAILABLE, phrase!("This feature is busy")),
            CallError::TooMuchCpu(_) | CallError::TooLong(_) | CallError::Waited(_) => {
                (StatusCode::GATEWAY_TIMEOUT, phrase!("This feature took too long"))
            }
            CallError::NotExported
            | CallError::OtherContract(_)
            | CallError::TooMuchMemory { .. }
            | CallError::TooMuchData(_)
            | CallError::Trapped { .. } => (StatusCode::BAD_GATEWAY, phrase!("This feature broke off")),
        };
        let detail = words!("{plugin} did not answer: {reason}.", plugin = subject.id, reason = error);
        let mut problem = Self::new(status, title, detail).of(subject);
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
    pub fn detail(&self) -> &Words {
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
            title: visit.phrase(self.title),
            status: self.status.as_u16(),
            detail: visit.words(&self.detail),
            request: visit.request_id(),
            plugin: self.plugin.as_ref().map(|plugin| plugin.id.as_str()),
            version: self.plugin.as_ref().map(|plugin| plugin.version.as_str()),
            errors: self.field_problems(visit),
        };
        let body = serde_json::to_string(&document).unwrap_or_default();
        (self.status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
    }

    fn page(&self, visit: &Visit) -> Response {
        let context = Context {
            status: self.status.as_u16(),
            title: visit.phrase(self.title),
            sentence: visit.words(&self.detail),
            plugin: self.plugin.as_ref().map(|plugin| plugin.called(visit)),
            request_id: visit.request_id(),
            errors: self.field_problems(visit),
            recover: self.plugin.is_some()
                && visit.caller().is_some_and(|caller| caller.permissions.holds_name("server.manage")),
            lines: lines_of(visit),
        };
        visit.host_page(self.status, "error.html", &context)
    }

    fn field_problems(&self, visit: &Visit) -> Vec<FieldProblem<'_>> {
        let plugin = self.plugin.as_ref().map_or("", |plugin| plugin.id.as_str());
        self.errors
            .iter()
            .map(|error| FieldProblem {
                field: &error.field,
                detail: visit.text(plugin, &error.message).into_owned(),
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

    fn subject(plugin: &str) -> Subject {
        Subject {
            id: plugin.into(),
            version: String::new(),
            title: String::new(),
            digest: String::new(),
            settings: String::new(),
            space: String::new(),
            messages: Vec::new(),
        }
    }

    fn said_by(plugin: &str, secrets: &Secrets, words: &str) -> String {
        let problem = Problem::of_failure(Failure::NotFound(words.into()), &subject(plugin));
        problem.without_secrets(secrets).detail.english()
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
        let problem = Problem::cannot_be_shown(words, &subject("reads")).without_secrets(&secrets);
        let said = "What it answered cannot be shown: •••, what is sent, what the server has.";
        assert_eq!(problem.detail().english(), said, "nor in the server's own sentences");
    }
}

//! Calls to other servers, over HTTP: to the origins that the plugin wishes for and an administrator granted.
//!
//! ```no_run
//! # use vestry_sdk::prelude::*;
//! use vestry_sdk::http;
//!
//! fn rates() -> Result<String> {
//!     let answer = http::get("https://api.example.org/rates")
//!         .header("Accept", "application/json")
//!         .secret("Authorization", "Bearer ", "rates-key")
//!         .send()?
//!         .successful()?;
//!     answer.text().map(str::to_owned)
//! }
//! ```
//!
//! A call happens at once, not when the request takes effect.

pub use crate::bindings::vestry::plugin::http_client::Incoming;
use crate::bindings::vestry::plugin::http_client::{self, Header, Outgoing};
use crate::failure::Result;
use crate::types::{Failure, Json};

/// A call that is being put together.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent before `send`"]
pub struct Call {
    outgoing: Outgoing,
}

macro_rules! verbs {
    ($($(#[$doc:meta])* $function:ident => $verb:literal;)*) => {
        $($(#[$doc])* pub fn $function(url: impl Into<String>) -> Call {
            Call::new($verb, url)
        })*
    };
}

verbs! {
    /// Asks for something.
    get => "GET";
    /// Asks what `get` would answer, without the body.
    head => "HEAD";
    /// Sends something. Not in a GET of the plugin's own; so are the following.
    post => "POST";
    /// Replaces something.
    put => "PUT";
    /// Changes a part of something.
    patch => "PATCH";
    /// Takes something away.
    delete => "DELETE";
}

impl Call {
    /// A call with another verb; the host knows those that have functions here.
    pub fn new(verb: impl Into<String>, url: impl Into<String>) -> Self {
        Call { outgoing: Outgoing { verb: verb.into(), url: url.into(), headers: vec![], body: vec![], timeout_ms: 0 } }
    }

    /// Adds a header.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.outgoing.headers.push(Header::Text((name.into(), value.into())));
        self
    }

    /// Adds a header whose value the host fills in: `before`, such as `Bearer ` or nothing, and the secret of that name.
    /// The secret has to be bound to the origin that is called.
    pub fn secret(mut self, header: impl Into<String>, before: impl Into<String>, secret: impl Into<String>) -> Self {
        self.outgoing.headers.push(Header::Secret((header.into(), before.into(), secret.into())));
        self
    }

    /// What is sent along, and its media type.
    pub fn body(self, content_type: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        let mut call = self.header("content-type", content_type);
        call.outgoing.body = body.into();
        call
    }

    /// Sends a JSON document along.
    pub fn json(self, document: impl Into<Json>) -> Self {
        self.body("application/json", document.into())
    }

    /// How long all of it may take, redirects included, in milliseconds: 10 000 where nothing is said, at most 60 000.
    pub fn timeout(mut self, milliseconds: u32) -> Self {
        self.outgoing.timeout_ms = milliseconds;
        self
    }

    /// Sends it, and answers what came, whatever its status.
    ///
    /// # Errors
    /// Those of the host: `denied` for an origin that was not granted or lies where the server may not call,
    /// `unavailable` where it cannot be reached, `exhausted` where it took too long or answered more than 8 MiB.
    pub fn send(self) -> Result<Incoming> {
        http_client::send(&self.outgoing)
    }
}

impl Incoming {
    /// The first header of that name, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Itself, where its status is one of success (200 to 299).
    ///
    /// # Errors
    /// `unavailable` with the status where it is another.
    pub fn successful(self) -> Result<Self> {
        match self.status {
            200..=299 => Ok(self),
            status => Err(Failure::Unavailable(format!("The other server answered with the status {status}."))),
        }
    }

    /// The body as text.
    ///
    /// # Errors
    /// `unavailable` where it is not UTF-8.
    pub fn text(&self) -> Result<&str> {
        let wrong = |_| Failure::Unavailable("The other server answered what is no text.".to_owned());
        std::str::from_utf8(&self.body).map_err(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, body: &[u8]) -> Incoming {
        Incoming { status, headers: vec![("etag".to_owned(), "7".to_owned())], body: body.into() }
    }

    #[test]
    fn a_call_says_what_it_sends() {
        let call = post("https://a.example/x").secret("Authorization", "Bearer ", "key").json("{}").timeout(500);
        let Outgoing { verb, url, headers, body, timeout_ms } = call.outgoing;
        assert_eq!(
            (verb.as_str(), url.as_str(), body.as_slice(), timeout_ms),
            ("POST", "https://a.example/x", b"{}" as &[u8], 500)
        );
        let secret = ["Authorization", "Bearer ", "key"].map(str::to_owned).into();
        let kind = ("content-type".to_owned(), "application/json".to_owned());
        assert_eq!(headers, [Header::Secret(secret), Header::Text(kind)]);
    }

    #[test]
    fn an_answer_is_read_with_question_marks() {
        assert_eq!(
            answered(204, b"yes").successful().and_then(|answer| answer.text().map(str::to_owned)),
            Ok("yes".to_owned())
        );
        assert!(matches!(answered(404, b"").successful(), Err(Failure::Unavailable(why)) if why.contains("404")));
        assert!(matches!(answered(200, &[0xff]).text(), Err(Failure::Unavailable(_))));
        assert_eq!((answered(200, b"").header("etag"), answered(200, b"").header("age")), (Some("7"), None));
    }
}

//! Mails in the server's name, of the kinds that the plugin declared with
//! [`Plugin::message`](crate::plugin::Plugin::message).
//!
//! ```no_run
//! # use vestry_sdk::prelude::*;
//! # fn tell(account: &str) -> Result<()> {
//! use vestry_sdk::mail;
//!
//! mail::to_account(account, "note").value("text", "The report is there.").open("home").send()
//! # }
//! ```

use crate::bindings::vestry::plugin::mail;
pub use crate::bindings::vestry::plugin::mail::Recipient;
use crate::failure::Result;
use crate::ui::RouteRef;

/// A mail that is being put together.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent before `send`"]
pub struct Mail {
    kind: String,
    to: Recipient,
    values: Vec<(String, String)>,
    open: Option<RouteRef>,
}

/// A mail of this kind to the owner of an account, by its id.
pub fn to_account(id: impl Into<String>, kind: impl Into<String>) -> Mail {
    Mail { kind: kind.into(), to: Recipient::Account(id.into()), values: vec![], open: None }
}

/// A mail of this kind to the address that this visitor has confirmed, in the panel `address`.
pub fn to_visitor(kind: impl Into<String>) -> Mail {
    Mail { kind: kind.into(), to: Recipient::Visitor, values: vec![], open: None }
}

impl Mail {
    /// Goes where `{name}` stands in the kind's phrases.
    pub fn value(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.values.push((name.into(), value.into()));
        self
    }

    /// Where its button leads: a GET route of this plugin.
    pub fn open(mut self, route: impl Into<RouteRef>) -> Self {
        self.open = Some(route.into());
        self
    }

    /// Puts it into the queue when the request takes effect.
    ///
    /// # Errors
    /// Those of the host: `not-found` where there is no such kind or nobody to send it to, `exhausted` where the plugin
    /// has sent 500 mails in this hour, or 20 to this recipient.
    pub fn send(self) -> Result<()> {
        mail::send(&self.kind, &self.to, &self.values, self.open.as_ref())
    }
}

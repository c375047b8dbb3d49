//! A browser that is not signed in, as the pages that are open to everyone know it.

use axum::http::HeaderMap;
use axum::response::Response;
use vestry_contract::registration::{Access, Route};

use crate::web::app::App;
use crate::web::cookies;
use crate::web::visit::Visit;

/// How long a browser is known, in seconds: a year.
const KNOWN: u64 = 31_536_000;

/// The browser of one request.
pub enum Browser {
    /// Signed in, or on a page that is not open to everyone: it needs no name.
    Unnamed,
    Known(String),
    /// Named just now; its cookie has to be set.
    New(String),
}

/// Which browser it is.
#[must_use]
pub fn browser(headers: &HeaderMap, visit: &Visit, route: &Route) -> Browser {
    if visit.caller().is_some() || !matches!(route.access, Access::Everyone) {
        return Browser::Unnamed;
    }
    if let Some(known) = known(headers) {
        return Browser::Known(known.to_owned());
    }
    let mut bytes = [0; 16];
    match getrandom::fill(&mut bytes) {
        Ok(()) => Browser::New(data_encoding::BASE32_DNSCURVE.encode(&bytes)),
        Err(_) => Browser::Unnamed,
    }
}

/// The name of a browser that was here before, and is not signed in.
#[must_use]
pub fn known(headers: &HeaderMap) -> Option<&str> {
    cookies::value(headers, cookies::VISITOR).filter(|value| (20..=40).contains(&value.len()))
}

impl Browser {
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Unnamed => None,
            Self::Known(id) | Self::New(id) => Some(id),
        }
    }

    /// Sets the cookie of a browser that has none yet.
    pub fn remember(&self, response: &mut Response, app: &App) {
        if let Self::New(id) = self {
            cookies::add(response, &cookies::set(cookies::VISITOR, id, app.settings().is_secure(), Some(KNOWN)));
        }
    }
}

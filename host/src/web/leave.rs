//! A page between this server and somewhere else, which shows where a link leads.

use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use url::Url;
use vestry_phrases::words;

use crate::web::problem::Problem;
use crate::web::visit::Visit;

/// `GET /leave?to=URL`.
#[derive(Debug, Deserialize)]
pub struct Leaving {
    #[serde(default)]
    to: String,
}

#[derive(Serialize)]
struct Context<'a> {
    address: &'a str,
    host: &'a str,
}

/// Shows the address; following it is the person's own step.
pub async fn page(visit: Visit, Query(leaving): Query<Leaving>) -> Response {
    match Url::parse(&leaving.to)
        .ok()
        .filter(|url| url.scheme() == "https" && url.username().is_empty() && url.password().is_none())
    {
        Some(url) => {
            let context = Context { address: url.as_str(), host: url.host_str().unwrap_or_default() };
            visit.host_page(StatusCode::OK, "leave.html", &context)
        }
        None => Problem::bad_request(words!("Links to elsewhere are https addresses.")).to_response(&visit),
    }
}

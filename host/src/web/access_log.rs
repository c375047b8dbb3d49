//! One line for each request: what was asked, what came of it, how long it took. No query, no cookie, no token.

use std::time::Instant;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;

use crate::web::visit::Visit;

/// Logs at `info` under the target `access`.
pub async fn access_log(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let visit = request.extensions().get::<Visit>().cloned();
    let response = next.run(request).await;
    if let Some(visit) = visit {
        let actor = visit.caller().map_or("", |caller| caller.account.as_str());
        // A set-up link is a secret in a path.
        let path = if visit.path().starts_with("/setup/") { "/setup/..." } else { visit.path() };
        tracing::info!(
            target: "access",
            request = visit.request_id(),
            %method,
            path,
            status = response.status().as_u16(),
            actor,
            address = %visit.address(),
            micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
        );
    }
    response
}

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
        let path = without_secret(visit.path());
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

/// Some of the host's own paths end in a secret; what stands before it is enough to know what was asked.
fn without_secret(path: &str) -> &str {
    const SECRET_AFTER: &[&str] =
        &["/setup/", "/account/confirm/", "/account/invitation/", "/account/reset/", "/account/address/"];
    SECRET_AFTER.iter().find(|start| path.starts_with(**start)).unwrap_or(&path)
}

#[cfg(test)]
mod tests {
    use super::without_secret;

    #[test]
    fn no_secret_of_a_path_is_logged() {
        assert_eq!(without_secret("/setup/abc"), "/setup/");
        assert_eq!(without_secret("/account/confirm/abc"), "/account/confirm/");
        assert_eq!(without_secret("/account/invitation/abc"), "/account/invitation/");
        assert_eq!(without_secret("/account/reset/abc"), "/account/reset/");
        assert_eq!(without_secret("/account/address/abc"), "/account/address/");
        assert_eq!(without_secret("/users/accounts/abc"), "/users/accounts/abc");
    }
}

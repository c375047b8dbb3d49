//! `/healthz`: whether the server can answer, for whatever watches it.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::web::app::App;

/// `ok` while the database answers; says nothing else to anybody.
pub async fn healthz(State(app): State<App>) -> Response {
    let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    match app.database().read(|reader| reader.count_accounts(None)) {
        Ok(_) => (plain, "ok\n").into_response(),
        Err(error) => {
            tracing::error!(%error, "the health check could not read the database");
            (StatusCode::SERVICE_UNAVAILABLE, plain, "the database does not answer\n").into_response()
        }
    }
}

//! An answer that something is held for until it is sent, or nobody waits for it any more.

use axum::body::Body;
use axum::response::Response;
use http_body_util::BodyExt;

/// The same answer; `guard` is dropped with its body.
pub fn guarded<G: Send + 'static>(response: Response, guard: G) -> Response {
    response.map(|body| {
        // Errors are mapped to themselves: of all wrappers this one keeps the length and holds something.
        Body::new(body.map_err(move |error| {
            let _held = &guard;
            error
        }))
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::body::HttpBody;
    use axum::response::IntoResponse;

    use super::*;

    #[tokio::test]
    async fn the_guard_lasts_as_long_as_the_body_and_the_length_stays() {
        let held = Arc::new(());
        let response = guarded("words".into_response(), Arc::clone(&held));
        assert_eq!(response.body().size_hint().exact(), Some(5));
        assert_eq!(Arc::strong_count(&held), 2);
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "words");
        assert_eq!(Arc::strong_count(&held), 1);
    }
}

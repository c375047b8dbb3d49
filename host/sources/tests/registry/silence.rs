//! Registries that fall silent.

use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use vestry_sources::{SourceError, USUAL_SILENCE};

use crate::fetch;
use crate::server::{Server, hello, path};

#[tokio::test]
async fn a_registry_that_stalls_ends_in_time_with_a_sentence() {
    assert!(USUAL_SILENCE < Duration::from_secs(30));
    // At the manifest, before and within its answer, and at the layer.
    let halves: &[(&str, usize)] = &[("manifests", 0), ("manifests", 10), ("blobs", 0), ("blobs", 45)];
    let mut waiting = Vec::new();
    for (at, sent) in halves.iter().copied() {
        waiting.push(tokio::spawn(async move {
            let server = Server::serving(move |mut stream, head| async move {
                let answer = hello().answer(&head);
                let stalls = path(&head).contains(at);
                let sent = if stalls { &answer[..sent] } else { &answer };
                let _ = stream.write_all(sent.as_bytes()).await;
                if stalls {
                    tokio::time::sleep(Duration::from_secs(20)).await;
                }
            })
            .await;
            let began = Instant::now();
            let error = fetch(&server.hello(":1.2.0"), None).await.unwrap_err();
            assert!(began.elapsed() < Duration::from_secs(8), "{at} {sent}: {:?}", began.elapsed());
            assert!(matches!(error, SourceError::Unavailable(_)), "{at} {sent}: {error:?}");
            assert!(error.to_string().ends_with("sent nothing for 3 s. Try again later"), "{error}");
        }));
    }
    for wait in waiting {
        wait.await.unwrap();
    }
}

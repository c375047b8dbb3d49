//! Fetching what is there.

use std::sync::Mutex;

use vestry_sources::{Progress, Source, SourceError};

use crate::server::{Paths, Server, described, digest, hello, index, layer, manifest, ok, titled, to};
use crate::{COMPONENT, fetch, here};

#[tokio::test]
async fn a_component_comes_with_its_readme_by_tag_and_by_digest() {
    let server = Server::of(hello()).await;
    let fetched = fetch(&server.hello(":1.2.0"), None).await.unwrap();
    assert_eq!((fetched.component.as_slice(), fetched.readme.as_str()), (COMPONENT.as_bytes(), "# Hello"));
    let (tag, named) = fetched.detail.split_once(' ').unwrap();
    assert_eq!(tag, "1.2.0");
    assert!(server.requests()[0].contains("accept: application/vnd.oci.image.manifest.v1+json, "));

    let fetched = fetch(&server.hello(&format!("@{named}")), None).await.unwrap();
    assert_eq!((fetched.component.as_slice(), fetched.detail.as_str()), (COMPONENT.as_bytes(), named));
    let fetched = fetch(&server.hello(&format!(":1.0.0@{named}")), None).await.unwrap();
    assert_eq!(fetched.detail, format!("1.0.0 {named}"));
}

#[tokio::test]
async fn without_a_tag_the_latest_is_meant() {
    let paths = Paths::default().with_manifest("latest", &manifest(&[layer("application/wasm", COMPONENT)]));
    let server = Server::of(paths.with_blob(COMPONENT)).await;
    let fetched = fetch(&server.hello(""), None).await.unwrap();
    assert_eq!((fetched.component.as_slice(), fetched.readme.as_str()), (COMPONENT.as_bytes(), ""));
    assert!(fetched.detail.starts_with("latest sha256:"));
}

#[tokio::test]
async fn artifacts_are_taken_as_tools_push_them() {
    let other = "something else";
    for layers in [
        vec![layer("application/wasm", COMPONENT)],
        vec![layer("application/vnd.wasm.content.layer.v1+wasm", COMPONENT)],
        vec![titled("hello.wasm", COMPONENT)],
        vec![titled("dist/Hello.WASM", COMPONENT), titled("notes.txt", other)],
        vec![layer("text/plain", other), layer("application/wasm", COMPONENT)],
    ] {
        let manifest = manifest(&layers);
        let server = Server::of(Paths::default().with_manifest("1", &manifest).with_blob(COMPONENT)).await;
        assert_eq!(fetch(&server.hello(":1"), None).await.unwrap().component, COMPONENT.as_bytes(), "{manifest}");
    }
}

#[tokio::test]
async fn an_index_of_one_is_followed() {
    let inner = manifest(&[layer("application/wasm", COMPONENT)]);
    let of = |manifest: &str| {
        let (digest, size) = (digest(manifest), manifest.len() as u64);
        described("application/vnd.oci.image.manifest.v1+json", &digest, size, "")
    };
    let outer = index(&[of(&inner)]);
    let paths = Paths::default().with_manifest("1", &outer).with_manifest("inner", &inner).with_blob(COMPONENT);
    let server = Server::of(paths.clone()).await;
    let fetched = fetch(&server.hello(":1"), None).await.unwrap();
    assert_eq!((fetched.component, fetched.detail), (COMPONENT.into(), format!("1 {}", digest(&outer))));

    for (outer, said) in [
        (index(&[of(&inner), of(&inner)]), "is an index of 2 others: name the one that is meant, with `@`"),
        (index(&[]), "is an index of 0 others"),
        (index(&[of(&outer)]), "is an index of an index"),
    ] {
        let server = Server::of(paths.clone().with_manifest("2", &outer)).await;
        let error = fetch(&server.hello(":2"), None).await.unwrap_err();
        assert!(matches!(error, SourceError::Content(_)) && error.to_string().contains(said), "{error}");
    }
}

#[tokio::test]
async fn blobs_may_lie_elsewhere() {
    let storage = Server::answering(|_| ok(COMPONENT)).await;
    let away = to(&storage.url("/storage?signature=secret"));
    let paths = hello().with(&format!("blobs/{}", digest(COMPONENT)), away);
    let server = Server::of(paths).await;
    assert_eq!(fetch(&server.hello(":1.2.0"), None).await.unwrap().component, COMPONENT.as_bytes());
    assert_eq!(storage.requests().len(), 1);
}

#[tokio::test]
async fn progress_is_told_up_to_the_end() {
    let large = format!("{COMPONENT}{}", "x".repeat(1 << 20));
    let manifest = manifest(&[layer("application/wasm", &large)]);
    let server = Server::of(Paths::default().with_manifest("1", &manifest).with_blob(&large)).await;
    let told: Mutex<Vec<Progress>> = Mutex::default();
    let fetched =
        here().fetch(&server.hello(":1"), None, &|progress| told.lock().unwrap().push(progress)).await.unwrap();
    assert_eq!(fetched.component.len(), large.len());
    let told = told.into_inner().unwrap();
    assert!(told.len() > 1 && told.windows(2).all(|two| two[0].done < two[1].done), "{told:?}");
    assert_eq!(*told.last().unwrap(), Progress { done: large.len() as u64, total: Some(large.len() as u64) });
}

#[tokio::test]
async fn a_registry_in_the_house_is_not_asked_unless_that_is_configured() {
    let server = Server::of(hello()).await;
    let public = crate::sources(crate::outbound(&[]));
    let error = public.fetch(&server.hello(":1.2.0"), None, &|_| {}).await.unwrap_err();
    assert!(matches!(error, SourceError::Refused(_)), "{error:?}");
    assert!(error.to_string().contains("networks: [127.0.0.1/32]"), "{error}");
    for address in ["10.0.0.7:5000/hello:1", "169.254.169.254/hello:1", "localhost:1/hello:1"] {
        let source = Source::registry(address).unwrap();
        let error = public.fetch(&source, None, &|_| {}).await.unwrap_err();
        assert!(matches!(error, SourceError::Refused(_)), "{address}: {error:?}");
    }
    // Nor by a way around.
    let inside = hello().with(&format!("blobs/{}", digest(COMPONENT)), to("http://10.0.0.7/"));
    let server = Server::of(inside).await;
    let error = fetch(&server.hello(":1.2.0"), None).await.unwrap_err();
    assert!(matches!(error, SourceError::Refused(_)), "{error:?}");
}

#[tokio::test]
async fn what_is_not_there_is_said() {
    let server = Server::of(hello()).await;
    let error = fetch(&server.hello(":9.9.9"), None).await.unwrap_err();
    assert!(matches!(error, SourceError::NotFound(_)), "{error:?}");
    assert!(error.to_string().contains("has no manifest of http://127.0.0.1:"), "{error}");
    assert!(error.to_string().ends_with("/team/hello:9.9.9: check its name"), "{error}");
    // One that speaks no TLS is asked by it, unless it is written so.
    let source = Source::registry(&format!("{}/team/hello:1.2.0", server.address)).unwrap();
    let error = fetch(&source, None).await.unwrap_err();
    assert!(matches!(error, SourceError::Unavailable(_)), "{error:?}");
    assert!(error.to_string().ends_with("Where it speaks no TLS, write http:// before its address"), "{error}");
    let gone = Source::registry("127.0.0.1:1/team/hello:1").unwrap();
    let error = fetch(&gone, None).await.unwrap_err();
    assert!(matches!(error, SourceError::Unavailable(_)), "{error:?}");
}

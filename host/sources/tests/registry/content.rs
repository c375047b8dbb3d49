//! What is not what it should be.

use vestry_sources::{LARGEST_COMPONENT, SourceError};

use crate::server::{Paths, Server, described, digest, hello, layer, manifest, ok, ok_with, status, titled};
use crate::{COMPONENT, fetch};

/// What is wrong with the content is said so.
async fn refused(paths: Paths, behind: &str, said: &str) {
    let server = Server::of(paths).await;
    let error = fetch(&server.hello(behind), None).await.unwrap_err();
    assert!(matches!(error, SourceError::Content(_) | SourceError::Archive(_)), "{said}: {error:?}");
    assert!(error.to_string().contains(said), "{said}: {error}");
}

fn blob(content: &str) -> String {
    format!("blobs/{}", digest(content))
}

#[tokio::test]
async fn digests_are_held_against_what_comes() {
    let other = "\0asm\x0d\0\x01\0Component";
    refused(hello().with(&blob(COMPONENT), ok(other)), ":1.2.0", "the layer of http://127.0.0.1:").await;
    refused(hello().with(&blob(COMPONENT), ok(other)), ":1.2.0", &format!("should be {}", digest(COMPONENT))).await;
    let good = manifest(&[layer("application/wasm", COMPONENT)]);
    let lies = ok_with(&format!("docker-content-digest: {}\r\n", digest("x")), &good);
    refused(hello().with("manifests/2", lies), ":2", "the manifest of http://127.0.0.1:").await;
    let named = digest("another manifest");
    let paths = hello().with(&format!("manifests/{named}"), ok(&good));
    refused(paths, &format!("@{named}"), &format!("should be {named} and is {}", digest(&good))).await;
}

#[tokio::test]
async fn sizes_are_held_against_what_comes() {
    let says = |size: u64| {
        let manifest = manifest(&[described("application/wasm", &digest(COMPONENT), size, "")]);
        Paths::default().with_manifest("1", &manifest).with_blob(COMPONENT)
    };
    let length = COMPONENT.len() as u64;
    refused(says(length + 1), ":1", "and its manifest says 18: push it again").await;
    refused(says(length - 1), ":1", "has 17 bytes, and its manifest says 16").await;
    refused(says(0), ":1", "has 17 bytes, and its manifest says 0").await;
    // Where the length is not announced.
    let open = |paths: Paths| paths.with(&blob(COMPONENT), format!("HTTP/1.1 200 OK\r\n\r\n{COMPONENT}"));
    refused(open(says(length + 1)), ":1", "has 17 bytes, and its manifest says 18").await;
    refused(open(says(length - 1)), ":1", "has more bytes, and its manifest says 16").await;
    refused(open(says(0)), ":1", "has more bytes, and its manifest says 0").await;
}

#[tokio::test]
async fn what_is_too_large_is_not_asked_for() {
    for (layer, said) in [
        (described("application/wasm", &digest(COMPONENT), LARGEST_COMPONENT + 1, ""), "may have at most 65536"),
        (described("application/wasm", &digest(COMPONENT), i64::MAX as u64, ""), "may have at most 65536"),
    ] {
        let server = Server::of(Paths::default().with_manifest("1", &manifest(&[layer]))).await;
        let error = fetch(&server.hello(":1"), None).await.unwrap_err();
        assert!(matches!(error, SourceError::Content(_)) && error.to_string().contains(said), "{error}");
        assert_eq!(server.requests().len(), 1, "the layer was asked for");
    }
    let readme = "x".repeat((256 << 10) + 1);
    let manifest = manifest(&[layer("application/wasm", COMPONENT), titled("README.md", &readme)]);
    refused(Paths::default().with_manifest("1", &manifest), ":1", "the README of http://127.0.0.1:").await;
    refused(Paths::default().with("manifests/1", ok(&" ".repeat(5 << 20))), ":1", "more than 4194304 bytes").await;
}

#[tokio::test]
async fn what_breaks_off_is_said() {
    let cut = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{}", COMPONENT.len(), &COMPONENT[..10]);
    refused(hello().with(&blob(COMPONENT), cut), ":1.2.0", "broke off").await;
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{".to_owned();
    refused(hello().with("manifests/2", cut), ":2", "broke off").await;
}

#[tokio::test]
async fn manifests_that_are_none_are_refused() {
    let of = |layers: &[String]| ok(&manifest(layers));
    let both = r#"{"schemaVersion":2,"layers":[],"manifests":[]}"#;
    let wasm = |digest: &str| described("application/wasm", digest, 17, "");
    for (answer, said) in [
        (ok(""), "cannot be read"),
        (ok("<html>"), "cannot be read"),
        (ok("[]"), "cannot be read"),
        (ok("{}"), "names nothing: push it again with `wkg oci push`"),
        (ok(both), "is a manifest and an index in one"),
        (ok(&"[".repeat(100_000)), "cannot be read"),
        (of(&[]), "holds no component, but nothing: push one"),
        (of(&[layer("text/plain", "x"), titled("a\\nb", "y")]), "holds no component, but text/plain, a\\nb: push"),
        (
            of(&[titled("a.wasm", "x"), titled("b.wasm", "y")]),
            "holds 2 components (a.wasm, b.wasm), and a package is one",
        ),
        (of(&[wasm(&format!("sha512:{}", "0".repeat(128)))]), "by another digest than sha256"),
        (of(&[wasm("sha256:../../x")]), "cannot be read"),
        (of(&[wasm("md5:x")]), "by another digest than sha256"),
        (of(&[described("application/wasm", &digest("x"), u64::MAX, "")]), "may have at most"),
        (ok(&manifest(&[wasm(&digest(COMPONENT))]).replace(":17", ":-17")), "cannot be read"),
    ] {
        refused(Paths::default().with("manifests/1", answer), ":1", said).await;
    }
}

#[tokio::test]
async fn what_is_no_component_is_refused() {
    for (content, said) in [
        ("\0asm\x01\0\0\0", "is a core module of WebAssembly"),
        ("text", "is neither a WebAssembly component"),
        ("", "is neither a WebAssembly component"),
    ] {
        let manifest = manifest(&[layer("application/wasm", content)]);
        refused(Paths::default().with_manifest("1", &manifest).with_blob(content), ":1", said).await;
    }
}

#[tokio::test]
async fn other_answers_are_said() {
    for (answer, said) in [
        (status("429 Too Many Requests"), "is asked too often"),
        (status("500 Internal Server Error"), "answers with the status 500"),
        (status("204 No Content"), "answers with the status 204"),
        (status("405 Method Not Allowed"), "answers with the status 405"),
    ] {
        let server = Server::of(Paths::default().with("manifests/1", answer)).await;
        let error = fetch(&server.hello(":1"), None).await.unwrap_err();
        assert!(matches!(error, SourceError::Unavailable(_)), "{error:?}");
        assert!(error.to_string().contains(said), "{error}");
    }
}

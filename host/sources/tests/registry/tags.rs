//! Tags, and what is newer.

use semver::Version;
use vestry_sources::{Newest, ReferenceKind, Source, SourceError};

use crate::here;
use crate::server::{Paths, Server, digest, hello, layer, manifest, ok, ok_with, path, status};

const FIRST: &str = "tags/list?n=500";

fn list(tags: &[&str]) -> String {
    let tags: Vec<String> = tags.iter().map(|tag| format!("\"{tag}\"")).collect();
    format!(r#"{{"name":"team/hello","tags":[{}]}}"#, tags.join(","))
}

async fn names(server: &Server) -> Vec<String> {
    let references = here().references(&server.hello(""), None).await.unwrap();
    assert!(references.iter().all(|reference| reference.kind == ReferenceKind::Tag));
    references.into_iter().map(|reference| reference.name).collect()
}

async fn newest(paths: &Paths, behind: &str, current: &str, detail: &str) -> Result<Option<Newest>, SourceError> {
    let server = Server::of(paths.clone()).await;
    let current: Version = current.parse().unwrap();
    here().newest(&server.hello(behind), None, &current, detail).await
}

#[tokio::test]
async fn tags_are_listed_with_the_highest_version_first() {
    let tags = list(&["latest", "1.2.0", "v1.10.0", "1.9.0", "a b", "../x", "dev"]);
    let server = Server::of(Paths::default().with(FIRST, ok(&tags))).await;
    assert_eq!(names(&server).await, ["v1.10.0", "1.9.0", "1.2.0", "dev", "latest"]);
    let server = Server::of(Paths::default().with(FIRST, ok(r#"{"name":"team/hello","tags":null}"#))).await;
    assert_eq!(names(&server).await, Vec::<String>::new());
}

#[tokio::test]
async fn pages_are_followed_at_the_registry_alone() {
    let next = |link: &str, tags: &str| ok_with(&format!("link: <{link}>; rel=\"next\"\r\n"), tags);
    let other = Server::answering(|_| ok(&list(&["9.9.9"]))).await;
    let paths = Paths::default()
        .with(FIRST, next("/v2/team/hello/tags/list?n=500&last=1.0.0", &list(&["1.0.0"])))
        .with("tags/list?n=500&last=1.0.0", next("list?n=500&last=2.0.0", &list(&["2.0.0"])))
        .with("tags/list?n=500&last=2.0.0", next(&other.url("/v2/team/hello/tags/list"), &list(&["3.0.0"])));
    let server = Server::of(paths).await;
    assert_eq!(names(&server).await, ["3.0.0", "2.0.0", "1.0.0"]);
    assert_eq!(other.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn pages_without_end_end() {
    let server = Server::answering(|head| {
        let page: u32 = path(head).rsplit_once("last=1.0.").map_or(0, |(_, page)| page.parse().unwrap());
        let tags: Vec<String> = (0..100).map(|number| format!("1.{number}.{page}")).collect();
        let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
        let link = format!("link: </v2/team/hello/tags/list?n=500&last=1.0.{}>; rel=\"next\"\r\n", page + 1);
        ok_with(&link, &list(&tags))
    })
    .await;
    let names = names(&server).await;
    assert_eq!((names.len(), names[0].as_str()), (500, "1.99.39"));
    assert_eq!(server.requests().len(), 40);
}

#[tokio::test]
async fn lists_that_are_none_are_said() {
    for (answer, said) in [
        (ok("<html>"), "cannot be read"),
        (ok(&list(&["x"; 400_000])), "more than 1048576 bytes"),
        (status("404 Not Found"), "has no list of tags"),
    ] {
        let server = Server::of(Paths::default().with(FIRST, answer)).await;
        let error = here().references(&server.hello(""), None).await.unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
    }
}

#[tokio::test]
async fn a_higher_version_is_newer() {
    let paths = hello().with(FIRST, ok(&list(&["1.2.0", "1.10.0", "v1.9.0", "2.0.0-rc.1", "latest"])));
    let found = newest(&paths, ":1.2.0", "1.2.0", "").await.unwrap().unwrap();
    assert_eq!(found.version, "1.10.0");
    let Source::Registry(source) = found.source else { panic!() };
    assert_eq!((source.tag.as_deref(), source.digest), (Some("1.10.0"), None));
    // Where a digest was named, a version is still looked for.
    let by_digest = format!("@{}", digest("x"));
    assert_eq!(newest(&paths, &by_digest, "1.2.0", "").await.unwrap().unwrap().version, "1.10.0");
    assert_eq!(newest(&paths, &by_digest, "1.10.0", "").await.unwrap(), None);
}

#[tokio::test]
async fn the_same_tag_is_newer_where_it_stands_for_something_else() {
    let now = manifest(&[layer("application/wasm", "now")]);
    let paths = Paths::default().with_manifest("stable", &now);
    let known = |content: &str| format!("stable {}", digest(content));
    for paths in [paths.clone(), paths.with(FIRST, ok(&list(&["stable", "1.0.0"])))] {
        assert_eq!(newest(&paths, ":stable", "1.0.0", &known(&now)).await.unwrap(), None);
        assert_eq!(newest(&paths, ":stable", "1.0.0", "").await.unwrap(), None);
        let found = newest(&paths, ":stable", "1.0.0", &known("before")).await.unwrap().unwrap();
        assert_eq!(found.version, digest(&now)[..19]);
        let Source::Registry(source) = found.source else { panic!() };
        assert_eq!(source.tag.as_deref(), Some("stable"));
    }
}

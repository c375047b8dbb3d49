//! Repositories of a real Git server, over HTTP.

use std::path::PathBuf;

use crate::repositories::{Repositories, component};
use crate::server::{Asked, Server, Way};
use crate::{House, access, at, git, says};

#[tokio::test]
async fn the_default_branch_a_branch_a_tag_and_a_commit() {
    let repositories = Repositories::new();
    let hello = repositories.hello();
    let server = Server::start(Way::Backend(repositories.path().to_owned())).await;
    let house = House::calling();
    let first = hello.git(&["rev-parse", "v1.0.0"]);
    let wanted = [
        (None, "three", "branch main at ", "main"),
        (Some("work"), "two", "branch work at ", "work"),
        (Some("refs/heads/work"), "two", "branch work at ", "work"),
        (Some("v1.0.0"), "one", "tag v1.0.0 at ", "v1.0.0"),
        (Some("v1.10.0"), "two", "tag v1.10.0 at ", "v1.10.0^{commit}"),
        (Some(first.as_str()), "one", "commit ", "v1.0.0"),
    ];
    for (reference, word, words, name) in wanted {
        let fetched = house.fetch(&git(&server.url("hello/.git"), reference, None), None).await.unwrap();
        assert_eq!(fetched.component, component(word), "{reference:?}");
        assert_eq!(fetched.readme, "# Hello\n");
        assert_eq!(fetched.detail, format!("{words}{}", &hello.git(&["rev-parse", name])[..12]));
    }
    let asked = server.asked();
    assert!(asked.iter().all(|asked| asked.header("git-protocol") == Some("version=2")), "{asked:?}");
    assert!(asked.iter().all(|asked| asked.header("user-agent").unwrap().starts_with("Vestry/")), "{asked:?}");
}

#[tokio::test]
async fn a_server_of_the_first_protocol_is_understood() {
    let repositories = Repositories::new();
    let hello = repositories.hello();
    let server = Server::start(Way::Old(repositories.path().to_owned())).await;
    let house = House::calling();
    let url = server.url("hello/.git");
    let main = hello.git(&["rev-parse", "main"]);
    for (reference, word) in [(None, "three"), (Some("v1.10.0"), "two"), (Some("work"), "two"), (Some(&*main), "three")]
    {
        let fetched = house.fetch(&git(&url, reference, None), None).await.unwrap();
        assert_eq!(fetched.component, component(word), "{reference:?}");
    }
    let names: Vec<_> = house.references(&at(&url), None).await.unwrap().into_iter().map(|one| one.name).collect();
    assert_eq!(names, ["main", "v1.10.0", "v1.9.0", "v1.0.0", "work"]);
    says!(house.fetch(&git(&url, Some("nope"), None), None).await, NotFound, "no branch and no tag `nope`", "`main`");
    // Of no branch and no tag, and so not given out.
    let between = hello.git(&["commit-tree", "-m", "between", "main^{tree}"]);
    says!(house.fetch(&git(&url, Some(&between), None), None).await, NotFound, "leads to the commit", between);
}

#[tokio::test]
async fn a_tag_comes_before_a_branch_of_its_name() {
    let repositories = Repositories::new();
    let hello = repositories.hello();
    hello.git(&["branch", "v1.0.0", "main"]);
    let server = Server::start(Way::Backend(repositories.path().to_owned())).await;
    let fetched = House::calling().fetch(&git(&server.url("hello/.git"), Some("v1.0.0"), None), None).await.unwrap();
    assert_eq!(fetched.component, component("one"));
}

#[tokio::test]
async fn a_commit_is_one_of_a_branch_or_a_tag_and_not_what_somebody_left_beside_them() {
    let repositories = Repositories::new();
    let hello = repositories.hello();
    // As a forge keeps copies of a repository and what is to be taken into it: with what is its own.
    let stray = hello.git(&["commit-tree", "-p", "main", "-m", "stray", "main^{tree}"]);
    hello.git(&["update-ref", "refs/pull/1/head", &stray]);
    let (tagged, before) = (hello.git(&["rev-parse", "v1.10.0"]), hello.git(&["rev-parse", "main~1"]));
    let way: [fn(PathBuf) -> Way; 2] = [Way::Backend, Way::Old];
    for way in way {
        // Even where the server gives it out.
        hello.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
        let server = Server::start(way(repositories.path().to_owned())).await;
        let house = House::calling();
        let fetch = async |commit: &str| house.fetch(&git(&server.url("hello/.git"), Some(commit), None), None).await;
        says!(
            fetch(&stray).await,
            NotFound,
            "no branch and no tag",
            "leads to the commit",
            &stray,
            "have the commit tagged"
        );
        for commit in [&before, &tagged] {
            assert_eq!(fetch(commit).await.unwrap().component, component("two"), "{commit}");
        }
        // What nobody has asked for is not asked for either.
        let wanted = |asked: &Asked| String::from_utf8_lossy(&asked.body).contains(&format!("want {stray}"));
        assert!(!server.asked().iter().any(wanted));
    }
    let here = House::new(&[], Some(repositories.path()));
    says!(here.fetch(&git(&hello.url(), Some(&stray), None), None).await, NotFound, "no branch and no tag", &stray);
    let fetched = here.fetch(&git(&hello.url(), Some(&before), None), None).await.unwrap();
    assert_eq!(fetched.component, component("two"));
}

#[tokio::test]
async fn nothing_of_the_history_is_fetched() {
    let repositories = Repositories::new();
    let hello = repositories.make("hello");
    // Of no pattern that could be compressed.
    let noise: Vec<u8> =
        (0_u32..2 << 20).map(|n| (n.wrapping_mul(2_654_435_761).rotate_left(n % 31) >> 13) as u8).collect();
    hello.commit(&[("large", &noise)], "large");
    std::fs::remove_file(hello.path.join("large")).unwrap();
    hello.commit(&[("hello.wasm", &component("one"))], "small");
    let server = Server::start(Way::Backend(repositories.path().to_owned())).await;
    let house = House::calling();
    house.fetch(&at(&server.url("hello/.git")), None).await.unwrap();
    assert_eq!(house.progress.lock().unwrap().len(), 0);
    house.fetch(&git(&server.url("hello/.git"), None, None), None).await.unwrap();
    let large = hello.git(&["rev-parse", "HEAD~1"]);
    says!(house.fetch(&git(&server.url("hello/.git"), Some(&large), None), None).await, NotFound, "no component");
    let progress = house.progress.lock().unwrap().clone();
    assert!(progress.len() > 2 && progress.is_sorted() && *progress.last().unwrap() > 1 << 20, "{progress:?}");
}

#[tokio::test]
async fn branches_and_tags_in_their_order_with_their_commits() {
    let repositories = Repositories::new();
    let hello = repositories.hello();
    let server = Server::start(Way::Backend(repositories.path().to_owned())).await;
    let house = House::calling();
    let source = at(&server.url("hello/.git"));
    let references = house.references(&source, None).await.unwrap();
    let names: Vec<_> = references.iter().map(|reference| reference.name.as_str()).collect();
    assert_eq!(names, ["main", "v1.10.0", "v1.9.0", "v1.0.0", "work"]);
    assert_eq!(references[1].target, hello.git(&["rev-parse", "v1.10.0^{commit}"]));
    let newest = house.newest(&source, "1.9.0", "branch main at 000000000000").await.unwrap().unwrap();
    assert_eq!(newest.version, "1.10.0");
}

#[tokio::test]
async fn at_most_500_are_offered() {
    let repositories = Repositories::new();
    let hello = repositories.hello();
    let head = hello.git(&["rev-parse", "HEAD"]);
    let tags: String = (0..600).map(|number| format!("{head} refs/tags/v2.{number}.0\n")).collect();
    std::fs::write(
        hello.path.join(".git/packed-refs"),
        format!("# pack-refs with: peeled fully-peeled sorted \n{tags}"),
    )
    .unwrap();
    let server = Server::start(Way::Backend(repositories.path().to_owned())).await;
    let references = House::calling().references(&at(&server.url("hello/.git")), None).await.unwrap();
    assert_eq!(references.len(), 500);
    assert_eq!((references[0].name.as_str(), references[1].name.as_str()), ("main", "v2.599.0"));
}

#[tokio::test]
async fn a_private_repository_wants_access() {
    let repositories = Repositories::new();
    repositories.hello();
    let house = House::calling();
    let wanted = |pair: &str| format!("Basic {}", data_encoding::BASE64.encode(pair.as_bytes()));
    let private = |pair: &str| Way::Private(repositories.path().to_owned(), wanted(pair));
    let server = Server::start(private("ada:open-sesame")).await;
    let source = at(&server.url("hello/.git"));
    let origin = format!("http://{}", server.address);
    says!(house.fetch(&source, None).await, Access, origin, "give a user and a token");
    says!(house.references(&source, Some(&access("ada", "wrong"))).await, Access, origin, "give others");
    assert_eq!(house.references(&source, Some(&access("ada", "open-sesame"))).await.unwrap().len(), 5);
    assert!(house.fetch(&source, Some(&access("ada", "open-sesame"))).await.is_ok());

    let server = Server::start(private("oauth2:token-alone")).await;
    assert!(house.fetch(&at(&server.url("hello/.git")), Some(&access("", "token-alone"))).await.is_ok());
}

#[tokio::test]
async fn where_the_first_call_is_redirected_the_others_follow_without_access() {
    let repositories = Repositories::new();
    repositories.hello();
    let there = Server::start(Way::Backend(repositories.path().to_owned())).await;
    let first = Server::start(Way::Redirect(there.url("").trim_end_matches('/').to_owned())).await;
    let source = at(&first.url("hello/.git"));
    let fetched = House::calling().fetch(&source, Some(&access("ada", "open-sesame"))).await.unwrap();
    assert_eq!(fetched.component, component("three"));
    assert!(first.asked().iter().all(|asked| asked.verb == "GET" && asked.header("authorization").is_some()));
    let asked = there.asked();
    assert!(asked.iter().any(|asked| asked.verb == "POST"), "{asked:?}");
    assert!(asked.iter().all(|asked| asked.header("authorization").is_none()), "{asked:?}");
}

#[tokio::test]
async fn what_is_not_there_says_what_is() {
    let repositories = Repositories::new();
    repositories.hello();
    repositories.make("empty");
    let server = Server::start(Way::Backend(repositories.path().to_owned())).await;
    let house = House::calling();
    let fetch = async |path: &str, reference| house.fetch(&git(&server.url(path), reference, None), None).await;
    let origin = format!("http://{}", server.address);
    says!(
        fetch("hello/.git", Some("nope")).await,
        NotFound,
        origin,
        "no branch and no tag `nope`",
        "`main`, `v1.10.0`"
    );
    let commit = "1".repeat(40);
    says!(fetch("hello/.git", Some(&commit)).await, NotFound, origin, "leads to the commit 1111");
    says!(fetch("empty/.git", None).await, NotFound, origin);
    says!(fetch("empty/.git", Some("main")).await, NotFound, origin, "there is none at all");
    says!(fetch("other.git", None).await, NotFound, origin, "no repository at this address");
}

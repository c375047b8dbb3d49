//! Repositories of this machine.

use crate::repositories::{Repositories, component, zip};
use crate::{House, at, git, says};

#[tokio::test]
async fn the_default_branch_a_branch_a_tag_and_a_commit() {
    let repositories = Repositories::new();
    let hello = repositories.hello();
    let house = House::new(&[], Some(repositories.path()));
    let first = hello.git(&["rev-parse", "v1.0.0"]);
    let wanted = [
        (None, "three", "branch main at ", "main"),
        (Some("main"), "three", "branch main at ", "main"),
        (Some("work"), "two", "branch work at ", "work"),
        (Some("v1.0.0"), "one", "tag v1.0.0 at ", "v1.0.0"),
        (Some("v1.10.0"), "two", "tag v1.10.0 at ", "v1.10.0^{commit}"),
        (Some(first.as_str()), "one", "commit ", "v1.0.0"),
    ];
    for (reference, word, words, name) in wanted {
        let fetched = house.fetch(&git(&hello.url(), reference, None), None).await.unwrap();
        assert_eq!(fetched.component, component(word), "{reference:?}");
        assert_eq!(fetched.readme, "# Hello\n");
        assert_eq!(fetched.detail, format!("{words}{}", &hello.git(&["rev-parse", name])[..12]));
    }
    hello.git(&["checkout", "--quiet", "--detach", "v1.0.0"]);
    assert_eq!(house.fetch(&at(&hello.url()), None).await.unwrap().detail, format!("HEAD at {}", &first[..12]));
}

#[tokio::test]
async fn branches_and_tags_in_their_order_with_their_commits() {
    let repositories = Repositories::new();
    let hello = repositories.hello();
    let house = House::new(&[], Some(repositories.path()));
    let references = house.references(&at(&hello.url()), None).await.unwrap();
    let names: Vec<_> = references.iter().map(|reference| reference.name.as_str()).collect();
    assert_eq!(names, ["main", "v1.10.0", "v1.9.0", "v1.0.0", "work"]);
    assert_eq!(references[1].target, hello.git(&["rev-parse", "v1.10.0^{commit}"]));
}

#[tokio::test]
async fn what_is_newer() {
    let repositories = Repositories::new();
    let hello = repositories.hello();
    let house = House::new(&[], Some(repositories.path()));
    let source = at(&hello.url());
    let detail = house.fetch(&source, None).await.unwrap().detail;
    let newest = house.newest(&source, "1.0.0", &detail).await.unwrap().unwrap();
    assert_eq!((newest.version.as_str(), newest.source), ("1.10.0", git(&hello.url(), Some("v1.10.0"), None)));
    assert_eq!(house.newest(&source, "1.10.0", &detail).await.unwrap(), None);
    let fourth = hello.commit(&[("other", b"four")], "four");
    let newest = house.newest(&source, "1.10.0", &detail).await.unwrap().unwrap();
    assert_eq!((newest.version.as_str(), newest.source), (&fourth[..12], source));
}

#[tokio::test]
async fn a_path_that_leads_to_no_component_says_what_there_is() {
    let repositories = Repositories::new();
    let odd = repositories.make("odd");
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 70000\n";
    std::os::unix::fs::symlink("a.wasm", odd.path.join("link.wasm")).unwrap();
    odd.commit(&[("a.wasm", &component("a")), ("deep/b.wasm", &component("b")), ("big.wasm", pointer)], "odd");
    odd.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{},module", "1".repeat(40))]);
    odd.git(&["commit", "--quiet", "--message=module"]);
    let house = House::new(&[], Some(repositories.path()));
    let fetch = async |path| house.fetch(&git(&odd.url(), None, path), None).await;
    assert_eq!(fetch(Some("deep/b.wasm")).await.unwrap().component, component("b"));
    says!(fetch(None).await, NotFound, "several components", "`a.wasm`, `big.wasm`, `deep/b.wasm`");
    says!(
        fetch(Some("c.wasm")).await,
        NotFound,
        "no `c.wasm` at branch main",
        "at the root there is `a.wasm`",
        "`deep`"
    );
    says!(fetch(Some("deep/c.wasm")).await, NotFound, "in `deep/` there is `b.wasm`");
    says!(fetch(Some("deep")).await, NotFound, "`deep` in the repository", "is a directory");
    says!(fetch(Some("a.wasm/b")).await, NotFound, "is a file, and not a directory");
    says!(fetch(Some("link.wasm")).await, NotFound, "symbolic link");
    says!(fetch(Some("module")).await, NotFound, "submodule");
    says!(fetch(Some("module/x")).await, NotFound, "submodule");
    says!(fetch(Some("big.wasm")).await, Content, "Git LFS");
    for path in ["../odd/a.wasm", "/a.wasm", "deep//b.wasm", "./a.wasm", ""] {
        says!(fetch(Some(path)).await, Address, "no path inside a repository");
    }
}

#[tokio::test]
async fn a_zip_is_unpacked_and_a_bomb_of_one_is_not() {
    let repositories = Repositories::new();
    let zipped = repositories.make("zipped");
    let good = zip("hello.wasm", &component("zipped"));
    let mut false_size = good.clone();
    false_size[22..26].copy_from_slice(&u32::MAX.to_le_bytes());
    zipped.commit(&[("hello.zip", &good), ("bad.zip", &false_size), ("README.md", b"# Zipped\n")], "zipped");
    let house = House::new(&[], Some(repositories.path()));
    let fetched = house.fetch(&git(&zipped.url(), None, Some("hello.zip")), None).await.unwrap();
    assert_eq!((fetched.component, fetched.readme.as_str()), (component("zipped"), "# Zipped\n"));
    says!(house.fetch(&git(&zipped.url(), None, Some("bad.zip")), None).await, Content, "bad.zip");
    says!(house.fetch(&git(&zipped.url(), None, Some("README.md")), None).await, Content, "README.md");
}

#[tokio::test]
async fn a_reference_that_is_not_there_says_which_are() {
    let repositories = Repositories::new();
    let hello = repositories.hello();
    let empty = repositories.make("empty");
    let bare = repositories.make("bare");
    bare.commit(&[("other", b"nothing")], "nothing");
    let house = House::new(&[], Some(repositories.path()));
    let fetch = async |url: &str, reference| house.fetch(&git(url, reference, None), None).await;
    says!(fetch(&hello.url(), Some("nope")).await, NotFound, "no branch and no tag `nope`", "`main`, `v1.10.0`");
    let commit = "0".repeat(40);
    says!(fetch(&hello.url(), Some(&commit)).await, NotFound, "leads to the commit 0000");
    says!(fetch(&hello.url(), Some("HEAD~1")).await, Address, "can be no branch and no tag");
    says!(fetch(&empty.url(), None).await, NotFound, "is empty");
    says!(fetch(&bare.url(), None).await, NotFound, "no component (`.wasm`) at branch main");
    let nowhere = format!("{}-not", hello.url());
    says!(fetch(&nowhere, None).await, NotFound, "no Git repository at");
}

#[tokio::test]
async fn repositories_lie_below_what_the_configuration_names() {
    let (allowed, other) = (Repositories::new(), Repositories::new());
    let hello = other.hello();
    let house = House::new(&[], Some(allowed.path()));
    let fetch = async |url: &str| house.fetch(&at(url), None).await;
    let line = format!("packages:\n      repositories: [{}]", other.path().display());
    says!(fetch(&hello.url()).await, Refused, line);
    says!(house.references(&at(&hello.url()), None).await, Refused, line);
    // What is not there is refused in the same words.
    says!(fetch(&format!("{}-not", hello.url())).await, Refused, line);

    let link = allowed.path().join("link");
    std::os::unix::fs::symlink(&hello.path, &link).unwrap();
    says!(fetch(&format!("file://{}", link.display())).await, Refused, "reads no repositories");

    let borrowing = allowed.make("borrowing");
    let objects = hello.path.join(".git/objects");
    std::fs::write(borrowing.path.join(".git/objects/info/alternates"), format!("{}\n", objects.display())).unwrap();
    borrowing.git(&["update-ref", "refs/heads/main", &hello.git(&["rev-parse", "main"])]);
    says!(fetch(&borrowing.url()).await, Refused, "keeps a part of itself elsewhere");

    // Parts of it that are links: to what another may not read, and this server may.
    for (part, to) in [
        (".git/objects/pack", hello.path.join(".git/objects/pack")),
        (".git/refs/heads/link", "/etc/passwd".into()),
        (".git/packed-refs", hello.path.join(".git/HEAD")),
    ] {
        let linking = allowed.make("linking");
        linking.commit(&[("a.wasm", b"x")], "a");
        let part = linking.path.join(part);
        let _ = std::fs::remove_dir_all(&part);
        std::os::unix::fs::symlink(to, &part).unwrap();
        says!(fetch(&linking.url()).await, Refused, "has a link", part.file_name().unwrap().to_string_lossy());
        std::fs::remove_dir_all(&linking.path).unwrap();
    }

    let tree = allowed.path().join("tree");
    hello.git(&["worktree", "add", "--quiet", tree.to_str().unwrap(), "work"]);
    says!(fetch(&format!("file://{}", tree.display())).await, Refused, "keeps a part of itself elsewhere");
}

//! Directories of plugins, from outside: nothing but what is in them is read or written, whatever is asked for.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use vestry_tests::server::vestry;
use vestry_tests::{Answer, Client, House};

/// What stands outside of the directory, in every place that could be reached.
const SECRET: &str = "this is not for a plugin";

static HOUSE: LazyLock<House> = LazyLock::new(|| house("files", "files: {}"));

/// A server with this for the worker's directories; `{}` stands for a directory that is there.
fn house(name: &str, directories: &str) -> House {
    let house = House::prepared(name, |data| {
        let root = beside(data);
        fs::create_dir(root.join("files")).expect("a directory can be made");
        fs::create_dir(root.join("files-of-others")).expect("a directory can be made");
        for secret in ["secret", "files-of-others/secret"] {
            fs::write(root.join(secret), SECRET).expect("a file can be made");
        }
        let directories = directories.replace("{}", &root.join("files").display().to_string());
        format!("directories: {{org.example.worker: {{{directories}}}}}\n")
    });
    house.install("worker");
    house
}

fn beside(data: &Path) -> PathBuf {
    data.parent().expect("data lies in a folder").to_owned()
}

fn place(path: &str) -> PathBuf {
    beside(HOUSE.server.data()).join("files").join(path)
}

fn read(client: &Client, path: &str) -> Answer {
    let query: String = url::form_urlencoded::byte_serialize(path.as_bytes()).collect();
    client.get_json(&format!("/worker/file?path={query}"))
}

fn keep(client: &Client, path: &str, content: &str) -> Answer {
    let body = format!(
        "--x\r\nContent-Disposition: form-data; name=\"keep\"\r\n\r\n{path}\r\n--x\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n{content}\r\n--x--\r\n"
    );
    let call = client.call("POST", "/worker/upload").header("accept", "application/json");
    call.body("multipart/form-data; boundary=x", body.into_bytes()).send()
}

/// Everything outside of the directory as it was.
fn outside_is_untouched() {
    let root = beside(HOUSE.server.data());
    for secret in ["secret", "files-of-others/secret"] {
        assert_eq!(fs::read_to_string(root.join(secret)).expect("it is there"), SECRET);
    }
    assert_eq!(fs::read_dir(root.join("files-of-others")).expect("it is there").count(), 1);
}

#[test]
fn no_path_leads_out() {
    let client = HOUSE.as_admin();
    fs::create_dir_all(place("inner")).expect("a directory can be made");
    let root = beside(HOUSE.server.data());
    let absolute = root.join("secret").display().to_string();
    let (long, deep) = ("a".repeat(1025), ["a"; 33].join("/"));
    for path in [
        "..",
        "../secret",
        "../files-of-others/secret",
        "inner/../../secret",
        "inner/..",
        "./../secret",
        ".",
        "./inner",
        "inner/./x",
        "inner//x",
        "inner/",
        "/",
        "//secret",
        "/etc/passwd",
        "/proc/self/environ",
        &absolute,
        "..\\secret",
        "inner\\..\\..\\secret",
        "x\0",
        "../secret\0.txt",
        ".vestry-0.part",
        &long,
        &deep,
        &"n".repeat(300),
    ] {
        let answer = read(&client, path);
        assert!((400..500).contains(&answer.status), "{path:?} answers {}: {}", answer.status, answer.text());
        assert!(!answer.text().contains(SECRET) && !answer.text().contains("root:"), "{path:?}");
        let answer = keep(&client, path, "overwritten");
        assert!((400..500).contains(&answer.status), "{path:?} answers {}: {}", answer.status, answer.text());
        assert!(!answer.text().contains(root.to_str().expect("a name in UTF-8")) || path == absolute, "{path:?}");
    }
    // What looks like a way out and is none is a name like any other.
    for path in ["..%2fsecret", "%2e%2e/secret", "...", "..a/b", "ä/日本", "a b", &"n".repeat(255)] {
        assert_eq!(read(&client, path).status, 404, "{path:?}");
        keep(&client, path, "mine").expect(200);
        assert_eq!(read(&client, path).expect(200).text(), "mine", "{path:?}");
        assert_eq!(fs::read_to_string(place(path)).expect("it is kept"), "mine", "{path:?}");
    }
    outside_is_untouched();
}

#[test]
fn links_lead_nowhere() {
    let client = HOUSE.as_admin();
    let root = beside(HOUSE.server.data());
    fs::write(place("target"), "inside").expect("a file can be made");
    for (name, target) in [
        ("link-up", PathBuf::from("../secret")),
        ("link-absolute", root.join("secret")),
        ("link-folder", PathBuf::from("../files-of-others")),
        ("link-root", PathBuf::from("/")),
        ("link-inside", PathBuf::from("target")),
        ("link-itself", PathBuf::from("link-itself")),
        ("link-proc", PathBuf::from("/proc/self/root")),
    ] {
        symlink(target, place(name)).expect("a link can be made");
    }
    let inside_root = format!("link-root{}", root.join("secret").display());
    let inside_proc = format!("link-proc{}", root.join("secret").display());
    for path in [
        "link-up",
        "link-absolute",
        "link-folder/secret",
        "link-folder",
        "link-inside",
        "link-itself",
        "link-itself/x",
        &inside_root,
        &inside_proc,
    ] {
        let answer = read(&client, path);
        assert!((400..500).contains(&answer.status), "{path} answers {}: {}", answer.status, answer.text());
        assert!(!answer.text().contains(SECRET), "{path}");
    }
    for path in ["link-folder/secret", "link-folder/new", &inside_root, "link-itself/x"] {
        let answer = keep(&client, path, "overwritten");
        assert!((400..500).contains(&answer.status), "{path} answers {}: {}", answer.status, answer.text());
    }
    // Keeping under the name of a link takes the link's place, and leaves what it leads to.
    keep(&client, "link-up", "mine").expect(200);
    assert_eq!(read(&client, "link-up").expect(200).text(), "mine");
    outside_is_untouched();
}

#[test]
fn nobody_waits_at_a_pipe() {
    let client = HOUSE.as_admin();
    let made = Command::new("mkfifo").arg(place("pipe")).status().expect("mkfifo runs");
    assert!(made.success());
    let began = Instant::now();
    assert_eq!(read(&client, "pipe").status, 404);
    assert!(began.elapsed() < Duration::from_secs(5), "it waited for {:?}", began.elapsed());
    // A file takes the pipe's place, without opening it.
    keep(&client, "pipe", "a file").expect(200);
    assert_eq!(read(&client, "pipe").expect(200).text(), "a file");
}

#[test]
fn who_may_not_open_the_page_gets_no_file() {
    fs::write(place("known"), "for who is signed in").expect("a file can be made");
    read(&HOUSE.visitor(), "known").expect_problem(401);
    assert_eq!(
        read(&HOUSE.signed_in(&HOUSE.person("Fred Files", &[])), "known").expect(200).text(),
        "for who is signed in"
    );
}

#[test]
fn a_directory_without_a_place_says_what_to_write() {
    let house = house("files-unplaced", "other: {}");
    let answer = read(&house.as_admin(), "x").expect_problem(403);
    let told = answer["detail"].as_str().unwrap_or_default();
    assert!(told.contains("directories: {org.example.worker: {files: /ABSOLUTE/PATH}}"), "{told}");
    keep(&house.as_admin(), "x", "y").expect_problem(403);
}

#[test]
fn a_place_that_is_not_there_is_used_once_it_is() {
    let house = house("files-missing", "files: {}/later");
    let client = house.as_admin();
    let answer = read(&client, "x").expect_problem(503);
    let told = answer["detail"].as_str().unwrap_or_default();
    assert!(told.contains("make it") && told.contains("`files`"), "{told}");
    let later = beside(house.server.data()).join("files/later");
    assert!(!told.contains(later.to_str().expect("a name in UTF-8")), "where it is stands in the log: {told}");
    assert!(house.server.log().contains(later.to_str().expect("a name in UTF-8")));
    fs::create_dir(&later).expect("a directory can be made");
    keep(&client, "x", "kept").expect(200);
    assert_eq!(fs::read_to_string(later.join("x")).expect("it is kept"), "kept");
}

#[test]
fn a_place_that_cannot_be_meant_keeps_the_server_from_starting() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let data = folder.path().join("data");
    fs::create_dir(&data).expect("a folder can be made");
    for (place, told) in [
        ("srv/worker".to_owned(), "is not a path from the root on"),
        ("/srv/../etc".to_owned(), "is not a path from the root on"),
        (data.display().to_string(), "must not lie in one another"),
        (data.join("store").display().to_string(), "must not lie in one another"),
        ("/".to_owned(), "must not lie in one another"),
    ] {
        let settings = format!("directories: {{org.example.worker: {{files: '{place}'}}}}\n");
        fs::write(data.join("vestry.yml"), settings).expect("settings can be written");
        let output = vestry(&data, &["serve", "--listen", "127.0.0.1:0"], "");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && stderr.contains(told), "{place}: {stderr}");
        assert!(stderr.contains("`files` of org.example.worker"), "{place}: {stderr}");
    }
}

use std::collections::BTreeMap;
use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use super::draft::Draft;
use super::path::BadPath;
use super::*;
use crate::uploads::Upload;

/// A directory with a neighbour that must not be reached.
struct Place {
    root: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("inside")).unwrap();
        fs::create_dir(root.path().join("outside")).unwrap();
        fs::write(root.path().join("outside/secret"), "secret").unwrap();
        Self { root }
    }

    fn inside(&self, path: &str) -> PathBuf {
        self.root.path().join("inside").join(path)
    }

    fn folder(&self) -> Folder {
        open(&self.root.path().join("inside"), "org.example.worker", "files").unwrap()
    }

    /// Names below the directory, those that plugins do not see too.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.inside("")).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn directories(place: &Path) -> Directories {
    let names = BTreeMap::from([("files".to_owned(), place.to_owned())]);
    Directories::new(BTreeMap::from([("org.example.worker".to_owned(), names)]))
}

fn path(text: &str) -> FilePath {
    FilePath::parse(text).unwrap()
}

fn read(folder: &Folder, text: &str) -> Result<Vec<u8>, FileError> {
    folder.read(&path(text), None, 0, 1 << 20).map(|piece| piece.content)
}

fn wait() -> AtomicBool {
    AtomicBool::new(false)
}

#[test]
fn a_path_that_could_lead_elsewhere_is_none() {
    let long_path = "a".repeat(1025);
    let deep_path = ["a"; 33].join("/");
    for (text, reason) in [
        ("", BadPath::Empty),
        ("/etc/passwd", BadPath::Absolute),
        ("//etc/passwd", BadPath::Absolute),
        ("..", BadPath::Dots),
        ("../outside/secret", BadPath::Dots),
        ("a/../../outside/secret", BadPath::Dots),
        ("a/..", BadPath::Dots),
        (".", BadPath::Dots),
        ("./a", BadPath::Dots),
        ("a/./b", BadPath::Dots),
        ("a//b", BadPath::EmptyName),
        ("a/", BadPath::EmptyName),
        ("..\\outside\\secret", BadPath::Character),
        ("a\\b", BadPath::Character),
        ("a\0b", BadPath::Character),
        ("a/b\0/../c", BadPath::Character),
        (".vestry-0.part", BadPath::Reserved),
        ("a/.vestry-0.part", BadPath::Reserved),
        (&long_path, BadPath::TooLong),
        (&deep_path, BadPath::TooDeep),
    ] {
        assert_eq!(FilePath::parse(text), Err(reason), "{text:?}");
    }
    for text in ["a", "a/b/c", "...", "..a", "a..", ".hidden", "a b", "%2e%2e", "ä/日本", &["a"; 32].join("/")] {
        assert_eq!(FilePath::parse(text).unwrap().as_str(), text);
    }
}

#[test]
fn links_are_not_seen_not_followed_out_and_not_written_through() {
    let place = Place::new();
    fs::write(place.inside("real"), "real").unwrap();
    symlink("../outside/secret", place.inside("relative")).unwrap();
    symlink(place.root.path().join("outside/secret"), place.inside("absolute")).unwrap();
    symlink("../outside", place.inside("folder")).unwrap();
    symlink("real", place.inside("near")).unwrap();
    let folder = place.folder();
    let seen: Vec<_> = folder.entries(None, None).unwrap().files.into_iter().map(|file| file.path).collect();
    assert_eq!(seen, ["real"]);
    for text in ["relative", "absolute", "near", "folder", "folder/secret"] {
        let error = read(&folder, text).unwrap_err();
        assert!(matches!(error, FileError::Missing { .. } | FileError::Outside { .. }), "{text}: {error}");
        assert!(folder.append(&path(text), b"x").is_err(), "{text}");
        assert!(folder.remove(&path(text)).is_err(), "{text}");
        assert!(folder.rename(&path(text), &path("taken")).is_err(), "{text}");
    }
    for text in ["folder/secret", "folder/new", "folder/a/b"] {
        let error = folder.write(&path(text), b"x").unwrap_err();
        assert!(matches!(error, FileError::Outside { .. } | FileError::Unfit { .. }), "{text}: {error}");
        assert!(folder.keep(&path(text), &b"x".to_vec().into(), &wait()).is_err(), "{text}");
        assert!(folder.rename(&path("real"), &path(text)).is_err(), "{text}");
    }
    assert!(folder.entries(Some(&path("folder")), None).is_err());
    // What is written takes the place of a link, and not of what it leads to.
    folder.write(&path("relative"), b"mine").unwrap();
    assert_eq!(read(&folder, "relative").unwrap(), b"mine");
    assert_eq!(fs::read(place.root.path().join("outside/secret")).unwrap(), b"secret");
    assert_eq!(fs::read_dir(place.root.path().join("outside")).unwrap().count(), 1);
    assert_eq!(fs::read(place.inside("real")).unwrap(), b"real");
}

#[test]
fn a_pipe_or_a_socket_is_never_opened() {
    let place = Place::new();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        place.inside("pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    let _listener = std::os::unix::net::UnixListener::bind(place.inside("socket")).unwrap();
    let folder = place.folder();
    assert!(folder.entries(None, None).unwrap().files.is_empty());
    for name in ["pipe", "socket"] {
        // Opening a pipe waits for the other end: a test that comes back shows that nobody waits.
        assert!(matches!(read(&folder, name), Err(FileError::Missing { .. })), "{name}");
        assert!(folder.append(&path(name), b"x").is_err(), "{name}");
        assert!(folder.remove(&path(name)).is_err(), "{name}");
        assert!(folder.read(&path("gone"), Some("1-1"), 0, 1).is_err());
    }
}

#[test]
fn a_file_is_written_whole_and_its_folders_are_made() {
    let place = Place::new();
    let folder = place.folder();
    folder.write(&path("a/b/c.txt"), b"one").unwrap();
    folder.write(&path("a/b/c.txt"), b"another").unwrap();
    assert_eq!(read(&folder, "a/b/c.txt").unwrap(), b"another");
    let piece = folder.read(&path("a/b/c.txt"), None, 2, 3).unwrap();
    assert_eq!((piece.content.as_slice(), piece.size), (&b"oth"[..], 7));
    assert!(folder.read(&path("a/b/c.txt"), None, 7, 3).unwrap().content.is_empty());
    assert!(folder.read(&path("a/b/c.txt"), None, u64::MAX, u32::MAX).unwrap().content.is_empty());
    for (text, made) in [("a", "is a directory"), ("a/b/c.txt/d", "of the other kind")] {
        let error = folder.write(&path(text), b"x").unwrap_err().to_string();
        assert!(error.contains(made), "{text}: {error}");
    }
    assert!(matches!(folder.write(&path(&"x".repeat(300)), b"x"), Err(FileError::Unfit { .. })));
    assert_eq!(place.names(), ["a"], "nothing is left of what failed");
}

#[test]
fn a_draft_that_is_dropped_leaves_nothing() {
    let place = Place::new();
    let dir = Dir::open_ambient_dir(place.inside(""), ambient_authority()).unwrap();
    drop(Draft::new(&dir).unwrap());
    let named = Draft::named(&dir).unwrap();
    named.file().write_all(b"half").unwrap();
    assert_eq!(place.names().len(), 1);
    assert!(place.folder().entries(None, None).unwrap().files.is_empty(), "it is not seen");
    drop(named);
    assert!(place.names().is_empty());
    let named = Draft::named(&dir).unwrap();
    named.file().write_all(b"whole").unwrap();
    named.place("file").unwrap();
    assert_eq!(fs::read(place.inside("file")).unwrap(), b"whole");
    assert_eq!(place.names(), ["file"]);
}

#[test]
fn what_a_crash_has_left_goes_after_a_day() {
    let place = Place::new();
    let folder = place.folder();
    let left = ".vestry-0123456789abcdef.part";
    // Of these, none is a draft of the server's.
    let others = [".vestry-0123456789abcdef", ".vestry-123.part", ".vestry-0123456789abcdeg.part", "x.part"];
    folder.write(&path("a/b/file"), b"x").unwrap();
    for name in others.iter().chain([&left]) {
        fs::write(place.inside("a").join(name), "half").unwrap();
    }
    symlink("b/file", place.inside("a/.vestry-fedcba9876543210.part")).unwrap();
    fs::create_dir(place.inside("a/.vestry-aaaaaaaaaaaaaaaa.part")).unwrap();
    let names = || fs::read_dir(place.inside("a")).unwrap().count();
    let days = |days: u64| std::time::SystemTime::now() + std::time::Duration::from_secs(days * 24 * 3_600);
    let before = names();
    folder.entries(Some(&path("a")), None).unwrap();
    folder.sweep(&path("a"), days(0)).unwrap();
    assert_eq!(names(), before, "it may be on its way");
    folder.sweep(&path("a"), days(2)).unwrap();
    assert_eq!(names(), before - 1);
    assert!(!place.inside("a").join(left).exists());
    assert!(folder.remove(&path("a")).is_err(), "what is somebody's stays");
}

#[test]
fn a_free_name_is_given_in_one_step() {
    let place = Place::new();
    let dir = Dir::open_ambient_dir(place.inside(""), ambient_authority()).unwrap();
    let draft = Draft::new(&dir).unwrap();
    draft.file().write_all(b"one").unwrap();
    draft.place("file").unwrap();
    fs::create_dir(place.inside("folder")).unwrap();
    let draft = Draft::new(&dir).unwrap();
    draft.file().write_all(b"two").unwrap();
    draft.place("file").unwrap();
    assert_eq!(fs::read(place.inside("file")).unwrap(), b"two", "what has the name is replaced");
    assert!(Draft::new(&dir).unwrap().place("folder").is_err());
    assert_eq!(place.names(), ["file", "folder"]);
}

#[test]
fn what_is_added_says_where_it_begins_however_many_add() {
    let place = Place::new();
    assert_eq!(place.folder().append(&path("log/today"), b"").unwrap(), 0);
    let threads: Vec<_> = (0..8)
        .map(|number: u8| {
            let folder = place.folder();
            std::thread::spawn(move || {
                let line = vec![b'a' + number; 100];
                (0..50).map(|_| (number, folder.append(&path("log/today"), &line).unwrap())).collect::<Vec<_>>()
            })
        })
        .collect();
    let begun: Vec<(u8, u64)> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    let content = fs::read(place.inside("log/today")).unwrap();
    assert_eq!(content.len(), 8 * 50 * 100);
    for (number, before) in begun {
        let start = usize::try_from(before).unwrap();
        assert!(content[start..start + 100].iter().all(|byte| *byte == b'a' + number), "at {before}");
    }
}

#[test]
fn many_who_write_one_file_leave_one_of_them() {
    let place = Place::new();
    let threads: Vec<_> = (0..8)
        .map(|number: u8| {
            let folder = place.folder();
            std::thread::spawn(move || {
                for _ in 0..25 {
                    folder.write(&path("shared"), &vec![number; 10_000]).unwrap();
                    let found = read(&folder, "shared").unwrap();
                    assert!(found.len() == 10_000 && found.iter().all(|byte| *byte == found[0]));
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(place.names(), ["shared"]);
}

#[test]
fn a_renamed_file_is_found_by_its_identity_and_a_new_one_is_another() {
    let place = Place::new();
    let folder = place.folder();
    folder.write(&path("logs/now"), b"old lines").unwrap();
    let identity = folder.entries(Some(&path("logs")), None).unwrap().files[0].identity.clone();
    assert_eq!(folder.open(&path("logs/now")).unwrap().identity, identity, "listed and opened it is the same");
    folder.append(&path("logs/now"), b", more").unwrap();
    fs::rename(place.inside("logs/now"), place.inside("logs/now.1")).unwrap();
    let by_identity = |wanted: &str| folder.read(&path("logs/now"), Some(wanted), 0, 100).map(|piece| piece.content);
    assert_eq!(by_identity(&identity).unwrap(), b"old lines, more");
    folder.write(&path("logs/now"), b"new lines").unwrap();
    assert_eq!(by_identity(&identity).unwrap(), b"old lines, more");
    let other = folder.open(&path("logs/now")).unwrap().identity;
    assert_ne!(other, identity);
    assert_eq!(by_identity(&other).unwrap(), b"new lines");
    fs::remove_file(place.inside("logs/now.1")).unwrap();
    for gone in [identity.as_str(), "", "0-0", "nonsense", "ffffffffffffffffff-1"] {
        assert!(matches!(by_identity(gone), Err(FileError::Missing { .. })), "{gone}");
    }
    // Most file systems give the next file the inode that has just become free.
    fs::remove_file(place.inside("logs/now")).unwrap();
    for number in 0..20 {
        folder.write(&path(&format!("logs/{number}")), b"x").unwrap();
    }
    assert!(matches!(by_identity(&other), Err(FileError::Missing { .. })));
}

#[test]
fn a_long_listing_comes_in_parts_and_in_order() {
    let place = Place::new();
    for number in 0..2100 {
        fs::write(place.inside(&format!("{number:05}")), "").unwrap();
    }
    fs::create_dir(place.inside("02099-folder")).unwrap();
    let folder = place.folder();
    let (mut names, mut cursor, mut parts) = (Vec::new(), None, Vec::new());
    loop {
        let listing = folder.entries(None, cursor.as_deref()).unwrap();
        parts.push(listing.files.len());
        names.extend(listing.files.into_iter().map(|file| file.path));
        cursor = listing.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(parts, [1000, 1000, 101]);
    assert!(names.is_sorted() && names.len() == 2101);
    assert_eq!(names.last().unwrap(), "02099-folder");
    assert!(folder.entries(None, Some("3")).unwrap().files.is_empty());
}

#[test]
fn names_can_be_changed_and_removed_inside() {
    let place = Place::new();
    let folder = place.folder();
    folder.write(&path("a/one"), b"1").unwrap();
    folder.write(&path("two"), b"2").unwrap();
    folder.rename(&path("a/one"), &path("two")).unwrap();
    assert_eq!(read(&folder, "two").unwrap(), b"1");
    folder.rename(&path("a"), &path("b")).unwrap();
    assert!(matches!(folder.rename(&path("a"), &path("c")), Err(FileError::Missing { .. })));
    assert!(matches!(folder.rename(&path("two"), &path("nowhere/two")), Err(FileError::Missing { .. })));
    assert!(matches!(folder.rename(&path("b"), &path("b/c")), Err(FileError::Unfit { .. })));
    folder.write(&path("b/three"), b"3").unwrap();
    assert!(folder.remove(&path("b")).unwrap_err().to_string().contains("not empty"));
    folder.remove(&path("b/three")).unwrap();
    folder.remove(&path("b")).unwrap();
    folder.remove(&path("two")).unwrap();
    assert!(matches!(folder.remove(&path("two")), Err(FileError::Missing { .. })));
    assert!(place.names().is_empty());
}

#[tokio::test]
async fn a_place_that_is_missing_says_what_to_make() {
    let place = Place::new();
    let directories = directories(&place.root.path().join("nowhere"));
    let told =
        async |plugin: &str, name: &str| directories.inside(plugin, name, |_| Ok(())).await.unwrap_err().to_string();
    let missing = told("org.example.worker", "files").await;
    assert!(missing.contains("make it"), "{missing}");
    assert!(!missing.contains(place.root.path().to_str().unwrap()), "where it is stands in the log: {missing}");
    let line = "directories: {org.example.other: {files: /ABSOLUTE/PATH}}";
    assert!(told("org.example.other", "files").await.contains(line));
    assert!(told("org.example.worker", "other").await.contains("{other: /ABSOLUTE/PATH}"));
}

#[tokio::test]
async fn a_disk_that_hangs_holds_up_itself_alone() {
    let place = Place::new();
    let names = ["hangs", "works"].map(|name| (name.to_owned(), place.inside("")));
    let both = BTreeMap::from([("org.example.worker".to_owned(), BTreeMap::from(names))]);
    let directories = Arc::new(Directories::new(both));
    let (release, hanging) = std::sync::mpsc::channel::<()>();
    let hanging = Arc::new(std::sync::Mutex::new(hanging));
    for _ in 0..TURNS {
        let (directories, hanging) = (Arc::clone(&directories), Arc::clone(&hanging));
        tokio::spawn(async move {
            let hang = move |_: &Folder| Ok(hanging.lock().unwrap().recv().is_err());
            directories.inside("org.example.worker", "hangs", hang).await
        });
    }
    let soon = std::time::Duration::from_millis(200);
    let asked = async |name: &str| {
        let asked = directories.inside("org.example.worker", name, |folder| folder.entries(None, None));
        tokio::time::timeout(soon, asked).await.is_ok()
    };
    tokio::time::sleep(soon).await;
    assert!(!asked("hangs").await);
    assert!(asked("works").await);
    drop(release);
    tokio::time::sleep(soon).await;
    assert!(asked("hangs").await);
}

fn on_disk(place: &Place, content: &[u8]) -> Upload {
    let mut file = Upload::new_file(&place.root.path().join("uploads")).unwrap();
    file.write_all(content).unwrap();
    file.seek(SeekFrom::Start(0)).unwrap();
    Upload::on_file(file, content.len() as u64)
}

#[test]
fn an_upload_is_kept_whole_and_can_be_kept_again() {
    let place = Place::new();
    let folder = place.folder();
    let content: Vec<u8> = (0..3_000_000_u32).flat_map(u32::to_le_bytes).collect();
    let upload = on_disk(&place, &content);
    assert_eq!(fs::read_dir(place.root.path().join("uploads")).unwrap().count(), 0, "it has no name");
    let keep = |text: &str, upload: &Upload| folder.keep(&path(text), upload, &wait());
    fs::write(place.inside("kept"), "what was there").unwrap();
    keep("kept", &upload).unwrap();
    assert_eq!(fs::read(place.inside("kept")).unwrap(), content);
    keep("kept", &upload).unwrap();
    // What is added to one of two must not be added to the other, nor to the upload.
    keep("a/copy", &upload).unwrap();
    folder.append(&path("kept"), b"more").unwrap();
    keep("again", &upload).unwrap();
    keep("kept", &upload).unwrap();
    for name in ["kept", "a/copy", "again"] {
        assert!(fs::read(place.inside(name)).unwrap() == content, "{name}");
    }
    assert_eq!(upload.piece(content.len() as u64 - 2, 100).unwrap().len(), 2);
    assert!(upload.piece(u64::MAX, 100).unwrap().is_empty());
    keep("small", &b"in memory".to_vec().into()).unwrap();
    assert_eq!(read(&folder, "small").unwrap(), b"in memory");
    drop(upload);
    assert_eq!(place.names(), ["a", "again", "kept", "small"]);
}

#[test]
fn a_copy_that_nobody_waits_for_ends_and_leaves_nothing() {
    let place = Place::new();
    let upload = on_disk(&place, &[7; 1000]);
    place.folder().keep(&path("first"), &upload, &wait()).unwrap();
    let ended = place.folder().keep(&path("second"), &upload, &AtomicBool::new(true));
    assert!(matches!(ended, Err(FileError::GivenUp)));
    assert_eq!(place.names(), ["first"]);
}

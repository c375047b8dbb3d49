//! Repositories, made by Git itself.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use url::Url;

/// What stands at the start of every component.
const HEAD: &[u8] = b"\0asm\x0d\0\x01\0";

/// A component, as far as anybody here looks.
pub fn component(word: &str) -> Vec<u8> {
    [HEAD, word.as_bytes()].concat()
}

/// A ZIP that holds one file, as it is.
pub fn zip(name: &str, content: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(content);
    let length = (content.len() as u32).to_le_bytes();
    // Version, flags, method, time and date; checksum and sizes; the name's length, and none of a comment.
    let about = [
        &[10, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        crc.sum().to_le_bytes().as_slice(),
        &length,
        &length,
        &(name.len() as u16).to_le_bytes(),
        &[0, 0],
    ]
    .concat();
    let file = [b"PK\x03\x04".as_slice(), &about, name.as_bytes(), content].concat();
    let list = [b"PK\x01\x02\x0a\0".as_slice(), &about, &[0; 14], name.as_bytes()].concat();
    let (size, at) = ((list.len() as u32).to_le_bytes(), (file.len() as u32).to_le_bytes());
    let end = [b"PK\x05\x06\0\0\0\0\x01\0\x01\0".as_slice(), &size, &at, &[0, 0]].concat();
    [file, list, end].concat()
}

/// A directory with repositories in it.
pub struct Repositories {
    directory: TempDir,
}

impl Repositories {
    pub fn new() -> Self {
        Self { directory: TempDir::new().unwrap() }
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// A repository with a working tree, empty.
    pub fn make(&self, name: &str) -> Repository {
        let repository = Repository { path: self.path().join(name) };
        std::fs::create_dir_all(&repository.path).unwrap();
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository
    }

    /// The one that most tests use: a component with its README on `main`, versions, a branch of its own.
    pub fn hello(&self) -> Repository {
        let hello = self.make("hello");
        hello.commit(&[("dist/hello.wasm", &component("one")), ("dist/README.md", b"# Hello\n")], "one");
        hello.git(&["tag", "v1.0.0"]);
        hello.commit(&[("dist/hello.wasm", &component("two")), ("README", b"the other\n")], "two");
        hello.git(&["tag", "--annotate", "--message=two", "v1.10.0"]);
        hello.git(&["tag", "v1.9.0"]);
        hello.git(&["branch", "work"]);
        hello.commit(&[("dist/hello.wasm", &component("three"))], "three");
        hello
    }
}

pub struct Repository {
    pub path: PathBuf,
}

impl Repository {
    /// Writes files and commits them; answers the commit.
    pub fn commit(&self, files: &[(&str, &[u8])], message: &str) -> String {
        for (name, content) in files {
            let path = self.path.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    pub fn url(&self) -> String {
        Url::from_file_path(&self.path).unwrap().to_string()
    }

    /// Runs Git with no configuration but this; answers what it said.
    pub fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args(arguments)
            .current_dir(&self.path)
            .envs([("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null")])
            .envs([("GIT_AUTHOR_NAME", "A"), ("GIT_AUTHOR_EMAIL", "a@example.org")])
            .envs([("GIT_COMMITTER_NAME", "A"), ("GIT_COMMITTER_EMAIL", "a@example.org")])
            .output()
            .unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

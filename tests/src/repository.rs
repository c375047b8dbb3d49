//! Git repositories, made with `git` itself and served by `git http-backend`, as a host of repositories does.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use data_encoding::BASE64;

use crate::keeper::new_folder;
use crate::used;
use crate::web::{Asked, Said, Web};

/// A repository with a folder that is worked in.
#[derive(Debug)]
pub struct Repository {
    /// Where all repositories of its server lie.
    root: PathBuf,
    name: String,
}

impl Repository {
    /// A new one, called `NAME.git`, on the branch `main`.
    pub fn new(name: &str) -> Self {
        let root = new_folder("repositories");
        let repository = Self { root, name: format!("{name}.git") };
        fs::create_dir_all(repository.folder()).expect("a folder can be made");
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository
    }

    /// Where it lies.
    pub fn folder(&self) -> PathBuf {
        self.root.join(&self.name)
    }

    /// Writes a file and commits everything; answers the commit.
    pub fn commit(&self, path: &str, content: &[u8]) -> String {
        let file = self.folder().join(path);
        fs::create_dir_all(file.parent().expect("a file lies in a folder")).expect("a folder can be made");
        fs::write(file, content).expect("a file can be written");
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", path]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Runs `git` in it; answers what it printed.
    #[track_caller]
    pub fn git(&self, arguments: &[&str]) -> String {
        let mut git = git(&self.folder());
        let output = git.args(arguments).output().expect("git is installed");
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "git {}: {stderr}", arguments.join(" "));
        stdout.trim().to_owned()
    }

    /// Answers over HTTP what is asked of it. `login`: user and token that it wants, where it is private.
    pub fn answer(&self, login: Option<(&str, &str)>) -> impl Fn(&Asked) -> Said + Send + Sync + use<> {
        let root = self.root.clone();
        let wanted = login.map(|(user, token)| {
            used::secret(token);
            let basic = BASE64.encode(format!("{user}:{token}").as_bytes());
            // It may be written down encoded as little as it may plainly.
            used::secret(&basic);
            format!("Basic {basic}")
        });
        move |asked| {
            if wanted.as_ref().is_some_and(|wanted| asked.header("authorization") != wanted) {
                let realm = "Basic realm=\"repositories\"";
                return Said::new(401, "text/plain", "Who are you?").with("www-authenticate", realm);
            }
            backend(&root, asked)
        }
    }

    /// Serves it over plain HTTP.
    pub fn serve(&self, login: Option<(&str, &str)>) -> Web {
        Web::start(self.answer(login))
    }

    /// Its address on a server.
    pub fn at(&self, web: &Web) -> String {
        format!("{}/{}", web.address(), self.name)
    }
}

/// Runs the program that every Git host has behind its web server.
fn backend(root: &Path, asked: &Asked) -> Said {
    let mut command = git(root);
    command.arg("http-backend").env("GIT_PROJECT_ROOT", root).env("GIT_HTTP_EXPORT_ALL", "1");
    command.env("REQUEST_METHOD", &asked.verb).env("PATH_INFO", &asked.path).env("QUERY_STRING", &asked.query);
    command.env("CONTENT_TYPE", asked.header("content-type")).env("CONTENT_LENGTH", asked.body.len().to_string());
    command.env("HTTP_CONTENT_ENCODING", asked.header("content-encoding"));
    command.env("GIT_PROTOCOL", asked.header("git-protocol")).env("REMOTE_ADDR", "127.0.0.1");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("git is installed");
    let mut pipe = child.stdin.take().expect("standard input is a pipe");
    let body = asked.body.clone();
    // It may answer before it has read everything.
    let writing = std::thread::spawn(move || pipe.write_all(&body).ok());
    let output = child.wait_with_output().expect("git http-backend ends").stdout;
    writing.join().ok();
    let end = output.windows(4).position(|window| window == b"\r\n\r\n");
    let Some(end) = end else { return Said::new(500, "text/plain", "git http-backend said nothing") };
    let mut said =
        Said { status: 200, headers: Vec::new(), body: output[end + 4..].to_vec(), end: crate::web::End::Whole };
    for (name, value) in String::from_utf8_lossy(&output[..end]).lines().filter_map(|line| line.split_once(": ")) {
        match (name, value.split(' ').next().and_then(|status| status.parse().ok())) {
            ("Status", Some(status)) => said.status = status,
            _ => said.headers.push((name.to_owned(), value.to_owned())),
        }
    }
    said
}

/// Without the settings of whoever runs the tests.
fn git(folder: &Path) -> Command {
    let mut git = Command::new("git");
    git.current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    // The repository may belong to somebody else where the tests run in a container.
    git.args(["-c", "safe.directory=*", "-c", "user.name=Tests", "-c", "user.email=tests@example.org"]);
    git
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_itself_can_clone_it() {
        let repository = Repository::new("clonable");
        let commit = repository.commit("README.md", b"# Hello\n");
        let web = repository.serve(Some(("reader", "words to clone with")));
        let elsewhere = Repository::new("elsewhere");
        let private = repository.at(&web).replace("http://", "http://reader:words%20to%20clone%20with@");
        elsewhere.git(&["fetch", "--quiet", "--depth=1", &private, "main"]);
        assert_eq!(elsewhere.git(&["rev-parse", "FETCH_HEAD"]), commit);
        let asked = web.seen();
        assert!(asked.iter().any(|asked| asked.header("git-protocol") == "version=2"), "{asked:?}");
    }
}

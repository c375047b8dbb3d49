//! Servers that speak HTTP with Git's client: `git http-backend`, and some that mean harm.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;

use crate::packs::Pack;

/// A request, as it came.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    pub verb: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}

/// How a server answers.
pub enum Way {
    /// `git http-backend`, for repositories below this directory.
    Backend(PathBuf),
    /// The same, knowing no protocol but the first.
    Old(PathBuf),
    /// `git http-backend`, for those who send this header `Authorization`.
    Private(PathBuf, String),
    /// With as many bytes of what that would say to a POST.
    Cut(PathBuf, usize),
    /// By sending elsewhere.
    Redirect(String),
    /// With this status, and a page.
    Status(u16),
    /// Not at all.
    Silence,
    /// With one branch after the other, as long as anybody listens.
    EndlessList,
    /// Protocol 2, with this pack for whatever is wanted.
    Made(Pack),
}

pub struct Server {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Listens until the test is over.
    pub async fn start(way: Way) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (way, kept) = (Arc::new(way), Arc::clone(&asked));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (way, kept) = (Arc::clone(&way), Arc::clone(&kept));
                tokio::spawn(async move {
                    let mut stream = BufReader::new(stream);
                    let asked = read(&mut stream).await;
                    kept.lock().unwrap().push(asked.clone());
                    answer(stream.into_inner(), &way, &asked).await;
                });
            }
        });
        Self { address, asked }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// All requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Asked {
    let mut asked = Asked::default();
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let mut words = lines.first().map(String::as_str).unwrap_or_default().split(' ');
    asked.verb = words.next().unwrap_or_default().to_owned();
    asked.target = words.next().unwrap_or_default().to_owned();
    let header = |line: &String| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    asked.headers = lines.iter().filter_map(header).collect();
    let length = asked.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    asked.body = vec![0; length];
    stream.read_exact(&mut asked.body).await.unwrap();
    asked
}

async fn answer(mut stream: TcpStream, way: &Way, asked: &Asked) {
    let said = match way {
        Way::Backend(root) => backend(root, asked).await,
        Way::Old(root) => {
            let without = |(name, _): &(String, String)| name != "git-protocol";
            let headers = asked.headers.iter().filter(|header| without(header)).cloned().collect();
            backend(root, &Asked { headers, ..asked.clone() }).await
        }
        Way::Private(root, wanted) if asked.header("authorization") == Some(wanted) => backend(root, asked).await,
        Way::Private(..) => head("401 Unauthorized", "www-authenticate: Basic realm=\"private\"\r\n"),
        Way::Cut(root, bytes) => {
            let mut said = backend(root, asked).await;
            if asked.verb == "POST" && !is_listing(asked) {
                let body = said.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
                said.truncate(body + bytes);
            }
            said
        }
        Way::Redirect(to) => head("302 Found", &format!("location: {to}{}\r\n", asked.target)),
        Way::Status(status) => head(&format!("{status} So"), "content-type: text/html\r\n"),
        Way::Silence => std::future::pending().await,
        Way::EndlessList if asked.verb == "POST" => return endless(stream).await,
        Way::EndlessList => advertised(),
        Way::Made(pack) => made(pack, asked),
    };
    // Who asked may have hung up.
    let _ = stream.write_all(&said).await;
    let _ = stream.shutdown().await;
}

fn head(status: &str, headers: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: 0\r\nconnection: close\r\n\r\n").into_bytes()
}

fn full(kind: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/x-git-upload-pack-{kind}\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

fn is_listing(asked: &Asked) -> bool {
    asked.body.windows(15).any(|words| words == b"command=ls-refs")
}

/// CGI, as in RFC 3875.
async fn backend(root: &std::path::Path, asked: &Asked) -> Vec<u8> {
    let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
    let mut child = Command::new("git")
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", root)
        .envs([("GIT_HTTP_EXPORT_ALL", "1"), ("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null")])
        .env("REQUEST_METHOD", &asked.verb)
        .env("PATH_INFO", path)
        .env("QUERY_STRING", query)
        .env("CONTENT_TYPE", asked.header("content-type").unwrap_or_default())
        .env("CONTENT_LENGTH", asked.body.len().to_string())
        .env("GIT_PROTOCOL", asked.header("git-protocol").unwrap_or_default())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let _ = child.stdin.take().unwrap().write_all(&asked.body).await;
    let said = child.wait_with_output().await.unwrap().stdout;
    let end = said.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let (headers, body) = (String::from_utf8_lossy(&said[..end]).into_owned(), &said[end + 4..]);
    let status = headers.lines().find_map(|line| line.strip_prefix("Status: ")).unwrap_or("200 OK").to_owned();
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{headers}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn line(text: &[u8]) -> Vec<u8> {
    [format!("{:04x}", text.len() + 4).as_bytes(), text].concat()
}

fn advertised() -> Vec<u8> {
    let words: [&[u8]; 4] = [b"version 2\n", b"ls-refs=unborn\n", b"fetch=shallow\n", b"object-format=sha1\n"];
    full("advertisement", &[words.map(line).concat(), b"0000".to_vec()].concat())
}

async fn endless(mut stream: TcpStream) {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-git-upload-pack-result\r\nconnection: close\r\n\r\n";
    let mut said = stream.write_all(head.as_bytes()).await;
    let mut number = 0_u64;
    while said.is_ok() {
        let some = number..number + 1000;
        let branch = |number: u64| line(format!("{number:040x} refs/heads/{number}\n").as_bytes());
        said = stream.write_all(&some.clone().flat_map(branch).collect::<Vec<u8>>()).await;
        number = some.end;
    }
}

fn made(pack: &Pack, asked: &Asked) -> Vec<u8> {
    if asked.verb == "GET" {
        return advertised();
    }
    if is_listing(asked) {
        let head = format!("{} HEAD symref-target:refs/heads/main\n", pack.commit);
        let main = format!("{} refs/heads/main\n", pack.commit);
        return full("result", &[line(head.as_bytes()), line(main.as_bytes()), b"0000".to_vec()].concat());
    }
    let shallow = format!("shallow {}\n", pack.commit);
    let mut said = [line(b"shallow-info\n"), line(shallow.as_bytes()), b"0001".to_vec(), line(b"packfile\n")].concat();
    for piece in pack.bytes.chunks(60_000) {
        said.extend(line(&[b"\x01", piece].concat()));
    }
    said.extend(b"0000");
    full("result", &said)
}

//! A registry for tests: on 127.0.0.1, on a port of its own, gone with the test.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use vestry_sources::Source;

use crate::COMPONENT;

pub struct Server {
    pub address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    serving: JoinHandle<()>,
}

impl Server {
    /// Answers each request with what `answer` makes of its head, and hangs up.
    pub async fn answering(answer: impl Fn(&str) -> String + Send + Sync + Clone + 'static) -> Self {
        Self::serving(move |mut stream, head| {
            let answer = answer.clone();
            async move {
                // Who asked may have gone.
                let _ = stream.write_all(answer(&head).as_bytes()).await;
            }
        })
        .await
    }

    /// Answers by path and query; what is not there is not found.
    pub async fn of(paths: Paths) -> Self {
        Self::answering(move |head| paths.answer(head)).await
    }

    /// Hands each connection over once the head of a request has come.
    pub async fn serving<F: Future<Output = ()> + Send>(
        serve: impl Fn(TcpStream, String) -> F + Send + Sync + Clone + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests: Arc<Mutex<Vec<String>>> = Arc::default();
        let noted = Arc::clone(&requests);
        let serving = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (serve, noted) = (serve.clone(), Arc::clone(&noted));
                tokio::spawn(async move {
                    let head = read(&mut stream).await;
                    noted.lock().unwrap().push(head.clone());
                    serve(stream, head).await;
                });
            }
        });
        Self { address, requests, serving }
    }

    /// Its package `team/hello`, as a person writes it, with tag or digest.
    pub fn hello(&self, behind: &str) -> Source {
        Source::registry(&format!("http://{}/team/hello{behind}", self.address)).unwrap()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The heads of what was asked so far.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn read(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    loop {
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => break,
            Ok(read) => request.extend_from_slice(&piece[..read]),
        }
        // TLS, which is not spoken here.
        if request.first() == Some(&0x16) {
            break;
        }
        if request.windows(4).any(|four| four == b"\r\n\r\n") {
            break;
        }
    }
    String::from_utf8_lossy(&request).into_owned()
}

/// What a registry answers, by path and query.
#[derive(Clone, Default)]
pub struct Paths(HashMap<String, String>);

impl Paths {
    pub fn answer(&self, head: &str) -> String {
        self.0.get(path(head)).cloned().unwrap_or_else(|| status("404 Not Found"))
    }

    /// Below `/v2/team/hello/`.
    pub fn with(mut self, path: &str, answer: String) -> Self {
        self.0.insert(format!("/v2/team/hello/{path}"), answer);
        self
    }

    pub fn with_blob(self, content: &str) -> Self {
        self.with(&format!("blobs/{}", digest(content)), ok(content))
    }

    /// A manifest under a tag and its digest.
    pub fn with_manifest(self, tag: &str, manifest: &str) -> Self {
        let headers = format!("docker-content-digest: {}\r\n", digest(manifest));
        let answer = ok_with(&headers, manifest);
        self.with(&format!("manifests/{tag}"), answer.clone()).with(&format!("manifests/{}", digest(manifest)), answer)
    }
}

/// `team/hello:1.2.0`, with a README, and what it consists of.
pub fn hello() -> Paths {
    let manifest = manifest(&[layer("application/wasm", COMPONENT), titled("README.md", README)]);
    Paths::default().with_manifest("1.2.0", &manifest).with_blob(COMPONENT).with_blob(README)
}

pub const README: &str = "# Hello";

pub fn digest(content: &str) -> String {
    format!("sha256:{}", HEXLOWER.encode(&Sha256::digest(content)))
}

/// A layer of a manifest.
pub fn layer(media_type: &str, content: &str) -> String {
    described(media_type, &digest(content), content.len() as u64, "")
}

/// A layer as `oras push` makes it.
pub fn titled(title: &str, content: &str) -> String {
    let annotations = format!(r#","annotations":{{"org.opencontainers.image.title":"{title}"}}"#);
    described("application/octet-stream", &digest(content), content.len() as u64, &annotations)
}

pub fn described(media_type: &str, digest: &str, size: u64, more: &str) -> String {
    format!(r#"{{"mediaType":"{media_type}","digest":"{digest}","size":{size}{more}}}"#)
}

pub fn manifest(layers: &[String]) -> String {
    let config = described("application/vnd.wasm.config.v0+json", &digest("{}"), 2, "");
    let media_type = "application/vnd.oci.image.manifest.v1+json";
    let layers = layers.join(",");
    format!(r#"{{"schemaVersion":2,"mediaType":"{media_type}","config":{config},"layers":[{layers}]}}"#)
}

pub fn index(manifests: &[String]) -> String {
    let manifests = manifests.join(",");
    format!(r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{manifests}]}}"#)
}

/// An answer with a body.
pub fn ok(body: &str) -> String {
    ok_with("", body)
}

/// The same with headers, each with its line's end.
pub fn ok_with(headers: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}

pub fn status(status: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n")
}

/// An answer that leads on.
pub fn to(location: &str) -> String {
    format!("HTTP/1.1 307 Temporary Redirect\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n")
}

/// An answer that asks who one is.
pub fn who(challenges: &[&str]) -> String {
    let mut answer = "HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n".to_owned();
    for challenge in challenges {
        write!(answer, "www-authenticate: {challenge}\r\n").unwrap();
    }
    answer + "\r\n"
}

/// Path and query of a request.
pub fn path(head: &str) -> &str {
    head.split(' ').nth(1).unwrap_or_default()
}

/// What a request says of who asks.
pub fn authorization(head: &str) -> Option<&str> {
    head.lines().find_map(|line| line.strip_prefix("authorization: "))
}

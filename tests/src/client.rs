//! A browser without a screen: keeps cookies, follows nothing by itself, and says where a request comes from as a
//! browser would. A test that wants to lie about that says so on the call.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::time::Duration;

use http::{HeaderMap, HeaderName, Method, Request};
use serde_json::Value;
use ureq::Agent;
use url::{Url, form_urlencoded};

use crate::page::{Form, Page};
use crate::used;

/// No page takes longer than this, whatever it stands for.
const TIME_LIMIT: Duration = Duration::from_secs(30);
/// What is longer is content and no page. In bytes.
const LONGEST_PAGE: usize = 1 << 20;

/// One person's browser, or one program with a token.
#[derive(Debug)]
pub struct Client {
    agent: Agent,
    base: Url,
    cookies: Mutex<BTreeMap<String, String>>,
    bearer: Option<String>,
    forwarded_for: Option<String>,
}

/// What the server answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    url: Url,
}

/// A request that is being put together.
#[derive(Debug)]
pub struct Call<'a> {
    client: &'a Client,
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Client {
    /// A browser that has never been here. `address`: `http://HOST:PORT`.
    pub fn new(address: &str) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            // The server may close a connection after its answer, which a client notices too late.
            .max_idle_connections(0)
            .timeout_global(Some(TIME_LIMIT))
            .allow_non_standard_methods(true)
            .build();
        let base = Url::parse(address).expect("an address is a URL");
        Self { agent: config.into(), base, cookies: Mutex::default(), bearer: None, forwarded_for: None }
    }

    /// As if behind a proxy that names this address: the server counts failures by address.
    #[must_use]
    pub fn from_address(mut self, address: &str) -> Self {
        self.forwarded_for = Some(address.to_owned());
        self
    }

    /// A program that shows a token and keeps no cookies.
    pub fn with_token(address: &str, token: &str) -> Self {
        Self { bearer: Some(token.to_owned()), ..Self::new(address) }
    }

    /// A second window of the same browser.
    pub fn another_window(&self) -> Self {
        Self {
            agent: self.agent.clone(),
            base: self.base.clone(),
            cookies: Mutex::new(self.cookies()),
            bearer: self.bearer.clone(),
            forwarded_for: self.forwarded_for.clone(),
        }
    }

    pub fn cookies(&self) -> BTreeMap<String, String> {
        self.cookies.lock().expect("no test panicked here").clone()
    }

    pub fn set_cookies(&self, cookies: BTreeMap<String, String>) {
        *self.cookies.lock().expect("no test panicked here") = cookies;
    }

    /// Where unsafe requests of a page of this server come from.
    pub fn origin(&self) -> String {
        self.base.origin().ascii_serialization()
    }

    pub fn get(&self, path: &str) -> Answer {
        self.call("GET", path).send()
    }

    /// As a program that wants data.
    pub fn get_json(&self, path: &str) -> Answer {
        self.call("GET", path).header("accept", "application/json").send()
    }

    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.call("POST", path).form(fields).send()
    }

    /// Sends a form of a page as it stands.
    pub fn submit(&self, form: &Form) -> Answer {
        let fields: Vec<(&str, &str)> =
            form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        if form.method == "get" {
            let query = encode(&fields);
            let path = form.action.split('?').next().unwrap_or_default();
            return self.get(&format!("{path}?{query}"));
        }
        self.post(&form.action, &fields)
    }

    /// Follows redirects of this server, as a browser does: up to five, each a GET.
    pub fn follow(&self, answer: Answer) -> Answer {
        let mut answer = answer;
        for _ in 0..5 {
            let Some(location) = answer.location() else { return answer };
            answer = self.get(&location);
        }
        panic!("more than five redirects, the last to {:?}", answer.location());
    }

    /// A request of any method. Unsafe ones carry the origin of this server until the call says otherwise.
    pub fn call(&self, method: &str, path: &str) -> Call<'_> {
        let method = Method::from_bytes(method.as_bytes()).expect("a method is a token");
        let mut headers = vec![("accept".to_owned(), "text/html".to_owned())];
        if !method.is_safe() && self.bearer.is_none() {
            headers.push(("origin".to_owned(), self.origin()));
            headers.push(("sec-fetch-site".to_owned(), "same-origin".to_owned()));
        }
        if let Some(token) = &self.bearer {
            headers.push(("authorization".to_owned(), format!("Bearer {token}")));
        }
        if let Some(address) = &self.forwarded_for {
            headers.push(("x-forwarded-for".to_owned(), address.clone()));
        }
        Call { client: self, method, path: path.to_owned(), headers, body: Vec::new() }
    }

    fn send(&self, call: Call<'_>) -> Answer {
        let path = call.path.clone();
        self.try_send(call).unwrap_or_else(|error| panic!("no answer from {path}: {error}"))
    }

    fn try_send(&self, call: Call<'_>) -> Result<Answer, ureq::Error> {
        let url = self.base.join(&call.path).expect("a path can be joined to the address");
        assert_eq!(url.origin(), self.base.origin(), "the tests speak to their own server only");
        let mut request = Request::builder().method(call.method).uri(url.as_str());
        for (name, value) in &call.headers {
            request = request.header(name, value);
        }
        let cookies = self.cookie_line();
        if !cookies.is_empty() {
            request = request.header("cookie", cookies);
        }
        let request = request.body(call.body).expect("a request can be put together");
        let mut response = self.agent.run(request)?;
        let headers = response.headers().clone();
        self.keep_cookies(&headers);
        let body = response.body_mut().with_config().limit(256 << 20).read_to_vec()?;
        let answer = Answer { status: response.status().as_u16(), headers, body, url };
        answer.record_links();
        Ok(answer)
    }

    /// `HOST:PORT`.
    fn host(&self) -> String {
        self.base[url::Position::BeforeHost..url::Position::AfterPort].to_owned()
    }

    fn cookie_line(&self) -> String {
        let pairs: Vec<String> = self.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    fn keep_cookies(&self, headers: &HeaderMap) {
        let mut cookies = self.cookies.lock().expect("no test panicked here");
        for header in headers.get_all("set-cookie") {
            let line = header.to_str().expect("a cookie is ASCII");
            let mut parts = line.split(';').map(str::trim);
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { continue };
            let gone = value.is_empty() || parts.any(|part| part.eq_ignore_ascii_case("max-age=0"));
            if gone {
                cookies.remove(name);
            } else {
                used::cookie(name, value);
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

impl Call<'_> {
    /// Sets a header; one that is there already is replaced.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self = self.without(name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self
    }

    #[must_use]
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let is_secret = |name: &str| name.contains("password") || (name == "value" && self.path == "/account/secrets");
        fields.iter().filter(|(name, _)| is_secret(name)).for_each(|(_, value)| used::typed(value));
        let body = encode(fields).into_bytes();
        self.body("application/x-www-form-urlencoded", body)
    }

    /// A form with a file in its field `file`, behind its other fields.
    #[must_use]
    pub fn file(self, fields: &[(&str, &str)], name: &str, content: &[u8]) -> Self {
        const BOUNDARY: &str = "the-boundary-of-a-form";
        let field = |(field, value): &(&str, &str)| {
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n")
        };
        let fields: String = fields.iter().map(field).collect();
        let file = format!("Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
        let [head, end] = [format!("{fields}--{BOUNDARY}\r\n{file}"), format!("\r\n--{BOUNDARY}--\r\n")];
        let body = [head.as_bytes(), content, end.as_bytes()].concat();
        self.body(&format!("multipart/form-data; boundary={BOUNDARY}"), body)
    }

    #[must_use]
    pub fn json(self, value: &Value) -> Self {
        self.body("application/json", value.to_string().into_bytes())
    }

    #[must_use]
    pub fn body(mut self, content_type: &str, body: Vec<u8>) -> Self {
        self.body = body;
        self.header("content-type", content_type)
    }

    /// Sends a body of that many bytes, as far as the server takes it, and answers what came back meanwhile.
    pub fn flood(self, content_type: &str, bytes: usize) -> Answer {
        let call = self.header("content-type", content_type);
        let url = call.client.base.join(&call.path).expect("a path can be joined to the address");
        let head = call.head(url.path(), &[("content-length".to_owned(), bytes.to_string())]);
        let mut stream = TcpStream::connect(call.client.host()).expect("the server listens");
        stream.set_read_timeout(Some(TIME_LIMIT)).expect("a time limit can be set");
        stream.write_all(format!("{head}connection: close\r\n\r\n").as_bytes()).expect("the head is taken");
        let chunk = [b'a'; 1 << 16];
        // The server may close its end before it has read everything.
        (0..bytes.div_ceil(chunk.len())).take_while(|_| stream.write_all(&chunk).is_ok()).count();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok();
        parsed(&answer, url)
    }

    /// Sends it and leaves the connection open, for an answer that goes on.
    pub fn open(self) -> TcpStream {
        let url = self.client.base.join(&self.path).expect("a path can be joined to the address");
        let head = self.head(&url[url::Position::BeforePath..url::Position::AfterQuery], &[]);
        let mut stream = TcpStream::connect(self.client.host()).expect("the server listens");
        stream.write_all(format!("{head}\r\n").as_bytes()).expect("the head is taken");
        stream
    }

    /// How it begins on the wire.
    fn head(&self, path: &str, more: &[(String, String)]) -> String {
        let mut head = format!("{} {path} HTTP/1.1\r\nhost: {}\r\n", self.method, self.client.host());
        let cookies = ("cookie".to_owned(), self.client.cookie_line());
        for (name, value) in self.headers.iter().chain([&cookies]).chain(more) {
            head += &format!("{name}: {value}\r\n");
        }
        head
    }

    pub fn send(self) -> Answer {
        self.client.send(self)
    }

    /// None where the server is gone, or goes before it has answered.
    pub fn send_if_there(self) -> Option<Answer> {
        self.client.try_send(self).ok()
    }
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// What was asked for: the path on this server with its query.
    pub fn asked(&self) -> &str {
        &self.url[url::Position::BeforePath..]
    }

    pub fn page(&self) -> Page {
        Page::parse(&self.text())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{} is not JSON ({error}): {}", self.url, self.text()))
    }

    /// A header that stands once, or not at all.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next()?;
        assert!(values.next().is_none(), "{name} stands more than once on {}", self.url);
        Some(value.to_str().expect("a header is ASCII"))
    }

    /// Where a redirect leads, as the browser would understand it: a path on this server, or a whole URL elsewhere.
    pub fn location(&self) -> Option<String> {
        if !(300..400).contains(&self.status) {
            return None;
        }
        let url = self.url.join(self.header("location")?).expect("a location is a URL");
        if url.origin() == self.url.origin() {
            Some(url[url::Position::BeforePath..].to_owned())
        } else {
            Some(url.into())
        }
    }

    /// Links with a token in them, on a page or where it sends the browser, are for whoever asked alone.
    fn record_links(&self) {
        let kind = self.header("content-type").unwrap_or_default();
        if self.status < 400 && self.body.len() < LONGEST_PAGE && (kind.contains("html") || kind.contains("json")) {
            used::links(&self.text());
        }
        used::links(&self.location().unwrap_or_default());
    }

    /// Fails the test unless the status is this one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "status of {}; the answer was:\n{}", self.url, self.text());
        self
    }

    /// Fails the test unless this is an error as `application/problem+json` with this status.
    #[track_caller]
    pub fn expect_problem(self, status: u16) -> Value {
        let answer = self.expect(status);
        let kind = answer.header("content-type").unwrap_or_default();
        assert!(kind.starts_with("application/problem+json"), "{} answered {kind}", answer.url);
        let problem = answer.json();
        assert_eq!(problem["status"], status, "the problem names its status: {problem}");
        assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()), "it has a title: {problem}");
        problem
    }
}

/// An answer as it stands on the wire, sent whole.
fn parsed(bytes: &[u8], url: Url) -> Answer {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let end = end.unwrap_or_else(|| panic!("no answer from {url}: {}", String::from_utf8_lossy(bytes)));
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a header has a name");
        headers.append(name, value.parse().expect("a header has a value"));
    }
    Answer { status: status.expect("an answer has a status"), headers, body: bytes[end + 4..].to_vec(), url }
}

fn encode(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

//! What installing a package takes beyond compiling it: from the upload to the first answer of its menu entry, as a program
//! orders it, so without the clicks of a person. Beside it, what compiling that component takes by itself.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Failure;
use crate::fixture::{Fixture, built, shipped};
use crate::foreign::{Watch, judge};
use crate::load::Connection;
use crate::server::Running;

const ROUNDS: usize = 9;
/// No installation takes longer.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is asked whether something is done.
const LOOK: Duration = Duration::from_millis(1);
const SCOPES: &[&str] =
    &["packages.read", "packages.manage", "vestry:admin/packages.place", "vestry:admin/packages.uninstall"];
/// Ids below the one belong to what comes with the program; below the other they are as long.
const RESERVED: &str = "org.vestry.";
const OURS: &str = "org.exampl.";
const BOUNDARY: &str = "the-boundary-of-a-package";

/// A component that is installed again and again, each time as another plugin, so that nothing of it is known. Neither asks
/// for anything.
struct Subject {
    component: fn() -> PathBuf,
    /// A word of the component that becomes another one each time, in its id and wherever else it stands.
    word: &'static str,
    id: fn(&str) -> String,
    mount: fn(&str) -> String,
}

const SUBJECTS: &[Subject] = &[
    Subject {
        component: || built("tools"),
        word: "org.example.tools",
        id: str::to_owned,
        mount: |_| "utilities".to_owned(),
    },
    Subject {
        component: || shipped("styleguide"),
        word: "styleguide",
        id: |word| format!("{OURS}{word}"),
        mount: str::to_owned,
    },
];

/// Medians of the rounds.
struct Times {
    bytes: usize,
    compiling: Duration,
    cold: Duration,
    /// With its compiled code there already.
    warm: Duration,
}

pub async fn measure(fixture: &Fixture) -> Result<(), Failure> {
    let server = Running::start(fixture.data())?;
    let mut program = Program::open(&server, fixture).await?;
    // One of the subjects asks for its address.
    program.uninstall("org.vestry.utilities").await?;
    let watch = Watch::start(&[server.process()]);
    let mut all = Vec::new();
    for subject in SUBJECTS {
        all.push(program.times(subject).await?);
    }
    let foreign = watch.foreign();
    println!("\nInstalling, from the upload to the first answer of the menu entry; others used {foreign:.2} cores");
    for times in all {
        let [compiling, cold, warm] = [times.compiling, times.cold, times.warm].map(|time| time.as_secs_f64() * 1e3);
        println!(
            "  {} KB: {cold:.0} ms, compiling alone {compiling:.0} ms; with compiled code there {warm:.0} ms",
            times.bytes / 1_000
        );
        let more = cold - compiling;
        println!("  aim: at most 80 ms beyond compiling: {more:.0} ms, {}", judge(more <= 80.0, foreign));
        println!("  aim: under 100 ms with compiled code there: {warm:.0} ms, {}", judge(warm < 100.0, foreign));
    }
    Ok(())
}

/// Somebody with a token, and a session for looking at what was installed.
struct Program {
    connection: Connection,
    address: SocketAddr,
    token: String,
    cookie: String,
}

impl Program {
    async fn open(server: &Running, fixture: &Fixture) -> Result<Self, Failure> {
        let token = fixture.token(SCOPES)?;
        let connection = Connection::open(server.address).await?;
        Ok(Self { connection, address: server.address, token, cookie: fixture.cookie.clone() })
    }

    async fn times(&mut self, subject: &Subject) -> Result<Times, Failure> {
        let component = fs::read((subject.component)())?;
        let (mut compiling, mut cold, mut warm) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let word = another(subject.word, round);
            let bytes = replaced(&replaced(&component, subject.word, &word), RESERVED, OURS);
            let (id, mount) = ((subject.id)(&word), (subject.mount)(&word));
            compiling.push(compile(&bytes)?);
            cold.push(self.install(&bytes, &mount).await?);
            self.uninstall(&id).await?;
            warm.push(self.install(&bytes, &mount).await?);
            self.uninstall(&id).await?;
        }
        let [compiling, cold, warm] = [compiling, cold, warm].map(|mut times| {
            times.sort_unstable();
            times[ROUNDS / 2]
        });
        Ok(Times { bytes: component.len(), compiling, cold, warm })
    }

    async fn install(&mut self, component: &[u8], mount: &str) -> Result<Duration, Failure> {
        let mut body = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wasm\"\r\n\
             Content-Type: application/wasm\r\n\r\n"
        )
        .into_bytes();
        body.extend(component);
        body.extend(format!("\r\n--{BOUNDARY}--\r\n").bytes());
        let began = Instant::now();
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        let work = self.post("/packages/install/upload", &kind, &body).await?;
        let inspected = self.done(&work).await?;
        let digest = inspected.rsplit('/').next().unwrap_or_default();
        let place = format!("place={digest}+");
        let work = self.post("/packages/plan", "application/x-www-form-urlencoded", place.as_bytes()).await?;
        while self.look(&format!("/{mount}")).await? != 200 {
            if began.elapsed() > PATIENCE {
                return Err(format!("{digest} is not mounted: {}", self.get(&work).await?).into());
            }
            tokio::time::sleep(LOOK).await;
        }
        let took = began.elapsed();
        self.done(&work).await?;
        Ok(took)
    }

    /// Waits until a job is done; where its page leads then.
    async fn done(&mut self, work: &str) -> Result<String, Failure> {
        let began = Instant::now();
        loop {
            let page = self.get(work).await?;
            match page["location"].as_str() {
                Some(location) => return Ok(location.to_owned()),
                None if began.elapsed() > PATIENCE => return Err(format!("it comes to no end: {page}").into()),
                None => tokio::time::sleep(LOOK).await,
            }
        }
    }

    async fn uninstall(&mut self, id: &str) -> Result<(), Failure> {
        let path = format!("/packages/plugin/{id}/uninstall");
        self.post(&path, "application/x-www-form-urlencoded", b"").await.map(drop)
    }

    /// As a person's browser asks for a page; its status.
    async fn look(&mut self, path: &str) -> Result<u16, Failure> {
        let Self { address, cookie, .. } = &self;
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\nAccept: text/html\r\n\r\n");
        self.connection.answer(request.as_bytes()).await
    }

    async fn get(&mut self, path: &str) -> Result<Value, Failure> {
        let request = format!("GET {path} HTTP/1.1\r\n{}\r\n", self.headers());
        self.data(request.as_bytes()).await
    }

    /// Sends something; where that leads.
    async fn post(&mut self, path: &str, kind: &str, body: &[u8]) -> Result<String, Failure> {
        let (headers, length) = (self.headers(), body.len());
        let head = format!("POST {path} HTTP/1.1\r\n{headers}Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n");
        let answer = self.data(&[head.as_bytes(), body].concat()).await?;
        answer["location"].as_str().map(str::to_owned).ok_or_else(|| format!("{path} answers {answer}").into())
    }

    async fn data(&mut self, request: &[u8]) -> Result<Value, Failure> {
        let (_, body) = self.connection.ask(request).await?;
        Ok(serde_json::from_slice(&body)?)
    }

    fn headers(&self) -> String {
        format!("Host: {}\r\nAuthorization: Bearer {}\r\nAccept: application/json\r\n", self.address, self.token)
    }
}

/// Compiles it as the server does, in a process of its own; how long that takes.
fn compile(component: &[u8]) -> Result<Duration, Failure> {
    let (from, to) = (tempfile::NamedTempFile::new()?, tempfile::NamedTempFile::new()?);
    fs::write(from.path(), component)?;
    let began = Instant::now();
    let mut command = Command::new(std::env::current_exe()?.with_file_name("vestry"));
    let status = command.arg("compile").args([from.path(), to.path()] as [&Path; 2]).stdout(Stdio::null()).status()?;
    let took = began.elapsed();
    if status.success() { Ok(took) } else { Err("a component of the tests does not compile".into()) }
}

/// A word of the same length: the last two letters are a number.
fn another(word: &str, round: usize) -> String {
    format!("{}{round:02}", &word[..word.len() - 2])
}

fn replaced(component: &[u8], from: &str, to: &str) -> Vec<u8> {
    let mut changed = component.to_vec();
    let places: Vec<usize> =
        (0..=component.len() - from.len()).filter(|at| component[*at..].starts_with(from.as_bytes())).collect();
    for at in places {
        changed[at..at + to.len()].copy_from_slice(to.as_bytes());
    }
    changed
}

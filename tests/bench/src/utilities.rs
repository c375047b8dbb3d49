//! From the upload of a PDF template to the table of its fields, as a program asks for it, beside pypdf on the same file, in
//! turn. Both have started already; the server's time has HTTP, the sandbox, what is kept and the page in it.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Failure;
use crate::fixture::Fixture;
use crate::foreign::{Watch, judge};
use crate::load::Connection;
use crate::server::Running;

const ROUNDS: usize = 21;
const FIELDS: usize = 200;
/// A file of 200 fields on 40 pages, as it is and with its objects in streams.
const FILES: &[&str] = &["large", "large-streams"];
/// How many times as fast it has to be.
const AIM: f64 = 3.0;
/// Names an interpreter that has what `tests/corpus/pdf/requirements.txt` lists.
const PYTHON: &str = "VESTRY_PYTHON";
const BOUNDARY: &str = "the-boundary-of-a-template";

pub async fn measure(fixture: &Fixture) -> Result<(), Failure> {
    let server = Running::start(fixture.data())?;
    let mut program = Program {
        connection: Connection::open(server.address).await?,
        head: format!(
            "Host: {}\r\nAuthorization: Bearer {}\r\nAccept: application/json\r\n",
            server.address,
            fixture.token(&["org.vestry.utilities/use"])?
        ),
    };
    println!("\nFrom the upload of a PDF with {FIELDS} fields on 40 pages to its table");
    for name in FILES {
        let path = corpus().join(format!("files/{name}.pdf"));
        let file = fs::read(&path)?;
        let mut pypdf = env::var_os(PYTHON).map(|python| Pypdf::start(Path::new(&python), &path)).transpose()?;
        let processes: Vec<u32> = [server.process()].into_iter().chain(pypdf.as_ref().map(Pypdf::process)).collect();
        let watch = Watch::start(&processes);
        let (mut here, mut there) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            here.push(program.table(&file).await?);
            if let Some(pypdf) = &mut pypdf {
                there.push(pypdf.turn()?);
            }
        }
        let (here, foreign) = (median(&mut here), watch.foreign());
        print!("  {name} ({} KB): {:.1} ms", file.len() / 1_000, here.as_secs_f64() * 1e3);
        if there.is_empty() {
            println!("; {PYTHON} names no interpreter with pypdf to be compared with");
        } else {
            let there = median(&mut there);
            let times = there.as_secs_f64() / here.as_secs_f64();
            println!(
                "; pypdf {:.1} ms: {times:.1} times as fast (aim {AIM}), {}",
                there.as_secs_f64() * 1e3,
                judge(times >= AIM, foreign)
            );
        }
    }
    Ok(())
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/pdf")
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// A program with a token.
struct Program {
    connection: Connection,
    head: String,
}

impl Program {
    /// Sends the file and asks for what was found in it.
    async fn table(&mut self, file: &[u8]) -> Result<Duration, Failure> {
        let mut body = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"form.pdf\"\r\n\
             Content-Type: application/pdf\r\n\r\n"
        )
        .into_bytes();
        body.extend(file);
        body.extend(format!("\r\n--{BOUNDARY}--\r\n").bytes());
        let mut request = format!(
            "POST /utilities/pdf HTTP/1.1\r\n{}Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\
             Content-Length: {}\r\n\r\n",
            self.head,
            body.len()
        )
        .into_bytes();
        request.extend(body);
        let begun = Instant::now();
        let answer = self.data(&request).await?;
        let location = answer["location"].as_str().ok_or_else(|| format!("it was not read: {answer}"))?;
        let page = self.data(format!("GET {location} HTTP/1.1\r\n{}\r\n", self.head).as_bytes()).await?;
        let took = begun.elapsed();
        let rows = page["blocks"]["fields"]["rows"].as_array().map_or(0, Vec::len);
        if rows != FIELDS { Err(format!("{rows} fields: {page}").into()) } else { Ok(took) }
    }

    async fn data(&mut self, request: &[u8]) -> Result<Value, Failure> {
        let (_, body) = self.connection.ask(request).await?;
        Ok(serde_json::from_slice(&body)?)
    }
}

/// Python, waiting for its turns.
struct Pypdf {
    child: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Pypdf {
    fn start(python: &Path, file: &Path) -> Result<Self, Failure> {
        let mut child = Command::new(python)
            // Nothing is written beside the sources.
            .arg("-B")
            .arg(corpus().join("turns.py"))
            .arg(file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}", python.display()))?;
        let (Some(ask), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("Python takes no turns".into());
        };
        let mut pypdf = Self { child, ask, answers: BufReader::new(answers) };
        // What it does for the first time is not counted.
        pypdf.turn()?;
        Ok(pypdf)
    }

    fn process(&self) -> u32 {
        self.child.id()
    }

    fn turn(&mut self) -> Result<Duration, Failure> {
        self.ask.write_all(b"\n")?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let (fields, milliseconds) = line.trim().split_once(' ').ok_or("Python says nothing")?;
        if fields.parse() != Ok(FIELDS) {
            return Err(format!("pypdf finds {fields} fields").into());
        }
        Ok(Duration::from_secs_f64(milliseconds.parse::<f64>()? / 1e3))
    }
}

impl Drop for Pypdf {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

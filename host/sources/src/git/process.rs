//! Starting the child, and listening to it. Nothing that it says is believed beyond its form: what it speaks to is in the
//! hands of others, and so may it be.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

use crate::access::Access;
use crate::error::SourceError;
use crate::git::exchange::{Line, Task, Work};
use crate::git::limits;
use crate::git::scratch::blocking;
use crate::source::GitSource;
use crate::sources::{Progress, Sources};
use crate::words::shown;

/// The time for all of it, and how much less the child takes for its calls, so that it is the one to say what was slow.
const FETCHING: Duration = Duration::from_secs(120);
const ASKING: Duration = Duration::from_secs(8);
const LESS: Duration = Duration::from_millis(500);

/// The most that is read of its output, and of its complaints, in bytes.
const MOST_OUTPUT: u64 = 16 << 20;
const MOST_COMPLAINTS: u64 = 4 << 10;

/// The most characters of a sentence that it says.
const MOST_TEXT: usize = 2_000;

impl Work {
    fn time(self) -> Duration {
        match self {
            Self::References => ASKING,
            Self::Fetch => FETCHING,
        }
    }
}

/// Has something done, and answers the child's last line. `scratch`: an empty directory.
pub(super) async fn done(
    sources: &Sources,
    work: Work,
    source: &GitSource,
    access: Option<&Access>,
    scratch: &Path,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Line, SourceError> {
    let settings = &sources.settings;
    let time = work.time();
    let task = Task {
        work,
        source: source.clone(),
        access: access.cloned(),
        networks: settings.networks.clone(),
        certificates: settings.certificates.clone(),
        repositories: settings.repositories.clone(),
        scratch: scratch.to_owned(),
        milliseconds: u64::try_from(time.saturating_sub(LESS).as_millis()).unwrap_or(u64::MAX),
    };
    let task = serde_json::to_vec(&task).map_err(io::Error::from)?;
    let mut child = start(&settings.child, scratch)?;
    match tokio::time::timeout(time, talk(&mut child, &task, progress)).await {
        Ok(talked) => talked?.line(source),
        Err(_) => Err(SourceError::Unavailable(format!(
            "the repository {} was not read within {} seconds: try again later",
            source.url,
            time.as_secs()
        ))),
    }
}

/// The child has nothing of this process: no environment, no files. Dropped, it is killed.
fn start((program, arguments): &(PathBuf, Vec<String>), scratch: &Path) -> Result<Child, SourceError> {
    let started = Command::new(program)
        .args(arguments)
        .env_clear()
        .current_dir(scratch)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn();
    started.map_err(|error| {
        let program = program.display();
        SourceError::Unavailable(format!("this server cannot start {program}, which fetches from Git: {error}"))
    })
}

/// What a child said, and how it ended.
struct Talked {
    last: Option<Line>,
    complaints: String,
    status: ExitStatus,
}

async fn talk(
    child: &mut Child,
    task: &[u8],
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Talked, SourceError> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let tell = async {
        if let Some(mut stdin) = stdin {
            // One that is gone already says why by how it ended.
            let _ = stdin.write_all(task).await;
        }
    };
    let (_, last, complaints) = tokio::join!(tell, listen(stdout, progress), complaints(stderr));
    Ok(Talked { last: last?, complaints, status: child.wait().await? })
}

/// Passes progress on; answers the line that is none, or nothing where it is no line at all.
async fn listen(
    output: Option<impl AsyncRead + Unpin>,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Option<Line>, SourceError> {
    let Some(output) = output else { return Ok(None) };
    let mut lines = BufReader::new(output.take(MOST_OUTPUT)).lines();
    while let Some(line) = lines.next_line().await? {
        // All branches and tags of a repository are megabytes.
        let read = blocking(move || Ok(serde_json::from_str(&line).ok())).await?;
        match read {
            Some(Line::Progress(done)) => progress(Progress { done, total: None }),
            last => return Ok(last),
        }
    }
    Ok(None)
}

async fn complaints(output: Option<impl AsyncRead + Unpin>) -> String {
    let mut said = Vec::new();
    if let Some(output) = output {
        // What cannot be read is not there: complaints are for the log alone.
        let _ = output.take(MOST_COMPLAINTS).read_to_end(&mut said).await;
    }
    String::from_utf8_lossy(&said).trim().to_owned()
}

impl Talked {
    fn line(self, source: &GitSource) -> Result<Line, SourceError> {
        if let Some(Line::Error { kind, text }) = self.last {
            return Err(kind.error(shown(&text, MOST_TEXT)));
        }
        if !self.complaints.is_empty() {
            tracing::warn!(url = %source.url, status = %self.status, said = self.complaints, "fetching from Git");
        }
        if let Some(line) = self.last.filter(|_| self.status.success()) {
            return Ok(line);
        }
        let url = &source.url;
        let text = match self.status.signal().and_then(limits::of_signal) {
            Some(more) => format!("what the repository {url} sends stands for {more}: it is not taken"),
            None => format!("what the repository {url} sends could not be read; the log of the server says more"),
        };
        Err(SourceError::Content(text))
    }
}

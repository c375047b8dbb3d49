//! The program under test: started on a free port of this machine, watched, and ended.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::keeper::{Keeper, clean, new_folder};
use crate::{program, used, wait_for, warm};

const READY: &str = "Vestry is ready at ";
const SETUP: &str = "Make the first administrator at ";
const READY_WITHIN: Duration = Duration::from_secs(60);

/// A running server. Dropped, it is told to end and waited for.
#[derive(Debug)]
pub struct Server {
    keeper: Keeper,
    data: PathBuf,
    address: String,
}

impl Server {
    /// Starts a server on an empty data directory. The name is for whoever looks at `target/system` afterwards.
    pub fn start(name: &str) -> Self {
        Self::start_with(name, |_| {})
    }

    /// The same, after the new data directory has been prepared.
    pub fn start_with(name: &str, prepare: impl FnOnce(&Path)) -> Self {
        let folder = new_folder(name);
        let data = folder.join("data");
        fs::create_dir_all(&data).expect("a data directory can be made");
        prepare(&data);
        warm::lay(&data);
        let server = Self::launch(&folder, &data);
        warm::keep(&data);
        server
    }

    /// Starts a server on a data directory that is there: beside another server, or after it.
    pub fn start_on(data: &Path, name: &str) -> Self {
        Self::launch(&new_folder(name), data)
    }

    /// Starts a server where one has ended: on its data, at its address.
    #[must_use]
    pub fn again(&self, name: &str) -> Self {
        // The threads of a program that was killed let go of its socket a moment after it is seen to have ended.
        let free = wait_for(Duration::from_secs(10), || std::net::TcpListener::bind(self.host()).ok());
        assert!(free.is_some(), "somebody else listens at {}", self.host());
        drop(free);
        Self::launch_at(&new_folder(name), &self.data, self.host())
    }

    fn launch(folder: &Path, data: &Path) -> Self {
        Self::launch_at(folder, data, "127.0.0.1:0")
    }

    fn launch_at(folder: &Path, data: &Path, listen: &str) -> Self {
        let path = data.to_str().expect("the data directory is named in UTF-8");
        let arguments = ["serve", "--listen", listen, "--data", path];
        let keeper = Keeper::start(folder, &program("vestry"), &arguments);
        let mut server = Self { keeper, data: data.to_path_buf(), address: String::new() };
        server.address = server.wait_until_ready();
        server
    }

    fn wait_until_ready(&self) -> String {
        let started = Instant::now();
        while started.elapsed() < READY_WITHIN {
            if let Some(address) = word_after(&self.stdout(), READY) {
                return address.trim_end_matches('/').to_owned();
            }
            assert!(self.is_running(), "the server ended before it was ready:\n{}{}", self.stdout(), self.log());
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("the server was not ready within {READY_WITHIN:?}:\n{}{}", self.stdout(), self.log());
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// `127.0.0.1:PORT`.
    pub fn host(&self) -> &str {
        self.address.trim_start_matches("http://")
    }

    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The link under which the first administrator is made, where one is printed.
    pub fn setup_link(&self) -> Option<String> {
        let link = wait_for(Duration::from_secs(2), || word_after(&self.stdout(), SETUP))?;
        used::links(&link);
        Some(link)
    }

    pub fn stdout(&self) -> String {
        self.keeper.output("stdout")
    }

    /// What the server has logged so far.
    pub fn log(&self) -> String {
        self.keeper.output("stderr")
    }

    /// Runs `vestry ARGUMENTS --data DATA` beside the server.
    pub fn vestry(&self, arguments: &[&str], stdin: &str) -> Output {
        vestry(&self.data, arguments, stdin)
    }

    /// The same, failing where the command fails; answers what it wrote to its standard output.
    #[track_caller]
    pub fn command(&self, arguments: &[&str], stdin: &str) -> String {
        let output = self.vestry(arguments, stdin);
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "`vestry {}` failed:\n{stdout}{stderr}", arguments.join(" "));
        stdout.into_owned()
    }

    /// Processor time that the server has used so far, in all its threads.
    pub fn processor_time(&self) -> Duration {
        self.keeper.processor_time()
    }

    /// Memory of the machine that the server holds, in bytes.
    pub fn resident_bytes(&self) -> u64 {
        self.keeper.resident_bytes()
    }

    pub fn is_running(&self) -> bool {
        self.keeper.is_running()
    }

    /// Sends a signal, by name, and waits until the server has ended.
    pub fn end_by(&self, signal: &str) {
        self.keeper.signal(signal);
        let ended = wait_for(Duration::from_secs(15), || (!self.is_running()).then_some(()));
        ended.unwrap_or_else(|| panic!("the server did not end by {signal}"));
    }
}

/// Runs the built program on a data directory.
pub fn vestry(data: &Path, arguments: &[&str], stdin: &str) -> Output {
    let mut command = clean(Command::new(program("vestry")));
    command.args(arguments).arg("--data").arg(data);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program can be started");
    let mut pipe = child.stdin.take().expect("standard input is a pipe");
    // A command that reads nothing may have ended already.
    pipe.write_all(stdin.as_bytes()).ok();
    drop(pipe);
    let output = child.wait_with_output().expect("the program ends");
    if output.status.success() {
        // Passwords and secrets come in there, a line each; a new token comes out.
        stdin.lines().for_each(used::typed);
        if arguments.starts_with(&["token", "add"]) {
            String::from_utf8_lossy(&output.stdout).lines().next_back().into_iter().for_each(used::typed);
        }
    }
    output
}

/// The word after this start of a line. A line counts when it is written to its end.
fn word_after(text: &str, start: &str) -> Option<String> {
    let mut lines = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    let rest = lines.find_map(|line| line.strip_prefix(start))?;
    rest.split_whitespace().next().map(str::to_owned)
}

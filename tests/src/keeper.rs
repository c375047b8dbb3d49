//! A program that runs no longer than the test which started it.
//!
//! Between the test and the program stands a line of shell that ends the program when the test's end of a pipe
//! closes. So nothing outlives a test, however that ends: what a whole file of tests shares lies in a static, which is
//! never dropped, and a test that is killed drops nothing either.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::{target, wait_for};

const KEEPER: &str =
    r#"pid=$1; shift; "$@" </dev/null & echo $! >"$pid"; read -r _; kill $! 2>/dev/null; wait $! 2>/dev/null"#;

/// A running program with a folder for what it writes. Dropped, the program is told to end and waited for.
#[derive(Debug)]
pub struct Keeper {
    shell: Child,
    pipe: Option<ChildStdin>,
    folder: PathBuf,
    pid: u32,
}

impl Keeper {
    /// Starts a program; its output goes to files in the folder.
    pub fn start(folder: &Path, program: &Path, arguments: &[&str]) -> Self {
        let file = |name: &str| File::create(folder.join(name)).expect("a log file can be made");
        let mut shell = clean(Command::new("sh"));
        shell.args(["-c", KEEPER, "keeper"]).arg(folder.join("pid")).arg(program).args(arguments);
        shell.stdin(Stdio::piped()).stdout(file("stdout")).stderr(file("stderr"));
        let mut shell = shell.spawn().expect("a shell can be started");
        let pipe = shell.stdin.take();
        let written = || fs::read_to_string(folder.join("pid")).ok()?.trim().parse().ok();
        let pid = wait_for(Duration::from_secs(5), written).expect("the shell writes the program's process number");
        Self { shell, pipe, folder: folder.to_path_buf(), pid }
    }

    /// What the program has written so far to `stdout` or `stderr`.
    pub fn output(&self, name: &str) -> String {
        let bytes = fs::read(self.folder.join(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    pub fn is_running(&self) -> bool {
        self.stat().is_some_and(|fields| fields[0] != "Z")
    }

    /// Sends a signal, by name: `TERM`, `KILL`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.pid.to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "the signal {name} can be sent");
    }

    /// Processor time that the program has used so far, in all its threads. Counted in steps of 10 ms.
    pub fn processor_time(&self) -> Duration {
        let fields = self.stat().expect("a running program has a line in /proc");
        let ticks: u64 = fields[11..13].iter().map(|field| field.parse::<u64>().expect("ticks are a number")).sum();
        Duration::from_millis(ticks * 10)
    }

    /// Memory of the machine that the program holds, in bytes.
    pub fn resident_bytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a running program holds memory");
        let kilobytes = line.split_whitespace().next().and_then(|number| number.parse::<u64>().ok());
        kilobytes.expect("it is counted in kB") * 1024
    }

    /// The fields of `/proc/PID/stat` after the program's name, the state first.
    fn stat(&self) -> Option<Vec<String>> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).ok()?;
        let (_, fields) = stat.rsplit_once(") ")?;
        Some(fields.split_whitespace().map(str::to_owned).collect())
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.pipe.take());
        self.shell.wait().ok();
    }
}

/// Without the settings of whoever runs the tests.
pub fn clean(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("VESTRY_")) {
        command.env_remove(name);
    }
    command
}

/// Whether no process has this number, or it is none.
pub fn has_ended(process: &str) -> bool {
    process.is_empty() || !Path::new("/proc").join(process).exists()
}

/// A folder for one run of a program: `target/system/NAME.PROCESS.NUMBER`. It is left for people to look at, and goes
/// when a later test run makes one of that name.
pub fn new_folder(name: &str) -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let system = target().join("system");
    for entry in fs::read_dir(&system).into_iter().flatten().flatten() {
        let other = entry.file_name().to_string_lossy().into_owned();
        let mut parts = other.split('.');
        let same = parts.next() == Some(name);
        let process = parts.next().unwrap_or_default();
        if same && has_ended(process) {
            fs::remove_dir_all(entry.path()).ok();
        }
    }
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let folder = system.join(format!("{name}.{}.{number}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder below target can be made");
    folder
}

//! Running other programs from the root of the workspace, each announced in a line before it starts.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a step answers: nothing, or a sentence that says what is wrong and what to do about it.
pub type Outcome = Result<(), String>;

/// The workspace that this program was built in.
pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// Found through the variable that `cargo run` sets, so that no path is built into the program.
    pub fn find() -> Result<Self, String> {
        let package = std::env::var_os("CARGO_MANIFEST_DIR")
            .ok_or("start me as `cargo xtask`, so that I know where the workspace is")?;
        let root = Path::new(&package).parent().map(Path::to_path_buf);
        root.map(|root| Self { root }).ok_or_else(|| "the package xtask has no folder above it".to_owned())
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where everything that is built goes: always the workspace's own folder, because the server embeds what it
    /// ships from there.
    pub fn target(&self) -> PathBuf {
        self.root.join("target")
    }

    /// A call of cargo, the one that started this program.
    pub fn cargo<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = self.program(cargo);
        command.env("CARGO_TARGET_DIR", self.target());
        // What `cargo run` set for this program would make the other packages look changed.
        command.env_remove("CARGO_MANIFEST_DIR").env_remove("CARGO_MANIFEST_PATH");
        command.args(arguments);
        command
    }

    pub fn program(&self, name: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(name);
        command.current_dir(&self.root);
        command
    }
}

/// Says what is about to happen.
pub fn say(what: &str) {
    eprintln!("xtask: {what}");
}

/// Runs a command to its end with the terminal passed through.
pub fn run(mut command: Command) -> Outcome {
    let shown = shown(&command);
    let status = command.status().map_err(|error| format!("`{shown}` could not be started: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{shown}` failed ({status})")) }
}

/// Runs a command silently and answers whether it could be started and succeeded.
pub fn succeeds(mut command: Command) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Becomes the command where the system can do that, so that it has the terminal and every signal to itself.
#[cfg(unix)]
pub fn become_program(mut command: Command) -> Outcome {
    use std::os::unix::process::CommandExt;
    let shown = shown(&command);
    Err(format!("`{shown}` could not be started: {}", command.exec()))
}

/// Elsewhere the program is waited for; Ctrl-C reaches every process of a console.
#[cfg(not(unix))]
pub fn become_program(command: Command) -> Outcome {
    run(command)
}

/// The folder of the search path that holds a program, if any does.
pub fn which(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&path).map(|folder| folder.join(&name)).find(|file| file.is_file())
}

fn shown(command: &Command) -> String {
    let name = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = std::iter::once(name).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

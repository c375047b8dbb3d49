//! Compiled code: made once for each component and engine, kept in a directory of the server's own.
//!
//! A compiled component is native code, and loading one that somebody else wrote is running what they like. So a file
//! is used only if it lies in a directory of mode 0700, is a plain file of the user the server runs as that nobody else can
//! write, is named after the component's digest and the engine's compatibility hash, and carries the right HMAC-SHA256 under
//! the server's key, which names that digest. Anything odd is removed, logged, and compiled again: so it is logged once.
//! Nothing compiled is ever taken from outside.
//!
//! The component itself is verified too, at every load: code whose component is damaged or gone is not used. It would be
//! the right code, but what stands in the store could no longer be inspected, handed on, or compiled by the next version.
//!
//! Compiling happens in a child process, because it leaves some 14 MB behind in the one that does it.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::fit::short;

#[cfg(test)]
mod tests;

/// A component of 18 MB takes half a minute on two busy cores.
const PATIENCE: Duration = Duration::from_secs(180);
/// Characters of what the compiler says of a component, which may hold names of the component's own.
const LONGEST: usize = 800;
/// What a file is called while code is written to it.
const UNFINISHED: &str = "compiling-";

/// How components are compiled.
#[derive(Debug, Clone)]
pub enum Compiler {
    /// A child process: this program with these arguments, then the component's file and the file to write.
    Child { program: PathBuf, arguments: Vec<OsString> },
    /// Here. For tests and tools that end soon.
    InProcess,
}

/// Why a component has no compiled code.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    #[error("the component's file {path} cannot be read: {source}")]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("the component's file is not the one of digest {expected}: it has {found}; fetch the package again")]
    WrongDigest { expected: String, found: String },
    #[error("it is not a WebAssembly component that this server can compile: {0}")]
    NotAComponent(String),
    #[error("compiling took longer than {} s", PATIENCE.as_secs())]
    TooLong,
    #[error("the directory of compiled code cannot be used: {0}")]
    Directory(#[from] io::Error),
    #[error("freshly compiled code does not load: {0}")]
    Load(wasmtime::Error),
    #[error("the server is stopping")]
    Stopping,
}

pub(crate) struct CompiledCode {
    kept: Arc<Kept>,
    compiler: Compiler,
    /// One at a time: compiling uses all cores by itself.
    turn: Semaphore,
}

/// The directory, and what says which of its files may be used.
struct Kept {
    directory: PathBuf,
    /// Whose files they have to be.
    owner: u32,
    /// HMAC under the server's key, nothing fed to it yet.
    vouch: Hmac<Sha256>,
    compatibility: String,
}

impl CompiledCode {
    /// Opens the directory, or makes it.
    pub(crate) fn open(directory: &Path, key: [u8; 32], engine: &Engine, compiler: Compiler) -> io::Result<Self> {
        if !directory.exists() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        }
        let owner = rustix::process::geteuid().as_raw();
        let found = fs::symlink_metadata(directory)?;
        if !found.is_dir() || found.uid() != owner {
            return Err(io::Error::other(format!(
                "{} is not a directory of the user that the server runs as; remove it, or give it to that user",
                directory.display()
            )));
        }
        fs::set_permissions(directory, fs::Permissions::from_mode(0o700))?;
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        let compatibility = format!("{:016x}", hasher.finish());
        let vouch = Hmac::new_from_slice(&key).map_err(io::Error::other)?;
        let kept = Arc::new(Kept { directory: directory.to_owned(), owner, vouch, compatibility });
        kept.remove_left_behind()?;
        Ok(Self { kept, compiler, turn: Semaphore::new(1) })
    }

    /// The component of this digest, compiled: from the cache, or from its file, which is verified in any case.
    pub(crate) async fn component(
        &self,
        engine: &Engine,
        digest: &str,
        file: &Path,
    ) -> Result<Component, CompileError> {
        let (wanted, component) = (digest.to_owned(), file.to_owned());
        self.beside(move |_| check_digest(&wanted, &component)).await?;
        if let Some(component) = self.cached(engine, digest).await {
            return Ok(component);
        }
        let _turn = self.turn.acquire().await;
        if let Some(component) = self.cached(engine, digest).await {
            return Ok(component);
        }
        // Once more: what was killed as it began to compile may have held its file until after this server had started.
        self.beside(|kept| Ok(kept.remove_left_behind()?)).await?;
        let fresh = unfinished(&self.kept.directory)?;
        self.compile(file, fresh.path()).await?;
        let (engine, digest) = (engine.clone(), digest.to_owned());
        self.beside(move |kept| {
            // Before it is kept: another process that finds it odd may remove it again.
            let component = load(&engine, fresh.path()).map_err(CompileError::Load)?;
            kept.keep(&digest, fresh)?;
            Ok(component)
        })
        .await
    }

    /// The digests of which there is code, of this engine or another one.
    pub(crate) fn digests(&self) -> io::Result<BTreeSet<String>> {
        let names = self.kept.names()?;
        Ok(names.iter().filter_map(|name| name.split_once('-')).map(|(digest, _)| digest.to_owned()).collect())
    }

    /// Removes all code of a digest, of whichever engine.
    pub(crate) fn forget(&self, digest: &str) -> io::Result<()> {
        for name in self.kept.names_of(digest)? {
            remove(&self.kept.directory.join(name))?;
        }
        Ok(())
    }

    /// What the cache has of this digest, if all of it is in order. What is not is removed.
    async fn cached(&self, engine: &Engine, digest: &str) -> Option<Component> {
        let (engine, wanted) = (engine.clone(), digest.to_owned());
        let loading = move |kept: &Kept| {
            let Some(file) = kept.usable(&wanted) else { return Ok(None) };
            let loaded = load(&engine, &file);
            Ok(loaded.inspect_err(|error| kept.give_up(&wanted, &format!("it does not load: {error:#}"))).ok())
        };
        self.beside(loading).await.ok().flatten()
    }

    async fn compile(&self, component: &Path, compiled: &Path) -> Result<(), CompileError> {
        match &self.compiler {
            Compiler::InProcess => crate::engine::compile_file(component, compiled)
                .map_err(|error| CompileError::NotAComponent(short(&format!("{error:#}"), LONGEST))),
            Compiler::Child { program, arguments } => {
                let child = tokio::process::Command::new(program)
                    .args(arguments)
                    .arg(component)
                    .arg(compiled)
                    .env_clear()
                    .stdin(Stdio::null())
                    .stdout(Stdio::null())
                    .stderr(Stdio::piped())
                    .kill_on_drop(true)
                    .output();
                let ended = tokio::time::timeout(PATIENCE, child).await.map_err(|_| CompileError::TooLong)??;
                if ended.status.success() {
                    return Ok(());
                }
                let said = short(String::from_utf8_lossy(&ended.stderr).trim(), LONGEST);
                Err(CompileError::NotAComponent(if said.is_empty() { ended.status.to_string() } else { said }))
            }
        }
    }

    /// Reads and writes whole files where that holds up nobody.
    async fn beside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Kept) -> Result<T, CompileError> + Send + 'static,
    ) -> Result<T, CompileError> {
        let kept = Arc::clone(&self.kept);
        tokio::task::spawn_blocking(move || work(&kept)).await.unwrap_or(Err(CompileError::Stopping))
    }
}

impl Kept {
    /// The file of code of this digest, where it may be used.
    fn usable(&self, digest: &str) -> Option<PathBuf> {
        let file = self.code_file(digest);
        match self.vouched(digest, &file) {
            Ok(()) => Some(file),
            Err(Odd::Missing) => {
                self.give_up_stale(digest);
                None
            }
            Err(Odd::Found(reason)) => {
                self.give_up(digest, &reason);
                None
            }
        }
    }

    fn vouched(&self, digest: &str, file: &Path) -> Result<(), Odd> {
        let found = fs::symlink_metadata(file)?;
        if !found.is_file() {
            return Err(Odd::Found("it is not a file but something else of that name".into()));
        }
        if found.uid() != self.owner {
            return Err(Odd::Found("it does not belong to the user that the server runs as".into()));
        }
        if found.mode() & 0o022 != 0 {
            return Err(Odd::Found("others could write it".into()));
        }
        let mac = fs::read(self.mac_file(digest)).map_err(|_| Odd::Found("nothing vouches for it".into()))?;
        let vouch = self.mac(digest, file)?;
        vouch.verify_slice(&mac).map_err(|_| Odd::Found("it was changed after it was compiled".into()))
    }

    /// Takes freshly compiled code among what is kept.
    fn keep(&self, digest: &str, fresh: tempfile::NamedTempFile) -> io::Result<()> {
        fresh.as_file().sync_all()?;
        // First what vouches for it: whoever finds the code can use it, and without the code it vouches for nothing.
        let vouch = self.mac(digest, fresh.path())?;
        write_whole(&self.mac_file(digest), &vouch.finalize().into_bytes())?;
        fresh.persist(self.code_file(digest)).map_err(|error| error.error)?;
        Ok(())
    }

    /// Removes code that is not used, and says why. What cannot be removed is written over in a moment.
    fn give_up(&self, digest: &str, reason: &str) {
        tracing::warn!(digest, reason, "compiled code is not used and is made again");
        for file in [self.code_file(digest), self.mac_file(digest)] {
            if let Err(error) = remove(&file) {
                tracing::warn!(file = %file.display(), %error, "a file of compiled code cannot be removed");
            }
        }
    }

    /// Removes code of this digest that another version of the engine made.
    fn give_up_stale(&self, digest: &str) {
        let stale = self.names_of(digest).unwrap_or_default();
        if stale.iter().any(|name| name.ends_with(CODE)) {
            tracing::info!(digest, "compiled code is of another version of the engine and is made again");
        }
        for name in stale {
            if let Err(error) = remove(&self.directory.join(&name)) {
                tracing::warn!(file = name, %error, "a file of compiled code cannot be removed");
            }
        }
    }

    fn remove_left_behind(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.directory)?.flatten() {
            let is_unfinished = entry.file_name().to_string_lossy().starts_with(UNFINISHED);
            if is_unfinished
                && let Ok(file) = fs::File::open(entry.path())
                && file.try_lock().is_ok()
            {
                remove(&entry.path())?;
            }
        }
        Ok(())
    }

    /// Names of all files that are kept, `DIGEST-ENGINE.cwasm` and `.mac`.
    fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if !name.starts_with(UNFINISHED) && (name.ends_with(CODE) || name.ends_with(MAC)) {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn names_of(&self, digest: &str) -> io::Result<Vec<String>> {
        let of_digest = |name: &String| name.strip_prefix(digest).is_some_and(|rest| rest.starts_with('-'));
        Ok(self.names()?.into_iter().filter(of_digest).collect())
    }

    /// What vouches for a file of compiled code. It is read in pieces: these files are large.
    fn mac(&self, digest: &str, file: &Path) -> io::Result<Hmac<Sha256>> {
        let mut file = fs::File::open(file)?;
        let length = file.metadata()?.len();
        let mut mac = self.vouch.clone();
        for part in [b"compiled code".as_slice(), digest.as_bytes(), self.compatibility.as_bytes()] {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part);
        }
        mac.update(&length.to_le_bytes());
        in_pieces(&mut file, |piece| mac.update(piece))?;
        Ok(mac)
    }

    fn code_file(&self, digest: &str) -> PathBuf {
        self.directory.join(format!("{digest}-{}{CODE}", self.compatibility))
    }

    fn mac_file(&self, digest: &str) -> PathBuf {
        self.directory.join(format!("{digest}-{}{MAC}", self.compatibility))
    }
}

/// How files of code end, and files of what vouches for it.
const CODE: &str = ".cwasm";
const MAC: &str = ".mac";

/// A file to write to. It is held locked as long as somebody writes to it, in whatever process: what nobody holds was left
/// behind by one that was killed.
fn unfinished(directory: &Path) -> io::Result<tempfile::NamedTempFile> {
    loop {
        let fresh = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(directory)?;
        // Another process that looks for what was left behind may have come in between.
        if fresh.as_file().try_lock().is_ok() && fresh.path().exists() {
            return Ok(fresh);
        }
    }
}

/// Why code is not used.
enum Odd {
    /// There is none.
    Missing,
    Found(String),
}

impl From<io::Error> for Odd {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            _ => Self::Found(error.to_string()),
        }
    }
}

/// Maps compiled code from a file that was vouched for, or made just now.
#[allow(unsafe_code)]
fn load(engine: &Engine, file: &Path) -> wasmtime::Result<Component> {
    // SAFETY: the file was written by this server's own compiler: its HMAC under the server's key was right, or it
    // was compiled a moment ago. It lies in a directory that no other user can write, and is never changed in
    // place: a new version comes by rename, which leaves the mapped file as it is.
    unsafe { Component::deserialize_file(engine, file) }
}

fn check_digest(expected: &str, path: &Path) -> Result<(), CompileError> {
    let unreadable = |source| CompileError::Unreadable { path: path.to_owned(), source };
    let mut file = fs::File::open(path).map_err(unreadable)?;
    let mut hasher = Sha256::new();
    in_pieces(&mut file, |piece| hasher.update(piece)).map_err(unreadable)?;
    let found = data_encoding::HEXLOWER.encode(&hasher.finalize());
    if found == expected { Ok(()) } else { Err(CompileError::WrongDigest { expected: expected.to_owned(), found }) }
}

fn in_pieces(file: &mut fs::File, mut each: impl FnMut(&[u8])) -> io::Result<()> {
    let mut piece = vec![0; 64 << 10];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(()),
            read => each(&piece[..read]),
        }
    }
}

/// Removes a file, or whatever else has its name; one that is not there is removed.
fn remove(file: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(file) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(file),
        Ok(_) => fs::remove_file(file),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn write_whole(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = file.parent().unwrap_or(Path::new("."));
    let mut fresh = unfinished(directory)?;
    io::Write::write_all(&mut fresh, bytes)?;
    fresh.as_file().sync_all()?;
    fresh.persist(file).map_err(|error| error.error)?;
    Ok(())
}

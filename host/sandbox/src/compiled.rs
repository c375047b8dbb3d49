//! Compiled code: made once for each component and engine, kept in a directory of the server's own.
//!
//! A compiled component is native code, and loading one that somebody else wrote is running what they like. So a file
//! is used only if it lies in a directory of mode 0700, belongs to the user the server runs as, is named after the
//! component's digest and the engine's compatibility hash, and carries the right HMAC-SHA256 under the server's key.
//! Anything odd means compiling again. Nothing compiled is ever taken from outside.
//!
//! Compiling happens in a child process, because it leaves some 14 MB behind in the one that does it.

use std::ffi::OsString;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use wasmtime::Engine;
use wasmtime::component::Component;

/// A component of 18 MB takes half a minute on two busy cores.
const PATIENCE: Duration = Duration::from_secs(180);

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
}

pub(crate) struct CompiledCode {
    directory: PathBuf,
    /// HMAC under the server's key, nothing fed to it yet.
    vouch: Hmac<Sha256>,
    compatibility: String,
    compiler: Compiler,
    /// One at a time: compiling uses all cores by itself.
    turn: Semaphore,
}

impl CompiledCode {
    /// Opens the directory, or makes it.
    pub(crate) fn open(directory: &Path, key: [u8; 32], engine: &Engine, compiler: Compiler) -> io::Result<Self> {
        if !directory.exists() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        }
        let found = fs::symlink_metadata(directory)?;
        if !found.is_dir() || found.uid() != rustix::process::geteuid().as_raw() {
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
        Ok(Self { directory: directory.to_owned(), vouch, compatibility, compiler, turn: Semaphore::new(1) })
    }

    /// The component of this digest, compiled: from the cache, or from its file.
    pub(crate) async fn component(
        &self,
        engine: &Engine,
        digest: &str,
        file: &Path,
    ) -> Result<Component, CompileError> {
        if let Some(component) = self.cached(engine, digest) {
            return Ok(component);
        }
        let _turn = self.turn.acquire().await;
        if let Some(component) = self.cached(engine, digest) {
            return Ok(component);
        }
        check_digest(digest, file)?;
        let fresh = tempfile::Builder::new().prefix("compiling-").tempfile_in(&self.directory)?;
        self.compile(file, fresh.path()).await?;
        fs::File::open(fresh.path())?.sync_all()?;
        // First the code, then what vouches for it: a crash between the two leaves code that nobody trusts.
        fresh.persist(self.code_file(digest)).map_err(|error| error.error)?;
        let vouch = self.mac(digest, &self.code_file(digest))?;
        write_whole(&self.mac_file(digest), &vouch.finalize().into_bytes())?;
        self.load(engine, &self.code_file(digest)).map_err(CompileError::Load)
    }

    /// What the cache has of this digest, if all of it is in order.
    fn cached(&self, engine: &Engine, digest: &str) -> Option<Component> {
        let file = self.code_file(digest);
        if !file.exists() {
            return None;
        }
        match self.vouched(digest, &file).and_then(|()| self.load(engine, &file).map_err(|error| error.to_string())) {
            Ok(component) => Some(component),
            Err(reason) => {
                tracing::warn!(digest, reason, "compiled code is not used and is made again");
                None
            }
        }
    }

    fn vouched(&self, digest: &str, file: &Path) -> Result<(), String> {
        let found = fs::symlink_metadata(file).map_err(|error| error.to_string())?;
        if !found.is_file() || found.uid() != rustix::process::geteuid().as_raw() {
            return Err("it does not belong to the user that the server runs as".into());
        }
        let mac = fs::read(self.mac_file(digest)).map_err(|_| "nothing vouches for it".to_owned())?;
        let vouch = self.mac(digest, file).map_err(|error| error.to_string())?;
        vouch.verify_slice(&mac).map_err(|_| "it was changed after it was compiled".to_owned())
    }

    /// Maps compiled code from a file that [`Self::vouched`] has accepted or that was made just now.
    #[allow(unsafe_code)]
    fn load(&self, engine: &Engine, file: &Path) -> wasmtime::Result<Component> {
        // SAFETY: the file was written by this server's own compiler: its HMAC under the server's key was right, or it
        // was compiled a moment ago. It lies in a directory that no other user can write, and is never changed in
        // place: a new version comes by rename, which leaves the mapped file as it is.
        unsafe { Component::deserialize_file(engine, file) }
    }

    async fn compile(&self, component: &Path, compiled: &Path) -> Result<(), CompileError> {
        match &self.compiler {
            Compiler::InProcess => crate::engine::compile_file(component, compiled)
                .map_err(|error| CompileError::NotAComponent(format!("{error:#}"))),
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
                let said = String::from_utf8_lossy(&ended.stderr).trim().to_owned();
                Err(CompileError::NotAComponent(if said.is_empty() { ended.status.to_string() } else { said }))
            }
        }
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
        let mut piece = vec![0; 64 << 10];
        loop {
            match file.read(&mut piece)? {
                0 => return Ok(mac),
                read => mac.update(&piece[..read]),
            }
        }
    }

    fn code_file(&self, digest: &str) -> PathBuf {
        self.directory.join(format!("{digest}-{}.cwasm", self.compatibility))
    }

    fn mac_file(&self, digest: &str) -> PathBuf {
        self.directory.join(format!("{digest}-{}.mac", self.compatibility))
    }
}

fn check_digest(expected: &str, file: &Path) -> Result<(), CompileError> {
    let bytes = fs::read(file).map_err(|source| CompileError::Unreadable { path: file.to_owned(), source })?;
    let found = data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes));
    if found == expected { Ok(()) } else { Err(CompileError::WrongDigest { expected: expected.to_owned(), found }) }
}

fn write_whole(file: &Path, content: &[u8]) -> io::Result<()> {
    use std::io::Write;
    let mut fresh = tempfile::NamedTempFile::new_in(file.parent().unwrap_or(Path::new(".")))?;
    fresh.write_all(content)?;
    fresh.as_file().sync_all()?;
    fresh.persist(file).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The smallest component: magic number, version and layer.
    const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

    struct Fixture {
        directory: tempfile::TempDir,
        engine: Engine,
        digest: String,
    }

    impl Fixture {
        fn new() -> Self {
            let directory = tempfile::tempdir().unwrap();
            fs::write(directory.path().join("component.wasm"), COMPONENT).unwrap();
            let (engine, _) = crate::engine::engine().unwrap();
            Self { directory, engine, digest: data_encoding::HEXLOWER.encode(&Sha256::digest(COMPONENT)) }
        }

        fn cache(&self) -> CompiledCode {
            let directory = self.directory.path().join("compiled");
            CompiledCode::open(&directory, [7; 32], &self.engine, Compiler::InProcess).unwrap()
        }

        async fn get(&self, cache: &CompiledCode) -> Result<Component, CompileError> {
            cache.component(&self.engine, &self.digest, &self.directory.path().join("component.wasm")).await
        }
    }

    #[tokio::test]
    async fn code_is_compiled_once_and_then_taken_from_the_cache() {
        let fixture = Fixture::new();
        fixture.get(&fixture.cache()).await.unwrap();
        fs::remove_file(fixture.directory.path().join("component.wasm")).unwrap();
        fixture.get(&fixture.cache()).await.unwrap();
    }

    #[tokio::test]
    async fn what_was_tampered_with_truncated_or_made_under_another_key_is_not_loaded() {
        let fixture = Fixture::new();
        let cache = fixture.cache();
        fixture.get(&cache).await.unwrap();
        let file = cache.code_file(&fixture.digest);
        let whole = fs::read(&file).unwrap();
        for odd in [&whole[..whole.len() / 2], b"", &[whole.as_slice(), b"x"].concat()] {
            fs::remove_file(&file).unwrap();
            fs::write(&file, odd).unwrap();
            assert!(cache.cached(&fixture.engine, &fixture.digest).is_none());
        }
        fixture.get(&cache).await.unwrap();
        assert!(cache.cached(&fixture.engine, &fixture.digest).is_some());
        let directory = fixture.directory.path().join("compiled");
        let other = CompiledCode::open(&directory, [8; 32], &fixture.engine, Compiler::InProcess).unwrap();
        assert!(other.cached(&fixture.engine, &fixture.digest).is_none());
    }

    #[tokio::test]
    async fn a_file_of_another_digest_is_refused() {
        let fixture = Fixture::new();
        fs::write(fixture.directory.path().join("component.wasm"), b"another").unwrap();
        assert!(matches!(fixture.get(&fixture.cache()).await, Err(CompileError::WrongDigest { .. })));
    }
}

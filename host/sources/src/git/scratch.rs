//! The directory of one child. Files are looked after on threads that nobody else waits for.

use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::OFlags;
use tempfile::TempDir;
use tokio::runtime::Handle;

use crate::error::SourceError;
use crate::sources::Sources;

/// How often it is tried to remove one, and how long is waited between: a child that was ended may still write.
const TRIES: u32 = 20;
const BETWEEN: Duration = Duration::from_millis(100);

/// A directory, removed when this is dropped.
pub(super) struct Scratch {
    path: PathBuf,
    directory: Option<TempDir>,
}

impl Scratch {
    pub(super) async fn new(sources: &Sources) -> Result<Self, SourceError> {
        let above = sources.settings.scratch.clone();
        blocking(move || {
            std::fs::create_dir_all(&above)?;
            let directory = tempfile::Builder::new().prefix("git-").tempdir_in(&above)?;
            Ok(Self { path: directory.path().to_owned(), directory: Some(directory) })
        })
        .await
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What the child left under this name: a file of no more than so many bytes.
    pub(super) async fn taken(&self, name: &str, most: u64) -> Result<Vec<u8>, SourceError> {
        let path = self.path.join(name);
        blocking(move || {
            // A link would lead to a file of the server's, and a pipe to nobody.
            let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
            let file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(|_| not_asked())?;
            if !file.metadata()?.is_file() {
                return Err(not_asked());
            }
            let mut content = Vec::new();
            file.take(most + 1).read_to_end(&mut content)?;
            if content.len() as u64 > most { Err(not_asked()) } else { Ok(content) }
        })
        .await
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let Some(directory) = self.directory.take() else { return };
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(move || remove(directory))),
            Err(_) => remove(directory),
        }
    }
}

fn remove(directory: TempDir) {
    let path = directory.keep();
    for _ in 0..TRIES {
        match std::fs::remove_dir_all(&path) {
            Ok(()) => return,
            Err(_) => std::thread::sleep(BETWEEN),
        }
    }
    tracing::warn!(path = %path.display(), "what fetching left could not be removed; the next start does");
}

/// Takes a step that waits for the disk, or for much of the processor.
pub(super) async fn blocking<T: Send + 'static>(
    step: impl FnOnce() -> Result<T, SourceError> + Send + 'static,
) -> Result<T, SourceError> {
    let stopping = |_| SourceError::Unavailable("the server is stopping: try again later".into());
    tokio::task::spawn_blocking(step).await.map_err(stopping)?
}

/// The child did something else than it was told.
pub(super) fn not_asked() -> SourceError {
    SourceError::Content("what was fetched is not what was asked for: try again, and tell who runs this server".into())
}

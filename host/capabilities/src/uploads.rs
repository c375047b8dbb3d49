//! `uploads`: files that came with the request, read piece by piece or kept whole.
//!
//! A small one is in memory. A larger one is in a file that has no name, so it is gone when the request is, or the
//! process; kept in a directory of the same file system, it is given its name there and not copied.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use vestry_contract::types::Failure;

use crate::call::Call;
use crate::directories::{FileError, FilePath, piece, unnamed};
use crate::files;
use crate::gate::Pass;
use crate::inbox::Kept;
use crate::table::UPLOADS_KEEP;

/// The longest piece, in bytes.
const LONGEST: u32 = 1 << 20;

/// What uploads leave free of a disk in any case, in bytes.
const LEFT_FREE: u64 = 64 << 20;

/// A file that came with the request. Clones share it.
#[derive(Debug, Clone)]
pub struct Upload {
    stored: Arc<Stored>,
    /// Its file in the inbox, where it was put there.
    kept: Arc<Mutex<Option<Kept>>>,
    name: Arc<str>,
}

#[derive(Debug)]
enum Stored {
    Memory(Vec<u8>),
    Disk { file: File, size: u64 },
}

impl From<Vec<u8>> for Upload {
    fn from(content: Vec<u8>) -> Self {
        Self::new(Stored::Memory(content))
    }
}

impl Upload {
    fn new(stored: Stored) -> Self {
        Self { stored: Arc::new(stored), kept: Arc::default(), name: Arc::default() }
    }

    /// The same, as its sender called it.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self { name: name.into(), ..self }
    }

    /// What its sender called it; may be empty, and anything at all.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// One that was written to a file of [`Upload::new_file`]. `size`: what was written, in bytes.
    #[must_use]
    pub fn on_file(file: File, size: u64) -> Self {
        Self::new(Stored::Disk { file, size })
    }

    /// A new file for an upload, in a folder of the server's own, which is made where it is missing. It has no name, and
    /// is gone when its last handle is, however the process ends. Blocks.
    ///
    /// # Errors
    ///
    /// Where it cannot be made.
    pub fn new_file(folder: &Path) -> io::Result<File> {
        std::fs::create_dir_all(folder)?;
        if let Ok(file) = unnamed(File::open(folder)?) {
            return Ok(file);
        }
        // Not every file system has files without a name; there it loses it at once, and is copied where it is kept.
        let random = getrandom::u64().map_err(|error| io::Error::other(error.to_string()))?;
        let path = folder.join(format!("{random:016x}"));
        let file = File::options().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
        std::fs::remove_file(path)?;
        Ok(file)
    }

    /// Whether the disk that a file is on would still have room after `bytes` more: 64 MiB, and a twentieth of it.
    ///
    /// # Errors
    ///
    /// Where the disk does not say.
    pub fn has_room(file: impl AsFd, bytes: u64) -> io::Result<bool> {
        let disk = rustix::fs::fstatvfs(file)?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        let whole = disk.f_blocks.saturating_mul(disk.f_frsize);
        Ok(free.saturating_sub(bytes) >= LEFT_FREE.max(whole / 20))
    }

    pub(crate) fn kept(&self) -> &Mutex<Option<Kept>> {
        &self.kept
    }

    /// In bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        match &*self.stored {
            Stored::Memory(content) => content.len() as u64,
            Stored::Disk { size, .. } => *size,
        }
    }

    pub(crate) fn on_disk(&self) -> Option<&File> {
        match &*self.stored {
            Stored::Memory(_) => None,
            Stored::Disk { file, .. } => Some(file),
        }
    }

    /// What of it is in memory: all or nothing.
    pub(crate) fn in_memory(&self) -> &[u8] {
        match &*self.stored {
            Stored::Memory(content) => content,
            Stored::Disk { .. } => &[],
        }
    }

    /// Fewer bytes than asked for at the end, none past it. Blocks.
    ///
    /// # Errors
    ///
    /// Where the disk cannot be read.
    pub fn piece(&self, offset: u64, length: u32) -> io::Result<Vec<u8>> {
        match &*self.stored {
            Stored::Memory(content) => {
                let start = usize::try_from(offset).unwrap_or(usize::MAX).min(content.len());
                let end = start.saturating_add(length as usize).min(content.len());
                Ok(content[start..end].to_vec())
            }
            // One that was kept can have been added to since.
            Stored::Disk { file, size } => {
                let left = u32::try_from(size.saturating_sub(offset)).unwrap_or(u32::MAX);
                piece(file, offset, length.min(left))
            }
        }
    }
}

pub(crate) async fn read(call: &Call, _pass: Pass, index: u32, offset: u64, length: u32) -> Result<Vec<u8>, Failure> {
    let upload = find(call, index)?;
    let read = tokio::task::spawn_blocking(move || upload.piece(offset, length.min(LONGEST))).await;
    match read {
        Ok(Ok(content)) => Ok(content),
        Ok(Err(error)) => {
            tracing::error!(%error, "an upload cannot be read");
            Err(Failure::Unavailable("the server's disk does not answer at the moment".into()))
        }
        Err(_) => Err(Failure::Unavailable("the server is stopping".into())),
    }
}

pub(crate) async fn keep(
    call: &mut Call,
    _pass: Pass,
    index: u32,
    directory: String,
    path: String,
) -> Result<(), Failure> {
    let upload = find(call, index)?;
    let path = FilePath::parse(&path).map_err(FileError::from)?;
    let waiting = Waiting::default();
    let given_up = Arc::clone(&waiting.0);
    files::inside(call, &UPLOADS_KEEP, directory, move |folder| folder.keep(&path, &upload, &given_up)).await
}

pub(crate) fn find(call: &Call, index: u32) -> Result<Upload, Failure> {
    let uploads = &call.settings()?.uploads;
    let upload = usize::try_from(index).ok().and_then(|index| uploads.get(index));
    upload
        .cloned()
        .ok_or_else(|| Failure::NotFound(format!("this request has {} uploads, and no number {index}", uploads.len())))
}

/// Somebody who waits for a copy. Dropped where the call is broken off, it lets the copy end as well.
#[derive(Debug, Default)]
struct Waiting(Arc<AtomicBool>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

//! A file that is not whole yet.
//!
//! It has no name until it is whole, and where its name is free gets it in one step, so a crash leaves nothing behind.
//! Where it takes the place of another file it has a name for a moment that plugins cannot say, and where the file system
//! has no files without names, all the time. That name goes with the draft; a crash can leave it, and [`is_left_behind`]
//! finds it after a day.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::time::{Duration, SystemTime};

use cap_std::fs::{Dir, Metadata, MetadataExt, OpenOptions};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, openat};

use super::path::RESERVED;

/// What a temporary name ends with.
const PART: &str = ".part";
/// For how long nothing was done with what somebody has left behind.
const LEFT_FOR: Duration = Duration::from_secs(24 * 3_600);

/// A file on its way into a folder. Dropped before it is placed, it never was.
#[derive(Debug)]
pub(crate) struct Draft<'d> {
    folder: &'d Dir,
    file: File,
    /// Its name for the time being, where it has one.
    temporary: Option<String>,
}

impl<'d> Draft<'d> {
    pub(crate) fn new(folder: &'d Dir) -> io::Result<Self> {
        if let Ok(file) = unnamed(folder) {
            return Ok(Self { folder, file, temporary: None });
        }
        Self::named(folder)
    }

    /// One with a name, for file systems that need it.
    pub(super) fn named(folder: &'d Dir) -> io::Result<Self> {
        let temporary = temporary_name()?;
        let file = folder.open_with(&temporary, OpenOptions::new().write(true).create_new(true))?;
        Ok(Self { folder, file: file.into_std(), temporary: Some(temporary) })
    }

    /// A file that was made without a name on the same file system.
    pub(crate) fn of(folder: &'d Dir, file: File) -> Self {
        Self { folder, file, temporary: None }
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Gives it its name. What had that name before is replaced, in one step.
    pub(crate) fn place(mut self, name: &str) -> io::Result<()> {
        self.file.sync_all()?;
        if self.temporary.is_none() {
            match self.link(name) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                linked => return linked,
            }
            // Something has that name, and only a rename replaces it in one step.
            let temporary = temporary_name()?;
            self.link(&temporary)?;
            self.temporary = Some(temporary);
        }
        if let Some(temporary) = &self.temporary {
            self.folder.rename(temporary, self.folder, name)?;
        }
        self.temporary = None;
        Ok(())
    }

    /// Gives the file, which has none, a name that nothing has.
    fn link(&self, name: &str) -> io::Result<()> {
        Ok(linkat(CWD, descriptor(&self.file), self.folder, name, AtFlags::SYMLINK_FOLLOW)?)
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary
            && let Err(error) = self.folder.remove_file(temporary)
        {
            tracing::warn!(%error, temporary, "a file that was not finished could not be removed");
        }
    }
}

/// A new file in a folder that has no name (`O_TMPFILE`): it goes when the last handle does, however the process ends.
pub(crate) fn unnamed(folder: impl AsFd) -> io::Result<File> {
    // Without it, a file could not be given a name later.
    if !std::path::Path::new("/proc/self/fd").exists() {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    Ok(openat(folder, ".", flags, Mode::from_raw_mode(0o666))?.into())
}

/// How the operating system calls an open file.
fn descriptor(file: &File) -> String {
    format!("/proc/self/fd/{}", file.as_raw_fd())
}

fn temporary_name() -> io::Result<String> {
    let random = getrandom::u64().map_err(|error| io::Error::other(error.to_string()))?;
    Ok(format!("{RESERVED}{random:016x}{PART}"))
}

/// Whether a file is a draft that nobody finishes any more. What is written or linked has changed.
pub(super) fn is_left_behind(name: &str, metadata: &Metadata, now: SystemTime) -> bool {
    let random = name.strip_prefix(RESERVED).and_then(|rest| rest.strip_suffix(PART));
    let is_draft =
        random.is_some_and(|random| random.len() == 16 && random.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let changed = u64::try_from(metadata.ctime()).unwrap_or(0);
    let age = now.duration_since(SystemTime::UNIX_EPOCH + Duration::from_secs(changed));
    is_draft && metadata.is_file() && age.is_ok_and(|age| age > LEFT_FOR)
}

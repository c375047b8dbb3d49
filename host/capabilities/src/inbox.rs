//! Files that somebody sent and that wait for a job of the host's: `DATA/inbox`, for nobody else to read.
//!
//! A request ends before its file is looked at, and the server can end in between. So the file is kept here, on the disk
//! and under a name, before the row is written that names it: once for each upload, however often that is asked for. With
//! the upload it is gone again where nothing came of the request ([`Kept`]). What a server that was killed has left, and no
//! row names, the worker removes.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use vestry_catalog::order::{Fetch, Order};

use crate::call::Call;
use crate::directories::Draft;
use crate::uploads::Upload;

/// Bytes that are copied at once.
const PIECE: u32 = 1 << 20;
/// Bytes that wait altogether: 2 GiB.
const MOST: u64 = 2 << 30;

/// The directory. Clones share it.
#[derive(Debug, Clone)]
pub struct Inbox(Arc<Dir>);

/// A file that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxFile {
    pub name: String,
    /// In bytes.
    pub size: u64,
    /// When it was put there, in milliseconds since 1970.
    pub since: u64,
}

impl Inbox {
    /// Opens the inbox of a data directory, or makes it.
    ///
    /// # Errors
    ///
    /// Where it cannot be had, as with every function here.
    pub fn open(data: &Path) -> io::Result<Self> {
        let path = data.join("inbox");
        match std::fs::DirBuilder::new().mode(0o700).create(&path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        Ok(Self(Arc::new(Dir::open_ambient_dir(&path, ambient_authority())?)))
    }

    /// Keeps what somebody sent, and answers its name here. It is on the disk when this returns, and as long as the upload is
    /// there; for longer where an order names it and was written ([`ordered`]). Blocks. Fails with
    /// [`io::ErrorKind::QuotaExceeded`] where too much waits already.
    pub fn put(&self, upload: &Upload) -> io::Result<String> {
        self.put_within(upload, MOST)
    }

    fn put_within(&self, upload: &Upload, most: u64) -> io::Result<String> {
        let mut kept = upload.kept().lock();
        if let Some(Kept { name, .. }) = &*kept {
            return Ok(name.clone());
        }
        let name = self.copy(upload, most)?;
        *kept = Some(Kept { inbox: self.clone(), name: name.clone(), ordered: false });
        Ok(name)
    }

    fn copy(&self, upload: &Upload, most: u64) -> io::Result<String> {
        let waiting: u64 = self.list()?.iter().map(|file| file.size).sum();
        if waiting.saturating_add(upload.size()) > most || !Upload::has_room(&*self.0, upload.size())? {
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        let name = new_name()?;
        let draft = Draft::new(&self.0)?;
        let mut offset = 0;
        while offset < upload.size() {
            let piece = upload.piece(offset, PIECE)?;
            if piece.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            draft.file().write_all(&piece)?;
            offset += piece.len() as u64;
        }
        draft.place(&name)?;
        // The directory itself is held without the right to read it, which is needed to have it written.
        self.0.open(".")?.sync_all()?;
        Ok(name)
    }

    /// Opens what waits there. Blocks, as the following do.
    pub fn file(&self, name: &str) -> io::Result<File> {
        Ok(self.0.open(plain(name)?)?.into_std())
    }

    /// Removes a file; one that is gone already is fine.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        match self.0.remove_file(plain(name)?) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// All that waits there, also what a crash has left half written.
    pub fn list(&self) -> io::Result<Vec<InboxFile>> {
        let mut files = Vec::new();
        for entry in self.0.entries()? {
            let entry = entry?;
            let metadata = match entry.metadata() {
                Ok(metadata) if metadata.is_file() => metadata,
                Ok(_) => continue,
                // Fetched meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            let Ok(name) = entry.file_name().into_string() else { continue };
            let since = metadata.modified()?.into_std().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            let since = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
            files.push(InboxFile { name, size: metadata.len(), since });
        }
        files.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(files)
    }
}

/// A file of the inbox: gone when this is, unless an order names it.
#[derive(Debug)]
pub(crate) struct Kept {
    inbox: Inbox,
    name: String,
    ordered: bool,
}

impl Drop for Kept {
    fn drop(&mut self) {
        if self.ordered {
            return;
        }
        if let Err(error) = self.inbox.remove(&self.name) {
            tracing::warn!(%error, file = self.name, "a file that was sent could not be removed; the hour takes it");
        }
    }
}

/// Leaves the file of an order that was written to whoever carries that out.
pub(crate) fn ordered(call: &Call, order: &Order) {
    let (Order::Fetch(Fetch::Inbox { file, .. }), Ok(open)) = (order, call.settings()) else { return };
    for upload in &open.uploads {
        if let Some(kept) = upload.kept().lock().as_mut().filter(|kept| kept.name == *file) {
            kept.ordered = true;
        }
    }
}

fn new_name() -> io::Result<String> {
    let mut bytes = [0; 12];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(data_encoding::BASE32_DNSCURVE.encode(&bytes))
}

/// A name of the inbox is one segment.
fn plain(name: &str) -> io::Result<&str> {
    let is_plain = !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\\', '\0']);
    if is_plain { Ok(name) } else { Err(io::ErrorKind::InvalidInput.into()) }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_was_put_there_waits_until_it_is_removed() {
        let data = tempfile::tempdir().unwrap();
        let inbox = Inbox::open(data.path()).unwrap();
        let mode = std::fs::metadata(data.path().join("inbox")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        let content = vec![7; (PIECE + 3) as usize];
        let upload = Upload::from(content.clone());
        let name = inbox.put(&upload).unwrap();
        let mut file = Upload::new_file(data.path()).unwrap();
        file.write_all(b"on disk").unwrap();
        let on_disk = Upload::on_file(file, 7);
        let other = inbox.put(&on_disk).unwrap();
        let again = Inbox::open(data.path()).unwrap();
        let read = |name: &str| {
            let mut read = Vec::new();
            again.file(name).unwrap().read_to_end(&mut read).unwrap();
            read
        };
        assert_eq!((read(&name), read(&other)), (content, b"on disk".to_vec()));
        let listed = again.list().unwrap();
        assert_eq!(listed.len(), 2);
        assert!(listed.iter().any(|file| file.name == other && file.size == 7 && file.since > 0));
        again.remove(&name).unwrap();
        again.remove(&name).unwrap();
        assert_eq!(again.list().unwrap().len(), 1);
        assert!(again.file(&name).is_err());
    }

    #[test]
    fn an_upload_is_kept_once_and_as_long_as_its_request_where_nobody_ordered_anything() {
        let data = tempfile::tempdir().unwrap();
        let inbox = Inbox::open(data.path()).unwrap();
        let upload = Upload::from(vec![7; 9]);
        let of_another_run = upload.clone().named("a.wasm");
        let name = inbox.put(&upload).unwrap();
        assert_eq!((inbox.put(&upload).unwrap(), inbox.put(&of_another_run).unwrap()), (name.clone(), name));
        assert_eq!(inbox.list().unwrap().len(), 1);
        drop(upload);
        assert_eq!(inbox.list().unwrap().len(), 1);
        drop(of_another_run);
        assert!(inbox.list().unwrap().is_empty());
    }

    #[test]
    fn it_holds_no_more_than_it_may() {
        let data = tempfile::tempdir().unwrap();
        let inbox = Inbox::open(data.path()).unwrap();
        let uploads = [6, 5, 4].map(|bytes: usize| Upload::from(vec![7; bytes]));
        let put = |number: usize| inbox.put_within(&uploads[number], 10).map(drop).map_err(|error| error.kind());
        assert_eq!([put(0), put(1), put(2)], [Ok(()), Err(io::ErrorKind::QuotaExceeded), Ok(())]);
        assert_eq!(inbox.list().unwrap().len(), 2);
    }

    #[test]
    fn a_name_leads_nowhere_else() {
        let data = tempfile::tempdir().unwrap();
        std::fs::write(data.path().join("secret"), "x").unwrap();
        let inbox = Inbox::open(data.path()).unwrap();
        for name in ["../secret", "..", ".", "", "a/b", "/etc/passwd"] {
            assert!(inbox.file(name).is_err() && inbox.remove(name).is_err(), "{name}");
        }
        assert!(data.path().join("secret").exists());
    }
}

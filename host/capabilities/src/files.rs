//! `files`: directories of the server, for a plugin that was granted each by its name.
//!
//! What is written is written at once: a file is no row, and a request that fails leaves it.

use vestry_catalog::house;
use vestry_contract::files::{Listing, Piece};
use vestry_contract::types::Failure;

use crate::call::Call;
use crate::directories::{self, FileError, FilePath, Folder};
use crate::gate::{Pass, Refusal};
use crate::table::{FILES_APPEND, FILES_ENTRIES, FILES_READ, FILES_REMOVE, FILES_RENAME, FILES_WRITE, Row};

pub(crate) async fn entries(
    call: &mut Call,
    _pass: Pass,
    directory: String,
    path: String,
    cursor: Option<String>,
) -> Result<Listing, Failure> {
    let path = if path.is_empty() { None } else { Some(parsed(&path)?) };
    inside(call, &FILES_ENTRIES, directory, move |folder| folder.entries(path.as_ref(), cursor.as_deref())).await
}

pub(crate) async fn read(
    call: &mut Call,
    _pass: Pass,
    directory: String,
    path: String,
    identity: Option<String>,
    offset: u64,
    length: u32,
) -> Result<Piece, Failure> {
    let path = parsed(&path)?;
    inside(call, &FILES_READ, directory, move |folder| folder.read(&path, identity.as_deref(), offset, length)).await
}

pub(crate) async fn write(
    call: &mut Call,
    _pass: Pass,
    directory: String,
    path: String,
    content: Vec<u8>,
) -> Result<(), Failure> {
    let path = parsed(&path)?;
    inside(call, &FILES_WRITE, directory, move |folder| folder.write(&path, &content)).await
}

pub(crate) async fn append(
    call: &mut Call,
    _pass: Pass,
    directory: String,
    path: String,
    content: Vec<u8>,
) -> Result<u64, Failure> {
    let path = parsed(&path)?;
    inside(call, &FILES_APPEND, directory, move |folder| folder.append(&path, &content)).await
}

pub(crate) async fn rename(
    call: &mut Call,
    _pass: Pass,
    directory: String,
    old: String,
    new: String,
) -> Result<(), Failure> {
    let (old, new) = (parsed(&old)?, parsed(&new)?);
    inside(call, &FILES_RENAME, directory, move |folder| folder.rename(&old, &new)).await
}

pub(crate) async fn remove(call: &mut Call, _pass: Pass, directory: String, path: String) -> Result<(), Failure> {
    let path = parsed(&path)?;
    inside(call, &FILES_REMOVE, directory, move |folder| folder.remove(&path)).await
}

fn parsed(path: &str) -> Result<FilePath, Failure> {
    Ok(FilePath::parse(path).map_err(FileError::from)?)
}

/// Does something in a directory that the plugin was granted, where it may wait for the disk. A row that writes needs a
/// grant to write.
pub(crate) async fn inside<T: Send + 'static>(
    call: &mut Call,
    row: &Row,
    directory: String,
    work: impl FnOnce(&Folder) -> Result<T, FileError> + Send + 'static,
) -> Result<T, Failure> {
    granted(call, row, &directory)?;
    let directories = std::sync::Arc::clone(&call.settings()?.services.directories);
    let plugin = call.subject().id.clone();
    Ok(directories.inside(&plugin, &directory, work).await?)
}

/// Says no where the plugin was not granted this directory, whether there is one or not; and in one of the server's own
/// where it writes, or whoever it works for may not see what is in there.
fn granted(call: &mut Call, row: &Row, directory: &str) -> Result<(), Failure> {
    let write = !row.kind.is_reading();
    let reason = match house::directory(directory) {
        _ if !call.grants()?.holds_directory(directory, write) => {
            directories::not_granted(call.subject(), directory, write)
        }
        Some(_) if write => format!("the directory `{directory}` is the server's own, and only read"),
        Some(house) if !call.holds(house.permission)? => format!("it needs the permission {}", house.permission),
        _ => return Ok(()),
    };
    let told = format!("{row} is denied: {reason}");
    call.note_refusal(Refusal { function: row.to_string(), reason });
    Err(Failure::Denied(told))
}

#[cfg(test)]
mod tests;

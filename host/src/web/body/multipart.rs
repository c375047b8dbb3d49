//! Forms with files (RFC 7578), read field by field as they arrive.
//!
//! Values of fields and small files stay in memory; larger files are written to disk piece by piece. The parser of
//! forms keeps what it cannot make out yet, so it is told no more than a little at a time: a head that never ends ends
//! the request.

use std::path::Path;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::multipart::Field;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart};
use axum::http::{Request, header};
use futures_util::stream;
use parking_lot::Mutex;
use tokio::io::AsyncWriteExt;
use vestry_capabilities::Upload as Content;
use vestry_contract::exchange::Upload as Facts;
use vestry_phrases::{Words, words};

use crate::web::body::arriving::Arriving;
use crate::web::body::room::Share;
use crate::web::body::{Incoming, MOST_FIELDS, Upload, plain_file_name, too_many_fields};
use crate::web::dispatch::blocking;
use crate::web::problem::Problem;

/// Files of one form: each may be an open file.
const MOST_FILES: usize = 100;
/// The longest name of a field, and the longest content type of a file, in bytes.
const LONGEST_NAME: usize = 1 << 10;
/// The largest file that stays in memory, in bytes.
const SMALL: usize = 64 << 10;
/// What the parser may hold without making anything of it, in bytes.
const UNREAD: usize = 2 << 20;
/// After how many bytes the parser has to look at what it has: it takes all that is there before it does.
const TURN: usize = 256 << 10;
/// After how many bytes it is looked again whether the disk has room.
const LOOK: u64 = 16 << 20;

/// What the source of the parser and its reader tell one another.
#[derive(Debug, Default)]
struct Between {
    /// What came since the parser made something of it, in bytes.
    unread: usize,
    /// Why nothing more comes.
    problem: Option<Problem>,
    received: u64,
}

/// Reads a form with files.
pub async fn read(
    incoming: &mut Incoming,
    share: &mut Share,
    content_type: &str,
    arriving: Arriving,
    folder: &Path,
) -> Result<(), Problem> {
    let between = Arc::new(Mutex::new(Between::default()));
    let mut form = parser(content_type, arriving, &between).await?;
    let wrong = |_| {
        let problem = between.lock().problem.take();
        problem.unwrap_or_else(malformed)
    };
    while let Some(mut field) = form.next_field().await.map_err(wrong)? {
        between.lock().unread = 0;
        let name = brief(field.name().unwrap_or(""), || {
            words!("The name of a field in the form has more than {count} bytes.", count = LONGEST_NAME)
        })?;
        share.grow(name.len()).await?;
        let Some(file_name) = field.file_name().map(plain_file_name) else {
            if incoming.form.len() >= MOST_FIELDS {
                return Err(too_many_fields());
            }
            let value = value(&mut field, share, &between).await?;
            incoming.form.push((name, value));
            continue;
        };
        let kind = field.content_type().unwrap_or("application/octet-stream");
        let content_type = brief(kind, || {
            words!("The content type of a file in the form has more than {count} bytes.", count = LONGEST_NAME)
        })?;
        share.grow(file_name.len() + content_type.len()).await?;
        let content = file(&mut field, share, folder, &between).await?;
        let size = content.size();
        // A file input that was left empty sends an empty file without a name.
        if file_name.is_empty() && size == 0 {
            share.shrink(name.len() + content_type.len());
            continue;
        }
        if incoming.uploads.len() >= MOST_FILES {
            return Err(Problem::bad_request(words!("A form has at most {count} files.", count = MOST_FILES)));
        }
        incoming.uploads.push(Upload { facts: Facts { field: name, file_name, content_type, size }, content });
    }
    incoming.size = between.lock().received;
    Ok(())
}

/// A text out of a field's head, which is held as long as the request is. `too_long`: what is said where it is.
fn brief(text: &str, too_long: impl FnOnce() -> Words) -> Result<String, Problem> {
    if text.len() <= LONGEST_NAME {
        return Ok(text.to_owned());
    }
    Err(Problem::bad_request(too_long()))
}

async fn parser(content_type: &str, arriving: Arriving, between: &Arc<Mutex<Between>>) -> Result<Multipart, Problem> {
    let between = Arc::clone(between);
    let source = stream::try_unfold(arriving, move |mut arriving| {
        let between = Arc::clone(&between);
        async move {
            let turn = between.lock().unread >= TURN;
            if turn {
                tokio::task::yield_now().await;
            }
            let next = arriving.next().await;
            let mut between = between.lock();
            between.received = arriving.received();
            let problem = match next {
                Ok(None) => return Ok(None),
                Ok(Some(part)) => {
                    between.unread += part.len();
                    if between.unread <= UNREAD {
                        return Ok(Some((part, arriving)));
                    }
                    Problem::bad_request(words!("A head in the form with files does not end."))
                }
                Err(problem) => problem,
            };
            between.problem = Some(problem);
            Err(std::io::Error::other("the rest of the form is not read"))
        }
    });
    let mut request = Request::builder()
        .header(header::CONTENT_TYPE, content_type)
        .body(Body::from_stream(source))
        .map_err(|_| Problem::bad_request(words!("The form's content type is not understood.")))?;
    // It has its limit already.
    DefaultBodyLimit::disable().apply(&mut request);
    Multipart::from_request(request, &()).await.map_err(|_| Problem::bad_request(words!("The form has no boundary.")))
}

/// The next piece of a field.
async fn piece(field: &mut Field<'_>, between: &Mutex<Between>) -> Result<Option<Bytes>, Problem> {
    let piece = field.chunk().await.map_err(|_| {
        let problem = between.lock().problem.take();
        problem.unwrap_or_else(malformed)
    })?;
    between.lock().unread = 0;
    Ok(piece)
}

async fn value(field: &mut Field<'_>, share: &mut Share, between: &Mutex<Between>) -> Result<String, Problem> {
    let mut value = Vec::new();
    while let Some(piece) = piece(field, between).await? {
        share.grow(piece.len()).await?;
        value.extend_from_slice(&piece);
    }
    String::from_utf8(value).map_err(|_| Problem::bad_request(words!("A field of the form is not UTF-8.")))
}

async fn file(
    field: &mut Field<'_>,
    share: &mut Share,
    folder: &Path,
    between: &Mutex<Between>,
) -> Result<Content, Problem> {
    let mut start = Vec::new();
    while let Some(piece) = piece(field, between).await? {
        let fits = start.len() + piece.len() <= SMALL && share.could_grow(piece.len());
        if !fits {
            share.shrink(start.len());
            share.open_file().await?;
            return on_disk(field, start, piece, folder, between).await;
        }
        share.grow(piece.len()).await?;
        start.extend_from_slice(&piece);
    }
    Ok(Content::from(start))
}

/// Writes a file to disk as it arrives: what is there of it, and what is still to come.
async fn on_disk(
    field: &mut Field<'_>,
    start: Vec<u8>,
    first: Bytes,
    folder: &Path,
    between: &Mutex<Between>,
) -> Result<Content, Problem> {
    let folder = folder.to_owned();
    let file = blocking(move || Content::new_file(&folder)).await?.map_err(|error| disk(&error))?;
    let mut file = tokio::fs::File::from_std(file);
    file.write_all(&start).await.map_err(|error| disk(&error))?;
    drop(start);
    let (mut size, mut looked) = (0, None);
    let mut next = Some(first);
    while let Some(piece) = next {
        if looked.is_none_or(|looked| size >= looked + LOOK) {
            if !Content::has_room(&file, LOOK).map_err(|error| disk(&error))? {
                return Err(Problem::disk_full());
            }
            looked = Some(size);
        }
        file.write_all(&piece).await.map_err(|error| disk(&error))?;
        size += piece.len() as u64;
        next = self::piece(field, between).await?;
    }
    file.flush().await.map_err(|error| disk(&error))?;
    // Here nobody counts the time; where a plugin keeps the file, that has to be quick.
    file.sync_data().await.map_err(|error| disk(&error))?;
    let size = file.metadata().await.map_err(|error| disk(&error))?.len();
    Ok(Content::on_file(file.into_std().await, size))
}

fn malformed() -> Problem {
    Problem::bad_request(words!("The form with files is not written as RFC 7578 says."))
}

fn disk(error: &std::io::Error) -> Problem {
    tracing::error!(%error, "an upload cannot be written");
    if error.kind() == std::io::ErrorKind::StorageFull { Problem::disk_full() } else { Problem::internal(error) }
}

//! What came with a request: query, form, files, or a body as it is.
//!
//! What is read into memory has its share of a [`Room`]; files of forms that are larger than a few KiB go to disk as
//! they arrive. Nothing is read that is too large already by what the request says of itself, and nothing beyond.

mod arriving;
mod multipart;
mod room;

use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header;
use axum::http::request::Parts;
use vestry_capabilities::Upload as Content;
use vestry_contract::exchange::Upload as Facts;
use vestry_contract::registration::{Route, Verb};
use vestry_phrases::words;

use crate::registry::inspection::LARGEST_BODY;
use crate::web::body::arriving::Arriving;
pub use crate::web::body::room::{Room, Share};
use crate::web::client::Client;
use crate::web::drawn_by;
use crate::web::problem::Problem;

/// What a route takes that says nothing, in bytes.
const USUAL: u64 = 256 << 10;
/// Fields of a form, and pairs of a query.
const MOST_FIELDS: usize = 5_000;
/// The largest form of the host's own pages, in bytes.
const OWN_FORM: u64 = 64 << 10;

/// What came with a request.
#[derive(Debug, Default)]
pub struct Incoming {
    pub query: Vec<(String, String)>,
    pub form: Vec<(String, String)>,
    pub content_type: String,
    /// Empty where the body was a form.
    pub body: Vec<u8>,
    pub uploads: Vec<Upload>,
    /// Of the whole body, in bytes, as it came.
    pub size: u64,
    /// Its share of the memory for bodies, held as long as it is.
    pub share: Option<Arc<Share>>,
}

impl Incoming {
    /// Opens what the host's own forms fold into one field, and answers the verb that the form is sent with.
    #[must_use]
    pub fn unfolded(mut self) -> (Self, Option<Verb>) {
        let sent = vestry_screen::unfold(std::mem::take(&mut self.form));
        self.form = sent.fields;
        (self, sent.verb)
    }

    /// Holds what came against the limit of a route that was found afterwards.
    ///
    /// # Errors
    ///
    /// Where it is larger.
    pub fn within(self, limit: u64) -> Result<Self, Problem> {
        if self.size > limit { Err(Problem::too_large(limit)) } else { Ok(self) }
    }
}

/// A file that came with a form.
#[derive(Debug, Clone)]
pub struct Upload {
    pub facts: Facts,
    pub content: Content,
}

/// A body that has not been read yet, and where it goes.
#[derive(Debug)]
pub struct Arrival<'a> {
    query: &'a str,
    content_type: &'a str,
    /// What the request says of its length, in bytes.
    length: Option<u64>,
    body: Body,
    /// Where files of forms are written.
    folder: &'a Path,
    room: &'a Room,
    client: Client,
}

impl<'a> Arrival<'a> {
    /// `folder`: for files of forms; made when the first one comes. `client`: whose room it takes.
    #[must_use]
    pub fn new(parts: &'a Parts, body: Body, folder: &'a Path, room: &'a Room, client: Client) -> Self {
        let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
        Self {
            query: parts.uri.query().unwrap_or(""),
            content_type: text(header::CONTENT_TYPE).unwrap_or(""),
            length: text(header::CONTENT_LENGTH).and_then(|length| length.parse().ok()),
            body,
            folder,
            room,
            client,
        }
    }

    /// Whether it is an HTML form.
    #[must_use]
    pub fn is_form(&self) -> bool {
        matches!(kind(self.content_type).as_str(), "application/x-www-form-urlencoded" | "multipart/form-data")
    }

    /// Reads it as what its content type says it is.
    ///
    /// # Errors
    ///
    /// Where it is larger than `limit` bytes, malformed or too slow, or where there is no room for it.
    pub async fn read(self, limit: u64) -> Result<Incoming, Problem> {
        let mut incoming = Incoming {
            query: pairs(self.query.as_bytes())?,
            content_type: self.content_type.to_owned(),
            ..Incoming::default()
        };
        drawn_by::take_out(&mut incoming.query);
        if limit == 0 {
            return Ok(incoming);
        }
        let mut share = self.room.share(self.client);
        let kind = kind(self.content_type);
        if kind == "multipart/form-data" {
            let arriving = Arriving::new(self.body, self.length, limit)?;
            multipart::read(&mut incoming, &mut share, self.content_type, arriving, self.folder).await?;
        } else {
            let arriving = Arriving::new(self.body, self.length, limit.min(share.most()))?.within_a_minute();
            let whole = arriving.whole(&mut share).await?;
            incoming.size = whole.len() as u64;
            if kind == "application/x-www-form-urlencoded" {
                incoming.form = pairs(&whole)?;
            } else {
                incoming.body = whole;
            }
        }
        incoming.share = Some(Arc::new(share));
        Ok(incoming)
    }
}

/// The most that a route takes, in bytes.
#[must_use]
pub fn limit(route: &Route) -> u64 {
    match (route.verb, route.max_body) {
        (Verb::Get, _) => 0,
        (_, 0) => USUAL,
        (_, asked) => asked.min(LARGEST_BODY),
    }
}

fn kind(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase()
}

/// What a form of the host's own pages holds.
#[derive(Debug, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// The value of a field; empty where it was not sent.
    #[must_use]
    pub fn value(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// All values of a field that can be sent more than once, in their order.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Reads a form of the host's own pages.
///
/// # Errors
///
/// Where it is larger than 64 KiB, malformed or too slow.
pub async fn fields(body: Body) -> Result<Fields, Problem> {
    // They are few and small, and must be answered also when there is no room for anything else.
    let arriving = Arriving::new(body, None, OWN_FORM)?.within_a_minute();
    pairs(&arriving.whole(&mut Share::boundless()).await?).map(Fields)
}

/// The last part of what a browser calls the file: no directory, no control character.
pub fn plain_file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or("");
    let plain: String = last.chars().filter(|character| !character.is_control()).take(255).collect();
    if matches!(plain.as_str(), "." | "..") { String::new() } else { plain }
}

fn pairs(encoded: &[u8]) -> Result<Vec<(String, String)>, Problem> {
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(encoded)
        .take(MOST_FIELDS + 1)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    if pairs.len() > MOST_FIELDS { Err(too_many_fields()) } else { Ok(pairs) }
}

fn too_many_fields() -> Problem {
    Problem::bad_request(words!("A form has at most {count} fields.", count = MOST_FIELDS))
}

#[cfg(test)]
mod tests;

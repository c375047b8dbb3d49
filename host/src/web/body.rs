//! What came with a request: query, form, files, or a body as it is.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, Multipart};
use axum::http::{Request, header};
use vestry_capabilities::Upload as Content;
use vestry_contract::exchange::Upload as Facts;
use vestry_contract::registration::{Route, Verb};

use crate::web::problem::Problem;

/// What a route takes that says nothing, in bytes.
const USUAL: u64 = 256 << 10;
/// What is taken into memory at most. Larger uploads need to be streamed to disk, which this version does not do.
const IN_MEMORY: u64 = 32 << 20;
/// How long a body may take to arrive: what is half there is held in memory.
const PATIENCE: Duration = Duration::from_secs(60);
/// Fields of a form, and pairs of a query.
const MOST_FIELDS: usize = 5_000;

/// What came with a request.
#[derive(Debug, Clone, Default)]
pub struct Incoming {
    pub query: Vec<(String, String)>,
    pub form: Vec<(String, String)>,
    pub content_type: String,
    /// Empty where the body was a form.
    pub body: Vec<u8>,
    pub uploads: Vec<Upload>,
}

impl Incoming {
    /// Opens what the host's own forms fold into one field, and answers the verb that the form is sent with.
    #[must_use]
    pub fn unfolded(mut self) -> (Self, Option<Verb>) {
        let sent = vestry_screen::unfold(std::mem::take(&mut self.form));
        self.form = sent.fields;
        (self, sent.verb)
    }
}

/// A file that came with a form.
#[derive(Debug, Clone)]
pub struct Upload {
    pub facts: Facts,
    pub content: Content,
}

/// The most that a route takes, in bytes.
#[must_use]
pub fn limit(route: &Route) -> u64 {
    match (route.verb, route.max_body) {
        (Verb::Get, _) => 0,
        (_, 0) => USUAL,
        (_, asked) => asked.min(IN_MEMORY),
    }
}

/// Whether a body is an HTML form.
#[must_use]
pub fn is_form(content_type: &str) -> bool {
    matches!(kind(content_type).as_str(), "application/x-www-form-urlencoded" | "multipart/form-data")
}

fn kind(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase()
}

/// Reads a request's body as what its content type says it is.
///
/// # Errors
///
/// Where it is larger than `limit`, or malformed.
pub async fn read(query: &str, content_type: &str, body: Body, limit: u64) -> Result<Incoming, Problem> {
    let mut incoming =
        Incoming { query: pairs(query.as_bytes())?, content_type: content_type.to_owned(), ..Incoming::default() };
    if limit == 0 {
        return Ok(incoming);
    }
    let kind = kind(content_type);
    if kind == "multipart/form-data" {
        multipart(&mut incoming, content_type, body, limit).await?;
        return Ok(incoming);
    }
    let whole = bytes(body, limit).await?;
    if kind == "application/x-www-form-urlencoded" {
        incoming.form = pairs(&whole)?;
    } else {
        incoming.body = whole;
    }
    Ok(incoming)
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
}

/// Reads a form of the host's own pages.
///
/// # Errors
///
/// Where it is larger than 64 KiB, or malformed.
pub async fn fields(body: Body) -> Result<Fields, Problem> {
    pairs(&bytes(body, 64 << 10).await?).map(Fields)
}

/// A body of at most `limit` bytes.
///
/// # Errors
///
/// Where it is larger, or broken off.
pub async fn bytes(body: Body, limit: u64) -> Result<Vec<u8>, Problem> {
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let whole = tokio::time::timeout(PATIENCE, axum::body::to_bytes(body, most));
    let whole = whole.await.map_err(|_| Problem::bad_request("The request took too long to arrive."))?;
    whole.map(Vec::from).map_err(|error| {
        use std::error::Error;
        if error.source().is_some_and(|source| source.is::<http_body_util::LengthLimitError>()) {
            Problem::too_large(limit)
        } else {
            Problem::bad_request("The request broke off before it was whole.")
        }
    })
}

async fn multipart(incoming: &mut Incoming, content_type: &str, body: Body, limit: u64) -> Result<(), Problem> {
    let whole = bytes(body, limit).await?;
    let request = Request::builder()
        .header(header::CONTENT_TYPE, content_type)
        .body(Body::from(whole))
        .map_err(|_| Problem::bad_request("The form's content type is not understood."))?;
    let malformed = |_| Problem::bad_request("The form with files is not written as RFC 7578 says.");
    let mut form =
        Multipart::from_request(request, &()).await.map_err(|_| Problem::bad_request("The form has no boundary."))?;
    while let Some(field) = form.next_field().await.map_err(malformed)? {
        if incoming.form.len() + incoming.uploads.len() >= MOST_FIELDS {
            return Err(too_many_fields());
        }
        let name = field.name().unwrap_or("").to_owned();
        let file_name = field.file_name().map(plain_file_name);
        let content_type = field.content_type().unwrap_or("application/octet-stream").to_owned();
        let content = field.bytes().await.map_err(malformed)?;
        match file_name {
            // A file input that was left empty sends an empty file without a name.
            Some(file_name) if file_name.is_empty() && content.is_empty() => {}
            Some(file_name) => incoming.uploads.push(Upload {
                facts: Facts { field: name, file_name, content_type, size: content.len() as u64 },
                content: Arc::from(&content[..]),
            }),
            None => {
                let value = String::from_utf8(content.to_vec())
                    .map_err(|_| Problem::bad_request("A field of the form is not UTF-8."))?;
                incoming.form.push((name, value));
            }
        }
    }
    Ok(())
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
    Problem::bad_request(format!("A form has at most {MOST_FIELDS} fields."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_form_is_read_in_its_order_and_a_body_is_kept_as_it_is() {
        let form = "key=1&key=2&name=%C3%A4+b";
        let incoming =
            read("q=x", "application/x-www-form-urlencoded; charset=utf-8", Body::from(form), 100).await.unwrap();
        assert_eq!(
            incoming.form,
            [("key", "1"), ("key", "2"), ("name", "ä b")].map(|(a, b)| (a.to_owned(), b.to_owned()))
        );
        assert!(incoming.body.is_empty());
        let incoming = read("", "application/json", Body::from("{}"), 100).await.unwrap();
        assert_eq!(incoming.body, b"{}");
    }

    #[tokio::test]
    async fn what_is_too_large_is_refused_before_it_is_whole() {
        let problem = read("", "application/json", Body::from(vec![b' '; 101]), 100).await.unwrap_err();
        assert_eq!(problem.status(), 413);
    }

    #[tokio::test]
    async fn files_come_with_a_plain_name_and_fields_beside_them() {
        let body = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n\
                    --x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"../../etc/passwd\"\r\nContent-Type: text/plain\r\n\r\nroot\r\n\
                    --x\r\nContent-Disposition: form-data; name=\"g\"; filename=\"\"\r\n\r\n\r\n--x--\r\n";
        let incoming = read("", "multipart/form-data; boundary=x", Body::from(body), 10_000).await.unwrap();
        assert_eq!(incoming.form, [("a".to_owned(), "1".to_owned())]);
        assert_eq!(incoming.uploads.len(), 1);
        assert_eq!(incoming.uploads[0].facts.file_name, "passwd");
        assert_eq!(&incoming.uploads[0].content[..], b"root");
    }
}

//! Downloads that are made piece by piece, uploads that are put away whole, and files out of a directory.

use serde_json::{Value, json};
use vestry_sdk::prelude::*;
use vestry_sdk::uploads;

/// The largest upload, in bytes: 4 GiB.
pub const LARGEST: u64 = 4 << 30;

/// Where uploads are kept.
const DIRECTORY: &str = "files";

/// Of one piece of a download, in bytes.
const PIECE: u64 = 1 << 20;

pub fn routes(plugin: Plugin) -> Plugin {
    plugin
        .route(get("big", "/big").for_signed_in().to(|_| Ok(Download::chunks("big.bin", BINARY, "big"))))
        .route(post("upload", "/upload").for_signed_in().max_body(LARGEST).to(upload))
        .route(get("file", "/file").for_signed_in().to(file))
        .stream("big", piece)
}

const BINARY: &str = "application/octet-stream";

/// The byte at a place of the download: the highest of the place times a large odd number, modulo 2 to the 64th.
fn byte_at(place: u64) -> u8 {
    (place.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8
}

/// `bytes`: how long it is; `break`: the place at which it breaks off.
fn piece(request: &Request, cursor: Option<&str>) -> Result<Chunk> {
    let bytes: u64 = request.query("bytes").number()?;
    let start: u64 = cursor.unwrap_or("0").parse().map_err(|_| Failure::not_found("such a piece"))?;
    if request.query("break").number().is_ok_and(|place: u64| start >= place) {
        return Err(Failure::Unavailable("It was asked to break off.".to_owned()));
    }
    let end = bytes.min(start + PIECE);
    let content = (start..end).map(byte_at).collect();
    Ok(if end < bytes { Chunk::more(content, end.to_string()) } else { Chunk::last(content) })
}

/// Says what came. With `keep`, the files are kept under that path, from the second one on with their number behind it.
fn upload(request: &Request) -> Result<Response> {
    let keep = request.form("keep").optional();
    let mut came: Vec<Value> = vec![];
    for (index, upload) in (0..).zip(&request.uploads) {
        let path = keep.map(|path| if index == 0 { path.to_owned() } else { format!("{path}-{index}") });
        if let Some(path) = &path {
            uploads::keep(index, DIRECTORY, path)?;
        }
        came.push(json!({ "field": upload.field, "name": upload.file_name, "size": upload.size, "kept": path }));
    }
    Ok(Response::json(json!({ "uploads": came }).to_string()))
}

/// `path`: in the directory.
fn file(request: &Request) -> Result<Download> {
    let path = request.query("path").required()?;
    let name = path.rsplit('/').next().unwrap_or(path);
    Ok(Download::file(name, BINARY, DIRECTORY, path))
}

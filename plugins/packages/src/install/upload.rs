//! A package from a file: a component, or a ZIP that holds one.

use vestry_sdk::packages::{self, Source};
use vestry_sdk::prelude::*;

use super::page;
use crate::failing::said_at;
use crate::orders::Order;

/// The largest file.
const LARGEST: u64 = 64 << 20;

/// The largest form: the file, and room for what stands around it.
pub const LARGEST_BODY: u64 = LARGEST + (64 << 10);

const FILE: &str = "file";

pub fn form() -> Form {
    Form::new(Action::new("Look at it", "upload-fetch").primary()).field(
        Field::file(FILE, "Package", LARGEST, [".wasm", ".zip"])
            .required()
            .help("A .wasm file, or a .zip that holds one and perhaps its README."),
    )
}

pub fn show(_: &Request) -> Result<Page> {
    Ok(page("Install from a file", form()))
}

pub fn fetch(request: &Request) -> Result<Response> {
    ordered(request).or_invalid(|errors| Ok(page("Install from a file", form().errors(errors))))
}

fn ordered(request: &Request) -> Result<Redirect> {
    let Some((index, upload)) = request.upload(FILE).filter(|(_, upload)| !upload.file_name.is_empty()) else {
        return Err(invalid(FILE, "Choose a file first."));
    };
    if upload.size > LARGEST {
        return Err(invalid(FILE, "This file is larger than 64 MiB, which is the most that a package may have."));
    }
    let job = said_at(FILE, packages::fetch(&Source::Upload(index), None))?;
    Order::Upload(upload.file_name.clone()).remember(&job)
}

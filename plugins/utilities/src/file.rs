//! The file as it was brought: its name as it can be shown, and its size in bounds.

use vestry_sdk::prelude::*;
use vestry_sdk::uploads;

use crate::service::Service;

/// Bytes of a file. A request brings 8 MiB into the plugin, and what was found has to go out of it.
pub const LARGEST: u64 = 7 << 20;
/// The form's field.
pub const FIELD: &str = "file";
/// Characters of a name that are kept.
const LONGEST_NAME: usize = 200;

/// A file that came with the request.
pub struct File {
    pub name: String,
    pub content: Vec<u8>,
}

impl File {
    /// The file of the form.
    pub fn of(request: &Request, service: Service) -> Result<Self> {
        let wrong = |message: Text| Err(invalid(FIELD, message));
        let Some((index, upload)) = request.upload(FIELD) else { return wrong("Choose a file.".into()) };
        match upload.size {
            0 if upload.file_name.is_empty() => wrong("Choose a file.".into()),
            0 => wrong("This file is empty. Choose the one that has the template in it.".into()),
            size if size > LARGEST => wrong(text!(
                "This file is larger than {most} MiB. Take out large pictures, or pages without fields, and try again.",
                most = LARGEST >> 20
            )),
            _ => Ok(Self { name: shown(&upload.file_name, service), content: uploads::read_all(index, upload)? }),
        }
    }
}

/// Without folders, and without what is not seen or turns the direction of text: a name that reads as it is.
fn shown(name: &str, service: Service) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_seen = |letter: &char| {
        !letter.is_control()
            && !matches!(letter, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let seen: String = last.chars().filter(is_seen).collect();
    let seen = seen.trim();
    match seen.chars().count() {
        0 => format!("template.{}", service.ending()),
        // The ending tells what it is.
        count if count > LONGEST_NAME => {
            let begin: String = seen.chars().take(LONGEST_NAME - 8).collect();
            format!("{begin}….{}", service.ending())
        }
        _ => seen.to_owned(),
    }
}

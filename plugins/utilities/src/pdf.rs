//! The fields of a PDF template: reading one, and the page of what was found.

mod fields;
mod notes;
mod sheets;
mod wrong;

use vestry_pdf_fields::{Template, Wrong, Xfa, yaml};
use vestry_sdk::prelude::*;

use crate::cells::count;
use crate::file::FIELD;
use crate::kept::{Found, Head};
use crate::result;
use crate::upload::PASSWORD;

pub use sheets::page as sheets_page;

/// Reads a file. The password is used where the file does not open without one.
pub fn read(bytes: &[u8], password: &str) -> Result<Found> {
    let open = vestry_pdf_fields::read(bytes, None);
    let (template, locked) = match open {
        Err(Wrong::PasswordNeeded) if !password.is_empty() => (vestry_pdf_fields::read(bytes, Some(password)), true),
        open => (open, false),
    };
    let template = template.map_err(|wrong| {
        let field = if matches!(wrong, Wrong::PasswordNeeded | Wrong::PasswordWrong) { PASSWORD } else { FIELD };
        invalid(field, wrong::words(wrong))
    })?;
    Ok(Found::Pdf { template, locked })
}

/// The page of a result.
pub fn page(request: &Request, head: &Head, template: &Template, locked: bool) -> Page {
    let mut about = vec![
        fact("Fields", count(template.fields.len())),
        fact("Pages", count(template.pages.len())),
        fact("Opens with a password only", locked),
        fact("Form of Adobe’s own (XFA)", xfa(template.xfa)),
    ];
    about.extend(result::about(head));
    let page = notes::add(result::begin(head), template)
        .block("about", facts(about))
        .block("downloads", result::downloads(head))
        .section(fields::section(request, head, template))
        .section(sheets::section(head, template));
    let block = Section::new("block", "Attachment block").tab();
    let block = block.summary("For an interview of docassemble. Each field gets a variable that is named after it; a check box is ticked or not, as in the file.");
    page.section(result::block(block, yaml(template, &head.name)))
}

fn xfa(xfa: Xfa) -> Cell {
    match xfa {
        Xfa::None => false.into(),
        Xfa::Hybrid => badge("Beside the fields", Level::Warning).into(),
        Xfa::Only => badge("Instead of fields", Level::Danger).into(),
    }
}

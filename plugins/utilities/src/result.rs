//! One result: its page, what it can be taken away as, and letting go of it.

use vestry_sdk::prelude::*;
use vestry_sdk::ui::Fact;

use crate::kept::{self, Found, Head, Kept};
use crate::{docx, pdf};

pub fn show(request: &Request) -> Result<Page> {
    let Kept { head, found } = kept::of(request)?;
    match &found {
        Found::Pdf { template, locked } => Ok(pdf::page(request, &head, template, *locked)),
        Found::Docx(template) => Ok(docx::page(&head, template)),
    }
}

/// The sheets behind those that stand on the first page.
pub fn pages(request: &Request) -> Result<Page> {
    let Kept { head, found } = kept::of(request)?;
    match &found {
        Found::Pdf { template, .. } => Ok(pdf::sheets_page(request, &head, template)),
        Found::Docx(_) => Err(Failure::not_found("This result has no pages.")),
    }
}

pub fn delete(request: &Request) -> Result<Redirect> {
    let name = kept::forget(request)?;
    Ok(Redirect::to("list").done(text!("{name} is deleted.", name)))
}

pub fn download(request: &Request) -> Result<Download> {
    let Kept { head, found } = kept::of(request)?;
    let (ending, kind, content) = match request.param("format") {
        "csv" => ("csv", "text/csv; charset=utf-8", csv(&found)),
        "json" => ("json", "application/json", json(&found)?),
        "yaml" => ("yml", "application/yaml", yaml(&head, &found)),
        other => return Err(Failure::not_found(other)),
    };
    let stem = head.name.rsplit_once('.').map_or(head.name.as_str(), |(stem, _)| stem);
    Ok(Download::new(format!("{stem}-fields.{ending}"), kind, content.into_bytes()))
}

fn csv(found: &Found) -> String {
    match found {
        Found::Pdf { template, .. } => vestry_pdf_fields::csv(template),
        Found::Docx(template) => vestry_docx_fields::csv(template),
    }
}

fn json(found: &Found) -> Result<String> {
    let json = match found {
        Found::Pdf { template, .. } => serde_json::to_string_pretty(template),
        Found::Docx(template) => serde_json::to_string_pretty(template),
    };
    json.map_err(|error| Failure::internal(error.to_string()))
}

fn yaml(head: &Head, found: &Found) -> String {
    match found {
        Found::Pdf { template, .. } => vestry_pdf_fields::yaml(template, &head.name),
        Found::Docx(template) => vestry_docx_fields::yaml(template, &head.name),
    }
}

/// The page of a result with what all of them have: its name, the ways on.
pub fn begin(head: &Head) -> Page {
    Page::new(data(&head.name))
        .action(Action::new("All utilities", "list"))
        .action(Action::new("Read another file", head.service.route()))
        .action(
            Action::new("Delete", "delete")
                .param("key", &head.id)
                .danger()
                .confirm(text!("Delete what was found in {name}?", name = head.name)),
        )
}

/// What is said of every file.
pub fn about(head: &Head) -> [Fact; 3] {
    [fact("Size of the file", size(head.size)), fact("Read", Time(head.when)), fact("Kept until", Time(head.until))]
}

/// Buttons for taking it away.
pub fn downloads(head: &Head) -> Content {
    let button = |label: &'static str, format: &str| {
        Action::new(label, "download").param("key", &head.id).param("format", format)
    };
    actions([button("Download as CSV", "csv"), button("Download as JSON", "json"), button("Download as YAML", "yaml")])
}

/// Bytes of a block that stand on a page; the download has all of it.
const LONGEST_BLOCK: usize = 256 << 10;

/// The block to copy, with what is to be done with it.
pub fn block(section: Section, yaml: String) -> Section {
    let mut yaml = yaml;
    let is_cut = yaml.len() > LONGEST_BLOCK;
    if is_cut {
        yaml.truncate(yaml.floor_char_boundary(LONGEST_BLOCK));
    }
    let section = match is_cut {
        true => section
            .block("cut", notice(Level::Warning, "This is the beginning of it. Download it as YAML to have all.")),
        false => section,
    };
    section.block("source", vestry_sdk::block::source("yaml", yaml))
}

//! Utilities: a list of what plugins contribute to the point `org.vestry.utilities/utilities`, and three services of its own,
//! which are such contributions: the fields of a PDF template, those of a DOCX template, and system phrases in other
//! languages.
//!
//! Files are hostile until shown otherwise. They are read here, in the sandbox, by the crates `pdf` and `docx`, which count
//! what they do; a file that breaks them all the same ends one call of this plugin. What was found is kept for who asked,
//! the file never is.
//!
//! Deliberately not here: filling templates in, and keeping results for others to see.

mod cells;
mod docx;
mod file;
mod kept;
mod list;
mod matching;
mod pdf;
mod recent;
mod result;
mod service;
mod translate;
mod upload;

use vestry_sdk::prelude::*;

use service::Service;

vestry_sdk::plugin!(plugin, background, live);

const ID: &str = "org.vestry.utilities";
/// Where plugins put their utilities.
const POINT: &str = "org.vestry.utilities/utilities";
/// What a person needs to have templates read.
const USE: &str = "use";
/// The same by its full name.
const MAY_USE: &str = "org.vestry.utilities/use";
/// Bytes of a body. A file that is larger than one may be comes back as the form, with the limit; beyond this the host refuses.
const LARGEST_BODY: u64 = 32 << 20;

fn plugin() -> Plugin {
    let [pdf, docx] = [Service::Pdf, Service::Docx];
    let plugin = Plugin::new(ID, "Utilities")
        .summary("Services that fit nowhere else: the fields of PDF and DOCX templates, and what other plugins add.")
        .mount("utilities")
        .permission(USE, "Use utilities", &["admin", "developer"])
        .point(POINT)
        .contribute(POINT, pdf.title(), pdf.summary(), pdf.route())
        .contribute(POINT, docx.title(), docx.summary(), docx.route())
        .route(get("list", "/").for_signed_in().summary("Find a utility").to(list::show))
        .route(get("pdf", "/pdf").needs_own(USE).summary(pdf.title()).to(|_| Ok(upload::form(Service::Pdf))))
        .route(post("read-pdf", "/pdf").needs_own(USE).max_body(LARGEST_BODY).to(|it| upload::read(Service::Pdf, it)))
        .route(get("docx", "/docx").needs_own(USE).summary(docx.title()).to(|_| Ok(upload::form(Service::Docx))))
        .route(
            post("read-docx", "/docx").needs_own(USE).max_body(LARGEST_BODY).to(|it| upload::read(Service::Docx, it)),
        )
        .route(get("result", "/results/{key}").needs_own(USE).to(result::show))
        .route(get("pages", "/results/{key}/pages").needs_own(USE).to(result::pages))
        .route(get("download", "/results/{key}/as/{format}").needs_own(USE).to(result::download))
        .route(post("delete", "/results/{key}/delete").needs_own(USE).to(result::delete))
        .menu("Utilities", "list", "tool");
    translate::add_to(plugin)
}

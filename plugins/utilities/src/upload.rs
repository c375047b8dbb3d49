//! The forms that take a file, and what becomes of it.

use vestry_sdk::prelude::*;

use crate::file::{FIELD, File, LARGEST};
use crate::kept::{self, DAYS, Found, OF_EACH};
use crate::service::Service;
use crate::{docx, pdf};

/// The field for what opens an encrypted file. It is used once, and never kept or shown.
pub const PASSWORD: &str = "password";

/// The page with the form.
pub fn form(service: Service) -> Page {
    page(service, |form| form)
}

fn page(service: Service, with: impl FnOnce(Form) -> Form) -> Page {
    let file = Field::file(FIELD, service.label(), LARGEST, [format!(".{}", service.ending())]).required();
    let form = Form::new(Action::new("Read the fields", service.reads()).primary()).field(file);
    let form = match service {
        Service::Pdf => form.field(
            Field::password(PASSWORD, "Password")
                .help("Only for a file that does not open without one. It is used once and not kept."),
        ),
        Service::Docx => form,
    };
    Page::new(service.title())
        .lead(service.lead())
        .action(Action::new("All utilities", "list"))
        .block("read", with(form))
        .block(
            "kept",
            prose(text!(
                "The file itself is not kept. What was found in it is there for you alone for {days} days; of more than {most} \
                 results the oldest go.",
                days = DAYS,
                most = OF_EACH
            )),
        )
}

/// Reads a file, keeps what is in it, and leads to the result.
pub fn read(service: Service, request: &Request) -> Result<Response> {
    found(service, request).or_invalid(|errors| Ok(page(service, |form| form.errors(errors))))
}

fn found(service: Service, request: &Request) -> Result<Redirect> {
    let File { name, content } = File::of(request, service)?;
    let found = match service {
        Service::Pdf => pdf::read(&content, request.form(PASSWORD).text())?,
        Service::Docx => Found::Docx(docx::read(&content)?),
    };
    let size = content.len() as u64;
    // What is written next needs the room that the file took.
    drop(content);
    let id = kept::keep(request, name, size, found)?;
    Ok(Redirect::to(RouteRef::to("result").param("key", id)))
}

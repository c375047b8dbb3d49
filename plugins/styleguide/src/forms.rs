//! Forms: every input empty, full and wrong; and what a form sent.

use vestry_sdk::prelude::*;
use vestry_sdk::ui::{FormItem, Input};

use crate::received;
use crate::words::{LONG, RTL};

const CHOICES: [(&str, &str); 3] =
    [("red", "Red"), ("green", "Green"), ("blue", "Blue, as the sky is on a clear day in the mountains")];

/// Every input with what it holds when it is full.
fn inputs() -> Vec<(Field, Vec<&'static str>)> {
    let full_form = "A second text that stands on several lines.\nThis is the second one.";
    let roles = [("admin", "Administrator"), ("user", "User")];
    vec![
        (
            Field::text("text", "Text")
                .required()
                .placeholder("Some words")
                .max_length(40)
                .help("At most 40 characters."),
            vec!["Ada"],
        ),
        (Field::text("long", LONG.to_owned()).help(LONG.to_owned()), vec![LONG]),
        (Field::text("rtl", data(RTL)), vec![RTL]),
        (Field::multiline("multiline", "Several lines", 4), vec![full_form]),
        (Field::code("code", "Code", "yaml"), vec!["question: |\n  Who are you?\nfields:\n  - Name: user.name\n"]),
        (Field::password("password", "Password"), vec![]),
        (Field::email("email", "E-mail"), vec!["ada@example.org"]),
        (Field::new("url", "Address of a page", Input::Url), vec!["https://example.org/"]),
        (Field::number("number", "Number").limits(0.0, 10.0).unit("pieces"), vec!["7"]),
        (Field::new("date", "Date", Input::Date), vec!["2026-11-21"]),
        (Field::new("time", "Time", Input::Time), vec!["12:34"]),
        (Field::new("moment", "Date and time", Input::DateTime), vec!["2026-11-21T12:34"]),
        (Field::checkbox("checkbox", "One box").help("It shows one more field."), vec!["1"]),
        (Field::text("more", "Shown while the box is ticked").when("checkbox", ["1"]), vec!["more"]),
        (Field::radio("radio", "One of a few", CHOICES), vec!["green"]),
        (Field::select("select", "One of many", CHOICES), vec!["blue"]),
        (Field::checkboxes("checkboxes", "Any of a few", CHOICES), vec!["red", "blue"]),
        (Field::combobox("combobox", "Text with suggestions", CHOICES), vec!["violet"]),
        (Field::file("file", "File", 1 << 20, [".pdf", "image/png"]), vec![]),
        (Field::new("signature", "Signature", Input::Signature), vec![]),
        (
            Field::matrix("matrix", "Grid", [("read", "Read"), ("write", "Write")], roles),
            vec!["read admin", "read user", "write admin"],
        ),
        (
            Field::new(
                "other",
                "Of a kind unknown to this host",
                Input::Other(("org.example.dial".to_owned(), "{}".to_owned())),
            ),
            vec!["3"],
        ),
    ]
}

fn form(field: impl Fn(Field, Vec<&'static str>) -> Field) -> Form {
    let start = Form::new(Action::new("Send", "receive").primary())
        .heading("A heading in a form")
        .prose("A paragraph with **strong** words in a form.")
        .field(Field::hidden("hidden", "seen by nobody"))
        .field(Field::checkbox("refuse", "Refuse what I send").help("The form comes back with errors."));
    let mut form = inputs()
        .into_iter()
        .fold(start, |form, (input, values)| form.field(field(input, values)))
        .other(Action::new("Send as a draft", "receive").value("draft", "1"));
    for item in &mut form.items {
        if let FormItem::Field(Field { input: Input::Matrix(matrix), .. }) = item {
            matrix.locked = vec!["read admin".to_owned()];
        }
    }
    form
}

fn page(title: &'static str, form: Form) -> Page {
    let filter = Form::new(Action::new("Find", "forms"))
        .inline()
        .field(Field::text("q", "Words").placeholder("Name or e-mail"))
        .field(Field::select("colour", "Colour", CHOICES));
    Page::new(title).action(Action::new("Style guide", "home")).block("filter", filter).block("form", form).section(
        Section::new("short", "Short")
            .block("button", Form::new(Action::new("A form that is only a button", "receive"))),
    )
}

pub fn empty(_: &Request) -> Result<Page> {
    Ok(page("Forms", form(|field, _| field)))
}

pub fn full(_: &Request) -> Result<Page> {
    Ok(page("Full forms", form(|field, values| field.values(values))))
}

pub fn wrong(_: &Request) -> Result<Page> {
    Ok(page(
        "Wrong forms",
        form(|field, values| field.values(values).error("This is wrong, and this sentence says why.")),
    ))
}

/// Shows what was sent; or, where that was asked for or the first field is empty, the form with errors.
pub fn receive(request: &Request) -> Result<Response> {
    check(request)
        .map(|()| shown(request))
        .or_invalid(|errors| Ok(page("Forms", form(|field, _| field).refill(request).errors(errors))))
}

fn check(request: &Request) -> Result<()> {
    let mut errors = Errors::default();
    if request.form("refuse").is_ticked() {
        inputs().into_iter().for_each(|(field, _)| errors.add(field.name, "Refused, as you wished."));
        errors.add("nowhere", "This error belongs to no field.");
    } else if !request.form.is_empty() && request.form("hidden").optional().is_some() {
        errors.keep(request.form("text").required());
    }
    errors.none()
}

fn shown(request: &Request) -> Page {
    let files = Table::keyed((0..request.uploads.len()).map(|index| index.to_string()))
        .column("field", "Field", request.uploads.iter().map(|upload| &upload.field))
        .column("name", "Name", request.uploads.iter().map(|upload| &upload.file_name))
        .column("type", "Type", request.uploads.iter().map(|upload| &upload.content_type))
        .column("size", "Size", request.uploads.iter().map(|upload| size(upload.size)))
        .empty("No files were sent.");
    Page::new("Received")
        .action(Action::new("Forms", "forms"))
        .block("received", received(request))
        .block("files", files)
}

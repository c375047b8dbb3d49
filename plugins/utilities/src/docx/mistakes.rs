//! What Jinja will not read, and what may not come out as it was meant: first, because nothing works before it is mended.

use vestry_docx_fields::{Note, SyntaxError, Template};
use vestry_sdk::prelude::*;

use super::places::Parts;

/// Says on top that there are some.
pub fn notices(page: Page, template: &Template) -> Page {
    match template.errors.len() {
        0 => page,
        count => {
            let words = text!(
                "There are {count} mistakes in this template. Until they are mended, no document comes of it, and what is \
                 below may not be all of it.",
                count
            );
            page.block("wrong", notice(Level::Danger, words))
        }
    }
}

/// The tabs of mistakes and notes, where there are any.
pub fn sections(page: Page, template: &Template) -> Page {
    let parts = Parts::of(template);
    let page = match template.errors.is_empty() {
        true => page,
        false => page
            .section(Section::new("mistakes", "Mistakes").tab().block("mistakes", mistakes(&template.errors, &parts))),
    };
    match template.notes.is_empty() {
        true => page,
        false => page.section(
            Section::new("notes", "Notes")
                .summary("No mistakes, but worth a look.")
                .tab()
                .block("notes", notes(&template.notes, &parts)),
        ),
    }
}

fn mistakes(errors: &[SyntaxError], parts: &Parts<'_>) -> Table {
    let all = || errors.iter();
    Table::keyed((1..=errors.len()).map(|number| number.to_string()))
        .column("words", "What is wrong", all().map(|error| sentence(&error.words)))
        .column("text", "Text", all().map(|error| code(error.text.as_str())))
        .column("place", "Paragraph", all().map(|error| parts.cell([&error.place])))
}

fn notes(notes: &[Note], parts: &Parts<'_>) -> Table {
    let all = || notes.iter();
    Table::keyed((1..=notes.len()).map(|number| number.to_string()))
        .column("words", "Note", all().map(|note| sentence(&note.words)))
        .column("place", "Paragraph", all().map(|note| parts.cell(&note.place)))
}

/// Words for the JSON, as people read them: what is quoted in quotation marks, the first letter large, a full stop.
fn sentence(words: &str) -> String {
    let mut out = String::with_capacity(words.len() + 8);
    let mut is_open = false;
    for letter in words.chars() {
        match letter {
            '`' => {
                out.push(if is_open { '”' } else { '“' });
                is_open = !is_open;
            }
            _ if out.is_empty() => out.extend(letter.to_uppercase()),
            _ => out.push(letter),
        }
    }
    if !out.ends_with(['.', '!', '?']) {
        out.push('.');
    }
    out
}

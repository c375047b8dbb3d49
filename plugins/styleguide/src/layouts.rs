//! Sections stacked, in columns and in tabs; and a page without the shell.

use vestry_sdk::prelude::*;

use crate::words::LONG;

fn words(name: &str) -> Content {
    prose(text!("Block {name}. It has a few words, so that there is something to see.", name))
}

fn filled(section: Section, blocks: &[&'static str]) -> Section {
    blocks.iter().fold(section, |section, name| section.block(*name, words(name)))
}

pub fn layouts(_: &Request) -> Result<Page> {
    let section =
        |name: &'static str, title: &'static str| Section::new(name, title).summary("A sentence under the heading.");
    Ok(Page::new("Layouts")
        .lead("Sections stacked, in columns, in tabs.")
        .action(Action::new("Style guide", "home"))
        .action(Action::new("The main thing", "press").primary())
        .section(filled(Section::new("bare", Text::none()), &["bare"]))
        .section(filled(section("stack", "Stacked"), &["one", "two"]))
        .section(filled(section("two", "Two columns").columns(), &["left", "right"]))
        .section(filled(section("many", "Five columns").columns(), &["a", "b", "c", "d", "e"]))
        .section(filled(section("first", "First tab").tab(), &["tab-one"]))
        .section(filled(section("second", "Second tab").tab(), &["tab-two", "tab-two-more"]))
        .section(Section::new("third", data(LONG)).tab().block("tab-three", words("tab-three")))
        .section(section("hollow", "A section with nothing in it"))
        .section(filled(section("lone", "A lone tab").tab(), &["tab-lone"])))
}

pub fn focus(_: &Request) -> Result<Page> {
    let form = Form::new(Action::new("Go on", "receive").primary())
        .field(Field::radio("answer", "Is it so?", [("yes", "Yes"), ("no", "No")]).required());
    Ok(Page::new("Who are you?").lead("One question, and nothing else.").focus().block("question", form))
}

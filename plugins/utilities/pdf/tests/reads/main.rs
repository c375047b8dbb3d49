//! What is told of a file, point by point. Larger files of other programs are in the corpus.

#![allow(clippy::unwrap_used)]

#[path = "../hostile/raw.rs"]
mod raw;

use std::collections::BTreeMap;

use raw::Raw;
use vestry_pdf_fields::{Choice, Field, Kind, Note, Rectangle, Rotation, Template, Widget, Wrong, Xfa, read};

fn file(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/files/{name}.pdf", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn names(template: &Template) -> Vec<&str> {
    template.fields.iter().map(|field| field.name.as_str()).collect()
}

/// A page with these annotations and a form with these fields, which begin with object 4.
fn form(page: &str, fields: &[&str]) -> Vec<u8> {
    let links: String = (4..4 + fields.len()).map(|number| format!("{number} 0 R ")).collect();
    let mut raw = Raw::new();
    raw.object(1, format!("<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [{links}] >> >>"));
    raw.object(2, raw::TREE);
    raw.object(3, format!("<< /Type /Page /Parent 2 0 R /Annots [{links}] {page} >>"));
    for (number, field) in (4..).zip(fields) {
        raw.object(number, format!("<< /Subtype /Widget /Rect [10 20 110 40] {field} >>"));
    }
    raw.end("")
}

fn field(fields: &[&str]) -> Field {
    read(&form("", fields), None).unwrap().fields.swap_remove(0)
}

#[test]
fn fields_have_what_those_above_them_have() {
    let template = read(&raw::plain(), None).unwrap();
    assert_eq!(names(&template), ["name", "color.one", "color.two"]);
    let [name, one, two] = &template.fields[..] else { panic!("{:?}", template.fields) };
    let rectangle = Rectangle { left: 72.0, top: 72.0, width: 200.0, height: 20.0 };
    assert_eq!(name.widgets, [Widget { page: 1, rectangle, on: None, hidden: false }]);
    assert_eq!(
        (name.kind, &name.value[..], name.tooltip.as_deref()),
        (Kind::Text, &["Ada".to_owned()][..], Some("Your name"))
    );
    assert_eq!(one.kind, Kind::Choice(Choice { combo: true, multiple: false }));
    assert_eq!((&one.options, one.value[0].as_str(), two.value.len()), (&two.options, "r", 0));
    let options: Vec<(&str, &str)> = one.options.iter().map(|o| (o.export.as_str(), o.label.as_str())).collect();
    assert_eq!(options, [("r", "Red"), ("green", "green")]);
    assert_eq!((template.xfa, &template.notes[..]), (Xfa::None, &[][..]));
    assert_eq!(read(&raw::streams(), None).unwrap(), template);
}

#[test]
fn flags_are_those_of_the_kind() {
    let all = format!("/T (a) /Ff {}", (1_u32 << 26) - 1);
    let text = field(&[&format!("/FT /Tx /MaxLen 7 {all}")]).flags;
    assert!(text.required && text.read_only && text.no_export && text.multiline && text.password);
    assert!(text.comb && text.file && text.rich_text && !text.editable);
    assert_eq!(text.max_length, Some(7));
    let combo = field(&[&format!("/FT /Ch /MaxLen 7 {all}")]);
    assert_eq!(combo.kind, Kind::Choice(Choice { combo: true, multiple: true }));
    assert!(combo.flags.editable && !combo.flags.multiline && combo.flags.max_length.is_none());
    assert_eq!(field(&["/FT /Btn /T (a) /Ff 65536"]).kind, Kind::Button);
    assert_eq!(field(&["/FT /Btn /T (a) /Ff 32768"]).kind, Kind::Radio);
    assert_eq!(field(&["/FT /Sig /T (a) /V << /Contents (x) >>"]).value.len(), 0);
}

#[test]
fn buttons_say_what_they_are_when_pressed() {
    let states = "/AP << /N << /Off 3 0 R /J#61 3 0 R >> >>";
    let pressed = field(&[&format!("/FT /Btn /T (a) /V /Ja {states}")]);
    assert_eq!(pressed.widgets[0].on.as_deref(), Some("Ja"));
    assert_eq!((pressed.value[0].as_str(), pressed.options[0].export.as_str()), ("Ja", "Ja"));
    assert_eq!(field(&["/FT /Btn /T (a) /AS /On /F 2"]).widgets[0].on.as_deref(), Some("On"));
    assert!(field(&["/FT /Btn /T (a) /AS /Off /F 2"]).widgets[0].hidden);
}

#[test]
fn pages_are_told_as_they_are_seen() {
    let bytes = form("/Rotate 90 /CropBox [10 10 310 210]", &["/FT /Tx /T (a)"]);
    let template = read(&bytes, None).unwrap();
    let page = template.pages[0];
    assert_eq!((page.number, page.width, page.height, page.rotation), (1, 200.0, 300.0, Rotation::Quarter));
    let rectangle = Rectangle { left: 10.0, top: 0.0, width: 20.0, height: 100.0 };
    assert_eq!(template.fields[0].widgets[0].rectangle, rectangle);
}

#[test]
fn what_the_form_does_not_list_is_found_and_said() {
    let mut raw = Raw::new();
    for (number, body) in (1..).zip(raw::ALL) {
        raw.object(number, body);
    }
    raw.object(1, "<< /Pages 2 0 R /AcroForm << /Fields [4 0 R] /XFA 9 0 R >> >>");
    let template = read(&raw.end(""), None).unwrap();
    assert_eq!(names(&template), ["name", "color.one", "color.two"]);
    let unlisted = ["color.one", "color.two"].map(|name| Note::Unlisted(name.to_owned()));
    assert_eq!((&template.notes[..], template.xfa), (&unlisted[..], Xfa::Hybrid));
}

#[test]
fn what_is_listed_beside_its_parent_has_its_name() {
    let mut raw = Raw::new();
    for (number, body) in (1..).zip(raw::ALL) {
        raw.object(number, body);
    }
    raw.object(1, "<< /Pages 2 0 R /AcroForm << /Fields [6 0 R 5 0 R 4 0 R] >> >>");
    let template = read(&raw.end(""), None).unwrap();
    assert_eq!(names(&template), ["color.one", "color.two", "name"]);
    assert_eq!((template.fields[0].options.len(), &template.notes[..]), (2, &[Note::Circle][..]));
}

#[test]
fn places_of_a_lost_form_are_found() {
    let mut raw = Raw::new();
    for (number, body) in (1..).zip(raw::ALL) {
        raw.object(number, body);
    }
    let lost = String::from_utf8(raw.end("")).unwrap().replace("1 0 obj", "1 0 odj").replace("/Kids [3", "/Kids [9");
    let template = read(lost.as_bytes(), None).unwrap();
    assert_eq!((names(&template), template.pages.len()), (vec!["name", "color.one", "color.two"], 1));
}

#[test]
fn circles_end_and_are_said() {
    let mut raw = Raw::new();
    for (number, body) in (1..).zip(raw::ALL) {
        raw.object(number, body);
    }
    raw.object(2, "<< /Kids [2 0 R 3 0 R 2 0 R] >>");
    raw.object(5, "<< /FT /Tx /T (a) /Kids [5 0 R 6 0 R] /Parent 6 0 R >>");
    raw.object(6, "<< /T (b) /Kids [5 0 R 4 0 R] /Parent 5 0 R >>");
    let template = read(&raw.end(""), None).unwrap();
    assert_eq!(template.pages.len(), 1);
    assert!(template.notes.contains(&Note::Circle));
}

#[test]
fn headings_know_their_pages() {
    let mut raw = Raw::new();
    for (number, body) in (1..).zip(raw::ALL) {
        raw.object(number, body);
    }
    raw.object(1, "<< /Pages 2 0 R /Outlines 8 0 R >>");
    raw.object(8, "<< /First 9 0 R >>");
    raw.object(9, "<< /Title (One) /Dest [3 0 R /Fit] /First 10 0 R /Next 9 0 R >>");
    raw.object(10, "<< /Title <FEFF00540077006F> /A << /S /URI >> >>");
    let outline = read(&raw.end(""), None).unwrap().outline;
    let told: Vec<_> = outline.iter().map(|heading| (heading.title.as_str(), heading.level, heading.page)).collect();
    assert_eq!(told, [("One", 0, Some(1)), ("Two", 1, None)]);
}

#[test]
fn passwords_open_what_they_are_of() {
    let plain = read(&file("locked-3"), None).unwrap();
    assert_eq!(plain.fields[0].name, "client.address.street");
    for name in ["locked-4-password", "locked-6-password"] {
        let bytes = file(name);
        assert_eq!(read(&bytes, None), Err(Wrong::PasswordNeeded));
        assert_eq!(read(&bytes, Some("Geheim")), Err(Wrong::PasswordWrong));
        for password in ["geheim", "owner"] {
            assert_eq!(read(&bytes, Some(password)).unwrap(), plain, "{name} {password}");
        }
    }
}

#[test]
fn damaged_files_are_read_as_far_as_they_go() {
    let whole = read(&raw::plain(), None).unwrap();
    let bytes = raw::plain();
    let list = bytes.windows(5).position(|five| five == b"xref\n").unwrap();
    let moved = [b"%PDF-1.7\n% put in here\n", &bytes[9..]].concat();
    let before = [b"no line of it\n", &bytes[..]].concat();
    for damaged in [bytes[..list].to_vec(), moved] {
        let template = read(&damaged, None).unwrap();
        assert_eq!((template.fields, template.notes), (whole.fields.clone(), vec![Note::Repaired]));
    }
    assert_eq!(read(&before, None).unwrap(), whole);
    let streams = raw::streams();
    let end = streams.windows(9).rposition(|nine| nine == b"startxref").unwrap();
    assert_eq!(read(&streams[..end], None).unwrap().fields, whole.fields);
}

#[test]
fn what_is_no_template_is_told_apart() {
    assert_eq!(read(b"", None), Err(Wrong::NotPdf));
    assert_eq!(read(b"PK\x03\x04", None), Err(Wrong::NotPdf));
    assert_eq!(read(b"%PDF-1.7\n", None), Err(Wrong::Damaged));
    assert_eq!(read(&vec![b' '; vestry_pdf_fields::bounds::BYTES + 1], None), Err(Wrong::TooLarge));
    assert_eq!(Wrong::TooLarge.to_string(), "This file is too large: a template may have 16 MiB.");
    let locked = form("", &[]);
    let locked = String::from_utf8(locked).unwrap().replace("/Root 1", "/Encrypt << /Filter /Adobe.PubSec >> /Root 1");
    assert_eq!(read(locked.as_bytes(), None), Err(Wrong::Encryption));
}

#[test]
fn a_template_is_the_same_after_json() {
    let template = read(&file("locked-3"), None).unwrap();
    let json = serde_json::to_string(&template).unwrap();
    assert!(json.contains(r#""kind":{"choice":{"combo":true,"multiple":false}}"#), "{json}");
    assert_eq!(serde_json::from_str::<Template>(&json).unwrap(), template);
    let table = vestry_pdf_fields::csv(&template);
    assert_eq!(table.lines().next().unwrap().split(',').count(), 16);
    assert!(table.contains("client.address.street,text,1,72,72,200,20,"), "{table}");
}

/// As interviews read it.
#[derive(serde::Deserialize)]
struct Block {
    attachment: Attachment,
}

#[derive(serde::Deserialize)]
struct Attachment {
    #[serde(rename = "pdf template file")]
    file: String,
    fields: Vec<BTreeMap<String, serde_json::Value>>,
}

#[test]
fn a_block_has_the_names_that_the_file_has() {
    let odd = [
        "a: b",
        "- x",
        "#no",
        "${ y }",
        "'q' \\\\ \"d\"",
        "{a}",
        "[0]",
        "yes",
        "1.5",
        "t\\ta\\nb",
        "\\\\x",
        "!",
        "%",
        "&*|>",
    ];
    let fields: Vec<String> = odd.iter().map(|name| format!("/FT /Tx /T ({name})")).collect();
    let mut fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    fields.push("/FT /Tx /T <FEFF0627202EFEFF00852028D83DDE00>");
    fields.push("/FT /Btn /T (on) /V /Yes");
    let template = read(&form("", &fields), None).unwrap();
    assert_eq!(template.fields.len(), fields.len());
    let text = vestry_pdf_fields::yaml(&template, "a \"b\": c.pdf");
    let block: Block = serde_saphyr::from_str(&text).unwrap();
    assert_eq!(block.attachment.file, "a \"b\": c.pdf");
    let written: Vec<&str> =
        block.attachment.fields.iter().flat_map(|field| field.keys().map(String::as_str)).collect();
    assert_eq!(written, names(&template));
    let last = block.attachment.fields.last().unwrap();
    assert_eq!(last["on"], serde_json::Value::Bool(true));
    let text = block.attachment.fields[2]["#no"].as_str().unwrap();
    assert_eq!(text, "${ no }");
}

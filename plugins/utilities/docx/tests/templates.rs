//! What is found in templates made in place, and where.

#![allow(clippy::unwrap_used)]

use vestry_docx_fields::{ControlKind, Kind, Origin, PartKind, Template, Wrong, csv, read, yaml};

#[path = "support/packing.rs"]
mod support;

use support::{document, docx, docx_with, entry, paragraph, part, zip};

fn found(paragraphs: &[&str]) -> Template {
    let body: String = paragraphs.iter().map(|text| paragraph(&[text])).collect();
    read(&docx(&document(&body))).unwrap()
}

fn names(template: &Template) -> Vec<&str> {
    template.variables.iter().map(|variable| variable.name.as_str()).collect()
}

/// The paragraph and the words of each error.
fn errors(paragraphs: &[&str]) -> Vec<(u32, String)> {
    let errors = found(paragraphs).errors;
    errors.into_iter().map(|error| (error.place.paragraph, error.words)).collect()
}

#[test]
fn variables_have_a_kind_paths_and_places() {
    let template = found(&[
        "{{ client.name.full() }} {{ client.age }} {% if married %}{{ since }}{% endif %}",
        "{% for child in children %}{{ child.name }}{% for toy in child.toys %}{{ toy }}{% endfor %}{% endfor %}",
        "{{ today() }} {{ since | upper }}",
    ]);
    let kinds: Vec<(&str, Kind)> = template.variables.iter().map(|found| (found.name.as_str(), found.kind)).collect();
    assert_eq!(
        kinds,
        [
            ("client", Kind::Object),
            ("married", Kind::Condition),
            ("since", Kind::Text),
            ("children", Kind::List),
            ("today", Kind::Function)
        ]
    );
    let paths = |index: usize| -> Vec<(&str, Kind)> {
        template.variables[index].paths.iter().map(|path| (path.text.as_str(), path.kind)).collect()
    };
    assert_eq!(paths(0), [("client.name.full", Kind::Function), ("client.age", Kind::Text)]);
    assert_eq!(
        paths(3),
        [
            ("children", Kind::List),
            ("children[i].name", Kind::Text),
            ("children[i].toys", Kind::List),
            ("children[i].toys[j]", Kind::Text)
        ]
    );
    let since: Vec<u32> = template.variables[2].uses.iter().map(|place| place.paragraph).collect();
    assert_eq!(since, [1, 3]);
    assert_eq!(template.loops[0].over, "children");
    assert_eq!(template.loops[1].targets, ["toy"]);
    assert_eq!(template.conditions[0].text, "married");
    assert_eq!((template.filters[0].name.as_str(), template.filters[0].origin), ("upper", Origin::Jinja));
    assert!(template.errors.is_empty() && template.notes.is_empty());
}

#[test]
fn errors_name_the_paragraph_and_do_not_become_many() {
    assert_eq!(
        errors(&["fine", "{{ a b }}", "{% if %}x{% endif %}"])[0],
        (2, "the tag should end before `b`".to_owned())
    );
    assert_eq!(errors(&["{% if a %}", "x"]), [(1, "`if` is not closed with `{% endif %}`".to_owned())]);
    assert_eq!(errors(&["x", "{% endfor %}"]), [(2, "`endfor` closes nothing: no `for` is open".to_owned())]);
    assert_eq!(
        errors(&["{% for a in b %}", "{% if c %}", "{% endfor %}"]),
        [(2, "`if` is not closed with `{% endif %}`".to_owned())]
    );
    assert_eq!(errors(&["{{ a", "{{ b }}"]), [(1, "`{{` is not closed with `}}`".to_owned())]);
    assert_eq!(errors(&["{% elseif a %}"]), [(1, "there is no tag `elseif` in Jinja: write `elif`".to_owned())]);
    assert_eq!(errors(&["{%tr for a in b %}", "{%tr endfor %}"])[0].1, "`{%tr` stands in no row of a table");
    assert_eq!(
        errors(&["{{p a % b }}"]),
        [(1, "neither `}` nor `%` can stand in a tag that begins with `{{p`".to_owned())]
    );
    let error = &found(&["one", "see {{ a + }} here"]).errors[0];
    assert_eq!((error.text.as_str(), error.place.part.as_str()), ("see {{ a + }} here", "word/document.xml"));
}

#[test]
fn what_a_tag_replaces_is_lost_and_said() {
    let template = found(&["{{ a }}{%p if b %}{{ c }}", "{{ d }}", "{%p endif %}"]);
    assert_eq!(names(&template), ["b", "d"]);
    let notes: Vec<&str> = template.notes.iter().map(|note| note.words.as_str()).collect();
    assert_eq!(
        notes,
        [
            "`{{ a }}` is lost: `{%p if b %}` replaces the whole paragraph",
            "`{{ c }}` is lost: `{%p if b %}` replaces the whole paragraph"
        ]
    );
    let both = found(&["{%p if a %}x{%p endif %}"]);
    assert_eq!(both.errors[0].words, "`endif` closes nothing: no `if` is open");
    assert_eq!(found(&["{ a }}"]).notes[0].words, "`}}` closes no tag, so it is shown as text");
}

/// Text that holds its tags alone lends no half of an opener to what follows.
#[test]
fn half_an_opener_is_text() {
    let body =
        "<w:p><w:r><w:instrText>x {</w:instrText><w:t>{ a }} {{ b }}</w:t><w:instrText>{{ c</w:instrText></w:r></w:p>";
    let template = read(&docx(&document(body))).unwrap();
    assert_eq!(names(&template), ["b"]);
    assert_eq!(template.errors[0].words, "`{{` is not closed with `}}`");
}

#[test]
fn every_part_is_read_once() {
    let with = |root: &str, text: &str| (root.to_owned(), part(root, &paragraph(&[text])));
    let parts: Vec<(String, String)> = vec![
        with("header", "{{ h }}"),
        with("footer", "{{ f }}"),
        with("footnotes", "{{ n }}"),
        with("endnotes", "{{ e }}"),
        with("comments", "{{ c }}"),
    ];
    let others: Vec<(&str, String)> = parts.iter().map(|(kind, xml)| (kind.as_str(), xml.clone())).collect();
    let template = read(&docx_with(&document(&paragraph(&["{{ d }}"])), &others)).unwrap();
    assert_eq!(names(&template), ["d", "h", "f", "n", "e", "c"]);
    let kinds: Vec<PartKind> = template.parts.iter().map(|part| part.kind).collect();
    use PartKind::{Comments, Document, Endnotes, Footer, Footnotes, Header};
    assert_eq!(kinds, [Document, Header, Footer, Footnotes, Endnotes, Comments]);
    assert_eq!(template.notes.len(), 2, "endnotes and comments are not filled in");
}

#[test]
fn word_has_fields_of_its_own() {
    let template = read(&docx(&support::everything())).unwrap();
    assert_eq!(template.errors, []);
    let control = &template.controls[0];
    assert_eq!((control.tag.as_str(), control.alias.as_str(), control.kind), ("a", "A", ControlKind::DropDown));
    assert_eq!((control.choices[0].shown.as_str(), control.choices[0].value.as_str()), ("One", "1"));
    assert_eq!(control.text, "{{ c }}");
    assert!(control.place.paragraph > 0);
    assert_eq!(template.merge_fields[0].name, "a b");
    assert_eq!(names(&template), ["client", "a", "c", "d", "g", "k", "xs", "z", "b"]);
}

#[test]
fn what_is_no_docx_is_called_by_its_name() {
    let wrong = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
    assert_eq!(wrong(b""), "the file is empty");
    assert_eq!(wrong(b"hello"), "this is no DOCX: it does not begin as a ZIP does");
    assert!(wrong(b"%PDF-1.7 x").contains("PDF"));
    assert!(wrong(b"{\\rtf1 x").contains("RTF"));
    let ole = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
    assert!(wrong(&ole).contains(".doc)"));
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(wrong(&[&ole[..], &[0; 512], &name].concat()).contains("password"));
    assert!(wrong(&zip(&[support::stored("mimetype", b"x")])).contains("OpenDocument"));
    assert!(wrong(&zip(&[entry("[Content_Types].xml", b"x"), entry("xl/workbook.xml", b"x")])).contains("Excel"));
    assert!(matches!(read(&zip(&[entry("a", b"x")])), Err(Wrong::Missing(_))));
    assert!(matches!(read(&vec![b'P'; 17 << 20]), Err(Wrong::TooLarge)));
    let entities = "<!DOCTYPE x [<!ENTITY a 'b'>]><w:document/>";
    assert!(matches!(read(&docx(entities)), Err(Wrong::Entities(_))));
    assert!(matches!(read(&docx("<w:document>&a;</w:document>")), Err(Wrong::Entities(_))));
    assert!(matches!(read(&docx(&document(&"<w:x>".repeat(300)))), Err(Wrong::TooDeep(_))));
    assert!(matches!(read(&docx("<w:document>")), Err(Wrong::Xml { .. })));
    assert!(matches!(read(&docx("")), Err(Wrong::Xml { .. })));
    let mut twice = entry("word/document.xml", document("").as_bytes());
    let rels = entry("_rels/.rels", support::RELS.as_bytes());
    let types = entry("[Content_Types].xml", b"<a/>");
    assert!(matches!(read(&zip(&[types.clone(), rels.clone(), twice.clone(), twice.clone()])), Err(Wrong::Twice(_))));
    twice.flags = 1;
    assert!(matches!(read(&zip(&[types, rels, twice])), Err(Wrong::Encrypted)));
}

#[test]
fn a_block_is_ready_to_copy() {
    let template = found(&[
        "{{ note.upper() }} {{ client.name.full() }} {{ client.address.city }} {% if is_married %}{{ spouse }}{% endif %} {{ today() }}",
        "{% for child in children %}{{ child.first_name }}{% for toy in child.toys %}{{ toy }}{% endfor %}{% endfor %}",
    ]);
    let expected = r#"---
objects:
  - children: DAList.using(object_type=DAObject, complete_attribute='complete')
  - children[i].toys: DAList
  - client: Individual
---
mandatory: True
question: |
  Your document is ready.
attachment:
  name: My letter
  filename: my_letter
  docx template file: my_letter.docx
---
question: |
  What goes into My letter
fields:
  - Note: note
  - Client name first: client.name.first
  - Client name last: client.name.last
  - Client address city: client.address.city
  - Is married: is_married
    datatype: yesno
  - Spouse: spouse
---
question: |
  Are there any in Children?
yesno: children.there_are_any
---
question: |
  Is there another one in Children?
yesno: children.there_is_another
---
question: |
  ${ ordinal(i) } in Children
fields:
  - First name: children[i].first_name
---
code: |
  children[i].first_name
  children[i].complete = True
---
question: |
  Are there any in Children i toys?
yesno: children[i].toys.there_are_any
---
question: |
  Is there another one in Children i toys?
yesno: children[i].toys.there_is_another
---
question: |
  ${ ordinal(j) } in Children i toys
fields:
  - Value: children[i].toys[j]
---
# Called or looked up by the template, so defined elsewhere:
#   client.name.full
#   today
"#;
    assert_eq!(yaml(&template, "my_letter.docx"), expected);
    let lines = csv(&template);
    assert!(lines.starts_with(
        "sort,name,kind,uses,part,paragraph,choices\r\nvariable,note.upper,function,1,word/document.xml,1,\r\n"
    ));
    let json = serde_json::to_value(&template).unwrap();
    assert_eq!(json["variables"][0]["paths"][0]["kind"], "function");
    assert!(yaml(&found(&["{{ a"]), "x\": {y}.docx").contains("docx template file: \"x\\\": {y}.docx\""));
}

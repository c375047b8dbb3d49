//! DOCX files made in place: ZIPs of a few entries.

#![allow(dead_code)]

use std::io::Write;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// An entry as it will lie in the ZIP.
#[derive(Debug, Clone)]
pub struct Entry {
    pub name: String,
    pub method: u16,
    pub flags: u16,
    pub crc: u32,
    pub size: usize,
    pub data: Vec<u8>,
}

fn crc(content: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(content);
    crc.sum()
}

pub fn entry(name: &str, content: &[u8]) -> Entry {
    let mut to = DeflateEncoder::new(Vec::new(), Compression::fast());
    to.write_all(content).unwrap();
    Entry { method: 8, data: to.finish().unwrap(), ..stored(name, content) }
}

pub fn stored(name: &str, content: &[u8]) -> Entry {
    Entry { name: name.to_owned(), method: 0, flags: 0, crc: crc(content), size: content.len(), data: content.to_vec() }
}

pub fn zip(entries: &[Entry]) -> Vec<u8> {
    let (mut to, mut list) = (Vec::new(), Vec::new());
    for entry in entries {
        let at = to.len() as u32;
        let mut head = Vec::new();
        for short in [20, entry.flags, entry.method, 0, 0x21] {
            head.extend(short.to_le_bytes());
        }
        for long in [entry.crc, entry.data.len() as u32, entry.size as u32] {
            head.extend(long.to_le_bytes());
        }
        head.extend((entry.name.len() as u16).to_le_bytes());
        head.extend(0_u16.to_le_bytes());
        to.extend(b"PK\x03\x04");
        to.extend(&head);
        to.extend(entry.name.as_bytes());
        to.extend(&entry.data);
        list.extend(b"PK\x01\x02\x14\x00");
        list.extend(&head);
        list.extend([0; 10]);
        list.extend(at.to_le_bytes());
        list.extend(entry.name.as_bytes());
    }
    let (at, length, count) = (to.len() as u32, list.len() as u32, entries.len() as u16);
    to.extend(list);
    to.extend(b"PK\x05\x06\0\0\0\0");
    to.extend(count.to_le_bytes());
    to.extend(count.to_le_bytes());
    to.extend(length.to_le_bytes());
    to.extend(at.to_le_bytes());
    to.extend([0, 0]);
    to
}

const TYPES: &str = "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'/>";
pub const RELS: &str = "<Relationships><Relationship Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument' Target='word/document.xml'/></Relationships>";

/// A document around what stands in its body.
pub fn document(body: &str) -> String {
    part("document", &format!("<w:body>{body}</w:body>"))
}

/// A part of the document.
pub fn part(root: &str, content: &str) -> String {
    format!(
        "<?xml version='1.0' encoding='UTF-8'?><w:{root} \
         xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main' xmlns:w14='w14' xmlns:mc='mc'>{content}</w:{root}>"
    )
}

/// A DOCX with this document alone.
pub fn docx(document: &str) -> Vec<u8> {
    docx_with(document, &[])
}

/// A DOCX with other parts: the kind of each, and its XML.
pub fn docx_with(document: &str, others: &[(&str, String)]) -> Vec<u8> {
    let mut entries = vec![
        entry("[Content_Types].xml", TYPES.as_bytes()),
        entry("_rels/.rels", RELS.as_bytes()),
        entry("word/document.xml", document.as_bytes()),
    ];
    let mut relationships = String::from("<Relationships>");
    for (number, (kind, xml)) in others.iter().enumerate() {
        relationships.push_str(&format!("<Relationship Type='x/{kind}' Target='{kind}{number}.xml'/>"));
        entries.push(entry(&format!("word/{kind}{number}.xml"), xml.as_bytes()));
    }
    relationships.push_str("</Relationships>");
    entries.push(entry("word/_rels/document.xml.rels", relationships.as_bytes()));
    zip(&entries)
}

/// A paragraph of runs.
pub fn paragraph(runs: &[&str]) -> String {
    let runs: String = runs.iter().map(|run| format!("<w:r><w:t xml:space='preserve'>{run}</w:t></w:r>")).collect();
    format!("<w:p>{runs}</w:p>")
}

/// A document with something of everything.
pub fn everything() -> String {
    let cell = |text: &str| format!("<w:tc><w:tcPr/>{}</w:tc>", paragraph(&[text]));
    let row = |one: &str, other: &str| format!("<w:tr>{}{}</w:tr>", cell(one), cell(other));
    let field = "<w:p><w:r><w:fldChar w:fldCharType='begin'/></w:r><w:r><w:instrText> MERGEFIELD \"a b\" </w:instrText></w:r>\
                 <w:r><w:fldChar w:fldCharType='separate'/></w:r><w:r><w:t>«a»</w:t></w:r><w:r><w:fldChar w:fldCharType='end'/></w:r></w:p>";
    let control = "<w:sdt><w:sdtPr><w:alias w:val='A'/><w:tag w:val='a'/><w:dropDownList><w:listItem w:displayText='One' w:value='1'/>\
                   </w:dropDownList></w:sdtPr><w:sdtContent><w:p><w:r><w:t>{{ c }}</w:t></w:r></w:p></w:sdtContent></w:sdt>";
    let boxed = "<w:p><w:r><mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>{{ b }}</w:t></w:r></w:p></w:txbxContent>\
                 </mc:Choice><mc:Fallback><w:p/></mc:Fallback></mc:AlternateContent></w:r></w:p>";
    let table =
        [row("{%tr for x in xs %}", ""), row("{{ x.y | f(1) }}", "{% vm %}{% cellbg z %}"), row("{%tr endfor %}", "")]
            .concat();
    document(
        &[
            paragraph(&["Dear {", "{ client.na", "me }} &amp; {% if a == “b” %}{{ c[0] }}{% elif d %}x{% endif %}"]),
            paragraph(&["{%p for i in range(3) if i is odd %}"]),
            paragraph(&[
                "{% set e, f = g %}{% macro m(h, i=1) %}{{ h(**k) }}{% endmacro %}{# note #}{% raw %}{{{% endraw %}",
            ]),
            paragraph(&["{%p endfor %}"]),
            format!("<w:tbl>{table}</w:tbl>"),
            field.to_owned(),
            control.to_owned(),
            boxed.to_owned(),
        ]
        .concat(),
    )
}

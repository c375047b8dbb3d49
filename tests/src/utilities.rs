//! What the tests of Utilities share: templates made in place, and sending them as a form does.

use std::collections::BTreeMap;
use std::io::Write;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use serde_json::Value;

use crate::client::Call;
use crate::{Answer, Client};

/// A request that sends a file to a service, with other fields of its form.
pub fn sending<'c>(client: &'c Client, service: &str, name: &str, content: &[u8], fields: &[(&str, &str)]) -> Call<'c> {
    client.call("POST", &format!("/utilities/{service}")).file(fields, name, content)
}

/// Sends a file in a browser and answers what came back.
pub fn send(client: &Client, service: &str, name: &str, content: &[u8]) -> Answer {
    sending(client, service, name, content, &[]).send()
}

/// The address of a result that a browser is led to.
#[track_caller]
pub fn result_of(answer: &Answer) -> String {
    let location = answer.location().unwrap_or_else(|| panic!("it is not read: {}", answer.page().text("main")));
    assert!(location.starts_with("/utilities/results/"), "{location}");
    location
}

/// Sends a file and answers the data of the result's page.
#[track_caller]
pub fn read(client: &Client, service: &str, name: &str, content: &[u8]) -> Value {
    client.get_json(&result_of(&send(client, service, name, content))).expect(200).json()
}

/// What stands in a column of a table, row by row.
#[track_caller]
pub fn column(page: &Value, block: &str, key: &str) -> Vec<Value> {
    let rows = page["blocks"][block]["rows"].as_array().unwrap_or_else(|| panic!("a table `{block}`: {page:#}"));
    rows.iter().map(|row| row[key].clone()).collect()
}

/// The titles of the list of utilities.
#[track_caller]
pub fn titles(page: &Value) -> Vec<String> {
    let title = |cell: Value| cell["label"].as_str().expect("each leads somewhere").to_owned();
    column(page, "utilities", "title").into_iter().map(title).collect()
}

/// A template that other programs made: its name in `tests/corpus`, with the service that reads it, such as
/// `pdf/hybrid`.
pub fn made_elsewhere(name: &str) -> Vec<u8> {
    let (service, name) = name.split_once('/').expect("a service and a name");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus");
    std::fs::read(format!("{folder}/{service}/files/{name}.{service}")).expect("it is there")
}

/// A PDF with these pages (what is in each page's dictionary) and fields (what is in each field's); fields are objects
/// from 100 on, pages from 10 on.
pub fn pdf(pages: &[&str], fields: &[String]) -> Vec<u8> {
    let link = |number: usize| format!("{number} 0 R ");
    let mut objects = BTreeMap::new();
    // The places of a field belong to it, not to the form.
    let own = (100..).zip(fields).filter(|(_, field)| !field.contains("/Parent"));
    let form: String = own.map(|(number, _)| link(number)).collect();
    let kids: String = (10..10 + pages.len()).map(link).collect();
    objects.insert(1, format!("<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [{form}] >> >>"));
    objects.insert(2, format!("<< /Type /Pages /Kids [{kids}] /Count {} >>", pages.len()));
    for (number, page) in (10..).zip(pages) {
        objects.insert(number, format!("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] {page} >>"));
    }
    for (number, field) in (100..).zip(fields) {
        objects.insert(number, format!("<< {field} >>"));
    }
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut table = String::from("xref\n0 1\n0000000000 65535 f \n");
    for (number, body) in &objects {
        table.push_str(&format!("{number} 1\n{:010} 00000 n \n", out.len()));
        out.extend(format!("{number} 0 obj\n{body}\nendobj\n").bytes());
    }
    let start = out.len();
    out.extend(format!("{table}trailer\n<< /Root 1 0 R /Size 1000 >>\nstartxref\n{start}\n%%EOF\n").bytes());
    out
}

/// A field of a PDF that is its own place: left, bottom, width and height in points on the page of that object.
pub fn widget(page: usize, [left, bottom, width, height]: [u32; 4], more: &str) -> String {
    let (right, top) = (left + width, bottom + height);
    format!("/Type /Annot /Subtype /Widget /P {page} 0 R /Rect [{left} {bottom} {right} {top}] {more}")
}

/// A form as an office has them: two pages, ten fields of all kinds.
pub fn application() -> Vec<u8> {
    let fields = [
        widget(10, [72, 700, 220, 20], "/FT /Tx /T (applicant_name) /TU (Name of the applicant) /Ff 2"),
        widget(10, [310, 700, 120, 20], "/FT /Tx /T (born) /MaxLen 10 /TU (Day of birth, such as 1990-12-31)"),
        widget(10, [72, 650, 358, 36], "/FT /Tx /T (address) /Ff 4096 /TU (Street, number, place)"),
        widget(
            10,
            [72, 600, 180, 20],
            "/FT /Ch /T (state) /Ff 131072 /Opt [[(BE) (Berlin)] [(HH) (Hamburg)] [(BY) (Bavaria)]] /V (BE)",
        ),
        widget(10, [72, 560, 14, 14], "/FT /Btn /T (has_children) /AS /Off /AP << /N << /Yes 1 0 R /Off 1 0 R >> >>"),
        widget(10, [310, 600, 120, 20], "/FT /Tx /T (case_number) /Ff 1 /V (4711/26)"),
        "/FT /Btn /T (delivery) /Ff 49152 /Kids [110 0 R 111 0 R] /V /post".to_owned(),
        widget(11, [72, 620, 358, 160], "/FT /Tx /T (reasons) /Ff 4096 /DV (None)"),
        widget(11, [72, 480, 200, 40], "/FT /Sig /T (signature)"),
        widget(11, [300, 480, 100, 24], "/FT /Btn /Ff 65536 /T (clear)"),
        widget(10, [72, 520, 14, 14], "/Parent 106 0 R /AS /post /AP << /N << /post 1 0 R /Off 1 0 R >> >>"),
        widget(10, [172, 520, 14, 14], "/Parent 106 0 R /AS /Off /AP << /N << /mail 1 0 R /Off 1 0 R >> >>"),
    ];
    let first = [100, 101, 102, 103, 104, 105, 110, 111].map(|number| format!("{number} 0 R")).join(" ");
    pdf(&[&format!("/Annots [{first}]"), "/Annots [107 0 R 108 0 R 109 0 R]"], &fields)
}

const W: &str = "xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'";

/// A DOCX with this text in its document, a paragraph each, and this in a header. Its parts are not packed, so that who
/// damages the file damages them.
pub fn docx(paragraphs: &[&str], header: &str) -> Vec<u8> {
    let body: String = paragraphs.iter().copied().map(paragraph).collect();
    zip(&parts(&body, header), false)
}

/// A DOCX whose body is this XML, packed.
pub fn packed_docx(body: &str) -> Vec<u8> {
    zip(&parts(body, ""), true)
}

fn paragraph(text: &str) -> String {
    match text.starts_with('<') {
        true => text.to_owned(),
        false => format!("<w:p><w:r><w:t xml:space='preserve'>{text}</w:t></w:r></w:p>"),
    }
}

fn parts(body: &str, header: &str) -> [(&'static str, String); 5] {
    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let link = |kind: &str, target: &str| {
        format!("<Relationships><Relationship Id='r1' Type='{OFFICE}/{kind}' Target='{target}'/></Relationships>")
    };
    [
        ("[Content_Types].xml", "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'/>".into()),
        ("_rels/.rels", link("officeDocument", "word/document.xml")),
        ("word/document.xml", format!("<w:document {W}><w:body>{body}</w:body></w:document>")),
        ("word/_rels/document.xml.rels", link("header", "header1.xml")),
        ("word/header1.xml", format!("<w:hdr {W}>{}</w:hdr>", paragraph(header))),
    ]
}

/// A contract with a list, a condition, filters, a content control and a merge field.
pub fn contract() -> Vec<u8> {
    let control = "<w:sdt><w:sdtPr><w:alias w:val='Day of the contract'/><w:tag w:val='day'/><w:date/></w:sdtPr>\
                   <w:sdtContent><w:p><w:r><w:t>1 May</w:t></w:r></w:p></w:sdtContent></w:sdt>";
    let merge = "<w:p><w:r><w:fldChar w:fldCharType='begin'/></w:r><w:r><w:instrText> MERGEFIELD Customer </w:instrText></w:r>\
                 <w:r><w:fldChar w:fldCharType='separate'/></w:r><w:r><w:t>x</w:t></w:r><w:r><w:fldChar w:fldCharType='end'/></w:r></w:p>";
    docx(
        &[
            "Contract between {{ seller.name.full() }} and {{ buyer.name.full() }}",
            "{%p for item in items %}",
            "{{ item.title | upper }} for {{ item.price | currency }}",
            "{%p endfor %}",
            "{%p if is_private %}",
            "Sold as seen, {{ place }}.",
            "{%p endif %}",
            control,
            merge,
        ],
        "File {{ file_number }}",
    )
}

/// The same with two mistakes.
pub fn wrong_contract() -> Vec<u8> {
    docx(
        &["Dear {{ client.name }", "{% if client.is_late %}", "{{ client. }} owes {{ amount }}"],
        "File {{ file_number }}",
    )
}

/// A ZIP (APPNOTE.TXT of PKWARE).
fn zip(entries: &[(&str, String)], packed: bool) -> Vec<u8> {
    let (mut out, mut list) = (Vec::new(), Vec::new());
    let long = |number: usize| u32::try_from(number).expect("it is small").to_le_bytes();
    let short = |number: usize| u16::try_from(number).expect("it is small").to_le_bytes();
    for (name, content) in entries {
        let (at, content) = (out.len(), content.as_bytes());
        let (method, data) = if packed { (8, deflated(content)) } else { (0, content.to_vec()) };
        let mut crc = Crc::new();
        crc.update(content);
        let mut head: Vec<u8> = [20_u16, 0, method, 0, 0x21].into_iter().flat_map(u16::to_le_bytes).collect();
        head.extend([crc.sum().to_le_bytes(), long(data.len()), long(content.len())].concat());
        head.extend([short(name.len()), short(0)].concat());
        out.extend([b"PK\x03\x04", &head[..], name.as_bytes(), &data].concat());
        list.extend([b"PK\x01\x02\x14\x00", &head[..], &[0; 10], &long(at), name.as_bytes()].concat());
    }
    let count = short(entries.len());
    let end = [&b"PK\x05\x06\0\0\0\0"[..], &count, &count, &long(list.len()), &long(out.len()), &[0, 0]];
    [out, list, end.concat()].concat()
}

fn deflated(content: &[u8]) -> Vec<u8> {
    let mut packer = DeflateEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(content).and_then(|()| packer.finish()).expect("memory takes all of it")
}

//! Catalogues made at random, always the same from the same number, and workbooks packed of parts.

#![allow(dead_code)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use rawzip::{CompressionMethod, ZipArchiveWriter};
use vestry_phrase_files::{Catalogue, Entry, Plural, State, forms};

/// xorshift64*: the same numbers everywhere.
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).unwrap()
    }

    pub fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

/// Text that means something to one of the formats, or to a program that opens them.
pub const PIECES: &[&str] = &[
    "a",
    "Sign in",
    " ",
    "  ",
    "\n",
    "\n\n",
    "- ",
    "? ",
    ": ",
    ":",
    " #",
    "#",
    "|",
    ">",
    "---",
    "...",
    "%",
    "@",
    "`",
    "!",
    "&a",
    "*a",
    "<<",
    "=",
    "+1",
    "-1",
    "1e3",
    "0x1",
    "1_000",
    "12:30",
    "2026-11-22",
    ".inf",
    "yes",
    "No",
    "null",
    "~",
    "true",
    "{ ",
    " }",
    "[",
    "]",
    ",",
    "\"",
    "'",
    "\\",
    "\\n",
    "<b>",
    "</target>",
    "&amp;",
    "&#65;",
    "&",
    "]]>",
    "<![CDATA[",
    "<!--",
    "-->",
    "<?x?>",
    "_x0041_",
    "_x005F_",
    "_x",
    "ملف",
    "שלום",
    "\u{200f}",
    "\u{200c}",
    "日本",
    "👩\u{200d}💻",
    "é",
    "e\u{301}",
    "\u{a0}",
    "\u{202f}",
    "\u{ad}",
    "\u{e000}",
    "\u{fffd}",
    "%s",
    "{{ ",
    " }}",
    "=cmd|' /C'!A0",
    "state",
    "text",
    "one",
    "other",
    "source",
];
/// These stand in phrases alone: no translation may hold them.
const HIDDEN: &[&str] = &["\t", "\u{202e}", "\u{2066}", "\u{2028}"];
const NAMES: &[&str] = &["{count}", "{who}", "{file-name}", "{a.b_c}"];

fn text(numbers: &mut Numbers, names: &[&str], is_phrase: bool) -> String {
    let mut parts: Vec<&str> = names.to_vec();
    let most = if numbers.below(40) == 0 { 400 } else { 6 };
    for _ in 0..=numbers.below(most) {
        let is_hidden = is_phrase && numbers.below(20) == 0;
        let part = numbers.pick(if is_hidden { HIDDEN } else { PIECES });
        parts.insert(numbers.below(parts.len() + 1), part);
    }
    let text = parts.concat();
    if text.trim().is_empty() { format!("{text}x{text}") } else { text }
}

/// The entries of some plugins, in an order in which a catalogue has them.
pub fn catalogue(numbers: &mut Numbers) -> Catalogue {
    let plurals: [&[Plural]; 4] =
        [&[Plural::Other], &[Plural::One, Plural::Other], &[Plural::One, Plural::Many, Plural::Other], &Plural::ALL];
    let plural = plurals[numbers.below(4)];
    let mut entries: Vec<Entry> = Vec::new();
    let mut seen = BTreeSet::new();
    for _ in 0..numbers.below(12) {
        let plugin = numbers.pick(&["", "org.example.one", "org.example.two-2", "net.no"]).to_owned();
        let names: Vec<&str> = NAMES.iter().copied().filter(|_| numbers.below(4) == 0).collect();
        let phrase = text(numbers, &names, true);
        if seen.insert((plugin.clone(), phrase.clone())) {
            entries.push(entry(numbers, plugin, phrase, &names, plural));
        }
    }
    entries.sort_by(|one, other| one.plugin.cmp(&other.plugin));
    let target = numbers.pick(&["de", "ar", "pt-BR", "zh-Hant", "no"]).to_owned();
    Catalogue { source: "en".to_owned(), target, plural: plural.to_vec(), entries }
}

fn entry(numbers: &mut Numbers, plugin: String, phrase: String, names: &[&str], plural: &[Plural]) -> Entry {
    let mut state = State::ALL[numbers.below(3)];
    let mut words = BTreeMap::new();
    for form in forms(&phrase, plural) {
        let is_there = state != State::Missing || numbers.below(2) == 0;
        let kept = names.iter().copied().filter(|name| *form == Plural::Other || *name != "{count}" || !is_there);
        let kept: Vec<&str> = kept.collect();
        if is_there {
            words.insert(*form, text(numbers, &kept, false));
        }
    }
    if state == State::Missing && words.len() == forms(&phrase, plural).len() {
        state = State::Done;
    }
    let note: String = if numbers.below(3) == 0 { text(numbers, &[], false) } else { String::new() };
    let note = note.trim().chars().take(200).collect::<String>().trim().to_owned();
    Entry { plugin, phrase, forms: words, state, note }
}

/// Parts of a workbook.
pub fn zip(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut archive = ZipArchiveWriter::new(&mut bytes);
    for (name, content) in parts {
        let file = archive.new_file(name).compression_method(CompressionMethod::DEFLATE);
        let (mut entry, config) = file.start().unwrap();
        let mut writer = config.wrap(DeflateEncoder::new(Vec::new(), Compression::fast()));
        writer.write_all(content).unwrap();
        let (encoder, descriptor) = writer.finish().unwrap();
        entry.write_all(&encoder.finish().unwrap()).unwrap();
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    bytes
}

const RELATION: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// A workbook of one sheet, given the inside of `<sheetData>`, and with texts that cells share, given those of `<sst>`.
pub fn workbook(rows: &str, shared: &str) -> Vec<u8> {
    let sheet = format!("<worksheet><sheetData>{rows}</sheetData></worksheet>");
    let strings = format!("<sst>{shared}</sst>");
    let of = |id: &str, kind: &str, target: &str| {
        format!("<Relationship Id=\"{id}\" Type=\"{RELATION}/{kind}\" Target=\"{target}\"/>")
    };
    let root = format!("<Relationships>{}</Relationships>", of("a", "officeDocument", "xl/workbook.xml"));
    let book = format!(
        "<Relationships>{}{}</Relationships>",
        of("r1", "worksheet", "worksheets/sheet1.xml"),
        of("r2", "sharedStrings", "/xl/sharedStrings.xml")
    );
    zip(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("_rels/.rels", root.as_bytes()),
        ("xl/workbook.xml", b"<workbook><sheets><sheet name='a' sheetId='1' r:id='r1'/></sheets></workbook>"),
        ("xl/_rels/workbook.xml.rels", book.as_bytes()),
        ("xl/sharedStrings.xml", strings.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ])
}

/// A row of inline texts.
pub fn row(cells: &[&str]) -> String {
    let cell = |text: &&str| {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        format!("<c t='inlineStr'><is><t>{text}</t></is></c>")
    };
    format!("<row>{}</row>", cells.iter().map(cell).collect::<String>())
}

pub const HEADER: [&str; 5] = ["Plugin", "Phrase (en)", "Form", "Translation (de)", "State"];

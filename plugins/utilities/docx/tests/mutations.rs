//! Ten thousand files that were damaged or made to harm: each is read or refused, none holds much memory or takes long.
//!
//! Everything is counted from one seed, so that a failure comes again. `VESTRY_MUTATIONS` sets another number of files.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use vestry_docx_fields::{Template, Wrong, csv, read, yaml};

#[path = "support/packing.rs"]
mod support;

use support::{docx, entry, stored, zip};

/// Bytes that reading may hold, beside the file itself.
const MOST_HELD: usize = 48 << 20;
/// Unoptimised, on a machine that does other things too.
const LONGEST: Duration = Duration::from_secs(5);
const FILES: u64 = 10_000;

static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// The only way to count what is held.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(held, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// xorshift64*: the same numbers everywhere.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).unwrap()
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

/// What is put into text and XML.
const SPLINTERS: &[&str] = &[
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    "{%p ",
    "{%tr ",
    "{%tc ",
    "{{r ",
    "{% if ",
    "{% for a in b %}",
    "{% endfor %}",
    "{% endif %}",
    "{% raw %}",
    "{% endraw %}",
    "{% set a %}",
    "{% macro m(a, b=",
    "{% call(x) m() %}",
    "{% block a %}",
    "{%- vm -%}",
    "{% hm %}",
    "{% cellbg x %}",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "'",
    "\"",
    "\\",
    "|",
    ".",
    ",",
    "=",
    "-",
    "not ",
    " is ",
    " if ",
    " else ",
    "“",
    "’",
    "–",
    "\u{200b}",
    "\u{a0}",
    "é",
    "𝔘",
    "&amp;",
    "&lt;",
    "&#x41;",
    "&#0;",
    "&x;",
    "<",
    ">",
    "</w:t>",
    "<w:t>",
    "<w:p>",
    "</w:p>",
    "<w:tr>",
    "</w:tr>",
    "<w:tc>",
    "</w:tc>",
    "<w:sdt>",
    "<w:sdtPr>",
    "<w:fldChar w:fldCharType='begin'/>",
    "<mc:Fallback>",
    "</mc:Fallback>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<!DOCTYPE a>",
    "<?x",
    "xmlns:w='x'",
    "<w:instrText>",
];

fn flipped(bytes: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=numbers.below(8) {
        let at = numbers.below(bytes.len());
        bytes[at] ^= 1 << numbers.below(8);
    }
    bytes
}

fn cut_off(bytes: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let (one, other) = (numbers.below(bytes.len()), numbers.below(bytes.len()));
    match numbers.below(3) {
        0 => bytes[..one].to_vec(),
        1 => bytes[one..].to_vec(),
        _ => [&bytes[..one.min(other)], &bytes[one.max(other)..]].concat(),
    }
}

/// The document with splinters in it, packed as it should be.
fn spliced(xml: &str, numbers: &mut Numbers) -> Vec<u8> {
    let mut xml = xml.to_owned();
    for _ in 0..=numbers.below(12) {
        let mut at = numbers.below(xml.len());
        while !xml.is_char_boundary(at) {
            at -= 1;
        }
        xml.insert_str(at, numbers.pick(SPLINTERS));
    }
    docx(&xml)
}

/// A document of splinters alone, in well-formed XML.
fn scattered(numbers: &mut Numbers) -> Vec<u8> {
    let mut text = String::new();
    for _ in 0..numbers.below(400) {
        text.push_str(&numbers.pick(SPLINTERS).replace('&', "&amp;").replace('<', "&lt;"));
        text.push_str(numbers.pick(&[
            "",
            "",
            " ",
            "a",
            "b.c ",
            "</w:t></w:r></w:p><w:p><w:r><w:t>",
            "</w:t></w:r><w:r><w:t>",
        ]));
    }
    docx(&support::document(&format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>")))
}

/// Deep nests of XML, brackets and blocks, long tags, many tags.
fn deep(numbers: &mut Numbers) -> Vec<u8> {
    let count = 1 << numbers.below(11);
    let text = |text: String| docx(&support::document(&format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>")));
    match numbers.below(10) {
        0 => docx(&support::document(&format!("{}{}", "<w:p>".repeat(count), "</w:p>".repeat(count)))),
        1 => docx(&support::document(&"<w:tbl><w:tr><w:tc>".repeat(count))),
        2 => text(format!("{{{{ {}a{} }}}}", "(".repeat(count), ")".repeat(count))),
        3 => text(format!("{}{}", "{% if a %}{% for a in a %}".repeat(count), "{% endfor %}{% endif %}".repeat(count))),
        4 => text(format!("{{{{ a{} }}}}", ".a['b'](c)|d".repeat(count))),
        5 => text("{{ ".repeat(count * 8)),
        6 => text(format!("{{% if a %}}{}{{% endif %}}", "{% elif a %}{% set b = c %}".repeat(count))),
        7 => text("{%p a".repeat(count * 4)),
        8 => text(format!("{{{{ {} }}}}", "-+not ".repeat(count))),
        _ => text(format!("{{% set {}a = 1 %}}", "(".repeat(count))),
    }
}

/// Entries that grow, lie about themselves or stand there twice.
fn bomb(numbers: &mut Numbers) -> Vec<u8> {
    let size = 1 << (10 + numbers.below(9));
    let filler = vec![b' '; size];
    match numbers.below(5) {
        0 => zip(&[
            entry("[Content_Types].xml", b"<a/>"),
            entry("_rels/.rels", &filler),
            entry("word/document.xml", &filler),
        ]),
        1 => zip(&[
            entry("[Content_Types].xml", b"<a/>"),
            entry("word/document.xml", b"<a/>"),
            entry("WORD/document.xml", b"<b/>"),
        ]),
        2 => zip(&vec![entry("a", b""); size >> 6]),
        3 => {
            let mut lying = entry("word/document.xml", &filler);
            lying.crc ^= 1;
            zip(&[entry("[Content_Types].xml", b"<a/>"), entry("_rels/.rels", support::RELS.as_bytes()), lying])
        }
        _ => zip(&[entry("[Content_Types].xml", b"<a/>"), stored("_rels/.rels", &filler), stored("../../x", b"y")]),
    }
}

fn mutated(seeds: &[Vec<u8>], xml: &str, numbers: &mut Numbers) -> Vec<u8> {
    let seed = &seeds[numbers.below(seeds.len())];
    match numbers.below(12) {
        0..=2 => flipped(seed, numbers),
        3 => cut_off(seed, numbers),
        4..=6 => spliced(xml, numbers),
        7..=8 => scattered(numbers),
        9..=10 => deep(numbers),
        _ => bomb(numbers),
    }
}

fn checked(name: &str, bytes: &[u8], longest: &mut Duration) -> Result<Template, Wrong> {
    let before = HELD.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let began = Instant::now();
    let result = read(bytes);
    if let Ok(template) = &result {
        assert!(!yaml(template, "a.docx").is_empty() && !csv(template).is_empty());
    }
    let took = began.elapsed();
    let held = MOST.load(Ordering::Relaxed).saturating_sub(before);
    assert!(held <= MOST_HELD, "{name} holds {held} bytes");
    assert!(took <= LONGEST, "{name} takes {took:?}");
    if let Err(wrong) = &result {
        let words = wrong.to_string();
        assert!(!words.is_empty() && !words.contains('\n'), "{name}: {words}");
    }
    *longest = took.max(*longest);
    result
}

/// Both in one test: memory is counted for the whole program.
#[test]
fn nothing_harms() {
    large();
    let files = std::env::var("VESTRY_MUTATIONS").ok().map_or(FILES, |files| files.parse().unwrap());
    let xml = support::everything();
    let seeds = [docx(&xml), docx(&support::document("<w:p/>"))];
    let (mut longest, mut most, mut answers) = (Duration::ZERO, 0, BTreeMap::<String, u32>::new());
    for number in 0..files {
        let mut numbers = Numbers(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let bytes = mutated(&seeds, &xml, &mut numbers);
        let before = HELD.load(Ordering::Relaxed);
        let answer = match checked(&format!("file {number}"), &bytes, &mut longest) {
            Ok(template) if template.errors.is_empty() => "read".to_owned(),
            Ok(_) => "read, with syntax errors".to_owned(),
            Err(wrong) => format!("{wrong:?}").split([' ', '(', '{']).next().unwrap_or_default().to_owned(),
        };
        most = most.max(MOST.load(Ordering::Relaxed).saturating_sub(before));
        *answers.entry(answer).or_default() += 1;
    }
    println!("{files} files: at most {longest:?} and {most} bytes; {answers:?}");
    assert!(answers.len() > 8, "mutations reach few of the answers");
}

/// The largest of each kind.
fn large() {
    let mut longest = Duration::ZERO;
    let body = |text: &str| docx(&support::document(text));
    let paragraph = |text: String| body(&format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"));
    let names = |count: usize| (0..count).map(|number| format!("{{{{ n{number}.a }}}}")).collect::<String>();
    let nest = "{% for x in y.z %}{{ x }}".repeat(60) + &"{{ x.a }}".repeat(5_000) + &"{% endfor %}".repeat(60);
    let branches: String =
        (0..3_000).map(|n| format!("{{% if a{n} %}}{{% set b{n} = c %}}{{% endif %}}{{{{ b{n} }}}}")).collect();
    let targets = |count: usize| -> String {
        let names = |tag: usize| (0..190).map(|n| format!("a{tag}_{n}")).collect::<Vec<_>>().join(",");
        (0..count).map(|tag| format!("{{% set {} = x %}}", names(tag))).collect()
    };
    let controls = format!("<sdt><sdtPr>{}</sdtPr></sdt>", "<listItem/>".repeat(480));
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("a long text", paragraph("a".repeat(4_000_000))),
        ("a text that is too long", paragraph("a".repeat(12_000_000))),
        ("one text of a bomb", paragraph("a".repeat(40_000_000))),
        ("a long attribute", body(&format!("<w:p a='{}'/>", "{{".repeat(3_000_000)))),
        ("many paragraphs", body(&"<w:p><w:r><w:t>a</w:t></w:r></w:p>".repeat(90_000))),
        ("too many paragraphs", body(&"<w:p/>".repeat(400_000))),
        (
            "many attributes",
            body(&format!("<w:p {}/>", (0..200_000).map(|n| format!("a{n}='{{{{'")).collect::<String>())),
        ),
        ("many names", paragraph(names(9_000))),
        ("too many tags", paragraph(names(60_000))),
        ("open tags", paragraph("{{ ".repeat(1_000_000))),
        ("open quotes", paragraph("{{ ' }}".repeat(500_000))),
        ("open comments", paragraph("{#".repeat(1_000_000))),
        ("open raws", paragraph("{% raw %}{%".repeat(300_000))),
        ("paragraphs replaced", body(&"<w:p><w:r><w:t>{%p if a %}{{ b }}{%p endif %}</w:t></w:r></w:p>".repeat(3_000))),
        ("loops in loops", paragraph(nest)),
        ("branches", paragraph(branches)),
        ("many controls", body(&"<w:sdt><w:sdtPr><w:tag w:val='a'/></w:sdtPr></w:sdt>".repeat(100_000))),
        ("a name for each of many values", paragraph(targets(1_500))),
        ("controls of many parts", headers(&"<sdt/>".repeat(5_000))),
        ("fields of many parts", headers(&"<w:fldSimple w:instr='MERGEFIELD a'/>".repeat(1_800))),
        (
            "conditions of many parts",
            headers(&format!("<w:p><w:r><w:t>{}</w:t></w:r></w:p>", "{%if 1%}{%endif%}".repeat(1_500))),
        ),
        ("choices of many controls", body(&controls.repeat(3_000))),
        (
            "controls in each other",
            body(&format!("{}{}{}", "<w:sdt>".repeat(240), "<w:p/>".repeat(190_000), "</w:sdt>".repeat(240))),
        ),
        ("values of one element", body(&format!("<w:p {}/>", "a='{{' ".repeat(2_300_000)))),
        ("prefixes of one element", docx(&format!("<w:document {}/>", "xmlns:a='' ".repeat(1_500_000)))),
        ("blanks around many mistakes", paragraph(format!("a{}{}", " ".repeat(4_000_000), "{{ }}".repeat(100)))),
        (
            "a long comment in place of many tags",
            paragraph(format!("{}{{#p{}#}}", "{{ a }}".repeat(9_000), " ".repeat(4_000_000))),
        ),
        (
            "one object of many attributes",
            paragraph((0..9_000).map(|n| format!("{{{{ a.b{n} ~ a.c{n} }}}}")).collect()),
        ),
        (
            "objects in objects",
            paragraph(
                (0..9_900)
                    .map(|n| format!("{{{{a.x{n}{}}}}}{{{{a.y{n}{}}}}}", ".b".repeat(95), ".b".repeat(95)))
                    .collect::<String>()
                    .chars()
                    .take(4_100_000)
                    .collect(),
            ),
        ),
        (
            "lists in objects",
            paragraph((0..4_900).map(|n| format!("{{%for x in a.x{n}{}%}}{{%endfor%}}", ".b".repeat(95))).collect()),
        ),
        ("many relationships", related(&"<Relationship Type='/header' Target='a'/>".repeat(400_000))),
        ("many fields", body(&"<w:p><w:fldSimple w:instr='MERGEFIELD a'/></w:p>".repeat(60_000))),
    ];
    for (name, bytes) in cases {
        let before = longest;
        longest = Duration::ZERO;
        let result = checked(name, &bytes, &mut longest);
        let said = result.map_or_else(|wrong| wrong.to_string(), |found| format!("{} errors", found.errors.len()));
        println!("{name}: {longest:?}, {} KiB, {said}", MOST.load(Ordering::Relaxed) >> 10);
        longest = longest.max(before);
    }
}

fn related(relationships: &str) -> Vec<u8> {
    let relationships = format!("<Relationships>{relationships}</Relationships>");
    zip(&[
        entry("[Content_Types].xml", b"<a/>"),
        entry("_rels/.rels", support::RELS.as_bytes()),
        entry("word/_rels/document.xml.rels", relationships.as_bytes()),
        entry("word/document.xml", support::document("<w:p/>").as_bytes()),
    ])
}

/// A document with as many headers as it may have.
fn headers(body: &str) -> Vec<u8> {
    let names: Vec<String> = (0..190).map(|n| format!("{}{n}.xml", "h".repeat(200))).collect();
    let relationships: String =
        names.iter().map(|name| format!("<Relationship Type='/header' Target='{name}'/>")).collect();
    let relationships = format!("<Relationships>{relationships}</Relationships>");
    let header = support::document(body);
    let paths: Vec<String> = names.iter().map(|name| format!("word/{name}")).collect();
    let mut entries = vec![
        entry("[Content_Types].xml", b"<a/>"),
        entry("_rels/.rels", support::RELS.as_bytes()),
        entry("word/_rels/document.xml.rels", relationships.as_bytes()),
        entry("word/document.xml", support::document("<w:p/>").as_bytes()),
    ];
    entries.extend(paths.iter().map(|path| entry(path, header.as_bytes())));
    zip(&entries)
}

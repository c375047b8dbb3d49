//! Thousands of files that were damaged or made to harm: each is read or refused, none holds much memory or takes long.
//!
//! Everything is counted from one seed, so that a failure comes again. `VESTRY_MUTATIONS` sets another number of files.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use vestry_phrase_files::{Direction, Format, Plural, Read, Wrong, bounds, read, write};

#[path = "support/made.rs"]
mod made;

use made::{HEADER, Numbers, PIECES, catalogue, row, workbook, zip};

/// Bytes that reading may hold, beside the file itself: a plugin has 64 MiB for all.
const MOST_HELD: usize = 48 << 20;
/// Unoptimised, on a machine that does other things too.
const LONGEST: Duration = Duration::from_secs(10);
const FILES: u64 = 3_000;

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

/// What is put into files beside what catalogues hold.
const SPLINTERS: &[&str] = &[
    "<trans-unit id='a'>",
    "</trans-unit>",
    "<source>",
    "</source>",
    "<target state='new'>",
    "<group>",
    "</group>",
    "<file original='a.b' target-language='fr'>",
    "<ph id='count'/>",
    "<x id='1' equiv-text='{count}'/>",
    "<g>",
    "<!DOCTYPE a>",
    "&lol;",
    "&#0;",
    "&#x110000;",
    "<row>",
    "</row>",
    "<c t='s'><v>",
    "<c r='XFD1048576'>",
    "</c>",
    "<is><t>",
    "<rPh>",
    "<v>99999999999999999999</v>",
    "phrases:\n",
    "\n  a.b:\n",
    "\n    x: ",
    "? ",
    "&a ",
    "*a",
    "!!binary ",
    "{",
    "}",
    "[",
    "]",
    "|2-\n",
    ">+\n",
    "\t",
    "\r",
    "%YAML 9.9\n",
    "\n---\n",
    "\n...\n",
    "\u{feff}",
    "\u{85}",
    "'",
    "\"\\x",
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

fn spliced(text: &str, numbers: &mut Numbers) -> String {
    let mut text = text.to_owned();
    for _ in 0..=numbers.below(10) {
        let at = text.floor_char_boundary(numbers.below(text.len() + 1));
        let splinters = if numbers.below(2) == 0 { SPLINTERS } else { PIECES };
        text.insert_str(at, numbers.pick(splinters));
    }
    text
}

/// A catalogue in one of the formats, with something wrong in it.
fn mutated(numbers: &mut Numbers) -> Vec<u8> {
    let format = Format::ALL[numbers.below(3)];
    let good = write(&catalogue(numbers), format, Direction::LeftToRight);
    match (numbers.below(5), format) {
        (0, _) => flipped(&good, numbers),
        (1, _) => cut_off(&good, numbers),
        (_, Format::Xlsx) => {
            let rows = [row(&HEADER), row(&["a.b", "{count} files", "one", "x"]), row(&["", "a", "", "b", "done"])];
            workbook(&spliced(&rows.concat(), numbers), &spliced("<si><t>a</t></si><si><r><t>b</t></r></si>", numbers))
        }
        _ => spliced(&String::from_utf8(good).unwrap(), numbers).into_bytes(),
    }
}

fn checked(name: &str, bytes: &[u8], longest: &mut Duration) -> Result<Read, Wrong> {
    let before = HELD.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let began = Instant::now();
    let result = read(bytes, None, &[Plural::One, Plural::Other]);
    let took = began.elapsed();
    let held = MOST.load(Ordering::Relaxed).saturating_sub(before);
    assert!(held <= MOST_HELD, "{name} holds {held} bytes");
    assert!(took <= LONGEST, "{name} takes {took:?}");
    *longest = took.max(*longest);
    let said = match &result {
        Ok(found) => found.problems.iter().map(ToString::to_string).collect(),
        Err(wrong) => vec![wrong.to_string()],
    };
    for words in said {
        assert!(!words.is_empty() && words.len() < 2_000 && !words.contains(char::is_control), "{name}: {words:?}");
    }
    result
}

/// What was read can be written in each format, and comes back as it is.
fn check_again(name: &str, found: &Read) {
    for format in Format::ALL {
        let bytes = write(&found.catalogue, format, Direction::RightToLeft);
        let again = read(&bytes, Some(format), &found.catalogue.plural).unwrap();
        assert_eq!(again.problems, [], "{name} in {format:?}");
        let key = |read: &Read| -> Vec<_> {
            let entries = read.catalogue.entries.iter();
            entries
                .map(|entry| (entry.plugin.clone(), entry.phrase.clone(), entry.forms.clone(), entry.state))
                .collect()
        };
        assert_eq!(key(&again), key(found), "{name} in {format:?}");
    }
}

/// Both in one test: memory is counted for the whole program.
#[test]
fn nothing_harms() {
    large();
    let files = std::env::var("VESTRY_MUTATIONS").ok().map_or(FILES, |files| files.parse().unwrap());
    let (mut longest, mut most, mut answers) = (Duration::ZERO, 0, BTreeMap::<String, u32>::new());
    for number in 0..files {
        let name = format!("file {number}");
        let bytes = mutated(&mut Numbers::new(number));
        let before = HELD.load(Ordering::Relaxed);
        let result = checked(&name, &bytes, &mut longest);
        most = most.max(MOST.load(Ordering::Relaxed).saturating_sub(before));
        let answer = match &result {
            Ok(found) if found.problems.is_empty() => "read".to_owned(),
            Ok(_) => "read, with problems".to_owned(),
            Err(wrong) => format!("{wrong:?}").split([' ', '(', '{']).next().unwrap_or_default().to_owned(),
        };
        *answers.entry(answer).or_default() += 1;
        if let Ok(found) = &result {
            check_again(&name, found);
        }
    }
    println!("{files} files: at most {longest:?} and {most} bytes; {answers:?}");
    assert!(answers.len() > 8, "mutations reach few of the answers");
}

fn units(count: usize, unit: impl Fn(usize) -> String) -> Vec<u8> {
    let body: String = (0..count).map(unit).collect();
    format!("<xliff version='1.2'><file original='a.b'><body>{body}</body></file></xliff>").into_bytes()
}

fn phrases(count: usize, line: impl Fn(usize) -> String) -> Vec<u8> {
    format!("phrases:\n  a.b:\n{}", (0..count).map(line).collect::<String>()).into_bytes()
}

/// A workbook whose first relation leads there.
fn steps(target: &str) -> Vec<u8> {
    let root = format!("<Relationships><Relationship Type='/officeDocument' Target='{target}'/></Relationships>");
    zip(&[("[Content_Types].xml", b"<Types/>"), ("_rels/.rels", root.as_bytes())])
}

/// The largest of each kind.
fn large() {
    let rows = |count: usize, cells: &str| row(&HEADER) + &cells.repeat(count);
    let (k, long) = (1_000, "x".repeat(4_000));
    let shared = format!("<si><t>{long}</t></si>");
    let cell = "<c t='s'><v>0</v></c>".repeat(5);
    let values: String = (0..800).map(|n| format!("{{{n:x}}}")).collect();
    let values = format!("<si><t>{values}</t></si>");
    let one_phrase = "<row><c><v>a.b</v></c><c t='s'><v>0</v></c><c/><c t='s'><v>0</v></c></row>";
    let numbered = |n: usize| row(&["a.b", &format!("{{count}} {n}"), "one", "x"]);
    let full = |n: usize| row(&["a.b", &format!("{n} {}", &long[..2_000]), "", &long]);
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("a file that is too large", vec![b'a'; bounds::LARGEST_FILE + 1]),
        ("an unpacked part of a bomb", workbook(&" ".repeat(200 * k * k), "")),
        ("shared texts of a bomb", workbook("", &" ".repeat(60 * k * k))),
        ("many shared texts", workbook(&row(&HEADER), &"<si/>".repeat(200 * k))),
        ("too many shared texts", workbook(&row(&HEADER), &"<si/>".repeat(1_000 * k))),
        ("one text in many cells", workbook(&rows(100 * k, &format!("<row>{cell}</row>")), &shared)),
        ("one phrase of many values in many cells", workbook(&rows(90 * k, one_phrase), &values)),
        ("a target of many steps", steps(&"a/".repeat(8_000 * k))),
        ("a cell of line ends", workbook(&(row(&HEADER) + &row(&["a.b", &"\r\n".repeat(8_000 * k)])), "")),
        ("as much text as is taken", workbook(&(row(&HEADER) + &(0..1_900).map(full).collect::<String>()), "")),
        ("many rows", workbook(&(row(&HEADER) + &(0..40 * k).map(numbered).collect::<String>()), "")),
        ("many empty rows", workbook(&rows(900 * k, "<row r='5'/>"), "")),
        ("many cells in a row", workbook(&format!("<row>{}</row>", "<c><v>1</v></c>".repeat(900 * k)), "")),
        ("many runs in a cell", workbook("", &format!("<si>{}</si>", "<r><t>abcdefgh</t></r>".repeat(600 * k)))),
        ("many parts", zip(&vec![("a", b"".as_slice()); 40 * k])),
        (
            "many phrases",
            units(19 * k, |n| format!("<trans-unit id='{n}'><source>{n}</source><target>a</target></trans-unit>")),
        ),
        ("too many phrases", units(60 * k, |n| format!("<trans-unit id='{n}'><source>{n}</source></trans-unit>"))),
        (
            "one unit many times",
            units(110 * k, |n| format!("<trans-unit><source>a</source><target>{n}</target></trans-unit>")),
        ),
        (
            "a unit of many tags",
            units(1, |_| format!("<trans-unit><source>{}</source></trans-unit>", "<x id='a'/>".repeat(500 * k))),
        ),
        ("a unit of many notes", units(1, |_| format!("<trans-unit>{}</trans-unit>", "<note/>".repeat(900 * k)))),
        ("an attribute of many", units(1, |_| format!("<group {}/>", "a='b' ".repeat(900 * k)))),
        ("deep groups", units(1, |_| "<group>".repeat(900 * k))),
        ("many lines of YAML", phrases(19 * k, |n| format!("    p{n}: q{n}\n"))),
        ("too many lines of YAML", phrases(400 * k, |n| format!("    p{n}: q{n}\n"))),
        ("one phrase many times", phrases(400 * k, |n| format!("    p: q{n}\n"))),
        (
            "many plugins",
            format!("phrases:\n{}", (0..19 * k).map(|n| format!("  a.b{n}: {{a: b}}\n")).collect::<String>())
                .into_bytes(),
        ),
        (
            "one phrase with many forms",
            phrases(1, |_| format!("    '{{count}}': {{{}}}\n", "one: a, ".repeat(600 * k))),
        ),
        ("deep lists", "[".repeat(4_000 * k).into_bytes()),
        ("deep mappings", "{a: ".repeat(2_000 * k).into_bytes()),
        ("deep blocks", (0..3 * k).map(|n| format!("{}a:\n", " ".repeat(n))).collect::<String>().into_bytes()),
        ("an alias of an alias", b"phrases:\n  a.b: &a {x: y}\n  c.d: {x: *a, y: [*a, *a]}\n".to_vec()),
        ("a long text", phrases(1, |_| format!("    a: \"{}\"\n", "\\n ".repeat(2_500 * k)))),
        ("a long key", phrases(1, |_| format!("    {}: a\n", "a ".repeat(3_500 * k)))),
        ("a long folded text", phrases(1, |_| format!("    a: >\n{}", "      a\n\n".repeat(800 * k)))),
        ("a long plain text", phrases(1, |_| format!("    a: a\n{}", "      a\n\n".repeat(800 * k)))),
        ("many comments", "# a\n".repeat(2_000 * k).into_bytes()),
        ("many documents", "---\n".repeat(2_000 * k).into_bytes()),
        ("many braces", phrases(1, |_| format!("    '{}': a\n", "{".repeat(7_000 * k)))),
        ("many tags of YAML", phrases(1, |_| format!("    a: {}a\n", "!a ".repeat(2_000 * k)))),
        ("open quotes", phrases(600 * k, |_| "    'a\n".to_owned())),
        ("many complex keys", "? ".repeat(3_000 * k).into_bytes()),
        ("many entries of lists", "- ".repeat(3_000 * k).into_bytes()),
    ];
    for (name, bytes) in cases {
        let (mut longest, before) = (Duration::ZERO, HELD.load(Ordering::Relaxed));
        let result = checked(name, &bytes, &mut longest);
        let said = result.map_or_else(
            |wrong| wrong.to_string(),
            |found| {
                format!("{} phrases, {} problems", found.catalogue.entries.len(), found.problems.len() + found.untold)
            },
        );
        let held = MOST.load(Ordering::Relaxed).saturating_sub(before) >> 10;
        println!("{name}: {longest:?}, {held} KiB, {said}");
    }
}

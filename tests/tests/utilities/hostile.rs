//! Files that were damaged, or made to harm, through the whole server: each is read or refused with what is wrong, none
//! breaks the feature, and others are answered meanwhile.
//!
//! Everything follows from the number of a file, so that a failure comes again. `VESTRY_MUTATIONS` sets how many there are;
//! `VESTRY_CORPUS` names a folder with more files to begin from.

#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use vestry_tests::utilities::{
    application, contract, docx, made_elsewhere, packed_docx, pdf, send, widget, wrong_contract,
};
use vestry_tests::{Client, House, wait_for};

/// How many files are damaged, where nobody says.
const FILES: u64 = 300;
/// What one file may take on a machine that is busy with other tests: the limits of a call, and waiting for a permit.
const PATIENCE: Duration = Duration::from_secs(30);

/// A file and the service that it is sent to.
type Seed = (&'static str, Vec<u8>);

/// Numbers that look like chance and are the same each time (SplitMix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Below a bound, which may be 0.
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).expect("it is below a length")
    }

    /// A copy with bytes turned, cut off, taken out or said twice.
    fn damaged(&mut self, seed: &[u8]) -> Vec<u8> {
        let mut bytes = seed.to_vec();
        for _ in 0..1 + self.below(4) {
            let (from, to) = (self.below(bytes.len()), self.below(bytes.len()));
            match self.below(4) {
                0 => {
                    for _ in 0..1 + self.below(24) {
                        let (at, bit) = (self.below(bytes.len()), self.below(8));
                        bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << bit);
                    }
                }
                1 => bytes.truncate(from),
                2 => drop(bytes.drain(from.min(to)..from.max(to).min(from.min(to) + 300))),
                _ => {
                    let piece = bytes[from..(from + 400).min(bytes.len())].to_vec();
                    bytes.splice(to..to, piece);
                }
            }
        }
        bytes
    }
}

/// What became of files.
#[derive(Default)]
struct Seen {
    answers: BTreeMap<String, u32>,
    slowest: (Duration, String),
    largest: (usize, String),
}

impl Seen {
    /// Sends a file; it has to be read, or refused in words.
    fn send(&mut self, client: &Client, name: &str, (service, content): &Seed) {
        let began = Instant::now();
        let answer = send(client, service, &format!("template.{service}"), content);
        let took = began.elapsed();
        assert!(took < PATIENCE, "{name} takes {took:?}");
        let words = match answer.status {
            303 => {
                let page = client.follow(answer);
                assert_eq!(page.status, 200, "the page of {name}: {}", page.page().text("main"));
                if page.body.len() > self.largest.0 {
                    self.largest = (page.body.len(), name.to_owned());
                }
                "read".to_owned()
            }
            422 => answer.page().text("main .wrong"),
            status => panic!("{name} is answered with {status}: {}", answer.page().text("main")),
        };
        assert!(!words.is_empty(), "{name}: it is said what is wrong: {}", answer_of(client));
        *self.answers.entry(words.chars().take(60).collect()).or_default() += 1;
        if took > self.slowest.0 {
            self.slowest = (took, name.to_owned());
        }
    }

    fn print(&self, what: &str) {
        println!("{what}: {:#?}", self.answers);
        println!("  the slowest: {:?}, {}", self.slowest.0, self.slowest.1);
        println!("  the largest page: {} KiB, {}", self.largest.0 >> 10, self.largest.1);
    }
}

fn answer_of(client: &Client) -> String {
    client.get("/utilities").page().text("main")
}

fn seeds() -> Vec<Seed> {
    let mut all: Vec<Seed> = ["locked-3", "locked-4-password", "locked-6-password"]
        .map(|name| ("pdf", made_elsewhere(&format!("pdf/{name}"))))
        .into();
    all.extend((0..4).map(|_| ("pdf", application())));
    all.extend([contract(), wrong_contract(), contract(), contract()].map(|file| ("docx", file)));
    if let Some(folder) = std::env::var_os("VESTRY_CORPUS") {
        let mut paths: Vec<_> =
            fs::read_dir(folder).expect("the corpus can be listed").flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            let service = ["pdf", "docx"].into_iter().find(|end| path.extension().is_some_and(|known| known == *end));
            let content = fs::read(&path).unwrap_or_default();
            all.extend(service.filter(|_| content.len() < 64 << 10).map(|service| (service, content)));
        }
    }
    all
}

#[test]
fn no_file_breaks_it() {
    // As servers are: one that breaks too often would be stopped.
    let house = House::open("utilities-hostile");
    let others_answered = AtomicBool::new(true);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let other = house.as_admin();
        let (done, others_answered) = (&done, &others_answered);
        scope.spawn(move || {
            while !done.load(Ordering::Relaxed) {
                let began = Instant::now();
                let fine = other.get("/utilities").status == 200 && other.get("/users").status == 200;
                if !fine || began.elapsed() > PATIENCE {
                    others_answered.store(false, Ordering::Relaxed);
                }
                thread::sleep(Duration::from_millis(200));
            }
        });
        let ended = thread::Builder::new().spawn_scoped(scope, || all_files(&house)).expect("a thread starts").join();
        done.store(true, Ordering::Relaxed);
        if let Err(panic) = ended {
            std::panic::resume_unwind(panic);
        }
    });
    assert!(others_answered.load(Ordering::Relaxed), "others are answered meanwhile");
    house.as_admin().get("/utilities/pdf").expect(200);
    let log = house.server.log();
    assert!(!log.contains("org.vestry.utilities was stopped") && !log.contains("panicked"), "{log}");
}

#[test]
fn a_limit_that_is_reached_is_said() {
    let house = House::forgiving("utilities-limit");
    let client = house.as_admin();
    let limit = |memory: &str| house.server.command(&["package", "limits", "org.vestry.utilities", memory], "");
    let (_, (service, content)) = burdens().swap_remove(0);
    limit(&format!("memory={}", 8 << 20));
    let answer = wait_for(PATIENCE, || {
        let answer = send(&client, service, "large.pdf", &content);
        (answer.status >= 500).then_some(answer)
    });
    let answer = answer.expect("the limit is reached");
    let words = answer.page().text("main");
    assert!(words.contains("Utilities") && words.contains("memory"), "{}: {words}", answer.status);
    client.get("/utilities").expect(200);
    client.get("/users").expect(200);
    limit("memory=default");
    let read = wait_for(PATIENCE, || (send(&client, service, "large.pdf", &content).status < 500).then_some(()));
    assert!(read.is_some(), "it is read again");
}

fn all_files(house: &House) {
    let client = house.as_admin();
    let mut seen = Seen::default();
    for (name, seed) in burdens() {
        seen.send(&client, name, &seed);
    }
    seen.print("burdens");
    let mut seen = Seen::default();
    let (seeds, files) = (seeds(), std::env::var("VESTRY_MUTATIONS").ok().and_then(|files| files.parse().ok()));
    for number in 0..files.unwrap_or(FILES) {
        let mut chance = Chance(number);
        let (service, seed) = &seeds[chance.below(seeds.len())];
        seen.send(&client, &format!("file {number}"), &(*service, chance.damaged(seed)));
    }
    seen.print("damaged files");
    assert!(seen.answers.len() > 3 && seen.answers.contains_key("read"), "they are told apart");
}

/// Files that are made to take time and memory, each nearly as large as one may be.
fn burdens() -> Vec<(&'static str, Seed)> {
    const FULL: usize = (7 << 20) - (64 << 10);
    let filled = |head: &str, piece: &dyn Fn(usize) -> String, tail: &str| {
        let mut file = format!("%PDF-1.7\n{head}");
        for number in 10.. {
            let piece = piece(number);
            if file.len() + piece.len() + tail.len() > FULL {
                break;
            }
            file.push_str(&piece);
        }
        ("pdf", (file + tail).into_bytes())
    };
    let trailer = "\ntrailer << /Root 1 0 R >>\n";
    let root = "1 0 obj<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]>>>>endobj 2 0 obj<</Kids[3 0 R]/Count 1>>endobj \
                3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj ";
    let many = |more: &str| {
        let fields: Vec<String> =
            (0..9_900).map(|number| widget(10, [9, 9, 9, 9], &format!("/FT /Tx /T (f{number}) {more}"))).collect();
        let links: String = (100..10_000).map(|number| format!("{number} 0 R ")).collect();
        ("pdf", pdf(&[&format!("/Annots [{links}]")], &fields))
    };
    let long = "many words of no meaning ".repeat(22);
    let variables: String =
        (0..9_000).map(|number| format!("{{{{ v{number}.a.b[{number}] | f{number} }}}} ")).collect();
    let deep = |open: &str, close: &str, count: usize| docx(&[&open.repeat(count), &close.repeat(count)], "");
    vec![
        ("a million objects", filled("", &|number| format!("{number} 0 obj<<>>\n"), trailer)),
        ("dictionaries in each other", filled("5 0 obj", &|_| "<</A".into(), &format!("{root}{trailer}"))),
        ("arrays in each other", filled("5 0 obj", &|_| "[".into(), &format!("{root}{trailer}"))),
        ("one object again and again", filled("", &|_| "1 0 obj<</Type/Catalog>>".into(), trailer)),
        ("words alone", filled("", &|_| "obj ".into(), "endobj")),
        ("trailers without an end", filled("", &|_| "trailer<</A(".into(), "endobj")),
        (
            "streams without an end",
            filled("", &|number| format!("{number} 0 obj<</Type/ObjStm/N 9/First 9>>\nstream\n"), ""),
        ),
        ("ten thousand fields", many("")),
        ("ten thousand fields with words", many(&format!("/TU ({long})"))),
        (
            "sixteen MiB of text",
            ("docx", packed_docx(&format!("<w:p><w:r><w:t>{}</w:t></w:r></w:p>", "x ".repeat(8 << 20)))),
        ),
        (
            "sixteen MiB of paragraphs",
            ("docx", packed_docx(&"<w:p><w:r><w:t>{{ a }}</w:t></w:r></w:p>".repeat(390_000))),
        ),
        ("many paragraphs", ("docx", packed_docx(&"<w:p><w:r><w:t>{{ a }}</w:t></w:r></w:p>".repeat(60_000)))),
        ("many rows", ("docx", packed_docx(&"<w:tbl><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl>".repeat(49_000)))),
        ("text alone", ("docx", docx(&[&"x ".repeat(1 << 20)], ""))),
        ("opening braces", ("docx", docx(&[&"{{ ".repeat(400_000)], ""))),
        ("nine thousand variables", ("docx", docx(&[&variables], ""))),
        ("loops in each other", ("docx", deep("{% for a in a %}", "{% endfor %}", 9_000))),
        (
            "brackets in each other",
            ("docx", docx(&[&format!("{{{{ {}a{} }}}}", "(".repeat(1_900), ")".repeat(1_900))], "")),
        ),
        ("paragraphs", ("docx", docx(&["<w:p/>"].repeat(180_000), ""))),
        (
            "elements in each other",
            ("docx", docx(&[&format!("{}{}", "<w:p>".repeat(100_000), "</w:p>".repeat(100_000))], "")),
        ),
    ]
}

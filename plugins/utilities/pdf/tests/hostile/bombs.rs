//! Files that are made to take memory and time: each as large as a file may be, or unpacking to far more.

use vestry_pdf_fields::bounds;

use crate::raw::{self, Raw};

/// A file that begins as one and goes on with the same thing until it is full.
fn full(head: &str, piece: impl Fn(usize) -> String, tail: &str) -> Vec<u8> {
    let mut bytes = format!("%PDF-1.7\n{head}").into_bytes();
    let mut number = 10;
    loop {
        let piece = piece(number);
        if bytes.len() + piece.len() + tail.len() > bounds::BYTES {
            break;
        }
        bytes.extend_from_slice(piece.as_bytes());
        number += 1;
    }
    bytes.extend(tail.bytes());
    bytes
}

/// A form whose fifth object is this.
fn with(fifth: &str, more: impl FnOnce(&mut Raw)) -> Vec<u8> {
    let mut raw = Raw::new();
    for (number, body) in (1..).zip([raw::ROOT, raw::TREE, raw::PAGE, raw::TEXT, fifth, raw::ONE, raw::TWO]) {
        raw.object(number, body);
    }
    more(&mut raw);
    raw.end("")
}

/// Without its list: then object streams are looked for.
fn unlisted(mut file: Vec<u8>) -> Vec<u8> {
    file.truncate(file.windows(5).position(|five| five == b"xref\n").unwrap());
    file
}

fn objects(text: &str) -> String {
    format!("{text}\ntrailer << /Root 1 0 R >>\n")
}

fn form() -> String {
    (1..).zip(raw::ALL).map(|(number, body)| format!("{number} 0 obj\n{body}\nendobj\n")).collect()
}

/// `count` times "what 0 R".
fn links(what: usize, count: usize) -> String {
    format!("{what} 0 R ").repeat(count)
}

/// Names, and the files.
pub fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let mut all = Vec::new();
    of_streams(&mut all);
    of_lists(&mut all);
    of_nesting(&mut all);
    of_sharing(&mut all);
    of_values(&mut all);
    of_texts(&mut all);
    all
}

fn of_streams(all: &mut Vec<(&'static str, Vec<u8>)>) {
    let zeros = raw::packed(&vec![b' '; 24 << 20]);
    let twice = raw::packed(&zeros);
    for (name, body, filter) in [
        ("an object stream of 24 MiB", &zeros, "/FlateDecode"),
        ("an object stream packed twice", &twice, "[/FlateDecode /FlateDecode]"),
    ] {
        let told = format!("/Type /ObjStm /N 1000000 /First 20000000 /Filter {filter}");
        all.push((name, unlisted(with("null", |raw| raw.stream(9, &told, body)))));
    }
    let rows = raw::packed(&vec![1; 24 << 20]);
    let mut raw = Raw::new();
    let start = raw.out.len();
    raw.stream(9, "/Type /XRef /W [1 2 1] /Size 9999999 /Root 1 0 R /Filter /FlateDecode", &rows);
    raw.out.extend(format!("startxref\n{start}\n%%EOF\n").bytes());
    all.push(("a list of 6 million objects", raw.out));
    let allowed: Vec<u8> =
        (0..bounds::UNPACKED as u32 / 2).map(|n| (n.wrapping_mul(0x9E37_79B9) >> 24) as u8).collect();
    let told = "/Type /ObjStm /N 9 /First 9 /Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 99 >>";
    let body = raw::packed(&allowed);
    all.push(("as much as is allowed", unlisted(with("null", |raw| (9..11).for_each(|n| raw.stream(n, told, &body))))));
    let pack = "<< /Type /ObjStm /N 9 /First 9 >>\nstream\n";
    all.push(("object streams that share one end", full("", |n| format!("{n} 0 obj\n{pack}"), "")));
    let empty = "<< /Type /ObjStm /N 9 /First 9 /Filter /LZWDecode /Length 0\
                 /DecodeParms << /Predictor 15 /Columns 65536 /Colors 32 >> >>\nstream\n\nendstream\n";
    all.push(("a hundred thousand object streams", full("", |n| format!("{n} 0 obj\n{empty}"), "")));
    let text = format!("{} ", "7 0 ".repeat(100_000));
    let packed = raw::packed(text.as_bytes());
    let told = format!("/Type /ObjStm /N 100000 /First {} /Filter /FlateDecode", text.len());
    all.push(("objects with one number", unlisted(with("null", |raw| raw.stream(9, &told, &packed)))));
}

fn of_lists(all: &mut Vec<(&'static str, Vec<u8>)>) {
    let entry = |_| "0000000009 00000 n \n".to_owned();
    all.push(("a table that fills the file", full("xref\n0 800000\n", entry, "startxref\n9\n%%EOF")));
    all.push(("a million objects", full("", |n| format!("{n} 0 obj<<>>\n"), &objects(""))));
    all.push(("a million trailers", full("", |_| "trailer<</Root(".to_owned(), "")));
    all.push(("trailers without an end", full("", |_| "trailer<</A(".to_owned(), "endobj")));
    all.push(("words alone", full("", |_| "obj ".to_owned(), "endobj")));
    all.push(("one object again and again", full("", |_| "1 0 obj<</Type/Catalog>>".to_owned(), "endobj")));
    all.push(("names of lists", full("", |n| format!("{n} 0 obj</XRef /ObjStm "), "endobj")));
    let section = |n: usize| format!("xref\n0 0\ntrailer<</Root 1 0 R/Prev {}>>\n", n.saturating_sub(10) * 37);
    all.push(("lists before lists", full("", section, "startxref\n9\n%%EOF")));
    all.push(("a desert", full("1 0 obj", |_| " ".repeat(1000), &objects(""))));
}

fn of_nesting(all: &mut Vec<(&'static str, Vec<u8>)>) {
    all.push(("dictionaries in each other", full("5 0 obj", |_| "<</A".to_owned(), &objects(&form()))));
    all.push(("arrays in each other", full("5 0 obj", |_| "[".to_owned(), &objects(&form()))));
    let nested = format!("{}<< /T (deep) /FT /Tx >>{}", "<< /T (a) /Kids [".repeat(400), "] >>".repeat(400));
    all.push(("fields in each other", with(&nested, |_| {})));
    let tree = format!("<< /Kids [{} 5 0 R] /T (a) >>", "<< /Kids [5 0 R 2 0 R] >> ".repeat(20_000));
    all.push(("a tree of itself", with(&tree, |_| {})));
    let words = (0..200_000).map(|n| format!("/{n:x}<<>>")).collect::<String>();
    all.push(("a dictionary of words", with(&format!("<</FT/Tx/T(a){words}>>"), |_| {})));
    all.push(("pages of nothing", with("<<>>", |raw| raw.object(2, format!("<</Kids[{}]>>", "<<>>".repeat(200_000))))));
}

fn of_sharing(all: &mut Vec<(&'static str, Vec<u8>)>) {
    let kids: String = (10..12_000).map(|n| format!("{n} 0 R ")).collect();
    let many = |raw: &mut Raw| {
        (10..12_000).for_each(|n| raw.object(n, format!("<</T(a{n})/Subtype/Widget/Rect[0 0 1 1]/P 3 0 R>>")))
    };
    let options = "(an option that all have)".repeat(1000);
    let parent = format!("<< /FT /Ch /T (p) /Opt [{options}] /V [{options}] /Kids [{kids}] >>");
    all.push(("options that all have", with(&parent, many)));
    let name = "n".repeat(900_000);
    all.push(("a name that all have", with(&format!("<< /FT /Tx /T ({name}) /Kids [{kids}] >>"), many)));
    let places = |raw: &mut Raw| {
        let links: String = (10..40_000).map(|n| format!("{n} 0 R ")).collect();
        raw.object(3, format!("<< /Type /Page /Annots [{links}] >>"));
        let place = "<</Parent 5 0 R/Subtype/Widget/Rect[0 0 1 1]>>";
        (10..40_000).for_each(|n| raw.object(n, place));
    };
    let name = "n".repeat(bounds::NAME);
    all.push(("a name of many places", with(&format!("<< /FT /Tx /T ({name}) >>"), places)));
    let boxes = |raw: &mut Raw| {
        for n in 10..12_000 {
            raw.object(n, format!("<</Subtype/Widget/Rect[0 0 1 1]/P 3 0 R/AP<</N<</S{n} 1 0 R>>>>>>"));
        }
    };
    all.push(("buttons of one field", with(&format!("<< /FT /Btn /T (b) /Kids [{kids}] >>"), boxes)));
    let strays = |raw: &mut Raw| {
        raw.object(3, format!("<< /Type /Page /Annots [{kids}] >>"));
        (10..12_000).for_each(|n| raw.object(n, format!("<</Subtype/Widget/Parent 5 0 R/Rect[0 0 1 1]/AS/S{n}>>")));
    };
    all.push(("buttons that are not listed", with(&format!("<< /FT /Btn /T (b) /Opt [{options}] >>"), strays)));
    let pages = |raw: &mut Raw| {
        raw.object(2, format!("<< /Kids [{kids}] >>"));
        (10..12_000).for_each(|n| raw.object(n, "<</Annots 5 0 R>>"));
    };
    all.push(("annotations of all pages", with(&format!("[{}]", links(4, 100_000)), pages)));
    let large = format!("<< /FT /Tx /A ({}) /T (x) >>", "x".repeat(900_000));
    all.push(("one large object", with(&large, |raw| raw.object(4, format!("<</Kids[{}]/T(k)>>", links(5, 90_000))))));
    let outline = "<< /Title (t) /First 5 0 R /Next 5 0 R /Parent 5 0 R >>";
    all.push(("headings in a circle", with(outline, |raw| raw.object(1, "<< /Pages 2 0 R /Outlines 5 0 R >>"))));
}

/// Values that take many bytes of the file to say little, read again and again.
fn of_values(all: &mut Vec<(&'static str, Vec<u8>)>) {
    let white = " ".repeat(250);
    let far = format!("5{white} 0{white} obj{white}1\nendobj\n");
    let fields = |raw: &mut Raw, own: &str| {
        let kids: String = (10..4_000).map(|n| format!("{n} 0 R ")).collect();
        raw.object(4, format!("<</T(k)/Kids[{kids}]>>"));
        (10..4_000).for_each(|n| raw.object(n, format!("<</T(a{n})/FT/Ch {own}>>")));
    };
    let mut raw = Raw::new();
    for (number, body) in (1..).zip([raw::ROOT, raw::TREE, raw::PAGE]) {
        raw.object(number, body);
    }
    raw.at.push((5, raw.out.len()));
    raw.out.extend(far.bytes());
    raw.object(6, format!("[{}]", links(5, 1_000)));
    fields(&mut raw, "/Opt 6 0 R");
    all.push(("options behind a desert", raw.end("")));
    let pages = |raw: &mut Raw| {
        let kids: String = (10..4_900).map(|n| format!("{n} 0 R ")).collect();
        raw.object(2, format!("<< /Kids [{kids}] >>"));
        (10..4_900).for_each(|n| raw.object(n, "<</Rotate 5 0 R/UserUnit 5 0 R/MediaBox 5 0 R/CropBox 5 0 R>>"));
    };
    let long = 1_000_000;
    for (name, value) in [
        ("a number of a million digits", "0".repeat(long)),
        ("a number behind white space", format!("{}1", " ".repeat(long))),
        ("a number behind a comment", format!("%{}\n1", "c".repeat(long))),
        ("a text of line ends that are none", format!("({})", "\\\n".repeat(long / 2))),
        ("a text of digits that are white", format!("<{}>", " ".repeat(long))),
    ] {
        all.push((name, with(&value, pages)));
    }
    // What says the language of what follows is not shown.
    let hidden = format!("(\\376\\377\\000\\033{})", "x".repeat(long));
    all.push((
        "a long text that is not shown",
        with("null", |raw| {
            raw.object(6, &hidden);
            let kids: String = (10..9_900).map(|n| format!("{n} 0 R ")).collect();
            raw.object(4, format!("<</FT/Tx/V 6 0 R/DV 6 0 R/Kids[{kids}]/T(k)>>"));
            (10..9_900).for_each(|n| raw.object(n, format!("<</T(a{n})>>")));
        }),
    ));
    let mut raw = Raw::new();
    let start = raw.out.len();
    let rows = raw::packed(&vec![0; bounds::UNPACKED - 1]);
    let index = "0 90000 ".repeat(100);
    raw.stream(9, &format!("/Type /XRef /W [1 0 0] /Index [{index}] /Root 1 0 R /Filter /FlateDecode"), &rows);
    raw.out.extend(format!("startxref\n{start}\n%%EOF\n").bytes());
    all.push(("a list that says the same again and again", raw.out));
}

/// Texts that are longer once they are written down, and lists of object streams that are not there.
fn of_texts(all: &mut Vec<(&'static str, Vec<u8>)>) {
    let control = format!("({})", "\u{1}".repeat(30_000));
    all.push((
        "texts of control characters",
        with("null", |raw| {
            raw.object(6, &control);
            let kids: String = (10..190).map(|n| format!("{n} 0 R ")).collect();
            raw.object(4, format!("<</T(k)/Kids[{kids}]>>"));
            (10..190).for_each(|n| raw.object(n, format!("<</T(a{n})/FT/Tx/TU 6 0 R>>")));
        }),
    ));
    let export = format!("[{}]", "(\u{1}x)".repeat(1_000));
    all.push((
        "options of control characters",
        with(&export, |raw| {
            let kids: String = (10..90).map(|n| format!("{n} 0 R ")).collect();
            raw.object(4, format!("<</T(k)/Kids[{kids}]>>"));
            (10..90).for_each(|n| raw.object(n, format!("<</T(a{n})/FT/Ch/Opt 5 0 R>>")));
        }),
    ));
    let state = "s".repeat(30_000);
    all.push((
        "long states of buttons",
        with("null", |raw| {
            let kids: String = (10..190).map(|n| format!("{n} 0 R ")).collect();
            raw.object(4, format!("<</FT/Btn/T(b)/Kids[{kids}]>>"));
            for n in 10..190 {
                raw.object(n, format!("<</Subtype/Widget/Rect[0 0 1 1]/P 3 0 R/AP<</N<</{n}{state} 1 0 R>>>>>>"));
            }
        }),
    ));
    let mut raw = Raw::new();
    let start = raw.out.len();
    let rows: Vec<u8> = (0..bounds::OBJECTS as u32).flat_map(|n| [[2].as_slice(), &n.to_be_bytes()].concat()).collect();
    let told = format!("/Type /XRef /W [1 4 0] /Size {} /Root 1 0 R /Filter /FlateDecode", bounds::OBJECTS);
    raw.stream(9, &told, &raw::packed(&rows));
    raw.out.extend(format!("startxref\n{start}\n%%EOF\n").bytes());
    all.push(("object streams that are not there", raw.out));
}

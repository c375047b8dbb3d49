//! Files written by hand, object by object.

use std::collections::BTreeMap;
use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

pub const ROOT: &str = "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R 5 0 R] >> >>";
pub const TREE: &str = "<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 612 792] >>";
pub const PAGE: &str = "<< /Type /Page /Parent 2 0 R /Annots [4 0 R 6 0 R 7 0 R] >>";
pub const TEXT: &str = "<< /Subtype /Widget /FT /Tx /T (name) /V (Ada) /Rect [72 700 272 720] /TU (Your name) >>";
pub const CHOICE: &str = "<< /FT /Ch /T (color) /Opt [[(r) (Red)] (green)] /Ff 131072 /Kids [6 0 R 7 0 R] >>";
pub const ONE: &str = "<< /Subtype /Widget /T (one) /Parent 5 0 R /V (r) /Rect [72 600 272 620] >>";
pub const TWO: &str = "<< /Subtype /Widget /T (two) /Parent 5 0 R /Rect [72 500 272 520] >>";
pub const ALL: [&str; 7] = [ROOT, TREE, PAGE, TEXT, CHOICE, ONE, TWO];

pub struct Raw {
    pub out: Vec<u8>,
    /// Where each object begins, by its number.
    pub at: Vec<(usize, usize)>,
}

impl Raw {
    pub fn new() -> Raw {
        Raw { out: b"%PDF-1.7\n".to_vec(), at: Vec::new() }
    }

    /// The last one of a number counts.
    pub fn object(&mut self, number: usize, body: impl AsRef<[u8]>) {
        self.at.push((number, self.out.len()));
        self.out.extend(format!("{number} 0 obj\n").bytes());
        self.out.extend(body.as_ref());
        self.out.extend(b"\nendobj\n");
    }

    pub fn stream(&mut self, number: usize, told: &str, body: &[u8]) {
        let mut text = format!("<< {told} /Length {} >>\nstream\n", body.len()).into_bytes();
        text.extend(body);
        text.extend(b"\nendstream");
        self.object(number, text);
    }

    /// The table of all objects so far, and the end.
    pub fn end(mut self, trailer: &str) -> Vec<u8> {
        let start = self.out.len();
        self.out.extend(b"xref\n0 1\n0000000000 65535 f \n");
        for (number, offset) in self.at.into_iter().collect::<BTreeMap<_, _>>() {
            self.out.extend(format!("{number} 1\n{offset:010} 00000 n \n").bytes());
        }
        self.out.extend(format!("trailer\n<< /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n").bytes());
        self.out
    }
}

pub fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

/// A small form with a table.
pub fn plain() -> Vec<u8> {
    let mut raw = Raw::new();
    for (number, body) in (1..).zip(ALL) {
        raw.object(number, body);
    }
    raw.end("/Size 8")
}

/// The same with everything in an object stream, and the list in another stream.
pub fn streams() -> Vec<u8> {
    let mut raw = Raw::new();
    let (mut head, mut bodies) = (String::new(), String::new());
    for (number, body) in (1..).zip(ALL) {
        head.push_str(&format!("{number} {} ", bodies.len()));
        bodies.push_str(body);
        bodies.push('\n');
    }
    let told = format!("/Type /ObjStm /N 7 /First {} /Filter /FlateDecode", head.len());
    raw.stream(8, &told, &packed((head + &bodies).as_bytes()));
    let start = raw.out.len();
    let mut rows = vec![0; 4];
    for index in 0..7 {
        rows.extend([2, 0, 8, index]);
    }
    let offset = u16::try_from(raw.at[0].1).unwrap().to_be_bytes();
    rows.extend([1, offset[0], offset[1], 0]);
    raw.stream(9, "/Type /XRef /W [1 2 1] /Size 9 /Root 1 0 R /Filter /FlateDecode", &packed(&rows));
    raw.out.extend(format!("startxref\n{start}\n%%EOF\n").bytes());
    raw.out
}

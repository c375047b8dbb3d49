//! Files that were changed on their way, each by its number.

/// Numbers that look like chance and are the same each time (SplitMix64).
pub struct Chance(pub u64);

impl Chance {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Below a bound, which may be 0.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// What is put somewhere.
const PIECES: [&str; 26] = [
    "<<",
    ">>",
    "[",
    "]",
    "(",
    ")",
    "<",
    ">",
    "/",
    "%",
    "stream\n",
    "endstream",
    "endobj\n",
    "1 0 obj\n",
    "trailer\n<<",
    "startxref\n0\n",
    "xref\n0 999999999\n",
    "/Kids [1 0 R 2 0 R 3 0 R 4 0 R 5 0 R]",
    "/Parent 5 0 R",
    "/Prev 0",
    "/Filter [/FlateDecode /FlateDecode /LZWDecode /ASCII85Decode]",
    "/Type /ObjStm /N 999999 /First 1",
    "/DecodeParms << /Predictor 15 /Columns 999999999 /Colors 99 /BitsPerComponent 16 >>",
    "/Length 999999999999",
    "/Rect [1e300 -1e300 nan 0]",
    "/Encrypt << /Filter /Standard /V 5 /R 6 /O () /U () >>",
];

const NUMBERS: [&str; 8] = ["0", "1", "5", "-1", "65536", "2147483648", "4294967295", "99999999999999999999"];

/// A changed copy; `others` are what pieces are taken from.
pub fn mutated(chance: &mut Chance, seed: &[u8], others: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..1 + chance.below(4) {
        let at = chance.below(bytes.len());
        match chance.below(9) {
            0 => {
                for _ in 0..1 + chance.below(24) {
                    let at = chance.below(bytes.len());
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte ^= 1 << chance.below(8);
                    }
                }
            }
            1 => bytes.truncate(at),
            2 => drop(bytes.drain(at..(at + chance.below(200)).min(bytes.len()))),
            3 => {
                let piece = bytes[at..(at + chance.below(400)).min(bytes.len())].to_vec();
                let to = chance.below(bytes.len());
                bytes.splice(to..to, piece);
            }
            4 => {
                let other = &others[chance.below(others.len())];
                let from = chance.below(other.len());
                let piece = other[from..(from + chance.below(800)).min(other.len())].to_vec();
                bytes.splice(at..at, piece);
            }
            5 => drop(bytes.splice(at..at, chance.of(&PIECES).bytes())),
            6 | 7 => number(chance, &mut bytes),
            _ => circle(chance, &mut bytes),
        }
    }
    bytes
}

/// Another number: a wrong place, length, count or reference.
fn number(chance: &mut Chance, bytes: &mut Vec<u8>) {
    let from = chance.below(bytes.len());
    let Some(start) = bytes.iter().skip(from).position(u8::is_ascii_digit).map(|at| from + at) else { return };
    let length = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let random = chance.below(20).to_string();
    let text = if chance.below(2) == 0 { random } else { chance.of(&NUMBERS).to_owned() };
    bytes.splice(start..start + length, text.into_bytes());
}

/// A reference to another object: one that is above it, often enough.
fn circle(chance: &mut Chance, bytes: &mut [u8]) {
    let places: Vec<usize> =
        bytes.windows(4).enumerate().filter(|(_, four)| four == b" 0 R").map(|(at, _)| at).collect();
    for _ in 0..1 + chance.below(3) {
        let at = chance.of(if places.is_empty() { &[0] } else { &places });
        if let Some(digit) = at.checked_sub(1).and_then(|at| bytes.get_mut(at)) {
            *digit = b'0' + chance.below(10) as u8;
        }
    }
}

//! Unpacking streams, up to a bound.

use std::io::Read;

use flate2::read::{DeflateDecoder, ZlibDecoder};
use weezl::BitOrder;

/// Bytes by which what is unpacked grows at most.
const STEP: usize = 1 << 20;

/// What a stream was packed with, and what the packer was told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Filter {
    pub packing: Packing,
    pub predictor: i64,
    /// Bytes of a row, for predictors.
    pub row: usize,
    /// Bytes of a sample in a row.
    pub sample: usize,
    /// LZW: codes grow one early.
    pub early: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Flate,
    Lzw,
    Hex,
    Base85,
}

impl Packing {
    pub fn named(name: &[u8]) -> Option<Packing> {
        match name {
            b"FlateDecode" | b"Fl" => Some(Packing::Flate),
            b"LZWDecode" | b"LZW" => Some(Packing::Lzw),
            b"ASCIIHexDecode" | b"AHx" => Some(Packing::Hex),
            b"ASCII85Decode" | b"A85" => Some(Packing::Base85),
            _ => None,
        }
    }
}

impl Filter {
    /// At most `most` bytes and one: more than `most` says that there are more. What is damaged ends early.
    pub fn unpack(&self, bytes: &[u8], most: usize) -> Vec<u8> {
        let plain = match self.packing {
            Packing::Flate => inflate(bytes, most),
            Packing::Lzw => lzw(bytes, most, self.early),
            Packing::Hex => hex(bytes, most),
            Packing::Base85 => base85(bytes, most),
        };
        match self.predictor {
            2 => subtracted(plain, self.row, self.sample),
            10.. => rows(&plain, self.row, self.sample),
            _ => plain,
        }
    }
}

fn inflate(bytes: &[u8], most: usize) -> Vec<u8> {
    let plain = drain(ZlibDecoder::new(bytes), most);
    // Some programs leave the two bytes before the data out.
    if plain.is_empty() { drain(DeflateDecoder::new(bytes), most) } else { plain }
}

/// What comes before an error, too: a checksum that does not fit is no reason to have nothing.
fn drain(mut from: impl Read, most: usize) -> Vec<u8> {
    let (mut plain, mut piece) = (Vec::new(), [0; 8 << 10]);
    while let Ok(read @ 1..) = from.read(&mut piece) {
        add(&mut plain, &piece[..read]);
        if plain.len() > most {
            plain.truncate(most + 1);
            break;
        }
    }
    plain
}

/// Grows by steps: twice as much each time would hold twice what is allowed.
fn add(plain: &mut Vec<u8>, piece: &[u8]) {
    if plain.capacity() - plain.len() < piece.len() {
        plain.reserve_exact(plain.len().clamp(piece.len(), STEP));
    }
    plain.extend_from_slice(piece);
}

fn lzw(mut bytes: &[u8], most: usize, early: bool) -> Vec<u8> {
    let mut decoder = match early {
        true => weezl::decode::Decoder::with_tiff_size_switch(BitOrder::Msb, 8),
        false => weezl::decode::Decoder::new(BitOrder::Msb, 8),
    };
    let (mut plain, mut piece) = (Vec::new(), [0; 8 << 10]);
    loop {
        let step = decoder.decode_bytes(bytes, &mut piece);
        bytes = &bytes[step.consumed_in..];
        add(&mut plain, &piece[..step.consumed_out]);
        if plain.len() > most {
            plain.truncate(most + 1);
            return plain;
        }
        let stuck = step.consumed_in == 0 && step.consumed_out == 0;
        if stuck || !matches!(step.status, Ok(weezl::LzwStatus::Ok)) {
            return plain;
        }
    }
}

fn hex(bytes: &[u8], most: usize) -> Vec<u8> {
    let text = bytes.split(|byte| *byte == b'>').next().unwrap_or_default();
    let digit = |byte: &u8| char::from(*byte).to_digit(16).map(|digit| digit as u8);
    let digits: Vec<u8> = text.iter().filter_map(digit).take(most.saturating_mul(2).saturating_add(2)).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or(0)).collect()
}

fn base85(bytes: &[u8], most: usize) -> Vec<u8> {
    let (mut plain, mut group) = (Vec::new(), Vec::with_capacity(5));
    for byte in bytes {
        match byte {
            b'z' if group.is_empty() => plain.extend([0; 4]),
            b'!'..=b'u' => group.push(byte - b'!'),
            b'~' => break,
            _ => {}
        }
        if group.len() == 5 {
            plain.extend(quad(&group));
            group.clear();
        }
        if plain.len() > most {
            plain.truncate(most + 1);
            return plain;
        }
    }
    if group.len() > 1 {
        let kept = group.len() - 1;
        group.resize(5, 84);
        plain.extend(&quad(&group)[..kept]);
    }
    plain
}

fn quad(group: &[u8]) -> [u8; 4] {
    group.iter().fold(0_u32, |sum, digit| sum.wrapping_mul(85).wrapping_add(u32::from(*digit))).to_be_bytes()
}

/// TIFF: every byte is told as its difference from the one before it.
fn subtracted(mut plain: Vec<u8>, row: usize, sample: usize) -> Vec<u8> {
    for row in plain.chunks_mut(row.max(1)) {
        for at in sample..row.len() {
            row[at] = row[at].wrapping_add(row[at - sample]);
        }
    }
    plain
}

/// PNG: every row begins with how its bytes are told from the bytes left and above.
fn rows(packed: &[u8], row: usize, sample: usize) -> Vec<u8> {
    let row = row.min(packed.len());
    let mut plain: Vec<u8> = Vec::with_capacity(packed.len());
    let mut above = vec![0; row];
    for packed in packed.chunks(row + 1) {
        let (kind, packed) = (packed[0], &packed[1..]);
        let mut this = vec![0; row];
        for (at, byte) in packed.iter().enumerate() {
            let left = if at >= sample { this[at - sample] } else { 0 };
            let corner = if at >= sample { above[at - sample] } else { 0 };
            let guess = match kind {
                1 => left,
                2 => above[at],
                3 => ((u16::from(left) + u16::from(above[at])) / 2) as u8,
                4 => paeth(left, above[at], corner),
                _ => 0,
            };
            this[at] = byte.wrapping_add(guess);
        }
        plain.extend_from_slice(&this[..packed.len()]);
        above = this;
    }
    plain
}

fn paeth(left: u8, above: u8, corner: u8) -> u8 {
    let guess = i16::from(left) + i16::from(above) - i16::from(corner);
    let far = |from: u8| (guess - i16::from(from)).abs();
    match (far(left), far(above), far(corner)) {
        (l, a, c) if l <= a && l <= c => left,
        (_, a, c) if a <= c => above,
        _ => corner,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn plainly(packing: Packing) -> Filter {
        Filter { packing, predictor: 1, row: 1, sample: 1, early: true }
    }

    #[test]
    fn a_bomb_stops_at_the_bound() {
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(&vec![0; 4 << 20]).unwrap();
        let bomb = packer.finish().unwrap();
        assert!(bomb.len() < 10_000);
        assert_eq!(plainly(Packing::Flate).unpack(&bomb, 1000).len(), 1001);
        let packed = weezl::encode::Encoder::with_tiff_size_switch(BitOrder::Msb, 8).encode(&vec![0; 1 << 20]).unwrap();
        assert_eq!(plainly(Packing::Lzw).unpack(&packed, 1000).len(), 1001);
        assert_eq!(plainly(Packing::Base85).unpack(&[b'z'; 1000], 1000).len(), 1001);
    }

    #[test]
    fn texts_of_all_packings_are_read() {
        assert_eq!(plainly(Packing::Hex).unpack(b"48 65 6C6c6F2>trash", 100), b"Hello ");
        assert_eq!(plainly(Packing::Base85).unpack(b"87cURD_*#4DfTZ)~>", 100), b"Hello, World");
        let packed =
            weezl::encode::Encoder::with_tiff_size_switch(BitOrder::Msb, 8).encode(b"Hello Hello Hello").unwrap();
        assert_eq!(plainly(Packing::Lzw).unpack(&packed, 100), b"Hello Hello Hello");
    }

    #[test]
    fn what_is_cut_off_is_read_up_to_there() {
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::none());
        packer.write_all(b"0123456789").unwrap();
        let mut packed = packer.finish().unwrap();
        packed.truncate(packed.len() - 6);
        assert!(plainly(Packing::Flate).unpack(&packed, 100).starts_with(b"01234567"));
    }

    #[test]
    fn rows_are_told_from_their_neighbours() {
        let filter = Filter { packing: Packing::Hex, predictor: 12, row: 3, sample: 1, early: true };
        assert_eq!(filter.unpack(b"02010203 02010101 01010101>", 100), [1, 2, 3, 2, 3, 4, 1, 2, 3]);
    }
}

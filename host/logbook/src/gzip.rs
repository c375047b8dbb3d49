//! A log that is kept compressed: gzip (RFC 1952) in members of some 4 MiB, and an index that says where each begins.
//!
//! Any program that reads gzip reads it from its beginning, for members that follow one another are one text (section
//! 2.2). One that knows the index begins anywhere: the last member is empty, and its extra field (section 2.3.1.1) has a
//! subfield `VY` with two numbers of 8 bytes for each member, where it begins in the file and in the text, least
//! significant byte first; then the same for where both end; then, in 4 bytes, how long all of that is. It ends 10 bytes
//! before the end of the file: two of an empty member, eight of its check.

use std::io::{self, BufRead, Read, Write};

use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};

/// Bytes of text in a member, at least; it ends with the line that they fall in.
const MEMBER: u64 = 4 << 20;
/// The name of the subfield.
const INDEX_ID: [u8; 2] = *b"VY";
/// Members that find room in the index; what comes behind goes into the last.
const MOST: usize = 4_000;

/// Where a member begins, in bytes of the file and of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    pub packed: u64,
    pub plain: u64,
}

/// Compresses `from` into `to`; answers where the members begin, and where everything ends.
///
/// # Errors
///
/// Where one cannot be read or the other not be written; what was written so far is no whole file then.
pub fn compress(from: impl Read, to: impl Write) -> io::Result<Vec<Member>> {
    let mut from = io::BufReader::with_capacity(256 << 10, from);
    let mut to = Counting { to, written: 0 };
    let (mut members, mut plain) = (Vec::new(), 0);
    while !from.fill_buf()?.is_empty() {
        members.push(Member { packed: to.written, plain });
        let mut member = GzEncoder::new(&mut to, Compression::default());
        let most = if members.len() < MOST { MEMBER } else { u64::MAX };
        plain += io::copy(&mut (&mut from).take(most), &mut member)?;
        plain += to_the_end_of_the_line(&mut from, &mut member)?;
        member.finish()?;
    }
    members.push(Member { packed: to.written, plain });
    GzBuilder::new().extra(index(&members)).write(&mut to, Compression::default()).finish()?;
    Ok(members)
}

fn to_the_end_of_the_line(from: &mut impl BufRead, to: &mut impl Write) -> io::Result<u64> {
    let mut copied = 0;
    loop {
        let buffer = from.fill_buf()?;
        if buffer.is_empty() {
            return Ok(copied);
        }
        let end = buffer.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
        let length = end.unwrap_or(buffer.len());
        to.write_all(&buffer[..length])?;
        from.consume(length);
        copied += length as u64;
        if end.is_some() {
            return Ok(copied);
        }
    }
}

/// The extra field of the last member. 4,001 places fit into its 65,535 bytes.
fn index(members: &[Member]) -> Vec<u8> {
    let mut data: Vec<u8> =
        members.iter().flat_map(|member| [member.packed.to_le_bytes(), member.plain.to_le_bytes()]).flatten().collect();
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    data.extend(length.to_le_bytes());
    let mut field = INDEX_ID.to_vec();
    field.extend(u16::try_from(data.len()).unwrap_or(u16::MAX).to_le_bytes());
    field.extend(data);
    field
}

struct Counting<W> {
    to: W,
    written: u64,
}

impl<W: Write> Write for Counting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.written += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use flate2::read::{GzDecoder, MultiGzDecoder};

    use super::*;

    fn lines(bytes: usize) -> Vec<u8> {
        let mut text = Vec::new();
        for number in 0.. {
            if text.len() >= bytes {
                break;
            }
            writeln!(text, "{{\"number\":{number},\"message\":\"something has happened {}\"}}", number * 7919).unwrap();
        }
        text
    }

    #[test]
    fn it_is_read_whole_by_any_program_and_entered_at_each_member() {
        let text = lines(10 << 20);
        let mut packed = Vec::new();
        let members = compress(&text[..], &mut packed).unwrap();
        assert_eq!(members.len(), 4);

        let mut whole = Vec::new();
        MultiGzDecoder::new(&packed[..]).read_to_end(&mut whole).unwrap();
        assert!(whole == text);
        let mut zcat = Command::new("gzip").args(["-dc"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdin = zcat.stdin.take().unwrap();
        let feed = packed.clone();
        let feeding = std::thread::spawn(move || stdin.write_all(&feed).unwrap());
        assert!(zcat.wait_with_output().unwrap().stdout == text);
        feeding.join().unwrap();

        for pair in members.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            let mut part = Vec::new();
            GzDecoder::new(&packed[usize::try_from(from.packed).unwrap()..]).read_to_end(&mut part).unwrap();
            let expected = &text[usize::try_from(from.plain).unwrap()..usize::try_from(to.plain).unwrap()];
            assert!(part == expected && part.ends_with(b"\n"));
        }
    }

    #[test]
    fn the_index_is_found_from_the_end() {
        let mut packed = Vec::new();
        let members = compress(&lines(5 << 20)[..], &mut packed).unwrap();
        let end = packed.len() - 10;
        let length = u32::from_le_bytes(packed[end - 4..end].try_into().unwrap()) as usize;
        let data = &packed[end - 4 - length..end - 4];
        assert_eq!(&packed[end - 8 - length..end - 6 - length], &INDEX_ID);
        let found: Vec<Member> = data
            .chunks_exact(16)
            .map(|pair| Member {
                packed: u64::from_le_bytes(pair[..8].try_into().unwrap()),
                plain: u64::from_le_bytes(pair[8..].try_into().unwrap()),
            })
            .collect();
        assert_eq!(found, members);
    }

    #[test]
    fn nothing_is_nothing() {
        let mut packed = Vec::new();
        assert_eq!(compress(&b""[..], &mut packed).unwrap(), [Member { packed: 0, plain: 0 }]);
        let mut whole = Vec::new();
        MultiGzDecoder::new(&packed[..]).read_to_end(&mut whole).unwrap();
        assert!(whole.is_empty());
    }
}

//! A segment is known by how its text begins: that stays when it is renamed, and when it is compressed.

use data_encoding::BASE64URL_NOPAD;

/// Bytes of the beginning that count: more than the banners that some programs begin each file with.
pub(crate) const LENGTH: usize = 4 << 10;
/// Bits that are kept of a hash: enough for some thousand files.
const BITS: u32 = 48;

/// The beginning of a text, as long as it was when it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Print {
    pub length: u16,
    pub hash: u64,
}

impl Print {
    pub fn of(head: &[u8]) -> Self {
        let head = &head[..head.len().min(LENGTH)];
        Self { length: u16::try_from(head.len()).unwrap_or(u16::MAX), hash: hash(head) >> (64 - BITS) }
    }

    /// Whether a text that begins so is the one that was seen. It may have grown since. Of an empty one nothing is known.
    pub fn is_of(&self, head: &[u8]) -> bool {
        let length = usize::from(self.length);
        length > 0 && head.len() >= length && Self::of(&head[..length]) == *self
    }

    /// For an address: eleven letters, digits, `-` and `_`.
    pub fn to_text(self) -> String {
        BASE64URL_NOPAD.encode(&(self.hash << 16 | u64::from(self.length)).to_be_bytes())
    }

    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let number = u64::from_be_bytes(*bytes.first_chunk().filter(|_| bytes.len() == 8)?);
        Some(Self { length: u16::try_from(number & 0xffff).ok()?, hash: number >> 16 })
    }
}

/// Of names, to find again what has them.
pub(crate) fn short(names: &[&str]) -> u32 {
    let joined = names.join("\0");
    u32::try_from(hash(joined.as_bytes()) >> 32).unwrap_or_default()
}

/// FNV-1a with a last mixing. It stands in addresses, so it must be the same in each release; nobody gains by a clash.
fn hash(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in bytes {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash ^= hash >> 32;
    hash = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash ^ (hash >> 29)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_known_again_when_it_has_grown() {
        let text: Vec<u8> = (0..6_000_u32).map(|number| (number * 7 % 251) as u8).collect();
        for length in [1, 100, LENGTH - 1, LENGTH, LENGTH + 1, 6_000] {
            let print = Print::of(&text[..length]);
            assert!(print.is_of(&text) && print.is_of(&text[..length]), "{length}");
            let mut other = text.clone();
            other[length.min(LENGTH) - 1] ^= 1;
            assert!(!print.is_of(&other), "{length}");
        }
        assert!(!Print::of(&text).is_of(&text[..LENGTH - 1]) && !Print::of(b"").is_of(&text));
    }

    #[test]
    fn a_print_is_written_and_read() {
        for print in [Print::default(), Print::of(b"x"), Print { length: 512, hash: (1 << BITS) - 1 }] {
            let text = print.to_text();
            assert_eq!((text.len(), Print::parse(&text)), (11, Some(print)));
        }
        for none in ["", "x", "AAAAAAAAAA", "AAAAAAAAAAAA", "ääääää"] {
            assert_eq!(Print::parse(none), None, "{none}");
        }
    }

    #[test]
    fn hashes_are_the_same_in_each_release() {
        assert_eq!(short(&["logs", "one", "access.log"]), 295_782_049);
        assert_eq!(Print::of(b"2026-11-22 08:15:13 up\n").hash, 190_665_390_835_073);
        assert_ne!(short(&["logs", "one", "access.log"]), short(&["logs", "on", "eaccess.log"]));
    }
}

//! Finds a text in bytes whatever the case of its ASCII letters.
//!
//! `memmem` knows no case, and a regular expression that ignores it goes byte by byte where the processor has no
//! search for several words at once - so on WebAssembly. This compares two rare bytes of the text with 64 places at a
//! time, in a way that compilers make vector instructions of, and looks closer only where both are.
//!
//! Deliberately not done: letters outside ASCII, which are found as they were typed.

/// Places that are compared at a time.
const LANES: usize = 64;
/// Bytes by how often they stand in logs, the most frequent first; what is not here is rarer.
const FREQUENT: &[u8] = b"\"e0:t1a,2sonir.d-cl5_u3p46mg8f79/hbvyw{}T=Zk+x[]jqz;()&%?*";

/// A text to be found.
#[derive(Debug, Clone)]
pub(crate) struct Folded {
    text: Vec<u8>,
    first: Rare,
    second: Rare,
}

/// One of its bytes, in lower case.
#[derive(Debug, Clone, Copy)]
struct Rare {
    at: usize,
    byte: u8,
    /// Makes a letter a small one, and leaves everything else.
    fold: u8,
}

impl Folded {
    /// The text must have a byte at least; one without any is found nowhere.
    pub fn new(text: &str) -> Self {
        let text = text.to_ascii_lowercase().into_bytes();
        let mut places: Vec<usize> = (0..text.len()).collect();
        let rank = |at: &usize| FREQUENT.iter().position(|byte| *byte == text[*at]).unwrap_or(FREQUENT.len());
        places.sort_by_key(|at| std::cmp::Reverse(rank(at)));
        let rare = |number: usize| {
            let at = places.get(number).or(places.first()).copied().unwrap_or(0);
            let byte = text.get(at).copied().unwrap_or(0);
            Rare { at, byte, fold: if byte.is_ascii_lowercase() { 0x20 } else { 0 } }
        };
        Self { first: rare(0), second: rare(1), text }
    }

    pub const fn len(&self) -> usize {
        self.text.len()
    }

    /// Where it begins first.
    pub fn find(&self, bytes: &[u8]) -> Option<usize> {
        let last = bytes.len().checked_sub(self.text.len()).filter(|_| !self.text.is_empty())?;
        let mut at = 0;
        while at + LANES <= last + 1 {
            if self.may_begin(bytes, at)
                && let Some(found) = (at..at + LANES).find(|at| self.begins(bytes, *at))
            {
                return Some(found);
            }
            at += LANES;
        }
        (at..=last).find(|at| self.begins(bytes, *at))
    }

    fn may_begin(&self, bytes: &[u8], at: usize) -> bool {
        let lanes = |rare: Rare| bytes.get(at + rare.at..).and_then(<[u8]>::first_chunk::<LANES>);
        let (Some(first), Some(second)) = (lanes(self.first), lanes(self.second)) else { return true };
        let mut any = 0;
        for (one, two) in first.iter().zip(second) {
            let both = ((one | self.first.fold) == self.first.byte) & ((two | self.second.fold) == self.second.byte);
            any |= u8::from(both);
        }
        any != 0
    }

    fn begins(&self, bytes: &[u8], at: usize) -> bool {
        bytes[at + self.first.at] | self.first.fold == self.first.byte
            && bytes[at..at + self.text.len()].eq_ignore_ascii_case(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::Folded;

    fn plainly(bytes: &[u8], text: &str) -> Option<usize> {
        bytes.windows(text.len()).position(|window| window.eq_ignore_ascii_case(text.as_bytes()))
    }

    #[test]
    fn it_is_found_wherever_it_begins() {
        for text in ["x", "Ab", "needle", "NEEDLE-7", "@[`{", "größe", &"long ".repeat(40)] {
            let needle = Folded::new(text);
            for before in 0..200 {
                for after in [0, 1, 63, 200] {
                    let mut bytes = vec![b'.'; before];
                    bytes.extend(text.bytes().map(|byte| byte.to_ascii_uppercase()));
                    bytes.extend(vec![b'!'; after]);
                    assert_eq!(needle.find(&bytes), Some(before), "{text} behind {before}");
                    assert_eq!(needle.find(&bytes[..bytes.len() - after - 1]), None);
                }
            }
        }
    }

    #[test]
    fn it_agrees_with_what_is_plain_to_see() {
        let mut state = 7_u64;
        let mut next = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        for _ in 0..2_000 {
            let bytes: Vec<u8> = (0..next() % 300).map(|_| b"aAbB@ `"[(next() % 7) as usize]).collect();
            let text: String = (0..1 + next() % 4).map(|_| char::from(b"aAb@`"[(next() % 5) as usize])).collect();
            assert_eq!(Folded::new(&text).find(&bytes), plainly(&bytes, &text), "{text}");
        }
    }

    #[test]
    fn nothing_is_found_nowhere() {
        assert_eq!(Folded::new("").find(b"abc"), None);
        assert_eq!(Folded::new("abc").find(b""), None);
    }
}

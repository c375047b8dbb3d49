//! Components as a test needs them: the same one in another version, and what it is known by.
//!
//! A version is told by words inside a component. Words of the same length can stand in their place: another digest,
//! another version, the same plugin.

use std::fs;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::{target, test_plugin};

/// A component that is built for the tests alone.
pub fn built(name: &str) -> Vec<u8> {
    fs::read(test_plugin(name)).expect("a component can be read")
}

/// What the program ships with, with another version of the same length. Its own is the workspace's, which stands in names
/// of interfaces too, behind an `@`: those stay.
#[track_caller]
pub fn shipped(name: &str, number: &str) -> Vec<u8> {
    let own = env!("CARGO_PKG_VERSION");
    assert_eq!(own.len(), number.len(), "words of another length would move what comes after them");
    let mut component = fs::read(target().join("shipped").join(format!("{name}.wasm"))).expect("it is built");
    let is_version = |at: &usize| component[*at..].starts_with(own.as_bytes()) && component[at - 1] != b'@';
    let places: Vec<usize> = (1..component.len() - own.len()).filter(is_version).collect();
    assert!(!places.is_empty(), "{name} says nowhere that it is {own}");
    for at in places {
        component[at..at + own.len()].copy_from_slice(number.as_bytes());
    }
    component
}

/// What a package is known by: SHA-256 in lower-case hexadecimal.
pub fn digest(component: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(component))
}

/// The component with other words of the same length wherever these stand: `1.0.0` to `1.0.7`.
#[track_caller]
pub fn version(component: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len(), "words of another length would move what comes after them");
    let mut changed = component.to_vec();
    let mut places = 0;
    let mut at = 0;
    while let Some(next) = find(&changed[at..], from.as_bytes()) {
        at += next;
        changed[at..at + to.len()].copy_from_slice(to.as_bytes());
        at += to.len();
        places += 1;
    }
    assert!(places > 0, "`{from}` stands nowhere in the component");
    changed
}

/// A ZIP with these files in it, as they are: not compressed.
pub fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let (crc, size, offset) = (crc32(content), length(content.len()), length(archive.len()));
        let mut common = Vec::new();
        // Version 2.0, no flags, stored, 2026-11-22 06:00.
        for number in [20_u16, 0, 0, 6 << 11, (46 << 9) | (11 << 5) | 22] {
            common.extend(number.to_le_bytes());
        }
        for number in [crc, size, size] {
            common.extend(number.to_le_bytes());
        }
        common.extend(u16::try_from(name.len()).expect("names are short").to_le_bytes());
        archive.extend(b"PK\x03\x04");
        archive.extend(&common);
        archive.extend([0, 0]);
        archive.extend(name.as_bytes());
        archive.extend(*content);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        directory.extend([0; 12]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (count, start) = (u16::try_from(files.len()).expect("files are few"), length(archive.len()));
    archive.extend(&directory);
    archive.extend(b"PK\x05\x06\x00\x00\x00\x00");
    archive.extend(count.to_le_bytes());
    archive.extend(count.to_le_bytes());
    archive.extend(length(directory.len()).to_le_bytes());
    archive.extend(start.to_le_bytes());
    archive.extend([0, 0]);
    archive
}

fn find(bytes: &[u8], words: &[u8]) -> Option<usize> {
    bytes.windows(words.len()).position(|window| window == words)
}

fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("archives of the tests are small")
}

/// As ZIP has it: reflected, with the polynomial 0xedb88320.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0_u32, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_same_length_take_each_others_place() {
        assert_eq!(version(b"a 1.0.0 b 1.0.0", "1.0.0", "1.0.7"), b"a 1.0.7 b 1.0.7");
    }

    #[test]
    fn a_sum_is_the_one_that_everybody_computes() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }
}

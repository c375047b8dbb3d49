//! The ciphers of PDF, as they are taken off. RC4 and MD5 protect nothing today; files that use them are opened all the same.

use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use aes::{Aes128, Aes256};
use md5::{Digest, Md5};

/// AES works on so many bytes at once.
pub(crate) const BLOCK: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cipher {
    /// What it is said of is not encrypted.
    Identity,
    Rc4,
    Aes128,
    Aes256,
}

impl Cipher {
    /// The bytes of one string or stream in the object of this number and generation. Where they are damaged, what comes
    /// out is too: nothing here says whether it is.
    pub fn decrypt(self, key: &[u8], bytes: &[u8], (number, generation): (u32, u16)) -> Vec<u8> {
        match self {
            Cipher::Identity => bytes.to_vec(),
            Cipher::Rc4 => rc4(&of_object(key, number, generation, b""), bytes),
            Cipher::Aes128 => cbc(&of_object(key, number, generation, b"sAlT"), bytes),
            Cipher::Aes256 => cbc(key, bytes),
        }
    }
}

/// Algorithm 1: the key of one object.
fn of_object(key: &[u8], number: u32, generation: u16, salt: &[u8]) -> Vec<u8> {
    let mut hash = Md5::new();
    hash.update(key);
    hash.update(&number.to_le_bytes()[..3]);
    hash.update(generation.to_le_bytes());
    hash.update(salt);
    hash.finalize()[..(key.len() + 5).min(16)].to_vec()
}

/// Own, because the crates for it fix the length of the key when they are compiled, and here the file says it.
pub(crate) fn rc4(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    if key.is_empty() {
        return bytes.to_vec();
    }
    let mut state: [u8; 256] = std::array::from_fn(|at| at as u8);
    let mut other = 0_u8;
    for at in 0..256 {
        other = other.wrapping_add(state[at]).wrapping_add(key[at % key.len()]);
        state.swap(at, usize::from(other));
    }
    let (mut at, mut other) = (0_u8, 0_u8);
    let mut next = |byte: &u8| {
        at = at.wrapping_add(1);
        other = other.wrapping_add(state[usize::from(at)]);
        state.swap(usize::from(at), usize::from(other));
        byte ^ state[usize::from(state[usize::from(at)].wrapping_add(state[usize::from(other)]))]
    };
    bytes.iter().map(&mut next).collect()
}

/// The first block is what the chain begins with, the last byte says how many at the end are none of the text.
fn cbc(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    let Some((first, rest)) = bytes.split_at_checked(BLOCK) else { return Vec::new() };
    let mut plain = unchain(key, first, rest);
    let padding = plain.last().copied().map_or(0, usize::from);
    if (1..=BLOCK).contains(&padding) {
        plain.truncate(plain.len().saturating_sub(padding));
    }
    plain
}

/// AES in a chain, without padding. What is short of a block at the end is left out; a key of a wrong length opens nothing.
pub(crate) fn unchain(key: &[u8], first: &[u8], bytes: &[u8]) -> Vec<u8> {
    match key.len() {
        16 => unchain_with(cbc::Decryptor::<Aes128>::new_from_slices(key, first).ok(), bytes),
        32 => unchain_with(cbc::Decryptor::<Aes256>::new_from_slices(key, first).ok(), bytes),
        _ => Vec::new(),
    }
}

fn unchain_with<C: BlockModeDecrypt>(cipher: Option<C>, bytes: &[u8]) -> Vec<u8> {
    let Some(mut cipher) = cipher else { return Vec::new() };
    let mut plain = bytes.to_vec();
    plain.truncate(bytes.len() - bytes.len() % BLOCK);
    for block in plain.chunks_exact_mut(BLOCK) {
        if let Ok(block) = block.try_into() {
            cipher.decrypt_block(block);
        }
    }
    plain
}

/// As [`unchain`], the other way: what a password of the newest kind is made a key with.
pub(crate) fn chain(key: &[u8], first: &[u8], bytes: &mut [u8]) {
    let Ok(mut cipher) = cbc::Encryptor::<Aes128>::new_from_slices(key, first) else { return };
    for block in bytes.chunks_exact_mut(BLOCK) {
        if let Ok(block) = block.try_into() {
            cipher.encrypt_block(block);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rc4_is_what_others_have() {
        assert_eq!(rc4(b"Key", b"Plaintext"), [0xBB, 0xF3, 0x16, 0xE8, 0xD9, 0x40, 0xAF, 0x0A, 0xD3]);
    }

    #[test]
    fn short_or_odd_bytes_decrypt_to_something() {
        for cipher in [Cipher::Identity, Cipher::Rc4, Cipher::Aes128, Cipher::Aes256] {
            for length in [0, 1, 15, 16, 17, 31, 32, 33] {
                assert!(cipher.decrypt(&[7; 16], &vec![9; length], (1, 0)).len() <= length);
            }
        }
    }
}

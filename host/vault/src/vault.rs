//! Sealing values for the place where they are kept.
//!
//! `form (1 byte) | nonce (24) | ciphertext | tag (16)`, XChaCha20-Poly1305. The nonce is random, which 192 bits allow
//! without counting. Name and origin are authenticated with the value: a row that is copied to another name, or whose
//! origin is changed in the database, does not open.

use std::fmt;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};

use crate::value::clear;
use crate::{Origin, SecretName, SecretValue, VaultError};

/// The form that this version writes, and the only one that it reads.
const FORM: u8 = 1;
const NONCE: usize = 24;

/// Where a value is kept: the name, and the origin that it is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    pub name: &'a SecretName,
    pub origin: Option<&'a Origin>,
}

/// Seals and opens values with one key.
#[derive(Clone)]
pub struct Vault(XChaCha20Poly1305);

impl Vault {
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(&key.into()))
    }

    /// Seals a value for its place.
    ///
    /// # Errors
    /// Where the system has no random numbers.
    pub fn seal(&self, place: &Place<'_>, value: &SecretValue) -> Result<Vec<u8>, VaultError> {
        self.seal_bytes(&place.parts(), value.expose().as_bytes())
    }

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// Where it was sealed with another key, for another place or in another form, or is damaged.
    pub fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Result<SecretValue, VaultError> {
        let opened = self.open_bytes(&place.parts(), sealed)?;
        let value = std::str::from_utf8(&opened).ok().and_then(|text| SecretValue::parse(text).ok());
        clear(opened);
        value.ok_or(VaultError::Foreign)
    }

    /// Seals anything for the place that `parts` name together, such as `["mail", id]`. The first says what kind of
    /// thing it is; `secret` is taken.
    ///
    /// # Errors
    /// Where the system has no random numbers.
    pub fn seal_bytes(&self, parts: &[&str], message: &[u8]) -> Result<Vec<u8>, VaultError> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce)?;
        let payload = Payload { msg: message, aad: &associated(parts) };
        // The cipher refuses nothing but messages of 256 GiB.
        let sealed = self.0.encrypt(&XNonce::from(nonce), payload).map_err(|_| VaultError::Foreign)?;
        Ok([&[FORM][..], &nonce, &sealed].concat())
    }

    /// Opens what was sealed with the same parts.
    ///
    /// # Errors
    /// As with [`open`](Self::open).
    pub fn open_bytes(&self, parts: &[&str], sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let (form, rest) = sealed.split_first().ok_or(VaultError::Foreign)?;
        if *form != FORM {
            return Err(VaultError::Form(*form));
        }
        let (nonce, message) = rest.split_first_chunk::<NONCE>().ok_or(VaultError::Foreign)?;
        let payload = Payload { msg: message, aad: &associated(parts) };
        self.0.decrypt(&XNonce::from(*nonce), payload).map_err(|_| VaultError::Foreign)
    }
}

impl<'a> Place<'a> {
    fn parts(&self) -> Vec<&'a str> {
        ["secret", self.name.as_str()].into_iter().chain(self.origin.map(Origin::as_str)).collect()
    }
}

/// Different for any two lists: each part stands behind its length.
fn associated(parts: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

impl fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Vault")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> SecretName {
        SecretName::parse(text).unwrap()
    }

    fn value() -> SecretValue {
        SecretValue::parse("correct horse").unwrap()
    }

    #[test]
    fn what_is_sealed_opens_in_its_place_alone() {
        let vault = Vault::new([7; 32]);
        let (api, other) = (name("api"), name("apj"));
        let (here, there) = (Origin::parse("https://a.example").unwrap(), Origin::parse("https://b.example").unwrap());
        let place = Place { name: &api, origin: Some(&here) };
        let sealed = vault.seal(&place, &value()).unwrap();
        assert_eq!(vault.open(&place, &sealed).unwrap().expose(), "correct horse");
        for elsewhere in [
            Place { name: &other, origin: Some(&here) },
            Place { name: &api, origin: Some(&there) },
            Place { name: &api, origin: None },
        ] {
            assert!(matches!(vault.open(&elsewhere, &sealed), Err(VaultError::Foreign)), "{elsewhere:?}");
        }
        assert!(matches!(Vault::new([8; 32]).open(&place, &sealed), Err(VaultError::Foreign)), "another key");
    }

    #[test]
    fn a_changed_byte_anywhere_is_noticed() {
        let vault = Vault::new([7; 32]);
        let api = name("api");
        let place = Place { name: &api, origin: None };
        let sealed = vault.seal(&place, &value()).unwrap();
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(vault.open(&place, &changed).is_err(), "byte {index}");
        }
        for length in 0..sealed.len() {
            assert!(vault.open(&place, &sealed[..length]).is_err(), "{length} bytes");
        }
        assert!(matches!(vault.open(&place, &[9, 1, 2]), Err(VaultError::Form(9))));
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        let vault = Vault::new([7; 32]);
        let sealed = vault.seal_bytes(&["mail", "ab"], b"dear").unwrap();
        assert_eq!(vault.open_bytes(&["mail", "ab"], &sealed).unwrap(), b"dear");
        for other in [&["mail", "a", "b"][..], &["maila", "b"], &["mail"], &["mail", "ab", ""], &[]] {
            assert!(vault.open_bytes(other, &sealed).is_err(), "{other:?}");
        }
    }

    #[test]
    fn the_same_value_is_sealed_differently_each_time_and_never_in_clear() {
        let vault = Vault::new([7; 32]);
        let api = name("api");
        let place = Place { name: &api, origin: None };
        let (first, second) = (vault.seal(&place, &value()).unwrap(), vault.seal(&place, &value()).unwrap());
        assert_ne!(first, second);
        assert_eq!(first.len(), 1 + 24 + "correct horse".len() + 16);
        assert!(!first.windows(5).any(|window| window == b"horse"));
        assert_eq!(format!("{vault:?}"), "Vault");
    }

    /// Computed by another implementation of XChaCha20-Poly1305: databases of released versions have to open for ever.
    #[test]
    fn the_form_does_not_change() {
        let vault = Vault::new([7; 32]);
        let api = name("api");
        let sealed = data_encoding::HEXLOWER.decode(SEALED_ONCE.as_bytes()).unwrap();
        assert_eq!(vault.open(&Place { name: &api, origin: None }, &sealed).unwrap().expose(), "correct horse");
    }

    const SEALED_ONCE: &str =
        "01000102030405060708090a0b0c0d0e0f1011121314151617cb78d9f79f7f2f854da8f33483c41c802fa56ee50c58c1f4961f8011f5";
}

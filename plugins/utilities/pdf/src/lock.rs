//! What opens an encrypted file: the standard handler for passwords, of all its revisions.

use md5::{Digest, Md5};
use sha2::{Sha256, Sha384, Sha512};

use crate::crypt::{self, Cipher};
use crate::wrong::Wrong;

/// What is put behind a password that is short of 32 bytes.
const PADDING: [u8; 32] = [
    0x28, 0xBF, 0x4E, 0x5E, 0x4E, 0x75, 0x8A, 0x41, 0x64, 0x00, 0x4E, 0x56, 0xFF, 0xFA, 0x01, 0x08, 0x2E, 0x2E, 0x00,
    0xB6, 0xD0, 0x68, 0x3E, 0x80, 0x2F, 0x0C, 0xA9, 0xFE, 0x64, 0x53, 0x69, 0x7A,
];

/// Bytes of a password that count, from revision 5 on.
const LONGEST: usize = 127;

/// What the file says of its encryption.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub revision: i64,
    /// Bytes of the key.
    pub length: usize,
    pub permissions: i32,
    pub metadata: bool,
    pub owner: Vec<u8>,
    pub user: Vec<u8>,
    pub owner_key: Vec<u8>,
    pub user_key: Vec<u8>,
    /// The first part of the file's own identity.
    pub identity: Vec<u8>,
    pub strings: Cipher,
    pub streams: Cipher,
}

/// What takes the encryption off.
#[derive(Debug)]
pub(crate) struct Lock {
    key: Vec<u8>,
    strings: Cipher,
    streams: Cipher,
}

impl Lock {
    /// Tries no password first, then the given one, as that of a reader and as that of the file's owner.
    pub fn open(rules: &Rules, password: Option<&str>) -> Result<Lock, Wrong> {
        let given = password.filter(|password| !password.is_empty());
        let key = match (rules.key(""), given) {
            (Some(key), _) => key,
            (None, None) => return Err(Wrong::PasswordNeeded),
            (None, Some(password)) => rules.key(password).ok_or(Wrong::PasswordWrong)?,
        };
        Ok(Lock { key, strings: rules.strings, streams: rules.streams })
    }

    pub fn string(&self, bytes: &[u8], home: (u32, u16)) -> Vec<u8> {
        self.strings.decrypt(&self.key, bytes, home)
    }

    pub fn stream(&self, bytes: &[u8], home: (u32, u16)) -> Vec<u8> {
        self.streams.decrypt(&self.key, bytes, home)
    }
}

impl Rules {
    fn key(&self, password: &str) -> Option<Vec<u8>> {
        match self.revision {
            2..=4 => self.old_key(password),
            5 | 6 => self.new_key(password),
            _ => None,
        }
    }

    fn old_key(&self, password: &str) -> Option<Vec<u8>> {
        let password = padded(&narrow(password));
        let by_user = |password: &[u8; 32]| {
            let key = self.key_of_user(password);
            self.is_of_user(&key).then_some(key)
        };
        by_user(&password).or_else(|| by_user(&padded(&self.user_of_owner(&password))))
    }

    /// Algorithm 2.
    fn key_of_user(&self, password: &[u8; 32]) -> Vec<u8> {
        let mut hash = Md5::new();
        hash.update(password);
        hash.update(&self.owner[..self.owner.len().min(32)]);
        hash.update(self.permissions.to_le_bytes());
        hash.update(&self.identity);
        if self.revision >= 4 && !self.metadata {
            hash.update([0xFF; 4]);
        }
        let mut key = hash.finalize().to_vec();
        key.truncate(self.length);
        if self.revision >= 3 {
            for _ in 0..50 {
                key = Md5::digest(&key).to_vec();
                key.truncate(self.length);
            }
        }
        key
    }

    /// Algorithms 4 to 6.
    fn is_of_user(&self, key: &[u8]) -> bool {
        if self.revision == 2 {
            return self.user.get(..32) == Some(&crypt::rc4(key, &PADDING)[..]);
        }
        let mut hash = Md5::new();
        hash.update(PADDING);
        hash.update(&self.identity);
        let mut expected = hash.finalize().to_vec();
        for round in 0..20 {
            expected = crypt::rc4(&turned(key, round), &expected);
        }
        self.user.get(..16) == Some(&expected[..])
    }

    /// Algorithm 7: the owner's password opens what the reader's one is kept in.
    fn user_of_owner(&self, password: &[u8; 32]) -> Vec<u8> {
        let mut key = Md5::digest(password).to_vec();
        if self.revision >= 3 {
            for _ in 0..50 {
                key = Md5::digest(&key).to_vec();
            }
        }
        key.truncate(self.length);
        let mut user = self.owner[..self.owner.len().min(32)].to_vec();
        let rounds = if self.revision >= 3 { 20 } else { 1 };
        for round in (0..rounds).rev() {
            user = crypt::rc4(&turned(&key, round), &user);
        }
        user
    }

    /// Algorithm 2.A.
    fn new_key(&self, password: &str) -> Option<Vec<u8>> {
        let password = &password.as_bytes()[..password.len().min(LONGEST)];
        let user = self.user.get(..48)?;
        let parts = |bytes: &'_ [u8]| {
            Some((bytes.get(..32)?.to_vec(), bytes.get(32..40)?.to_vec(), bytes.get(40..48)?.to_vec()))
        };
        let (hash, salt, key_salt) = parts(user)?;
        if self.hash(password, &salt, &[]) == hash {
            return Some(crypt::unchain(&self.hash(password, &key_salt, &[]), &[0; 16], self.user_key.get(..32)?));
        }
        let (hash, salt, key_salt) = parts(&self.owner)?;
        if self.hash(password, &salt, user) == hash {
            return Some(crypt::unchain(&self.hash(password, &key_salt, user), &[0; 16], self.owner_key.get(..32)?));
        }
        None
    }

    /// Algorithm 2.B; revision 5 stops after its first line. It ends: what it is compared with grows each round, and what
    /// is compared fits a byte.
    fn hash(&self, password: &[u8], salt: &[u8], user: &[u8]) -> Vec<u8> {
        let mut key = Sha256::digest([password, salt, user].concat()).to_vec();
        if self.revision == 5 {
            return key;
        }
        let mut round = 0_u16;
        loop {
            let mut text = [password, &key, user].concat().repeat(64);
            crypt::chain(&key[..16], &key[16..32], &mut text);
            let kind = text[..16].iter().map(|byte| u32::from(*byte)).sum::<u32>() % 3;
            key = match kind {
                0 => Sha256::digest(&text).to_vec(),
                1 => Sha384::digest(&text).to_vec(),
                _ => Sha512::digest(&text).to_vec(),
            };
            round += 1;
            let last = text.last().copied().map_or(0, u16::from);
            if round >= 64 && last + 32 <= round {
                break;
            }
        }
        key.truncate(32);
        key
    }
}

/// The key with every byte changed by the number of the round.
fn turned(key: &[u8], round: u8) -> Vec<u8> {
    key.iter().map(|byte| byte ^ round).collect()
}

fn padded(password: &[u8]) -> [u8; 32] {
    let mut padded = [0; 32];
    for (place, byte) in padded.iter_mut().zip(password.iter().chain(&PADDING)) {
        *place = *byte;
    }
    padded
}

/// One byte for each character, where they all have one; old programs knew no others.
fn narrow(password: &str) -> Vec<u8> {
    let bytes: Result<Vec<u8>, _> = password.chars().map(|char| u8::try_from(u32::from(char))).collect();
    bytes.unwrap_or_else(|_| password.as_bytes().to_vec())
}

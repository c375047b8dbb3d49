//! What a file says of its encryption.

use crate::crypt::Cipher;
use crate::document::{Document, Node};
use crate::lock::Rules;
use crate::wrong::Wrong;

/// Nothing where the file is not encrypted.
///
/// # Errors
///
/// [`Wrong::Encryption`]: it is, but not with a password, or not in a way that is known. [`Wrong::Damaged`]: it is, and how
/// is lost.
pub(crate) fn rules(document: &Document<'_>) -> Result<Option<Rules>, Wrong> {
    let Some(trailer) = document.table.trailer.clone().map(Node::direct) else { return Ok(None) };
    if !trailer.has(b"Encrypt") {
        return Ok(None);
    }
    let Some(said) = document.get(&trailer, b"Encrypt") else { return Err(Wrong::Damaged) };
    if document.get(&said, b"Filter").and_then(|name| name.name().map(<[u8]>::to_vec)).as_deref() != Some(b"Standard") {
        return Err(Wrong::Encryption);
    }
    let string = |key: &[u8]| document.get(&said, key).and_then(|node| document.bytes_of(&node)).unwrap_or_default();
    let version = document.integer(&said, b"V").unwrap_or(0);
    let (length, strings, streams) = ciphers(document, &said, version)?;
    let identity = document.get(&trailer, b"ID").and_then(|id| document.items(&id).next());
    let metadata = document.get(&said, b"EncryptMetadata").is_none_or(|told| told.is_true());
    // It is written as a negative number, or as the positive one of the same 32 bits.
    let permissions = document.integer(&said, b"P").unwrap_or(0) as i32;
    Ok(Some(Rules {
        revision: document.integer(&said, b"R").ok_or(Wrong::Encryption)?,
        length,
        permissions,
        metadata,
        owner: string(b"O"),
        user: string(b"U"),
        owner_key: string(b"OE"),
        user_key: string(b"UE"),
        identity: identity.and_then(|id| document.bytes_of(&id)).unwrap_or_default(),
        strings,
        streams,
    }))
}

/// The bytes of the key, and the ciphers of strings and streams.
fn ciphers(document: &Document<'_>, said: &Node<'_>, version: i64) -> Result<(usize, Cipher, Cipher), Wrong> {
    let bits = document.get(said, b"Length").and_then(|length| length.size()).unwrap_or(40);
    match version {
        1 => Ok((5, Cipher::Rc4, Cipher::Rc4)),
        2 | 3 => Ok(((bits / 8).clamp(5, 16), Cipher::Rc4, Cipher::Rc4)),
        4 | 5 => {
            let length = if version == 5 { 32 } else { 16 };
            Ok((length, named(document, said, b"StrF")?, named(document, said, b"StmF")?))
        }
        _ => Err(Wrong::Encryption),
    }
}

/// The cipher of one of the file's own filters.
fn named(document: &Document<'_>, said: &Node<'_>, key: &[u8]) -> Result<Cipher, Wrong> {
    let Some(name) = document.get(said, key) else { return Ok(Cipher::Identity) };
    let name = name.name().unwrap_or(b"Identity").to_vec();
    if name == b"Identity" {
        return Ok(Cipher::Identity);
    }
    let filter = document.get(said, b"CF").and_then(|filters| document.get(&filters, &name));
    let method = filter.and_then(|filter| document.get(&filter, b"CFM"));
    match method.as_ref().and_then(Node::name) {
        Some(b"V2") => Ok(Cipher::Rc4),
        Some(b"AESV2") => Ok(Cipher::Aes128),
        Some(b"AESV3") => Ok(Cipher::Aes256),
        Some(b"None") => Ok(Cipher::Identity),
        _ => Err(Wrong::Encryption),
    }
}

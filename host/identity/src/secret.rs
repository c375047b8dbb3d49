//! Secrets of 256 random bits: shown once, kept as their SHA-256.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use vestry_storage::Hash;

use crate::IdentityError;

/// The SHA-256 of a session's token: names the session, opens nothing.
pub type SessionHash = Hash;

macro_rules! secret {
    ($(#[$docs:meta])* $name:ident, $prefix:literal) => {
        $(#[$docs])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name([u8; 32]);

        impl $name {
            /// A new one.
            ///
            /// # Errors
            /// Where the system has no random numbers.
            pub fn generate() -> Result<Self, IdentityError> {
                let mut bytes = [0; 32];
                getrandom::fill(&mut bytes)?;
                Ok(Self(bytes))
            }

            /// Reads what [`expose`](Self::expose) wrote; none for anything else.
            pub fn parse(text: &str) -> Option<Self> {
                let encoded = text.strip_prefix($prefix)?.as_bytes();
                if encoded.len() != 43 {
                    return None;
                }
                let mut bytes = [0; 32];
                match BASE64URL_NOPAD.decode_mut(encoded, &mut bytes) {
                    Ok(32) => Some(Self(bytes)),
                    _ => None,
                }
            }

            /// The secret as text. For the one it belongs to, nobody else and no log.
            pub fn expose(&self) -> String {
                format!("{}{}", $prefix, BASE64URL_NOPAD.encode(&self.0))
            }

            /// What is stored.
            pub fn hash(&self) -> Hash {
                Sha256::digest(self.0).into()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(concat!(stringify!($name), "(...)"))
            }
        }
    };
}

secret! {
    /// What a browser holds for a session.
    SessionToken, ""
}
secret! {
    /// What a program sends as `Authorization: Bearer vestry_...`. The prefix lets scanners find ones that leaked.
    BearerToken, "vestry_"
}
secret! {
    /// The secret part of a link that works once.
    LinkToken, ""
}

#[cfg(test)]
mod tests {
    use super::{BearerToken, SessionToken};

    #[test]
    fn a_secret_is_read_back_and_not_printed() {
        let token = BearerToken::generate().unwrap();
        let text = token.expose();
        assert!(text.starts_with("vestry_") && text.len() == 50);
        assert_eq!(BearerToken::parse(&text).unwrap().hash(), token.hash());
        assert_eq!(format!("{token:?}"), "BearerToken(...)");
        assert_ne!(BearerToken::generate().unwrap().hash(), token.hash());
    }

    #[test]
    fn anything_else_is_no_secret() {
        let text = SessionToken::generate().unwrap().expose();
        assert!(SessionToken::parse(&text).is_some());
        assert!(BearerToken::parse(&text).is_none());
        for wrong in
            ["", "x", &text[1..], &format!("{text}A"), &format!("{}=", &text[1..]), &text.replace(|_: char| true, "*")]
        {
            assert!(SessionToken::parse(wrong).is_none(), "{wrong:?}");
        }
    }
}

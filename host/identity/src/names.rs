//! Names that come from outside, parsed once.

use std::fmt;

use data_encoding::BASE32_DNSSEC;
use vestry_phrases::phrase;

use crate::{IdentityError, Invalid, What};

/// What the newtypes over text have in common.
macro_rules! text {
    ($name:ident) => {
        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = Invalid;

            fn from_str(text: &str) -> Result<Self, Invalid> {
                Self::parse(text)
            }
        }
    };
}
pub(crate) use text;

/// An account's id: lower-case letters and digits, chosen at random.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(String);
text!(AccountId);

impl AccountId {
    /// # Errors
    /// Where the text cannot be an id.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let plain = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        match plain && (1..=64).contains(&text.len()) {
            true => Ok(Self(text.to_owned())),
            false => Err(Invalid {
                what: What::Account,
                sentence: "The account's id has 1 to 64 lower-case letters and digits.",
            }),
        }
    }

    /// A new one.
    ///
    /// # Errors
    /// Where the system has no random numbers.
    pub fn generate() -> Result<Self, IdentityError> {
        // 80 bits: among a million accounts, two alike once in a trillion tries.
        let mut bytes = [0; 10];
        getrandom::fill(&mut bytes)?;
        Ok(Self(BASE32_DNSSEC.encode(&bytes)))
    }
}

/// An e-mail address, trimmed and lower-case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Email(String);
text!(Email);

impl Email {
    /// Takes what mail servers take in practice; whether anyone reads there only a mail can tell.
    ///
    /// # Errors
    /// Where the text cannot be an e-mail address.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let invalid = |sentence| Invalid { what: What::Email, sentence };
        let email = text.trim().to_lowercase();
        if email.is_empty() {
            return Err(invalid(phrase!("The e-mail address is missing.")));
        }
        if email.len() > 254 {
            return Err(invalid(phrase!("The e-mail address has at most 254 bytes.")));
        }
        let odd = |character: char| {
            character.is_whitespace() || character.is_control() || "()<>,;:\\\"[]".contains(character)
        };
        if email.contains(odd) {
            return Err(invalid(phrase!("The e-mail address has no spaces, quotes, brackets, commas or colons.")));
        }
        let (local, domain) = email
            .rsplit_once('@')
            .ok_or(invalid(phrase!("The e-mail address needs one @ between a name and a domain.")))?;
        if local.is_empty() || local.contains('@') || local.len() > 64 {
            return Err(invalid(phrase!("The e-mail address needs a name of 1 to 64 bytes before its one @.")));
        }
        if local.starts_with('.') || local.ends_with('.') || local.contains("..") {
            return Err(invalid(phrase!("The e-mail address has dots only between other characters.")));
        }
        let label = |label: &str| {
            let plain = label.chars().all(|character| character.is_alphanumeric() || character == '-');
            plain && !label.is_empty() && label.len() <= 63 && !label.starts_with('-') && !label.ends_with('-')
        };
        if !domain.split('.').all(label) {
            return Err(invalid(phrase!("The e-mail address needs a domain such as example.org after the @.")));
        }
        Ok(Self(email))
    }
}

/// What a person is called.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name(String);
text!(Name);

impl Name {
    /// # Errors
    /// Where nothing is left after trimming, it is too long or holds control characters.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let invalid = |sentence| Invalid { what: What::Name, sentence };
        let name = text.trim();
        match name.chars().count() {
            0 => Err(invalid(phrase!("The name is missing."))),
            1..=200 if name.contains(unseen) => {
                Err(invalid(phrase!("The name has no line breaks or other invisible characters.")))
            }
            1..=200 => Ok(Self(name.to_owned())),
            _ => Err(invalid(phrase!("The name has at most 200 characters."))),
        }
    }
}

/// Control characters, and those which turn the direction of the text around them.
fn unseen(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// A privilege's name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Privilege(String);
text!(Privilege);

impl Privilege {
    /// # Errors
    /// Where the text cannot name a privilege.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let plain = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        let edges = text.starts_with(|first: char| first.is_ascii_lowercase()) && !text.ends_with('-');
        match plain && edges && text.len() <= 40 {
            true => Ok(Self(text.to_owned())),
            false => Err(Invalid {
                what: What::Privilege,
                sentence: "The name of the privilege has 1 to 40 lower-case letters, digits and dashes between them, and starts with \
                           a letter.",
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AccountId, Email, Name, Privilege};

    #[test]
    fn addresses_are_normalised() {
        assert_eq!(Email::parse("  Anna.B+x@Example.ORG ").unwrap().as_str(), "anna.b+x@example.org");
        assert_eq!(Email::parse("o'brien@localhost").unwrap().as_str(), "o'brien@localhost");
    }

    #[test]
    fn what_is_no_address_is_refused_with_a_reason() {
        let refused = [
            "",
            " ",
            "anna",
            "@example.org",
            "anna@",
            "a@b@c.org",
            "a b@c.org",
            "a@-c.org",
            "a@c..org",
            ".a@c.org",
            "a..b@c.org",
        ];
        for text in refused {
            let refusal = Email::parse(text).unwrap_err().to_string();
            assert!(refusal.starts_with("the e-mail address "), "{text}: {refusal}");
        }
        assert!(Email::parse(&format!("{}@example.org", "a".repeat(65))).is_err());
        assert!(Email::parse("a<script>@example.org").is_err());
    }

    #[test]
    fn names_are_trimmed_and_visible() {
        assert_eq!(Name::parse(" Åsa  Öberg ").unwrap().as_str(), "Åsa  Öberg");
        for text in ["", "  ", "a\nb", "a\u{202E}b"] {
            assert!(Name::parse(text).is_err(), "{text:?}");
        }
        assert!(Name::parse(&"x".repeat(201)).is_err());
    }

    #[test]
    fn ids_and_privileges_hold_no_separators() {
        assert!(Privilege::parse("case-worker2").is_ok());
        for text in ["", "Admin", "a b", "-a", "a-", "2a", "a_b"] {
            assert!(Privilege::parse(text).is_err(), "{text:?}");
        }
        let id = AccountId::generate().unwrap();
        assert_eq!(AccountId::parse(id.as_str()).unwrap(), id);
        assert_ne!(AccountId::generate().unwrap(), id);
        assert!(AccountId::parse("a/b").is_err());
    }
}

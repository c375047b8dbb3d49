//! Addresses, as far as this program sends to them.

use std::fmt;
use std::str::FromStr;

use lettre::message::Mailbox;

use crate::line::is_unfit;

/// The longest address, in bytes (RFC 5321, section 4.5.3.1.3, without the angle brackets).
const LONGEST: usize = 254;

/// An e-mail address. Quoted local parts (RFC 5321, section 4.1.2) are not taken: nobody has one, and servers disagree
/// about what they mean.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address(lettre::Address);

/// Why a text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("an e-mail address has at most {LONGEST} bytes")]
    TooLong,
    #[error("it is not an e-mail address; write it like anna@example.org")]
    Malformed,
    #[error("it is not a sender; write it like anna@example.org, or Vestry <vestry@example.org>")]
    Sender,
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.len() > LONGEST {
            return Err(AddressError::TooLong);
        }
        let unfit = |character: char| {
            is_unfit(character)
                || character.is_whitespace()
                || matches!(character, '"' | '<' | '>' | '(' | ')' | ',' | ';' | '\\')
        };
        if text.contains(unfit) {
            return Err(AddressError::Malformed);
        }
        text.parse().map(Self).map_err(|_| AddressError::Malformed)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl Address {
    /// What is behind the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.domain()
    }

    pub(crate) fn of_lettre(&self) -> lettre::Address {
        self.0.clone()
    }
}

/// Who mails come from: an address, with a name or without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    name: Option<String>,
    address: Address,
}

impl FromStr for Sender {
    type Err = AddressError;

    /// Reads `vestry@example.org` or `Vestry <vestry@example.org>`.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let (name, address) = match text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
            Some((name, address)) => (name.trim().trim_matches('"'), address),
            None => ("", text),
        };
        let address = address.parse().map_err(|_| AddressError::Sender)?;
        if name.contains(is_unfit) || name.len() > LONGEST {
            return Err(AddressError::Sender);
        }
        Ok(Self { name: (!name.is_empty()).then(|| name.to_owned()), address })
    }
}

impl fmt::Display for Sender {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(formatter, "{name} <{}>", self.address),
            None => self.address.fmt(formatter),
        }
    }
}

impl Sender {
    /// Where nobody has said who mails come from: an address that no mail leaves the machine with.
    #[must_use]
    pub fn local() -> Self {
        Self { name: Some("Vestry".into()), address: Address(lettre::Address::new_dangerous("vestry", "localhost")) }
    }

    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    pub(crate) fn mailbox(&self) -> Mailbox {
        Mailbox::new(self.name.clone(), self.address.of_lettre())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_addresses_are_taken() {
        for good in [
            "anna@example.org",
            "a.b+c@sub.example.org",
            "o'neil@example.org",
            "jürgen@example.org",
            "a@bücher.example",
        ] {
            assert_eq!(good.parse::<Address>().unwrap().to_string(), good);
        }
    }

    #[test]
    fn what_could_end_a_line_or_an_address_is_refused() {
        let bad = [
            "",
            "anna",
            "@example.org",
            "anna@",
            "a@b@c",
            "a b@example.org",
            "anna@exam ple.org",
            "anna@example.org\r\nBcc: x@y.z",
            "anna@example.org\n",
            "\"a b\"@example.org",
            "a>b@example.org",
            "a@example.org>",
            "<a@example.org>",
            "a,b@example.org",
            "a@b.org,c@d.org",
            "anna\0@example.org",
            "anna\u{202e}@example.org",
            "anna(x)@example.org",
            "a@-example.org",
            "a\\b@c.de",
        ];
        for bad in bad {
            assert_eq!(bad.parse::<Address>(), Err(AddressError::Malformed), "{bad:?}");
        }
        assert_eq!(format!("a@{}.org", "b".repeat(250)).parse::<Address>(), Err(AddressError::TooLong));
    }

    #[test]
    fn a_sender_has_a_name_or_none() {
        for (text, shown) in [
            ("Vestry <vestry@example.org>", "Vestry <vestry@example.org>"),
            ("\"St. Mary's, Vestry\" <v@example.org>", "St. Mary's, Vestry <v@example.org>"),
            ("v@example.org", "v@example.org"),
            ("<v@example.org>", "v@example.org"),
        ] {
            assert_eq!(text.parse::<Sender>().unwrap().to_string(), shown);
        }
        assert_eq!(Sender::local().to_string().parse::<Sender>().unwrap(), Sender::local());
        for bad in [
            "",
            "Vestry",
            "Vestry <>",
            "Vestry <v@example.org",
            "Ve\r\nstry <v@example.org>",
            "Vestry <v@example.org> x",
        ] {
            assert_eq!(bad.parse::<Sender>(), Err(AddressError::Sender), "{bad:?}");
        }
    }
}

//! Which passwords may be chosen: long ones, that are not the first ones tried.
//!
//! Deliberately not done: rules about digits and signs, and expiry. They make people choose worse ones.

use vestry_phrases::phrase;
use vestry_storage::fold;

use crate::common_passwords::is_common;
use crate::{Invalid, What};

/// Characters of a password at least; 15 are what the page recommends.
pub const MIN_PASSWORD: usize = 8;
/// Characters at most, so that nobody makes the server hash books.
const LONGEST: usize = 256;

/// A password that may be chosen.
#[derive(Clone)]
pub struct NewPassword(String);

impl NewPassword {
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn parse(password: &str, email: &str, name: &str) -> Result<Self, Invalid> {
        let invalid = |sentence| Invalid { what: What::Password, sentence };
        match password.chars().count() {
            MIN_PASSWORD..=LONGEST => (),
            0..MIN_PASSWORD => {
                return Err(invalid(phrase!("The password needs at least 8 characters; 15 or more are better.")));
            }
            _ => return Err(invalid(phrase!("The password has at most 256 characters."))),
        }
        let folded = fold(password);
        let mut characters = folded.chars();
        let first = characters.next();
        if characters.all(|character| Some(character) == first) {
            return Err(invalid(phrase!("The password is one character again and again.")));
        }
        if is_common(&folded) {
            return Err(invalid(phrase!("The password is one of those that everyone tries first.")));
        }
        if own(email, name).contains(&folded) {
            return Err(invalid(phrase!("The password must not be your name or e-mail address.")));
        }
        Ok(Self(password.to_owned()))
    }

    /// The password itself, to hash it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

/// What is known about a person by everyone.
fn own(email: &str, name: &str) -> Vec<String> {
    let (email, name) = (fold(email), fold(name));
    let local = email.split('@').next().unwrap_or_default().to_owned();
    let joined = name.split_whitespace().collect();
    vec![email, local, name, joined]
}

impl std::fmt::Debug for NewPassword {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("NewPassword(...)")
    }
}

#[cfg(test)]
mod tests {
    use super::NewPassword;

    fn parse(password: &str) -> Result<NewPassword, String> {
        NewPassword::parse(password, "anna.berg@example.org", "Anna Berg").map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn length_is_all_that_is_asked_for() {
        assert!(parse("kürzeste").is_ok());
        assert!(parse("many plain words in a row").is_ok());
        assert!(parse(&"ab".repeat(128)).is_ok());
        assert!(parse("kürzest").unwrap_err().contains("at least 8"));
        assert!(parse(&"ab".repeat(129)).unwrap_err().contains("at most 256"));
    }

    #[test]
    fn what_everyone_would_try_is_refused() {
        for password in ["password", "Password123", "QWERTYUIOP", "ｐａｓｓｗｏｒｄ", "zzzzzzzzzzzz"] {
            assert!(parse(password).is_err(), "{password}");
        }
        for password in ["anna.berg@example.org", "Anna.Berg", "anna berg", "AnnaBerg"] {
            assert!(parse(password).unwrap_err().contains("your name"), "{password}");
        }
    }

    #[test]
    fn it_is_not_printed() {
        assert_eq!(format!("{:?}", parse("many plain words").unwrap()), "NewPassword(...)");
    }
}

//! What the host says no to, as sentences on the page.

use vestry_sdk::prelude::*;
use vestry_sdk::ui::Page;

/// The name of errors that belong to no field.
pub const NOWHERE: &str = "";

/// The sentence of a failure stands at `field` from now on. What the host asks the person itself (`confirm`), and faults,
/// are passed on.
pub fn said_at<T>(field: &str, result: Result<T>) -> Result<T> {
    result.map_err(|failure| match failure {
        Failure::Denied(sentence)
        | Failure::NotFound(sentence)
        | Failure::Conflict(sentence)
        | Failure::Exhausted(sentence)
        | Failure::Unavailable(sentence) => invalid(field, sentence_of(&sentence)),
        other => other,
    })
}

/// With a capital and a full stop, as a sentence stands on a page; a name, an id or an address in front stays as it is.
fn sentence_of(words: &str) -> Text {
    let first = words.split_whitespace().next().unwrap_or_default();
    let mut letters = words.chars();
    let start = match letters.next() {
        Some(letter) if first.chars().all(char::is_alphabetic) => letter.to_uppercase().collect(),
        Some(letter) => letter.to_string(),
        None => String::new(),
    };
    stopped(&[&start, letters.as_str()].concat())
}

/// With a full stop, and else as the host says it: it may begin with the name of somebody's file.
pub fn stopped(words: &str) -> Text {
    let end = if words.ends_with(['.', '!', '?']) { "" } else { "." };
    data([words, end].concat())
}

/// The errors that none of these fields shows, each as a notice.
pub fn notices(page: Page, errors: &[FieldError], fields: &[&str]) -> Page {
    let homeless = errors.iter().filter(|error| !fields.contains(&error.field.as_str()));
    homeless.enumerate().fold(page, |page, (index, error)| {
        page.block(format!("problem-{}", index + 1), notice(Level::Danger, error.message.clone()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_host_says_becomes_a_sentence() {
        let said = |words: &str| sentence_of(words).plain();
        assert_eq!(said("somebody was quicker"), "Somebody was quicker.");
        assert_eq!(said("/tools is taken; choose another"), "/tools is taken; choose another.");
        assert_eq!(said("org.example.a needs it."), "org.example.a needs it.");
    }

    #[test]
    fn what_the_host_asks_itself_is_passed_on() {
        let confirm = || Failure::Confirm("ticket".to_owned());
        assert_eq!(said_at::<()>("field", Err(confirm())), Err(confirm()));
        assert_eq!(said_at::<()>("field", Err(Failure::conflict("taken"))), Err(invalid("field", data("Taken."))));
    }
}

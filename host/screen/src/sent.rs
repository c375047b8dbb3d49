//! What a form sends that HTML has no words for: other verbs than GET and POST, and several fields behind one button.
//!
//! A submit button can carry one name and one value. Where an action has more to say, it carries the field `_with`,
//! whose value is itself a form in URL encoding. The verbs PUT, PATCH and DELETE travel as `_method`.

use url::form_urlencoded;
use vestry_contract::registration::Verb;

/// A form as the plugin is meant to see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The verb that was meant where it is neither GET nor POST.
    pub verb: Option<Verb>,
    /// All fields, in order, without the two that only the host knows.
    pub fields: Vec<(String, String)>,
}

/// Opens `_with` (once: what is inside is taken as it is) and takes `_method` out.
pub fn unfold(pairs: impl IntoIterator<Item = (String, String)>) -> Sent {
    let mut sent = Sent { verb: None, fields: Vec::new() };
    for (name, value) in pairs {
        if name == "_with" {
            for (name, value) in form_urlencoded::parse(value.as_bytes()) {
                sent.take(name.into_owned(), value.into_owned());
            }
        } else {
            sent.take(name, value);
        }
    }
    sent
}

impl Sent {
    fn take(&mut self, name: String, value: String) {
        if name != "_method" {
            self.fields.push((name, value));
            return;
        }
        self.verb = match value.as_str() {
            "put" => Some(Verb::Put),
            "patch" => Some(Verb::Patch),
            "delete" => Some(Verb::Delete),
            _ => self.verb,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_carries_a_verb_and_several_fields() {
        let sent = unfold([("key".into(), "7".into()), ("_with".into(), "_method=delete&a=1&b=x%26y".into())]);
        assert_eq!(sent.verb, Some(Verb::Delete));
        let fields: Vec<_> = sent.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(fields, [("key", "7"), ("a", "1"), ("b", "x&y")]);
    }

    #[test]
    fn an_unknown_verb_changes_nothing() {
        assert_eq!(unfold([("_method".into(), "trace".into())]), Sent { verb: None, fields: vec![] });
    }
}

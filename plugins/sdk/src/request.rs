//! Reading what was asked: parameters of the path, query, form, and who asks.

use std::str::FromStr;

use crate::exchange::{Request, Upload};
use crate::failure::{Result, invalid};

/// One value that a person sent, or none, with the name that an error is shown at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value<'a> {
    name: &'a str,
    value: Option<&'a str>,
}

impl<'a> Value<'a> {
    /// As it came; empty where nothing came.
    pub fn text(self) -> &'a str {
        self.value.unwrap_or_default()
    }

    /// Without blanks around it; none where nothing is left.
    pub fn optional(self) -> Option<&'a str> {
        self.value.map(str::trim).filter(|value| !value.is_empty())
    }

    /// Without blanks around it.
    ///
    /// # Errors
    /// `invalid` where nothing is left.
    pub fn required(self) -> Result<&'a str> {
        self.optional().ok_or_else(|| invalid(self.name, "This is needed."))
    }

    /// A number, or anything else that is read with [`FromStr`].
    ///
    /// # Errors
    /// `invalid` where nothing was sent or it cannot be read as `T`.
    pub fn number<T: FromStr>(self) -> Result<T> {
        self.required()?.parse().map_err(|_| invalid(self.name, "This is not a number of the right kind."))
    }

    /// Whether a check box was ticked, or the value is `1`.
    pub fn is_ticked(self) -> bool {
        matches!(self.value, Some("1" | "on" | "true"))
    }
}

fn first<'a>(pairs: &'a [(String, String)], name: &'a str) -> Value<'a> {
    let value = pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    Value { name, value }
}

impl Request {
    /// A parameter of the route's path, percent-decoded; empty where the path has none of that name.
    pub fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The first value of that name in the URL's query.
    pub fn query<'a>(&'a self, name: &'a str) -> Value<'a> {
        first(&self.query, name)
    }

    /// The first value of that name in the form that was sent.
    pub fn form<'a>(&'a self, name: &'a str) -> Value<'a> {
        first(&self.form, name)
    }

    /// Every value of that name in the form: ticked boxes, ticked rows.
    pub fn form_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.form.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The first file sent in that field.
    pub fn upload(&self, field: &str) -> Option<(u32, &Upload)> {
        (0..).zip(&self.uploads).find(|(_, upload)| upload.field == field)
    }

    /// The name of who asks; empty for a visitor, and where the plugin was not granted `identity`.
    pub fn actor_name(&self) -> &str {
        self.actor.as_ref().map_or("", |actor| &actor.name)
    }

    /// Whether who asks holds this permission: to show what they can do. The host checks again when it is done.
    pub fn may(&self, permission: &str) -> bool {
        self.actor.as_ref().is_some_and(|actor| actor.permissions.iter().any(|held| held == permission))
    }
}

#[cfg(test)]
pub(crate) fn sample(query: &[(&str, &str)], form: &[(&str, &str)]) -> Request {
    let pairs = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Request {
        id: "r1".to_owned(),
        route: "home".to_owned(),
        params: vec![],
        query: pairs(query),
        form: pairs(form),
        content_type: String::new(),
        body: vec![],
        uploads: vec![],
        actor: None,
        visitor: "v1".to_owned(),
        language: "en".to_owned(),
        time_zone: "Etc/UTC".to_owned(),
        extra: vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Failure;

    #[test]
    fn values_are_trimmed_and_errors_name_the_field() {
        let request =
            sample(&[("page", "3")], &[("name", "  Ada "), ("blank", "  "), ("n", "x"), ("k", "1"), ("k", "2")]);
        assert_eq!(request.form("name").required(), Ok("Ada"));
        assert_eq!(request.query("page").number::<u8>(), Ok(3));
        assert!(matches!(request.form("blank").required(), Err(Failure::Invalid(e)) if e[0].field == "blank"));
        assert!(matches!(request.form("n").number::<i32>(), Err(Failure::Invalid(e)) if e[0].field == "n"));
        assert_eq!(request.form_all("k").collect::<Vec<_>>(), ["1", "2"]);
        assert!(request.form("k").is_ticked() && !request.form("absent").is_ticked());
    }

    #[test]
    fn a_visitor_may_nothing() {
        assert!(!sample(&[], &[]).may("users.read"));
    }
}

//! Where links and buttons lead. What leads nowhere, or where this actor may not go, is not drawn.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Serialize;
use url::{Url, form_urlencoded};
use vestry_contract::registration::Verb;
use vestry_contract::ui::{Action, RouteRef, Target};

use crate::cell::level_name;
use crate::place::Place;

/// The host's page that shows an external address before it is followed; the address is its query field `to`.
pub const LEAVE_PATH: &str = "/leave";

/// The field of a form's query that says which version of its plugin drew it.
pub const DRAWN_BY: &str = "drawn-by";

/// What a path segment may not hold as it is.
const SEGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'/')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}')
    .add(b';')
    .add(b'&')
    .add(b'+')
    .add(b'\'');

/// A value as one segment of a path. No encoding keeps a browser from climbing by `.` and `..` (WHATWG URL takes `%2e` for
/// a dot), so these two are encoded twice: they lead to a page that does not exist, not to another one.
pub(crate) fn segment(value: &str) -> String {
    match value {
        "." => "%252E".to_owned(),
        ".." => "%252E%252E".to_owned(),
        _ => utf8_percent_encode(value, SEGMENT).to_string(),
    }
}

/// Pairs as a query, without the question mark.
pub(crate) fn query<'v>(pairs: impl IntoIterator<Item = (&'v str, &'v str)>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn with_query(path: String, query: &str) -> String {
    if query.is_empty() { path } else { format!("{path}?{query}") }
}

/// `/users/{id}/edit` with its parameters put in; none when one is missing. `{key}` becomes `key`, as it is, when no
/// parameter has that name: the slot of a row's key.
fn fill_path(pattern: &str, params: &[(String, String)], key: Option<&str>) -> Option<(String, bool)> {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut used_key = false;
    let mut rest = pattern;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let close = open + rest[open..].find('}')?;
        let name = &rest[open + 1..close];
        let (name, wild) = name.strip_prefix('*').map_or((name, false), |name| (name, true));
        match params.iter().find(|(param, _)| param == name) {
            Some((_, value)) if wild => {
                let segments: Vec<_> = value.split('/').map(segment).collect();
                out.push_str(&segments.join("/"));
            }
            Some((_, value)) => out.push_str(&segment(value)),
            None if name == "key" => {
                out.push_str(key?);
                used_key = true;
            }
            None => return None,
        }
        rest = &rest[close + 1..];
    }
    out.push_str(rest);
    // A literal dot beside a parameter can make such a segment too.
    let climbs =
        out.split('/').any(|segment| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | ".."));
    (!climbs).then_some((out, used_key))
}

/// Path of a route that this actor may read.
fn readable(name: &str, params: &[(String, String)], key: Option<&str>, place: &dyn Place) -> Option<(String, bool)> {
    let route = place.route(name).filter(|route| route.allowed && route.verb == Verb::Get)?;
    fill_path(&route.path, params, key)
}

/// Address of a route of this plugin, with its query.
pub fn route_href(route: &RouteRef, place: &dyn Place) -> Option<String> {
    let (path, _) = readable(&route.route, &route.params, None, place)?;
    let pairs = route.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    Some(with_query(path, &query(pairs)))
}

/// The path of a route, `/users/{id}` with the parameters of a reference put in, and its query; none when one is missing.
pub fn fill_route(pattern: &str, route: &RouteRef) -> Option<String> {
    let (path, _) = fill_path(pattern, &route.params, None)?;
    let pairs = route.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    Some(with_query(path, &query(pairs)))
}

/// Address that a row's first cell opens, with `key` where the row's key belongs.
pub(crate) fn open_href(name: &str, key: &str, place: &dyn Place) -> Option<String> {
    let (path, used) = readable(name, &[], Some(key), place)?;
    Some(if used { path } else { format!("{path}?key={key}") })
}

/// The page that shows where an https address leads; none for every other scheme.
pub(crate) fn leave_href(address: &str) -> Option<String> {
    let url = Url::parse(address).ok().filter(|url| url.scheme() == "https" && url.host().is_some())?;
    Some(format!("{LEAVE_PATH}?{}", query([("to", url.as_str())])))
}

/// A link's address and whether it leaves the server.
pub(crate) fn target_href(target: &Target, place: &dyn Place) -> Option<(String, bool)> {
    match target {
        Target::Route(route) => Some((route_href(route, place)?, false)),
        Target::Contributed(id) => Some((place.contributed(id)?, false)),
        Target::External(address) => Some((leave_href(address)?, true)),
    }
}

/// A button as templates and API clients see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Button {
    /// What it says, translated.
    pub label: String,
    /// `neutral`, `primary`, `success`, `warning` or `danger`.
    pub level: &'static str,
    /// `get`, `post`, `put`, `patch` or `delete`.
    pub method: &'static str,
    /// Where it is sent: the path, without `fields`; in HTML with [`DRAWN_BY`], where it is no link.
    pub href: String,
    /// Sent along, as the body or, with `get`, as the query.
    pub fields: Vec<(String, String)>,
    /// Asked before it is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirm: Option<String>,
}

/// Name of a verb as HTML and API clients write it.
pub(crate) fn verb_name(verb: Verb) -> &'static str {
    match verb {
        Verb::Get => "get",
        Verb::Post => "post",
        Verb::Put => "put",
        Verb::Patch => "patch",
        Verb::Delete => "delete",
    }
}

/// An action that this actor may take; none when it leads nowhere.
pub(crate) fn button(action: &Action, place: &dyn Place) -> Option<Button> {
    row_button(action, None, place)
}

/// An action of a table's rows; `key` stands for the row's key in its path.
pub(crate) fn row_button(action: &Action, key: Option<&str>, place: &dyn Place) -> Option<Button> {
    let route = place.route(&action.route).filter(|route| route.allowed)?;
    let (path, _) = fill_path(&route.path, &action.params, key)?;
    let href = match place.drawn_by().filter(|_| route.verb != Verb::Get) {
        Some(version) => with_query(path, &query([(DRAWN_BY, version)])),
        None => path,
    };
    Some(Button {
        label: place.text(&action.label).into_owned(),
        level: level_name(action.level),
        method: verb_name(route.verb),
        href,
        fields: action.values.clone(),
        confirm: action.confirm.as_ref().map(|text| place.text(text).into_owned()),
    })
}

impl Button {
    /// The address of a GET button with its fields as the query.
    pub fn link(&self) -> String {
        let pairs = self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        with_query(self.href.clone(), &query(pairs))
    }

    /// The one field that a submit button can carry itself so that this action's verb and fields reach the host:
    /// nothing, the single field, or `_with`, which [`crate::unfold`] opens again.
    pub fn carried(&self) -> Option<(String, String)> {
        let verb = (!matches!(self.method, "get" | "post")).then_some(("_method", self.method));
        match (verb, self.fields.as_slice()) {
            (None, []) => None,
            (None, [only]) => Some(only.clone()),
            (verb, fields) => {
                let fields = fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                Some(("_with".to_owned(), query(verb.into_iter().chain(fields))))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.into(), value.into())
    }

    #[test]
    fn parameters_are_one_segment_each() {
        let filled = fill_path("/users/{id}/edit", &[pair("id", "../a b?x#\"y")], None);
        assert_eq!(filled, Some(("/users/..%2Fa%20b%3Fx%23%22y/edit".into(), false)));
        assert_eq!(fill_path("/u/{id}", &[pair("id", "..")], None), Some(("/u/%252E%252E".into(), false)));
        assert_eq!(fill_path("/u/.{id}", &[pair("id", "")], None), None);
        assert_eq!(fill_path("/../safe", &[], None), None);
        assert_eq!(fill_path("/u/%2E%2e/safe", &[], None), None);
        assert_eq!(fill_path("/u/{id}", &[], None), None);
    }

    #[test]
    fn a_wild_parameter_keeps_its_slashes_but_not_its_dots() {
        let filled = fill_path("/files/{*rest}", &[pair("rest", "a/../b c")], None);
        assert_eq!(filled, Some(("/files/a/%252E%252E/b%20c".into(), false)));
    }

    #[test]
    fn only_https_leaves() {
        assert_eq!(
            leave_href("https://example.org/a?b=c&d").as_deref(),
            Some("/leave?to=https%3A%2F%2Fexample.org%2Fa%3Fb%3Dc%26d")
        );
        for hostile in
            ["javascript:alert(1)", "http://example.org", "data:text/html,x", "//example.org", " java\nscript:x", "/x"]
        {
            assert_eq!(leave_href(hostile), None, "{hostile}");
        }
    }
}

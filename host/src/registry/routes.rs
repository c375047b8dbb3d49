//! Routes of one plugin: which one a path means, and what it takes.

use vestry_contract::registration::{Route, Verb};

/// Finds routes by verb and path.
#[derive(Debug, Clone, Default)]
pub struct RouteTable {
    by_path: matchit::Router<Vec<(Verb, usize)>>,
}

/// What a path means.
#[derive(Debug, PartialEq, Eq)]
pub enum Matched {
    /// The route at this index, with its parameters.
    Route {
        index: usize,
        params: Vec<(String, String)>,
    },
    /// The path has routes, but none with this verb.
    OtherVerbs(Vec<Verb>),
    Nothing,
}

impl RouteTable {
    /// Makes the table. Routes that cannot be told apart, or whose path is malformed, are left out and named.
    #[must_use]
    pub fn new(routes: &[Route]) -> (Self, Vec<String>) {
        let mut paths: Vec<(&str, Vec<(Verb, usize)>)> = Vec::new();
        let mut refused = Vec::new();
        for (index, route) in routes.iter().enumerate() {
            if !is_path(&route.path) {
                refused.push(format!(
                    "the path `{}` of the route `{}` is not one; write it like /accounts/{{id}}",
                    route.path, route.name
                ));
                continue;
            }
            match paths.iter_mut().find(|(path, _)| *path == route.path) {
                None => paths.push((&route.path, vec![(route.verb, index)])),
                Some((_, verbs)) => match verbs.iter().find(|(verb, _)| *verb == route.verb) {
                    None => verbs.push((route.verb, index)),
                    Some((_, other)) => refused.push(format!(
                        "the routes `{}` and `{}` have the same verb and path; change one",
                        routes[*other].name, route.name
                    )),
                },
            }
        }
        let mut table = Self::default();
        for (path, verbs) in paths {
            if let Err(error) = table.by_path.insert(path, verbs) {
                refused.push(format!("the path `{path}` cannot be served ({error}); write it like /accounts/{{id}}"));
            }
        }
        (table, refused)
    }

    /// The routes that a path has, whatever their verb.
    #[must_use]
    pub fn at(&self, path: &str) -> &[(Verb, usize)] {
        self.by_path.at(path).map_or(&[], |found| found.value.as_slice())
    }

    /// Finds the route for a path that starts with `/` and is still percent-encoded (RFC 3986, section 2.1).
    #[must_use]
    pub fn find(&self, verb: Verb, path: &str) -> Matched {
        let Ok(found) = self.by_path.at(path) else { return Matched::Nothing };
        let Some((_, index)) = found.value.iter().find(|(candidate, _)| *candidate == verb) else {
            return Matched::OtherVerbs(found.value.iter().map(|(verb, _)| *verb).collect());
        };
        let mut params = Vec::new();
        for (name, value) in found.params.iter() {
            match percent_encoding::percent_decode_str(value).decode_utf8() {
                Ok(value) => params.push((name.to_owned(), value.into_owned())),
                Err(_) => return Matched::Nothing,
            }
        }
        Matched::Route { index: *index, params }
    }
}

/// The longest path of a route, in bytes: it is written into every link that leads there.
const LONGEST_PATH: usize = 200;

/// A path inside a mount: no query, no empty segment, and none that a browser would climb by, however it is filled.
fn is_path(path: &str) -> bool {
    path.starts_with('/')
        && path.len() <= LONGEST_PATH
        && !path.contains(['?', '#', '\\'])
        && !path.contains("//")
        && !path.split('/').any(climbs)
}

/// Whether a segment is dots alone, beside its parameters; WHATWG URL takes `%2e` for a dot.
fn climbs(segment: &str) -> bool {
    let mut literal = String::new();
    let mut rest = segment;
    while let Some((before, after)) = rest.split_once('{') {
        literal.push_str(before);
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    literal.push_str(rest);
    let dots = literal.to_ascii_lowercase().replace("%2e", ".");
    !dots.is_empty() && dots.bytes().all(|byte| byte == b'.')
}

#[cfg(test)]
mod tests {
    use vestry_contract::registration::Access;
    use vestry_contract::types::Text;

    use super::*;

    fn route(name: &str, verb: Verb, path: &str) -> Route {
        Route {
            name: name.into(),
            verb,
            path: path.into(),
            access: Access::SignedIn,
            summary: Text::Phrase(String::new()),
            max_body: 0,
            extra: Vec::new(),
        }
    }

    #[test]
    fn verb_and_path_choose_the_route_and_parameters_are_decoded() {
        let (table, refused) = RouteTable::new(&[
            route("list", Verb::Get, "/"),
            route("one", Verb::Get, "/accounts/{id}"),
            route("save", Verb::Post, "/accounts/{id}"),
        ]);
        assert!(refused.is_empty());
        let params = vec![("id".to_owned(), "ä b".to_owned())];
        assert_eq!(table.find(Verb::Post, "/accounts/%C3%A4%20b"), Matched::Route { index: 2, params });
        assert_eq!(table.find(Verb::Delete, "/accounts/1"), Matched::OtherVerbs(vec![Verb::Get, Verb::Post]));
        assert_eq!(table.find(Verb::Get, "/accounts/1/2"), Matched::Nothing);
        assert_eq!(table.find(Verb::Get, "/accounts/%ff"), Matched::Nothing, "not UTF-8");
    }

    #[test]
    fn a_path_does_not_climb_out_of_its_mount() {
        for bad in ["/../safe", "/a/./b", "/%2e%2E/safe", "/.{id}", "/{id}..", "/a?b", "/a//b", "a"] {
            let (_, refused) = RouteTable::new(&[route("a", Verb::Post, bad)]);
            assert_eq!(refused.len(), 1, "{bad}");
        }
        let (_, refused) = RouteTable::new(&[route("a", Verb::Get, "/files/{id}.json")]);
        assert!(refused.is_empty(), "{refused:?}");
    }

    #[test]
    fn what_cannot_be_told_apart_or_served_is_named() {
        let routes = [
            route("a", Verb::Get, "/x"),
            route("b", Verb::Get, "/x"),
            route("c", Verb::Get, "x"),
            route("d", Verb::Get, "/{a}/y"),
            route("e", Verb::Get, "/{b}/y"),
        ];
        let (_, refused) = RouteTable::new(&routes);
        assert_eq!(refused.len(), 3, "{refused:?}");
        assert!(refused.iter().any(|problem| problem.contains("`a` and `b`")), "{refused:?}");
    }
}

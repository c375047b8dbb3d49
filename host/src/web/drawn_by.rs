//! Which version drew the form that is sent: the host writes it into the form's address, and takes it out again before
//! anybody else sees it.
//!
//! A plugin cannot have a field of that name in its queries. What is done with it is the dispatch's; that somebody sends a
//! version of their own choice gives them nothing that they could not have had a quarter of an hour before.

/// Name of the query's field.
pub const FIELD: &str = vestry_screen::DRAWN_BY;
/// A version in it: the first digits of a digest.
const DIGITS: usize = 16;

/// A path with its query, without the field; and what stood in it.
#[must_use]
pub fn taken_from(path_and_query: &str) -> (String, Option<String>) {
    let Some((path, query)) = path_and_query.split_once('?') else { return (path_and_query.to_owned(), None) };
    let mut drawn_by = None;
    let others: Vec<&str> = query
        .split('&')
        .filter(|pair| {
            let ours = url::form_urlencoded::parse(pair.as_bytes()).find(|(name, _)| name == FIELD);
            match ours {
                None => true,
                Some((_, value)) => {
                    drawn_by = drawn_by.take().or_else(|| Some(value.into_owned()).filter(|value| is_version(value)));
                    false
                }
            }
        })
        .collect();
    let left = if others.is_empty() { path.to_owned() } else { format!("{path}?{}", others.join("&")) };
    (left, drawn_by)
}

/// Takes the field out of a query that was read.
pub fn take_out(query: &mut Vec<(String, String)>) {
    query.retain(|(name, _)| name != FIELD);
}

fn is_version(value: &str) -> bool {
    value.len() == DIGITS && value.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERSION: &str = "0123456789abcdef";

    #[test]
    fn the_field_is_taken_out_and_the_rest_stays_as_it_is() {
        let taken = |text: &str| taken_from(text);
        let version = || Some(VERSION.to_owned());
        assert_eq!(taken("/users"), ("/users".into(), None));
        assert_eq!(taken("/users?a=1%20b&c"), ("/users?a=1%20b&c".into(), None));
        assert_eq!(taken(&format!("/users?drawn-by={VERSION}")), ("/users".into(), version()));
        assert_eq!(taken(&format!("/users?a=1&drawn-by={VERSION}&b=2")), ("/users?a=1&b=2".into(), version()));
        assert_eq!(
            taken(&format!("/users?drawn%2Dby={VERSION}&b=")),
            ("/users?b=".into(), version()),
            "written otherwise"
        );
    }

    #[test]
    fn what_is_no_version_is_taken_out_too_and_means_nothing() {
        let long = "0".repeat(1_000);
        for odd in ["", "0123", "0123456789ABCDEF", "0123456789abcdeg", "../../safe", &long] {
            assert_eq!(taken_from(&format!("/users?a=1&drawn-by={odd}")), ("/users?a=1".into(), None), "{odd}");
        }
        let twice = format!("/users?drawn-by=x&drawn-by={VERSION}&drawn-by=ffffffffffffffff");
        assert_eq!(taken_from(&twice), ("/users".into(), Some(VERSION.into())));
        assert_eq!(taken_from("/users?drawn-by=x"), ("/users".into(), None));
        let mut query = vec![("a".to_owned(), "1".to_owned()), (FIELD.to_owned(), "x".to_owned())];
        take_out(&mut query);
        assert_eq!(query.len(), 1);
    }
}

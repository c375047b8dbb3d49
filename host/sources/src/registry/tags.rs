//! The tags of a repository (Distribution Specification 1.1, section "Listing Tags"), page by page.

use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::manifest::shown;
use super::session::Session;
use crate::error::SourceError;

/// Tags of one page, as it is asked for; registries answer as they like.
const PAGE: usize = 500;
/// Pages that are read, their bytes, and the time for all of them. The tags of further ones are not seen.
const MOST_PAGES: usize = 40;
const MOST_PAGE: usize = 1 << 20;
const TIME: Duration = Duration::from_secs(60);
/// The longest tag (section "Pulling manifests").
const LONGEST: usize = 128;

/// `null` where there are none: so answers what most registries run.
#[derive(Deserialize)]
struct Page {
    tags: Option<Vec<String>>,
}

/// All tags, in the registry's order.
pub(super) async fn list(session: &mut Session<'_>) -> Result<Vec<String>, SourceError> {
    let late =
        |_| Err(SourceError::Unavailable("the registry takes too long to list its tags: try again later".into()));
    tokio::time::timeout(TIME, pages(session)).await.unwrap_or_else(late)
}

async fn pages(session: &mut Session<'_>) -> Result<Vec<String>, SourceError> {
    let mut tags = Vec::new();
    let mut url = session.url(&format!("tags/list?n={PAGE}"));
    for _ in 0..MOST_PAGES {
        let incoming = session.get(&url, "application/json", "list of tags", session.soon(MOST_PAGE)).await?;
        let next = incoming.header("link").and_then(|link| next(link, &incoming.url));
        let origin = incoming.origin.clone();
        let page: Page = serde_json::from_slice(&incoming.rest().await?).map_err(|error| {
            SourceError::Content(format!("the list of tags of {origin} cannot be read: {}", shown(&error.to_string())))
        })?;
        tags.extend(page.tags.unwrap_or_default().into_iter().filter(|tag| is_tag(tag)));
        match next {
            // Access must not follow to wherever a page points.
            Some(next) if session.is_own(&next) => url = next.into(),
            _ => break,
        }
    }
    Ok(tags)
}

/// Where the next page is (RFC 8288).
fn next(link: &str, from: &Url) -> Option<Url> {
    let (address, parameters) = link.trim_start().strip_prefix('<')?.split_once('>')?;
    let is_next =
        parameters.split(';').any(|parameter| parameter.trim().replace('"', "").eq_ignore_ascii_case("rel=next"));
    from.join(address).ok().filter(|_| is_next)
}

fn is_tag(tag: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let rest = |byte: u8| is_word(byte) || byte == b'.' || byte == b'-';
    tag.len() <= LONGEST && tag.bytes().next().is_some_and(is_word) && tag.bytes().all(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_read_where_they_lead_on() {
        let from = Url::parse("https://registry.example.org/v2/team/hello/tags/list?n=2").unwrap();
        let next = |link: &str| next(link, &from).map(String::from);
        let expected = Some("https://registry.example.org/v2/team/hello/tags/list?last=b&n=2".to_owned());
        for link in [
            "</v2/team/hello/tags/list?last=b&n=2>; rel=\"next\"",
            "<?last=b&n=2>;rel=next",
            "<https://registry.example.org/v2/team/hello/tags/list?last=b&n=2>; title=x; REL=\"next\"",
        ] {
            assert_eq!(next(link), expected, "{link}");
        }
        for link in ["", "/v2/x", "<x", "</x>", "</x>; rel=\"prev\"", "<http://[>; rel=next"] {
            assert_eq!(next(link), None, "{link}");
        }
    }

    #[test]
    fn tags_that_are_none_are_left_out() {
        for (tag, expected) in [
            ("1.2.0", true),
            ("_x-Y.z", true),
            ("", false),
            (".hidden", false),
            ("-x", false),
            ("a/../../b", false),
            ("a b", false),
            ("a\r\nb", false),
            ("\u{e4}", false),
        ] {
            assert_eq!(is_tag(tag), expected, "{tag}");
        }
        assert!(is_tag(&"a".repeat(128)) && !is_tag(&"a".repeat(129)));
    }
}

//! A package from a Git repository, in two steps: its address, and what opens it where it is private; then branch or tag, and
//! the path. What opens it is sent once, to the host, which keeps it; it is not in the second page.

use vestry_sdk::packages::{self, Reference, Source};
use vestry_sdk::prelude::*;

use super::{USER, access, page, with_access};
use crate::failing::said_at;
use crate::orders::Order;

const URL: &str = "url";
const REFERENCE: &str = "reference";
const COMMIT: &str = "commit";
const PATH: &str = "path";

/// The form of the first step, with an address that was typed before, and what of it.
pub fn form(url: &str, user: &str, reference: &str, path: &str) -> Form {
    let address = Field::text(URL, "Address")
        .value(url)
        .required()
        .placeholder("https://example.org/team/hello.git")
        .help("As you would clone it: https, or file for a repository on the server.");
    let form = Form::new(Action::new("Show branches and tags", "git-references").primary()).field(address);
    with_access(form, user).field(Field::hidden(REFERENCE, reference)).field(Field::hidden(PATH, path))
}

pub fn show(request: &Request) -> Result<Page> {
    let sent = |name| request.query(name).text();
    Ok(first(form(&without_access(sent(URL)), "", sent(REFERENCE), sent(PATH))))
}

fn first(form: Form) -> Page {
    page("Install from Git", form)
}

pub fn references(request: &Request) -> Result<Response> {
    let sent = |name| request.form(name).text();
    looked_up(request).or_invalid(|errors| {
        let url = without_access(sent(URL));
        let form = form(&url, sent(USER), sent(REFERENCE), sent(PATH)).errors(errors);
        Ok(first(form))
    })
}

fn looked_up(request: &Request) -> Result<Page> {
    let mut errors = Errors::default();
    let url = errors.keep(request.form(URL).required());
    let access = errors.keep(access(request));
    errors.none()?;
    let found = said_at(URL, packages::references(&Source::git(url, "", ""), access.as_ref()))?;
    let sent = |name| request.form(name).text();
    Ok(second(&without_access(url), choose(&without_access(url), &found, sent(REFERENCE), sent(PATH))))
}

/// The page of the second step.
fn second(url: &str, form: Form) -> Page {
    page("Install from Git", form).action(Action::new("Another address", "git").value(URL, url))
}

/// Its form: what the repository has to offer, and the path.
fn choose(url: &str, found: &[Reference], reference: &str, path: &str) -> Form {
    let named = found.iter().map(|reference| Choice::new(&reference.name, label(reference)));
    let choices = [Choice::new("", "The default branch")].into_iter().chain(named);
    Form::new(Action::new("Look at it", "git-fetch").primary())
        .prose(text!("The repository {url}", url))
        .field(Field::select(REFERENCE, "Branch or tag", choices).value(reference))
        .field(
            Field::text(COMMIT, "Or a commit")
                .max_length(40)
                .help("Its 40 digits. Then the choice above does not count."),
        )
        .field(
            Field::text(PATH, "Path")
                .value(path)
                .placeholder("dist/hello.wasm")
                .help("Of the .wasm or .zip, from the root of the repository. Leave it empty where there is just one."),
        )
        .field(Field::hidden(URL, url))
}

fn label(reference: &Reference) -> Text {
    let name = &reference.name;
    match reference.kind.as_str() {
        "branch" => text!("{name} (branch)", name),
        "tag" => text!("{name} (tag)", name),
        kind => text!("{name} ({kind})", name, kind),
    }
}

pub fn fetch(request: &Request) -> Result<Response> {
    ordered(request).or_invalid(|errors| {
        let url = without_access(request.form(URL).text());
        let chosen = reference(request);
        // Asked once more, so that the choice is there again; where that fails too, what was chosen is.
        let found = packages::references(&Source::git(&url, "", ""), None).unwrap_or_else(|_| just(chosen));
        let form = choose(&url, &found, "", "").refill(request).errors(errors);
        Ok(second(&url, form))
    })
}

fn just(chosen: &str) -> Vec<Reference> {
    let (name, kind, target) = (chosen.to_owned(), String::new(), String::new());
    if chosen.is_empty() { vec![] } else { vec![Reference { name, kind, target }] }
}

fn ordered(request: &Request) -> Result<Redirect> {
    let url = request.form(URL).required()?;
    let (reference, path) = (reference(request), request.form(PATH).optional().unwrap_or_default());
    let job = said_at(REFERENCE, packages::fetch(&Source::git(url, reference, path), None))?;
    let (reference, path) = (reference.to_owned(), path.to_owned());
    Order::Git { url: without_access(url), reference, path }.remember(&job)
}

/// The commit, else what was chosen.
fn reference(request: &Request) -> &str {
    let chosen = || request.form(REFERENCE).optional();
    request.form(COMMIT).optional().or_else(chosen).unwrap_or_default()
}

/// An address without user and token, to be shown: the host takes them from what was typed.
fn without_access(url: &str) -> String {
    let url = url.trim();
    let start = url.find("://").map_or(0, |colon| colon + 3);
    let (scheme, rest) = url.split_at(start);
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    [scheme, host, path].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_opens_a_source_is_not_shown() {
        let shown = |url| without_access(url);
        assert_eq!(shown("https://ada:s3cret@example.org/a.git"), "https://example.org/a.git");
        assert_eq!(shown(" https://s3cret@example.org:8443 "), "https://example.org:8443");
        assert_eq!(shown("https://a@s3cret@example.org/x@y"), "https://example.org/x@y");
        assert_eq!(shown("https://example.org/a@b.git"), "https://example.org/a@b.git");
        assert_eq!(shown("https://ada:s3cret@example.org?q#f"), "https://example.org?q#f");
        assert_eq!(shown("file:///srv/git/a.git"), "file:///srv/git/a.git");
    }

    #[test]
    fn what_is_no_address_shows_nothing_that_could_open_one() {
        assert_eq!(without_access("ada:s3cret@example.org/a.git"), "example.org/a.git");
    }
}

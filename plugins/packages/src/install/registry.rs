//! A package from a registry (OCI): a reference with a tag or digest is fetched at once; for one without, the tags are shown.

use vestry_sdk::packages::{self, Reference, Source};
use vestry_sdk::prelude::*;

use super::{access, page, with_access};
use crate::failing::said_at;
use crate::orders::Order;

const REFERENCE: &str = "reference";
const TAG: &str = "tag";

/// The form of the first step, with a reference that was typed before.
pub fn form(reference: &str) -> Form {
    let field = Field::text(REFERENCE, "Reference")
        .value(reference)
        .required()
        .placeholder("registry.example.org/team/hello:1.2")
        .help("With a tag or digest it is fetched at once. Without, you choose among the tags.");
    with_access(Form::new(Action::new("Look for it", "registry-tags").primary()).field(field), "")
}

pub fn show(request: &Request) -> Result<Page> {
    Ok(first(form(request.query(REFERENCE).text())))
}

fn first(form: Form) -> Page {
    page("Install from a registry", form)
}

pub fn tags(request: &Request) -> Result<Response> {
    looked_up(request).or_invalid(|errors| Ok(first(form("").refill(request).errors(errors))))
}

fn looked_up(request: &Request) -> Result<Response> {
    let mut errors = Errors::default();
    let reference = errors.keep(request.form(REFERENCE).required());
    let access = errors.keep(access(request));
    errors.none()?;
    let source = Source::Registry(reference.to_owned());
    if is_whole(reference) {
        let job = said_at(REFERENCE, packages::fetch(&source, access.as_ref()))?;
        return Ok(Order::Registry(reference.to_owned()).remember(&job)?.into());
    }
    let found = said_at(REFERENCE, packages::references(&source, access.as_ref()))?;
    if found.is_empty() {
        return Err(invalid(REFERENCE, "The registry knows no tag of this name."));
    }
    Ok(second(reference, choose(reference, &found)).into())
}

/// A tag stands behind a colon in the last part, a digest behind an `@`.
fn is_whole(reference: &str) -> bool {
    reference.contains('@') || reference.rsplit('/').next().is_some_and(|last| last.contains(':'))
}

fn second(repository: &str, form: Form) -> Page {
    page("Install from a registry", form)
        .action(Action::new("Another reference", "registry").value(REFERENCE, repository))
}

fn choose(repository: &str, found: &[Reference]) -> Form {
    let tags = found.iter().map(|tag| Choice::new(&tag.name, data(&tag.name)));
    Form::new(Action::new("Look at it", "registry-fetch").primary())
        .prose(text!("The repository {repository}", repository))
        .field(Field::select(TAG, "Tag", tags).required())
        .field(Field::hidden(REFERENCE, repository))
}

pub fn fetch(request: &Request) -> Result<Response> {
    ordered(request).or_invalid(|errors| {
        let repository = request.form(REFERENCE).text();
        let tag = request.form(TAG).text();
        Ok(first(form(&[repository, ":", tag].concat()).errors(errors)))
    })
}

fn ordered(request: &Request) -> Result<Redirect> {
    let mut errors = Errors::default();
    let repository = errors.keep(request.form(REFERENCE).required());
    let tag = errors.keep(request.form(TAG).required());
    errors.none()?;
    let reference = [repository, ":", tag].concat();
    let job = said_at(REFERENCE, packages::fetch(&Source::Registry(reference.clone()), None))?;
    Order::Registry(reference).remember(&job)
}

#[cfg(test)]
mod tests {
    use super::is_whole;

    #[test]
    fn a_port_is_no_tag() {
        assert!(is_whole("registry.example.org/team/hello:1.2"));
        assert!(is_whole("registry.example.org:5000/team/hello@sha256:00"));
        assert!(!is_whole("registry.example.org:5000/team/hello"));
    }
}

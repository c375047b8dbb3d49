//! Addresses of sources, as plugins hand them on from whoever typed them.

use vestry_contract::packages::{Access as Given, Git};
use vestry_contract::types::Failure;
use vestry_sources::{Access, Source, SourceError};

use crate::users::invalid;

/// A source, and what it is opened with where that was said.
#[derive(Debug)]
pub(super) struct Addressed {
    pub(super) source: Source,
    pub(super) access: Option<Access>,
}

/// A Git repository. A user and a token that stand in its URL are taken out of it.
pub(super) fn git(git: &Git) -> Result<Addressed, Failure> {
    let (source, access) = Source::git(&git.url, &git.reference, &git.path).map_err(|error| wrong("url", &error))?;
    Ok(Addressed { source, access })
}

pub(super) fn registry(text: &str) -> Result<Addressed, Failure> {
    let source = Source::registry(text).map_err(|error| wrong("reference", &error))?;
    Ok(Addressed { source, access: None })
}

impl Addressed {
    /// What was said beside the address goes before what stood in it. An empty token says nothing.
    pub(super) fn opened_with(self, given: Option<Given>) -> Self {
        let given = given.filter(|given| !given.token.is_empty());
        let given = given.map(|Given { user, token }| Access { user, token });
        Self { access: given.or(self.access), ..self }
    }
}

fn wrong(field: &str, error: &SourceError) -> Failure {
    invalid(field, error.to_string())
}

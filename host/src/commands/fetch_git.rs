//! `vestry fetch-git`: what the server runs as a child, because what a repository sends can be made to grow without end.

use clap::Args;

use crate::commands::Failure;

#[derive(Debug, Args)]
pub(super) struct FetchGit {}

impl FetchGit {
    pub(super) fn run(self) -> Result<(), Failure> {
        Ok(vestry_sources::git::child::run()?)
    }
}

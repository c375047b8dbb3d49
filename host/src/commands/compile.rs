//! `vestry compile`: what the server runs as a child, because compiling leaves memory behind.

use std::path::PathBuf;

use clap::Args;

use crate::commands::Failure;

#[derive(Debug, Args)]
pub(super) struct Compile {
    component: PathBuf,
    compiled: PathBuf,
}

impl Compile {
    pub(super) fn run(self) -> Result<(), Failure> {
        vestry_sandbox::compile_file(&self.component, &self.compiled).map_err(|error| format!("{error:#}").into())
    }
}

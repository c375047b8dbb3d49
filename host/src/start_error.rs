//! Why a data directory cannot be opened, or the server on it does not start.

use std::net::SocketAddr;
use std::path::PathBuf;

use vestry_identity::IdentityError;
use vestry_outbound::SetupError;
use vestry_sandbox::SandboxError;
use vestry_screen::TemplateError;
use vestry_storage::StorageError;

use crate::installer::package_error::PackageError;
use crate::settings::SettingsError;

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the data directory {directory} cannot be used: {source}", directory = .directory.display())]
    Data { directory: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    #[error(transparent)]
    Templates(#[from] TemplateError),
    #[error(transparent)]
    Outbound(#[from] SetupError),
    #[error(transparent)]
    Package(#[from] PackageError),
    #[error("{address} cannot be listened on: {source}; is another server running there?")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error("the server broke off: {0}")]
    Serve(std::io::Error),
}

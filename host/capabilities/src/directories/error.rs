//! What can go wrong with files, in the words of the contract.

use std::io;

use rustix::io::Errno;
use vestry_contract::types::{Failure, FieldError, Text};

use super::line;
use super::path::BadPath;

/// Why something with a file was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    #[error("the directory `{directory}` of {plugin} has no place yet; in vestry.yml it needs: {line}", line = line(.plugin, .directory))]
    Unplaced { plugin: String, directory: String },
    #[error(
        "the directory `{directory}` of {plugin} is in vestry.yml and cannot be opened ({source}); make it where the \
         file says, and let the user that the server runs as read and write there"
    )]
    Closed { plugin: String, directory: String, source: io::Error },
    #[error("the path {0}")]
    Path(#[from] BadPath),
    #[error("there is no {what} `{path}` in the directory `{directory}`")]
    Missing { what: &'static str, directory: String, path: String },
    #[error("`{path}` leads out of the directory `{directory}`, through a link")]
    Outside { directory: String, path: String },
    #[error("`{path}` in the directory `{directory}` {reason}")]
    Unfit { directory: String, path: String, reason: &'static str },
    #[error("the user that the server runs as may not do that to `{path}` in the directory `{directory}` ({source})")]
    Forbidden { directory: String, path: String, source: io::Error },
    #[error("the disk that holds the directory `{directory}` is full, or a quota of it is; nothing was written")]
    Full { directory: String },
    #[error("the directory `{directory}` does not work at the moment ({source})")]
    Disk { directory: String, source: io::Error },
    #[error("it was not waited for any longer")]
    GivenUp,
    #[error("the server is stopping")]
    Stopping,
}

impl FileError {
    /// What an error of the operating system means for a path.
    pub(super) fn of(directory: &str, path: &str, source: io::Error) -> Self {
        let (directory, path) = (directory.to_owned(), path.to_owned());
        match source.kind() {
            io::ErrorKind::NotFound => Self::Missing { what: "file or directory", directory, path },
            io::ErrorKind::NotADirectory => Self::Unfit {
                directory,
                path,
                reason: "would be below, or in the place of, something of the other kind",
            },
            io::ErrorKind::InvalidInput => Self::Unfit { directory, path, reason: "cannot be below itself" },
            io::ErrorKind::IsADirectory => Self::Unfit { directory, path, reason: "is a directory" },
            io::ErrorKind::AlreadyExists => Self::Unfit { directory, path, reason: "is there already" },
            io::ErrorKind::DirectoryNotEmpty => {
                Self::Unfit { directory, path, reason: "is a directory that is not empty" }
            }
            io::ErrorKind::InvalidFilename => {
                Self::Unfit { directory, path, reason: "has a name that is too long for the disk" }
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::Full { directory }
            }
            // What cap-std finds out by itself has no number of the operating system.
            io::ErrorKind::PermissionDenied if source.raw_os_error().is_none() => Self::Outside { directory, path },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::Forbidden { directory, path, source }
            }
            _ if source.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => {
                Self::Missing { what: "file or directory", directory, path }
            }
            _ => Self::Disk { directory, source },
        }
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        let told = error.to_string();
        match error {
            FileError::Unplaced { .. } | FileError::Outside { .. } => Self::Denied(told),
            FileError::Missing { .. } => Self::NotFound(told),
            FileError::Path(_) | FileError::Unfit { .. } => Self::Invalid(vec![FieldError {
                field: "path".into(),
                message: Text::Data(told),
                line: None,
                column: None,
            }]),
            FileError::Closed { .. } | FileError::Full { .. } | FileError::GivenUp | FileError::Stopping => {
                Self::Unavailable(told)
            }
            FileError::Forbidden { .. } | FileError::Disk { .. } => {
                tracing::error!(error = told, "a file of a plugin's directory cannot be used");
                Self::Unavailable(told)
            }
        }
    }
}

//! Why a file cannot be read.

use crate::bounds;

/// What is wrong with a file, as a sentence for the person who brought it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    #[error("This is not a PDF file.")]
    NotPdf,
    #[error("This file is too large: a template may have {} MiB.", bounds::BYTES >> 20)]
    TooLarge,
    #[error("This PDF file is damaged: neither pages nor fields were found in it.")]
    Damaged,
    #[error("This PDF file is encrypted. Please give its password.")]
    PasswordNeeded,
    #[error("This is not the password of this PDF file.")]
    PasswordWrong,
    #[error("This PDF file is encrypted in a way that passwords do not open.")]
    Encryption,
    #[error("This PDF file unpacks to more than {} MiB.", bounds::UNPACKED >> 20)]
    Unpacked,
    #[error("This PDF file is too involved to be read: it has too many objects, or the same ones over and over.")]
    Work,
}

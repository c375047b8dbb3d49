//! What private sources are opened with: sealed for the source's address, opened to ask that source, and kept once it has
//! opened it.
//!
//! What a source answers is searched for what it was opened with where it is asked (`vestry_sources`), and for nothing else:
//! words that are searched for everything that anybody entered would tell who chooses them whether they guessed it.

use data_encoding::BASE64;
use vestry_sources::{Access, Source};
use vestry_storage::{SourceAccessRow, StorageError, Transaction};
use vestry_vault::{Invalid, SecretValue, VaultError};

use crate::call::Services;
use crate::secret_store::Holder;

/// Why what a source is opened with is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    #[error("what {0} is opened with cannot be opened itself; enter the token again")]
    Sealed(String),
    #[error("the token cannot be one: {0}")]
    Token(Invalid),
    #[error(
        "the name of the user cannot be one: it is longer than {MOST_USER} bytes, or has a control character in it"
    )]
    User,
    #[error("the token was not sealed: {0}")]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The longest name of a user, in bytes.
const MOST_USER: usize = 256;

/// Access that was sealed for its source, to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedAccess(SourceAccessRow);

/// What a source is opened with; none where nothing was kept for it.
///
/// # Errors
///
/// Where the database cannot be read, or what was kept does not open.
pub fn source_access(services: &Services, source: &Source) -> Result<Option<Access>, AccessError> {
    let address = source.address();
    let row = services.database.read(|reader| reader.source_access(&address))?;
    row.map(|row| SealedAccess(row).open(services)).transpose()
}

impl SealedAccess {
    /// Seals access for its source. What it says is taken out of the words of the plugin that it came through from now on.
    ///
    /// # Errors
    ///
    /// Where it can be no user or no token, or the system has no random numbers.
    pub fn new(
        services: &Services,
        source: &Source,
        access: &Access,
        through: Option<&str>,
        by: &str,
        now: u64,
    ) -> Result<Self, AccessError> {
        let token = SecretValue::parse(&access.token).map_err(AccessError::Token)?;
        if access.user.len() > MOST_USER || access.user.contains(char::is_control) {
            return Err(AccessError::User);
        }
        if let Some(plugin) = through {
            services.secrets.keep_out(Holder::Plugin(plugin), &token);
        }
        let address = source.address();
        let document = serde_json::to_vec(access).map_err(|_| VaultError::Foreign)?;
        let sealed = services.secrets.vault().seal_bytes(&place(&address), &document)?;
        Ok(Self(SourceAccessRow { source: address, sealed, updated: now, updated_by: by.to_owned() }))
    }

    /// Sealed, for an order that is written down.
    #[must_use]
    pub fn text(&self) -> String {
        BASE64.encode(&self.0.sealed)
    }

    /// What [`SealedAccess::text`] said of this source.
    ///
    /// # Errors
    ///
    /// Where it is not written so.
    pub fn of_text(source: &Source, text: &str, by: &str, now: u64) -> Result<Self, AccessError> {
        let address = source.address();
        match BASE64.decode(text.as_bytes()) {
            Ok(sealed) => {
                Ok(Self(SourceAccessRow { source: address, sealed, updated: now, updated_by: by.to_owned() }))
            }
            Err(_) => Err(AccessError::Sealed(address)),
        }
    }

    /// What the source is opened with.
    ///
    /// # Errors
    ///
    /// Where it was sealed for another source, or with another key.
    pub fn open(&self, services: &Services) -> Result<Access, AccessError> {
        let SourceAccessRow { source, sealed, .. } = &self.0;
        let opened = services.secrets.vault().open_bytes(&place(source), sealed);
        let access = opened.ok().and_then(|opened| serde_json::from_slice(&opened).ok());
        access.ok_or_else(|| AccessError::Sealed(source.clone()))
    }

    /// Keeps it, in the place of what was kept for the source: for what has opened it.
    ///
    /// # Errors
    ///
    /// Where the database cannot be written.
    pub fn keep(&self, tx: &Transaction<'_>) -> Result<(), StorageError> {
        tx.put_source_access(&self.0)
    }

    /// The address that it is for.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.0.source
    }
}

/// What it is sealed for: it opens for its own source alone.
fn place(address: &str) -> [&str; 2] {
    ["source-access", address]
}

//! What private sources are opened with: sealed for the source's address, opened to ask that source, and kept out of every
//! word that is written down.

use vestry_sources::{Access, Source};
use vestry_storage::{SourceAccessRow, StorageError, Transaction};
use vestry_vault::{SecretValue, VaultError};

use crate::call::Services;
use crate::secret_store::Holder;

/// Why what a source is opened with is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    #[error("what {0} is opened with cannot be opened itself; enter the token again")]
    Sealed(String),
    #[error("the token was not sealed: {0}")]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Access that was sealed for its source, to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedAccess(SourceAccessRow);

/// What a source is opened with; none where nothing was kept for it. What it says is taken out of the host's words from
/// now on.
///
/// # Errors
///
/// Where the database cannot be read, or what was kept does not open.
pub fn source_access(services: &Services, source: &Source) -> Result<Option<Access>, AccessError> {
    let address = source.address();
    let Some(row) = services.database.read(|reader| reader.source_access(&address))? else { return Ok(None) };
    let opened = services.secrets.vault().open_bytes(&place(&address), &row.sealed);
    let access = opened.ok().and_then(|opened| serde_json::from_slice(&opened).ok());
    let access: Access = access.ok_or(AccessError::Sealed(address))?;
    keep_out(services, &access, Holder::Host);
    Ok(Some(access))
}

impl SealedAccess {
    /// Seals access for its source. What it says is taken out of the host's words from now on, and out of those of the
    /// plugin that it came through.
    ///
    /// # Errors
    ///
    /// Where the system has no random numbers.
    pub fn new(
        services: &Services,
        source: &Source,
        access: &Access,
        through: Option<&str>,
        by: &str,
        now: u64,
    ) -> Result<Self, VaultError> {
        keep_out(services, access, Holder::Host);
        if let Some(plugin) = through {
            keep_out(services, access, Holder::Plugin(plugin));
        }
        let address = source.address();
        let document = serde_json::to_vec(access).map_err(|_| VaultError::Foreign)?;
        let sealed = services.secrets.vault().seal_bytes(&place(&address), &document)?;
        Ok(Self(SourceAccessRow { source: address, sealed, updated: now, updated_by: by.to_owned() }))
    }

    /// Keeps it, in the place of what was kept for the source.
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

fn keep_out(services: &Services, access: &Access, holder: Holder<'_>) {
    if let Ok(token) = SecretValue::parse(&access.token) {
        services.secrets.keep_out(holder, &token);
    }
}

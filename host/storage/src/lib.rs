//! The database behind Vestry: schema, migrations and every line of SQL.
//!
//! Other rooms call typed functions and get rows as structs; none of them sees SQL or names the driver. Functions that
//! read stand on [`Reader`], those that write on [`Transaction`], which can also read (it derefs to a reader, and sees
//! its own changes). [`Database::read`] runs in place, some 5 to 50 us; [`Database::write`] waits for the one writer
//! and for the disk, so async code calls it in `spawn_blocking`.
//!
//! Ids and names are plain strings here: what they may look like is decided above. Times are milliseconds since the
//! Unix epoch and are always handed in, so that a test can choose them ([`Clock`]).
//!
//! Deliberately not done: a trait for a second database before there is one. The SQL keeps to words that PostgreSQL
//! understands too, except for `WITHOUT ROWID`, pragmas and the two triggers that protect the audit.

mod account_words;
mod accounts;
mod attempts;
mod audit;
mod badges;
mod clock;
mod confirmations;
mod connection;
mod cursor;
mod database;
mod error;
mod finding;
mod generation;
mod jobs;
mod kv;
mod languages;
mod links;
mod mails;
mod migrations;
mod package_events;
mod package_jobs;
mod package_sources;
mod packages;
mod phrases;
mod plugins;
mod privileges;
mod schedules;
mod secrets;
mod sessions;
mod spaces;
mod tickets;
mod tokens;
mod transaction;
mod visitor_addresses;

pub use account_words::fold;
pub use accounts::{AccountRow, AccountView, NewAccount, Password};
pub use attempts::Attempts;
pub use audit::{AuditFilter, AuditRow, Broken, Entry};
pub use badges::BadgeRow;
pub use clock::Clock;
pub use confirmations::Confirmation;
pub use database::Database;
pub use error::StorageError;
pub use finding::{AccountFilter, AccountOrder, AccountPage, AccountQuery, Found, MAX_PAGE};
pub use jobs::{JobFilter, JobLine, JobRow, JobState, Lease, NewJob};
pub use kv::{KvChange, KvCheck, KvEntry, KvRange, MAX_KEY_BYTES, MAX_PLUGIN_BYTES, MAX_VALUE_BYTES};
pub use languages::{LanguageRow, TranslationRow};
pub use links::{LinkRow, LinkState};
pub use mails::{MailCount, MailCursor, MailRow, MailState, NewMail};
pub use package_events::{PackageEventKind, PackageEventRow};
pub use package_jobs::{OpenPackageJob, PackageJobRow};
pub use package_sources::{PackageCheckRow, SourceAccessRow};
pub use packages::{OwnerRow, PackageRow, PackageSummary};
pub use phrases::{CoverageRow, PhraseQuery, PhraseRow};
pub use plugins::{GrantRow, PluginRow};
pub use privileges::{PermissionRow, PrivilegeRow};
pub use schedules::ScheduleRow;
pub use secrets::SecretRow;
pub use sessions::SessionRow;
pub use spaces::{SpaceRow, SpaceState, is_hold};
pub use tickets::{TicketRow, TicketState};
pub use tokens::TokenRow;
pub use transaction::{Reader, Transaction};
pub use visitor_addresses::{AddressLink, Quota};

/// A SHA-256, as it is kept.
pub type Hash = [u8; 32];

/// What this crate's functions answer.
pub type Result<T, E = StorageError> = std::result::Result<T, E>;

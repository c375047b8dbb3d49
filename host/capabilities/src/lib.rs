//! What plugins may ask of the host: the gate, its table, and one file for each interface.
//!
//! Every host call passes [`Call::admit`], which reads its row in [`table`]: the interface that the plugin must have
//! been granted, the permission that the actor must hold, whether the call reads, writes or is grave. What it writes
//! is kept in a [`transaction`] until the plugin has answered. `imports` is the list of all host calls, a few lines
//! each; a capability's own file can only be entered with the [`gate::Pass`] that the gate gives out.
//!
//! No HTTP here, and no wasmtime: the traits come generated from `vestry-contract`.

mod call;
mod contributions;
mod directories;
mod events;
mod files;
mod gate;
mod grants;
mod http_client;
mod imports;
mod inbox;
mod invitations;
mod job_log;
mod jobs;
mod kv;
mod links;
mod log;
mod mail;
mod menu;
#[cfg(test)]
mod nowhere;
mod packages;
mod phrases;
mod queue;
mod secret_store;
mod secrets;
mod server;
mod settings;
mod source_access;
pub mod table;
mod transaction;
mod uploads;
mod users;
mod waited;
mod weight;
mod words;

pub use call::{Actor, Call, CallSettings, Effect, Services, Subject, Surroundings};
pub use directories::{Directories, OpenFile};
pub use gate::{Approval, Asked, Refusal, Refusals};
pub use grants::Grants;
pub use inbox::{Inbox, InboxFile};
pub use invitations::{Handed, HandoverError, hand_over, send_forgotten};
pub use job_log::{JobLog, Line as JobLine};
pub use jobs::new_id as new_job_id;
pub use mail::sealed::{Content, ContentError, HostMail, SealedMail, Template};
pub use packages::{GRANT, NotYours, SERVER, hands_on, not_yours};
pub use phrases::bring_in_shipped;
pub use queue::sentence;
pub use secret_store::{
    Configured, ConfiguredSecret, ConfiguredSource, Holder, MANAGE, Redaction, SecretError, SecretSource, SecretView,
    Secrets,
};
pub use source_access::{AccessError, SealedAccess, source_access};
pub use table::{Kind, Row, TABLE, TYPES, interfaces};
pub use transaction::{CallFacts, CommitError, audit_refusals};
pub use uploads::Upload;
pub use vestry_catalog::Capability;
pub use waited::Waited;

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
mod gate;
mod grants;
mod imports;
mod kv;
mod links;
mod log;
mod menu;
mod settings;
pub mod table;
mod transaction;
mod uploads;
mod users;
mod weight;

pub use call::{Actor, Call, CallSettings, Services, Subject, Surroundings, Upload};
pub use gate::{Approval, Asked, Refusal, Refusals};
pub use grants::{Capability, Grants};
pub use table::{Kind, Row, TABLE, TYPES, interfaces};
pub use transaction::{CallFacts, CommitError, audit_refusals};

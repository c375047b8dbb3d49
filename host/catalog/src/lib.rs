//! What is known of packages: what they are, what they add, ask for and need, how two versions differ, and what somebody
//! ordered about them.
//!
//! Nothing here runs a plugin, fetches anything or mounts anything: that is the installer's, which carries out an
//! [`order::Order`] as a job of the host's. So that what plugins are told of packages (`vestry:admin/packages`), what the
//! command line prints and what the installer holds to is one and the same, all three read it here.

mod additions;
mod capability;
pub mod data;
mod digest;
mod entitlement;
mod facts;
pub mod house;
mod inspection;
mod installed;
mod known;
pub mod lookalikes;
pub mod meaning;
pub mod needs;
mod newer;
pub mod order;
mod ordering;
mod past;
mod plan;
pub mod switching;
#[cfg(test)]
mod testing;
mod under_way;
mod upgrades;

pub use capability::{Capability, setting_of_origin};
pub use digest::Digest;
pub use entitlement::{Entitlement, covers, wider};
pub use facts::{Facts, Shipped, Still, UNUSED};
pub use inspection::{NEED, Secrets, inspection};
pub use installed::{installed, limits, state, waiting};
pub use known::{Asked, CatalogError, Known, UNREADABLE, is_newer, plain, quoted};
pub use newer::Newer;
pub use ordering::{OrderError, Orderer, may_wait, write_order};
pub use past::{history, work};
pub use plan::{Obstacle, Plan};
pub use under_way::{UnderWay, under_way};
pub use upgrades::{FILE, SHIPPED, upgrades};

//! Calls to other servers: where they may go, and how they are made.
//!
//! A call is made for somebody who is not trusted, from a machine that others trust for where it stands. So three
//! things are looked at, for the first address and again for each redirect: the [`Origin`] must be one that was granted;
//! every address behind its name must be one that everybody in the world could call ([`networks`]), or lie where the
//! [`Policy`] allows it; and what is connected to is just those addresses, looked up once. What comes back is read within
//! limits of size and time, and the time counts for all of it. What is too large to be held is read as it comes
//! ([`Incoming`]), within a limit of silence, too.
//!
//! Deliberately absent: proxies, cookies, caches, content codings, HTTP/2. And connections that are kept: two plugins
//! that call one origin never share one, each call looks its name up anew, and nothing is sent a second time because an
//! old connection turned out to be closed.
//!
//! This crate knows nothing of plugins and grants; who calls hands in a function that says which origins are allowed.

mod answer;
mod error;
mod headers;
mod incoming;
mod names;
pub mod networks;
mod origin;
mod outbound;
mod request;
mod tls;

pub use answer::{Answer, MOST_ANSWER};
pub use error::{Kind, OutboundError, SetupError};
pub use headers::{Header, Secret};
pub use incoming::{Incoming, Limits};
pub use names::{LookingUp, Names, SystemNames};
pub use networks::{Policy, Refused};
pub use origin::{Origin, OriginError};
pub use outbound::{MOST_REDIRECTS, Outbound};
pub use request::{DEFAULT_TIME, LONGEST_TIME, MOST_BODY, Request, Verb};

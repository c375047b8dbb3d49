//! Looking up names: once for each connection, and what is found is checked before anything is connected to.
//!
//! A name that leads to several addresses of which one is refused is refused as a whole: no honest name is both inside
//! and outside of the house.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::Arc;

use parking_lot::Mutex;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

use crate::networks::{Policy, Refused};

/// Lookups that are under way at a time. Each holds a thread for as long as a slow name server likes.
const LOOKUPS: usize = 32;
/// Of these, those of one name: one that is slow to be found holds up who asks for it, and nobody else.
const LOOKUPS_OF_ONE: usize = 4;

/// A lookup that is under way.
pub type LookingUp = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Where names are looked up.
pub trait Names: Send + Sync + fmt::Debug + 'static {
    /// The addresses of a host, in the order in which they are tried.
    fn look_up(&self, host: &str) -> LookingUp;
}

/// The system's own lookup: `/etc/hosts`, DNS, whatever it is set up for.
#[derive(Debug)]
pub struct SystemNames {
    all: Arc<Semaphore>,
    each: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl Default for SystemNames {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(LOOKUPS)), each: Mutex::default() }
    }
}

impl SystemNames {
    /// The permits of one name. Names that nobody looks up at the moment are forgotten.
    fn of_one(&self, host: &str) -> Arc<Semaphore> {
        let mut each = self.each.lock();
        each.retain(|_, permits| Arc::strong_count(permits) > 1);
        let permits = each.entry(host.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(LOOKUPS_OF_ONE)));
        Arc::clone(permits)
    }
}

impl Names for SystemNames {
    fn look_up(&self, host: &str) -> LookingUp {
        let (one, all, host) = (self.of_one(host), Arc::clone(&self.all), host.to_owned());
        Box::pin(async move {
            // The one of the name first: who waits for it must not hold one of all.
            let permits = (
                one.acquire_owned().await.map_err(io::Error::other)?,
                all.acquire_owned().await.map_err(io::Error::other)?,
            );
            // The permits go along: a lookup that nobody waits for any more still holds its thread.
            let lookup = tokio::task::spawn_blocking(move || {
                let _permits = permits;
                (host.as_str(), 0).to_socket_addrs().map(|found| found.map(|address| address.ip()).collect())
            });
            lookup.await.map_err(io::Error::other)?
        })
    }
}

/// Why a name leads nowhere.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum LookupError {
    #[error("it lies where this server does not call")]
    Refused(Refused),
    #[error("its name is not known: {0}")]
    Unknown(String),
}

/// The resolver that connections are made with.
#[derive(Debug, Clone)]
pub(crate) struct Checked {
    pub(crate) names: Arc<dyn Names>,
    pub(crate) policy: Arc<Policy>,
}

impl Checked {
    async fn addresses(self, host: String) -> Result<Vec<IpAddr>, LookupError> {
        let found = if is_local(&host) {
            vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]
        } else {
            self.names.look_up(&host).await.map_err(|error| LookupError::Unknown(error.to_string()))?
        };
        if found.is_empty() {
            return Err(LookupError::Unknown("it has no address".into()));
        }
        for address in &found {
            self.policy.check(*address).map_err(LookupError::Refused)?;
        }
        Ok(found)
    }
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let looking_up = self.clone().addresses(name.as_str().to_owned());
        Box::pin(async move {
            let found = looking_up.await?;
            // Port 0: the address's own port is put in.
            Ok(Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}

/// Names that mean this machine and are never asked about (RFC 6761, section 6.3).
fn is_local(host: &str) -> bool {
    host == "localhost" || host.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_has_few_lookups_of_its_own_and_leaves_nothing() {
        let names = SystemNames::default();
        let slow: Vec<_> =
            (0..LOOKUPS_OF_ONE).map(|_| names.of_one("slow.example").try_acquire_owned().unwrap()).collect();
        assert!(names.of_one("slow.example").try_acquire_owned().is_err());
        assert!(names.of_one("other.example").try_acquire_owned().is_ok());
        drop(slow);
        drop(names.of_one("third.example"));
        names.of_one("fourth.example");
        assert_eq!(names.each.lock().len(), 1);
    }
}

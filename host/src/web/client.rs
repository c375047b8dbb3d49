//! Who is counted, where nobody may take the room of all: an account, or for visitors the network that they come from.

use std::net::IpAddr;

use vestry_identity::AccountId;

use crate::web::visit::Visit;

/// Who something is counted for. Sessions and tokens of one account are one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Client {
    Account(AccountId),
    Network(String),
}

impl Client {
    #[must_use]
    pub fn of(visit: &Visit) -> Self {
        match visit.caller() {
            Some(caller) => Self::Account(caller.account.clone()),
            None => Self::visitor(visit.address()),
        }
    }

    /// Somebody from this address who is not signed in.
    #[must_use]
    pub fn visitor(address: IpAddr) -> Self {
        Self::Network(network(address))
    }

    #[must_use]
    pub fn is_visitor(&self) -> bool {
        matches!(self, Self::Network(_))
    }
}

/// Who has IPv6 has a network of addresses: one network is one client.
#[must_use]
pub fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("{:x?}", &address.segments()[..4]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_ipv6_is_one_client() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), "192.0.2.1");
    }
}

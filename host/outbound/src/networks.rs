//! Networks that this server does not call unless its configuration says so, and where each comes from.
//!
//! The table holds what IANA's special-purpose registries (RFC 6890) do not call globally reachable, and addresses where
//! a cloud answers the machine about itself. Of IPv6 only what is given out as global unicast can be called at all.
//! An address that carries another one of IPv4 inside must pass as both.
//!
//! Not known here: public addresses that lead into the house, and the prefix of a NAT64 of one's own. That is for the
//! network's firewall.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// A network that is not called.
#[derive(Debug, PartialEq, Eq)]
pub struct Network {
    pub network: IpNet,
    /// What it is for, in a word or two.
    pub purpose: &'static str,
    /// Who says so.
    pub source: &'static str,
}

const fn v4(octets: [u8; 4], length: u8, purpose: &'static str, source: &'static str) -> Network {
    let [a, b, c, d] = octets;
    Network { network: IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length)), purpose, source }
}

const fn v6(segments: [u16; 8], length: u8, purpose: &'static str, source: &'static str) -> Network {
    let [a, b, c, d, e, f, g, h] = segments;
    Network { network: IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), length)), purpose, source }
}

/// The first that holds an address is the one that is named to people, so the narrow come before the wide.
pub const REFUSED: &[Network] = &[
    v4([0, 0, 0, 0], 8, "this network", "RFC 791"),
    v4([10, 0, 0, 0], 8, "private", "RFC 1918"),
    v4([100, 100, 100, 200], 32, "metadata of a cloud", "Alibaba Cloud"),
    v4([100, 64, 0, 0], 10, "shared by a provider's customers", "RFC 6598"),
    v4([127, 0, 0, 0], 8, "this machine", "RFC 1122"),
    v4([168, 63, 129, 16], 32, "metadata of a cloud", "Azure"),
    v4([169, 254, 169, 254], 32, "metadata of a cloud", "AWS, Azure, Google Cloud and others"),
    v4([169, 254, 0, 0], 16, "link-local", "RFC 3927"),
    v4([172, 16, 0, 0], 12, "private", "RFC 1918"),
    v4([192, 0, 0, 0], 24, "protocol assignments", "RFC 6890"),
    v4([192, 0, 2, 0], 24, "documentation", "RFC 5737"),
    v4([192, 88, 99, 0], 24, "6to4 relays", "RFC 7526"),
    v4([192, 168, 0, 0], 16, "private", "RFC 1918"),
    v4([198, 18, 0, 0], 15, "benchmarks", "RFC 2544"),
    v4([198, 51, 100, 0], 24, "documentation", "RFC 5737"),
    v4([203, 0, 113, 0], 24, "documentation", "RFC 5737"),
    v4([224, 0, 0, 0], 4, "multicast", "RFC 5771"),
    v4([255, 255, 255, 255], 32, "broadcast", "RFC 919"),
    v4([240, 0, 0, 0], 4, "reserved", "RFC 1112"),
    v6([0, 0, 0, 0, 0, 0, 0, 0], 128, "no address", "RFC 4291"),
    v6([0, 0, 0, 0, 0, 0, 0, 1], 128, "this machine", "RFC 4291"),
    v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96, "IPv4 in IPv6, mapped", "RFC 4291"),
    v6([0, 0, 0, 0, 0xffff, 0, 0, 0], 96, "IPv4 in IPv6, translated", "RFC 2765"),
    v6([0, 0, 0, 0, 0, 0, 0, 0], 96, "IPv4 in IPv6, compatible", "RFC 4291"),
    v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96, "IPv4 in IPv6, NAT64", "RFC 6052"),
    v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48, "IPv4 in IPv6, local NAT64", "RFC 8215"),
    v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64, "discarded", "RFC 6666"),
    v6([0x100, 0, 0, 1, 0, 0, 0, 0], 64, "no address", "RFC 9780"),
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32, "IPv4 in IPv6, Teredo", "RFC 4380"),
    v6([0x2001, 2, 0, 0, 0, 0, 0, 0], 48, "benchmarks", "RFC 5180"),
    v6([0x2001, 0x10, 0, 0, 0, 0, 0, 0], 28, "ORCHID", "RFC 4843"),
    v6([0x2001, 0x20, 0, 0, 0, 0, 0, 0], 28, "ORCHIDv2", "RFC 7343"),
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, "protocol assignments", "RFC 2928"),
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, "documentation", "RFC 3849"),
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, "IPv4 in IPv6, 6to4", "RFC 3056"),
    v6([0x3ffe, 0, 0, 0, 0, 0, 0, 0], 16, "given back", "RFC 3701"),
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, "documentation", "RFC 9637"),
    v6([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16, "segments of routes", "RFC 9602"),
    v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], 128, "metadata of a cloud", "AWS"),
    v6([0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254], 128, "metadata of a cloud", "Google Cloud"),
    v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, "unique local", "RFC 4193"),
    v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, "link-local", "RFC 4291"),
    v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, "site-local", "RFC 3879"),
    v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, "multicast", "RFC 4291"),
    // All of IPv6 but 2000::/3.
    v6([0, 0, 0, 0, 0, 0, 0, 0], 3, "not global unicast", "RFC 4291"),
    v6([0x4000, 0, 0, 0, 0, 0, 0, 0], 2, "not global unicast", "RFC 4291"),
    v6([0x8000, 0, 0, 0, 0, 0, 0, 0], 1, "not global unicast", "RFC 4291"),
];

/// Which of the networks in the table may be called all the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    networks: Vec<IpNet>,
}

/// An address that is not called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// The address that would have been connected to.
    pub address: IpAddr,
    /// The address inside it that is in the way; mostly the same.
    pub inner: IpAddr,
    pub network: &'static Network,
}

impl Policy {
    /// Allows what is globally reachable, and these networks beside it.
    #[must_use]
    pub fn allowing(networks: Vec<IpNet>) -> Self {
        Self { networks }
    }

    /// Whether this address may be connected to.
    ///
    /// # Errors
    ///
    /// The network that it lies in, where that is not called.
    pub fn check(&self, address: IpAddr) -> Result<(), Refused> {
        for inner in std::iter::once(address).chain(carried(address)) {
            if self.networks.iter().any(|network| network.contains(&inner)) {
                continue;
            }
            if let Some(network) = REFUSED.iter().find(|refused| refused.network.contains(&inner)) {
                return Err(Refused { address, inner, network });
            }
        }
        Ok(())
    }
}

/// Addresses of IPv4 that one of IPv6 carries inside.
fn carried(address: IpAddr) -> Vec<IpAddr> {
    let IpAddr::V6(address) = address else { return Vec::new() };
    let segments = address.segments();
    let pair = |at: usize| IpAddr::V4(Ipv4Addr::from_bits(u32::from(segments[at]) << 16 | u32::from(segments[at + 1])));
    match segments {
        // `::` and `::1` carry none.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => Vec::new(),
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0, 0, 0, 0, 0xffff, 0, ..] => vec![pair(6)],
        [0x64, 0xff9b, 0 | 1, ..] => vec![pair(6)],
        [0x2002, ..] => vec![pair(1)],
        // Its server, and its client with every bit turned over.
        [0x2001, 0, ..] => {
            let client = Ipv4Addr::from_bits(!(u32::from(segments[6]) << 16 | u32::from(segments[7])));
            vec![pair(2), IpAddr::V4(client)]
        }
        // ISATAP (RFC 5214), under any prefix.
        [_, _, _, _, 0 | 0x200, 0x5efe, _, _] => vec![pair(6)],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(policy: &Policy, address: &str) -> Option<&'static str> {
        policy.check(address.parse().unwrap()).err().map(|refused| refused.network.purpose)
    }

    #[test]
    fn the_edges_of_each_network_are_refused() {
        let policy = Policy::default();
        for row in REFUSED {
            assert_eq!(row.network, row.network.trunc(), "the address of a network ends in zeros");
            for address in [row.network.network(), row.network.broadcast()] {
                assert!(policy.check(address).is_err(), "{address} of {}", row.network);
            }
        }
    }

    #[test]
    fn no_row_hides_behind_a_wider_one() {
        for (index, row) in REFUSED.iter().enumerate() {
            let hidden = REFUSED[..index].iter().find(|before| before.network.contains(&row.network));
            assert_eq!(hidden, None, "{}", row.network);
        }
    }

    #[test]
    fn what_everybody_can_call_is_called() {
        let public = [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2001:200::1",
            "2606:4700:4700::1111",
            "2a00:1450:4001:82a::200e",
            // ISATAP with a public address inside.
            "2a00:1:2:3:0:5efe:101:101",
        ];
        for address in public {
            assert_eq!(refusal(&Policy::default(), address), None, "{address}");
        }
    }

    #[test]
    fn what_is_carried_inside_counts() {
        for (address, inner) in [
            ("2a00:1:2:3:0:5efe:a00:7", "10.0.0.7"),
            ("2a00:1:2:3:200:5efe:7f00:1", "127.0.0.1"),
            ("2002:7f00:1::", "127.0.0.1"),
            ("64:ff9b::a9fe:a9fe", "169.254.169.254"),
            ("64:ff9b:1::a00:7", "10.0.0.7"),
            ("::ffff:0:a00:7", "10.0.0.7"),
            ("::ffff:127.0.0.1", "127.0.0.1"),
            ("::10.0.0.7", "10.0.0.7"),
            ("2001:0:a00:7::fefe:fefe", "10.0.0.7"),
            ("2001:0:101:101::f5ff:fff8", "10.0.0.7"),
        ] {
            assert!(carried(address.parse().unwrap()).contains(&inner.parse().unwrap()), "{address}");
            // Who allows the outer has not allowed the inner.
            let outer = Policy::allowing(vec!["::/0".parse().unwrap()]);
            assert!(refusal(&outer, address).is_some(), "{address}");
            let both = Policy::allowing(vec!["::/0".parse().unwrap(), "0.0.0.0/0".parse().unwrap()]);
            assert_eq!(refusal(&both, address), None, "{address}");
        }
    }

    #[test]
    fn what_the_configuration_names_is_called_and_nothing_beside_it() {
        let policy = Policy::allowing(vec!["10.1.0.0/16".parse().unwrap(), "::1/128".parse().unwrap()]);
        assert_eq!(refusal(&policy, "10.1.2.3"), None);
        assert_eq!(refusal(&policy, "::1"), None);
        assert_eq!(refusal(&policy, "10.2.0.0"), Some("private"));
        assert_eq!(refusal(&policy, "::2"), Some("IPv4 in IPv6, compatible"));
        assert_eq!(refusal(&policy, "::ffff:10.1.2.3"), Some("IPv4 in IPv6, mapped"));
        assert_eq!(refusal(&policy, "127.0.0.1"), Some("this machine"));
    }
}

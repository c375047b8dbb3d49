//! Where this process listens, and which `Host` of a request is its own.
//!
//! Whoever sends a request chooses its `Host`. Where no public URL is set, links that others get to see must not lead
//! there unless it is certain that this very server answers at that place: the address that it listens on, or this machine
//! by another name, at the same port. What a proxy, a container or a forwarded port make of that is not guessed at:
//! `public-url` says it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use url::{Host, Url};

/// The address that this process listens on; added to every request.
#[derive(Debug, Clone, Copy)]
pub struct Listening(pub SocketAddr);

impl Listening {
    /// What links start with where nothing better is known. Who listens everywhere is on this machine, too.
    #[must_use]
    pub fn origin(self) -> String {
        let Self(mut address) = self;
        match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        format!("http://{address}")
    }

    /// The origin that a `Host` names, where that is this server itself.
    #[must_use]
    pub fn named(self, host: &str) -> Option<String> {
        let url = Url::parse(&format!("http://{host}")).ok()?;
        let here = match url.host()? {
            Host::Ipv4(ip) => self.is_at(ip.into()),
            Host::Ipv6(ip) => self.is_at(ip.into()),
            Host::Domain(name) => {
                name == "localhost"
                    && (self.is_at(Ipv4Addr::LOCALHOST.into()) || self.is_at(Ipv6Addr::LOCALHOST.into()))
            }
        };
        let ours = here && url.port_or_known_default() == Some(self.0.port());
        ours.then(|| url.origin().ascii_serialization())
    }

    fn is_at(self, ip: IpAddr) -> bool {
        let own = self.0.ip();
        ip == own || (own.is_unspecified() && ip.is_loopback())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> Listening {
        Listening(address.parse().unwrap())
    }

    #[test]
    fn a_host_is_believed_where_this_very_server_answers() {
        let named = |address: &str, host: &str| at(address).named(host);
        for (address, host) in [
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("127.0.0.1:8080", "localhost:8080"),
            ("127.0.0.1:8080", "LocalHost:8080"),
            ("[::1]:8080", "[::1]:8080"),
            ("[::1]:8080", "localhost:8080"),
            ("0.0.0.0:8080", "localhost:8080"),
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("[::]:8080", "127.0.0.1:8080"),
            ("192.0.2.7:8080", "192.0.2.7:8080"),
            ("127.0.0.1:80", "localhost"),
        ] {
            assert_eq!(named(address, host), Some(format!("http://{}", host.to_lowercase())), "{address} {host}");
        }
        for (address, host) in [
            ("127.0.0.1:8080", "localhost:8081"),
            ("127.0.0.1:8080", "localhost"),
            ("127.0.0.1:8080", "127.0.0.2:8080"),
            ("127.0.0.1:8080", "evil.example"),
            ("127.0.0.1:8080", "evil.example:8080"),
            ("127.0.0.1:8080", "127.0.0.1:8080@evil.example:8080"),
            ("127.0.0.1:8080", "localhost.evil.example:8080"),
            ("192.0.2.7:8080", "localhost:8080"),
            ("0.0.0.0:8080", "192.0.2.7:8080"),
            ("127.0.0.1:8080", ""),
        ] {
            assert_eq!(named(address, host), None, "{address} {host}");
        }
    }

    #[test]
    fn who_listens_everywhere_is_on_this_machine() {
        assert_eq!(at("127.0.0.1:8080").origin(), "http://127.0.0.1:8080");
        assert_eq!(at("0.0.0.0:8080").origin(), "http://127.0.0.1:8080");
        assert_eq!(at("[::]:8080").origin(), "http://[::1]:8080");
        assert_eq!(at("192.0.2.7:80").origin(), "http://192.0.2.7:80");
    }
}

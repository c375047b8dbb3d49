//! Addresses of the house, in every spelling.

use vestry_outbound::{Kind, Outbound, OutboundError, Policy};

use crate::server::{Server, ok};
use crate::{get, here, policy, send};

/// Hosts of this machine, of the house, and of nobody. Each is refused by its address, not for its spelling.
const PRIVATE: &[&str] = &[
    // This machine.
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "0x7f.1",
    "0x7f000001",
    "0x7F.0x0.0x0.0x1",
    "2130706433",
    "017700000001",
    "0177.0.0.1",
    "0177.1",
    "127.0.0.1.",
    "%31%32%37.0.0.1",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "localhost",
    "LOCALHOST",
    "api.localhost",
    "0",
    "0.0.0.0",
    "0x0",
    "0.1.2.3",
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[0000:0000::0001]",
    // The house.
    "10.0.0.7",
    "10.1",
    "0xa.7",
    "012.0.0.7",
    "167772167",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "192.168.257",
    "169.254.1.1",
    "100.64.0.1",
    "100.127.255.255",
    "[fe80::1]",
    "[febf::1]",
    "[fec0::1]",
    "[fc00::1]",
    "[fdff:ffff::1]",
    // Where clouds tell a machine about itself.
    "169.254.169.254",
    "0xa9fea9fe",
    "2852039166",
    "0251.0376.0251.0376",
    "169.254.43518",
    "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
    "[fd00:ec2::254]",
    "[fd20:ce::254]",
    "100.100.100.200",
    "192.0.0.192",
    "168.63.129.16",
    // IPv4 in IPv6.
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:10.0.0.7]",
    "[::ffff:8.8.8.8]",
    "[::ffff:0:127.0.0.1]",
    "[::127.0.0.1]",
    "[::10.0.0.7]",
    "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::1]",
    "[2001:0:7f00:1::]",
    "[2001::f5ff:fff8]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::a00:7]",
    "[64:ff9b:1::a00:7]",
    "[64:ff9b:1:a00:0:700::]",
    "[2a00:1:2:3:0:5efe:127.0.0.1]",
    "[2a00:1:2:3:200:5efe:10.0.0.7]",
    // Nobody, or everybody.
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.1",
    "198.18.0.1",
    "198.19.255.255",
    "192.88.99.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "[ff02::1]",
    "[ff0e::1]",
    "[100::1]",
    "[2001:db8::1]",
    "[3fff::1]",
    "[2001:2::1]",
    "[2001:10::1]",
    "[2001:20::1]",
    "[5f00::1]",
    "[4000::1]",
    "[8000::1]",
];

/// Hosts that are none.
const IMPOSSIBLE: &[&str] = &[
    "localhost.",
    "api.localhost.",
    "[fe80::1%25eth0]",
    "[fe80::1%eth0]",
    "[::1",
    "::1",
    "127.0.0.1.1",
    "256.0.0.1",
    "0x100000000",
    "user@127.0.0.1",
    "user:word@example.org",
    "",
];

#[tokio::test]
async fn no_spelling_of_a_private_address_is_called() {
    let server = Server::answering(|_| ok("reached")).await;
    let outbound = Outbound::new(Policy::default(), None).unwrap();
    for host in PRIVATE {
        for scheme in ["http", "https"] {
            let url = format!("{scheme}://{host}:{}/", server.address.port());
            let error = send(&outbound, get(&url)).await.unwrap_err();
            assert!(matches!(error, OutboundError::Refused { .. }), "{url}: {error}");
            assert_eq!(error.kind(), Kind::Denied);
        }
    }
    for host in IMPOSSIBLE {
        let url = format!("http://{host}:{}/", server.address.port());
        let error = vestry_outbound::Request::new(vestry_outbound::Verb::Get, &url, vec![], bytes::Bytes::new());
        assert!(matches!(error.unwrap_err(), OutboundError::Url(_)), "{url}");
    }
    assert_eq!(server.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn what_the_configuration_names_is_called_in_every_spelling() {
    let server = Server::answering(|_| ok("reached")).await;
    for host in ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "127.0.0.1.", "localhost", "a.localhost"] {
        let url = format!("http://{host}:{}/", server.address.port());
        assert_eq!(send(&here(), get(&url)).await.unwrap().body, "reached", "{url}");
    }
    for host in ["127.0.0.2", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.7"] {
        let url = format!("http://{host}:{}/", server.address.port());
        assert!(matches!(send(&here(), get(&url)).await, Err(OutboundError::Refused { .. })), "{url}");
    }
}

#[tokio::test]
async fn a_refusal_prints_the_line_to_add() {
    let outbound = Outbound::new(Policy::default(), None).unwrap();
    let told = |url: &'static str| {
        let outbound = outbound.clone();
        async move { send(&outbound, get(url)).await.unwrap_err().to_string() }
    };
    assert_eq!(
        told("http://0xa.7/secret?word=1").await,
        "http://10.0.0.7 lies in 10.0.0.0/8 (private, RFC 1918), where this server does not call; an administrator can \
         allow it in vestry.yml with\n\n    outbound:\n      networks: [10.0.0.7/32]"
    );
    assert_eq!(
        told("https://[fd00::7]:8443/").await,
        "https://[fd00::7]:8443 lies in fc00::/7 (unique local, RFC 4193), where this server does not call; an \
         administrator can allow it in vestry.yml with\n\n    outbound:\n      networks: [\"fd00::7/128\"]"
    );
    let told = told("http://localhost/").await;
    assert!(told.starts_with("http://localhost is at 127.0.0.1, which lies in 127.0.0.0/8 (this machine,"), "{told}");
    // What is allowed outside and not inside is named by what is inside.
    let outbound = Outbound::new(policy(&["64:ff9b::/96"]), None).unwrap();
    let told = send(&outbound, get("http://[64:ff9b::a00:7]/")).await.unwrap_err().to_string();
    assert!(told.contains("stands for 10.0.0.7, which lies in 10.0.0.0/8") && told.contains("[10.0.0.7/32]"), "{told}");
}

#[tokio::test]
async fn an_origin_that_was_not_granted_is_not_called() {
    let server = Server::answering(|_| ok("reached")).await;
    let other = Server::answering(|_| ok("other")).await;
    let granted = server.url("").parse().unwrap();
    let allowed = move |origin: &vestry_outbound::Origin| *origin == granted;
    assert_eq!(here().send(get(&server.url("/a")), &allowed).await.unwrap().body, "reached");
    // By host, by port and by scheme.
    let port = server.address.port();
    let others = [other.url("/"), format!("http://localhost:{port}/"), format!("https://127.0.0.1:{port}/")];
    for url in others {
        let error = here().send(get(&url), &allowed).await.unwrap_err();
        assert!(matches!(error, OutboundError::NotGranted(_)), "{url}: {error}");
        assert_eq!(error.kind(), Kind::Denied);
        assert!(error.to_string().contains(".wish(Capability::origin("), "{error}");
    }
    assert_eq!(other.requests(), Vec::<String>::new());
}

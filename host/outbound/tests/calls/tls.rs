//! Whom the server believes.

use std::io::{Read, Write};
use std::net::{IpAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, Stream};
use vestry_outbound::{Kind, LookingUp, Names, Outbound, OutboundError, SetupError};

use crate::{get, policy, send};

/// An authority of an organisation's own, and its file.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    file: PathBuf,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let file = std::env::temp_dir().join(format!("vestry-outbound-{}-{name}.pem", std::process::id()));
        std::fs::write(&file, params.self_signed(&key).unwrap().pem()).unwrap();
        Self { issuer: Issuer::new(params, key), file }
    }

    /// A server with a certificate for this name, which answers one connection after the other; its port.
    fn serve(&self, name: &str) -> u16 {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &self.issuer).unwrap();
        serve(certificate.der().clone(), key, SECURE)
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.file);
    }
}

const SECURE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecure";

fn serve(certificate: CertificateDer<'static>, key: KeyPair, answer: &'static str) -> u16 {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        // Ends with the test's process.
        for stream in listener.incoming() {
            let Ok(mut tcp) = stream else { return };
            let mut connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut tls = Stream::new(&mut connection, &mut tcp);
            if tls.read(&mut [0; 4096]).is_ok() {
                let _ = tls.write_all(answer.as_bytes());
            }
        }
    });
    port
}

/// Every name is this machine.
#[derive(Debug)]
struct Here;

impl Names for Here {
    fn look_up(&self, _: &str) -> LookingUp {
        Box::pin(async { Ok(vec![IpAddr::from([127, 0, 0, 1])]) })
    }
}

fn believing(authority: Option<&Authority>) -> Outbound {
    let file = authority.map(|authority| authority.file.as_path());
    Outbound::with_names(policy(&["127.0.0.1/32"]), file, Here).unwrap()
}

#[tokio::test]
async fn an_authority_of_ones_own_is_believed_where_it_is_named() {
    let authority = Authority::new("named");
    let url = format!("https://inside.example:{}/", authority.serve("inside.example"));
    assert_eq!(send(&believing(Some(&authority)), get(&url)).await.unwrap().body, "secure");

    let error = send(&believing(None), get(&url)).await.unwrap_err();
    assert!(matches!(error, OutboundError::UnknownIssuer { .. }), "{error:?}");
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(error.to_string().contains("certificates: FILE"), "{error}");

    let another = Authority::new("another");
    assert!(send(&believing(Some(&another)), get(&url)).await.is_err());
}

#[tokio::test]
async fn a_certificate_is_for_its_name() {
    let authority = Authority::new("name");
    let port = authority.serve("inside.example");
    for host in ["other.example", "inside.example.org", "127.0.0.1"] {
        let error = send(&believing(Some(&authority)), get(&format!("https://{host}:{port}/"))).await.unwrap_err();
        assert!(
            matches!(&error, OutboundError::Unreachable { reason, .. } if reason.contains("not valid for name")),
            "{error}"
        );
    }
    let port = authority.serve("127.0.0.1");
    let url = format!("https://127.0.0.1:{port}/");
    assert_eq!(send(&believing(Some(&authority)), get(&url)).await.unwrap().body, "secure");
}

#[tokio::test]
async fn a_certificate_that_vouches_for_itself_is_not_believed() {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["inside.example".into()]).unwrap().self_signed(&key).unwrap();
    let url = format!("https://inside.example:{}/", serve(certificate.der().clone(), key, SECURE));
    assert_eq!(send(&believing(None), get(&url)).await.unwrap_err().kind(), Kind::Unavailable);
}

#[tokio::test]
async fn a_redirect_from_a_secure_address_to_one_that_is_not_is_refused() {
    const DOWN: &str = "HTTP/1.1 302 Found\r\nlocation: http://inside.example/\r\ncontent-length: 0\r\n\r\n";
    let authority = Authority::new("downgrade");
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["inside.example".into()]).unwrap();
    let certificate = params.signed_by(&key, &authority.issuer).unwrap();
    let port = serve(certificate.der().clone(), key, DOWN);
    let error = send(&believing(Some(&authority)), get(&format!("https://inside.example:{port}/"))).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Denied);
    assert!(
        matches!(&error, OutboundError::Redirected { reason, .. } if matches!(**reason, OutboundError::Downgrade(_)))
    );
}

#[test]
fn a_file_that_is_none_is_said_at_the_start() {
    let file = std::env::temp_dir().join(format!("vestry-outbound-{}-none.pem", std::process::id()));
    let new = || Outbound::new(policy(&[]), Some(&file));
    assert!(matches!(new(), Err(SetupError::Certificates { .. })));
    std::fs::write(&file, "no certificate").unwrap();
    let error = new().unwrap_err().to_string();
    std::fs::remove_file(&file).unwrap();
    assert!(error.contains("BEGIN CERTIFICATE") && error.contains("none.pem"), "{error}");
}

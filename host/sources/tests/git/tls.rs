//! Whom the child believes: the same as the server that started it.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, Stream};
use tempfile::TempDir;

use crate::{House, at, says};

/// A server with a certificate for `localhost` that nobody else vouches for, and which has the status 503 for everybody;
/// its port and its certificate.
fn serve() -> (u16, String) {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
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
                let _ = tls.write_all(b"HTTP/1.1 503 So\r\ncontent-length: 0\r\n\r\n");
            }
        }
    });
    (port, certificate.pem())
}

#[tokio::test]
async fn an_authority_is_believed_where_the_configuration_names_it() {
    let (port, certificate) = serve();
    let source = at(&format!("https://localhost:{port}/x.git"));
    says!(
        House::calling().references(&source, None).await,
        Unavailable,
        "nobody whom this server believes",
        "localhost"
    );
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("authority.pem");
    std::fs::write(&file, certificate).unwrap();
    let house = House::believing(&file);
    says!(house.references(&source, None).await, Unavailable, "status 503");
}

//! Registries elsewhere are asked by TLS, and must be who they say.

use std::io::{Read, Write};
use std::net::{IpAddr, TcpListener};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, Stream};
use vestry_outbound::{LookingUp, Names, Outbound, Policy};
use vestry_sources::{Source, SourceError};

use crate::server::hello;
use crate::{COMPONENT, ann, sources};

/// Every name is this machine.
#[derive(Debug)]
struct Here;

impl Names for Here {
    fn look_up(&self, _: &str) -> LookingUp {
        Box::pin(async { Ok(vec![IpAddr::from([127, 0, 0, 1])]) })
    }
}

/// A registry under this name, whom the authority in a file vouches for; its port.
fn serve(name: &str, file: &std::path::Path) -> u16 {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let (key, server_key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    std::fs::write(file, params.self_signed(&key).unwrap().pem()).unwrap();
    let issuer = Issuer::new(params, key);
    let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&server_key, &issuer).unwrap();
    let key = PrivateKeyDer::try_from(server_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
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
            let mut head = [0; 4096];
            if let Ok(read) = tls.read(&mut head) {
                let _ = tls.write_all(hello().answer(&String::from_utf8_lossy(&head[..read])).as_bytes());
            }
        }
    });
    port
}

#[tokio::test]
async fn a_registry_is_asked_by_tls_and_believed_where_somebody_vouches_for_it() {
    let file = std::env::temp_dir().join(format!("vestry-sources-{}.pem", std::process::id()));
    let port = serve("registry.example", &file);
    let asking = |certificates| {
        let networks = vec!["127.0.0.1/32".parse().unwrap()];
        sources(Outbound::with_names(Policy::allowing(networks), certificates, Here).unwrap())
    };
    let believing = asking(Some(file.as_path()));
    std::fs::remove_file(&file).unwrap();
    let source = |host: &str| Source::registry(&format!("{host}:{port}/team/hello:1.2.0")).unwrap();

    let fetched = believing.fetch(&source("registry.example"), Some(&ann()), &|_| {}).await.unwrap();
    assert_eq!(fetched.component, COMPONENT.as_bytes());
    let error = asking(None).fetch(&source("registry.example"), Some(&ann()), &|_| {}).await.unwrap_err();
    assert!(matches!(error, SourceError::Unavailable(_)), "{error:?}");
    assert!(error.to_string().contains("nobody whom this server believes vouches for its certificate"), "{error}");
    let error = believing.fetch(&source("other.example"), Some(&ann()), &|_| {}).await.unwrap_err();
    assert!(matches!(error, SourceError::Unavailable(_)), "{error:?}");
    assert!(error.to_string().contains("not valid for name"), "{error}");
}

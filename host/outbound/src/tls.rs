//! TLS: rustls with ring, Mozilla's roots in the program, and those that an organisation adds.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::error::SetupError;

/// How servers are recognised; `certificates` is a PEM file of authorities that are believed beside Mozilla's.
pub(crate) fn config(certificates: Option<&Path>) -> Result<ClientConfig, SetupError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(file) = certificates {
        add(&mut roots, file)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(SetupError::Tls)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn add(roots: &mut RootCertStore, file: &Path) -> Result<(), SetupError> {
    let refuse = |reason: String| SetupError::Certificates { file: file.to_owned(), reason };
    let content = std::fs::read(file).map_err(|error| refuse(error.to_string()))?;
    let before = roots.len();
    for certificate in CertificateDer::pem_slice_iter(&content) {
        let certificate = certificate.map_err(|error| refuse(error.to_string()))?;
        roots.add(certificate).map_err(|error| refuse(error.to_string()))?;
    }
    if roots.len() == before {
        return Err(refuse("there is no certificate in it; it must be PEM, with `BEGIN CERTIFICATE`".into()));
    }
    Ok(())
}

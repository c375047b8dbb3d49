//! An authority of an organisation's own, and servers of this machine with a certificate of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;

/// Signs certificates for `127.0.0.1`. Its own lies in a file, for whoever is to believe it.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    folder: PathBuf,
}

impl Authority {
    /// A new one; what it writes goes into that folder.
    pub fn new(folder: &Path) -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("an authority needs no name");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key can be made");
        let own = params.self_signed(&key).expect("a certificate can be signed");
        fs::create_dir_all(folder).expect("a folder can be made");
        fs::write(folder.join("authority.pem"), own.pem()).expect("a file can be written");
        Self { issuer: Issuer::new(params, key), folder: folder.to_path_buf() }
    }

    /// The file that `outbound.certificates` takes.
    pub fn file(&self) -> PathBuf {
        self.folder.join("authority.pem")
    }

    /// A certificate and its key, as files in PEM.
    pub fn files(&self) -> (PathBuf, PathBuf) {
        let (certificate, key) = self.signed();
        let files = (self.folder.join("server.pem"), self.folder.join("server.key"));
        fs::write(&files.0, certificate.pem()).expect("a file can be written");
        fs::write(&files.1, key.serialize_pem()).expect("a file can be written");
        files
    }

    /// What a server of this process needs.
    pub fn server(&self) -> Arc<ServerConfig> {
        let (certificate, key) = self.signed();
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key is one");
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions are known")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key);
        Arc::new(config.expect("key and certificate belong together"))
    }

    fn signed(&self) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().expect("a key can be made");
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("an address can be certified");
        (params.signed_by(&key, &self.issuer).expect("a certificate can be signed"), key)
    }
}

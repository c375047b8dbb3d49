//! A real registry: Debian's `docker-registry`, started on a port of this machine, and packages pushed to it by hand.
//!
//! Two processes of it serve one folder: one for whoever is tested, with or without TLS and a password, and a plain
//! one that the tests push to.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use ureq::Agent;

use crate::authority::Authority;
use crate::component::digest;
use crate::keeper::{Keeper, new_folder};
use crate::{installed, used, wait_for};

const PROGRAM: (&str, &str) = ("VESTRY_REGISTRY", "docker-registry");
const PATIENCE: Duration = Duration::from_secs(20);
/// Who may read a private one. The line of its file of passwords is made with bcrypt, which nothing here can do.
pub const USER: &str = "reader";
pub const PASSWORD: &str = "registry words of the tests";
const PASSWORDS: &str = "reader:$2y$05$abcdefghijklmnopqrstuuZudyPVWx7gLxfjuN9/F2Pks0MTIwwTe\n";

pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.wasm.config.v0+json";
const LAYER: &str = "application/wasm";

/// A running registry; it ends with this.
#[derive(Debug)]
pub struct Registry {
    host: String,
    pushed: String,
    _serving: Keeper,
    _pushing: Keeper,
}

impl Registry {
    /// Starts one. `tls`: with a certificate of that authority; `private`: for [`USER`] alone.
    pub fn start(tls: Option<&Authority>, private: bool) -> Self {
        let folder = new_folder("registry");
        let mut settings = String::new();
        if let Some(authority) = tls {
            let (certificate, key) = authority.files();
            settings += &format!("  tls: {{certificate: {}, key: {}}}\n", certificate.display(), key.display());
        }
        if private {
            used::secret(PASSWORD);
            used::secret(&data_encoding::BASE64.encode(format!("{USER}:{PASSWORD}").as_bytes()));
            let file = folder.join("passwords");
            fs::write(&file, PASSWORDS).expect("a file can be written");
            settings += &format!("auth: {{htpasswd: {{realm: tests, path: {}}}}}\n", file.display());
        }
        let (serving, host) = start(&folder, "serving", &settings);
        let (pushing, pushed) = start(&folder, "pushing", "");
        Self { host, pushed, _serving: serving, _pushing: pushing }
    }

    /// `127.0.0.1:PORT`.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Pushes a component under a tag, as `wkg` and others do; answers the digest of its manifest, `sha256:..`.
    pub fn push(&self, repository: &str, tag: &str, component: &[u8]) -> String {
        let (manifest, config) = manifest(component);
        self.blob(repository, component);
        self.blob(repository, &config);
        self.put_manifest(repository, tag, &manifest)
    }

    fn put_manifest(&self, repository: &str, tag: &str, manifest: &[u8]) -> String {
        let url = format!("http://{}/v2/{repository}/manifests/{tag}", self.pushed);
        agent().put(url).header("content-type", MANIFEST).send(manifest).expect("a manifest is taken");
        format!("sha256:{}", digest(manifest))
    }

    fn blob(&self, repository: &str, content: &[u8]) {
        let url = format!("http://{}/v2/{repository}/blobs/uploads/", self.pushed);
        let begun = agent().post(url).send_empty().expect("an upload begins");
        let place = begun.headers()["location"].to_str().expect("it says where").to_owned();
        let url = format!("{place}&digest=sha256:{}", digest(content));
        agent().put(url).header("content-type", "application/octet-stream").send(content).expect("a blob is taken");
    }
}

/// What stands in a registry for a component: its manifest, and the config that the manifest names.
pub fn manifest(component: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let layer = format!("sha256:{}", digest(component));
    let config = json!({
        "created": "2026-11-22T06:00:00Z", "architecture": "wasm", "os": "wasip2", "layerDigests": [layer],
    });
    let config = config.to_string().into_bytes();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": { "mediaType": CONFIG, "digest": format!("sha256:{}", digest(&config)), "size": config.len() },
        "layers": [{ "mediaType": LAYER, "digest": layer, "size": component.len() }],
    });
    (manifest.to_string().into_bytes(), config)
}

/// Starts one process; answers where it listens.
fn start(folder: &Path, name: &str, settings: &str) -> (Keeper, String) {
    let own = folder.join(name);
    fs::create_dir_all(&own).expect("a folder can be made");
    let file: PathBuf = own.join("config.yml");
    let storage = folder.join("storage");
    let config = format!(
        "version: 0.1\nlog: {{level: info, accesslog: {{disabled: true}}}}\nstorage:\n  filesystem: {{rootdirectory: {}}}\n\
         http:\n  addr: 127.0.0.1:0\n{settings}",
        storage.display()
    );
    fs::write(&file, config).expect("a file can be written");
    let keeper = Keeper::start(&own, &installed(PROGRAM.0, PROGRAM.1), &["serve", &file.display().to_string()]);
    let listening = || {
        let log = keeper.output("stderr");
        let (_, rest) = log.split_once("listening on 127.0.0.1:")?;
        let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
        rest.len().gt(&port.len()).then_some(port)
    };
    let port = wait_for(PATIENCE, listening);
    let port = port.unwrap_or_else(|| panic!("the registry does not listen: {}", keeper.output("stderr")));
    (keeper, format!("127.0.0.1:{port}"))
}

fn agent() -> Agent {
    Agent::config_builder().timeout_global(Some(PATIENCE)).build().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pushed_can_be_pulled_by_those_who_may() {
        let registry = Registry::start(None, true);
        let manifest = registry.push("team/hello", "1.0.0", b"component");
        let url = format!("http://{}/v2/team/hello/manifests/1.0.0", registry.host());
        let refused = agent().get(&url).header("accept", MANIFEST).call();
        assert!(matches!(refused, Err(ureq::Error::StatusCode(401))), "{refused:?}");
        let login = data_encoding::BASE64.encode(format!("{USER}:{PASSWORD}").as_bytes());
        let pulled = agent().get(&url).header("accept", MANIFEST).header("authorization", format!("Basic {login}"));
        let pulled = pulled.call().expect("whoever knows the password may").body_mut().read_to_vec();
        assert_eq!(format!("sha256:{}", digest(&pulled.expect("a manifest comes whole"))), manifest);
    }
}

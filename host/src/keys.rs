//! The server's key, and what is sealed with it.
//!
//! One file, `server.key`, mode 0600, 32 random bytes, made at the first start and never in the database: who copies the
//! database alone gets nothing that opens. Each use has a key of its own, derived by HMAC under a label.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use vestry_contract::ui::Level;

/// Keys of this server.
#[derive(Clone)]
pub struct Keys {
    visitors: Hmac<Sha256>,
    notices: Hmac<Sha256>,
    compiled: [u8; 32],
    secrets: [u8; 32],
    follows: Hmac<Sha256>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Keys")
    }
}

impl Keys {
    /// Reads the key of a data directory, or makes one.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read or made, or is not a key.
    pub fn open(data: &Path) -> io::Result<Self> {
        let file = data.join("server.key");
        let key = match fs::read(&file) {
            Ok(key) => key,
            Err(error) if error.kind() == io::ErrorKind::NotFound => make(&file)?,
            Err(error) => return Err(error),
        };
        if key.len() != 32 {
            return Err(io::Error::other(format!(
                "{} is not a key of 32 bytes; put the right one back from a backup, or remove it: visitors are then new ones, plugins are compiled again, and secrets have to be set again",
                file.display()
            )));
        }
        Ok(Self {
            visitors: derived(&key, "visitors")?,
            notices: derived(&key, "notices")?,
            compiled: tag(derived(&key, "compiled code")?, &[]),
            secrets: tag(derived(&key, "secrets")?, &[]),
            follows: derived(&key, "follows")?,
        })
    }

    /// What vouches for compiled code.
    #[must_use]
    pub fn compiled_code(&self) -> [u8; 32] {
        self.compiled
    }

    /// What secrets are sealed with.
    #[must_use]
    pub fn secrets(&self) -> [u8; 32] {
        self.secrets
    }

    /// A browser as one plugin knows it; another plugin gets another.
    #[must_use]
    pub fn visitor(&self, plugin: &str, browser: &str) -> String {
        let tag = tag(self.visitors.clone(), &[plugin.as_bytes(), browser.as_bytes()]);
        data_encoding::BASE32_DNSCURVE.encode(&tag[..20])
    }

    /// A sentence for the next page, so that nobody else can put one there.
    #[must_use]
    pub fn seal_notice(&self, level: Level, text: &str) -> String {
        let text: String = text.chars().take(500).collect();
        let body = format!("{}{text}", level as u8);
        let tag = tag(self.notices.clone(), &[body.as_bytes()]);
        format!(
            "{}.{}",
            data_encoding::BASE64URL_NOPAD.encode(&tag[..16]),
            data_encoding::BASE64URL_NOPAD.encode(body.as_bytes())
        )
    }

    #[must_use]
    pub fn open_notice(&self, sealed: &str) -> Option<(Level, String)> {
        let (seal, body) = sealed.split_once('.')?;
        let seal = data_encoding::BASE64URL_NOPAD.decode(seal.as_bytes()).ok()?;
        let body = data_encoding::BASE64URL_NOPAD.decode(body.as_bytes()).ok()?;
        let mut mac = self.notices.clone();
        feed(&mut mac, &[&body]);
        mac.verify_truncated_left(&seal).ok().filter(|()| seal.len() == 16)?;
        let text = String::from_utf8(body).ok()?;
        let mut characters = text.chars();
        let level = match characters.next()? {
            '1' => Level::Primary,
            '2' => Level::Success,
            '3' => Level::Warning,
            '4' => Level::Danger,
            _ => Level::Neutral,
        };
        Some((level, characters.as_str().to_owned()))
    }
}

/// Bytes of a seal: half of the HMAC, which is as much as it is worth.
const SEAL: usize = 16;

impl Keys {
    /// Where a followed page stands, so that nobody but this server can have written it. `bound_to` is not in it: it opens
    /// only where the same is said again.
    #[must_use]
    pub fn seal_follow(&self, bound_to: &[String; 3], body: &[u8]) -> String {
        let [one, two, three] = bound_to;
        let tag = tag(self.follows.clone(), &[one.as_bytes(), two.as_bytes(), three.as_bytes(), body]);
        data_encoding::BASE64URL_NOPAD.encode(&[&tag[..SEAL], body].concat())
    }

    #[must_use]
    pub fn open_follow(&self, bound_to: &[String; 3], sealed: &str) -> Option<Vec<u8>> {
        let sealed = data_encoding::BASE64URL_NOPAD.decode(sealed.as_bytes()).ok()?;
        let (seal, body) = sealed.split_at_checked(SEAL)?;
        let [one, two, three] = bound_to;
        let mut mac = self.follows.clone();
        feed(&mut mac, &[one.as_bytes(), two.as_bytes(), three.as_bytes(), body]);
        mac.verify_truncated_left(seal).ok()?;
        Some(body.to_vec())
    }
}

fn make(file: &Path) -> io::Result<Vec<u8>> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    let mut written = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    written.write_all(&key)?;
    written.sync_all()?;
    Ok(key.to_vec())
}

fn derived(key: &[u8], label: &str) -> io::Result<Hmac<Sha256>> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).map_err(io::Error::other)?;
    mac.update(label.as_bytes());
    let key: [u8; 32] = mac.finalize().into_bytes().into();
    <Hmac<Sha256> as KeyInit>::new_from_slice(&key).map_err(io::Error::other)
}

fn tag(mut mac: Hmac<Sha256>, parts: &[&[u8]]) -> [u8; 32] {
    feed(&mut mac, parts);
    mac.finalize().into_bytes().into()
}

fn feed(mac: &mut Hmac<Sha256>, parts: &[&[u8]]) {
    for part in parts {
        mac.update(&(part.len() as u64).to_le_bytes());
        mac.update(part);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_key_is_made_once_and_is_nobody_elses() {
        let data = tempfile::tempdir().unwrap();
        let first = Keys::open(data.path()).unwrap();
        let second = Keys::open(data.path()).unwrap();
        assert_eq!(first.visitor("org.a", "b"), second.visitor("org.a", "b"));
        assert_eq!(first.secrets(), second.secrets());
        assert_ne!(first.secrets(), first.compiled_code());
        assert_eq!(fs::metadata(data.path().join("server.key")).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(data.path().join("server.key"), b"short").unwrap();
        assert!(Keys::open(data.path()).is_err());
    }

    #[test]
    fn plugins_know_a_browser_by_different_names() {
        let keys = Keys::open(tempfile::tempdir().unwrap().path()).unwrap();
        assert_ne!(keys.visitor("org.a", "browser"), keys.visitor("org.b", "browser"));
    }

    #[test]
    fn where_a_page_stands_opens_for_the_same_page_and_person_alone() {
        let keys = Keys::open(tempfile::tempdir().unwrap().path()).unwrap();
        let bound = |who: &str, page: &str| [who.to_owned(), "org.a".to_owned(), page.to_owned()];
        let sealed = keys.seal_follow(&bound("ada", "/a?"), b"body");
        assert_eq!(keys.open_follow(&bound("ada", "/a?"), &sealed), Some(b"body".to_vec()));
        assert_eq!(keys.open_follow(&bound("eve", "/a?"), &sealed), None);
        assert_eq!(keys.open_follow(&bound("ada", "/b?"), &sealed), None);
        // The same letters, divided in another way.
        assert_eq!(keys.open_follow(&bound("adaorg.a", "/a?"), &sealed), None);
        for forged in ["", "AAAA", &sealed[..20], &format!("{sealed}AAAA"), &sealed.replace(&sealed[..2], "__")] {
            assert_eq!(keys.open_follow(&bound("ada", "/a?"), forged), None, "{forged}");
        }
    }

    #[test]
    fn a_notice_that_somebody_else_wrote_is_not_shown() {
        let keys = Keys::open(tempfile::tempdir().unwrap().path()).unwrap();
        let sealed = keys.seal_notice(Level::Success, "Saved – ja.");
        assert_eq!(keys.open_notice(&sealed), Some((Level::Success, "Saved – ja.".into())));
        let (seal, body) = sealed.split_once('.').unwrap();
        for forged in [
            format!("{}.{body}", &seal[..4]),
            format!("{seal}x.{body}"),
            format!("{seal}.{body}AA"),
            format!(".{body}"),
            "x".into(),
        ] {
            assert_eq!(keys.open_notice(&forged), None, "{forged}");
        }
    }
}

//! `logs`: where they are, how this process is called in them, when a file is changed for a new one, how long it is kept,
//! and what they hold of a visitor's address.
//!
//! ```yaml
//! logs: {directory: /srv/vestry-logs, node: first, size-mib: 64, hours: 24, files: 30, days: 90, addresses: whole}
//! ```

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;
use vestry_logbook::{Keeping, OpenError, is_name};

use crate::settings::directories::{is_plain, real};

/// Where the server writes its logs below the data directory, if no setting says otherwise.
pub const LOGS: &str = "logs";

/// All about logs, each with its default.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct LogSettings {
    /// The directory for the logs of all nodes; [`LOGS`] in the data directory, if nothing is said.
    pub directory: Option<PathBuf>,
    /// The name that stands in each line, and of the directory; the machine's own, if nothing is said.
    pub node: Option<String>,
    /// MiB at which a file is changed for a new one.
    pub size_mib: u32,
    /// Hours after which it is in any case.
    pub hours: u32,
    /// Files that are kept of each log beside the one that is written.
    pub files: u32,
    /// Days after its last line that a file is kept.
    pub days: u32,
    /// What stands in a line of who asked from where.
    pub addresses: Addresses,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { directory: None, node: None, size_mib: 64, hours: 24, files: 30, days: 90, addresses: Addresses::Whole }
    }
}

/// What is kept of a visitor's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Addresses {
    Whole,
    /// The network of 24 bits that it is of, or for IPv6 of 48.
    Network,
    None,
}

impl Addresses {
    /// The address as it is written down.
    #[must_use]
    pub fn kept(self, address: IpAddr) -> Option<String> {
        let address = address.to_canonical();
        let bits = if address.is_ipv4() { 24 } else { 48 };
        match self {
            Self::Whole => Some(address.to_string()),
            Self::Network => IpNet::new(address, bits).ok().map(|network| network.trunc().to_string()),
            Self::None => None,
        }
    }
}

impl LogSettings {
    /// Whether each number and each name makes sense.
    ///
    /// # Errors
    ///
    /// With what is wrong.
    pub fn check(&self, data: &Path) -> Result<(), String> {
        let wrong = !(1..=4_096).contains(&self.size_mib)
            || !(1..=8_784).contains(&self.hours)
            || !(1..=10_000).contains(&self.files)
            || !(1..=3_660).contains(&self.days);
        if wrong {
            return Err("logs: size-mib is 1 to 4096, hours 1 to 8784, files 1 to 10000, days 1 to 3660".into());
        }
        match &self.node {
            Some(node) if !is_name(node) => return Err(format!("logs: {}", OpenError::Name(node.clone()))),
            _ => {}
        }
        self.directory.as_deref().map_or(Ok(()), |place| check_place(place, data))
    }

    /// Where the logs of all nodes are.
    #[must_use]
    pub fn place(&self, data: &Path) -> PathBuf {
        self.directory.clone().unwrap_or_else(|| data.join(LOGS))
    }

    #[must_use]
    pub fn keeping(&self) -> Keeping {
        Keeping {
            size: u64::from(self.size_mib) << 20,
            age: Duration::from_secs(u64::from(self.hours) * 3_600),
            files: self.files,
            kept: Duration::from_secs(u64::from(self.days) * 86_400),
        }
    }
}

/// Refuses a place that is somewhere else each time, or where the plugin for logs would read the database.
fn check_place(place: &Path, data: &Path) -> Result<(), String> {
    if !is_plain(place) {
        return Err(format!(
            "logs: directory: `{}` is not a path from the root on without `..`, such as /srv/vestry-logs",
            place.display()
        ));
    }
    let (place, data) = (real(place), real(data));
    match place.starts_with(&data) || data.starts_with(&place) {
        true if place != data.join(LOGS) => Err(format!(
            "logs: directory: {} and the server's data in {} must not lie in one another; choose another place",
            place.display(),
            data.display()
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<LogSettings, String> {
        serde_saphyr::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_not_said_is_as_the_manual_says() {
        let settings = read("{}").unwrap();
        settings.check(Path::new("/data")).unwrap();
        let Keeping { size, age, files, kept } = settings.keeping();
        let days = |days: u64| Duration::from_secs(days * 86_400);
        assert_eq!((size, age, files, kept), (64 << 20, days(1), 30, days(90)));
        assert_eq!(settings.node, None);
        let settings = read("{node: first, size-mib: 4096, hours: 1, files: 2, days: 3660}").unwrap();
        settings.check(Path::new("/data")).unwrap();
        assert_eq!((settings.node.as_deref(), settings.keeping().size), (Some("first"), 4 << 30));
    }

    #[test]
    fn a_number_that_makes_no_sense_is_said() {
        for wrong in [
            "size-mib: 0",
            "size-mib: 4097",
            "hours: 0",
            "hours: 8785",
            "files: 0",
            "files: 10001",
            "days: 0",
            "days: 3661",
        ] {
            let error = read(&format!("{{{wrong}}}")).unwrap().check(Path::new("/data")).unwrap_err();
            assert!(error.contains(wrong.split(':').next().unwrap()), "{error}");
        }
        assert!(read("{addresses: half}").is_err() && read("{addresses: whole}").is_ok());
        assert!(read("{size: 1}").is_err() && read("{days: -1}").is_err() && read("{node: [a]}").is_err());
    }

    #[test]
    fn a_name_that_is_none_is_said() {
        for wrong in ["''", "web 1", "../x", "-a", "é"] {
            let error = read(&format!("{{node: {wrong}}}")).unwrap().check(Path::new("/data")).unwrap_err();
            assert!(error.starts_with("logs: the name of a node has 1 to 64 letters"), "{error}");
        }
    }

    #[test]
    fn logs_are_in_the_data_directory_or_far_from_it() {
        let root = tempfile::tempdir().unwrap();
        let data = root.path().join("data");
        std::fs::create_dir_all(data.join("logs")).unwrap();
        let at = |place: &Path| read(&format!("{{directory: '{}'}}", place.display())).unwrap();
        assert_eq!(LogSettings::default().place(&data), data.join("logs"));
        for right in [root.path().join("logs"), data.join("logs")] {
            at(&right).check(&data).unwrap();
            assert_eq!(at(&right).place(&data), right);
        }
        for (wrong, told) in [
            (data.clone(), "must not lie in one another"),
            (data.join("store"), "must not lie in one another"),
            (data.join("logs/deeper"), "must not lie in one another"),
            (root.path().to_owned(), "must not lie in one another"),
            ("/".into(), "must not lie in one another"),
            ("logs".into(), "such as /srv/vestry-logs"),
            ("/srv/../logs".into(), "such as /srv/vestry-logs"),
        ] {
            let error = at(&wrong).check(&data).unwrap_err();
            assert!(error.starts_with("logs: directory: ") && error.contains(told), "{}: {error}", wrong.display());
        }
    }

    #[test]
    fn of_an_address_is_kept_what_the_setting_says() {
        for (setting, address, kept) in [
            ("whole", "192.0.2.77", Some("192.0.2.77")),
            ("network", "192.0.2.77", Some("192.0.2.0/24")),
            ("network", "::ffff:192.0.2.77", Some("192.0.2.0/24")),
            ("network", "2001:db8:1:2::3", Some("2001:db8:1::/48")),
            ("none", "192.0.2.77", None),
        ] {
            let addresses = read(&format!("{{addresses: {setting}}}")).unwrap().addresses;
            assert_eq!(addresses.kept(address.parse().unwrap()).as_deref(), kept);
        }
        assert_eq!(read("{}").unwrap().addresses, Addresses::Whole);
    }
}

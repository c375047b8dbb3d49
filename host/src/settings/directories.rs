//! `directories`: where the directories are that plugins were granted.
//!
//! ```yaml
//! directories:
//!   org.example.worker: {files: /srv/worker}
//! ```
//!
//! By the plugin's id, then by the name that it uses. Whether a place is there is seen when it is used: it can be
//! mounted later than the server starts.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;
use vestry_capabilities::Directories;
use vestry_catalog::house;

/// Places of the configuration.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(try_from = "BTreeMap<String, BTreeMap<String, PathBuf>>")]
pub struct DirectorySettings(BTreeMap<String, BTreeMap<String, PathBuf>>);

impl DirectorySettings {
    #[must_use]
    pub fn configured(&self) -> Directories {
        Directories::new(self.0.clone())
    }

    /// Refuses a place that lies in the server's own data or logs, or around them: a plugin would read the database
    /// there, or logs for people who may not.
    ///
    /// # Errors
    ///
    /// With the name of the directory, and why.
    pub fn check(&self, data: &Path, logs: &Path) -> Result<(), String> {
        let own = [("data", real(data)), ("logs", real(logs))];
        for (plugin, name, place) in self.places() {
            let place = real(place);
            if let Some((what, own)) = own.iter().find(|(_, own)| place.starts_with(own) || own.starts_with(&place)) {
                return Err(format!(
                    "directories: `{name}` of {plugin}: {} and the server's {what} in {} must not lie in one another; \
                     choose another place",
                    place.display(),
                    own.display()
                ));
            }
        }
        Ok(())
    }

    fn places(&self) -> impl Iterator<Item = (&str, &str, &Path)> {
        self.0.iter().flat_map(|(plugin, names)| {
            names.iter().map(move |(name, place)| (plugin.as_str(), name.as_str(), place.as_path()))
        })
    }
}

impl TryFrom<BTreeMap<String, BTreeMap<String, PathBuf>>> for DirectorySettings {
    type Error = String;

    fn try_from(places: BTreeMap<String, BTreeMap<String, PathBuf>>) -> Result<Self, String> {
        let settings = Self(places);
        for (plugin, name, place) in settings.places() {
            if house::directory(name).is_some() {
                return Err(format!(
                    "directories: `{name}` of {plugin}: the server's own directory has this name; choose another"
                ));
            }
            if name.is_empty() || !is_plain(place) {
                return Err(format!(
                    "directories: `{name}` of {plugin}: `{}` is not a path from the root on without `..`, such as \
                     /srv/worker",
                    place.display()
                ));
            }
        }
        Ok(settings)
    }
}

/// Whether a path is the same wherever the server was started.
pub(super) fn is_plain(place: &Path) -> bool {
    place.is_absolute() && !place.components().any(|part| part == Component::ParentDir)
}

/// Where a path leads, as far as it is there.
pub(super) fn real(path: &Path) -> PathBuf {
    std::path::absolute(path).map_or_else(|_| path.to_owned(), |path| path.canonicalize().unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<DirectorySettings, String> {
        serde_saphyr::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_place_is_absolute_and_needs_not_be_there() {
        let settings = read("org.example.worker: {files: /srv/worker, old: /mnt/old}").unwrap();
        let places: Vec<_> = settings.places().map(|(_, name, place)| (name, place.to_str().unwrap())).collect();
        assert_eq!(places, [("files", "/srv/worker"), ("old", "/mnt/old")]);
        for wrong in ["files", "./files", "../files", "~/files", "/srv/../etc", ""] {
            let error = read(&format!("org.example.worker: {{files: '{wrong}'}}")).unwrap_err();
            assert!(error.contains("`files` of org.example.worker") && error.contains("/srv/worker"), "{error}");
        }
    }

    #[test]
    fn the_name_of_the_servers_own_directory_is_taken() {
        let error = read("org.example.worker: {server-logs: /srv/logs}").unwrap_err();
        assert!(error.contains("`server-logs` of org.example.worker") && error.contains("choose another"), "{error}");
        read("org.example.worker: {logs: /srv/logs}").unwrap();
    }

    #[test]
    fn the_servers_own_data_is_no_place_for_a_plugin() {
        let root = tempfile::tempdir().unwrap();
        let data = root.path().join("data");
        std::fs::create_dir(&data).unwrap();
        std::os::unix::fs::symlink(&data, root.path().join("link")).unwrap();
        let at = |place: PathBuf| read(&format!("org.example.worker: {{files: {}}}", place.display())).unwrap();
        for wrong in [data.clone(), data.join("store"), root.path().to_owned(), "/".into(), root.path().join("link")] {
            let error = at(wrong.clone()).check(&data, &data.join("logs")).unwrap_err();
            assert!(error.contains("must not lie in one another"), "{}: {error}", wrong.display());
        }
        at(root.path().join("data-of-others")).check(&data, &data.join("logs")).unwrap();
    }

    #[test]
    fn logs_that_are_elsewhere_are_no_place_for_a_plugin_either() {
        let at = |place: &str| read(&format!("org.example.worker: {{files: {place}}}")).unwrap();
        for wrong in ["/var/log/vestry", "/var/log/vestry/first", "/var/log", "/"] {
            let error = at(wrong).check(Path::new("/data"), Path::new("/var/log/vestry")).unwrap_err();
            assert!(error.contains("must not lie in one another"), "{wrong}: {error}");
        }
        at("/var/log/nginx").check(Path::new("/data"), Path::new("/var/log/vestry")).unwrap();
    }
}

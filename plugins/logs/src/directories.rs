//! The directories that are read, as the core sees them.

use std::sync::OnceLock;

use serde::Deserialize;
use vestry_logs_core::{File, Files, Layout, Piece, Series, Trouble, gather};
use vestry_sdk::files;
use vestry_sdk::prelude::*;
use vestry_sdk::settings;

/// The server's own: a folder for each node.
pub const SERVER: &str = "server-logs";
/// Where other programs write, if the configuration says where.
pub const OTHERS: &str = "others";
/// Entries of one folder that are listed. Beyond that, listing alone would use up a request.
const MOST: usize = 5_000;

/// Through the host.
pub struct Directories;

impl Files for Directories {
    fn entries(&self, directory: &str, path: &str) -> std::result::Result<Vec<File>, Trouble> {
        let mut listing = files::entries(directory, path, None).map_err(trouble)?;
        let mut entries = listing.files;
        while let Some(cursor) = listing.next.filter(|_| entries.len() < MOST) {
            listing = files::entries(directory, path, Some(&cursor)).map_err(trouble)?;
            entries.append(&mut listing.files);
        }
        let file = |file: files::File| File {
            path: file.path,
            identity: file.identity,
            size: file.size,
            modified: i64::try_from(file.modified).unwrap_or(i64::MAX),
            directory: file.directory,
        };
        Ok(entries.into_iter().map(file).collect())
    }

    fn read(
        &self,
        directory: &str,
        path: &str,
        identity: Option<&str>,
        offset: u64,
        length: u32,
    ) -> std::result::Result<Piece, Trouble> {
        let piece = files::read(directory, path, identity, offset, length).map_err(trouble)?;
        Ok(Piece { content: piece.content, size: piece.size })
    }
}

fn trouble(failure: Failure) -> Trouble {
    match failure {
        Failure::NotFound(_) => Trouble::Gone,
        Failure::Denied(_) => Trouble::Denied,
        Failure::Unavailable(words) | Failure::Exhausted(words) | Failure::Internal(words) => Trouble::Other(words),
        _ => Trouble::Other("it cannot be read".to_owned()),
    }
}

/// All logs that can be read: the server's, then those of other programs.
#[derive(Debug, Default)]
pub struct Found {
    pub series: Vec<Series>,
    /// What must be said of a directory that cannot be read. The others are there all the same.
    pub troubles: Vec<Text>,
}

/// Looks which logs there are. A directory that has no place, or that nobody granted, has none.
pub fn all() -> Found {
    let mut found = Found::default();
    for (directory, layout) in [(SERVER, Layout::NODES), (OTHERS, Layout { nodes: false, offset: minutes() })] {
        match gather(&Directories, directory, layout) {
            Ok(series) => found.series.extend(series),
            Err(Trouble::Denied | Trouble::Gone) => {}
            Err(Trouble::Other(why)) => {
                found.troubles.push(text!("The directory {directory} cannot be read: {why}", directory, why));
            }
        }
    }
    found
}

/// What the configuration says.
#[derive(Debug, Default, Deserialize)]
struct Settings {
    /// What times of other programs mean that name no zone, such as `+01:00`.
    #[serde(default)]
    zone: Option<String>,
}

/// The JSON Schema of [`Settings`].
pub const SETTINGS: &str = r#"{"type":"object","additionalProperties":false,"properties":{"zone":{"type":"string","pattern":"^[+-][0-9]{2}:[0-9]{2}$"}}}"#;

/// Minutes east of UTC that times of other programs mean which name no zone.
fn minutes() -> i32 {
    static MINUTES: OnceLock<i32> = OnceLock::new();
    *MINUTES.get_or_init(|| {
        let settings: Settings = serde_json::from_str(&settings::get()).unwrap_or_default();
        settings.zone.as_deref().and_then(east).unwrap_or(0)
    })
}

fn east(zone: &str) -> Option<i32> {
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let minutes = hours.parse::<i32>().ok()? * 60 + minutes.parse::<i32>().ok()?;
    match zone.get(..1)? {
        "+" => Some(minutes),
        "-" => Some(-minutes),
        _ => None,
    }
}

/// What each of the server's own files is for.
pub fn purpose(series: &Series) -> &'static str {
    match (series.directory.as_str(), series.name.as_str()) {
        (SERVER, "access.log") => "Every request: who asked for what, what was answered, how long it took",
        (SERVER, "vestry.log") => "The server and its plugins",
        (SERVER, "error.log") => "Requests that were answered with an error of the server's",
        (SERVER, "worker.log") => "Jobs",
        _ => "Written by another program",
    }
}

/// As it is named among several: the node in front, where there is one.
pub fn called(series: &Series) -> String {
    match series.node.as_str() {
        "" => series.name.clone(),
        node => format!("{node}/{}", series.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_minutes_east() {
        for (zone, minutes) in [("+01:00", Some(60)), ("-03:30", Some(-210)), ("UTC", None), ("", None), ("+1", None)] {
            assert_eq!(east(zone), minutes, "{zone}");
        }
    }
}

//! Directories of the server's own that plugins can be granted by name: read only, and open to people who may see what
//! is in them. Where they are is for the server to know; no configuration names them.

use vestry_phrases::phrase;

/// One of them.
#[derive(Debug)]
pub struct HouseDirectory {
    pub name: &'static str,
    /// What a person needs on whose behalf it is read.
    pub permission: &'static str,
    /// What the grant means, in plain words.
    pub words: &'static str,
}

/// What the server writes about itself.
pub const LOGS: HouseDirectory = HouseDirectory {
    name: "server-logs",
    permission: "logs.read",
    words: phrase!("Read the server's logs, for people who may read them"),
};

const ALL: &[&HouseDirectory] = &[&LOGS];

/// The directory of that name, where it is one of the server's own.
#[must_use]
pub fn directory(name: &str) -> Option<&'static HouseDirectory> {
    ALL.iter().copied().find(|known| known.name == name)
}

#[cfg(test)]
mod tests {
    use vestry_identity::HOST_PERMISSIONS;

    use super::*;

    #[test]
    fn each_needs_a_permission_that_there_is() {
        for house in ALL {
            assert!(HOST_PERMISSIONS.iter().any(|known| known.name == house.permission), "{}", house.name);
            assert!(directory(house.name).is_some_and(|found| found.permission == house.permission));
        }
        assert!(directory("logs").is_none());
    }
}

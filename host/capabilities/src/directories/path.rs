//! A path inside a directory, as a plugin may write it.

/// The longest path, in bytes.
const LONGEST: usize = 1024;
/// Names in one path.
const DEEPEST: usize = 32;
/// How names begin that the server keeps for files that are not whole yet.
pub(super) const RESERVED: &str = ".vestry-";

/// A path that leads to something inside: relative, `/` between names, no name that means another place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FilePath(String);

/// Why a path is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadPath {
    #[error("is empty; name a file")]
    Empty,
    #[error("is longer than {LONGEST} bytes")]
    TooLong,
    #[error("has more than {DEEPEST} names")]
    TooDeep,
    #[error("begins at the root; write it from the directory on, without the `/`")]
    Absolute,
    #[error("has an empty name in it; write one `/` between names, and none at the end")]
    EmptyName,
    #[error("has `.` or `..` for a name; write where it leads instead")]
    Dots,
    #[error("holds a backslash or a NUL; names are parted with `/`")]
    Character,
    #[error("has a name that begins with `{RESERVED}`, which the server keeps for itself")]
    Reserved,
}

impl FilePath {
    pub(crate) fn parse(text: &str) -> Result<Self, BadPath> {
        if text.is_empty() {
            return Err(BadPath::Empty);
        }
        if text.len() > LONGEST {
            return Err(BadPath::TooLong);
        }
        if text.starts_with('/') {
            return Err(BadPath::Absolute);
        }
        if text.split('/').count() > DEEPEST {
            return Err(BadPath::TooDeep);
        }
        text.split('/').try_for_each(name)?;
        Ok(Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The directory that it is in; none for the top.
    pub(crate) fn parent(&self) -> Option<&str> {
        self.0.rsplit_once('/').map(|(parent, _)| parent)
    }

    /// Its last name.
    pub(crate) fn name(&self) -> &str {
        self.0.rsplit_once('/').map_or(&self.0, |(_, name)| name)
    }
}

/// Whether this can be a name in a path.
pub(super) fn name(name: &str) -> Result<(), BadPath> {
    match name {
        "" => Err(BadPath::EmptyName),
        "." | ".." => Err(BadPath::Dots),
        _ if name.contains(['\\', '\0']) => Err(BadPath::Character),
        _ if name.starts_with(RESERVED) => Err(BadPath::Reserved),
        _ => Ok(()),
    }
}

//! The four files, and which line goes into which.

/// One of the files that the server writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFile {
    Access,
    Server,
    Error,
    Worker,
}

impl LogFile {
    pub const ALL: [Self; 4] = [Self::Access, Self::Server, Self::Error, Self::Worker];

    /// As it is called in the directory.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Access => "access.log",
            Self::Server => "vestry.log",
            Self::Error => "error.log",
            Self::Worker => "worker.log",
        }
    }

    /// By the target of what was said. Everything that has no file of its own is the server's.
    #[must_use]
    pub fn of(target: &str) -> Self {
        match target {
            "access" => Self::Access,
            "unanswered" => Self::Error,
            "job" => Self::Worker,
            _ if target.starts_with("vestry::worker") => Self::Worker,
            _ => Self::Server,
        }
    }

    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::LogFile;

    #[test]
    fn each_target_has_its_file() {
        for (target, name) in [
            ("access", "access.log"),
            ("unanswered", "error.log"),
            ("job", "worker.log"),
            ("vestry::worker::attempt", "worker.log"),
            ("vestry::web::dispatch", "vestry.log"),
            ("plugin", "vestry.log"),
        ] {
            assert_eq!(LogFile::of(target).name(), name);
        }
        for (at, file) in LogFile::ALL.iter().enumerate() {
            assert_eq!(file.index(), at);
        }
    }
}

//! What a plugin can wish for, in short: `.wish(Capability::origin("https://api.example.org"), "To ask for rates.")`.

use crate::registration::{Capability, FileAccess};

impl Capability {
    /// To read a directory of the server's, by a name that the administrator ties to a place.
    pub fn read(directory: impl Into<String>) -> Self {
        Capability::Directory((directory.into(), FileAccess::Read))
    }

    /// To read and write such a directory.
    pub fn read_write(directory: impl Into<String>) -> Self {
        Capability::Directory((directory.into(), FileAccess::ReadWrite))
    }

    /// To call an origin (RFC 6454), such as `https://api.example.org`; or the one that a setting of the plugin names, such as
    /// `setting:rates.url`.
    pub fn origin(origin: impl Into<String>) -> Self {
        Capability::Origin(origin.into())
    }

    /// A secret, by a name that the administrator fills.
    pub fn secret(name: impl Into<String>) -> Self {
        Capability::Secret(name.into())
    }

    /// A permission of the host where no person is present: for visitors and schedules.
    pub fn permission(name: impl Into<String>) -> Self {
        Capability::Permission(name.into())
    }
}

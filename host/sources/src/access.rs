//! What a private source is opened with.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A user and a token, or a token alone. Its words stand in no log: it has no `Display`, and `Debug` says nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// Empty where the source wants a token alone.
    pub user: String,
    pub token: String,
}

impl fmt::Debug for Access {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Access")
    }
}

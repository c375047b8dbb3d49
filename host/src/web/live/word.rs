//! What is said on a stream: events as the HTML Living Standard writes them (section 9.2), one text each.

use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use vestry_screen::Change;

use crate::web::asking::Ended;

/// How long a browser that lost its connection waits at the least, and how much longer at the most: who was cut off
/// together does not come back together.
const RETRY: Duration = Duration::from_millis(500);
const SPREAD: u64 = 1_500;

/// Why a page is not followed any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    SignedOut,
    Denied,
    NotFound,
    /// The plugin was updated, moved or switched off: what there is now, the page itself says.
    Updated,
}

impl Gone {
    fn name(self) -> &'static str {
        match self {
            Self::SignedOut => "signed-out",
            Self::Denied => "denied",
            Self::NotFound => "not-found",
            Self::Updated => "updated",
        }
    }

    /// Why access ended; none where that is not known, so the browser may try again.
    #[must_use]
    pub fn of(ended: Ended) -> Option<Self> {
        match ended {
            Ended::SignedOut => Some(Self::SignedOut),
            Ended::Forbidden => Some(Self::Denied),
            Ended::Replaced => Some(Self::Updated),
            Ended::Unknown => None,
        }
    }
}

/// The first word: the connection stands.
#[must_use]
pub fn hello() -> Bytes {
    let wait = RETRY + Duration::from_millis(random_up_to(SPREAD));
    format!("retry: {}\n\n", wait.as_millis()).into()
}

/// Says that somebody is there still, to whoever would take silence for the end.
#[must_use]
pub fn beat() -> Bytes {
    Bytes::from_static(b":\n\n")
}

/// Changes, and where the page stands with them: both or neither.
#[must_use]
pub fn changes(token: &str, changes: &[Change]) -> Bytes {
    let mut text = format!("id: {token}\n");
    if !changes.is_empty() {
        // JSON holds no line break. Writing to a String cannot fail.
        let _ = writeln!(text, "data: {}", json!({ "updates": changes }));
    }
    text.push('\n');
    text.into()
}

/// The last word.
#[must_use]
pub fn gone(gone: Gone) -> Bytes {
    format!("event: gone\ndata: {}\n\n", json!({ "reason": gone.name() })).into()
}

/// Something between 0 and `most`. Where the system has no random numbers, all wait alike, and nothing else is lost.
#[must_use]
pub fn random_up_to(most: u64) -> u64 {
    let mut bytes = [0; 8];
    let _ = getrandom::fill(&mut bytes);
    u64::from_le_bytes(bytes) % most.saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_and_their_place_are_one_event() {
        assert_eq!(changes("T", &[]), "id: T\n\n");
        assert_eq!(changes("T", &[Change::reload()]), "id: T\ndata: {\"updates\":[{\"how\":\"reload\"}]}\n\n");
        assert_eq!(gone(Gone::SignedOut), "event: gone\ndata: {\"reason\":\"signed-out\"}\n\n");
    }
}

//! What was ordered, kept for a day under the id of its job: so that the page of the job says what it is about, offers to try
//! it again with what was typed, and is found from the home page after somebody closed it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use vestry_sdk::kv::{self, Change, Range};
use vestry_sdk::packages::{self, Work};
use vestry_sdk::prelude::*;

use crate::words::is_under_way;

/// What stands in front of the keys.
const ORDERS: &str = "work/";

/// How long an order is remembered.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// Orders that the home page looks at.
const LISTED: u32 = 100;

/// What somebody ordered. An address has no token in it.
#[derive(Debug, PartialEq, Eq)]
pub enum Order {
    /// A file, by its name.
    Upload(String),
    Git {
        url: String,
        reference: String,
        path: String,
    },
    /// A reference of a registry.
    Registry(String),
    /// The newest version of a plugin, by its id.
    Newest(String),
    Check,
    /// Packages into their places: their titles and versions.
    Place(String),
}

impl Order {
    /// Keeps it, and answers the way to its page.
    pub fn remember(&self, job: &str) -> Result<Redirect> {
        let key = format!("{ORDERS}{job}");
        let until = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + KEPT;
        kv::commit(&[], &[Change::SetUntil((key, self.write().into_bytes(), until.as_millis() as Timestamp))])?;
        Ok(Redirect::to(RouteRef::to("work").param("key", job)))
    }

    /// What it is, in words.
    pub fn words(&self) -> Text {
        match self {
            Order::Upload(name) => text!("The file {name}", name),
            Order::Git { url, .. } => data(url),
            Order::Registry(reference) => data(reference),
            Order::Newest(id) => text!("The newest version of {id}", id),
            Order::Check => "Asking the sources for newer versions".into(),
            Order::Place(packages) => text!("{packages}, into place", packages),
        }
    }

    /// A button to try it once more, with what was typed.
    pub fn again(&self) -> Option<Action> {
        match self {
            Order::Upload(_) => Some(Action::new("Choose another file", "upload")),
            Order::Git { url, reference, path } => Some(
                Action::new("Try again", "git").value("url", url).value("reference", reference).value("path", path),
            ),
            Order::Registry(reference) => Some(Action::new("Try again", "registry").value("reference", reference)),
            Order::Newest(id) => Some(Action::new("Try again", "newest").value("key", id)),
            Order::Check => Some(Action::new("Try again", "check")),
            Order::Place(_) => None,
        }
    }

    /// A line for the kind, and one for each value.
    fn write(&self) -> String {
        let lines: Vec<&str> = match self {
            Order::Upload(name) => vec!["upload", name],
            Order::Git { url, reference, path } => vec!["git", url, reference, path],
            Order::Registry(reference) => vec!["registry", reference],
            Order::Newest(id) => vec!["newest", id],
            Order::Check => vec!["check"],
            Order::Place(packages) => vec!["place", packages],
        };
        let lines: Vec<_> = lines.iter().map(|line| line.replace(char::is_control, " ")).collect();
        lines.join("\n")
    }

    fn read(kept: &[u8]) -> Option<Self> {
        let kept = str::from_utf8(kept).ok()?;
        let mut lines = kept.split('\n').map(str::to_owned);
        let kind = lines.next()?;
        let mut next = || lines.next();
        Some(match kind.as_str() {
            "upload" => Order::Upload(next()?),
            "git" => Order::Git { url: next()?, reference: next()?, path: next()? },
            "registry" => Order::Registry(next()?),
            "newest" => Order::Newest(next()?),
            "check" => Order::Check,
            "place" => Order::Place(next()?),
            _ => return None,
        })
    }
}

/// What was ordered with this job; none where that was not here, or long ago.
pub fn of(job: &str) -> Result<Option<Order>> {
    Ok(kv::read(&format!("{ORDERS}{job}"))?.and_then(|entry| Order::read(&entry.value)))
}

/// It is of no interest any more.
pub fn forget(job: &str) -> Result<()> {
    kv::commit(&[], &[Change::Delete(format!("{ORDERS}{job}"))]).map(drop)
}

/// An order of the last day that is not done: under way, failed or cancelled.
#[derive(Debug)]
pub struct Open {
    pub job: String,
    pub order: Order,
    pub work: Work,
}

impl Open {
    pub fn is_under_way(&self) -> bool {
        is_under_way(&self.work.state)
    }
}

/// Orders of the last day that are not done, the latest first.
pub fn open() -> Result<Vec<Open>> {
    let range = Range { start: ORDERS.to_owned(), end: format!("{ORDERS}~"), limit: LISTED, reverse: true };
    let mut open = vec![];
    for entry in kv::scan(&range)? {
        let job = entry.key.strip_prefix(ORDERS).unwrap_or_default().to_owned();
        let (Some(order), Some(work)) = (Order::read(&entry.value), known(packages::outcome(&job))?) else { continue };
        if work.state != "done" {
            open.push(Open { job, order, work });
        }
    }
    open.sort_by_key(|open| std::cmp::Reverse(open.work.started));
    Ok(open)
}

/// A job that is gone by now is none.
pub fn known<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Failure::NotFound(_)) => Ok(None),
        Err(failure) => Err(failure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_read_as_they_were_written() {
        let words = |words: &str| words.to_owned();
        let orders = [
            Order::Upload(words("hello.wasm")),
            Order::Git { url: words("https://example.org/a.git"), reference: words(""), path: words("dist/a b.wasm") },
            Order::Registry(words("registry.example.org/team/hello:1")),
            Order::Newest(words("org.example.hello")),
            Order::Check,
            Order::Place(words("Hello 1.0.1, Tools 1.0.2")),
        ];
        for order in orders {
            assert_eq!(Order::read(order.write().as_bytes()), Some(order));
        }
    }

    #[test]
    fn a_line_that_somebody_sent_stays_one() {
        let sent = Order::Upload("a\ncheck\u{7}".to_owned());
        assert_eq!(Order::read(sent.write().as_bytes()), Some(Order::Upload("a check ".to_owned())));
        assert_eq!(Order::read(b"later\nkind"), None);
    }
}

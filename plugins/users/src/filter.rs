//! What of all accounts is looked at, and in which order: read from a URL or a form, written back into links.

use vestry_sdk::prelude::*;
use vestry_sdk::users::Query;

/// Accounts on one page.
pub const PAGE_SIZE: u32 = 50;

const ORDERS: [&str; 4] = ["name", "email", "created", "last-seen"];

/// A search with its order. Every value is as it came, where it makes sense, else empty.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub words: String,
    pub privilege: String,
    /// `active`, `inactive`, or empty for both.
    pub state: String,
    /// A column, with `-` before it for downwards.
    pub sort: String,
}

impl Filter {
    /// Reads it with `value`, which looks a name up in the query or in a form.
    pub fn read<'a>(value: impl Fn(&'static str) -> &'a str) -> Self {
        let sort = value("sort");
        let known = ORDERS.contains(&sort.strip_prefix('-').unwrap_or(sort));
        Filter {
            words: value("q").trim().to_owned(),
            privilege: value("privilege").to_owned(),
            state: value("state").to_owned(),
            sort: if known { sort } else { "name" }.to_owned(),
        }
    }

    /// Whether it leaves anybody out.
    pub fn is_narrow(&self) -> bool {
        !(self.words.is_empty() && self.privilege.is_empty() && self.state.is_empty())
    }

    /// What the host is asked.
    pub fn query(&self, cursor: Option<String>) -> Query {
        let (order, descending) =
            self.sort.strip_prefix('-').map_or((self.sort.as_str(), false), |order| (order, true));
        Query {
            text: self.words.clone(),
            privilege: Some(self.privilege.clone()).filter(|name| !name.is_empty()),
            active: match self.state.as_str() {
                "active" => Some(true),
                "inactive" => Some(false),
                _ => None,
            },
            order: order.to_owned(),
            descending,
            cursor,
            limit: PAGE_SIZE,
        }
    }

    /// Names and values as they stand in the URL, without the empty ones.
    pub fn pairs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [("q", &self.words), ("privilege", &self.privilege), ("state", &self.state), ("sort", &self.sort)]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name, value.as_str()))
    }

    /// The list with this filter.
    pub fn route(&self) -> RouteRef {
        self.pairs().fold(RouteRef::to("list"), |route, (name, value)| route.query(name, value))
    }
}

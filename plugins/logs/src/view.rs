//! What a page of lines is asked for: which lines, in which order, from where on, followed or not. All of it stands in the
//! address, so that it can be kept and handed on.

use vestry_logs_core::{Filter, MOST_SERIES, Matcher, Series, Wrong};
use vestry_sdk::kv;
use vestry_sdk::prelude::*;

use crate::times;

/// Names in the address that are no filter's.
const ORDER: &str = "order";
const FOLLOW: &str = "follow";
const CURSOR: &str = "cursor";
/// Values of them.
const FIRST: &str = "first";
const LAST: &str = "last";

/// A page of lines as it is asked for.
#[derive(Clone, Debug, Default)]
pub struct View {
    pub filter: Filter,
    /// The newest line stands below.
    pub newest_last: bool,
    pub follow: bool,
    pub cursor: Option<String>,
}

impl View {
    /// From the address; where that says nothing, as this person last asked for it to be remembered.
    pub fn read(request: &Request) -> Result<std::result::Result<Self, Wrong>> {
        if !request.query.is_empty() {
            return Ok(Self::of(&request.query));
        }
        let kept = kv::read(&key(request))?;
        let pairs: Vec<(String, String)> =
            kept.and_then(|entry| serde_json::from_slice(&entry.value).ok()).unwrap_or_default();
        // What was remembered by an older version and is not understood any more is forgotten.
        Ok(Ok(Self::of(&pairs).unwrap_or_default()))
    }

    pub fn of(pairs: &[(String, String)]) -> std::result::Result<Self, Wrong> {
        let said = |name: &str| pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let filter = Filter::from_pairs(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())))?;
        Ok(Self {
            filter,
            newest_last: said(ORDER) == Some(LAST),
            follow: said(FOLLOW) == Some("1"),
            cursor: said(CURSOR).filter(|cursor| !cursor.is_empty()).map(str::to_owned),
        })
    }

    /// The same where there is no form to show a mistake at.
    pub fn asked(pairs: &[(String, String)]) -> Result<Self> {
        Self::of(pairs).map_err(cannot)
    }

    /// All but where it stands. The order always: an address that says nothing would be what is remembered.
    pub fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs: Vec<_> =
            self.filter.to_pairs().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        pairs.push((ORDER.to_owned(), if self.newest_last { LAST } else { FIRST }.to_owned()));
        if self.follow {
            pairs.push((FOLLOW.to_owned(), "1".to_owned()));
        }
        pairs
    }

    /// The page of it.
    pub fn route(&self) -> RouteRef {
        self.pairs().into_iter().fold(RouteRef::to("lines"), |route, (name, value)| route.query(name, value))
    }

    /// A button to a route that takes what is asked for.
    pub fn action(&self, label: impl Into<Text>, route: &'static str) -> Action {
        self.pairs().into_iter().fold(Action::new(label, route), |action, (name, value)| action.value(name, value))
    }

    pub fn at(&self, cursor: &str) -> RouteRef {
        Self { follow: false, ..self.clone() }.route().query(CURSOR, cursor)
    }

    /// The filter made ready.
    pub fn matcher(&self) -> Result<Matcher> {
        self.try_matcher().map_err(cannot)
    }

    /// The same where there is a form to show a mistake at.
    pub fn try_matcher(&self) -> std::result::Result<Matcher, Wrong> {
        Matcher::new(&self.filter, times::now() * 1_000)
    }

    /// The logs that are asked for, as many at a time as can be merged. There is always one part, which may be empty.
    pub fn parts(&self, all: Vec<Series>) -> Vec<Vec<Series>> {
        let mut parts = vec![vec![]];
        for series in all.into_iter().filter(|it| self.filter.takes(&it.directory, &it.node, &it.name)) {
            match parts.last_mut() {
                Some(part) if part.len() < MOST_SERIES => part.push(series),
                _ => parts.push(vec![series]),
            }
        }
        parts
    }

    /// Keeps it for this person, for a year.
    pub fn remember(&self, request: &Request) -> Result<()> {
        const YEAR: i64 = 365 * 86_400_000;
        let until = u64::try_from(times::now() + YEAR).unwrap_or(u64::MAX);
        let pairs = serde_json::to_vec(&self.pairs()).unwrap_or_default();
        kv::commit(&[], &[kv::Change::SetUntil((key(request), pairs, until))]).map(|_| ())
    }
}

/// The sentence, for an address that somebody wrote by hand.
fn cannot(wrong: Wrong) -> Failure {
    invalid("", data(wrong.to_string()))
}

fn key(request: &Request) -> String {
    format!("remembered/{}", request.visitor)
}

//! Finding accounts: a page of an order, from a place in it, through filters, at the same price for a million.
//!
//! One statement makes a page. It either *walks* the order's index and tests each row, or is *driven* by a filter that
//! few accounts pass and sorts those. Which is better depends on how rare the filter is, so the index entries of each
//! term and privilege are counted first, as far as it matters. A list without such filters is one statement in all, its
//! total included.
//!
//! Deliberately not done: offsets and page numbers (they cost the rows skipped), ranking, words inside of words.

mod plan;

use rusqlite::params_from_iter;
use rusqlite::types::Value;

use self::plan::{Plan, Words};
use crate::accounts::COLUMNS;
use crate::cursor::Cursor;
use crate::{AccountRow, AccountView, Reader, Result};

/// Rows of a page at most.
pub const MAX_PAGE: u32 = 500;

/// What a list is ordered by; the id decides between equals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccountOrder {
    #[default]
    Name,
    Email,
    Created,
    LastSeen,
}

/// Which accounts; the default is all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountFilter {
    /// Words, each must start a word of the name or the e-mail address.
    pub text: String,
    pub privilege: Option<String>,
    pub active: Option<bool>,
}

/// Which page of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountQuery {
    pub filter: AccountFilter,
    pub order: AccountOrder,
    pub descending: bool,
    /// [`Found::next`] or [`Found::previous`] of an earlier page in this order.
    pub cursor: Option<String>,
    /// 1 to [`MAX_PAGE`]; what is outside is brought inside.
    pub limit: u32,
}

/// What is said about a page beside its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// How many pass the filter: always known without filter and by state alone; else where it is at most 1,000, and
    /// one of the filters leaves no more than 2,000 to look at.
    pub total: Option<u64>,
    pub previous: Option<String>,
    pub next: Option<String>,
}

/// A page as rows of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountPage {
    pub accounts: Vec<AccountRow>,
    pub found: Found,
}

impl AccountOrder {
    /// `name`, `email`, `created`, `last-seen`.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Name, Self::Email, Self::Created, Self::LastSeen].into_iter().find(|order| order.name() == name)
    }

    /// The name that [`parse`](Self::parse) knows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Email => "email",
            Self::Created => "created",
            Self::LastSeen => "last-seen",
        }
    }

    pub(crate) fn is_time(self) -> bool {
        matches!(self, Self::Created | Self::LastSeen)
    }

    fn column(self) -> &'static str {
        match self {
            Self::Name => "a.name_key",
            Self::Email => "a.email",
            Self::Created => "a.created",
            Self::LastSeen => "a.last_seen",
        }
    }

    fn key(self, account: &AccountView<'_>) -> String {
        match self {
            Self::Name => crate::fold(account.name),
            Self::Email => account.email.unwrap_or_default().to_owned(),
            Self::Created => account.created.to_string(),
            Self::LastSeen => account.last_seen.unwrap_or_default().to_string(),
        }
    }
}

impl Reader<'_> {
    /// A page of accounts.
    ///
    /// # Errors
    /// [`Cursor`](crate::StorageError::Cursor) for a cursor of another order, and where the database cannot be read.
    pub fn find_accounts(&self, query: &AccountQuery) -> Result<AccountPage> {
        let mut accounts = Vec::new();
        let found = self.visit_accounts(query, |account| accounts.push(account.to_row()))?;
        Ok(AccountPage { accounts, found })
    }

    /// The same page, row by row, without copying what is in it.
    ///
    /// # Errors
    /// Those of [`find_accounts`](Self::find_accounts).
    pub fn visit_accounts(&self, query: &AccountQuery, mut each: impl FnMut(&AccountView<'_>)) -> Result<Found> {
        let cursor = query.cursor.as_deref().map(|text| Cursor::decode(text, query.order)).transpose()?;
        let plan = self.plan(&query.filter)?;
        let mut page = Page::new(query, cursor.as_ref());
        let words = page_words(&plan, query, cursor.as_ref(), page.limit);
        let mut statement = self.prepare(&words.sql)?;
        let mut rows = statement.query(params_from_iter(words.bound))?;
        let mut total = None;
        if page.backwards() {
            // They come from the cursor upwards: turned round before anyone sees them.
            let mut held = Vec::new();
            while let Some(row) = rows.next()? {
                if total.is_none() {
                    total = row.get(9)?;
                }
                held.push(AccountRow::of(row)?);
            }
            page.more = held.len() > page.limit;
            held.truncate(page.limit);
            for account in held.iter().rev() {
                page.show(&account.view(), &mut each);
            }
        } else {
            while let Some(row) = rows.next()? {
                if total.is_none() {
                    total = row.get(9)?;
                }
                if page.shown == page.limit {
                    page.more = true;
                } else {
                    page.show(&AccountView::of(row)?, &mut each);
                }
            }
        }
        let total = match total {
            Some(total) => Some(total),
            None => self.total(&plan)?,
        };
        Ok(page.found(total))
    }

    /// Accounts that pass a filter, in the order of their ids from behind `after` on (empty: from the start). For going
    /// through all of them while they are changed.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn accounts_after(&self, filter: &AccountFilter, after: &str, limit: u32) -> Result<Vec<AccountRow>> {
        let words = batch_words(&self.plan(filter)?, after, limit);
        self.all(&words.sql, params_from_iter(words.bound), AccountRow::of)
    }
}

fn batch_words(plan: &Plan, after: &str, limit: u32) -> Words {
    let driver = plan.driver();
    let mut words = Words { sql: format!("SELECT {COLUMNS}"), bound: Vec::new() };
    // The plus keeps the index of states out: it would sort all of them for each batch.
    let source = plan.source("+a.active", driver);
    words.add(&source.sql, source.bound);
    plan.tests(&mut words, driver);
    words.add(" AND a.id > ? ORDER BY a.id LIMIT ?", [Value::Text(after.to_owned()), Value::Integer(limit.into())]);
    words
}

/// One row more than the page has is asked for: it says whether there is another page.
fn page_words(plan: &Plan, query: &AccountQuery, cursor: Option<&Cursor>, limit: usize) -> Words {
    let backwards = cursor.is_some_and(|cursor| cursor.backwards);
    let (sign, way) = if query.descending == backwards { (">", "ASC") } else { ("<", "DESC") };
    let column = query.order.column();
    let mut words = Words { sql: format!("SELECT {COLUMNS}"), bound: Vec::new() };
    match (plan.is_counted(), plan.active) {
        (true, None) => words.add(", (SELECT sum(value) FROM account_counters)", []),
        (true, Some(active)) => {
            words.add(", (SELECT value FROM account_counters WHERE active = ?)", [Value::Integer(active.into())]);
        }
        (false, _) => words.add(", NULL", []),
    }
    let driver = plan.driver();
    let source = plan.source("a.active", driver);
    words.add(&source.sql, source.bound);
    if let Some(cursor) = cursor {
        let key = match cursor.key.parse::<i64>() {
            Ok(time) if query.order.is_time() => Value::Integer(time),
            _ => Value::Text(cursor.key.clone()),
        };
        words.add(&format!(" AND ({column}, a.id) {sign} (?, ?)"), [key, Value::Text(cursor.id.clone())]);
    }
    plan.tests(&mut words, driver);
    let one_more = i64::try_from(limit).unwrap_or(i64::from(MAX_PAGE)) + 1;
    words.add(&format!(" ORDER BY {column} {way}, a.id {way} LIMIT ?"), [Value::Integer(one_more)]);
    words
}

/// A page while it is shown: remembers its two ends.
struct Page<'q> {
    order: AccountOrder,
    cursor: Option<&'q Cursor>,
    limit: usize,
    shown: usize,
    /// Whether there are rows behind the page, the way that it was read.
    more: bool,
    first: Option<(String, String)>,
    last: Option<(String, String)>,
}

impl<'q> Page<'q> {
    fn new(query: &AccountQuery, cursor: Option<&'q Cursor>) -> Self {
        let limit = query.limit.clamp(1, MAX_PAGE) as usize;
        Self { order: query.order, cursor, limit, shown: 0, more: false, first: None, last: None }
    }

    fn backwards(&self) -> bool {
        self.cursor.is_some_and(|cursor| cursor.backwards)
    }

    fn show(&mut self, account: &AccountView<'_>, each: &mut impl FnMut(&AccountView<'_>)) {
        let place = || (self.order.key(account), account.id.to_owned());
        if self.shown == 0 && self.cursor.is_some() {
            self.first = Some(place());
        }
        // Of a page that is not full nobody needs the end, except to come back from an empty next one.
        if self.shown + 1 == self.limit || self.backwards() {
            self.last = Some(place());
        }
        self.shown += 1;
        each(account);
    }

    fn found(self, total: Option<u64>) -> Found {
        let before = self.first.clone().filter(|_| !self.backwards() || self.more);
        let behind = self.last.clone().filter(|_| self.backwards() || self.more);
        Found { total, previous: self.place(before, true), next: self.place(behind, false) }
    }

    fn place(&self, place: Option<(String, String)>, backwards: bool) -> Option<String> {
        place.map(|(key, id)| Cursor { order: self.order, backwards, key, id }.encode())
    }
}

#[cfg(test)]
mod tests;

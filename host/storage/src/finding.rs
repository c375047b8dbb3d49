//! Finding accounts: a page of an order, from a place in it, through filters, at the same price for a million.
//!
//! One statement makes a page. It either *walks* the order's index and tests each row, or is *driven* by a filter that
//! few accounts pass and sorts those. Which is better depends on how rare the filter is, so the index entries of each
//! term and privilege are counted first, as far as it matters. A list without such filters is one statement in all, its
//! total included.
//!
//! Deliberately not done: offsets and page numbers (they cost the rows skipped), ranking, words inside of words.

use rusqlite::params_from_iter;
use rusqlite::types::Value;

use crate::account_words::{after, terms};
use crate::accounts::COLUMNS;
use crate::cursor::Cursor;
use crate::{AccountRow, AccountView, Reader, Result};

/// Rows of a page at most.
pub const MAX_PAGE: u32 = 500;

/// A filtered total is counted up to here.
const FEW: u64 = 1000;

/// Where every filter has more candidates than this, nothing is counted.
const COUNTED: u64 = 2000;

/// A filter drives where it has less than this part of the rows that would be walked ...
const RARE: u64 = 50;
/// ... within these bounds: below it is cheap in any case, above sorting takes longer than anyone wants to wait.
const DRIVEN: (u64, u64) = (1000, 20_000);

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

/// SQL and what is bound to its question marks, in step.
#[derive(Default)]
struct Words {
    sql: String,
    bound: Vec<Value>,
}

impl Words {
    fn add(&mut self, sql: &str, bound: impl IntoIterator<Item = Value>) {
        self.sql.push_str(sql);
        self.bound.extend(bound);
    }
}

/// A filter that can drive a query or test a row.
enum Condition {
    Term(String),
    Privilege(String),
}

impl Condition {
    fn bound(&self) -> Vec<Value> {
        match self {
            Self::Term(term) => vec![Value::Text(term.clone()), Value::Text(after(term))],
            Self::Privilege(name) => vec![Value::Text(name.clone())],
        }
    }

    /// The entries of its index; of a term, an account can have several.
    fn entries(&self) -> &'static str {
        match self {
            Self::Term(_) => "SELECT account FROM account_words WHERE word >= ? AND word < ?",
            Self::Privilege(_) => "SELECT account FROM account_privileges WHERE privilege = ?",
        }
    }

    /// All accounts that pass, each once.
    fn accounts(&self) -> &'static str {
        match self {
            Self::Term(_) => "SELECT DISTINCT account FROM account_words WHERE word >= ? AND word < ?",
            Self::Privilege(_) => "SELECT account FROM account_privileges WHERE privilege = ?",
        }
    }

    /// Whether `a` passes.
    fn test(&self) -> &'static str {
        match self {
            Self::Term(_) => "EXISTS (SELECT 1 FROM account_words w WHERE w.account = a.id AND w.word >= ? AND w.word < ?)",
            Self::Privilege(_) => "EXISTS (SELECT 1 FROM account_privileges p WHERE p.account = a.id AND p.privilege = ?)",
        }
    }
}

/// The filter taken apart, and what was found out about its parts.
struct Plan {
    conditions: Vec<Condition>,
    active: Option<bool>,
    /// The condition with the fewest entries, and how many, counted as far as it matters.
    rarest: Option<(usize, u64)>,
    /// Accounts of the state that is asked for. Known where there are conditions.
    walked: u64,
}

impl Plan {
    fn driver(&self) -> Option<&Condition> {
        let (index, _) = self.rarest.filter(|(_, entries)| *entries <= self.drivable())?;
        self.conditions.get(index)
    }

    fn drivable(&self) -> u64 {
        (self.walked / RARE).clamp(DRIVEN.0, DRIVEN.1)
    }

    /// `FROM` and `WHERE` up to the tests. `state`: how the column is named, which decides whether an index may serve it.
    fn source(&self, state: &str, driver: Option<&Condition>) -> Words {
        let mut words = Words::default();
        match driver {
            // CROSS JOIN keeps this order: first the few, then their rows.
            Some(condition) => {
                words.add(&format!(" FROM ({}) d CROSS JOIN accounts a WHERE a.id = d.account", condition.accounts()), condition.bound());
            }
            None => words.add(" FROM accounts a WHERE 1 = 1", []),
        }
        if let Some(active) = self.active {
            words.add(&format!(" AND {state} = ?"), [Value::Integer(active.into())]);
        }
        words
    }

    fn tests(&self, words: &mut Words, driver: Option<&Condition>) {
        for condition in &self.conditions {
            if !driver.is_some_and(|driver| std::ptr::eq(driver, condition)) {
                words.add(" AND ", []);
                words.add(condition.test(), condition.bound());
            }
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
        let plan = self.plan(filter)?;
        let driver = plan.driver();
        // The plus keeps the index of states out: it would sort all of them for each step.
        let source = plan.source("+a.active", driver);
        let mut words = Words { sql: format!("SELECT {COLUMNS}"), bound: Vec::new() };
        words.add(&source.sql, source.bound);
        plan.tests(&mut words, driver);
        words.add(" AND a.id > ? ORDER BY a.id LIMIT ?", [Value::Text(after.to_owned()), Value::Integer(limit.into())]);
        self.all(&words.sql, params_from_iter(words.bound), AccountRow::of)
    }

    fn plan(&self, filter: &AccountFilter) -> Result<Plan> {
        let mut conditions: Vec<Condition> = terms(&filter.text).into_iter().map(Condition::Term).collect();
        conditions.extend(filter.privilege.clone().map(Condition::Privilege));
        let walked = if conditions.is_empty() { 0 } else { self.count_accounts(filter.active)? };
        let mut plan = Plan { conditions, active: filter.active, rarest: None, walked };
        let matters = plan.drivable().max(COUNTED) + 1;
        for (index, condition) in plan.conditions.iter().enumerate() {
            let sql = format!("SELECT count(*) FROM ({} LIMIT {matters})", condition.entries());
            let entries = self.value(&sql, params_from_iter(condition.bound()))?;
            if plan.rarest.is_none_or(|(_, fewest)| entries < fewest) {
                plan.rarest = Some((index, entries));
            }
        }
        Ok(plan)
    }

    fn total(&self, plan: &Plan) -> Result<Option<u64>> {
        let Some((index, entries)) = plan.rarest else {
            return Ok(Some(self.count_accounts(plan.active)?));
        };
        if plan.walked.min(entries) > COUNTED {
            return Ok(None);
        }
        // Counted from the fewest candidates, which are the accounts of the state or those of the rarest condition.
        let start = plan.conditions.get(index).filter(|_| entries < plan.walked);
        let mut words = Words { sql: "SELECT count(*) FROM (SELECT 1".to_owned(), bound: Vec::new() };
        let source = plan.source("a.active", start);
        words.add(&source.sql, source.bound);
        plan.tests(&mut words, start);
        words.add(&format!(" LIMIT {})", FEW + 1), []);
        let total = self.value(&words.sql, params_from_iter(words.bound))?;
        Ok((total <= FEW).then_some(total))
    }
}

/// One row more than the page has is asked for: it says whether there is another page.
fn page_words(plan: &Plan, query: &AccountQuery, cursor: Option<&Cursor>, limit: usize) -> Words {
    let backwards = cursor.is_some_and(|cursor| cursor.backwards);
    let (sign, way) = if query.descending == backwards { (">", "ASC") } else { ("<", "DESC") };
    let column = query.order.column();
    let mut words = Words { sql: format!("SELECT {COLUMNS}"), bound: Vec::new() };
    match (plan.conditions.is_empty(), plan.active) {
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

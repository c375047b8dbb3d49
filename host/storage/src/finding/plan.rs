//! How a filter is best answered: found out by counting how rare each part of it is.

use rusqlite::params_from_iter;
use rusqlite::types::Value;

use super::AccountFilter;
use crate::account_words::{after, terms};
use crate::{Reader, Result};

/// A filtered total is counted up to here.
pub(super) const FEW: u64 = 1000;

/// Where every filter has more candidates than this, nothing is counted.
pub(super) const COUNTED: u64 = 2000;

/// Rows of a usual page.
const PAGE: u64 = 50;
/// Reading a row out of order costs as much as walking past so many.
const DRIVEN_ROW: u64 = 4;
/// A page for which few enough are read out of order is never worth a walk, which can meet what it looks for late.
const DRIVES: u64 = 1000;
/// Entries are not counted further, and more do not drive.
const MOST_DRIVEN: u64 = 50_000;

/// SQL and what is bound to its question marks, in step.
#[derive(Default)]
pub(super) struct Words {
    pub sql: String,
    pub bound: Vec<Value>,
}

impl Words {
    pub(super) fn add(&mut self, sql: &str, bound: impl IntoIterator<Item = Value>) {
        self.sql.push_str(sql);
        self.bound.extend(bound);
    }
}

/// A filter that can drive a query or test a row.
pub(super) enum Condition {
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

    /// Whether the account of this id passes.
    fn test(&self, id: &str) -> String {
        match self {
            Self::Term(_) => {
                format!("EXISTS (SELECT 1 FROM account_words w WHERE w.account = {id} AND w.word >= ? AND w.word < ?)")
            }
            Self::Privilege(_) => {
                format!("EXISTS (SELECT 1 FROM account_privileges p WHERE p.account = {id} AND p.privilege = ?)")
            }
        }
    }
}

/// The filter taken apart, and what was found out about its parts.
pub(super) struct Plan {
    conditions: Vec<Condition>,
    pub active: Option<bool>,
    /// The condition with the fewest entries, and how many, counted as far as it matters.
    rarest: Option<(usize, u64)>,
    /// Accounts of the state that is asked for. Known where there are conditions.
    walked: u64,
}

impl Plan {
    /// Whether there is only the state to filter by, whose accounts are counted already.
    pub(super) fn is_counted(&self) -> bool {
        self.conditions.is_empty()
    }

    pub(super) fn driver(&self) -> Option<&Condition> {
        let (index, _) = self.rarest.filter(|(_, entries)| *entries <= self.drivable())?;
        self.conditions.get(index)
    }

    /// Entries up to which a condition drives: driving costs their number, walking the rows until a page is full.
    fn drivable(&self) -> u64 {
        let entries = match self.conditions.as_slice() {
            // Those who have a privilege are spread evenly: a page is full after PAGE * walked / entries rows.
            [Condition::Privilege(_)] => (PAGE * self.walked / DRIVEN_ROW).isqrt(),
            // Words go together with the order of names, and what passes several filters can be rare: half of all.
            _ => self.walked / 2 / DRIVEN_ROW,
        };
        entries.clamp(DRIVES, MOST_DRIVEN)
    }

    /// `FROM` and `WHERE` up to the tests. `state`: how the column is named, which decides whether an index may serve it.
    pub(super) fn source(&self, state: &str, driver: Option<&Condition>) -> Words {
        let mut words = Words::default();
        match driver {
            // CROSS JOIN keeps this order: first the few, then their rows.
            Some(condition) => {
                words.add(
                    &format!(" FROM ({}) d CROSS JOIN accounts a WHERE a.id = d.account", condition.accounts()),
                    condition.bound(),
                );
            }
            None => words.add(" FROM accounts a WHERE 1 = 1", []),
        }
        if let Some(active) = self.active {
            words.add(&format!(" AND {state} = ?"), [Value::Integer(active.into())]);
        }
        words
    }

    pub(super) fn tests(&self, words: &mut Words, driver: Option<&Condition>) {
        // Of a driver's accounts the tests come before their rows are read.
        let id = if driver.is_some() { "d.account" } else { "a.id" };
        for condition in &self.conditions {
            if !driver.is_some_and(|driver| std::ptr::eq(driver, condition)) {
                words.add(" AND ", []);
                words.add(&condition.test(id), condition.bound());
            }
        }
    }
}

impl Reader<'_> {
    pub(super) fn plan(&self, filter: &AccountFilter) -> Result<Plan> {
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

    pub(super) fn total(&self, plan: &Plan) -> Result<Option<u64>> {
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

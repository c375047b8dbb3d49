use super::plan::{COUNTED, FEW, Plan, Words};
use super::{AccountFilter, AccountOrder, AccountQuery, batch_words, page_words};
use crate::account_words::{terms, words};
use crate::cursor::Cursor;
use crate::{AccountRow, Database, NewAccount, StorageError, Transaction, fold};

const FIRST: &[&str] =
    &["Anna", "Åsa", "Ben", "Carla", "Dmitri", "Émile", "Fatima", "Georg", "Hana", "Ines", "Jörg", "Kofi"];
const LAST: &[&str] =
    &["Andersson", "Berg", "Müller", "O'Brien", "de la Cruz", "Öztürk", "Nakamura", "Smith-Jones", "Zhao"];

fn add(tx: &Transaction<'_>, number: u64) -> Result<(), StorageError> {
    let id = format!("{:08x}", number.wrapping_mul(0x9e37_79b9) & 0xffff_ffff);
    let pick = |from: &[&'static str], by: u64| from[(number / by) as usize % from.len()];
    let name = format!("{} {}", pick(FIRST, 1), pick(LAST, 7));
    let email = format!(
        "p{number}.{}@{}.example.org",
        fold(pick(FIRST, 3)),
        if number.is_multiple_of(50) { "rare" } else { "all" }
    );
    // Many have no address, many the same times: the id has to decide.
    let email = (!number.is_multiple_of(11)).then_some(email);
    tx.insert_account(&NewAccount { id: &id, email: email.as_deref(), name: &name, created: 1000 + number / 4 })?;
    tx.give_privilege(&id, "user")?;
    if number.is_multiple_of(40) {
        tx.give_privilege(&id, "developer")?;
    }
    if number.is_multiple_of(3) {
        tx.give_privilege(&id, "trainer")?;
    }
    if number.is_multiple_of(5) {
        tx.set_account_active(&id, false)?;
    }
    if number.is_multiple_of(2) {
        tx.set_last_seen(&id, 5000 + number % 100)?;
    }
    Ok(())
}

fn filled(accounts: u64) -> Database {
    let database = Database::temporary().unwrap();
    database.write(|tx| (0..accounts).try_for_each(|number| add(tx, number))).unwrap();
    database
}

fn filters() -> Vec<AccountFilter> {
    let filter = |text: &str, privilege: Option<&str>, active| AccountFilter {
        text: text.into(),
        privilege: privilege.map(Into::into),
        active,
    };
    vec![
        filter("", None, None),
        filter("", None, Some(true)),
        filter("", None, Some(false)),
        filter("", Some("developer"), None),
        filter("", Some("user"), Some(false)),
        filter("an", None, None),
        filter("anna", None, None),
        filter("muller jö", None, None),
        filter("example", Some("trainer"), None),
        filter("example all", None, Some(true)),
        filter("p77", None, None),
        filter("rare.example", Some("trainer"), Some(true)),
        filter("nobody", None, None),
    ]
}

fn passes(account: &AccountRow, filter: &AccountFilter) -> bool {
    let words = words(&account.name, account.email.as_deref());
    let has_term = |term: &String| words.iter().any(|word| word.starts_with(term.as_str()));
    filter.active.is_none_or(|active| account.active == active)
        && filter.privilege.as_ref().is_none_or(|privilege| account.privileges.split(' ').any(|held| held == privilege))
        && terms(&filter.text).iter().all(has_term)
}

fn ordered(passing: &[&AccountRow], query: &AccountQuery) -> Vec<String> {
    let mut found = passing.to_vec();
    found.sort_by(|one, other| {
        let key = |account: &AccountRow| match query.order {
            AccountOrder::Name => (fold(&account.name), 0),
            AccountOrder::Email => (account.email.clone().unwrap_or_default(), 0),
            AccountOrder::Created => (String::new(), account.created),
            AccountOrder::LastSeen => (String::new(), account.last_seen.unwrap_or_default()),
        };
        (key(one), &one.id).cmp(&(key(other), &other.id))
    });
    if query.descending {
        found.reverse();
    }
    found.into_iter().map(|account| account.id.clone()).collect()
}

fn all(database: &Database) -> Vec<AccountRow> {
    database
        .read(|reader| {
            let mut all: Vec<AccountRow> = Vec::new();
            loop {
                let after = all.last().map(|account| account.id.clone()).unwrap_or_default();
                let more = reader.accounts_after(&AccountFilter::default(), &after, 500)?;
                if more.is_empty() {
                    return Ok::<_, StorageError>(all);
                }
                all.extend(more);
            }
        })
        .unwrap()
}

/// Follows `next` to the end and `previous` back to the start.
fn walk(database: &Database, query: &AccountQuery) -> (Vec<String>, Vec<String>, Option<u64>) {
    let mut query = query.clone();
    let mut forward = Vec::new();
    let mut last_page;
    let mut total = None;
    loop {
        let page = database.read(|reader| reader.find_accounts(&query)).unwrap();
        assert!(page.accounts.len() <= query.limit as usize);
        if query.cursor.is_none() {
            assert_eq!(page.found.previous, None);
            total = page.found.total;
        }
        assert_eq!(page.found.total, total, "the total changes from page to page");
        forward.extend(page.accounts.iter().map(|account| account.id.clone()));
        let next = page.found.next.clone();
        last_page = page;
        match next {
            Some(next) => query.cursor = Some(next),
            None => break,
        }
    }
    let mut backward: Vec<String> = last_page.accounts.iter().rev().map(|account| account.id.clone()).collect();
    let mut previous = last_page.found.previous;
    while let Some(cursor) = previous {
        query.cursor = Some(cursor);
        let page = database.read(|reader| reader.find_accounts(&query)).unwrap();
        assert!(page.found.next.is_some(), "there is a page to come back to");
        backward.extend(page.accounts.iter().rev().map(|account| account.id.clone()));
        previous = page.found.previous;
    }
    backward.reverse();
    (forward, backward, total)
}

#[test]
fn every_order_and_filter_meets_each_account_once_both_ways() {
    let database = filled(10_000);
    let everyone = all(&database);
    assert_eq!(everyone.len(), 10_000);
    for filter in filters() {
        let passing: Vec<&AccountRow> = everyone.iter().filter(|account| passes(account, &filter)).collect();
        for order in [AccountOrder::Name, AccountOrder::Email, AccountOrder::Created, AccountOrder::LastSeen] {
            for descending in [false, true] {
                let query = AccountQuery { filter: filter.clone(), order, descending, cursor: None, limit: 333 };
                let expected = ordered(&passing, &query);
                let (forward, backward, total) = walk(&database, &query);
                assert!(forward == expected, "forward: {query:?}");
                assert!(backward == expected, "backward: {query:?}");
                let count = expected.len() as u64;
                let conditions = !filter.text.is_empty() || filter.privilege.is_some();
                match total {
                    Some(total) => assert_eq!(total, count, "{query:?}"),
                    None => {
                        assert!(conditions && (count > FEW || is_frequent(&everyone, &filter)), "{count}: {query:?}")
                    }
                }
            }
        }
    }
}

#[test]
fn going_through_all_that_a_filter_finds_meets_each_once_while_they_change() {
    let database = filled(2000);
    let everyone = all(&database);
    for filter in filters() {
        let expected = everyone.iter().filter(|account| passes(account, &filter)).count();
        let met = database
            .rehearse(|tx| {
                let (mut met, mut after) = (0, String::new());
                loop {
                    let batch = tx.accounts_after(&filter, &after, 50)?;
                    let Some(last) = batch.last() else {
                        return Ok::<_, StorageError>(met);
                    };
                    after = last.id.clone();
                    met += batch.len();
                    for account in &batch {
                        tx.set_account_active(&account.id, !account.active)?;
                        tx.take_privilege(&account.id, "trainer")?;
                    }
                }
            })
            .unwrap();
        assert_eq!(met, expected, "{filter:?}");
    }
}

/// Whether each part of a filter alone leaves too many to count.
fn is_frequent(everyone: &[AccountRow], filter: &AccountFilter) -> bool {
    let alone = |part: AccountFilter| everyone.iter().filter(|account| passes(account, &part)).count() as u64;
    let text = terms(&filter.text).into_iter().map(|text| AccountFilter { text, ..AccountFilter::default() });
    let privilege =
        filter.privilege.clone().map(|name| AccountFilter { privilege: Some(name), ..AccountFilter::default() });
    let state = AccountFilter { active: filter.active, ..AccountFilter::default() };
    // An account can stand several times behind a term, so half of the bound is always counted.
    text.chain(privilege).chain([state]).all(|part| alone(part) > COUNTED / 2)
}

/// The shape decides the price at a million accounts: no sorting while an order is walked, and its own index.
#[test]
fn a_walk_sorts_nothing_and_reads_the_index_of_its_order() {
    let database = filled(2500);
    let common = [("", None), ("", Some("user")), ("example", None), ("example", Some("user"))];
    for (text, privilege) in common {
        for active in [None, Some(true), Some(false)] {
            for order in [AccountOrder::Name, AccountOrder::Email, AccountOrder::Created, AccountOrder::LastSeen] {
                for with_cursor in [false, true] {
                    let filter = AccountFilter { text: text.into(), privilege: privilege.map(str::to_owned), active };
                    let query = AccountQuery { filter, order, limit: 50, ..AccountQuery::default() };
                    let plan = explain(&database, &query, with_cursor);
                    let index = format!(
                        "accounts_by_{}{}",
                        if active.is_some() { "state_" } else { "" },
                        order.name().replace('-', "_")
                    );
                    assert!(
                        plan.contains(&format!("INDEX {index} ")) || plan.ends_with(&format!("INDEX {index}")),
                        "{query:?}: {plan}"
                    );
                    assert!(!plan.contains("TEMP B-TREE"), "{query:?}: {plan}");
                }
            }
        }
    }
}

#[test]
fn a_rare_filter_is_read_first() {
    let database = filled(2500);
    for filter in [
        AccountFilter { text: "rare".into(), ..AccountFilter::default() },
        AccountFilter { privilege: Some("developer".into()), text: "example".into(), ..AccountFilter::default() },
    ] {
        let plan = explain(&database, &AccountQuery { filter, limit: 50, ..AccountQuery::default() }, true);
        assert!(!plan.contains("SCAN a"), "{plan}");
        assert!(plan.contains("SEARCH a USING INDEX sqlite_autoindex_accounts_1 (id=?)"), "{plan}");
    }
}

#[test]
fn going_through_all_sorts_nothing_either() {
    let database = filled(2500);
    for (text, active) in [("", None), ("", Some(true)), ("example", Some(false))] {
        let filter = AccountFilter { text: text.into(), active, ..AccountFilter::default() };
        let plan = explain_with(&database, &filter, |plan| batch_words(plan, "5", 50));
        assert!(plan.starts_with("SEARCH a USING INDEX sqlite_autoindex_accounts_1 (id>?)"), "{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    }
}

fn explain(database: &Database, query: &AccountQuery, with_cursor: bool) -> String {
    let key = if query.order.is_time() { "1200" } else { "m" };
    let cursor = Cursor { order: query.order, backwards: false, key: key.into(), id: "5".into() };
    explain_with(database, &query.filter, |plan| page_words(plan, query, with_cursor.then_some(&cursor), 50))
}

fn explain_with(database: &Database, filter: &AccountFilter, words: impl Fn(&Plan) -> Words) -> String {
    database
        .read(|reader| {
            let words = words(&reader.plan(filter)?);
            let sql = format!("EXPLAIN QUERY PLAN {}", words.sql);
            let steps: Vec<String> = reader.all(&sql, rusqlite::params_from_iter(words.bound), |row| row.get(3))?;
            Ok::<_, StorageError>(steps.join(" | "))
        })
        .unwrap()
}

#[test]
fn a_cursor_of_another_order_is_refused() {
    let database = filled(200);
    let query = AccountQuery { limit: 10, ..AccountQuery::default() };
    let next = database.read(|reader| reader.find_accounts(&query)).unwrap().found.next;
    for cursor in [next.clone(), Some("junk".into())] {
        let query = AccountQuery { cursor, order: AccountOrder::Created, limit: 10, ..AccountQuery::default() };
        assert!(matches!(database.read(|reader| reader.find_accounts(&query)), Err(StorageError::Cursor)));
    }
}

#[test]
fn limits_are_brought_inside() {
    let database = filled(600);
    let page = |limit| {
        database.read(|reader| reader.find_accounts(&AccountQuery { limit, ..AccountQuery::default() })).unwrap()
    };
    assert_eq!(page(0).accounts.len(), 1);
    assert_eq!(page(u32::MAX).accounts.len(), 500);
}

#[test]
fn visiting_shows_the_same_page() {
    let database = filled(300);
    let mut query = AccountQuery { limit: 40, descending: true, ..AccountQuery::default() };
    for _ in 0..3 {
        let page = database.read(|reader| reader.find_accounts(&query)).unwrap();
        let mut seen = Vec::new();
        let found =
            database.read(|reader| reader.visit_accounts(&query, |account| seen.push(account.to_row()))).unwrap();
        assert_eq!((seen, found), (page.accounts, page.found.clone()));
        query.cursor = page.found.next;
    }
    query.cursor = database.read(|reader| reader.find_accounts(&query)).unwrap().found.previous;
    assert_eq!(database.read(|reader| reader.find_accounts(&query)).unwrap().accounts.len(), 40);
}

#[test]
fn totals_are_counted_as_far_as_they_are_cheap() {
    let accounts = 3 * COUNTED;
    let database = filled(accounts);
    let everyone = all(&database);
    let filter = |text: &str, privilege: Option<&str>, active| AccountFilter {
        text: text.into(),
        privilege: privilege.map(Into::into),
        active,
    };
    let passing = |text: &str, privilege, active| {
        let filter = filter(text, privilege, active);
        everyone.iter().filter(|account| passes(account, &filter)).count() as u64
    };
    let total = |text: &str, privilege: Option<&str>, active| {
        let filter = filter(text, privilege, active);
        database
            .read(|reader| reader.find_accounts(&AccountQuery { filter, limit: 1, ..AccountQuery::default() }))
            .unwrap()
            .found
            .total
    };
    assert_eq!(total("", None, None), Some(accounts));
    assert_eq!(total("", None, Some(false)), Some(accounts / 5));
    assert_eq!(total("", Some("developer"), None), Some(accounts / 40));
    assert_eq!(total("", Some("trainer"), None), None);
    assert_eq!(total("example", Some("user"), Some(false)), None, "more than are counted");
    assert_eq!(total("muller", Some("trainer"), Some(false)), Some(passing("muller", Some("trainer"), Some(false))));
    assert_eq!(total("rare", Some("trainer"), None), Some(passing("rare", Some("trainer"), None)));
}

/// Prints what a page costs; for people, since machines differ.
#[test]
#[ignore = "prints measurements"]
fn price_of_a_page() {
    print_prices(10_000, 2000);
}

/// The same where there are many; filling takes a minute.
#[test]
#[ignore = "prints measurements"]
fn price_of_a_page_among_many() {
    print_prices(300_000, 20);
}

fn print_prices(accounts: u64, rounds: u32) {
    let database = filled(accounts);
    for (what, filter) in [("all", AccountFilter::default())]
        .into_iter()
        .chain(filters().into_iter().skip(1).map(|filter| ("filter", filter)))
    {
        let query = AccountQuery { filter, limit: 50, ..AccountQuery::default() };
        let mut bytes = 0;
        let mut once =
            || database.read(|reader| reader.visit_accounts(&query, |account| bytes += account.name.len())).unwrap();
        once();
        let begun = cpu_time();
        for _ in 0..rounds {
            once();
        }
        let each = (cpu_time() - begun) / f64::from(rounds);
        println!("{what} {:?}: {:.1} us of CPU", query.filter, each * 1e6);
    }
}

/// Seconds that this thread had a core, where the system tells; others may be busy.
fn cpu_time() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds: u64 = told.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or_default();
    nanoseconds as f64 / 1e9
}

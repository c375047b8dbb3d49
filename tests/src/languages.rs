//! Languages, put into a server beside what serves: as another process would; and what it knows of its phrases.

use std::time::Duration;

use crate::{House, database, wait_for};

/// A server that runs knows what was done beside it, and writes down what it showed, within this, on a machine that is busy
/// with other tests.
const SOON: Duration = Duration::from_secs(30);

/// Offers a language in which these phrases are said so: plugin (empty for the server), phrase, forms as JSON.
#[track_caller]
pub fn offer(house: &House, tag: &str, said: &[(&str, &str, &str)]) {
    let connection = database::open_to_write(house.server.data());
    let put =
        "INSERT INTO languages (tag, offered, added) VALUES (?, 1, 1) ON CONFLICT (tag) DO UPDATE SET offered = 1";
    connection.execute(put, [tag]).expect("a language can be added");
    for (plugin, phrase, forms) in said {
        let put = "INSERT OR REPLACE INTO translations (language, plugin, phrase, forms, state, changed, changed_by) \
                   VALUES (?, ?, ?, ?, 'done', 1, '')";
        connection.execute(put, [tag, plugin, phrase, forms]).expect("a translation can be added");
    }
    connection
        .execute_batch("UPDATE wording SET value = value + 1; UPDATE generation SET value = value + 1")
        .expect("others can be told");
    let client = house.visitor();
    let heard = wait_for(SOON, || {
        let page = client.call("GET", "/account/sign-in").header("accept-language", tag).send().page();
        page.has(&format!("html[lang='{tag}']")).then_some(())
    });
    assert!(heard.is_some(), "{tag} is offered");
}

/// Where a phrase of a plugin stands, empty for the server, if it is known by now.
pub fn place(house: &House, plugin: &str, phrase: &str) -> Option<String> {
    let query = "SELECT place FROM phrases WHERE plugin = ? AND phrase = ?";
    database::open(house.server.data()).query_row(query, [plugin, phrase], |row| row.get(0)).ok()
}

/// The same of one that was just shown: it is written down a moment later.
#[track_caller]
pub fn place_soon(house: &House, plugin: &str, phrase: &str) -> String {
    wait_for(SOON, || place(house, plugin, phrase)).unwrap_or_else(|| panic!("`{phrase}` of {plugin} is known"))
}

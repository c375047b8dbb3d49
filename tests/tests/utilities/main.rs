//! Utilities: the list of what plugins contribute, templates that are read, and results that are for who asked alone. One
//! server for most of it: each test has a person of its own, and so results of its own.

mod hostile;
mod list;
mod own;
mod reading;
mod refused;
mod results;

use std::sync::LazyLock;

use serde_json::Value;
use vestry_tests::{Client, House, Person};

static HOUSE: LazyLock<House> = LazyLock::new(|| {
    let house = House::open("utilities");
    house.install("board");
    house
});

const MAY_USE: &str = "org.vestry.utilities/use";

/// Somebody of their own, so that tests do not see each other's results.
fn user(name: &str) -> (Person, Client) {
    let person = HOUSE.person(name, &["developer"]);
    let client = HOUSE.signed_in(&person);
    (person, client)
}

fn list(client: &Client, query: &str) -> Value {
    client.get_json(&format!("/utilities{query}")).expect(200).json()
}

//! Giving and taking what a plugin may, on the host's own page, as an administrator does.

use std::fs;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::{Client, test_plugin};

/// The page on which a component that is built for the tests is granted what it asks for.
pub fn consent_of(plugin: &str) -> String {
    let bytes = fs::read(test_plugin(plugin)).expect("a component can be read");
    format!("/account/consent/{}", HEXLOWER.encode(&Sha256::digest(&bytes)))
}

/// Takes one capability back, such as `origin https://api.example.org`. It counts at once.
#[track_caller]
pub fn take(admin: &Client, plugin: &str, capability: &str) {
    let mut form = admin.get(&consent_of(plugin)).expect(200).page().form_with("grant");
    let before = form.fields.len();
    form.fields.retain(|(name, value)| name != "grant" || value != capability);
    assert_eq!(form.fields.len() + 1, before, "{plugin} was granted `{capability}`");
    admin.submit(&form).expect(303);
}

/// Gives it again.
#[track_caller]
pub fn give(admin: &Client, plugin: &str, capability: &str) {
    let page = admin.get(&consent_of(plugin)).expect(200).page();
    let asked = page.attributes("[name=grant]", "value");
    assert!(asked.iter().any(|asked| asked == capability), "{plugin} asks for `{capability}`: {asked:?}");
    admin.submit(&page.form_with("grant").and("grant", capability)).expect(303);
}

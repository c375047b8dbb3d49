//! Packages for the tests of this crate.

use vestry_contract::registration::{Access, PluginInfo, Route, Verb};
use vestry_contract::types::Text;
use vestry_storage::{Database, PackageRow, PluginRow};

/// A plugin with one page.
pub fn info(id: &str, version: &str) -> PluginInfo {
    let words = |text: &str| Text::Phrase(text.into());
    PluginInfo {
        id: id.into(),
        version: version.into(),
        title: words(id.rsplit('.').next().unwrap()),
        summary: words(""),
        language: "en".into(),
        mount: id.rsplit('.').next().unwrap().into(),
        routes: vec![route("home", "/")],
        menu: Vec::new(),
        permissions: Vec::new(),
        wishes: Vec::new(),
        contributions: Vec::new(),
        points: Vec::new(),
        needs: Vec::new(),
        schedules: Vec::new(),
        messages: Vec::new(),
        data_version: 1,
        settings: None,
        extra: Vec::new(),
    }
}

pub fn route(name: &str, path: &str) -> Route {
    Route {
        name: name.into(),
        verb: Verb::Get,
        path: path.into(),
        access: Access::SignedIn,
        summary: Text::Phrase(String::new()),
        max_body: 0,
        extra: Vec::new(),
    }
}

/// The digest that starts with these digits.
pub fn digest(start: &str) -> String {
    format!("{start:0<64}")
}

/// Adds a package; `start` begins its digest.
pub fn add(database: &Database, start: &str, info: &PluginInfo, imports: &[&str], source: &str) -> String {
    let digest = digest(start);
    let row = PackageRow {
        digest: digest.clone(),
        id: info.id.clone(),
        version: info.version.clone(),
        source: source.into(),
        registration: serde_json::to_string(info).unwrap(),
        size: 1_000,
        added: 10,
        imports: Some(serde_json::to_string(imports).unwrap()),
        ..PackageRow::default()
    };
    database.write(|tx| tx.insert_package(&row)).unwrap();
    digest
}

/// Mounts a package of a plugin at its wish.
pub fn mount(database: &Database, info: &PluginInfo, digest: &str, now: u64) {
    let row = PluginRow {
        id: info.id.clone(),
        digest: digest.into(),
        mount: info.mount.clone(),
        enabled: true,
        quarantined: None,
        updated: now,
    };
    let source = database.read(|reader| reader.package(digest)).unwrap().unwrap().source;
    database
        .write(|tx| {
            tx.claim_owner(&info.id, &source, now)?;
            tx.set_package_used(digest, now)?;
            tx.put_plugin(&row)
        })
        .unwrap();
}

/// Grants something to a package.
pub fn grant(database: &Database, plugin: &str, digest: &str, capability: &str) {
    let row = vestry_storage::GrantRow {
        plugin: plugin.into(),
        digest: digest.into(),
        capability: capability.into(),
        granted_by: "one".into(),
        granted: 1,
    };
    database.write(|tx| tx.insert_grant(&row)).unwrap();
}

/// Makes what a package registered unreadable, as that of another program is.
pub fn unreadable(database: &Database, digest: &str) {
    database.write(|tx| tx.set_package_registration(digest, "{\"id\": 1}")).unwrap();
}

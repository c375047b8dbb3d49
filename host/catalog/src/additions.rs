//! What a package adds to the server, and how that differs from what the version that runs adds.

use vestry_contract::packages::Addition;
use vestry_contract::registration::{Access, PluginInfo, Route, Verb};
use vestry_contract::types::{Filled, Text};

/// Everything that a package adds; where another version of it runs, with what is new, gone or different.
#[must_use]
pub fn additions(info: &PluginInfo, mount: &str, running: Option<(&PluginInfo, &str)>) -> Vec<Addition> {
    let now = all(info, mount);
    let Some((before, at)) = running else { return now };
    let before = all(before, at);
    let same = |one: &Addition, other: &Addition| (&one.kind, &one.name) == (&other.kind, &other.name);
    let gone = before
        .iter()
        .filter(|addition| !now.iter().any(|other| same(addition, other)))
        .map(|addition| marked(addition.clone(), "removed"));
    let here = now.iter().map(|addition| match before.iter().find(|other| same(addition, other)) {
        None => marked(addition.clone(), "added"),
        Some(other) if said(&other.detail) != said(&addition.detail) => marked(addition.clone(), "changed"),
        Some(_) => addition.clone(),
    });
    here.chain(gone).collect()
}

fn marked(addition: Addition, change: &str) -> Addition {
    Addition { change: change.to_owned(), ..addition }
}

fn all(info: &PluginInfo, mount: &str) -> Vec<Addition> {
    let routes = info.routes.iter().map(|route| addition("route", &route.name, address(route, mount)));
    let menu = info.menu.iter().map(|entry| addition("menu-entry", &entry.route, entry.label.clone()));
    let permissions =
        info.permissions.iter().map(|permission| addition("permission", &permission.name, permission.title.clone()));
    let contributions = info.contributions.iter().map(|contribution| {
        let name = format!("{} {}", contribution.point, contribution.route);
        addition("contribution", &name, contribution.title.clone())
    });
    let schedules = info
        .schedules
        .iter()
        .map(|schedule| addition("schedule", &schedule.job, filled("{when} (UTC)", &[("when", &schedule.cron)])));
    let mails = info.messages.iter().map(|message| addition("mail", &message.name, message.title.clone()));
    menu.chain(routes).chain(permissions).chain(contributions).chain(schedules).chain(mails).collect()
}

fn addition(kind: &str, name: &str, detail: Text) -> Addition {
    Addition { kind: kind.to_owned(), name: name.to_owned(), detail, change: String::new() }
}

/// `GET /users/{id}, for everybody who is signed in`
fn address(route: &Route, mount: &str) -> Text {
    let path = match route.path.as_str() {
        "/" => format!("/{mount}"),
        path => format!("/{mount}{path}"),
    };
    let values = [("verb", verb(route.verb)), ("path", path.as_str())];
    match &route.access {
        Access::Everyone => filled("{verb} {path}, for everybody, also without signing in", &values),
        Access::SignedIn => filled("{verb} {path}, for everybody who is signed in", &values),
        Access::Permission(name) => {
            let [verb, path] = values;
            filled("{verb} {path}, for who has the permission {permission}", &[verb, path, ("permission", name)])
        }
    }
}

pub(crate) fn verb(verb: Verb) -> &'static str {
    match verb {
        Verb::Get => "GET",
        Verb::Post => "POST",
        Verb::Put => "PUT",
        Verb::Patch => "PATCH",
        Verb::Delete => "DELETE",
    }
}

fn filled(phrase: &str, values: &[(&str, &str)]) -> Text {
    let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Text::Filled(Filled { phrase: phrase.to_owned(), values })
}

fn said(text: &Text) -> String {
    crate::known::plain(text)
}

#[cfg(test)]
mod tests {
    use vestry_contract::registration::MenuEntry;

    use super::*;
    use crate::testing::{info, route};

    fn entry(label: &str) -> MenuEntry {
        MenuEntry {
            label: Text::Phrase(label.into()),
            route: "home".into(),
            icon: "users".into(),
            section: "tools".into(),
            order: 1,
            extra: Vec::new(),
        }
    }

    fn words(additions: &[Addition]) -> Vec<(String, String, String)> {
        additions.iter().map(|it| (format!("{} {}", it.kind, it.name), said(&it.detail), it.change.clone())).collect()
    }

    #[test]
    fn a_first_version_adds_and_a_later_one_differs() {
        let one = PluginInfo {
            menu: vec![entry("Users")],
            routes: vec![route("home", "/"), route("old", "/old")],
            ..info("org.example.a", "1.0.0")
        };
        let expect = |what: &str, detail: &str, change: &str| (what.to_owned(), detail.to_owned(), change.to_owned());
        assert_eq!(
            words(&additions(&one, "a", None)),
            [
                expect("menu-entry home", "Users", ""),
                expect("route home", "GET /a, for everybody who is signed in", ""),
                expect("route old", "GET /a/old, for everybody who is signed in", ""),
            ]
        );
        let open = Route { access: Access::Permission("users.read".into()), ..route("home", "/") };
        let two = PluginInfo { menu: vec![entry("Users")], routes: vec![open, route("new", "/new")], ..one.clone() };
        assert_eq!(
            words(&additions(&two, "a", Some((&one, "a")))),
            [
                expect("menu-entry home", "Users", ""),
                expect("route home", "GET /a, for who has the permission users.read", "changed"),
                expect("route new", "GET /a/new, for everybody who is signed in", "added"),
                expect("route old", "GET /a/old, for everybody who is signed in", "removed"),
            ]
        );
    }
}

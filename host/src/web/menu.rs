//! The menu: drawn for people, answered as data for API clients, from one list.

use std::collections::HashMap;

use axum::Json;
use axum::response::{IntoResponse, Response};
use parking_lot::RwLock;
use serde::Serialize;
use vestry_identity::CallerKind;
use vestry_phrases::phrase;
use vestry_screen::{Html, MenuEntry, SectionKind};

use crate::registry::plugin::State;
use crate::web::problem::Problem;
use crate::web::visit::Visit;

/// Drawn menus that are kept.
const MOST: usize = 1_000;

/// Menus that were drawn, by account, language and wording, and the mount that is open. They hold as long as the generation
/// does: whatever changes a menu (a mount, a privilege, a badge) raises it.
#[derive(Debug, Default)]
pub struct MenuCache {
    drawn: RwLock<Drawn>,
}

/// What was drawn of one snapshot in one generation. Both count: while a new snapshot is being made, the generation is
/// ahead of it, and what is drawn then must not outlive that moment.
#[derive(Debug, Default)]
struct Drawn {
    made_of: (u64, u64),
    menus: HashMap<Key, Html>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    account: String,
    language: String,
    /// The visit may have begun before the last translation was saved.
    wording: u64,
    mount: String,
}

/// An entry for an API client.
#[derive(Debug, Serialize)]
struct Entry {
    label: String,
    href: String,
    section: &'static str,
    icon: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    badge: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unavailable: Option<String>,
}

/// `GET /menu`: the caller's menu.
pub async fn data(visit: Visit) -> Response {
    if visit.caller().is_none() {
        return Problem::unauthenticated().to_response(&visit);
    }
    let entries: Vec<Entry> = entries(&visit)
        .into_iter()
        .map(|entry| Entry {
            label: entry.label,
            href: entry.href,
            section: match entry.section {
                SectionKind::Tools => "tools",
                SectionKind::Account => "account",
            },
            icon: entry.icon,
            badge: entry.badge.map(|(label, _)| label),
            unavailable: entry.unavailable,
        })
        .collect();
    Json(entries).into_response()
}

/// The menu of this visit as markup; nothing where nobody is signed in.
#[must_use]
pub fn html(visit: &Visit) -> Html {
    let Some(caller) = visit.caller() else { return Html::default() };
    // A token may hold less than its account, and hardly ever asks for a page: nothing is kept for it.
    if caller.kind == CallerKind::Token {
        return draw(visit);
    }
    let key = Key {
        account: caller.account.as_str().to_owned(),
        language: visit.language().to_owned(),
        wording: visit.speech().wording(),
        mount: mount(visit.path()).to_owned(),
    };
    let cache = &visit.app().menus().drawn;
    let made_of = (visit.app().registry().snapshot().generation, visit.app().database().generation());
    {
        let drawn = cache.read();
        if drawn.made_of == made_of
            && let Some(html) = drawn.menus.get(&key)
        {
            return html.clone();
        }
    }
    let html = draw(visit);
    let mut drawn = cache.write();
    if drawn.made_of != made_of || drawn.menus.len() >= MOST {
        *drawn = Drawn { made_of, menus: HashMap::new() };
    }
    drawn.menus.insert(key, html.clone());
    html
}

fn draw(visit: &Visit) -> Html {
    visit.screens().menu(&entries(visit), visit.language()).unwrap_or_else(|error| {
        tracing::error!(%error, "the menu could not be drawn");
        Html::default()
    })
}

/// The entries that this visit may see, in their order.
#[must_use]
pub fn entries(visit: &Visit) -> Vec<MenuEntry> {
    let Some(caller) = visit.caller() else { return Vec::new() };
    let snapshot = visit.app().registry().snapshot();
    let badges = visit.app().database().read(|reader| reader.badges()).unwrap_or_default();
    let open = mount(visit.path());
    let mut entries: Vec<MenuEntry> = snapshot
        .menu(caller)
        .into_iter()
        .map(|item| MenuEntry {
            label: visit.text(&item.plugin.subject.id, &item.entry.label).into_owned(),
            active: item.plugin.mount.as_str() == open,
            icon: item.entry.icon.clone(),
            section: if item.entry.section == "account" { SectionKind::Account } else { SectionKind::Tools },
            badge: badges
                .iter()
                .find(|badge| badge.plugin == item.plugin.subject.id && badge.route == item.entry.route)
                .map(|badge| (badge.label.clone(), level(&badge.level))),
            unavailable: match &item.plugin.state {
                State::Broken(reason) => Some(first_sentence(&visit.words(reason)).to_owned()),
                State::Ready(_) | State::Disabled => None,
            },
            href: item.href,
        })
        .collect();
    entries.push(MenuEntry {
        label: visit.phrase(phrase!("Your account")).to_owned(),
        href: "/account".into(),
        icon: "user".into(),
        section: SectionKind::Account,
        active: open == "account",
        badge: None,
        unavailable: None,
    });
    entries
}

/// What fits into a menu; its page says the rest.
fn first_sentence(words: &str) -> &str {
    words.split_once(". ").map_or(words, |(first, _)| first)
}

fn level(name: &str) -> vestry_contract::ui::Level {
    use vestry_contract::ui::Level;
    match name {
        "primary" => Level::Primary,
        "success" => Level::Success,
        "warning" => Level::Warning,
        "danger" => Level::Danger,
        _ => Level::Neutral,
    }
}

/// The first segment of a path.
#[must_use]
pub fn mount(path: &str) -> &str {
    path.trim_start_matches('/').split('/').next().unwrap_or("")
}

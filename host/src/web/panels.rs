//! Panels: what only the host may draw on a plugin's page. The plugin names one and never sees inside; nor does its twin
//! in JSON hold more than the name.
//!
//! Drawing is quick and asks nobody, while a panel may have to ask the database, or another plugin. So the panels of a
//! page are [prepared](prepare) before it is drawn, all at the same time.

pub mod consent;
mod contribution;
mod handover;
mod words;

use std::collections::BTreeMap;

use futures_util::future::join_all;
use parking_lot::Mutex;
use serde::Serialize;
use vestry_contract::ui::{Block, Content};
use vestry_screen::Html;

use crate::web::address;
use crate::web::asking::Asking;
use crate::web::visit::Visit;

/// Panels of one page that are drawn; each may be the work of another plugin.
const MOST: usize = 8;

/// What panels are called: with this at their start, the rest is whose it is; `address` stands alone.
const KINDS: &[(&str, Kind)] = &[
    ("handover:", Kind::Handover),
    ("contribution:", Kind::Contribution),
    ("consent:", Kind::Consent),
    ("address", Kind::Address),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Handover,
    Contribution,
    Consent,
    Address,
}

/// The panels of a page, ready to be put into it.
#[derive(Debug, Default)]
pub struct Panels {
    /// Each is put into the page once: a second block of that name has nothing to show.
    drawn: Mutex<BTreeMap<String, Html>>,
    /// What stands in place of all others.
    others: Option<Html>,
}

impl Panels {
    /// What is drawn for a panel; none where it is unknown or not for this reader.
    #[must_use]
    pub fn take(&self, name: &str) -> Option<Html> {
        self.drawn.lock().remove(name).or_else(|| self.others.clone())
    }

    /// Panels on what is itself in a panel: they are not drawn, so that nothing can lead round in a circle.
    fn nested(visit: &Visit) -> Self {
        let words = "What belongs here is shown on its own page.";
        Self { others: notice(visit, "neutral", words, ""), ..Self::default() }
    }
}

/// Draws the panels that these blocks name, for who asks.
pub async fn prepare<'b>(asking: &Asking, blocks: impl Iterator<Item = &'b Block>) -> Panels {
    let mut named: Vec<(&str, &str)> = Vec::new();
    for block in blocks {
        if let Content::Panel(panel) = &block.content
            && !named.iter().any(|(_, known)| *known == panel.as_str())
        {
            named.push((&block.name, panel));
        }
    }
    let drawn = named.iter().enumerate().map(|(index, (block, panel))| async move {
        let html = if index < MOST {
            draw(asking, block, panel).await
        } else {
            notice(&asking.visit, "neutral", "There is more on this page than is shown at a time.", "")
        };
        html.map(|html| ((*panel).to_owned(), html))
    });
    let drawn = join_all(drawn).await.into_iter().flatten().collect();
    Panels { drawn: Mutex::new(drawn), others: None }
}

/// `block`: the name of the block that it stands in.
async fn draw(asking: &Asking, block: &str, panel: &str) -> Option<Html> {
    let (kind, whose) = parse(panel)?;
    match kind {
        Kind::Handover => handover::draw(asking, block, whose).await,
        Kind::Contribution => contribution::draw(asking, block, whose).await,
        Kind::Consent => consent::draw(asking, whose).await,
        Kind::Address => {
            let plugin = &asking.matching.plugin.subject.id;
            address::panel(&asking.app, &asking.visit, plugin, &asking.request.visitor)
        }
    }
}

fn parse(panel: &str) -> Option<(Kind, &str)> {
    let (start, kind) = KINDS.iter().find(|(start, _)| panel.starts_with(start))?;
    let whose = &panel[start.len()..];
    (start.ends_with(':') != whose.is_empty()).then_some((*kind, whose))
}

#[derive(Serialize)]
struct Notice<'n> {
    level: &'n str,
    text: &'n str,
    detail: &'n str,
}

/// A sentence in place of a panel.
fn notice(visit: &Visit, level: &str, text: &str, detail: &str) -> Option<Html> {
    render(visit, "panels/notice.html", &Notice { level, text, detail })
}

/// A template of the host's own. Where it fails, the page says that the panel is not available.
fn render(visit: &Visit, template: &str, context: &impl Serialize) -> Option<Html> {
    match visit.app().screens().host(template, &visit.frame(), context) {
        Ok(drawn) => Some(Html::trusted(drawn)),
        Err(error) => {
            tracing::error!(%error, template, "a panel could not be drawn");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panel_is_known_by_its_start() {
        assert_eq!(parse("handover:abc"), Some((Kind::Handover, "abc")));
        assert_eq!(parse("contribution:org.example.a/b"), Some((Kind::Contribution, "org.example.a/b")));
        assert_eq!(parse("address"), Some((Kind::Address, "")));
        for unknown in ["", "handover", "handover:", "address:x", "addressee", "passkeys", "Handover:abc"] {
            assert_eq!(parse(unknown), None, "{unknown}");
        }
    }
}

//! Panels: what only the host may draw on a plugin's page. The plugin names one and never sees inside; nor does its twin
//! in JSON hold more than the name.
//!
//! Drawing is quick and asks nobody, while a panel may have to ask the database, or another plugin. So the panels of a
//! page are [prepared](prepare) before it is drawn, all at the same time.

pub mod consent;
mod contribution;
mod handover;
mod person;

use std::collections::{BTreeMap, HashSet};

use futures_util::future::join_all;
use parking_lot::Mutex;
use serde::Serialize;
use vestry_contract::ui::{Block, Content};
use vestry_phrases::{Words, words};
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
    ("person:", Kind::Person),
    ("address", Kind::Address),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Handover,
    Contribution,
    Consent,
    Person,
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
        let words = words!("What belongs here is shown on its own page.");
        Self { others: notice(visit, "neutral", &words, None), ..Self::default() }
    }
}

/// Draws the panels that these blocks name, for who asks. How many there are is counted before
/// ([`vestry_screen::check`]). `followed`: the plugin changes the page while it is open.
pub async fn prepare<'b>(asking: &Asking, blocks: impl Iterator<Item = &'b Block>, followed: bool) -> Panels {
    let named = named(blocks);
    let (shown, late) = named.split_at(named.len().min(MOST));
    let drawn =
        shown.iter().map(|(block, panel)| async move { Some((*panel, draw(asking, block, panel, followed).await?)) });
    let mut drawn: Vec<(&str, Html)> = join_all(drawn).await.into_iter().flatten().collect();
    let words = words!("There is more on this page than is shown at a time.");
    if let Some(more) = (!late.is_empty()).then(|| notice(&asking.visit, "neutral", &words, None)).flatten() {
        drawn.extend(late.iter().map(|(_, panel)| (*panel, more.clone())));
    }
    let drawn = drawn.into_iter().map(|(panel, html)| (panel.to_owned(), html)).collect();
    Panels { drawn: Mutex::new(drawn), others: None }
}

/// Panels, each once, with the name of the first block that shows it.
fn named<'b>(blocks: impl Iterator<Item = &'b Block>) -> Vec<(&'b str, &'b str)> {
    let mut known = HashSet::new();
    let panels = blocks.filter_map(|block| match &block.content {
        Content::Panel(panel) => Some((block.name.as_str(), panel.as_str())),
        _ => None,
    });
    panels.filter(|(_, panel)| known.insert(*panel)).collect()
}

/// `block`: the name of the block that it stands in.
async fn draw(asking: &Asking, block: &str, panel: &str, followed: bool) -> Option<Html> {
    let (kind, whose) = parse(panel)?;
    match kind {
        Kind::Handover => handover::draw(asking, block, whose).await,
        Kind::Contribution => contribution::draw(asking, block, whose).await,
        Kind::Consent => consent::draw(asking, whose, followed).await,
        Kind::Person => person::draw(asking, whose).await,
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
    text: String,
    detail: String,
}

/// A sentence in place of a panel.
fn notice(visit: &Visit, level: &str, text: &Words, detail: Option<&Words>) -> Option<Html> {
    let detail = detail.map(|detail| visit.words(detail)).unwrap_or_default();
    render(visit, "panels/notice.html", &Notice { level, text: visit.words(text), detail })
}

/// A template of the host's own. Where it fails, the page says that the panel is not available.
fn render(visit: &Visit, template: &str, context: &impl Serialize) -> Option<Html> {
    match visit.screens().host(template, &visit.frame(), context) {
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
    fn each_panel_is_prepared_once_and_thousands_take_no_time() {
        let block = |number: usize, content| Block { name: number.to_string(), content };
        let panel = |name: usize| Content::Panel(format!("handover:{name}"));
        let blocks = [block(0, panel(1)), block(1, Content::Progress(1)), block(2, panel(2)), block(3, panel(1))];
        assert_eq!(named(blocks.iter()), [("0", "handover:1"), ("2", "handover:2")]);
        let many: Vec<Block> = (0..100_000).map(|number| block(number, panel(number))).collect();
        let began = std::time::Instant::now();
        assert_eq!(named(many.iter()).len(), 100_000);
        assert!(began.elapsed() < std::time::Duration::from_secs(2), "{:?}", began.elapsed());
    }

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

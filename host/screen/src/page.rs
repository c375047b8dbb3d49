//! A whole page: its sections in order, each block drawn by its own file, inside the frame.

use std::collections::HashSet;

use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use vestry_contract::ui::{Block, Content, Page, Section, SectionLayout};

use crate::around::Around;
use crate::blocks;
use crate::cell::Cells;
use crate::frame::{Frame, Person};
use crate::place::Place;
use crate::{Html, ScreenError, Screens, budget, level_name, links};

/// What every block is drawn with.
pub(crate) struct Draw<'d> {
    pub(crate) screens: &'d Screens,
    pub(crate) place: &'d dyn Place,
    pub(crate) frame: &'d Value,
    pub(crate) cells: Cells<'d>,
    /// Level of a heading inside a block, so that the outline has no gap.
    pub(crate) heading: u8,
    /// What a block without a heading of its own is called: the title of its section, else of the page.
    pub(crate) label: String,
    /// Whether sorting must name its table.
    pub(crate) several_tables: bool,
    /// What the ids of its blocks begin with: [`OWN`], or what a part of another page has for its own.
    pub(crate) prefix: &'d str,
}

impl Draw<'_> {
    /// Id of a block where it is drawn.
    pub(crate) fn anchor(&self, name: &str) -> String {
        anchor(self.prefix, name)
    }

    /// Renders a block's template; `view` is its `block`.
    pub(crate) fn block(&self, template: &str, name: &str, view: impl Serialize) -> Result<Html, ScreenError> {
        let context = context! {
            frame => self.frame,
            name,
            id => self.anchor(name),
            heading => self.heading,
            label => &self.label,
            followed => self.place.stream().is_some(),
            block => Value::from(Serde(view)),
        };
        self.screens.render(template, context).map(Html::trusted)
    }
}

/// What the ids of a page's own blocks begin with: it keeps names of plugins apart from the frame's own.
pub(crate) const OWN: &str = "b-";

/// Id of a block in the document.
pub(crate) fn anchor(prefix: &str, name: &str) -> String {
    format!("{prefix}{}", name.replace(char::is_whitespace, "-"))
}

/// A page whose blocks are drawn already; what a caller without contract types gives to [`Screens::compose`].
#[derive(Debug, Clone, Default)]
pub struct PageParts {
    /// Heading and title.
    pub title: String,
    /// A sentence under the heading; may be empty.
    pub lead: String,
    /// Top right.
    pub actions: Vec<crate::Button>,
    /// In order.
    pub sections: Vec<SectionParts>,
    /// Without menu and chrome.
    pub focus: bool,
    /// Address of the stream that keeps the page up to date; empty where it is not followed.
    pub stream: String,
}

/// One section of [`PageParts`].
#[derive(Debug, Clone, Default)]
pub struct SectionParts {
    /// Its anchor.
    pub name: String,
    /// Its heading; may be empty.
    pub title: String,
    /// A sentence under it; may be empty.
    pub summary: String,
    /// `stack`, `columns` or `tab`.
    pub layout: &'static str,
    /// Drawn blocks.
    pub blocks: Vec<Html>,
}

impl Screens {
    /// A plugin's page as a complete HTML document.
    ///
    /// # Errors
    /// [`ScreenError::Invalid`] where the plugin's values contradict each other, naming the block.
    pub fn page(&self, frame: &Frame, page: &Page, place: &dyn Place) -> Result<String, ScreenError> {
        check(page)?;
        let value = frame_value(frame);
        let tables = blocks_of(page).filter(|block| matches!(block.content, Content::Table(_))).count();
        let mut draw = Draw {
            screens: self,
            place,
            frame: &value,
            cells: Cells::new(self, &value),
            heading: 2,
            label: String::new(),
            several_tables: tables > 1,
            prefix: OWN,
        };
        let title = place.text(&page.title).into_owned();
        let mut sections = Vec::with_capacity(page.sections.len());
        for section in &page.sections {
            sections.push(section_parts(section, &title, &mut draw)?);
        }
        let parts = PageParts {
            title,
            lead: place.text(&page.lead).into_owned(),
            actions: page.actions.iter().filter_map(|action| links::button(action, place)).collect(),
            sections,
            focus: page.focus,
            stream: place.stream().unwrap_or_default().to_owned(),
        };
        self.compose(frame, &parts)
    }

    /// One block by itself, to be put among blocks that are drawn in other ways.
    ///
    /// # Errors
    /// Those of [`Screens::page`].
    pub fn block(&self, frame: &Frame, block: &Block, place: &dyn Place) -> Result<Html, ScreenError> {
        let frame = frame_value(frame);
        let cells = Cells::new(self, &frame);
        let label = block.name.clone();
        blocks::html(
            block,
            &Draw { screens: self, place, frame: &frame, cells, label, heading: 2, several_tables: false, prefix: OWN },
        )
    }

    /// A document of blocks that are drawn already.
    ///
    /// # Errors
    /// Only those of an override.
    pub fn compose(&self, frame: &Frame, parts: &PageParts) -> Result<String, ScreenError> {
        Around::new(frame, parts).document(self)
    }
}

fn section_parts(section: &Section, page_title: &str, draw: &mut Draw<'_>) -> Result<SectionParts, ScreenError> {
    let title = draw.place.text(&section.title).into_owned();
    draw.heading = if title.is_empty() { 2 } else { 3 };
    draw.label = if title.is_empty() { page_title.to_owned() } else { title.clone() };
    let drawn = section.blocks.iter().map(|block| blocks::html(block, draw)).collect::<Result<_, _>>()?;
    Ok(SectionParts {
        name: section.name.clone(),
        title,
        summary: draw.place.text(&section.summary).into_owned(),
        layout: match section.layout {
            SectionLayout::Stack => "stack",
            SectionLayout::Columns => "columns",
            SectionLayout::Tab => "tab",
        },
        blocks: drawn,
    })
}

pub(crate) fn blocks_of(page: &Page) -> impl Iterator<Item = &Block> {
    page.sections.iter().flat_map(|section| &section.blocks)
}

/// Whether a page can be drawn at all: it holds no more than fits, and each name once. Costs microseconds, so whoever
/// prepares what is on a page looks first.
///
/// # Errors
/// [`ScreenError::Invalid`] where not, naming what is too much.
pub fn check(page: &Page) -> Result<(), ScreenError> {
    budget::check(page)?;
    check_names(page)
}

/// A name is an anchor of the page, and for an API client the key of a block: two of one name would hide one another.
pub(crate) fn check_names(page: &Page) -> Result<(), ScreenError> {
    let mut sections = HashSet::with_capacity(page.sections.len());
    let mut blocks = HashSet::with_capacity(page.sections.len());
    for section in &page.sections {
        if !sections.insert(section.name.as_str()) {
            return Err(ScreenError::invalid(&section.name, "two sections of the page have this name"));
        }
        for block in &section.blocks {
            if !blocks.insert(block.name.as_str()) {
                return Err(ScreenError::invalid(&block.name, "two blocks of the page have this name"));
            }
        }
    }
    Ok(())
}

/// Whether the page shows a `frame` block: its answer's Content-Security-Policy then needs `frame-src 'self'`.
pub fn frames_needed(page: &Page) -> bool {
    blocks_of(page).any(|block| matches!(block.content, Content::Frame(_)))
}

/// The page for an API client: `{"title", "lead"?, "actions"?, "blocks": {"<name>": ...}, "follow"?: {"stream"}}`.
///
/// # Errors
/// As [`Screens::page`].
pub fn data(page: &Page, place: &dyn Place) -> Result<Json, ScreenError> {
    check(page)?;
    let mut twin = Map::new();
    twin.insert("title".into(), json!(place.text(&page.title)));
    let lead = place.text(&page.lead);
    if !lead.is_empty() {
        twin.insert("lead".into(), json!(lead));
    }
    let actions: Vec<_> = page.actions.iter().filter_map(|action| links::button(action, place)).collect();
    if !actions.is_empty() {
        twin.insert("actions".into(), json!(actions));
    }
    let mut named = Map::new();
    for block in blocks_of(page) {
        named.insert(block.name.clone(), blocks::data(block, place)?);
    }
    twin.insert("blocks".into(), Json::Object(named));
    if let Some(stream) = place.stream() {
        twin.insert("follow".into(), json!({ "stream": stream }));
    }
    Ok(Json::Object(twin))
}

/// The frame as every template sees it.
pub(crate) fn frame_value(frame: &Frame) -> Value {
    let actor =
        |actor: &Person| context! { name => &actor.name, email => &actor.email, initials => initials(&actor.name) };
    let [nonce, request_id] = [&frame.nonce, &frame.request_id].map(Value::from);
    frame_with(frame, nonce, request_id, Value::from(&frame.menu), frame.actor.as_ref().map(actor))
}

/// The same with what differs from request to request given apart.
pub(crate) fn frame_with(frame: &Frame, nonce: Value, request_id: Value, menu: Value, actor: Option<Value>) -> Value {
    let notice = |notice: &crate::Shown| context! { level => level_name(notice.level), text => &notice.text };
    context! {
        language => if frame.language.is_empty() { "en" } else { frame.language.as_str() },
        dir => frame.direction.name(),
        theme => frame.theme.name(),
        nonce,
        request_id,
        menu,
        actor,
        notices => frame.notices.iter().map(notice).collect::<Vec<_>>(),
        product => if frame.product.is_empty() { "Vestry" } else { frame.product.as_str() },
    }
}

/// First letters of the first and the last word.
pub(crate) fn initials(name: &str) -> String {
    let mut words = name.split_whitespace();
    let first = words.next().and_then(|word| word.chars().next());
    let last = words.last().and_then(|word| word.chars().next());
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use vestry_contract::types::Text;

    use super::*;

    fn words(text: &str) -> Text {
        Text::Data(text.into())
    }

    fn page(sections: &[(&str, &[&str])]) -> Page {
        let section = |(name, blocks): &(&str, &[&str])| Section {
            name: (*name).into(),
            title: words(""),
            summary: words(""),
            layout: SectionLayout::Stack,
            blocks: blocks
                .iter()
                .map(|name| Block { name: (*name).into(), content: Content::Prose(words("w")) })
                .collect(),
            extra: Vec::new(),
        };
        Page {
            title: words("Page"),
            lead: words(""),
            focus: false,
            actions: Vec::new(),
            sections: sections.iter().map(section).collect(),
            follow: None,
            extra: Vec::new(),
        }
    }

    #[test]
    fn two_of_one_name_are_refused_and_named() {
        let refused = |sections: &[(&str, &[&str])]| match check_names(&page(sections)) {
            Err(ScreenError::Invalid { block, .. }) => block,
            other => format!("{other:?}"),
        };
        assert_eq!(refused(&[("a", &["one", "two", "one"])]), "one");
        assert_eq!(refused(&[("a", &["one"]), ("b", &["two", "one"])]), "one");
        assert_eq!(refused(&[("a", &["one"]), ("a", &["two"])]), "a");
        assert_eq!(refused(&[("a", &["a", "b"]), ("b", &["c"])]), "Ok(())");
    }
}

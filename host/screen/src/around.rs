//! What stands around the blocks of a page: frame, head and sections, rendered once and kept.
//!
//! Two pages of one layout differ in a few texts: title, nonce, who is signed in. So `page.html` is rendered with a slot
//! (see [`crate::shape`]) in place of each of them, and the result serves every later page of the same layout, whoever
//! asks: it holds nothing of the request that it was made for. What templates branch on (language, theme, whether there
//! is a lead, the sections' layouts) is part of the layout's key. The price is that of all slots: a template can place
//! such a text and ask whether it is empty, not compute with it. Pages with notices are not kept: those are shown once.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, PoisonError, RwLock};

use minijinja::value::Serde;
use minijinja::{Value, context};

use crate::blocks::actions::ButtonView;
use crate::frame::Frame;
use crate::html::escape;
use crate::page::{PageParts, SectionParts, frame_with, initials};
use crate::shape::{Shape, slot, without_slots};
use crate::{Html, ScreenError, Screens};

/// Layouts that are kept; some 5 KiB each. Once there are more, all are forgotten.
const MOST: usize = 500;
/// Bytes of a key. Pages of a longer one, with dozens of sections or buttons, are not kept.
const LONGEST_KEY: usize = 4096;

/// Layouts that were rendered already.
#[derive(Debug, Default)]
pub(crate) struct Layouts {
    kept: RwLock<HashMap<String, Arc<Shape>>>,
}

impl Layouts {
    fn get(&self, key: &str) -> Option<Arc<Shape>> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn keep(&self, key: String, shape: &Arc<Shape>) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(key, Arc::clone(shape));
    }
}

/// Places of a page's texts; three for each section follow.
const NONCE: usize = 0;
const REQUEST_ID: usize = 1;
const ACTOR_NAME: usize = 2;
const ACTOR_EMAIL: usize = 3;
const ACTOR_INITIALS: usize = 4;
const TITLE: usize = 5;
const LEAD: usize = 6;
const STREAM: usize = 7;
const FIRST_SECTION: usize = 8;
const TEXTS_OF_SECTION: usize = 3;

/// A page, as texts and markup that are put into a layout.
pub(crate) struct Around<'p> {
    frame: &'p Frame,
    parts: &'p PageParts,
    /// Not escaped yet.
    texts: Vec<Cow<'p, str>>,
    /// The menu, then all blocks in order.
    drawn: Vec<&'p Html>,
}

impl<'p> Around<'p> {
    pub(crate) fn new(frame: &'p Frame, parts: &'p PageParts) -> Self {
        let (name, email) = frame.actor.as_ref().map_or(("", ""), |actor| (&actor.name, &actor.email));
        let mut texts: Vec<Cow<'p, str>> = Vec::with_capacity(FIRST_SECTION + TEXTS_OF_SECTION * parts.sections.len());
        texts.extend([&frame.nonce, &frame.request_id, name, email].map(Cow::Borrowed));
        texts.push(Cow::Owned(initials(name)));
        texts.extend([&*parts.title, &parts.lead, &parts.stream].map(Cow::Borrowed));
        let mut drawn = vec![&frame.menu];
        for section in &parts.sections {
            texts.push(Cow::Owned(format!("s-{}", section.name.replace(char::is_whitespace, "-"))));
            texts.extend([&*section.title, &section.summary].map(Cow::Borrowed));
            drawn.extend(&section.blocks);
        }
        Self { frame, parts, texts, drawn }
    }

    /// The whole document.
    pub(crate) fn document(&self, screens: &Screens) -> Result<String, ScreenError> {
        let shape = self.shape(screens)?;
        let size = self.drawn.iter().map(|html| html.as_str().len()).sum::<usize>();
        let mut out = String::with_capacity(shape.len() + size + 1024);
        shape.fill(&mut out, |index, out| match self.texts.get(index) {
            Some(text) => escape(&without_slots(text), out),
            None => out.push_str(self.drawn.get(index - self.texts.len()).map_or("", |html| html.as_str())),
        });
        Ok(out)
    }

    fn shape(&self, screens: &Screens) -> Result<Arc<Shape>, ScreenError> {
        let key = self.key();
        if let Some(shape) = key.as_deref().and_then(|key| screens.layouts.get(key)) {
            return Ok(shape);
        }
        let text = |index: usize| if self.is_empty(index) { Value::from("") } else { slot(index) };
        let html = |index: usize| match self.drawn.get(index) {
            Some(html) if html.is_empty() => Value::from_safe_string(String::new()),
            _ => slot(self.texts.len() + index),
        };
        let shape = Arc::new(Shape::new(&screens.render("page.html", self.context(text, html))?));
        if let Some(key) = key {
            screens.layouts.keep(key, &shape);
        }
        Ok(shape)
    }

    fn is_empty(&self, text: usize) -> bool {
        self.texts.get(text).is_none_or(|text| text.is_empty())
    }

    /// All that the layout depends on; none where it is not worth keeping. Each part says how long it is, so that two
    /// layouts cannot have one key.
    fn key(&self) -> Option<String> {
        if !self.frame.notices.is_empty() {
            return None;
        }
        let (frame, parts) = (self.frame, self.parts);
        let mut key = String::with_capacity(160);
        for text in [&*frame.language, &frame.product] {
            // Writing to a String cannot fail.
            let _ = write!(key, "{}:{text}", text.len());
        }
        key.push_str(frame.direction.name());
        key.push_str(frame.theme.name());
        key.push_str(if frame.actor.is_some() { "+" } else { "-" });
        key.push_str(if parts.focus || frame.focus { "focus" } else { "frame" });
        key.extend((0..self.texts.len()).map(|index| if self.is_empty(index) { '0' } else { '1' }));
        key.extend(self.drawn.iter().map(|html| if html.is_empty() { 'e' } else { 'd' }));
        for section in &parts.sections {
            let _ = write!(key, "{}{}", section.layout, section.blocks.len());
        }
        if !parts.actions.is_empty() {
            key.push_str(&serde_json::to_string(&parts.actions).ok()?);
        }
        (key.len() <= LONGEST_KEY).then_some(key)
    }

    /// What `page.html` is given, its texts and markup as the two functions have them.
    fn context(&self, text: impl Fn(usize) -> Value, html: impl Fn(usize) -> Value) -> Value {
        let (frame, parts) = (self.frame, self.parts);
        let actor = frame.actor.as_ref().map(|_| {
            context! { name => text(ACTOR_NAME), email => text(ACTOR_EMAIL), initials => text(ACTOR_INITIALS) }
        });
        let mut sections = Vec::with_capacity(parts.sections.len());
        // The menu comes before the blocks.
        let mut block = 1;
        for (index, section) in parts.sections.iter().enumerate() {
            let blocks = (block..block + section.blocks.len()).map(&html).collect::<Vec<_>>();
            block += section.blocks.len();
            let first = FIRST_SECTION + TEXTS_OF_SECTION * index;
            sections.push(section_value(section, [first, first + 1, first + 2].map(&text), blocks));
        }
        let button = |button| Value::from(Serde(ButtonView::new(button)));
        context! {
            frame => frame_with(frame, text(NONCE), text(REQUEST_ID), html(0), actor),
            layout => if parts.focus || frame.focus { "focus.html" } else { "frame.html" },
            title => text(TITLE),
            lead => text(LEAD),
            actions => parts.actions.iter().map(button).collect::<Vec<_>>(),
            sections,
            stream => text(STREAM),
        }
    }
}

/// A section as its template sees it.
fn section_value(section: &SectionParts, [id, title, summary]: [Value; 3], blocks: Vec<Value>) -> Value {
    context! { id, title, summary, layout => section.layout, blocks }
}

#[cfg(test)]
mod tests {
    use vestry_contract::ui::Level;

    use super::*;
    use crate::{AssetNames, Direction, Person, Shown, Theme};

    /// The document as it is without slots and without anything kept.
    fn plainly(screens: &Screens, frame: &Frame, parts: &PageParts) -> String {
        let around = Around::new(frame, parts);
        let text = |index: usize| Value::from(around.texts[index].as_ref());
        let html = |index: usize| Value::from(around.drawn[index]);
        screens.render("page.html", around.context(text, html)).unwrap().trim().to_owned()
    }

    fn person(name: &str) -> Frame {
        Frame {
            language: "en".into(),
            nonce: format!("nonce of {name}"),
            request_id: format!("request of {name}"),
            menu: Html::trusted(format!("<ul><li>{name}</ul>")),
            actor: Some(Person { name: format!("{name} <\"&\u{F0001}'"), email: format!("{name}@example.org") }),
            ..Frame::default()
        }
    }

    fn section(title: &str, layout: &'static str, blocks: &[&str]) -> SectionParts {
        SectionParts {
            name: format!("of {title}"),
            title: title.into(),
            summary: String::new(),
            layout,
            blocks: blocks.iter().copied().map(Html::trusted).collect(),
        }
    }

    fn pages() -> Vec<PageParts> {
        let plain = PageParts {
            title: "A <page> & more\u{F0000}".into(),
            sections: vec![section("", "stack", &["<p>words</p>"])],
            ..PageParts::default()
        };
        let button = crate::Button {
            label: "Press <it>".into(),
            level: "danger",
            method: "delete",
            href: "/there".into(),
            fields: vec![("a".into(), "\"b\"".into())],
            confirm: Some("Really?".into()),
        };
        let rich = PageParts {
            lead: "What it is".into(),
            actions: vec![button],
            sections: vec![
                section("One", "tab", &["<p>1</p>", ""]),
                section("Two", "tab", &[]),
                SectionParts { summary: "s".into(), ..section("Three", "columns", &["<p>3</p>", "<p>4</p>"]) },
            ],
            stream: "/there?a=1&b=2".into(),
            ..plain.clone()
        };
        vec![plain.clone(), PageParts { focus: true, ..plain }, rich, PageParts::default()]
    }

    #[test]
    fn what_is_kept_gives_the_same_bytes_as_what_is_rendered() {
        let screens = Screens::load(None, AssetNames::new()).unwrap();
        let shown = Shown { level: Level::Danger, text: "No <good>\u{F0002}".into() };
        let frames = [
            person("Ada"),
            person("Zoë"),
            Frame::default(),
            Frame { direction: Direction::Rtl, theme: Theme::Dark, ..person("Ada") },
            Frame { product: "Acme & sons".into(), menu: Html::default(), ..person("Ada") },
            Frame { notices: vec![shown], ..person("Ada") },
        ];
        // The second time round all layouts are kept already, and were made for somebody else.
        for _ in 0..2 {
            for frame in &frames {
                for parts in &pages() {
                    assert_eq!(screens.compose(frame, parts).unwrap(), plainly(&screens, frame, parts));
                }
            }
        }
    }

    #[test]
    fn people_share_a_layout_and_there_is_an_end_to_layouts() {
        let screens = Screens::load(None, AssetNames::new()).unwrap();
        let kept = || screens.layouts.kept.read().unwrap().len();
        let parts = &pages()[0];
        for name in ["Ada", "Zoë", "Grace"] {
            screens.compose(&person(name), parts).unwrap();
        }
        assert_eq!(kept(), 1);
        for product in 0..MOST + 10 {
            screens.compose(&Frame { product: product.to_string(), ..Frame::default() }, parts).unwrap();
        }
        assert!((1..=MOST).contains(&kept()), "{}", kept());
    }
}

//! A page of one plugin as a part of another's: what a contribution looks like in place.
//!
//! Its blocks are drawn as on its own page, by the same templates and with its own [`Place`], so its links and forms lead
//! to its own routes. Their ids get a prefix, because a block of the same name may stand on the page around it.
//! Deliberately not done: tabs (its sections stand below one another), and keeping it up to date by itself.

use minijinja::value::Serde;
use minijinja::{Value, context};
use vestry_contract::ui::{Content, Page, SectionLayout};

use crate::blocks::{self, actions};
use crate::cell::Cells;
use crate::page::{blocks_of, check_names, frame_value};
use crate::{Draw, Frame, Html, Place, ScreenError, Screens, budget};

/// Level of the headings of its blocks: the panel has one, its sections the next.
const HEADING: u8 = 4;

impl Screens {
    /// Draws a page for a panel. `title`: what its plugin is called; `prefix`: before the names of its blocks, another one for
    /// each part of a page.
    ///
    /// # Errors
    /// Those of [`Screens::page`].
    pub fn part(
        &self,
        frame: &Frame,
        page: Page,
        place: &dyn Place,
        title: &str,
        prefix: &str,
    ) -> Result<Html, ScreenError> {
        budget::check(&page)?;
        check_names(&page)?;
        let page = renamed(page, prefix);
        let value = frame_value(frame);
        let tables = blocks_of(&page).filter(|block| matches!(block.content, Content::Table(_))).count();
        let heading = place.text(&page.title).into_owned();
        let mut draw = Draw {
            screens: self,
            place,
            frame: &value,
            cells: Cells::new(self, &value),
            heading: HEADING,
            label: String::new(),
            several_tables: tables > 1,
            prefix,
        };
        let mut sections = Vec::with_capacity(page.sections.len());
        for section in &page.sections {
            let title = place.text(&section.title).into_owned();
            draw.label = if title.is_empty() { heading.clone() } else { title.clone() };
            let drawn: Vec<Html> =
                section.blocks.iter().map(|block| blocks::html(block, &draw)).collect::<Result<_, _>>()?;
            sections.push(context! {
                title,
                summary => place.text(&section.summary),
                columns => section.layout == SectionLayout::Columns,
                blocks => drawn.into_iter().map(Value::from).collect::<Vec<_>>(),
            });
        }
        let context = context! {
            frame => &value,
            plugin => title,
            title => heading,
            lead => place.text(&page.lead),
            actions => Value::from(Serde(actions::views(&page.actions, place))),
            sections,
        };
        self.render("panels/contribution.html", context).map(Html::trusted)
    }
}

fn renamed(mut page: Page, prefix: &str) -> Page {
    for block in page.sections.iter_mut().flat_map(|section| &mut section.blocks) {
        block.name.insert_str(0, prefix);
    }
    page
}

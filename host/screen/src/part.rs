//! A page of one plugin as a part of another's: what a contribution looks like in place.
//!
//! Its blocks are drawn as on its own page, by the same templates and with its own [`Place`], so its links and forms lead
//! to its own routes. Their ids begin differently from those of the page around it: no name that its plugin gives a block
//! makes the id of a block in here, so neither a label nor an update of the one reaches into the other.
//! Deliberately not done: tabs (its sections stand below one another), and keeping it up to date by itself.

use minijinja::value::Serde;
use minijinja::{Value, context};
use vestry_contract::ui::{Content, Page, SectionLayout};

use crate::blocks::{self, actions};
use crate::cell::Cells;
use crate::page::{blocks_of, check, frame_value};
use crate::{Draw, Frame, Html, Place, ScreenError, Screens};

/// Level of the headings of its blocks: the panel has one, its sections the next.
const HEADING: u8 = 4;

impl Screens {
    /// Draws a page for a panel. `title`: what its plugin is called; `around`: the name of the block that the panel is.
    ///
    /// # Errors
    /// Those of [`Screens::page`].
    pub fn part(
        &self,
        frame: &Frame,
        page: &Page,
        place: &dyn Place,
        title: &str,
        around: &str,
    ) -> Result<Html, ScreenError> {
        check(page)?;
        let prefix = prefix(around);
        let value = frame_value(frame);
        let tables = blocks_of(page).filter(|block| matches!(block.content, Content::Table(_))).count();
        let heading = place.text(&page.title).into_owned();
        let mut draw = Draw {
            screens: self,
            place,
            frame: &value,
            cells: Cells::new(self, &value),
            heading: HEADING,
            label: String::new(),
            several_tables: tables > 1,
            prefix: &prefix,
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

/// What the ids of a part's blocks begin with. Ids of a page's own blocks never begin so; and since the name that the block
/// around it has is spelled out, with no dot in it, no two parts share an id.
fn prefix(around: &str) -> String {
    let mut prefix = String::from("p-");
    for character in around.chars() {
        match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' => prefix.push(character),
            other => prefix.push_str(&format!("_{:x}_", u32::from(other))),
        }
    }
    prefix.push('.');
    prefix
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::page::{OWN, anchor};

    #[test]
    fn no_name_of_a_block_makes_an_id_of_a_part() {
        let names =
            ["x", "x.list", "list", "x-list", "x list", "x_2e_list", "x\u{a0}list", "p-x.list", "b-x", "", ".", "_"];
        let own: HashSet<String> = names.iter().map(|name| anchor(OWN, name)).collect();
        let mut parts = HashSet::new();
        for around in names {
            for inner in ["list", "x.list", "list.x", ".list", "p-x.list", ""] {
                let id = anchor(&prefix(around), inner);
                assert!(!own.contains(&id) && id.starts_with("p-"), "{id}");
                assert!(parts.insert(id.clone()), "{id} is there twice");
            }
        }
        assert_eq!(anchor(&prefix("a.b c"), "list"), "p-a_2e_b_20_c.list");
    }
}

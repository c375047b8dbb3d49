//! One change to a page that is open: as markup that a script puts in its place, or as data for a program.
//!
//! Lines and messages are drawn by the template of their block, as the block would look that had these alone; the script
//! takes the rows out. So an update needs no template of its own, and whoever replaced one replaced both.

use serde::Serialize;
use serde_json::Value as Json;
use vestry_contract::live::Update;
use vestry_contract::ui::{Block, Content, Feed, Log};

use crate::page::{OWN, anchor};
use crate::place::Place;
use crate::{Frame, ScreenError, Screens, blocks, budget};

/// What is done with a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// It takes the place of the block.
    Replace,
    /// Its rows are put at the block's end.
    Append,
    /// The whole page is asked for anew.
    Reload,
}

/// One change as it is sent: `{"block", "id", "how", "html"}` to a browser, `{"block", "how", "data"}` to a program, and
/// `{"how": "reload"}` to both.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    /// Name of the block.
    #[serde(skip_serializing_if = "Option::is_none")]
    block: Option<String>,
    /// Id of its element.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    how: How,
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<String>,
    /// The block's JSON twin.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Json>,
}

impl Change {
    /// The whole page is asked for anew.
    #[must_use]
    pub fn reload() -> Self {
        Self { block: None, id: None, how: How::Reload, html: None, data: None }
    }

    fn drawn(name: &str, how: How, html: String) -> Self {
        Self { block: Some(name.to_owned()), id: Some(anchor(OWN, name)), how, html: Some(html), data: None }
    }

    fn told(name: &str, how: How, data: Json) -> Self {
        Self { block: Some(name.to_owned()), id: None, how, html: None, data: Some(data) }
    }
}

/// What a change is about: the block as it would stand on a page.
enum Meant {
    Block(How, Box<Block>),
    Reload,
    /// Of a kind that a later version of the contract added.
    Unknown,
}

impl Screens {
    /// Changes as markup, in their order; those of unknown kinds are passed over.
    ///
    /// # Errors
    /// [`ScreenError::Invalid`] where the plugin's values contradict each other, or are more than fits one page.
    pub fn changes(&self, frame: &Frame, updates: Vec<Update>, place: &dyn Place) -> Result<Vec<Change>, ScreenError> {
        changes(updates, |how, block| {
            Ok(Change::drawn(&block.name, how, self.block(frame, block, place)?.as_str().to_owned()))
        })
    }
}

/// The same for a program.
///
/// # Errors
/// Those of [`Screens::changes`].
pub fn changes_data(updates: Vec<Update>, place: &dyn Place) -> Result<Vec<Change>, ScreenError> {
    changes(updates, |how, block| Ok(Change::told(&block.name, how, blocks::data(block, place)?)))
}

fn changes(
    updates: Vec<Update>,
    mut draw: impl FnMut(How, &Block) -> Result<Change, ScreenError>,
) -> Result<Vec<Change>, ScreenError> {
    let meant: Vec<Meant> = updates.into_iter().map(meant).collect();
    budget::check_blocks(meant.iter().filter_map(|meant| match meant {
        Meant::Block(_, block) => Some(&**block),
        Meant::Reload | Meant::Unknown => None,
    }))?;
    let mut all = Vec::with_capacity(meant.len());
    for meant in &meant {
        match meant {
            Meant::Block(how, block) => all.push(draw(*how, block)?),
            Meant::Reload => all.push(Change::reload()),
            Meant::Unknown => {}
        }
    }
    Ok(all)
}

fn meant(update: Update) -> Meant {
    match update {
        Update::Lines((name, lines)) => {
            let content = Content::Log(Log { lines, newest_first: false, older: None });
            Meant::Block(How::Append, Box::new(Block { name, content }))
        }
        Update::Messages((name, messages)) => {
            let content = Content::Feed(Feed { messages, reply: None });
            Meant::Block(How::Append, Box::new(Block { name, content }))
        }
        Update::Block(block) => Meant::Block(How::Replace, Box::new(block)),
        Update::Reload => Meant::Reload,
        Update::Other(_) => Meant::Unknown,
    }
}

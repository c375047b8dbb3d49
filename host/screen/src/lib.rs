//! The look of Vestry: a `page` of the contract becomes HTML through the templates of `templates/`, or data for an
//! API client.
//!
//! A plugin says *what* is on a page - a table, a form, a chart - and never how it looks: no markup of a plugin
//! reaches a browser. Each kind of block has one file in [`blocks`] that holds both sides of it, the values that its
//! template is given and its JSON twin, and one template in `templates/blocks/`, so that the two cannot drift apart
//! and an organisation can change one block without touching another.
//!
//! What a page refers to (routes, panels, translations) is asked of a [`Place`], which the web layer implements for
//! one request. Deliberately not here: HTTP, SQL, the sandbox, and the name of any plugin.

mod around;
pub mod blocks;
mod budget;
mod cell;
mod dates;
mod error;
mod frame;
mod html;
mod icons;
mod links;
mod live;
mod mail;
mod markdown;
mod page;
mod part;
mod place;
mod sent;
mod shape;
mod templates;
mod texts;

pub use cell::{CellValue, level_name};
pub use error::{ScreenError, TemplateError};
pub use frame::{Direction, Frame, MenuEntry, Person, SectionKind, Shown, Theme};
pub use html::Html;
pub use icons::{ICONS, known_icon};
pub use links::{Button, DRAWN_BY, LEAVE_PATH, fill_route, route_href};
pub use live::{Change, How, changes_data};
pub use mail::DrawnMail;
pub use page::{PageParts, SectionParts, check, data, frames_needed};
pub use place::{JobView, Place, RouteView, plain_text};
pub use sent::{Sent, unfold};
pub use templates::{AssetNames, Screens};

pub(crate) use page::Draw;

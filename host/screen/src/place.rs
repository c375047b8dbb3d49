//! What a page may refer to, asked of whoever draws it.

use std::borrow::Cow;

use vestry_contract::registration::Verb;
use vestry_contract::types::Text;

use crate::Html;

/// A route of the plugin whose page is drawn, as this actor sees it.
#[derive(Debug, Clone)]
pub struct RouteView<'a> {
    /// What it answers to.
    pub verb: Verb,
    /// Path with the mount and with parameters in braces: `/users/{id}/edit`, `/files/{*rest}`.
    pub path: Cow<'a, str>,
    /// Whether this actor may use it. What is not allowed is not drawn.
    pub allowed: bool,
}

/// A job as its block shows it.
#[derive(Debug, Clone, Default)]
pub struct JobView {
    /// What the plugin calls it.
    pub name: String,
    /// `queued`, `running`, `done`, `failed` or `cancelled`.
    pub state: &'static str,
    /// 0 to 100.
    pub percent: u8,
    /// What it said last, or why it failed; may be empty.
    pub message: String,
    /// From 1; 0 before the first.
    pub attempt: u32,
    /// Times in milliseconds since 1970.
    pub queued: u64,
    /// When its latest attempt began.
    pub started: Option<u64>,
    /// When it ended.
    pub ended: Option<u64>,
    /// When it is tried next, where it waits for that.
    pub due: Option<u64>,
    /// Where a button to end it is sent to, as a POST; none where this actor may not, or it has ended.
    pub cancel: Option<String>,
}

/// The surroundings of one page: its plugin's routes, the actor's permissions, the language.
pub trait Place {
    /// A route of this plugin by the name that it was registered under.
    fn route(&self, name: &str) -> Option<RouteView<'_>>;

    /// Where an entry of `contributions.at` leads, if this actor may go there.
    fn contributed(&self, id: &str) -> Option<String>;

    /// Words for the screen: phrases translated, `{name}` filled in. Not escaped; the templates do that.
    fn text<'t>(&self, text: &'t Text) -> Cow<'t, str>;

    /// What only the host may draw, by name.
    fn panel(&self, name: &str) -> Option<Html>;

    /// A job that this page may show, by its id.
    fn job(&self, _: &str) -> Option<JobView> {
        None
    }

    /// Address of the stream that keeps the page up to date; none where it is not followed.
    fn stream(&self) -> Option<&str> {
        None
    }

    /// The query of the page itself, in order.
    fn query(&self) -> &[(String, String)];

    /// The path of the page itself, without its query.
    fn path(&self) -> &str;

    /// What names the version that draws: forms say it in their address, as [`DRAWN_BY`](crate::DRAWN_BY), so that what is
    /// sent reaches the version that can read it. None where nothing is to be said.
    fn drawn_by(&self) -> Option<&str> {
        None
    }
}

/// Words as they are, `{name}` filled in; what a [`Place`] without catalogues answers.
pub fn plain_text(text: &Text) -> Cow<'_, str> {
    match text {
        Text::Phrase(words) | Text::Data(words) => Cow::Borrowed(words),
        Text::Filled(filled) => {
            let value = |name: &str| filled.values.iter().find(|(known, _)| known == name);
            Cow::Owned(vestry_phrases::fill(&filled.phrase, |name| value(name).map(|(_, value)| value.as_str())))
        }
    }
}

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

    /// The query of the page itself, in order.
    fn query(&self) -> &[(String, String)];

    /// The path of the page itself, without its query.
    fn path(&self) -> &str;
}

/// Words as they are, `{name}` filled in; what a [`Place`] without catalogues answers.
pub fn plain_text(text: &Text) -> Cow<'_, str> {
    match text {
        Text::Phrase(words) | Text::Data(words) => Cow::Borrowed(words),
        Text::Filled(filled) => {
            let pairs = filled.values.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            Cow::Owned(crate::texts::fill(&filled.phrase, pairs))
        }
    }
}

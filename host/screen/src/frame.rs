//! What stands around a page: the menu, the person, notices, theme and language.

use serde::Serialize;
use vestry_contract::ui::Level;

use crate::{Html, level_name};

/// Light, dark, or as the system has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the person's system has it.
    #[default]
    Auto,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Theme {
    /// As templates call it.
    pub fn name(self) -> &'static str {
        match self {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }
}

/// Direction of the language.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Direction {
    /// Left to right.
    #[default]
    Ltr,
    /// Right to left: Arabic, Hebrew, Persian.
    Rtl,
}

impl Direction {
    /// As HTML's `dir` writes it.
    pub fn name(self) -> &'static str {
        match self {
            Direction::Ltr => "ltr",
            Direction::Rtl => "rtl",
        }
    }
}

/// Who is signed in, as the header shows them.
#[derive(Debug, Clone, Serialize)]
pub struct Person {
    /// Their name.
    pub name: String,
    /// Their e-mail address; may be empty.
    pub email: String,
}

/// A sentence shown once above the page.
#[derive(Debug, Clone)]
pub struct Shown {
    /// How grave it is.
    pub level: Level,
    /// The sentence, translated; plain text.
    pub text: String,
}

/// Everything around a page. `menu` is markup from [`crate::Screens::menu`], so that a caller can keep it from one
/// request to the next.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// BCP 47.
    pub language: String,
    /// Of the language.
    pub direction: Direction,
    /// What this person chose.
    pub theme: Theme,
    /// Of this answer's Content-Security-Policy.
    pub nonce: String,
    /// Shown in the footer.
    pub request_id: String,
    /// The side menu, already drawn; empty where nobody is signed in.
    pub menu: Html,
    /// None where nobody is signed in.
    pub actor: Option<Person>,
    /// Shown above the page, the newest last.
    pub notices: Vec<Shown>,
    /// Name of the product or of the organisation.
    pub product: String,
    /// Without menu and chrome, whatever the page says.
    pub focus: bool,
}

/// Part of the menu that an entry stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SectionKind {
    /// What people work with.
    Tools,
    /// What concerns themselves.
    Account,
}

/// One entry of the menu.
#[derive(Debug, Clone)]
pub struct MenuEntry {
    /// Translated.
    pub label: String,
    /// Where it leads.
    pub href: String,
    /// Name of an icon of [`crate::ICONS`]; others become `puzzle`.
    pub icon: String,
    /// Where it stands.
    pub section: SectionKind,
    /// The page that is shown lies under it.
    pub active: bool,
    /// A number or a word beside it.
    pub badge: Option<(String, Level)>,
    /// Why it cannot be used now, in a sentence; it is drawn without its link.
    pub unavailable: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct MenuItem<'m> {
    label: &'m str,
    href: &'m str,
    icon: &'m str,
    active: bool,
    badge: Option<MenuBadge<'m>>,
    unavailable: Option<&'m str>,
}

#[derive(Debug, Serialize)]
struct MenuBadge<'m> {
    label: &'m str,
    level: &'static str,
}

impl MenuEntry {
    pub(crate) fn item(&self) -> MenuItem<'_> {
        MenuItem {
            label: &self.label,
            href: &self.href,
            icon: &self.icon,
            active: self.active,
            badge: self.badge.as_ref().map(|(label, level)| MenuBadge { label, level: level_name(*level) }),
            unavailable: self.unavailable.as_deref(),
        }
    }
}

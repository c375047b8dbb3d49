//! Content controls (`w:sdt`): what is set for them, and what stands in them.

use crate::bounds::{LONGEST_SHOWN, MOST_CHOICES};
use crate::flow::shown;
use crate::template::{Choice, Control, ControlKind, Place};
use crate::xml::Element;

/// Elements that say what a control is for.
const KINDS: &[(&str, ControlKind)] = &[
    ("richText", ControlKind::RichText),
    ("text", ControlKind::Text),
    ("comboBox", ControlKind::ComboBox),
    ("dropDownList", ControlKind::DropDown),
    ("date", ControlKind::Date),
    ("checkbox", ControlKind::CheckBox),
    ("picture", ControlKind::Picture),
    ("docPartObj", ControlKind::Gallery),
    ("docPartList", ControlKind::Gallery),
    ("group", ControlKind::Group),
    ("repeatingSection", ControlKind::Repeating),
    ("repeatingSectionItem", ControlKind::Repeating),
    ("citation", ControlKind::Citation),
    ("bibliography", ControlKind::Citation),
    ("equation", ControlKind::Equation),
];

/// Gathers the controls of a part.
#[derive(Debug, Default)]
pub(crate) struct Controls {
    /// In the order in which they begin.
    pub(crate) found: Vec<Control>,
    /// Places in `found` of what is open; none for what is over the bound.
    open: Vec<Option<usize>>,
    is_setting: bool,
    /// How many more may be told, and how many choices of them.
    pub(crate) left: usize,
    pub(crate) choices_left: usize,
    /// There was more than could be told.
    pub(crate) is_cut: bool,
}

impl Controls {
    /// For so many controls, and so many choices of them together.
    pub(crate) fn with_room(left: usize, choices_left: usize) -> Self {
        Self { left, choices_left, ..Self::default() }
    }

    pub(crate) fn start(&mut self, element: &Element<'_>, part: &str, paragraph: u32) {
        match element.name() {
            "sdt" => self.enter(Place { part: part.to_owned(), paragraph }),
            "sdtPr" => self.is_setting = true,
            _ if self.is_setting => self.set(element),
            _ => {}
        }
    }

    pub(crate) fn end(&mut self, name: &str) {
        match name {
            "sdt" => drop(self.open.pop()),
            "sdtPr" => self.is_setting = false,
            _ => {}
        }
    }

    /// The first paragraph in it, for a control around paragraphs.
    pub(crate) fn paragraph(&mut self, paragraph: u32) {
        for index in self.open.iter().rev() {
            match index.and_then(|index| self.found.get_mut(index)) {
                Some(control) if control.place.paragraph == 0 => control.place.paragraph = paragraph,
                _ => break,
            }
        }
    }

    pub(crate) fn text(&mut self, text: &str) {
        if let Some(control) = self.current()
            && control.text.len() < 4 * LONGEST_SHOWN
        {
            control.text.extend(text.chars().take(LONGEST_SHOWN));
        }
    }

    /// What was found, once the part was read.
    pub(crate) fn finish(self) -> Vec<Control> {
        let mut found = self.found;
        found.iter_mut().for_each(|control| control.text = shown(&control.text));
        found
    }

    fn enter(&mut self, place: Place) {
        if self.left == 0 {
            self.is_cut = true;
            return self.open.push(None);
        }
        self.left -= 1;
        self.open.push(Some(self.found.len()));
        self.found.push(Control {
            tag: String::new(),
            alias: String::new(),
            kind: ControlKind::RichText,
            choices: Vec::new(),
            checked: None,
            text: String::new(),
            is_placeholder: false,
            place,
        });
    }

    fn current(&mut self) -> Option<&mut Control> {
        self.found.get_mut((*self.open.last()?)?)
    }

    fn set(&mut self, element: &Element<'_>) {
        let current = self.open.last().copied().flatten();
        let Some(control) = current.and_then(|index| self.found.get_mut(index)) else { return };
        let value = |name: &str| element.attribute(name).map(|value| shown(&value));
        match element.name() {
            "tag" => control.tag = value("val").unwrap_or_default(),
            "alias" => control.alias = value("val").unwrap_or_default(),
            "showingPlcHdr" => control.is_placeholder = !is_off(element),
            "checked" => control.checked = Some(!is_off(element)),
            "listItem" if control.choices.len() >= MOST_CHOICES || self.choices_left == 0 => self.is_cut = true,
            "listItem" => {
                self.choices_left -= 1;
                let of = value("value").unwrap_or_default();
                control.choices.push(Choice { shown: value("displayText").unwrap_or_else(|| of.clone()), value: of });
            }
            name => {
                if let Some((_, kind)) = KINDS.iter().find(|(known, _)| *known == name) {
                    control.kind = *kind;
                    if *kind == ControlKind::CheckBox {
                        control.checked = Some(false);
                    }
                }
            }
        }
    }
}

fn is_off(element: &Element<'_>) -> bool {
    matches!(element.attribute("val").as_deref(), Some("0" | "false" | "off"))
}

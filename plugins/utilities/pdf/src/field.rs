//! One field: what it has itself and from those above it.

use crate::bounds;
use crate::document::{Document, Node};
use crate::template::{Choice, Field, Flags, Kind, Opt};
use crate::widgets::OFF;

/// Bits of a field's flags, from 0.
mod bit {
    pub const READ_ONLY: i64 = 1;
    pub const REQUIRED: i64 = 1 << 1;
    pub const NO_EXPORT: i64 = 1 << 2;
    pub const MULTILINE: i64 = 1 << 12;
    pub const PASSWORD: i64 = 1 << 13;
    pub const RADIO: i64 = 1 << 15;
    pub const PUSH: i64 = 1 << 16;
    pub const COMBO: i64 = 1 << 17;
    pub const EDIT: i64 = 1 << 18;
    pub const FILE: i64 = 1 << 20;
    pub const MULTIPLE: i64 = 1 << 21;
    pub const COMB: i64 = 1 << 24;
    pub const RICH: i64 = 1 << 25;
}

/// What a field has from those above it, unless it says otherwise itself.
#[derive(Clone, Default)]
pub(crate) struct Inherited<'d> {
    kind: Option<Vec<u8>>,
    flags: i64,
    value: Option<Node<'d>>,
    default: Option<Node<'d>>,
    options: Option<Node<'d>>,
    length: Option<i64>,
    tooltip: Option<Node<'d>>,
}

impl<'d> Inherited<'d> {
    /// What those below this one have.
    pub fn and_of(&self, document: &'d Document<'_>, node: &Node<'d>) -> Inherited<'d> {
        let own = |key: &[u8], above: &Option<Node<'d>>| document.get(node, key).or_else(|| above.clone());
        let kind =
            document.get(node, b"FT").and_then(|kind| kind.name().map(|name| name[..name.len().min(8)].to_vec()));
        Inherited {
            kind: kind.or_else(|| self.kind.clone()),
            flags: document.integer(node, b"Ff").unwrap_or(self.flags),
            value: own(b"V", &self.value),
            default: own(b"DV", &self.default),
            options: own(b"Opt", &self.options),
            length: document.integer(node, b"MaxLen").or(self.length),
            // Of a field with several places, its own; the parent's text is about something else.
            tooltip: document.get(node, b"TU"),
        }
    }

    /// What kind of field this is, where it is said.
    pub fn kind(&self) -> Option<Kind> {
        let has = |bit: i64| self.flags & bit != 0;
        match self.kind.as_deref()? {
            b"Tx" => Some(Kind::Text),
            b"Sig" => Some(Kind::Signature),
            b"Ch" => Some(Kind::Choice(Choice { combo: has(bit::COMBO), multiple: has(bit::MULTIPLE) })),
            b"Btn" if has(bit::PUSH) => Some(Kind::Button),
            b"Btn" if has(bit::RADIO) => Some(Kind::Radio),
            b"Btn" => Some(Kind::CheckBox),
            _ => None,
        }
    }

    /// The field without its places, and with the options that it names itself.
    pub fn field(&self, document: &'d Document<'_>, name: String, kind: Kind) -> Field {
        let texts = |node: &Option<Node<'d>>| match (node, kind) {
            (None, _) | (_, Kind::Signature | Kind::Button) => Vec::new(),
            (Some(node), _) => texts(document, node),
        };
        let options = match (&self.options, kind) {
            (Some(options), Kind::Choice(_)) => options_of(document, options),
            _ => Vec::new(),
        };
        Field {
            name,
            kind,
            widgets: Vec::new(),
            options,
            flags: self.flags(kind),
            value: texts(&self.value),
            default: texts(&self.default),
            tooltip: self.tooltip.as_ref().and_then(|tooltip| document.text(tooltip)),
        }
    }

    fn flags(&self, kind: Kind) -> Flags {
        let has = |bit: i64| self.flags & bit != 0;
        let is_text = kind == Kind::Text;
        Flags {
            required: has(bit::REQUIRED),
            read_only: has(bit::READ_ONLY),
            no_export: has(bit::NO_EXPORT),
            multiline: is_text && has(bit::MULTILINE),
            password: is_text && has(bit::PASSWORD),
            file: is_text && has(bit::FILE),
            comb: is_text && has(bit::COMB),
            rich_text: is_text && has(bit::RICH),
            editable: matches!(kind, Kind::Choice(Choice { combo: true, .. })) && has(bit::EDIT),
            max_length: self.length.filter(|_| is_text).and_then(|length| u32::try_from(length).ok()),
        }
    }

    /// What the states of a button are called on paper, in the order of its places, where the file says so.
    pub fn labels(&self, document: &'d Document<'_>) -> Vec<String> {
        let Some(options) = &self.options else { return Vec::new() };
        texts(document, options)
    }
}

/// One text or several.
fn texts<'d>(document: &'d Document<'_>, node: &Node<'d>) -> Vec<String> {
    match node.is_array() {
        true => document.items(node).take(bounds::OPTIONS).filter_map(|item| document.text(&item)).collect(),
        false => document.text(node).into_iter().collect(),
    }
}

/// Options are texts, or pairs of what is held and what is read.
fn options_of<'d>(document: &'d Document<'_>, node: &Node<'d>) -> Vec<Opt> {
    let option = |item: Node<'d>| {
        let mut texts = texts(document, &item).into_iter();
        let export = texts.next()?;
        let label = match texts.next() {
            Some(label) => label,
            None => document.spent.text(&export).then(|| export.clone())?,
        };
        Some(Opt { export, label })
    };
    document.items(node).take(bounds::OPTIONS).filter_map(option).collect()
}

/// The options of check boxes and radios: the states of their places from this one on, each once.
pub(crate) fn options_of_places(document: &Document<'_>, field: &mut Field, from: usize, labels: &[String]) {
    for widget in &field.widgets[from..] {
        let Some(on) = &widget.on else { continue };
        if on == OFF
            || field.options.len() >= bounds::OPTIONS
            || field.options.iter().any(|option| option.export == *on)
        {
            continue;
        }
        // States are numbers where what they stand for cannot be a name: then they count the labels.
        let label = on.parse().ok().and_then(|index: usize| labels.get(index)).unwrap_or(on);
        if !(document.spent.text(on) && document.spent.text(label)) {
            return;
        }
        field.options.push(Opt { export: on.clone(), label: label.clone() });
    }
}

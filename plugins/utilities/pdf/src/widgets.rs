//! The places of a field.

use crate::document::{Document, Node};
use crate::pages::{self, Pages};
use crate::template::{Kind, Widget};

/// Bits of an annotation that is not shown: hidden, and shown in print alone.
const HIDDEN: i64 = 1 << 1 | 1 << 5;

/// The state of a button that is not pressed.
pub(crate) const OFF: &str = "Off";

/// A node that is the place of a field, on this page where it is known already. Nothing where it is on none.
pub(crate) fn widget(
    document: &Document<'_>,
    pages: &Pages<'_>,
    node: &Node<'_>,
    page: Option<usize>,
    kind: Kind,
) -> Option<Widget> {
    let page =
        page.or_else(|| pages.of_annotation(node.id?)).or_else(|| pages.of_object(document.link(node, b"P")?))?;
    let area = pages::corners(document, node, b"Rect")?;
    let on = match kind {
        Kind::CheckBox | Kind::Radio => on(document, node),
        _ => None,
    };
    Some(Widget {
        page: u32::try_from(page).ok()? + 1,
        rectangle: pages.all.get(page)?.seen(area),
        on,
        hidden: document.integer(node, b"F").unwrap_or(0) & HIDDEN != 0,
    })
}

/// The state in which a button is pressed: the one of its pictures that is not "Off". Without pictures, the one it is in.
fn on(document: &Document<'_>, node: &Node<'_>) -> Option<String> {
    let pictures = document.get(node, b"AP");
    let states = |key: &[u8]| {
        let picture = document.get(pictures.as_ref()?, key)?;
        if picture.stream {
            return None;
        }
        picture.keys().into_iter().find(|state| state != OFF)
    };
    let state = states(b"N").or_else(|| states(b"D")).or_else(|| {
        let state = document.text(&document.get(node, b"AS")?)?;
        (state != OFF).then_some(state)
    })?;
    document.spent.text(&state).then_some(state)
}

//! Labels and values, in pairs.

use minijinja::{Value, context};
use serde_json::{Value as Json, json};
use vestry_contract::ui::Fact;

use crate::place::Place;
use crate::{Draw, Html, ScreenError, cell};

pub(crate) fn html(name: &str, facts: &[Fact], draw: &Draw<'_>) -> Result<Html, ScreenError> {
    let mut items = Vec::with_capacity(facts.len());
    for fact in facts {
        let mut value = String::new();
        draw.cells.write_contract(&fact.value, false, draw.place, &mut value)?;
        items.push(context! { label => draw.place.text(&fact.label), value => Value::from_safe_string(value) });
    }
    draw.block("blocks/facts.html", name, items)
}

/// `[{"label", "value"}]`.
pub(crate) fn data(facts: &[Fact], place: &dyn Place) -> Json {
    facts
        .iter()
        .map(|fact| json!({ "label": place.text(&fact.label), "value": cell::data(&fact.value, place) }))
        .collect()
}

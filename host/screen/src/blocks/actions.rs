//! Buttons in a row, and how every template sees a button.

use serde::Serialize;
use serde_json::{Value as Json, json};
use vestry_contract::ui::Action;

use crate::links::{self, Button};
use crate::place::Place;
use crate::{Draw, Html, ScreenError};

/// A button with what only templates need.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ButtonView {
    #[serde(flatten)]
    button: Button,
    /// It is a link, with this address; else a form that is sent.
    link: Option<String>,
    /// The one name and value that a submit button can carry.
    carried: Option<(String, String)>,
}

impl ButtonView {
    pub(crate) fn new(button: &Button) -> Self {
        Self {
            link: (button.method == "get").then(|| button.link()),
            carried: button.carried(),
            button: button.clone(),
        }
    }

    /// A button inside a form. The only one (`alone`) has nothing to carry: its fields are the form's.
    pub(crate) fn in_form(button: &Button, alone: bool) -> Self {
        Self { button: button.clone(), link: None, carried: button.carried().filter(|_| !alone) }
    }
}

/// Views of those actions that this actor may take.
pub(crate) fn views(actions: &[Action], place: &dyn Place) -> Vec<ButtonView> {
    buttons(actions, place).iter().map(ButtonView::new).collect()
}

/// Those actions that this actor may take.
pub(crate) fn buttons(actions: &[Action], place: &dyn Place) -> Vec<Button> {
    actions.iter().filter_map(|action| links::button(action, place)).collect()
}

pub(crate) fn html(name: &str, actions: &[Action], draw: &Draw<'_>) -> Result<Html, ScreenError> {
    draw.block("blocks/actions.html", name, views(actions, draw.place))
}

/// `[{"label", "level", "method", "href", "fields", "confirm"?}]`.
pub(crate) fn data(actions: &[Action], place: &dyn Place) -> Json {
    json!(buttons(actions, place))
}

//! The kinds of input, as templates draw them and as API clients are told of them.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Value as Json, json};
use vestry_contract::ui::{Choice, FileInput, Input, Matrix};

use crate::cell::size;
use crate::place::Place;

/// What an input's template is given beside the field's own values. `draw` is the template: `inputs/DRAW.html`.
#[derive(Debug, Default, Serialize)]
pub(crate) struct InputView<'v> {
    draw: &'static str,
    /// A group of controls with one label: it is drawn as a fieldset.
    grouped: bool,
    /// `type` of an `<input>`.
    kind: &'static str,
    placeholder: Cow<'v, str>,
    autocomplete: &'v str,
    max_length: Option<u32>,
    lines: u32,
    min: Option<f64>,
    max: Option<f64>,
    step: Option<f64>,
    unit: &'v str,
    /// Language of a program's text.
    language: &'v str,
    options: Vec<OptionView<'v>>,
    columns: Vec<OptionView<'v>>,
    rows: Vec<MatrixRow<'v>>,
    accept: String,
    max_size: String,
    max_bytes: u64,
    multiple: bool,
}

#[derive(Debug, Serialize)]
struct OptionView<'v> {
    value: &'v str,
    label: Cow<'v, str>,
    chosen: bool,
}

#[derive(Debug, Serialize)]
struct MatrixRow<'v> {
    label: Cow<'v, str>,
    cells: Vec<MatrixCell<'v>>,
}

#[derive(Debug, Serialize)]
struct MatrixCell<'v> {
    value: String,
    label: Cow<'v, str>,
    chosen: bool,
    locked: bool,
}

impl<'v> InputView<'v> {
    pub(crate) fn of(input: &'v Input, values: &'v [String], place: &'v dyn Place) -> Self {
        let line = |kind, autocomplete| Self { draw: "line", kind, autocomplete, ..Self::default() };
        let choose = |draw, grouped, choices| Self {
            draw,
            grouped,
            options: options(choices, values, place),
            ..Self::default()
        };
        match input {
            Input::Text(text) => Self {
                placeholder: place.text(&text.placeholder),
                max_length: text.max_length,
                ..line("text", &text.autocomplete)
            },
            Input::Other(_) => line("text", ""),
            Input::Password => line("password", "off"),
            Input::Email => line("email", "email"),
            Input::Url => line("url", "url"),
            Input::Date => line("date", ""),
            Input::Time => line("time", ""),
            Input::DateTime => line("datetime-local", ""),
            Input::Number(number) => {
                Self { min: number.min, max: number.max, step: number.step, unit: &number.unit, ..line("number", "") }
            }
            Input::Multiline(lines) => Self { draw: "multiline", lines: (*lines).clamp(2, 40), ..Self::default() },
            Input::Code(language) => Self { draw: "code", language, ..Self::default() },
            Input::Checkbox => Self { draw: "checkbox", ..Self::default() },
            Input::Radio(choices) => choose("radio", true, choices),
            Input::Select(choices) => choose("select", false, choices),
            Input::Checkboxes(choices) => choose("checkboxes", true, choices),
            Input::Combobox(choices) => choose("combobox", false, choices),
            Input::File(file) => Self::file(file),
            Input::Signature => Self { draw: "signature", ..Self::default() },
            Input::Hidden => Self { draw: "hidden", ..Self::default() },
            Input::Matrix(matrix) => Self::matrix(matrix, values, place),
        }
    }

    fn file(file: &FileInput) -> Self {
        Self {
            draw: "file",
            accept: file.accept.join(","),
            max_size: if file.max_bytes == 0 { String::new() } else { size(file.max_bytes) },
            max_bytes: file.max_bytes,
            multiple: file.multiple,
            ..Self::default()
        }
    }

    fn matrix(matrix: &'v Matrix, values: &[String], place: &'v dyn Place) -> Self {
        let cell = |row: &Choice, column: &'v Choice| {
            let value = format!("{} {}", row.value, column.value);
            MatrixCell {
                chosen: values.contains(&value),
                locked: matrix.locked.contains(&value),
                label: place.text(&column.label),
                value,
            }
        };
        let row = |row: &'v Choice| MatrixRow {
            label: place.text(&row.label),
            cells: matrix.columns.iter().map(|column| cell(row, column)).collect(),
        };
        Self {
            draw: "matrix",
            grouped: true,
            columns: options(&matrix.columns, &[], place),
            rows: matrix.rows.iter().map(row).collect(),
            ..Self::default()
        }
    }

    /// Whether it sends a file.
    pub(crate) fn uploads(&self) -> bool {
        matches!(self.draw, "file" | "signature")
    }
}

fn options<'v>(choices: &'v [Choice], values: &[String], place: &'v dyn Place) -> Vec<OptionView<'v>> {
    let option = |choice: &'v Choice| OptionView {
        value: &choice.value,
        label: place.text(&choice.label),
        chosen: values.contains(&choice.value),
    };
    choices.iter().map(option).collect()
}

fn choices(input: &Input) -> Option<&[Choice]> {
    match input {
        Input::Radio(choices) | Input::Select(choices) | Input::Checkboxes(choices) | Input::Combobox(choices) => {
            Some(choices)
        }
        _ => None,
    }
}

/// What a value is called where it is chosen.
pub(crate) fn choice_label(input: Option<&Input>, value: &str, place: &dyn Place) -> String {
    let choice = input.and_then(choices).and_then(|choices| choices.iter().find(|choice| choice.value == value));
    choice.map_or_else(|| value.to_owned(), |choice| place.text(&choice.label).into_owned())
}

/// The contract's name of a kind.
fn kind_name(input: &Input) -> &str {
    match input {
        Input::Text(_) => "text",
        Input::Multiline(_) => "multiline",
        Input::Code(_) => "code",
        Input::Password => "password",
        Input::Email => "email",
        Input::Url => "url",
        Input::Number(_) => "number",
        Input::Date => "date",
        Input::Time => "time",
        Input::DateTime => "date-time",
        Input::Checkbox => "checkbox",
        Input::Radio(_) => "radio",
        Input::Select(_) => "select",
        Input::Checkboxes(_) => "checkboxes",
        Input::Combobox(_) => "combobox",
        Input::File(_) => "file",
        Input::Signature => "signature",
        Input::Hidden => "hidden",
        Input::Matrix(_) => "matrix",
        Input::Other((kind, _)) => kind,
    }
}

/// Adds the kind, and what limits its values, to a field's data.
pub(crate) fn add_data(input: &Input, place: &dyn Place, twin: &mut Json) {
    let list = |choices: &[Choice]| -> Json {
        choices.iter().map(|choice| json!({ "value": choice.value, "label": place.text(&choice.label) })).collect()
    };
    twin["kind"] = json!(kind_name(input));
    if let Some(choices) = choices(input) {
        twin["choices"] = list(choices);
    }
    match input {
        Input::Text(text) if text.max_length.is_some() => twin["max-length"] = json!(text.max_length),
        Input::Number(number) => {
            twin["min"] = json!(number.min);
            twin["max"] = json!(number.max);
            twin["step"] = json!(number.step);
            twin["unit"] = json!(number.unit);
        }
        Input::File(file) => {
            twin["accept"] = json!(file.accept);
            twin["max-bytes"] = json!(file.max_bytes);
            twin["multiple"] = json!(file.multiple);
        }
        Input::Matrix(matrix) => {
            twin["rows"] = list(&matrix.rows);
            twin["columns"] = list(&matrix.columns);
            twin["locked"] = json!(matrix.locked);
        }
        Input::Password => twin["values"] = json!([]),
        _ => {}
    }
}

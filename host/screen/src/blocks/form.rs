//! A form: fields in groups, each with its help and its error, some of them shown only while another says so.

mod input;

use std::borrow::Cow;

use minijinja::Value;
use serde::Serialize;
use serde_json::{Value as Json, json};
use vestry_contract::ui::{Condition, Field, Form, FormItem};
use vestry_phrases::Language;

use crate::blocks::actions::ButtonView;
use crate::place::Place;
use crate::{Draw, Html, ScreenError, links, markdown};

pub(crate) use input::InputView;

/// What plugins may say of a form and of a field, beside what the contract has room for.
const LAYOUT: &str = "layout";
const BESIDE: &str = "beside";
const LANGUAGE: &str = "language";

#[derive(Serialize)]
struct View<'v> {
    inline: bool,
    /// Labels stand beside their fields.
    beside: bool,
    /// `get` or `post`: the verb of HTML, not of the route.
    method: &'static str,
    href: String,
    /// Sent along, unseen.
    hidden: Vec<(Cow<'v, str>, Cow<'v, str>)>,
    multipart: bool,
    groups: Vec<Group<'v>>,
    submit: ButtonView,
    others: Vec<ButtonView>,
    /// What is wrong, to be said above the form.
    errors: Vec<Mistake<'v>>,
}

#[derive(Serialize)]
struct Group<'v> {
    heading: Cow<'v, str>,
    items: Vec<Item<'v>>,
}

#[derive(Serialize)]
struct Item<'v> {
    /// Words between fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    prose: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<FieldView<'v>>,
}

#[derive(Serialize)]
struct FieldView<'v> {
    id: String,
    name: &'v str,
    label: Cow<'v, str>,
    help: Cow<'v, str>,
    error: Option<Cow<'v, str>>,
    required: bool,
    value: &'v str,
    /// Of what is typed, where it is not the reader's.
    #[serde(skip_serializing_if = "Option::is_none")]
    lang: Option<String>,
    /// How that is written. Its first letter would not say it where that stands in a name of a value, such as `{count}`.
    dir: &'static str,
    when: Option<WhenView<'v>>,
    #[serde(flatten)]
    input: InputView<'v>,
}

/// A condition, for scripts (`field`, `values`) and, in words, for people without them.
#[derive(Serialize)]
struct WhenView<'v> {
    field: &'v str,
    values: String,
    label: Cow<'v, str>,
    shown: String,
}

#[derive(Serialize)]
struct Mistake<'v> {
    id: String,
    label: Cow<'v, str>,
    error: Cow<'v, str>,
}

pub(crate) fn html(name: &str, form: &Form, draw: &Draw<'_>) -> Result<Html, ScreenError> {
    match view(name, form, draw) {
        Some(view) => draw.block("blocks/form.html", name, view),
        // A form that cannot be sent is not drawn.
        None => Ok(Html::default()),
    }
}

fn view<'v>(name: &str, form: &'v Form, draw: &'v Draw<'_>) -> Option<View<'v>> {
    let place = draw.place;
    let submit = links::button(&form.submit, place)?;
    let others: Vec<_> = form.others.iter().filter_map(|action| links::button(action, place)).collect();
    let groups = groups(name, form, draw);
    let fields = || groups.iter().flat_map(|group| &group.items).filter_map(|item| item.field.as_ref());
    let errors = fields()
        .filter_map(|field| {
            Some(Mistake { id: field.id.clone(), label: field.label.clone(), error: field.error.clone()? })
        })
        .collect();
    let multipart = fields().any(|field| field.input.uploads());
    // With further buttons the fields of `submit` belong to it alone; else they are the form's.
    let own = if others.is_empty() { submit.fields.clone() } else { Vec::new() };
    let verb = (others.is_empty() && !matches!(submit.method, "get" | "post"))
        .then_some((Cow::Borrowed("_method"), Cow::Borrowed(submit.method)));
    Some(View {
        inline: form.inline,
        beside: said(&form.extra, LAYOUT).is_some_and(|layout| layout == BESIDE),
        method: if submit.method == "get" { "get" } else { "post" },
        href: submit.href.clone(),
        hidden: verb
            .into_iter()
            .chain(own.into_iter().map(|(name, value)| (name.into(), value.into())))
            .chain(hidden(form))
            .collect(),
        multipart,
        submit: ButtonView::in_form(&submit, others.is_empty()),
        others: others.iter().map(|button| ButtonView::in_form(button, false)).collect(),
        groups,
        errors,
    })
}

fn hidden(form: &Form) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    let fields = fields(form).filter(|field| matches!(field.input, vestry_contract::ui::Input::Hidden));
    fields.flat_map(|field| field.values.iter().map(|value| (field.name.as_str().into(), value.as_str().into())))
}

fn fields(form: &Form) -> impl Iterator<Item = &Field> {
    form.items.iter().filter_map(|item| match item {
        FormItem::Field(field) => Some(field),
        FormItem::Prose(_) | FormItem::Heading(_) => None,
    })
}

fn groups<'v>(block: &str, form: &'v Form, draw: &'v Draw<'_>) -> Vec<Group<'v>> {
    let mut groups = vec![Group { heading: Cow::Borrowed(""), items: Vec::new() }];
    for item in &form.items {
        let item = match item {
            FormItem::Heading(text) => {
                groups.push(Group { heading: draw.place.text(text), items: Vec::new() });
                continue;
            }
            FormItem::Prose(text) => {
                let markup =
                    markdown::render(&draw.place.text(&super::prose::literal(text)), draw.heading + 1, draw.place);
                Item { prose: Some(Value::from(markup)), field: None }
            }
            FormItem::Field(field) if matches!(field.input, vestry_contract::ui::Input::Hidden) => continue,
            FormItem::Field(field) => Item { prose: None, field: Some(field_view(block, field, form, draw)) },
        };
        if let Some(group) = groups.last_mut() {
            group.items.push(item);
        }
    }
    groups.retain(|group| !group.items.is_empty());
    groups
}

fn field_view<'v>(block: &str, field: &'v Field, form: &'v Form, draw: &'v Draw<'_>) -> FieldView<'v> {
    let place = draw.place;
    let lang = said(&field.extra, LANGUAGE);
    FieldView {
        id: format!("{}-{}", draw.anchor(block), field.name.replace(char::is_whitespace, "-")),
        name: &field.name,
        label: place.text(&field.label),
        help: place.text(&field.help),
        error: field.error.as_ref().map(|text| place.text(text)),
        required: field.required,
        value: field.values.first().map_or("", String::as_str),
        dir: lang.as_deref().map_or("auto", direction),
        lang,
        when: field.when.as_ref().map(|when| when_view(when, form, place)),
        input: InputView::of(&field.input, &field.values, place),
    }
}

/// The direction of a language; as the text itself has it where nobody knows the language.
fn direction(tag: &str) -> &'static str {
    match Language::parse(tag).map(|language| language.is_right_to_left()) {
        Ok(true) => "rtl",
        Ok(false) => "ltr",
        Err(_) => "auto",
    }
}

/// A string that a plugin says by name; none where it says none, or something else.
fn said(extra: &[(String, String)], name: &str) -> Option<String> {
    let (_, json) = extra.iter().find(|(known, _)| known == name)?;
    serde_json::from_str(json).ok()
}

fn when_view<'v>(when: &'v Condition, form: &'v Form, place: &'v dyn Place) -> WhenView<'v> {
    let other = fields(form).find(|field| field.name == when.field);
    let shown: Vec<_> =
        when.values.iter().map(|value| input::choice_label(other.map(|field| &field.input), value, place)).collect();
    WhenView {
        field: &when.field,
        values: json!(when.values).to_string(),
        label: other.map_or(Cow::Borrowed(&when.field), |field| place.text(&field.label)),
        shown: shown.join(", "),
    }
}

/// `{"method", "href", "fields": [{"name", "label", "kind", "values", "required", "help"?, "error"?, "choices"?,
/// "when"?}], "values": what the form sends along, "others"?}`; an empty object where this actor cannot send it.
pub(crate) fn data(form: &Form, place: &dyn Place) -> Json {
    let Some(submit) = links::button(&form.submit, place) else {
        return json!({});
    };
    let mut twin = json!({
        "method": submit.method,
        "href": submit.href,
        "values": submit.fields,
        "fields": fields(form).map(|field| field_data(field, place)).collect::<Vec<_>>(),
    });
    let others: Vec<_> = form.others.iter().filter_map(|action| links::button(action, place)).collect();
    if !others.is_empty() {
        twin["others"] = json!(others);
    }
    twin
}

fn field_data(field: &Field, place: &dyn Place) -> Json {
    let mut twin = json!({
        "name": field.name,
        "label": place.text(&field.label),
        "values": field.values,
        "required": field.required,
    });
    input::add_data(&field.input, place, &mut twin);
    let help = place.text(&field.help);
    if !help.is_empty() {
        twin["help"] = json!(help);
    }
    if let Some(error) = &field.error {
        twin["error"] = json!(place.text(error));
    }
    if let Some(when) = &field.when {
        twin["when"] = json!({ "field": when.field, "values": when.values });
    }
    twin
}

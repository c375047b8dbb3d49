//! How far calls of a plugin may go, changed while it runs. People read and type MiB and seconds, the host counts bytes and
//! milliseconds.

use vestry_sdk::packages::{self, Limit, Plugin};
use vestry_sdk::prelude::*;

use super::{button, find, to_page};
use crate::failing::{NOWHERE, said_at};
use crate::words::title;

/// Limits by their names in the contract: what they are called, the unit they are typed in, how much of the host's it is.
const LIMITS: [(&str, &str, &str, f64); 9] = [
    ("memory", "Memory of one call", "MiB", MIB),
    ("cpu-ms", "Processor time of one call", "s", SECOND),
    ("wall-ms", "Time of one call", "s", SECOND),
    ("bytes", "Bytes that one call exchanges with the server", "MiB", MIB),
    ("concurrent", "Calls at a time", "", 1.0),
    ("job-cpu-ms", "Processor time of one job", "s", SECOND),
    ("job-wall-ms", "Time of one job", "s", SECOND),
    ("job-bytes", "Bytes that one job exchanges with the server", "MiB", MIB),
    ("job-concurrent", "Jobs at a time", "", 1.0),
];

const MIB: f64 = 1_048_576.0;
const SECOND: f64 = 1_000.0;

const SUMMARY: &str =
    "They count for the calls that begin from then on. Leave one empty for what holds where nobody chose.";

pub fn section(plugin: &Plugin) -> Section {
    Section::new("limits", "How far it may go").tab().summary(SUMMARY).block("limits", form(plugin))
}

fn form(plugin: &Plugin) -> Form {
    let save = Action::new("Save the limits", "limits").param("key", &plugin.id).primary();
    plugin.limits.iter().fold(Form::new(save), |form, limit| form.field(field(limit)))
}

/// The form alone, for when something was wrong with what was typed.
fn page(request: &Request, plugin: &Plugin, errors: &[FieldError]) -> Page {
    Page::new(text!("How far {title} may go", title = title(&plugin.package)))
        .lead(SUMMARY)
        .action(button("The plugin", "plugin", plugin))
        .block("limits", form(plugin).refill(request).errors(errors))
}

/// Title, unit and scale; a limit of a later version of the host is typed as the host counts it.
fn known(name: &str) -> (Text, &'static str, f64) {
    match LIMITS.iter().find(|(known, ..)| *known == name) {
        Some((_, label, unit, scale)) => ((*label).into(), *unit, *scale),
        None => (data(name), "", 1.0),
    }
}

fn field(limit: &Limit) -> Field {
    let (label, unit, scale) = known(&limit.name);
    let shown = |value: u64| shown(value, scale);
    let help = text!(
        "{default} {unit} where nobody chose; from {least} to {most}.",
        default = shown(limit.default),
        unit,
        least = shown(limit.least),
        most = shown(limit.most)
    );
    let field = Field::number(&limit.name, label).unit(unit).help(help);
    if limit.chosen { field.value(shown(limit.value)) } else { field }
}

/// With as many digits as it needs, so that what is shown is what is sent back.
fn shown(value: u64, scale: f64) -> String {
    (value as f64 / scale).to_string()
}

pub fn set(request: &Request) -> Result<Response> {
    let plugin = find(request)?;
    saved(request, &plugin).or_invalid(|errors| Ok(page(request, &plugin, errors)))
}

fn saved(request: &Request, plugin: &Plugin) -> Result<Redirect> {
    let mut errors = Errors::default();
    let mut chosen = vec![];
    // What is not sent stays as it is, so that a program can set one of them.
    for limit in plugin.limits.iter().filter(|limit| request.form_all(&limit.name).next().is_some()) {
        chosen.push((limit.name.as_str(), errors.keep(typed(request, limit))));
    }
    errors.none()?;
    said_at(NOWHERE, packages::set_limits(&plugin.id, chosen))?;
    Ok(to_page(&plugin.id).done("The limits are saved. They count from now on."))
}

/// None where it is left empty.
fn typed(request: &Request, limit: &Limit) -> Result<Option<u64>> {
    if request.form(&limit.name).optional().is_none() {
        return Ok(None);
    }
    let (_, unit, scale) = known(&limit.name);
    let number: f64 = request.form(&limit.name).number()?;
    let (least, most) = (limit.least as f64 / scale, limit.most as f64 / scale);
    match (least..=most).contains(&number) {
        true => Ok(Some((number * scale).round() as u64)),
        false => Err(invalid(&limit.name, text!("This goes from {least} to {most} {unit}.", least, most, unit))),
    }
}

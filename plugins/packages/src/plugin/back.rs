//! Going back: to an older version of a plugin, or to the plugin whose place it took. Both put a package in place that is
//! here, with what it was granted.

use vestry_sdk::packages::{self, Inspection, Package, Placing, Plugin};
use vestry_sdk::prelude::*;

use super::{details, find, of};
use crate::failing::{NOWHERE, said_at};
use crate::orders::Order;
use crate::words::{title, title_and_version};

/// The field with which data it is to work.
const DATA: &str = "data";

/// What data there is to choose from, by the names of the contract.
const CHOICES: [(&str, &str); 2] = [
    ("then", "What it had stored when it ran last; what was stored since is put away"),
    ("fresh", "None: it begins anew"),
];

/// Puts an older version back; asks which data first, where that has to be chosen.
pub fn go(request: &Request) -> Result<Response> {
    let inspection = packages::inspect(request.param("key"))?;
    let data = request.form(DATA).optional();
    if !inspection.data_choices.is_empty() && data.is_none() {
        return Ok(ask(&inspection, &[]).into());
    }
    let placed = place(&inspection, data);
    placed.or_invalid(|errors| match inspection.data_choices.is_empty() {
        true => details::page(&of(&inspection.package.id)?, errors),
        false => Ok(ask(&inspection, errors)),
    })
}

fn place(inspection: &Inspection, data: Option<&str>) -> Result<Redirect> {
    let package = &inspection.package;
    let running = inspection.installed.as_ref().map_or("", |installed| &installed.digest);
    let mut placing = Placing::of(&package.digest).in_place_of(running);
    placing.data = data.map(str::to_owned);
    let job = said_at(DATA, packages::place(&[placing]))?;
    Order::Place(title_and_version(package)).remember(&job)
}

fn ask(inspection: &Inspection, errors: &[FieldError]) -> Page {
    let package = &inspection.package;
    let offered = CHOICES.iter().filter(|(name, _)| inspection.data_choices.iter().any(|choice| choice == name));
    let choices: Vec<Choice> = offered.map(|(name, words)| Choice::new(*name, *words)).collect();
    let form = Form::new(
        Action::new(text!("Go back to {version}", version = package.version), "go-back")
            .param("key", &package.digest)
            .primary(),
    )
    .field(Field::radio(DATA, "Which data is it to work with?", choices).required())
    .errors(errors);
    Page::new(text!("Go back to {package}?", package = title_and_version(package)))
        .lead("The version that runs has changed the shape of what is stored. The older one does not understand that.")
        .action(
            Action::new(text!("Leave {plugin} as it is", plugin = title(package)), "plugin").param("key", &package.id),
        )
        .block("data", form)
}

/// Brings the plugin back whose place this one took.
pub fn swap(request: &Request) -> Result<Response> {
    let plugin = find(request)?;
    let swapped = swapped(&plugin);
    swapped.or_invalid(|errors| details::page(&plugin, errors))
}

fn swapped(plugin: &Plugin) -> Result<Redirect> {
    let Some(package) = displaced(plugin)? else {
        return Err(invalid(
            NOWHERE,
            "It took nobody's place, or nothing of that plugin is here any more: install it anew.",
        ));
    };
    let placing = Placing::of(&package.digest).at(&plugin.mount).swapping();
    let job = said_at(NOWHERE, packages::place(&[placing]))?;
    Order::Place(title_and_version(&package)).remember(&job)
}

/// The package whose place it took: of the plugin that was there, the one that was in use last.
pub fn displaced(plugin: &Plugin) -> Result<Option<Package>> {
    let Some(former) = &plugin.displaced else { return Ok(None) };
    let kept = packages::waiting()?.into_iter().filter(|package| package.id == *former && package.used > 0);
    Ok(kept.max_by_key(|package| package.used))
}

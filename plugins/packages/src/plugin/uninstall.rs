//! Uninstalling a plugin: what becomes of what it stored is asked, and who needs it is said before.

use vestry_sdk::packages::{self, Plugin};
use vestry_sdk::prelude::*;

use super::{button, find};
use crate::failing::{NOWHERE, notices, said_at};
use crate::words::title;

const DATA: &str = "data";

pub fn ask(request: &Request) -> Result<Page> {
    Ok(page(request, &find(request)?, &[]))
}

pub fn uninstall(request: &Request) -> Result<Response> {
    let plugin = find(request)?;
    let with_data = request.form(DATA).is_ticked();
    let done = match with_data {
        true => text!("{title} is uninstalled, and what it had stored is gone.", title = title(&plugin.package)),
        false => text!("{title} is uninstalled. What it had stored is kept.", title = title(&plugin.package)),
    };
    let uninstalled =
        said_at(NOWHERE, packages::uninstall(&plugin.id, with_data)).map(|()| Redirect::to("home").done(done));
    uninstalled.or_invalid(|errors| Ok(page(request, &plugin, errors)))
}

fn page(request: &Request, plugin: &Plugin, errors: &[FieldError]) -> Page {
    let page = Page::new(text!("Uninstall {title}?", title = title(&plugin.package)))
        .action(button("Keep it", "plugin", plugin));
    let page = notices(page, errors, &[DATA]);
    if !plugin.needed_by.is_empty() {
        let names = plugin.needed_by.join(", ");
        let words = text!("It cannot go while it is needed by {names}. Uninstall that first.", names);
        let look = |id: &String| Action::new(text!("Look at {plugin}", plugin = id), "plugin").param("key", id);
        return page
            .block("needed", notice(Level::Warning, words))
            .block("who", actions(plugin.needed_by.iter().map(look)));
    }
    let form = Form::new(button("Uninstall it", "uninstall", plugin).danger())
        .prose(text!("It is taken off /{mount} and out of the menu at once. Its packages stay under “Fetched and not in use”, so that it can be installed again.", mount = plugin.mount))
        .field(
            Field::checkbox(DATA, "Remove what it has stored as well")
                .ticked(request.form(DATA).is_ticked())
                .help("For good: its entries, its mails and its jobs. Without this they are kept, and are there again once it is."),
        );
    page.block("uninstall", form)
}

//! Every block in every state, every cell, every input, every layout: the pages to look at when templates change.
//!
//! It does nothing and keeps nothing. Forms show what they sent, or come back with errors.

mod blocks;
mod cells;
mod forms;
mod layouts;
mod moving;
mod tables;
mod words;

use vestry_sdk::prelude::*;

vestry_sdk::plugin!(plugin, live, streaming);

/// The pages: route, path, title, what is on it, and the function.
type Entry = (&'static str, &'static str, &'static str, &'static str, fn(&Request) -> Result<Page>);

const PAGES: [Entry; 13] = [
    ("words", "/words", "Words", "Prose, notices, badges; long words and words from right to left.", words::words),
    ("facts", "/facts", "Facts", "Every kind of cell, beside a label.", cells::facts_page),
    ("tables", "/tables", "Tables", "Columns and rows, buttons, ticked rows, pages.", tables::tables),
    ("tables-bare", "/tables-bare", "Bare tables", "Empty, one cell, very wide, very long.", tables::bare),
    ("forms", "/forms", "Forms", "Every kind of input, empty.", forms::empty),
    ("forms-full", "/forms-full", "Full forms", "Every kind of input, filled in.", forms::full),
    ("forms-wrong", "/forms-wrong", "Wrong forms", "Every kind of input, with an error.", forms::wrong),
    ("records", "/records", "Records", "Log, messages, source, difference.", blocks::records),
    ("pictures", "/pictures", "Pictures", "Charts, pictures with marks, progress, frames.", blocks::pictures),
    ("host", "/host", "Host's own", "Panels, jobs, and blocks that this host does not know.", blocks::host),
    ("moving", "/moving", "Moving", "A page that stays up to date by itself.", moving::moving),
    ("layouts", "/layouts", "Layouts", "Sections stacked, in columns, in tabs.", layouts::layouts),
    ("focus", "/focus", "Focus", "A page without menu and chrome.", layouts::focus),
];

/// Who writes templates and plugins looks here.
const SEE: &str = "org.vestry.styleguide/see";

/// The plugin.
pub fn plugin() -> Plugin {
    let plugin = Plugin::new("org.vestry.styleguide", "Style guide")
        .summary("Every block in every state.")
        .mount("styleguide")
        .route(get("home", "/").needs(SEE).summary("Every block in every state").to(home))
        .route(get("nothing", "/nothing").needs(SEE).to(|_| Ok(Page::new("Nothing"))))
        .route(get("failure", "/failure").needs(SEE).to(failure))
        .route(get("item", "/items/{key}").needs(SEE).to(item))
        .route(get("framed", "/framed").needs(SEE).to(blocks::framed))
        .route(get("sheet", "/sheet.png").needs(SEE).to(|_| Ok(blocks::sheet())))
        .route(get("pieces", "/pieces.txt").needs(SEE).to(moving::pieces))
        .live("moving", moving::next)
        .stream("pieces", moving::piece)
        .route(post("press", "/press").needs(SEE).to(press))
        .route(post("receive", "/receive").needs(SEE).max_body(8 << 20).to(forms::receive))
        .route(get("nobody", "/nobody").needs("org.vestry.styleguide/nobody").to(home))
        .permission("see", "See the style guide", &["developer"])
        .permission("nobody", "Held by nobody: its button is never drawn", &[])
        .menu_in("tools", 900, "Style guide", "home", "palette");
    PAGES.iter().fold(plugin, |plugin, (route, path, _, summary, page)| {
        plugin.route(get(route, path).needs(SEE).summary(summary).to(*page))
    })
}

fn home(_: &Request) -> Result<Page> {
    let table = Table::keyed(PAGES.map(|page| page.0))
        .column("page", "Page", PAGES.map(|(route, _, title, _, _)| Link::to(title, route)))
        .column("what", "What is on it", PAGES.map(|page| page.3));
    let failures =
        ["denied", "not-found", "invalid", "conflict", "exhausted", "unavailable", "internal", "confirm", "other"];
    let failures = failures
        .map(|kind| fact(kind.to_owned(), Link::to("See its page", RouteRef::to("failure").query("kind", kind))));
    Ok(Page::new("Style guide")
        .lead("What pages are made of. Look here when a template changes.")
        .block("pages", table)
        .section(Section::new("failures", "Failures").block("failures", facts(failures)))
        .section(
            Section::new("other", "And")
                .block("others", actions([Action::new("A page with nothing on it", "nothing")])),
        ))
}

fn item(request: &Request) -> Result<Page> {
    Ok(Page::new(request.param("key").to_owned())
        .action(Action::new("Tables", "tables"))
        .block("words", prose("A row was opened.")))
}

/// Shows what a button sent.
fn press(request: &Request) -> Result<Page> {
    Ok(Page::new("Pressed").action(Action::new("Style guide", "home")).block("received", received(request)))
}

fn received(request: &Request) -> Table {
    let form = &request.form;
    Table::keyed((0..form.len()).map(|index| index.to_string()))
        .column("name", "Name", form.iter().map(|(name, _)| name))
        .column("value", "Value", form.iter().map(|(_, value)| value))
        .empty("Nothing was sent.")
}

fn failure(request: &Request) -> Result<Page> {
    let reason = "What the plugin says about it.".to_owned();
    Err(match request.query("kind").text() {
        "denied" => Failure::Denied(reason),
        "not-found" => Failure::NotFound(reason),
        "invalid" => invalid("field", "What is wrong with it."),
        "conflict" => Failure::Conflict(reason),
        "exhausted" => Failure::Exhausted(reason),
        "unavailable" => Failure::Unavailable(reason),
        "confirm" => Failure::Confirm(reason),
        "other" => Failure::Other(("org.example.odd".to_owned(), reason)),
        _ => Failure::Internal(reason),
    })
}

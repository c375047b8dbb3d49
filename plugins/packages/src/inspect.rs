//! `/inspect/DIGEST`: a package looked at, before anything happens - what it adds and what differs from what runs, where it
//! comes from, what is odd about it - and the host's own panel, in which the person ticks what it may do and installs it.

use vestry_sdk::block::{job, panel};
use vestry_sdk::packages::{self, Inspection};
use vestry_sdk::prelude::*;
use vestry_sdk::ui::Badge;

use crate::adds;
use crate::failing::{NOWHERE, notices, said_at, stopped};
use crate::past;
use crate::words::{known_facts, source, title, title_and_version};

/// What the host calls an entry of `extra` that says what the package needs, as JSON.
const NEED: &str = "need";
/// How often an open page asks whether it is in place, in seconds.
const EVERY: u32 = 1;

pub fn show(request: &Request) -> Result<Page> {
    page(&packages::inspect(request.param("key"))?, &[])
}

/// Asks for the page anew once something happened to the package.
pub fn next(request: &Request, cursor: &str) -> Result<Batch> {
    let now = print(&packages::inspect(request.param("key"))?);
    let batch = Batch::at(&now);
    Ok(if now == cursor { batch } else { batch.with(Update::reload()) })
}

pub fn discard(request: &Request) -> Result<Response> {
    let digest = request.param("key");
    let discarded =
        said_at(NOWHERE, packages::discard(digest)).map(|()| Redirect::to("home").done("The package is discarded."));
    discarded.or_invalid(|errors| page(&packages::inspect(digest)?, errors))
}

fn print(inspection: &Inspection) -> String {
    let installed = inspection.installed.as_ref().map_or("", |installed| &installed.digest);
    format!("{} {installed}", inspection.job.as_deref().unwrap_or_default())
}

fn runs(inspection: &Inspection) -> bool {
    inspection.installed.as_ref().is_some_and(|installed| installed.digest == inspection.package.digest)
}

fn page(inspection: &Inspection, errors: &[FieldError]) -> Result<Page> {
    let package = &inspection.package;
    let page = Page::new(title_and_version(package)).lead(package.summary.clone());
    let page = match &inspection.installed {
        Some(_) => page.action(Action::new("The plugin", "plugin").param("key", &package.id)),
        None => page,
    };
    let page = notices(page.action(Action::new("Package Management", "home")), errors, &[]);
    let page = state(page, inspection)?.block("package", facts_of(inspection));
    let page = warnings(page, inspection);
    let page = adds::tabs(&inspection.adds, &inspection.asks, runs(inspection)).into_iter().fold(page, Page::section);
    let page = match inspection.readme.is_empty() {
        true => page,
        false => page.section(Section::new("readme", "Read me").tab().block("words", prose(data(&inspection.readme)))),
    };
    let consent = panel(format!("consent:{}", package.digest));
    let page = page.section(Section::new("consent", consent_title(inspection)).block("consent", consent));
    Ok(if runs(inspection) { page } else { page.section(discarding(inspection)) })
}

fn consent_title(inspection: &Inspection) -> Text {
    match (runs(inspection), &inspection.installed) {
        (true, _) => "What it may do".into(),
        (false, None) => "Decide what it may do, and install it".into(),
        (false, Some(_)) => "Decide what it may do, and put it in place".into(),
    }
}

/// What happens to it at this moment, or what happened last.
fn state(page: Page, inspection: &Inspection) -> Result<Page> {
    if let Some(id) = &inspection.job {
        return Ok(page.block("job", job(id)).follow(Vec::<String>::new(), print(inspection), EVERY));
    }
    if runs(inspection) {
        let words = text!("This version runs at /{mount}.", mount = inspection.mount);
        return Ok(page.block("runs", notice(Level::Success, words)));
    }
    let package = &inspection.package;
    let history = crate::orders::known(packages::history(&package.id))?.unwrap_or_default();
    Ok(match past::failed(&history, &package.digest) {
        Some(event) => page.block("failed", notice(Level::Danger, stopped(&event.reason))),
        None => page,
    })
}

fn facts_of(inspection: &Inspection) -> Content {
    let package = &inspection.package;
    let installed = inspection.installed.as_ref().filter(|_| !runs(inspection));
    let running = installed
        .map(|installed| Link::to(installed.version.clone(), RouteRef::to("inspect").param("key", &installed.digest)));
    known_facts([
        fact("Id", Cell::Code(package.id.clone())),
        fact("Version", &package.version),
        fact("Runs now", running),
        fact("Address", Cell::Code(format!("/{}", inspection.mount))),
        fact("Needs", needs(inspection)),
        fact("Comes from", source(package)),
        fact("Which one", &package.detail),
        fact("Size", size(package.size)),
        fact("Fetched", Time(package.added)),
        fact("Language", &package.language),
        fact("SHA-256", Cell::Code(package.digest.clone())),
    ])
}

/// What it needs of others, and which of it is not there.
fn needs(inspection: &Inspection) -> Vec<Badge> {
    let needs = inspection.extra.iter().filter(|(name, _)| name == NEED).map(|(_, need)| need.trim_matches('"'));
    let level = |need: &str| match inspection.missing.iter().any(|missing| missing == need) {
        true => Level::Danger,
        false => Level::Success,
    };
    needs.map(|need| badge(need.to_owned(), level(need))).collect()
}

/// What somebody who is in a hurry has to read. What is in the way the host says among its warnings.
fn warnings(page: Page, inspection: &Inspection) -> Page {
    let in_the_way = inspection.stranger_to.is_some() || !inspection.missing.is_empty();
    let level = if in_the_way { Level::Danger } else { Level::Warning };
    let mut notes: Vec<_> = inspection.warnings.iter().map(|warning| (level, warning.clone())).collect();
    if let Some(other) = inspection.replaces.as_ref().filter(|_| !runs(inspection)) {
        let mount = &inspection.mount;
        let words = text!(
            "At /{mount} runs {other}. This would take its place for everybody; one step brings the other back.",
            mount,
            other
        );
        notes.push((Level::Warning, words));
    }
    if inspection.wider {
        notes.push((Level::Warning, "It asks for more than the version that runs.".into()));
    }
    notes
        .into_iter()
        .enumerate()
        .fold(page, |page, (index, (level, words))| page.block(format!("warning-{}", index + 1), notice(level, words)))
}

fn discarding(inspection: &Inspection) -> Section {
    let package = &inspection.package;
    let discard = Action::new("Discard it", "discard").param("key", &package.digest).danger();
    // Before one goes that was in use, the host asks.
    let discard = match package.used {
        0 => discard.confirm(text!("Discard {package}? What it was granted goes with it.", package = title(package))),
        _ => discard,
    };
    Section::new("discard", "Or discard it").block("discard", actions([discard]))
}

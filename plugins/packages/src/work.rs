//! `/work/JOB`: something that was ordered, as the host carries it out. Where it is done, the page leads on to what came of
//! it; where it failed, every problem stands here with what to change.

use vestry_sdk::block::job;
use vestry_sdk::packages::{self, Work};
use vestry_sdk::prelude::*;

use crate::failing::stopped;
use crate::orders::{self, Order};
use crate::words::is_under_way;

/// How often an open page asks whether it is done, in seconds.
const EVERY: u32 = 1;

pub fn show(request: &Request) -> Result<Response> {
    let id = request.param("key");
    let (work, order) = (packages::outcome(id)?, orders::of(id)?);
    Ok(match (work.state.as_str(), order) {
        ("done", order) => led_on(&work, order).into(),
        (_, order) => page(id, &work, order).into(),
    })
}

/// One that failed is off the home page; nothing else changes.
pub fn forget(request: &Request) -> Result<Redirect> {
    orders::forget(request.param("key"))?;
    Ok(Redirect::to("home"))
}

/// Asks for the page anew once it has ended.
pub fn next(request: &Request, cursor: &str) -> Result<Batch> {
    let state = packages::outcome(request.param("key"))?.state;
    let batch = Batch::at(&state);
    Ok(if state == cursor || is_under_way(&state) { batch } else { batch.with(Update::reload()) })
}

/// Where who ordered it wants to go.
fn led_on(work: &Work, order: Option<Order>) -> Redirect {
    match (work.kind.as_str(), &work.digest, &work.plugin) {
        ("fetch", Some(digest), _) => Redirect::to(RouteRef::to("inspect").param("key", digest)),
        ("place", _, Some(id)) => {
            Redirect::to(RouteRef::to("plugin").param("key", id)).done("It is in place. Everybody is served by it now.")
        }
        ("place", ..) => {
            let done = match order {
                Some(Order::Place(packages)) => text!("In place: {packages}.", packages),
                _ => "All of them are in place.".into(),
            };
            Redirect::to("home").done(done)
        }
        _ => Redirect::to("home").done("The sources were asked."),
    }
}

fn page(id: &str, work: &Work, order: Option<Order>) -> Page {
    let page = Page::new(title(work)).action(Action::new("Package Management", "home"));
    let page = match &order {
        Some(order) => page.lead(order.words()),
        None => page,
    };
    if is_under_way(&work.state) {
        let note = "You can close this page: the server goes on, and Package Management shows how far it is.";
        let look = Action::new("Look again", "work").param("key", id);
        let page = page.action(look).block("job", job(id)).block("note", prose(note));
        return page.follow(Vec::<String>::new(), &work.state, EVERY);
    }
    // What the job says last is the first of its problems.
    let page = if work.problems.is_empty() { page.block("job", job(id)) } else { page };
    let page = work.problems.iter().enumerate().fold(page, |page, (index, problem)| {
        page.block(format!("problem-{}", index + 1), notice(Level::Danger, stopped(&problem.plain())))
    });
    page.block("again", actions(order.as_ref().and_then(Order::again)))
}

fn title(work: &Work) -> Text {
    match (work.kind.as_str(), is_under_way(&work.state)) {
        ("fetch", true) => "Fetching and looking at it".into(),
        ("fetch", false) => "It could not be fetched".into(),
        ("place", true) => "Putting it in place".into(),
        ("place", false) => "Nothing was changed".into(),
        ("check", true) => "Asking the sources".into(),
        ("check", false) => "The sources could not be asked".into(),
        _ => "Work".into(),
    }
}

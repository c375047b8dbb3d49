//! Asking sources what is newer, and fetching it: one package to look at, or several to a plan.

use vestry_sdk::packages::{self, Source};
use vestry_sdk::prelude::*;

use crate::failing::{NOWHERE, said_at};
use crate::home;
use crate::orders::Order;

/// `key`: ids of plugins; all for none.
pub fn check(request: &Request) -> Result<Response> {
    let ids: Vec<_> = request.form_all("key").map(str::to_owned).collect();
    let ordered = said_at(NOWHERE, packages::check(&ids)).and_then(|job| Order::Check.remember(&job));
    ordered.or_invalid(home::page)
}

/// `key`: ids of plugins, each of which has something newer.
pub fn fetch(request: &Request) -> Result<Response> {
    ordered(request).or_invalid(home::page)
}

fn ordered(request: &Request) -> Result<Redirect> {
    let (mut jobs, mut last) = (vec![], None);
    for id in request.form_all("key") {
        let job = said_at(NOWHERE, packages::fetch(&Source::Shipped(id.to_owned()), None))?;
        last = Some(Order::Newest(id.to_owned()).remember(&job)?);
        jobs.push(job);
    }
    match (last, &jobs[..]) {
        (None, _) => Err(invalid(NOWHERE, "Nothing newer is known. Ask the sources first.")),
        (Some(page), [_]) => Ok(page),
        (Some(_), jobs) => Ok(Redirect::to(jobs.iter().fold(RouteRef::to("plan"), |plan, job| plan.query("job", job)))),
    }
}

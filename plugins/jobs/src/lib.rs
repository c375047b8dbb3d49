//! Jobs: what works in the background for every plugin - find a job, see what it does and why it failed, cancel it, try
//! it again.
//!
//! It holds no data: everything is asked of the host, which checks each call against what the person may do. Pages ask
//! again every two seconds while they are open, and are changed only where something changed.
//!
//! Deliberately not here: jobs for the plugins themselves to show, which they do with the block `job`; and schedules,
//! which belong to a plugin's registration.

mod job;
mod list;
mod shared;

use vestry_sdk::prelude::*;

vestry_sdk::plugin!(plugin, live);

fn plugin() -> Plugin {
    Plugin::new("org.vestry.jobs", "Jobs")
        .summary("See what works in the background, cancel it, try it again.")
        .mount("jobs")
        .route(get("list", "/").needs("jobs.read").summary("See what works in the background").to(list::list))
        .route(get("job", "/{key}").needs("jobs.read").to(job::job))
        .route(post("cancel", "/{key}/cancel").needs("jobs.manage").to(job::cancel))
        .route(post("retry", "/{key}/retry").needs("jobs.manage").to(job::retry))
        .live("list", list::next)
        .live("job", job::next)
        .menu("Jobs", "list", "clock")
}

//! Which function answers what the host calls; `plugin!` exports these.
//!
//! Plugin and arguments are not dropped: the instance ends with the answer.

use std::mem::ManuallyDrop;

use crate::background::{Outcome, Task};
use crate::exchange::{Request, Response};
use crate::failure::Result;
use crate::live::Batch;
use crate::plugin::{Plugin, named};
use crate::streaming::Chunk;
use crate::types::{Failure, Json};

/// The plugin, where it exports just what it has functions for.
///
/// # Panics
/// Where it does not: the host then shows the reason and does not install it.
#[doc(hidden)]
pub fn exporting(plugin: Plugin, exports: &[&str]) -> Plugin {
    let has = [
        ("background", !plugin.jobs.is_empty()),
        ("live", !plugin.live.is_empty()),
        ("streaming", !plugin.streams.is_empty()),
        ("migration", plugin.migrate.is_some()),
    ];
    for (name, has) in has {
        assert!(has == exports.contains(&name), "{name}: what plugin!() exports is not what the plugin has");
    }
    plugin
}

/// What `feature.handle` answers.
///
/// # Errors
/// That of the route's function; `not-found` for a route that was never registered, which the host does not ask for.
#[doc(hidden)]
pub fn answer(plugin: Plugin, request: Request) -> Result<Response> {
    let (plugin, request) = (ManuallyDrop::new(plugin), ManuallyDrop::new(request));
    let route = plugin.routes.iter().find(|route| route.name() == request.route);
    route.map_or_else(|| Err(Failure::not_found(request.route.as_str())), |route| route.answer(&request))
}

/// What `background.run` answers.
///
/// # Errors
/// That of the job's function; `not-found` for a name that has none.
#[doc(hidden)]
pub fn run(plugin: Plugin, task: Task) -> Result<Json> {
    let (plugin, task) = (ManuallyDrop::new(plugin), ManuallyDrop::new(task));
    named(&plugin.jobs, &task.name)?(&task).map(|Outcome(json)| json)
}

/// What `live.next` answers.
///
/// # Errors
/// That of the function for the page's route; `not-found` for a route that has none.
#[doc(hidden)]
pub fn next_batch(plugin: Plugin, request: Request, cursor: String) -> Result<Batch> {
    let (plugin, request, cursor) = (ManuallyDrop::new(plugin), ManuallyDrop::new(request), ManuallyDrop::new(cursor));
    named(&plugin.live, &request.route)?(&request, &cursor)
}

/// What `streaming.next` answers.
///
/// # Errors
/// That of the stream's function; `not-found` for a name that has none.
#[doc(hidden)]
pub fn next_chunk(plugin: Plugin, request: Request, name: String, cursor: Option<String>) -> Result<Chunk> {
    let (plugin, request, cursor) = (ManuallyDrop::new(plugin), ManuallyDrop::new(request), ManuallyDrop::new(cursor));
    named(&plugin.streams, &name)?(&request, cursor.as_deref())
}

/// What `migration.migrate` answers.
///
/// # Errors
/// That of the plugin's function; `internal` where it has none.
#[doc(hidden)]
pub fn migrate(plugin: Plugin, older: u32) -> Result<()> {
    let plugin = ManuallyDrop::new(plugin);
    match &plugin.migrate {
        Some(migrate) => migrate.function()(older),
        None => Err(Failure::internal("there is nothing that migrates")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::sample;
    use crate::route::{get, post};
    use crate::ui::Page;

    fn plugin() -> Plugin {
        Plugin::new("org.example.notes", "Notes")
            .route(get("home", "/").for_signed_in().to(|_| Ok(Page::new("Home"))))
            .route(post("save", "/").needs_own("write").to(|_| Err::<Page, _>(Failure::conflict("x"))))
            .job("count", |task| Ok(task.attempt))
            .live("home", |request, cursor| Ok(Batch::at([request.route.as_str(), cursor].concat())))
            .stream("all", |_, cursor| Ok(Chunk::last(cursor.unwrap_or("start").into())))
            .migrate(|older| if older == 1 { Ok(()) } else { Err(Failure::internal("too old")) })
    }

    fn task(name: &str) -> Task {
        Task {
            id: "j1".to_owned(),
            name: name.to_owned(),
            input: "{}".to_owned(),
            attempt: 2,
            actor: None,
            extra: vec![],
        }
    }

    #[test]
    fn a_request_goes_to_the_function_of_its_route() {
        assert_eq!(answer(plugin(), sample(&[], &[])), Ok(Response::Page(Page::new("Home"))));
        let save = Request { route: "save".to_owned(), ..sample(&[], &[]) };
        assert_eq!(answer(plugin(), save), Err(Failure::Conflict("x".to_owned())));
        let unknown = Request { route: "none".to_owned(), ..sample(&[], &[]) };
        assert_eq!(answer(plugin(), unknown), Err(Failure::NotFound("none".to_owned())));
    }

    #[test]
    fn jobs_pages_streams_and_migrations_go_to_theirs() {
        let none = || "none".to_owned();
        assert_eq!(run(plugin(), task("count")), Ok("2".to_owned()));
        assert_eq!(run(plugin(), task("none")), Err(Failure::NotFound(none())));
        assert_eq!(next_batch(plugin(), sample(&[], &[]), "7".to_owned()), Ok(Batch::at("home7")));
        let unfollowed = Request { route: none(), ..sample(&[], &[]) };
        assert_eq!(next_batch(plugin(), unfollowed, none()), Err(Failure::NotFound(none())));
        let chunk = |name: &str, cursor| next_chunk(plugin(), sample(&[], &[]), name.to_owned(), cursor);
        assert_eq!(chunk("all", None), Ok(Chunk::last(b"start".into())));
        assert_eq!(chunk("all", Some("7".to_owned())), Ok(Chunk::last(b"7".into())));
        assert_eq!(chunk("none", None), Err(Failure::NotFound(none())));
        assert_eq!((migrate(plugin(), 1), migrate(plugin(), 0).is_err()), (Ok(()), true));
        assert!(migrate(Plugin::new("org.example.notes", "Notes"), 1).is_err());
    }

    #[test]
    fn exports_agree_with_functions() {
        exporting(plugin(), &["migration", "streaming", "live", "background"]);
        exporting(Plugin::new("org.example.notes", "Notes"), &[]);
    }

    #[test]
    #[should_panic(expected = "live: what plugin!() exports")]
    fn functions_that_are_not_exported_are_noticed() {
        exporting(plugin(), &["background", "streaming", "migration"]);
    }

    #[test]
    #[should_panic(expected = "migration: what plugin!() exports")]
    fn exports_without_functions_are_noticed() {
        exporting(Plugin::new("org.example.notes", "Notes"), &["migration"]);
    }
}

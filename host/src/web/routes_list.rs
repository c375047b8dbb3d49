//! `GET /routes`: every route of every mounted plugin, for who looks after the server and for tests that walk them.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use vestry_contract::registration::{Access, Verb};

use crate::web::problem::Problem;
use crate::web::visit::Visit;

#[derive(Serialize)]
struct Entry {
    verb: &'static str,
    path: String,
    plugin: String,
    name: String,
    access: String,
}

pub async fn list(visit: Visit) -> Response {
    match visit.caller() {
        None => return Problem::unauthenticated().to_response(&visit),
        Some(caller) if !caller.permissions.holds_name("server.manage") => {
            return Problem::needs("server.manage").to_response(&visit);
        }
        Some(_) => {}
    }
    let snapshot = visit.app().registry().snapshot();
    let entries: Vec<Entry> = snapshot
        .plugins()
        .flat_map(|plugin| {
            plugin.info.routes.iter().map(|route| Entry {
                verb: verb(route.verb),
                path: plugin.path_of(route),
                plugin: plugin.subject.id.clone(),
                name: route.name.clone(),
                access: match &route.access {
                    Access::Everyone => "everyone".into(),
                    Access::SignedIn => "signed in".into(),
                    Access::Permission(name) => name.clone(),
                },
            })
        })
        .collect();
    Json(entries).into_response()
}

fn verb(verb: Verb) -> &'static str {
    match verb {
        Verb::Get => "GET",
        Verb::Post => "POST",
        Verb::Put => "PUT",
        Verb::Patch => "PATCH",
        Verb::Delete => "DELETE",
    }
}

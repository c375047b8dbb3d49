//! `contribution:ID`: a page of another plugin in place, as this reader may see it.
//!
//! The contributing plugin is asked as if its page had been opened, with the reader's rights, its own limits and its own
//! permits. The plugin whose page this is learns nothing of the answer, not even whether there was one. A failure is a
//! notice that names who failed; the rest of the page stands.

use std::sync::Arc;

use vestry_contract::exchange::Response;
use vestry_contract::registration::Verb;
use vestry_contract::ui::Page;
use vestry_phrases::words;
use vestry_screen::{Html, ScreenError};

use crate::registry::plugin::{Plugin, may_use};
use crate::web::app::App;
use crate::web::asking::{Asking, NoAnswer};
use crate::web::body::Incoming;
use crate::web::dispatch::{self, Matching, Stop};
use crate::web::panels::{Panels, notice};
use crate::web::place::PluginPlace;
use crate::web::problem::Problem;
use crate::web::visit::Visit;

/// None where there is no such entry, or not for this reader. Nobody who is not signed in is shown any: none is listed to
/// them either.
pub async fn draw(asking: &Asking, block: &str, id: &str) -> Option<Html> {
    let caller = asking.visit.caller()?;
    let (plugin, contribution) = asking.matching.snapshot.contribution(id)?;
    let route = plugin.route_named(&contribution.route)?;
    if !may_use(&route.access, Some(caller), false) {
        return None;
    }
    let path = plugin.path_of(route);
    let visit = asking.visit.at(&path, &[]);
    let matching = match dispatch::find(&asking.app, &visit, Verb::Get, &path) {
        Ok(matching) => Arc::new(matching),
        Err(Stop::SignIn) => return None,
        Err(Stop::Problem(problem)) => return failed(&visit, plugin, &problem),
    };
    match page(&asking.app, &visit, &matching).await {
        Ok(page) => match shown(&visit, &matching, &page, block) {
            Ok(html) => Some(html),
            Err(error) => failed(&visit, plugin, &cannot_be_drawn(&error, &asking.app, &matching.plugin)),
        },
        Err(problem) => failed(&visit, plugin, &problem),
    }
}

/// Asks the contributing plugin for its page.
async fn page(app: &App, visit: &Visit, matching: &Arc<Matching>) -> Result<Page, Problem> {
    let asking = Asking::new(app, visit, Arc::clone(matching), Incoming::default(), None)?;
    let outcome = asking.handle(Vec::new()).await.map_err(|reason| dispatch::no_answer(&asking, reason))?;
    match outcome.answer {
        Ok(Response::Page(page) | Response::Invalid(page)) => Ok(page),
        Ok(_) => {
            let detail = words!("It answers with something that is no page.");
            Err(Problem::wrong_answer(detail, &asking.matching.plugin.subject))
        }
        Err(failure) => Err(dispatch::no_answer(&asking, NoAnswer::Failure(failure))),
    }
}

fn shown(visit: &Visit, matching: &Matching, page: &Page, block: &str) -> Result<Html, ScreenError> {
    let place = PluginPlace {
        visit,
        snapshot: &matching.snapshot,
        plugin: &matching.plugin,
        asked: &matching.route,
        query: &[],
        public: matching.public,
        stream: None,
        panels: Panels::nested(visit),
        data: false,
    };
    let title = visit.text(&matching.plugin.subject.id, &matching.plugin.info.title).into_owned();
    visit.screens().part(&visit.frame(), page, &place, &title, block)
}

fn cannot_be_drawn(error: &ScreenError, app: &App, plugin: &Plugin) -> Problem {
    match error {
        ScreenError::Invalid { .. } => {
            Problem::cannot_be_shown(&error.to_string(), &plugin.subject).without_secrets(&app.services().secrets)
        }
        ScreenError::Template { .. } => Problem::internal(error),
    }
}

fn failed(visit: &Visit, plugin: &Plugin, problem: &Problem) -> Option<Html> {
    let title = visit.text(&plugin.subject.id, &plugin.info.title);
    notice(visit, "warning", &words!("{plugin} could not be shown here.", plugin = title), Some(problem.detail()))
}

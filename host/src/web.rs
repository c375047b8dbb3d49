//! HTTP in and out.
//!
//! From the outside in: [`headers`] gives each answer its nonce and its headers, [`session`] finds out who it is,
//! [`access_log`] writes a line, [`origin`] turns away what other sites send, and then either one of the host's own
//! pages answers or [`dispatch`] finds the plugin. [`asking`] is a request on its way to it, once or, for [`download`] and
//! [`live`] pages, again and again; [`body`] takes in what came with it, [`hold`] waits while data changes shape.
//! [`answer`] turns what a plugin says into HTTP, with the [`panels`] that only the host draws, and [`problem`] what went
//! wrong. No SQL is here, and no wasmtime.

mod access_log;
mod account;
pub mod address;
mod answer;
pub mod app;
mod asking;
pub mod assets;
pub mod body;
pub mod client;
mod confirm;
mod cookies;
mod dispatch;
pub(crate) mod download;
mod drawn_by;
mod follow;
mod guarded;
mod headers;
mod health;
mod hold;
mod invitation;
mod leave;
pub mod listening;
pub mod live;
pub mod menu;
mod next;
pub mod nonce;
mod notice;
mod origin;
mod outbox;
pub mod panels;
pub mod patience;
mod place;
pub mod problem;
mod routes_list;
mod safe;
mod secrets;
mod session;
mod setup;
pub mod times;
pub mod visit;
mod visitor;
mod welcome;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;

use crate::web::app::App;
use crate::web::problem::Problem;
use crate::web::visit::Visit;

/// Everything that the server answers to. What is not one of its own pages is a plugin's.
pub fn router(app: App) -> Router {
    router_with(app, Router::new())
}

/// The same with more pages, which get the session and the checks that all pages get. For the benchmark's.
pub fn router_with(app: App, more: Router<App>) -> Router {
    host_pages()
        .merge(more)
        .fallback(dispatch::dispatch)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(app.clone(), origin::origin))
        .layer(axum::middleware::from_fn(access_log::access_log))
        .layer(from_fn_with_state(app.clone(), session::session))
        .merge(assets::Assets::load().router())
        .layer(from_fn_with_state(app.clone(), headers::headers))
        .layer(CatchPanicLayer::new())
        .with_state(app)
}

/// The host's own pages. Each one's first segment is reserved: no plugin can be mounted there.
fn host_pages() -> Router<App> {
    Router::new()
        .route("/", get(welcome::page))
        .route("/healthz", get(health::healthz))
        .route("/menu", get(menu::data))
        .route("/routes", get(routes_list::list))
        .route("/leave", get(leave::page))
        .route("/safe", get(safe::page).post(safe::act))
        .route("/setup/{token}", get(setup::page).post(setup::complete))
        .route("/account", get(account::page))
        .route("/account/sign-in", get(account::sign_in_page).post(account::sign_in))
        .route("/account/sign-out", post(account::sign_out))
        .route("/account/signed-out", get(account::signed_out))
        .route("/account/profile", post(account::change_profile))
        .route("/account/language", post(account::choose_language))
        .route("/account/password", post(account::change_password))
        .route("/account/sessions/end", post(account::end_sessions))
        .route("/account/tokens/end", post(account::end_token))
        .route("/account/forgot", get(invitation::forgot_page).post(invitation::forgot))
        .route("/account/invitation/{token}", get(invitation::invitation).post(invitation::accept_invitation))
        .route("/account/reset/{token}", get(invitation::reset).post(invitation::accept_reset))
        .route("/account/consent/{digest}", get(panels::consent::page).post(panels::consent::answer))
        .route("/account/secrets", get(secrets::page).post(secrets::set))
        .route("/account/secrets/delete", post(secrets::delete))
        .route("/account/address", post(address::ask))
        .route("/account/address/forget", post(address::forget))
        .route("/account/address/{token}", get(address::page).post(address::confirm))
        .route("/outbox", get(outbox::list))
        .route("/outbox/{id}", get(outbox::page))
        .route("/outbox/{id}/html", get(outbox::html))
        .route("/outbox/{id}/retry", post(outbox::retry))
        .route("/account/jobs/{id}/cancel", post(live::job::cancel))
        .route("/account/confirm/{token}", get(confirm::page).post(confirm::answer))
}

async fn method_not_allowed(visit: Visit) -> axum::response::Response {
    Problem::method_not_allowed().to_response(&visit)
}

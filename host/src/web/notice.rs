//! A sentence for the next page, carried there in a sealed cookie.

use axum::response::Response;
use vestry_contract::ui::Level;

use crate::web::app::App;
use crate::web::cookies;

/// How long a notice waits for its page, in seconds.
const WAITS: u64 = 60;

/// Puts a notice into an answer that leads to another page.
pub fn put(app: &App, response: &mut Response, level: Level, text: &str) {
    let sealed = app.keys().seal_notice(level, text);
    cookies::add(response, &cookies::set(cookies::NOTICE, &sealed, app.settings().is_secure(), Some(WAITS)));
}

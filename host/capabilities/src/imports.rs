//! Every host call, a few lines each: through the gate, to the capability, and what comes back is counted.
//!
//! Calls whose answer has no room for a failure answer as if nothing were there when they are refused.

use vestry_contract::types::{self, Failure};
use vestry_contract::{
    contributions, events, exchange, files, http_client, jobs, kv, links, log, mail, menu, packages, phrases, queue,
    registration, secrets, server, settings, ui, uploads, users,
};

use crate::call::Call;
use crate::table::{
    CONTRIBUTIONS_AT, EVENTS_PUBLISH, FILES_APPEND, FILES_ENTRIES, FILES_READ, FILES_REMOVE, FILES_RENAME, FILES_WRITE,
    JOBS_CANCEL, JOBS_GET, JOBS_PROGRESS, JOBS_START, KV_COMMIT, KV_GET, KV_SCAN, LINKS_ABSOLUTE, LOG_WRITE, MAIL_SEND,
    MENU_SET_BADGE, PACKAGES_CHECK, PACKAGES_DISABLE, PACKAGES_DISCARD, PACKAGES_ENABLE, PACKAGES_FETCH,
    PACKAGES_HISTORY, PACKAGES_INSPECT, PACKAGES_OUTCOME, PACKAGES_PLACE, PACKAGES_PLUGINS, PACKAGES_REFERENCES,
    PACKAGES_RETRY, PACKAGES_SET_LIMITS, PACKAGES_UNINSTALL, PACKAGES_UPGRADES, PACKAGES_WAITING, PHRASES_APPLY,
    PHRASES_COVERAGE, PHRASES_DESCRIBE, PHRASES_FIND, PHRASES_LANGUAGES, PHRASES_PUT_LANGUAGE, PHRASES_REMOVE_LANGUAGE,
    QUEUE_CANCEL, QUEUE_FIND, QUEUE_GET, QUEUE_LINES, QUEUE_RETRY, SECRETS_REVEAL, SERVER_DESCRIBE, SETTINGS_GET,
    UPLOADS_KEEP, UPLOADS_READ, USERS_FIND, USERS_FIND_COLUMNS, USERS_GET, USERS_INVITE, USERS_PRIVILEGES, USERS_RESET,
};

impl types::Host for Call {}
impl ui::Host for Call {}
impl registration::Host for Call {}
impl exchange::Host for Call {}

impl log::Host for Call {
    async fn write(&mut self, level: ui::Level, message: String, fields: Vec<(String, String)>) {
        if let Ok(pass) = self.admit(&[LOG_WRITE], &(&message, &fields)) {
            crate::log::write(self, pass, level, &message, &fields);
        }
    }
}

impl settings::Host for Call {
    async fn get(&mut self) -> String {
        match self.admit(&[SETTINGS_GET], &()) {
            Ok(pass) => self.hand_over(crate::settings::get(self, pass)).unwrap_or_else(|_| "{}".into()),
            Err(_) => "{}".into(),
        }
    }
}

impl uploads::Host for Call {
    async fn read(&mut self, index: u32, offset: u64, length: u32) -> Result<Vec<u8>, Failure> {
        let pass = self.admit(&[UPLOADS_READ], &())?;
        let piece = crate::uploads::read(self, pass, index, offset, length).await?;
        self.spend(piece.len())?;
        Ok(piece)
    }

    async fn keep(&mut self, index: u32, directory: String, path: String) -> Result<(), Failure> {
        let pass = self.admit(&[UPLOADS_KEEP], &(&directory, &path))?;
        crate::uploads::keep(self, pass, index, directory, path).await
    }
}

impl kv::Host for Call {
    async fn get(&mut self, keys: Vec<String>) -> Result<Vec<Option<kv::Entry>>, Failure> {
        let pass = self.admit(&[KV_GET], &keys)?;
        let found = crate::kv::get(self, pass, keys)?;
        self.hand_over(found)
    }

    async fn scan(&mut self, range: kv::Range) -> Result<Vec<kv::Entry>, Failure> {
        let pass = self.admit(&[KV_SCAN], &range)?;
        let found = crate::kv::scan(self, pass, &range)?;
        self.hand_over(found)
    }

    async fn commit(&mut self, checks: Vec<kv::Check>, changes: Vec<kv::Change>) -> Result<u64, Failure> {
        let pass = self.admit(&[KV_COMMIT], &(&checks, &changes))?;
        crate::kv::commit(self, pass, checks, changes).await
    }
}

impl files::Host for Call {
    async fn entries(
        &mut self,
        directory: String,
        path: String,
        cursor: Option<String>,
    ) -> Result<files::Listing, Failure> {
        let pass = self.admit(&[FILES_ENTRIES], &(&directory, &path, &cursor))?;
        let found = crate::files::entries(self, pass, directory, path, cursor).await?;
        self.hand_over(found)
    }

    async fn read(
        &mut self,
        directory: String,
        path: String,
        identity: Option<String>,
        offset: u64,
        length: u32,
    ) -> Result<files::Piece, Failure> {
        let pass = self.admit(&[FILES_READ], &(&directory, &path, &identity))?;
        let piece = crate::files::read(self, pass, directory, path, identity, offset, length).await?;
        self.spend(piece.content.len())?;
        Ok(piece)
    }

    async fn write(&mut self, directory: String, path: String, content: Vec<u8>) -> Result<(), Failure> {
        let pass = self.admit(&[FILES_WRITE], &(&directory, &path))?;
        self.spend(content.len())?;
        crate::files::write(self, pass, directory, path, content).await
    }

    async fn append(&mut self, directory: String, path: String, content: Vec<u8>) -> Result<u64, Failure> {
        let pass = self.admit(&[FILES_APPEND], &(&directory, &path))?;
        self.spend(content.len())?;
        crate::files::append(self, pass, directory, path, content).await
    }

    async fn rename(&mut self, directory: String, old: String, new: String) -> Result<(), Failure> {
        let pass = self.admit(&[FILES_RENAME], &(&directory, &old, &new))?;
        crate::files::rename(self, pass, directory, old, new).await
    }

    async fn remove(&mut self, directory: String, path: String) -> Result<(), Failure> {
        let pass = self.admit(&[FILES_REMOVE], &(&directory, &path))?;
        crate::files::remove(self, pass, directory, path).await
    }
}

impl http_client::Host for Call {
    async fn send(&mut self, request: http_client::Outgoing) -> Result<http_client::Incoming, Failure> {
        let row = crate::http_client::row(&request);
        let pass = self.admit(&[row], &(&request.url, &request.headers))?;
        self.spend(request.body.len())?;
        let answer = crate::http_client::send(self, pass, request).await?;
        self.spend(answer.body.len())?;
        Ok(answer)
    }
}

impl secrets::Host for Call {
    async fn reveal(&mut self, name: String) -> Result<String, Failure> {
        let pass = self.admit(&[SECRETS_REVEAL], &name)?;
        let value = crate::secrets::reveal(self, pass, &name)?;
        self.hand_over(value)
    }
}

impl events::Host for Call {
    async fn publish(&mut self, topic: String) {
        if let Ok(pass) = self.admit(&[EVENTS_PUBLISH], &topic) {
            crate::events::publish(self, pass, topic).await;
        }
    }
}

impl jobs::Host for Call {
    async fn start(&mut self, name: String, input: String) -> Result<String, Failure> {
        let pass = self.admit(&[JOBS_START], &(&name, &input))?;
        crate::jobs::start(self, pass, name, input).await
    }

    async fn get(&mut self, id: String) -> Result<jobs::Job, Failure> {
        let pass = self.admit(&[JOBS_GET], &id)?;
        let job = crate::jobs::get(self, pass, &id)?;
        self.hand_over(job)
    }

    async fn cancel(&mut self, id: String) -> Result<(), Failure> {
        let pass = self.admit(&[JOBS_CANCEL], &id)?;
        crate::jobs::cancel(self, pass, id).await
    }

    async fn progress(&mut self, percent: u8, message: types::Text) -> Result<(), Failure> {
        let pass = self.admit(&[JOBS_PROGRESS], &message)?;
        crate::jobs::progress(self, pass, percent, &message).await
    }
}

impl mail::Host for Call {
    async fn send(
        &mut self,
        message: String,
        to: mail::Recipient,
        values: Vec<(String, String)>,
        open: Option<ui::RouteRef>,
    ) -> Result<(), Failure> {
        let pass = self.admit(&[MAIL_SEND], &(&message, &values, &open))?;
        crate::mail::send(self, pass, message, to, values, open).await
    }
}

impl queue::Host for Call {
    async fn find(&mut self, query: queue::Query) -> Result<queue::Found, Failure> {
        let pass = self.admit(&[QUEUE_FIND], &query)?;
        let found = crate::queue::find(self, pass, &query)?;
        self.hand_over(found)
    }

    async fn get(&mut self, id: String) -> Result<queue::Job, Failure> {
        let pass = self.admit(&[QUEUE_GET], &id)?;
        let job = crate::queue::get(self, pass, &id)?;
        self.hand_over(job)
    }

    async fn lines(&mut self, id: String, after: u64) -> Result<Vec<queue::Line>, Failure> {
        let pass = self.admit(&[QUEUE_LINES], &id)?;
        let lines = crate::queue::lines(self, pass, &id, after)?;
        self.hand_over(lines)
    }

    async fn cancel(&mut self, id: String) -> Result<(), Failure> {
        let pass = self.admit(&[QUEUE_CANCEL], &id)?;
        crate::queue::cancel(self, pass, id).await
    }

    async fn retry(&mut self, id: String) -> Result<(), Failure> {
        let pass = self.admit(&[QUEUE_RETRY], &id)?;
        crate::queue::retry(self, pass, id).await
    }
}

impl contributions::Host for Call {
    async fn at(&mut self, point: String) -> Vec<contributions::Entry> {
        match self.admit(&[CONTRIBUTIONS_AT], &point) {
            Ok(pass) => self.hand_over(crate::contributions::at(self, pass, &point)).unwrap_or_default(),
            Err(_) => Vec::new(),
        }
    }
}

impl menu::Host for Call {
    async fn set_badge(&mut self, route: String, badge: Option<ui::Badge>) {
        if let Ok(pass) = self.admit(&[MENU_SET_BADGE], &(&route, &badge)) {
            crate::menu::set_badge(self, pass, &route, badge).await;
        }
    }
}

impl links::Host for Call {
    async fn absolute(&mut self, route: ui::RouteRef) -> String {
        match self.admit(&[LINKS_ABSOLUTE], &route) {
            Ok(pass) => self.hand_over(crate::links::absolute(self, pass, &route)).unwrap_or_default(),
            Err(_) => String::new(),
        }
    }
}

impl users::Host for Call {
    async fn find(&mut self, query: users::Query) -> Result<users::Found, Failure> {
        let pass = self.admit(&[USERS_FIND], &query)?;
        let found = crate::users::find(self, pass, query)?;
        self.hand_over(found)
    }

    async fn find_columns(&mut self, query: users::Query) -> Result<users::FoundColumns, Failure> {
        let pass = self.admit(&[USERS_FIND_COLUMNS], &query)?;
        let found = crate::users::find_columns(self, pass, query)?;
        self.hand_over(found)
    }

    async fn get(&mut self, ids: Vec<String>) -> Result<Vec<Option<users::User>>, Failure> {
        let pass = self.admit(&[USERS_GET], &ids)?;
        let found = crate::users::get(self, pass, &ids)?;
        self.hand_over(found)
    }

    async fn privileges(&mut self) -> Result<Vec<users::Privilege>, Failure> {
        let pass = self.admit(&[USERS_PRIVILEGES], &())?;
        let found = crate::users::privileges(self, pass)?;
        self.hand_over(found)
    }

    async fn apply(&mut self, changes: Vec<users::Change>, mode: users::Mode) -> Result<users::Outcome, Failure> {
        let rows = crate::users::rows(&changes, mode);
        let pass = self.admit(&rows, &changes)?;
        let outcome = crate::users::apply(self, pass, &rows, changes, mode).await?;
        self.settle().await?;
        self.hand_over(outcome)
    }

    async fn apply_found(
        &mut self,
        query: users::Query,
        change: users::BulkChange,
        mode: users::Mode,
    ) -> Result<users::Outcome, Failure> {
        let rows = [crate::users::bulk_row(&change, mode)];
        let pass = self.admit(&rows, &(&query, &change))?;
        let outcome = crate::users::apply_found(self, pass, &rows, query, change, mode).await?;
        self.settle().await?;
        self.hand_over(outcome)
    }

    async fn invite(&mut self, email: String, name: String, privileges: Vec<String>) -> Result<String, Failure> {
        let pass = self.admit(&[USERS_INVITE], &(&email, &name, &privileges))?;
        let ticket = crate::invitations::invite(self, pass, email, name, privileges).await?;
        self.hand_over(ticket)
    }

    async fn reset_password(&mut self, id: String) -> Result<String, Failure> {
        let pass = self.admit(&[USERS_RESET], &id)?;
        let ticket = crate::invitations::reset_password(self, pass, id).await?;
        self.hand_over(ticket)
    }
}

impl packages::Host for Call {
    async fn plugins(&mut self) -> Result<Vec<packages::Plugin>, Failure> {
        let pass = self.admit(&[PACKAGES_PLUGINS], &())?;
        let found = crate::packages::plugins(self, pass)?;
        self.hand_over(found)
    }

    async fn waiting(&mut self) -> Result<Vec<packages::Package>, Failure> {
        let pass = self.admit(&[PACKAGES_WAITING], &())?;
        let found = crate::packages::waiting(self, pass)?;
        self.hand_over(found)
    }

    async fn history(&mut self, id: String) -> Result<Vec<packages::Event>, Failure> {
        let pass = self.admit(&[PACKAGES_HISTORY], &id)?;
        let found = crate::packages::history(self, pass, &id)?;
        self.hand_over(found)
    }

    async fn inspect(&mut self, digest: String) -> Result<packages::Inspection, Failure> {
        let pass = self.admit(&[PACKAGES_INSPECT], &digest)?;
        let found = crate::packages::inspect(self, pass, &digest)?;
        self.hand_over(found)
    }

    async fn outcome(&mut self, job: String) -> Result<packages::Work, Failure> {
        let pass = self.admit(&[PACKAGES_OUTCOME], &job)?;
        let work = crate::packages::outcome(self, pass, &job)?;
        self.hand_over(work)
    }

    async fn upgrades(&mut self) -> Result<Vec<packages::Upgrade>, Failure> {
        let pass = self.admit(&[PACKAGES_UPGRADES], &())?;
        let found = crate::packages::upgrades(self, pass)?;
        self.hand_over(found)
    }

    async fn references(
        &mut self,
        source: packages::Source,
        access: Option<packages::Access>,
    ) -> Result<Vec<packages::Reference>, Failure> {
        let pass = self.admit(&[PACKAGES_REFERENCES], &(&source, &access))?;
        let found = crate::packages::references(self, pass, source, access).await?;
        self.hand_over(found)
    }

    async fn fetch(&mut self, source: packages::Source, access: Option<packages::Access>) -> Result<String, Failure> {
        let pass = self.admit(&[PACKAGES_FETCH], &(&source, &access))?;
        crate::packages::fetch(self, pass, source, access).await
    }

    async fn check(&mut self, ids: Vec<String>) -> Result<String, Failure> {
        let pass = self.admit(&[PACKAGES_CHECK], &ids)?;
        crate::packages::check(self, pass, ids).await
    }

    async fn place(&mut self, placings: Vec<packages::Placing>) -> Result<String, Failure> {
        let pass = self.admit(&[PACKAGES_PLACE], &placings)?;
        crate::packages::place(self, pass, placings).await
    }

    async fn set_enabled(&mut self, id: String, enabled: bool) -> Result<(), Failure> {
        let row = if enabled { PACKAGES_ENABLE } else { PACKAGES_DISABLE };
        let pass = self.admit(&[row], &id)?;
        crate::packages::set_enabled(self, pass, id, enabled).await
    }

    async fn retry(&mut self, id: String) -> Result<(), Failure> {
        let pass = self.admit(&[PACKAGES_RETRY], &id)?;
        crate::packages::retry(self, pass, id).await
    }

    async fn set_limits(&mut self, id: String, limits: Vec<(String, Option<u64>)>) -> Result<(), Failure> {
        let pass = self.admit(&[PACKAGES_SET_LIMITS], &(&id, &limits))?;
        crate::packages::set_limits(self, pass, id, limits).await
    }

    async fn uninstall(&mut self, id: String, data: bool) -> Result<(), Failure> {
        let pass = self.admit(&[PACKAGES_UNINSTALL], &id)?;
        crate::packages::uninstall(self, pass, id, data).await
    }

    async fn discard(&mut self, digest: String) -> Result<(), Failure> {
        let pass = self.admit(&[PACKAGES_DISCARD], &digest)?;
        crate::packages::discard(self, pass, digest).await
    }
}

impl server::Host for Call {
    async fn describe(&mut self) -> Result<server::Overview, Failure> {
        let pass = self.admit(&[SERVER_DESCRIBE], &())?;
        let overview = crate::server::describe(self, pass).await?;
        self.hand_over(overview)
    }
}

impl phrases::Host for Call {
    async fn languages(&mut self) -> Result<Vec<phrases::Language>, Failure> {
        let pass = self.admit(&[PHRASES_LANGUAGES], &())?;
        let languages = crate::phrases::languages(self, pass)?;
        self.hand_over(languages)
    }

    async fn describe(&mut self, tag: String) -> Result<phrases::Language, Failure> {
        let pass = self.admit(&[PHRASES_DESCRIBE], &tag)?;
        let language = crate::phrases::describe(self, pass, &tag)?;
        self.hand_over(language)
    }

    async fn coverage(&mut self, language: String) -> Result<Vec<phrases::Covered>, Failure> {
        let pass = self.admit(&[PHRASES_COVERAGE], &language)?;
        let coverage = crate::phrases::coverage(self, pass, &language)?;
        self.hand_over(coverage)
    }

    async fn find(&mut self, query: phrases::Query) -> Result<phrases::Found, Failure> {
        let pass = self.admit(&[PHRASES_FIND], &query)?;
        let found = crate::phrases::find(self, pass, query)?;
        self.hand_over(found)
    }

    async fn put_language(&mut self, tag: String, offered: bool) -> Result<(), Failure> {
        let pass = self.admit(&[PHRASES_PUT_LANGUAGE], &(&tag, offered))?;
        crate::phrases::put_language(self, pass, &tag, offered).await
    }

    async fn remove_language(&mut self, tag: String) -> Result<(), Failure> {
        let pass = self.admit(&[PHRASES_REMOVE_LANGUAGE], &tag)?;
        crate::phrases::remove_language(self, pass, &tag).await
    }

    async fn apply(&mut self, language: String, changes: Vec<phrases::Change>) -> Result<phrases::Outcome, Failure> {
        let pass = self.admit(&[PHRASES_APPLY], &(&language, &changes))?;
        let outcome = crate::phrases::apply(self, pass, &language, changes).await?;
        self.hand_over(outcome)
    }
}

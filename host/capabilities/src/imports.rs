//! Every host call, a few lines each: through the gate, to the capability, and what comes back is counted.
//!
//! Calls whose answer has no room for a failure answer as if nothing were there when they are refused.

use vestry_contract::types::{self, Failure};
use vestry_contract::{contributions, exchange, kv, links, log, menu, registration, settings, ui, uploads, users};

use crate::call::Call;
use crate::table::{
    CONTRIBUTIONS_AT, KV_COMMIT, KV_GET, KV_SCAN, LINKS_ABSOLUTE, LOG_WRITE, MENU_SET_BADGE, SETTINGS_GET,
    UPLOADS_READ, USERS_FIND, USERS_FIND_COLUMNS, USERS_GET, USERS_PRIVILEGES,
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
        let piece = crate::uploads::read(self, pass, index, offset, length)?;
        self.spend(piece.len())?;
        Ok(piece)
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
        crate::kv::commit(self, pass, checks, changes)
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
            crate::menu::set_badge(self, pass, &route, badge);
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
        self.hand_over(outcome)
    }
}

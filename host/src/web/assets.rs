//! Styles, scripts and icons: inside the program, under names that change with their content.

use std::collections::BTreeMap;

use axum::Router;
use memory_serve::{CacheControl, MemoryServe};

use crate::web::app::App;

/// The front-end assets.
pub struct Assets {
    files: MemoryServe,
}

impl std::fmt::Debug for Assets {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Assets")
    }
}

impl Assets {
    #[must_use]
    pub fn load() -> Self {
        #[allow(unused_qualifications)]
        let files =
            memory_serve::load!().index_file(None).cache_control(CacheControl::NoCache).enable_hashed_routes(true);
        Self { files }
    }

    /// Addresses by file name: `vestry.css` to `/assets/vestry.1f3a.css`.
    #[must_use]
    pub fn names(&self) -> BTreeMap<String, String> {
        self.files
            .manifest()
            .iter()
            .map(|(plain, hashed)| (plain.trim_start_matches('/').to_owned(), format!("/assets{hashed}")))
            .collect()
    }

    /// Serves them under `/assets`.
    pub fn router(self) -> Router<App> {
        Router::new().nest("/assets", self.files.into_router())
    }
}

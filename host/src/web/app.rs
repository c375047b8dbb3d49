//! What the web layer works with. One for each process; cheap to clone.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use vestry_capabilities::Services;
use vestry_identity::Identity;
use vestry_sandbox::Sandbox;
use vestry_screen::Screens;
use vestry_storage::Database;

use crate::installer::snapshot;
use crate::installer::store::Store;
use crate::keys::Keys;
use crate::registry::Registry;
use crate::settings::Settings;
use crate::web::menu::MenuCache;

/// The server.
#[derive(Debug, Clone)]
pub struct App(Arc<Parts>);

/// What an [`App`] is put together from.
#[derive(Debug)]
pub struct Parts {
    pub data: PathBuf,
    pub settings: Settings,
    pub keys: Keys,
    pub services: Services,
    pub sandbox: Arc<Sandbox>,
    pub registry: Arc<Registry>,
    pub store: Store,
    pub screens: Screens,
    pub menus: MenuCache,
    /// One snapshot is made at a time.
    pub reloading: tokio::sync::Mutex<()>,
}

impl App {
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    #[must_use]
    pub fn data(&self) -> &Path {
        &self.0.data
    }

    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.0.keys
    }

    #[must_use]
    pub fn services(&self) -> &Services {
        &self.0.services
    }

    #[must_use]
    pub fn database(&self) -> &Database {
        &self.0.services.database
    }

    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.0.services.identity
    }

    #[must_use]
    pub fn sandbox(&self) -> &Sandbox {
        &self.0.sandbox
    }

    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.0.registry
    }

    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// Makes the registry serve what the database says now. Requests under way keep what they have.
    pub async fn reload(&self) {
        let _turn = self.0.reloading.lock().await;
        let before = self.registry().snapshot();
        match snapshot::make(self.database(), self.store(), self.sandbox(), self.settings(), &before).await {
            Ok(snapshot) => self.registry().swap(snapshot),
            Err(error) => tracing::error!(%error, "what is mounted cannot be read; it stays as it was"),
        }
    }

    #[must_use]
    pub fn screens(&self) -> &Screens {
        &self.0.screens
    }

    #[must_use]
    pub fn menus(&self) -> &MenuCache {
        &self.0.menus
    }
}

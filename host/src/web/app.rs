//! What the web layer works with. One for each process; cheap to clone.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use vestry_capabilities::Services;
use vestry_events::Event;
use vestry_identity::Identity;
use vestry_sandbox::Sandbox;
use vestry_screen::Screens;
use vestry_storage::Database;

use crate::installer::store::Store;
use crate::installer::{Installer, snapshot};
use crate::keys::Keys;
use crate::postman::Post;
use crate::registry::Registry;
use crate::settings::Settings;
use crate::web::body::Room;
use crate::web::download::Downloads;
use crate::web::live::Followers;
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
    pub screens: Arc<Screens>,
    pub menus: MenuCache,
    /// Memory for what is sent to the server.
    pub bodies: Room,
    /// What is being fetched.
    pub downloads: Downloads,
    /// Who follows pages.
    pub followers: Followers,
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

    /// What packages are installed with.
    #[must_use]
    pub fn installer(&self) -> Installer<'_> {
        let Parts { store, sandbox, services, settings, .. } = &*self.0;
        Installer { store, sandbox, services, settings }
    }

    /// Makes the registry serve what the database says now. Requests under way keep what they have; pages that are
    /// followed are told.
    pub async fn reload(&self) {
        let _turn = self.0.reloading.lock().await;
        self.make_snapshot().await;
    }

    /// The same, where anything has changed that this process has not seen yet; costs microseconds where nothing has.
    pub async fn catch_up(&self) {
        let behind = || self.registry().snapshot().generation < self.database().generation();
        if let Err(error) = self.database().poll_generation() {
            tracing::error!(%error, "other processes' changes cannot be looked for");
        }
        if behind() {
            let _turn = self.0.reloading.lock().await;
            // Somebody else may have done it meanwhile.
            if behind() {
                self.make_snapshot().await;
            }
        }
    }

    async fn make_snapshot(&self) {
        let before = self.registry().snapshot();
        match snapshot::make(self.database(), self.store(), self.sandbox(), self.settings(), &before).await {
            Ok(snapshot) => {
                self.registry().swap(snapshot);
                self.services().events.publish(&Event::Authority);
            }
            Err(error) => tracing::error!(%error, "what is mounted cannot be read; it stays as it was"),
        }
    }

    /// What the worker of this process works with. `origin`: where links start where no public URL is set.
    #[must_use]
    pub fn worker_parts(&self, origin: String) -> crate::worker::Parts {
        crate::worker::Parts {
            data: self.0.data.clone(),
            services: self.0.services.clone(),
            sandbox: Arc::clone(&self.0.sandbox),
            registry: Arc::clone(&self.0.registry),
            origin: self.settings().public_url.as_ref().map_or(origin, |url| url.origin().ascii_serialization()),
        }
    }

    /// What mails are drawn and delivered with.
    #[must_use]
    pub fn post(&self) -> Post {
        Post {
            services: self.0.services.clone(),
            screens: Arc::clone(&self.0.screens),
            settings: self.settings().mail.clone(),
            product: self.settings().product.clone(),
            outbox: vestry_mail::Directory::new(self.data().join("outbox")),
        }
    }

    #[must_use]
    pub fn bodies(&self) -> &Room {
        &self.0.bodies
    }

    #[must_use]
    pub fn downloads(&self) -> &Downloads {
        &self.0.downloads
    }

    /// Where files are that are sent to the server, as long as nobody has kept them.
    #[must_use]
    pub fn uploads(&self) -> PathBuf {
        self.data().join("uploads")
    }

    #[must_use]
    pub fn screens(&self) -> &Screens {
        &self.0.screens
    }

    #[must_use]
    pub fn menus(&self) -> &MenuCache {
        &self.0.menus
    }

    #[must_use]
    pub fn followers(&self) -> &Followers {
        &self.0.followers
    }
}

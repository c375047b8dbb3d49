//! What the web layer works with. One for each process; cheap to clone.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use vestry_capabilities::Services;
use vestry_identity::Identity;
use vestry_sandbox::Sandbox;
use vestry_storage::Database;

use crate::installer::Installer;
use crate::installer::serving::Serving;
use crate::installer::store::Store;
use crate::keys::Keys;
use crate::languages::Languages;
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
    pub settings: Arc<Settings>,
    pub keys: Keys,
    pub services: Services,
    pub sandbox: Arc<Sandbox>,
    pub registry: Arc<Registry>,
    pub store: Store,
    pub serving: Serving,
    pub languages: Arc<Languages>,
    pub menus: MenuCache,
    /// Memory for what is sent to the server.
    pub bodies: Room,
    /// What is being fetched.
    pub downloads: Downloads,
    /// Who follows pages.
    pub followers: Followers,
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
        self.0.serving.installer()
    }

    /// The one way to serve what the database says.
    #[must_use]
    pub fn serving(&self) -> &Serving {
        &self.0.serving
    }

    /// What the worker of this process works with. `origin`: where links start where no public URL is set.
    #[must_use]
    pub fn worker_parts(&self, origin: String) -> crate::worker::Parts {
        crate::worker::Parts {
            data: self.0.data.clone(),
            services: self.0.services.clone(),
            sandbox: Arc::clone(&self.0.sandbox),
            registry: Arc::clone(&self.0.registry),
            serving: self.0.serving.clone(),
            origin: self.settings().public_url.as_ref().map_or(origin, |url| url.origin().ascii_serialization()),
        }
    }

    /// What mails are drawn and delivered with.
    #[must_use]
    pub fn post(&self) -> Post {
        Post {
            services: self.0.services.clone(),
            languages: Arc::clone(&self.0.languages),
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
    pub fn languages(&self) -> &Languages {
        &self.0.languages
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

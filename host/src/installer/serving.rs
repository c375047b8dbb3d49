//! Bringing what this process serves in line with what the database says.
//!
//! Whoever changes what is mounted wants to know when it counts: a job that places a package ends when this process
//! serves it, and a page that switches a plugin off shows it as it is then. So there is one way to a new snapshot, shared
//! by the web and the worker, and one snapshot is made at a time. What other processes change is looked for beside that,
//! a few times a second.

use std::sync::Arc;

use tokio::sync::Mutex;
use vestry_capabilities::Services;
use vestry_events::Event;
use vestry_sandbox::Sandbox;
use vestry_storage::Database;

use crate::installer::snapshot;
use crate::installer::store::Store;
use crate::installer::{Installer, quarantine::Failures};
use crate::registry::Registry;
use crate::registry::about::About;
use crate::settings::Settings;

/// What is served, and what it is made from. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Serving(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    registry: Arc<Registry>,
    services: Services,
    store: Store,
    sandbox: Arc<Sandbox>,
    settings: Arc<Settings>,
    about: Arc<About>,
    /// Calls that ended badly, by plugin.
    failures: Failures,
    /// One snapshot is made at a time.
    reloading: Mutex<()>,
}

impl Serving {
    #[must_use]
    pub fn new(
        registry: Arc<Registry>,
        services: Services,
        store: Store,
        sandbox: Arc<Sandbox>,
        settings: Arc<Settings>,
        about: Arc<About>,
    ) -> Self {
        let failures = Failures::new(settings.packages.quarantine);
        Self(Arc::new(Parts {
            registry,
            services,
            store,
            sandbox,
            settings,
            about,
            failures,
            reloading: Mutex::default(),
        }))
    }

    #[must_use]
    pub fn registry(&self) -> &Arc<Registry> {
        &self.0.registry
    }

    #[must_use]
    pub fn services(&self) -> &Services {
        &self.0.services
    }

    #[must_use]
    pub fn failures(&self) -> &Failures {
        &self.0.failures
    }

    /// What packages are installed with.
    #[must_use]
    pub fn installer(&self) -> Installer<'_> {
        let Parts { store, sandbox, services, settings, about, .. } = &*self.0;
        Installer { store, sandbox, services, settings, about }
    }

    /// What this server is.
    #[must_use]
    pub fn about(&self) -> &Arc<About> {
        &self.0.about
    }

    fn database(&self) -> &Database {
        &self.0.services.database
    }

    /// Makes the registry serve what the database says now: when this returns, it does. Requests under way keep what they
    /// have; pages that are followed are told.
    pub async fn reload(&self) {
        let _turn = self.0.reloading.lock().await;
        self.make_snapshot().await;
    }

    /// The same, where anything has changed that this process has not seen yet; costs microseconds where nothing has.
    pub async fn catch_up(&self) {
        let behind = || self.0.registry.snapshot().generation < self.database().generation();
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
        let Parts { registry, services, store, sandbox, settings, .. } = &*self.0;
        match snapshot::make(&services.database, store, sandbox, settings, &registry.snapshot()).await {
            Ok(snapshot) => {
                registry.swap(snapshot);
                services.events.publish(&Event::Authority);
            }
            Err(error) => tracing::error!(%error, "what is mounted cannot be read; it stays as it was"),
        }
    }
}

//! The server from its first step to its last: open, install, listen, watch, stop.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use vestry_capabilities::Services;
use vestry_identity::{Identity, IdentityError, Options};
use vestry_sandbox::{Compiler, Sandbox, SandboxError, SandboxSettings};
use vestry_screen::{Screens, TemplateError};
use vestry_storage::{Clock, Database, StorageError};

use crate::installer::package::PackageError;
use crate::installer::shipped;
use crate::installer::store::Store;
use crate::keys::Keys;
use crate::registry::Registry;
use crate::settings::{Settings, SettingsError};
use crate::web;
use crate::web::app::{App, Parts};

/// How often other processes' changes are looked for.
const LOOK: Duration = Duration::from_millis(250);
/// How often it is written down who was seen.
const NOTE: Duration = Duration::from_secs(5);
/// How often what has expired is removed.
const TIDY: Duration = Duration::from_secs(3_600);
/// Values of plugins that are removed in one go; the next hour takes the rest.
const EXPIRED_AT_ONCE: u32 = 10_000;
/// How long requests under way may take when the server stops.
const DRAIN: Duration = Duration::from_secs(10);

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the data directory {directory} cannot be used: {source}", directory = .directory.display())]
    Data { directory: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    #[error(transparent)]
    Templates(#[from] TemplateError),
    #[error(transparent)]
    Package(#[from] PackageError),
    #[error("{address} cannot be listened on: {source}; is another server running there?")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error("the server broke off: {0}")]
    Serve(std::io::Error),
}

/// How a server is opened.
#[derive(Debug, Clone)]
pub struct Opening {
    pub data: PathBuf,
    pub settings: Settings,
    pub compiler: Compiler,
}

/// How this program compiles components: itself, as a child.
#[must_use]
pub fn compiler() -> Compiler {
    match std::env::current_exe() {
        Ok(program) => Compiler::Child { program, arguments: vec!["compile".into()] },
        Err(_) => Compiler::InProcess,
    }
}

/// Opens the data directory and gets everything ready that a request needs, shipped packages included.
///
/// # Errors
///
/// Where anything of it cannot be had; says what, and how to mend it.
pub async fn open(opening: Opening) -> Result<App, StartError> {
    let Opening { data, settings, compiler } = opening;
    prepare(&data)?;
    let io = |source| StartError::Data { directory: data.clone(), source };
    let keys = Keys::open(&data).map_err(io)?;
    let store = Store::open(&data).map_err(io)?;
    let database = Database::open(&data)?;
    let options = Options {
        session_idle: millis(settings.sessions.idle()),
        session_lasts: millis(settings.sessions.absolute()),
        ..Options::default()
    };
    let identity = Identity::new(database.clone(), Clock::system(), options)?;
    let sandbox =
        Sandbox::new(SandboxSettings { compiled: data.join("compiled"), key: keys.compiled_code(), compiler })?;
    if let Some(reason) = &sandbox.report().reason {
        tracing::warn!(report = ?sandbox.report(), reason, "instances of plugins are slower to make than they could be");
    }
    shipped::install(&database, &store, &sandbox, identity.clock().now()).await?;
    let assets = web::assets::Assets::load();
    let screens = Screens::load(settings.templates.as_deref(), assets.names())?;
    let app = App::new(Parts {
        data,
        settings,
        keys,
        services: Services::new(database, identity),
        sandbox: Arc::new(sandbox),
        registry: Arc::new(Registry::default()),
        store,
        screens,
        menus: web::menu::MenuCache::default(),
        reloading: tokio::sync::Mutex::default(),
    });
    app.reload().await;
    Ok(app)
}

/// Makes the data directory, for nobody else to read.
fn prepare(data: &Path) -> Result<(), StartError> {
    use std::os::unix::fs::DirBuilderExt;
    if data.is_dir() {
        return Ok(());
    }
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(data);
    made.map_err(|source| StartError::Data { directory: data.to_owned(), source })
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Listens, says where, and serves until the process is asked to stop. Requests under way are finished, for ten seconds.
///
/// # Errors
///
/// Where the address cannot be had.
pub async fn serve(app: App, address: SocketAddr, announce: impl FnOnce(SocketAddr)) -> Result<(), StartError> {
    serve_router(app.clone(), web::router(app), address, announce).await
}

/// The same with a router of one's own making.
///
/// # Errors
///
/// Where the address cannot be had.
pub async fn serve_router(
    app: App,
    router: axum::Router,
    address: SocketAddr,
    announce: impl FnOnce(SocketAddr),
) -> Result<(), StartError> {
    let listener = TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })?;
    let bound = listener.local_addr().map_err(StartError::Serve)?;
    let watching = watch(app.clone());
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    announce(bound);
    let (stopping, stopped) = tokio::sync::oneshot::channel();
    let serving = axum::serve(listener, service).with_graceful_shutdown(async move {
        asked_to_stop().await;
        let _ = stopping.send(());
    });
    let serving = serving.into_future();
    let overdue = async {
        let _ = stopped.await;
        tokio::time::sleep(DRAIN).await;
    };
    let ended = tokio::select! {
        ended = serving => ended.map_err(StartError::Serve),
        () = overdue => Ok(()),
    };
    watching.abort();
    let identity = app.identity().clone();
    if let Ok(Err(error)) = tokio::task::spawn_blocking(move || identity.write_visits()).await {
        tracing::error!(%error, "who was seen last could not be written down");
    }
    ended
}

async fn asked_to_stop() {
    let interrupt = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => drop(interrupt.await),
    }
}

/// What goes on beside requests: other processes' changes are seen, visits written down, what expired is removed.
fn watch(app: App) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        let (mut look, mut note, mut tidy) =
            (tokio::time::interval(LOOK), tokio::time::interval(NOTE), tokio::time::interval(TIDY));
        loop {
            tokio::select! {
                _ = look.tick() => see_changes(&app).await,
                _ = note.tick() => beside(&app, |identity| identity.write_visits().map(drop)).await,
                _ = tidy.tick() => beside(&app, keep_tidy).await,
            }
        }
    })
}

async fn see_changes(app: &App) {
    let database = app.database().clone();
    match tokio::task::spawn_blocking(move || database.poll_generation()).await {
        Ok(Ok(generation)) if generation > app.registry().snapshot().generation => app.reload().await,
        Ok(Ok(_)) | Err(_) => {}
        Ok(Err(error)) => tracing::error!(%error, "other processes' changes cannot be looked for"),
    }
}

/// Removes what has expired: sessions, attempts, questions that nobody answered, plugins' values.
fn keep_tidy(identity: &Identity) -> Result<(), StorageError> {
    identity.tidy()?;
    let now = identity.clock().now();
    identity.database().write(|tx| {
        tx.purge_confirmations(now)?;
        tx.kv_purge(now, EXPIRED_AT_ONCE).map(drop)
    })
}

async fn beside(app: &App, work: fn(&Identity) -> Result<(), StorageError>) {
    let identity = app.identity().clone();
    if let Ok(Err(error)) = tokio::task::spawn_blocking(move || work(&identity)).await {
        tracing::error!(%error, "the database could not be kept tidy");
    }
}

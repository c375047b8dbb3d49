//! The server from its first step to its last: open, install, listen, watch, stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::middleware::from_fn;
use tokio::net::TcpListener;
use vestry_events::Event;
use vestry_identity::Identity;
use vestry_sandbox::Compiler;
use vestry_screen::Screens;
use vestry_storage::StorageError;

use crate::ground::Ground;
pub use crate::ground::Opening;
use crate::installer::serving::Serving;
use crate::installer::shipped;
use crate::installer::tidy::{self, Beside};
use crate::languages::Languages;
use crate::postman::Postman;
use crate::registry::{self, Registry};
use crate::start_error::StartError;
use crate::web;
use crate::web::app::{App, Parts};
use crate::web::listening::Listening;
use crate::web::patience::{self, Patient, Peer};
use crate::worker;

/// How often other processes' changes are looked for.
const LOOK: Duration = Duration::from_millis(250);
/// How often it is written down who was seen.
const NOTE: Duration = Duration::from_secs(5);
/// How often it is written down which phrases were shown that nobody knew of.
const NOTE_PHRASES: Duration = Duration::from_secs(1);
/// How often all phrases that are in use are noted once more: far more often than those that are not are forgotten.
const NOTE_ANEW: Duration = Duration::from_secs(24 * 3_600);
/// How often what has expired is removed.
const TIDY: Duration = Duration::from_secs(3_600);
/// Values of plugins that are removed in one go; the next hour takes the rest.
const EXPIRED_AT_ONCE: u32 = 10_000;
/// How long links are kept that were used or have expired, in milliseconds.
const LINKS_KEPT: u64 = 30 * DAY;
/// How long a visitor's address is kept without being used, in milliseconds; and for a plugin that is not mounted any more.
const ADDRESSES_KEPT: u64 = 365 * DAY;
const ADDRESSES_KEPT_UNMOUNTED: u64 = 30 * DAY;
/// How long a phrase is known that nobody has shown, in milliseconds.
const PHRASES_KEPT: u64 = 180 * DAY;
const DAY: u64 = 24 * 3_600_000;
/// How long requests under way may take when the server stops.
const DRAIN: Duration = Duration::from_secs(10);

/// How this program compiles components: itself, as a child.
#[must_use]
pub fn compiler() -> Compiler {
    match std::env::current_exe() {
        Ok(program) => Compiler::Child { program, arguments: vec!["compile".into()] },
        Err(_) => Compiler::InProcess,
    }
}

/// How this program puts Git objects together: itself, as a child.
#[must_use]
pub fn fetcher() -> (std::path::PathBuf, Vec<String>) {
    (std::env::current_exe().unwrap_or_else(|_| "vestry".into()), vec!["fetch-git".into()])
}

/// Opens the data directory and gets everything ready that a request needs, shipped packages included.
///
/// # Errors
///
/// Where anything of it cannot be had; says what, and how to mend it.
pub async fn open(opening: Opening) -> Result<App, StartError> {
    let ground = Ground::open(opening)?;
    let report = ground.sandbox.report();
    if let Some(reason) = &report.reason {
        tracing::warn!(?report, reason, "instances of plugins are slower to make than they could be");
    }
    shipped::install(&ground.installer()).await?;
    // Of what a killed process left, nobody else is at work on what only a server takes in. What the program ships with is
    // needed, and its rows say so now: with a new database, code of it that is there stays.
    let beside = if worker::presence::is_anybody_there(&ground.data) { Beside::Others } else { Beside::Nobody };
    if let Err(error) = tidy::tidy(&ground.installer(), beside).await {
        tracing::error!(%error, "files that nobody needs could not be removed");
    }
    let Ground { data, settings, keys, services, sandbox, store, about } = ground;
    let assets = web::assets::Assets::load();
    let screens = Screens::load(settings.templates.as_deref(), assets.names())?;
    let languages = Languages::open(services.database.clone(), screens)?;
    languages.bring_in_shipped(services.identity.clock().now())?;
    let (registry, sandbox, settings) = (Arc::new(Registry::default()), Arc::new(sandbox), Arc::new(settings));
    let serving = Serving::new(
        Arc::clone(&registry),
        services.clone(),
        store.clone(),
        Arc::clone(&sandbox),
        Arc::clone(&settings),
        about,
    );
    let app = App::new(Parts {
        data,
        settings,
        keys,
        services,
        sandbox,
        registry,
        store,
        serving,
        languages: Arc::new(languages),
        menus: web::menu::MenuCache::default(),
        bodies: web::body::Room::default(),
        downloads: web::download::Downloads::default(),
        followers: web::live::Followers::default(),
    });
    app.serving().reload().await;
    Ok(app)
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
    let postman = Postman::start(app.post());
    let (stop, stopping) = tokio::sync::watch::channel(false);
    let here = Listening(bound);
    let working = tokio::spawn(worker::work(app.worker_parts(here.origin()), stopping));
    let router = router.layer(axum::Extension(here)).layer(from_fn(patience::answered));
    let service = router.into_make_service_with_connect_info::<Peer>();
    announce(bound);
    let (stopping_now, stopped) = tokio::sync::oneshot::channel();
    let ending = app.clone();
    let serving = axum::serve(Patient::new(listener), service).with_graceful_shutdown(async move {
        asked_to_stop().await;
        // Pages that are followed would be answers under way for ever.
        ending.followers().stop();
        ending.services().events.publish(&Event::Authority);
        let _ = stop.send(true);
        let _ = stopping_now.send(());
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
    postman.stop().await;
    match tokio::time::timeout(DRAIN, working).await {
        Ok(Ok(Err(error))) => tracing::error!(%error, "jobs could not be worked on"),
        Ok(_) => {}
        Err(_) => tracing::warn!("jobs under way did not end in time; they are taken up again at the next start"),
    }
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
        let (mut look, mut note, mut hourly) =
            (tokio::time::interval(LOOK), tokio::time::interval(NOTE), tokio::time::interval(TIDY));
        let mut note_phrases = tokio::time::interval(NOTE_PHRASES);
        let mut note_anew = tokio::time::interval_at(tokio::time::Instant::now() + NOTE_ANEW, NOTE_ANEW);
        let mut registered = None;
        let mut changes = Changes { told: app.database().generation(), reloading: None };
        loop {
            tokio::select! {
                _ = look.tick() => changes.see(&app).await,
                _ = note_phrases.tick() => {
                    let snapshot = app.registry().snapshot();
                    if registered.replace(snapshot.generation) != Some(snapshot.generation) {
                        registry::phrases::note(&snapshot, app.languages().noted());
                    }
                    write_phrases(&app).await;
                }
                _ = note_anew.tick() => {
                    app.languages().note_anew();
                    registered = None;
                }
                _ = note.tick() => beside(&app, |identity| identity.write_visits().map(drop)).await,
                _ = hourly.tick() => {
                    beside(&app, keep_tidy).await;
                    if let Err(error) = tidy::tidy(&app.installer(), Beside::Others).await {
                        tracing::error!(%error, "files that nobody needs could not be removed");
                    }
                }
            }
        }
    })
}

/// Changes to who may do what and to what is mounted, this process's own among them.
struct Changes {
    /// The generation that pages which are followed were told of.
    told: u64,
    /// A snapshot that is being made. That takes long where a component is compiled, and nobody's sign-out waits for it.
    reloading: Option<tokio::task::JoinHandle<()>>,
}

impl Changes {
    async fn see(&mut self, app: &App) {
        let database = app.database().clone();
        let generation = match tokio::task::spawn_blocking(move || database.poll_generation()).await {
            Ok(Ok(generation)) => generation,
            Ok(Err(error)) => return tracing::error!(%error, "other processes' changes cannot be looked for"),
            Err(_) => return,
        };
        if generation > self.told {
            self.told = generation;
            app.services().events.publish(&Event::Authority);
        }
        let under_way = self.reloading.as_ref().is_some_and(|task| !task.is_finished());
        if generation > app.registry().snapshot().generation && !under_way {
            let app = app.clone();
            self.reloading = Some(tokio::spawn(async move { app.serving().reload().await }));
        }
    }
}

/// Removes what has expired or is of no use any more: sessions, attempts, questions that nobody answered, links, tickets,
/// visitors' addresses, plugins' values.
fn keep_tidy(identity: &Identity) -> Result<(), StorageError> {
    identity.tidy()?;
    let now = identity.clock().now();
    identity.database().write(|tx| {
        tx.purge_confirmations(now)?;
        tx.purge_tickets(now)?;
        tx.purge_links(now.saturating_sub(LINKS_KEPT))?;
        let (unused, unmounted) = (now.saturating_sub(ADDRESSES_KEPT), now.saturating_sub(ADDRESSES_KEPT_UNMOUNTED));
        tx.purge_visitor_addresses(unused, unmounted, now)?;
        tx.purge_spaces(now)?;
        tx.purge_phrases(now.saturating_sub(PHRASES_KEPT))?;
        tx.kv_purge(now, EXPIRED_AT_ONCE).map(drop)
    })
}

async fn write_phrases(app: &App) {
    let here = app.clone();
    let writing = move || here.languages().write_noted(here.identity().clock().now());
    if let Ok(Err(error)) = tokio::task::spawn_blocking(writing).await {
        tracing::error!(%error, "which phrases there are cannot be written down");
    }
}

async fn beside(app: &App, work: fn(&Identity) -> Result<(), StorageError>) {
    let identity = app.identity().clone();
    if let Ok(Err(error)) = tokio::task::spawn_blocking(move || work(&identity)).await {
        tracing::error!(%error, "the database could not be kept tidy");
    }
}

#[cfg(test)]
mod tests {
    use vestry_identity::Options;
    use vestry_storage::{AddressLink, Clock, Database, LinkRow};

    use super::*;

    #[test]
    fn links_and_addresses_that_nobody_needs_any_more_go() {
        let (now, database) = (1_000 * DAY, Database::temporary().unwrap());
        let identity = Identity::new(database.clone(), Clock::standing_at(now), Options::default()).unwrap();
        let ages = [(1, 29), (2, 31)];
        database
            .write(|tx| {
                for (number, days) in ages {
                    let (hash, then) = ([number; 32], now - days * DAY);
                    let (purpose, used) = ("setup".to_owned(), Some(then));
                    let link = LinkRow { purpose, account: None, made_by: None, created: 1, expires: now, used };
                    tx.insert_link(&hash, &link)?;
                    tx.replace_address_link(&AddressLink {
                        hash,
                        plugin: "org.example.gone".into(),
                        visitor: number.to_string(),
                        address: "anna@example.org".into(),
                        back: "/".into(),
                        created: then,
                        expires: then + 2,
                    })?;
                    tx.confirm_address(&hash, then + 1)?;
                }
                Ok::<_, StorageError>(())
            })
            .unwrap();
        keep_tidy(&identity).unwrap();
        let left = ages.map(|(number, _)| {
            let (link, visitor) = ([number; 32], number.to_string());
            database
                .read(|reader| {
                    let address = reader.visitor_address("org.example.gone", &visitor)?;
                    Ok::<_, StorageError>((reader.link(&link)?.is_some(), address.is_some()))
                })
                .unwrap()
        });
        assert_eq!(left, [(true, true), (false, false)]);
    }
}

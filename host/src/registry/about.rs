//! What this server is: its version, what runs in it, where its data lies, and the way that a request takes through it.
//!
//! Drawn from what runs and from what is on the disk at the moment that somebody asks, so it cannot say anything else than
//! what is so. Only how large things are is kept for a few seconds: walking through directories is worth more than a call.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;
use vestry_capabilities::{Services, TABLE, interfaces};
use vestry_catalog::{Facts, Shipped};
use vestry_contract::server::{Node, Overview, Plugin, Station, Store};
use vestry_sandbox::{LIMITS, Used};
use vestry_storage::{JobState, StorageError};

use crate::registry::snapshot::Snapshot;

/// How long sizes are kept.
const KEPT: Duration = Duration::from_secs(5);
/// Directories of the data directory, by what they are called here.
const DIRECTORIES: &[(&str, &str)] = &[("packages", "packages"), ("compiled", "compiled"), ("uploads", "uploads")];
/// Files that the database consists of.
const DATABASE: &[&str] = &["vestry.db", "vestry.db-wal", "vestry.db-shm"];

/// What of a server does not change as long as its process lives. One for each process.
#[derive(Debug)]
pub struct About {
    data: PathBuf,
    /// Milliseconds since the Unix epoch.
    started: u64,
    /// How plugins are called here.
    sandbox: Vec<(String, String)>,
    shipped: Vec<Shipped>,
    /// Name of the worker of this process.
    node: OnceLock<String>,
    stores: Mutex<Option<(Instant, Vec<Store>)>>,
}

impl About {
    #[must_use]
    pub fn new(data: &Path, sandbox: Vec<(String, String)>, shipped: Vec<Shipped>) -> Self {
        Self {
            data: data.to_owned(),
            started: milliseconds(SystemTime::now()),
            sandbox,
            shipped,
            node: OnceLock::new(),
            stores: Mutex::default(),
        }
    }

    /// Says which worker is the one of this process.
    pub fn is_node(&self, name: &str) {
        let _ = self.node.set(name.to_owned());
    }

    #[must_use]
    pub fn shipped(&self) -> &[Shipped] {
        &self.shipped
    }

    /// Version of the program.
    #[must_use]
    pub fn version() -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    /// Everything. Reads the disk and the database.
    pub(super) fn describe(
        &self,
        snapshot: &Snapshot,
        facts: &dyn Facts,
        services: &Services,
    ) -> Result<Overview, StorageError> {
        let stores = self.stores();
        let moment = Moment::of(snapshot, services, &stores)?;
        Ok(Overview {
            version: Self::version().to_owned(),
            built_with: built_with(),
            started: self.started,
            nodes: self.nodes(),
            plugins: plugins(snapshot, facts, services)?,
            limits: LIMITS.iter().map(|limit| (limit.name.to_owned(), limit.usual())).collect(),
            way: WAY.iter().map(|stop| stop.at(&moment)).collect(),
            stores,
            sandbox: self.sandbox.clone(),
            extra: Vec::new(),
        })
    }

    /// The processes that serve this data: each has a worker, which holds a file of its own locked.
    fn nodes(&self) -> Vec<Node> {
        let here = self.node.get().map(String::as_str);
        let mut nodes: Vec<Node> = fs::read_dir(self.data.join("workers"))
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| {
                let name = entry.file_name().to_str()?.strip_suffix(".lock")?.to_owned();
                let is_here = here == Some(name.as_str());
                // Nobody else can hold it who is not there any more. The lock that this takes goes with the handle.
                let is_there = is_here || File::open(entry.path()).ok()?.try_lock_shared().is_err();
                let since = milliseconds(entry.metadata().ok()?.modified().ok()?);
                is_there.then_some(Node { name, here: is_here, since })
            })
            .collect();
        if !nodes.iter().any(|node| node.here) {
            nodes.push(Node { name: here.unwrap_or_default().to_owned(), here: true, since: self.started });
        }
        nodes.sort_by_key(|node| (!node.here, node.since));
        nodes
    }

    fn stores(&self) -> Vec<Store> {
        let mut kept = self.stores.lock();
        match &*kept {
            Some((then, stores)) if then.elapsed() < KEPT => stores.clone(),
            _ => {
                let stores = self.measure();
                *kept = Some((Instant::now(), stores.clone()));
                stores
            }
        }
    }

    fn measure(&self) -> Vec<Store> {
        let mut database = Store { name: "database".into(), bytes: 0, files: 0 };
        for file in DATABASE {
            if let Ok(found) = fs::metadata(self.data.join(file)) {
                database.bytes += found.len();
                database.files += 1;
            }
        }
        let mut stores = vec![database];
        for (name, directory) in DIRECTORIES {
            let mut store = Store { name: (*name).to_owned(), bytes: 0, files: 0 };
            add_up(&self.data.join(directory), &mut store);
            stores.push(store);
        }
        if let Ok(disk) = rustix::fs::statvfs(&self.data) {
            let bytes = disk.f_bavail.saturating_mul(disk.f_frsize);
            stores.push(Store { name: "free".into(), bytes, files: disk.f_favail });
        }
        stores
    }
}

/// Adds what is below a directory; links are not followed.
fn add_up(directory: &Path, store: &mut Store) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        match entry.metadata() {
            Ok(found) if found.is_dir() => add_up(&entry.path(), store),
            Ok(found) if found.is_file() => {
                store.bytes += found.len();
                store.files += 1;
            }
            _ => {}
        }
    }
}

fn plugins(snapshot: &Snapshot, facts: &dyn Facts, services: &Services) -> Result<Vec<Plugin>, StorageError> {
    let rows = services.database.read(|reader| reader.plugins())?;
    let mut plugins = Vec::new();
    for row in rows {
        let (state, _) = vestry_catalog::state(&row, facts);
        let Some(known) = snapshot.by_id(&row.id) else { continue };
        let grants = services.grants(&row.id, &row.digest)?;
        plugins.push(Plugin {
            version: known.info.version.clone(),
            mount: known.mount.to_string(),
            state: state.to_owned(),
            routes: u32::try_from(known.info.routes.len()).unwrap_or(u32::MAX),
            interfaces: interfaces().filter(|name| grants.holds_interface(name)).map(str::to_owned).collect(),
            id: row.id,
        });
    }
    Ok(plugins)
}

fn built_with() -> Vec<(String, String)> {
    // Written by the build script: `NAME VERSION`, divided by semicolons.
    let parts = env!("VESTRY_BUILT_WITH").split(';').filter_map(|part| part.split_once(' '));
    parts.map(|(name, version)| (name.to_owned(), version.to_owned())).collect()
}

fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// What there is at this moment, in numbers.
#[derive(Debug, Default)]
struct Moment {
    accounts: u64,
    sessions: u64,
    plugins: u64,
    routes: u64,
    menu: u64,
    grants: u64,
    waiting: u64,
    running: u64,
    database: u64,
    since_start: Used,
    last_hour: Used,
}

impl Moment {
    fn of(snapshot: &Snapshot, services: &Services, stores: &[Store]) -> Result<Self, StorageError> {
        let now = services.identity.clock().now();
        let mut moment = services.database.read(|reader| {
            let mut grants = 0;
            for plugin in snapshot.plugins() {
                grants += reader.grants(&plugin.subject.id, &plugin.subject.digest)?.len() as u64;
            }
            Ok::<_, StorageError>(Self {
                accounts: reader.count_accounts(Some(true))?,
                sessions: reader.count_sessions(now)?,
                waiting: reader.count_jobs(None, Some(JobState::Queued))?,
                running: reader.count_jobs(None, Some(JobState::Running))?,
                grants,
                ..Self::default()
            })
        })?;
        moment.database = stores.iter().filter(|store| store.name == "database").map(|store| store.bytes).sum();
        for plugin in snapshot.plugins() {
            moment.plugins += 1;
            moment.routes += plugin.info.routes.len() as u64;
            moment.menu += plugin.info.menu.len() as u64;
            for (sum, used) in [
                (&mut moment.since_start, plugin.usage.since_start()),
                (&mut moment.last_hour, plugin.usage.last_hour()),
            ] {
                sum.calls += used.calls;
                sum.failures += used.failures;
                sum.refused += used.refused;
            }
        }
        Ok(moment)
    }
}

/// What is counted, and how many there are of it.
type Counted = (&'static str, fn(&Moment) -> u64);

/// One station, and what it has to do with.
struct Stop {
    name: &'static str,
    does: &'static str,
    now: &'static [Counted],
}

impl Stop {
    fn at(&self, moment: &Moment) -> Station {
        let now = self.now.iter().map(|(label, number)| ((*label).to_owned(), number(moment)));
        Station { name: self.name.to_owned(), does: self.does.to_owned(), now: now.collect() }
    }
}

/// The way of a request, in its order.
const WAY: &[Stop] = &[
    Stop {
        name: "browser",
        does: "Asks for a page; a program asks for the same page as JSON, at the same address.",
        now: &[("active accounts", |moment| moment.accounts)],
    },
    Stop {
        name: "session",
        does: "Finds out who asks: a person by the cookie of their session, a program by its token. Plugins see neither.",
        now: &[("sessions", |moment| moment.sessions)],
    },
    Stop {
        name: "origin",
        does: "Lets a request that changes something pass only where it comes from a page of this server.",
        now: &[],
    },
    Stop {
        name: "dispatch",
        does: "Finds the plugin by the first part of the address, and the route by the rest. Who may not use the route is turned away here; no plugin is called for that.",
        now: &[("mounted plugins", |moment| moment.plugins), ("routes", |moment| moment.routes)],
    },
    Stop {
        name: "plugin",
        does: "Makes a fresh instance of the plugin in the sandbox, lets it answer within its limits, and drops it.",
        now: &[
            ("calls in the last hour", |moment| moment.last_hour.calls),
            ("calls since the start", |moment| moment.since_start.calls),
            ("broken off since the start", |moment| moment.since_start.failures),
        ],
    },
    Stop {
        name: "gate",
        does: "Stands between the plugin and the server: a call passes where the plugin was granted the interface and the person holds the permission. What is grave waits for the person's yes.",
        now: &[
            ("functions behind it", |_| TABLE.len() as u64),
            ("grants", |moment| moment.grants),
            ("refused since the start", |moment| moment.since_start.refused),
        ],
    },
    Stop {
        name: "database",
        does: "Takes all that the plugin wrote in one transaction when it has answered; where it failed, nothing of it. What lasts longer waits there as a job.",
        now: &[
            ("bytes", |moment| moment.database),
            ("jobs that wait", |moment| moment.waiting),
            ("jobs that run", |moment| moment.running),
        ],
    },
    Stop {
        name: "screen",
        does: "Draws the values that the plugin answered: escaped, laid out, in the reader's language and theme. Plugins write no markup.",
        now: &[("menu entries", |moment| moment.menu)],
    },
];

#[cfg(test)]
mod tests;

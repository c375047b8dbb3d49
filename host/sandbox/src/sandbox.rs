//! The sandbox as a whole: load a component, ask what it registers, let it answer.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use vestry_capabilities::Call;
use vestry_contract::background::Task;
use vestry_contract::exchange::Request;
use vestry_contract::live::Batch;
use vestry_contract::registration::PluginInfo;
use vestry_contract::streaming::Chunk;
use vestry_contract::types::Failure;
use wasmtime::Engine;
use wasmtime::component::{ComponentNamedList, Lift, Linker, Lower};

use crate::call::{self, Ended, Outcome};
use crate::call_error::CallError;
use crate::compiled::{CompileError, CompiledCode, Compiler};
use crate::engine::{EngineReport, SLOTS};
use crate::fit::LoadError;
use crate::lanes::Lanes;
use crate::limits::{Asker, Limits, Permits};
use crate::loaded::{Export, Loaded};
use crate::meter::Meter;
use crate::state::State;
use crate::usage::{Ending, Usage};

/// A tick of the epoch: how often a call that computes is looked at.
const TICK: Duration = Duration::from_millis(10);

/// What is said of a component that wasmtime stumbled over.
const UNSEEN: &str = "the server broke off looking through what it imports and exports; build it with other tools";

/// What a sandbox is made of.
#[derive(Debug, Clone)]
pub struct SandboxSettings {
    /// Where compiled code is kept; made with mode 0700 if it is missing.
    pub compiled: PathBuf,
    /// The server's key, which vouches for compiled code.
    pub key: [u8; 32],
    pub compiler: Compiler,
}

/// A plugin as it is called: its component, what it may use, and where that is counted.
#[derive(Debug, Clone, Copy)]
pub struct Callee<'p> {
    pub loaded: &'p Loaded,
    pub limits: &'p Limits,
    pub permits: &'p Permits,
    pub usage: &'p Usage,
}

/// Why a sandbox cannot be made or a component cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    #[error("the WebAssembly engine cannot be started: {0}")]
    Engine(wasmtime::Error),
    #[error(transparent)]
    Compile(#[from] CompileError),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error("the sandbox cannot be started: {0}")]
    Start(#[from] io::Error),
}

impl SandboxError {
    /// A sentence for each thing that is wrong.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        match self {
            Self::Load(error) => error.problems().to_vec(),
            other => vec![other.to_string()],
        }
    }
}

/// Runs plugins. One for each process; cheap to share behind an `Arc`.
pub struct Sandbox {
    engine: Engine,
    linker: Arc<Linker<State>>,
    lanes: Lanes,
    compiled: CompiledCode,
    report: EngineReport,
    /// By plugin.
    usage: Mutex<HashMap<String, Arc<Usage>>>,
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Sandbox").field("report", &self.report).finish_non_exhaustive()
    }
}

impl Sandbox {
    /// # Errors
    ///
    /// Where the engine, its threads or the directory of compiled code cannot be had.
    pub fn new(settings: SandboxSettings) -> Result<Self, SandboxError> {
        let (engine, report) = crate::engine::engine().map_err(SandboxError::Engine)?;
        let linker = Arc::new(crate::linker::linker(&engine).map_err(SandboxError::Engine)?);
        let compiled = CompiledCode::open(&settings.compiled, settings.key, &engine, settings.compiler)?;
        start_ticking(&engine)?;
        Ok(Self { lanes: Lanes::new()?, engine, linker, compiled, report, usage: Mutex::default() })
    }

    /// What was chosen for this machine.
    #[must_use]
    pub fn report(&self) -> &EngineReport {
        &self.report
    }

    /// How plugins are called on this machine, in words for administrators: each with what it is about.
    #[must_use]
    pub fn facts(&self) -> Vec<(String, String)> {
        let EngineReport { pooled, pagemap_scan, reason } = &self.report;
        let (fast, slow) = self.lanes.threads();
        let kept = match (pooled, pagemap_scan) {
            (true, true) => "in a pool; what a call has written is cleared in place",
            (true, false) => "in a pool; what a call has written is given back to the system",
            (false, _) => "made anew for each call",
        };
        let mut facts = vec![
            ("Threads that answer", fast.to_string()),
            ("Threads for long calls and jobs", slow.to_string()),
            ("Calls at a time", SLOTS.to_string()),
            ("Instances", kept.to_owned()),
        ];
        facts.extend(reason.iter().map(|reason| ("Could be faster", reason.clone())));
        facts.into_iter().map(|(about, fact)| (about.to_owned(), fact)).collect()
    }

    /// What calls of a plugin have used since this process started, whichever version of it answered.
    #[must_use]
    pub fn usage(&self, plugin: &str) -> Arc<Usage> {
        Arc::clone(self.usage.lock().entry(plugin.to_owned()).or_default())
    }

    /// The digests of which there is compiled code.
    ///
    /// # Errors
    ///
    /// Where the directory cannot be read.
    pub fn compiled(&self) -> io::Result<BTreeSet<String>> {
        self.compiled.digests()
    }

    /// Removes the compiled code of a digest. What runs of it goes on: it is mapped already.
    ///
    /// # Errors
    ///
    /// Where a file cannot be removed.
    pub fn forget(&self, digest: &str) -> io::Result<()> {
        self.compiled.forget(digest)
    }

    /// Makes the component in `file` ready to be called. The file's digest is checked each time, also where it was compiled
    /// before.
    ///
    /// # Errors
    ///
    /// Where the file is not the component of this digest, or not a plugin of this host.
    pub async fn load(&self, digest: &str, file: &Path) -> Result<Loaded, SandboxError> {
        let component = self.compiled.component(&self.engine, digest, file).await?;
        let (linker, digest) = (Arc::clone(&self.linker), digest.to_owned());
        // How long that takes is the component's to say, within bounds.
        let loading = tokio::task::spawn_blocking(move || Loaded::new(&digest, &component, &linker));
        match loading.await {
            Ok(loaded) => Ok(loaded?),
            Err(error) if error.is_panic() => Err(LoadError::from(UNSEEN.to_owned()).into()),
            Err(_) => Err(CompileError::Stopping.into()),
        }
    }

    /// Asks a plugin what it registers. The call should be closed: registering needs nothing of the host.
    ///
    /// # Errors
    ///
    /// Where the plugin gives no answer within its limits.
    pub async fn register(&self, loaded: &Loaded, call: Call) -> Result<PluginInfo, CallError> {
        let limits = Limits::default();
        let meter = Arc::new(Meter::default());
        let work = call::register(self.engine.clone(), loaded.clone(), call, limits, Arc::clone(&meter));
        self.run(work, meter, &limits).await?.result
    }

    /// Lets a plugin answer one request. Nothing of what it wrote is done yet: that is the caller's to commit.
    ///
    /// # Errors
    ///
    /// Where the plugin gives no answer; then nothing it wrote is done.
    pub async fn handle(&self, callee: Callee<'_>, call: Call, request: Request) -> Result<Outcome, CallError> {
        let asker = if call.is_visitor() { Asker::Visitor } else { Asker::SignedIn };
        let _permit = callee.permits.take(asker).await?;
        self.ask(callee, Some(callee.loaded.parts.handle.clone()), call, (request,), Meter::default()).await
    }

    /// What is new for an open page since a cursor.
    ///
    /// # Errors
    ///
    /// Where the plugin does not export `live`, or gives no answer.
    pub async fn follow(
        &self,
        callee: Callee<'_>,
        call: Call,
        request: Request,
        cursor: String,
    ) -> Result<Outcome<Batch>, CallError> {
        let asker = if call.is_visitor() { Asker::VisitingFollower } else { Asker::Follower };
        let _permit = callee.permits.take(asker).await?;
        self.ask(callee, callee.loaded.parts.follow.clone(), call, (request, cursor), Meter::default()).await
    }

    /// The next piece of a download.
    ///
    /// # Errors
    ///
    /// Where the plugin does not export `streaming`, or gives no answer.
    pub async fn chunk(
        &self,
        callee: Callee<'_>,
        call: Call,
        request: Request,
        name: String,
        cursor: Option<String>,
    ) -> Result<Outcome<Chunk>, CallError> {
        let asker = if call.is_visitor() { Asker::Visitor } else { Asker::SignedIn };
        let _permit = callee.permits.take(asker).await?;
        self.ask(callee, callee.loaded.parts.chunk.clone(), call, (request, name, cursor), Meter::default()).await
    }

    /// One attempt at a job, in the slow lane from the start. How many run at a time is the caller's to say. Dropping
    /// the answer drops the instance where it is.
    ///
    /// # Errors
    ///
    /// Where the plugin does not export `background`, or gives no answer.
    pub async fn work(&self, callee: Callee<'_>, call: Call, task: Task) -> Result<Outcome<String>, CallError> {
        let limits = callee.limits.of_jobs();
        let callee = Callee { limits: &limits, ..callee };
        self.ask(callee, callee.loaded.parts.run.clone(), call, (task,), Meter::slow()).await
    }

    /// Brings a plugin's data from an older shape to its own, in the slow lane.
    ///
    /// # Errors
    ///
    /// Where the plugin does not export `migration`, or gives no answer.
    pub async fn migrate(&self, callee: Callee<'_>, call: Call, older: u32) -> Result<Outcome<()>, CallError> {
        self.ask(callee, callee.loaded.parts.migrate.clone(), call, (older,), Meter::slow()).await
    }

    async fn ask<P, T>(
        &self,
        callee: Callee<'_>,
        export: Option<Export<P, (Result<T, Failure>,)>>,
        call: Call,
        parameters: P,
        meter: Meter,
    ) -> Result<Outcome<T>, CallError>
    where
        P: ComponentNamedList + Lower + Send + Sync + 'static,
        T: Send + Sync + 'static,
        (Result<T, Failure>,): ComponentNamedList + Lift,
    {
        let Callee { loaded, limits, usage, .. } = callee;
        let export = export.ok_or(CallError::NotExported)?;
        let meter = Arc::new(meter);
        let (refusals, waiting) = (call.refusals(), call.waited());
        let refused = move || refusals.lock().values().map(|count| u64::from(*count)).sum();
        let mut counted = Counted::begin(usage, Arc::clone(&meter), refused);
        let work =
            call::ask(self.engine.clone(), loaded.clone(), export, call, parameters, *limits, Arc::clone(&meter));
        let ended = self.run(work, Arc::clone(&meter), limits).await;
        (counted.peak_memory, counted.failed) = match &ended {
            Ok(ended) => (ended.peak_memory, ended.result.is_err()),
            Err(_) => (0, true),
        };
        drop(counted);
        let cpu = meter.used();
        let Ended { result, call, .. } = ended.map_err(|error| whose(error, waiting.time()))?;
        Ok(Outcome { answer: result?, call, cpu })
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Ended<T>> + Send + 'static,
        meter: Arc<Meter>,
        limits: &Limits,
    ) -> Result<Ended<T>, CallError> {
        match tokio::time::timeout(limits.wall, self.lanes.run(work, meter)).await {
            Ok(Ok(ended)) => Ok(ended),
            Ok(Err(lost)) => Err(CallError::Trapped { reason: lost.to_string(), said: String::new() }),
            Err(_) => Err(CallError::TooLong(limits.wall)),
        }
    }
}

/// Whose time it was that a call took too long: its own, unless most of it went by with waiting for other servers.
fn whose(error: CallError, waited: Duration) -> CallError {
    match error {
        CallError::TooLong(wall) if waited >= wall / 2 => CallError::Waited(wall),
        other => other,
    }
}

/// A call that is counted when this is dropped: when it has ended, or when nobody waits for it any more.
struct Counted<'u, R: Fn() -> u64> {
    usage: &'u Usage,
    meter: Arc<Meter>,
    began: Instant,
    refused: R,
    peak_memory: usize,
    failed: bool,
}

impl<'u, R: Fn() -> u64> Counted<'u, R> {
    fn begin(usage: &'u Usage, meter: Arc<Meter>, refused: R) -> Self {
        Self { usage, meter, began: Instant::now(), refused, peak_memory: 0, failed: false }
    }
}

impl<R: Fn() -> u64> Drop for Counted<'_, R> {
    fn drop(&mut self) {
        let Self { peak_memory, failed, .. } = *self;
        let (cpu, wall, refused) = (self.meter.used(), self.began.elapsed(), (self.refused)());
        self.usage.record(&Ending { cpu, wall, peak_memory, failed, refused });
    }
}

/// A plain thread that ticks as long as the engine lives: a busy async runtime must not hold up the clock.
fn start_ticking(engine: &Engine) -> io::Result<()> {
    let engine = engine.weak();
    std::thread::Builder::new().name("vestry-tick".into()).spawn(move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_that_went_by_with_other_servers_is_theirs() {
        let wall = Duration::from_secs(10);
        let after = |waited: u64| whose(CallError::TooLong(wall), Duration::from_secs(waited));
        assert!(matches!(after(0), CallError::TooLong(_)) && matches!(after(4), CallError::TooLong(_)));
        assert!(matches!(after(5), CallError::Waited(_)) && matches!(after(10), CallError::Waited(_)));
        let computed = whose(CallError::TooMuchCpu(wall), wall);
        assert!(matches!(computed, CallError::TooMuchCpu(_)), "however long it waited before");
    }
}

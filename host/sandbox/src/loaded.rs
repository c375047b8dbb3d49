//! A component that is ready to be called.

use std::fmt;
use std::marker::PhantomData;

use vestry_contract::background::Task;
use vestry_contract::exchange::{Request, Response};
use vestry_contract::live::Batch;
use vestry_contract::registration::PluginInfo;
use vestry_contract::streaming::Chunk;
use vestry_contract::types::Failure;
use wasmtime::Store;
use wasmtime::component::{
    Component, ComponentExportIndex, ComponentNamedList, Instance, InstancePre, Lift, Linker, Lower, TypedFunc,
};

use crate::state::State;

/// A component whose imports are linked and whose exports are found; making an instance of it takes microseconds.
#[derive(Clone)]
pub struct Loaded {
    digest: String,
    imports: Vec<String>,
    pub(crate) pre: InstancePre<State>,
    pub(crate) register: Register,
    pub(crate) handle: Handle,
    pub(crate) run: Option<Run>,
    pub(crate) follow: Option<FollowPage>,
    pub(crate) chunk: Option<NextChunk>,
    pub(crate) migrate: Option<Migrate>,
}

/// What a plugin answers.
type Answer<T> = (Result<T, Failure>,);

type Register = Export<(), (PluginInfo,)>;
type Handle = Export<(Request,), Answer<Response>>;
type Run = Export<(Task,), Answer<String>>;
type FollowPage = Export<(Request, String), Answer<Batch>>;
type NextChunk = Export<(Request, String, Option<String>), Answer<Chunk>>;
type Migrate = Export<(u32,), Answer<()>>;

/// What a plugin can export: the interface, and its function.
const FEATURE: &str = "vestry:plugin/feature@0.1.0";
const BACKGROUND: &str = "vestry:plugin/background@0.1.0";
const LIVE: &str = "vestry:plugin/live@0.1.0";
const STREAMING: &str = "vestry:plugin/streaming@0.1.0";
const MIGRATION: &str = "vestry:plugin/migration@0.1.0";

/// A function that a component exports, with the type that the contract gives it.
pub(crate) struct Export<P, R> {
    index: ComponentExportIndex,
    kind: PhantomData<fn(P) -> R>,
}

impl<P, R> Clone for Export<P, R> {
    fn clone(&self) -> Self {
        Self { index: self.index, kind: PhantomData }
    }
}

impl<P: ComponentNamedList + Lower, R: ComponentNamedList + Lift> Export<P, R> {
    fn find(component: &Component, interface: &str, function: &str) -> Option<Self> {
        let interface = component.get_export_index(None, interface)?;
        let index = component.get_export_index(Some(&interface), function)?;
        Some(Self { index, kind: PhantomData })
    }

    /// The function of an instance. Comparing its type with the contract's takes microseconds, so it is done for the one
    /// function that is called, not for all as the generated bindings do.
    pub(crate) fn of(&self, store: &mut Store<State>, instance: &Instance) -> wasmtime::Result<TypedFunc<P, R>> {
        instance.get_typed_func(store, self.index)
    }
}

/// Why a component is not a plugin of this host.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error(
        "it imports {0}, which this version of Vestry does not provide; build it without, or for a server that has it"
    )]
    UnknownImport(String),
    #[error("it does not export `{0}` of {FEATURE}, as every plugin does")]
    NoFeature(&'static str),
    #[error("it was built for another version of the contract; build it again with the WIT files of this one: {0}")]
    Mismatch(String),
}

impl Loaded {
    pub(crate) fn new(digest: &str, component: &Component, linker: &Linker<State>) -> Result<Self, LoadError> {
        let kind = component.component_type();
        let imports: Vec<String> = kind.imports(component.engine()).map(|(name, _)| name.to_owned()).collect();
        if let Some(unknown) = imports.iter().find(|name| !is_provided(name)) {
            return Err(LoadError::UnknownImport(unknown.clone()));
        }
        let pre = linker.instantiate_pre(component).map_err(|error| LoadError::Mismatch(format!("{error:#}")))?;
        let register = Export::find(component, FEATURE, "register").ok_or(LoadError::NoFeature("register"))?;
        let handle = Export::find(component, FEATURE, "handle").ok_or(LoadError::NoFeature("handle"))?;
        Ok(Self {
            digest: digest.to_owned(),
            imports,
            pre,
            register,
            handle,
            run: Export::find(component, BACKGROUND, "run"),
            follow: Export::find(component, LIVE, "next"),
            chunk: Export::find(component, STREAMING, "next"),
            migrate: Export::find(component, MIGRATION, "migrate"),
        })
    }

    /// Compares the type of every function that it exports with the contract's: a mismatch should show before it is
    /// called.
    pub(crate) fn check(&self, store: &mut Store<State>, instance: &Instance) -> wasmtime::Result<()> {
        self.handle.of(store, instance)?;
        if let Some(run) = &self.run {
            run.of(store, instance)?;
        }
        if let Some(follow) = &self.follow {
            follow.of(store, instance)?;
        }
        if let Some(chunk) = &self.chunk {
            chunk.of(store, instance)?;
        }
        if let Some(migrate) = &self.migrate {
            migrate.of(store, instance)?;
        }
        Ok(())
    }

    /// Whether it works in the background: exports `background`.
    #[must_use]
    pub fn has_background(&self) -> bool {
        self.run.is_some()
    }

    /// Whether its pages can be followed: exports `live`.
    #[must_use]
    pub fn has_live(&self) -> bool {
        self.follow.is_some()
    }

    /// Whether it answers piece by piece: exports `streaming`.
    #[must_use]
    pub fn has_streaming(&self) -> bool {
        self.chunk.is_some()
    }

    /// Whether it can bring older data to its own shape: exports `migration`.
    #[must_use]
    pub fn has_migration(&self) -> bool {
        self.migrate.is_some()
    }

    /// SHA-256 of the component, in lower-case hexadecimal.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The interfaces of the host that it imports, such as `vestry:plugin/kv@0.1.0`, without those that ask for
    /// nothing (WASI, and the interfaces that hold types alone).
    pub fn interfaces(&self) -> impl Iterator<Item = &str> {
        self.imports.iter().map(String::as_str).filter(|name| {
            name.starts_with("vestry:") && !vestry_capabilities::TYPES.iter().any(|types| name.starts_with(types))
        })
    }
}

impl fmt::Debug for Loaded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Loaded").field("digest", &self.digest).field("imports", &self.imports).finish()
    }
}

fn is_provided(import: &str) -> bool {
    const WASI: [&str; 5] = ["wasi:cli/", "wasi:clocks/", "wasi:filesystem/", "wasi:io/", "wasi:random/"];
    let interface = import.split('@').next().unwrap_or(import);
    WASI.iter().any(|package| interface.starts_with(package))
        || vestry_capabilities::TYPES.contains(&interface)
        || vestry_capabilities::interfaces().any(|provided| provided == interface)
}

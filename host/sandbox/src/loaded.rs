//! A component that is ready to be called.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

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

use crate::fit::{self, LoadError};
use crate::state::State;

/// A component whose imports are linked and whose exports are found; making an instance of it takes microseconds.
/// Clones share it: each call has one.
#[derive(Clone)]
pub struct Loaded {
    pub(crate) parts: Arc<Parts>,
}

/// What a [`Loaded`] consists of.
pub(crate) struct Parts {
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

/// What a plugin can export.
const FEATURE: &str = "vestry:plugin/feature";
const BACKGROUND: &str = "vestry:plugin/background";
const LIVE: &str = "vestry:plugin/live";
const STREAMING: &str = "vestry:plugin/streaming";
const MIGRATION: &str = "vestry:plugin/migration";

/// A function that a component exports, with the type that the contract gives it.
pub(crate) struct Export<P, R> {
    index: ComponentExportIndex,
    interface: &'static str,
    function: &'static str,
    kind: PhantomData<fn(P) -> R>,
}

impl<P, R> Clone for Export<P, R> {
    fn clone(&self) -> Self {
        Self { index: self.index, interface: self.interface, function: self.function, kind: PhantomData }
    }
}

impl<P: ComponentNamedList + Lower, R: ComponentNamedList + Lift> Export<P, R> {
    fn find(component: &Component, interface: &'static str, function: &'static str) -> Option<Self> {
        let instance = component.get_export_index(None, fit::versioned(interface))?;
        let index = component.get_export_index(Some(&instance), function)?;
        Some(Self { index, interface, function, kind: PhantomData })
    }

    /// The function of an instance. Comparing its type with the contract's takes microseconds, so it is done for the one
    /// function that is called, not for all as the generated bindings do.
    pub(crate) fn of(&self, store: &mut Store<State>, instance: &Instance) -> wasmtime::Result<TypedFunc<P, R>> {
        instance.get_typed_func(store, self.index)
    }

    /// What is wrong with its type.
    fn problem(&self, store: &mut Store<State>, instance: &Instance) -> Option<String> {
        let error = self.of(store, instance).err()?;
        Some(fit::other_types(self.interface, self.function, &error))
    }
}

impl Loaded {
    pub(crate) fn new(digest: &str, component: &Component, linker: &Linker<State>) -> Result<Self, LoadError> {
        LoadError::of(fit::problems(component, linker))?;
        let kind = component.component_type();
        let imports: Vec<String> = kind.imports(component.engine()).map(|(name, _)| name.to_owned()).collect();
        let pre = linker.instantiate_pre(component).map_err(|error| LoadError::from(format!("{error:#}")))?;
        let feature = |function| format!("it does not export `{function}` of `{FEATURE}`; add it");
        let register =
            Export::find(component, FEATURE, "register").ok_or_else(|| LoadError::from(feature("register")))?;
        let handle = Export::find(component, FEATURE, "handle").ok_or_else(|| LoadError::from(feature("handle")))?;
        let parts = Parts {
            digest: digest.to_owned(),
            imports,
            pre,
            register,
            handle,
            run: Export::find(component, BACKGROUND, "run"),
            follow: Export::find(component, LIVE, "next"),
            chunk: Export::find(component, STREAMING, "next"),
            migrate: Export::find(component, MIGRATION, "migrate"),
        };
        Ok(Self { parts: Arc::new(parts) })
    }

    /// Compares the type of every function that it exports with the contract's: a mismatch should show before it is
    /// called.
    pub(crate) fn check(&self, store: &mut Store<State>, instance: &Instance) -> Result<(), LoadError> {
        let problems = [
            self.parts.register.problem(store, instance),
            self.parts.handle.problem(store, instance),
            self.parts.run.as_ref().and_then(|run| run.problem(store, instance)),
            self.parts.follow.as_ref().and_then(|follow| follow.problem(store, instance)),
            self.parts.chunk.as_ref().and_then(|chunk| chunk.problem(store, instance)),
            self.parts.migrate.as_ref().and_then(|migrate| migrate.problem(store, instance)),
        ];
        LoadError::of(problems.into_iter().flatten().collect())
    }

    /// Whether it works in the background: exports `background`.
    #[must_use]
    pub fn has_background(&self) -> bool {
        self.parts.run.is_some()
    }

    /// Whether its pages can be followed: exports `live`.
    #[must_use]
    pub fn has_live(&self) -> bool {
        self.parts.follow.is_some()
    }

    /// Whether it answers piece by piece: exports `streaming`.
    #[must_use]
    pub fn has_streaming(&self) -> bool {
        self.parts.chunk.is_some()
    }

    /// Whether it can bring older data to its own shape: exports `migration`.
    #[must_use]
    pub fn has_migration(&self) -> bool {
        self.parts.migrate.is_some()
    }

    /// SHA-256 of the component, in lower-case hexadecimal.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.parts.digest
    }

    /// The interfaces of the host that it imports, such as `vestry:plugin/kv@0.1.0`, without those that ask for
    /// nothing (WASI, and the interfaces that hold types alone).
    pub fn interfaces(&self) -> impl Iterator<Item = &str> {
        self.parts.imports.iter().map(String::as_str).filter(|name| {
            name.starts_with("vestry:") && !vestry_capabilities::TYPES.iter().any(|types| name.starts_with(types))
        })
    }
}

impl fmt::Debug for Loaded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Loaded")
            .field("digest", &self.parts.digest)
            .field("imports", &self.parts.imports)
            .finish()
    }
}

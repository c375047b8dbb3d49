//! A component that is ready to be called.

use std::fmt;

use vestry_contract::exchange::{Request, Response};
use vestry_contract::registration::PluginInfo;
use vestry_contract::types::Failure;
use wasmtime::Store;
use wasmtime::component::{Component, ComponentExportIndex, Instance, InstancePre, Linker, TypedFunc};

use crate::state::State;

/// A component whose imports are linked and whose exports are found; making an instance of it takes microseconds.
#[derive(Clone)]
pub struct Loaded {
    digest: String,
    imports: Vec<String>,
    pub(crate) pre: InstancePre<State>,
    register: ComponentExportIndex,
    handle: ComponentExportIndex,
}

/// What every plugin exports.
const FEATURE: &str = "vestry:plugin/feature@0.1.0";

/// The type of `handle`.
pub(crate) type Handle = TypedFunc<(Request,), (Result<Response, Failure>,)>;

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
        let export = |name| {
            let feature = component.get_export_index(None, FEATURE)?;
            component.get_export_index(Some(&feature), name)
        };
        let register = export("register").ok_or(LoadError::NoFeature("register"))?;
        let handle = export("handle").ok_or(LoadError::NoFeature("handle"))?;
        Ok(Self { digest: digest.to_owned(), imports, pre, register, handle })
    }

    /// `register` of an instance. Comparing its type with the contract's takes microseconds, so it is done for the one
    /// function that is called, not for all as the generated bindings do.
    pub(crate) fn register(
        &self,
        store: &mut Store<State>,
        instance: &Instance,
    ) -> wasmtime::Result<TypedFunc<(), (PluginInfo,)>> {
        instance.get_typed_func(store, self.register)
    }

    /// `handle` of an instance.
    pub(crate) fn handle(&self, store: &mut Store<State>, instance: &Instance) -> wasmtime::Result<Handle> {
        instance.get_typed_func(store, self.handle)
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

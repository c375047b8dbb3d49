//! Whether a component fits the contract of this server, and where it does not: the interface, the function, and what to
//! change.
//!
//! wasmtime says the first thing that does not fit, in its own words. So where it says anything, each function is tried by
//! itself: in a copy of the linker in which a function of any type stands for every other one. That costs milliseconds,
//! and only for components that do not fit.

use std::fmt;

use wasmtime::Engine;
use wasmtime::component::types::{ComponentInstance, ComponentItem};
use wasmtime::component::{Component, Linker, ResourceType};

use crate::state::State;

#[cfg(test)]
mod tests;

/// The version of the contract: of all packages in `wit/`.
const VERSION: &str = "0.1.0";

/// Why a component is not a plugin of this server: a sentence for each thing that does not fit, with what to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it does not fit this version of Vestry:\n- {}", .problems.join("\n- "))]
pub struct LoadError {
    problems: Vec<String>,
}

impl LoadError {
    /// The error of these problems, where there are any.
    pub(crate) fn of(problems: Vec<String>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self { problems }) }
    }

    /// At least one, each a sentence.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

impl From<String> for LoadError {
    fn from(problem: String) -> Self {
        Self { problems: vec![problem] }
    }
}

/// An interface that a component may export, with its functions.
struct Exported {
    interface: &'static str,
    functions: &'static [&'static str],
    needed: bool,
}

/// All that the server calls.
const EXPORTED: [Exported; 5] = [
    Exported { interface: "vestry:plugin/feature", functions: &["register", "handle"], needed: true },
    Exported { interface: "vestry:plugin/background", functions: &["run"], needed: false },
    Exported { interface: "vestry:plugin/live", functions: &["next"], needed: false },
    Exported { interface: "vestry:plugin/streaming", functions: &["next"], needed: false },
    Exported { interface: "vestry:plugin/migration", functions: &["migrate"], needed: false },
];

/// Everything of a component that does not fit. What its exports take and answer shows only at an instance: see
/// [`other_types`].
pub(crate) fn problems(component: &Component, linker: &Linker<State>) -> Vec<String> {
    let mut problems = Vec::new();
    exports(component, &mut problems);
    if linker.instantiate_pre(component).is_err() {
        imports(component, linker, &mut problems);
    }
    problems
}

/// What is said of a function that a component exports with other types than the contract's.
pub(crate) fn other_types(interface: &str, function: &str, error: &wasmtime::Error) -> String {
    format!(
        "it exports `{function}` of `{interface}@{VERSION}` with other types than this server calls it with ({}); build it again with the WIT files of {VERSION}",
        error.root_cause()
    )
}

/// The full name of an interface of the contract.
pub(crate) fn versioned(interface: &str) -> String {
    format!("{interface}@{VERSION}")
}

fn exports(component: &Component, problems: &mut Vec<String>) {
    let engine = component.engine();
    let kind = component.component_type();
    let found: Vec<(Name<'_>, ComponentItem)> =
        kind.exports(engine).map(|(name, found)| (Name::parse(name), found.ty)).collect();
    for Exported { interface, functions, needed } in &EXPORTED {
        let same: Vec<_> = found.iter().filter(|(name, _)| name.interface == *interface).collect();
        match same.iter().find(|(name, _)| name.is_ours()) {
            Some((_, ComponentItem::ComponentInstance(instance))) => {
                let is_there = |function: &str| {
                    let found = instance.get_export(engine, function);
                    found.is_some_and(|found| matches!(found.ty, ComponentItem::ComponentFunc(_)))
                };
                problems.extend(functions.iter().filter(|function| !is_there(function)).map(|function| {
                    format!(
                        "it exports `{interface}@{VERSION}` without the function `{function}`; build it again with the WIT files of {VERSION}"
                    )
                }));
            }
            Some(_) => problems.push(format!("it exports `{interface}@{VERSION}`, but not as an interface")),
            None => match same.first() {
                Some((name, _)) => problems.push(format!(
                    "it exports `{name}`, and this server calls `{interface}@{VERSION}`; build it with the WIT files of {VERSION}"
                )),
                None if *needed => problems.push(format!(
                    "it does not export `{interface}@{VERSION}`, as every plugin does; add `export {interface}@{VERSION}` to its world"
                )),
                None => {}
            },
        }
    }
}

fn imports(component: &Component, linker: &Linker<State>, problems: &mut Vec<String>) {
    let engine = component.engine();
    let kind = component.component_type();
    let mut trial = Trial {
        component,
        given: linker,
        functions: Vec::new(),
        bare: Vec::new(),
        missing: Vec::new(),
        standard: Vec::new(),
    };
    for (name, import) in kind.imports(engine) {
        let parsed = Name::parse(name);
        let ComponentItem::ComponentInstance(instance) = import.ty else {
            trial.bare.push(name.to_owned());
            problems.push(format!(
                "it imports `{name}` by itself, and this server gives interfaces only; import the interface that has it"
            ));
            continue;
        };
        match unknown(&parsed) {
            Some(problem) => {
                problems.push(problem);
                trial.missing.push((name.to_owned(), instance));
            }
            None if parsed.is_of_contract() => trial.functions_of(&parsed, &instance, engine, problems),
            None => trial.standard.push((name.to_owned(), instance)),
        }
    }
    trial.other_types(problems);
    trial.other_standard(problems);
}

/// Why an import is not there, where it is not.
fn unknown(name: &Name<'_>) -> Option<String> {
    const WASI: [&str; 5] = ["wasi:cli/", "wasi:clocks/", "wasi:filesystem/", "wasi:io/", "wasi:random/"];
    const NETWORK: [&str; 2] = ["wasi:sockets/", "wasi:http/"];
    let starts = |packages: &[&str]| packages.iter().any(|package| name.interface.starts_with(package));
    let contract = vestry_capabilities::TYPES.contains(&name.interface)
        || vestry_capabilities::interfaces().any(|provided| provided == name.interface);
    let exported = EXPORTED.iter().any(|exported| exported.interface == name.interface);
    match () {
        () if contract && name.is_ours() => None,
        () if contract => Some(format!(
            "it imports `{name}`, and this server has `{}@{VERSION}`; build it with the WIT files of {VERSION}, or install it on a server of that version",
            name.interface
        )),
        () if exported => Some(format!("it imports `{name}`, which plugins export; export it instead")),
        () if name.is_of_contract() => Some(format!(
            "it imports `{name}`, which this version of Vestry does not have; build it without, or install it on a server that has it"
        )),
        () if starts(&NETWORK) => Some(format!(
            "it imports `{name}`, which no plugin is given; reach others through `vestry:plugin/http-client@{VERSION}`"
        )),
        () if starts(&WASI) => None,
        () => Some(format!("it imports `{name}`, which is no interface of Vestry; build it without")),
    }
}

/// A function that a component imports, in the interface by the server's name for it.
#[derive(PartialEq, Eq)]
struct Function {
    interface: String,
    name: String,
}

/// Trying imports one by one.
struct Trial<'c> {
    component: &'c Component,
    given: &'c Linker<State>,
    /// Those that are there, whatever their types.
    functions: Vec<Function>,
    /// What is imported outside of any interface.
    bare: Vec<String>,
    /// Interfaces that are not there.
    missing: Vec<Imported>,
    /// Interfaces of WASI.
    standard: Vec<Imported>,
}

/// An interface as it is imported.
type Imported = (String, ComponentInstance);

impl Trial<'_> {
    fn functions_of(
        &mut self,
        name: &Name<'_>,
        instance: &ComponentInstance,
        engine: &Engine,
        problems: &mut Vec<String>,
    ) {
        for (function, item) in instance.exports(engine) {
            if !matches!(item.ty, ComponentItem::ComponentFunc(_)) {
                continue;
            }
            let function = Function { interface: versioned(name.interface), name: function.to_owned() };
            if !self.is_there(&function) {
                problems.push(format!(
                    "it imports the function `{}` of `{}`, which the interface does not have on this server; build it without, or install it on a server that has it",
                    function.name, function.interface
                ));
            }
            self.functions.push(function);
        }
    }

    /// Names the functions that have other types here.
    fn other_types(&self, problems: &mut Vec<String>) {
        for tried in self.functions.iter().filter(|function| self.is_there(function)) {
            let Some(error) = self.refusal(Some(tried), &self.standard) else { continue };
            problems.push(format!(
                "it imports the function `{}` of `{}` with other types than it has on this server ({}); build it again with the WIT files of {VERSION}",
                tried.name,
                tried.interface,
                error.root_cause()
            ));
        }
    }

    /// Says where WASI is another one, the first place alone: its interfaces hand each other resources, so none of them can be
    /// tried by itself.
    fn other_standard(&self, problems: &mut Vec<String>) {
        if let Some(error) = self.refusal(None, &[]) {
            let chain: Vec<String> = error.chain().map(ToString::to_string).collect();
            problems.push(format!(
                "it imports WASI in another form than this server gives it ({}); build it with tools for WASI 0.2",
                chain.join(": ")
            ));
        }
    }

    fn is_there(&self, function: &Function) -> bool {
        // Without shadowing, a name that is there is not defined twice.
        define(&mut self.given.clone(), function).is_err()
    }

    /// What is wrong where something that fits stands for all functions but this one, and for these interfaces.
    fn refusal(&self, tried: Option<&Function>, replaced: &[Imported]) -> Option<wasmtime::Error> {
        let linker = self.linker(tried, replaced);
        linker.and_then(|linker| linker.instantiate_pre(self.component).map(drop)).err()
    }

    fn linker(&self, tried: Option<&Function>, replaced: &[Imported]) -> wasmtime::Result<Linker<State>> {
        let mut linker = self.given.clone();
        linker.allow_shadowing(true);
        for (name, instance) in self.missing.iter().chain(replaced) {
            let mut made = linker.instance(name)?;
            for (name, item) in instance.exports(self.component.engine()) {
                match item.ty {
                    ComponentItem::ComponentFunc(_) => made.func_new(name, |_, _, _, _| Ok(()))?,
                    ComponentItem::Resource(_) => made.resource(name, ResourceType::host::<()>(), |_, _| Ok(()))?,
                    _ => {}
                }
            }
        }
        for name in &self.bare {
            linker.root().func_new(name, |_, _, _, _| Ok(()))?;
        }
        let others = self.functions.iter().filter(|other| Some(*other) != tried);
        others.into_iter().try_for_each(|other| define(&mut linker, other))?;
        Ok(linker)
    }
}

/// Puts a function of any type in the place of this one.
fn define(linker: &mut Linker<State>, function: &Function) -> wasmtime::Result<()> {
    linker.instance(&function.interface)?.func_new(&function.name, |_, _, _, _| Ok(()))
}

/// The name of an interface, with its version where it has one.
struct Name<'n> {
    interface: &'n str,
    version: Option<&'n str>,
}

impl<'n> Name<'n> {
    fn parse(name: &'n str) -> Self {
        match name.split_once('@') {
            Some((interface, version)) => Self { interface, version: Some(version) },
            None => Self { interface: name, version: None },
        }
    }

    fn is_of_contract(&self) -> bool {
        self.interface.starts_with("vestry:")
    }

    /// Whether its version is one that grew out of ours, or ours out of it: `0.1.3` and `0.1.0`, not `0.2.0`.
    fn is_ours(&self) -> bool {
        let track = |version: &str| version.rsplit_once('.').map(|(track, _)| track.to_owned());
        self.version.is_some_and(|version| track(version) == track(VERSION))
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.version {
            Some(version) => write!(formatter, "{}@{version}", self.interface),
            None => formatter.write_str(self.interface),
        }
    }
}

//! Whether a component fits the contract of this server, and where it does not: the interface, the function, and what to
//! change.
//!
//! wasmtime says the first thing that does not fit, in its own words. So where it says anything, each function is tried by
//! itself: in a copy of the linker in which a function of any type stands for every other one. That costs milliseconds,
//! and only for components that do not fit.
//!
//! Strangers write components. So what one may import is bounded before anything is tried ([`MOST`]), functions are tried only
//! where their interface as a whole does not fit, each once, whichever versions of it are imported; and what is said has an
//! end ([`MOST_PROBLEMS`], [`LONGEST`]).

use std::collections::BTreeSet;
use std::fmt;

use wasmtime::Engine;
use wasmtime::component::types::{ComponentInstance, ComponentItem};
use wasmtime::component::{Component, Linker, ResourceType};

use crate::state::State;

#[cfg(test)]
mod tests;

/// The version of the contract: of all packages in `wit/`.
const VERSION: &str = "0.1.0";
/// Sentences about one component. Whoever mends these reads on.
const MOST_PROBLEMS: usize = 30;
/// Characters of one sentence.
const LONGEST: usize = 800;
/// Characters of a component's own names in it, and of what wasmtime says.
const LONGEST_NAME: usize = 120;
const LONGEST_ERROR: usize = 300;

/// Why a component is not a plugin of this server: a sentence for each thing that does not fit, with what to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it does not fit this version of Vestry:\n- {}", .problems.join("\n- "))]
pub struct LoadError {
    problems: Vec<String>,
}

impl LoadError {
    /// The error of these problems, where there are any.
    pub(crate) fn of(problems: Vec<String>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self::new(problems)) }
    }

    fn new(mut problems: Vec<String>) -> Self {
        let more = problems.len() > MOST_PROBLEMS;
        problems.truncate(MOST_PROBLEMS);
        for problem in &mut problems {
            *problem = short(problem, LONGEST);
        }
        if more {
            problems.push(format!("more than this does not fit; these are the first {MOST_PROBLEMS}"));
        }
        Self { problems }
    }

    /// At least one, each a sentence.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

impl From<String> for LoadError {
    fn from(problem: String) -> Self {
        Self::new(vec![problem])
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

/// What a component may import at most, by what it is called in sentences: each is looked at, some of it several times.
const MOST: [(&str, usize); 4] =
    [("interfaces", 200), ("functions", 1_000), ("types", 5_000), ("instances inside of interfaces", 0)];

/// Everything of a component that does not fit. What its exports take and answer shows only at an instance: see
/// [`other_types`]. Blocks, for a second at most.
pub(crate) fn problems(component: &Component, linker: &Linker<State>) -> Vec<String> {
    if let Some((what, most)) = too_much(component) {
        let much = if most == 0 { what.to_owned() } else { format!("more than {most} {what}") };
        let end = "which this server does not look through; build it with what it needs alone";
        return vec![format!("it imports {much}, {end}")];
    }
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
        cause(error)
    )
}

/// The first of [`MOST`] that a component goes beyond.
fn too_much(component: &Component) -> Option<(&'static str, usize)> {
    let engine = component.engine();
    let kind = component.component_type();
    let mut counts = [0; MOST.len()];
    for (_, import) in kind.imports(engine) {
        counts[0] += 1;
        if let ComponentItem::ComponentInstance(instance) = import.ty {
            for (_, item) in instance.exports(engine) {
                counts[match item.ty {
                    ComponentItem::ComponentFunc(_) => 1,
                    ComponentItem::Type(_) | ComponentItem::Resource(_) => 2,
                    _ => 3,
                }] += 1;
            }
        }
        if let Some((most, _)) = MOST.iter().zip(counts).find(|((_, most), count)| count > most) {
            return Some(*most);
        }
    }
    None
}

/// The beginning of what somebody else wrote.
pub(crate) fn short(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn cause(error: &wasmtime::Error) -> String {
    short(&error.root_cause().to_string(), LONGEST_ERROR)
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
        probe: linker.clone(),
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
                "it imports `{}` by itself, and this server gives interfaces only; import the interface that has it",
                short(name, LONGEST_NAME)
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
struct Function {
    interface: String,
    name: String,
    /// Whether the server has it, of whatever types.
    is_there: bool,
}

/// Trying imports one by one.
struct Trial<'c> {
    component: &'c Component,
    given: &'c Linker<State>,
    /// A copy of that, in which what is not there is defined to find out.
    probe: Linker<State>,
    /// Each once: two versions of an interface that are both ours share it.
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
        let interface = versioned(name.interface);
        for (function, item) in instance.exports(engine) {
            let is_known = |known: &Function| known.interface == interface && known.name == function;
            if !matches!(item.ty, ComponentItem::ComponentFunc(_)) || self.functions.iter().any(is_known) {
                continue;
            }
            // Without shadowing, a name that is there is not defined twice.
            let is_there = define(&mut self.probe, &interface, function).is_err();
            if !is_there {
                problems.push(format!(
                    "it imports the function `{}` of `{interface}`, which the interface does not have on this server; build it without, or install it on a server that has it",
                    short(function, LONGEST_NAME)
                ));
            }
            self.functions.push(Function { interface: interface.clone(), name: function.to_owned(), is_there });
        }
    }

    /// Names the functions that have other types here, as far as anybody reads.
    fn other_types(&self, problems: &mut Vec<String>) {
        let interfaces: BTreeSet<&str> = self.functions.iter().map(|function| function.interface.as_str()).collect();
        let fits = |interface: &&str| {
            self.refusal(|tried| tried.is_there && tried.interface == *interface, &self.standard).is_none()
        };
        let odd: Vec<&str> = interfaces.into_iter().filter(|interface| !fits(interface)).collect();
        let suspects = self.functions.iter().filter(|function| function.is_there);
        for tried in suspects.filter(|function| odd.contains(&function.interface.as_str())) {
            if problems.len() > MOST_PROBLEMS {
                return;
            }
            let Some(error) = self.refusal(|other| std::ptr::eq(other, tried), &self.standard) else { continue };
            problems.push(format!(
                "it imports the function `{}` of `{}` with other types than it has on this server ({}); build it again with the WIT files of {VERSION}",
                tried.name,
                tried.interface,
                cause(&error)
            ));
        }
    }

    /// Says where WASI is another one, the first place alone: its interfaces hand each other resources, so none of them can be
    /// tried by itself.
    fn other_standard(&self, problems: &mut Vec<String>) {
        if let Some(error) = self.refusal(|_| false, &[]) {
            let chain: Vec<String> = error.chain().map(ToString::to_string).collect();
            problems.push(format!(
                "it imports WASI in another form than this server gives it ({}); build it with tools for WASI 0.2",
                short(&chain.join(": "), LONGEST_ERROR)
            ));
        }
    }

    /// What is wrong where something that fits stands for all functions but those that are tried, and for these interfaces.
    fn refusal(&self, tried: impl Fn(&Function) -> bool, replaced: &[Imported]) -> Option<wasmtime::Error> {
        let linker = self.linker(tried, replaced);
        linker.and_then(|linker| linker.instantiate_pre(self.component).map(drop)).err()
    }

    fn linker(&self, tried: impl Fn(&Function) -> bool, replaced: &[Imported]) -> wasmtime::Result<Linker<State>> {
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
        let others = self.functions.iter().filter(|function| !tried(function));
        others.into_iter().try_for_each(|other| define(&mut linker, &other.interface, &other.name))?;
        Ok(linker)
    }
}

/// Puts a function of any type in the place of this one.
fn define(linker: &mut Linker<State>, interface: &str, function: &str) -> wasmtime::Result<()> {
    linker.instance(interface)?.func_new(function, |_, _, _, _| Ok(()))
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

    /// Whether its version is one that grew out of ours, or ours out of it: `0.1.3` and `0.1.0`, not `0.2.0`, nor
    /// `0.1.3-beta`.
    fn is_ours(&self) -> bool {
        let parts = |version: &str| version.rsplit_once('.').map(|(track, patch)| (track.to_owned(), patch.to_owned()));
        let is_number = |patch: &str| patch.bytes().all(|byte| byte.is_ascii_digit());
        let found = self.version.and_then(parts).filter(|(_, patch)| is_number(patch));
        found.map(|(track, _)| track) == parts(VERSION).map(|(track, _)| track)
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&short(self.interface, LONGEST_NAME))?;
        match self.version {
            Some(version) => write!(formatter, "@{}", short(version, LONGEST_NAME)),
            None => Ok(()),
        }
    }
}

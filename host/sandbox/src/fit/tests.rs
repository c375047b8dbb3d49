//! Components made of changed copies of `wit/`, each with what has to be said of it: a folder of `tests/fit` is a case.
//!
//! `world.wit` is what the component imports and exports; `change`, where it is there, what is changed in the contract before
//! that: lines that begin with `- ` are looked for and replaced by those that begin with `+ `; `beside.wit` is a package of
//! somebody else's. `says` is what has to be said, a line for each sentence; empty where the component fits.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use sha2::{Digest, Sha256};
use vestry_capabilities::{Call, Subject};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Function, Resolve, WorldId, WorldItem};

use crate::{
    CallError, Callee, Compiler, Limits, Loaded, Permits, Sandbox, SandboxError, SandboxSettings, Usage, Used,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fit")
}

#[tokio::test]
async fn each_case_says_what_to_change() {
    let directory = tempfile::tempdir().unwrap();
    let sandbox = sandbox(directory.path());
    let mut failures = Vec::new();
    let mut cases: Vec<PathBuf> = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    for case in &cases {
        let said = said_of(&sandbox, directory.path(), &component(case)).await.join("\n");
        let expected = fs::read_to_string(case.join("says")).unwrap();
        if said.trim() != expected.trim() {
            failures.push(format!("{}:\n{said}\n", case.file_name().unwrap().to_string_lossy()));
        }
    }
    assert!(cases.len() > 10, "{}", cases.len());
    assert!(failures.is_empty(), "what is said now:\n\n{}", failures.join("\n"));
}

#[tokio::test]
async fn a_call_that_breaks_off_is_counted_and_one_that_is_not_made_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let sandbox = sandbox(directory.path());
    let case = |name: &str| component(&root().join(name));
    let loaded = load(&sandbox, directory.path(), &case("fits")).await.unwrap();
    let (limits, usage) = (Limits::default(), sandbox.usage("org.example.a"));
    let permits = Permits::new(&limits);
    let callee = Callee { loaded: &loaded, limits: &limits, permits: &permits, usage: &usage };
    let ended = sandbox.migrate(callee, closed(), 1).await;
    assert!(matches!(ended, Err(CallError::Trapped { .. })), "{ended:?}");
    let used = sandbox.usage("org.example.a").since_start();
    assert_eq!((used.calls, used.failures, used.refused), (1, 1, 0));
    assert!(used.p95 > Duration::ZERO && used.peak_memory > 0, "{used:?}");
    assert_eq!(usage.last_hour(), used);
    let bare = load(&sandbox, directory.path(), &case("a-later-patch")).await.unwrap();
    let ended = sandbox.migrate(Callee { loaded: &bare, ..callee }, closed(), 1).await;
    assert!(matches!(ended, Err(CallError::NotExported)), "{ended:?}");
    assert_eq!(usage.since_start(), used);
    assert_eq!(sandbox.usage("org.example.b").since_start(), Used::default());
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_any_more_is_counted() {
    let directory = tempfile::tempdir().unwrap();
    let sandbox = sandbox(directory.path());
    // What broke off at once could have ended before it was looked at.
    let endless = made_with(&world(&root().join("fits")), TURNS_FOR_EVER);
    let loaded = load(&sandbox, directory.path(), &endless).await.unwrap();
    let (limits, usage) = (Limits::default(), Usage::default());
    let permits = Permits::new(&limits);
    let callee = Callee { loaded: &loaded, limits: &limits, permits: &permits, usage: &usage };
    for _ in 0..20 {
        let mut asked = Box::pin(sandbox.migrate(callee, closed(), 1));
        let begun = std::future::poll_fn(|context| Poll::Ready(asked.as_mut().poll(context)));
        assert!(begun.await.is_pending());
    }
    let used = usage.since_start();
    assert_eq!((used.calls, used.failures), (20, 0), "whoever leaves says nothing about the plugin");
}

fn sandbox(directory: &Path) -> Sandbox {
    let compiled = directory.join("compiled");
    Sandbox::new(SandboxSettings { compiled, key: [7; 32], compiler: Compiler::InProcess }).unwrap()
}

async fn load(sandbox: &Sandbox, directory: &Path, component: &[u8]) -> Result<Loaded, SandboxError> {
    let file = directory.join("component.wasm");
    fs::write(&file, component).unwrap();
    sandbox.load(&data_encoding::HEXLOWER.encode(&Sha256::digest(component)), &file).await
}

fn closed() -> Call {
    let empty = String::new;
    Call::closed(Arc::new(Subject {
        id: empty(),
        version: empty(),
        title: empty(),
        digest: empty(),
        settings: empty(),
        space: empty(),
        messages: Vec::new(),
    }))
}

async fn said_of(sandbox: &Sandbox, directory: &Path, component: &[u8]) -> Vec<String> {
    let loaded = match load(sandbox, directory, component).await {
        Ok(loaded) => loaded,
        Err(error) => return error.problems(),
    };
    match sandbox.register(&loaded, closed()).await {
        // What is called here has no code: it broke off because it was called.
        Err(CallError::Trapped { reason, .. }) if reason.contains("unreachable") => Vec::new(),
        Err(error) => error.problems(),
        Ok(_) => vec!["it registered".into()],
    }
}

#[tokio::test]
async fn what_strangers_bring_is_looked_through_in_a_bounded_time() {
    let directory = tempfile::tempdir().unwrap();
    let sandbox = sandbox(directory.path());
    let import = |number: usize| format!("import i{number}: interface {{ f: func(); }}\n");
    let interfaces: String = (0..201).map(import).collect();
    let functions: String = (0..1_001).map(|number| format!("call{number}: func(); ")).collect();
    let functions = format!("import many: interface {{ {functions} }}");
    for (world, said) in [(interfaces, "more than 200 interfaces"), (functions, "more than 1000 functions")] {
        let found = said_of(&sandbox, directory.path(), &made_of(&added(contract(), &world))).await;
        assert!(found.len() == 1 && found[0].contains(said), "{said}: {found:?}");
    }
    let found = said_of(&sandbox, directory.path(), &inside_of_an_interface("vestry:plugin/kv@0.1.0")).await;
    assert!(found.len() == 1 && found[0].contains("imports instances inside of interfaces"), "{found:?}");
}

#[tokio::test]
async fn what_is_said_has_an_end() {
    let directory = tempfile::tempdir().unwrap();
    let sandbox = sandbox(directory.path());
    let mut resolve = contract();
    let world = other_versions(&mut resolve, &["0.1.7", "0.1.8"]);
    let found = said_of(&sandbox, directory.path(), &made_of(&added(resolve, &world))).await;
    let functions: Vec<_> = found.iter().filter(|said| said.contains("with other types")).collect();
    assert!(functions.len() > 25 && found.len() == 31, "{found:#?}");
    let once: std::collections::HashSet<_> = functions.iter().map(|said| said.split(" with ").next()).collect();
    assert_eq!(once.len(), functions.len(), "two versions of a function are one");
    assert!(found[30].contains("more than this does not fit"), "{}", found[30]);
    let long = "a".repeat(20_000);
    let world = format!("import {long}: interface {{ f: func(); }}\nimport {long}b: func();");
    let found = said_of(&sandbox, directory.path(), &made_of(&added(contract(), &world))).await;
    assert!(found.len() > 2 && found.iter().all(|said| said.chars().count() <= 801), "{}", found.len());
    assert!(found.iter().any(|said| said.contains("build it without")), "what to do is not cut off: {found:?}");
}

/// The component of a case: of its world, and each function breaks off.
fn component(case: &Path) -> Vec<u8> {
    made_of(&world(case))
}

fn made_of(world: &(Resolve, WorldId)) -> Vec<u8> {
    made_with(world, BREAKS_OFF)
}

fn made_with((resolve, world): &(Resolve, WorldId), code: &[u8]) -> Vec<u8> {
    let world = *world;
    let mut module = module(resolve, world, code);
    embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8, false).unwrap();
    ComponentEncoder::default().validate(true).module(&module).unwrap().encode().unwrap()
}

fn world(case: &Path) -> (Resolve, WorldId) {
    let change = fs::read_to_string(case.join("change")).unwrap_or_default();
    let lines = |mark: &str| {
        let lines: Vec<&str> = change.lines().filter_map(|line| line.strip_prefix(mark)).collect();
        lines.join("\n")
    };
    let (old, new) = (lines("- "), lines("+ "));
    let mut resolve = Resolve::default();
    let mut changed = 0;
    for package in ["plugin", "admin"] {
        let copied = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(root().join("../../../../wit").join(package)).unwrap().flatten() {
            let text = fs::read_to_string(entry.path()).unwrap();
            let text = if old.is_empty() { text } else { text.replace(&old, &new) };
            changed += usize::from(!new.is_empty() && text.contains(&new));
            fs::write(copied.path().join(entry.file_name()), text).unwrap();
        }
        // The other package is built on this one as it is.
        match resolve.push_dir(copied.path()) {
            Ok(_) => {}
            Err(_) if package == "admin" => {}
            Err(error) => panic!("{}: {error:#}", case.display()),
        }
    }
    assert!(old.is_empty() || changed > 0, "{}: nothing was changed", case.display());
    if let Ok(beside) = fs::read_to_string(case.join("beside.wit")) {
        resolve.push_str("beside.wit", &beside).unwrap();
    }
    added(resolve, &fs::read_to_string(case.join("world.wit")).unwrap())
}

/// The same with a world of these imports and exports.
fn added(mut resolve: Resolve, text: &str) -> (Resolve, WorldId) {
    let text = format!("package example:tried;\nworld tried {{\n{text}\n}}");
    let package = resolve.push_str("world.wit", &text).unwrap();
    let world = resolve.select_world(&[package], Some("tried")).unwrap();
    (resolve, world)
}

/// `wit/`, as it is.
fn contract() -> Resolve {
    let mut resolve = Resolve::default();
    for package in ["plugin", "admin"] {
        resolve.push_dir(root().join("../../../../wit").join(package)).unwrap();
    }
    resolve
}

/// Adds other versions of what plugins may import of the contract: the same names, with a type that no function has.
/// Answers the imports of them all.
fn other_versions(resolve: &mut Resolve, versions: &[&str]) -> String {
    let offered: Vec<&str> = vestry_capabilities::interfaces().collect();
    let mut interfaces: Vec<(String, String, Vec<String>)> = Vec::new();
    for interface in resolve.interfaces.iter().map(|(_, interface)| interface) {
        let (Some(name), Some(package)) = (&interface.name, interface.package) else { continue };
        let package = &resolve.packages[package].name;
        let package = format!("{}:{}", package.namespace, package.name);
        if offered.contains(&format!("{package}/{name}").as_str()) {
            interfaces.push((package, name.clone(), interface.functions.keys().cloned().collect()));
        }
    }
    let mut imports = String::new();
    for version in versions {
        for wanted in ["vestry:plugin", "vestry:admin"] {
            let mut text = format!("package {wanted}@{version};\n");
            for (_, name, functions) in interfaces.iter().filter(|(package, ..)| package == wanted) {
                let functions: String =
                    functions.iter().map(|function| format!("%{function}: func(a: tuple<f64, char>); ")).collect();
                text.push_str(&format!("interface %{name} {{ {functions} }}\n"));
                imports.push_str(&format!("import {wanted}/%{name}@{version};\n"));
            }
            resolve.push_str("other.wit", &text).unwrap();
        }
    }
    imports
}

/// A component that imports an interface with an instance in it, which no WIT can say (Component Model, Binary Format).
fn inside_of_an_interface(interface: &str) -> Vec<u8> {
    let inner = [vec![0x01, 0x42, 0x00], vec![0x04, 0x00], name("inner"), vec![0x05, 0x00]].concat();
    let types = [vec![0x01, 0x42, 0x02], inner].concat();
    let imports = [vec![0x01, 0x00], name(interface), vec![0x05, 0x00]].concat();
    let section = |id: u8, body: Vec<u8>| [vec![id], leb(body.len()), body].concat();
    [b"\0asm\x0d\0\x01\0".to_vec(), section(7, types), section(10, imports)].concat()
}

/// `unreachable`.
const BREAKS_OFF: &[u8] = &[0x00];

/// `loop br 0 end unreachable`.
const TURNS_FOR_EVER: &[u8] = &[0x03, 0x40, 0x0c, 0x00, 0x0b, 0x00];

/// A core module with all that a world imports and exports, each of its functions with this code.
fn module(resolve: &Resolve, world: WorldId, code: &[u8]) -> Vec<u8> {
    let world = &resolve.worlds[world];
    let mut made = Module::default();
    for (key, item) in &world.imports {
        let from = resolve.name_world_key(key);
        for (interface, function) in functions(resolve, item) {
            let kind = made.kind(resolve, AbiVariant::GuestImport, function);
            let module = if interface { from.as_str() } else { "$root" };
            made.imports.push([name(module), name(&function.name), vec![0, kind]].concat());
        }
    }
    for (key, item) in &world.exports {
        for (_, function) in functions(resolve, item) {
            let kind = made.kind(resolve, AbiVariant::GuestExport, function);
            made.functions.push((format!("{}#{}", resolve.name_world_key(key), function.name), kind));
        }
    }
    // (old, old size, alignment, new size) -> new
    let kind = made.kind_of(&[I32; 4], &[I32]);
    made.functions.push(("cabi_realloc".into(), kind));
    made.encode(code)
}

/// The functions of an item of a world, and whether they are in an interface.
fn functions<'r>(resolve: &'r Resolve, item: &'r WorldItem) -> Vec<(bool, &'r Function)> {
    match item {
        WorldItem::Interface { id, .. } => {
            resolve.interfaces[*id].functions.values().map(|function| (true, function)).collect()
        }
        WorldItem::Function(function) => vec![(false, function)],
        WorldItem::Type { .. } => Vec::new(),
    }
}

/// A module as it is put together (WebAssembly Core Specification, section 5).
#[derive(Default)]
struct Module {
    kinds: Vec<Vec<u8>>,
    imports: Vec<Vec<u8>>,
    functions: Vec<(String, u8)>,
}

const I32: u8 = 0x7f;

impl Module {
    fn kind(&mut self, resolve: &Resolve, variant: AbiVariant, function: &Function) -> u8 {
        let signature = resolve.wasm_signature(variant, function);
        let types = |types: &[WasmType]| -> Vec<u8> {
            let code = |kind: &WasmType| match kind {
                WasmType::I64 | WasmType::PointerOrI64 => 0x7e,
                WasmType::F32 => 0x7d,
                WasmType::F64 => 0x7c,
                WasmType::I32 | WasmType::Pointer | WasmType::Length => I32,
            };
            types.iter().map(code).collect()
        };
        self.kind_of(&types(&signature.params), &types(&signature.results))
    }

    fn kind_of(&mut self, parameters: &[u8], results: &[u8]) -> u8 {
        let count = |list: &[u8]| u8::try_from(list.len()).unwrap();
        let kind = [&[0x60, count(parameters)], parameters, &[count(results)], results].concat();
        let known = self.kinds.iter().position(|known| *known == kind);
        let index = known.unwrap_or_else(|| {
            self.kinds.push(kind);
            self.kinds.len() - 1
        });
        // In one byte of LEB128.
        u8::try_from(index).ok().filter(|index| *index < 128).unwrap()
    }

    fn encode(&self, code: &[u8]) -> Vec<u8> {
        let first = self.imports.len();
        let kinds: Vec<Vec<u8>> = self.functions.iter().map(|(_, kind)| vec![*kind]).collect();
        let exported =
            |(index, (function, _)): (usize, &(String, u8))| [name(function), vec![0], leb(first + index)].concat();
        let mut exports: Vec<Vec<u8>> = self.functions.iter().enumerate().map(exported).collect();
        exports.push([name("memory"), vec![2, 0]].concat());
        // No locals, the code, `end`.
        let body = [&[0x00], code, &[0x0b]].concat();
        let code = vec![[leb(body.len()), body].concat(); self.functions.len()];
        let sections =
            [(1, &self.kinds), (2, &self.imports), (3, &kinds), (5, &vec![vec![0, 1]]), (7, &exports), (10, &code)];
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        for (id, items) in sections {
            let body = [leb(items.len()), items.concat()].concat();
            module.extend([vec![id], leb(body.len()), body].concat());
        }
        module
    }
}

fn name(text: &str) -> Vec<u8> {
    [leb(text.len()), text.as_bytes().to_vec()].concat()
}

/// Unsigned LEB128.
fn leb(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(number & 0x7f).unwrap();
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

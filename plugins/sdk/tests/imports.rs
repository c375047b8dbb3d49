//! A component imports what it uses, exports what `plugin!` names, and stays small: seen on plugins of this workspace.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use wit_component::DecodedWasm;
use wit_parser::WorldKey;

/// Bytes of the example. A host that keeps a thousand plugins notices.
const LARGEST: u64 = 112 << 10;

/// A component as `cargo xtask setup` has built it: a file below `target`.
fn built(file: &str) -> PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name(file);
    assert!(file.is_file(), "{} is not there: run `cargo xtask setup`", file.display());
    file
}

/// Names of the interfaces that a component imports, WASI left out, and of those that it exports.
fn interfaces(component: &Path) -> (Vec<String>, Vec<String>) {
    let DecodedWasm::Component(resolve, world) = wit_component::decode(&std::fs::read(component).unwrap()).unwrap()
    else {
        panic!("{} is no component", component.display())
    };
    let world = &resolve.worlds[world];
    let name = |key: &WorldKey| resolve.name_world_key(key);
    let mut imports: Vec<_> = world.imports.keys().map(name).filter(|name| !name.starts_with("wasi:")).collect();
    imports.sort_unstable();
    let mut exports: Vec<_> = world.exports.keys().map(name).collect();
    exports.sort_unstable();
    (imports, exports)
}

/// The interfaces of the package `vestry:plugin` with these names.
fn of_plugin(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("vestry:plugin/{name}@0.1.0")).collect()
}

/// They hold types alone and ask for nothing.
const TYPES: [&str; 4] = [
    "vestry:plugin/exchange@0.1.0",
    "vestry:plugin/registration@0.1.0",
    "vestry:plugin/types@0.1.0",
    "vestry:plugin/ui@0.1.0",
];

#[test]
fn the_example_imports_types_alone_and_is_small() {
    let component = built("test-plugins/hello.wasm");
    let (imports, exports) = interfaces(&component);
    assert_eq!(imports, TYPES);
    assert_eq!(exports, ["vestry:plugin/feature@0.1.0"]);
    let size = std::fs::metadata(&component).unwrap().len();
    assert!(size < LARGEST, "the example has {size} bytes");
}

#[test]
fn a_plugin_imports_just_the_interfaces_that_it_calls() {
    let (imports, _) = interfaces(&built("shipped/users.wasm"));
    let asked: Vec<_> = imports.iter().filter(|name| !TYPES.contains(&name.as_str())).collect();
    assert_eq!(asked, ["vestry:admin/users@0.1.0"]);
}

#[test]
fn a_plugin_exports_just_what_it_names() {
    let (imports, exports) = interfaces(&built("test-plugins/worker.wasm"));
    assert_eq!(exports, of_plugin(&["background", "feature", "live", "streaming"]));
    let asked: Vec<_> = imports.into_iter().filter(|name| !TYPES.contains(&name.as_str())).collect();
    assert_eq!(asked, of_plugin(&["events", "jobs", "kv", "log", "mail", "uploads"]));

    let (imports, exports) = interfaces(&built("test-plugins/ledger-2.wasm"));
    assert_eq!(exports, of_plugin(&["feature", "migration"]));
    let asked: Vec<_> = imports.into_iter().filter(|name| !TYPES.contains(&name.as_str())).collect();
    assert_eq!(asked, of_plugin(&["kv"]));
}

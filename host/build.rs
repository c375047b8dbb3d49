//! Puts what the program carries inside where it is compiled from: the shipped components and the front-end assets.

use std::path::{Path, PathBuf};
use std::{env, fs, process};

/// Components in `target/shipped`.
const SHIPPED: &[&str] =
    &["users.wasm", "jobs.wasm", "styleguide.wasm", "packages.wasm", "about.wasm", "logs.wasm", "utilities.wasm"];

/// What administrators are told that the program was built with, as far as `Cargo.lock` names it.
const BUILT_WITH: &[&str] = &["wasmtime", "axum", "tokio", "rusqlite", "rustls", "gix"];

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("..");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let built = root.join("target");
    if let Err(error) = shipped(&built, &out) {
        eprintln!(
            "{error}\nRun `cargo xtask setup` first: it builds the components and fetches the assets that the program carries."
        );
        process::exit(1);
    }
    println!("cargo::rustc-env=VESTRY_BUILT_WITH={}", built_with(&root).join(";"));
    memory_serve::load_directory("../target/assets");
}

/// The compiler and the libraries, each as `NAME VERSION`.
fn built_with(root: &Path) -> Vec<String> {
    let lock = root.join("Cargo.lock");
    println!("cargo::rerun-if-changed={}", lock.display());
    let lock = fs::read_to_string(lock).unwrap_or_default();
    let version = |name: &str| {
        let (_, package) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
        package.split_once('"').map(|(version, _)| format!("{name} {version}"))
    };
    // `rustc 1.95.0 (59807616e 2026-04-14)`
    let said = process::Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())).arg("--version").output();
    let said = said.map(|said| String::from_utf8_lossy(&said.stdout).into_owned()).unwrap_or_default();
    let compiler = said.split(' ').take(2).collect::<Vec<_>>().join(" ");
    [compiler].into_iter().chain(BUILT_WITH.iter().filter_map(|name| version(name))).collect()
}

fn shipped(built: &Path, out: &Path) -> Result<(), String> {
    let target = out.join("shipped");
    fs::create_dir_all(&target).map_err(|error| format!("{}: {error}", target.display()))?;
    for name in SHIPPED {
        let from = built.join("shipped").join(name);
        println!("cargo::rerun-if-changed={}", from.display());
        fs::copy(&from, target.join(name)).map_err(|error| format!("{}: {error}", from.display()))?;
    }
    if !built.join("assets").is_dir() {
        return Err(format!("{} is missing", built.join("assets").display()));
    }
    Ok(())
}

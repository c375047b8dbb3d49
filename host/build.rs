//! Puts what the program carries inside where it is compiled from: the shipped components and the front-end assets.

use std::path::{Path, PathBuf};
use std::{env, fs, process};

/// Components in `target/shipped`.
const SHIPPED: &[&str] = &["users.wasm", "jobs.wasm", "styleguide.wasm"];

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
    memory_serve::load_directory("../target/assets");
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

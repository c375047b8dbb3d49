//! Building the plugins to components and laying them where the server and the tests look for them.
//!
//! A file is replaced only when its bytes differ: the server embeds `target/shipped` and would otherwise be compiled
//! again each time.

use std::fs;
use std::path::{Path, PathBuf};

use crate::setup::PLUGIN_TARGET;
use crate::shell::{Outcome, Workspace, run, say};

/// What the server ships with: the package in this workspace, and the name of its file in `target/shipped`.
const SHIPPED: &[(&str, &str)] = &[
    ("vestry-users", "users"),
    ("vestry-jobs", "jobs"),
    ("vestry-styleguide", "styleguide"),
    ("vestry-packages", "packages"),
    ("vestry-about", "about"),
    ("vestry-logs", "logs"),
    ("vestry-utilities", "utilities"),
];

/// Folders in which every folder is a plugin that only tests and readers use, built to `target/test-plugins`.
const UNSHIPPED: &[&str] = &["plugins/examples", "tests/plugins"];

/// One plugin to build.
struct Plugin {
    package: String,
    file: PathBuf,
}

/// Builds every plugin in one run of cargo and copies what changed.
pub fn build(workspace: &Workspace) -> Outcome {
    let plugins = all(workspace)?;
    say("plugins -> target/shipped, target/test-plugins");
    let mut cargo = workspace.cargo(["build", "--quiet", "--profile", "plugin", "--target", PLUGIN_TARGET]);
    for plugin in &plugins {
        cargo.args(["--package", &plugin.package]);
    }
    run(cargo)?;
    let built = workspace.target().join(PLUGIN_TARGET).join("plugin");
    for plugin in &plugins {
        let artifact = built.join(format!("{}.wasm", plugin.package.replace('-', "_")));
        copy_if_changed(&artifact, &plugin.file)?;
    }
    remove_others(&plugins)
}

fn all(workspace: &Workspace) -> Result<Vec<Plugin>, String> {
    let shipped = workspace.target().join("shipped");
    let mut plugins: Vec<Plugin> = SHIPPED
        .iter()
        .map(|(package, name)| Plugin { package: (*package).into(), file: shipped.join(format!("{name}.wasm")) })
        .collect();
    let tested = workspace.target().join("test-plugins");
    for folder in UNSHIPPED {
        for (name, package) in packages_below(&workspace.root().join(folder))? {
            plugins.push(Plugin { package, file: tested.join(format!("{name}.wasm")) });
        }
    }
    Ok(plugins)
}

/// The folders below this one that hold a package: the folder's name and the package's.
fn packages_below(folder: &Path) -> Result<Vec<(String, String)>, String> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let Ok(manifest) = fs::read_to_string(entry.path().join("Cargo.toml")) else { continue };
        let name = entry.file_name().to_string_lossy().into_owned();
        let package = package_name(&manifest).ok_or_else(|| format!("{name}/Cargo.toml names no package"))?;
        found.push((name, package));
    }
    found.sort();
    Ok(found)
}

/// The first `name = "..."` of a manifest, which in ours is that of `[package]`.
fn package_name(manifest: &str) -> Option<String> {
    let line = manifest.lines().find_map(|line| line.strip_prefix("name"))?;
    let (_, value) = line.split_once('=')?;
    Some(value.trim().trim_matches('"').to_owned())
}

fn copy_if_changed(from: &Path, to: &Path) -> Outcome {
    let name = to.file_name().unwrap_or_default().to_string_lossy();
    let bytes = fs::read(from).map_err(|error| format!("the build left no component for {name}: {error}"))?;
    if fs::read(to).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    let folder = to.parent().ok_or("a plugin's file has no folder")?;
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(to, &bytes))
        .map_err(|error| format!("{name} could not be written: {error}"))
}

/// Removes components of plugins that no longer exist, so that the server does not ship them on.
fn remove_others(plugins: &[Plugin]) -> Outcome {
    let mut folders: Vec<&Path> = plugins.iter().filter_map(|plugin| plugin.file.parent()).collect();
    folders.dedup();
    for folder in folders {
        for entry in fs::read_dir(folder).map_err(|error| format!("target cannot be read: {error}"))?.flatten() {
            let file = entry.path();
            let is_component = file.extension().is_some_and(|extension| extension == "wasm");
            if is_component && plugins.iter().all(|plugin| plugin.file != file) {
                fs::remove_file(&file).map_err(|error| format!("an old component cannot be removed: {error}"))?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::package_name;

    #[test]
    fn the_package_is_named_by_its_manifest() {
        let manifest = "[package]\nname = \"vestry-example-hello\"\nversion = \"0.1.0\"\n";
        assert_eq!(package_name(manifest).as_deref(), Some("vestry-example-hello"));
        assert_eq!(package_name("[workspace]\nmembers = []\n"), None);
    }
}

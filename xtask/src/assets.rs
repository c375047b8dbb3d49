//! What the browser is given: packages of npm by lockfile, our own style and script, and a sprite of icons.
//!
//! Everything lands in `target/assets/`, from where the host's build takes it in; only what is listed here is taken,
//! with its licence in `NOTICES.txt`. No install script of any package runs.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Files of packages, and what they are called here.
const TAKEN: &[(&str, &str)] = &[
    ("@tabler/core/dist/css/tabler.min.css", "tabler.css"),
    ("@tabler/core/dist/css/tabler.rtl.min.css", "tabler.rtl.css"),
    ("htmx.org/dist/htmx.min.js", "htmx.js"),
    ("htmx.org/dist/ext/hx-csp.min.js", "hx-csp.js"),
];
/// Files of our own.
const OWN: &[&str] = &["live.js", "vestry.css", "vestry.js", "vestry.svg"];
/// Packages that something of is given to browsers, and where their licence stands.
const PACKAGES: &[&str] = &["@tabler/core", "@tabler/icons", "htmx.org"];

/// Fills `target/assets/` below the repository's `root`.
///
/// # Errors
/// A sentence that says what is missing: npm, a listed file, an icon.
pub fn build(root: &Path) -> Result<(), String> {
    let source = root.join("templates/assets");
    let target = root.join("target/assets");
    fetch(&source)?;
    make_directory(&target)?;
    let modules = source.join("node_modules");
    for (from, name) in TAKEN {
        let text = read(&modules.join(from))?;
        // Source maps are not served, so nobody is told of them.
        let text: String =
            text.lines().filter(|line| !line.contains("sourceMappingURL=")).flat_map(|line| [line, "\n"]).collect();
        write(&target.join(name), &text)?;
    }
    for name in OWN {
        write(&target.join(name), &read(&source.join(name))?)?;
    }
    write(&target.join("icons.svg"), &sprite(&read(&source.join("icons.txt"))?, &modules)?)?;
    write(&target.join("NOTICES.txt"), &notices(&modules)?)
}

/// Installs by lockfile, unless what is installed is that already.
fn fetch(source: &Path) -> Result<(), String> {
    let lock = read(&source.join("package-lock.json"))?;
    let mark = source.join("node_modules/.vestry-lock");
    if fs::read_to_string(&mark).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let status = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(source)
        .status()
        .map_err(|error| format!("npm does not start ({error}): install Node.js 20 or newer"))?;
    if !status.success() {
        return Err(format!("`npm ci` in {} failed", source.display()));
    }
    write(&mark, &lock)
}

/// One SVG file with a symbol for each listed icon.
fn sprite(list: &str, modules: &Path) -> Result<String, String> {
    let mut sprite = String::from("<svg xmlns=\"http://www.w3.org/2000/svg\">");
    for name in list.lines() {
        let path = modules.join(format!("@tabler/icons/icons/outline/{name}.svg"));
        let icon = read(&path)?;
        let drawing = icon
            .find('>')
            .zip(icon.rfind("</svg>"))
            .and_then(|(start, end)| icon.get(start + 1..end))
            .ok_or_else(|| format!("{} is not an SVG file", path.display()))?;
        sprite.push_str(&format!(
            "<symbol id=\"{name}\" viewBox=\"0 0 24 24\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\" stroke-linecap=\"round\" stroke-linejoin=\"round\">"
        ));
        sprite.extend(drawing.lines().map(str::trim));
        sprite.push_str("</symbol>");
    }
    sprite.push_str("</svg>\n");
    Ok(sprite)
}

/// Package, version and licence of everything that is handed on.
fn notices(modules: &Path) -> Result<String, String> {
    let mut notices = String::from("Vestry gives browsers parts of these packages:\n");
    for package in PACKAGES {
        let manifest = read(&modules.join(package).join("package.json"))?;
        let (version, licence) = (field(&manifest, "version"), field(&manifest, "license"));
        notices.push_str(&format!("\n{package} {version} ({licence})\n\n"));
        let text = ["LICENSE", "LICENSE.md", "LICENSE.txt"]
            .iter()
            .find_map(|name| fs::read_to_string(modules.join(package).join(name)).ok());
        notices.push_str(text.as_deref().map_or("", str::trim));
        notices.push('\n');
    }
    Ok(notices)
}

/// A string at the top level of a `package.json`, which npm writes one field a line, indented by two.
fn field<'j>(manifest: &'j str, name: &str) -> &'j str {
    let start = format!("  \"{name}\": \"");
    let line = manifest.lines().find_map(|line| line.strip_prefix(start.as_str()));
    line.and_then(|rest| rest.split('"').next()).unwrap_or("unknown")
}

fn make_directory(path: &Path) -> Result<(), String> {
    fs::create_dir_all(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Writes a file unless it holds that already: the host is built anew only when something changed.
fn write(path: &Path, text: &str) -> Result<(), String> {
    if fs::read_to_string(path).is_ok_and(|known| known == text) {
        return Ok(());
    }
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn fields_are_read_from_the_top_level() {
        let manifest = "{\n  \"name\": \"x\",\n  \"a\": {\n    \"version\": \"9\"\n  },\n  \"version\": \"1.2.3\",\n}";
        assert_eq!(super::field(manifest, "version"), "1.2.3");
        assert_eq!(super::field(manifest, "license"), "unknown");
    }
}

//! The phrases of the server itself, as they stand in its templates and in its source, gathered into one file for who
//! translates them.
//!
//! In a template a phrase is a literal with the filter `t`, or `forms`: `"Sign in"|t`. In Rust it is the first argument of `words!`, or
//! the one of `phrase!`. What is put together at run time is no phrase.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::shell::{Outcome, Workspace};

/// Where they are written to.
const FILE: &str = "templates/languages/phrases.yml";
const HEAD: &str =
    "# Phrases of the server itself, by the file that they stand in. Written by `cargo xtask phrases`.\n";
/// Filters that a phrase is said with.
const FILTERS: [&str; 2] = ["t", "forms"];
/// Macros that a phrase is said with.
const MACROS: [&str; 2] = ["words!(", "phrase!("];

/// Writes the file; with `--check` only looks whether it is as it would be written.
pub fn phrases(workspace: &Workspace, arguments: &[String]) -> Outcome {
    let (file, text) = (workspace.root().join(FILE), gathered(workspace)?);
    let is = fs::read_to_string(&file).unwrap_or_default();
    if is == text {
        return Ok(());
    }
    if arguments.iter().any(|argument| argument == "--check") {
        return Err(format!(
            "{FILE} is not what the sources say; run `cargo xtask phrases`, and translate what is new"
        ));
    }
    fs::write(&file, text).map_err(|error| format!("{FILE} cannot be written: {error}"))
}

fn gathered(workspace: &Workspace) -> Result<String, String> {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (folder, ending, of) in [
        ("templates", "html", in_template as fn(&str) -> Vec<String>),
        ("templates", "txt", in_template),
        ("host", "rs", in_source),
    ] {
        for path in files(&workspace.root().join(folder), ending)? {
            let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            let place = place(&workspace.root().join(folder), &path, folder);
            for phrase in of(&text) {
                // In each of its places: where a phrase stands may say who is to word it.
                let there = places.entry(place.clone()).or_default();
                if !there.contains(&phrase) {
                    there.push(phrase);
                }
            }
        }
    }
    let mut out = HEAD.to_owned();
    for (place, phrases) in places {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{place}:");
        for phrase in phrases {
            let _ = writeln!(out, "  - {}", quoted(&phrase));
        }
    }
    Ok(out)
}

fn place(root: &Path, path: &Path, folder: &str) -> String {
    let inside = path.strip_prefix(root).unwrap_or(path).display().to_string();
    if folder == "templates" { inside } else { format!("{folder}/{inside}") }
}

/// Files of an ending below a folder, in order. Tests say nothing to people.
fn files(folder: &Path, ending: &str) -> Result<Vec<PathBuf>, String> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for entry in entries.flatten() {
            let path = entry.path();
            let name = entry.file_name();
            if path.is_dir() && name != "tests" && name != "examples" && name != "assets" && name != "node_modules" {
                folders.push(path);
            } else if path.extension().is_some_and(|of| of == ending) && name != "tests.rs" {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn in_template(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("\"|") {
        let name: String = text[at + 2..].chars().take_while(|sign| sign.is_alphanumeric() || *sign == '_').collect();
        let begin = text[..at].rfind('"');
        if let Some(begin) = begin.filter(|_| FILTERS.contains(&&*name)) {
            found.push(text[begin + 1..at].to_owned());
        }
    }
    found
}

fn in_source(text: &str) -> Vec<String> {
    // Unit tests stand at the end of their files.
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    let code: String =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(|line| [line, "\n"]).collect();
    let mut found: Vec<(usize, String)> = Vec::new();
    for name in MACROS {
        for (at, _) in code.match_indices(name) {
            let behind = code[at + name.len()..].trim_start();
            if let Some(literal) = behind.strip_prefix('"').and_then(literal) {
                found.push((at, literal));
            }
        }
    }
    found.sort();
    found.into_iter().map(|(_, phrase)| phrase).collect()
}

/// A string literal of Rust, from behind its opening quote to the closing one.
fn literal(behind: &str) -> Option<String> {
    let mut out = String::new();
    let mut signs = behind.chars().peekable();
    loop {
        match signs.next()? {
            '"' => return Some(out),
            '\\' => match signs.next()? {
                'n' => out.push('\n'),
                // Goes on in the next line, behind its white space.
                '\n' => while signs.next_if(|sign| sign.is_whitespace()).is_some() {},
                other => out.push(other),
            },
            sign => out.push(sign),
        }
    }
}

/// As a scalar of YAML that nothing can mistake.
fn quoted(phrase: &str) -> String {
    format!("\"{}\"", phrase.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_found_in_templates_and_in_source() {
        let template = r#"{{ "Sign in"|t }} {% if a == "b" %}{{ "{n} seconds"|t(n=wait) }}{{ x|t }}{{ "no"|title }}{{ "{count} rows"|forms }}"#;
        assert_eq!(in_template(template), ["Sign in", "{n} seconds", "{count} rows"]);
        let source = "fn a() { words!(\"One {a}\", a = 1); phrase!(\n  \"Two \\\"x\\\" \\\n    three\") } // words!(\"no\")\n\
            // words!(\"nor this\")\nother!(\"none\")\n#[cfg(test)]\nmod tests {\n words!(\"of a test\")";
        assert_eq!(in_source(source), ["One {a}", "Two \"x\" three", "no"]);
        assert_eq!(quoted("a \"b\"\n\\"), r#""a \"b\"\n\\""#);
    }
}

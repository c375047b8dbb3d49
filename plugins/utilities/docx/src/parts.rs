//! Which parts a document has, as its relationships say.

use serde::{Deserialize, Serialize};

use crate::bounds::{LONGEST_NAME, MOST_PARTS};
use crate::package::Package;
use crate::wrong::Wrong;
use crate::xml::{self, Element, Taker};

/// What a part is in the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PartKind {
    Document,
    Header,
    Footer,
    Footnotes,
    Endnotes,
    Comments,
}

/// A part that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its name in the package: `word/header1.xml`.
    pub path: String,
    pub kind: PartKind,
    pub paragraphs: u32,
    /// Tags of Jinja.
    pub tags: u32,
}

/// The last word of a relationship's type, the same in both sorts of the format (transitional and strict).
const KINDS: &[(&str, PartKind)] = &[
    ("header", PartKind::Header),
    ("footer", PartKind::Footer),
    ("footnotes", PartKind::Footnotes),
    ("endnotes", PartKind::Endnotes),
    ("comments", PartKind::Comments),
];

const ROOT: &str = "_rels/.rels";

/// The document first, then the others in the order of their kinds and names.
///
/// # Errors
///
/// Where the package has no document, or says so in a way that cannot be read.
pub(crate) fn find(package: &mut Package<'_>) -> Result<Vec<(String, PartKind)>, Wrong> {
    let mut root = Relationships::default();
    xml::read(package, ROOT, &mut root)?;
    let document = root.found.into_iter().find(|(kind, _)| kind == "officeDocument");
    let document = document.map_or_else(|| "word/document.xml".to_owned(), |(_, target)| resolve("", &target));
    let (folder, file) = document.rsplit_once('/').unwrap_or(("", &document));
    let relationships = format!("{folder}/_rels/{file}.rels");
    let mut of_document = Relationships::default();
    if package.has(&relationships) {
        xml::read(package, &relationships, &mut of_document)?;
    }
    let mut parts: Vec<(String, PartKind)> = Vec::new();
    for (name, kind) in KINDS {
        let targets = of_document.found.iter().filter(|(found, _)| found == name);
        let mut paths: Vec<String> = targets.map(|(_, target)| resolve(folder, target)).collect();
        paths.retain(|path| package.has(path) && *path != document);
        paths.sort_by(|one, other| one.len().cmp(&other.len()).then_with(|| one.cmp(other)));
        paths.dedup();
        parts.extend(paths.into_iter().map(|path| (path, *kind)));
    }
    if parts.len() >= MOST_PARTS {
        return Err(Wrong::TooManyParts);
    }
    parts.insert(0, (document, PartKind::Document));
    Ok(parts)
}

/// A target, seen from a folder of the package.
fn resolve(folder: &str, target: &str) -> String {
    let from = if target.starts_with('/') { "" } else { folder };
    let mut steps: Vec<&str> = Vec::new();
    for step in from.split('/').chain(target.split('/')) {
        match step {
            "" | "." => {}
            ".." => drop(steps.pop()),
            step => steps.push(step),
        }
    }
    steps.join("/")
}

/// Types, by their last word, and targets inside the package.
#[derive(Debug, Default)]
struct Relationships {
    found: Vec<(String, String)>,
}

impl Taker for Relationships {
    fn start(&mut self, element: &Element<'_>) -> Result<(), Wrong> {
        if element.name() != "Relationship" || element.attribute("TargetMode").as_deref() == Some("External") {
            return Ok(());
        }
        if let (Some(kind), Some(target)) = (element.attribute("Type"), element.attribute("Target")) {
            let kind = kind.rsplit('/').next().unwrap_or_default();
            let is_wanted = kind == "officeDocument" || KINDS.iter().any(|(name, _)| *name == kind);
            if is_wanted && target.len() <= LONGEST_NAME {
                if self.found.len() >= MOST_PARTS {
                    return Err(Wrong::TooManyParts);
                }
                self.found.push((kind.to_owned(), target));
            }
        }
        Ok(())
    }

    fn end(&mut self, _: &str, _: &str) -> Result<(), Wrong> {
        Ok(())
    }

    fn text(&mut self, _: &str) -> Result<(), Wrong> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_never_leave_the_package() {
        assert_eq!(resolve("word", "header1.xml"), "word/header1.xml");
        assert_eq!(resolve("word", "/word/header1.xml"), "word/header1.xml");
        assert_eq!(resolve("word", "../custom/./x.xml"), "custom/x.xml");
        assert_eq!(resolve("word", "../../../etc/passwd"), "etc/passwd");
    }
}

//! Which parts of a workbook are its sheets, in their order, and which holds the texts that cells share.

use super::package::Package;
use crate::bounds::{LONGEST_NAME, MOST_SHEETS};
use crate::wrong::Wrong;
use crate::xml::{Token, Xml};

const RELATIONS: &str = "_rels/.rels";
/// Where each program puts it, if the relations do not say so.
const WORKBOOK: &str = "xl/workbook.xml";
/// How the kinds of relations end, whatever edition of the standard they are of.
const OFFICE_DOCUMENT: &str = "/officeDocument";
const SHEET: &str = "/worksheet";
const STRINGS: &str = "/sharedStrings";

/// Names of parts.
#[derive(Debug)]
pub(super) struct Book {
    pub(super) sheets: Vec<String>,
    pub(super) strings: Option<String>,
}

struct Relation {
    id: String,
    kind: String,
    target: String,
}

/// # Errors
///
/// Where a part that has to be there is not, or is no XML.
pub(super) fn find(package: &mut Package<'_>) -> Result<Book, Wrong> {
    let workbook = match package.has(RELATIONS) {
        true => target(&relations(package, RELATIONS, "")?, OFFICE_DOCUMENT),
        false => None,
    };
    let workbook = workbook.unwrap_or_else(|| WORKBOOK.to_owned());
    let ids = sheets(package, &workbook)?;
    let (folder, name) = workbook.rsplit_once('/').unwrap_or(("", &workbook));
    let relations = relations(package, &join(folder, &format!("_rels/{name}.rels")), folder)?;
    let of = |id: &String| relations.iter().find(|one| one.id == *id && one.kind.ends_with(SHEET));
    let sheets: Vec<String> = ids.iter().filter_map(of).map(|relation| relation.target.clone()).collect();
    let strings = target(&relations, STRINGS).filter(|name| package.has(name));
    Ok(Book { sheets, strings })
}

fn target(relations: &[Relation], kind: &str) -> Option<String> {
    relations.iter().find(|relation| relation.kind.ends_with(kind)).map(|relation| relation.target.clone())
}

/// The sheets' relations, in the order of the sheets.
fn sheets(package: &mut Package<'_>, workbook: &str) -> Result<Vec<String>, Wrong> {
    let content = package.content(workbook)?;
    let mut xml = Xml::new(workbook, &content)?;
    let mut ids = Vec::new();
    loop {
        match xml.next()? {
            // The other attribute that ends with `id` is called `sheetId`.
            Token::Start(element) if element.name() == "sheet" && ids.len() < MOST_SHEETS => {
                ids.extend(element.attribute("id"));
            }
            Token::Eof => return Ok(ids),
            _ => {}
        }
    }
}

/// `folder`: where the part lies whose relations they are.
fn relations(package: &mut Package<'_>, part: &str, folder: &str) -> Result<Vec<Relation>, Wrong> {
    let content = package.content(part)?;
    let mut xml = Xml::new(part, &content)?;
    let mut found = Vec::new();
    loop {
        match xml.next()? {
            Token::Start(element) if element.name() == "Relationship" && found.len() < MOST_SHEETS * 10 => {
                let attribute = |name: &str| element.attribute(name).unwrap_or_default();
                let target = attribute("Target");
                // No part is called so: a name that is longer is refused where parts are looked at.
                if target.len() > LONGEST_NAME {
                    continue;
                }
                let target = join(folder, &target);
                found.push(Relation { id: attribute("Id"), kind: attribute("Type"), target });
            }
            Token::Eof => return Ok(found),
            _ => {}
        }
    }
}

/// A target as a name in the package: from its root with `/`, else from a folder.
fn join(folder: &str, target: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::join;

    #[test]
    fn targets_stay_within_the_package() {
        assert_eq!(join("xl", "worksheets/sheet1.xml"), "xl/worksheets/sheet1.xml");
        assert_eq!(join("xl", "/xl/worksheets/sheet1.xml"), "xl/worksheets/sheet1.xml");
        assert_eq!(join("xl", "../custom/./a.xml"), "custom/a.xml");
        assert_eq!(join("xl", "../../../etc/passwd"), "etc/passwd");
        assert_eq!(join("", "xl/workbook.xml"), "xl/workbook.xml");
    }
}

//! Templates that other programs made, beside what docxtpl finds in them.
//!
//! `tests/corpus/docx/make.py` has made them, and can make a thousand more: `VESTRY_CORPUS` names a folder of such.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use vestry_docx_fields::{Origin, PartKind, Template, read};

/// Why both differ where that is meant.
const APART: &str = "each part is filled in for itself; docxtpl looks for variables as if all were one";
const UNREAD: &str = "Jinja counts a name that one branch of an `if` sets, also where nothing looks it up";
const MEANT: &[(&str, &str)] = &[
    ("header-sees-no-set.docx", APART),
    ("random-0046.docx", UNREAD),
    ("random-0235.docx", UNREAD),
    ("random-0436.docx", UNREAD),
    ("random-0528.docx", UNREAD),
    ("random-0583.docx", UNREAD),
    ("random-0733.docx", UNREAD),
    ("random-0840.docx", UNREAD),
];

/// What of a template is looked at.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Refused,
    Names(BTreeSet<String>),
}

fn names(value: &Value) -> BTreeSet<String> {
    value.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

/// Variables that are used in parts of which `is_meant` is true.
fn variables(template: &Template, is_meant: impl Fn(&str, PartKind) -> bool) -> BTreeSet<String> {
    let parts: Vec<&str> =
        template.parts.iter().filter(|part| is_meant(&part.path, part.kind)).map(|part| part.path.as_str()).collect();
    let used =
        template.variables.iter().filter(|found| found.uses.iter().any(|place| parts.contains(&place.part.as_str())));
    used.map(|found| found.name.clone()).collect()
}

fn ours(template: &Template) -> Outcome {
    let main = [PartKind::Document, PartKind::Header, PartKind::Footer];
    let is_main = |path: &str| template.parts.iter().any(|part| part.path == path && main.contains(&part.kind));
    if template.errors.iter().any(|error| is_main(&error.place.part)) {
        return Outcome::Refused;
    }
    Outcome::Names(variables(template, |_, kind| main.contains(&kind)))
}

fn theirs(reference: &Value) -> Outcome {
    if reference["variables"].is_null() { Outcome::Refused } else { Outcome::Names(names(&reference["variables"])) }
}

#[test]
fn docxtpl_finds_the_same() {
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/corpus/docx/files");
    let folder = std::env::var("VESTRY_CORPUS").unwrap_or_else(|_| kept.to_owned());
    let folder = Path::new(&folder);
    let reference: Vec<Value> =
        serde_json::from_str(&std::fs::read_to_string(folder.join("reference.json")).unwrap()).unwrap();
    assert!(reference.len() >= 30, "the corpus has {} templates", reference.len());
    let (mut same, mut refused, mut others, mut filters, mut differences) = (0, 0, 0, 0, Vec::new());
    for reference in &reference {
        let file = reference["file"].as_str().unwrap();
        let template =
            read(&std::fs::read(folder.join(file)).unwrap()).unwrap_or_else(|wrong| panic!("{file}: {wrong}"));
        let (ours, theirs) = (ours(&template), theirs(reference));
        if ours == theirs {
            same += 1;
            refused += usize::from(ours == Outcome::Refused);
        } else {
            let why = MEANT.iter().find(|(meant, _)| *meant == file).map(|(_, why)| *why);
            let errors: Vec<&str> = template.errors.iter().map(|error| error.words.as_str()).collect();
            println!(
                "{file}: docxtpl {theirs:?} ({}), here {ours:?} {errors:?}: {}",
                reference["error"],
                why.unwrap_or("-")
            );
            differences.extend(why.is_none().then_some(file));
        }
        for (part, names_there) in reference["others"].as_object().unwrap() {
            let here = variables(&template, |path, _| path == part);
            assert_eq!(here, names(names_there), "{file} {part}");
            others += 1;
        }
        let unknown = |filter: &&vestry_docx_fields::Filter| filter.origin != Origin::Jinja;
        let here: BTreeSet<String> =
            template.filters.iter().filter(unknown).map(|filter| filter.name.clone()).collect();
        if ours == theirs && ours != Outcome::Refused {
            // Jinja says nothing of those that stand in a condition.
            assert!(here.is_superset(&names(&reference["unknown_filters"])), "{file}");
            filters += here.len();
        }
    }
    let all = reference.len();
    println!("{same} of {all} templates agree ({refused} of them refused by both), {} differ", all - same);
    println!("{others} notes and comments and {filters} filters unknown to Jinja agree");
    assert_eq!(differences, [""; 0], "differences that are not meant");
}

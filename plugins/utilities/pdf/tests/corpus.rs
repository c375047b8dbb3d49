//! What is found in files that other programs made, beside what pypdf finds in them: `tests/corpus/pdf/make.py` has made
//! both. `VESTRY_CORPUS` says where others are.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::Deserialize;
use vestry_pdf_fields::{Field, Kind, Template, Wrong, read};

const PASSWORD: &str = "geheim";

/// What pypdf found in a file.
#[derive(Deserialize)]
struct Reference {
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    pages: usize,
    #[serde(default)]
    form: BTreeMap<String, Value>,
    #[serde(default)]
    places: Vec<Place>,
}

#[derive(Deserialize)]
struct Value {
    kind: String,
    value: Vec<String>,
}

#[derive(Deserialize)]
struct Place {
    name: String,
    kind: String,
    value: Vec<String>,
    page: u32,
    rectangle: [f64; 4],
}

/// How often the two agree, and of how many.
#[derive(Default)]
struct Agreement {
    counts: BTreeMap<&'static str, (usize, usize)>,
    differences: Vec<String>,
}

impl Agreement {
    fn count(&mut self, what: &'static str, agrees: bool, difference: impl FnOnce() -> String) {
        let (agreed, all) = self.counts.entry(what).or_default();
        *all += 1;
        match agrees {
            true => *agreed += 1,
            false => self.differences.push(format!("{what}: {}", difference())),
        }
    }
}

#[test]
fn what_pypdf_finds_is_found() {
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/corpus/pdf/files");
    let folder = PathBuf::from(std::env::var_os("VESTRY_CORPUS").unwrap_or_else(|| kept.into()));
    let text = std::fs::read_to_string(folder.join("reference.json")).unwrap();
    let references: BTreeMap<String, Reference> = serde_json::from_str(&text).unwrap();
    assert!(references.len() >= 30);
    let mut agreement = Agreement::default();
    for (name, reference) in &references {
        let bytes = std::fs::read(folder.join(format!("{name}.pdf"))).unwrap();
        let password = name.contains("-password").then_some(PASSWORD);
        if password.is_some() {
            assert_eq!(read(&bytes, None), Err(Wrong::PasswordNeeded), "{name}");
            assert_eq!(read(&bytes, Some("wrong")), Err(Wrong::PasswordWrong), "{name}");
            assert_eq!(read(&bytes, Some("owner")), read(&bytes, password), "{name}");
        }
        match (read(&bytes, password), &reference.error) {
            (Ok(template), None) => compare(&mut agreement, name, &template, reference),
            (read, error) => agreement.count("read by both or neither", read.is_err() == error.is_some(), || {
                let fields = read.map(|template| template.fields.len());
                format!("{name}: here {fields:?} fields, pypdf {error:?}")
            }),
        }
    }
    for (what, (agreed, all)) in &agreement.counts {
        println!("{what}: {agreed} of {all}");
    }
    for difference in &agreement.differences {
        println!("  {difference}");
    }
    // What pypdf reads is read, and it finds nothing that is not found here.
    for (what, (agreed, all)) in &agreement.counts {
        let may_differ = ["read by both or neither"];
        assert!(agreed == all || may_differ.contains(what), "{what}: {agreed} of {all}");
    }
    assert!(!agreement.differences.iter().any(|line| line.contains("here Err") && !line.contains("pypdf Some")));
}

fn compare(agreement: &mut Agreement, name: &str, template: &Template, reference: &Reference) {
    agreement.count("read by both or neither", true, String::new);
    agreement.count("numbers of pages", template.pages.len() == reference.pages, || {
        format!("{name}: here {}, pypdf {}", template.pages.len(), reference.pages)
    });
    let fields: BTreeMap<&str, &Field> = template.fields.iter().map(|field| (field.name.as_str(), field)).collect();
    let mut named: BTreeSet<&str> = BTreeSet::new();
    let of_form = reference.form.iter().map(|(name, value)| (name.as_str(), &value.kind, &value.value));
    let of_places = reference.places.iter().map(|place| (place.name.as_str(), &place.kind, &place.value));
    for (field, kind, value) in of_form.chain(of_places) {
        if !named.insert(field) {
            continue;
        }
        let Some(found) = fields.get(field) else {
            agreement.count("fields of pypdf", false, || format!("{name}: {field:?} is not found here"));
            continue;
        };
        agreement.count("fields of pypdf", true, String::new);
        agreement.count("kinds", of_pypdf(found.kind) == kind, || {
            format!("{name}: {field:?} {:?}, pypdf {kind}", found.kind)
        });
        agreement.count("values", found.value == *value, || {
            format!("{name}: {field:?} here {:?}, pypdf {value:?}", found.value)
        });
    }
    for field in fields.keys() {
        agreement.count("fields found by pypdf", named.contains(field), || format!("{name}: only here {field:?}"));
    }
    for place in &reference.places {
        let Some(found) = fields.get(place.name.as_str()) else { continue };
        let is_same = |widget: &vestry_pdf_fields::Widget| {
            let r = widget.rectangle;
            let both = [r.left, r.top, r.width, r.height].into_iter().zip(place.rectangle);
            widget.page == place.page && both.into_iter().all(|(one, other)| (one - other).abs() < 0.02)
        };
        agreement.count("places", found.widgets.iter().any(is_same), || {
            format!("{name}: {:?} on {} at {:?}, here {:?}", place.name, place.page, place.rectangle, found.widgets)
        });
    }
}

fn of_pypdf(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "/Tx",
        Kind::CheckBox | Kind::Radio | Kind::Button => "/Btn",
        Kind::Choice(_) => "/Ch",
        Kind::Signature => "/Sig",
    }
}

//! The templates: inside the program, file by file replaceable from a directory, compiled once.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Serde};
use minijinja::{AutoEscape, Environment, Error, Output, State, UndefinedBehavior, Value, context};
use serde::Serialize;
use vestry_phrases::{Catalogue, Plural};

use crate::around::Layouts;
use crate::error::{ScreenError, TemplateError};
use crate::frame::{Frame, MenuEntry, SectionKind};
use crate::html::{Html, escape};
use crate::icons::{ICONS, UNKNOWN};
use crate::page::frame_value;
use crate::shape::without_slots;

macro_rules! embedded {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../../templates/", $name)))),+]
    };
}

/// Every template by its path inside the templates' directory.
const EMBEDDED: &[(&str, &str)] = embedded![
    "account/account.html",
    "account/address.html",
    "account/confirm.html",
    "account/consent.html",
    "account/forgot.html",
    "account/invitation.html",
    "account/secrets.html",
    "account/setup.html",
    "account/sign-in.html",
    "account/signed-out.html",
    "blocks/actions.html",
    "blocks/chart.html",
    "blocks/diff.html",
    "blocks/facts.html",
    "blocks/feed.html",
    "blocks/form.html",
    "blocks/frame.html",
    "blocks/job.html",
    "blocks/log.html",
    "blocks/notice.html",
    "blocks/other.html",
    "blocks/panel.html",
    "blocks/picture.html",
    "blocks/progress.html",
    "blocks/prose.html",
    "blocks/source.html",
    "blocks/table.html",
    "blocks/table-row.html",
    "cells/badge.html",
    "cells/bytes.html",
    "cells/code.html",
    "cells/empty.html",
    "cells/flag.html",
    "cells/link.html",
    "cells/percent.html",
    "cells/time.html",
    "error.html",
    "focus.html",
    "frame.html",
    "inputs/checkbox.html",
    "inputs/checkboxes.html",
    "inputs/code.html",
    "inputs/combobox.html",
    "inputs/file.html",
    "inputs/hidden.html",
    "inputs/line.html",
    "inputs/matrix.html",
    "inputs/multiline.html",
    "inputs/radio.html",
    "inputs/select.html",
    "inputs/signature.html",
    "leave.html",
    "mail/address.html",
    "mail/address.txt",
    "mail/button.html",
    "mail/invitation.html",
    "mail/invitation.txt",
    "mail/layout.html",
    "mail/message.html",
    "mail/message.txt",
    "mail/reset.html",
    "mail/reset.txt",
    "menu.html",
    "outbox.html",
    "outbox/mail.html",
    "page.html",
    "panels/address.html",
    "panels/consent.html",
    "panels/contribution.html",
    "panels/handover.html",
    "panels/notice.html",
    "panels/person.html",
    "parts/button.html",
    "parts/head.html",
    "parts/live.html",
    "parts/mark.html",
    "parts/notice.html",
    "parts/submit.html",
    "safe.html",
    "welcome.html",
];

/// Addresses of the assets by the names that templates use: `vestry.css` to `/assets/vestry-1f3a.css`. A name that is
/// not in it is served as `/assets/NAME`.
pub type AssetNames = BTreeMap<String, String>;

/// All templates, ready to render. One for the whole program; cheap to share behind an `Arc`.
#[derive(Debug)]
pub struct Screens {
    templates: Environment<'static>,
    pub(crate) layouts: Layouts,
}

impl Screens {
    /// Compiles every template. A file in `overrides` stands in for the one of the same path that is built in; a new
    /// name is not used.
    ///
    /// # Errors
    /// An override that cannot be read, or any template that does not compile.
    pub fn load(overrides: Option<&Path>, assets: AssetNames) -> Result<Self, TemplateError> {
        let mut templates = Environment::new();
        templates.set_syntax(syntax());
        templates.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        templates
            .set_auto_escape_callback(|name| if name.ends_with(".txt") { AutoEscape::None } else { AutoEscape::Html });
        templates.set_formatter(write_value);
        templates.add_filter("t", |phrase: Value, values: Kwargs| translate(None, &phrase, &values));
        templates.add_filter("forms", |phrase: &str| forms(None, phrase));
        templates.add_filter("group", group);
        add_functions(&mut templates, assets);
        for (name, source) in EMBEDDED {
            let added = match replacement(overrides, name)? {
                Some(source) => templates.add_template_owned(*name, source),
                None => templates.add_template(name, source),
            };
            added.map_err(|source| TemplateError::Syntax { name: (*name).to_owned(), source })?;
        }
        Ok(Self { templates, layouts: Layouts::default() })
    }

    /// The same templates with their phrases in another language. Compiles nothing anew.
    #[must_use]
    pub fn speaking(&self, catalogue: Arc<Catalogue>) -> Self {
        let mut templates = self.templates.clone();
        let known = Arc::clone(&catalogue);
        templates.add_filter("t", move |phrase: Value, values: Kwargs| translate(Some(&catalogue), &phrase, &values));
        templates.add_filter("forms", move |phrase: &str| forms(Some(&known), phrase));
        Self { templates, layouts: Layouts::default() }
    }

    /// Renders a template by name.
    pub(crate) fn render(&self, name: &str, context: Value) -> Result<String, ScreenError> {
        Ok(self.templates.get_template(name)?.render(context)?)
    }

    /// One of the host's own pages (`error.html`, `account/sign-in.html`, ...); each template says at its top what
    /// `context` holds. The frame is there as `frame`.
    ///
    /// # Errors
    /// A template that does not exist, or whose context lacks what it prints.
    pub fn host(&self, name: &str, frame: &Frame, context: impl Serialize) -> Result<String, ScreenError> {
        let layout = if frame.focus { "focus.html" } else { "frame.html" };
        self.render(name, context! { frame => frame_value(frame), layout, ..Value::from(Serde(context)) })
    }

    /// The side menu, to be put into [`Frame::menu`] and kept as long as entries and language stay the same.
    ///
    /// # Errors
    /// Only those of an override.
    pub fn menu(&self, entries: &[MenuEntry], language: &str) -> Result<Html, ScreenError> {
        let section = |kind| -> Vec<_> {
            entries.iter().filter(|entry| entry.section == kind).map(|entry| Value::from(Serde(entry.item()))).collect()
        };
        let context = context! {
            frame => context! { language },
            tools => section(SectionKind::Tools),
            account => section(SectionKind::Account),
        };
        self.render("menu.html", context).map(Html::trusted)
    }
}

/// Tags on lines of their own leave no lines behind.
fn syntax() -> SyntaxConfig {
    SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().unwrap_or_default()
}

fn replacement(overrides: Option<&Path>, name: &str) -> Result<Option<String>, TemplateError> {
    let Some(path) = overrides.map(|directory| directory.join(name)) else {
        return Ok(None);
    };
    match std::fs::read_to_string(&path) {
        Ok(source) => Ok(Some(source)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(TemplateError::Unreadable { path, source }),
    }
}

/// Escapes like the engine does, but leaves slashes alone: addresses stay readable and pages smaller. Takes out what
/// could pass for a slot of a [`crate::shape`].
fn write_value(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    if value.is_none() {
        return Ok(());
    }
    if matches!(state.auto_escape(), AutoEscape::None) {
        // The text of a mail: not markup.
        return Ok(write!(out, "{value}")?);
    }
    match value.as_str() {
        Some(text) if value.is_safe() => out.write_str(text)?,
        Some(text) => {
            let mut escaped = String::with_capacity(text.len() + 8);
            escape(&without_slots(text), &mut escaped);
            out.write_str(&escaped)?;
        }
        None if value.is_number() => write!(out, "{value}")?,
        None => out.write_str(Html::escaped(&without_slots(&value.to_string())).as_str())?,
    }
    Ok(())
}

/// The words of the host as the catalogue has them, else as they are; `{name}` in them is filled from the arguments.
fn translate(catalogue: Option<&Catalogue>, phrase: &Value, values: &Kwargs) -> Result<Value, Error> {
    let named: Vec<(String, String)> = values
        .args()
        .map(|name| Ok((name.to_owned(), values.get::<Value>(name)?.to_string())))
        .collect::<Result<_, Error>>()?;
    let value = |name: &str| named.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let words = phrase.as_str().unwrap_or_default();
    let said = catalogue.and_then(|catalogue| catalogue.say("", words, value(vestry_phrases::COUNT)));
    match (said, named.is_empty()) {
        (None, true) => Ok(phrase.clone()),
        (said, true) => Ok(Value::from(said.unwrap_or(words))),
        (said, false) => Ok(Value::from(match catalogue {
            Some(catalogue) => catalogue.fill(said.unwrap_or(words), value),
            None => vestry_phrases::fill(said.unwrap_or(words), value),
        })),
    }
}

/// All forms of a phrase with a number, by their names, as JSON: for a script that counts by itself.
fn forms(catalogue: Option<&Catalogue>, phrase: &str) -> String {
    let known = catalogue.and_then(|catalogue| catalogue.get("", phrase));
    let forms: BTreeMap<&str, &str> = match known {
        Some(forms) => forms.iter().map(|(plural, words)| (plural.name(), words)).collect(),
        None => BTreeMap::from([(Plural::Other.name(), phrase)]),
    };
    serde_json::to_string(&forms).unwrap_or_default()
}

/// A whole number in groups of three, from five digits on: 10 000.
fn group(number: u64) -> String {
    let digits = number.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let mut out = String::with_capacity(digits.len() * 2);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push('\u{202F}');
        }
        out.push(digit);
    }
    out
}

fn add_functions(templates: &mut Environment<'static>, assets: AssetNames) {
    let assets = Arc::new(assets);
    let sprite = address(&assets, "icons.svg");
    templates.add_function("asset", move |name: &str| address(&assets, name));
    let drawn = |name: &str| {
        let markup = format!(
            "<svg class=\"icon\" aria-hidden=\"true\" focusable=\"false\"><use href=\"{sprite}#{name}\"/></svg>"
        );
        Value::from_safe_string(markup)
    };
    let icons: BTreeMap<&str, Value> = ICONS.lines().map(|name| (name, drawn(name))).collect();
    templates.add_function("icon", move |name: &str| icons.get(name).or_else(|| icons.get(UNKNOWN)).cloned());
}

fn address(assets: &AssetNames, name: &str) -> String {
    assets.get(name).cloned().unwrap_or_else(|| format!("/assets/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_templates_directory_is_built_in() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates");
        let mut found = Vec::new();
        let mut directories = vec![root.clone()];
        while let Some(directory) = directories.pop() {
            for entry in std::fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() && !path.ends_with("assets") {
                    directories.push(path);
                } else if path.extension().is_some_and(|extension| extension == "html" || extension == "txt") {
                    found.push(path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned());
                }
            }
        }
        found.sort();
        let mut embedded: Vec<_> = EMBEDDED.iter().map(|(name, _)| (*name).to_owned()).collect();
        embedded.sort();
        assert_eq!(found, embedded);
    }

    #[test]
    fn long_numbers_are_grouped() {
        assert_eq!(
            [group(9999), group(10_000), group(1_234_567)],
            ["9999", "10\u{202F}000", "1\u{202F}234\u{202F}567"]
        );
    }

    #[test]
    fn a_script_is_told_all_forms_of_what_it_counts() {
        let language = vestry_phrases::Language::parse("es").unwrap();
        let mut catalogue = Catalogue::new(language);
        let spanish = [(Plural::One, "{count} fila"), (Plural::Other, "{count} filas")];
        catalogue.set(
            "",
            "{count} rows",
            spanish.map(|(plural, words)| (plural, words.to_owned())).into_iter().collect(),
        );
        let english = Screens::load(None, AssetNames::new()).unwrap();
        let spanish = english.speaking(Arc::new(catalogue));
        let said = |screens: &Screens| {
            let drawn = screens.templates.render_str("{{ '{count} rows'|forms }}", context! {}).unwrap();
            drawn.replace("&quot;", "\"")
        };
        assert_eq!(said(&english), r#"{"other":"{count} rows"}"#);
        assert_eq!(said(&spanish), r#"{"one":"{count} fila","other":"{count} filas"}"#);
    }

    #[test]
    fn an_override_replaces_one_file_and_its_mistakes_are_found_at_start() {
        let directory = std::env::temp_dir().join(format!("vestry-screen-{}", std::process::id()));
        std::fs::create_dir_all(directory.join("cells")).unwrap();
        let file = directory.join("cells/empty.html");
        std::fs::write(&file, "<i>none</i>").unwrap();
        let screens = Screens::load(Some(&directory), AssetNames::new()).unwrap();
        assert_eq!(screens.render("cells/empty.html", context! {}).unwrap(), "<i>none</i>");
        std::fs::write(&file, "{% if %}").unwrap();
        let error = Screens::load(Some(&directory), AssetNames::new()).unwrap_err().to_string();
        std::fs::remove_dir_all(&directory).unwrap();
        assert!(error.contains("cells/empty.html"), "{error}");
    }
}

//! The editor: phrases beside what they are in the language, a page at a time.

use vestry_sdk::phrases::{self, Entry, Found, Language, Query};
use vestry_sdk::prelude::*;

use super::row::{self, Row};
use super::{WRITE, back_to, language, language_of, named, plugin_of};

/// Phrases of a page.
pub const PAGE: u32 = 25;
/// Names of what is asked for, as addresses have them.
const ASKED: [&str; 4] = ["plugin", "state", "q", "cursor"];
const STATES: [&str; 4] = ["missing", "machine", "shipped", "done"];

/// Which phrases are looked at, as it stands in the address or was sent along with the form.
pub struct Asked(Vec<(&'static str, String)>);

impl Asked {
    pub fn of(sent: &[(String, String)]) -> Self {
        let value = |name: &'static str| {
            let found = sent.iter().find(|(known, value)| known == name && !value.is_empty());
            found.map(|(_, value)| (name, value.clone()))
        };
        Self(ASKED.into_iter().filter_map(value).collect())
    }

    fn value(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    fn query(&self, language: &Language) -> Query {
        let text = |name| Some(self.value(name).to_owned()).filter(|value| !value.is_empty());
        Query {
            language: language.tag.clone(),
            plugin: plugin_of(self.value("plugin")),
            state: text("state").filter(|state| STATES.contains(&state.as_str())),
            text: self.value("q").to_owned(),
            cursor: text("cursor"),
            limit: PAGE,
        }
    }

    /// The page with these phrases.
    pub fn route(&self, language: &Language) -> RouteRef {
        let route = RouteRef::to("phrases").param("key", &language.tag);
        self.0.iter().fold(route, |route, (name, value)| route.query(*name, value))
    }

    /// The same, from another place on.
    fn from(&self, cursor: Option<String>) -> Self {
        let others = self.0.iter().filter(|(name, _)| *name != "cursor").cloned();
        Self(others.chain(cursor.map(|cursor| ("cursor", cursor))).collect())
    }

    fn action(&self, label: &'static str, language: &Language) -> Action {
        let action = Action::new(label, "phrases").param("key", &language.tag);
        self.0.iter().fold(action, |action, (name, value)| action.value(*name, value))
    }
}

pub fn show(request: &Request) -> Result<Page> {
    let language = language_of(request)?;
    let asked = Asked::of(&request.query);
    let found = phrases::find(&asked.query(&language))?;
    let page = begin(&language)
        .lead(text!("{count} phrases", count = found.total))
        .block("filter", filter(&language, &asked)?);
    let page = match found.entries.is_empty() {
        true => page.block("nothing", nothing(&asked)),
        false if request.may(WRITE) => page.block("phrases", editable(&language, &asked, &found.entries)),
        false => page.block("phrases", table(&found.entries)),
    };
    Ok(turn(page, &language, &asked, found))
}

fn begin(language: &Language) -> Page {
    Page::new(text!("Phrases in {name}", name = named(language))).action(back_to(language))
}

fn filter(language: &Language, asked: &Asked) -> Result<Form> {
    let plugins = language::choices(&phrases::coverage(&language.tag)?);
    let states = [
        ("", "All"),
        ("missing", "Not translated yet"),
        ("machine", "Made by a machine"),
        ("shipped", "Came with Vestry"),
        ("done", "Translated"),
    ];
    let show = Action::new("Show", "phrases").param("key", &language.tag);
    Ok(Form::new(show)
        .inline()
        .field(Field::select("plugin", "Plugin", plugins).value(asked.value("plugin")))
        .field(Field::select("state", "State", states).value(asked.value("state")))
        .field(Field::text("q", "Words").value(asked.value("q")).placeholder("Of the phrase or its translation")))
}

fn nothing(asked: &Asked) -> Content {
    notice(
        Level::Neutral,
        match asked.value("state") {
            "missing" => "Nothing is missing here any more.",
            "machine" => "Nothing waits to be looked at here any more.",
            _ => {
                "No phrase is like that. Ask for less, or open the pages that it stands on: what the server shows is noted."
            }
        },
    )
}

fn editable(language: &Language, asked: &Asked, entries: &[Entry]) -> Form {
    let with_plugin = asked.value("plugin").is_empty();
    let rows: Vec<Row> = entries.iter().map(|entry| Row::of(entry, language, with_plugin)).collect();
    form(language, asked, &rows)
}

/// Phrase and translation side by side.
fn form(language: &Language, asked: &Asked, rows: &[Row]) -> Form {
    let save = Action::new("Save", "save-phrases").param("key", &language.tag).primary();
    let mut form = Form::new(save);
    form.extra.push(("layout".to_owned(), "\"beside\"".to_owned()));
    let form = asked.0.iter().fold(form, |form, (name, value)| form.field(Field::hidden(*name, value)));
    rows.iter().enumerate().fold(form, |form, (number, row)| row.fields(form, number, language))
}

/// For who may look and not change.
fn table(entries: &[Entry]) -> Table {
    let all = || entries.iter();
    let said = |entry: &Entry| match entry.forms.as_slice() {
        [(_, words)] => words.clone(),
        forms => forms.iter().map(|(form, words)| format!("{form}: {words}")).collect::<Vec<_>>().join("\n"),
    };
    Table::keyed((1..=entries.len()).map(|number| number.to_string()))
        .column("phrase", "Phrase", all().map(|entry| &entry.phrase))
        .column("translation", "Translation", all().map(said))
        .column("state", "State", all().map(|entry| row::state(&entry.state)))
        .column("place", "Where", all().map(|entry| code(&entry.place)))
}

fn turn(page: Page, language: &Language, asked: &Asked, found: Found) -> Page {
    let mut buttons = vec![];
    if !asked.value("cursor").is_empty() {
        buttons.push(asked.from(None).action("First page", language));
    }
    if found.next.is_some() {
        buttons.push(asked.from(found.next).action("Next page", language));
    }
    if buttons.is_empty() { page } else { page.block("turn", actions(buttons)) }
}

/// What could not be saved, as it was typed.
pub fn refused(language: &Language, asked: &Asked, rows: &[Row], saved: u32) -> Page {
    let page = begin(language).action(asked.action("Leave these as they were", language)).block(
        "refused",
        notice(Level::Warning, text!("{count} phrases could not be saved; look at them again.", count = rows.len())),
    );
    let page = match saved {
        0 => page,
        _ => page.block("saved", notice(Level::Success, text!("{count} phrases are saved.", count = saved))),
    };
    page.block("phrases", form(language, asked, rows))
}

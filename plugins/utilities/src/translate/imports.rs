//! Files that are brought: the form, what is wrong with a file as a whole, and the page that says what became of it.

use vestry_phrase_files::{Catalogue, Problem};
use vestry_sdk::block::job;
use vestry_sdk::phrases::{self, Language};
use vestry_sdk::prelude::*;
use vestry_sdk::{jobs, uploads};

use super::catalogue::plurals;
use super::importing::{self, Import, JOB};
use super::kept::{self, Brought, OF_A_PART, Wrong};
use super::{back_to, language, language_of, named, said_of, sentence};

/// Bytes of a file. A request brings 8 MiB into the plugin.
const LARGEST: u64 = 7 << 20;
/// The form's fields.
const FILE: &str = "file";
const MODE: &str = "mode";
const REPLACE: &str = "replace";
/// What is more is done by a job: so many translations, and bytes of the file.
const MOST_AT_ONCE: usize = 1_000;
const LARGEST_AT_ONCE: u64 = 1 << 20;
/// Characters of a file's name that are shown.
const LONGEST_NAME: usize = 100;
/// How often an open page looks whether the job has ended, in seconds.
const EVERY: u32 = 1;

pub fn form(language: &Language) -> Form {
    let modes = [("keep", "Fill only what is missing"), (REPLACE, "Replace what is there")];
    Form::new(Action::new("Import", "import").param("key", &language.tag).primary())
        .field(
            Field::file(FILE, "File with translations", LARGEST, [".yml", ".yaml", ".xlsx", ".xlf", ".xliff"])
                .help(
                    "YAML, XLSX or XLIFF 1.2, as it can be downloaded above. What is empty in it stays as it is here.",
                )
                .required(),
        )
        .field(Field::radio(MODE, "Where a phrase is translated already", modes).value("keep"))
}

pub fn begin(request: &Request) -> Result<Response> {
    let language = language_of(request)?;
    begun(request, &language)
        .or_invalid(|errors| language::page(request, &language, |form| form.refill(request).errors(errors)))
}

fn begun(request: &Request, language: &Language) -> Result<Redirect> {
    let (name, size, read) = read(request, language)?;
    let wrong: Vec<Wrong> = read.problems.iter().map(problem).collect();
    let brought = brought(read.catalogue);
    let is_large = brought.len() > MOST_AT_ONCE || size > LARGEST_AT_ONCE;
    let mut import = Import {
        tag: language.tag.clone(),
        name,
        job: is_large,
        replace: request.form(MODE).text() == REPLACE,
        brought: brought.len(),
        unread: wrong.len() + read.untold,
        refused: wrong.len(),
        untold: read.untold,
        ..Import::default()
    };
    let id = if is_large { jobs::start(JOB, "{}")? } else { request.id.clone() };
    if is_large {
        import.values = kept::put_away(&id, &brought)?;
        import.parts = wrong.len().div_ceil(OF_A_PART);
        kept::write(&id, &import, &wrong, 0)?;
    } else {
        importing::run(&id, language, &mut import, &brought, wrong, |_| Ok(()))?;
    }
    Ok(Redirect::to(RouteRef::to("imported").param("key", &language.tag).param("id", id)))
}

/// The file, as far as it is one for this language.
fn read(request: &Request, language: &Language) -> Result<(String, u64, vestry_phrase_files::Read)> {
    let (index, upload) = request.upload(FILE).ok_or_else(|| invalid(FILE, "Choose a file."))?;
    match upload.size {
        0 => return Err(invalid(FILE, "Choose a file that is not empty.")),
        size if size > LARGEST => {
            let words =
                text!("This file is larger than {most} MiB. Make several of it, a plugin each.", most = LARGEST >> 20);
            return Err(invalid(FILE, words));
        }
        _ => {}
    }
    let content = uploads::read_all(index, upload)?;
    let read = vestry_phrase_files::read(&content, None, &plurals(language))
        .map_err(|wrong| invalid(FILE, sentence(&wrong.to_string())))?;
    let target = read.catalogue.target.as_str();
    if !target.is_empty() && !is_same(target, language)? {
        let words = text!(
            "This file holds translations into “{other}”, and this page is about {language}.",
            other = target,
            language = named(language)
        );
        return Err(invalid(FILE, words));
    }
    Ok((shown(&upload.file_name), upload.size, read))
}

/// The name of a file, without folders and what is not seen.
fn shown(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_seen =
        |letter: &char| !letter.is_control() && !matches!(letter, '\u{200b}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    last.chars().filter(is_seen).take(LONGEST_NAME).collect()
}

fn is_same(tag: &str, language: &Language) -> Result<bool> {
    match phrases::describe(tag) {
        Ok(found) => Ok(found.tag == language.tag),
        Err(Failure::Invalid(_)) => Ok(false),
        Err(failure) => Err(failure),
    }
}

/// What the file has translations for.
fn brought(catalogue: Catalogue) -> Vec<Brought> {
    let translated = catalogue.entries.into_iter().filter(|entry| !entry.forms.is_empty());
    translated
        .map(|entry| Brought {
            machine: entry.state == vestry_phrase_files::State::Machine,
            plugin: entry.plugin,
            phrase: entry.phrase,
            forms: entry.forms.into_iter().map(|(plural, words)| (plural.name().to_owned(), words)).collect(),
        })
        .collect()
}

fn problem(problem: &Problem) -> Wrong {
    Wrong {
        place: problem.place.to_string(),
        plugin: problem.plugin.clone(),
        phrase: problem.phrase.clone(),
        why: problem.fault.to_string(),
    }
}

pub fn show(request: &Request) -> Result<Page> {
    let language = language_of(request)?;
    let id = request.param("id");
    let gone = || Failure::not_found("What became of this import is not kept any more.");
    let import: Import = kept::state(id)?.filter(|import: &Import| import.tag == language.tag).ok_or_else(gone)?;
    let page = Page::new(text!("Import of {name}", name = import.name))
        .lead(data(named(&language)))
        .action(back_to(&language))
        .action(Action::new("Open the editor", "phrases").param("key", &language.tag));
    let page = if import.job { page.block("job", job(id)) } else { page };
    let page = page.block("counts", counts(&import));
    let page = if import.refused > 0 { wrong(page, request, &language, &import)? } else { page };
    Ok(match import.job && !import.done {
        true => page.follow(Vec::<String>::new(), import.position.to_string(), EVERY),
        false => page,
    })
}

pub fn next(request: &Request, cursor: &str) -> Result<Batch> {
    let import: Option<Import> = kept::state(request.param("id"))?;
    Ok(match import {
        Some(import) if import.done => Batch::at("done").with(Update::reload()),
        Some(import) => Batch::at(import.position.to_string()).with(Update::block("counts", counts(&import))),
        None => Batch::at(cursor),
    })
}

fn counts(import: &Import) -> Content {
    let count = |count: usize| Cell::Integer(i64::try_from(count).unwrap_or(i64::MAX));
    facts([
        fact("Translations in the file", count(import.brought + import.unread)),
        fact("Changed", count(import.changed)),
        fact("Unchanged", count(import.unchanged)),
        fact("Kept as they are", count(import.kept)),
        fact("Refused", count(import.refused + import.untold)),
    ])
}

/// A part of what was refused, by the number that the address says.
fn wrong(page: Page, request: &Request, language: &Language, import: &Import) -> Result<Page> {
    let id = request.param("id");
    let part = request.query("part").number::<usize>().unwrap_or(0).min(import.parts.saturating_sub(1));
    let all = kept::wrong(id, part)?;
    let to = |part: usize| {
        let route = RouteRef::to("imported").param("key", &language.tag).param("id", id);
        route.query("part", part.to_string())
    };
    let first = part * OF_A_PART;
    let table = Table::keyed((first..first + all.len()).map(|number| number.to_string()))
        .column("place", "Where", all.iter().map(|wrong| &wrong.place))
        .column("plugin", "Plugin", all.iter().map(|wrong| code(said_of(&wrong.plugin))))
        .column("phrase", "Phrase", all.iter().map(|wrong| &wrong.phrase))
        .column("why", "What is wrong", all.iter().map(|wrong| sentence(&wrong.why).plain()))
        .total(Some(import.refused as u64))
        .pages(part.checked_sub(1).map(to), (part + 1 < import.parts).then(|| to(part + 1)));
    let section =
        Section::new("refused", "Refused").summary("These stay as they are. Mend them in the file, or in the editor.");
    let section = match import.untold {
        0 => section,
        count => section.block(
            "untold",
            notice(Level::Warning, text!("{count} more are wrong in the file; mend these first.", count)),
        ),
    };
    Ok(page.section(section.block("refused", table)))
}

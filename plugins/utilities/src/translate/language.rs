//! One language: what it is, how far each plugin is, its files, and what fills it.

use vestry_sdk::phrases::{self, Covered, Language};
use vestry_sdk::prelude::*;

use super::languages::Sum;
use super::provider::{self, Provider};
use super::{SERVER, WRITE, catalogue, imports, language_of, named, said_of};

pub fn show(request: &Request) -> Result<Page> {
    page(request, &language_of(request)?, |form| form)
}

/// The page with the form for files as `with` makes it.
pub fn page(request: &Request, language: &Language, with: impl FnOnce(Form) -> Form) -> Result<Page> {
    let covered = phrases::coverage(&language.tag)?;
    let sum = Sum::of(&covered);
    let page = Page::new(data(named(language)))
        .action(Action::new("All languages", "languages"))
        .action(button("Open the editor", "phrases", language).primary())
        .block("about", about(language, sum))
        .block("change", change(language))
        .section(Section::new("plugins", "By plugin").block("plugins", table(language, &covered)));
    let page = fill(page, request, language, sum);
    let files = Section::new("files", "Files")
        .summary("For translators: YAML to be written by hand, XLSX for spreadsheets, XLIFF for their own programs.")
        .block("download", catalogue::form(language, &covered));
    let files = if request.may(WRITE) { files.block("import", with(imports::form(language))) } else { files };
    Ok(page.section(files))
}

fn about(language: &Language, sum: Sum) -> Content {
    facts([
        fact("Tag", code(&language.tag)),
        fact("Name", &language.name),
        fact("Written from right to left", language.right_to_left),
        fact("Plural forms", language.plurals.join(", ")),
        fact("Offered to readers", language.offered),
        fact("Translated", percent(sum.percent())),
        fact("To be looked at", sum.machine),
    ])
}

fn change(language: &Language) -> Content {
    let offer = match language.offered {
        true => button("Offer it no longer", "offer", language).value("offered", "0"),
        false => button("Offer it to readers", "offer", language).value("offered", "1").primary(),
    };
    actions([offer, button("Remove the language", "remove-language", language).danger()])
}

fn button(label: &'static str, route: &str, language: &Language) -> Action {
    Action::new(label, route).param("key", &language.tag)
}

fn table(language: &Language, covered: &[Covered]) -> Table {
    let all = || covered.iter();
    let open = |one: &Covered| {
        let phrases = RouteRef::to("phrases").param("key", &language.tag).query("plugin", said_of(&one.plugin));
        Link::to(data(&one.title), phrases)
    };
    let part = |one: &Covered| percent(Sum::of(std::slice::from_ref(one)).percent());
    Table::keyed(all().map(|one| said_of(&one.plugin)))
        .column("plugin", "Plugin", all().map(open))
        .column("phrases", "Phrases", all().map(|one| one.phrases))
        .column("translated", "Translated", all().map(|one| one.translated))
        .column("machine", "To be looked at", all().map(|one| one.machine))
        .column("percent", "Part", all().map(part))
        .empty("No phrase is known yet. Open some pages: what the server shows is noted.")
}

/// What is missing, and who could fill it in.
fn fill(page: Page, request: &Request, language: &Language, sum: Sum) -> Page {
    let missing = sum.missing();
    if missing == 0 || !request.may(WRITE) {
        return page;
    }
    let section = Section::new("missing", "Missing")
        .summary(text!("{count} phrases are not translated yet, and stay in English.", count = missing));
    page.section(match provider::configured() {
        Ok(Some(provider)) => section.block("fill", send(language, missing, &provider)),
        Ok(None) => section.block("provider", notice(Level::Neutral, text!(
            "A machine can fill them in: say in the server’s configuration who translates, as “translation” below “plugins” and “{plugin}”.",
            plugin = crate::ID
        ))),
        Err(why) => section.block("provider", notice(Level::Warning, text!(
            "What the configuration says about who translates cannot be used: {why}.", why
        ))),
    })
}

fn send(language: &Language, missing: u32, provider: &Provider) -> Content {
    let question = text!("Send {count} phrases to {address}?", count = missing, address = provider.url);
    actions([button("Have a machine translate what is missing", "fill", language).confirm(question)])
}

pub fn offer(request: &Request) -> Result<Redirect> {
    let language = language_of(request)?;
    let offered = request.form("offered").is_ticked();
    let back = Redirect::to(RouteRef::to("language").param("key", &language.tag));
    match phrases::put_language(&language.tag, offered) {
        Ok(()) if offered => Ok(back.done("Readers get it from now on.")),
        Ok(()) => Ok(back.done("Readers do not get it any more.")),
        // Of English.
        Err(Failure::Invalid(errors)) => {
            let message = errors.into_iter().next().map_or_else(Text::none, |error| error.message);
            Ok(back.notice(Level::Warning, message))
        }
        Err(failure) => Err(failure),
    }
}

pub fn remove(request: &Request) -> Result<Redirect> {
    let language = language_of(request)?;
    phrases::remove_language(&language.tag)?;
    Ok(Redirect::to("languages").done(text!("{name} is removed.", name = named(&language))))
}

/// Plugins to choose from, with what stands for all of them.
pub fn choices(covered: &[Covered]) -> Vec<Choice> {
    let each = covered.iter().map(|one| Choice::new(said_of(&one.plugin), data(&one.title)));
    let all = Choice::new("", "The server and all plugins");
    std::iter::once(all).chain(each).collect()
}

/// The plugin as a file's name says it.
pub fn file_part(plugin: Option<&str>) -> &str {
    plugin.map_or(SERVER, said_of)
}

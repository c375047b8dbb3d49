//! The first page: the languages that were added, how far they are, and a form to add one.

use vestry_sdk::phrases::{self, Covered, Language};
use vestry_sdk::prelude::*;

use super::{TITLE, adding};

pub fn show(_: &Request) -> Result<Page> {
    page(|form| form)
}

/// The page with its form as `with` makes it.
pub fn page(with: impl FnOnce(Form) -> Form) -> Result<Page> {
    let all = phrases::languages()?;
    let covered = all.iter().map(|language| Ok(Sum::of(&phrases::coverage(&language.tag)?)));
    let covered = covered.collect::<Result<Vec<Sum>>>()?;
    Ok(Page::new(TITLE)
        .lead("English is what everything is written in. What is not translated stays in it.")
        .action(Action::new("All utilities", "list"))
        .block("languages", table(&all, &covered))
        .section(Section::new("add", "Add a language").block("add", with(adding::form()))))
}

fn table(all: &[Language], covered: &[Sum]) -> Table {
    Table::keyed(all.iter().map(|language| &language.tag))
        .column("name", "Language", all.iter().map(|language| &language.name))
        .column("tag", "Tag", all.iter().map(|language| code(&language.tag)))
        .column("offered", "Offered to readers", all.iter().map(|language| language.offered))
        .column("translated", "Translated", covered.iter().map(|sum| percent(sum.percent())))
        .column("machine", "To be looked at", covered.iter().map(|sum| sum.machine))
        .open("language")
        .empty("No language was added yet. Add one below: Spanish and Arabic come with Vestry, others begin empty.")
}

/// How far a language is over several plugins.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sum {
    pub phrases: u32,
    pub translated: u32,
    pub machine: u32,
}

impl Sum {
    pub fn of(covered: &[Covered]) -> Self {
        covered.iter().fold(Self::default(), |sum, one| Self {
            phrases: sum.phrases.saturating_add(one.phrases),
            translated: sum.translated.saturating_add(one.translated),
            machine: sum.machine.saturating_add(one.machine),
        })
    }

    pub fn missing(self) -> u32 {
        self.phrases.saturating_sub(self.translated)
    }

    /// 100 only where nothing is missing.
    pub fn percent(self) -> u8 {
        let percent = u64::from(self.translated) * 100 / u64::from(self.phrases.max(1));
        u8::try_from(percent).unwrap_or(100)
    }
}

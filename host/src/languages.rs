//! The languages that this server speaks: English, in which it is written, and those that an administrator offers.
//!
//! What is said in each lies in the database and is read whole, by every process, when it has changed: a request costs no
//! query. A change that was made through this process is there for the next request.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};
use vestry_capabilities::bring_in_shipped;
use vestry_contract::types::Text;
use vestry_phrases::{COUNT, Catalogue, Forms, Language, Noted, Plural, Seen, Words, preferred, shipped};
use vestry_screen::{Direction, Screens};
use vestry_storage::{Database, StorageError, TranslationRow};

/// All of them; one for each process.
pub struct Languages {
    database: Database,
    /// With the phrases as they were written.
    screens: Screens,
    spoken: RwLock<Arc<Spoken>>,
    /// Only one reads what has changed.
    reading: Mutex<()>,
    noted: Noted,
}

/// What is offered at one moment.
#[derive(Debug)]
struct Spoken {
    /// Nothing can have changed while it is the database's.
    generation: u64,
    wording: u64,
    languages: Vec<Language>,
    /// In the same order; English is the first.
    speeches: Vec<Arc<Speech>>,
}

/// One language, ready to be shown.
#[derive(Debug)]
pub struct Speech {
    language: Language,
    /// Of the database that it was read from.
    wording: u64,
    catalogue: Arc<Catalogue>,
    screens: Screens,
}

impl fmt::Debug for Languages {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Languages").field("spoken", &self.spoken.read().languages).finish_non_exhaustive()
    }
}

impl Languages {
    /// # Errors
    ///
    /// Where the database cannot be read.
    pub fn open(database: Database, screens: Screens) -> Result<Self, StorageError> {
        let generation = database.generation();
        let spoken = RwLock::new(Arc::new(read(&database, &screens, generation)?));
        let languages = Self { database, screens, spoken, reading: Mutex::default(), noted: Noted::default() };
        languages.note_anew();
        Ok(languages)
    }

    /// Notes everything that is shown once more, so that what is in use is not taken for forgotten: the server's own now, and
    /// the rest as it is met.
    pub fn note_anew(&self) {
        self.noted.forget();
        for (place, phrase) in shipped::phrases() {
            self.noted.note("", &phrase, || place);
        }
    }

    /// Brings what came with the program up to date, where it is of another version than what was there.
    ///
    /// # Errors
    ///
    /// Where the database cannot be written.
    pub fn bring_in_shipped(&self, now: u64) -> Result<(), StorageError> {
        for row in self.database.read(|reader| reader.languages())? {
            if let Ok(language) = Language::parse(&row.tag) {
                self.database.write(|tx| bring_in_shipped(tx, &language, now))?;
            }
        }
        Ok(())
    }

    /// Writes down which phrases were shown that nobody knew of. Waits for the disk.
    ///
    /// # Errors
    ///
    /// Where the database cannot be written; they are written the next time then.
    pub fn write_noted(&self, now: u64) -> Result<(), StorageError> {
        let seen = self.noted.take();
        let mut phrases: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
        for Seen { plugin, phrase, place } in &seen {
            phrases.entry(plugin).or_default().push((phrase, place));
        }
        // A plugin at a time, so that others who write come in between.
        let mut plugins = phrases.iter();
        let written = plugins.try_for_each(|(plugin, phrases)| {
            self.database.write(|tx| tx.note_phrases(plugin, phrases, now)).map(drop)
        });
        if written.is_err() {
            self.noted.put_back(seen);
        }
        written
    }

    /// The phrases that were shown by this process.
    #[must_use]
    pub fn noted(&self) -> &Noted {
        &self.noted
    }

    /// The language of a reader: the one that they have chosen, or else the first that their browser asks for
    /// (`Accept-Language`) and that is offered, or else English.
    #[must_use]
    pub fn of_reader(&self, chosen: Option<&str>, accepted: &str) -> Arc<Speech> {
        let spoken = self.spoken();
        let at = match &*spoken.languages {
            [_] => 0,
            languages => {
                let chosen = chosen.and_then(|tag| languages.iter().position(|language| language.tag() == tag));
                let asked =
                    || preferred(accepted, languages).and_then(|asked| languages.iter().position(|one| one == asked));
                chosen.or_else(asked).unwrap_or(0)
            }
        };
        Arc::clone(&spoken.speeches[at])
    }

    /// Those that readers can choose.
    #[must_use]
    pub fn offered(&self) -> Vec<Language> {
        self.spoken().languages.clone()
    }

    fn spoken(&self) -> Arc<Spoken> {
        let generation = self.database.generation();
        let of_now = |spoken: &Arc<Spoken>| spoken.generation >= generation;
        let known = Arc::clone(&self.spoken.read());
        if of_now(&known) {
            return known;
        }
        let _alone = self.reading.lock();
        let known = Arc::clone(&self.spoken.read());
        if of_now(&known) {
            return known;
        }
        match self.renewed(&known, generation) {
            Ok(spoken) => {
                let spoken = Arc::new(spoken);
                *self.spoken.write() = Arc::clone(&spoken);
                spoken
            }
            Err(error) => {
                tracing::error!(%error, "what is said in other languages cannot be read; it stays as it was");
                known
            }
        }
    }

    fn renewed(&self, known: &Spoken, generation: u64) -> Result<Spoken, StorageError> {
        let wording = self.database.read(|reader| reader.wording())?;
        if wording != known.wording {
            return read(&self.database, &self.screens, generation);
        }
        let (languages, speeches) = (known.languages.clone(), known.speeches.clone());
        Ok(Spoken { generation, wording, languages, speeches })
    }
}

/// All that is offered, as the database has it.
fn read(database: &Database, screens: &Screens, generation: u64) -> Result<Spoken, StorageError> {
    let (wording, rows) = database.read(|reader| {
        let mut rows = vec![("en".to_owned(), reader.translations("en")?)];
        for language in reader.languages()?.into_iter().filter(|language| language.offered && language.tag != "en") {
            let translations = reader.translations(&language.tag)?;
            rows.push((language.tag, translations));
        }
        Ok::<_, StorageError>((reader.wording()?, rows))
    })?;
    let mut speeches = Vec::new();
    for (tag, translations) in rows {
        match Language::parse(&tag) {
            Ok(language) => speeches.push(Arc::new(Speech::new(language, wording, &translations, screens))),
            Err(error) => tracing::error!(%error, "a language is passed over"),
        }
    }
    let languages = speeches.iter().map(|speech| speech.language.clone()).collect();
    Ok(Spoken { generation, wording, languages, speeches })
}

impl Speech {
    fn new(language: Language, wording: u64, translations: &[TranslationRow], screens: &Screens) -> Self {
        let mut catalogue = Catalogue::new(language.clone());
        // Of the others it stands in the database; English was added by nobody.
        if language == Language::english() {
            for one in shipped::catalogue(&language) {
                catalogue.set(&one.plugin, &one.phrase, one.forms);
            }
        }
        for row in translations {
            catalogue.set(&row.plugin, &row.phrase, forms(&row.forms));
        }
        let catalogue = Arc::new(catalogue);
        Self { language, wording, screens: screens.speaking(Arc::clone(&catalogue)), catalogue }
    }

    #[must_use]
    pub fn language(&self) -> &Language {
        &self.language
    }

    /// Another one of the same language says something otherwise where this is another number.
    #[must_use]
    pub fn wording(&self) -> u64 {
        self.wording
    }

    #[must_use]
    pub fn direction(&self) -> Direction {
        if self.language.is_right_to_left() { Direction::Rtl } else { Direction::Ltr }
    }

    /// The templates, in this language.
    #[must_use]
    pub fn screens(&self) -> &Screens {
        &self.screens
    }

    /// Words of a plugin.
    #[must_use]
    pub fn text<'t>(&self, plugin: &str, text: &'t Text) -> Cow<'t, str> {
        match text {
            Text::Data(words) => Cow::Borrowed(words),
            Text::Phrase(phrase) => match self.catalogue.say(plugin, phrase, None) {
                Some(said) => Cow::Owned(said.to_owned()),
                None => self.catalogue.unsaid(phrase),
            },
            Text::Filled(filled) => {
                let value =
                    |name: &str| filled.values.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
                let phrase = match self.catalogue.say(plugin, &filled.phrase, value(COUNT)) {
                    Some(said) => Cow::Borrowed(said),
                    None => self.catalogue.unsaid(&filled.phrase),
                };
                Cow::Owned(self.catalogue.fill(&phrase, value))
            }
        }
    }

    /// Words of the host.
    #[must_use]
    pub fn words(&self, words: &Words) -> String {
        words.said(&self.catalogue)
    }

    /// A phrase of the host that has no values.
    #[must_use]
    pub fn phrase<'p>(&'p self, phrase: &'p str) -> &'p str {
        self.catalogue.say("", phrase, None).unwrap_or(phrase)
    }
}

/// As [`TranslationRow::forms`] has them; a form that nobody knows is passed over.
fn forms(json: &str) -> Forms {
    let read: BTreeMap<String, String> = serde_json::from_str(json).unwrap_or_default();
    read.into_iter().filter_map(|(name, words)| Some((Plural::named(&name)?, words))).collect()
}

#[cfg(test)]
mod tests {
    use vestry_contract::types::Filled;
    use vestry_phrases::words;
    use vestry_screen::AssetNames;
    use vestry_storage::PhraseQuery;

    use super::*;

    fn languages(database: &Database) -> Languages {
        Languages::open(database.clone(), Screens::load(None, AssetNames::new()).unwrap()).unwrap()
    }

    fn translate(database: &Database, language: &str, plugin: &str, phrase: &str, forms: &str) {
        let row = TranslationRow {
            plugin: plugin.into(),
            phrase: phrase.into(),
            forms: forms.into(),
            state: "done".into(),
            changed: 1,
            changed_by: String::new(),
        };
        database
            .write(|tx| {
                tx.put_language(language, true, 1)?;
                tx.put_translation(language, &row)
            })
            .unwrap();
    }

    #[test]
    fn what_is_saved_is_said_at_once_by_who_it_is_meant_for() {
        let database = Database::temporary().unwrap();
        let languages = languages(&database);
        let files = Text::Filled(Filled { phrase: "{count} files".into(), values: vec![("count".into(), "1".into())] });
        let before = languages.of_reader(Some("es"), "es");
        assert_eq!((before.language().tag(), before.text("a", &files)), ("en", Cow::Borrowed("1 files")));
        translate(&database, "es", "a", "{count} files", r#"{"one":"un archivo","other":"{count} archivos"}"#);
        let earlier = languages.of_reader(None, "es").wording();
        translate(&database, "es", "", "Not so fast", r#"{"other":"Más despacio"}"#);
        let spanish = languages.of_reader(None, "es-AR, en;q=0.5");
        assert!(spanish.wording() > earlier, "what was drawn of it before is not shown any more");
        assert_eq!((spanish.text("a", &files), spanish.text("b", &files)), ("un archivo".into(), "1 files".into()));
        assert_eq!(spanish.words(&words!("Not so fast")), "Más despacio");
        assert_eq!(spanish.text("a", &Text::Data("Not so fast".into())), "Not so fast");
        // English can be worded anew, too.
        translate(&database, "en", "a", "{count} files", r#"{"one":"one file","other":"{count} files"}"#);
        assert_eq!(languages.of_reader(None, "").text("a", &files), "one file");
    }

    #[test]
    fn what_is_shown_is_written_down_and_again_before_it_is_forgotten() {
        let database = Database::temporary().unwrap();
        let languages = languages(&database);
        let show = |plugin: &str| languages.noted().note(plugin, "Notes", || "/notes".into());
        let query = PhraseQuery { text: "Notes".into(), limit: 10, ..PhraseQuery::default() };
        let known = || {
            let rows = database.read(|reader| reader.phrases(&query)).unwrap();
            rows.into_iter().map(|row| (row.plugin, row.seen)).collect::<Vec<_>>()
        };
        show("a");
        show("b");
        languages.write_noted(5).unwrap();
        show("a");
        languages.write_noted(7).unwrap();
        assert_eq!(known(), [("a".into(), 5), ("b".into(), 5)]);
        languages.note_anew();
        show("a");
        languages.write_noted(9).unwrap();
        assert_eq!(known(), [("a".into(), 9), ("b".into(), 5)]);
        database.write(|tx| tx.purge_phrases(9)).unwrap();
        assert_eq!(known(), [("a".into(), 9)]);
        let own = PhraseQuery { plugin: Some(String::new()), limit: 500, ..PhraseQuery::default() };
        assert!(database.read(|reader| reader.phrases(&own)).unwrap().len() > 300, "the server's own stay");
    }

    #[test]
    fn a_choice_goes_before_what_the_browser_asks_for_and_only_what_is_offered_counts() {
        let database = Database::temporary().unwrap();
        translate(&database, "es", "", "Save", r#"{"other":"Guardar"}"#);
        translate(&database, "ar", "", "Save", r#"{"other":"حفظ"}"#);
        let languages = languages(&database);
        let tag = |chosen, accepted| languages.of_reader(chosen, accepted).language().tag().to_owned();
        assert_eq!(
            [tag(Some("ar"), "es"), tag(Some("en"), "es"), tag(None, "es"), tag(Some("fr"), "ar")],
            ["ar", "en", "es", "ar"]
        );
        assert_eq!(languages.of_reader(Some("ar"), "").direction(), Direction::Rtl);
        database.write(|tx| tx.put_language("ar", false, 1)).unwrap();
        assert_eq!(tag(Some("ar"), "es"), "es");
        database.write(|tx| tx.delete_language("es")).unwrap();
        assert_eq!(tag(Some("ar"), "es"), "en");
    }
}

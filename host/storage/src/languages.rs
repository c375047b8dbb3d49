//! Languages, and what phrases are in them.

use rusqlite::{Row, params};

use crate::{Reader, Result, Transaction};

/// A language beside the one that the program is written in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LanguageRow {
    pub tag: String,
    pub offered: bool,
    pub added: u64,
}

/// What a phrase is in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TranslationRow {
    /// Empty for the host.
    pub plugin: String,
    pub phrase: String,
    /// A JSON object: words by the name of their plural form.
    pub forms: String,
    /// `shipped`, `machine` or `done`.
    pub state: String,
    pub changed: u64,
    /// Id of an account; empty for the program itself.
    pub changed_by: String,
}

impl Reader<'_> {
    /// All languages, by tag.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn languages(&self) -> Result<Vec<LanguageRow>> {
        self.all("SELECT tag, offered, added FROM languages ORDER BY tag", [], |row| {
            Ok(LanguageRow { tag: row.get(0)?, offered: row.get(1)?, added: row.get(2)? })
        })
    }

    /// Counts the changes to what is said in any language.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn wording(&self) -> Result<u64> {
        self.value("SELECT value FROM wording WHERE id = 1", [])
    }

    /// All translations into a language, those of phrases that are not shown any more too.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn translations(&self, language: &str) -> Result<Vec<TranslationRow>> {
        self.all(
            "SELECT plugin, phrase, forms, state, changed, changed_by FROM translations \
             WHERE language = ? ORDER BY plugin, phrase",
            [language],
            translation,
        )
    }

    /// One translation.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn translation(&self, language: &str, plugin: &str, phrase: &str) -> Result<Option<TranslationRow>> {
        self.first(
            "SELECT plugin, phrase, forms, state, changed, changed_by FROM translations \
             WHERE language = ? AND plugin = ? AND phrase = ?",
            [language, plugin, phrase],
            translation,
        )
    }

    /// The language that an account has chosen; none where its browser decides.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn account_language(&self, account: &str) -> Result<Option<String>> {
        let found =
            self.first("SELECT language FROM accounts WHERE id = ?", [account], |row| row.get::<_, String>(0))?;
        Ok(found.filter(|language| !language.is_empty()))
    }
}

fn translation(row: &Row<'_>) -> rusqlite::Result<TranslationRow> {
    Ok(TranslationRow {
        plugin: row.get(0)?,
        phrase: row.get(1)?,
        forms: row.get(2)?,
        state: row.get(3)?,
        changed: row.get(4)?,
        changed_by: row.get(5)?,
    })
}

impl Transaction<'_> {
    /// Adds a language, or says whether it is offered.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn put_language(&self, tag: &str, offered: bool, now: u64) -> Result<()> {
        self.execute(
            "INSERT INTO languages (tag, offered, added) VALUES (?, ?, ?) \
             ON CONFLICT (tag) DO UPDATE SET offered = excluded.offered",
            params![tag, offered, now],
        )?;
        self.raise_wording()
    }

    /// Removes a language with all that was translated into it. Who had chosen it has chosen none. Answers whether it was
    /// there.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn delete_language(&self, tag: &str) -> Result<bool> {
        self.execute("UPDATE accounts SET language = '' WHERE language = ?", [tag])?;
        let there = self.execute("DELETE FROM languages WHERE tag = ?", [tag])? > 0;
        self.raise_wording()?;
        Ok(there)
    }

    /// Puts a translation in place of one that was there.
    ///
    /// # Errors
    /// Where the database cannot be written, or the language is not there.
    pub fn put_translation(&self, language: &str, row: &TranslationRow) -> Result<()> {
        let TranslationRow { plugin, phrase, forms, state, changed, changed_by } = row;
        self.execute(
            "INSERT INTO translations (language, plugin, phrase, forms, state, changed, changed_by) \
             VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (language, plugin, phrase) DO UPDATE SET \
             forms = excluded.forms, state = excluded.state, changed = excluded.changed, changed_by = excluded.changed_by",
            params![language, plugin, phrase, forms, state, changed, changed_by],
        )?;
        Ok(())
    }

    /// Takes a translation away. Answers whether there was one.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn delete_translation(&self, language: &str, plugin: &str, phrase: &str) -> Result<bool> {
        let sql = "DELETE FROM translations WHERE language = ? AND plugin = ? AND phrase = ?";
        Ok(self.execute(sql, [language, plugin, phrase])? > 0)
    }

    /// Says that something is said otherwise from now on: every process looks again.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn raise_wording(&self) -> Result<()> {
        self.execute("UPDATE wording SET value = value + 1 WHERE id = 1", [])?;
        self.raise_generation()
    }

    /// The language that an account chooses; empty for what its browser asks for.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn set_account_language(&self, account: &str, language: &str) -> Result<()> {
        self.execute("UPDATE accounts SET language = ? WHERE id = ?", [language, account])?;
        self.raise_generation()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Database;

    fn row(phrase: &str, state: &str) -> TranslationRow {
        TranslationRow {
            plugin: String::new(),
            phrase: phrase.into(),
            forms: r#"{"other":"x"}"#.into(),
            state: state.into(),
            changed: 7,
            changed_by: "ada".into(),
        }
    }

    #[test]
    fn a_language_has_translations_and_takes_them_with_it() {
        let database = Database::temporary().unwrap();
        let before = (database.generation(), database.read(|reader| reader.wording()).unwrap());
        database
            .write(|tx| {
                tx.put_language("es", false, 5)?;
                tx.put_language("es", true, 9)?;
                tx.put_translation("es", &row("Save", "shipped"))?;
                tx.put_translation("es", &row("Save", "done"))?;
                tx.put_translation("es", &row("Cancel", "shipped"))
            })
            .unwrap();
        assert!(database.generation() > before.0 && database.read(|reader| reader.wording()).unwrap() > before.1);
        let languages = database.read(|reader| reader.languages()).unwrap();
        assert_eq!(languages, [LanguageRow { tag: "es".into(), offered: true, added: 5 }]);
        assert!(database.write(|tx| tx.delete_translation("es", "", "Cancel")).unwrap());
        assert_eq!(database.read(|reader| reader.translations("es")).unwrap(), [row("Save", "done")]);
        assert!(database.write(|tx| tx.put_translation("de", &row("Save", "done"))).is_err());
        assert!(database.write(|tx| tx.delete_language("es")).unwrap());
        assert!(!database.write(|tx| tx.delete_language("es")).unwrap());
        assert_eq!(database.read(|reader| reader.translation("es", "", "Save")).unwrap(), None);
    }
}

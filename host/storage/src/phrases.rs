//! The phrases that there are, and how far each language has come with them.

use rusqlite::params;

use crate::{Reader, Result, Transaction};

/// Phrases of one plugin that are kept: some ten times what a large one has.
const MOST: u64 = 5_000;

/// A phrase beside what it is in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhraseRow {
    /// Empty for the host.
    pub plugin: String,
    pub phrase: String,
    pub place: String,
    /// When it was last noted.
    pub seen: u64,
    /// A JSON object, as in [`TranslationRow`](crate::TranslationRow); none where it is not translated.
    pub forms: Option<String>,
    /// `missing`, `shipped`, `machine` or `done`.
    pub state: String,
    pub changed: u64,
    pub changed_by: String,
}

/// Which phrases.
#[derive(Clone, Debug, Default)]
pub struct PhraseQuery {
    pub language: String,
    /// Of one plugin, or of the host where it is empty.
    pub plugin: Option<String>,
    /// `missing`, `shipped`, `machine` or `done`.
    pub state: Option<String>,
    /// What the phrase or its translation has in it; empty for all.
    pub text: String,
    /// Behind this one: plugin, place and phrase.
    pub after: Option<(String, String, String)>,
    pub limit: u32,
}

/// How far a language has come with one plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverageRow {
    pub plugin: String,
    pub phrases: u64,
    pub translated: u64,
    /// Of those, what a machine made and nobody has looked at.
    pub machine: u64,
}

/// `?1` is the language, and so on as in [`values`].
const FROM: &str = "FROM phrases p LEFT JOIN translations t \
    ON t.language = ?1 AND t.plugin = p.plugin AND t.phrase = p.phrase \
    WHERE (?2 IS NULL OR p.plugin = ?2) AND (?3 IS NULL OR COALESCE(t.state, 'missing') = ?3) \
    AND (?4 = '' OR p.phrase LIKE ?4 ESCAPE '\\' OR t.forms LIKE ?4 ESCAPE '\\')";

impl Reader<'_> {
    /// Phrases that a query finds, by plugin and by place.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn phrases(&self, query: &PhraseQuery) -> Result<Vec<PhraseRow>> {
        let (plugin, place, phrase) = query.after.clone().unwrap_or_default();
        let sql = format!(
            "SELECT p.plugin, p.phrase, p.place, p.seen, t.forms, COALESCE(t.state, 'missing'), \
             COALESCE(t.changed, 0), COALESCE(t.changed_by, '') {FROM} \
             AND (?5 = 0 OR (p.plugin, p.place, p.phrase) > (?6, ?7, ?8)) \
             ORDER BY p.plugin, p.place, p.phrase LIMIT ?9"
        );
        let PhraseQuery { language, plugin: of, state, text, after, limit } = query;
        let values = params![language, of, state, like(text), after.is_some(), plugin, place, phrase, limit];
        self.all(&sql, values, |row| {
            Ok(PhraseRow {
                plugin: row.get(0)?,
                phrase: row.get(1)?,
                place: row.get(2)?,
                seen: row.get(3)?,
                forms: row.get(4)?,
                state: row.get(5)?,
                changed: row.get(6)?,
                changed_by: row.get(7)?,
            })
        })
    }

    /// How many phrases a query finds over all pages.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn count_phrases(&self, query: &PhraseQuery) -> Result<u64> {
        let PhraseQuery { language, plugin, state, text, .. } = query;
        self.value(&format!("SELECT COUNT(*) {FROM}"), params![language, plugin, state, like(text)])
    }

    /// Whether a plugin, or the host where it is empty, has this phrase.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn has_phrase(&self, plugin: &str, phrase: &str) -> Result<bool> {
        let sql = "SELECT COUNT(*) FROM phrases WHERE plugin = ? AND phrase = ?";
        Ok(self.value::<u64>(sql, [plugin, phrase])? > 0)
    }

    /// How far a language has come, by plugin; the host, which has no id, comes first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn coverage(&self, language: &str) -> Result<Vec<CoverageRow>> {
        self.all(
            "SELECT p.plugin, COUNT(*), COUNT(t.state), COUNT(*) FILTER (WHERE t.state = 'machine') \
             FROM phrases p LEFT JOIN translations t \
             ON t.language = ? AND t.plugin = p.plugin AND t.phrase = p.phrase GROUP BY p.plugin ORDER BY p.plugin",
            [language],
            |row| {
                let (plugin, phrases) = (row.get(0)?, row.get(1)?);
                Ok(CoverageRow { plugin, phrases, translated: row.get(2)?, machine: row.get(3)? })
            },
        )
    }
}

/// A text anywhere in another; its own signs mean nothing.
fn like(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let plain = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{plain}%")
}

impl Transaction<'_> {
    /// Notes that phrases of a plugin are shown: each with its place. Answers how many of them are kept: a plugin has room
    /// for 5,000.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn note_phrases(&self, plugin: &str, phrases: &[(&str, &str)], now: u64) -> Result<usize> {
        // Once for all of them: counting what may be 20 MiB takes some milliseconds.
        let there: u64 = self.value("SELECT COUNT(*) FROM phrases WHERE plugin = ?", [plugin])?;
        let (mut room, mut kept) = (MOST.saturating_sub(there), 0);
        for (phrase, place) in phrases {
            let known = "UPDATE phrases SET seen = ? WHERE plugin = ? AND phrase = ?";
            if self.execute(known, params![now, plugin, phrase])? == 0 {
                if room == 0 {
                    continue;
                }
                let new = "INSERT INTO phrases (plugin, phrase, place, seen) VALUES (?, ?, ?, ?)";
                self.execute(new, params![plugin, phrase, place, now])?;
                room -= 1;
            }
            kept += 1;
        }
        Ok(kept)
    }

    /// Forgets phrases that were not shown since then. Their translations stay, for when they are shown again.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn purge_phrases(&self, before: u64) -> Result<usize> {
        self.execute("DELETE FROM phrases WHERE seen < ?", [before])
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::{Database, TranslationRow};

    fn database() -> Database {
        let database = Database::temporary().unwrap();
        database
            .write(|tx| {
                tx.put_language("es", true, 1)?;
                let own = [("Save", "b.html"), ("Cancel", "a.html"), ("100 %", "c.html")];
                assert_eq!(tx.note_phrases("", &own, 3)?, 3);
                assert_eq!(tx.note_phrases("org.example.one", &[("Save", "/")], 3)?, 1);
                for (phrase, words, state) in [("Save", "Guardar", "done"), ("Cancel", "Cancelar", "machine")] {
                    tx.put_translation(
                        "es",
                        &TranslationRow {
                            plugin: String::new(),
                            phrase: phrase.into(),
                            forms: format!(r#"{{"other":"{words}"}}"#),
                            state: state.into(),
                            changed: 4,
                            changed_by: String::new(),
                        },
                    )?;
                }
                Ok::<_, crate::StorageError>(())
            })
            .unwrap();
        database
    }

    #[test]
    fn phrases_are_found_by_what_they_are_and_how_far_they_are_and_page_by_page() {
        let database = database();
        let query = PhraseQuery { language: "es".into(), limit: 10, ..PhraseQuery::default() };
        let found = |query: PhraseQuery| {
            let rows = database.read(|reader| reader.phrases(&query)).unwrap();
            assert!(
                query.after.is_some()
                    || database.read(|reader| reader.count_phrases(&query)).unwrap() == rows.len() as u64
            );
            rows.into_iter().map(|row| format!("{} {} {}", row.plugin, row.phrase, row.state)).collect::<Vec<_>>()
        };
        let all = [" Cancel machine", " Save done", " 100 % missing", "org.example.one Save missing"];
        assert_eq!(found(query.clone()), all);
        let with = |change: fn(&mut PhraseQuery)| {
            let mut query = query.clone();
            change(&mut query);
            found(query)
        };
        assert_eq!(with(|query| query.plugin = Some(String::new())), all[..3]);
        assert_eq!(with(|query| query.state = Some("missing".into())), all[2..]);
        assert_eq!(with(|query| query.text = "guard".into()), all[1..2]);
        assert_eq!(with(|query| query.text = "0 %".into()), all[2..3]);
        assert_eq!(with(|query| query.after = Some((String::new(), "b.html".into(), "Save".into()))), all[2..]);
    }

    #[test]
    fn coverage_counts_each_plugin_and_phrases_end() {
        let database = database();
        let row = |plugin: &str, phrases, translated, machine| CoverageRow {
            plugin: plugin.into(),
            phrases,
            translated,
            machine,
        };
        let coverage = || database.read(|reader| reader.coverage("es")).unwrap();
        assert_eq!(coverage(), [row("", 3, 2, 1), row("org.example.one", 1, 0, 0)]);
        database.write(|tx| tx.note_phrases("", &[("Save", "elsewhere")], 9)).unwrap();
        assert_eq!(database.write(|tx| tx.purge_phrases(9)).unwrap(), 3);
        assert_eq!(coverage(), [row("", 1, 1, 0)]);
        // What they are stays, for when they are shown again.
        assert_eq!(database.read(|reader| reader.translations("es")).unwrap().len(), 2);
    }

    #[test]
    fn a_plugin_has_room_for_so_many_and_does_not_keep_the_writer_for_it() {
        let database = Database::temporary().unwrap();
        let long = "x".repeat(4_000);
        let phrases: Vec<String> = (0..2 * MOST).map(|number| format!("{number}{long}")).collect();
        let said: Vec<(&str, &str)> = phrases.iter().map(|phrase| (phrase.as_str(), "")).collect();
        let began = Instant::now();
        for _ in 0..2 {
            let kept = database.write(|tx| tx.note_phrases("endless", &said, 1)).unwrap();
            assert_eq!(kept as u64, MOST);
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
        assert_eq!(database.write(|tx| tx.note_phrases("", &[("Save", "")], 1)).unwrap(), 1);
    }
}

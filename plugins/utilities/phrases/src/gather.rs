//! Pieces of a file (a row, a unit, a line) become entries: what the three formats have in common.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use crate::bounds::{LONGEST_NOTE, LONGEST_TAG, MOST_ENTRIES, MOST_PIECES, MOST_PROBLEMS, MOST_TEXT};
use crate::catalogue::{Catalogue, Entry, State, forms};
use crate::check;
use crate::plural::{self, Plural};
use crate::problem::{Fault, Place, Problem, shown};
use crate::wrong::Wrong;

/// The name that the host has in files, where a plugin has its id. No id of a plugin is without a dot.
pub(crate) const HOST: &str = "vestry";

/// What was read of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// What could be read; each of its translations can stand in place of its phrase.
    pub catalogue: Catalogue,
    /// What was left out, in the order of the file; at most [`MOST_PROBLEMS`].
    pub problems: Vec<Problem>,
    /// Further problems, which are not told.
    pub untold: usize,
}

/// One form of an entry, as it stands in a file.
#[derive(Debug)]
pub(crate) struct Piece<'a> {
    pub(crate) place: Place,
    pub(crate) plugin: &'a str,
    pub(crate) phrase: &'a str,
    /// Empty for a phrase without a number.
    pub(crate) form: &'a str,
    /// The translation; blank where there is none yet.
    pub(crate) text: &'a str,
    /// What is said of the translation; `Err` with what is wrong with the piece by the rules of the format alone.
    pub(crate) state: Result<State, Fault>,
    pub(crate) note: &'a str,
}

#[derive(Debug)]
struct Draft {
    entry: Entry,
    is_faulty: bool,
}

#[derive(Debug)]
pub(crate) struct Gather {
    source: String,
    target: String,
    plural: Vec<Plural>,
    drafts: Vec<Draft>,
    /// Where in `drafts` a plugin has a phrase.
    places: HashMap<String, HashMap<String, usize>>,
    problems: Vec<Problem>,
    untold: usize,
    pieces: usize,
    /// Bytes of text that may still be looked at or kept.
    left: usize,
}

impl Gather {
    /// `plural`: the forms that the language of the translations has.
    pub(crate) fn new(plural: &[Plural]) -> Self {
        let mut plural = if plural.is_empty() { vec![Plural::Other] } else { plural.to_vec() };
        plural.sort_unstable();
        plural.dedup();
        Self {
            source: String::new(),
            target: String::new(),
            plural,
            drafts: Vec::new(),
            places: HashMap::new(),
            problems: Vec::new(),
            untold: 0,
            pieces: 0,
            left: MOST_TEXT,
        }
    }

    /// The language of the phrases, as the file says it.
    ///
    /// # Errors
    ///
    /// Where it is no tag, or another one was said before.
    pub(crate) fn source(&mut self, tag: &str) -> Result<(), Wrong> {
        language(&mut self.source, tag)
    }

    /// The language of the translations.
    ///
    /// # Errors
    ///
    /// As for [`Gather::source`].
    pub(crate) fn target(&mut self, tag: &str) -> Result<(), Wrong> {
        language(&mut self.target, tag)
    }

    /// Takes a piece in. What is wrong with it becomes a problem, and its entry is left out.
    ///
    /// # Errors
    ///
    /// Where the file has too many phrases or too much text.
    pub(crate) fn take(&mut self, piece: &Piece<'_>) -> Result<(), Wrong> {
        self.pieces += 1;
        if self.pieces > MOST_PIECES {
            return Err(Wrong::TooManyPieces);
        }
        // Also of what was said before: each time it is looked through for its placeholders.
        let looked_at = piece.phrase.len() + piece.text.len();
        self.left = self.left.checked_sub(looked_at).ok_or(Wrong::TooMuchText)?;
        let plugin = if piece.plugin == HOST { "" } else { piece.plugin };
        let Some(place) = self.place(plugin, &lines(piece.phrase), piece)? else { return Ok(()) };
        let Some(draft) = self.drafts.get_mut(place) else { return Ok(()) };
        if let Err(fault) = draft.form(piece, &self.plural) {
            draft.is_faulty |= !matches!(fault, Fault::Twice(_));
            self.problem(piece, fault);
        }
        Ok(())
    }

    /// Where in `drafts` the entry of a piece is; none if it cannot be one.
    fn place(&mut self, plugin: &str, phrase: &str, piece: &Piece<'_>) -> Result<Option<usize>, Wrong> {
        if let Some(place) = self.places.get(plugin).and_then(|places| places.get(phrase)) {
            return Ok(Some(*place));
        }
        if let Err(fault) = check::key(plugin, phrase) {
            self.problem(piece, fault);
            return Ok(None);
        }
        if self.drafts.len() >= MOST_ENTRIES {
            return Err(Wrong::TooManyEntries);
        }
        let note = &piece.note[..piece.note.floor_char_boundary(LONGEST_NOTE)];
        let kept = plugin.len() + phrase.len() + note.len();
        self.left = self.left.checked_sub(kept).ok_or(Wrong::TooMuchText)?;
        let place = self.drafts.len();
        match self.places.get_mut(plugin) {
            Some(places) => drop(places.insert(phrase.to_owned(), place)),
            None => drop(self.places.insert(plugin.to_owned(), HashMap::from([(phrase.to_owned(), place)]))),
        }
        let (plugin, phrase) = (plugin.to_owned(), phrase.to_owned());
        let entry = Entry { plugin, phrase, forms: BTreeMap::new(), state: State::Done, note: note.to_owned() };
        self.drafts.push(Draft { entry, is_faulty: false });
        Ok(Some(place))
    }

    fn problem(&mut self, piece: &Piece<'_>, fault: Fault) {
        if self.problems.len() >= MOST_PROBLEMS {
            self.untold += 1;
            return;
        }
        let place = match &piece.place {
            Place::Unit { id, line } => Place::Unit { id: shown(id), line: *line },
            place => place.clone(),
        };
        let (plugin, phrase) = (shown(piece.plugin), shown(piece.phrase));
        self.problems.push(Problem { place, plugin, phrase, fault });
    }

    pub(crate) fn finish(self) -> Read {
        let plural = self.plural;
        let whole = self.drafts.into_iter().filter(|draft| !draft.is_faulty).map(|draft| draft.entry);
        let mut entries: Vec<Entry> = whole.map(|entry| Entry { state: entry.settled(&plural), ..entry }).collect();
        entries.sort_by(|one, other| one.plugin.cmp(&other.plugin));
        let catalogue = Catalogue { source: self.source, target: self.target, plural, entries };
        Read { catalogue, problems: self.problems, untold: self.untold }
    }
}

impl Draft {
    /// Takes one form in, unless it is blank or there already.
    fn form(&mut self, piece: &Piece<'_>, plural: &[Plural]) -> Result<(), Fault> {
        let state = piece.state.clone()?;
        let form = self.named(piece.form.trim(), plural)?;
        let text = lines(piece.text);
        if text.trim().is_empty() {
            return Ok(());
        }
        check::form(&self.entry.phrase, form, &text)?;
        match self.entry.forms.get(&form) {
            Some(before) if *before == text => return Ok(()),
            Some(_) => return Err(Fault::Twice(form.name())),
            None => {}
        }
        if state == State::Machine {
            self.entry.state = State::Machine;
        }
        self.entry.forms.insert(form, text.into_owned());
        Ok(())
    }

    fn named(&self, name: &str, plural: &[Plural]) -> Result<Plural, Fault> {
        if name.is_empty() {
            return Ok(Plural::Other);
        }
        let has = forms(&self.entry.phrase, plural);
        match Plural::named(name) {
            Some(form) if has.contains(&form) => Ok(form),
            Some(Plural::Other) => Ok(Plural::Other),
            Some(form) if !crate::is_counted(&self.entry.phrase) => Err(Fault::NotCounted(form.name().to_owned())),
            _ => Err(Fault::Form(shown(name), plural::list(has))),
        }
    }
}

/// Lines that end as they do here: some programs end them as Windows does.
fn lines(text: &str) -> Cow<'_, str> {
    if text.contains('\r') { Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")) } else { Cow::Borrowed(text) }
}

/// Takes a tag in, in the way that BCP 47 writes it: some tools write `pt_BR`.
fn language(known: &mut String, tag: &str) -> Result<(), Wrong> {
    let tag = tag.trim().replace('_', "-");
    let is_part = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if tag.is_empty() {
        return Ok(());
    }
    if tag.len() > LONGEST_TAG || !tag.split('-').all(is_part) {
        return Err(Wrong::Language(shown(&tag)));
    }
    if known.is_empty() {
        *known = tag;
    } else if !known.eq_ignore_ascii_case(&tag) {
        return Err(Wrong::Languages(known.clone(), tag));
    }
    Ok(())
}

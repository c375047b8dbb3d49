//! A catalogue becomes YAML.

use super::scalar::{key, value};
use super::{PHRASES, SOURCE, STATE, TARGET, TEXT};
use crate::catalogue::{Catalogue, Entry, State, forms};
use crate::gather::HOST;
use crate::plural::Plural;

const HEAD: &str = "\
# Nothing behind a phrase: it is not translated yet. `state: machine`: a machine translated it, and nobody has looked at
# it; take the line away once it is right.
";

/// `entries`: those that can be written, in their order.
pub(crate) fn write(catalogue: &Catalogue, entries: &[&Entry]) -> Vec<u8> {
    let mut to = HEAD.to_owned();
    to.push_str(&format!("{SOURCE}: {}\n", value(&catalogue.source)));
    to.push_str(&format!("{TARGET}: {}\n", value(&catalogue.target)));
    to.push_str(&format!("{PHRASES}:\n"));
    for plugin in entries.chunk_by(|one, other| one.plugin == other.plugin) {
        let name = plugin.first().map_or("", |entry| entry.plugin.as_str());
        to.push_str(&key(if name.is_empty() { HOST } else { name }, "  "));
        to.push('\n');
        plugin.iter().for_each(|entry| write_entry(entry, &catalogue.plural, &mut to));
    }
    to.into_bytes()
}

fn write_entry(entry: &Entry, plural: &[Plural], to: &mut String) {
    if !entry.note.trim().is_empty() {
        to.push_str(&format!("    # {}\n", line(&entry.note)));
    }
    to.push_str(&key(&entry.phrase, "    "));
    let (names, state) = (forms(&entry.phrase, plural), entry.settled(plural));
    let text = |form: &Plural| entry.forms.get(form).map_or_else(String::new, |text| format!(" {}", value(text)));
    let is_one = names == [Plural::Other];
    if is_one && state != State::Machine {
        to.push_str(&format!("{}\n", text(&Plural::Other)));
        return;
    }
    to.push('\n');
    for form in names {
        let name = if is_one { TEXT } else { form.name() };
        to.push_str(&format!("      {name}:{}\n", text(form)));
    }
    if state == State::Machine {
        to.push_str(&format!("      {STATE}: {}\n", state.name()));
    }
}

/// A comment ends with its line, whatever a reader takes for the end of one.
fn line(note: &str) -> String {
    let seen = |char: char| if char.is_control() || crate::problem::is_turning(char) { ' ' } else { char };
    note.trim().chars().map(seen).filter(|char| *char != '\u{feff}').collect()
}

//! A catalogue becomes XLIFF 1.2, valid by its strict schema.

use sha2::{Digest, Sha256};

use super::{AUTHOR, PLURALS, states};
use crate::catalogue::{Catalogue, Entry, forms};
use crate::gather::HOST;
use crate::placeholders::is_counted;
use crate::plural::Plural;
use crate::xml::{attribute, clean, escaped};

const HEAD: &str = "\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<xliff version=\"1.2\" xmlns=\"urn:oasis:names:tc:xliff:document:1.2\">
";

/// `entries`: those that can be written, in their order.
pub(crate) fn write(catalogue: &Catalogue, entries: &[&Entry]) -> Vec<u8> {
    let mut to = HEAD.to_owned();
    for plugin in entries.chunk_by(|one, other| one.plugin == other.plugin) {
        file(catalogue, plugin, &mut to);
    }
    if entries.is_empty() {
        // The schema wants one.
        file(catalogue, &[], &mut to);
    }
    to.push_str("</xliff>\n");
    to.into_bytes()
}

fn file(catalogue: &Catalogue, entries: &[&Entry], to: &mut String) {
    let plugin = entries.first().map(|entry| entry.plugin.as_str()).filter(|plugin| !plugin.is_empty());
    let target = match attribute(&catalogue.target) {
        tag if tag.is_empty() => String::new(),
        tag => format!(" target-language=\"{tag}\""),
    };
    let (plugin, source) = (attribute(plugin.unwrap_or(HOST)), attribute(&catalogue.source));
    to.push_str(&format!(
        "  <file original=\"{plugin}\" source-language=\"{source}\"{target} datatype=\"plaintext\">\n"
    ));
    to.push_str("    <body>\n");
    entries.iter().for_each(|entry| write_entry(entry, &catalogue.plural, to));
    to.push_str("    </body>\n  </file>\n");
}

fn write_entry(entry: &Entry, plural: &[Plural], to: &mut String) {
    let id = id(entry);
    if !is_counted(&entry.phrase) {
        return unit(entry, &id, None, "      ", to);
    }
    to.push_str(&format!("      <group id=\"{id}\" restype=\"{PLURALS}\">\n"));
    for form in forms(&entry.phrase, plural) {
        unit(entry, &format!("{id}[{}]", form.name()), Some(*form), "        ", to);
    }
    to.push_str("      </group>\n");
}

fn unit(entry: &Entry, id: &str, form: Option<Plural>, indent: &str, to: &mut String) {
    let text = entry.forms.get(&form.unwrap_or(Plural::Other)).filter(|text| !text.trim().is_empty());
    let (approved, state) = text.map_or(("", ""), |_| states::written(entry.said()));
    to.push_str(&format!("{indent}<trans-unit id=\"{id}\"{approved} xml:space=\"preserve\">\n"));
    to.push_str(&format!("{indent}  <source>{}</source>\n", escaped(&entry.phrase)));
    if let Some(text) = text {
        to.push_str(&format!("{indent}  <target{state}>{}</target>\n", escaped(text)));
    }
    if !entry.note.trim().is_empty() {
        let note = clean(&entry.note);
        to.push_str(&format!("{indent}  <note from=\"{AUTHOR}\" annotates=\"source\">{}</note>\n", escaped(&note)));
    }
    if let Some(form) = form {
        let words = format!("The form for numbers of the kind `{}`", form.name());
        to.push_str(&format!("{indent}  <note from=\"{AUTHOR}\" annotates=\"target\">{words}</note>\n"));
    }
    to.push_str(&format!("{indent}</trans-unit>\n"));
}

/// The beginning of a hash of what the key is.
fn id(entry: &Entry) -> String {
    let mut hash = Sha256::new();
    hash.update(&entry.plugin);
    hash.update([0]);
    hash.update(&entry.phrase);
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

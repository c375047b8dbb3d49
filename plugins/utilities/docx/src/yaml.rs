//! A block of an interview to copy: what docassemble needs to fill the template in.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::bounds::MOST_OBJECTS;
use crate::template::{Kind, Path, Template, Variable};

/// Loops in loops that get a question each. Deeper ones are named in a comment.
const LETTERS: &[&str] = &["i", "j", "k", "l", "m", "n"];
/// Characters of a label.
const LONGEST_LABEL: usize = 80;

/// The blocks: what the variables are (`objects`), the attachment, one question with the fields, and some for each list.
/// `filename`: what the template's file is called.
#[must_use]
pub fn yaml(template: &Template, filename: &str) -> String {
    let stem = filename.rsplit_once('.').map_or(filename, |(stem, _)| stem);
    let template = &general(template);
    let lists = lists(template);
    let mut to = String::new();
    objects(template, &lists, &mut to);
    to.push_str("---\nmandatory: True\nquestion: |\n  Your document is ready.\nattachment:\n");
    to.push_str(&format!("  name: {}\n", quoted(&label(stem))));
    to.push_str(&format!("  filename: {}\n", quoted(&unmade(stem))));
    to.push_str(&format!("  docx template file: {}\n", quoted(filename)));
    questions(template, &lists, &label(stem), &mut to);
    comments(template, &mut to);
    to
}

/// Variables with a letter for each number of an item (`users[0].name` is asked for as `users[i].name`), and errors.
fn general(template: &Template) -> Template {
    let variables = template.variables.iter().map(|variable| {
        let mut paths: Vec<Path> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for path in &variable.paths {
            let text = lettered(&path.text);
            let place = *places.entry(text.clone()).or_insert(paths.len());
            match paths.get_mut(place) {
                Some(same) if path.kind == Kind::List || same.kind == Kind::Condition => same.kind = path.kind,
                Some(_) => {}
                None => paths.push(Path { text, ..path.clone() }),
            }
        }
        Variable { paths, name: variable.name.clone(), kind: variable.kind, uses: Vec::new() }
    });
    Template { variables: variables.collect(), errors: template.errors.clone(), ..Template::default() }
}

fn lettered(path: &str) -> String {
    let (first, rest) = path.split_once('[').unwrap_or((path, ""));
    let mut to = first.to_owned();
    for (depth, step) in rest.split('[').filter(|step| !step.is_empty()).enumerate() {
        let number = step.split_once(']').filter(|(number, _)| number.bytes().all(|byte| byte.is_ascii_digit()));
        match (number, LETTERS.get(depth)) {
            (Some((_, behind)), Some(letter)) => to.push_str(&format!("[{letter}]{behind}")),
            _ => to.push_str(&format!("[{step}")),
        }
    }
    to
}

/// A path that can be asked for.
type Field<'a> = (Cow<'a, str>, Kind);
/// Lists by their paths, each with the fields of an item.
type Lists<'a> = BTreeMap<Cow<'a, str>, Vec<Field<'a>>>;

/// What must be known of a person before its name or address can be written (`client.name.full()`).
const OF_A_PERSON: &[(&str, &[&str])] =
    &[(".name", &["first", "last"]), (".address", &["address", "city", "state", "zip"])];

/// What can be asked for of a variable.
fn asked(variable: &Variable) -> Vec<Field<'_>> {
    let mut fields: Vec<Field<'_>> = Vec::new();
    // Text that is only changed on its way (`name.upper()`) is to be asked for too.
    if variable.kind == Kind::Text && variable.paths.iter().all(|path| path.text != variable.name) {
        fields.push((Cow::Borrowed(&variable.name), Kind::Text));
    }
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for path in variable.paths.iter().filter(|path| is_simple(&path.text)) {
        let owner = path.text.rsplit_once('.').map_or("", |(owner, _)| owner);
        let of_a_person = OF_A_PERSON.iter().find(|(part, _)| owner.ends_with(part));
        if let Some((_, parts)) = of_a_person.filter(|_| path.kind == Kind::Function && seen.insert(owner)) {
            fields.extend(parts.iter().map(|part| (Cow::Owned(format!("{owner}.{part}")), Kind::Text)));
        } else if is_asked(variable, path) {
            fields.push((Cow::Borrowed(&path.text), path.kind));
        }
    }
    let mut known: BTreeSet<String> = BTreeSet::new();
    fields.retain(|(path, _)| known.insert(path.clone().into_owned()));
    fields
}

/// The fields of a list that is known, or of one more as long as there are not too many.
fn list<'l, 'a>(lists: &'l mut Lists<'a>, path: Cow<'a, str>) -> Option<&'l mut Vec<Field<'a>>> {
    let has_room = lists.len() < MOST_OBJECTS || lists.contains_key(&path);
    has_room.then(|| lists.entry(path).or_default())
}

/// What loops go through, or is picked from by number.
fn lists(template: &Template) -> Lists<'_> {
    let mut lists = Lists::new();
    for variable in &template.variables {
        if variable.kind == Kind::List {
            list(&mut lists, Cow::Borrowed(&variable.name));
        }
        for path in variable.paths.iter().filter(|path| path.kind == Kind::List && is_simple(&path.text)) {
            list(&mut lists, Cow::Borrowed(&path.text));
        }
        for (path, kind) in asked(variable) {
            if let Some((of, _)) = path.rsplit_once('[')
                && let Some(fields) = list(&mut lists, Cow::Owned(of.to_owned()))
            {
                fields.push((path, kind));
            }
        }
    }
    lists
}

/// What an interview has to make before it can ask for what belongs to it: whoever has a name or an address with parts is
/// an `Individual`, which makes both by itself.
fn objects(template: &Template, lists: &Lists<'_>, to: &mut String) {
    let mut owners: BTreeSet<&str> = BTreeSet::new();
    let objects = template.variables.iter().filter(|variable| matches!(variable.kind, Kind::Object | Kind::List));
    let paths = objects.flat_map(|variable| &variable.paths).filter(|path| is_simple(&path.text));
    for owner in paths.flat_map(|path| path.text.match_indices('.').map(|(end, _)| &path.text[..end])) {
        if owners.len() < MOST_OBJECTS {
            owners.insert(owner);
        }
    }
    let person = |owner: &str| [".name", ".address"].iter().find_map(|part| owner.strip_suffix(part).map(str::len));
    let people: BTreeSet<&str> = owners.iter().filter_map(|owner| owner.get(..person(owner)?)).collect();
    let class = |owner: &str| if people.contains(owner) { "Individual" } else { "DAObject" };
    let mut made: BTreeMap<&str, String> = BTreeMap::new();
    for (depth, list) in lists.keys().map(|list| (list.matches('[').count(), list.as_ref())) {
        let item = format!("{list}[{}]", LETTERS.get(depth).or(LETTERS.last()).copied().unwrap_or_default());
        let of = format!("DAList.using(object_type={}, complete_attribute='complete')", class(&item));
        made.insert(list, if owners.contains(item.as_str()) { of } else { "DAList".to_owned() });
    }
    for owner in owners.iter().filter(|owner| !owner.ends_with(']') && person(owner).is_none()) {
        made.entry(owner).or_insert_with(|| class(owner).to_owned());
    }
    if !made.is_empty() {
        to.push_str("---\nobjects:\n");
        made.iter().for_each(|(path, class)| to.push_str(&format!("  - {}: {class}\n", of_path(path))));
    }
    if owners.len().max(lists.len()) >= MOST_OBJECTS {
        to.push_str(&format!("# Of objects, and of lists, no more than {MOST_OBJECTS} are written.\n"));
    }
}

/// What can be asked for: first what stands alone, then what is taken from lists.
fn questions(template: &Template, lists: &Lists<'_>, title: &str, to: &mut String) {
    let asked = template.variables.iter().flat_map(asked);
    let alone: Vec<Field<'_>> = asked.filter(|(path, _)| !path.contains('[')).collect();
    if !alone.is_empty() {
        to.push_str(&format!("---\nquestion: |\n  What goes into {title}\nfields:\n"));
        alone.iter().for_each(|(path, kind)| field(path, path, *kind, to));
    }
    for (list, fields) in lists {
        let plural = label(list);
        to.push_str(&format!("---\nquestion: |\n  Are there any in {plural}?\nyesno: {list}.there_are_any\n"));
        to.push_str(&format!(
            "---\nquestion: |\n  Is there another one in {plural}?\nyesno: {list}.there_is_another\n"
        ));
        item(list, &plural, fields, to);
    }
}

/// The question for an item of a list, and when it is complete.
fn item(list: &str, plural: &str, fields: &[Field<'_>], to: &mut String) {
    let depth = list.matches('[').count();
    let letter = LETTERS.get(depth).or(LETTERS.last()).copied().unwrap_or_default();
    let of = format!("{list}[{letter}]");
    let whole = [(Cow::Borrowed(of.as_str()), Kind::Text)];
    let fields = if fields.is_empty() { &whole } else { fields };
    to.push_str(&format!("---\nquestion: |\n  ${{ ordinal({letter}) }} in {plural}\nfields:\n"));
    for (path, kind) in fields {
        field(path, path.rsplit_once(']').map_or(path, |(_, rest)| rest), *kind, to);
    }
    let attributes: Vec<&str> =
        fields.iter().map(|(path, _)| path.as_ref()).filter(|path| !path.ends_with(']')).collect();
    if !attributes.is_empty() {
        to.push_str("---\ncode: |\n");
        attributes.iter().for_each(|path| to.push_str(&format!("  {path}\n")));
        to.push_str(&format!("  {of}.complete = True\n"));
    }
}

/// Whether a value can be typed for it: no function, no whole list or object.
fn is_asked(variable: &Variable, path: &Path) -> bool {
    let is_whole = path.text == variable.name && matches!(variable.kind, Kind::List | Kind::Object);
    matches!(path.kind, Kind::Text | Kind::Condition)
        && !is_whole
        && is_simple(&path.text)
        && !has_longer(variable, path)
}

/// No subscript but the letter that stands for an item's number.
fn is_simple(path: &str) -> bool {
    path.split('[').skip(1).all(|rest| rest.split_once(']').is_some_and(|(number, _)| LETTERS.contains(&number)))
}

/// A path that others go on from is an object.
fn has_longer(variable: &Variable, path: &Path) -> bool {
    let goes_on = |other: &Path| other.text.strip_prefix(&path.text).is_some_and(|rest| rest.starts_with(['.', '[']));
    // Text has methods of its own (`name.upper()`): what is only called does not count.
    variable.paths.iter().take(200).any(|other| other.kind != Kind::Function && goes_on(other))
}

fn field(path: &str, name: &str, kind: Kind, to: &mut String) {
    to.push_str(&format!("  - {}: {}\n", quoted(&label(name)), of_path(path)));
    if kind == Kind::Condition {
        to.push_str("    datatype: yesno\n");
    }
}

/// What is left to do by hand.
fn comments(template: &Template, to: &mut String) {
    // Text has methods of its own.
    let not_text = template.variables.iter().filter(|variable| variable.kind != Kind::Text);
    let paths = not_text.flat_map(|variable| &variable.paths);
    let elsewhere = paths.filter(|path| path.kind == Kind::Function || !is_simple(&path.text));
    let elsewhere: BTreeSet<&str> = elsewhere.map(|path| path.text.as_str()).collect();
    if !elsewhere.is_empty() {
        to.push_str("---\n# Called or looked up by the template, so defined elsewhere:\n");
        elsewhere.iter().for_each(|name| to.push_str(&format!("#   {}\n", shown(name))));
    }
    if !template.errors.is_empty() {
        to.push_str("---\n# The template has errors, so this may not be all of it:\n");
        for error in &template.errors {
            let place = &error.place;
            to.push_str(&format!(
                "#   {}, paragraph {}: {}\n",
                shown(&place.part),
                place.paragraph,
                shown(&error.words)
            ));
        }
    }
}

/// `client.first_name` becomes `Client first name`.
fn label(name: &str) -> String {
    let words: Vec<&str> = name.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let joined: String = words.join(" ").chars().take(LONGEST_LABEL).collect();
    let mut chars = joined.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => "Value".to_owned(),
    }
}

/// One line: what ends one for some reader of YAML (U+2028 too) is a space, and so is what is not seen.
fn shown(text: &str) -> String {
    text.chars().map(|char| if is_hidden(char) { ' ' } else { char }).collect()
}

/// What is not printed, ends a line, or turns the direction of what follows.
fn is_hidden(char: char) -> bool {
    char.is_control()
        || (char.is_whitespace() && char != ' ')
        || matches!(char, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(char, '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fffe}'..='\u{ffff}')
}

/// Text without what begins a piece of program in Mako, as which docassemble reads the name of a document.
fn unmade(text: &str) -> String {
    let mut to = String::new();
    for char in text.trim_start_matches(['%', '#', ' ']).chars() {
        let begins = (to.ends_with('$') && char == '{') || (to.ends_with('<') && char == '%');
        match char {
            '\n' | '\r' => to.push(' '),
            _ if begins => {}
            _ => to.push(char),
        }
    }
    to
}

/// Words that are no text for some reader of YAML, 1.1 or 1.2.
const WORDS: &[&str] = &["true", "false", "yes", "no", "on", "off", "null", "y", "n"];

fn is_word(text: &str) -> bool {
    WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// A path as YAML: it has nothing in it that YAML reads, but a variable may be called `no`.
fn of_path(path: &str) -> Cow<'_, str> {
    if is_word(path) { Cow::Owned(format!("\"{path}\"")) } else { Cow::Borrowed(path) }
}

/// A value of YAML that is text whatever it looks like.
fn quoted(text: &str) -> String {
    let is_plain = text.chars().next().is_some_and(char::is_alphabetic)
        && text.chars().all(|char| char.is_alphanumeric() || matches!(char, ' ' | '_' | '-' | '.'))
        && !text.ends_with(' ')
        && !is_word(text);
    if is_plain {
        return text.to_owned();
    }
    let mut to = String::from("\"");
    for char in text.chars() {
        match char {
            '"' | '\\' => to.extend(['\\', char]),
            _ if is_hidden(char) => to.push_str(&format!("\\u{:04x}", u32::from(char))),
            _ => to.push(char),
        }
    }
    to.push('"');
    to
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_items_become_letters() {
        assert_eq!(lettered("users[0].names[12][x].y"), "users[i].names[j][x].y");
        assert_eq!(lettered("a.b"), "a.b");
        assert_eq!(lettered("a['k'][1"), "a['k'][1");
    }

    #[test]
    fn values_stay_text() {
        assert_eq!(quoted("My letter-1.docx"), "My letter-1.docx");
        assert_eq!(quoted("yes"), "\"yes\"");
        assert_eq!(quoted("a: \"b\"\n\u{a0}\u{202e}"), r#""a: \"b\"\u000a\u00a0\u202e""#);
        assert_eq!(["no", "Null", "note"].map(of_path), ["\"no\"", "\"Null\"", "note"]);
        assert_eq!(unmade("%# $${{x}} <<%%import os%> 100%"), "$$x}} <<import os%> 100%");
        assert_eq!(quoted("1.5"), "\"1.5\"");
        assert_eq!(shown("a\u{2028}---\u{85}b\u{202e}"), "a --- b ");
        assert_eq!(label("client.first_name"), "Client first name");
    }
}

//! What people read is a phrase, so that it can be said in other languages: in templates a literal with the filter `t`, in
//! the source of pages the first argument of `words!` or the one of `phrase!`.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use vestry_phrases::shipped;

/// Visible in a template, and no words: an example of an address, and what a mail's text begins its subject with.
const NO_WORDS: &[&str] = &["https://api.example.org", "Subject:"];

/// Attributes that are shown or read out.
const SAID: &[&str] = &[
    "alt",
    "aria-label",
    "aria-description",
    "data-cancel",
    "data-confirm",
    "data-copied",
    "data-forms",
    "data-label",
    "data-one",
    "data-too-large",
    "label",
    "placeholder",
    "title",
];

/// Source that words what is on pages.
const SPEAKERS: &[&str] = &["src/web", "src/registry/mount.rs", "src/registry/plugin.rs", "src/installer/grants.rs"];

/// Begins like a sentence, and is shown to nobody, or where no phrase can be said.
const NOT_SAID: &[&str] = &[
    // Where templates themselves fail.
    "The server could not draw this page. Its log says why.\n",
];

#[test]
fn templates_say_nothing_but_phrases() {
    let (root, mut found) = (Path::new(env!("CARGO_MANIFEST_DIR")).join("../templates"), Vec::new());
    let files: Vec<PathBuf> = files(&root, &["html", "txt"]);
    assert!(files.len() > 70, "{} templates", files.len());
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        let bare = if path.extension().is_some_and(|ending| ending == "txt") { said_in_text } else { said_in_html };
        for words in bare(&text).into_iter().chain(said_in_expressions(&text)) {
            found.push(format!("{}: {words:?}", path.strip_prefix(&root).unwrap().display()));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn words_of_a_template_are_found_wherever_they_are_shown() {
    let html = |text: &str| said_in_html(text).into_iter().chain(said_in_expressions(text)).collect::<Vec<_>>();
    for (template, words) in [
        ("<p>Hello</p>", "Hello"),
        ("<p>{{ a }} of {{ b }}</p>", "of"),
        ("{% if a > b %}so{% endif %}", "so"),
        ("<img alt=\"A {{ b }}\">", "A"),
        ("<a\n  title='Hello'>{{ x }}</a>", "Hello"),
        ("<p>{{ \"Hello\" }}</p>", "Hello"),
        ("{% macro a() %} required dir=\"auto\" Hello{% endmacro %}", "Hello"),
        ("{% set a %} name=\"b\" title=\"Hello\"{% endset %}", "Hello"),
        ("{% set label = \"Hello\" if a else \"\" %}", "Hello"),
        ("<p>{{ (\"up by {n}\" if a else \"\")|t(n=a) }}</p>", "up by {n}"),
    ] {
        assert_eq!(html(template), [words], "{template}");
    }
    for template in [
        "{# Hello <p>you</p> #}<p title=\"{{ \"Hello you\"|t }}\">{{ \"Hello {n}\"|t(n=name) }}: {{ x }} – 5 %</p>",
        "{% include \"parts/button.html\" %}<button name=\"do\" value=\"yes\">{{ icon(\"plug\") }}&nbsp;</button>",
    ] {
        assert!(html(template).is_empty(), "{template}: {:?}", html(template));
    }
    assert_eq!(said_in_text("Subject: {{ a|t }}\n\nHello {{ b }}\n-- \n"), ["Hello"]);
}

#[test]
fn pages_say_nothing_but_phrases() {
    let (root, mut found, mut marked) = (Path::new(env!("CARGO_MANIFEST_DIR")), Vec::new(), 0);
    for path in SPEAKERS.iter().flat_map(|place| files(&root.join(place), &["rs"])) {
        if path.ends_with("tests.rs") {
            continue;
        }
        for (before, literal) in literals(&fs::read_to_string(&path).unwrap()) {
            match is_marked(&before) {
                true => marked += 1,
                false if is_sentence(&literal) || goes_to_a_person(&before) => {
                    found.push(format!("{}: {literal:?}", path.strip_prefix(root).unwrap().display()));
                }
                false => {}
            }
        }
    }
    assert!(found.is_empty(), "say it with `words!`, or mark it with `phrase!`: {found:#?}");
    assert!(marked > 150, "{marked}");
}

#[test]
fn a_sentence_of_the_source_is_found_however_it_is_written() {
    let found = |source: &str| {
        let all = literals(source).into_iter();
        all.filter(|(before, literal)| !is_marked(before) && (is_sentence(literal) || goes_to_a_person(before)))
            .map(|(_, literal)| literal)
            .collect::<Vec<_>>()
    };
    for (source, literal) in [
        ("Problem::gone(\"over\".to_owned())", "over"),
        ("Problem::forbidden(\n    format!(\"{x} is closed\"))", "{x} is closed"),
        ("notice::put(app, &mut response, Level::Success, \"saved\")", "saved"),
        ("let a = '\"'; let b = \"This is \\\"closed\\\".\";", "This is \"closed\"."),
        ("fn a<'a>(a: &'a str) {} // \"\nlet x = r#\"It is \"so\".\"#;", "It is \"so\"."),
    ] {
        assert_eq!(found(source), [literal], "{source}");
    }
    let said = "/// \"Not this one.\"\nProblem::gone(words!(\n \"This is over.\")); phrase!(\"And this.\"); f(\"an id\", 'x')\n\
        #[cfg(test)]\nmod tests { let x = \"A test says this.\"; }";
    assert!(found(said).is_empty(), "{:?}", found(said));
}

#[test]
fn every_phrase_can_be_translated_by_itself() {
    let phrases = shipped::phrases();
    assert!(phrases.len() > 400, "{}", phrases.len());
    for (place, phrase) in phrases {
        assert_eq!(phrase, phrase.trim(), "{place}");
        assert!(outside(&phrase, '{', '}').chars().any(char::is_alphabetic), "{place}: {phrase:?} is values alone");
        assert!(!phrase.contains("  ") && !phrase.contains(['<', '>', '\t']), "{place}: {phrase:?}");
    }
}

fn files(place: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let (mut found, mut places) = (Vec::new(), vec![place.to_owned()]);
    while let Some(place) = places.pop() {
        if place.is_dir() {
            let inside = fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().path());
            places.extend(inside.filter(|path| !path.ends_with("assets")));
        } else if place.extension().is_some_and(|ending| endings.iter().any(|known| ending == *known)) {
            found.push(place);
        }
    }
    found.sort();
    found
}

/// What is outside these signs.
fn outside(text: &str, open: char, close: char) -> String {
    let mut depth = 0_usize;
    let kept = text.chars().filter(|sign| {
        if *sign == open {
            depth += 1;
        }
        let keep = depth == 0;
        if *sign == close {
            depth = depth.saturating_sub(1);
        }
        keep
    });
    kept.collect()
}

/// A template as it is written, and what its engine makes something of: `{{ .. }}`, `{% .. %}`, without comments. In place
/// of each stands a sign that is no letter.
fn divided(template: &str) -> (String, Vec<String>) {
    let (mut markup, mut tags, mut rest) = (String::new(), Vec::new(), template);
    while let Some(at) = ["{{", "{%", "{#"].iter().filter_map(|open| rest.find(open)).min() {
        let close = match &rest[at..at + 2] {
            "{{" => "}}",
            "{%" => "%}",
            _ => "#}",
        };
        let end = at + rest[at..].find(close).unwrap() + 2;
        markup.push_str(&rest[..at]);
        markup.push('\u{1}');
        if close != "#}" {
            tags.push(rest[at..end].to_owned());
        }
        rest = &rest[end..];
    }
    markup.push_str(rest);
    (markup, tags)
}

fn has_words(text: &str) -> bool {
    // `&nbsp;` and the like.
    outside(text, '&', ';').chars().any(char::is_alphabetic)
}

fn words_of(text: &str) -> Option<String> {
    let words = text.replace('\u{1}', " ");
    let words = NO_WORDS.iter().fold(words, |words, known| words.replace(known, "")).trim().to_owned();
    has_words(&words).then_some(words)
}

fn said_in_html(template: &str) -> Vec<String> {
    let (markup, _) = divided(template);
    let mut found = Vec::new();
    for (index, part) in markup.split('<').enumerate() {
        let (tag, text) = if index == 0 { ("", part) } else { part.split_once('>').unwrap_or((part, "")) };
        let said = |within| SAID.iter().flat_map(move |name| attribute(within, name)).filter_map(words_of);
        found.extend(said(tag).chain(said(text)));
        if !tag.starts_with("!--") {
            found.extend(words_of(&without_attributes(text)));
        }
    }
    found
}

/// What macros put into a tag stands between tags, too.
fn without_attributes(text: &str) -> String {
    let text = text.replace('\u{1}', " ");
    let (mut kept, mut rest) = (String::new(), text.as_str());
    while let Some(at) = rest.find("=\"") {
        let name = rest[..at].rfind(|sign: char| !(sign.is_ascii_lowercase() || sign == '-')).map_or(0, |at| at + 1);
        kept.push_str(&rest[..name]);
        rest = rest[at + 2..].split_once('"').map_or("", |(_, behind)| behind);
    }
    kept.push_str(rest);
    let is_bare = |word: &&str| !["autofocus", "data-required", "required"].contains(word);
    kept.split_whitespace().filter(is_bare).collect::<Vec<_>>().join(" ")
}

/// The values of an attribute.
fn attribute<'t>(tag: &'t str, name: &str) -> Vec<&'t str> {
    ['"', '\'']
        .into_iter()
        .flat_map(|quote| {
            let open = format!("{name}={quote}");
            tag.match_indices(&open)
                .filter(|(at, _)| tag[..*at].ends_with(|before: char| before.is_whitespace() || before == '\u{1}'))
                .filter_map(|(at, open)| tag[at + open.len()..].split(quote).next())
                .collect::<Vec<_>>()
        })
        .collect()
}

fn said_in_text(template: &str) -> Vec<String> {
    divided(template).0.lines().filter_map(words_of).collect()
}

/// Literals in what the engine makes something of that read like words, and do not have the filter.
fn said_in_expressions(template: &str) -> Vec<String> {
    let mut found = Vec::new();
    for tag in divided(template).1 {
        let mut parts = tag.split('"').skip(1);
        while let (Some(literal), Some(behind)) = (parts.next(), parts.clone().next()) {
            parts.next();
            let begins = literal.starts_with(|first: char| first.is_uppercase()) && literal.len() > 1;
            let many = literal.trim().contains(' ') && !literal.contains(['=', ':']);
            let mut filter = behind.strip_prefix('|').unwrap_or("").split(|sign: char| !sign.is_alphanumeric());
            let is_phrase = matches!(filter.next(), Some("t" | "forms"));
            if (begins || many) && has_words(literal) && !is_phrase {
                found.push(literal.to_owned());
            }
        }
    }
    found
}

/// The string literals of a source, its tests apart, each with what stands before it.
fn literals(source: &str) -> Vec<(String, String)> {
    let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or(source);
    let signs: Vec<char> = source.chars().collect();
    let at = |index: usize| signs.get(index).copied().unwrap_or('\0');
    let (mut code, mut found, mut index) = (String::new(), Vec::new(), 0);
    while index < signs.len() {
        match (at(index), at(index + 1)) {
            ('/', '/') => {
                while index < signs.len() && at(index) != '\n' {
                    index += 1;
                }
            }
            ('\'', '\\') => index = (index + 3..signs.len()).find(|end| at(*end) == '\'').unwrap_or(index) + 1,
            ('\'', _) if at(index + 2) == '\'' => index += 3,
            ('"', _) => {
                let hashes = code.chars().rev().take_while(|sign| *sign == '#').count();
                let is_raw = code.trim_end_matches('#').ends_with('r');
                let (literal, end) = literal(&signs, index + 1, is_raw.then_some(hashes));
                found.push((code.clone(), literal));
                code.push_str("\"\"");
                index = end;
            }
            (sign, _) => {
                code.push(sign);
                index += 1;
            }
        }
    }
    found
}

/// A literal from behind its opening quote on, and where it ends. `raw`: how many `#` end it.
fn literal(signs: &[char], begin: usize, raw: Option<usize>) -> (String, usize) {
    let (mut text, mut index) = (String::new(), begin);
    loop {
        match (signs.get(index), raw) {
            (None, _) => return (text, index),
            (Some('"'), None) => return (text, index + 1),
            (Some('"'), Some(hashes))
                if signs[index + 1..].iter().take_while(|sign| **sign == '#').count() >= hashes =>
            {
                return (text, index + 1 + hashes);
            }
            (Some('\\'), None) => {
                match signs.get(index + 1) {
                    Some('n') => text.push('\n'),
                    Some('\n') => {}
                    Some(sign) => text.push(*sign),
                    None => {}
                }
                index += 2;
            }
            (Some(sign), _) => {
                text.push(*sign);
                index += 1;
            }
        }
    }
}

fn is_marked(before: &str) -> bool {
    let before = before.trim_end();
    before.ends_with("words!(") || before.ends_with("phrase!(")
}

/// A capital at its start and several words, or a full stop at its end.
fn is_sentence(literal: &str) -> bool {
    let mut signs = literal.trim_start().chars();
    let begins = signs.next().is_some_and(char::is_uppercase) && signs.next().is_some_and(|next| !next.is_uppercase());
    let several = literal.trim().contains(' ');
    let ends = literal.trim().contains(' ') && literal.trim_end().ends_with(['.', '!', '?']);
    (begins && several || ends) && !NOT_SAID.contains(&literal)
}

/// Handed to what tells people something: the last statement begins so.
fn goes_to_a_person(before: &str) -> bool {
    let statement = before.rfind([';', '{', '}']).map_or(before, |at| &before[at..]);
    let call = ["Problem::", "notice::put("].iter().filter_map(|name| statement.rfind(name)).max();
    call.map(|at| &statement[at..]).is_some_and(|call| {
        let depths = call.chars().scan(0_i32, |depth, sign| {
            *depth += i32::from(sign == '(') - i32::from(sign == ')');
            Some(*depth)
        });
        let still_open = depths.skip_while(|depth| *depth == 0).all(|depth| depth > 0);
        // Its argument is the name of a permission.
        still_open && call.contains('(') && !call.contains("words!(") && !call.starts_with("Problem::needs(")
    })
}

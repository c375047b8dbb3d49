//! Words that look like others: as a plugin would choose them that wants to be taken for another one, or for the server.
//!
//! By the skeletons of Unicode TS 39, section 4: two texts look alike where what is left after each character was replaced
//! by its prototype is the same. That finds `Рackages` with a Cyrillic letter and `Sign ln` with an L. Equal words are not
//! meant here: who has the same title is said elsewhere, and several plugins may call a page `Settings`.

use unicode_security::confusable_detection::skeleton;
use unicode_security::mixed_script::AugmentedScriptSet;
use vestry_contract::registration::PluginInfo;

use crate::known::plain;

/// What the server calls its own pages.
const OF_THE_SERVER: &[&str] = &[
    "Account",
    "Activity",
    "API tokens",
    "Confirm",
    "Log in",
    "Passkeys",
    "Password",
    "Permissions",
    "Profile",
    "Recovery",
    "Safe mode",
    "Secrets",
    "Security",
    "Sessions",
    "Set up",
    "Settings",
    "Sign in",
    "Sign out",
    "Vestry",
    "Welcome",
];

/// The first word whose letters come from scripts that no language writes together, such as Latin and Cyrillic. Latin beside
/// those of East Asia is no such mixture: Japanese, Chinese and Korean use it so.
#[must_use]
pub fn mixed_script(text: &str) -> Option<&str> {
    text.split(|character: char| !character.is_alphabetic() && !is_mark(character)).find(|word| is_mixed(word))
}

/// What in a plugin's title and menu looks like words of the others', or of the server's, and is not the same: a sentence
/// for each. A version of the plugin itself among the others does not count.
#[must_use]
pub fn lookalikes<'o>(info: &PluginInfo, others: impl IntoIterator<Item = &'o PluginInfo>) -> Vec<String> {
    let server = OF_THE_SERVER.iter().map(|word| ("the server", (*word).to_owned()));
    let mounted = others.into_iter().filter(|other| other.id != info.id);
    let theirs: Vec<(&str, String)> =
        server.chain(mounted.flat_map(|other| words(other).map(|(_, words)| (other.id.as_str(), words)))).collect();
    let mut found: Vec<String> = Vec::new();
    for (what, words) in words(info) {
        let alike = theirs.iter().find(|(_, other)| look_alike(&words, other) && !is_same(&words, other));
        if let Some((whose, other)) = alike {
            let sentence = format!(
                "{what} {words:?} looks like {other:?} of {whose}, and is written with other characters. Make sure that nobody takes one for the other."
            );
            if !found.contains(&sentence) {
                found.push(sentence);
            }
        }
    }
    found
}

fn words(info: &PluginInfo) -> impl Iterator<Item = (&'static str, String)> {
    let labels = info.menu.iter().map(|entry| ("Its menu label", plain(&entry.label)));
    [("Its title", plain(&info.title))].into_iter().chain(labels)
}

fn look_alike(one: &str, other: &str) -> bool {
    seen(one) == seen(other) || seen(&one.to_lowercase()) == seen(&other.to_lowercase())
}

/// What the eye keeps of it. A capital `I` has the prototype `l`, a small one has not, and labels are written either way: so
/// these two count as one.
fn seen(text: &str) -> String {
    let prototypes: String = skeleton(&spaced(text)).collect();
    prototypes.to_lowercase().replace('i', "l")
}

/// The same but for capitals and blanks.
fn is_same(one: &str, other: &str) -> bool {
    spaced(one).to_lowercase() == spaced(other).to_lowercase()
}

fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_mixed(word: &str) -> bool {
    if !AugmentedScriptSet::for_str(word).is_empty() {
        return false;
    }
    let mut others = AugmentedScriptSet::default();
    for character in word.chars().filter(|character| !is_latin(*character)) {
        others.intersect_with(character.into());
    }
    !(others.hanb || others.jpan || others.kore)
}

fn is_latin(character: char) -> bool {
    let mut set = AugmentedScriptSet::for_char(character);
    set.intersect_with('a'.into());
    !set.is_empty()
}

/// Marks that go with the letter before them.
fn is_mark(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36f}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}')
}

#[cfg(test)]
mod tests {
    use vestry_contract::registration::MenuEntry;
    use vestry_contract::types::Text;

    use super::*;

    fn plugin(id: &str, title: &str, label: &str) -> PluginInfo {
        let phrase = |text: &str| Text::Phrase(text.into());
        let entry = MenuEntry {
            label: phrase(label),
            route: "home".into(),
            icon: String::new(),
            section: "tools".into(),
            order: 0,
            extra: Vec::new(),
        };
        PluginInfo {
            id: id.into(),
            version: "1.0.0".into(),
            title: phrase(title),
            summary: phrase(""),
            language: "en".into(),
            mount: "a".into(),
            routes: Vec::new(),
            menu: vec![entry],
            permissions: Vec::new(),
            wishes: Vec::new(),
            contributions: Vec::new(),
            points: Vec::new(),
            needs: Vec::new(),
            schedules: Vec::new(),
            messages: Vec::new(),
            data_version: 1,
            settings: None,
            extra: Vec::new(),
        }
    }

    #[test]
    fn words_of_scripts_that_nobody_mixes_are_found() {
        for (text, word) in [
            // Each first letter but the second is of another script: Cyrillic, Greek, Armenian, Cherokee.
            ("Рackages", Some("Рackages")),
            ("User Αccounts", Some("Αccounts")),
            ("Աbout", Some("Աbout")),
            ("Jobs, Ꭻobs", Some("Ꭻobs")),
            ("Отчёты и PDF", None),
            ("Benutzerübersicht", None),
            ("e\u{301}te\u{301} 2026", None),
            ("Tシャツの管理", None),
            ("한국어 menu", None),
            ("USB接口", None),
            ("10 µm", None),
            ("", None),
        ] {
            assert_eq!(mixed_script(text), word, "{text}");
        }
    }

    #[test]
    fn what_looks_like_another_and_is_not_the_same_is_said() {
        let users = plugin("org.example.users", "Users and privileges", "User List");
        let older = plugin("org.example.a", "Раckаges", "Packages");
        let others = [&users, &older];
        for (title, label, said) in [
            ("User Iist", "User list", vec!["Its title \"User Iist\" looks like \"User List\" of org.example.users"]),
            ("Notes", "Sign ln", vec!["Its menu label \"Sign ln\" looks like \"Sign in\" of the server"]),
            ("Ѕign out", "Ρassword", vec!["\"Sign out\" of the server", "\"Password\" of the server"]),
            ("Users and privileges", "User list", vec![]),
            ("SIGN IN", "Sign  in", vec![]),
            ("Notes", "Billing", vec![]),
            ("Packages", "Packages", vec![]),
        ] {
            let found = lookalikes(&plugin("org.example.a", title, label), others);
            assert_eq!(found.len(), said.len(), "{title}: {found:?}");
            for (found, said) in found.iter().zip(&said) {
                assert!(found.contains(said), "{found}");
            }
        }
        assert_eq!(lookalikes(&plugin("org.example.b", "Packages", "Notes"), others).len(), 1);
    }
}

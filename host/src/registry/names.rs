//! Names that plugins bring, and what they may look like.

/// Characters of somebody's name for something, where it is shown.
const LONGEST_SHOWN: usize = 200;

/// A plugin's id in reverse DNS: at least two parts of `a`-`z`, `0`-`9` and `-`, 100 characters at most.
pub fn is_plugin_id(text: &str) -> bool {
    text.len() <= 100 && text.split('.').count() >= 2 && text.split('.').all(is_label)
}

/// Whether an id belongs to what comes with the program: `org.vestry` and all below it.
pub fn is_reserved(id: &str) -> bool {
    id.strip_prefix("org.vestry").is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// A name of a route, permission or point: `a`-`z`, `0`-`9`, `-`, `_` and `.`, starting with a letter, 64 at most.
pub fn is_name(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte))
}

/// Characters that change how a line reads without being seen: controls, direction marks and overrides, joiners,
/// fillers and tags (Unicode TR 36, section 2.5). A name that holds one can pass for another.
pub fn has_invisible(text: &str) -> bool {
    text.chars().any(is_invisible)
}

/// The beginning of a name that anybody may have given, such as that of a file, without such characters.
pub fn shown(name: &str) -> String {
    name.chars().filter(|character| !is_invisible(*character)).take(LONGEST_SHOWN).collect()
}

fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
                | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}')
}

fn is_label(label: &str) -> bool {
    !label.is_empty()
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_reverse_dns() {
        assert!(is_plugin_id("org.example.utilities"));
        for bad in ["utilities", "org..x", "Org.example", "org.example/x", "org.-x", ""] {
            assert!(!is_plugin_id(bad), "{bad}");
        }
    }

    #[test]
    fn what_comes_with_the_program_has_its_ids_to_itself() {
        assert!(is_reserved("org.vestry.anything") && is_reserved("org.vestry"));
        assert!(!is_reserved("org.vestrymen.users") && !is_reserved("org.example.vestry"));
    }

    #[test]
    fn marks_that_turn_a_line_around_are_seen() {
        assert!(has_invisible("user\u{202e}nimda"));
        assert!(has_invisible("pay\u{200b}pal"));
        assert!(!has_invisible("Benutzerübersicht مستخدم"));
        assert_eq!(shown("mau\u{202e}msaw.exe\n"), "maumsaw.exe");
        assert_eq!(shown(&"é".repeat(1_000)).chars().count(), 200);
    }
}

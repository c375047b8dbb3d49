//! Names that plugins bring, and what they may look like.

/// A plugin's id in reverse DNS: at least two parts of `a`-`z`, `0`-`9` and `-`, 100 characters at most.
pub fn is_plugin_id(text: &str) -> bool {
    text.len() <= 100 && text.split('.').count() >= 2 && text.split('.').all(is_label)
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
    text.chars().any(|character| {
        character.is_control()
            || matches!(character, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
                | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}')
    })
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
    fn marks_that_turn_a_line_around_are_seen() {
        assert!(has_invisible("user\u{202e}nimda"));
        assert!(has_invisible("pay\u{200b}pal"));
        assert!(!has_invisible("Benutzerübersicht مستخدم"));
    }
}

//! What a registry asks for before it answers: `WWW-Authenticate` (RFC 9110, section 11.6.1).

/// The most challenges and parameters that are read of one answer.
const MOST: usize = 64;

/// One way to say who one is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Challenge {
    /// In small letters: `bearer`, `basic`.
    pub(super) scheme: String,
    /// Names in small letters.
    parameters: Vec<(String, String)>,
}

impl Challenge {
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(is, _)| is == name).map(|(_, value)| value.as_str())
    }
}

/// All challenges of a header, in their order. What cannot be read ends it.
pub(super) fn parse(header: &str) -> Vec<Challenge> {
    let mut challenges: Vec<Challenge> = Vec::new();
    let mut rest = header;
    for _ in 0..MOST {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let (name, behind) = token(rest);
        if name.is_empty() {
            break;
        }
        match (behind.trim_start().strip_prefix('='), challenges.last_mut()) {
            (Some(behind), Some(challenge)) => {
                let Some((value, behind)) = value(behind.trim_start()) else { break };
                challenge.parameters.push((name.to_ascii_lowercase(), value));
                rest = behind;
            }
            (Some(_), None) => break,
            (None, _) => {
                challenges.push(Challenge { scheme: name.to_ascii_lowercase(), parameters: Vec::new() });
                rest = behind;
            }
        }
    }
    challenges
}

/// A token of HTTP, which may be empty, and what comes behind it.
fn token(text: &str) -> (&str, &str) {
    let is_token = |character: char| character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character);
    text.split_at(text.find(|character| !is_token(character)).unwrap_or(text.len()))
}

/// A token or a quoted string, and what comes behind it.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, behind) = token(text);
        return Some((value.to_owned(), behind));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(characters.next()?.1),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_read_as_they_are_written() {
        let read = |header: &str| {
            parse(header)
                .iter()
                .map(|challenge| {
                    let parameters = challenge.parameters.iter().map(|(name, value)| format!(" {name}={value}"));
                    challenge.scheme.clone() + &parameters.collect::<String>()
                })
                .collect::<Vec<_>>()
        };
        for (header, expected) in [
            ("Basic realm=\"Registry\"", &["basic realm=Registry"][..]),
            (
                "Bearer realm=\"https://auth.example.org/token\",service=\"registry.example.org\",scope=\"a:b,c:d\"",
                &["bearer realm=https://auth.example.org/token service=registry.example.org scope=a:b,c:d"],
            ),
            ("BEARER  Realm = x , SERVICE=y", &["bearer realm=x service=y"]),
            ("Basic realm=\"a \\\"b\\\" c\", Bearer realm=z", &["basic realm=a \"b\" c", "bearer realm=z"]),
            ("Negotiate, Basic realm=x", &["negotiate", "basic realm=x"]),
            ("", &[]),
            ("=x", &[]),
            ("Bearer realm=\"open", &["bearer"]),
            ("Bearer realm=\"open\\", &["bearer"]),
            ("Bearer realm=\u{e4}", &["bearer realm="]),
        ] {
            assert_eq!(read(header), expected, "{header}");
        }
        assert!(parse(&"a,".repeat(1_000_000)).len() <= MOST);
    }
}

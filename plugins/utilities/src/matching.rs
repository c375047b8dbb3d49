//! Looking for utilities by words.

/// Whether every word that is asked for begins one of these; large and small letters are the same, accents are not.
pub fn matches(asked: &str, texts: &[&str]) -> bool {
    let said: Vec<String> = texts.iter().flat_map(|text| words(text)).collect();
    words(asked).all(|word| said.iter().any(|known| known.starts_with(&word)))
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

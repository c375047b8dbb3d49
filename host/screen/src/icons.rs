//! The icons that menu entries and templates may name.

/// Names of all icons in the sprite, sorted; one list for the sprite's builder and for this crate.
pub const ICONS: &str = include_str!("../../../templates/assets/icons.txt");

/// Stands for every icon that is not in the sprite.
pub const UNKNOWN: &str = "puzzle";

/// The icon itself if it is in the sprite, else [`UNKNOWN`].
pub fn known_icon(name: &str) -> &str {
    let found = ICONS.lines().any(|known| known == name);
    if found { name } else { UNKNOWN }
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_unknown_icon_is_a_puzzle_piece() {
        assert_eq!(super::known_icon("users"), "users");
        assert_eq!(super::known_icon("\" onload"), "puzzle");
        assert!(super::ICONS.lines().is_sorted());
    }
}

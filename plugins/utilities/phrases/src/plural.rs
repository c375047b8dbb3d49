//! The forms of a phrase with a number in it.

/// A form, by the name that Unicode CLDR has for it ("Language Plural Rules"), in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Plural {
    Zero,
    One,
    Two,
    Few,
    Many,
    /// The one that every language has, and the only one of a phrase without a number.
    Other,
}

impl Plural {
    pub const ALL: [Self; 6] = [Self::Zero, Self::One, Self::Two, Self::Few, Self::Many, Self::Other];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Zero => "zero",
            Self::One => "one",
            Self::Two => "two",
            Self::Few => "few",
            Self::Many => "many",
            Self::Other => "other",
        }
    }

    /// The form of this name, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|plural| plural.name().eq_ignore_ascii_case(name))
    }
}

/// The names, with commas.
pub(crate) fn list(plurals: &[Plural]) -> String {
    plurals.iter().map(|plural| plural.name()).collect::<Vec<_>>().join(", ")
}

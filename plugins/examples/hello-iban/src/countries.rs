//! The countries of SEPA, and how their banks number accounts, by the registry of IBAN formats that SWIFT keeps for ISO 13616.

use std::ops::Range;

/// What stands at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Digit,
    Letter,
    Either,
}

/// A country, and what stands behind the check digits of its IBANs.
#[derive(Debug, PartialEq, Eq)]
pub struct Country {
    /// ISO 3166: two capital letters.
    pub code: &'static str,
    pub name: &'static str,
    /// How many of which kind, in order: `n` for digits, `a` for letters, `c` for either; the part that names the bank in
    /// capitals. `8N10n`: eight digits that name the bank, then ten.
    parts: &'static str,
}

impl Country {
    /// The one of this code; capital letters.
    pub fn find(code: &str) -> Option<&'static Self> {
        SEPA.iter().find(|country| country.code == code)
    }

    /// What stands at each place behind the check digits.
    pub fn account(&self) -> impl Iterator<Item = Kind> {
        self.runs().flat_map(|(count, letter)| std::iter::repeat_n(kind(letter), count))
    }

    /// Where in the account the part stands that names the bank.
    pub fn bank(&self) -> Range<usize> {
        let length = |(count, _)| count;
        let before: usize = self.runs().take_while(|(_, letter)| letter.is_ascii_lowercase()).map(length).sum();
        let of_bank: usize = self.runs().filter(|(_, letter)| letter.is_ascii_uppercase()).map(length).sum();
        before..before + of_bank
    }

    /// `8N10n` as `(8, 'N'), (10, 'n')`.
    fn runs(&self) -> impl Iterator<Item = (usize, char)> {
        self.parts.split_inclusive(|sign: char| sign.is_ascii_alphabetic()).filter_map(|run| {
            let letter = run.chars().next_back()?;
            Some((run.strip_suffix(letter)?.parse().ok()?, letter))
        })
    }
}

fn kind(letter: char) -> Kind {
    match letter.to_ascii_lowercase() {
        'n' => Kind::Digit,
        'a' => Kind::Letter,
        _ => Kind::Either,
    }
}

const fn of(code: &'static str, name: &'static str, parts: &'static str) -> Country {
    Country { code, name, parts }
}

/// By their codes. Territories have the code of their country: Guadeloupe that of France, Jersey that of the United Kingdom.
static SEPA: [Country; 42] = [
    of("AD", "Andorra", "4N4n12c"),
    of("AL", "Albania", "3N5n16c"),
    of("AT", "Austria", "5N11n"),
    of("BE", "Belgium", "3N9n"),
    of("BG", "Bulgaria", "4A6n8c"),
    of("CH", "Switzerland", "5N12c"),
    of("CY", "Cyprus", "3N5n16c"),
    of("CZ", "Czechia", "4N16n"),
    of("DE", "Germany", "8N10n"),
    of("DK", "Denmark", "4N10n"),
    of("EE", "Estonia", "2N14n"),
    of("ES", "Spain", "4N16n"),
    of("FI", "Finland", "3N11n"),
    of("FR", "France", "5N5n11c2n"),
    of("GB", "United Kingdom", "4A14n"),
    of("GI", "Gibraltar", "4A15c"),
    of("GR", "Greece", "3N4n16c"),
    of("HR", "Croatia", "7N10n"),
    of("HU", "Hungary", "3N21n"),
    of("IE", "Ireland", "4A14n"),
    of("IS", "Iceland", "2N20n"),
    of("IT", "Italy", "1a5N5n12c"),
    of("LI", "Liechtenstein", "5N12c"),
    of("LT", "Lithuania", "5N11n"),
    of("LU", "Luxembourg", "3N13c"),
    of("LV", "Latvia", "4A13c"),
    of("MC", "Monaco", "5N5n11c2n"),
    of("MD", "Moldova", "2C18c"),
    of("ME", "Montenegro", "3N15n"),
    of("MK", "North Macedonia", "3N10c2n"),
    of("MT", "Malta", "4A5n18c"),
    of("NL", "Netherlands", "4A10n"),
    of("NO", "Norway", "4N7n"),
    of("PL", "Poland", "8N16n"),
    of("PT", "Portugal", "4N17n"),
    of("RO", "Romania", "4A16c"),
    of("RS", "Serbia", "3N15n"),
    of("SE", "Sweden", "3N17n"),
    of("SI", "Slovenia", "5N10n"),
    of("SK", "Slovakia", "4N16n"),
    of("SM", "San Marino", "1a5N5n12c"),
    of("VA", "Vatican City", "3N15n"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_can_be_read() {
        for country in &SEPA {
            let written: String = country.runs().map(|(count, letter)| format!("{count}{letter}")).collect();
            assert_eq!(written, country.parts, "{}", country.name);
            // 34 at most, with the four in front.
            let length = country.account().count();
            assert!((11..=30).contains(&length) && country.bank().end <= length, "{}", country.name);
            assert!(!country.bank().is_empty(), "{}", country.name);
        }
        assert!(SEPA.is_sorted_by(|one, next| one.code < next.code), "each is there once");
    }
}

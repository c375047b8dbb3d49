//! An IBAN (ISO 13616): two letters for the country, two check digits, and the account as the banks of that country number it.
//!
//! Blanks and small letters are how people write it, and taken. What is wrong is said with what would be right, as far as
//! that can be known.

use vestry_sdk::prelude::*;

use crate::countries::{Country, Kind};

/// Where the account begins, behind country and check digits.
const ACCOUNT: usize = 4;

/// One that can be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Iban {
    /// Capital letters and digits alone.
    signs: String,
    pub country: &'static Country,
}

impl Iban {
    /// Reads one as people write it. The error is a sentence for them.
    pub fn parse(typed: &str) -> Result<Self, Text> {
        let signs: String = typed.chars().filter(|sign| !sign.is_whitespace()).collect();
        if let Some(sign) = signs.chars().find(|sign| !sign.is_ascii_alphanumeric()) {
            return Err(text!("“{sign}” cannot stand in an IBAN: it has the letters A to Z, digits and blanks.", sign));
        }
        let signs = signs.to_ascii_uppercase();
        let country = country(&signs)?;
        structure(&signs, country)?;
        check_digits(&signs)?;
        Ok(Self { signs, country })
    }

    /// As it is printed: in groups of four.
    pub fn groups(&self) -> String {
        let mut groups = String::new();
        for (at, sign) in self.signs.chars().enumerate() {
            if at > 0 && at % 4 == 0 {
                groups.push(' ');
            }
            groups.push(sign);
        }
        groups
    }

    /// The part that names the bank.
    pub fn bank(&self) -> &str {
        self.account().get(self.country.bank()).unwrap_or_default()
    }

    /// All of it behind the check digits, in which the bank's part stands.
    pub fn account(&self) -> &str {
        self.signs.get(ACCOUNT..).unwrap_or_default()
    }
}

fn country(signs: &str) -> Result<&'static Country, Text> {
    match signs.get(..2) {
        Some(code) if code.chars().all(|sign| sign.is_ascii_uppercase()) => Country::find(code).ok_or_else(|| {
            text!("“{code}” is not the code of a country whose payments go by SEPA, such as AT, FR or IT.", code)
        }),
        _ => Err("An IBAN begins with two letters for the country, such as DE.".into()),
    }
}

/// As long as that country has it, and with a digit wherever it has one. An error says where, and counts from 1.
fn structure(signs: &str, country: &Country) -> Result<(), Text> {
    let (code, right) = (country.code, ACCOUNT + country.account().count());
    let count = signs.len();
    if count != right {
        return Err(text!(
            "An IBAN of {code} has {right} letters and digits; this one has {count}.",
            code,
            right,
            count
        ));
    }
    let kinds = [Kind::Letter, Kind::Letter, Kind::Digit, Kind::Digit].into_iter().chain(country.account());
    for ((place, sign), kind) in (1..).zip(signs.chars()).zip(kinds) {
        match kind {
            Kind::Digit if !sign.is_ascii_digit() => {
                return Err(text!(
                    "At place {place} stands {sign}; an IBAN of {code} has a digit there.",
                    place,
                    sign,
                    code
                ));
            }
            Kind::Letter if sign.is_ascii_digit() => {
                return Err(text!(
                    "At place {place} stands {sign}; an IBAN of {code} has a letter there.",
                    place,
                    sign,
                    code
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

/// ISO 7064, MOD 97-10: with the first four at the end, the whole leaves 1 of 97. They are computed rather than tried, so
/// that 00, 01 and 99, which are never given out, are refused where 97, 98 and 02 leave the same.
fn check_digits(signs: &str) -> Result<(), Text> {
    let (country, rest) = signs.split_at(2);
    let (found, account) = rest.split_at(2);
    let right = format!("{:02}", 98 - remainder([account, country, "00"]));
    match found == right {
        true => Ok(()),
        false => Err(text!(
            "A sign is wrong, or two are swapped: to all the others belong the check digits {right}, and here are {found}. \
             Compare it with where you have it from.",
            right,
            found
        )),
    }
}

/// What is left of these by 97, read as one number in which A is 10 and Z is 35.
fn remainder(parts: [&str; 3]) -> u32 {
    let values = parts.into_iter().flat_map(str::chars).filter_map(|sign| sign.to_digit(36));
    values.fold(0, |rest, value| (rest * if value < 10 { 10 } else { 100 } + value) % 97)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the registry, each with the part that names the bank.
    const RIGHT: [(&str, &str); 42] = [
        ("AD1200012030200359100100", "0001"),
        ("AL47212110090000000235698741", "212"),
        ("AT611904300234573201", "19043"),
        ("BE68539007547034", "539"),
        ("BG80BNBG96611020345678", "BNBG"),
        ("CH9300762011623852957", "00762"),
        ("CY17002001280000001200527600", "002"),
        ("CZ6508000000192000145399", "0800"),
        ("DE89370400440532013000", "37040044"),
        ("DK5000400440116243", "0040"),
        ("EE382200221020145685", "22"),
        ("ES9121000418450200051332", "2100"),
        ("FI2112345600000785", "123"),
        ("FR1420041010050500013M02606", "20041"),
        ("GB29NWBK60161331926819", "NWBK"),
        ("GI75NWBK000000007099453", "NWBK"),
        ("GR1601101250000000012300695", "011"),
        ("HR1210010051863000160", "1001005"),
        ("HU42117730161111101800000000", "117"),
        ("IE29AIBK93115212345678", "AIBK"),
        ("IS140159260076545510730339", "01"),
        ("IT60X0542811101000000123456", "05428"),
        ("LI21088100002324013AA", "08810"),
        ("LT121000011101001000", "10000"),
        ("LU280019400644750000", "001"),
        ("LV80BANK0000435195001", "BANK"),
        ("MC5811222000010123456789030", "11222"),
        ("MD24AG000225100013104168", "AG"),
        ("ME25505000012345678951", "505"),
        ("MK07250120000058984", "250"),
        ("MT84MALT011000012345MTLCAST001S", "MALT"),
        ("NL91ABNA0417164300", "ABNA"),
        ("NO9386011117947", "8601"),
        ("PL61109010140000071219812874", "10901014"),
        ("PT50000201231234567890154", "0002"),
        ("RO49AAAA1B31007593840000", "AAAA"),
        ("RS35260005601001611379", "260"),
        ("SE4550000000058398257466", "500"),
        ("SI56263300012039086", "26330"),
        ("SK3112000000198742637541", "1200"),
        ("SM86U0322509800000000270100", "03225"),
        ("VA59001123000012345678", "001"),
    ];

    fn wrong(typed: &str) -> String {
        Iban::parse(typed).expect_err("it is wrong").plain()
    }

    #[test]
    fn the_examples_of_the_registry_are_right() {
        for (number, bank) in RIGHT {
            let iban = Iban::parse(number).unwrap_or_else(|wrong| panic!("{number}: {}", wrong.plain()));
            assert_eq!((iban.bank(), iban.groups().replace(' ', "").as_str()), (bank, number));
        }
    }

    #[test]
    fn one_is_read_as_people_write_it() {
        let iban = Iban::parse("\u{a0}de89 3704\t0044 0532 0130 00 ").expect("it is right");
        assert_eq!((iban.groups().as_str(), iban.country.name), ("DE89 3704 0044 0532 0130 00", "Germany"));
        assert_eq!((iban.bank(), iban.account()), ("37040044", "370400440532013000"));
    }

    /// What check digits are for. Of a letter and a digit that are swapped not every pair is found: 1B and B1 are both 111.
    #[test]
    fn every_wrong_digit_and_every_swap_of_two_digits_is_found() {
        let is_right = |signs: &[u8]| str::from_utf8(signs).is_ok_and(|number| Iban::parse(number).is_ok());
        for (number, _) in RIGHT {
            for at in 2..number.len() {
                let mut changed = number.as_bytes().to_vec();
                changed[at] = if changed[at] == b'1' { b'7' } else { b'1' };
                assert!(!is_right(&changed), "{number} at {at}");
            }
            for at in ACCOUNT..number.len() - 1 {
                let mut swapped = number.as_bytes().to_vec();
                let (one, next) = (swapped[at], swapped[at + 1]);
                swapped.swap(at, at + 1);
                let both = one.is_ascii_digit() && next.is_ascii_digit() && one != next;
                assert!(!both || !is_right(&swapped), "{number} at {at}");
            }
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_what_would_be_right() {
        for (typed, said) in [
            ("DE89-3704", "“-” cannot stand in an IBAN: it has the letters A to Z, digits and blanks."),
            ("ДЕ89 3704", "“Д” cannot stand in an IBAN: it has the letters A to Z, digits and blanks."),
            ("8937", "An IBAN begins with two letters for the country, such as DE."),
            ("D", "An IBAN begins with two letters for the country, such as DE."),
            ("US12 3456", "“US” is not the code of a country whose payments go by SEPA, such as AT, FR or IT."),
            ("DE89 3704 0044 0532 0130 0", "An IBAN of DE has 22 letters and digits; this one has 21."),
            ("DEX9 3704 0044 0532 0130 00", "At place 3 stands X; an IBAN of DE has a digit there."),
            ("DE89 3704 0044 0532 0130 0O", "At place 22 stands O; an IBAN of DE has a digit there."),
            ("GB29 NW8K 6016 1331 9268 19", "At place 7 stands 8; an IBAN of GB has a letter there."),
        ] {
            assert_eq!(wrong(typed), said, "{typed}");
        }
        let said = wrong("DE88 3704 0044 0532 0130 00");
        assert!(said.contains("the check digits 89, and here are 88"), "{said}");
    }

    /// 97 and 00 leave the same, and so do 98 and 01, 02 and 99; only one of each two is ever given out.
    #[test]
    fn check_digits_are_from_02_to_98() {
        let of = |check: &str, account: u64| Iban::parse(&format!("DE{check}{account:018}"));
        let account = |check: &str| (0..).find(|account| of(check, *account).is_ok()).expect("one in 97 has it");
        for (right, never) in [("97", "00"), ("98", "01"), ("02", "99")] {
            let account = account(right);
            assert_eq!(of(never, account).map(|iban| iban.groups()).ok(), None, "{never}");
        }
    }
}

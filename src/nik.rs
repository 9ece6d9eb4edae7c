//! The NIK (person number): `PPKKCC DDMMYY SSSS` – province, regency and district of first registration, birth date
//! with the day + 40 for women, serial. It has no checksum, it never changes, and it is never guessed or padded.

mod finder;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub use finder::{looks_like_nik, without_niks};

use crate::written::is_unseen;

/// So many digits has a NIK.
const DIGITS: usize = 16;

/// The fewest stars of a masked NIK; fewer stand for a remark.
const FEWEST_STARS: usize = 8;

/// Sex as the registry knows it: `L` (laki-laki) or `P` (perempuan).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    Male,
    Female,
}

/// A well-formed NIK. It has no `Display`, and its `Debug` shows no digit, so that it cannot slip into a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Nik(Zeroizing<String>);

/// Why a text is not a NIK.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NikError {
    #[error("a NIK has exactly 16 digits")]
    NotSixteenDigits,
    #[error("the digits are lost: the cell holds a rounded number, not the NIK as text")]
    Unreadable,
    #[error("the digits 7 to 12 are no date that a NIK can hold")]
    ImpossibleDate,
}

impl Nik {
    /// Reads a NIK, forgiving what spreadsheets and people put around the digits: spaces of every kind, what nobody sees, a leading
    /// apostrophe, dots, dashes, strokes and low lines between groups; and digits of any script.
    pub fn parse(text: &str) -> Result<Self, NikError> {
        let kept = text.chars().filter(|&c| !is_decoration(c));
        let digits = Zeroizing::new(kept.map(|c| digit(c).unwrap_or(c)).collect::<String>());
        if looks_rounded(&digits) || is_in_thousands(text) {
            return Err(NikError::Unreadable);
        }
        if digits.len() != DIGITS || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(NikError::NotSixteenDigits);
        }
        let nik = Self(digits);
        if nik.has_possible_date() { Ok(nik) } else { Err(NikError::ImpossibleDate) }
    }

    /// The 16 digits, for sealing and for the blind index only.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// The sex that the day part says.
    #[must_use]
    pub fn sex(&self) -> Sex {
        if self.number(6) > 40 { Sex::Female } else { Sex::Male }
    }

    /// Whether the date part is that of `birth`; the century comes from `birth`, for the NIK has only two digits of the year.
    #[must_use]
    pub fn agrees_with_birth(&self, birth: NaiveDate) -> bool {
        self.day() == birth.day()
            && self.number(8) == birth.month()
            && i64::from(self.number(10)) == i64::from(birth.year().rem_euclid(100))
    }

    /// Region of first registration as `PP.KK`, in the form of the offices' region codes.
    #[must_use]
    pub fn region(&self) -> String {
        format!("{}.{}", &self.0[0..2], &self.0[2..4])
    }

    /// First two and last two digits, the rest starred: enough to compare with a document in hand, too little to misuse.
    #[must_use]
    pub fn masked(&self) -> String {
        format!("{}************{}", &self.0[0..2], &self.0[14..16])
    }

    fn number(&self, at: usize) -> u32 {
        self.0[at..at + 2].bytes().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'))
    }

    fn day(&self) -> u32 {
        let day = self.number(6);
        if day > 40 { day - 40 } else { day }
    }

    fn has_possible_date(&self) -> bool {
        // 2000 is a leap year, so 29 February passes; whether the year had one is the comparison's business.
        NaiveDate::from_ymd_opt(2000, self.number(8), self.day()).is_some()
    }
}

impl std::fmt::Debug for Nik {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Nik(sealed)")
    }
}

/// Whether a text is a NIK as [`Nik::masked`] shows it, come back from a sheet that we gave out: it says "the one that you
/// hold", never a number of its own. The stars may have been shortened; digits beyond the four make it something else.
#[must_use]
pub fn is_masked(text: &str) -> bool {
    if !text.contains('*') {
        return false;
    }
    let shown: Vec<char> = text.chars().filter(|&c| !is_decoration(c)).collect();
    let [first, second, stars @ .., third, fourth] = shown.as_slice() else { return false };
    [first, second, third, fourth].into_iter().all(char::is_ascii_digit)
        && stars.len() >= FEWEST_STARS
        && stars.iter().all(|star| *star == '*')
}

/// Characters that stand in and around numbers without meaning: white space (non-breaking too), what nobody sees, apostrophes,
/// dots, dashes, strokes and low lines of every width.
fn is_decoration(c: char) -> bool {
    if c.is_ascii_alphanumeric() {
        return false;
    }
    c.is_whitespace()
        || is_unseen(c)
        || matches!(
            c,
            '\'' | '"'
                | '’'
                | '‘'
                | '‛'
                | '“'
                | '”'
                | '`'
                | '´'
                | 'ʹ'
                | 'ʻ'
                | 'ʼ'
                | '′'
                | '＇'
                | '＂'
                | '.'
                | '·'
                | '•'
                | '‧'
                | '․'
                | '∙'
                | '⋅'
                | '。'
                | '．'
                | '｡'
                | '・'
                | '-'
                | '\u{2010}'
                ..='\u{2015}'
                    | '⁃'
                    | '−'
                    | '﹘'
                    | '﹣'
                    | '－'
                    | '/'
                    | '\\'
                    | '⁄'
                    | '∕'
                    | '／'
                    | '＼'
                    | '_'
                    | '‗'
                    | '＿'
                    | '¯'
        )
}

/// The zeros of the scripts that have digits of their own; the nine others follow each. Ascending.
const ZEROS: [char; 66] = [
    '\u{30}',
    '\u{660}',
    '\u{6f0}',
    '\u{7c0}',
    '\u{966}',
    '\u{9e6}',
    '\u{a66}',
    '\u{ae6}',
    '\u{b66}',
    '\u{be6}',
    '\u{c66}',
    '\u{ce6}',
    '\u{d66}',
    '\u{de6}',
    '\u{e50}',
    '\u{ed0}',
    '\u{f20}',
    '\u{1040}',
    '\u{1090}',
    '\u{17e0}',
    '\u{1810}',
    '\u{1946}',
    '\u{19d0}',
    '\u{1a80}',
    '\u{1a90}',
    '\u{1b50}',
    '\u{1bb0}',
    '\u{1c40}',
    '\u{1c50}',
    '\u{a620}',
    '\u{a8d0}',
    '\u{a900}',
    '\u{a9d0}',
    '\u{a9f0}',
    '\u{aa50}',
    '\u{abf0}',
    '\u{ff10}',
    '\u{104a0}',
    '\u{10d30}',
    '\u{11066}',
    '\u{110f0}',
    '\u{11136}',
    '\u{111d0}',
    '\u{112f0}',
    '\u{11450}',
    '\u{114d0}',
    '\u{11650}',
    '\u{116c0}',
    '\u{11730}',
    '\u{118e0}',
    '\u{11950}',
    '\u{11c50}',
    '\u{11d50}',
    '\u{11da0}',
    '\u{16a60}',
    '\u{16ac0}',
    '\u{16b50}',
    '\u{1d7ce}',
    '\u{1d7d8}',
    '\u{1d7e2}',
    '\u{1d7ec}',
    '\u{1d7f6}',
    '\u{1e140}',
    '\u{1e2f0}',
    '\u{1e950}',
    '\u{1fbf0}',
];

/// The ASCII digit that a decimal digit of any script stands for.
pub fn digit(c: char) -> Option<char> {
    if c.is_ascii() {
        return c.is_ascii_digit().then_some(c);
    }
    let zero = *ZEROS.get(ZEROS.partition_point(|zero| *zero <= c).checked_sub(1)?)?;
    char::from_digit(u32::from(c) - u32::from(zero), 10)
}

/// `5,27101E+15`: a spreadsheet rounded the number, and the digits are gone for good.
fn looks_rounded(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['E', 'e']) {
        Some(parts) => parts,
        None => return false,
    };
    !mantissa.is_empty()
        && mantissa.chars().all(|c| c.is_ascii_digit() || c == ',')
        && !exponent.is_empty()
        && exponent.trim_start_matches('+').bytes().all(|b| b.is_ascii_digit())
}

/// `5.271.012.105.099.700`: groups of three from the end are thousands, so this was a number, of which a spreadsheet keeps 15
/// digits. A NIK is grouped in fours or by its parts.
fn is_in_thousands(text: &str) -> bool {
    let mut rest = text.chars().map(|c| digit(c).ok_or(c)).skip_while(Result::is_err).peekable();
    let mut mark = None;
    let mut groups = 0;
    let mut length = 0;
    while let Some(next) = rest.next() {
        match next {
            Ok(_) => length += 1,
            Err(c) => {
                // What stands behind the last figure ends the number.
                if !rest.clone().any(|next| next.is_ok()) {
                    break;
                }
                let is_first = groups == 0 && length == DIGITS % 3;
                if !(is_first || length == 3) || *mark.get_or_insert(c) != c {
                    return false;
                }
                groups += 1;
                length = 0;
            }
        }
    }
    groups == DIGITS / 3 && length == 3
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn thousands_are_those_of_a_rounded_number() {
        for text in [
            "5.271.012.105.099.700",
            "5,271,012,105,099,700",
            "5 271 012 105 099 700",
            "5\u{a0}271\u{a0}012\u{a0}105\u{a0}099\u{a0}700",
            "'5.271.012.105.099.700 ",
        ] {
            assert_eq!(Nik::parse(text).unwrap_err(), NikError::Unreadable, "{text}");
        }
        for text in [
            "5271 0121 0509 9801",
            "527101.210509.9801",
            "527101 210509 9801",
            "52.71.01.210509.9801",
            "527.101.210.509.9801",
        ] {
            assert!(Nik::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn junk_around_the_digits_is_forgiven() {
        for text in [
            "5271010101099801",
            " '5271010101099801",
            "52.7101.010109.9801",
            "5271\u{a0}0101\u{200b}01099801",
            "5271/0101/0109/9801",
            "52_71_01_01_01_09_98_01",
            "５２７１０１０１０１０９９８０１",
            "٥٢٧١٠١٠١٠١٠٩٩٨٠١",
            "५२७१०१०१०१०९९८०१",
            "𝟓𝟐𝟕𝟏𝟎𝟏𝟎𝟏𝟎𝟏𝟎𝟗𝟗𝟖𝟎𝟏",
            "\u{2066}5271–0101—0109−9801\u{2069}",
            "5271\u{2003}0101\u{3000}0109\u{2009}9801",
        ] {
            assert_eq!(Nik::parse(text).unwrap().digits(), "5271010101099801", "{text}");
        }
    }

    #[test]
    fn what_is_not_a_nik_says_why() {
        assert_eq!(Nik::parse("5,27101E+15"), Err(NikError::Unreadable));
        assert_eq!(Nik::parse("5.27101E+15"), Err(NikError::Unreadable));
        assert_eq!(Nik::parse("527101010109980"), Err(NikError::NotSixteenDigits));
        assert_eq!(Nik::parse("2C21JD0123-X"), Err(NikError::NotSixteenDigits));
        // The mark of a footnote is no digit of the number.
        assert_eq!(Nik::parse("527101010109980¹"), Err(NikError::NotSixteenDigits));
        assert_eq!(Nik::parse("5271013202099801"), Err(NikError::ImpossibleDate));
        assert_eq!(Nik::parse("5271010113099801"), Err(NikError::ImpossibleDate));
    }

    #[test]
    fn a_woman_has_forty_added_to_the_day() {
        let nik = Nik::parse("5271014102099802").unwrap();
        assert_eq!(nik.sex(), Sex::Female);
        assert!(nik.agrees_with_birth(date("2009-02-01")));
        assert!(!nik.agrees_with_birth(date("2009-02-02")));
        assert_eq!(nik.region(), "52.71");
    }

    #[test]
    fn debug_shows_no_digit() {
        assert!(!format!("{:?}", Nik::parse("5271014102099802").unwrap()).contains(|c: char| c.is_ascii_digit()));
    }

    #[test]
    fn a_masked_nik_is_recognised_when_it_comes_back() {
        let masked = Nik::parse("5271014102099802").unwrap().masked();
        assert_eq!(masked, "52************02");
        let spaced = format!(" '{}\u{a0}", masked.replace("**02", "** 02"));
        for text in [masked.as_str(), &spaced, "52********02", "52-****-****-****-02", "\u{feff}52.************.02"] {
            assert!(is_masked(text), "{text}");
            assert!(Nik::parse(text).is_err(), "{text}");
        }
        for text in [
            "",
            "5271014102099802",
            "52*******02",
            "5************02",
            "527************02",
            "52************2",
            "52************",
            "************02",
            "52************002",
            "52****1*******02",
            "52xxxxxxxxxxxx02",
            "52************02 salah",
            "AB************02",
            "٥٢************02",
            "********",
        ] {
            assert!(!is_masked(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_nik_is_recognised_once_masked(day in 1_u32..=31, rest in 0_u32..=9999) {
            let nik = Nik::parse(&format!("527101{day:02}0109{rest:04}")).unwrap();
            prop_assert!(is_masked(&nik.masked()));
            prop_assert!(!is_masked(nik.digits()));
        }

        #[test]
        fn parsing_never_panics(text in "[0-9*٥\u{200b} ]{0,20}|\\PC{0,40}") {
            let _ = is_masked(&text);
            let _ = Nik::parse(&text);
            let _ = looks_like_nik(&text);
        }
    }
}

//! The NIK (person number): `PPKKCC DDMMYY SSSS` – province, regency and district of first registration, birth date
//! with the day + 40 for women, serial. It has no checksum, it never changes, and it is never guessed or padded.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

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
    /// Reads a NIK, forgiving what spreadsheets and people put around the digits: spaces of every kind,
    /// zero-width characters, a leading apostrophe, dots and dashes between groups.
    pub fn parse(text: &str) -> Result<Self, NikError> {
        let digits = Zeroizing::new(text.chars().filter(|&c| !is_decoration(c)).collect::<String>());
        if looks_rounded(&digits) {
            return Err(NikError::Unreadable);
        }
        if digits.len() != 16 || !digits.bytes().all(|b| b.is_ascii_digit()) {
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

/// Whether a person's free text holds something like a NIK: 16 digits, however grouped. Such text is never stored.
#[must_use]
pub fn looks_like_nik(text: &str) -> bool {
    let mut run = 0;
    for c in text.chars() {
        if c.is_ascii_digit() {
            run += 1;
            if run >= 16 {
                return true;
            }
        } else if !is_decoration(c) {
            run = 0;
        }
    }
    false
}

/// Characters of an ID as it is written.
const ID_LENGTH: usize = 36;

/// A text with the digits of whatever looks like a NIK starred: for what is shown or logged of something that people typed. An
/// ID of ours may hold as many digits, and stays.
#[must_use]
pub fn without_niks(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    // Where a run of digits, with decoration in between, began, and how many it has.
    let (mut began, mut digits) = (0, 0);
    let hide = |shown: &mut String, began: usize, digits: usize| {
        if digits >= 16 {
            let run: String = shown[began..].chars().map(|c| if c.is_ascii_digit() { '*' } else { c }).collect();
            shown.replace_range(began.., &run);
        }
    };
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let id = rest.get(..ID_LENGTH).filter(|head| uuid::Uuid::try_parse(head).is_ok());
        if let Some(id) = id {
            hide(&mut shown, began, digits);
            digits = 0;
            shown.push_str(id);
            rest = &rest[ID_LENGTH..];
            continue;
        }
        if c.is_ascii_digit() {
            if digits == 0 {
                began = shown.len();
            }
            digits += 1;
        } else if !is_decoration(c) {
            hide(&mut shown, began, digits);
            digits = 0;
        }
        shown.push(c);
        rest = &rest[c.len_utf8()..];
    }
    hide(&mut shown, began, digits);
    shown
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

/// Characters that stand in and around numbers without meaning: white space (non-breaking too), zero-width and
/// direction marks, apostrophes, dots, dashes.
fn is_decoration(c: char) -> bool {
    !c.is_ascii_alphanumeric()
        && (c.is_whitespace()
            || matches!(
                c,
                '\'' | '’' | '‘' | '`' | '.' | '-' | '‐' | '–' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{202a}'..='\u{202e}'
            ))
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn junk_around_the_digits_is_forgiven() {
        for text in ["5271010101099801", " '5271010101099801", "52.7101.010109.9801", "5271\u{a0}0101\u{200b}01099801"]
        {
            assert_eq!(Nik::parse(text).unwrap().digits(), "5271010101099801", "{text}");
        }
    }

    #[test]
    fn what_looks_like_a_nik_is_starred() {
        assert_eq!(without_niks("invalid value '5271014302100999' for ID"), "invalid value '****************' for ID");
        assert_eq!(without_niks("a 52.7101.010109.9801 b 2026-11-26 1"), "a **.****.******.**** b 2026-11-26 1");
        assert_eq!(without_niks("527101430210099, ok"), "527101430210099, ok");
        let id = "01012345-6789-7012-8345-678901234567";
        assert_eq!(without_niks(&format!("5271014302100999 {id}")), format!("{} {id}", "*".repeat(16)));
        assert_eq!(without_niks("5271014302100999"), "*".repeat(16));
    }

    #[test]
    fn what_is_not_a_nik_says_why() {
        assert_eq!(Nik::parse("5,27101E+15"), Err(NikError::Unreadable));
        assert_eq!(Nik::parse("5.27101E+15"), Err(NikError::Unreadable));
        assert_eq!(Nik::parse("527101010109980"), Err(NikError::NotSixteenDigits));
        assert_eq!(Nik::parse("2C21JD0123-X"), Err(NikError::NotSixteenDigits));
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
    fn a_nik_in_free_text_is_noticed() {
        assert!(looks_like_nik("NIK saya 5271 0141 0209 9802 ya"));
        assert!(looks_like_nik("5271.0101.0109.9801"));
        assert!(!looks_like_nik("kode 4821-9931, jam 08.00"));
        assert!(!looks_like_nik("K7QM2-XPD4N"));
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
        fn nothing_that_is_shown_looks_like_a_nik(text in "[0-9 .'a\u{a0}é-]{0,60}") {
            let shown = without_niks(&text);
            prop_assert!(!looks_like_nik(&shown), "{shown}");
            prop_assert_eq!(shown.chars().count(), text.chars().count());
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

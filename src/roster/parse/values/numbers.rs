//! Numbers by which people and places are found, as far as they are no NIK.

use super::text::is_missing;
use crate::nik::digit;
use crate::roster::sheet::cell::Cell;

const NISN_DIGITS: usize = 10;
/// A NISN that lost its leading zeros keeps at least this many digits; fewer are a school's own number.
const SHORTEST_NISN: usize = 7;

/// A NISN as read from a cell: 10 digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NisnReading {
    Missing,
    Read(String),
    /// Leading zeros that a spreadsheet took were put back.
    Padded(String),
}

/// A NISN; of a pair as in `12345 / 0091234567` the one of 10 digits.
#[must_use]
pub fn nisn(text: &str) -> NisnReading {
    let text = without_decimals(text);
    let reading = whole_nisn(text);
    if reading != NisnReading::Missing {
        return reading;
    }
    let full = |separators: fn(char) -> bool| {
        let mut full = text.split(separators).filter_map(|part| match whole_nisn(part) {
            NisnReading::Read(digits) => Some(digits),
            NisnReading::Padded(_) | NisnReading::Missing => None,
        });
        full.next().filter(|first| full.all(|other| other == *first))
    };
    let pair = full(|c| matches!(c, '/' | '\\' | '|' | ';' | ',')).or_else(|| full(|c| c == ' '));
    pair.map_or(NisnReading::Missing, NisnReading::Read)
}

fn whole_nisn(text: &str) -> NisnReading {
    let mut digits = String::with_capacity(NISN_DIGITS);
    for c in text.chars().filter(|c| !matches!(c, ' ' | '.' | '-' | '\'' | '\u{2010}'..='\u{2015}')) {
        match digit(c) {
            Some(digit) if digits.len() < NISN_DIGITS => digits.push(digit),
            _ => return NisnReading::Missing,
        }
    }
    match digits.len() {
        _ if is_missing(&digits) => NisnReading::Missing,
        NISN_DIGITS => NisnReading::Read(digits),
        SHORTEST_NISN..NISN_DIGITS => NisnReading::Padded(format!("{digits:0>10}")),
        _ => NisnReading::Missing,
    }
}

/// A whole number without the decimals that a program added to it: `91234567.0` and `91234567,00` → `91234567`.
#[must_use]
pub fn without_decimals(text: &str) -> &str {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once(['.', ',']) {
        Some((whole, "0" | "00")) if is_number(whole) => whole,
        _ => text,
    }
}

/// A phone number as dialled within the country: `0…`, 9 to 14 digits. Of several, the first.
#[must_use]
pub fn phone(cell: &Cell) -> Option<String> {
    let text = super::text(cell)?;
    let first = text.split(['/', ',', ';', '\\']).next().unwrap_or_default();
    let digits: String = without_decimals(first).chars().filter(char::is_ascii_digit).collect();
    let national = match digits.as_bytes() {
        [b'0', ..] => digits,
        [b'6', b'2', ..] => format!("0{}", digits[2..].trim_start_matches('0')),
        // Spreadsheets drop the leading zero.
        [b'8', ..] => format!("0{digits}"),
        _ => return None,
    };
    ((9..=14).contains(&national.len()) && !is_missing(&national)).then_some(national)
}

/// Number of an RT or RW, without the leading zeros that some files have and others lost.
#[must_use]
pub fn neighbourhood(cell: &Cell) -> Option<u16> {
    let text = super::text(cell)?;
    let digits: String = without_decimals(&text).chars().filter(char::is_ascii_digit).collect();
    digits.parse().ok().filter(|number| (1..=999).contains(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_get_their_zero_back() {
        let text = |text: &str| phone(&Cell::Text(text.into()));
        for written in ["081234567890", "+62 812-3456-7890", "6281234567890", "81234567890", "081234567890 / 0370555"] {
            assert_eq!(text(written).as_deref(), Some("081234567890"), "{written}");
        }
        assert_eq!(phone(&Cell::Number(81_234_567_890.0)).as_deref(), Some("081234567890"));
        assert_eq!(text("81234567890.0").as_deref(), Some("081234567890"));
        assert_eq!(text("0"), None);
        assert_eq!(text("5271010101099801"), None);
    }

    #[test]
    fn decimals_that_a_program_added_go() {
        for (written, expected) in
            [("1,0", Some(1)), ("002.00", Some(2)), ("3", Some(3)), ("RT 04", Some(4)), ("0", None)]
        {
            assert_eq!(neighbourhood(&Cell::Text(written.into())), expected, "{written}");
        }
        assert_eq!(without_decimals("52.0101"), "52.0101");
        assert_eq!(without_decimals(".0"), ".0");
    }

    #[test]
    fn a_nisn_has_ten_digits_or_lost_up_to_three_zeros() {
        let read = |digits: &str| NisnReading::Read(digits.to_owned());
        for text in [
            "0091234567",
            "009 123 4567",
            "009-1234567",
            "００９１２３４５６７",
            "12345 / 0091234567",
            "0091234567/12345",
            "12345 0091234567",
        ] {
            assert_eq!(nisn(text), read("0091234567"), "{text}");
        }
        for text in ["91234567", "91234567.0"] {
            assert_eq!(nisn(text), NisnReading::Padded("0091234567".to_owned()), "{text}");
        }
        for text in [
            "",
            "0",
            "0000000000",
            "202200",
            "12345",
            "00912345670",
            "9.1234514E7",
            "belum",
            "0091234567/0091234568",
            "12/34567",
        ] {
            assert_eq!(nisn(text), NisnReading::Missing, "{text}");
        }
    }
}

//! What stands in one cell → a value, where people write the same thing in many ways. Nothing here guesses: a text with
//! no clear meaning gives nothing.

use chrono::{Datelike, NaiveDate};

use crate::nik::{Sex, is_masked, looks_like_nik};
use crate::roster::sheet::cell::Cell;

/// A birth date as read from a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateReading {
    Missing,
    Unreadable,
    Read(NaiveDate),
    /// Day and month could be exchanged, or the century is a guess: day first, the Indonesian order, was taken.
    Ambiguous(NaiveDate),
}

/// Whether a text says "nothing here": empty, `-`, `0`, `tidak ada`…
#[must_use]
pub fn is_missing(text: &str) -> bool {
    const WORDS: [&str; 11] =
        ["tidak ada", "belum ada", "tidak diketahui", "kosong", "null", "nil", "none", "n/a", "na", "#n/a", "nihil"];
    text.chars().all(|c| matches!(c, '0' | '-' | '–' | '—' | '.' | '_' | '/' | '?' | ' '))
        || WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// The cell as text. A whole number is written out; other numbers have no meaning in a roster.
#[must_use]
pub fn text(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Text(text) => Some(text.clone()),
        // Below 2^53 a whole number is exact.
        Cell::Number(number) if number.fract() == 0.0 && number.abs() < 9.0e15 => Some(format!("{number:.0}")),
        _ => None,
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

/// A free text that may be kept: not a placeholder, and not a NIK, masked or not, that slipped into the wrong column.
#[must_use]
pub fn free_text(cell: &Cell) -> Option<String> {
    text(cell).filter(|text| !is_missing(text) && !looks_like_nik(text) && !is_masked(text))
}

/// A name or place: a free text with at least one letter.
#[must_use]
pub fn words(cell: &Cell) -> Option<String> {
    free_text(cell).filter(|text| text.chars().any(char::is_alphabetic))
}

/// Sex, as `L`/`P` or written out.
#[must_use]
pub fn sex(text: &str) -> Option<Sex> {
    let letters: String = text.chars().filter(|c| c.is_alphabetic()).collect::<String>().to_lowercase();
    match letters.as_str() {
        "l" | "lk" | "laki" | "lakilaki" | "pria" => Some(Sex::Male),
        "p" | "pr" | "perempuan" | "wanita" => Some(Sex::Female),
        _ => None,
    }
}

/// Whether a status says that a student is at this school no longer. Whoever moved in is.
#[must_use]
pub fn says_left(status: &str) -> bool {
    const LEFT: [&str; 12] = [
        "lulus",
        "alumni",
        "tamat",
        "keluar",
        "dikeluarkan",
        "mutasi",
        "pindah",
        "putus sekolah",
        "mengundurkan diri",
        "drop out",
        "meninggal",
        "wafat",
    ];
    let status = status.to_lowercase();
    let words: Vec<&str> = status.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let says = |phrase: &str| format!(" {} ", words.join(" ")).contains(&format!(" {phrase} "));
    if ["masuk", "pindahan", "belum", "tidak lulus"].into_iter().any(says) {
        return false;
    }
    LEFT.into_iter().any(says) || ["tidak aktif", "non aktif", "nonaktif", "tdk aktif"].into_iter().any(says)
}

/// Grade 1–13 from the head of a class name: `XI Ips 1`, `12-A`, `Kelas 10 - KELAS X MIA`.
#[must_use]
pub fn grade(class: &str) -> Option<u8> {
    const ROMAN: [&str; 13] = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII"];
    let class = class.to_uppercase();
    let head = class
        .split(|c: char| !c.is_ascii_alphanumeric())
        .find(|word| !word.is_empty() && !matches!(*word, "KELAS" | "KLS" | "TINGKAT"))?;
    let digits = head.len() - head.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (grade, rest) = if digits > 0 {
        (head[..digits].parse().ok()?, &head[digits..])
    } else {
        let roman = head.len() - head.trim_start_matches(['I', 'V', 'X']).len();
        let position = ROMAN.iter().position(|numeral| *numeral == &head[..roman])?;
        (u8::try_from(position + 1).ok()?, &head[roman..])
    };
    // `XIPA` may be X-IPA or XI-PA: only a class letter or number may follow directly.
    let clear = rest.len() <= 1 || rest.bytes().all(|byte| byte.is_ascii_digit());
    (clear && (1..=13).contains(&grade)).then_some(grade)
}

/// A phone number as dialled within the country: `0…`, 9 to 14 digits. Of several, the first.
#[must_use]
pub fn phone(cell: &Cell) -> Option<String> {
    let text = text(cell)?;
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
    let text = text(cell)?;
    let digits: String = without_decimals(&text).chars().filter(char::is_ascii_digit).collect();
    digits.parse().ok().filter(|number| (1..=999).contains(number))
}

/// A text without the kinds of area that stand before its name, however often: `Kecamatan Kec. X` → `X`.
#[must_use]
pub fn without_prefix<'a>(text: &'a str, prefixes: &[&str]) -> &'a str {
    let mut rest = text.trim();
    'again: loop {
        for prefix in prefixes {
            let Some(head) = rest.get(..prefix.len()) else { continue };
            let tail = &rest[prefix.len()..];
            if head.eq_ignore_ascii_case(prefix) && tail.starts_with(['.', ' ']) {
                let name = tail.trim_start_matches(['.', ' ']);
                if !name.is_empty() {
                    rest = name;
                    continue 'again;
                }
            }
        }
        return rest;
    }
}

/// `Mataram, 3 Mei 2009` → its place and its date. The date begins with the first figure, or with a month's name before it.
#[must_use]
pub fn place_and_date(text: &str) -> (&str, &str) {
    let at = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
    let head = text[..at].trim_end();
    let month = head.rsplit([' ', ',', '/']).next().filter(|word| month_name(word).is_some());
    let at = month.map_or(at, |word| head.len() - word.len());
    (text[..at].trim_end_matches([' ', ',', '/', '-', '.', ':']), &text[at..])
}

/// A birth date: a date cell, `YYYY-MM-DD`, day-month-year with `/`, `-`, `.` or space, month names. `today` only serves
/// to tell the century of a two-digit year.
#[must_use]
pub fn date(cell: &Cell, today: NaiveDate) -> DateReading {
    match cell {
        Cell::Empty => DateReading::Missing,
        Cell::Date(date) => DateReading::Read(*date),
        Cell::Text(text) if is_missing(text) => DateReading::Missing,
        Cell::Text(text) => text_date(text, today).unwrap_or(DateReading::Unreadable),
        Cell::Number(0.0) => DateReading::Missing,
        // A bare number may be a date that lost its format, but in which of the two calendars of Excel?
        Cell::Number(_) | Cell::Bool(_) | Cell::Unread(_) => DateReading::Unreadable,
    }
}

/// The dates that an ambiguous cell may mean, in the order in which they are read. Where only the century was a guess there is
/// one.
#[must_use]
pub fn readings(cell: &Cell, day_first: NaiveDate) -> Vec<NaiveDate> {
    let in_figures = matches!(cell, Cell::Text(text) if !text.contains(char::is_alphabetic));
    let month_first = NaiveDate::from_ymd_opt(day_first.year(), day_first.day(), day_first.month());
    let other = month_first.filter(|date| in_figures && *date != day_first);
    std::iter::once(day_first).chain(other).collect()
}

fn text_date(text: &str, today: NaiveDate) -> Option<DateReading> {
    let parts: Vec<&str> = text.split(['-', '/', '.', ' ', ',', '\u{2013}']).filter(|part| !part.is_empty()).collect();
    let [first, second, third, rest @ ..] = parts.as_slice() else { return None };
    // `2009-02-01T00:00:00` and `01/02/2009 00:00:00`: a time of day says nothing about a birth date.
    let (third, time) = third.split_once('T').map_or((*third, None), |(date, time)| (date, Some(time)));
    if !time.into_iter().chain(rest.iter().copied()).all(is_time) {
        return None;
    }
    let exact = |year: i32, month: u32, day: u32| NaiveDate::from_ymd_opt(year, month, day);
    if first.len() == 4 {
        let month = number(second).or_else(|| month_name(second))?;
        return exact(year(first, today)?.0, month, number(third)?).map(DateReading::Read);
    }
    let (year, century_guessed) = year(third, today)?;
    let read = |date| if century_guessed { DateReading::Ambiguous(date) } else { DateReading::Read(date) };
    if let Some(month) = month_name(second) {
        return exact(year, month, number(first)?).map(read);
    }
    if let Some(month) = month_name(first) {
        return exact(year, month, number(second)?).map(read);
    }
    let (first, second) = (number(first)?, number(second)?);
    match (exact(year, second, first), exact(year, first, second)) {
        (Some(day_first), Some(month_first)) if day_first != month_first => Some(DateReading::Ambiguous(day_first)),
        (Some(date), _) | (None, Some(date)) => Some(read(date)),
        (None, None) => None,
    }
}

fn is_time(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'Z' | b'+'))
        || matches!(part, "AM" | "PM" | "am" | "pm")
}

/// A day or month in figures.
fn number(part: &str) -> Option<u32> {
    (part.len() <= 2 && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.parse().ok()).flatten()
}

/// A year, and whether its century had to be guessed: the latest one in which it is not in the future.
fn year(part: &str, today: NaiveDate) -> Option<(i32, bool)> {
    if !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let year: i32 = part.parse().ok()?;
    match part.len() {
        4 => Some((year, false)),
        2 => {
            let century = today.year() - today.year().rem_euclid(100);
            Some((if century + year > today.year() { century - 100 + year } else { century + year }, true))
        }
        _ => None,
    }
}

fn month_name(part: &str) -> Option<u32> {
    let name = part.to_lowercase();
    let month = match name.as_str() {
        "januari" | "january" | "jan" => 1,
        "februari" | "february" | "pebruari" | "feb" | "peb" => 2,
        "maret" | "march" | "mar" | "mrt" => 3,
        "april" | "apr" => 4,
        "mei" | "may" => 5,
        "juni" | "june" | "jun" => 6,
        "juli" | "july" | "jul" => 7,
        "agustus" | "august" | "agu" | "agt" | "agst" | "ags" | "aug" => 8,
        "september" | "sep" | "sept" => 9,
        "oktober" | "october" | "okt" | "oct" => 10,
        "november" | "nopember" | "nov" | "nop" => 11,
        "desember" | "december" | "des" | "dec" => 12,
        _ => return None,
    };
    Some(month)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn read(text: &str) -> DateReading {
        date(&Cell::Text(text.into()), day("2026-11-23"))
    }

    #[test]
    fn one_date_written_in_many_ways() {
        for text in [
            "2009-02-21",
            "21/02/2009",
            "21-2-2009",
            "21.02.2009",
            "21 Februari 2009",
            "21-Feb-2009",
            "21 Pebruari 2009",
            "2009/02/21",
            "02/21/2009",
            "2009-02-21 00:00:00",
            "2009-02-21T00:00:00",
            "21/02/2009 00:00:00",
        ] {
            assert_eq!(read(text), DateReading::Read(day("2009-02-21")), "{text}");
        }
    }

    #[test]
    fn two_readings_take_the_day_first_and_say_so() {
        assert_eq!(read("03/04/2009"), DateReading::Ambiguous(day("2009-04-03")));
        assert_eq!(read("04/04/2009"), DateReading::Read(day("2009-04-04")));
        assert_eq!(read("21/02/09"), DateReading::Ambiguous(day("2009-02-21")));
        assert_eq!(read("21/02/81"), DateReading::Ambiguous(day("1981-02-21")));
    }

    #[test]
    fn no_date_never_becomes_a_date() {
        for text in ["", "-", "0000-00-00", "tidak ada"] {
            assert_eq!(read(text), DateReading::Missing, "{text}");
        }
        for text in
            ["2009-02-30", "31/02/2009", "tahun 2009", "2009", "1/2/3/2009", "12009-02-01", "21 Februarius 2009"]
        {
            assert_eq!(read(text), DateReading::Unreadable, "{text}");
        }
        assert_eq!(date(&Cell::Number(39_865.0), day("2026-11-23")), DateReading::Unreadable);
    }

    #[test]
    fn grades_come_from_the_head_of_the_class() {
        for (class, expected) in [
            ("XI Ips 1", Some(11)),
            ("X Merdeka 1", Some(10)),
            ("XII.MIPA.2", Some(12)),
            ("XIII TKJ", Some(13)),
            ("12-A", Some(12)),
            ("Kelas 10 - KELAS X MIA", Some(10)),
            ("X1", Some(10)),
            ("XIA", Some(11)),
            ("XIPA 1", None),
            ("10A", Some(10)),
            ("Kelas IX", Some(9)),
            ("Merdeka", None),
            ("", None),
            ("99", None),
        ] {
            assert_eq!(grade(class), expected, "{class}");
        }
    }

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
    fn doubled_prefixes_go() {
        let kecamatan = |text| without_prefix(text, &["kecamatan", "kec"]);
        assert_eq!(kecamatan("Kecamatan Kec. Ampenan"), "Ampenan");
        assert_eq!(kecamatan("Kec. Kec. Ampenan"), "Ampenan");
        assert_eq!(kecamatan("Kecapi"), "Kecapi");
        assert_eq!(kecamatan("Kec. "), "Kec.");
    }

    #[test]
    fn a_place_and_a_date_in_one_cell() {
        for (text, place, date) in [
            ("Mataram, 3 Mei 2009", "Mataram", "3 Mei 2009"),
            ("Lombok Barat 03-05-2009", "Lombok Barat", "03-05-2009"),
            ("Praya,21/02/2009", "Praya", "21/02/2009"),
            ("Selong, Mei 3, 2009", "Selong", "Mei 3, 2009"),
            ("2009-05-03", "", "2009-05-03"),
            ("Mataram", "Mataram", ""),
        ] {
            assert_eq!(place_and_date(text), (place, date), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_a_place_and_a_date(text in "\\PC{0,40}") {
            let (place, date) = place_and_date(&text);
            proptest::prop_assert!(text.starts_with(place) && text.ends_with(date));
            let _ = says_left(&text);
        }
    }

    #[test]
    fn a_status_says_who_left() {
        for status in
            ["Lulus", "KELUAR", "Mutasi keluar", "Pindah Sekolah", "Non-Aktif", "Tidak Aktif", "Meninggal Dunia"]
        {
            assert!(says_left(status), "{status}");
        }
        for status in [
            "Aktif",
            "Aktif Kembali",
            "Mutasi Masuk",
            "Pindahan dari SMAN 2",
            "Belum lulus",
            "Yatim",
            "Tidak lulus",
            "",
        ] {
            assert!(!says_left(status), "{status}");
        }
    }

    #[test]
    fn sexes() {
        assert_eq!(sex("Laki-laki"), Some(Sex::Male));
        assert_eq!(sex("p"), Some(Sex::Female));
        assert_eq!(sex("x"), None);
    }
}

//! Classes and their grades.

use chrono::{Datelike, NaiveDate};

use crate::roster::sheet::cell::Cell;

const ROMAN: [&str; 13] = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII"];
const IN_WORDS: [(&str, u8); 8] = [
    ("TUJUH", 7),
    ("DELAPAN", 8),
    ("SEMBILAN", 9),
    ("SEPULUH", 10),
    ("SEBELAS", 11),
    ("DUABELAS", 12),
    ("TIGABELAS", 13),
    ("BELAS", 0),
];
/// A numeral inside a class's name is its grade from here on; a smaller one may only tell classes apart.
const LEAST_INSIDE: u8 = 7;

/// A list of classes is used for so many years.
const TYPED_YEARS: i32 = 3;

/// Branches of study that people write behind the numeral without a space.
const BRANCHES: [&str; 40] = [
    "MIPA",
    "MIA",
    "MIPS",
    "BAHASA",
    "BHS",
    "AGAMA",
    "KEAGAMAAN",
    "MERDEKA",
    "TKJ",
    "TJKT",
    "TKJT",
    "TKR",
    "TKRO",
    "TSM",
    "TBSM",
    "RPL",
    "PPLG",
    "SIJA",
    "DKV",
    "MM",
    "AK",
    "AKL",
    "AKUNTANSI",
    "AP",
    "OTKP",
    "MPLB",
    "PM",
    "BDP",
    "TB",
    "BOGA",
    "BUSANA",
    "TEI",
    "TAV",
    "TITL",
    "TPM",
    "LAS",
    "DPIB",
    "ATPH",
    "APHP",
    "FARMASI",
];

/// A class's name from its cell, and whether a spreadsheet may have changed it. A spreadsheet that takes a class for a date
/// gives it the year in which it was typed; a date of another year is no class.
#[must_use]
pub fn class(cell: &Cell, today: NaiveDate) -> Option<(String, bool)> {
    match cell {
        // `11.2` typed into a cell that is no text.
        Cell::Number(number) if number.fract() != 0.0 && (1.0..14.0).contains(number) => {
            Some((format!("{number}"), false))
        }
        Cell::Date(date) => is_typed_lately(*date, today).then(|| (of_date(date.day(), date.month()), true)),
        Cell::Text(text) => match short_date(text, today) {
            Some((day, month)) => Some((of_date(day, month), true)),
            None => super::free_text(cell).map(|text| (text, false)),
        },
        cell => super::free_text(cell).map(|text| (text, false)),
    }
}

/// `11-2`, which a spreadsheet took for the 11th of February, or where months come first for the 2nd of November.
fn of_date(day: u32, month: u32) -> String {
    let is_grade = |number: u32| (10..=13).contains(&number);
    if is_grade(month) && !is_grade(day) { format!("{month}-{day}") } else { format!("{day}-{month}") }
}

fn is_typed_lately(date: NaiveDate, today: NaiveDate) -> bool {
    (today.year() - TYPED_YEARS..=today.year() + 1).contains(&date.year())
}

/// `11-Feb`, as spreadsheets write such a day.
fn short_date(text: &str, today: NaiveDate) -> Option<(u32, u32)> {
    if text.len() > 20 || !text.as_bytes().first()?.is_ascii_digit() {
        return None;
    }
    if let Some(date) = text.get(..10).and_then(|date| date.parse::<NaiveDate>().ok()) {
        return is_typed_lately(date, today).then(|| (date.day(), date.month()));
    }
    let (day, month) = text.split_once(['-', '/', ' '])?;
    let day: u32 = day.parse().ok().filter(|day| (1..=31).contains(day))?;
    let is_cut = month.len() == 3 && month.bytes().all(|byte| byte.is_ascii_alphabetic());
    Some((day, super::date::month(month).filter(|_| is_cut)?))
}

/// Grade 1–13 from a class's name: `XI Ips 1`, `12-A`, `Kelas 10 - KELAS X MIA`, `TKJ XI 2`, `Paket C Kelas XI`; never from a
/// number that only tells classes apart (`IPA 1`, `Rombel 2`).
#[must_use]
pub fn grade(class: &str) -> Option<u8> {
    let class = upper(class);
    let words: Vec<&str> = class.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let words = after_kind(&words);
    let is_title = |word: &str| matches!(word, "KELAS" | "KLS" | "KLAS" | "TINGKAT" | "TKT" | "SETARA");
    let head = words.iter().position(|word| !is_title(word))?;
    if let Some(grade) = numeral(words[head]).or_else(|| in_words(&words[head..])) {
        return Some(grade);
    }
    let titled = words.windows(2).rfind(|pair| is_title(pair[0]) && !is_title(pair[1]));
    if let Some(grade) = titled.and_then(|pair| numeral(pair[1])) {
        return Some(grade);
    }
    let mut inside = words[head..].iter().filter_map(|word| roman(word)).filter(|grade| *grade >= LEAST_INSIDE);
    let grade = inside.next()?;
    inside.all(|other| other == grade).then_some(grade)
}

/// In capitals, with the Roman numerals of one sign written out.
fn upper(class: &str) -> String {
    let mut upper = String::with_capacity(class.len());
    for c in class.chars().flat_map(char::to_uppercase) {
        match u32::from(c).checked_sub(0x2160).and_then(|at| ROMAN.get(at as usize)) {
            Some(numeral) if c <= '\u{216b}' => upper.push_str(numeral),
            _ => upper.push(crate::nik::digit(c).unwrap_or(c)),
        }
    }
    upper
}

/// The words after those that say which kind of class it is: `Paket C`, `Fase F`.
fn after_kind<'a, 'b>(words: &'b [&'a str]) -> &'b [&'a str] {
    match words {
        ["PAKET" | "FASE", letter, rest @ ..] if letter.len() == 1 => after_kind(rest),
        _ => words,
    }
}

/// The grade with which a word begins, where nothing unclear follows it.
fn numeral(word: &str) -> Option<u8> {
    let digits = word.len() - word.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (grade, rest) = if digits > 0 {
        (word[..digits].parse().ok()?, &word[digits..])
    } else {
        let length = word.len() - word.trim_start_matches(['I', 'V', 'X']).len();
        (roman(&word[..length])?, &word[length..])
    };
    // `XIPA` may be X-IPA or XI-PA: what follows directly must be a class's letter or number, or a branch that no numeral begins.
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_short = rest.chars().count() <= 1 || rest.get(1..).is_some_and(is_number);
    let branch = rest.trim_end_matches(|c: char| c.is_ascii_digit());
    // `XIIS` is X-IIS, as the branch of social studies was called.
    let is_branch = branch == "S" && word.contains("IIS");
    let is_clear = (is_short && !is_branch) || (grade >= LEAST_INSIDE && BRANCHES.contains(&branch));
    (is_clear && (1..=13).contains(&grade)).then_some(grade)
}

fn roman(word: &str) -> Option<u8> {
    let position = ROMAN.iter().position(|numeral| *numeral == word)?;
    u8::try_from(position + 1).ok()
}

/// `Sebelas`, `Dua Belas`.
fn in_words(words: &[&str]) -> Option<u8> {
    let named = |word: &str| IN_WORDS.iter().find(|(name, _)| *name == word).map(|(_, grade)| *grade);
    match words {
        ["DUA", "BELAS", ..] => Some(12),
        ["TIGA", "BELAS", ..] => Some(13),
        [word, ..] => named(word).filter(|grade| *grade > 0),
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grades_come_from_numerals_that_mean_one() {
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
            ("XIIPA1", None),
            ("XMIPA 1", Some(10)),
            ("XITKJ2", Some(11)),
            ("XIIS 1", None),
            ("10A", Some(10)),
            ("11A1", Some(11)),
            ("11.F1", Some(11)),
            ("XI.IPA-1", Some(11)),
            ("Kelas IX", Some(9)),
            ("Kelas : XI", Some(11)),
            ("TKJ XI 2", Some(11)),
            ("Paket C Kelas XI", Some(11)),
            ("Paket C Setara Kelas XII", Some(12)),
            ("Setara XI", Some(11)),
            ("Fase F XI-3", Some(11)),
            ("Fase F", None),
            ("Rombel XI IPA 1", Some(11)),
            ("Ⅺ IPA", Some(11)),
            ("XI(sebelas)", Some(11)),
            ("Sebelas", Some(11)),
            ("Dua Belas A", Some(12)),
            ("11.2", Some(11)),
            ("IPA 1", None),
            ("Rombel 2", None),
            ("TKJ I", None),
            ("X-XI", Some(10)),
            ("IPA X XI", None),
            ("Ibnu Sina", None),
            ("Violet", None),
            ("X1I IPA", None),
            ("Merdeka", None),
            ("", None),
            ("99", None),
        ] {
            assert_eq!(grade(class), expected, "{class}");
        }
    }

    fn today() -> NaiveDate {
        "2026-11-23".parse().unwrap()
    }

    #[test]
    fn a_class_that_a_spreadsheet_changed_is_told() {
        let day = |text: &str| Cell::Date(text.parse().unwrap());
        let text = |text: &str| Cell::Text(text.into());
        for (cell, expected, is_doubtful) in [
            (Cell::Number(11.0), "11", false),
            (Cell::Number(11.2), "11.2", false),
            (Cell::Number(10.1), "10.1", false),
            (day("2026-02-11"), "11-2", true),
            (day("2026-11-02"), "11-2", true),
            (text("11-Feb"), "11-2", true),
            (text("02-Nov"), "11-2", true),
            (text("2026-02-11"), "11-2", true),
            (text("11-IPA"), "11-IPA", false),
            (text("XI IPA 1"), "XI IPA 1", false),
        ] {
            assert_eq!(class(&cell, today()), Some((expected.to_owned(), is_doubtful)));
        }
        assert_eq!(class(&Cell::Number(39_954.5), today()), None);
        assert_eq!(class(&day("2009-10-01"), today()), None);
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_a_grade_or_none(text in "\\PC{0,30}") {
            let grade = grade(&text);
            proptest::prop_assert!(grade.is_none_or(|grade| (1..=13).contains(&grade)));
            let _ = class(&Cell::Text(text), today());
        }
    }
}

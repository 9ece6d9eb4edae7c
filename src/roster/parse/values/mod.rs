//! What stands in one cell → a value, where people write the same thing in many ways. Nothing here guesses: a text with
//! no clear meaning gives nothing.

mod class;
mod date;
mod numbers;
mod sex;
mod text;

use crate::nik::{is_masked, looks_like_nik};
use crate::roster::sheet::cell::Cell;

pub use class::{class, grade};
pub use date::{
    Ages, DateOrder, DateReading, DateRules, DateSign, Doubt, Why, date, date_and_sign, ends_in_date, place_and_date,
    readings,
};
pub use numbers::{NisnReading, neighbourhood, nisn, phone, without_decimals};
pub use sex::{SexHabit, SexMark, sex, sex_mark};
pub use text::{is_damaged, is_misread, is_missing, unwrapped};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubled_prefixes_go() {
        let kecamatan = |text| without_prefix(text, &["kecamatan", "kec"]);
        assert_eq!(kecamatan("Kecamatan Kec. Ampenan"), "Ampenan");
        assert_eq!(kecamatan("Kec. Kec. Ampenan"), "Ampenan");
        assert_eq!(kecamatan("Kecapi"), "Kecapi");
        assert_eq!(kecamatan("Kec. "), "Kec.");
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
}

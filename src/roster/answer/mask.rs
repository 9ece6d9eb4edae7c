//! What the answer shows of numbers by which people are known.
//!
//! A star says "leave it": we hold the number, or never read it. Another letter says "type it again": it is hidden, and
//! only the school has it. Read back, the first is the NIK that we hold and the second is a NIK without 16 digits, so that
//! a file sent again unmended neither loses a NIK nor passes off a wrong one as known.

use std::collections::BTreeSet;

use super::request::Masking;
use super::survey::Survey;
use crate::nik::{Nik, looks_like_nik};
use crate::roster::parse::field::{Field, normalised};
use crate::roster::parse::layout::Layout;
use crate::roster::parse::problem::{Code, Level, Problem};
use crate::roster::sheet::cell::{Cell, Row};

/// How many digits at each end of a number stay.
const SHOWN: usize = 2;
/// What stands for a digit that need not be typed again, and for one that must.
const STAR: char = '*';
const CROSS: char = 'x';
/// Words by which a column's title says that it holds a NIK or a family card's number.
const WORDS: [&str; 4] = ["nik", "ktp", "kk", "nokk"];

/// What is masked in a sheet.
pub(super) struct Masks {
    masking: Masking,
    first_data_row: u32,
    nik: Option<usize>,
    nisn: Option<usize>,
    /// Columns of other people's NIKs and of family cards.
    others: BTreeSet<usize>,
    /// No row was taken, so that no NIK is ours.
    none_taken: bool,
    /// Rows whose NIK we do not hold.
    not_held: BTreeSet<u32>,
}

impl Masks {
    pub(super) fn new(masking: Masking, layout: &Layout, survey: &Survey, problems: &[&Problem]) -> Self {
        let column = |field| layout.columns.get(&field).map(|column| column.index);
        let (nik, nisn) = (column(Field::Nik), column(Field::Nisn));
        let named = |row: &Row, column: &usize| names_number(&normalised(row.text(*column)));
        let others = (0..survey.widths.len())
            .filter(|column| Some(*column) != nik && Some(*column) != nisn)
            .filter(|column| survey.header.iter().any(|row| named(row, column)))
            .collect();
        let is_error = |problem: &&&Problem| problem.level == Level::Error;
        Self {
            masking,
            first_data_row: layout.first_data_row,
            nik,
            nisn,
            others,
            none_taken: problems.iter().filter(is_error).any(|problem| problem.row < layout.first_data_row),
            not_held: problems.iter().filter(|problem| loses_nik(problem)).map(|problem| problem.row).collect(),
        }
    }

    /// What the answer shows instead of a cell; nothing if it shows the cell itself.
    pub(super) fn shown(&self, row: u32, column: usize, cell: &Cell) -> Option<String> {
        if self.masking == Masking::None {
            return None;
        }
        let text = text(cell)?;
        let is_data = row >= self.first_data_row;
        if is_data && Some(column) == self.nik {
            return match self.held(row, cell) {
                Some(nik) => Some(nik.masked()),
                None if self.masking == Masking::All => hidden(&text, CROSS),
                None => None,
            };
        }
        if is_data && Some(column) == self.nisn && self.masking == Masking::Kept {
            return None;
        }
        if looks_like_nik(&text) || (is_data && self.others.contains(&column)) {
            return hidden(&text, STAR);
        }
        None
    }

    /// Whether a row's NIK is hidden from the school although we do not hold it.
    pub(super) fn crosses_out(&self, row: u32, nik: &Cell) -> bool {
        self.masking == Masking::All && self.held(row, nik).is_none() && text(nik).is_some_and(|text| is_long(&text))
    }

    /// The NIK of a row if we hold it.
    fn held(&self, row: u32, cell: &Cell) -> Option<Nik> {
        match cell {
            Cell::Text(text) if !self.none_taken && !self.not_held.contains(&row) => Nik::parse(text).ok(),
            _ => None,
        }
    }
}

/// Whether a problem says that the row's NIK is not on record by this file.
fn loses_nik(problem: &Problem) -> bool {
    problem.level == Level::Error
        || matches!(
            problem.code,
            Code::NikNot16Digits
                | Code::NikUnreadable
                | Code::NikImpossibleDate
                | Code::NikDuplicate
                | Code::IdentityConflict
                // Perhaps passed over for an earlier row.
                | Code::PossibleDuplicate
        )
}

/// Whether a column's title names a NIK or a family card's number.
fn names_number(title: &str) -> bool {
    title.split(' ').any(|word| WORDS.contains(&word)) || title.contains("kartu keluarga")
}

/// A cell as a person reads it, all digits of a number written out.
fn text(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Text(text) => Some(text.clone()),
        Cell::Number(number) => Some(format!("{number}")),
        Cell::Date(date) => Some(date.to_string()),
        Cell::Empty | Cell::Bool(_) | Cell::Unread(_) => None,
    }
}

fn is_long(text: &str) -> bool {
    text.chars().filter(|c| c.is_numeric()).count() > 2 * SHOWN
}

/// A text without its digits but for the first and last two. One that is a number and nothing else looks like every masked
/// NIK, however long it was.
fn hidden(text: &str, instead: char) -> Option<String> {
    if !is_long(text) {
        return None;
    }
    let digits: Vec<char> = text.chars().filter(|c| c.is_numeric()).collect();
    if instead == STAR && !text.chars().any(char::is_alphabetic) {
        let (head, tail) = (&digits[..SHOWN], &digits[digits.len() - SHOWN..]);
        let stars = std::iter::repeat_n(STAR, 12);
        return Some(head.iter().copied().chain(stars).chain(tail.iter().copied()).collect());
    }
    let mut at = 0;
    let shown = text.chars().map(|c| {
        at += usize::from(c.is_numeric());
        let is_inner = c.is_numeric() && at > SHOWN && at <= digits.len() - SHOWN;
        if is_inner { instead } else { c }
    });
    Some(shown.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nik::is_masked;

    #[test]
    fn four_digits_stay_and_the_letter_says_whether_to_type_them_again() {
        for (text, starred, crossed) in [
            ("5271010101109801", "52************01", "52xxxxxxxxxxxx01"),
            ("52.7101.010110.9801", "52************01", "52.xxxx.xxxxxx.xx01"),
            ("527101010110980", "52************80", "52xxxxxxxxxxx80"),
            ("5,27101E+15", "5,2****E+15", "5,2xxxxE+15"),
            ("KK 5271010101109801 lama", "KK 52************01 lama", "KK 52xxxxxxxxxxxx01 lama"),
            ("٥٢٧١٠١٠١٠١١٠٩٨٠١", "٥٢************٠١", "٥٢xxxxxxxxxxxx٠١"),
        ] {
            assert_eq!(hidden(text, STAR).as_deref(), Some(starred));
            assert_eq!(hidden(text, CROSS).as_deref(), Some(crossed));
            assert!(!is_masked(crossed), "{crossed} must not pass for a NIK that we hold");
        }
        for text in ["", "-", "tidak ada", "5271", "RT 01/02"] {
            assert_eq!((hidden(text, STAR), hidden(text, CROSS)), (None, None), "{text}");
        }
    }

    #[test]
    fn titles_are_known_by_their_words() {
        for title in ["NIK", "Nomor NIK Ayah", "No. KK", "Nomor KK", "no_kk", "No. KTP Ibu", "Nomor Kartu Keluarga"] {
            assert!(names_number(&normalised(title)), "{title}");
        }
        for title in ["Nama", "Nomor KKS", "Jurusan Teknik", "Surat Elektronik", "Status nikah", "No. KPS", "NIPD"] {
            assert!(!names_number(&normalised(title)), "{title}");
        }
    }
}

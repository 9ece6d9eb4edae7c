//! Whether a row is about a person. Lists that people make hold much besides: rows that number the columns, translations and hints
//! below the header, totals, dividers, page footers, signatures. None of them is a student, and none is a mistake.

use chrono::{Days, NaiveDate};

use super::field::{Field, normalised};
use super::heading::{Heading, What};
use super::layout::Layout;
use super::values::{self, DateReading, DateRules, SexMark};
use crate::nik::is_masked;
use crate::roster::sheet::cell::{Cell, Row, Unread};

/// So many digits tell one person from others.
const TELLING_DIGITS: usize = 6;
/// Nobody on such a list is younger than so many days: a newer date is that of a signature.
const YOUNGEST_DAYS: u64 = 3 * 365;
/// A row that numbers or letters the columns has at least so many of them.
const FEWEST_NUMBERED: usize = 3;

/// Words with which rows begin that close a list or sum it up.
const CLOSING: &[&str] = &[
    "mengetahui",
    "menyetujui",
    "disetujui",
    "mengesahkan",
    "kepala",
    "kasek",
    "wali kelas",
    "waka",
    "wakil kepala",
    "operator",
    "nip",
    "nuptk",
    "nrp",
    "jumlah",
    "total",
    "sub total",
    "subtotal",
    "grand total",
    "grand count",
    "rekap",
    "rekapitulasi",
    "keterangan",
    "catatan",
    "halaman",
    "page",
    "dicetak",
    "printed",
    "tanggal cetak",
    "demikian",
    "tembusan",
    "tertanda",
    "ttd",
    "hormat kami",
    "ketua",
    "panitia",
    "sumber data",
    "laki laki",
    "perempuan",
    "rata rata",
    "terbilang",
    "guru kelas",
    "guru bk",
    "pengawas",
    "a n kepala",
    "kelas",
    "rombel",
    "daftar",
    "tahun pelajaran",
    "tahun ajaran",
    "semester",
];
/// Words with which a subtotal of a spreadsheet ends.
const SUMMING: &[&str] = &["count", "total", "jumlah", "sum"];
/// Words with which a template's hints and examples begin.
const HINTING: &[&str] = &[
    "contoh",
    "cth",
    "misal",
    "misalnya",
    "diisi",
    "isi dengan",
    "isikan",
    "wajib",
    "wajib diisi",
    "opsional",
    "tulis",
    "harus",
    "format",
    "sesuai",
    "example",
    "required",
    "optional",
    "text",
    "teks",
    "pilih",
    "gunakan",
    "petunjuk",
    "ket",
];

/// What a row shows of a person besides name and numbers.
struct Evidence {
    date: bool,
    sex: bool,
    /// Class, birth place, phone: said of people, and of much else.
    other: bool,
    number: bool,
}

/// Whether a row is about a person: it has a name and one more thing that tells who is meant, or, where the name was forgotten, two
/// such things. `today` only tells a signature's date from a birth date.
#[must_use]
pub fn is_person(layout: &Layout, row: &Row, today: Option<NaiveDate>) -> bool {
    let cell = |field| layout.columns.get(&field).map_or(&Cell::Empty, |column| row.cell(column.index));
    let is_named = matches!(cell(Field::Name), Cell::Text(text) if text.chars().any(char::is_alphabetic) && !values::is_missing(text));
    // Whom a list names or dates by formulas without their values, nobody can say; that there is somebody, they do.
    if [Field::Name, Field::BirthDate].iter().any(|field| *cell(*field) == Cell::Unread(Unread::Formula)) {
        return true;
    }
    let (nik, nisn) = (has_digits(cell(Field::Nik)), has_digits(cell(Field::Nisn)));
    // Nearly every row: a number that only a person has says all.
    if is_named && (nik || nisn) {
        return true;
    }
    let seen = Evidence::of(layout, row);
    if is_named {
        let is_more = seen.date || seen.sex || seen.other || seen.number || is_bare(layout);
        // Whoever has a sex or a number in the list signs nothing.
        let may_sign = !seen.sex && !seen.number;
        return is_more
            && !is_header_again(layout, row)
            && !is_lettered(layout, row)
            && !closes(layout, row)
            && (!may_sign || !is_of_today(layout, row, today));
    }
    let telling = [nik, nisn, seen.date, seen.sex].into_iter().filter(|one| *one).count();
    telling >= 2 && !is_numbered(layout, row) && !is_header_again(layout, row)
}

/// Whether the list has names and birth dates only: then a name is all that there may be of somebody.
fn is_bare(layout: &Layout) -> bool {
    layout.number_column.is_none() && layout.columns.keys().all(|field| matches!(field, Field::Name | Field::BirthDate))
}

impl Evidence {
    fn of(layout: &Layout, row: &Row) -> Self {
        let cell = |field| layout.columns.get(&field).map_or(&Cell::Empty, |column| row.cell(column.index));
        let is_there = |field| matches!(cell(field), Cell::Text(text) if !values::is_missing(text));
        let date = match cell(Field::BirthDate) {
            Cell::Date(_) => true,
            Cell::Number(number) => *number != 0.0,
            // Beside a birth place a text may say anything; alone it is a date, if a bad one.
            Cell::Text(text) if layout.has_place_with_date() => text.chars().any(char::is_numeric),
            Cell::Text(text) => !values::is_missing(text),
            _ => false,
        };
        let sex = match cell(Field::Sex) {
            Cell::Text(text) => values::sex_mark(text) != SexMark::Nothing || text.chars().count() == 1,
            Cell::Number(_) => true,
            _ => false,
        };
        Self {
            date,
            sex,
            other: is_there(Field::ClassName)
                || is_there(Field::Phone)
                || (!layout.has_place_with_date() && is_there(Field::BirthPlace))
                || matches!(cell(Field::ClassName), Cell::Number(_)),
            number: layout.number_column.is_some_and(|column| is_running_number(row.cell(column))),
        }
    }
}

fn has_digits(cell: &Cell) -> bool {
    match cell {
        Cell::Number(number) => number.abs() >= 1e5,
        Cell::Text(text) => {
            is_masked(text) || text.chars().filter(|letter| letter.is_numeric()).count() >= TELLING_DIGITS
        }
        _ => false,
    }
}

fn is_running_number(cell: &Cell) -> bool {
    match cell {
        Cell::Number(number) => *number >= 1.0,
        Cell::Text(text) => {
            let digits = text.trim_end_matches(['.', ')', ' ']);
            !digits.is_empty() && digits.len() <= 6 && digits.bytes().all(|byte| byte.is_ascii_digit())
        }
        _ => false,
    }
}

/// Whether the row says what the header says, in whichever words: glued lists repeat it, and some say it in English, too.
fn is_header_again(layout: &Layout, row: &Row) -> bool {
    let cell = |field| layout.columns.get(&field).map(|column| row.cell(column.index));
    // A birth date settles it, and costs nothing.
    let is_dated = match cell(Field::BirthDate) {
        Some(Cell::Text(text)) => text.chars().filter(|letter| letter.is_numeric()).count() >= 5,
        Some(Cell::Empty) | None => false,
        Some(_) => true,
    };
    if is_dated || !matches!(cell(Field::Name), Some(Cell::Text(_) | Cell::Empty)) {
        return false;
    }
    let titled = layout.columns.values().filter(|column| {
        let text = row.text(column.index);
        !text.is_empty()
            && !matches!(Heading::read(text).what, What::Other | What::Male | What::Female | What::Unclear(_))
    });
    titled.count() >= 2
}

/// Whether the row only numbers the columns: 1, 2, 3 … or (1), (2) …
fn is_numbered(layout: &Layout, row: &Row) -> bool {
    let number = |cell: &Cell| match cell {
        Cell::Number(number) if number.fract() == 0.0 => Some(number.abs()),
        Cell::Text(text) => text.trim_matches(['(', ')', '-', '.', '[', ']', ' ']).parse::<u16>().ok().map(f64::from),
        _ => None,
    };
    let filled = || layout.columns.values().map(|column| row.cell(column.index)).filter(|cell| **cell != Cell::Empty);
    filled().count() >= FEWEST_NUMBERED && filled().all(|cell| number(cell).is_some_and(|number| number < 100.0))
}

/// Whether the row only letters the columns: A, B, C …
fn is_lettered(layout: &Layout, row: &Row) -> bool {
    let letter = |text: &str| {
        let mut letters = text.trim_matches(['(', ')', '.', ' ']).chars();
        let first = letters.next().filter(char::is_ascii_alphabetic);
        first.filter(|_| letters.next().is_none()).map(|letter| letter.to_ascii_lowercase())
    };
    let name = layout.columns.get(&Field::Name).map(|column| row.text(column.index)).unwrap_or_default();
    if letter(name).is_none() {
        return false;
    }
    let mut indexes: Vec<usize> = layout.columns.values().map(|column| column.index).collect();
    indexes.sort_unstable();
    indexes.dedup();
    let filled: Vec<&str> = indexes.iter().map(|index| row.text(*index)).filter(|text| !text.is_empty()).collect();
    let letters: Vec<char> = filled.iter().map_while(|text| letter(text)).collect();
    letters.len() == filled.len()
        && letters.len() >= FEWEST_NUMBERED
        && letters.windows(2).all(|pair| pair[0] < pair[1])
}

/// Whether a row without any number of a person closes a list, sums it up, or shows how to fill it in.
fn closes(layout: &Layout, row: &Row) -> bool {
    let text = |column: usize| row.text(column);
    let name = layout.columns.get(&Field::Name).map(|column| text(column.index)).unwrap_or_default();
    let number = layout.number_column.map(text).unwrap_or_default();
    is_example(number) || is_sum(name) || begins_as_closing(name) || begins_as_hint(name)
}

/// Whether the running number's cell says that the row is an example.
fn is_example(number: &str) -> bool {
    number.starts_with(char::is_alphabetic) && {
        let said = normalised(number);
        HINTING.iter().any(|word| said == *word || said.strip_prefix(word).is_some_and(|rest| rest.starts_with(' ')))
    }
}

fn is_sum(name: &str) -> bool {
    let last = name.rsplit(' ').next().unwrap_or_default();
    SUMMING.iter().any(|word| last.eq_ignore_ascii_case(word))
}

/// Whether one of `words` has the same first word as `name`: of nearly all names that is all that need be looked at.
fn may_begin(name: &str, words: &[&str]) -> bool {
    let first = name.split(|letter: char| !letter.is_alphanumeric()).find(|word| !word.is_empty()).unwrap_or_default();
    words.iter().any(|word| {
        let begun = word.get(..first.len()).is_some_and(|begun| begun.eq_ignore_ascii_case(first));
        begun && word.get(first.len()..).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    })
}

fn begins_as_closing(name: &str) -> bool {
    may_begin(name, CLOSING) && {
        let said = normalised(name);
        CLOSING.iter().any(|word| said.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')))
    }
}

/// Whether a name's cell tells how to fill it in. People are called *Contoh*, too, so that the word alone is not enough.
fn begins_as_hint(name: &str) -> bool {
    may_begin(name, HINTING) && {
        let said = normalised(name);
        let bare = name.trim_start_matches(['(', '[', '*', ' ']);
        let is_followed =
            |word: &&str| bare.get(word.len()..).is_some_and(|rest| rest.starts_with([':', ',', '.', '=', ')']));
        let begins = |word: &&&str| said.starts_with(**word) && is_followed(word);
        HINTING.iter().any(|word| said == *word)
            || HINTING.iter().any(|word| begins(&word))
            || ["diisi ", "isi dengan ", "wajib diisi"].iter().any(|words| said.starts_with(words))
    }
}

fn is_of_today(layout: &Layout, row: &Row, today: Option<NaiveDate>) -> bool {
    let Some(today) = today else { return false };
    let Some(column) = layout.columns.get(&Field::BirthDate) else { return false };
    let cell = match row.cell(column.index) {
        Cell::Text(text) if layout.has_place_with_date() => Cell::Text(values::place_and_date(text).1.to_owned()),
        cell => cell.clone(),
    };
    let youngest = today.checked_sub_days(Days::new(YOUNGEST_DAYS)).unwrap_or(today);
    let date = match values::date(&cell, &DateRules::alone(today)) {
        DateReading::Read(date) => date,
        DateReading::Doubtful(doubt) => doubt.taken,
        DateReading::Missing | DateReading::Unreadable => return false,
    };
    date > youngest
}

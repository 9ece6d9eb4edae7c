//! A birth date, in all the ways in which people and programs write one. Every part of the text is explained, or there is no
//! date: of two dates none is taken, and a figure left over is no detail.

mod written;

use chrono::{Datelike, NaiveDate};

use super::text::is_missing;
use crate::age::{LeapDayRule, age_on};
use crate::roster::sheet::cell::Cell;

pub(super) use written::month;
pub use written::{ends_in_date, place_and_date};

/// Ages that a list's people may have; outside them a birth date is doubted, not refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ages {
    pub youngest: i32,
    pub oldest: i32,
}

impl Default for Ages {
    /// Those of villages, communities and schools of every kind.
    fn default() -> Self {
        Self { youngest: 5, oldest: 80 }
    }
}

impl Ages {
    /// Those of a school by its level: where pupils turn 17 they are much of an age. Whoever makes up for school later, or
    /// goes to a special school, may be older.
    #[must_use]
    pub fn at_level(level: &str) -> Self {
        const UPPER_SECONDARY: [&str; 12] =
            ["SMA", "SMAN", "SMAS", "SMK", "SMKN", "SMKS", "MA", "MAN", "MAS", "MAK", "SMAK", "SMTK"];
        let level = level.to_uppercase();
        let mut words = level.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let is_upper = words.next().is_some_and(|first| UPPER_SECONDARY.contains(&first));
        let is_open = words.any(|word| matches!(word, "TERBUKA" | "LB" | "LUAR"));
        if is_upper && !is_open { Self { youngest: 13, oldest: 25 } } else { Self::default() }
    }

    #[must_use]
    pub fn hold(self, birth: NaiveDate, today: NaiveDate) -> bool {
        (self.youngest..=self.oldest).contains(&age_on(birth, today, LeapDayRule::default()))
    }
}

/// The order of day and month in figures, as far as a whole column proves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DateOrder {
    #[default]
    Unproved,
    DayFirst,
    MonthFirst,
}

/// What decides how a date is read, besides its text.
#[derive(Debug, Clone, Copy)]
pub struct DateRules {
    pub today: NaiveDate,
    pub ages: Ages,
    pub order: DateOrder,
    /// The column's date cells may have day and month exchanged.
    pub cells_swapped: bool,
}

impl DateRules {
    /// Rules for a date that stands alone.
    #[must_use]
    pub fn alone(today: NaiveDate) -> Self {
        Self { today, ages: Ages::default(), order: DateOrder::default(), cells_swapped: false }
    }
}

/// A birth date as read from a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateReading {
    Missing,
    Unreadable,
    Read(NaiveDate),
    Doubtful(Doubt),
}

/// A date that may be another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doubt {
    pub taken: NaiveDate,
    pub other: Option<NaiveDate>,
    pub why: Why,
}

/// Why a date may be another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Day and month could be exchanged, and the column does not say: day first, the Indonesian order, was taken.
    Order,
    /// A spreadsheet may have exchanged day and month when it turned the text into a date.
    Swapped,
    /// A time beside it says that the day before was made of it.
    Moment,
    /// The century is a guess.
    Century,
}

impl Doubt {
    /// The dates that may be meant, the one that was taken first.
    pub fn readings(self) -> impl Iterator<Item = NaiveDate> {
        std::iter::once(self.taken).chain(self.other)
    }
}

/// What a date shows of its column's habits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateSign {
    Nothing,
    /// Figures that are a date only with the day first, only with the month first, or either way.
    DayFirst,
    MonthFirst,
    Either,
    /// A date cell whose day could be a month, or could not.
    LowCell,
    HighCell,
}

/// A birth date: a date cell, or a text of day, month and year in any usual order, with the month in figures, words or Roman
/// numerals.
#[must_use]
pub fn date(cell: &Cell, rules: &DateRules) -> DateReading {
    date_and_sign(cell, rules).0
}

/// The date with what it shows of its column, whatever the rules.
#[must_use]
pub fn date_and_sign(cell: &Cell, rules: &DateRules) -> (DateReading, DateSign) {
    let plain = |reading| (reading, DateSign::Nothing);
    match cell {
        Cell::Empty => plain(DateReading::Missing),
        Cell::Date(date) if is_zero(*date) => plain(DateReading::Missing),
        Cell::Date(date) => date_of_cell(*date, rules),
        Cell::Text(text) => text_date(text, rules),
        Cell::Number(0.0) => plain(DateReading::Missing),
        // A bare number may be a date that lost its format, but in which of the two calendars of Excel?
        Cell::Number(number) => plain(compact_number(*number).map_or(DateReading::Unreadable, DateReading::Read)),
        Cell::Bool(_) | Cell::Unread(_) => plain(DateReading::Unreadable),
    }
}

/// The dates that a doubtful cell may mean, for whoever shall choose one.
#[must_use]
pub fn readings(cell: &Cell, today: NaiveDate) -> Vec<NaiveDate> {
    let rules = DateRules { cells_swapped: true, ..DateRules::alone(today) };
    match date(cell, &rules) {
        DateReading::Doubtful(doubt) => doubt.readings().collect(),
        DateReading::Read(date) => vec![date],
        DateReading::Missing | DateReading::Unreadable => Vec::new(),
    }
}

fn text_date(text: &str, rules: &DateRules) -> (DateReading, DateSign) {
    let plain = |reading| (reading, DateSign::Nothing);
    let read = |date| plain(if is_zero(date) { DateReading::Missing } else { DateReading::Read(date) });
    if let Some(date) = iso(text) {
        return read(date);
    }
    if is_missing(text) {
        return plain(DateReading::Missing);
    }
    match written::parsed(text).and_then(|parsed| parsed.reading(rules)) {
        Some((DateReading::Read(date), sign)) if is_zero(date) => (DateReading::Missing, sign),
        Some(reading) => reading,
        None => plain(DateReading::Unreadable),
    }
}

/// `YYYY-MM-DD`, as most files have it.
fn iso(text: &str) -> Option<NaiveDate> {
    let bytes: &[u8; 10] = text.as_bytes().try_into().ok()?;
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = bytes else { return None };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_u32, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0')))
    };
    let year = i32::try_from(number(&[*y1, *y2, *y3, *y4])?).ok()?;
    NaiveDate::from_ymd_opt(year, number(&[*m1, *m2])?, number(&[*d1, *d2])?)
}

/// Days that spreadsheets show for an empty or zero cell: nobody's birth date.
fn is_zero(date: NaiveDate) -> bool {
    matches!((date.year(), date.month(), date.day()), (1899, 12, 30 | 31) | (1900, 1, 1) | (1904, 1, 1))
}

fn date_of_cell(date: NaiveDate, rules: &DateRules) -> (DateReading, DateSign) {
    let sign = match date.day() {
        13.. => DateSign::HighCell,
        day if day == date.month() => DateSign::Nothing,
        _ => DateSign::LowCell,
    };
    let other = NaiveDate::from_ymd_opt(date.year(), date.day(), date.month());
    let is_doubtful = rules.cells_swapped && sign == DateSign::LowCell;
    let reading = if is_doubtful {
        DateReading::Doubtful(Doubt { taken: date, other, why: Why::Swapped })
    } else {
        DateReading::Read(date)
    };
    (reading, sign)
}

/// `20090521` as a number: far beyond what stands for a day in a spreadsheet.
fn compact_number(number: f64) -> Option<NaiveDate> {
    if !(19_000_101.0..=21_001_231.0).contains(&number) || number.fract() != 0.0 {
        return None;
    }
    compact(&format!("{number:.0}"))
}

/// `YYYYMMDD`; eight figures in another order never look like it.
fn compact(digits: &str) -> Option<NaiveDate> {
    if digits.len() != 8 || !digits.starts_with(['1', '2']) || !matches!(&digits[..2], "19" | "20") {
        return None;
    }
    NaiveDate::from_ymd_opt(digits[..4].parse().ok()?, digits[4..6].parse().ok()?, digits[6..].parse().ok()?)
}

#[cfg(test)]
mod tests;

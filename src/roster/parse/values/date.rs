//! A birth date, in all the ways in which people and programs write one. Every part of the text is explained, or there is no
//! date: of two dates none is taken, and a figure left over is no detail.

mod reading;
mod written;

use chrono::{Datelike, NaiveDate};

use super::text::is_missing;
use crate::roster::sheet::cell::Cell;

pub use reading::{Ages, DateOrder, DateReading, DateRules, DateSign, Doubt, Why};
pub(super) use written::month;
pub use written::{ends_in_date, place_and_date};

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
    reading::compact(&format!("{number:.0}"))
}

#[cfg(test)]
mod tests;

//! Problems → what is marked in each row: the cell, how badly, and the reason in the catalogue's words. A problem's own
//! message is not for schools; what it knows beyond its code (the rows that share a number) is found again here.

use std::collections::BTreeMap;

use super::mask::Masks;
use super::survey::{Seen, Survey};
use super::words::Words;
use crate::messages::Arg;
use crate::nik::Nik;
use crate::roster::parse::field::Field;
use crate::roster::parse::layout::Layout;
use crate::roster::parse::line::Line;
use crate::roster::parse::problem::{Code, Level, Problem};
use crate::roster::parse::values::{self, NisnReading};
use crate::roster::sheet::cell::Cell;

/// How many other rows a reason names.
const NAMED_ROWS: usize = 5;
/// Longest list of a row's reasons, in bytes: shorter than what is refused when the answer comes back.
const LONGEST_REASONS: usize = 3_000;

/// A marked cell.
pub(super) struct Mark {
    pub level: Level,
    /// The column's header in the school's own words, if the sheet has such a column.
    pub title: Option<String>,
    pub codes: Vec<Code>,
    pub reasons: Vec<String>,
}

/// All marked cells, by row (as the spreadsheet shows it) and column (from 0).
pub(super) struct Marks(BTreeMap<u32, BTreeMap<usize, Mark>>);

impl Mark {
    /// All reasons of the cell.
    pub(super) fn reason(&self) -> String {
        self.reasons.join(" ")
    }
}

impl Marks {
    pub(super) fn new(
        problems: &[&Problem],
        layout: &Layout,
        survey: &Survey,
        masks: &Masks,
        shared: &Shared,
        words: &Words<'_>,
    ) -> Self {
        let mut marks = Self(BTreeMap::new());
        for problem in problems {
            let own = problem.cell.as_deref().and_then(|cell| column_of(cell, problem.row));
            let column = own.unwrap_or_else(|| survey.seen.get(&problem.row).map_or(0, |seen| seen.first));
            let reason = reason(problem, own, layout, shared, words);
            let title = problem.column.clone().filter(|_| own.is_some());
            marks.add(problem.row, column, title, problem.level, Some(problem.code), reason);
        }
        if let Some(nik) = layout.columns.get(&Field::Nik) {
            for (row, seen) in survey.seen.range(layout.first_data_row..) {
                if masks.crosses_out(*row, &seen.nik) && !marks.asks_for_nik(*row, nik.index) {
                    let reason = words.text("roster-answer-hidden", &[]);
                    marks.add(*row, nik.index, Some(nik.title.clone()), Level::Flag, None, reason);
                }
            }
        }
        marks
    }

    /// The marked cells of a row, from the left.
    pub(super) fn row(&self, row: u32) -> Option<&BTreeMap<usize, Mark>> {
        self.0.get(&row)
    }

    /// Every reason of a row, once.
    pub(super) fn reasons(&self, row: u32) -> String {
        let mut all = String::new();
        for reason in self.0.get(&row).into_iter().flat_map(BTreeMap::values).flat_map(|mark| &mark.reasons) {
            if all.len() + reason.len() < LONGEST_REASONS && !all.contains(reason.as_str()) {
                all += if all.is_empty() { "" } else { " " };
                all += reason;
            }
        }
        all
    }

    /// All marked cells of one level, row by row.
    pub(super) fn of(&self, level: Level) -> impl Iterator<Item = (u32, usize, &Mark)> {
        let all = self.0.iter().flat_map(|(row, marks)| marks.iter().map(|(column, mark)| (*row, *column, mark)));
        all.filter(move |(.., mark)| mark.level == level)
    }

    /// How many rows have an error, and how many others a flag.
    pub(super) fn rows(&self) -> (usize, usize) {
        let is_error = |marks: &&BTreeMap<usize, Mark>| marks.values().any(|mark| mark.level == Level::Error);
        let errors = self.0.values().filter(is_error).count();
        (errors, self.0.len() - errors)
    }

    fn add(
        &mut self,
        row: u32,
        column: usize,
        title: Option<String>,
        level: Level,
        code: Option<Code>,
        reason: String,
    ) {
        let mark = self.0.entry(row).or_default().entry(column).or_insert(Mark {
            level,
            title: None,
            codes: Vec::new(),
            reasons: Vec::new(),
        });
        if level == Level::Error {
            mark.level = level;
        }
        mark.title = mark.title.take().or(title);
        mark.codes.extend(code);
        if !mark.reasons.contains(&reason) {
            mark.reasons.push(reason);
        }
    }

    /// Whether a reason of the cell already says to type the NIK again.
    fn asks_for_nik(&self, row: u32, column: usize) -> bool {
        let asks = |code: &Code| matches!(code, Code::NikNot16Digits | Code::NikUnreadable);
        self.0.get(&row).and_then(|marks| marks.get(&column)).is_some_and(|mark| mark.codes.iter().any(asks))
    }
}

/// What is wrong and what to do, in the catalogue's words.
fn reason(problem: &Problem, column: Option<usize>, layout: &Layout, shared: &Shared, words: &Words<'_>) -> String {
    let is = |field| layout.columns.get(&field).is_some_and(|known| Some(known.index) == column);
    let rows = shared.beside(problem.code, layout.line(problem.row));
    let rows = if rows.is_empty() { words.text("roster-answer-other_rows", &[]) } else { rows };
    let arguments = [
        ("where", Arg::from(if problem.row < layout.first_data_row { "file" } else { "row" })),
        ("field", Arg::from(if is(Field::BirthDate) { "birth_date" } else { "nik" })),
        ("rows", Arg::from(rows)),
    ];
    words.text(&format!("roster-problem-{}", word(problem.code)), &arguments)
}

/// A code as scripts and catalogues write it.
pub(super) fn word(code: Code) -> String {
    serde_json::to_value(code).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The column of an address such as `H7`, if it is one of `row`.
fn column_of(cell: &str, row: u32) -> Option<usize> {
    let letters = cell.trim_end_matches(|c: char| c.is_ascii_digit());
    let is_letters = (1..=3).contains(&letters.len()) && letters.bytes().all(|byte| byte.is_ascii_uppercase());
    if !is_letters || cell[letters.len()..].parse() != Ok(row) {
        return None;
    }
    let number = letters.bytes().fold(0, |number, byte| number * 26 + usize::from(byte - b'A') + 1);
    Some(number - 1)
}

/// Rows that share a number, on whichever sheet, by what is shared: the places of each row's group.
pub(super) struct Shared {
    groups: Vec<Vec<Line>>,
    by_row: BTreeMap<(Code, Line), usize>,
    sheets: Vec<String>,
}

impl Shared {
    /// From each sheet's problems.
    pub(super) fn new<'a>(sheets: impl Iterator<Item = (&'a [&'a Problem], &'a Layout, &'a Survey)> + Clone) -> Self {
        let names = sheets.clone().map(|(_, layout, _)| layout.shown_sheet()).collect();
        let mut shared = Self { groups: Vec::new(), by_row: BTreeMap::new(), sheets: names };
        for code in [Code::NikDuplicate, Code::NisnDuplicate] {
            let mut keys: Vec<(Key, Line)> = Vec::new();
            for (problems, layout, survey) in sheets.clone() {
                let rows = problems.iter().filter(|problem| problem.code == code).map(|problem| problem.row);
                keys.extend(rows.filter_map(|row| Some((key(code, survey.seen.get(&row)?)?, layout.line(row)))));
            }
            keys.sort_by(|left, right| left.0.digits().cmp(right.0.digits()).then(left.1.cmp(&right.1)));
            keys.dedup_by(|left, right| left.1 == right.1);
            for same in keys.chunk_by(|left, right| left.0.digits() == right.0.digits()) {
                let rows: Vec<Line> = same.iter().map(|(_, row)| *row).collect();
                shared.by_row.extend(rows.iter().map(|row| ((code, *row), shared.groups.len())));
                shared.groups.push(rows);
            }
        }
        shared
    }

    /// The other rows with the number that a problem of `row` is about, the first ones by name.
    fn beside(&self, code: Code, row: Line) -> String {
        let Some(group) = self.by_row.get(&(code, row)) else { return String::new() };
        let others = self.groups[*group].iter().filter(|other| **other != row);
        let name = |other: &Line| match self.sheets.get(other.sheet()) {
            Some(sheet) if other.sheet() != row.sheet() => format!("{} ({sheet})", other.row()),
            _ => other.row().to_string(),
        };
        let named: Vec<String> = others.take(NAMED_ROWS).map(name).collect();
        let more = if self.groups[*group].len() > NAMED_ROWS + 1 { ", …" } else { "" };
        named.join(", ") + more
    }
}

/// A number that stands on several rows.
enum Key {
    Nik(Nik),
    Nisn(String),
}

impl Key {
    fn digits(&self) -> &str {
        match self {
            Self::Nik(nik) => nik.digits(),
            Self::Nisn(nisn) => nisn,
        }
    }
}

fn key(code: Code, seen: &Seen) -> Option<Key> {
    if code == Code::NikDuplicate {
        let Cell::Text(text) = &seen.nik else { return None };
        let unwrapped = values::unwrapped(Field::Nik, text);
        return Nik::parse(unwrapped.as_deref().unwrap_or(text)).ok().map(Key::Nik);
    }
    let text = values::text(&seen.nisn)?;
    let unwrapped = values::unwrapped(Field::Nisn, &text);
    match values::nisn(unwrapped.as_deref().unwrap_or(&text)) {
        NisnReading::Read(digits) | NisnReading::Padded(digits) => Some(Key::Nisn(digits)),
        NisnReading::Missing => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roster::sheet::cell::address;

    #[test]
    fn an_address_leads_back_to_its_column() {
        for column in [0, 7, 25, 26, 51, 65, 511, 701, 702, 16_383] {
            assert_eq!(column_of(&address(column, 12), 12), Some(column));
        }
        for cell in ["", "7", "H", "H8", "h7", "HHHH7", "row 7", "É7"] {
            assert_eq!(column_of(cell, 7), None, "{cell}");
        }
    }
}

//! What must be known of a sheet before its first row is written: how wide it is, and the cells of the rows that a problem
//! speaks of.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use super::request::AnswerError;
use super::words::Words;
use crate::roster::parse::field::Field;
use crate::roster::parse::layout::Layout;
use crate::roster::parse::problem::Problem;
use crate::roster::sheet::book::Book;
use crate::roster::sheet::bounds::{MAX_COLUMNS, MAX_WORKBOOK_ROWS};
use crate::roster::sheet::cell::{Cell, Row};

/// Last row of a workbook.
const LAST_ROW: u32 = 1_048_576;
/// Widths of a column on the screen, in characters.
const WIDTHS: std::ops::RangeInclusive<usize> = 6..=40;

/// What the first reading of a sheet shows.
pub(super) struct Survey {
    /// The header's rows, one or two.
    pub header: Vec<Row>,
    /// How wide each column is to be shown, in characters.
    pub widths: Vec<usize>,
    /// Number of the last row that holds something.
    pub last_row: u32,
    /// Where the reasons go: the first free column; none if the sheet is as wide as one may be.
    pub reasons: Option<usize>,
    /// The column of reasons of an earlier answer, which is not taken over.
    pub earlier: Option<usize>,
    /// The rows that a problem speaks of.
    pub seen: BTreeMap<u32, Seen>,
}

/// A row that a problem speaks of.
pub(super) struct Seen {
    /// Its first filled column.
    pub first: usize,
    pub nik: Cell,
    pub nisn: Cell,
}

impl Survey {
    pub(super) fn of(
        book: &mut Book<'_>,
        layout: &Layout,
        problems: &[&Problem],
        words: &Words<'_>,
    ) -> Result<Self, AnswerError> {
        let spoken_of: BTreeSet<u32> = problems.iter().map(|problem| problem.row).collect();
        let mut survey = Self {
            header: Vec::new(),
            widths: Vec::new(),
            last_row: 0,
            reasons: None,
            earlier: None,
            seen: BTreeMap::new(),
        };
        let mut rows = 0;
        book.rows(
            &layout.sheet,
            |_| true,
            |row| {
                rows += 1;
                survey.see(row, layout, &spoken_of, words);
                ControlFlow::Continue(())
            },
        )?;
        if rows > MAX_WORKBOOK_ROWS || survey.last_row > LAST_ROW {
            return Err(AnswerError::TooManyRows);
        }
        survey.reasons = Some(survey.widths.len()).filter(|column| *column < MAX_COLUMNS as usize);
        Ok(survey)
    }

    fn see(&mut self, row: Row, layout: &Layout, spoken_of: &BTreeSet<u32>, words: &Words<'_>) {
        self.last_row = row.number;
        if row.number == layout.header_row {
            self.earlier = (0..row.width()).find(|column| words.is_reasons_column(row.text(*column)));
        }
        for column in filled(&row, self.earlier) {
            if self.widths.len() <= column {
                self.widths.resize(column + 1, *WIDTHS.start());
            }
            // Titles and long remarks above the header say nothing about a column.
            if row.number >= layout.header_row {
                let width = length(row.cell(column)) + 2;
                self.widths[column] = self.widths[column].max(width).min(*WIDTHS.end());
            }
        }
        if spoken_of.contains(&row.number) {
            let cell = |field| layout.columns.get(&field).map_or(&Cell::Empty, |column| row.cell(column.index)).clone();
            let first = filled(&row, self.earlier).next().unwrap_or_default();
            self.seen.insert(row.number, Seen { first, nik: cell(Field::Nik), nisn: cell(Field::Nisn) });
        }
        if (layout.header_row..layout.first_data_row).contains(&row.number) {
            self.header.push(row);
        }
    }
}

/// The filled columns of a row, but for one.
fn filled(row: &Row, except: Option<usize>) -> impl Iterator<Item = usize> {
    (0..row.width()).filter(move |column| Some(*column) != except && *row.cell(*column) != Cell::Empty)
}

/// How many characters a cell shows, about.
fn length(cell: &Cell) -> usize {
    match cell {
        Cell::Empty | Cell::Unread(_) => 0,
        Cell::Text(text) => text.chars().count(),
        Cell::Number(number) => format!("{number}").len(),
        Cell::Date(_) => 10,
        Cell::Bool(_) => 5,
    }
}

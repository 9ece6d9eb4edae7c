//! The roster's sheet, written row by row as it is read: what was written is never held.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use chrono::{Datelike, NaiveDate};
use rust_xlsxwriter::{
    Color, DataValidation, Format, FormatAlign, FormatBorder, Formula, IgnoreError, Note, Worksheet, XlsxError,
};

use super::guide::Guide;
use super::looks::{RED, YELLOW, text_format};
use super::marks::{Mark, Marks};
use super::mask::Masks;
use super::request::{AnswerError, Choices};
use super::survey::Survey;
use crate::roster::parse::field::Field;
use crate::roster::parse::layout::Layout;
use crate::roster::parse::problem::{Code, Level};
use crate::roster::parse::values;
use crate::roster::sheet::book::Book;
use crate::roster::sheet::cell::{Cell, Row};

const GREY: Color = Color::RGB(0x00E7_E6E6);

/// Fields in which a spreadsheet would turn what is typed into a number or a date.
const TEXT_FIELDS: [Field; 7] =
    [Field::Npsn, Field::Nisn, Field::Nik, Field::BirthDate, Field::ClassName, Field::Phone, Field::LeftOn];
/// Most notes and most lists to choose from; spreadsheets become slow with more, and the column of reasons says the same.
const MOST_NOTES: usize = 5_000;
const MOST_LISTS: usize = 5_000;
/// Longest list of choices within a cell's rule; a longer one must stand in cells.
const LONGEST_LIST: usize = 255;
/// A header below this row is not frozen: it would leave no room on the screen for the students.
const LAST_FROZEN: u32 = 15;
/// Columns up to here may be frozen along with the header, so that the name stays in view.
const FROZEN_COLUMNS: u16 = 5;
const REASONS_WIDTH: u16 = 90;
/// Size of a note, in pixels: its width, the height of a line and the characters in one.
const NOTE_WIDTH: u32 = 300;
const NOTE_LINE: u32 = 20;
const NOTE_LINE_LENGTH: usize = 40;

/// The roster's sheet.
pub(super) struct Grid<'a> {
    pub layout: &'a Layout,
    pub survey: &'a Survey,
    pub marks: &'a Marks,
    pub masks: &'a Masks,
    pub choices: &'a Choices,
    /// The sheet's name.
    pub name: &'a str,
    pub guide: &'a Guide<'a>,
}

/// Notes and lists of a workbook so far.
#[derive(Default)]
pub(super) struct Spent {
    notes: usize,
    lists: usize,
}

/// How cells look.
struct Looks {
    plain: Format,
    title: Format,
    text: Format,
    date: Format,
}

struct Writing<'a> {
    grid: &'a Grid<'a>,
    sheet: &'a mut Worksheet,
    looks: &'a Looks,
    text_columns: BTreeSet<usize>,
    /// Columns whose dates are read from text as well.
    date_columns: BTreeSet<usize>,
    mapped: BTreeSet<usize>,
    spent: &'a mut Spent,
}

impl Grid<'_> {
    pub(super) fn write(
        &self,
        book: &mut Book<'_>,
        sheet: &mut Worksheet,
        spent: &mut Spent,
    ) -> Result<(), AnswerError> {
        let looks = Looks {
            plain: Format::new(),
            title: Format::new()
                .set_bold()
                .set_border(FormatBorder::Thin)
                .set_background_color(GREY)
                .set_align(FormatAlign::VerticalCenter)
                .set_text_wrap(),
            text: text_format(),
            date: Format::new().set_num_format("yyyy-mm-dd"),
        };
        let columns = |fields: &[Field]| {
            let column = |field: &Field| self.layout.columns.get(field).map(|column| column.index);
            fields.iter().filter_map(column).collect::<BTreeSet<usize>>()
        };
        let mut writing = Writing {
            grid: self,
            looks: &looks,
            text_columns: columns(&TEXT_FIELDS),
            date_columns: columns(&[Field::BirthDate, Field::LeftOn]),
            mapped: self.layout.columns.values().map(|column| column.index).collect(),
            spent,
            sheet,
        };
        writing.set_up()?;
        let mut written = Ok(());
        book.rows(
            &self.layout.sheet,
            |_| true,
            |row| {
                written = writing.row(&row);
                if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            },
        )?;
        Ok(written?)
    }

    fn is_header(&self, row: u32) -> bool {
        (self.layout.header_row..self.layout.first_data_row).contains(&row)
    }
}

impl<'a> Writing<'a> {
    /// What concerns whole columns and the screen.
    fn set_up(&mut self) -> Result<(), XlsxError> {
        let Grid { layout, survey, name, .. } = *self.grid;
        self.sheet.set_name(name)?;
        self.sheet.set_default_note_author("siap17");
        for (column, width) in (0_u16..).zip(&survey.widths) {
            self.sheet.set_column_width(column, *width as f64)?;
        }
        for column in &self.text_columns {
            self.sheet.set_column_format(at(*column), &self.looks.text)?;
        }
        if let Some(column) = survey.reasons {
            self.sheet.set_column_width(at(column), REASONS_WIDTH)?;
        }
        if survey.last_row >= layout.first_data_row {
            for column in &self.text_columns {
                let (first, last) = (layout.first_data_row - 1, survey.last_row - 1);
                // Without the green corner that spreadsheets give to every NIK.
                let column = at(*column);
                self.sheet.ignore_error_range(first, column, last, column, IgnoreError::NumberStoredAsText)?;
            }
        }
        if layout.first_data_row <= LAST_FROZEN {
            let name = layout.columns.get(&Field::Name).map_or(0, |column| at(column.index) + 1);
            let columns = if name <= FROZEN_COLUMNS { name } else { 0 };
            self.sheet.set_freeze_panes(layout.first_data_row - 1, columns)?;
        }
        Ok(())
    }

    fn row(&mut self, row: &Row) -> Result<(), XlsxError> {
        let Grid { layout, survey, marks, .. } = *self.grid;
        let marks = marks.row(row.number);
        // Above the header, the column of an earlier answer's reasons may hold something else.
        let is_ours = |column: usize| Some(column) == survey.earlier && row.number >= layout.header_row;
        for column in (0..row.width()).filter(|column| !is_ours(*column)) {
            let mark = marks.and_then(|marks| marks.get(&column));
            self.cell(row.number, column, row.cell(column), mark)?;
        }
        for (column, mark) in marks.into_iter().flatten() {
            if *row.cell(*column) == Cell::Empty || is_ours(*column) {
                let look = filled(self.look(row.number, *column, &Cell::Empty), mark);
                self.sheet.write_blank(row.number - 1, at(*column), &look)?;
            }
            self.explain(row, *column, mark)?;
        }
        self.reasons(row.number)
    }

    fn cell(&mut self, row: u32, column: usize, cell: &Cell, mark: Option<&Mark>) -> Result<(), XlsxError> {
        let shown = self.grid.masks.shown(row, column, cell).map(Cell::Text);
        let cell = shown.as_ref().unwrap_or(cell);
        let look = self.look(row, column, cell);
        match mark {
            Some(mark) => self.value(row, column, cell, &filled(look, mark)),
            None => self.value(row, column, cell, look),
        }
    }

    fn value(&mut self, row: u32, column: usize, cell: &Cell, look: &Format) -> Result<(), XlsxError> {
        let (number, index) = (row - 1, at(column));
        match cell {
            // What was not read cannot be given back.
            Cell::Empty | Cell::Unread(_) => return Ok(()),
            Cell::Text(text) => {
                let (below, last) = self.joined(row, column);
                let last_row = number + u32::from(below);
                if below || last > column {
                    self.sheet.merge_range(number, index, last_row, at(last), &sound(text), look)?
                } else {
                    self.sheet.write_string_with_format(number, index, sound(text), look)?
                }
            }
            Cell::Number(value) => self.sheet.write_number_with_format(number, index, *value, look)?,
            Cell::Bool(value) => self.sheet.write_boolean_with_format(number, index, *value, look)?,
            Cell::Date(date) if self.stays_a_date(row, column, *date) => {
                self.sheet.write_datetime_with_format(number, index, date, look)?
            }
            Cell::Date(date) => self.sheet.write_string_with_format(number, index, date.to_string(), look)?,
        };
        Ok(())
    }

    fn look(&self, row: u32, column: usize, cell: &Cell) -> &'a Format {
        let looks = self.looks;
        let is_data = row >= self.grid.layout.first_data_row;
        match cell {
            Cell::Date(date) if self.stays_a_date(row, column, *date) => &looks.date,
            _ if self.grid.is_header(row) => &looks.title,
            _ if is_data && self.text_columns.contains(&column) => &looks.text,
            _ => &looks.plain,
        }
    }

    /// Whether a date means nothing where it stands, so that as a text it would mean something else than before: a class
    /// `10-1` that a spreadsheet took for the first of October.
    fn stays_a_date(&self, row: u32, column: usize, date: NaiveDate) -> bool {
        let is_data = row >= self.grid.layout.first_data_row;
        let means_nothing = !is_data || (self.mapped.contains(&column) && !self.date_columns.contains(&column));
        means_nothing && (1901..=9999).contains(&date.year())
    }

    /// Which cells a title of the upper of two header rows is joined with, as in the export: also the one below it if that is empty, else those to
    /// its right while only the lower row has titles.
    fn joined(&self, row: u32, column: usize) -> (bool, usize) {
        let [top, below] = self.grid.survey.header.as_slice() else { return (false, column) };
        let has = |row: &Row, column| *row.cell(column) != Cell::Empty && Some(column) != self.grid.survey.earlier;
        if row != top.number {
            return (false, column);
        }
        if !has(below, column) {
            return (true, column);
        }
        let after = (column + 1..below.width()).take_while(|at| !has(top, *at) && has(below, *at));
        (false, after.last().unwrap_or(column))
    }

    /// The column of reasons: its title in the header, and what is to be done in each row below. Nothing above the header,
    /// where a text may be taken for the school's name.
    fn reasons(&mut self, row: u32) -> Result<(), XlsxError> {
        let Grid { layout, survey, marks, guide, .. } = *self.grid;
        let Some(column) = survey.reasons.map(at) else { return Ok(()) };
        if row == layout.header_row {
            let title = guide.words.text("roster-answer-column", &[]);
            let look = &self.looks.title;
            let last = layout.first_data_row - 2;
            return if last > row - 1 {
                self.sheet.merge_range(row - 1, column, last, column, &title, look).map(drop)
            } else {
                self.sheet.write_string_with_format(row - 1, column, &title, look).map(drop)
            };
        }
        let reasons = if row >= layout.first_data_row { marks.reasons(row) } else { String::new() };
        if reasons.is_empty() { Ok(()) } else { self.sheet.write_string(row - 1, column, reasons).map(drop) }
    }

    /// The note at a marked cell, and the list to choose from if a choice mends it.
    fn explain(&mut self, row: &Row, column: usize, mark: &Mark) -> Result<(), XlsxError> {
        let (number, index) = (row.number - 1, at(column));
        if self.spent.notes < MOST_NOTES {
            let reason = sound(&mark.reason());
            let lines = u32::try_from(reason.chars().count() / NOTE_LINE_LENGTH + 2).unwrap_or_default();
            let note = Note::new(reason).add_author_prefix(false).set_width(NOTE_WIDTH).set_height(lines * NOTE_LINE);
            self.sheet.insert_note(number, index, &note)?;
            self.spent.notes += 1;
        }
        if row.number < self.grid.layout.first_data_row || self.spent.lists >= MOST_LISTS {
            return Ok(());
        }
        if let Some(list) = self.list(row.cell(column), column, mark)? {
            // A list that helps and does not lock: whoever knows better may type it.
            self.sheet.add_data_validation(number, index, number, index, &list.show_error_message(false))?;
            self.spent.lists += 1;
        }
        Ok(())
    }

    fn list(&self, cell: &Cell, column: usize, mark: &Mark) -> Result<Option<DataValidation>, XlsxError> {
        let Grid { layout, choices, guide, .. } = *self.grid;
        let is = |field, code: Code| {
            mark.codes.contains(&code) && layout.columns.get(&field).is_some_and(|known| known.index == column)
        };
        if is(Field::Sex, Code::SexUnreadable) {
            return DataValidation::new().allow_list_strings(&["L", "P"]).map(Some);
        }
        if is(Field::BirthDate, Code::BirthDateAmbiguous) {
            let dates = readings(cell, choices.today);
            return if dates.is_empty() {
                Ok(None)
            } else {
                DataValidation::new().allow_list_strings(&dates).map(Some)
            };
        }
        if is(Field::Npsn, Code::PlaceUnknown) && !choices.places.is_empty() {
            let codes: Vec<&str> = choices.places.iter().map(|(code, _)| code.as_str()).collect();
            let is_short = codes.join(",").chars().count() <= LONGEST_LIST;
            let is_plain = codes.iter().all(|code| !code.contains([',', '"']));
            return if is_short && is_plain {
                DataValidation::new().allow_list_strings(&codes).map(Some)
            } else {
                Ok(Some(DataValidation::new().allow_list_formula(Formula::new(guide.codes()))))
            };
        }
        Ok(None)
    }
}

/// A format in the colour of a mark.
fn filled(format: &Format, mark: &Mark) -> Format {
    format.clone().set_background_color(if mark.level == Level::Error { RED } else { YELLOW })
}

/// The dates that an ambiguous cell may mean.
fn readings(cell: &Cell, today: NaiveDate) -> Vec<String> {
    values::readings(cell, today).iter().map(ToString::to_string).collect()
}

/// A text without the two characters that no workbook may hold.
fn sound(text: &str) -> String {
    text.replace(['\u{fffe}', '\u{ffff}'], "")
}

/// A column as the writer counts it; what is read has at most 512.
fn at(column: usize) -> u16 {
    u16::try_from(column).unwrap_or(u16::MAX)
}

//! The lists of a file: which sheets they stand on, in which rows, and which column means what.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::field::Field;
use super::habits::Habits;
use super::header::{Column, Made};
use super::line::Line;
use super::preamble::Preamble;
use crate::nik::without_niks;
use crate::roster::sheet::cell::{SheetError, address};

/// Which system a file came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LayoutKind {
    Dapodik,
    Emis,
    /// Our own column names, whatever the file format.
    Csv,
}

/// A list in a file: columns of one meaning, on one sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Which of the file's lists it is, from 0.
    pub number: usize,
    /// Whether lists stand on several sheets, so that a row must be told with its sheet.
    pub is_one_of_several: bool,
    pub kind: LayoutKind,
    /// As the file has it; empty for a delimited text. Where it is kept or told, it is [`Layout::shown_sheet`].
    pub sheet: String,
    pub header_row: u32,
    pub first_data_row: u32,
    /// The last row that is this list's.
    pub last_row: u32,
    pub columns: BTreeMap<Field, Column>,
    /// Where the running number stands.
    pub number_column: Option<usize>,
    pub preamble: Preamble,
    /// The parts of the list, each from a row on, with the class that a row above it names; where no column says the class, and
    /// never none.
    pub parts: Vec<Part>,
    /// Rows over which the class's cell is merged.
    pub class_merges: Vec<RangeInclusive<u32>>,
    /// Rows about people among the first few thousand.
    pub people: usize,
    /// Of those, rows that name no class though a column is there for it.
    pub without_class: usize,
    /// Headers that hold a word which matters and others that nobody knows, and what they perhaps mean.
    pub unclear: Vec<(Field, Column)>,
    /// Whether this is the list of those who left (`Daftar Peserta Didik Keluar`, alumni).
    pub leavers: bool,
    /// Whether this is a list of applicants: *lulus* means admitted there.
    pub applicants: bool,
    /// How its columns write things, as far as its rows have shown.
    pub habits: Habits,
}

/// A part of a list: a class's block, or what stands below a divider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The rows of its header, which are nobody's; none of a part that begins with a divider.
    pub header: Option<RangeInclusive<u32>>,
    pub first_row: u32,
    pub class_name: Option<String>,
}

/// A sheet that gave no students.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    pub sheet: String,
    pub rows: usize,
    pub why: Why,
}

/// Why a sheet gave no students.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    NoHeader,
    Staff,
    Hidden,
}

/// Why no layout could be found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    #[error(transparent)]
    Sheet(#[from] SheetError),
    #[error(
        "no roster was found: within the first {HEADER_WITHIN} rows no header has the columns {missing}; the closest has \
         {seen}; send the sheet that Dapodik or EMIS exports, or a CSV with nama, nisn, nik, jk, tanggal_lahir, rombel, or say \
         which header means what (--map nama=HEADER), which is then remembered for the place"
    )]
    NoHeader { missing: String, seen: String },
    #[error(
        "the sheets {one} and {other} both list {students} students; delete the sheet that is out of date, and send the file again"
    )]
    SameStudents { one: String, other: String, students: usize },
    #[error(
        "the sheet {sheet} lists teachers and staff ({title}), not students; send the list of students (Daftar Peserta Didik)"
    )]
    Staff { sheet: String, title: String },
    #[error(
        "the file holds more than {limit} lists with different columns; send each class or school as a file of its own"
    )]
    TooMany { limit: usize },
}

/// The first header must begin within this many rows.
pub(super) const HEADER_WITHIN: u32 = 40;
/// The most lists with different columns that a file may have.
pub(super) const MOST_LISTS: usize = 250;

/// The lists of a file. Never none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layouts {
    first: Layout,
    others: Vec<Layout>,
    /// The sheets that gave nobody.
    pub unread: Vec<Unread>,
}

impl Layouts {
    /// Without those on some sheets; nothing if none is left.
    #[must_use]
    pub fn without(self, sheets: &[String]) -> Option<Self> {
        let all = std::iter::once(self.first).chain(self.others);
        Self::several(all.filter(|layout| !sheets.contains(&layout.shown_sheet())).collect(), self.unread)
    }

    /// Takes over what each roster's rows have shown; whether they must be read anew by it.
    pub(super) fn learn(&mut self, habits: impl Iterator<Item = Habits>) -> bool {
        let mut is_new = false;
        for (layout, habits) in std::iter::once(&mut self.first).chain(&mut self.others).zip(habits) {
            is_new |= habits.read_otherwise_than(&layout.habits);
            layout.habits = habits;
        }
        is_new
    }

    pub(super) fn several(mut layouts: Vec<Layout>, unread: Vec<Unread>) -> Option<Self> {
        let is_one_of_several = layouts.windows(2).any(|pair| pair[0].sheet != pair[1].sheet);
        let said = said_of_school(&layouts);
        for (number, layout) in layouts.iter_mut().enumerate() {
            layout.number = number;
            layout.is_one_of_several = is_one_of_several;
            if let Some(said) = said.clone().filter(|_| layout.preamble.school.is_none()) {
                layout.preamble = said;
            }
        }
        let mut layouts = layouts.into_iter();
        Some(Self { first: layouts.next()?, others: layouts.collect(), unread })
    }

    #[must_use]
    pub fn first(&self) -> &Layout {
        &self.first
    }

    /// In the workbook's order.
    pub fn iter(&self) -> impl Iterator<Item = &Layout> {
        std::iter::once(&self.first).chain(&self.others)
    }

    #[must_use]
    pub fn are_several(&self) -> bool {
        !self.others.is_empty()
    }

    /// That of a row.
    #[must_use]
    pub fn of(&self, line: Line) -> &Layout {
        line.sheet().checked_sub(1).and_then(|at| self.others.get(at)).unwrap_or(&self.first)
    }

    /// A row as another row's message names it: with its sheet, if that is another one.
    pub(in crate::roster) fn named_beside(&self, line: Line, beside: Line) -> String {
        let sheet = |line| self.of(line).shown_sheet();
        if sheet(line) == sheet(beside) {
            line.row().to_string()
        } else {
            format!("{} of sheet {}", line.row(), sheet(line))
        }
    }
}

impl Layout {
    /// A row of the sheet as a row of the file.
    #[must_use]
    pub fn line(&self, row: u32) -> Line {
        Line::new(self.number, row)
    }

    /// The sheet's name where a row must be told with it.
    #[must_use]
    pub fn label(&self) -> Option<String> {
        self.is_one_of_several.then(|| self.shown_sheet())
    }

    /// The sheet's name without a NIK, should somebody have named it so.
    #[must_use]
    pub fn shown_sheet(&self) -> String {
        without_niks(&self.sheet)
    }

    /// Where `field` stands in `row`, as the spreadsheet shows it.
    #[must_use]
    pub fn address(&self, field: Field, row: u32) -> Option<String> {
        self.columns.get(&field).map(|column| address(column.index, row))
    }

    /// Whether one column holds both the birth place and the birth date.
    #[must_use]
    pub fn has_place_with_date(&self) -> bool {
        self.columns.get(&Field::BirthDate).is_some_and(|column| column.made == Made::PlaceAndDate)
    }

    /// The class of `row`, as a row above it names it.
    #[must_use]
    pub fn class_at(&self, row: u32) -> Option<&str> {
        self.part_of(row).and_then(|part| part.class_name.as_deref())
    }

    /// Whether `row` may be a student's: it is within the list, and in none of its headers.
    #[must_use]
    pub fn holds(&self, row: u32) -> bool {
        let is_header = |part: &Part| part.header.as_ref().is_some_and(|header| header.contains(&row));
        let next = self.parts.partition_point(|part| part.first_row <= row);
        (self.first_data_row..=self.last_row).contains(&row) && !self.parts.get(next).is_some_and(is_header)
    }

    fn part_of(&self, row: u32) -> Option<&Part> {
        let next = self.parts.partition_point(|part| part.first_row <= row);
        next.checked_sub(1).and_then(|at| self.parts.get(at))
    }

    /// Every column of which something is read, from 0.
    pub(super) fn wanted(&self) -> impl Iterator<Item = usize> {
        self.columns.values().flat_map(Column::indexes).chain(self.number_column)
    }
}

/// What one class's sheet says of the school holds for those beside it, unless they contradict each other.
fn said_of_school(layouts: &[Layout]) -> Option<Preamble> {
    let mut saying = layouts.iter().map(|layout| &layout.preamble).filter(|preamble| preamble.school.is_some());
    let first = saying.next()?;
    saying.all(|other| other.school == first.school).then(|| first.clone())
}

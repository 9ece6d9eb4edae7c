//! The answer to a roster: the school's own sheet as .xlsx, each cell where it was, with the wrong ones marked, so that it
//! can be mended where people know it and sent again.
//!
//! Each sheet is read twice, never held: survey (how wide, which rows are spoken of) → marks (problem → cell and reason) →
//! grid (the sheet, row by row, masked by mask) → guide (a last sheet that says what to do and leads to each cell). The answer
//! is a roster like any other: same header rows, same columns, same rows.

mod grid;
mod guide;
mod marks;
mod mask;
mod survey;

use chrono::NaiveDate;
use rust_xlsxwriter::{Workbook, XlsxError};

use self::grid::{Grid, Spent};
use self::guide::Guide;
use self::marks::{Marks, Shared};
use self::mask::Masks;
use self::survey::Survey;
use super::parse::field::Headings;
use super::parse::layout::{Layout, LayoutError, Layouts};
use super::parse::problem::Problem;
use super::sheet::book::Book;
use super::sheet::bounds::{MAX_WORKBOOK_ROWS, MAX_XLSX_BYTES};
use super::sheet::cell::SheetError;
use super::sheet::xlsx::archive::Archive;
use crate::messages::{Arg, LANGUAGES, Messages};

/// The answer speaks the language of the schools, whoever asks for it.
const LANGUAGE: &str = LANGUAGES[0];
/// How many characters a sheet's name may have.
const SHEET_NAME_LENGTH: usize = 31;

/// How NIKs stand in the answer. Each says what becomes of them after the import whose problems are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Masking {
    /// NIKs that we hold are masked, and those of parents and family cards; one that we do not keep stays, for only the
    /// school has it. Right for a roster that was applied.
    Kept,
    /// Every number that could be a NIK or a family card's is masked: for whatever leaves through Telegram. One that we do
    /// not keep is crossed out with another letter and must be typed again.
    All,
    /// Nothing is masked.
    None,
}

/// What cells can be mended with by a choice.
#[derive(Debug, Clone)]
pub struct Choices {
    /// The office's local date, by which years of two digits are read.
    pub today: NaiveDate,
    /// Code and name of the places that a row may name; may be empty.
    pub places: Vec<(String, String)>,
}

/// Why there is no answer to a roster.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    #[error(transparent)]
    Layout(#[from] LayoutError),
    #[error("the file has more than {MAX_WORKBOOK_ROWS} rows, and no workbook as long is read; mend the file itself")]
    TooManyRows,
    #[error("the answer would be larger than what is read; mend the file itself, or split it")]
    TooLarge,
    #[error("the answer cannot be written")]
    Write(#[from] XlsxError),
}

impl From<SheetError> for AnswerError {
    fn from(error: SheetError) -> Self {
        Self::Layout(error.into())
    }
}

/// The file that is answered.
#[derive(Debug, Clone, Copy)]
pub struct Original<'a> {
    pub bytes: &'a [u8],
    pub name: &'a str,
    pub headings: &'a Headings,
    /// Sheets that the import left out.
    pub copies: &'a [String],
}

/// One sheet of the answer.
struct Page<'a> {
    layout: &'a Layout,
    name: String,
    problems: Vec<&'a Problem>,
    survey: Survey,
}

/// Writes the answer to a roster that was imported with `problems`. It blocks, for seconds if the file is large, and holds no
/// more of it than a row.
pub fn write(
    original: Original<'_>,
    problems: &[Problem],
    masking: Masking,
    choices: &Choices,
    messages: &Messages,
) -> Result<Vec<u8>, AnswerError> {
    let mut book = Book::open(original.bytes)?;
    let found = Layouts::find(&mut book, original.name, original.headings)?;
    let layouts = found.without(original.copies).ok_or(SheetError::Damaged)?;
    let words = Words(messages);
    let mut pages: Vec<Page<'_>> = Vec::new();
    for layout in layouts.iter() {
        let label = layout.label();
        let own = |problem: &&Problem| problem.sheet == label;
        let problems: Vec<&Problem> = problems.iter().filter(own).collect();
        let survey = Survey::of(&mut book, layout, &problems, &words)?;
        let name = free_name(roster_name(layout, &words), pages.iter().map(|page| page.name.as_str()));
        pages.push(Page { layout, name, problems, survey });
    }
    let shared = Shared::new(pages.iter().map(|page| (page.problems.as_slice(), page.layout, &page.survey)));
    let masks: Vec<Masks> =
        pages.iter().map(|page| Masks::new(masking, page.layout, &page.survey, &page.problems)).collect();
    let marks: Vec<Marks> = pages
        .iter()
        .zip(&masks)
        .map(|(page, masks)| Marks::new(&page.problems, page.layout, &page.survey, masks, &shared, &words))
        .collect();
    let names = || pages.iter().map(|page| page.name.as_str());
    let guide_name = free_name(sheet_name(&words.text("roster-answer-guide", &[])), names());
    let guide = Guide { sheets: names().zip(&marks).collect(), name: &guide_name, masking, choices, words: &words };
    let mut workbook = Workbook::new();
    let mut spent = Spent::default();
    for ((page, masks), marks) in pages.iter().zip(&masks).zip(&marks) {
        let Page { layout, name, survey, .. } = page;
        let grid = Grid { layout, survey, marks, masks, choices, name, guide: &guide };
        grid.write(&mut book, workbook.add_worksheet_with_constant_memory()?, &mut spent)?;
    }
    guide.write(workbook.add_worksheet())?;
    let answer = workbook.save_to_buffer()?;
    // What would be refused when it comes back must not go out.
    if answer.len() > MAX_XLSX_BYTES || Archive::open(&answer).is_err() {
        return Err(AnswerError::TooLarge);
    }
    Ok(answer)
}

/// The catalogue in the answer's language.
struct Words<'a>(&'a Messages);

impl Words<'_> {
    fn text(&self, id: &str, arguments: &[(&str, Arg)]) -> String {
        self.0.text(LANGUAGE, id, arguments)
    }

    /// The title of the column of reasons in every language, by which one that we wrote before is known.
    fn is_reasons_column(&self, title: &str) -> bool {
        LANGUAGES.iter().any(|language| self.0.text(language, "roster-answer-column", &[]) == title)
    }
}

/// The roster's sheet keeps its name; a text without sheets gets one.
fn roster_name(layout: &Layout, words: &Words<'_>) -> String {
    let name = sheet_name(&layout.shown_sheet());
    if name.trim().is_empty() { sheet_name(&words.text("roster-answer-sheet", &[])) } else { name }
}

/// A name that none of the others is, as spreadsheets compare them.
fn free_name<'a>(name: String, taken: impl Iterator<Item = &'a str>) -> String {
    let taken: Vec<String> = taken.map(str::to_lowercase).collect();
    let mut free = name.clone();
    let mut number = 2;
    while taken.contains(&free.to_lowercase()) {
        let ending = format!(" {number}");
        let mut head = name.clone();
        while head.encode_utf16().count() + ending.len() > SHEET_NAME_LENGTH {
            head.pop();
        }
        free = head + &ending;
        number += 1;
    }
    free
}

/// A name that a workbook's sheet may have; other formats allow more.
fn sheet_name(name: &str) -> String {
    let allowed = |c: &char| !c.is_control() && !matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\');
    let mut units = 0;
    let fits = |c: &char| {
        units += c.len_utf16();
        units <= SHEET_NAME_LENGTH
    };
    let name: String = name.chars().filter(allowed).take_while(fits).collect();
    name.trim_matches('\'').to_owned()
}

/// A sheet's name as it stands in a reference to its cells.
fn quoted(sheet: &str) -> String {
    format!("'{}'", sheet.replace('\'', "''"))
}

//! The answer's workbook as a whole.

use rust_xlsxwriter::Workbook;

use super::grid::{Grid, Spent};
use super::guide::Guide;
use super::marks::{Marks, Shared};
use super::mask::Masks;
use super::request::{AnswerError, Choices, Masking, Original};
use super::survey::Survey;
use super::words::{Words, free_name, roster_name, sheet_name};
use crate::messages::Messages;
use crate::roster::parse::layout::{Layout, Layouts};
use crate::roster::parse::problem::Problem;
use crate::roster::sheet::book::Book;
use crate::roster::sheet::bounds::MAX_XLSX_BYTES;
use crate::roster::sheet::cell::SheetError;
use crate::roster::sheet::xlsx::archive::Archive;

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
        // Several lists on one sheet are one page: it comes back as it was sent.
        if pages.last().is_some_and(|page| page.layout.sheet == layout.sheet) {
            continue;
        }
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
    let notes = problems.iter().filter(|problem| problem.code.is_note()).count();
    let guide =
        Guide { sheets: names().zip(&marks).collect(), name: &guide_name, masking, notes, choices, words: &words };
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

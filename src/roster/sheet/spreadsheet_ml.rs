//! SpreadsheetML 2003: the XML that school systems hand out under the name `.xls`, often put together from strings, with a
//! raw `&` or `<` in a text, so that no strict reader takes it. It is read forgivingly and row by row.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::bounds::{MAX_COLUMNS, MAX_SHEETS};
use super::cell::{Cell, RawRow, SheetError, Unread};
use super::markup::{Tag, Tags, unescape};
use super::merges::{Merge, Merges};
use super::meter::Deadline;
use crate::written::tidy;

/// An opened workbook.
pub(super) struct SpreadsheetMl<'a> {
    text: Cow<'a, str>,
    sheets: Vec<Sheet>,
    deadline: Deadline,
}

struct Sheet {
    name: String,
    /// Where its content begins in the text.
    start: usize,
    is_hidden: bool,
}

impl<'a> SpreadsheetMl<'a> {
    pub(super) fn open(text: Cow<'a, str>, deadline: Deadline) -> Result<Self, SheetError> {
        let mut sheets: Vec<Sheet> = Vec::new();
        let mut tags = Tags::new(&text, 0, deadline);
        while let Some(tag) = tags.next()? {
            if tag.opens("Data") {
                tags.data(false);
            } else if tag.opens("Worksheet") {
                if sheets.len() == MAX_SHEETS {
                    return Err(SheetError::TooMuch { what: "sheets", limit: MAX_SHEETS as u64 });
                }
                let mut name = String::new();
                unescape(tag.attribute("Name").unwrap_or_default(), &mut name);
                sheets.push(Sheet { name: tidy(&name), start: tags.at, is_hidden: false });
            } else if tag.opens("Visible") && text[tags.at..].trim_start().starts_with("Sheet") {
                // `SheetHidden` or `SheetVeryHidden`.
                sheets.iter_mut().next_back().into_iter().for_each(|sheet| sheet.is_hidden = true);
            }
        }
        Ok(Self { text, sheets, deadline })
    }

    pub(super) fn sheets(&self) -> Vec<String> {
        self.named(false)
    }

    /// The names of the sheets that a person does not see.
    pub(super) fn hidden(&self) -> Vec<String> {
        self.named(true)
    }

    fn named(&self, hidden: bool) -> Vec<String> {
        self.sheets.iter().filter(|sheet| sheet.is_hidden == hidden).map(|sheet| sheet.name.clone()).collect()
    }

    /// The merged cells of `sheet`.
    pub(super) fn merges(&self, sheet: &str) -> Result<Vec<Merge>, SheetError> {
        let mut table = Table { merges: Some(Merges::default()), ..Table::default() };
        self.walk(sheet, &mut table, |_| Ok(ControlFlow::Continue(())))?;
        Ok(table.merges.unwrap_or_default().into_all())
    }

    /// Shows the filled rows of `sheet` to `visit`, from the top, until it breaks.
    pub(super) fn rows(
        &self,
        sheet: &str,
        visit: impl FnMut(RawRow) -> Result<ControlFlow<()>, SheetError>,
    ) -> Result<(), SheetError> {
        self.walk(sheet, &mut Table::default(), visit)
    }

    fn walk(
        &self,
        sheet: &str,
        table: &mut Table,
        mut visit: impl FnMut(RawRow) -> Result<ControlFlow<()>, SheetError>,
    ) -> Result<(), SheetError> {
        let named = self.sheets.iter().filter(|one| one.name == sheet);
        let Some(Sheet { start, .. }) = named.min_by_key(|one| one.is_hidden) else { return Ok(()) };
        let mut tags = Tags::new(&self.text, *start, self.deadline);
        let mut in_comment = false;
        while let Some(tag) = tags.next()? {
            if tag.is("Worksheet") || (tag.is("Table") && tag.is_closing) {
                break;
            }
            if tag.is("Comment") {
                in_comment = !tag.is_closing && !tag.is_empty;
            } else if tag.is("Row") {
                in_comment = false;
                if table.end_row(&mut visit)?.is_break() {
                    return Ok(());
                }
                if !tag.is_closing {
                    table.begin_row(&tag)?;
                }
            } else if tag.is("Cell") && !tag.is_closing {
                in_comment = false;
                table.begin_cell(&tag)?;
            } else if tag.opens("Data") {
                let is_rich = tag.attributes.contains("REC-html40");
                let text = tags.data(is_rich);
                if !in_comment {
                    table.fill(cell(tag.attribute("Type").unwrap_or_default(), text))?;
                }
            }
        }
        table.end_row(&mut visit).map(|_| ())
    }
}

/// Where in the table the reader is.
#[derive(Default)]
struct Table {
    /// From 1, as the spreadsheet shows it; 0 before the first.
    row: u32,
    /// Further empty rows that the last one stands for.
    span: u32,
    /// The open cell's column, from 0.
    column: usize,
    /// Where a cell without an index of its own goes, from 0.
    next_column: usize,
    /// The open cell holds a formula, and no data yet.
    has_formula: bool,
    cells: Vec<(usize, Cell)>,
    /// For each column the last row that a cell merged downwards covers.
    covered: Vec<u32>,
    /// The merged cells, where somebody wants them.
    merges: Option<Merges>,
}

impl Table {
    fn begin_row(&mut self, tag: &Tag<'_>) -> Result<(), SheetError> {
        let next = self.row.saturating_add(self.span).checked_add(1).ok_or(SheetError::Damaged)?;
        self.row = tag.number("Index").unwrap_or(next);
        if self.row < next {
            return Err(SheetError::Damaged);
        }
        self.span = tag.number("Span").unwrap_or(0);
        self.next_column = 0;
        Ok(())
    }

    /// A cell goes where its index says, else behind the last one, past what merged cells cover.
    fn begin_cell(&mut self, tag: &Tag<'_>) -> Result<(), SheetError> {
        self.end_cell()?;
        self.has_formula = tag.attribute("Formula").is_some();
        let is_covered = |column: usize| self.covered.get(column).is_some_and(|last| *last >= self.row);
        self.column = match tag.number("Index").and_then(|index| index.checked_sub(1)) {
            Some(column) => column as usize,
            None => (self.next_column..).find(|column| !is_covered(*column)).unwrap_or(self.next_column),
        };
        let across = tag.number("MergeAcross").unwrap_or(0) as usize;
        let down = tag.number("MergeDown").unwrap_or(0);
        let behind = self.column.saturating_add(across).saturating_add(1);
        self.next_column = behind;
        if let Some(merges) = &mut self.merges {
            merges.take((self.row, self.column), (self.row.saturating_add(down), self.column.saturating_add(across)));
        }
        if down > 0 {
            let last = behind.min(MAX_COLUMNS as usize);
            self.covered.resize(self.covered.len().max(last), 0);
            let merged = self.covered.get_mut(self.column..last).unwrap_or_default();
            merged.fill(self.row.saturating_add(down));
        }
        Ok(())
    }

    /// Of a formula whose cell has no data, the value is not in the file.
    fn end_cell(&mut self) -> Result<(), SheetError> {
        if self.has_formula { self.fill(Cell::Unread(Unread::Formula)) } else { Ok(()) }
    }

    fn fill(&mut self, cell: Cell) -> Result<(), SheetError> {
        self.has_formula = false;
        let is_blank = matches!(&cell, Cell::Text(text) if text.trim().is_empty());
        if self.row > 0 && !is_blank {
            // The bounds are checked a row at a time; a row that has more cells than columns says one twice.
            if self.cells.len() > MAX_COLUMNS as usize + 1 {
                return Err(SheetError::Damaged);
            }
            self.cells.push((self.column, cell));
        }
        Ok(())
    }

    fn end_row(
        &mut self,
        visit: &mut impl FnMut(RawRow) -> Result<ControlFlow<()>, SheetError>,
    ) -> Result<ControlFlow<()>, SheetError> {
        self.end_cell()?;
        let cells = std::mem::take(&mut self.cells);
        if cells.is_empty() { Ok(ControlFlow::Continue(())) } else { visit((self.row, cells)) }
    }
}

/// A cell by the type that its data declares.
fn cell(kind: &str, text: String) -> Cell {
    match kind {
        "Number" => text.trim().replace(',', ".").parse().map_or(Cell::Text(text), Cell::Number),
        "DateTime" => text.trim().get(..10).and_then(|day| day.parse().ok()).map_or(Cell::Text(text), Cell::Date),
        "Boolean" => Cell::Bool(text.trim() == "1"),
        _ => Cell::Text(text),
    }
}

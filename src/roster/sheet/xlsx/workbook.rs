//! `.xlsx`, read cell by cell in the daemon itself: of its sheets no more is held than one row, whatever they claim, and of
//! its shared texts no more than their bound.

use std::io::Read;
use std::ops::ControlFlow;

use calamine::{Data, ExcelDateTime, ExcelDateTimeType};

use super::archive::Archive;
use super::package::{Package, Shown};
use super::shared_texts::{SharedTexts, item, without_escapes};
use super::tokens::{Element, PlainCell, Token, Tokens};
use crate::roster::sheet::bounds::{MAX_SHEET_ROWS, MAX_WORKBOOK_ROWS};
use crate::roster::sheet::cell::{Cell, Row, SheetError, Unread, Wanted, raw, text_cell};
use crate::roster::sheet::merges::{Merge, Merges};
use crate::roster::sheet::meter::{Deadline, Meter};

/// An opened workbook.
pub(in crate::roster) struct XlsxWorkbook<'a> {
    archive: Archive<'a>,
    package: Package,
    shared: SharedTexts,
}

impl<'a> XlsxWorkbook<'a> {
    pub(in crate::roster) fn open(mut archive: Archive<'a>, deadline: Deadline) -> Result<Self, SheetError> {
        let package = Package::read(&mut archive, deadline)?;
        let shared = match package.shared_texts {
            Some(part) => archive.large_part(part, deadline, SharedTexts::read)?,
            None => SharedTexts::default(),
        };
        Ok(Self { archive, package, shared })
    }

    /// The names of the sheets that a person sees.
    pub(in crate::roster) fn sheets(&self) -> Vec<String> {
        self.named(false)
    }

    /// The names of the sheets that a person does not see.
    pub(in crate::roster) fn hidden(&self) -> Vec<String> {
        self.named(true)
    }

    fn named(&self, hidden: bool) -> Vec<String> {
        self.package.sheets.iter().filter(|sheet| sheet.is_hidden == hidden).map(|sheet| sheet.name.clone()).collect()
    }

    fn part(&self, sheet: &str) -> Result<usize, SheetError> {
        let named = self.package.sheets.iter().filter(|one| one.name == sheet);
        Ok(named.min_by_key(|one| one.is_hidden).ok_or(SheetError::Damaged)?.part)
    }

    /// The merged cells of `sheet`. They stand behind its cells, which are passed over unread.
    pub(in crate::roster) fn merges(&mut self, sheet: &str, deadline: Deadline) -> Result<Vec<Merge>, SheetError> {
        let part = self.part(sheet)?;
        self.archive.large_part(part, deadline, |mut tokens| {
            let mut merges = Merges::default();
            if !tokens.seek(b"mergeCell")? {
                return Ok(Vec::new());
            }
            while let Some(token) = tokens.next()? {
                match token {
                    Token::Open(element) if element.name == b"mergeCell" => {
                        if let Some((first, last)) = element.attribute(b"ref").and_then(corners) {
                            merges.take(first, last);
                        }
                    }
                    Token::Close(b"mergeCells") => break,
                    _ => {}
                }
                if merges.is_full() {
                    break;
                }
            }
            Ok(merges.into_all())
        })
    }

    /// Shows the rows of `sheet` to `visit`, from the top, until it breaks.
    pub(in crate::roster) fn rows(
        &mut self,
        sheet: &str,
        deadline: Deadline,
        wanted: &Wanted,
        mut visit: impl FnMut(Row) -> ControlFlow<()>,
    ) -> Result<(), SheetError> {
        let part = self.part(sheet)?;
        let sheet = Values { shared: &self.shared, package: &self.package };
        self.archive.large_part(part, deadline, |tokens| {
            let meter = Meter::new(MAX_WORKBOOK_ROWS, deadline);
            let mut cells = Cells { tokens, sheet, row: 1, column: 0, text: String::new(), meter };
            if !cells.enter()? {
                return cells.tokens.finish();
            }
            let (mut row, mut width) = (Row::default(), 0);
            while let Some((number, column, found)) = cells.next(wanted)? {
                if number < row.number {
                    return Err(SheetError::Damaged);
                }
                if number > row.number {
                    width = row.width().max(width);
                    let done = std::mem::replace(&mut row, Row::with_room(number, width));
                    if done.width() > 0 && visit(done).is_break() {
                        return Ok(());
                    }
                }
                // Of a cell that stands there twice the last value counts.
                let is_value = !matches!(found, Cell::Empty | Cell::Unread(_));
                if is_value || (found != Cell::Empty && *row.cell(column) == Cell::Empty) {
                    row.put(column, found);
                }
            }
            if row.width() > 0 && visit(row).is_break() {
                return Ok(());
            }
            cells.meter.finish()?;
            cells.tokens.finish()
        })
    }
}

/// The cells of one sheet, one after the other.
struct Cells<'a, R> {
    tokens: Tokens<R>,
    sheet: Values<'a>,
    /// Where a cell stands that does not say where, from 1.
    row: u32,
    /// The column at which a cell stands that does not say where, from 0.
    column: usize,
    /// What stands in the cell, as it is written; kept for the next one.
    text: String,
    meter: Meter,
}

impl<R: Read> Cells<'_, R> {
    /// Goes to where the cells begin; false if there are none.
    fn enter(&mut self) -> Result<bool, SheetError> {
        loop {
            match self.tokens.more()? {
                Token::Open(element) if element.name == b"sheetData" => return Ok(!element.is_empty),
                _ => {}
            }
        }
    }

    /// The next filled cell: its row from 1, its column from 0, and what is in it if that is wanted.
    fn next(&mut self, wanted: &Wanted) -> Result<Option<(u32, usize, Cell)>, SheetError> {
        loop {
            if let Some(cell) = self.tokens.plain_cell() {
                let head = Head::of_plain(&cell, (self.row, self.column))?;
                self.meter.step()?;
                self.column = head.column + 1;
                if head.kind != CellKind::Inline && self.sheet.is_filled(&head, cell.value, &mut self.meter)? {
                    let cell = if wanted.has(head.column) { self.sheet.value(&head, cell.value)? } else { Cell::Empty };
                    return Ok(Some((head.row, head.column, cell)));
                }
                continue;
            }
            match self.tokens.more()? {
                Token::Open(element) if element.name == b"row" => {
                    self.meter.step()?;
                    if let Some(number) = element.attribute(b"r") {
                        self.row = row_number(number)?;
                    }
                    within_sheet(self.row)?;
                    self.column = 0;
                    self.row += u32::from(element.is_empty);
                }
                Token::Close(b"row") => self.row += 1,
                Token::Open(element) if element.name == b"c" => {
                    let head = Head::of(&element, (self.row, self.column))?;
                    let is_empty = element.is_empty;
                    self.meter.step()?;
                    self.column = head.column + 1;
                    let content = if is_empty { Content::Nothing } else { self.content(&head)? };
                    let is_filled = match content {
                        Content::Nothing => false,
                        Content::Value => self.sheet.is_filled(&head, &self.text, &mut self.meter)?,
                        Content::Formula => self.meter.filled(head.column, head.row).map(|()| true)?,
                    };
                    if is_filled {
                        let cell = match content {
                            _ if !wanted.has(head.column) => Cell::Empty,
                            Content::Formula => Cell::Unread(Unread::Formula),
                            _ => self.sheet.value(&head, &self.text)?,
                        };
                        return Ok(Some((head.row, head.column, cell)));
                    }
                }
                Token::Close(b"sheetData") => return Ok(None),
                _ => {}
            }
        }
    }

    /// Reads what stands in the open cell.
    fn content(&mut self, head: &Head) -> Result<Content, SheetError> {
        self.text.clear();
        let is_inline = head.kind == CellKind::Inline;
        let (mut has_value, mut has_formula) = (false, false);
        loop {
            match self.tokens.more()? {
                Token::Open(element) if element.is_empty => has_formula |= element.name == b"f",
                Token::Open(element) if element.name == b"v" && !is_inline => {
                    self.tokens.text(&mut self.text)?;
                    has_value = true;
                }
                Token::Open(element) if element.name == b"is" => {
                    item(&mut self.tokens, b"is", &mut self.text)?;
                    has_value = true;
                }
                Token::Open(element) => {
                    has_formula |= element.name == b"f";
                    self.tokens.skip()?;
                }
                // A text that a formula gave may be empty; a value that is not there is another matter.
                Token::Close(b"c") if has_formula && self.text.is_empty() && head.kind != CellKind::Written => {
                    return Ok(Content::Formula);
                }
                Token::Close(b"c") => return Ok(if has_value { Content::Value } else { Content::Nothing }),
                // Whatever was opened in the cell has been read to its end.
                Token::Close(_) => return Err(SheetError::Damaged),
                _ => {}
            }
        }
    }
}

/// What stands in a cell that is no plain one.
#[derive(Clone, Copy)]
enum Content {
    Nothing,
    Value,
    /// A formula, and no value of it.
    Formula,
}

/// What cells of a sheet refer to.
#[derive(Clone, Copy)]
struct Values<'a> {
    shared: &'a SharedTexts,
    package: &'a Package,
}

impl Values<'_> {
    /// Counts a cell just read against the bounds, unless a person sees nothing in it.
    fn is_filled(self, head: &Head, text: &str, meter: &mut Meter) -> Result<bool, SheetError> {
        let is_usual = || digits(text.as_bytes()).is_some_and(|index| self.shared.is_usual(index as usize));
        if head.kind == CellKind::Shared && is_usual() {
            meter.filled(head.column, head.row)?;
            return Ok(true);
        }
        let text = if head.kind == CellKind::Shared { shared(self.shared, text)? } else { text };
        if text.trim_start().is_empty() {
            return Ok(false);
        }
        meter.filled(head.column, head.row)?;
        Ok(true)
    }

    fn value(self, head: &Head, text: &str) -> Result<Cell, SheetError> {
        Ok(match head.kind {
            CellKind::Shared => text_cell(shared(self.shared, text)?),
            CellKind::Inline => text_cell(text),
            CellKind::Written => text_cell(&without_escapes(text)),
            CellKind::Bool => match text.trim() {
                "1" => Cell::Bool(true),
                "0" => Cell::Bool(false),
                other if other.eq_ignore_ascii_case("true") => Cell::Bool(true),
                other if other.eq_ignore_ascii_case("false") => Cell::Bool(false),
                _ => return Err(SheetError::Damaged),
            },
            CellKind::Date => raw(&Data::DateTimeIso(text.to_owned())).tidied(),
            CellKind::Number => match text.trim().parse::<f64>().ok().filter(|number| number.is_finite()) {
                Some(number) => self.number(number, head.style),
                None => text_cell(text),
            },
        })
    }

    /// A number as its style shows it.
    fn number(self, number: f64, style: usize) -> Cell {
        match self.package.styles.get(style) {
            Some(Shown::Date) => {
                raw(&Data::DateTime(ExcelDateTime::new(number, ExcelDateTimeType::DateTime, self.package.is_1904)))
            }
            _ => Cell::Number(number),
        }
    }
}

/// The shared text that a cell names by its number.
fn shared<'a>(shared: &'a SharedTexts, index: &str) -> Result<&'a str, SheetError> {
    match index.trim() {
        "" => Ok(""),
        index => index.parse().ok().and_then(|index| shared.get(index)).ok_or(SheetError::Damaged),
    }
}

/// What a cell says of itself.
struct Head {
    /// From 1.
    row: u32,
    /// From 0.
    column: usize,
    style: usize,
    kind: CellKind,
}

/// How what stands in a cell is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CellKind {
    Number,
    /// The number of a shared text.
    Shared,
    /// A text in an element of its own.
    Inline,
    /// A text: what a formula gave, or the name of an error.
    Written,
    Bool,
    /// A date written out.
    Date,
}

impl CellKind {
    fn of(value: &[u8]) -> Result<Self, SheetError> {
        Ok(match value {
            b"n" => Self::Number,
            b"s" => Self::Shared,
            b"inlineStr" | b"is" => Self::Inline,
            b"str" | b"e" => Self::Written,
            b"b" => Self::Bool,
            b"d" => Self::Date,
            _ => return Err(SheetError::Damaged),
        })
    }
}

impl Head {
    fn of(element: &Element<'_>, usual: (u32, usize)) -> Result<Self, SheetError> {
        let mut head = Self { row: usual.0, column: usual.1, style: 0, kind: CellKind::Number };
        for (key, value) in element.attributes() {
            match key {
                b"r" => (head.row, head.column) = position(value)?,
                b"s" => head.style = style(value),
                b"t" => head.kind = CellKind::of(value)?,
                _ => {}
            }
        }
        Ok(head)
    }

    fn of_plain(cell: &PlainCell<'_>, usual: (u32, usize)) -> Result<Self, SheetError> {
        let (row, column) = cell.address.map_or(Ok(usual), position)?;
        let kind = cell.kind.map_or(Ok(CellKind::Number), CellKind::of)?;
        Ok(Self { row, column, style: cell.style.map_or(0, style), kind })
    }
}

fn style(value: &[u8]) -> usize {
    digits(value).map_or(usize::MAX, |style| style as usize)
}

/// `AQ7` → row 7, column 42.
fn position(address: &[u8]) -> Result<(u32, usize), SheetError> {
    let letters = address.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let (letters, number) = address.split_at(letters);
    // Three letters are the last column of any spreadsheet; more than six overflow nothing yet.
    if letters.is_empty() || letters.len() > 6 {
        return Err(SheetError::Damaged);
    }
    let column =
        letters.iter().fold(0, |column, letter| column * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1);
    Ok((row_number(number)?, column - 1))
}

/// The first and the last cell of `A1:B2`.
fn corners(range: &[u8]) -> Option<((u32, usize), (u32, usize))> {
    let colon = range.iter().position(|byte| *byte == b':')?;
    Some((position(&range[..colon]).ok()?, position(&range[colon + 1..]).ok()?))
}

/// A row's number, from 1.
fn row_number(number: &[u8]) -> Result<u32, SheetError> {
    let number = digits(number).filter(|number| *number > 0).ok_or(SheetError::Damaged)?;
    within_sheet(number)?;
    Ok(number)
}

fn within_sheet(row: u32) -> Result<(), SheetError> {
    if row <= MAX_SHEET_ROWS {
        return Ok(());
    }
    Err(SheetError::TooMuch { what: "rows, empty ones counted", limit: MAX_SHEET_ROWS.into() })
}

fn digits(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 9 {
        return None;
    }
    digits.iter().try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0')))
}

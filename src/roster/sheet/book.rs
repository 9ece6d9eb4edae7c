//! Any file → rows of cells. The content decides what a file is, never its name; every bound that a file can break is
//! checked before memory is spent on it, because these files come from outside.

use std::ops::ControlFlow;

use super::bounds::{
    MAX_ODS_BYTES, MAX_SHEETS, MAX_TEXT_BYTES, MAX_WORKBOOK_ROWS, MAX_XLS_BYTES, MAX_XLSX_BYTES, SAVE_ANEW, SPLIT,
};
use super::cell::{Cell, RawRow, Row, SheetError, Wanted};
use super::csv::delimited::Delimited;
use super::encoding::decode;
use super::foreign::{OLE, foreign, foreign_text, old_excel};
use super::html::mhtml;
use super::html::page::Pages;
use super::legacy::parent::{Isolation, Worker};
use super::legacy::protocol::Format;
use super::legacy::workbook::LegacyWorkbook;
use super::merges::Merge;
use super::meter::{Deadline, Meter};
use super::open_document;
use super::spreadsheet_ml::SpreadsheetMl;
use super::xlsx::archive::{Archive, Zipped};
use super::xlsx::workbook::XlsxWorkbook;

/// An opened file: one or more sheets whose rows are streamed, never held as a whole in this process.
pub struct Book<'a> {
    reader: Reader<'a>,
    /// The zip itself, where another reader reads it and does not tell all.
    open_document: Option<Archive<'a>>,
    deadline: Deadline,
}

enum Reader<'a> {
    Xlsx(Box<XlsxWorkbook<'a>>),
    Delimited(Delimited<'a>),
    SpreadsheetMl(SpreadsheetMl<'a>),
    Html(Pages<'a>),
    Legacy(LegacyWorkbook<'a>),
    Worker(Worker),
}

impl<'a> Book<'a> {
    /// Recognises and opens a file; one that can only be held as a whole is opened by a child process.
    pub fn open(bytes: &'a [u8]) -> Result<Self, SheetError> {
        Self::open_in(bytes, None)
    }

    /// Recognises and opens a file, reading one that can only be held as a whole where `isolation` says.
    pub fn open_in(bytes: &'a [u8], isolation: Option<&Isolation>) -> Result<Self, SheetError> {
        let book = Self::recognise(bytes, isolation)?;
        if book.sheets().len() > MAX_SHEETS {
            return Err(SheetError::TooMuch { what: "sheets", limit: MAX_SHEETS as u64 });
        }
        Ok(book)
    }

    fn recognise(bytes: &'a [u8], isolation: Option<&Isolation>) -> Result<Self, SheetError> {
        if bytes.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0) {
            return Err(SheetError::Empty);
        }
        if let Some(refusal) = foreign(bytes) {
            return Err(refusal);
        }
        if bytes.starts_with(OLE) {
            at_most(bytes, "an .xls file", MAX_XLS_BYTES, SAVE_ANEW)?;
            return old_excel(bytes).and_then(|()| Self::held(Format::Xls, bytes, isolation));
        }
        let deadline = Deadline::start(SPLIT);
        if bytes.starts_with(b"PK") {
            at_most(bytes, "a zipped workbook", MAX_XLSX_BYTES, SPLIT)?;
            let mut archive = Archive::open(bytes)?;
            return match archive.kind()? {
                Zipped::Xlsx => {
                    let workbook = Box::new(XlsxWorkbook::open(archive, deadline)?);
                    Ok(Self::new(Reader::Xlsx(workbook), deadline))
                }
                Zipped::Ods => {
                    at_most(bytes, "an .ods file", MAX_ODS_BYTES, SAVE_ANEW)?;
                    archive.look_through(Deadline::start(SAVE_ANEW))?;
                    Ok(Self { open_document: Some(archive), ..Self::held(Format::Ods, bytes, isolation)? })
                }
            };
        }
        at_most(bytes, "a text file", MAX_TEXT_BYTES, SPLIT)?;
        if mhtml::is_archive(bytes) {
            let deadline = Deadline::start(SAVE_ANEW);
            return Ok(Self::new(Reader::Html(mhtml::open(bytes, deadline)?), deadline));
        }
        let text = decode(bytes)?;
        if let Some(refusal) = foreign_text(&text) {
            return Err(refusal);
        }
        let kind = markup(&text)?;
        let deadline = if kind == Markup::None { deadline } else { Deadline::start(SAVE_ANEW) };
        let reader = match kind {
            Markup::None => Reader::Delimited(Delimited::open(text)?),
            Markup::SpreadsheetMl => Reader::SpreadsheetMl(SpreadsheetMl::open(text, deadline)?),
            Markup::Html => Reader::Html(Pages::open(text, deadline)?),
        };
        Ok(Self::new(reader, deadline))
    }

    /// A file that can only be held as a whole. Its time begins when it gets its turn.
    fn held(format: Format, bytes: &'a [u8], isolation: Option<&Isolation>) -> Result<Self, SheetError> {
        let reader = match isolation.cloned().map_or_else(Isolation::usual, Ok)? {
            Isolation::Here => Reader::Legacy(LegacyWorkbook::open(format, bytes)?),
            Isolation::Child(program) => Reader::Worker(Worker::open(&program, format, bytes)?),
        };
        Ok(Self::new(reader, Deadline::start(SAVE_ANEW)))
    }

    fn new(reader: Reader<'a>, deadline: Deadline) -> Self {
        Self { reader, open_document: None, deadline }
    }

    /// Whether this is a text with separators, whose rows are quick to read again.
    #[must_use]
    pub fn is_text(&self) -> bool {
        matches!(self.reader, Reader::Delimited(_))
    }

    /// From now on time is no bound: the rows were all shown in time before, and whoever takes them again may have to wait for a
    /// database.
    pub(in crate::roster) fn again(&mut self) {
        self.deadline = Deadline::never();
    }

    #[cfg(test)]
    pub(in crate::roster) fn run_out_of_time(&mut self) {
        self.deadline = Deadline::over();
    }

    /// The names of the sheets that a person sees; a delimited text has one, without a name.
    #[must_use]
    pub fn sheets(&self) -> Vec<String> {
        match &self.reader {
            Reader::Delimited(_) => vec![String::new()],
            Reader::Xlsx(workbook) => workbook.sheets(),
            Reader::SpreadsheetMl(workbook) => workbook.sheets(),
            Reader::Html(pages) => pages.sheets(),
            Reader::Legacy(workbook) => workbook.sheets(),
            Reader::Worker(worker) => worker.sheets(),
        }
    }

    /// The names of the sheets that a person does not see; they are read like the others.
    #[must_use]
    pub fn hidden(&self) -> Vec<String> {
        let mut hidden = match &self.reader {
            Reader::Delimited(_) | Reader::Html(_) => Vec::new(),
            Reader::Xlsx(workbook) => workbook.hidden(),
            Reader::SpreadsheetMl(workbook) => workbook.hidden(),
            Reader::Legacy(workbook) => workbook.hidden(),
            Reader::Worker(worker) => worker.hidden(),
        };
        hidden.truncate(MAX_SHEETS);
        hidden
    }

    /// The merged cells of `sheet`, in no order. It goes through the whole sheet. Of more than [`MAX_MERGES`] the first are
    /// told.
    ///
    /// [`MAX_MERGES`]: super::bounds::MAX_MERGES
    pub fn merges(&mut self, sheet: &str) -> Result<Vec<Merge>, SheetError> {
        self.deadline.check()?;
        if let Some(archive) = &mut self.open_document {
            return open_document::merges(archive, sheet, self.deadline);
        }
        match &mut self.reader {
            Reader::Delimited(_) => Ok(Vec::new()),
            Reader::Xlsx(workbook) => workbook.merges(sheet, self.deadline),
            Reader::SpreadsheetMl(workbook) => workbook.merges(sheet),
            Reader::Html(pages) => pages.merges(sheet),
            Reader::Legacy(workbook) => workbook.merges(sheet),
            Reader::Worker(worker) => worker.merges(sheet),
        }
    }

    /// Shows the rows of `sheet` to `visit`, from the top, until it breaks. Only the columns that `wanted` names (from
    /// 0) are ever copied out of the file; rows without anything in them are left out.
    pub fn rows(
        &mut self,
        sheet: &str,
        wanted: impl Fn(usize) -> bool,
        mut visit: impl FnMut(Row) -> ControlFlow<()>,
    ) -> Result<(), SheetError> {
        self.deadline.check()?;
        let wanted = Wanted::new(wanted);
        let mut meter = Meter::new(MAX_WORKBOOK_ROWS, self.deadline);
        let mut has_enough = false;
        let show = |raw: RawRow| {
            let row = metered(&mut meter, raw, &wanted)?;
            let flow = if row.width() > 0 { visit(row) } else { ControlFlow::Continue(()) };
            has_enough = flow.is_break();
            Ok(flow)
        };
        match &mut self.reader {
            Reader::Legacy(workbook) => workbook.rows(sheet, 0, show)?,
            Reader::Worker(worker) => worker.rows(sheet, &wanted, show)?,
            Reader::SpreadsheetMl(workbook) => workbook.rows(sheet, show)?,
            Reader::Html(pages) => pages.rows(sheet, show)?,
            Reader::Delimited(text) => return text.rows(self.deadline, &wanted, visit),
            Reader::Xlsx(workbook) => return workbook.rows(sheet, self.deadline, &wanted, visit),
        }
        // Of a sheet left early, more lies below.
        if has_enough { Ok(()) } else { meter.finish() }
    }
}

/// Refuses a file of more than `limit` bytes.
fn at_most(bytes: &[u8], kind: &'static str, limit: usize, advice: &'static str) -> Result<(), SheetError> {
    if bytes.len() > limit { Err(SheetError::LargeFile { kind, bytes: limit, advice }) } else { Ok(()) }
}

/// A row as it stands in the file, counted against the bounds, with only what is wanted of it.
fn metered(meter: &mut Meter, raw: RawRow, wanted: &Wanted) -> Result<Row, SheetError> {
    let (number, cells) = raw;
    let mut row = Row::new(number);
    meter.step()?;
    for (column, cell) in cells {
        meter.filled(column, number)?;
        if wanted.has(column) {
            match cell.tidied() {
                Cell::Empty => {}
                cell => row.put(column, cell),
            }
        }
    }
    Ok(row)
}

/// What a text with tags is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Markup {
    None,
    SpreadsheetMl,
    Html,
}

/// How far into a text its kind is looked for, in bytes; Excel's pages begin with long lists of styles.
const KIND_WITHIN: usize = 4 << 10;
const TABLE_WITHIN: usize = 256 << 10;

/// What kind of markup a text is: programs save spreadsheets as XML and as web pages too, often under the name `.xls`.
fn markup(text: &str) -> Result<Markup, SheetError> {
    let head = text[..text.floor_char_boundary(KIND_WITHIN)].to_ascii_lowercase();
    let is_markup = head.trim_start().starts_with('<');
    if is_markup {
        if head.contains("urn:schemas-microsoft-com:office:spreadsheet") || head.contains("<workbook") {
            return Ok(Markup::SpreadsheetMl);
        }
        if head.contains("urn:oasis:names:tc:opendocument") {
            return Err(SheetError::OtherFormat("a flat OpenDocument file (.fods)"));
        }
        if head.contains("<frameset") || head.contains("<x:worksheetsource") {
            return Err(SheetError::OtherFormat("only the cover of a workbook that was saved as a web page"));
        }
        if head.contains("<html") || head.contains("<!doctype html") {
            return Ok(Markup::Html);
        }
    }
    // A program may say something before the page begins.
    let is_text_first = is_markup || head.contains('<');
    if is_text_first && has_table(&text[..text.floor_char_boundary(TABLE_WITHIN)]) {
        return Ok(Markup::Html);
    }
    if is_markup { Err(SheetError::NotATable("an XML text")) } else { Ok(Markup::None) }
}

fn has_table(text: &str) -> bool {
    let opens = |at: usize, name: &str| {
        let after = &text.as_bytes()[at + 1..];
        after.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
            && after.get(name.len()).is_some_and(|byte| *byte == b'>' || byte.is_ascii_whitespace())
    };
    let mut tags = text.match_indices('<').map(|(at, _)| at);
    tags.any(|at| opens(at, "table")) && tags.any(|at| opens(at, "tr") || opens(at, "td") || opens(at, "th"))
}

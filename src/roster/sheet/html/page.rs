//! A page as a sheet. Everything in it is text: whatever the page says of a cell's number format, its digits are all there.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::grid::Grid;
use super::pieces::{Piece, Pieces, attribute};
use crate::roster::sheet::bounds::MAX_CELL_BYTES;
use crate::roster::sheet::cell::{RawRow, SheetError, is_blank};
use crate::roster::sheet::markup::{Tag, unescape};
use crate::roster::sheet::merges::{Merge, Merges};
use crate::roster::sheet::meter::Deadline;
use crate::written::tidy;

/// How far a small table in a cell is looked through, in bytes, and how many rows it may have.
const SMALL_TABLE: usize = 4 << 10;
const SMALL_ROWS: usize = 3;
/// From so many filled cells on, a row is surely one of data, and a small table in its next cell belongs to it.
const ROW_OF_DATA: usize = 2;
/// How far into a page its sheet's name is looked for, in bytes.
const NAME_WITHIN: usize = 8 << 10;

/// Pages with tables, each a sheet.
pub(in crate::roster::sheet) struct Pages<'a> {
    pages: Vec<Page<'a>>,
    deadline: Deadline,
}

/// One page.
pub(super) struct Page<'a> {
    pub name: String,
    pub text: Cow<'a, str>,
}

impl<'a> Pages<'a> {
    /// A page on its own.
    pub(in crate::roster::sheet) fn open(text: Cow<'a, str>, deadline: Deadline) -> Result<Self, SheetError> {
        let name = sheet_names(&text).into_iter().next().unwrap_or_default();
        Self::new(vec![Page { name, text }], deadline)
    }

    /// Those of several pages that have a table.
    pub(super) fn new(mut pages: Vec<Page<'a>>, deadline: Deadline) -> Result<Self, SheetError> {
        let mut found = Ok(());
        pages.retain(|page| {
            has_cells(&page.text, deadline).unwrap_or_else(|error| {
                found = Err(error);
                false
            })
        });
        found?;
        if pages.is_empty() {
            Err(SheetError::NotATable("a web page without a table"))
        } else {
            Ok(Self { pages, deadline })
        }
    }

    /// The pages under these names, in their order, or under numbers if they are not as many.
    pub(super) fn called(mut self, names: &[String]) -> Self {
        let is_each = names.len() == self.pages.len()
            && names.iter().all(|name| names.iter().filter(|other| *other == name).count() == 1);
        let is_one = self.pages.len() == 1;
        for (at, page) in self.pages.iter_mut().enumerate() {
            page.name = match names.get(at).filter(|_| is_each) {
                Some(name) => name.clone(),
                None if is_one => String::new(),
                None => format!("Sheet{}", at + 1),
            };
        }
        self
    }

    pub(in crate::roster::sheet) fn sheets(&self) -> Vec<String> {
        self.pages.iter().map(|page| page.name.clone()).collect()
    }

    /// Shows the filled rows of `sheet` to `visit`, from the top, until it breaks.
    pub(in crate::roster::sheet) fn rows(
        &self,
        sheet: &str,
        visit: impl FnMut(RawRow) -> Result<ControlFlow<()>, SheetError>,
    ) -> Result<(), SheetError> {
        self.walk(sheet, &mut Grid::new(visit, None))
    }

    /// The merged cells of `sheet`.
    pub(in crate::roster::sheet) fn merges(&self, sheet: &str) -> Result<Vec<Merge>, SheetError> {
        let mut grid = Grid::new(|_| Ok(ControlFlow::Continue(())), Some(Merges::default()));
        self.walk(sheet, &mut grid)?;
        Ok(grid.merges.unwrap_or_default().into_all())
    }

    fn walk<V>(&self, sheet: &str, grid: &mut Grid<V>) -> Result<(), SheetError>
    where
        V: FnMut(RawRow) -> Result<ControlFlow<()>, SheetError>,
    {
        let Some(page) = self.pages.iter().find(|page| page.name == sheet) else { return Ok(()) };
        let mut reader = Reader { grid, open: None, text: String::new(), inner_tables: 0 };
        let mut pieces = Pieces::new(&page.text, self.deadline);
        while let Some(piece) = pieces.next()? {
            let flow = match piece {
                Piece::Text(text) => reader.text(text),
                Piece::Tag(tag) => reader.tag(&tag, pieces.rest())?,
            };
            if flow.is_break() {
                return Ok(());
            }
        }
        if reader.end_text()?.is_continue() {
            let _ = grid.end_row()?;
        }
        Ok(())
    }
}

/// What a page's tags and texts come to.
struct Reader<'g, V> {
    grid: &'g mut Grid<V>,
    /// The column of the open cell.
    open: Option<usize>,
    /// What stands in the open cell, or outside of every table since the last line ended.
    text: String,
    /// How many tables are open within a cell whose texts belong to it.
    inner_tables: u32,
}

impl<V: FnMut(RawRow) -> Result<ControlFlow<()>, SheetError>> Reader<'_, V> {
    /// A text in a row but in no cell is left out; between rows it is a line of its own, as a browser shows it. A text too long
    /// is cut where it still is too long.
    fn text(&mut self, text: &str) -> ControlFlow<()> {
        if (self.open.is_some() || self.grid.filled() == 0) && self.text.len() <= MAX_CELL_BYTES {
            let text = &text[..text.floor_char_boundary(8 * MAX_CELL_BYTES)];
            if self.text.is_empty() && text.trim_ascii_start().is_empty() {
                return ControlFlow::Continue(());
            }
            unescape(text, &mut self.text);
        }
        ControlFlow::Continue(())
    }

    fn tag(&mut self, tag: &Tag<'_>, rest: &str) -> Result<ControlFlow<()>, SheetError> {
        if self.inner_tables > 0 {
            return Ok(self.within_inner_table(tag));
        }
        if tag.is("td") || tag.is("th") {
            let flow = self.end_text()?;
            if !tag.is_closing {
                let span = |name| attribute(tag, name).and_then(|span| span.trim().parse().ok()).unwrap_or(1);
                self.open = Some(self.grid.begin_cell(span("colspan"), span("rowspan"))?);
            }
            Ok(flow)
        } else if tag.is("tr") {
            let flow = self.end_text()?;
            Ok(if flow.is_break() {
                flow
            } else if tag.is_closing {
                self.grid.end_row()?
            } else {
                self.grid.begin_row()?
            })
        } else if tag.is("table") {
            self.table(tag, rest)
        } else if tag.is("caption") {
            // A line of its own, though it stands in the table.
            let flow = self.end_text()?;
            if !tag.is_closing && flow.is_continue() {
                let _ = self.grid.begin_row()?;
                self.open = Some(self.grid.begin_cell(1, 1)?);
            }
            Ok(flow)
        } else if ["thead", "tbody", "tfoot"].iter().any(|name| tag.is(name)) {
            let flow = self.end_text()?;
            Ok(if flow.is_break() { flow } else { self.grid.end_row()? })
        } else if ends_line(tag) {
            if self.open.is_some() {
                self.text.push(' ');
                return Ok(ControlFlow::Continue(()));
            }
            self.end_text()
        } else {
            Ok(ControlFlow::Continue(()))
        }
    }

    fn table(&mut self, tag: &Tag<'_>, rest: &str) -> Result<ControlFlow<()>, SheetError> {
        if !tag.is_closing && self.open.is_some() && self.grid.filled() >= ROW_OF_DATA && is_small_table(rest) {
            self.inner_tables = 1;
            self.text.push(' ');
            return Ok(ControlFlow::Continue(()));
        }
        let flow = self.end_text()?;
        Ok(if flow.is_break() {
            flow
        } else if tag.is_closing {
            self.grid.end_table()?
        } else {
            self.grid.begin_table()?
        })
    }

    fn within_inner_table(&mut self, tag: &Tag<'_>) -> ControlFlow<()> {
        if tag.is("table") {
            self.inner_tables =
                if tag.is_closing { self.inner_tables - 1 } else { self.inner_tables.saturating_add(1) };
        }
        if self.text.len() <= MAX_CELL_BYTES {
            self.text.push(' ');
        }
        ControlFlow::Continue(())
    }

    /// The open cell or line ends.
    fn end_text(&mut self) -> Result<ControlFlow<()>, SheetError> {
        let column = self.open.take();
        if is_blank(&self.text) {
            self.text.clear();
            return Ok(ControlFlow::Continue(()));
        }
        let text = std::mem::take(&mut self.text);
        match column {
            Some(column) => self.grid.put(column, text),
            None => return self.grid.line(text),
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// Whether a line of text ends at this tag.
fn ends_line(tag: &Tag<'_>) -> bool {
    const BLOCKS: [&str; 16] =
        ["br", "p", "div", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "center", "body", "option"];
    BLOCKS.iter().any(|name| tag.is(name))
}

/// Whether the table that was just opened, within a cell, has only a few rows. A table that somebody forgot to close has more,
/// and what follows it is one of its own.
fn is_small_table(rest: &str) -> bool {
    let within = rest[..rest.floor_char_boundary(SMALL_TABLE)].to_ascii_lowercase();
    within.find("</table").is_some_and(|end| within[..end].matches("<tr").count() <= SMALL_ROWS)
}

fn has_cells(text: &str, deadline: Deadline) -> Result<bool, SheetError> {
    let mut pieces = Pieces::new(text, deadline);
    while let Some(piece) = pieces.next()? {
        if let Piece::Tag(tag) = piece
            && (tag.is("td") || tag.is("th"))
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The names that Excel's own words in the head of a page give to its sheets, in their order.
pub(super) fn sheet_names(text: &str) -> Vec<String> {
    let head = &text[..text.floor_char_boundary(NAME_WITHIN)];
    let named = head.split("<x:Name>").skip(1).filter_map(|after| after.split_once("</x:Name>"));
    named
        .map(|(name, _)| {
            let mut plain = String::new();
            unescape(name, &mut plain);
            tidy(&plain)
        })
        .collect()
}

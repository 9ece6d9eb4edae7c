//! Where in a sheet the cells of a page's tables go, as a spreadsheet program puts them when it opens the page: everything on
//! one sheet, tables below one another, and what stands between them in rows of its own.

use std::ops::ControlFlow;

use crate::roster::sheet::bounds::MAX_COLUMNS;
use crate::roster::sheet::cell::{Cell, RawRow, SheetError};
use crate::roster::sheet::merges::Merges;

/// How deep tables may stand in one another; what lies deeper is as if it stood there.
const DEEPEST: usize = 16;
/// The most rows and columns that one cell may claim; browsers have such bounds too.
const WIDEST_SPAN: u32 = 1_000;
const HIGHEST_SPAN: u32 = 65_534;

/// The sheet as it is filled, from the top.
pub(super) struct Grid<V> {
    /// From 1; 0 before the first.
    row: u32,
    has_open_row: bool,
    cells: Vec<(usize, Cell)>,
    tables: Vec<Table>,
    visit: V,
    pub(super) merges: Option<Merges>,
}

/// An open table.
#[derive(Default)]
struct Table {
    /// Where its next cell goes, from 0.
    next_column: usize,
    /// For each column the last row that a cell above covers.
    covered: Vec<u32>,
}

impl<V: FnMut(RawRow) -> Result<ControlFlow<()>, SheetError>> Grid<V> {
    pub(super) fn new(visit: V, merges: Option<Merges>) -> Self {
        Self { row: 0, has_open_row: false, cells: Vec::new(), tables: Vec::new(), visit, merges }
    }

    /// How many cells of the open row hold something.
    pub(super) fn filled(&self) -> usize {
        self.cells.len()
    }

    /// Opens a table; that of the table around it, its row ends here.
    pub(super) fn begin_table(&mut self) -> Result<ControlFlow<()>, SheetError> {
        let flow = self.end_row()?;
        if self.tables.len() == DEEPEST {
            self.tables.pop();
        }
        self.tables.push(Table::default());
        Ok(flow)
    }

    pub(super) fn end_table(&mut self) -> Result<ControlFlow<()>, SheetError> {
        let flow = self.end_row()?;
        self.tables.pop();
        Ok(flow)
    }

    pub(super) fn begin_row(&mut self) -> Result<ControlFlow<()>, SheetError> {
        let flow = self.end_row()?;
        if self.tables.is_empty() {
            self.tables.push(Table::default());
        }
        self.open_row()?;
        self.tables.iter_mut().next_back().into_iter().for_each(|table| table.next_column = 0);
        Ok(flow)
    }

    fn open_row(&mut self) -> Result<(), SheetError> {
        self.row = self.row.checked_add(1).ok_or(SheetError::Damaged)?;
        self.has_open_row = true;
        Ok(())
    }

    /// Opens a cell and gives its column: the next one that no cell above covers.
    pub(super) fn begin_cell(&mut self, across: u32, down: u32) -> Result<usize, SheetError> {
        if !self.has_open_row {
            self.open_row()?;
        }
        if self.tables.is_empty() {
            self.tables.push(Table::default());
        }
        let row = self.row;
        let Some(table) = self.tables.last_mut() else { return Ok(0) };
        let is_covered = |column: usize| table.covered.get(column).is_some_and(|last| *last >= row);
        let column = (table.next_column..).find(|column| !is_covered(*column)).unwrap_or(table.next_column);
        let (across, down) = (across.clamp(1, WIDEST_SPAN), down.clamp(1, HIGHEST_SPAN));
        let behind = column.saturating_add(across as usize);
        table.next_column = behind;
        if down > 1 {
            let last = behind.min(MAX_COLUMNS as usize);
            table.covered.resize(table.covered.len().max(last), 0);
            table.covered.get_mut(column..last).unwrap_or_default().fill(row.saturating_add(down - 1));
        }
        if let Some(merges) = &mut self.merges {
            merges.take((row, column), (row.saturating_add(down - 1), behind - 1));
        }
        Ok(column)
    }

    /// Puts a text into a column of the open row. Of what lies too far to the right one cell is enough to be told of.
    pub(super) fn put(&mut self, column: usize, text: String) {
        let is_beyond = |column: usize| column >= MAX_COLUMNS as usize;
        if !is_beyond(column) || !self.cells.last().is_some_and(|(last, _)| is_beyond(*last)) {
            self.cells.push((column, Cell::Text(text)));
        }
    }

    /// A row of its own for one text.
    pub(super) fn line(&mut self, text: String) -> Result<ControlFlow<()>, SheetError> {
        let flow = self.end_row()?;
        self.open_row()?;
        self.put(0, text);
        Ok(if flow.is_break() { flow } else { self.end_row()? })
    }

    pub(super) fn end_row(&mut self) -> Result<ControlFlow<()>, SheetError> {
        self.has_open_row = false;
        if self.cells.is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        (self.visit)((self.row, std::mem::take(&mut self.cells)))
    }
}

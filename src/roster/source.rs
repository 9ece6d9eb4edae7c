//! A file whose rows can be gone through more than once: what only the whole file shows must be known before its first row
//! is taken. A short file's rows are kept from the first look on; a long text is read anew, so that a million rows need
//! little memory.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::mpsc::sync_channel;

use super::census::{Census, Shared, Totals};
use super::check::{self, Checked, Rules};
use super::field::Headings;
use super::layout::Layout;
use super::sheet::{Book, Row, SheetError};
use super::{Isolation, RosterError};

/// So many checked rows of a workbook are kept, some hundred bytes each: as many as it may have, for it is slow to read again.
const KEPT_ROWS: usize = super::bounds::MAX_WORKBOOK_ROWS as usize;
/// Rows in one piece of those.
const KEPT_PIECE: usize = 1024;
/// The rows of a text that is longer than this, in bytes, are not kept at all: it is in memory as a whole beside them, and
/// quick to read again.
const LONG_TEXT: usize = 24 << 20;

/// Rows that are read before they are checked, and how many such batches may wait for that.
const BATCH: usize = 128;
const BATCHES_AHEAD: usize = 4;

/// An opened roster.
pub struct Source<'a> {
    book: Book<'a>,
    layout: Layout,
    rules: Rules,
    shared: Shared,
    totals: Totals,
    /// The rows, where there are few enough, in pieces that never have to be moved.
    kept: Option<Vec<Vec<Checked>>>,
}

impl<'a> Source<'a> {
    /// Opens a file, finds its roster and looks at every row once.
    pub fn open(
        isolation: Option<&Isolation>,
        bytes: &'a [u8],
        file_name: &str,
        rules: &Rules,
        headings: &Headings,
    ) -> Result<Self, RosterError> {
        let mut book = Book::open_in(bytes, isolation)?;
        let layout = Layout::find(&mut book, file_name, headings)?;
        let mut census = Census::default();
        let most = if book.is_text() && bytes.len() > LONG_TEXT { 0 } else { KEPT_ROWS };
        let mut kept = Some(Vec::<Vec<Checked>>::new());
        let mut count = 0;
        each(&mut book, &layout, rules, |checked| {
            census.count(&checked);
            count += 1;
            if count > most {
                kept = None;
            }
            if let Some(pieces) = &mut kept {
                match pieces.last_mut() {
                    Some(piece) if piece.len() < KEPT_PIECE => piece.push(checked),
                    _ => {
                        let mut piece = Vec::with_capacity(KEPT_PIECE);
                        piece.push(checked);
                        pieces.push(piece);
                    }
                }
            }
            ControlFlow::Continue(())
        })?;
        let (shared, totals) = census.finish();
        if totals.rows == 0 {
            return Err(RosterError::NoStudents { header_row: layout.header_row });
        }
        Ok(Self { book, layout, rules: rules.clone(), shared, totals, kept })
    }

    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    #[must_use]
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// Shows every row about somebody, in the file's order, until `visit` breaks. Kept rows are given away: they are there
    /// once.
    pub fn rows(&mut self, mut visit: impl FnMut(Checked) -> ControlFlow<()> + Send) -> Result<(), SheetError> {
        let (layout, shared) = (&self.layout, &self.shared);
        let mut show = |mut checked: Checked| {
            shared.mark(layout, &mut checked);
            visit(checked)
        };
        match self.kept.take() {
            Some(pieces) => {
                let _ = pieces.into_iter().flatten().try_for_each(show);
                Ok(())
            }
            None => {
                self.book.again();
                each(&mut self.book, layout, &self.rules, &mut show)
            }
        }
    }
}

/// Reads every row here; a thread beside checks them and shows them to `visit`.
fn each(
    book: &mut Book<'_>,
    layout: &Layout,
    rules: &Rules,
    mut visit: impl FnMut(Checked) -> ControlFlow<()> + Send,
) -> Result<(), SheetError> {
    let wanted: BTreeSet<usize> = layout.columns.values().map(|column| column.index).collect();
    std::thread::scope(|scope| {
        let (batches, waiting) = sync_channel::<Vec<Row>>(BATCHES_AHEAD);
        let beside = move || {
            let mut rows = waiting.iter().flatten().filter_map(|row| check::check(layout, rules, &row));
            let _ = rows.try_for_each(&mut visit);
        };
        std::thread::Builder::new().spawn_scoped(scope, beside).map_err(|_| SheetError::Interrupted)?;
        let mut batch = Vec::with_capacity(BATCH);
        book.rows(
            &layout.sheet,
            |column| wanted.contains(&column),
            |row| {
                if row.number < layout.first_data_row {
                    return ControlFlow::Continue(());
                }
                batch.push(row);
                if batch.len() < BATCH {
                    return ControlFlow::Continue(());
                }
                let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH));
                // Nobody takes it once `visit` has seen enough.
                if batches.send(full).is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            },
        )?;
        let _ = batches.send(batch);
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_were_read_in_time_wait_for_a_slow_database() {
        let rules = Rules { region: "52.71".to_owned(), today: "2026-11-23".parse().unwrap() };
        let text =
            b"nisn,nama,jk,tanggal_lahir\n0101234567,Siti Contoh,P,2010-05-01\n0101234568,Budi Contoh,L,2010-05-02\n";
        let mut source = Source::open(None, text, "daftar.csv", &rules, &Headings::default()).unwrap();
        source.kept = None;
        source.book.run_out_of_time();
        let mut count = 0;
        let read = source.rows(|_| {
            count += 1;
            ControlFlow::Continue(())
        });
        assert_eq!((read, count), (Ok(()), 2));
    }
}

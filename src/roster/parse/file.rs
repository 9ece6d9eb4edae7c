//! A file whose rows can be gone through more than once: what only the whole file shows must be known before its first row
//! is taken. A short file's rows are kept from the first look on; a long text is read anew, so that a million rows need
//! little memory.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::mpsc::sync_channel;

use super::census::{Census, SharedNumbers, Totals};
use super::check::{self, Checked, Rules};
use super::compose::Composer;
use super::error::RosterError;
use super::field::Headings;
use super::habits::Habits;
use super::layout::{Layout, LayoutError, Layouts};
use super::observed::Observed;
use crate::roster::sheet::book::Book;
use crate::roster::sheet::bounds::MAX_WORKBOOK_ROWS;
use crate::roster::sheet::cell::{Row, SheetError};
use crate::roster::sheet::legacy::parent::Isolation;

/// So many checked rows of a workbook are kept, some hundred bytes each: as many as it may have, for it is slow to read again.
const KEPT_ROWS: usize = MAX_WORKBOOK_ROWS as usize;
/// Rows in one piece of those.
const KEPT_PIECE: usize = 1024;
/// The rows of a text that is longer than this, in bytes, are not kept at all: it is in memory as a whole beside them, and
/// quick to read again.
const LONG_TEXT: usize = 4 << 20;

/// Rows that are read before they are checked, and how many such batches may wait for that.
const BATCH: usize = 128;
const BATCHES_AHEAD: usize = 4;

/// An opened roster.
pub struct RosterFile<'a> {
    book: Book<'a>,
    layouts: Layouts,
    copies: Vec<String>,
    rules: Rules,
    shared: SharedNumbers,
    totals: Totals,
    /// The rows, where there are few enough, in pieces that never have to be moved.
    kept: Option<Pieces>,
}

type Pieces = Vec<Vec<Checked>>;

/// What one look at every row gives.
pub(in crate::roster) struct Look {
    pub(in crate::roster) census: Census,
    /// Each roster's.
    habits: Vec<Habits>,
    pub(in crate::roster) kept: Option<Pieces>,
}

impl<'a> RosterFile<'a> {
    /// Opens a file, finds its rosters and looks at every row once.
    pub fn open(
        isolation: Option<&Isolation>,
        bytes: &'a [u8],
        file_name: &str,
        rules: &Rules,
        headings: &Headings,
    ) -> Result<Self, RosterError> {
        let mut book = Book::open_in(bytes, isolation)?;
        let mut layouts = Layouts::find(&mut book, file_name, headings)?;
        let most = if book.is_text() && bytes.len() > LONG_TEXT { 0 } else { KEPT_ROWS };
        let mut copies = Vec::new();
        let (census, kept) = loop {
            let Look { census, habits, kept } = look(&mut book, &layouts, rules, most)?;
            if layouts.learn(habits.into_iter()) {
                book.again();
                continue;
            }
            let repetition = census.repetition(&layouts);
            let name = |at: usize| layouts.iter().nth(at).map(Layout::shown_sheet).unwrap_or_default();
            if let Some((one, other, students)) = repetition.contradiction {
                return Err(LayoutError::SameStudents { one: name(one), other: name(other), students }.into());
            }
            if repetition.copies.is_empty() {
                break (census, kept);
            }
            copies.extend(repetition.copies.into_iter().map(name));
            // What is left is numbered anew, so that it is looked at anew.
            layouts = layouts.without(&copies).ok_or(SheetError::Damaged)?;
            book.again();
        };
        let are_formulas = census.is_all_formulas();
        let (shared, totals) = census.finish();
        if totals.rows == 0 {
            return Err(RosterError::NoStudents { header_row: layouts.first().header_row });
        }
        if are_formulas {
            return Err(RosterError::OnlyFormulas { header_row: layouts.first().header_row });
        }
        Ok(Self { book, layouts, copies, rules: rules.clone(), shared, totals, kept })
    }

    #[must_use]
    pub fn layouts(&self) -> &Layouts {
        &self.layouts
    }

    /// Sheets that were left out, since their students all stand on another sheet.
    #[must_use]
    pub fn copies(&self) -> &[String] {
        &self.copies
    }

    #[must_use]
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// Shows every row about somebody, in the file's order, until `visit` breaks. Kept rows are given away: they are there
    /// once.
    pub fn rows(&mut self, mut visit: impl FnMut(Checked) -> ControlFlow<()> + Send) -> Result<(), SheetError> {
        let (layouts, shared) = (&self.layouts, &self.shared);
        let mut show = |mut checked: Checked| {
            shared.mark(layouts, &mut checked);
            visit(checked)
        };
        match self.kept.take() {
            Some(pieces) => {
                let _ = pieces.into_iter().flatten().try_for_each(show);
                Ok(())
            }
            None => {
                self.book.again();
                each(&mut self.book, layouts, &self.rules, &mut show)
            }
        }
    }
}

/// Looks at every row once, and keeps them if they are at most `most`; several sheets may not have more together.
pub(in crate::roster) fn look(
    book: &mut Book<'_>,
    layouts: &Layouts,
    rules: &Rules,
    most: usize,
) -> Result<Look, RosterError> {
    let mut census = Census::default();
    let mut observed: Vec<Observed> = layouts.iter().map(|_| Observed::default()).collect();
    let mut kept = Some(Pieces::new());
    let mut count = 0;
    let is_bounded = layouts.are_several();
    each(book, layouts, rules, |checked| {
        census.count(&checked);
        if let Some(observed) = observed.get_mut(checked.row.sheet()) {
            observed.count(&checked);
        }
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
        if is_bounded && count > most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    if is_bounded && count > most {
        return Err(SheetError::TooMuch { what: "rows", limit: most as u64 }.into());
    }
    let habits = layouts.iter().zip(&observed).map(|(layout, observed)| observed.habits(layout)).collect();
    Ok(Look { census, habits, kept })
}

/// Reads every row of every list.
fn each(
    book: &mut Book<'_>,
    layouts: &Layouts,
    rules: &Rules,
    mut visit: impl FnMut(Checked) -> ControlFlow<()> + Send,
) -> Result<(), SheetError> {
    let all: Vec<&Layout> = layouts.iter().collect();
    for on_sheet in all.chunk_by(|left, right| left.sheet == right.sheet) {
        let mut is_enough = false;
        each_of(book, on_sheet, rules, |checked| {
            let flow = visit(checked);
            is_enough = flow.is_break();
            flow
        })?;
        if is_enough {
            break;
        }
    }
    Ok(())
}

/// Reads every row of one sheet's lists here; a thread beside checks them and shows them to `visit`.
fn each_of(
    book: &mut Book<'_>,
    layouts: &[&Layout],
    rules: &Rules,
    mut visit: impl FnMut(Checked) -> ControlFlow<()> + Send,
) -> Result<(), SheetError> {
    let (Some(sheet), Some(first_row)) = (layouts.first(), layouts.iter().map(|layout| layout.first_data_row).min())
    else {
        return Ok(());
    };
    let wanted: BTreeSet<usize> = layouts.iter().flat_map(|layout| layout.wanted()).collect();
    std::thread::scope(|scope| {
        let (batches, waiting) = sync_channel::<Vec<Row>>(BATCHES_AHEAD);
        let beside = move || {
            let mut lists: Vec<(&Layout, Composer)> =
                layouts.iter().map(|layout| (*layout, Composer::new(layout))).collect();
            let _ = waiting.iter().flatten().try_for_each(|row| of_row(&mut lists, rules, row, &mut visit));
        };
        std::thread::Builder::new().spawn_scoped(scope, beside).map_err(|_| SheetError::Interrupted)?;
        let mut batch = Vec::with_capacity(BATCH);
        book.rows(
            &sheet.sheet,
            |column| wanted.contains(&column),
            |row| {
                if row.number < first_row {
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

/// Shows what each of a sheet's lists has in one row.
fn of_row(
    lists: &mut [(&Layout, Composer)],
    rules: &Rules,
    row: Row,
    visit: &mut impl FnMut(Checked) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let mut holding: Vec<_> = lists.iter_mut().filter(|(layout, _)| layout.holds(row.number)).collect();
    let Some((layout, composer)) = holding.pop() else { return ControlFlow::Continue(()) };
    // Only lists side by side need a row more than once.
    for (beside, its) in holding {
        if let Some(checked) = check::check(beside, rules, &its.whole(row.clone())) {
            visit(checked)?;
        }
    }
    if let Some(checked) = check::check(layout, rules, &composer.whole(row)) {
        visit(checked)?;
    }
    ControlFlow::Continue(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_were_read_in_time_wait_for_a_slow_database() {
        let rules =
            Rules { region: "52.71".to_owned(), today: "2026-11-23".parse().unwrap(), ages: Default::default() };
        let text =
            b"nisn,nama,jk,tanggal_lahir\n0101234567,Siti Contoh,P,2010-05-01\n0101234568,Budi Contoh,L,2010-05-02\n";
        let mut source = RosterFile::open(None, text, "daftar.csv", &rules, &Headings::default()).unwrap();
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

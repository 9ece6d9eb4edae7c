//! Which cells of a sheet a person sees as one, though only the first holds something.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::bounds::{LAST_ROW, MAX_COLUMNS, MAX_MERGES};

/// Cells that are shown as one. What stands in it stands in the first, at the top left; at least two cells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merge {
    /// As the spreadsheet shows them, from 1. They may be very many: a merge may reach to the sheet's end.
    pub rows: RangeInclusive<u32>,
    /// From 0; none lies beyond the last column that is read.
    pub columns: RangeInclusive<usize>,
}

/// The merges of a sheet as they are found: no more than [`MAX_MERGES`], the first ones, for a reporting program that merges
/// cells on every row of a long list must not make it unreadable.
#[derive(Default)]
pub(super) struct Merges(Vec<Merge>);

impl Merges {
    /// Takes the merge from one cell (row from 1, column from 0) to another, unless it is none.
    pub(super) fn take(&mut self, first: (u32, usize), last: (u32, usize)) {
        let last = (last.0.min(LAST_ROW), last.1.min(MAX_COLUMNS as usize - 1));
        let is_merge = first.0 > 0 && first.0 <= last.0 && first.1 <= last.1 && first != last;
        if is_merge && !self.is_full() {
            self.0.push(Merge { rows: first.0..=last.0, columns: first.1..=last.1 });
        }
    }

    /// Whether no more are taken.
    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= MAX_MERGES
    }

    pub(super) fn into_all(self) -> Vec<Merge> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_a_merge_within_the_sheet_is_taken() {
        let mut merges = Merges::default();
        for (first, last) in [((1, 0), (1, 0)), ((2, 0), (1, 0)), ((0, 0), (1, 0)), ((1, 600), (2, 700))] {
            merges.take(first, last);
        }
        merges.take((1, 510), (u32::MAX, usize::MAX));
        assert_eq!(merges.into_all(), [Merge { rows: 1..=LAST_ROW, columns: 510..=511 }]);
    }

    #[test]
    fn the_first_merges_are_kept_however_many_there_are() {
        let mut merges = Merges::default();
        (1..=MAX_MERGES as u32 + 10).for_each(|row| merges.take((row, 0), (row, 1)));
        let all = merges.into_all();
        assert_eq!((all.len(), all[0].rows.clone()), (MAX_MERGES, 1..=1));
    }
}

//! What only all rows of a file show together: which numbers stand on several rows, how many rows look right, and whether two
//! sheets list the same students.

use std::collections::{HashMap, HashSet};

use super::check::{Checked, problem};
use super::field::Field;
use super::layout::Layouts;
use super::line::Line;
use super::problem::{Code, Level};

/// How many other rows a message about a duplicate names.
const NAMED_ROWS: usize = 5;

/// Counts a file's rows one after the other, holding a few bytes of each.
#[derive(Default)]
pub(in crate::roster) struct Census {
    niks: Vec<Stands>,
    nisns: Vec<Stands>,
    persons: Vec<u64>,
    /// Where each sheet's persons begin.
    sheets: Vec<usize>,
    totals: Totals,
    /// Rows whose name or birth date is a formula without its value.
    by_formula: usize,
}

/// A number, and the row in which it stands: twelve bytes, since there may be a million.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(C, packed(4))]
struct Stands {
    number: u64,
    row: Line,
}

/// A file's rows in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Rows about somebody.
    pub rows: usize,
    pub rejected: usize,
    pub with_nik: usize,
    /// NIKs whose date is not the row's birth date.
    pub nik_dates_differ: usize,
}

/// Sheets that list the same students: one class's students once more, or the list of another year.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Repetition {
    /// Sheets whose students all stand on another sheet, too; that one is enough.
    pub copies: Vec<usize>,
    /// Two others that have most students in common, and how many: which one holds, nobody can say.
    pub contradiction: Option<(usize, usize, usize)>,
}

impl Repetition {
    /// From each sheet's students, and whether they are those who left: that somebody did is no copy of the list.
    fn of(sheets: &[HashSet<u64>], are_leavers: &[bool]) -> Self {
        let mut repetition = Self::default();
        let is_within = |one: usize, other: usize| {
            let (left, right) = (&sheets[one], &sheets[other]);
            // Of two equal ones the first is kept.
            let is_less = left.len() < right.len() || other < one;
            one != other
                && are_leavers.get(one) == are_leavers.get(other)
                && !left.is_empty()
                && is_less
                && left.is_subset(right)
        };
        let all = 0..sheets.len();
        repetition.copies = all.clone().filter(|one| all.clone().any(|other| is_within(*one, other))).collect();
        let kept: Vec<usize> = all.filter(|one| !repetition.copies.contains(one)).collect();
        let pairs = kept.iter().enumerate().flat_map(|(at, one)| kept[at + 1..].iter().map(|other| (*one, *other)));
        repetition.contradiction = pairs
            .map(|(one, other)| (one, other, sheets[one].intersection(&sheets[other]).count()))
            .find(|(one, other, common)| *common > 0 && common * 2 >= sheets[*one].len().min(sheets[*other].len()));
        repetition
    }
}

/// The numbers that stand on several rows.
#[derive(Default)]
pub(super) struct SharedNumbers {
    niks: HashMap<u64, Rows>,
    nisns: HashMap<u64, Rows>,
    persons: HashSet<u64>,
}

/// The first few rows with a number, and how many there are.
struct Rows {
    first: Vec<Line>,
    count: usize,
}

impl Census {
    pub(super) fn count(&mut self, checked: &Checked) {
        if self.sheets.len() <= checked.row.sheet() {
            self.sheets.resize(checked.row.sheet() + 1, self.persons.len());
        }
        self.niks.extend(checked.numbers.nik.map(|number| Stands { number, row: checked.row }));
        self.nisns.extend(checked.numbers.nisn.map(|number| Stands { number, row: checked.row }));
        self.persons.extend(checked.numbers.person);
        self.totals.rows += 1;
        let has = |wanted: &dyn Fn(Code, Level) -> bool| checked.problems.iter().any(|one| wanted(one.code, one.level));
        self.by_formula += usize::from(checked.is_by_formula);
        self.totals.rejected += usize::from(has(&|_, level| level == Level::Error));
        self.totals.with_nik += usize::from(checked.numbers.nik.is_some());
        self.totals.nik_dates_differ += usize::from(has(&|code, _| code == Code::NikDateDiffers));
    }

    /// Whether nobody can be named or dated because all that is a formula without its value.
    pub(super) fn is_all_formulas(&self) -> bool {
        self.by_formula > 0 && self.by_formula == self.totals.rows
    }

    /// How far the sheets list the same students.
    pub(super) fn repetition(&self, layouts: &Layouts) -> Repetition {
        let ends = self.sheets.iter().skip(1).copied().chain([self.persons.len()]);
        let persons = |(start, end): (&usize, usize)| self.persons[*start..end].iter().copied().collect();
        let mut sheets: Vec<HashSet<u64>> = self.sheets.iter().zip(ends).map(persons).collect();
        // Lists on one sheet are its parts, and say nothing against each other.
        let names: Vec<&str> = layouts.iter().map(|layout| layout.sheet.as_str()).collect();
        for at in (1..sheets.len()).rev().filter(|at| names.get(*at) == names.get(at - 1)) {
            let part = std::mem::take(&mut sheets[at]);
            sheets[at - 1].extend(part);
        }
        let are_leavers: Vec<bool> = layouts.iter().map(|layout| layout.leavers).collect();
        if sheets.len() < 2 { Repetition::default() } else { Repetition::of(&sheets, &are_leavers) }
    }

    pub(super) fn finish(mut self) -> (SharedNumbers, Totals) {
        self.persons.sort_unstable();
        let several = self.persons.chunk_by(|left, right| left == right).filter(|same| same.len() > 1);
        let persons = several.filter_map(|same| same.first().copied()).collect();
        (SharedNumbers { niks: shared(self.niks), nisns: shared(self.nisns), persons }, self.totals)
    }
}

fn shared(mut numbers: Vec<Stands>) -> HashMap<u64, Rows> {
    numbers.sort_unstable();
    let several = numbers.chunk_by(|left, right| { left.number } == { right.number }).filter(|same| same.len() > 1);
    let rows = |same: &[Stands]| Rows {
        first: same.iter().take(NAMED_ROWS + 1).map(|one| one.row).collect(),
        count: same.len(),
    };
    several.filter_map(|same| Some((same.first()?.number, rows(same)))).collect()
}

impl SharedNumbers {
    /// Tells a row whose numbers other rows have, too. A NIK that stands on several rows is kept on none until somebody
    /// settles whose it is; a NISN stays, since it only ever finds a student together with the name or birth date.
    pub(super) fn mark(&self, layouts: &Layouts, checked: &mut Checked) {
        if let Some(rows) = checked.numbers.nik.and_then(|number| self.niks.get(&number)) {
            flag(layouts, checked, rows, Field::Nik, "NIK", Code::NikDuplicate);
            if let Some(student) = &mut checked.student {
                student.nik = None;
            }
        }
        if let Some(rows) = checked.numbers.nisn.and_then(|number| self.nisns.get(&number)) {
            flag(layouts, checked, rows, Field::Nisn, "NISN", Code::NisnDuplicate);
            checked.is_repeated = true;
        }
        checked.is_repeated |= checked.numbers.person.is_some_and(|number| self.persons.contains(&number));
    }
}

fn flag(layouts: &Layouts, checked: &mut Checked, rows: &Rows, field: Field, what: &str, code: Code) {
    let row = checked.row;
    let others = rows.first.iter().filter(|other| **other != row).take(NAMED_ROWS);
    let mut others: Vec<String> = others.map(|other| layouts.named_beside(*other, row)).collect();
    let more = rows.count - 1 - others.len();
    if more > 0 {
        others.push(format!("{more} more"));
    }
    let advice = format!("the same {what} also stands in row {}; correct it where it is wrong", others.join(", "));
    checked.problems.push(problem(layouts.of(row), field, row.row(), code, &advice));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repetition(sheets: &[&[u64]]) -> Repetition {
        let sheets: Vec<HashSet<u64>> = sheets.iter().map(|persons| persons.iter().copied().collect()).collect();
        Repetition::of(&sheets, &vec![false; sheets.len()])
    }

    #[test]
    fn whoever_left_and_is_still_listed_is_for_a_person_to_settle() {
        let sheets = [HashSet::from([1, 2, 3]), HashSet::from([2])];
        assert_eq!(
            Repetition::of(&sheets, &[false, true]),
            Repetition { copies: vec![], contradiction: Some((0, 1, 1)) }
        );
    }

    #[test]
    fn a_sheet_of_all_makes_those_of_its_classes_copies() {
        let found = repetition(&[&[1, 2, 3, 4, 5], &[1, 2], &[3, 4, 5], &[9]]);
        assert_eq!(found, Repetition { copies: vec![1, 2], contradiction: None });
        let found = repetition(&[&[1, 2], &[1, 2], &[1, 2]]);
        assert_eq!(found, Repetition { copies: vec![1, 2], contradiction: None }, "of equal ones the first is kept");
    }

    #[test]
    fn two_years_contradict_each_other_and_one_child_in_two_classes_does_not() {
        assert_eq!(repetition(&[&[1, 2, 3, 4], &[3, 4, 5, 6]]).contradiction, Some((0, 1, 2)));
        assert_eq!(repetition(&[&[1, 2, 3, 4], &[4, 5, 6, 7]]), Repetition::default());
        assert_eq!(repetition(&[&[1, 2], &[], &[3]]), Repetition::default(), "nobody is no copy");
    }
}

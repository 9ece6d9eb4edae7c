//! What only all rows of a file show together: which numbers stand on several rows, and how many rows look right.

use std::collections::{HashMap, HashSet};

use super::check::{Checked, problem};
use super::field::Field;
use super::layout::Layout;
use super::problem::{Code, Level};

/// How many other rows a message about a duplicate names.
const NAMED_ROWS: usize = 5;

/// Counts a file's rows one after the other, holding a few bytes of each.
#[derive(Default)]
pub(super) struct Census {
    niks: Vec<Stands>,
    nisns: Vec<Stands>,
    persons: Vec<u64>,
    totals: Totals,
}

/// A number, and the row in which it stands: twelve bytes, since there may be a million.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(C, packed(4))]
struct Stands {
    number: u64,
    row: u32,
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

/// The numbers that stand on several rows.
#[derive(Default)]
pub(super) struct Shared {
    niks: HashMap<u64, Rows>,
    nisns: HashMap<u64, Rows>,
    persons: HashSet<u64>,
}

/// The first few rows with a number, and how many there are.
struct Rows {
    first: Vec<u32>,
    count: usize,
}

impl Census {
    pub(super) fn count(&mut self, checked: &Checked) {
        self.niks.extend(checked.numbers.nik.map(|number| Stands { number, row: checked.row }));
        self.nisns.extend(checked.numbers.nisn.map(|number| Stands { number, row: checked.row }));
        self.persons.extend(checked.numbers.person);
        self.totals.rows += 1;
        let has = |wanted: &dyn Fn(Code, Level) -> bool| checked.problems.iter().any(|one| wanted(one.code, one.level));
        self.totals.rejected += usize::from(has(&|_, level| level == Level::Error));
        self.totals.with_nik += usize::from(checked.numbers.nik.is_some());
        self.totals.nik_dates_differ += usize::from(has(&|code, _| code == Code::NikDateDiffers));
    }

    pub(super) fn finish(mut self) -> (Shared, Totals) {
        self.persons.sort_unstable();
        let several = self.persons.chunk_by(|left, right| left == right).filter(|same| same.len() > 1);
        let persons = several.filter_map(|same| same.first().copied()).collect();
        (Shared { niks: shared(self.niks), nisns: shared(self.nisns), persons }, self.totals)
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

impl Shared {
    /// Tells a row whose numbers other rows have, too. A NIK that stands on several rows is kept on none until somebody
    /// settles whose it is; a NISN stays, since it only ever finds a student together with the name or birth date.
    pub(super) fn mark(&self, layout: &Layout, checked: &mut Checked) {
        if let Some(rows) = checked.numbers.nik.and_then(|number| self.niks.get(&number)) {
            flag(layout, checked, rows, Field::Nik, "NIK", Code::NikDuplicate);
            if let Some(student) = &mut checked.student {
                student.nik = None;
            }
        }
        if let Some(rows) = checked.numbers.nisn.and_then(|number| self.nisns.get(&number)) {
            flag(layout, checked, rows, Field::Nisn, "NISN", Code::NisnDuplicate);
            checked.is_repeated = true;
        }
        checked.is_repeated |= checked.numbers.person.is_some_and(|number| self.persons.contains(&number));
    }
}

fn flag(layout: &Layout, checked: &mut Checked, rows: &Rows, field: Field, what: &str, code: Code) {
    let row = checked.row;
    let mut others: Vec<String> =
        rows.first.iter().filter(|other| **other != row).take(NAMED_ROWS).map(ToString::to_string).collect();
    let more = rows.count - 1 - others.len();
    if more > 0 {
        others.push(format!("{more} more"));
    }
    let advice = format!("the same {what} also stands in row {}; correct it where it is wrong", others.join(", "));
    checked.problems.push(problem(layout, field, row, code, &advice));
}

//! What only all rows of a file show together: which numbers stand on several rows, how many rows look right, and whether two
//! sheets list the same students.

use std::collections::HashSet;

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
    persons: Vec<Stands>,
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

/// The numbers that stand on several rows, ordered by number and row: of a million rows of which each has a twin no more is
/// held than the census held.
#[derive(Default)]
pub(super) struct SharedNumbers {
    /// Those of rows of different people only.
    niks: Vec<Stands>,
    nisns: Vec<Stands>,
    persons: Vec<Stands>,
}

impl Census {
    pub(super) fn count(&mut self, checked: &Checked) {
        let stands = |number| Stands { number, row: checked.row };
        self.niks.extend(checked.numbers.nik.map(stands));
        self.nisns.extend(checked.numbers.nisn.map(stands));
        self.persons.extend(checked.numbers.person.map(stands));
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
        let are_leavers: Vec<bool> = layouts.iter().map(|layout| layout.leavers).collect();
        if are_leavers.len() < 2 {
            return Repetition::default();
        }
        let mut sheets: Vec<HashSet<u64>> = vec![HashSet::new(); are_leavers.len()];
        for one in &self.persons {
            if let Some(sheet) = sheets.get_mut({ one.row }.sheet()) {
                sheet.insert(one.number);
            }
        }
        // Lists on one sheet are its parts, and say nothing against each other.
        let names: Vec<&str> = layouts.iter().map(|layout| layout.sheet.as_str()).collect();
        for at in (1..sheets.len()).rev().filter(|at| names[*at] == names[at - 1]) {
            let part = std::mem::take(&mut sheets[at]);
            sheets[at - 1].extend(part);
        }
        Repetition::of(&sheets, &are_leavers)
    }

    pub(super) fn finish(self) -> (SharedNumbers, Totals) {
        let Self { mut niks, mut nisns, mut persons, totals, by_formula: _ } = self;
        for numbers in [&mut niks, &mut nisns, &mut persons] {
            numbers.sort_unstable_by_key(|one| one.row);
        }
        let mut several_niks = several(&niks);
        let mut several_nisns = several(&nisns);
        // One person who is listed twice keeps the numbers that no other person has.
        keep_groups(&mut several_niks, |same| !are_one(same, &persons, &nisns));
        keep_groups(&mut several_nisns, |same| !are_one(same, &persons, &niks));
        let shared = SharedNumbers { niks: several_niks, nisns: several_nisns, persons: several(&persons) };
        (shared, totals)
    }
}

/// Those that stand on several rows, ordered by number and row.
fn several(numbers: &[Stands]) -> Vec<Stands> {
    let mut numbers = numbers.to_vec();
    numbers.sort_unstable();
    keep_groups(&mut numbers, |same| same.len() > 1);
    numbers
}

/// Keeps of ordered numbers the groups that are `wanted`.
fn keep_groups(numbers: &mut Vec<Stands>, wanted: impl Fn(&[Stands]) -> bool) {
    let (mut from, mut kept) = (0, 0);
    while from < numbers.len() {
        let number = numbers[from].number;
        let upto = from + numbers[from..].partition_point(|one| { one.number } == number);
        if wanted(&numbers[from..upto]) {
            numbers.copy_within(from..upto, kept);
            kept += upto - from;
        }
        from = upto;
    }
    numbers.truncate(kept);
    numbers.shrink_to_fit();
}

/// Whether rows that share one number are one person's: all have one name and birth date, and none another of the `other`
/// numbers. Both lists are ordered by row.
fn are_one(same: &[Stands], persons: &[Stands], other: &[Stands]) -> bool {
    let of = |numbers: &[Stands], row: Line| {
        let at = numbers.binary_search_by_key(&row, |one| one.row).ok()?;
        Some(numbers[at].number)
    };
    let person = same.first().and_then(|one| of(persons, one.row));
    let mut others = same.iter().filter_map(|one| of(other, one.row));
    let number = others.next();
    person.is_some()
        && same.iter().all(|one| of(persons, one.row) == person)
        && others.all(|another| Some(another) == number)
}

impl SharedNumbers {
    /// Tells a row whose numbers rows of other people have, too. Such a NIK is kept on none until somebody settles whose it
    /// is; a NISN stays, since it only ever finds a student together with the name or birth date.
    pub(super) fn mark(&self, layouts: &Layouts, checked: &mut Checked) {
        if let Some(rows) = rows_with(&self.niks, checked.numbers.nik) {
            flag(layouts, checked, rows, Field::Nik, "NIK", Code::NikDuplicate);
            if let Some(student) = &mut checked.student {
                student.nik = None;
            }
        }
        if let Some(rows) = rows_with(&self.nisns, checked.numbers.nisn) {
            flag(layouts, checked, rows, Field::Nisn, "NISN", Code::NisnDuplicate);
            checked.is_repeated = true;
        }
        checked.is_repeated |= rows_with(&self.persons, checked.numbers.person).is_some();
    }
}

/// The rows that share a number; `None` if no two do.
fn rows_with(numbers: &[Stands], number: Option<u64>) -> Option<&[Stands]> {
    let number = number?;
    let from = numbers.partition_point(|one| { one.number } < number);
    let same = &numbers[from..];
    let same = &same[..same.partition_point(|one| { one.number } == number)];
    (!same.is_empty()).then_some(same)
}

fn flag(layouts: &Layouts, checked: &mut Checked, rows: &[Stands], field: Field, what: &str, code: Code) {
    let row = checked.row;
    let others = rows.iter().map(|one| one.row).filter(|other| *other != row).take(NAMED_ROWS);
    let mut others: Vec<String> = others.map(|other| layouts.named_beside(other, row)).collect();
    let more = rows.len() - 1 - others.len();
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

    fn stands(numbers: &[(u64, u32)]) -> Vec<Stands> {
        numbers.iter().map(|(number, row)| Stands { number: *number, row: Line::new(0, *row) }).collect()
    }

    fn rows(numbers: &[Stands]) -> Vec<(u64, u32)> {
        numbers.iter().map(|one| ({ one.number }, { one.row }.row())).collect()
    }

    fn finished(niks: &[(u64, u32)], nisns: &[(u64, u32)], persons: &[(u64, u32)]) -> SharedNumbers {
        let (niks, nisns, persons) = (stands(niks), stands(nisns), stands(persons));
        Census { niks, nisns, persons, totals: Totals::default(), by_formula: 0 }.finish().0
    }

    #[test]
    fn one_person_on_two_rows_shares_a_number_with_nobody() {
        let shared = finished(&[(7, 2), (7, 4), (8, 3)], &[(1, 2), (1, 4)], &[(50, 2), (60, 3), (50, 4)]);
        assert_eq!((rows(&shared.niks), rows(&shared.nisns)), (vec![], vec![]));
        assert_eq!(rows(&shared.persons), [(50, 2), (50, 4)]);
    }

    #[test]
    fn a_number_of_different_people_is_told_on_every_row_of_it() {
        let shared = finished(&[(7, 2), (7, 3), (7, 4)], &[], &[(50, 2), (60, 3), (50, 4)]);
        assert_eq!(rows(&shared.niks), [(7, 2), (7, 3), (7, 4)], "one of three is somebody else");
        let shared = finished(&[(7, 2), (7, 3)], &[], &[(50, 2)]);
        assert_eq!(rows(&shared.niks), [(7, 2), (7, 3)], "a rejected row is nobody, and raises doubt");
    }

    #[test]
    fn two_of_one_name_and_birth_date_with_other_numbers_are_two_people() {
        let shared = finished(&[(7, 2), (7, 3)], &[(1, 2), (2, 3)], &[(50, 2), (50, 3)]);
        assert_eq!(rows(&shared.niks), [(7, 2), (7, 3)], "they have two NISNs");
        let shared = finished(&[(7, 2), (8, 3)], &[(1, 2), (1, 3)], &[(50, 2), (50, 3)]);
        assert_eq!(rows(&shared.nisns), [(1, 2), (1, 3)], "they have two NIKs");
        let shared = finished(&[(7, 2), (7, 3)], &[(1, 2)], &[(50, 2), (50, 3)]);
        assert!(shared.niks.is_empty(), "a number that one row lacks says nothing against it");
    }

    /// A row's name and birth date, NIK and NISN.
    type Person = (u64, Option<u64>, Option<u64>);

    proptest::proptest! {
        #[test]
        fn a_nik_is_told_exactly_where_rows_with_it_disagree(
            people in proptest::collection::vec((0_u64..4, proptest::option::of(0_u64..4), proptest::option::of(0_u64..3)), 1..12),
        ) {
            let row = |at: usize| u32::try_from(at).unwrap() + 2;
            let all = |pick: &dyn Fn(&Person) -> Option<u64>| -> Vec<(u64, u32)> {
                people.iter().enumerate().filter_map(|(at, one)| Some((pick(one)?, row(at)))).collect()
            };
            let shared = finished(&all(&|one| one.1), &all(&|one| one.2), &all(&|one| Some(one.0)));
            for (person, nik, _) in &people {
                let Some(nik) = nik else { continue };
                let disagrees = people.iter().filter(|other| other.1 == Some(*nik)).any(|other| {
                    other.0 != *person || people.iter().any(|third| {
                        third.1 == Some(*nik) && third.2.is_some() && other.2.is_some() && third.2 != other.2
                    })
                });
                proptest::prop_assert_eq!(rows_with(&shared.niks, Some(*nik)).is_some(), disagrees);
            }
        }
    }
}

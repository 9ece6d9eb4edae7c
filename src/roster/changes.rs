//! A school's rows against what is known: who is meant by each, and what that changes. Pure; blind indexes stand for NIK.

use std::collections::{HashMap, HashSet};

use super::check::RosterRow;
use super::problem::Code;
use crate::place::PlaceId;
use crate::student::{ClosedReason, Particulars, Student, StudentId, name_key};

/// From this likeness on, two spellings are taken for one name (Jaro–Winkler, 0 to 1).
const LIKE: f64 = 0.9;

/// The students of an office, found by whatever a row may name them by.
#[derive(Debug, Default)]
pub struct Known {
    students: Vec<Student>,
    by_nik: HashMap<Vec<u8>, usize>,
    by_nisn: HashMap<String, Vec<usize>>,
    by_name: HashMap<(String, chrono::NaiveDate), Vec<usize>>,
    /// Whom this place has listed before: a list that names them again says nothing new about where they are.
    listed_before: HashSet<StudentId>,
}

/// Who a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    New,
    /// The known student at this place in [`Known`].
    Same(usize),
}

/// A doubt that the match raised: the column it concerns, the code, and what to tell the school.
pub type Doubt = (super::Field, Code, &'static str);

/// A row's match, and what it must not change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    pub who: Match,
    pub doubts: Vec<Doubt>,
    /// The row's NIK belongs to somebody else, or contradicts the one on record: it is not taken.
    pub without_nik: bool,
}

/// What is to be done with a row.
#[derive(Debug)]
pub enum Change {
    New,
    Changed(Box<Student>),
    Unchanged(StudentId),
}

impl Known {
    /// Indexes the students of an office; merged ones are found through the one that was kept.
    #[must_use]
    pub fn new(students: Vec<Student>, listed_before: HashSet<StudentId>) -> Self {
        let mut known = Self { listed_before, ..Self::default() };
        let stands = |one: &Student| one.merged_into.is_none() && one.closed_reason != Some(ClosedReason::ImportUndone);
        for student in students.into_iter().filter(stands) {
            let at = known.students.len();
            if let Some(index) = &student.nik_index {
                known.by_nik.insert(index.clone(), at);
            }
            if let Some(nisn) = &student.nisn {
                known.by_nisn.entry(nisn.clone()).or_default().push(at);
            }
            known.by_name.entry((name_key(&student.name), student.birth_date)).or_default().push(at);
            known.students.push(student);
        }
        known
    }

    /// The student that a match means.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<&Student> {
        self.students.get(at)
    }

    /// How many open students of `place` a file that named `seen` left out.
    #[must_use]
    pub fn missing(&self, place: PlaceId, seen: &HashSet<StudentId>) -> usize {
        let expected = |one: &&Student| one.place_id == Some(place) && one.closed_reason.is_none() && !one.left_school;
        self.students.iter().filter(expected).filter(|one| !seen.contains(&one.id)).count()
    }

    /// Finds whom `row` is about: by NIK with an agreeing name or birth date, else by NISN with one of them, else by name,
    /// birth date and place. A NIK alone never decides: a sheet sorted by one column must not rename a school.
    #[must_use]
    pub fn find(&self, row: &RosterRow, nik_index: Option<&[u8]>, place: PlaceId) -> Matched {
        let mut matched = Matched { who: Match::New, doubts: Vec::new(), without_nik: false };
        if let Some(at) = nik_index.and_then(|index| self.by_nik.get(index)).copied() {
            let holder = &self.students[at];
            if agrees(holder, row) {
                matched.who = Match::Same(at);
                self.doubt_birth_date(holder, row, &mut matched);
                return matched;
            }
            matched.without_nik = true;
            matched.doubts.push((
                super::Field::Nik,
                Code::IdentityConflict,
                "this NIK belongs to another student in our records, with another name and birth date; it was not taken; \
                 compare it with the family card (KK)",
            ));
        }
        let by_nisn = row.nisn.as_ref().and_then(|nisn| self.by_nisn.get(nisn));
        let found = by_nisn
            .and_then(|list| list.iter().find(|at| agrees(&self.students[**at], row)))
            .or_else(|| {
                let same = self.by_name.get(&(name_key(&row.name), row.birth_date))?;
                same.iter().find(|at| {
                    let other = &self.students[**at];
                    let other_nisn = other.nisn.is_some() && row.nisn.is_some() && other.nisn != row.nisn;
                    other.place_id == Some(place) && !other_nisn
                })
            })
            .copied();
        if let Some(at) = found {
            let holder = &self.students[at];
            matched.who = Match::Same(at);
            if nik_index.is_some() && holder.nik_index.is_some() && holder.nik_index.as_deref() != nik_index {
                matched.without_nik = true;
                matched.doubts.push((
                    super::Field::Nik,
                    Code::IdentityConflict,
                    "the NIK differs from the one in our records, which was kept; compare it with the family card (KK)",
                ));
            }
            self.doubt_birth_date(holder, row, &mut matched);
            return matched;
        }
        let namesake = self.by_name.get(&(name_key(&row.name), row.birth_date)).is_some_and(|list| !list.is_empty());
        if namesake || by_nisn.is_some_and(|list| !list.is_empty()) {
            matched.doubts.push((
                super::Field::Name,
                Code::PossibleDuplicate,
                "a student with the same NISN, or the same name and birth date, is known already; tell the office if they are one person",
            ));
        }
        matched
    }

    fn doubt_birth_date(&self, holder: &Student, row: &RosterRow, matched: &mut Matched) {
        if holder.birth_date != row.birth_date {
            matched.doubts.push((
                super::Field::BirthDate,
                Code::IdentityConflict,
                "the birth date differs from the one in our records, which was kept; the office corrects it after a look at \
                 the family card (KK)",
            ));
        }
    }

    /// Whether the row tells anything new: not if the student is at another place by a later list than this one's.
    #[must_use]
    pub fn is_elsewhere(&self, student: &Student, place: PlaceId) -> bool {
        student.place_id.is_some_and(|at| at != place) && self.listed_before.contains(&student.id)
    }
}

fn agrees(known: &Student, row: &RosterRow) -> bool {
    known.birth_date == row.birth_date || is_same_name(&known.name, &row.name)
}

/// Whether two spellings are one name: almost alike, or one leaves words of the other out.
#[must_use]
pub fn is_same_name(left: &str, right: &str) -> bool {
    let (left, right) = (name_key(left), name_key(right));
    if strsim::jaro_winkler(&left, &right) >= LIKE {
        return true;
    }
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<HashSet<String>>();
    let (left, right) = (words(&left), words(&right));
    let smaller = left.len().min(right.len());
    smaller >= 2 && left.intersection(&right).count() == smaller
}

/// The particulars after the row: what it says, over what is known; nothing is ever erased by an empty cell, and the birth
/// date of a known student stays until a person settles it.
#[must_use]
pub fn merged(known: Option<&Particulars>, row: &RosterRow, place: PlaceId, without_nik: bool) -> Particulars {
    let text = |new: &Option<String>, old: Option<&Option<String>>| new.clone().or_else(|| old.cloned().flatten());
    let nik = row.nik.clone().filter(|_| !without_nik);
    let number = |value: Option<u16>| value.map(|value| format!("{value:03}"));
    Particulars {
        place_id: Some(place),
        nisn: text(&row.nisn, known.map(|k| &k.nisn)),
        nik: known.and_then(|k| k.nik.clone()).or(nik),
        name: row.name.clone(),
        sex: row.sex.or_else(|| known.and_then(|k| k.sex)),
        birth_date: known.map_or(row.birth_date, |k| k.birth_date),
        birth_place: text(&row.birth_place, known.map(|k| &k.birth_place)),
        class_name: text(&row.class_name, known.map(|k| &k.class_name)),
        grade: row.grade.map(i32::from).or_else(|| known.and_then(|k| k.grade)),
        rt: text(&number(row.rt), known.map(|k| &k.rt)),
        rw: text(&number(row.rw), known.map(|k| &k.rw)),
        kelurahan: text(&row.kelurahan, known.map(|k| &k.kelurahan)),
        kecamatan: text(&row.kecamatan, known.map(|k| &k.kecamatan)),
        phone: text(&row.phone, known.map(|k| &k.phone)),
    }
}

/// What a leavers' list says beyond "left": only death closes a case here, for whoever merely leaves is still called at 17.
#[must_use]
pub fn closing_reason(reason: Option<&str>) -> Option<ClosedReason> {
    let reason = reason.map(str::to_lowercase)?;
    ["wafat", "meninggal"].iter().any(|word| reason.contains(word)).then_some(ClosedReason::Died)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_agree_and_other_names_do_not() {
        assert!(is_same_name("SITI AMINAH", "Siti Aminah"));
        assert!(is_same_name("Muhammad Rizki Pratama", "Muhamad Rizki Pratama"));
        assert!(is_same_name("Ni Luh Putu Ayu Lestari", "Ayu Lestari"));
        assert!(!is_same_name("Siti Aminah", "Budi Santoso"));
        assert!(!is_same_name("Baiq Nurul Hidayah", "Lalu Ahmad Fauzi"));
    }

    #[test]
    fn only_death_closes() {
        assert_eq!(closing_reason(Some("Wafat")), Some(ClosedReason::Died));
        assert_eq!(closing_reason(Some("Mutasi")), None);
        assert_eq!(closing_reason(None), None);
    }
}

//! A school's rows against what is known: who is meant by each, and what that changes. Pure; blind indexes stand for NIK.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use crate::place::PlaceId;
use crate::roster::parse::check::RosterRow;
use crate::roster::parse::field::Field;
use crate::roster::parse::problem::Code;
use crate::student::{ClosedReason, Student, StudentId, name_key};

/// From this likeness on, two spellings are taken for one name where a number agrees, too (Jaro–Winkler, 0 to 1).
const LIKE: f64 = 0.9;
/// A word must be this long for one slip of the pen in it to be forgiven: DINA and DINI may be twins.
const FORGIVING_WORD: usize = 6;

const HELD_NIK: &str =
    "this NIK belongs to another student in our records; it was not taken; compare it with the family card (KK)";
const OTHER_NIK: &str =
    "the NIK differs from the one in our records, which was kept; compare it with the family card (KK)";
const PERHAPS_KNOWN: &str = "a student with the same NISN, or the same name and birth date, is known already; tell the office if \
                             they are one person";

/// By what a row's student was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundBy {
    Nik,
    NisnAndBirthDate,
    NisnAndName,
    /// Birth date and place, and a name alike; how much, in hundredths.
    Name(u8),
    /// The row is about a duplicate that was merged into the student.
    Merged,
}

impl std::fmt::Display for FoundBy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Nik => f.write_str("nik"),
            Self::NisnAndBirthDate => f.write_str("nisn+birth_date"),
            Self::NisnAndName => f.write_str("nisn+name"),
            Self::Merged => f.write_str("merged"),
            Self::Name(score) => write!(f, "birth_date+place+name {}.{:02}", score / 100, score % 100),
        }
    }
}

/// What a row claims of somebody known that only a second person may let pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Claim {
    /// Another NIK than the one on record.
    Nik,
    BirthDate,
    /// Quite another name.
    Name,
    /// A NIK that somebody else holds.
    HeldNik,
}

/// Who a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    New,
    /// The known student at this place in [`Known`].
    Same(usize, FoundBy),
    /// The student at this place in [`Known`], whom an earlier row of the file means, too.
    Again(usize),
}

/// A doubt that the match raised: the column it concerns, the code, and what to tell the school.
pub type Doubt = (Field, Code, &'static str);

/// A row's match, and what it must not change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    pub who: Match,
    pub doubts: Vec<Doubt>,
    pub claims: Vec<Claim>,
    /// The row's NIK belongs to somebody else, or contradicts the one on record: it is not taken.
    pub without_nik: bool,
    /// The row's name is quite another, and no NIK says that they are one: nothing is taken from it until a person has looked.
    pub is_doubtful: bool,
    /// The row's name is quite another: it is not taken.
    pub keeps_name: bool,
}

impl Matched {
    fn new(who: Match) -> Self {
        let (doubts, claims) = (Vec::new(), Vec::new());
        Self { who, doubts, claims, without_nik: false, is_doubtful: false, keeps_name: false }
    }
}

/// The students whom rows may mean, found by whatever a row may name them by.
#[derive(Debug, Default)]
pub struct Known {
    students: Vec<Student>,
    ids: HashSet<StudentId>,
    by_nik: HashMap<Vec<u8>, usize>,
    by_nisn: HashMap<String, Vec<usize>>,
    by_birth: HashMap<NaiveDate, Vec<usize>>,
    /// Duplicates, each with the one into whom it was merged.
    merged: Vec<(Student, StudentId)>,
}

impl Known {
    /// Adds a student; a merged one is found through the one that was kept.
    pub fn add(&mut self, student: Student) {
        if let Some(kept) = student.merged_into {
            if !self.merged.iter().any(|(known, _)| known.id == student.id) {
                self.merged.push((student, kept));
            }
            return;
        }
        let stands = student.closed_reason != Some(ClosedReason::ImportUndone);
        if !stands || !self.ids.insert(student.id) {
            return;
        }
        let at = self.students.len();
        if let Some(index) = &student.nik_index {
            self.by_nik.insert(index.clone(), at);
        }
        if let Some(nisn) = &student.nisn {
            self.by_nisn.entry(nisn.clone()).or_default().push(at);
        }
        self.by_birth.entry(student.birth_date).or_default().push(at);
        self.students.push(student);
    }

    /// Into whom students were merged who are not here yet.
    pub fn kept_elsewhere(&self) -> Vec<StudentId> {
        let is_here = |id: &StudentId| self.ids.contains(id) || self.merged.iter().any(|(known, _)| known.id == *id);
        self.merged.iter().map(|(_, kept)| *kept).filter(|kept| !is_here(kept)).collect()
    }

    /// The one who was kept, if the row is about a duplicate: by its NISN with birth date or name, or by its whole name, birth
    /// date and place.
    fn by_merged(&self, row: &RosterRow, place: PlaceId) -> Option<usize> {
        let is = |duplicate: &Student| {
            let same_day = duplicate.birth_date == row.birth_date;
            let numbered = duplicate.nisn.is_some() && duplicate.nisn == row.nisn;
            let named = name_key(&duplicate.name) == name_key(&row.name);
            let placed = duplicate.place_id == Some(place) && !have_two_nisns(duplicate, row);
            (numbered && (same_day || named)) || (named && same_day && placed)
        };
        let mut kept = self.merged.iter().find(|(duplicate, _)| is(duplicate))?.1;
        // Who was kept may have been merged since.
        while let Some((_, next)) = self.merged.iter().find(|(duplicate, _)| duplicate.id == kept) {
            kept = *next;
        }
        self.students.iter().position(|student| student.id == kept)
    }

    /// Everyone here.
    pub fn all(&self) -> impl Iterator<Item = &Student> {
        self.students.iter()
    }

    /// The student that a match means.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<&Student> {
        self.students.get(at)
    }

    /// Whether a NIK alone settles whom `row` is about, so that nothing else need be looked up.
    #[must_use]
    pub fn is_settled_by_nik(&self, row: &RosterRow, nik_index: &[u8]) -> bool {
        let holder = self.by_nik.get(nik_index).map(|at| &self.students[*at]);
        holder.is_some_and(|holder| agrees(holder, row) && !have_two_nisns(holder, row))
    }

    /// Whether the NIK's holder is whom `row` means. Where their NISNs differ, the NIK stands in a wrong row if the name is
    /// another, too, or if somebody else has the row's NISN and its very name: twins whose numbers were exchanged.
    fn is_holder(&self, holder: &Student, row: &RosterRow) -> bool {
        if !agrees(holder, row) {
            return false;
        }
        if !have_two_nisns(holder, row) {
            return true;
        }
        let key = name_key(&row.name);
        let has_both = |at: &usize| {
            let other = &self.students[*at];
            other.id != holder.id && name_key(&other.name) == key && name_key(&holder.name) != key
        };
        let named = row.nisn.as_ref().and_then(|nisn| self.by_nisn.get(nisn)).into_iter().flatten();
        is_same_name(&holder.name, &row.name) && !named.into_iter().any(has_both)
    }

    /// Finds whom `row` is about: by NIK with an agreeing name or birth date, else by NISN with one of them, else by name,
    /// birth date and place. A NIK alone never decides: a sheet sorted by one column must not rename a school. `seen` are
    /// those whom earlier rows of the file mean.
    #[must_use]
    pub fn find(
        &self,
        row: &RosterRow,
        nik_index: Option<&[u8]>,
        place: PlaceId,
        seen: &HashSet<StudentId>,
    ) -> Matched {
        let mut matched = Matched::new(Match::New);
        if let Some(at) = nik_index.and_then(|index| self.by_nik.get(index)).copied() {
            let holder = &self.students[at];
            let is_twice = seen.contains(&holder.id);
            if self.is_holder(holder, row) && (!is_twice || is_copy(holder, row, nik_index)) {
                self.is(at, FoundBy::Nik, row, seen, &mut matched);
                return matched;
            }
            matched.without_nik = true;
            matched.claims.push(Claim::HeldNik);
            matched.doubts.push((Field::Nik, Code::IdentityConflict, HELD_NIK));
        }
        // Before numbers and names: the duplicate had them from just such a row, so that they would lead to somebody new.
        if let Some(at) = self.by_merged(row, place).filter(|_| !self.has_exact(row)) {
            let is_again = seen.contains(&self.students[at].id);
            let who = if is_again { Match::Again(at) } else { Match::Same(at, FoundBy::Merged) };
            return Matched { is_doubtful: true, without_nik: matched.without_nik, ..Matched::new(who) };
        }
        let found = self.by_number(row, nik_index, seen).or_else(|| self.by_name(row, place, nik_index, seen));
        if let Some((at, by)) = found {
            let holder = &self.students[at];
            if nik_index.is_some() && holder.nik_index.is_some() && holder.nik_index.as_deref() != nik_index {
                matched.without_nik = true;
                if matched.claims.is_empty() {
                    matched.claims.push(Claim::Nik);
                    matched.doubts.push((Field::Nik, Code::IdentityConflict, OTHER_NIK));
                }
            }
            self.is(at, by, row, seen, &mut matched);
            return matched;
        }
        let numbered = row.nisn.as_ref().and_then(|nisn| self.by_nisn.get(nisn)).into_iter().flatten();
        let same_number = numbered.into_iter().any(|at| !seen.contains(&self.students[*at].id));
        if same_number || self.has_namesake(row, place, seen) {
            matched.doubts.push((Field::Name, Code::PossibleDuplicate, PERHAPS_KNOWN));
        }
        matched
    }

    /// Whether somebody has just the row's name and birth date, and no other NISN.
    fn has_exact(&self, row: &RosterRow) -> bool {
        let is_exact = |at: &usize| {
            let known = &self.students[*at];
            name_key(&known.name) == name_key(&row.name) && !have_two_nisns(known, row)
        };
        self.by_birth.get(&row.birth_date).into_iter().flatten().any(is_exact)
    }

    /// Settles that the row is about the student at `at`.
    fn is(&self, at: usize, by: FoundBy, row: &RosterRow, seen: &HashSet<StudentId>, matched: &mut Matched) {
        let holder = &self.students[at];
        if seen.contains(&holder.id) {
            matched.who = Match::Again(at);
            matched.claims.clear();
            matched.doubts = vec![(
                Field::Name,
                Code::PossibleDuplicate,
                "this row means a student whom an earlier row of this file means too; it was passed over",
            )];
            return;
        }
        matched.who = Match::Same(at, by);
        if !is_same_name(&holder.name, &row.name) {
            matched.is_doubtful = by != FoundBy::Nik;
            matched.keeps_name = true;
            matched.claims.push(Claim::Name);
            matched.doubts.push((
                Field::Name,
                Code::IdentityConflict,
                "the NIK or NISN and the birth date are those of a student of another name in our records, which stays until the \
                 office has decided; compare the name with the family card (KK)",
            ));
        }
        if holder.birth_date != row.birth_date {
            matched.claims.push(Claim::BirthDate);
            matched.doubts.push((
                Field::BirthDate,
                Code::IdentityConflict,
                "the birth date differs from the one in our records, which was kept; the office corrects it after a look at \
                 the family card (KK)",
            ));
        }
    }

    /// By NISN together with birth date or name. School systems have been seen to give one NISN to many, so that where the NIK,
    /// the sex or another row speaks against it, it decides nothing.
    fn by_number(
        &self,
        row: &RosterRow,
        nik_index: Option<&[u8]>,
        seen: &HashSet<StudentId>,
    ) -> Option<(usize, FoundBy)> {
        let list = self.by_nisn.get(row.nisn.as_ref()?)?;
        let may_be = |at: &&usize| {
            let known = &self.students[**at];
            let unlike = !is_same_name(&known.name, &row.name);
            let two_niks = known.nik_index.is_some() && nik_index.is_some() && known.nik_index.as_deref() != nik_index;
            let two_sexes = known.sex.is_some() && row.sex.is_some() && known.sex != row.sex;
            !(unlike && (two_niks || two_sexes)) && (!seen.contains(&known.id) || is_copy(known, row, nik_index))
        };
        let same_day = list.iter().filter(may_be).find(|at| self.students[**at].birth_date == row.birth_date);
        let same_name = || list.iter().filter(may_be).find(|at| is_same_name(&self.students[**at].name, &row.name));
        same_day
            .map(|at| (*at, FoundBy::NisnAndBirthDate))
            .or_else(|| same_name().map(|at| (*at, FoundBy::NisnAndName)))
    }

    /// The one student of the place with this birth date whose name is written nearly alike; of several equally alike none.
    fn by_name(
        &self,
        row: &RosterRow,
        place: PlaceId,
        nik_index: Option<&[u8]>,
        seen: &HashSet<StudentId>,
    ) -> Option<(usize, FoundBy)> {
        let same_day = self.by_birth.get(&row.birth_date)?.iter().copied();
        let mut scored: Vec<(u8, usize)> = same_day
            .filter(|at| self.students[*at].place_id == Some(place))
            .filter_map(|at| Some((score(&self.students[at], row)?, at)))
            // A row alike but not equal, whose student another row means, is about somebody else: a twin.
            .filter(|(_, at)| {
                let known = &self.students[*at];
                !seen.contains(&known.id) || is_copy(known, row, nik_index)
            })
            .collect();
        scored.sort_unstable_by(|left, right| right.cmp(left));
        match scored[..] {
            [(best, at), (next, _), ..] => (best > next).then_some((at, FoundBy::Name(best))),
            [(best, at)] => Some((at, FoundBy::Name(best))),
            [] => None,
        }
    }

    /// Whether somebody with this birth date whom no other row of the file means has this name, or at this place one like it.
    fn has_namesake(&self, row: &RosterRow, place: PlaceId, seen: &HashSet<StudentId>) -> bool {
        let same_day = self.by_birth.get(&row.birth_date).into_iter().flatten();
        let others = same_day.map(|at| &self.students[*at]).filter(|other| !seen.contains(&other.id));
        others.into_iter().any(|other| {
            name_key(&other.name) == name_key(&row.name)
                || (other.place_id == Some(place) && is_same_name(&other.name, &row.name))
        })
    }
}

/// How much a known student's name is the row's, in hundredths, where place and birth date agree; `None` if something says
/// that they are two people.
fn score(known: &Student, row: &RosterRow) -> Option<u8> {
    if have_two_nisns(known, row) {
        return None;
    }
    let (left, right) = (name_key(&known.name), name_key(&row.name));
    if left == right {
        return Some(100);
    }
    let differ = known.sex.is_some() && row.sex.is_some() && known.sex != row.sex;
    let two_niks = known.nik_index.is_some() && row.nik.is_some();
    if differ || two_niks {
        return None;
    }
    if leaves_words_out(&left, &right) {
        return Some(95);
    }
    has_slips(&left, &right).then_some(90)
}

/// Whether two names are alike word by word, but for one slip of the pen in long words.
fn has_slips(left: &str, right: &str) -> bool {
    let (left, right): (Vec<&str>, Vec<&str>) = (left.split(' ').collect(), right.split(' ').collect());
    let close = |(one, other): (&&str, &&str)| {
        one == other || (one.len().min(other.len()) >= FORGIVING_WORD && strsim::osa_distance(one, other) == 1)
    };
    left.len() == right.len() && left.iter().zip(&right).all(close)
}

/// Whether a row with the one name may mean somebody with the other, born on the same day at the same place: nobody else need be
/// read for it.
pub(super) fn may_be_one(left: &str, right: &str) -> bool {
    is_same_name(left, right) || has_slips(&name_key(left), &name_key(right))
}

/// Whether a row says of somebody whom an earlier row means the very same: then it is a row too many, not a second person.
fn is_copy(known: &Student, row: &RosterRow, nik_index: Option<&[u8]>) -> bool {
    let two_niks = known.nik_index.is_some() && nik_index.is_some() && known.nik_index.as_deref() != nik_index;
    known.birth_date == row.birth_date && name_key(&known.name) == name_key(&row.name) && !two_niks
}

fn have_two_nisns(known: &Student, row: &RosterRow) -> bool {
    known.nisn.is_some() && row.nisn.is_some() && known.nisn != row.nisn
}

fn agrees(known: &Student, row: &RosterRow) -> bool {
    known.birth_date == row.birth_date || is_same_name(&known.name, &row.name)
}

/// Whether two spellings are one name: almost alike, or one leaves words of the other out, or shortens them as is usual.
#[must_use]
pub fn is_same_name(left: &str, right: &str) -> bool {
    let (left, right) = (name_key(left), name_key(right));
    left == right
        || strsim::jaro_winkler(&left, &right) >= LIKE
        || leaves_words_out(&left, &right)
        || shortens_words(&left, &right)
}

/// `Moh. Rizki`, `M Rizki` and `Muhammad Rizki`; `St Aminah` and `Siti Aminah`; `I G N Bagus` and `I Gusti Ngurah Bagus`;
/// titles before the name count for nothing. At least one word must be written out in both.
fn shortens_words(left: &str, right: &str) -> bool {
    const SHORT: [(&str, &[&str]); 3] = [
        (
            "muhammad",
            &[
                "m",
                "md",
                "mhd",
                "moh",
                "mohd",
                "moch",
                "much",
                "muh",
                "muhamad",
                "mohammad",
                "mohamad",
                "mochammad",
                "mochamad",
                "muchammad",
                "muchamad",
            ],
        ),
        ("siti", &["st", "sitti", "siti"]),
        ("abdul", &["abd", "abdoel"]),
    ];
    let whole = |word| SHORT.iter().find(|(_, short)| short.contains(&word)).map_or(word, |(whole, _)| *whole);
    let words = |text| {
        let mut words: Vec<&str> = str::split(text, ' ').collect();
        while words.len() > 1 && matches!(words[0], "h" | "hj" | "haji" | "hajjah") {
            words.remove(0);
        }
        words
    };
    let (left, right) = (words(left), words(right));
    let is_initial = |one: &str, other: &str| one.len() == 1 && other.starts_with(one);
    let pairs = || left.iter().copied().zip(right.iter().copied());
    left.len() == right.len()
        && pairs().all(|(one, other)| whole(one) == whole(other) || is_initial(one, other) || is_initial(other, one))
        && pairs().any(|(one, other)| one == other && one.len() >= 3)
}

fn leaves_words_out(left: &str, right: &str) -> bool {
    let words = |text| str::split(text, ' ').collect::<HashSet<&str>>();
    let (left, right) = (words(left), words(right));
    let smaller = left.len().min(right.len());
    smaller >= 2 && left.intersection(&right).count() == smaller
}

/// What a leavers' list says beyond "left". Only death, a move to another region and a card already held close a case; whoever
/// merely leaves is still called at 17.
#[must_use]
pub fn closing_reason(reason: Option<&str>) -> Option<ClosedReason> {
    let reason = reason.map(str::to_lowercase)?;
    let has = |words: &[&str]| words.iter().any(|word| reason.contains(word));
    let of_family = has(&["ayah", "ibu", "orang tua", "orangtua", "ortu", "wali", "kakek", "nenek"]);
    if has(&["wafat", "meninggal"]) && !of_family {
        Some(ClosedReason::Died)
    } else if has(&["pindah", "mutasi"])
        && has(&["luar kota", "luar kab", "luar daerah", "luar prov", "luar pulau", "luar negeri"])
    {
        Some(ClosedReason::Moved)
    } else if has(&["ktp"]) && has(&["sudah", "telah", "punya", "memiliki"]) && !has(&["belum", "tidak"]) {
        Some(ClosedReason::HasCard)
    } else {
        None
    }
}

#[cfg(test)]
mod tests;

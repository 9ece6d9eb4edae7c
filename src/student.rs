//! Students and their facts. Nothing here decides what follows from a fact; that is the rooms' business.

mod consent;
mod facts;
mod insert;
mod lock;
mod many;
mod merge;
mod naming;
mod outline;
mod search;
mod sources;
mod tombstone;
mod write;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use uuid::Uuid;

pub use consent::{
    Consent, Copied, GivenBy, agree_in_chat, consents, consents_of, copy_consents, give_consent, has_consent,
    take_copies_back, withdraw_consent, withdraw_of_chat, withdraw_taps,
};
pub use facts::{fingerprint, snapshot};
pub use insert::insert;
pub use lock::{LockedStudent, LockedTable, Rewritten, lock, lock_one, lock_table};
pub use many::{
    Namesake, adding, all_kept, born_at, close_all, let_go_of_niks, named_and_born, page, save_all, saving,
    set_recorded_all, with_ids, with_names, with_niks, with_nisns,
};
pub use merge::{
    Merge, MergeId, Parted, Word, ask_merge, asked_merge, keep_merge, merge, merged_among, merged_later, part,
    standing_merge, take_back_merge,
};
pub use naming::{label_among, name_among, short_name};
pub use outline::{Outline, outlines, outlines_to_plan};
#[cfg(test)]
pub(crate) use search::BY_BEGINNING as FIND_BY_BEGINNING;
pub use search::{find, resolve};
pub use sources::{Source, Sources, set_by_staff};
pub use tombstone::{
    TombstoneKey, forget_tombstones, has_tombstones, insert_tombstones, revivable, rewrite_name_index,
};
pub use write::{close, reopen, set_ever_married, set_left_school, set_recorded, write_particulars};

use crate::age::{self, LeapDayRule};
use crate::coded;
use crate::db::{DbError, Tx};
use crate::nik::{Nik, Sex};
use crate::office::OfficeId;
use crate::place::PlaceId;
use crate::vault::{Purpose, Vault, VaultError};
use crate::{fetch_all, fetch_one, fetch_optional, id_type};

id_type!(
    /// One student, for life: it survives undo, merge and erasure, so that nobody is told twice.
    StudentId
);

/// Merges that are followed from one student to the next.
const LONGEST_MERGE: usize = 16;

/// Whether photo, fingerprints, iris and signature were captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Recorded {
    Yes,
    No,
    /// Nobody has said yet: the state of whoever was already 17 at the first import.
    Unknown,
}

/// Why a student's case is closed. Leaving school closes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type, clap::ValueEnum)]
#[sqlx(type_name = "TEXT", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum ClosedReason {
    Died,
    Moved,
    HasCard,
    Duplicate,
    /// Only a roster named them, and its import was undone: nothing is kept but the ID.
    #[value(skip)]
    ImportUndone,
}

/// A student as stored; the NIK and the phone stay sealed.
#[derive(Debug, Clone, FromRow, Serialize, Deserialize)]
pub struct Student {
    pub id: StudentId,
    pub office_id: OfficeId,
    pub place_id: Option<PlaceId>,
    pub nisn: Option<String>,
    pub nik_sealed: Option<Vec<u8>>,
    pub nik_index: Option<Vec<u8>>,
    pub name: String,
    pub sex: Option<Sex>,
    pub birth_date: NaiveDate,
    pub birth_place: Option<String>,
    pub class_name: Option<String>,
    pub grade: Option<i32>,
    pub rt: Option<String>,
    pub rw: Option<String>,
    pub kelurahan: Option<String>,
    pub kecamatan: Option<String>,
    pub phone_sealed: Option<Vec<u8>>,
    pub ever_married: bool,
    pub recorded: Recorded,
    pub recorded_on: Option<NaiveDate>,
    pub recording_id: Option<Uuid>,
    pub left_school: bool,
    pub closed_reason: Option<ClosedReason>,
    pub closed_on: Option<NaiveDate>,
    pub merged_into: Option<StudentId>,
    pub import_id: Option<Uuid>,
    pub import_row: Option<i32>,
    /// Which fields came from elsewhere than the student did; see [`Sources`].
    pub sources: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// What a roster or a person says of a student; the rest is ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Particulars {
    pub place_id: Option<PlaceId>,
    pub nisn: Option<String>,
    pub nik: Option<Nik>,
    pub name: String,
    pub sex: Option<Sex>,
    pub birth_date: NaiveDate,
    pub birth_place: Option<String>,
    pub class_name: Option<String>,
    pub grade: Option<i32>,
    pub rt: Option<String>,
    pub rw: Option<String>,
    pub kelurahan: Option<String>,
    pub kecamatan: Option<String>,
    pub phone: Option<String>,
}

coded! {
    /// Why a student cannot be read or written.
    pub enum StudentError {
        "student_unknown" => #[error("there is no student {0}; find one with `siap17 student find TEXT`")]
            Unknown(String),
        "student_ambiguous" => #[error("{text} fits {count} students; use the ID that `siap17 student find` shows")]
            Ambiguous { text: String, count: usize },
        "student" => #[error(
            "another student has this NIK already; find both with `siap17 student find` and merge them if they are one person"
        )]
            NikTaken,
    } wrapping {
        "student" => Vault(VaultError),
        "student" => Db(DbError),
    }
}

impl Student {
    /// Somebody of whom nothing is known yet but the birth date.
    #[must_use]
    pub fn unknown(
        id: StudentId,
        office: OfficeId,
        birth_date: NaiveDate,
        recorded: Recorded,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id,
            office_id: office,
            place_id: None,
            nisn: None,
            nik_sealed: None,
            nik_index: None,
            name: String::new(),
            sex: None,
            birth_date,
            birth_place: None,
            class_name: None,
            grade: None,
            rt: None,
            rw: None,
            kelurahan: None,
            kecamatan: None,
            phone_sealed: None,
            ever_married: false,
            recorded,
            recorded_on: None,
            recording_id: None,
            left_school: false,
            closed_reason: None,
            closed_on: None,
            merged_into: None,
            import_id: None,
            import_row: None,
            sources: None,
            created_at: now,
        }
    }

    /// The 17th birthday.
    #[must_use]
    pub fn birthday_17(&self, rule: LeapDayRule) -> NaiveDate {
        age::birthday(self.birth_date, age::CARD_AGE, rule)
    }
}

/// A name as it is compared and searched: lower case, letters and digits only, single spaces.
#[must_use]
pub fn name_key(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            key.push(c);
        } else if !key.is_empty() && !key.ends_with(' ') {
            key.push(' ');
        }
    }
    key.truncate(key.trim_end().len());
    key
}

/// The recording state of someone seen for the first time on `today`.
#[must_use]
pub fn first_recorded_state(birth: NaiveDate, today: NaiveDate, rule: LeapDayRule) -> Recorded {
    if age::birthday(birth, age::CARD_AGE, rule) <= today { Recorded::Unknown } else { Recorded::No }
}

/// Opens a student's particulars, NIK and phone included, as a starting point for a change.
pub fn particulars(vault: &Vault, student: &Student) -> Result<Particulars, VaultError> {
    let open = |purpose, sealed: &Option<Vec<u8>>| {
        sealed.as_deref().map(|sealed| vault.open_text(purpose, sealed)).transpose()
    };
    Ok(Particulars {
        place_id: student.place_id,
        nisn: student.nisn.clone(),
        nik: open(Purpose::Nik, &student.nik_sealed)?.and_then(|text| Nik::parse(&text).ok()),
        name: student.name.clone(),
        sex: student.sex,
        birth_date: student.birth_date,
        birth_place: student.birth_place.clone(),
        class_name: student.class_name.clone(),
        grade: student.grade,
        rt: student.rt.clone(),
        rw: student.rw.clone(),
        kelurahan: student.kelurahan.clone(),
        kecamatan: student.kecamatan.clone(),
        phone: open(Purpose::Phone, &student.phone_sealed)?.map(|text| text.to_string()),
    })
}

pub(crate) const BY_ID: &str = "SELECT * FROM student WHERE id = $1";
const BY_OFFICE: &str = "SELECT * FROM student WHERE office_id = $1 ORDER BY id";
const BY_PLACE: &str = "SELECT * FROM student WHERE office_id = $1 AND place_id = $2 ORDER BY id";
pub(crate) const BY_NIK: &str = "SELECT * FROM student WHERE nik_index = $1";
pub(crate) const BY_NISN: &str = "SELECT * FROM student WHERE office_id = $1 AND nisn = $2 ORDER BY id";

/// The student with this ID.
pub async fn load(tx: &mut Tx, id: StudentId) -> Result<Option<Student>, DbError> {
    fetch_optional!(tx, Student, BY_ID, id)
}

/// The student whom `id` leads to: the kept one, if this one was merged.
pub async fn kept(tx: &mut Tx, id: StudentId) -> Result<Option<Student>, DbError> {
    let mut student = load(&mut *tx, id).await?;
    // Only unmerged students are merged, so the way is short; the limit is for a database edited by hand.
    for _ in 0..LONGEST_MERGE {
        match student.as_ref().and_then(|one| one.merged_into) {
            Some(next) => student = load(&mut *tx, next).await?,
            None => break,
        }
    }
    Ok(student.filter(|one| one.merged_into.is_none()))
}

/// Every student of an office, closed ones too.
pub async fn all(tx: &mut Tx, office: OfficeId) -> Result<Vec<Student>, DbError> {
    fetch_all!(tx, Student, BY_OFFICE, office)
}

/// How many students of a place are open and still there, and how many there ever were.
pub async fn count_at(tx: &mut Tx, place: PlaceId) -> Result<(usize, usize), DbError> {
    let (open, all) = fetch_one!(
        tx,
        (i64, i64),
        "SELECT COUNT(CASE WHEN closed_reason IS NULL AND NOT left_school AND merged_into IS NULL THEN 1 END), COUNT(*)
         FROM student WHERE place_id = $1",
        place,
    )?;
    Ok((usize::try_from(open).unwrap_or_default(), usize::try_from(all).unwrap_or_default()))
}

/// Every student of one place.
pub async fn at_place(tx: &mut Tx, office: OfficeId, place: PlaceId) -> Result<Vec<Student>, DbError> {
    fetch_all!(tx, Student, BY_PLACE, office, place)
}

/// The blind index of a NIK in an office. Each office has its own, so that this alone is unique and nobody is found across offices.
#[must_use]
pub fn nik_index(vault: &Vault, office: OfficeId, nik: &Nik) -> Vec<u8> {
    vault.blind_index(Purpose::Nik, &format!("{}/{}", office.0.simple(), nik.digits()))
}

/// The holder of a NIK.
pub async fn by_nik(tx: &mut Tx, vault: &Vault, office: OfficeId, nik: &Nik) -> Result<Option<Student>, DbError> {
    fetch_optional!(tx, Student, BY_NIK, nik_index(vault, office, nik))
}

/// Whoever has this NISN; school systems have been seen to give one twice.
pub async fn by_nisn(tx: &mut Tx, office: OfficeId, nisn: &str) -> Result<Vec<Student>, DbError> {
    let mut found = fetch_all!(tx, Student, BY_NISN, office, nisn)?;
    // Of merged students the kept one is meant, where it has the number, too.
    if found.iter().any(|student| student.merged_into.is_none()) {
        found.retain(|student| student.merged_into.is_none());
    }
    Ok(found)
}

/// The only one of several with the same NISN, the merged left out where there is another.
#[must_use]
pub fn only_one(same: &[Student]) -> Option<&Student> {
    let mut unmerged = same.iter().filter(|student| student.merged_into.is_none());
    match (unmerged.next(), unmerged.next(), same) {
        (Some(student), None, _) | (None, _, [student]) => Some(student),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case_and_marks() {
        assert_eq!(name_key("  M. Ja'far\u{a0}al-Shadiq "), "m ja far al shadiq");
    }
}

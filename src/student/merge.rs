//! Two students made one, and made two again. What a merge changes is kept until it is taken back.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Map, Value};
use sqlx::FromRow;

use super::{ClosedReason, LockedStudent, Recorded, Student, StudentId, fingerprint, save_all, snapshot};
use crate::clock::Clock;
use crate::db::{DbError, Tx};
use crate::vault::{Purpose, Vault, VaultError};
use crate::{execute, fetch_among, fetch_optional, id_type};

id_type!(
    /// One merge, asked for or done.
    MergeId
);

/// A merge that was asked for or done.
#[derive(Debug, Clone, FromRow)]
pub struct Merge {
    pub id: MergeId,
    pub kept_id: StudentId,
    pub merged_id: StudentId,
    pub asked_by: String,
    pub reason: String,
    kept_before: String,
    merged_before: String,
    kept_after: Option<String>,
    /// What went from one to the other, in the form of whoever moved it.
    pub moved: Option<String>,
    /// `None` while a second person is waited for.
    pub merged_at: Option<DateTime<Utc>>,
}

impl Merge {
    /// Whether both are still what they were when the merge was asked for.
    #[must_use]
    pub fn is_about(&self, kept: &Student, merged: &Student) -> bool {
        let same = |text: &str, now: &Student| facts(text).is_some_and(|then| fingerprint(&then) == fingerprint(now));
        same(&self.kept_before, kept) && same(&self.merged_before, merged)
    }

    /// The kept one as they were, if this version can read that.
    #[must_use]
    pub fn kept_before(&self) -> Option<Student> {
        facts(&self.kept_before)
    }
}

/// Who asks for a merge, or agrees to one, and why.
#[derive(Debug, Clone, Copy)]
pub struct Word<'a> {
    pub by: &'a str,
    pub reason: &'a str,
}

/// The merge of these two that waits for a second person.
pub async fn asked_merge(tx: &mut Tx, kept: StudentId, merged: StudentId) -> Result<Option<Merge>, DbError> {
    let sql =
        "SELECT id, kept_id, merged_id, asked_by, reason, kept_before, merged_before, kept_after, moved, merged_at
         FROM student_merge WHERE merged_id = $1 AND kept_id = $2 AND merged_at IS NULL";
    fetch_optional!(tx, Merge, sql, merged, kept)
}

/// Writes down that a merge is asked for, in place of what was asked of the two before.
pub async fn ask_merge(
    tx: &mut Tx,
    clock: &Clock,
    kept: &LockedStudent,
    merged: &LockedStudent,
    word: Word<'_>,
) -> Result<MergeId, DbError> {
    forget_asked(tx, kept.id, merged.id).await?;
    let id = MergeId::new(clock);
    execute!(
        tx,
        "INSERT INTO student_merge (id, kept_id, merged_id, asked_by, asked_at, reason, kept_before, merged_before)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        id,
        kept.id,
        merged.id,
        word.by,
        clock.now(),
        word.reason,
        snapshot(kept),
        snapshot(merged),
    )?;
    Ok(id)
}

/// Forgets what was asked of two, whichever of them was to be kept.
async fn forget_asked(tx: &mut Tx, one: StudentId, other: StudentId) -> Result<(), DbError> {
    execute!(
        tx,
        "DELETE FROM student_merge WHERE merged_at IS NULL AND merged_id IN ($1, $2) AND kept_id IN ($1, $2)",
        one,
        other
    )?;
    Ok(())
}

/// The kept one's facts with what only the duplicate had; a recording and a marriage are facts of both.
#[must_use]
pub fn filled(kept: &Student, duplicate: &Student) -> Student {
    let (other, mut facts) = (duplicate.clone(), kept.clone());
    if facts.nik_index.is_none() && other.nik_index.is_some() {
        facts.nik_sealed = other.nik_sealed;
        facts.nik_index = other.nik_index;
    }
    facts.place_id = facts.place_id.or(other.place_id);
    facts.nisn = facts.nisn.or(other.nisn);
    facts.sex = facts.sex.or(other.sex);
    facts.birth_place = facts.birth_place.or(other.birth_place);
    facts.class_name = facts.class_name.or(other.class_name);
    facts.grade = facts.grade.or(other.grade);
    facts.rt = facts.rt.or(other.rt);
    facts.rw = facts.rw.or(other.rw);
    facts.kelurahan = facts.kelurahan.or(other.kelurahan);
    facts.kecamatan = facts.kecamatan.or(other.kecamatan);
    facts.phone_sealed = facts.phone_sealed.or(other.phone_sealed);
    facts.ever_married |= other.ever_married;
    if facts.recorded != Recorded::Yes && other.recorded == Recorded::Yes {
        facts.recorded = Recorded::Yes;
        facts.recorded_on = other.recorded_on;
        facts.recording_id = other.recording_id;
    }
    facts
}

/// Marks `duplicate` as the same person as `kept`, who is given what only the duplicate had. The duplicate keeps all facts; only found by the NIK is it no longer, since a
/// NIK finds one.
pub async fn merge(
    tx: &mut Tx,
    clock: &Clock,
    kept: &LockedStudent,
    duplicate: &LockedStudent,
    on: NaiveDate,
) -> Result<(), DbError> {
    execute!(
        tx,
        "UPDATE student SET merged_into = $2, closed_reason = $3, closed_on = $4, nik_index = NULL, updated_at = $5
         WHERE id = $1",
        duplicate.id,
        kept.id,
        ClosedReason::Duplicate,
        on,
        clock.now(),
    )?;
    save_all(tx, clock.now(), &[kept.with(filled(kept, duplicate))]).await
}

/// Keeps what the merge `id` changed: the kept one as it is now, and what went from one to the other.
pub async fn keep_merge(
    tx: &mut Tx,
    clock: &Clock,
    id: MergeId,
    by: &str,
    kept: &Student,
    moved: &str,
) -> Result<(), DbError> {
    execute!(
        tx,
        "UPDATE student_merge SET merged_by = $2, merged_at = $3, kept_after = $4, moved = $5 WHERE id = $1",
        id,
        by,
        clock.now(),
        snapshot(kept),
        moved,
    )?;
    Ok(())
}

/// The merge by which somebody became somebody else, if what it changed was kept.
pub async fn standing_merge(tx: &mut Tx, merged: StudentId) -> Result<Option<Merge>, DbError> {
    let sql =
        "SELECT id, kept_id, merged_id, asked_by, reason, kept_before, merged_before, kept_after, moved, merged_at
         FROM student_merge WHERE merged_id = $1 AND merged_at IS NOT NULL AND taken_back_at IS NULL
         ORDER BY merged_at DESC, id DESC LIMIT 1";
    fetch_optional!(tx, Merge, sql, merged)
}

/// Who became the same kept one after `merge`, the last one first.
pub async fn merged_later(tx: &mut Tx, merge: &Merge) -> Result<Option<StudentId>, DbError> {
    let row = fetch_optional!(
        tx,
        (StudentId,),
        "SELECT merged_id FROM student_merge
         WHERE kept_id = $1 AND merged_at IS NOT NULL AND taken_back_at IS NULL AND (merged_at, id) > ($2, $3)
         ORDER BY merged_at DESC, id DESC LIMIT 1",
        merge.kept_id,
        merge.merged_at,
        merge.id,
    )?;
    Ok(row.map(|row| row.0))
}

/// Which of these became somebody else, or are who somebody else became.
pub async fn merged_among(tx: &mut Tx, ids: &[StudentId]) -> Result<HashSet<StudentId>, DbError> {
    let head = "SELECT id FROM student WHERE merged_into IS NOT NULL AND id";
    let mut found = fetch_among!(&mut *tx, (StudentId,), head, [], ids, "")?;
    let head = "SELECT DISTINCT merged_into FROM student WHERE merged_into";
    found.extend(fetch_among!(tx, (StudentId,), head, [], ids, "")?);
    Ok(found.into_iter().map(|row| row.0).collect())
}

/// What becomes of two when their merge is taken back.
#[derive(Debug)]
pub struct Parted {
    pub kept: Student,
    pub merged: Student,
    /// Facts of the kept one that somebody changed since, by name: they stay as they are.
    pub stays: Vec<&'static str>,
}

/// Facts that change together, named after the first.
const GROUPS: [&[&str]; 17] = [
    &["place_id"],
    &["nisn"],
    &["nik", "nik_sealed", "nik_index"],
    &["name"],
    &["sex"],
    &["birth_date"],
    &["birth_place"],
    &["class_name"],
    &["grade"],
    &["rt"],
    &["rw"],
    &["kelurahan"],
    &["kecamatan"],
    &["phone", "phone_sealed"],
    &["ever_married"],
    &["recorded", "recorded_on", "recording_id"],
    &["closed_reason", "closed_on"],
];

/// Both as they are to be once the merge is taken back. Of the kept one each fact that the merge changed is put back, unless
/// somebody has changed it since; the merged one has all its own.
///
/// # Errors
/// If a sealed value cannot be opened.
pub fn part(vault: &Vault, merge: Option<&Merge>, kept: &Student, merged: &Student) -> Result<Parted, VaultError> {
    let mut apart = Student { merged_into: None, closed_reason: None, closed_on: None, ..merged.clone() };
    let Some(merge) = merge else { return Ok(Parted { kept: kept.clone(), merged: apart, stays: Vec::new() }) };
    if let Some(before) = facts(&merge.merged_before) {
        apart.closed_reason = before.closed_reason;
        apart.closed_on = before.closed_on;
        apart.nik_index = before.nik_index;
        apart.nik_sealed = before.nik_sealed;
    }
    let then = (facts(&merge.kept_before), merge.kept_after.as_deref().and_then(facts));
    let (Some(before), Some(after)) = then else {
        return Ok(Parted { kept: kept.clone(), merged: apart, stays: Vec::new() });
    };
    let (before, after, now) = (compared(vault, &before)?, compared(vault, &after)?, compared(vault, kept)?);
    let (mut parted, mut stays) = (now.clone(), Vec::new());
    for group in GROUPS {
        let name = group[0];
        // The same NIK and phone are sealed anew whenever they are written.
        let is_opened = matches!(name, "nik" | "phone");
        let told = if is_opened { &group[..1] } else { group };
        let differs = |one: &Map<String, Value>, other: &Map<String, Value>| {
            told.iter().any(|field| one.get(*field) != other.get(*field))
        };
        if !differs(&before, &after) {
            continue;
        }
        if differs(&after, &now) {
            stays.push(name);
        } else {
            put(&mut parted, &before, group);
        }
    }
    let kept = serde_json::from_value(Value::Object(parted)).unwrap_or_else(|_| kept.clone());
    Ok(Parted { kept, merged: apart, stays })
}

fn put(to: &mut Map<String, Value>, from: &Map<String, Value>, fields: &[&str]) {
    for field in fields {
        to.insert((*field).to_owned(), from.get(*field).cloned().unwrap_or(Value::Null));
    }
}

/// The facts by name, with what is sealed beside what it says.
fn compared(vault: &Vault, student: &Student) -> Result<Map<String, Value>, VaultError> {
    let mut facts = match serde_json::to_value(student) {
        Ok(Value::Object(facts)) => facts,
        _ => Map::new(),
    };
    for (field, purpose, sealed) in
        [("nik", Purpose::Nik, &student.nik_sealed), ("phone", Purpose::Phone, &student.phone_sealed)]
    {
        let opened = sealed.as_deref().map(|sealed| vault.open_text(purpose, sealed)).transpose()?;
        facts.insert(field.to_owned(), opened.map_or(Value::Null, |text| Value::String(text.to_string())));
    }
    Ok(facts)
}

fn facts(text: &str) -> Option<Student> {
    serde_json::from_str(text).ok()
}

/// Writes both as they are to be, and that the merge was taken back.
pub async fn take_back_merge(
    tx: &mut Tx,
    clock: &Clock,
    merge: Option<&Merge>,
    kept: &LockedStudent,
    merged: &LockedStudent,
    parted: Parted,
) -> Result<(), DbError> {
    // One after the other, since a NIK may go from one to the other.
    save_all(tx, clock.now(), &[kept.with(parted.kept)]).await?;
    save_all(tx, clock.now(), &[merged.with(parted.merged)]).await?;
    if let Some(merge) = merge {
        execute!(tx, "UPDATE student_merge SET taken_back_at = $2 WHERE id = $1", merge.id, clock.now())?;
    }
    Ok(())
}

//! One student's facts, written by whoever holds the student's lock.

use chrono::NaiveDate;
use uuid::Uuid;

use super::{ClosedReason, LockedStudent, Particulars, Recorded, StudentError, name_key, nik_index};
use crate::clock::Clock;
use crate::db::{DbError, Tx};
use crate::execute;
use crate::vault::{Purpose, Vault};

/// Replaces a student's particulars.
pub async fn write_particulars(
    tx: &mut Tx,
    clock: &Clock,
    vault: &Vault,
    student: &LockedStudent,
    p: &Particulars,
) -> Result<(), StudentError> {
    let nik_sealed = p.nik.as_ref().map(|nik| vault.seal(Purpose::Nik, nik.digits().as_bytes())).transpose()?;
    let nik_index = p.nik.as_ref().map(|nik| nik_index(vault, student.office_id, nik));
    let phone_sealed = p.phone.as_deref().map(|phone| vault.seal(Purpose::Phone, phone.as_bytes())).transpose()?;
    execute!(
        tx,
        "UPDATE student SET place_id = $2, nisn = $3, nik_sealed = $4, nik_index = $5, name = $6, name_key = $7, sex = $8,
             birth_date = $9, birth_place = $10, class_name = $11, grade = $12, rt = $13, rw = $14, kelurahan = $15,
             kecamatan = $16, phone_sealed = $17, updated_at = $18
         WHERE id = $1",
        student.id,
        p.place_id,
        &p.nisn,
        nik_sealed,
        nik_index,
        &p.name,
        name_key(&p.name),
        p.sex,
        p.birth_date,
        &p.birth_place,
        &p.class_name,
        p.grade,
        &p.rt,
        &p.rw,
        &p.kelurahan,
        &p.kecamatan,
        phone_sealed,
        clock.now(),
    )
    .map_err(|error| if error.is_duplicate() { StudentError::NikTaken } else { error.into() })?;
    Ok(())
}

/// Sets whether and when a student was recorded. `recording` names the recording, for the notices that follow from it.
pub async fn set_recorded(
    tx: &mut Tx,
    clock: &Clock,
    student: &LockedStudent,
    recorded: Recorded,
    on: Option<NaiveDate>,
    recording: Option<Uuid>,
) -> Result<(), DbError> {
    execute!(
        tx,
        "UPDATE student SET recorded = $2, recorded_on = $3, recording_id = $4, updated_at = $5 WHERE id = $1",
        student.id,
        recorded,
        on,
        recording,
        clock.now(),
    )?;
    Ok(())
}

/// Sets `ever_married`: the card is then due at once, whatever the age (UU 24/2013 art. 63).
pub async fn set_ever_married(
    tx: &mut Tx,
    clock: &Clock,
    student: &LockedStudent,
    married: bool,
) -> Result<(), DbError> {
    execute!(
        tx,
        "UPDATE student SET ever_married = $2, updated_at = $3 WHERE id = $1",
        student.id,
        married,
        clock.now()
    )?;
    Ok(())
}

/// Hands a student over to the village list, or back to the school's.
pub async fn set_left_school(tx: &mut Tx, clock: &Clock, student: &LockedStudent, left: bool) -> Result<(), DbError> {
    execute!(tx, "UPDATE student SET left_school = $2, updated_at = $3 WHERE id = $1", student.id, left, clock.now())?;
    Ok(())
}

/// Closes a student's case.
pub async fn close(
    tx: &mut Tx,
    clock: &Clock,
    student: &LockedStudent,
    reason: ClosedReason,
    on: NaiveDate,
) -> Result<(), DbError> {
    execute!(
        tx,
        "UPDATE student SET closed_reason = $2, closed_on = $3, updated_at = $4 WHERE id = $1",
        student.id,
        reason,
        on,
        clock.now(),
    )?;
    Ok(())
}

/// Opens a closed case again; whoever became somebody else by a merge stays so.
pub async fn reopen(tx: &mut Tx, clock: &Clock, student: &LockedStudent) -> Result<(), DbError> {
    execute!(
        tx,
        "UPDATE student SET closed_reason = NULL, closed_on = NULL, updated_at = $2 WHERE id = $1 AND merged_into IS NULL",
        student.id,
        clock.now(),
    )?;
    Ok(())
}

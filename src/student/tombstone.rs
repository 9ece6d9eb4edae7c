//! Whoever came with a roster that was undone: the facts go, the ID stays, and a later roster that names the same person gets
//! it back. So nobody has two birthdays in the ledger (design: *identity*).

use chrono::NaiveDate;

use super::{ClosedReason, Particulars, Student, StudentError, StudentId, name_key, write_particulars};
use crate::clock::Clock;
use crate::db::{DbError, Tx};
use crate::office::OfficeId;
use crate::vault::{Purpose, Vault};
use crate::{execute, fetch_optional};

/// What a roster would name this person by, hashed with the key; the surest first.
fn keys(vault: &Vault, office: OfficeId, p: &Particulars) -> Vec<Vec<u8>> {
    let key = |text: String| vault.blind_index(Purpose::Tombstone, &format!("{office}/{text}"));
    let mut keys = Vec::new();
    keys.extend(p.nik.as_ref().map(|nik| key(format!("nik/{}", nik.digits()))));
    keys.extend(p.nisn.as_ref().map(|nisn| key(format!("nisn/{nisn}/{}", p.birth_date))));
    let place = p.place_id.map(|place| place.to_string()).unwrap_or_default();
    keys.push(key(format!("name/{}/{}/{place}", name_key(&p.name), p.birth_date)));
    keys
}

/// Takes a student's facts away and leaves a tombstone. The birth date stays, for the verdict on the birthday stays.
pub async fn bury(
    tx: &mut Tx,
    clock: &Clock,
    vault: &Vault,
    student: &Student,
    on: NaiveDate,
) -> Result<(), StudentError> {
    let particulars = super::particulars(vault, student)?;
    for key in keys(vault, student.office_id, &particulars) {
        execute!(
            &mut *tx,
            "INSERT INTO student_tombstone (key, student_id) VALUES ($1, $2) ON CONFLICT (key, student_id) DO NOTHING",
            key,
            student.id,
        )?;
    }
    let nothing = Particulars {
        place_id: None,
        nisn: None,
        nik: None,
        name: String::new(),
        sex: None,
        birth_date: student.birth_date,
        birth_place: None,
        class_name: None,
        grade: None,
        rt: None,
        rw: None,
        kelurahan: None,
        kecamatan: None,
        phone: None,
    };
    write_particulars(tx, clock, vault, student.id, &nothing).await?;
    super::close(tx, clock, student.id, ClosedReason::ImportUndone, on).await?;
    Ok(())
}

/// The ID of the person whom `particulars` name, if a tombstone knows them.
pub async fn revive(
    tx: &mut Tx,
    vault: &Vault,
    office: OfficeId,
    particulars: &Particulars,
) -> Result<Option<StudentId>, DbError> {
    for key in keys(vault, office, particulars) {
        let found = fetch_optional!(
            &mut *tx,
            (StudentId,),
            "SELECT t.student_id FROM student_tombstone t JOIN student s ON s.id = t.student_id
             WHERE t.key = $1 AND s.closed_reason = $2 ORDER BY t.student_id LIMIT 1",
            key,
            ClosedReason::ImportUndone,
        )?;
        if let Some((id,)) = found {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// Removes a revived student's tombstone.
pub async fn forget_tombstones(tx: &mut Tx, id: StudentId) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM student_tombstone WHERE student_id = $1", id)?;
    Ok(())
}

/// Puts every fact of a student back to what it was in `before`, sealed values as they were sealed.
pub async fn restore(tx: &mut Tx, clock: &Clock, before: &Student) -> Result<(), DbError> {
    execute!(
        tx,
        "UPDATE student SET place_id = $2, nisn = $3, nik_sealed = $4, nik_index = $5, name = $6, name_key = $7, sex = $8,
             birth_date = $9, birth_place = $10, class_name = $11, grade = $12, rt = $13, rw = $14, kelurahan = $15,
             kecamatan = $16, phone_sealed = $17, ever_married = $18, recorded = $19, recorded_on = $20, recording_id = $21,
             left_school = $22, closed_reason = $23, closed_on = $24, merged_into = $25, import_id = $26, import_row = $27,
             updated_at = $28
         WHERE id = $1",
        before.id,
        before.place_id,
        &before.nisn,
        &before.nik_sealed,
        &before.nik_index,
        &before.name,
        name_key(&before.name),
        before.sex,
        before.birth_date,
        &before.birth_place,
        &before.class_name,
        before.grade,
        &before.rt,
        &before.rw,
        &before.kelurahan,
        &before.kecamatan,
        &before.phone_sealed,
        before.ever_married,
        before.recorded,
        before.recorded_on,
        before.recording_id,
        before.left_school,
        before.closed_reason,
        before.closed_on,
        before.merged_into,
        before.import_id,
        before.import_row,
        clock.now(),
    )?;
    Ok(())
}

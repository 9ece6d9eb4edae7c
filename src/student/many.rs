//! Students by the hundred: a roster is looked up and written with few statements, however long it is.

use chrono::{DateTime, NaiveDate, Utc};

use super::{Student, StudentId, fingerprint, name_key};
use crate::db::{DbError, Engine, Statement, Tx, run_all};
use crate::office::OfficeId;
use crate::place::PlaceId;
use crate::{fetch_among, insert_many};

/// The statements that add students of whom nothing is known but what a roster says: neither recorded nor merged nor married,
/// from one source. With each is kept what its facts are now, so that a later look tells whether they changed.
#[must_use]
pub fn adding(engine: Engine, students: &[Student]) -> Vec<Statement> {
    insert_many!(
        engine,
        "INSERT INTO student (id, office_id, place_id, nisn, nik_sealed, nik_index, name, name_key, sex, birth_date,
             birth_place, class_name, grade, rt, rw, kelurahan, kecamatan, phone_sealed, ever_married, recorded, left_school,
             closed_reason, closed_on, import_id, import_row, import_place, import_hash, created_at) ",
        students,
        |one| [
            one.id,
            one.office_id,
            one.place_id,
            &one.nisn,
            &one.nik_sealed,
            &one.nik_index,
            &one.name,
            name_key(&one.name),
            one.sex,
            one.birth_date,
            &one.birth_place,
            &one.class_name,
            one.grade,
            &one.rt,
            &one.rw,
            &one.kelurahan,
            &one.kecamatan,
            &one.phone_sealed,
            one.ever_married,
            one.recorded,
            one.left_school,
            one.closed_reason,
            one.closed_on,
            one.import_id,
            one.import_row,
            one.place_id,
            fingerprint(one),
            one.created_at,
        ],
        ""
    )
}

/// Writes students as they are given, sealed values as they are sealed: new ones are added, known ones replaced.
pub async fn save_all(tx: &mut Tx, now: DateTime<Utc>, students: &[Student]) -> Result<(), DbError> {
    let statements = saving(tx.engine(), now, students);
    run_all(tx, statements).await
}

/// The statements that do so.
#[must_use]
pub fn saving(engine: Engine, now: DateTime<Utc>, students: &[Student]) -> Vec<Statement> {
    insert_many!(
        engine,
        "INSERT INTO student (id, office_id, place_id, nisn, nik_sealed, nik_index, name, name_key, sex, birth_date,
             birth_place, class_name, grade, rt, rw, kelurahan, kecamatan, phone_sealed, ever_married, recorded, recorded_on,
             recording_id, left_school, closed_reason, closed_on, merged_into, import_id, import_row, sources, created_at,
             updated_at) ",
        students,
        |one| [
            one.id,
            one.office_id,
            one.place_id,
            &one.nisn,
            &one.nik_sealed,
            &one.nik_index,
            &one.name,
            name_key(&one.name),
            one.sex,
            one.birth_date,
            &one.birth_place,
            &one.class_name,
            one.grade,
            &one.rt,
            &one.rw,
            &one.kelurahan,
            &one.kecamatan,
            &one.phone_sealed,
            one.ever_married,
            one.recorded,
            one.recorded_on,
            one.recording_id,
            one.left_school,
            one.closed_reason,
            one.closed_on,
            one.merged_into,
            one.import_id,
            one.import_row,
            &one.sources,
            one.created_at,
            now,
        ],
        " ON CONFLICT (id) DO UPDATE SET place_id = excluded.place_id, nisn = excluded.nisn, nik_sealed = excluded.nik_sealed,
             nik_index = excluded.nik_index, name = excluded.name, name_key = excluded.name_key, sex = excluded.sex,
             birth_date = excluded.birth_date, birth_place = excluded.birth_place, class_name = excluded.class_name,
             grade = excluded.grade, rt = excluded.rt, rw = excluded.rw, kelurahan = excluded.kelurahan,
             kecamatan = excluded.kecamatan, phone_sealed = excluded.phone_sealed, ever_married = excluded.ever_married,
             recorded = excluded.recorded, recorded_on = excluded.recorded_on, recording_id = excluded.recording_id,
             left_school = excluded.left_school, closed_reason = excluded.closed_reason, closed_on = excluded.closed_on,
             merged_into = excluded.merged_into, import_id = excluded.import_id, import_row = excluded.import_row,
             sources = excluded.sources, created_at = excluded.created_at, updated_at = excluded.updated_at"
    )
}

/// The students with these IDs.
pub async fn with_ids(tx: &mut Tx, ids: &[StudentId]) -> Result<Vec<Student>, DbError> {
    fetch_among!(tx, Student, "SELECT * FROM student WHERE id", [], ids, "")
}

/// The holders of NIKs, by their blind indexes in their office (see [`super::nik_index`]).
pub async fn with_niks(tx: &mut Tx, niks: &[&[u8]]) -> Result<Vec<Student>, DbError> {
    // Of a long list PostgreSQL does not see by itself that it holds no NULL, and would pass the index over.
    let head = "SELECT * FROM student WHERE nik_index IS NOT NULL AND nik_index";
    fetch_among!(tx, Student, head, [], niks, " ORDER BY id")
}

/// Whoever has one of these NISNs.
pub async fn with_nisns(tx: &mut Tx, office: OfficeId, nisns: &[&str]) -> Result<Vec<Student>, DbError> {
    fetch_among!(
        tx,
        Student,
        "SELECT * FROM student WHERE office_id = ",
        [(office, " AND nisn")],
        nisns,
        " ORDER BY id"
    )
}

/// Whoever has one of these names as compared (see [`name_key`]).
pub async fn with_names(tx: &mut Tx, office: OfficeId, keys: &[&str]) -> Result<Vec<Student>, DbError> {
    fetch_among!(
        tx,
        Student,
        "SELECT * FROM student WHERE office_id = ",
        [(office, " AND name_key")],
        keys,
        " ORDER BY id"
    )
}

/// Whoever was born on one of these days and belongs to the place.
pub async fn born_at(tx: &mut Tx, place: PlaceId, days: &[NaiveDate]) -> Result<Vec<Student>, DbError> {
    fetch_among!(
        tx,
        Student,
        "SELECT * FROM student WHERE place_id = ",
        [(place, " AND birth_date")],
        days,
        " ORDER BY id"
    )
}

//! Students by the hundred: a roster is looked up and written with few statements, however long it is.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::{ClosedReason, Recorded, Student, StudentId, fingerprint, name_key};
use crate::clock::Clock;
use crate::db::{DbError, Engine, Statement, Tx, run_all};
use crate::office::OfficeId;
use crate::place::PlaceId;
use crate::{fetch_all, fetch_among, insert_many};

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

/// Lets go of the NIKs of these students, so that others can hold them.
pub async fn let_go_of_niks(tx: &mut Tx, ids: &[StudentId]) -> Result<(), DbError> {
    let head = "UPDATE student SET nik_sealed = NULL, nik_index = NULL WHERE id";
    fetch_among!(tx, (StudentId,), head, [], ids, " RETURNING id").map(drop)
}

/// The students with these IDs.
pub async fn with_ids(tx: &mut Tx, ids: &[StudentId]) -> Result<Vec<Student>, DbError> {
    fetch_among!(tx, Student, "SELECT * FROM student WHERE id", [], ids, "")
}

/// The next page of an office's students in the order of their IDs, merged ones left out: those after `after` and up to `upto`,
/// at most `size` of them.
pub async fn page(
    tx: &mut Tx,
    office: OfficeId,
    after: Option<StudentId>,
    upto: Option<StudentId>,
    size: i64,
) -> Result<Vec<StudentId>, DbError> {
    let ids = fetch_all!(
        tx,
        (StudentId,),
        "SELECT id FROM student WHERE office_id = $1 AND merged_into IS NULL AND id > $2 AND id <= $3 ORDER BY id LIMIT $4",
        office,
        after.unwrap_or(StudentId(Uuid::nil())),
        upto.unwrap_or(StudentId(Uuid::max())),
        size,
    )?;
    Ok(ids.into_iter().map(|row| row.0).collect())
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

/// Sets whether several students were recorded, when exactly and by which recording being unknown.
pub async fn set_recorded_all(
    tx: &mut Tx,
    clock: &Clock,
    ids: &[StudentId],
    recorded: Recorded,
) -> Result<(), DbError> {
    fetch_among!(
        tx,
        (StudentId,),
        "UPDATE student SET recorded_on = NULL, recording_id = NULL, recorded = ",
        [(recorded, ", updated_at = "), (clock.now(), " WHERE id")],
        ids,
        " RETURNING id"
    )
    .map(drop)
}

/// Closes several students' cases.
pub async fn close_all(
    tx: &mut Tx,
    clock: &Clock,
    ids: &[StudentId],
    reason: ClosedReason,
    on: NaiveDate,
) -> Result<(), DbError> {
    fetch_among!(
        tx,
        (StudentId,),
        "UPDATE student SET closed_reason = ",
        [(reason, ", closed_on = "), (on, ", updated_at = "), (clock.now(), " WHERE id")],
        ids,
        " RETURNING id"
    )
    .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute;
    use crate::place;
    use crate::testing::{Scratch, postgres, sample_office, sqlite};

    async fn refuses(scratch: &Scratch, why: &str, statement: &'static str, student: StudentId, place: PlaceId) {
        let mut tx = scratch.db.write().await.unwrap();
        // SQLite looks at references when the transaction ends, PostgreSQL at once.
        let done = match execute!(&mut tx, statement, student, place) {
            Ok(rows) => {
                assert_eq!(rows, 1, "{why}");
                tx.commit().await
            }
            Err(error) => Err(error),
        };
        match done {
            Err(DbError::Statement(sqlx::Error::Database(error))) => {
                assert!(error.is_foreign_key_violation(), "{why}: {error}")
            }
            other => panic!("{why}: {other:?}"),
        }
    }

    async fn a_students_place_is_one_of_the_office(scratch: Scratch) {
        let clock = Clock::system();
        let office = sample_office(&scratch.db, &clock).await;
        let mut tx = scratch.db.write().await.unwrap();
        let new = place::parse_file(b"code,kind,name\n50200001,school,SMAN Contoh\n").unwrap();
        let vault = crate::vault::Vault::from_secret(&[17; 32]);
        let (place, _) = place::save(&mut tx, &clock, &vault, office.id, &new[0]).await.unwrap();
        let born = NaiveDate::from_ymd_opt(2010, 5, 1).unwrap();
        let recorded = crate::student::Recorded::No;
        let mut student = Student::unknown(StudentId::new(&clock), office.id, born, recorded, clock.now());
        student.name = "Siti Contoh".to_owned();
        student.place_id = Some(place);
        let statements = adding(tx.engine(), &[student.clone()]);
        run_all(&mut tx, statements).await.unwrap();
        tx.commit().await.unwrap();

        let nowhere = PlaceId::new(&clock);
        let added = "INSERT INTO student (id, office_id, place_id, name, name_key, birth_date, ever_married, recorded, left_school,
             created_at)
             SELECT $2, office_id, $2, name, name_key, birth_date, ever_married, recorded, left_school, created_at
             FROM student WHERE id = $1";
        refuses(&scratch, "added to a place that is not there", added, student.id, nowhere).await;
        let moved = "UPDATE student SET place_id = $2 WHERE id = $1";
        refuses(&scratch, "moved to a place that is not there", moved, student.id, nowhere).await;
        let elsewhere = "UPDATE student SET office_id = $2 WHERE id = $1";
        refuses(&scratch, "given to an office that has not this place", elsewhere, student.id, nowhere).await;
        let deleted = "DELETE FROM place WHERE id = $2 AND $1 IS NOT NULL";
        refuses(&scratch, "a place with students deleted", deleted, student.id, place).await;
        let renumbered = "UPDATE place SET id = $1 WHERE id = $2";
        refuses(&scratch, "a place with students renumbered", renumbered, student.id, place).await;
    }

    #[tokio::test]
    async fn a_students_place_on_sqlite() {
        a_students_place_is_one_of_the_office(sqlite().await).await;
    }

    #[tokio::test]
    async fn a_students_place_on_postgres() {
        a_students_place_is_one_of_the_office(postgres().await).await;
    }
}

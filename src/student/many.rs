//! Students by the hundred: a roster is looked up and written with few statements, however long it is.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::{
    ClosedReason, LONGEST_MERGE, LockedStudent, LockedTable, Recorded, Rewritten, Student, StudentId, fingerprint,
    name_key,
};
use crate::clock::Clock;
use crate::db::{DbError, Engine, Statement, Tx, run_all};
use crate::office::OfficeId;
use crate::place::PlaceId;
use crate::{fetch_all, fetch_among, fetch_among_pairs, insert_many};

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

/// Writes what locked students are to become, sealed values as they are sealed.
pub async fn save_all(tx: &mut Tx, now: DateTime<Utc>, students: &[Rewritten]) -> Result<(), DbError> {
    let facts: Vec<&Student> = students.iter().map(Rewritten::facts).collect();
    let statements = writing(tx.engine(), now, &facts);
    run_all(tx, statements).await
}

/// The statements that write students as they are given: new ones are added, known ones replaced.
#[must_use]
pub fn saving(_: LockedTable, engine: Engine, now: DateTime<Utc>, students: &[Student]) -> Vec<Statement> {
    writing(engine, now, &students.iter().collect::<Vec<_>>())
}

fn writing(engine: Engine, now: DateTime<Utc>, students: &[&Student]) -> Vec<Statement> {
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
pub async fn let_go_of_niks(tx: &mut Tx, students: &[&LockedStudent]) -> Result<(), DbError> {
    let ids: Vec<StudentId> = students.iter().map(|student| student.id).collect();
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

/// Whoever has one of these names as compared (see [`name_key`]) and was born on the day beside it.
pub async fn named_and_born(
    tx: &mut Tx,
    office: OfficeId,
    keys: &[String],
    days: &[NaiveDate],
) -> Result<Vec<Student>, DbError> {
    let body = "SELECT s.* FROM w CROSS JOIN student s
         WHERE s.name_key = w.a AND s.birth_date = w.b AND s.office_id = ";
    let mut found = fetch_among_pairs!(tx, Student, [keys, days], body, office)?;
    found.sort_unstable_by_key(|student| student.id);
    Ok(found)
}

/// Whoever has one of these names as compared.
pub async fn with_names(tx: &mut Tx, office: OfficeId, keys: &[String]) -> Result<Vec<StudentId>, DbError> {
    let head = "SELECT id FROM student WHERE office_id = ";
    let found = fetch_among!(tx, (StudentId,), head, [(office, " AND name_key")], keys, "")?;
    Ok(found.into_iter().map(|row| row.0).collect())
}

/// A student as far as a name and a birth date at a place go.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Namesake {
    pub id: StudentId,
    pub place_id: PlaceId,
    pub birth_date: NaiveDate,
    pub name: String,
}

/// Whoever belongs to one of these places and was born on the day beside it.
pub async fn born_at(
    tx: &mut Tx,
    office: OfficeId,
    places: &[PlaceId],
    days: &[NaiveDate],
) -> Result<Vec<Namesake>, DbError> {
    let body = "SELECT s.id, s.place_id, s.birth_date, s.name FROM w CROSS JOIN student s
         WHERE s.place_id = w.a AND s.birth_date = w.b AND s.office_id = ";
    fetch_among_pairs!(tx, Namesake, [places, days], body, office)
}

/// [`super::kept`] for many at once: each of `ids` with whom it leads to, unless it leads to nobody.
pub async fn all_kept(tx: &mut Tx, ids: &[StudentId]) -> Result<HashMap<StudentId, Student>, DbError> {
    let mut known: HashMap<StudentId, Student> = HashMap::new();
    let mut wanted = ids.to_vec();
    for _ in 0..=LONGEST_MERGE {
        let found = with_ids(&mut *tx, &wanted).await?;
        wanted = found.iter().filter_map(|one| one.merged_into).filter(|id| !known.contains_key(id)).collect();
        known.extend(found.into_iter().map(|one| (one.id, one)));
        if wanted.is_empty() {
            break;
        }
    }
    let kept = |id: &StudentId| {
        let mut student = known.get(id)?;
        for _ in 0..LONGEST_MERGE {
            match student.merged_into {
                Some(next) => student = known.get(&next)?,
                None => break,
            }
        }
        student.merged_into.is_none().then(|| (*id, student.clone()))
    };
    Ok(ids.iter().filter_map(kept).collect())
}

/// Sets whether several students were recorded, when exactly and by which recording being unknown.
pub async fn set_recorded_all(
    tx: &mut Tx,
    clock: &Clock,
    students: &[&LockedStudent],
    recorded: Recorded,
) -> Result<(), DbError> {
    let ids: Vec<StudentId> = students.iter().map(|student| student.id).collect();
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
    students: &[&LockedStudent],
    reason: ClosedReason,
    on: NaiveDate,
) -> Result<(), DbError> {
    let ids: Vec<StudentId> = students.iter().map(|student| student.id).collect();
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
    use crate::db::Db;
    use crate::place;
    use crate::testing::{Scratch, postgres, sample_office, sqlite};
    use crate::{execute, fetch_one};

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

    /// The sample office's student at its one place.
    async fn a_student_at_a_place(scratch: &Scratch, clock: &Clock) -> (StudentId, PlaceId) {
        let office = sample_office(&scratch.db, clock).await;
        let mut tx = scratch.db.write().await.unwrap();
        let new = place::parse_file(b"code,kind,name\n50200001,school,SMAN Contoh\n").unwrap();
        let vault = crate::vault::Vault::from_secret(&[17; 32]);
        let (place, _) = place::save(&mut tx, clock, &vault, office.id, &new[0]).await.unwrap();
        let born = NaiveDate::from_ymd_opt(2010, 5, 1).unwrap();
        let recorded = crate::student::Recorded::No;
        let mut student = Student::unknown(StudentId::new(clock), office.id, born, recorded, clock.now());
        student.name = "Siti Contoh".to_owned();
        student.place_id = Some(place);
        let statements = adding(tx.engine(), &[student.clone()]);
        run_all(&mut tx, statements).await.unwrap();
        tx.commit().await.unwrap();
        (student.id, place)
    }

    async fn a_students_place_is_one_of_the_office(scratch: Scratch) {
        let clock = Clock::system();
        let (student, place) = a_student_at_a_place(&scratch, &clock).await;
        let nowhere = PlaceId::new(&clock);
        let added = "INSERT INTO student (id, office_id, place_id, name, name_key, birth_date, ever_married, recorded, left_school,
             created_at)
             SELECT $2, office_id, $2, name, name_key, birth_date, ever_married, recorded, left_school, created_at
             FROM student WHERE id = $1";
        refuses(&scratch, "added to a place that is not there", added, student, nowhere).await;
        let moved = "UPDATE student SET place_id = $2 WHERE id = $1";
        refuses(&scratch, "moved to a place that is not there", moved, student, nowhere).await;
        let elsewhere = "UPDATE student SET office_id = $2 WHERE id = $1";
        refuses(&scratch, "given to an office that has not this place", elsewhere, student, nowhere).await;
        let deleted = "DELETE FROM place WHERE id = $2 AND $1 IS NOT NULL";
        refuses(&scratch, "a place with students deleted", deleted, student, place).await;
        let renumbered = "UPDATE place SET id = $1 WHERE id = $2";
        refuses(&scratch, "a place with students renumbered", renumbered, student, place).await;
    }

    /// Runs a statement and commits it, or gives up.
    async fn carried_out(db: Db, statement: &'static str, place: PlaceId, student: StudentId) -> Result<(), DbError> {
        let mut tx = db.write().await?;
        execute!(&mut tx, statement, place, student)?;
        tx.commit().await
    }

    #[tokio::test]
    async fn no_student_is_left_at_a_place_that_is_deleted_at_the_same_moment() {
        let (clock, scratch) = (Clock::system(), postgres().await);
        let (student, _) = a_student_at_a_place(&scratch, &clock).await;
        let another = "INSERT INTO place (id, office_id, code, kind, name, working_days)
             SELECT $1, office_id, CAST($1 AS TEXT), 'school', 'SMAN Lain', '1' FROM student WHERE id = $2";
        let moved = "UPDATE student SET place_id = $1 WHERE id = $2";
        let added = "INSERT INTO student (id, office_id, place_id, name, name_key, birth_date, ever_married, recorded, left_school,
             created_at)
             SELECT $1, office_id, $1, name, name_key, birth_date, ever_married, recorded, left_school, created_at
             FROM student WHERE id = $2";
        let deleted = "DELETE FROM place WHERE id = $1 AND $2 IS NOT NULL";
        for (first, second) in [(added, deleted), (moved, deleted), (deleted, added), (deleted, moved)] {
            let place = PlaceId::new(&clock);
            carried_out(scratch.db.clone(), another, place, student).await.unwrap();
            let mut tx = scratch.db.write().await.unwrap();
            execute!(&mut tx, first, place, student).unwrap();
            let other = tokio::spawn(carried_out(scratch.db.clone(), second, place, student));
            // Until it waits for this one, or is done without.
            while !other.is_finished() {
                let mut looking = scratch.db.read().await.unwrap();
                let waiting = "SELECT COUNT(*) FROM pg_stat_activity
                     WHERE datname = current_database() AND wait_event_type = 'Lock'";
                if fetch_one!(&mut looking, (i64,), waiting).unwrap().0 > 0 {
                    break;
                }
                tokio::task::yield_now().await;
            }
            tx.commit().await.unwrap();
            assert!(other.await.unwrap().is_err(), "{first}\n{second}");
            let mut tx = scratch.db.read().await.unwrap();
            let orphans = "SELECT COUNT(*) FROM student s
                 WHERE s.place_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM place p WHERE p.id = s.place_id)";
            assert_eq!(fetch_one!(&mut tx, (i64,), orphans).unwrap().0, 0, "{first}\n{second}");
        }
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

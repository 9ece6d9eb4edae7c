//! Whoever came with a roster that was undone: the facts go, the ID stays, and a later roster that names the same person gets
//! it back. So nobody has two birthdays in the ledger (design: *identity*).

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use super::{ClosedReason, LockedStudent, Student, StudentError, StudentId, name_key, save_all};
use crate::clock::Clock;
use crate::db::{DbError, Engine, Tx, run_all};
use crate::office::OfficeId;
use crate::place::PlaceId;
use crate::vault::{Purpose, Vault};
use crate::{execute, fetch_among, fetch_optional, insert_many};

/// What a roster names a person by, from which the keys of a tombstone are made.
#[derive(Debug, Clone, Copy)]
pub struct TombstoneKey<'a> {
    /// The 16 digits.
    pub nik: Option<&'a str>,
    pub nisn: Option<&'a str>,
    pub name: &'a str,
    pub born: NaiveDate,
    pub place: Option<PlaceId>,
}

impl TombstoneKey<'_> {
    /// Hashed with the key; the surest first.
    #[must_use]
    pub fn keys(&self, vault: &Vault, office: OfficeId) -> Vec<Vec<u8>> {
        let key = |text: String| vault.blind_index(Purpose::Tombstone, &format!("{office}/{text}"));
        let mut keys = Vec::new();
        keys.extend(self.nik.map(|nik| key(format!("nik/{nik}"))));
        keys.extend(self.nisn.map(|nisn| key(format!("nisn/{nisn}/{}", self.born))));
        let place = self.place.map(|place| place.to_string()).unwrap_or_default();
        keys.push(key(format!("name/{}/{}/{place}", name_key(self.name), self.born)));
        keys
    }
}

/// Writes the index of names anew. SQLite overwrites what is removed from a page, but not what pages that were split keep between
/// their entries: there names would stand that nobody has any more.
pub async fn rewrite_name_index(tx: &mut Tx) -> Result<(), DbError> {
    if tx.engine() == Engine::Sqlite {
        execute!(tx, "REINDEX student_name")?;
    }
    Ok(())
}

/// Blanks students and inserts their tombstones. The birth date stays, for the verdict on the birthday stays.
pub async fn insert_tombstones(
    tx: &mut Tx,
    clock: &Clock,
    vault: &Vault,
    students: &[LockedStudent],
    on: NaiveDate,
) -> Result<(), StudentError> {
    let mut tombstones = Vec::new();
    let mut blanked = Vec::with_capacity(students.len());
    for student in students {
        let nik = student.nik_sealed.as_deref().map(|sealed| vault.open_text(Purpose::Nik, sealed)).transpose()?;
        let names = TombstoneKey {
            nik: nik.as_ref().map(|nik| nik.as_str()),
            nisn: student.nisn.as_deref(),
            name: &student.name,
            born: student.birth_date,
            place: student.place_id,
        };
        tombstones.extend(names.keys(vault, student.office_id).into_iter().map(|key| (key, student.id)));
        let recorded = student.recorded;
        let mut nobody =
            Student::unknown(student.id, student.office_id, student.birth_date, recorded, student.created_at);
        nobody.closed_reason = Some(ClosedReason::ImportUndone);
        nobody.closed_on = Some(on);
        nobody.import_id = student.import_id;
        nobody.import_row = student.import_row;
        blanked.push(student.with(nobody));
    }
    tombstones.sort();
    tombstones.dedup();
    let statements = insert_many!(
        tx.engine(),
        "INSERT INTO student_tombstone (key, student_id) ",
        tombstones,
        |one| [&one.0, one.1],
        " ON CONFLICT (key, student_id) DO NOTHING"
    );
    run_all(tx, statements).await?;
    Ok(save_all(tx, clock.now(), &blanked).await?)
}

/// Whether there is any tombstone.
pub async fn has_tombstones(tx: &mut Tx) -> Result<bool, DbError> {
    Ok(fetch_optional!(tx, (StudentId,), "SELECT student_id FROM student_tombstone LIMIT 1")?.is_some())
}

/// Returns the IDs behind the tombstones that rows name (each row with its keys, the surest first). No ID is given to two rows.
pub async fn revivable(tx: &mut Tx, rows: &[(i32, Vec<Vec<u8>>)]) -> Result<HashMap<i32, StudentId>, DbError> {
    let keys: Vec<&[u8]> = rows.iter().flat_map(|(_, keys)| keys).map(Vec::as_slice).collect();
    let found = fetch_among!(
        tx,
        (Vec<u8>, StudentId),
        "SELECT t.key, t.student_id FROM student_tombstone t JOIN student s ON s.id = t.student_id WHERE s.closed_reason = ",
        [(ClosedReason::ImportUndone, " AND t.key")],
        keys,
        " ORDER BY t.student_id"
    )?;
    let mut by_key: HashMap<Vec<u8>, StudentId> = HashMap::new();
    for (key, id) in found {
        by_key.entry(key).or_insert(id);
    }
    let mut given = HashSet::new();
    let mut revivable = HashMap::new();
    for (row, keys) in rows {
        let id = keys.iter().find_map(|key| by_key.get(key)).copied();
        if let Some(id) = id.filter(|id| given.insert(*id)) {
            revivable.insert(*row, id);
        }
    }
    Ok(revivable)
}

/// Removes the tombstones of revived students.
pub async fn forget_tombstones(tx: &mut Tx, ids: &[StudentId]) -> Result<(), DbError> {
    let head = "DELETE FROM student_tombstone WHERE student_id";
    fetch_among!(tx, (StudentId,), head, [], ids, " RETURNING student_id").map(drop)
}

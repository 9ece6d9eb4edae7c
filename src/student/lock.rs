//! Students whose rows nobody else changes for the time being. What is read, changed and written back is locked before it is read:
//! of two who change different fields at once, the second would else put back what the first has changed.

use std::ops::Deref;

use super::{Student, StudentId};
use crate::db::{DbError, Tx};
use crate::fetch_among_locked;

/// A student as the row says, locked until the transaction ends. Rows are written by one of these only, and nothing but [`lock`],
/// [`lock_one`] and [`super::insert`] makes one. Their cards, their national record and their consents are kept by the same lock.
#[derive(Debug, Clone)]
pub struct LockedStudent(Student);

impl LockedStudent {
    /// The row that this transaction itself has just written.
    pub(super) fn written(student: Student) -> Self {
        Self(student)
    }

    /// Other facts for this student.
    #[must_use]
    pub fn with(&self, facts: Student) -> Rewritten {
        Rewritten(Student { id: self.0.id, office_id: self.0.office_id, ..facts })
    }
}

impl Deref for LockedStudent {
    type Target = Student;

    fn deref(&self) -> &Student {
        &self.0
    }
}

impl From<LockedStudent> for Student {
    fn from(locked: LockedStudent) -> Self {
        locked.0
    }
}

/// What a locked student's row is to become.
#[derive(Debug)]
pub struct Rewritten(Student);

impl Rewritten {
    /// The facts as they are to be.
    #[must_use]
    pub fn facts(&self) -> &Student {
        &self.0
    }
}

/// The whole table, locked until the transaction ends: every student is.
#[derive(Debug, Clone, Copy)]
pub struct LockedTable(());

/// Keeps every other writer off the students until the transaction ends.
pub async fn lock_table(tx: &mut Tx) -> Result<LockedTable, DbError> {
    tx.lock_table("student").await?;
    Ok(LockedTable(()))
}

#[cfg(test)]
impl LockedTable {
    /// For a test that is alone.
    pub fn alone() -> Self {
        Self(())
    }
}

/// Locks students, and only then reads them. Returns those who are there, in order of their IDs.
pub async fn lock(tx: &mut Tx, ids: &[StudentId]) -> Result<Vec<LockedStudent>, DbError> {
    let mut ids = ids.to_vec();
    // Everybody locks in this order, so that no two wait for each other.
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    // First the table, which an import keeps for itself: whoever had a row already would have the import wait for the row, and
    // would wait for the import.
    tx.write_in("student").await?;
    let students = fetch_among_locked!(tx, Student, "SELECT * FROM student WHERE id", &ids, " ORDER BY id")?;
    Ok(students.into_iter().map(LockedStudent).collect())
}

/// Locks one student; `None` if there is none with this ID.
pub async fn lock_one(tx: &mut Tx, id: StudentId) -> Result<Option<LockedStudent>, DbError> {
    Ok(lock(tx, &[id]).await?.pop())
}

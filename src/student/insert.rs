//! A student who comes without a roster.

use super::{LockedStudent, Particulars, Recorded, Student, StudentError, StudentId, save_all, write_particulars};
use crate::clock::Clock;
use crate::db::Tx;
use crate::office::OfficeId;
use crate::vault::Vault;

/// Adds a student with a fresh ID, whom nobody else sees before the transaction ends. Whoever has not turned 17 by `today` is
/// unrecorded; of older ones it is not known.
pub async fn insert(
    tx: &mut Tx,
    clock: &Clock,
    vault: &Vault,
    office: OfficeId,
    particulars: &Particulars,
    recorded: Recorded,
) -> Result<LockedStudent, StudentError> {
    let now = clock.now();
    let unknown = Student::unknown(StudentId::new(clock), office, particulars.birth_date, recorded, now);
    let student = LockedStudent::written(unknown);
    save_all(tx, now, &[student.with((*student).clone())]).await?;
    write_particulars(tx, clock, vault, &student, particulars).await?;
    Ok(student)
}

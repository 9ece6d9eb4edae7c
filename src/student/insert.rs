//! A student who comes without a roster.

use super::{Particulars, Recorded, Student, StudentError, StudentId, save_all, write_particulars};
use crate::clock::Clock;
use crate::db::Tx;
use crate::office::OfficeId;
use crate::vault::Vault;

/// Adds a student with a fresh ID. Whoever has not turned 17 by `today` is unrecorded; of older ones it is not known.
pub async fn insert(
    tx: &mut Tx,
    clock: &Clock,
    vault: &Vault,
    office: OfficeId,
    particulars: &Particulars,
    recorded: Recorded,
) -> Result<StudentId, StudentError> {
    let id = StudentId::new(clock);
    let now = clock.now();
    save_all(tx, now, &[Student::unknown(id, office, particulars.birth_date, recorded, now)]).await?;
    write_particulars(tx, clock, vault, office, id, particulars).await?;
    Ok(id)
}

//! The sweep over everybody, which proves that moments and settling miss nobody: it mends what it finds and says how much
//! nothing explains.

use uuid::Uuid;

use super::moment::{self, Moment, Reading};
use super::settle::{PAGE_ROWS, look, reconcile_some};
use super::steps::{Look, Recipient, agree};
use crate::clock::Clock;
use crate::db::{Db, DbError, Tx};
use crate::messenger::Messenger;
use crate::notice::State;
use crate::notice::case::{self, Person, Scope};
use crate::office::{self, OfficeError, OfficeId};
use crate::student::{self, StudentId};
use crate::{execute, fetch_optional};

/// What a sweep found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// People who were looked at.
    pub seen: usize,
    /// Those of whom something had to be mended that neither a moment nor a request would have brought about.
    pub mended: usize,
}

/// Looks at everybody of an office, page by page beside everybody else's work, and takes the write lock only for those whose
/// rows must change. By a clock that is to be compared first nobody is looked at.
pub async fn sweep(
    db: &Db,
    clock: &Clock,
    office: OfficeId,
    far: Option<&dyn Messenger>,
) -> Result<Swept, OfficeError> {
    let mut swept = Swept::default();
    if moment::read_clock(db, clock, office, far).await? == Reading::NotCompared {
        return Ok(swept);
    }
    let mut after = None;
    loop {
        let mut tx = db.read().await?;
        let ids = student::page(&mut tx, office, after, None, PAGE_ROWS).await?;
        let Some(last) = ids.last().copied() else { break };
        let missed = missed(&mut tx, clock, office, &ids).await?;
        drop(tx);
        swept.seen += missed.as_ref().map_or(0, |_| ids.len());
        let missed = missed.unwrap_or_default();
        if !missed.is_empty() {
            swept.mended += missed.len();
            let mut tx = db.write().await?;
            reconcile_some(&mut tx, clock, office, &missed).await?;
            let sql = "UPDATE notice_sweep SET mended = mended + $2 WHERE office_id = $1";
            execute!(&mut tx, sql, office, i64::try_from(missed.len()).unwrap_or(i64::MAX))?;
            tx.commit().await?;
        }
        after = Some(last);
        tokio::task::yield_now().await;
    }
    Ok(swept)
}

/// Those of a page of whom something is wrong that nothing would mend. What is due the next beat does; while it works off what was
/// asked for, there is nothing to be said of anybody: `None`.
async fn missed(
    tx: &mut Tx,
    clock: &Clock,
    office: OfficeId,
    ids: &[StudentId],
) -> Result<Option<Vec<StudentId>>, OfficeError> {
    if moment::open_request(tx, office).await?.is_some() {
        return Ok(None);
    }
    let office = office::load(tx, office).await?;
    let look = look(tx, clock, &office).await?;
    let bare: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let known = moment::known(tx, Person::KIND, &bare).await?;
    let people = case::people(tx, Scope::Some(ids)).await?;
    let missed = people.into_iter().filter_map(|mut person| {
        let written = known.get(&person.id()).copied().flatten();
        is_missed(&look, &mut person, written).then_some(person.student.id)
    });
    Ok(Some(missed.collect()))
}

fn is_missed(look: &Look<'_>, person: &mut Person, written: Moment) -> bool {
    // Whoever a call is under way to is settled when it ends.
    let under_way = person.notices.iter().any(|row| row.state == State::Sending);
    if under_way || written.is_some_and(|at| at <= look.setting.now) {
        return false;
    }
    let agreed = agree(look, person);
    let too_late = agreed.moment.is_some_and(|at| written.is_none_or(|written| written > at));
    !agreed.changed.is_empty() || too_late
}

/// How many people sweeps had to mend so far.
pub async fn mended(tx: &mut Tx, office: OfficeId) -> Result<i64, DbError> {
    let sql = "SELECT mended FROM notice_sweep WHERE office_id = $1";
    Ok(fetch_optional!(tx, (i64,), sql, office)?.map_or(0, |row| row.0))
}

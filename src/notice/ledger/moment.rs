//! When a recipient is to be looked at although no fact has changed, and who is to be looked at because something changed that
//! concerns many.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use crate::clock::{Clock, Standing};
use crate::db::{Db, DbError, Engine, Tx, run_all};
use crate::messenger::{FarClock, Messenger};
use crate::notice::silence;
use crate::office::OfficeId;
use crate::student::StudentId;
use crate::{execute, fetch_all, fetch_among, fetch_optional, insert_many};

/// So far behind its last reading a clock may be: two processes never read it at the same instant.
pub(super) const BEHIND: TimeDelta = TimeDelta::minutes(2);

/// So close to its last reading a clock is believed without being compared: a night, or a day, without the daemon.
const CLOSE: TimeDelta = TimeDelta::hours(36);

/// Longer than any refused or lost call has to wait for the next.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(2);

/// `None` where time alone changes nothing any more.
pub(super) type Moment = Option<DateTime<Utc>>;

/// The moments that are written of these recipients.
pub(super) async fn known(tx: &mut Tx, kind: &str, ids: &[Uuid]) -> Result<HashMap<Uuid, Moment>, DbError> {
    read(tx, kind, ids, "").await
}

/// The same for whoever is about to change their notices. Until the transaction ends, nobody else does: of many who change
/// facts of one person at once, the last to settle sees what all have changed. SQLite's writer is alone anyway.
pub(super) async fn lock(
    tx: &mut Tx,
    office: OfficeId,
    kind: &str,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Moment>, DbError> {
    if tx.engine() == Engine::Sqlite {
        return known(tx, kind, ids).await;
    }
    // Everybody asks for rows in the same order, so that no two wait for each other. Who has none yet could not be locked.
    let ids: Vec<Uuid> = ids.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let rows = insert_many!(
        tx.engine(),
        "INSERT INTO notice_moment (recipient_kind, recipient_id, office_id) ",
        ids,
        |id| [kind, *id, office],
        " ON CONFLICT (recipient_kind, recipient_id) DO NOTHING"
    );
    run_all(tx, rows).await?;
    read(tx, kind, &ids, " ORDER BY recipient_id FOR UPDATE").await
}

async fn read(tx: &mut Tx, kind: &str, ids: &[Uuid], tail: &str) -> Result<HashMap<Uuid, Moment>, DbError> {
    let head = "SELECT recipient_id, look_at FROM notice_moment WHERE recipient_kind = ";
    let rows = fetch_among!(tx, (Uuid, Moment), head, [(kind, " AND recipient_id")], ids, tail)?;
    Ok(rows.into_iter().collect())
}

/// Writes moments.
pub(super) async fn write(
    tx: &mut Tx,
    office: OfficeId,
    kind: &str,
    moments: &[(Uuid, Moment)],
) -> Result<(), DbError> {
    let rows = insert_many!(
        tx.engine(),
        "INSERT INTO notice_moment (recipient_kind, recipient_id, office_id, look_at) ",
        moments,
        |one| [kind, one.0, office, one.1],
        " ON CONFLICT (recipient_kind, recipient_id) DO UPDATE SET look_at = excluded.look_at"
    );
    run_all(tx, rows).await
}

/// Those whose moment has come, the longest waiting first, at most `most` of them.
pub(super) async fn due(
    tx: &mut Tx,
    office: OfficeId,
    kind: &str,
    now: DateTime<Utc>,
    most: i64,
) -> Result<Vec<Uuid>, DbError> {
    let rows = fetch_all!(
        tx,
        (Uuid,),
        "SELECT recipient_id FROM notice_moment WHERE office_id = $1 AND recipient_kind = $2 AND look_at <= $3
         ORDER BY look_at LIMIT $4",
        office,
        kind,
        now,
        most,
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Has students looked at soon, by whoever does not do it on the spot.
pub async fn look_soon(tx: &mut Tx, clock: &Clock, office: OfficeId, ids: &[StudentId]) -> Result<(), DbError> {
    let now = clock.now();
    // PostgreSQL writes no row twice in one statement.
    let ids: BTreeSet<StudentId> = ids.iter().copied().collect();
    let moments: Vec<(Uuid, Moment)> = ids.into_iter().map(|id| (id.0, Some(now))).collect();
    write(tx, office, "student", &moments).await
}

/// Has everybody looked at soon who is linked with a chat, of every office.
pub async fn look_soon_in_chat(tx: &mut Tx, clock: &Clock, chat_index: &[u8]) -> Result<(), DbError> {
    execute!(
        tx,
        "INSERT INTO notice_moment (recipient_kind, recipient_id, office_id, look_at)
         SELECT DISTINCT CASE WHEN l.role = 'contact' THEN 'contact' ELSE 'student' END, l.subject_id, l.office_id, $2
         FROM chat_link l
         WHERE l.chat_index = $1 AND l.unlinked_at IS NULL AND l.role IN ('student', 'guardian', 'contact')
         ON CONFLICT (recipient_kind, recipient_id) DO UPDATE SET look_at = excluded.look_at",
        chat_index,
        clock.now(),
    )?;
    Ok(())
}

/// Students who are to be looked at page by page.
#[derive(Debug, Clone, Copy, FromRow)]
pub(super) struct Request {
    pub id: Uuid,
    pub after_id: Option<StudentId>,
    pub upto_id: Option<StudentId>,
}

/// Has everybody of an office looked at, contacts too, because something changed that concerns all of them.
pub async fn request_everybody(tx: &mut Tx, clock: &Clock, office: OfficeId) -> Result<(), DbError> {
    keep_settlers_off(tx, office).await?;
    // Whatever was asked for before is part of this.
    execute!(&mut *tx, "DELETE FROM notice_request WHERE office_id = $1", office)?;
    ask(tx, clock, office, None, None).await
}

/// Has the students looked at whose IDs lie after `after` and up to `upto`.
pub async fn request_range(
    tx: &mut Tx,
    clock: &Clock,
    office: OfficeId,
    after: StudentId,
    upto: StudentId,
) -> Result<(), DbError> {
    ask(tx, clock, office, Some(after), Some(upto)).await
}

async fn ask(
    tx: &mut Tx,
    clock: &Clock,
    office: OfficeId,
    after: Option<StudentId>,
    upto: Option<StudentId>,
) -> Result<(), DbError> {
    execute!(
        tx,
        "INSERT INTO notice_request (id, office_id, after_id, upto_id, requested_at) VALUES ($1, $2, $3, $4, $5)",
        clock.new_uuid(),
        office,
        after,
        upto,
        clock.now(),
    )?;
    Ok(())
}

/// The oldest request of an office that is not done.
pub(super) async fn open_request(tx: &mut Tx, office: OfficeId) -> Result<Option<Request>, DbError> {
    fetch_optional!(
        tx,
        Request,
        "SELECT id, after_id, upto_id FROM notice_request WHERE office_id = $1 ORDER BY requested_at, id LIMIT 1",
        office,
    )
}

/// Writes down how far a request was done: up to `upto`, or wholly.
pub(super) async fn advance(tx: &mut Tx, request: Uuid, upto: Option<StudentId>) -> Result<(), DbError> {
    match upto {
        // Another process may be farther.
        Some(upto) => execute!(
            tx,
            "UPDATE notice_request SET after_id = $2 WHERE id = $1 AND (after_id IS NULL OR after_id < $2)",
            request,
            upto,
        )?,
        None => execute!(tx, "DELETE FROM notice_request WHERE id = $1", request)?,
    };
    Ok(())
}

/// What the look at the clock gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// It goes on from where it was, as far as anybody knows.
    GoesOn,
    /// It was ahead before; what that wrote is looked at again.
    WasSetBack,
    /// It lies far from its last reading, and nobody has compared it: nothing is to be brought up to date by it.
    NotCompared,
}

/// Looks at the clock before anything is brought up to date by it, and notes what it says. One that lies far from its last reading
/// is compared with that of `far`; a process that knows nobody to ask believes it, for then nothing is sent by it either. If it
/// was set back, everybody is looked at: what came true then is not true any more.
pub async fn read_clock(
    db: &Db,
    clock: &Clock,
    office: OfficeId,
    far: Option<&dyn Messenger>,
) -> Result<Reading, DbError> {
    let mut tx = db.read().await?;
    let before = readings(&mut tx, office).await?;
    drop(tx);
    let read = before.map(|(read, _)| read);
    if !is_to_be_believed(clock, read, far).await {
        let mut tx = db.write().await?;
        note_settled(&mut tx, office, clock.now(), true).await?;
        tx.commit().await?;
        return Ok(Reading::NotCompared);
    }
    let mut tx = db.write().await?;
    let now = clock.now();
    // Somebody else may have noted a later one meanwhile.
    let last =
        readings(&mut tx, office).await?.map(|(read, settled)| settled.map_or(read, |settled| settled.max(read)));
    let was_set_back = last.is_some_and(|last| now < last - BEHIND);
    if was_set_back {
        request_everybody(&mut tx, clock, office).await?;
        forget_far_moments(&mut tx, office, now).await?;
        silence::forget_far(&mut tx, now).await?;
    }
    believe(&mut tx, office, now).await?;
    tx.commit().await?;
    Ok(if was_set_back { Reading::WasSetBack } else { Reading::GoesOn })
}

/// The last reading that was believed, and the latest by which something was settled since.
async fn readings(tx: &mut Tx, office: OfficeId) -> Result<Option<(DateTime<Utc>, Option<DateTime<Utc>>)>, DbError> {
    let sql = "SELECT read_at, settled_at FROM notice_sweep WHERE office_id = $1";
    fetch_optional!(tx, (DateTime<Utc>, Option<DateTime<Utc>>), sql, office)
}

async fn is_to_be_believed(clock: &Clock, read: Option<DateTime<Utc>>, far: Option<&dyn Messenger>) -> bool {
    let is_close = read.is_none_or(|read| (clock.now() - read).abs() < CLOSE);
    match (clock.standing(), far) {
        _ if is_close => true,
        (Standing::Right, _) => true,
        (Standing::Differs { .. }, _) => false,
        (Standing::NotCompared, None) => true,
        (Standing::NotCompared, Some(far)) => match far.server_time().await {
            FarClock::At(theirs) => {
                clock.compare(theirs);
                clock.standing() == Standing::Right
            }
            FarClock::Untold => true,
            FarClock::Silent => false,
        },
    }
}

/// Takes the present for right because a person says so, also if it lies before what was settled.
pub async fn accept_clock(tx: &mut Tx, office: OfficeId, now: DateTime<Utc>) -> Result<(), DbError> {
    forget_far_moments(tx, office, now).await?;
    silence::forget_far(tx, now).await?;
    believe(tx, office, now).await
}

async fn believe(tx: &mut Tx, office: OfficeId, now: DateTime<Utc>) -> Result<(), DbError> {
    execute!(
        tx,
        "INSERT INTO notice_sweep (office_id, read_at, mended) VALUES ($1, $2, 0)
         ON CONFLICT (office_id) DO UPDATE SET read_at = excluded.read_at, settled_at = NULL, waits = FALSE",
        office,
        now,
    )?;
    Ok(())
}

/// Notes the latest by which something may have been settled, and whether the ledger waits.
async fn note_settled(tx: &mut Tx, office: OfficeId, now: DateTime<Utc>, waits: bool) -> Result<(), DbError> {
    execute!(
        tx,
        "UPDATE notice_sweep SET waits = (waits OR $3),
             settled_at = CASE WHEN settled_at > $2 THEN settled_at ELSE $2 END
         WHERE office_id = $1",
        office,
        now,
        waits,
    )?;
    Ok(())
}

/// Notes by what clock something is settled, unless it was read just before. Whoever changes one person's facts does not wait until
/// it is compared; if it turns out to have been ahead, everybody is looked at again.
pub(super) async fn note_settling(tx: &mut Tx, clock: &Clock, office: OfficeId) -> Result<(), DbError> {
    let now = clock.now();
    let is_later = |(read, settled): (DateTime<Utc>, Option<DateTime<Utc>>)| {
        now > read + BEHIND && settled.is_none_or(|settled| settled < now)
    };
    if readings(tx, office).await?.is_some_and(is_later) {
        note_settled(tx, office, now, false).await?;
    }
    Ok(())
}

/// When the clock was last read, and what it says now, if the ledger waits for it to be compared.
pub async fn waits_for_clock(tx: &mut Tx, office: OfficeId) -> Result<Option<(DateTime<Utc>, DateTime<Utc>)>, DbError> {
    let sql = "SELECT read_at, settled_at FROM notice_sweep WHERE office_id = $1 AND waits";
    let row = fetch_optional!(tx, (DateTime<Utc>, Option<DateTime<Utc>>), sql, office)?;
    Ok(row.map(|(read, settled)| (read, settled.unwrap_or(read))))
}

/// What a clock that was ahead put off comes now: a call that is to be made again, and what staff are to be told, whose moments no
/// fact says.
async fn forget_far_moments(tx: &mut Tx, office: OfficeId, now: DateTime<Utc>) -> Result<(), DbError> {
    execute!(
        &mut *tx,
        "UPDATE notice SET next_attempt_at = NULL WHERE office_id = $1 AND state = 'due' AND next_attempt_at > $2",
        office,
        now + LONGEST_WAIT,
    )?;
    execute!(
        tx,
        "UPDATE notice SET due_at = $2 WHERE office_id = $1 AND state = 'due' AND recipient_kind = 'staff' AND due_at > $2",
        office,
        now,
    )?;
    Ok(())
}

/// Waits until nobody settles anything with what the office was before, and keeps them off until the transaction ends: they
/// would not see what changes now, and who comes after them would not see what they did.
async fn keep_settlers_off(tx: &mut Tx, office: OfficeId) -> Result<(), DbError> {
    if tx.engine() == Engine::Postgres {
        execute!(tx, "SELECT pg_advisory_xact_lock(hashtextextended('siap17-notices:' || $1, 0))", office.to_string())?;
    }
    Ok(())
}

/// Waits for whoever changes what concerns a whole office, and keeps them off until the transaction ends.
pub(super) async fn settle_beside_others(tx: &mut Tx, office: OfficeId) -> Result<(), DbError> {
    if tx.engine() == Engine::Postgres {
        let sql = "SELECT pg_advisory_xact_lock_shared(hashtextextended('siap17-notices:' || $1, 0))";
        execute!(tx, sql, office.to_string())?;
    }
    Ok(())
}

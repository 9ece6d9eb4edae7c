//! What people and other rooms put into the ledger: messages to staff, notices told in person, tried again or handed over.

use uuid::Uuid;

use crate::clock::Clock;
use crate::db::{DbError, Tx};
use crate::execute;
use crate::notice::case::About;
use crate::notice::{Kind, NoticeId, State};
use crate::office::{Office, OfficeId};
use crate::place::PlaceId;
use crate::staff::{self, Role};

/// Tells the office's head and administrators that something needs a person. One occasion is told once.
pub async fn raise_alarm(
    tx: &mut Tx,
    clock: &Clock,
    office: &Office,
    occasion: &str,
    text: &str,
) -> Result<(), DbError> {
    tell_staff(tx, clock, office, Kind::Alarm, occasion, text, &[Role::Admin, Role::Head]).await
}

/// Whether an alarm was raised whose occasion begins with `prefix`, which holds no wildcard.
pub async fn was_alarmed(tx: &mut Tx, office: OfficeId, prefix: &str) -> Result<bool, DbError> {
    let sql =
        "SELECT 1 FROM notice WHERE office_id = $1 AND recipient_kind = 'staff' AND kind = 'alarm' AND occasion LIKE $2
               LIMIT 1";
    let row: Option<(i32,)> = crate::fetch_optional!(tx, (i32,), sql, office, format!("{prefix}%"))?;
    Ok(row.is_some())
}

/// Puts a message for every active account with one of `roles` into the ledger.
pub async fn tell_staff(
    tx: &mut Tx,
    clock: &Clock,
    office: &Office,
    kind: Kind,
    occasion: &str,
    text: &str,
    roles: &[Role],
) -> Result<(), DbError> {
    let about = super::steps::json(&About { text: Some(text.to_owned()), ..About::default() });
    for account in staff::all(tx, office.id).await? {
        if account.disabled_at.is_some() || !roles.contains(&account.role) {
            continue;
        }
        execute!(
            tx,
            "INSERT INTO notice (id, office_id, recipient_kind, recipient_id, kind, occasion, state, due_at, refusals,
                 ever_lost, facts, created_at, changed_at)
             VALUES ($1, $2, 'staff', $3, $4, $5, $6, $7, 0, FALSE, $8, $7, $7)
             ON CONFLICT (recipient_kind, recipient_id, kind, occasion) DO NOTHING",
            NoticeId::new(clock),
            office.id,
            account.id,
            kind,
            occasion,
            State::Due,
            clock.now(),
            &about,
        )?;
    }
    Ok(())
}

/// Settles a notice by hand: told in person.
pub async fn told(tx: &mut Tx, clock: &Clock, id: NoticeId, by: &str) -> Result<bool, DbError> {
    let changed = execute!(
        tx,
        "UPDATE notice SET state = $2, told_by = $3, sent_at = $4, changed_at = $4
         WHERE id = $1 AND state NOT IN ($5, $6, $2)",
        id,
        State::Told,
        by,
        clock.now(),
        State::Sent,
        State::Sending,
    )?;
    Ok(changed > 0)
}

/// Lets a failed or uncertain notice go out again, because a person said so. Of every other state the facts decide.
pub async fn retry(tx: &mut Tx, clock: &Clock, id: NoticeId) -> Result<bool, DbError> {
    let changed = execute!(
        tx,
        "UPDATE notice SET state = $2, reason = NULL, next_attempt_at = NULL, changed_at = $3
         WHERE id = $1 AND state IN ($4, $5)",
        id,
        State::Due,
        clock.now(),
        State::Failed,
        State::Uncertain,
    )?;
    Ok(changed > 0)
}

/// The office a notice belongs to.
pub async fn office_of(tx: &mut Tx, id: NoticeId) -> Result<Option<OfficeId>, DbError> {
    let row = crate::fetch_optional!(tx, (OfficeId,), "SELECT office_id FROM notice WHERE id = $1", id)?;
    Ok(row.map(|row| row.0))
}

/// The student a notice is for, if it is for one.
pub async fn student_of(tx: &mut Tx, id: NoticeId) -> Result<Option<Uuid>, DbError> {
    let row = crate::fetch_optional!(
        tx,
        (Uuid,),
        "SELECT recipient_id FROM notice WHERE id = $1 AND recipient_kind = 'student'",
        id,
    )?;
    Ok(row.map(|row| row.0))
}

/// The place whose contact a notice is for, if it is for one.
pub async fn place_of(tx: &mut Tx, id: NoticeId) -> Result<Option<PlaceId>, DbError> {
    let sql = "SELECT recipient_id FROM notice WHERE id = $1 AND recipient_kind = 'contact'";
    let row = crate::fetch_optional!(tx, (PlaceId,), sql, id)?;
    Ok(row.map(|row| row.0))
}

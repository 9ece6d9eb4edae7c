//! What keeps everything, or one kind of notice, from going out: Telegram's own word, a wrong clock, a refused text. All of
//! it is on disk, so that a restart forgets none of it (invariants 4 and 11).

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::Kind;
use crate::clock::Clock;
use crate::db::{self, DbError, Tx, set_meta};
use crate::office::OfficeId;
use crate::{execute, fetch_all, fetch_one, fetch_optional};

const EVERYTHING: &str = "telegram";
const ACCEPTED_CLOCK: &str = "clock_accepted";
/// The newest attempt that may have reached somebody. Alarms are none: they leave by a clock that is known to be wrong, too. The
/// order of the tables is the index's, from the newest on.
macro_rules! newest {
    () => {
        "(SELECT a.started_at FROM attempt a CROSS JOIN notice n
          WHERE n.id = a.notice_id AND n.kind <> 'alarm' AND a.outcome <> 'refused' ORDER BY a.started_at DESC LIMIT 1)"
    };
}
/// How far behind the newest attempt our clock may be: two processes never read it at the same instant.
const BEHIND: TimeDelta = TimeDelta::minutes(1);

/// What keeps everything from going out.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum Obstacle {
    /// Telegram told us to wait, or refused the token, until then.
    Silenced { until: DateTime<Utc>, why: String },
    /// The Bot API does not answer, so that nobody knows whether our clock is right.
    ClockNotCompared,
    /// Our clock and the Bot API's differ by so many seconds.
    ClockDiffers { seconds: i64 },
    /// Our clock is behind the newest attempt that may have reached somebody.
    ClockBehind { newest: DateTime<Utc> },
}

impl Obstacle {
    /// Whether it holds for answers to whoever writes, too; a wrong clock only keeps notices back.
    #[must_use]
    pub fn silences(&self) -> bool {
        matches!(self, Self::Silenced { .. })
    }
}

/// What the database knows to stand in the way.
pub async fn obstacle(tx: &mut Tx, clock: &Clock) -> Result<Option<Obstacle>, DbError> {
    let now = clock.now();
    let (until, why, newest, accepted) = fetch_one!(
        &mut *tx,
        (Option<DateTime<Utc>>, Option<String>, Option<DateTime<Utc>>, Option<String>),
        concat!(
            "SELECT s.until_at, s.reason, ",
            newest!(),
            ", (SELECT value FROM meta WHERE name = $3)
             FROM (SELECT 1 AS one) AS always LEFT JOIN silence s ON s.scope = $1 AND s.until_at > $2"
        ),
        EVERYTHING,
        now,
        ACCEPTED_CLOCK,
    )?;
    if let (Some(until), Some(why)) = (until, why) {
        return Ok(Some(Obstacle::Silenced { until, why }));
    }
    if clock.is_rehearsal() {
        return Ok(None);
    }
    let accepted = accepted.and_then(|text| text.parse::<DateTime<Utc>>().ok());
    Ok(newest
        .filter(|newest| *newest > now + BEHIND && accepted.is_none_or(|at| at < *newest))
        .map(|newest| Obstacle::ClockBehind { newest }))
}

/// Lets nothing out for this long; a longer silence that stands already stays.
pub async fn silence(tx: &mut Tx, clock: &Clock, wait: Duration, why: &str) -> Result<(), DbError> {
    let now = clock.now();
    let until = now + TimeDelta::from_std(wait).unwrap_or(TimeDelta::days(1));
    execute!(
        tx,
        "INSERT INTO silence (scope, until_at, reason, since) VALUES ($1, $2, $3, $4)
         ON CONFLICT (scope) DO UPDATE SET
             since = CASE WHEN silence.until_at > excluded.until_at THEN silence.since ELSE excluded.since END,
             until_at = CASE WHEN silence.until_at > excluded.until_at THEN silence.until_at ELSE excluded.until_at END,
             reason = excluded.reason",
        EVERYTHING,
        until,
        why,
        now,
    )?;
    Ok(())
}

/// What a clock that was ahead has silenced lasts as long as it was to last, and not until that clock's time comes.
pub(super) async fn forget_far(tx: &mut Tx, now: DateTime<Utc>) -> Result<(), DbError> {
    let far = fetch_optional!(
        &mut *tx,
        (DateTime<Utc>, DateTime<Utc>),
        "SELECT since, until_at FROM silence WHERE scope = $1 AND since > $2",
        EVERYTHING,
        now + BEHIND,
    )?;
    if let Some((since, until)) = far {
        let sql = "UPDATE silence SET since = $2, until_at = $3 WHERE scope = $1";
        execute!(tx, sql, EVERYTHING, now, now + (until - since))?;
    }
    Ok(())
}

/// Holds one kind of an office back until a person has mended its text; gives whether it was not held back already.
pub async fn silence_kind(
    tx: &mut Tx,
    clock: &Clock,
    office: OfficeId,
    kind: Kind,
    why: &str,
) -> Result<bool, DbError> {
    let new = execute!(
        &mut *tx,
        "INSERT INTO silence (scope, reason, since) VALUES ($1, $2, $3) ON CONFLICT (scope) DO NOTHING",
        scope_of(office, kind),
        why,
        clock.now(),
    )?;
    // Whatever else of this kind is due waits from now on, too.
    execute!(
        tx,
        "UPDATE notice SET state = 'waiting', reason = 'message_refused' WHERE kind = $1 AND office_id = $2 AND state = 'due'",
        kind,
        office,
    )?;
    Ok(new == 1)
}

/// The kinds that a refused text has silenced until a person looks at it.
pub async fn silenced_kinds(tx: &mut Tx, office: OfficeId) -> Result<Vec<String>, DbError> {
    let prefix = format!("kind:{office}:");
    let rows = fetch_all!(tx, (String,), "SELECT scope FROM silence WHERE scope LIKE $1", format!("{prefix}%"))?;
    Ok(rows.into_iter().filter_map(|row| row.0.strip_prefix(&prefix).map(str::to_owned)).collect())
}

/// Lets refused kinds be tried again, because a person has mended the text.
pub async fn lift_kinds(tx: &mut Tx, office: OfficeId) -> Result<u64, DbError> {
    execute!(tx, "DELETE FROM silence WHERE scope LIKE $1", format!("kind:{office}:%"))
}

/// Accepts the present although attempts with a later time exist (`notice resume --clock`).
pub async fn accept_clock(tx: &mut Tx) -> Result<(), DbError> {
    let newest = fetch_one!(&mut *tx, (Option<DateTime<Utc>>,), concat!("SELECT ", newest!()))?.0;
    match newest {
        Some(newest) => set_meta(tx, ACCEPTED_CLOCK, &newest.to_rfc3339()).await,
        None => Ok(()),
    }
}

/// The last moment of which the database is known to know: when it was last served, looked at or sent from.
pub async fn last_known(tx: &mut Tx, office: OfficeId) -> Result<Option<DateTime<Utc>>, DbError> {
    let served = db::written(tx).await?.map(|mark| mark.at);
    let sql = concat!("SELECT (SELECT read_at FROM notice_sweep WHERE office_id = $1), ", newest!());
    let (read, newest) = fetch_one!(tx, (Option<DateTime<Utc>>, Option<DateTime<Utc>>), sql, office)?;
    // Serving is counted by a clock that may be far ahead; what was read of it for the ledger is believed.
    Ok(served.into_iter().chain(read).min().or(newest))
}

fn scope_of(office: OfficeId, kind: Kind) -> String {
    format!("kind:{office}:{}", kind.name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{postgres, sample_office, sqlite};

    #[tokio::test]
    async fn a_clock_behind_the_newest_attempt_sends_nothing_until_somebody_accepts_it() {
        for scratch in [sqlite().await, postgres().await] {
            let clock = Clock::system();
            let office = sample_office(&scratch.db, &clock).await;
            let mut tx = scratch.db.write().await.unwrap();
            let ahead = clock.now() + TimeDelta::hours(2);
            execute!(
                &mut tx,
                "INSERT INTO notice (id, office_id, recipient_kind, recipient_id, kind, occasion, state, due_at, refusals,
                     ever_lost, facts, created_at, changed_at)
                 VALUES ($1, $2, 'staff', $1, 'digest', 'x', 'sent', $3, 0, FALSE, '{}', $3, $3)",
                clock.new_uuid(),
                office.id,
                ahead,
            )
            .unwrap();
            assert_eq!(obstacle(&mut tx, &clock).await.unwrap(), None);
            execute!(
                &mut tx,
                "INSERT INTO attempt (id, notice_id, chat_index, lease_token, started_at, outcome)
                 SELECT id, id, $1, 1, $2, 'accepted' FROM notice",
                &b"chat"[..],
                ahead,
            )
            .unwrap();
            assert!(matches!(obstacle(&mut tx, &clock).await.unwrap(), Some(Obstacle::ClockBehind { .. })));
            accept_clock(&mut tx).await.unwrap();
            assert_eq!(obstacle(&mut tx, &clock).await.unwrap(), None);
            let rehearsed = Clock::starting_at(clock.now() - TimeDelta::days(1));
            assert_eq!(obstacle(&mut tx, &rehearsed).await.unwrap(), None, "a rehearsal may go back");
        }
    }
}

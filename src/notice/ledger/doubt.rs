//! What may have gone out without the database knowing of it, because the database is a copy that was put back.

use chrono::{DateTime, TimeDelta, Utc};

use super::settle::look;
use super::steps::{first_moment, uncertain_policy};
use crate::clock::Clock;
use crate::db::{DbError, Tx};
use crate::notice::case::Setting;
use crate::notice::further::COPY;
use crate::notice::{Kind, State};
use crate::office::{Office, UncertainPolicy};
use crate::{execute, fetch_all};

/// So far ahead of ours the clock may be of whoever made the rows (invariant 11).
const CLOCKS_DIFFER: TimeDelta = TimeDelta::minutes(10);

/// How many notices may have gone out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Doubted {
    pub all: usize,
    /// Those that a person is asked about.
    pub asked: usize,
}

/// Takes for lost what may have been sent between `since`, when the copy was made, and now: whatever was ready to go out, and
/// whatever has become so meanwhile. The office's policy says, as of every lost answer, whether it goes out again or is asked
/// about. What could not go out as far as the copy knows, because nobody had linked a chat, only says that it may be a repeat if
/// it ever does.
///
/// The ledger must be up to date: what has no row is not found.
pub async fn doubt(tx: &mut Tx, clock: &Clock, office: &Office, since: DateTime<Utc>) -> Result<Doubted, DbError> {
    let look = look(tx, clock, office).await?;
    let Some(until) = reach(&look.setting, since) else { return Ok(Doubted::default()) };
    let ready = fetch_all!(
        &mut *tx,
        (Kind, i64),
        "SELECT kind, COUNT(*) FROM notice
         WHERE office_id = $1 AND (state = 'due' OR (state = 'waiting' AND reason = 'hold')) AND kind <> 'alarm' AND due_at <= $2
         GROUP BY kind",
        office.id,
        until,
    )?;
    let asked = ready.iter().filter(|(kind, _)| uncertain_policy(office, *kind) == UncertainPolicy::Ask);
    let asked: i64 = asked.map(|(_, count)| count).sum();
    let others = execute!(
        &mut *tx,
        "UPDATE notice SET ever_lost = TRUE, changed_at = $4
         WHERE office_id = $1 AND state IN ('waiting', 'failed') AND (reason IS NULL OR reason <> 'hold') AND due_at >= $2
             AND due_at <= $3",
        office.id,
        since,
        until,
        look.setting.now,
    )?;
    let ready = execute!(
        tx,
        "UPDATE notice SET state = $3, reason = $5, ever_lost = TRUE, next_attempt_at = NULL, changed_at = $4
         WHERE office_id = $1 AND (state = 'due' OR (state = 'waiting' AND reason = 'hold')) AND kind <> 'alarm' AND due_at <= $2",
        office.id,
        until,
        State::Uncertain,
        look.setting.now,
        COPY,
    )?;
    let count = |rows: u64| usize::try_from(rows).unwrap_or(usize::MAX);
    Ok(Doubted { all: count(ready + others), asked: usize::try_from(asked).unwrap_or_default() })
}

/// Until which moment a notice can be due that went out after `since`; `None` if there were no delivery hours since.
fn reach(setting: &Setting<'_>, since: DateTime<Utc>) -> Option<DateTime<Utc>> {
    // What was made after the copy is due at the first moment from now on, whenever that was for whoever sent it.
    (first_moment(setting, since) <= setting.now).then(|| first_moment(setting, setting.now) + CLOCKS_DIFFER)
}

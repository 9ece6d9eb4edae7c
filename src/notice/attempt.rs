//! Attempts, the calls that are made for notices: each is on disk before it is made, and again once it has ended.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use super::{AttemptId, AttemptOutcome, Kind, NoticeId, State};
use crate::db::{DbError, Tx, run_all, run_counted};
use crate::link::LinkError;
use crate::messenger::{Outcome, Outgoing};
use crate::office::{OfficeError, OfficeId};
use crate::vault::{Purpose, Vault, VaultError};
use crate::{fetch_all, fetch_among, insert_many};

/// Why the sender stopped for now.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Office(#[from] OfficeError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Link(#[from] LinkError),
}

/// An attempt that is on disk and about to be made.
pub(super) struct Intent {
    pub attempt: AttemptId,
    pub notice: NoticeId,
    pub recipient: Recipient,
    pub chat_index: Vec<u8>,
    pub chat: i64,
    pub kind: Kind,
    pub office: OfficeId,
    /// Nothing else is, or was ever, tried for the notice.
    pub is_only: bool,
    pub message: Outgoing,
}

/// Whom an attempt is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Recipient {
    pub id: Uuid,
    /// For a student: the local date on which the rules last looked at the case, with the attempt under way.
    pub looked_at: Option<(NaiveDate, Tz)>,
}

/// A call that has ended.
pub(super) struct Call {
    pub intent: Intent,
    pub outcome: Outcome,
}

/// What is written down of a call that has ended.
pub(super) struct Ended {
    pub attempt: AttemptId,
    pub outcome: AttemptOutcome,
    pub error: Option<String>,
    pub message_id: Option<i64>,
}

/// Writes down that these calls are about to be made by whoever holds the lease with `token`.
pub(super) async fn begin(
    tx: &mut Tx,
    vault: &Vault,
    token: i64,
    now: DateTime<Utc>,
    intents: &[Intent],
) -> Result<(), SendError> {
    if intents.is_empty() {
        return Ok(());
    }
    let attempts = insert_many!(
        tx.engine(),
        "INSERT INTO attempt (id, notice_id, chat_index, lease_token, started_at, outcome) ",
        intents,
        |one| [one.attempt, one.notice, &one.chat_index[..], token, now, AttemptOutcome::Started],
        ""
    );
    run_all(tx, attempts).await?;
    let texts: HashMap<NoticeId, &str> = intents.iter().map(|one| (one.notice, one.message.text.as_str())).collect();
    let seal = |(notice, text): (NoticeId, &str)| Ok((notice, vault.seal(Purpose::Notice, text.as_bytes())?));
    let texts: Vec<(NoticeId, Vec<u8>)> = texts.into_iter().map(seal).collect::<Result<_, VaultError>>()?;
    let notices = insert_many!(
        tx.engine(),
        "WITH begun (id, state, text_sealed, changed_at) AS (",
        texts,
        |one| [one.0, State::Sending, &one.1, now],
        // What is out and goes to a further chat stays out.
        ") UPDATE notice SET text = NULL, text_sealed = begun.text_sealed, further_at = NULL,
             state = CASE WHEN notice.state IN ('sent', 'uncertain') THEN notice.state ELSE begun.state END,
             reason = CASE WHEN notice.state IN ('sent', 'uncertain') THEN notice.reason END,
             changed_at = CASE WHEN notice.state IN ('sent', 'uncertain') THEN notice.changed_at ELSE begun.changed_at END
         FROM begun WHERE notice.id = begun.id"
    );
    Ok(run_all(tx, notices).await?)
}

/// Writes down how calls ended; gives how many of them nobody had written down otherwise.
pub(super) async fn end(tx: &mut Tx, now: DateTime<Utc>, ended: &[Ended]) -> Result<usize, DbError> {
    let statements = insert_many!(
        tx.engine(),
        "WITH ended (id, outcome, finished_at, error, message_id) AS (",
        ended,
        |one| [one.attempt, one.outcome, now, one.error.as_deref(), one.message_id],
        ") UPDATE attempt SET outcome = ended.outcome, finished_at = ended.finished_at, error = ended.error,
             message_id = ended.message_id
         FROM ended WHERE attempt.id = ended.id AND attempt.outcome = 'started'"
    );
    Ok(usize::try_from(run_counted(tx, statements).await?).unwrap_or_default())
}

/// Notices that reached everybody whom they were for.
pub(super) async fn reached(tx: &mut Tx, now: DateTime<Utc>, notices: &[NoticeId]) -> Result<(), DbError> {
    let statements = insert_many!(
        tx.engine(),
        "WITH reached (id, state, at) AS (",
        notices,
        |one| [*one, State::Sent, now],
        ") UPDATE notice SET state = reached.state, reason = NULL, next_attempt_at = NULL, sent_at = reached.at,
             changed_at = reached.at
         FROM reached WHERE notice.id = reached.id"
    );
    run_all(tx, statements).await
}

/// Attempts that were begun and have not ended: by holders of the lease before `token`, or by the one of `token` itself.
pub(super) async fn open(tx: &mut Tx, token: i64, own: bool) -> Result<Vec<(AttemptId, NoticeId)>, DbError> {
    fetch_all!(
        tx,
        (AttemptId, NoticeId),
        "SELECT id, notice_id FROM attempt
         WHERE outcome = 'started' AND (($2 AND lease_token = $1) OR (NOT $2 AND lease_token < $1))",
        token,
        own,
    )
}

/// Every attempt of these notices so far, with its chat. In the order in which they were made: each holder of the lease has a
/// greater token than the one before, while clocks have been set back between two starts.
pub(super) async fn made(
    tx: &mut Tx,
    notices: &[NoticeId],
) -> Result<HashMap<NoticeId, Vec<(Vec<u8>, AttemptOutcome)>>, DbError> {
    let ids: Vec<Uuid> = notices.iter().map(|notice| notice.0).collect();
    let rows = fetch_among!(
        tx,
        (NoticeId, Vec<u8>, AttemptOutcome),
        "SELECT notice_id, chat_index, outcome FROM attempt WHERE notice_id",
        [],
        ids,
        " ORDER BY lease_token, started_at, id"
    )?;
    let mut made: HashMap<NoticeId, Vec<(Vec<u8>, AttemptOutcome)>> = HashMap::new();
    for (notice, chat, outcome) in rows {
        made.entry(notice).or_default().push((chat, outcome));
    }
    Ok(made)
}

/// What stands between a notice and each chat: the newest attempt, but an accepted one stands for ever.
pub(super) fn standing(attempts: &[(Vec<u8>, AttemptOutcome)]) -> HashMap<&[u8], AttemptOutcome> {
    let mut standing: HashMap<&[u8], AttemptOutcome> = HashMap::new();
    for (chat, outcome) in attempts {
        let stands = standing.entry(chat).or_insert(*outcome);
        if *stands != AttemptOutcome::Accepted {
            *stands = *outcome;
        }
    }
    standing
}

/// The chats that a notice already reached, or may be reaching, by its attempts.
pub(super) fn reached_chats(attempts: &[(Vec<u8>, AttemptOutcome)]) -> HashSet<&Vec<u8>> {
    let has = |outcome: &AttemptOutcome| matches!(outcome, AttemptOutcome::Accepted | AttemptOutcome::Started);
    attempts.iter().filter(|(_, outcome)| has(outcome)).map(|(chat, _)| chat).collect()
}

//! What became of a call, and what follows: for the notice, for its chat, and for everybody else.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::attempt::{self, Call, Ended, Intent, SendError};
use super::{AttemptId, AttemptOutcome, NoticeId, State, contacts, ledger, silence};
use crate::clock::Clock;
use crate::db::Tx;
use crate::link;
use crate::messages::{LANGUAGES, Messages};
use crate::messenger::{Outcome, Refusal};
use crate::office::{self, OfficeId};
use crate::student::StudentId;
use crate::{execute, fetch_one};

/// How long everything rests after the token was refused or a second poller was seen.
const REST: Duration = Duration::from_secs(60);
/// First and longest wait, in seconds, before a refused call is tried again.
const BACKOFF: (i64, i64) = (5, 900);
/// First and longest wait, in seconds, before a notice whose answer was lost is sent again, where the office does so.
const AFTER_LOST: (i64, i64) = (15, 3600);
/// Wait before a text that Telegram refused is tried again on staff: an alarm must come through in the end.
const STAFF_TEXT: TimeDelta = TimeDelta::hours(1);

/// What is written down of an attempt whose sender did not live to see its end.
const INTERRUPTED: &str = "interrupted";

/// Whether the call to this chat may be made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    /// Nothing arrives at this chat any more.
    Never,
    /// As soon as nothing else stands in the way.
    Whenever,
    At(DateTime<Utc>),
}

/// Writes down what became of calls; gives how long nothing at all may be sent, if that follows.
pub(super) async fn finish(
    tx: &mut Tx,
    clock: &Clock,
    messages: &Messages,
    calls: &[Call],
) -> Result<Option<Duration>, SendError> {
    let (mut ended, mut after, mut sent, mut silent) = (Vec::with_capacity(calls.len()), Vec::new(), Vec::new(), None);
    for Call { intent, outcome } in calls {
        let (became, error, message_id, again) = match outcome {
            Outcome::Accepted { message_id } => (AttemptOutcome::Accepted, None, Some(*message_id), Again::Never),
            Outcome::Lost(why) => {
                let lost = lost_before(tx, intent.notice).await?;
                let again = Again::At(clock.now() + growing(AFTER_LOST, lost));
                (AttemptOutcome::Lost, Some(why.clone()), None, again)
            }
            Outcome::Refused(refusal) => {
                let (again, rest) = refused(tx, clock, messages, intent, refusal).await?;
                silent = silent.max(rest);
                (AttemptOutcome::Refused, Some(name(refusal)), None, again)
            }
        };
        ended.push(Ended { attempt: intent.attempt, outcome: became, error, message_id });
        if intent.is_only && became == AttemptOutcome::Accepted {
            sent.push(intent);
        } else {
            // Of several calls for one notice the last one that says so says when it goes on.
            match after.iter_mut().find(|(notice, _)| *notice == intent.notice) {
                Some((_, known)) if matches!(again, Again::At(_)) || !matches!(*known, Again::At(_)) => *known = again,
                Some(_) => {}
                None => after.push((intent.notice, again)),
            }
        }
    }
    let now = clock.now();
    if attempt::end(tx, now, &ended).await? == ended.len() {
        arrived(tx, clock, &sent).await?;
    } else {
        // Somebody else has called some of them lost.
        after.extend(sent.iter().map(|intent| (intent.notice, Again::Never)));
    }
    for (notice, again) in after {
        settle(tx, clock, notice, again).await?;
    }
    Ok(silent)
}

/// Notices that went to one chat at their first attempt reached whom they were for. The rules took them for sent while they
/// were under way; only where a day has ended since may something follow.
async fn arrived(tx: &mut Tx, clock: &Clock, sent: &[&Intent]) -> Result<(), SendError> {
    let notices: Vec<NoticeId> = sent.iter().map(|intent| intent.notice).collect();
    attempt::reached(tx, clock.now(), &notices).await?;
    for intent in sent {
        if intent.recipient.looked_at.is_some_and(|(day, zone)| day != clock.today(zone)) {
            ledger::reconcile_some(tx, clock, intent.office, &[StudentId(intent.recipient.id)]).await?;
        }
    }
    Ok(())
}

/// Calls attempts lost that their sender did not live to see the end of.
pub(super) async fn lose(tx: &mut Tx, clock: &Clock, open: &[(AttemptId, NoticeId)]) -> Result<(), SendError> {
    let lost = |attempt: AttemptId| {
        let error = Some(INTERRUPTED.to_owned());
        Ended { attempt, outcome: AttemptOutcome::Lost, error, message_id: None }
    };
    let ended: Vec<Ended> = open.iter().map(|(attempt, _)| lost(*attempt)).collect();
    attempt::end(tx, clock.now(), &ended).await?;
    let notices: BTreeSet<NoticeId> = open.iter().map(|(_, notice)| *notice).collect();
    for notice in notices {
        // Nothing is wrong with the way to Telegram, so there is nothing to wait for.
        settle(tx, clock, notice, Again::Whenever).await?;
    }
    Ok(())
}

/// How many answers to this notice were lost so far. An attempt whose process was killed says nothing of the way to Telegram,
/// and lengthens no wait.
async fn lost_before(tx: &mut Tx, notice: NoticeId) -> Result<usize, SendError> {
    let sql = "SELECT COUNT(*) FROM attempt WHERE notice_id = $1 AND outcome = 'lost' AND error <> $2";
    let count = fetch_one!(tx, (i64,), sql, notice, INTERRUPTED)?.0;
    Ok(usize::try_from(count).unwrap_or_default())
}

/// What a refusal means for the chat and for everyone else.
async fn refused(
    tx: &mut Tx,
    clock: &Clock,
    messages: &Messages,
    intent: &Intent,
    refusal: &Refusal,
) -> Result<(Again, Option<Duration>), SendError> {
    let now = clock.now();
    let unreachable = match refusal {
        Refusal::Blocked => "blocked",
        Refusal::ChatNotFound | Refusal::Migrated(_) => "chat_not_found",
        Refusal::Deactivated => "deactivated",
        Refusal::NeverLeft => return Ok((Again::Whenever, None)),
        Refusal::RetryAfter(wait) => {
            silence::silence(tx, clock, *wait, "retry_after").await?;
            return Ok((Again::Whenever, Some(*wait)));
        }
        Refusal::Unauthorized | Refusal::Conflict => {
            let (why, words) = match refusal {
                Refusal::Conflict => ("conflict", "alarm-conflict"),
                _ => ("unauthorized", "alarm-token"),
            };
            silence::silence(tx, clock, REST, why).await?;
            alarm(tx, clock, intent, why, &messages.text(LANGUAGES[0], words, &[])).await?;
            return Ok((Again::Whenever, Some(REST)));
        }
        Refusal::MessageRefused(_) if intent.kind.is_for_staff() => return Ok((Again::At(now + STAFF_TEXT), None)),
        Refusal::MessageRefused(why) => {
            if silence::silence_kind(tx, clock, intent.office, intent.kind, why).await? {
                // Each time that the kind stops is told, also a second time on one day.
                let text = messages.text(LANGUAGES[0], "alarm-message-refused", &[("kind", intent.kind.name().into())]);
                alarm(tx, clock, intent, &format!("message_refused:{}", intent.attempt), &text).await?;
            }
            return Ok((Again::Whenever, None));
        }
        Refusal::NotConnected | Refusal::Passing(_) => {
            let refusals = fetch_one!(&mut *tx, (i32,), "SELECT refusals FROM notice WHERE id = $1", intent.notice)?.0;
            execute!(tx, "UPDATE notice SET refusals = refusals + 1 WHERE id = $1", intent.notice)?;
            let before = usize::try_from(refusals).unwrap_or_default();
            return Ok((Again::At(now + growing(BACKOFF, before)), None));
        }
    };
    link::set_unreachable(tx, &intent.chat_index, Some(unreachable)).await?;
    // A chat may belong to several people; this notice's own is settled at once.
    ledger::look_soon_in_chat(tx, clock, &intent.chat_index).await?;
    Ok((Again::Never, None))
}

/// The wait after `before` earlier failures: each twice the one before, from the first to the longest.
fn growing((first, longest): (i64, i64), before: usize) -> TimeDelta {
    TimeDelta::seconds((first << before.min(16)).min(longest))
}

async fn alarm(tx: &mut Tx, clock: &Clock, intent: &Intent, what: &str, text: &str) -> Result<(), SendError> {
    let office = office::load(tx, intent.office).await?;
    // Once a day: whoever did not act on the first is reminded tomorrow.
    let occasion = format!("{what}:{}", clock.today(office.zone()));
    Ok(ledger::raise_alarm(tx, clock, &office, &occasion, text).await?)
}

/// Gives a notice the state that its attempts imply, once none of them is open any more.
async fn settle(tx: &mut Tx, clock: &Clock, id: NoticeId, again: Again) -> Result<(), SendError> {
    let attempts = attempt::made(tx, &[id]).await?.remove(&id).unwrap_or_default();
    let newest = attempt::standing(&attempts);
    let any = |outcome| newest.values().any(|newest| *newest == outcome);
    if any(AttemptOutcome::Started) {
        return Ok(());
    }
    let now = clock.now();
    let (office, recipient, person) = fetch_one!(
        &mut *tx,
        (OfficeId, String, Uuid),
        "SELECT office_id, recipient_kind, recipient_id FROM notice WHERE id = $1",
        id,
    )?;
    // Every chat of a contact is asked: one that was merely put off is still owed its message. Of a student's notice that has
    // reached one chat the rules say whether another is owed it, from `further_at` on.
    let lost = any(AttemptOutcome::Lost);
    let mut owed = false;
    if recipient == contacts::RECIPIENT && !lost {
        let chats = link::chats_of(tx, person).await?;
        owed = chats.iter().any(|chat| {
            chat.unreachable.is_none() && newest.get(&chat.chat_index[..]) == Some(&AttemptOutcome::Refused)
        });
    }
    let next = if let Again::At(at) = again { Some(at) } else { None };
    let is_out = any(AttemptOutcome::Accepted) || lost;
    let further = next.filter(|_| is_out && recipient == "student");
    let (state, reason, next) = if any(AttemptOutcome::Accepted) && !owed {
        (State::Sent, None, None)
    } else if lost {
        (State::Uncertain, Some("lost"), next)
    } else {
        (State::Due, None, next)
    };
    execute!(
        &mut *tx,
        "UPDATE notice SET state = $2, reason = $3, next_attempt_at = $4, ever_lost = (ever_lost OR $5),
             changed_at = CASE WHEN state = $2 THEN changed_at ELSE $6 END,
             sent_at = CASE WHEN $7 THEN COALESCE(sent_at, $6) ELSE sent_at END, further_at = $8
         WHERE id = $1 AND (state = 'sending' OR $7 OR ($8 IS NOT NULL AND state = 'uncertain'))",
        id,
        state,
        reason,
        next,
        lost,
        now,
        state == State::Sent,
        further,
    )?;
    // What a refusal or the office's policy means for this person follows from the rules, as everything does.
    if recipient == "student" {
        ledger::reconcile_some(tx, clock, office, &[StudentId(person)]).await?;
    }
    Ok(())
}

/// A refusal in the ledger's words; nothing in them is secret.
fn name(refusal: &Refusal) -> String {
    match refusal {
        Refusal::RetryAfter(wait) => format!("retry_after {}", wait.as_secs()),
        Refusal::Blocked => "blocked".into(),
        Refusal::ChatNotFound => "chat_not_found".into(),
        Refusal::Deactivated => "deactivated".into(),
        Refusal::MessageRefused(why) => format!("message_refused: {why}"),
        Refusal::Unauthorized => "unauthorized".into(),
        Refusal::Conflict => "conflict".into(),
        Refusal::NotConnected => "not_connected".into(),
        Refusal::Passing(why) => format!("passing: {why}"),
        Refusal::Migrated(_) => "migrated".into(),
        Refusal::NeverLeft => "never_left".into(),
    }
}

//! The sender: intent on disk first, then the call, then what became of it.
//!
//! Whoever holds the sender's lease runs one [`Sender`]. A crash leaves attempts that were started and never finished; the
//! next holder finds them by their older lease token and calls them lost (invariant 2). Facts are read again in the very
//! transaction that writes the intent, so nothing goes out that stopped being true while it waited.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::FromRow;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::case::{self, NoticeRow, Person, Scope, Setting};
use super::ledger::{self, first_moment};
use super::text::{self, Words};
use super::{AttemptId, AttemptOutcome, Kind, NoticeId, State};
use crate::calendar::Holidays;
use crate::clock::Clock;
use crate::db::{Db, DbError, Tx, meta, set_meta};
use crate::link::{self, ChatLink, LinkError, LinkRole};
use crate::messages::Messages;
use crate::messenger::{Messenger, Outcome, Outgoing, Refusal};
use crate::office::{self, Office, OfficeError};
use crate::student::StudentId;
use crate::vault::{Vault, VaultError};
use crate::{execute, fetch_all, fetch_one, fetch_optional};

/// Calls under way at once, and intents that share one commit.
const IN_FLIGHT: usize = 25;
/// How far our clock may be from the Bot API's (invariant 11).
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::minutes(10);
/// How long everything rests after the token was refused or a second poller was seen.
const REST: Duration = Duration::from_secs(60);
/// First and longest wait before a refused call is tried again.
const BACKOFF: (i64, i64) = (5, 900);
/// Wait before a notice whose answer was lost is sent again.
const AFTER_LOST: TimeDelta = TimeDelta::seconds(60);
const SILENCE_ALL: &str = "telegram";
const ACCEPTED_CLOCK: &str = "clock_accepted";

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

/// What keeps everything from going out.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum Obstacle {
    /// Telegram told us to wait, or refused the token, until then.
    Silenced { until: DateTime<Utc>, why: String },
    /// Our clock and the Bot API's differ by so many seconds.
    ClockDiffers { seconds: i64 },
    /// Our clock is behind the newest attempt.
    ClockBehind { newest: DateTime<Utc> },
}

/// One holder of the sender's lease.
pub struct Sender {
    db: Db,
    vault: Vault,
    clock: Clock,
    holidays: Arc<Holidays>,
    messages: Messages,
    messenger: Arc<dyn Messenger>,
    token: i64,
    calls: JoinSet<Call>,
    busy: HashSet<Vec<u8>>,
}

/// A finished call.
struct Call {
    intent: Intent,
    outcome: Outcome,
}

/// An attempt that is on disk and about to be made.
struct Intent {
    attempt: AttemptId,
    notice: NoticeId,
    chat_index: Vec<u8>,
    chat: i64,
    kind: Kind,
    office: Uuid,
    message: Outgoing,
}

#[derive(FromRow)]
struct Candidate {
    id: NoticeId,
    recipient_kind: String,
    recipient_id: Uuid,
    kind: Kind,
}

/// What one step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// So many calls were begun.
    Began(usize),
    Idle,
}

impl Sender {
    /// A sender that holds the lease with fencing token `token`.
    #[must_use]
    #[expect(clippy::too_many_arguments, reason = "what a sender is made of, wired once")]
    pub fn new(
        db: Db,
        vault: Vault,
        clock: Clock,
        holidays: Arc<Holidays>,
        messages: Messages,
        messenger: Arc<dyn Messenger>,
        token: i64,
    ) -> Self {
        Self { db, vault, clock, holidays, messages, messenger, token, calls: JoinSet::new(), busy: HashSet::new() }
    }

    /// Settles what an earlier holder left behind: its open attempts are lost, its silence goes on.
    pub async fn recover(&mut self) -> Result<usize, SendError> {
        let mut tx = self.db.write().await?;
        let rows = fetch_all!(
            &mut tx,
            (AttemptId, NoticeId),
            "SELECT id, notice_id FROM attempt WHERE outcome = 'started' AND lease_token <> $1",
            self.token,
        )?;
        for (attempt, notice) in &rows {
            finish_attempt(&mut tx, &self.clock, *attempt, AttemptOutcome::Lost, Some("interrupted"), None).await?;
            self.settle(&mut tx, *notice, None).await?;
        }
        tx.commit().await?;
        if let Some(Obstacle::Silenced { until, .. }) = self.obstacle_in_database().await? {
            self.messenger.silence((until - self.clock.now()).to_std().unwrap_or_default());
        }
        Ok(rows.len())
    }

    /// What keeps everything from going out just now (invariants 4 and 11).
    pub async fn obstacle(&self) -> Result<Option<Obstacle>, SendError> {
        if let Some(obstacle) = self.obstacle_in_database().await? {
            return Ok(Some(obstacle));
        }
        if self.clock.is_rehearsal() {
            return Ok(None);
        }
        let Some(theirs) = self.messenger.server_time().await else { return Ok(None) };
        let difference = self.clock.now() - theirs;
        Ok((difference.abs() > CLOCK_TOLERANCE).then(|| Obstacle::ClockDiffers { seconds: difference.num_seconds() }))
    }

    async fn obstacle_in_database(&self) -> Result<Option<Obstacle>, SendError> {
        let mut tx = self.db.read().await?;
        let now = self.clock.now();
        let silence = fetch_optional!(
            &mut tx,
            (DateTime<Utc>, String),
            "SELECT until_at, reason FROM silence WHERE scope = $1 AND until_at > $2",
            SILENCE_ALL,
            now,
        )?;
        if let Some((until, why)) = silence {
            return Ok(Some(Obstacle::Silenced { until, why }));
        }
        if self.clock.is_rehearsal() {
            return Ok(None);
        }
        let newest = fetch_one!(&mut tx, (Option<DateTime<Utc>>,), "SELECT MAX(started_at) FROM attempt")?.0;
        let accepted = meta(&mut tx, ACCEPTED_CLOCK).await?.and_then(|text| text.parse::<DateTime<Utc>>().ok());
        Ok(newest
            .filter(|newest| *newest > now + TimeDelta::minutes(1) && accepted.is_none_or(|at| at < *newest))
            .map(|newest| Obstacle::ClockBehind { newest }))
    }

    /// Writes down what became of finished calls, then begins as many as there is room for.
    pub async fn step(&mut self) -> Result<Step, SendError> {
        while let Some(finished) = self.calls.try_join_next() {
            self.finished(finished).await?;
        }
        let room = IN_FLIGHT - self.calls.len();
        let intents = if room > 0 { self.claim(room).await? } else { Vec::new() };
        let begun = intents.len();
        for intent in intents {
            self.busy.insert(intent.chat_index.clone());
            let messenger = Arc::clone(&self.messenger);
            self.calls.spawn(async move {
                let outcome = messenger.send(intent.chat, &intent.message).await;
                Call { intent, outcome }
            });
        }
        Ok(if begun > 0 || !self.calls.is_empty() { Step::Began(begun) } else { Step::Idle })
    }

    /// Waits until a call ends or `most` has passed.
    pub async fn wait(&mut self, most: Duration) -> Result<(), SendError> {
        if self.calls.is_empty() {
            tokio::time::sleep(most).await;
            return Ok(());
        }
        if let Ok(Some(finished)) = tokio::time::timeout(most, self.calls.join_next()).await {
            self.finished(finished).await?;
        }
        Ok(())
    }

    /// Waits for every call under way and writes down what became of it.
    pub async fn drain(&mut self) -> Result<(), SendError> {
        while let Some(finished) = self.calls.join_next().await {
            self.finished(finished).await?;
        }
        Ok(())
    }

    /// Sends until nothing is due: for the demonstration and for tests.
    pub async fn run_until_idle(&mut self) -> Result<usize, SendError> {
        let mut begun = 0;
        while self.obstacle_in_database().await?.is_none() {
            match self.step().await? {
                Step::Began(count) => {
                    begun += count;
                    self.wait(Duration::from_millis(50)).await?;
                }
                Step::Idle => break,
            }
        }
        self.drain().await?;
        Ok(begun)
    }

    /// Picks due notices, reads their facts again, and puts the intents on disk in one commit.
    async fn claim(&mut self, room: usize) -> Result<Vec<Intent>, SendError> {
        if self.obstacle_in_database().await?.is_some() {
            return Ok(Vec::new());
        }
        let mut tx = self.db.write().await?;
        let offices = office::all(&mut tx).await?;
        let mut intents = Vec::new();
        let mut chats: HashSet<Vec<u8>> = self.busy.clone();
        for office in &offices {
            let setting = case::setting(&mut tx, office, self.clock.now()).await?;
            let delivering = office.delivers_at(setting.now);
            let candidates = candidates(&mut tx, office, setting.now, delivering, room).await?;
            for candidate in candidates {
                if intents.len() >= room {
                    break;
                }
                let made = if candidate.recipient_kind == "student" {
                    self.claim_for_student(&mut tx, office, &candidate, &mut chats).await?
                } else {
                    self.claim_for_staff(&mut tx, &setting, &candidate, &mut chats).await?
                };
                intents.extend(made);
            }
        }
        tx.commit().await?;
        Ok(intents)
    }

    async fn claim_for_student(
        &self,
        tx: &mut Tx,
        office: &Office,
        candidate: &Candidate,
        chats: &mut HashSet<Vec<u8>>,
    ) -> Result<Vec<Intent>, SendError> {
        let scope = Scope::Student(StudentId(candidate.recipient_id));
        ledger::reconcile(tx, &self.clock, office, scope).await?;
        let setting = case::setting(tx, office, self.clock.now()).await?;
        let people = case::people(tx, &setting, scope).await?;
        let Some(person) = people.first() else { return Ok(Vec::new()) };
        let Some(notice) = person.notices.iter().find(|row| row.id == candidate.id && row.state == State::Due) else {
            return Ok(Vec::new());
        };
        let reached = self.reached(tx, notice.id).await?;
        let targets: Vec<&ChatLink> = targets(person, notice.kind)
            .into_iter()
            .filter(|chat| !reached.contains(&chat.chat_index) && !chats.contains(&chat.chat_index))
            .collect();
        let code = self.pickup_code(tx, office, person, notice, setting.today).await?;
        let words = Words { messages: &self.messages, holidays: &self.holidays };
        let mut intents = Vec::new();
        for chat in targets {
            let text = text::render(words, &setting, person, notice, chat.role, &chat.language, code.as_deref());
            let intent = self.intend(tx, office.id.0, notice.id, notice.kind, chat, text).await?;
            chats.insert(chat.chat_index.clone());
            intents.push(intent);
        }
        Ok(intents)
    }

    async fn claim_for_staff(
        &self,
        tx: &mut Tx,
        setting: &Setting<'_>,
        candidate: &Candidate,
        chats: &mut HashSet<Vec<u8>>,
    ) -> Result<Vec<Intent>, SendError> {
        let links = link::chats_of(tx, candidate.recipient_id).await?;
        let reached = self.reached(tx, candidate.id).await?;
        let facts = fetch_one!(tx, (String,), "SELECT facts FROM notice WHERE id = $1", candidate.id)?.0;
        let about: case::About = serde_json::from_str(&facts).unwrap_or_default();
        let mut intents = Vec::new();
        for chat in links.iter().filter(|chat| chat.unreachable.is_none()) {
            if reached.contains(&chat.chat_index) || !chats.insert(chat.chat_index.clone()) {
                continue;
            }
            let text = about.text.clone().unwrap_or_default();
            intents.push(self.intend(tx, setting.office.id.0, candidate.id, candidate.kind, chat, text).await?);
        }
        if intents.is_empty() && links.iter().all(|chat| chat.unreachable.is_some()) {
            // An account without a chat reads it in the lists; the row waits until someone links one.
            let later = setting.now + TimeDelta::minutes(10);
            execute!(
                tx,
                "UPDATE notice SET reason = 'no_chat', next_attempt_at = $2 WHERE id = $1",
                candidate.id,
                later
            )?;
        }
        Ok(intents)
    }

    /// The chats that a notice already reached, or may have reached.
    async fn reached(&self, tx: &mut Tx, notice: NoticeId) -> Result<HashSet<Vec<u8>>, SendError> {
        let rows = fetch_all!(
            tx,
            (Vec<u8>,),
            "SELECT chat_index FROM attempt WHERE notice_id = $1 AND outcome IN ('accepted', 'started')",
            notice,
        )?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    /// The code that finds the card at the counter, made when it is first needed.
    async fn pickup_code(
        &self,
        tx: &mut Tx,
        office: &Office,
        person: &Person,
        notice: &NoticeRow,
        today: chrono::NaiveDate,
    ) -> Result<Option<String>, SendError> {
        let needs = matches!(notice.kind, Kind::CardReady | Kind::CollectReminder | Kind::CollectChanged)
            || matches!(notice.variant.as_deref(), Some("collect" | "print_on_arrival"));
        if !needs {
            return Ok(None);
        }
        let subject = person.student.id.0;
        if let Some(code) = link::standing_code(tx, &self.vault, LinkRole::Pickup, subject, today).await? {
            return Ok(Some(code.to_string()));
        }
        let expires = today.checked_add_months(chrono::Months::new(12)).unwrap_or(today);
        let code =
            link::issue_code(tx, &self.clock, &self.vault, office.id, LinkRole::Pickup, subject, expires).await?;
        Ok(Some(code))
    }

    async fn intend(
        &self,
        tx: &mut Tx,
        office: Uuid,
        notice: NoticeId,
        kind: Kind,
        chat: &ChatLink,
        text: String,
    ) -> Result<Intent, SendError> {
        let attempt = AttemptId::new(&self.clock);
        let now = self.clock.now();
        execute!(
            tx,
            "INSERT INTO attempt (id, notice_id, chat_index, lease_token, started_at, outcome)
             VALUES ($1, $2, $3, $4, $5, $6)",
            attempt,
            notice,
            &chat.chat_index[..],
            self.token,
            now,
            AttemptOutcome::Started,
        )?;
        execute!(
            tx,
            "UPDATE notice SET state = $2, reason = NULL, text = $3, changed_at = $4 WHERE id = $1",
            notice,
            State::Sending,
            &text,
            now,
        )?;
        Ok(Intent {
            attempt,
            notice,
            chat_index: chat.chat_index.clone(),
            chat: chat.chat_id(&self.vault)?,
            kind,
            office,
            message: Outgoing::plain(text),
        })
    }

    async fn finished(&mut self, call: Result<Call, tokio::task::JoinError>) -> Result<(), SendError> {
        // A call that panicked stays `started` on disk; the next holder calls it lost.
        let Ok(Call { intent, outcome }) = call else { return Ok(()) };
        self.busy.remove(&intent.chat_index);
        let mut tx = self.db.write().await?;
        let now = self.clock.now();
        let mut retry_at = None;
        match &outcome {
            Outcome::Accepted { message_id } => {
                finish_attempt(&mut tx, &self.clock, intent.attempt, AttemptOutcome::Accepted, None, Some(*message_id))
                    .await?;
            }
            Outcome::Lost(why) => {
                finish_attempt(&mut tx, &self.clock, intent.attempt, AttemptOutcome::Lost, Some(why), None).await?;
            }
            Outcome::Refused(refusal) => {
                let why = refusal_name(refusal);
                finish_attempt(&mut tx, &self.clock, intent.attempt, AttemptOutcome::Refused, Some(&why), None).await?;
                retry_at = self.refused(&mut tx, &intent, refusal, now).await?;
            }
        }
        self.settle(&mut tx, intent.notice, retry_at).await?;
        tx.commit().await?;
        Ok(())
    }

    /// What a refusal means for everyone else, and when this notice may be tried again.
    async fn refused(
        &self,
        tx: &mut Tx,
        intent: &Intent,
        refusal: &Refusal,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, SendError> {
        let office = office::load(tx, office::OfficeId(intent.office)).await?;
        let unreachable = match refusal {
            Refusal::Blocked => Some("blocked"),
            Refusal::ChatNotFound | Refusal::Migrated(_) => Some("chat_not_found"),
            Refusal::Deactivated => Some("deactivated"),
            _ => None,
        };
        if let Some(reason) = unreachable {
            link::set_unreachable(tx, &intent.chat_index, Some(reason)).await?;
            return Ok(None);
        }
        match refusal {
            Refusal::RetryAfter(wait) => {
                self.silence(tx, *wait, "retry_after", now).await?;
                Ok(None)
            }
            Refusal::Unauthorized | Refusal::Conflict => {
                let why = refusal_name(refusal);
                self.silence(tx, REST, &why, now).await?;
                let words = if *refusal == Refusal::Conflict { "alarm-conflict" } else { "alarm-token" };
                let text = self.messages.text("id", words, &[]);
                let occasion = format!("{why}:{}", now.date_naive());
                ledger::raise_alarm(tx, &self.clock, &office, &occasion, &text).await?;
                Ok(None)
            }
            Refusal::MessageRefused(_) if intent.kind.is_for_staff() => Ok(Some(now + TimeDelta::hours(1))),
            Refusal::MessageRefused(why) => {
                let scope = format!("kind:{}", intent.kind.name());
                execute!(
                    tx,
                    "INSERT INTO silence (scope, reason, since) VALUES ($1, $2, $3) ON CONFLICT (scope) DO NOTHING",
                    &scope,
                    why,
                    now,
                )?;
                let text = self.messages.text("id", "alarm-message-refused", &[("kind", intent.kind.name().into())]);
                let occasion = format!("{scope}:{}", now.date_naive());
                ledger::raise_alarm(tx, &self.clock, &office, &occasion, &text).await?;
                // Whatever else of this kind is due waits from now on, too.
                execute!(
                    tx,
                    "UPDATE notice SET state = 'waiting', reason = 'message_refused' WHERE kind = $1 AND state = 'due'",
                    intent.kind,
                )?;
                Ok(None)
            }
            _ => {
                let refusals = fetch_one!(tx, (i32,), "SELECT refusals FROM notice WHERE id = $1", intent.notice)?.0;
                let exponent = u32::try_from(refusals).unwrap_or_default().min(10);
                let seconds = (BACKOFF.0 << exponent).min(BACKOFF.1);
                execute!(tx, "UPDATE notice SET refusals = refusals + 1 WHERE id = $1", intent.notice)?;
                Ok(Some(now + TimeDelta::seconds(seconds)))
            }
        }
    }

    async fn silence(&self, tx: &mut Tx, wait: Duration, why: &str, now: DateTime<Utc>) -> Result<(), SendError> {
        let until = now + TimeDelta::from_std(wait).unwrap_or(TimeDelta::days(1));
        execute!(
            tx,
            "INSERT INTO silence (scope, until_at, reason, since) VALUES ($1, $2, $3, $4)
             ON CONFLICT (scope) DO UPDATE SET
                 until_at = CASE WHEN silence.until_at > excluded.until_at THEN silence.until_at ELSE excluded.until_at END,
                 reason = excluded.reason",
            SILENCE_ALL,
            until,
            why,
            now,
        )?;
        self.messenger.silence(wait);
        Ok(())
    }

    /// Gives a notice the state that its attempts imply, once none of them is open any more.
    async fn settle(&self, tx: &mut Tx, id: NoticeId, retry_at: Option<DateTime<Utc>>) -> Result<(), SendError> {
        let attempts = fetch_all!(
            tx,
            (AttemptOutcome, DateTime<Utc>),
            "SELECT outcome, started_at FROM attempt WHERE notice_id = $1 ORDER BY started_at DESC, id DESC",
            id,
        )?;
        let any = |outcome| attempts.iter().any(|(o, _)| *o == outcome);
        if any(AttemptOutcome::Started) {
            return Ok(());
        }
        let now = self.clock.now();
        let latest = attempts.first().map(|(outcome, _)| *outcome);
        if any(AttemptOutcome::Accepted) {
            execute!(
                tx,
                "UPDATE notice SET state = $2, reason = NULL, sent_at = $3, changed_at = $3 WHERE id = $1",
                id,
                State::Sent,
                now,
            )?;
            return Ok(());
        }
        let (state, reason, next) = match latest {
            Some(AttemptOutcome::Lost) => (State::Uncertain, Some("lost"), Some(now + AFTER_LOST)),
            _ => (State::Due, None, retry_at),
        };
        execute!(
            tx,
            "UPDATE notice SET state = $2, reason = $3, next_attempt_at = $4, ever_lost = (ever_lost OR $5), changed_at = $6
             WHERE id = $1 AND state = 'sending'",
            id,
            state,
            reason,
            next,
            state == State::Uncertain,
            now,
        )?;
        // What the refusal or the office's policy means for this person follows from the rules, as everything does.
        let owner = fetch_one!(
            tx,
            (Uuid, String, Uuid),
            "SELECT office_id, recipient_kind, recipient_id FROM notice WHERE id = $1",
            id
        )?;
        if owner.1 == "student" {
            let office = office::load(tx, office::OfficeId(owner.0)).await?;
            ledger::reconcile(tx, &self.clock, &office, Scope::Student(StudentId(owner.2))).await?;
        }
        Ok(())
    }
}

async fn candidates(
    tx: &mut Tx,
    office: &Office,
    now: DateTime<Utc>,
    delivering: bool,
    room: usize,
) -> Result<Vec<Candidate>, SendError> {
    // More than there is room for, since some share a chat or turn out not to be due any more.
    let most = i64::try_from(room * 4).unwrap_or(100);
    Ok(fetch_all!(
        tx,
        Candidate,
        "SELECT id, recipient_kind, recipient_id, kind FROM notice
         WHERE office_id = $1 AND state = 'due' AND due_at <= $2
             AND (next_attempt_at IS NULL OR next_attempt_at <= $2) AND ($3 OR recipient_kind = 'staff')
         ORDER BY due_at, id LIMIT $4",
        office.id,
        now,
        delivering,
        most,
    )?)
}

/// Where a notice goes: to the student's own chat, or a guardian's as a fallback; `collected` to every one of them.
fn targets(person: &Person, kind: Kind) -> Vec<&ChatLink> {
    let reachable = person.chats.iter().filter(|chat| chat.unreachable.is_none());
    if kind == Kind::Collected {
        return reachable.collect();
    }
    reachable.min_by_key(|chat| chat.role != LinkRole::Student).into_iter().collect()
}

async fn finish_attempt(
    tx: &mut Tx,
    clock: &Clock,
    id: AttemptId,
    outcome: AttemptOutcome,
    error: Option<&str>,
    message: Option<i64>,
) -> Result<(), SendError> {
    execute!(
        tx,
        "UPDATE attempt SET outcome = $2, finished_at = $3, error = $4, message_id = $5 WHERE id = $1 AND outcome = 'started'",
        id,
        outcome,
        clock.now(),
        error,
        message,
    )?;
    Ok(())
}

fn refusal_name(refusal: &Refusal) -> String {
    match refusal {
        Refusal::RetryAfter(wait) => format!("retry_after {}", wait.as_secs()),
        Refusal::Blocked => "blocked".into(),
        Refusal::ChatNotFound => "chat_not_found".into(),
        Refusal::Deactivated => "deactivated".into(),
        Refusal::MessageRefused(why) => format!("message_refused: {why}"),
        Refusal::Unauthorized => "unauthorized".into(),
        Refusal::Conflict => "conflict".into(),
        Refusal::NotConnected => "not_connected".into(),
        Refusal::ServerError(why) => format!("server_error: {why}"),
        Refusal::Migrated(_) => "migrated".into(),
    }
}

/// Accepts the present although attempts with a later time exist (`notice resume --clock`).
pub async fn accept_clock(tx: &mut Tx) -> Result<(), DbError> {
    let newest = fetch_one!(tx, (Option<DateTime<Utc>>,), "SELECT MAX(started_at) FROM attempt")?.0;
    match newest {
        Some(newest) => set_meta(tx, ACCEPTED_CLOCK, &newest.to_rfc3339()).await,
        None => Ok(()),
    }
}

/// Lets refused kinds be tried again, because a person has mended the text.
pub async fn lift_kind_silence(tx: &mut Tx) -> Result<u64, DbError> {
    execute!(tx, "DELETE FROM silence WHERE scope LIKE 'kind:%'")
}

/// When a notice made due now would go out.
#[must_use]
pub fn next_delivery(setting: &Setting<'_>) -> DateTime<Utc> {
    first_moment(setting, setting.now)
}

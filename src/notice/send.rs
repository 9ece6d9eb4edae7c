//! The sender: intent on disk first, then the call, then what became of it.
//!
//! Whoever holds the sender's lease runs one [`Sender`]. A crash leaves attempts that were started and never finished; the
//! next holder finds them by their older lease token and calls them lost (invariant 2). Facts are read again in the very
//! transaction that writes the intent, so nothing goes out that stopped being true while it waited.

mod contact;

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt;
use sqlx::FromRow;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::case::{self, NoticeRow, Person, Setting};
use super::outcome;
use super::silence::{self, Obstacle};
use super::text::{self, Words};
use super::{AttemptId, AttemptOutcome, Kind, NoticeId, State, contacts, ledger};
use crate::calendar::Holidays;
use crate::clock::Clock;
use crate::db::{self, Db, DbError, Tx};
use crate::link::{self, ChatLink, LinkError, LinkRole};
use crate::messages::Messages;
use crate::messenger::{Messenger, Outcome, Outgoing, Refusal};
use crate::office::{self, Office, OfficeError};
use crate::student::StudentId;
use crate::vault::{Vault, VaultError};
use crate::{execute, fetch_all, fetch_one};

/// Calls under way at once.
const IN_FLIGHT: usize = 25;
/// Intents that share one commit, and that may be on disk before their turn to leave has come: whatever is on disk when the
/// process dies counts as lost.
const AHEAD: usize = 5;
/// How far our clock may be from the Bot API's (invariant 11).
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::minutes(10);
/// How long a day's report, and an alarm, is worth a message.
const DIGEST_NEWS: TimeDelta = TimeDelta::days(1);
const ALARM_NEWS: TimeDelta = TimeDelta::days(7);
/// The lease whose holder may send.
pub const LEASE: &str = "telegram";

/// Times that a sender of this process has looked for what is due.
static ROUNDS: AtomicU64 = AtomicU64::new(0);

/// Times that a sender of this process has looked for what is due, since it started.
#[must_use]
pub fn rounds() -> u64 {
    ROUNDS.load(Ordering::Relaxed)
}

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
    /// How many of the calls wait for their turn.
    waiting: Arc<AtomicUsize>,
    busy: HashSet<Vec<u8>>,
    /// Attempts that are under way or not written down yet.
    open: HashSet<AttemptId>,
    /// Calls that ended and are not written down yet.
    unwritten: Vec<Call>,
    /// A claim failed, and whether its intents are on disk is not known.
    unsure: bool,
}

/// A finished call.
struct Call {
    intent: Intent,
    outcome: Outcome,
}

/// An attempt that is on disk and about to be made.
pub(super) struct Intent {
    pub attempt: AttemptId,
    pub notice: NoticeId,
    pub chat_index: Vec<u8>,
    chat: i64,
    pub kind: Kind,
    pub office: Uuid,
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
    pub fn new(
        db: Db,
        vault: Vault,
        clock: Clock,
        holidays: Arc<Holidays>,
        messages: Messages,
        messenger: Arc<dyn Messenger>,
        token: i64,
    ) -> Self {
        let (calls, waiting, busy, open) = (JoinSet::new(), Arc::default(), HashSet::new(), HashSet::new());
        let (unwritten, unsure) = (Vec::new(), false);
        Self { db, vault, clock, holidays, messages, messenger, token, calls, waiting, busy, open, unwritten, unsure }
    }

    /// Settles what an earlier holder left behind: its open attempts are lost, its silence goes on.
    pub async fn recover(&mut self) -> Result<usize, SendError> {
        let mut tx = self.db.write().await?;
        let rows = fetch_all!(
            &mut tx,
            (AttemptId, NoticeId),
            "SELECT id, notice_id FROM attempt WHERE outcome = 'started' AND lease_token < $1",
            self.token,
        )?;
        for (attempt, notice) in &rows {
            outcome::lose(&mut tx, &self.clock, *attempt, *notice).await?;
        }
        tx.commit().await?;
        let mut tx = self.db.read().await?;
        if let Some(Obstacle::Silenced { until, .. }) = silence::obstacle(&mut tx, &self.clock).await? {
            self.messenger.silence((until - self.clock.now()).to_std().unwrap_or_default());
        }
        Ok(rows.len())
    }

    /// What the sender's clock says.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// What keeps everything from going out just now (invariants 4 and 11).
    pub async fn obstacle(&self) -> Result<Option<Obstacle>, SendError> {
        let mut tx = self.db.read().await?;
        let known = silence::obstacle(&mut tx, &self.clock).await?;
        drop(tx);
        if known.is_some() || self.clock.is_rehearsal() {
            return Ok(known);
        }
        let Some(theirs) = self.messenger.server_time().await else { return Ok(None) };
        let difference = self.clock.now() - theirs;
        Ok((difference.abs() > CLOCK_TOLERANCE).then(|| Obstacle::ClockDiffers { seconds: difference.num_seconds() }))
    }

    /// Writes down what became of finished calls, then begins as many as there is room for.
    pub async fn step(&mut self) -> Result<Step, SendError> {
        self.write_down().await?;
        while let Some(finished) = self.calls.try_join_next() {
            self.finished(finished).await?;
        }
        let room = (IN_FLIGHT - self.calls.len()).min(AHEAD.saturating_sub(self.waiting.load(Ordering::Relaxed)));
        let intents = if room > 0 {
            let claimed = self.claim(room).await;
            // A commit whose answer was cut may stand: then its intents are on disk, and nobody here knows of them.
            self.unsure |= claimed.is_err();
            claimed?
        } else {
            Vec::new()
        };
        if room > 0 {
            ROUNDS.fetch_add(1, Ordering::Relaxed);
        }
        let begun = intents.len();
        for intent in intents {
            self.busy.insert(intent.chat_index.clone());
            self.open.insert(intent.attempt);
            let messenger = Arc::clone(&self.messenger);
            self.waiting.fetch_add(1, Ordering::Relaxed);
            let waiting = Arc::clone(&self.waiting);
            self.calls.spawn(async move {
                // Of a call that panics nobody knows whether it arrived; its notice must not stay "sending" for ever.
                let call = AssertUnwindSafe(call(messenger.as_ref(), &intent, &waiting)).catch_unwind().await;
                let outcome = call.unwrap_or_else(|_| Outcome::Lost("the call panicked".into()));
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
        self.write_down().await?;
        while let Some(finished) = self.calls.join_next().await {
            self.finished(finished).await?;
        }
        Ok(())
    }

    /// Sends until nothing is due: for the demonstration and for tests.
    pub async fn run_until_idle(&mut self) -> Result<usize, SendError> {
        let mut begun = 0;
        while let Step::Began(count) = self.step().await? {
            begun += count;
            self.wait(Duration::from_millis(50)).await?;
        }
        self.drain().await?;
        Ok(begun)
    }

    /// Picks due notices, reads their facts again, and puts the intents on disk in one commit.
    async fn claim(&mut self, room: usize) -> Result<Vec<Intent>, SendError> {
        let mut tx = self.db.write().await?;
        // Another node may have taken over while this one was held up: then it sends, and this one does not.
        if !db::holds_lease(&mut tx, LEASE, self.token).await?
            || silence::obstacle(&mut tx, &self.clock).await?.is_some()
        {
            return Ok(Vec::new());
        }
        let offices = office::all(&mut tx).await?;
        let mut intents = Vec::new();
        let mut chats: HashSet<Vec<u8>> = self.busy.clone();
        for office in &offices {
            let setting = case::setting(&mut tx, office, self.clock.now()).await?;
            // In hold nothing but alarms leaves (invariant 10), as outside the delivery hours (invariant 5).
            let delivering = office.delivers_at(setting.now) && office.hold_reason.is_none();
            let candidates = candidates(&mut tx, office, setting.now, delivering, room).await?;
            for candidate in candidates {
                if intents.len() >= room {
                    break;
                }
                let made = match candidate.recipient_kind.as_str() {
                    "student" => self.claim_for_student(&mut tx, office, &candidate, &mut chats).await?,
                    contacts::RECIPIENT => self.claim_for_contact(&mut tx, &setting, &candidate, &mut chats).await?,
                    _ => self.claim_for_staff(&mut tx, &setting, &candidate, &mut chats).await?,
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
        let look = ledger::look(tx, &self.clock, office).await?;
        let setting = &look.setting;
        let (_, people) = ledger::reconcile_people(tx, &look, &[StudentId(candidate.recipient_id)]).await?;
        let Some(person) = people.first() else { return Ok(Vec::new()) };
        let Some(notice) = person.notices.iter().find(|row| row.id == candidate.id && row.state == State::Due) else {
            return Ok(Vec::new());
        };
        let reached = self.reached(tx, notice.id).await?;
        let mut targets = targets(person, notice.kind);
        targets.retain(|chat| !reached.contains(&chat.chat_index));
        if targets.iter().any(|chat| chats.contains(&chat.chat_index)) {
            // A chat is written to by one call at a time; the notice waits for its turn as a whole.
            return Ok(Vec::new());
        }
        if targets.is_empty() && !reached.is_empty() {
            // Whoever is left has gone since; it reached the others.
            self.reached_all(tx, notice.id, setting.now).await?;
            // From now on it counts as read.
            ledger::reconcile_people(tx, &look, &[person.student.id]).await?;
            return Ok(Vec::new());
        }
        let code = self.pickup_code(tx, office, person, notice, setting.today).await?;
        let words = Words { messages: &self.messages, holidays: &self.holidays };
        let mut intents = Vec::new();
        for chat in targets {
            let text = text::render(words, setting, person, notice, chat.role, &chat.language, code.as_deref());
            let intent = self.intend(tx, office.id.0, notice.id, notice.kind, chat, Outgoing::plain(text)).await?;
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
        let (facts, due_at) = fetch_one!(
            &mut *tx,
            (String, DateTime<Utc>),
            "SELECT facts, due_at FROM notice WHERE id = $1",
            candidate.id,
        )?;
        let news = if candidate.kind == Kind::Digest { DIGEST_NEWS } else { ALARM_NEWS };
        if setting.now - due_at > news {
            // Whoever links a chat later does not get weeks of them at once.
            execute!(
                tx,
                "UPDATE notice SET state = $2, reason = 'horizon', changed_at = $3 WHERE id = $1",
                candidate.id,
                State::Expired,
                setting.now,
            )?;
            return Ok(Vec::new());
        }
        let links = link::chats_of(tx, candidate.recipient_id).await?;
        let reached = self.reached(tx, candidate.id).await?;
        let about: case::About = serde_json::from_str(&facts).unwrap_or_default();
        let mut intents = Vec::new();
        for chat in links.iter().filter(|chat| chat.unreachable.is_none()) {
            if reached.contains(&chat.chat_index) || !chats.insert(chat.chat_index.clone()) {
                continue;
            }
            let message = Outgoing::plain(about.text.clone().unwrap_or_default());
            intents.push(self.intend(tx, setting.office.id.0, candidate.id, candidate.kind, chat, message).await?);
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

    /// A notice reached every chat that is still there.
    async fn reached_all(&self, tx: &mut Tx, notice: NoticeId, now: DateTime<Utc>) -> Result<(), SendError> {
        execute!(
            tx,
            "UPDATE notice SET state = $2, reason = NULL, sent_at = $3, changed_at = $3 WHERE id = $1",
            notice,
            State::Sent,
            now,
        )?;
        Ok(())
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
        message: Outgoing,
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
            &message.text,
            now,
        )?;
        Ok(Intent {
            attempt,
            notice,
            chat_index: chat.chat_index.clone(),
            chat: chat.chat_id(&self.vault)?,
            kind,
            office,
            message,
        })
    }

    async fn finished(&mut self, call: Result<Call, tokio::task::JoinError>) -> Result<(), SendError> {
        // Calls are neither cancelled nor do they panic outwards; whatever else ended one is left to the next holder.
        let Ok(call) = call else { return Ok(()) };
        self.unwritten.push(call);
        self.write_down().await
    }

    /// Writes down what became of calls; while the database refuses, they are kept for the next time.
    async fn write_down(&mut self) -> Result<(), SendError> {
        if self.unsure {
            self.lose_unknown().await?;
            self.unsure = false;
        }
        while let Some(Call { intent, outcome }) = self.unwritten.last() {
            let mut tx = self.db.write().await?;
            let rest = outcome::finish(&mut tx, &self.clock, &self.messages, intent, outcome).await?;
            tx.commit().await?;
            if let Some(rest) = rest {
                self.messenger.silence(rest);
            }
            self.busy.remove(&intent.chat_index);
            self.open.remove(&intent.attempt);
            self.unwritten.pop();
        }
        Ok(())
    }

    /// Calls lost what is on disk as begun by this very holder and was never begun.
    async fn lose_unknown(&self) -> Result<(), SendError> {
        let mut tx = self.db.write().await?;
        let rows = fetch_all!(
            &mut tx,
            (AttemptId, NoticeId),
            "SELECT id, notice_id FROM attempt WHERE outcome = 'started' AND lease_token = $1",
            self.token,
        )?;
        for (attempt, notice) in rows.into_iter().filter(|(attempt, _)| !self.open.contains(attempt)) {
            outcome::lose(&mut tx, &self.clock, attempt, notice).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// Waits for the message's turn and sends it.
async fn call(messenger: &dyn Messenger, intent: &Intent, waiting: &AtomicUsize) -> Outcome {
    let turn = messenger.turn(intent.chat).await;
    waiting.fetch_sub(1, Ordering::Relaxed);
    match turn {
        Ok(()) => messenger.send(intent.chat, &intent.message).await,
        Err(rest) => Outcome::Refused(Refusal::RetryAfter(rest)),
    }
}

async fn candidates(
    tx: &mut Tx,
    office: &Office,
    now: DateTime<Utc>,
    delivering: bool,
    room: usize,
) -> Result<Vec<Candidate>, SendError> {
    // One for each recipient, so that whoever is owed many holds up nobody; more than there is room for, since some share a
    // chat or turn out not to be due any more.
    let most = i64::try_from(room * 4).unwrap_or(100);
    Ok(fetch_all!(
        tx,
        Candidate,
        "SELECT id, recipient_kind, recipient_id, kind FROM (
             SELECT id, recipient_kind, recipient_id, kind, due_at,
                 ROW_NUMBER() OVER (PARTITION BY recipient_id ORDER BY due_at, id) AS turn
             FROM notice
             WHERE office_id = $1 AND state = 'due' AND due_at <= $2
                 AND (next_attempt_at IS NULL OR next_attempt_at <= $2) AND ($3 OR kind = 'alarm')) AS open
         WHERE turn = 1 ORDER BY due_at, id LIMIT $4",
        office.id,
        now,
        delivering,
        most,
    )?)
}

/// Where a notice goes: to the student's own chat, or a guardian's as a fallback; `collected` to every one of them. A chat
/// that is both is written to once.
fn targets(person: &Person, kind: Kind) -> Vec<&ChatLink> {
    let mut reachable: Vec<&ChatLink> = person.chats.iter().filter(|chat| chat.unreachable.is_none()).collect();
    reachable.sort_by_key(|chat| chat.role != LinkRole::Student);
    let mut seen = HashSet::new();
    reachable.retain(|chat| seen.insert(&chat.chat_index));
    if kind != Kind::Collected {
        reachable.truncate(1);
    }
    reachable
}

//! The sender: intent on disk first, then the call, then what became of it.
//!
//! Whoever holds the sender's lease runs one [`Sender`]. Turns at the gate are taken first; then, in one transaction, what
//! became of the calls that have ended is written down, lease, delivery hours and facts are looked at, and the intents of as
//! many calls as there are turns are written ([`claim`]); the calls begin at once. A crash leaves attempts that were started and
//! never finished; the next holder finds them by their older lease token and calls them lost (invariant 2).

mod claim;
mod contact;
mod plan;
mod queue;
mod sender;
mod student;
#[cfg(test)]
mod tests;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use futures_util::FutureExt;
use tokio::task::JoinError;

pub use super::attempt::SendError;
use super::attempt::{self, Call, Intent};
use super::outcome;
use super::silence::{self, Obstacle};
use crate::clock::Standing;
use crate::db::Tx;
use crate::messenger::{FarClock, MayLeave, Messenger, Outcome, Refusal};
pub use claim::Proof;
use claim::Turns;
pub use sender::{LEASE, Sender, clock_is_right, heard_within, note_clock, note_heard, rounds};
use sender::{Open, ROUNDS};

/// Calls under way at once: more than leave in the time that an answer takes, so that a slow line costs no speed.
pub const IN_FLIGHT: usize = 200;
/// Intents, and outcomes, that share one commit while there is much to do.
const BATCH: usize = 100;
/// Otherwise turns gather for this long, so that a commit is for several of them.
const GATHER: Duration = Duration::from_millis(100);
/// So long outcomes gather: what is not on disk when the process dies counts as lost.
const UNWRITTEN: Duration = Duration::from_millis(20);

/// What one step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// So many calls were begun; there is more to do.
    Began(usize),
    Idle,
}

/// What a look at the gate and the queue gave.
enum Look {
    Turns(Turns),
    /// Everything is silent, or nothing is due.
    Nothing,
    /// There may be something once there are turns, or room.
    Later,
}

impl Sender {
    /// Settles what an earlier holder left behind: its open attempts are lost, its silence goes on.
    pub async fn recover(&mut self) -> Result<usize, SendError> {
        let mut tx = self.db.write().await?;
        let open = attempt::open(&mut tx, self.token, false).await?;
        outcome::lose(&mut tx, &self.clock, &open).await?;
        tx.commit().await?;
        let mut tx = self.db.read().await?;
        if let Some(Obstacle::Silenced { until, .. }) = silence::obstacle(&mut tx, &self.clock).await? {
            self.messenger.silence((until - self.clock.now()).to_std().unwrap_or_default());
        }
        Ok(open.len())
    }

    /// What keeps everything from going out just now (invariants 4 and 11).
    pub async fn obstacle(&self) -> Result<Option<Obstacle>, SendError> {
        let mut tx = self.db.read().await?;
        let known = silence::obstacle(&mut tx, &self.clock).await?;
        drop(tx);
        if known.is_some() || self.clock.is_rehearsal() {
            return Ok(known);
        }
        match self.messenger.server_time().await {
            FarClock::At(theirs) => self.clock.compare(theirs),
            FarClock::Untold => return Ok(None),
            FarClock::Silent => return Ok(Some(Obstacle::ClockNotCompared)),
        }
        Ok(match self.clock.standing() {
            Standing::Right => None,
            Standing::Differs { seconds } => Some(Obstacle::ClockDiffers { seconds }),
            Standing::NotCompared => Some(Obstacle::ClockNotCompared),
        })
    }

    /// Sends nothing but alarms to staff from now on, because the clock is wrong or not known to be right; or everything again.
    pub fn keep_to_alarms(&mut self, only_alarms: bool) {
        self.only_alarms = only_alarms;
    }

    /// Writes down what became of finished calls, and begins as many as there are turns and room for.
    pub async fn step(&mut self) -> Result<Step, SendError> {
        while let Some(call) = self.calls.try_join_next() {
            self.took(call);
        }
        if self.has_failed {
            self.write_down().await?;
            self.has_failed = false;
        }
        let begun = match self.look().await? {
            Look::Turns(turns) => self.transact(Some(turns)).await?,
            Look::Nothing | Look::Later if self.is_time_to_write() => self.transact(None).await?,
            Look::Nothing => {
                self.is_hungry = false;
                0
            }
            Look::Later => 0,
        };
        let is_at_work = !self.open.is_empty() || self.is_hungry || self.resting.waits_for_chats();
        Ok(if begun > 0 || is_at_work { Step::Began(begun) } else { Step::Idle })
    }

    /// Waits until calls have ended or `most` has passed.
    pub async fn wait(&mut self, most: Duration) -> Result<(), SendError> {
        let is_at_work = !self.open.is_empty() || self.is_hungry || self.resting.waits_for_chats();
        let mut until = tokio::time::Instant::now() + if is_at_work { most.min(GATHER) } else { most };
        while !self.calls.is_empty() && self.ended.len() < BATCH {
            match tokio::time::timeout_at(until, self.calls.join_next()).await {
                Ok(Some(call)) => {
                    self.took(call);
                    until = until.min(tokio::time::Instant::now() + UNWRITTEN);
                }
                Ok(None) | Err(_) => return Ok(()),
            }
        }
        if self.ended.is_empty() {
            tokio::time::sleep_until(until).await;
        }
        Ok(())
    }

    /// Waits for every call under way and writes down what became of it.
    pub async fn drain(&mut self) -> Result<(), SendError> {
        while let Some(call) = self.calls.join_next().await {
            self.took(call);
        }
        self.write_down().await
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

    /// Asks for turns, where something may be due and there is room for it.
    async fn look(&mut self) -> Result<Look, SendError> {
        let is_idle = self.open.is_empty() && !self.is_hungry && !self.unsure;
        if is_idle && !self.is_anything_due().await? {
            return Ok(Look::Nothing);
        }
        let most = IN_FLIGHT.saturating_sub(self.open.len() - self.ended.len()).min(BATCH);
        if most == 0 || self.until.is_cancelled() {
            return Ok(Look::Later);
        }
        let Ok(count) = self.messenger.turns(most) else {
            ROUNDS.fetch_add(1, Ordering::Relaxed);
            return Ok(Look::Nothing);
        };
        let turns = Turns::new(Arc::clone(&self.messenger), count);
        let is_soon = self.began.is_some_and(|at| at.elapsed() < GATHER);
        if count == 0 || (count < BATCH && is_soon) {
            // The turns go back and are there again, with more, the next time.
            self.is_hungry = true;
            return Ok(Look::Later);
        }
        Ok(Look::Turns(turns))
    }

    fn is_time_to_write(&self) -> bool {
        let is_late = self.ended_since.is_some_and(|since| since.elapsed() >= UNWRITTEN);
        self.unsure || is_late || (!self.ended.is_empty() && (self.ended.len() >= BATCH || self.calls.is_empty()))
    }

    /// Writes down what became of the calls that ended and, with turns, what is begun now; then begins it. Gives how many calls
    /// that were.
    async fn transact(&mut self, turns: Option<Turns>) -> Result<usize, SendError> {
        // Until it is known to be on disk, or not to be, what ended is kept.
        self.has_failed = true;
        self.keep_silence().await?;
        let mut tx = self.db.write().await?;
        self.lose_unknown(&mut tx).await?;
        let rest = outcome::finish(&mut tx, &self.clock, &self.messages, &self.ended).await?;
        let claimed = match &turns {
            Some(turns) => self.claim(&mut tx, turns.left()).await?,
            None => (Vec::new(), None),
        };
        let (intents, proof) = claimed;
        // A commit whose answer was cut may stand: then its intents are on disk, and nobody here knows of them.
        self.unsure |= !intents.is_empty();
        tx.commit().await?;
        (self.unsure, self.has_failed) = (false, false);
        self.forget_ended(rest);
        let count = intents.len();
        if turns.is_some() {
            // Whoever lost the lease, or is silenced, gets nothing and must not ask again at once.
            self.is_hungry = count > 0;
        }
        if let (Some(turns), Some(proof)) = (turns, proof) {
            self.began = Some(Instant::now());
            drop(turns);
            self.begin(intents, proof);
        }
        Ok(count)
    }

    /// Begins the calls whose intents are on disk. The turns that were there for them go back, and each call waits at the gate
    /// for its own: turns of one moment would leave at one moment, and then a 429 to the first comes too late for the others.
    fn begin(&mut self, intents: Vec<Intent>, proof: Proof) {
        for intent in intents {
            let open = Open { recipient: intent.recipient.id, chat_index: intent.chat_index.clone() };
            self.open.insert(intent.attempt, open);
            let (messenger, clock, until) = (Arc::clone(&self.messenger), self.clock.clone(), self.until.clone());
            self.calls.spawn(async move {
                let may_leave: MayLeave = Arc::new(move || proof.stands(&clock) && !until.is_cancelled());
                // Of a call that panics nobody knows whether it arrived; its notice must not stay "sending" for ever.
                let call = AssertUnwindSafe(call(messenger.as_ref(), &intent, may_leave)).catch_unwind().await;
                let outcome = call.unwrap_or_else(|_| Outcome::Lost("the call panicked".into()));
                Call { intent, outcome }
            });
        }
    }

    fn took(&mut self, call: Result<Call, JoinError>) {
        // Calls are neither cancelled nor do they panic outwards; whatever else ended one is left to the next holder.
        if let Ok(call) = call {
            if let Outcome::Refused(Refusal::RetryAfter(wait)) = &call.outcome {
                let until = self.clock.now() + TimeDelta::from_std(*wait).unwrap_or(TimeDelta::days(1));
                self.silence = self.silence.max(Some(until));
            }
            self.ended.push(call);
            self.ended_since.get_or_insert_with(Instant::now);
        }
    }

    /// How long nothing may be sent goes to the disk by itself: what else ended may have to wait for whoever holds its rows, and
    /// by then another node may send.
    async fn keep_silence(&mut self) -> Result<(), SendError> {
        let Some(until) = self.silence else { return Ok(()) };
        if let Ok(rest) = (until - self.clock.now()).to_std() {
            let mut tx = self.db.write().await?;
            silence::silence(&mut tx, &self.clock, rest, "retry_after").await?;
            tx.commit().await?;
        }
        self.silence = None;
        Ok(())
    }

    /// Writes down what became of calls; while the database refuses, they are kept for the next time.
    async fn write_down(&mut self) -> Result<(), SendError> {
        if self.ended.is_empty() && !self.unsure {
            return Ok(());
        }
        self.transact(None).await.map(drop)
    }

    /// What ended is on disk; nothing at all is sent for as long as that asks for.
    fn forget_ended(&mut self, rest: Option<Duration>) {
        for call in self.ended.drain(..) {
            self.open.remove(&call.intent.attempt);
        }
        self.ended_since = None;
        if let Some(rest) = rest {
            self.messenger.silence(rest);
        }
    }

    /// Calls lost what is on disk as begun by this very holder and was never begun.
    async fn lose_unknown(&self, tx: &mut Tx) -> Result<(), SendError> {
        if !self.unsure {
            return Ok(());
        }
        let mut open = attempt::open(tx, self.token, true).await?;
        open.retain(|(attempt, _)| !self.open.contains_key(attempt));
        outcome::lose(tx, &self.clock, &open).await
    }
}

/// Makes a call, if it still may leave once its turn has come.
async fn call(messenger: &dyn Messenger, intent: &Intent, may_leave: MayLeave) -> Outcome {
    if let Err(rest) = messenger.turn(intent.chat).await {
        return Outcome::Refused(Refusal::RetryAfter(rest));
    }
    messenger.send_if(intent.chat, &intent.message, may_leave).await
}

//! Looks for what goes out now, and puts the intents on disk.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::SendError;
use super::plan::{Plan, is_free};
use super::queue::{self, Candidate};
use super::sender::{LEASE, ROUNDS, Sender};
use crate::clock::{Clock, Mark, Standing};
use crate::db::{self, Tx};
use crate::link;
use crate::messenger::{Messenger, Outgoing};
use crate::notice::attempt::{self, Intent};
use crate::notice::case::{self, Setting};
use crate::notice::ledger::{self, Look};
use crate::notice::silence::Obstacle;
use crate::notice::{Kind, State, contacts, silence};
use crate::office::{self, Office};
use crate::{execute, fetch_one};

/// How long a day's report, and an alarm, is worth a message.
const DIGEST_NEWS: TimeDelta = TimeDelta::days(1);
const ALARM_NEWS: TimeDelta = TimeDelta::days(7);
/// So much of the lease is not used: a call that begins by then has begun while nobody else may send.
const MARGIN: Duration = Duration::from_secs(2);
/// How often a claim looks behind those who cannot be written to now.
const LOOKS: usize = 8;

/// Turns that were taken; those that are not used go back.
pub(super) struct Turns {
    messenger: Arc<dyn Messenger>,
    left: usize,
}

impl Turns {
    pub fn new(messenger: Arc<dyn Messenger>, left: usize) -> Self {
        Self { messenger, left }
    }

    pub fn left(&self) -> usize {
        self.left
    }
}

impl Drop for Turns {
    fn drop(&mut self) {
        self.messenger.give_back(self.left);
    }
}

/// Until when a call may begin after a transaction that proved the lease.
#[derive(Debug, Clone, Copy)]
pub struct Proof {
    mark: Mark,
    lasts: Duration,
}

impl Proof {
    /// A lease that was found at `mark` to last for `left`.
    #[must_use]
    pub fn new(mark: Mark, left: Duration) -> Self {
        Self { mark, lasts: left.saturating_sub(MARGIN) }
    }

    /// Whether the lease is ours for certain. A process that was stopped, and a machine that slept, finds that it is not.
    #[must_use]
    pub fn stands(&self, clock: &Clock) -> bool {
        clock.since(&self.mark) < self.lasts
    }
}

impl Sender {
    /// Whether anything waits that might go out; writes nothing, so that an idle sender is in nobody's way.
    pub(super) async fn is_anything_due(&mut self) -> Result<bool, SendError> {
        let mut tx = self.db.read().await?;
        let (now, except) = (self.clock.now(), self.resting_now());
        let only_alarms = self.only_alarms();
        for office in office::all(&mut tx).await? {
            let delivers = !only_alarms && delivers(&office, now);
            if !queue::first(&mut tx, office.id, now, delivers, &except, 1).await?.is_empty() {
                return Ok(true);
            }
        }
        ROUNDS.fetch_add(1, Ordering::Relaxed);
        Ok(false)
    }

    /// Whether nothing but alarms may leave by what is known of the clock: also an answer to the last call may have told that it is
    /// wrong.
    fn only_alarms(&self) -> bool {
        self.only_alarms || matches!(self.clock.standing(), Standing::Differs { .. })
    }

    /// Everybody who cannot be written to now.
    fn resting_now(&mut self) -> HashSet<Uuid> {
        let (messenger, busy) = (Arc::clone(&self.messenger), self.busy_chats());
        let mut resting =
            self.resting.at(self.clock.elapsed(), |index, chat| is_free(messenger.as_ref(), &busy, index, chat));
        resting.extend(self.open.values().map(|open| open.recipient));
        resting
    }

    fn busy_chats(&self) -> HashSet<Vec<u8>> {
        self.open.values().map(|open| open.chat_index.clone()).collect()
    }

    /// Picks due notices, reads their facts again, and writes the intents of up to `most` calls; gives how long these may begin.
    pub(super) async fn claim(&mut self, tx: &mut Tx, most: usize) -> Result<(Vec<Intent>, Option<Proof>), SendError> {
        let mark = self.clock.mark();
        // Another node may have taken over while this one was held up: then it sends, and this one does not.
        let proof = Proof::new(mark, db::lease_left(tx, LEASE, self.token).await?.unwrap_or_default());
        let obstacle = silence::obstacle(tx, &self.clock).await?;
        if !proof.stands(&self.clock) || obstacle.as_ref().is_some_and(Obstacle::silences) {
            ROUNDS.fetch_add(1, Ordering::Relaxed);
            return Ok((Vec::new(), None));
        }
        let mut offices = office::all(tx).await?;
        // Each office comes first at some time.
        let first = self.claims % offices.len().max(1);
        offices.rotate_left(first);
        self.claims = self.claims.wrapping_add(1);
        let only_alarms = obstacle.is_some() || self.only_alarms();
        let mut plan = Plan::new(most, self.busy_chats());
        let mut except = self.resting_now();
        for office in &offices {
            self.claim_in(tx, office, only_alarms, &mut except, &mut plan).await?;
        }
        attempt::begin(tx, &self.vault, self.token, self.clock.now(), &plan.intents).await?;
        let now = self.clock.elapsed();
        for (index, chat, recipient) in plan.waits {
            self.resting.wait_for(&index, chat, recipient, now);
        }
        for recipient in plan.rests {
            self.resting.rest(recipient, now);
        }
        ROUNDS.fetch_add(1, Ordering::Relaxed);
        Ok((plan.intents, Some(proof)))
    }

    /// Plans what goes out of one office.
    async fn claim_in(
        &self,
        tx: &mut Tx,
        office: &Office,
        only_alarms: bool,
        except: &mut HashSet<Uuid>,
        plan: &mut Plan,
    ) -> Result<(), SendError> {
        let now = self.clock.now();
        let delivers = !only_alarms && delivers(office, now);
        let mut read: Option<Look<'_>> = None;
        for _ in 0..LOOKS {
            if plan.room() == 0 {
                break;
            }
            let candidates = queue::first(tx, office.id, now, delivers, except, plan.room()).await?;
            if candidates.is_empty() {
                break;
            }
            except.extend(candidates.iter().map(|one| one.recipient_id));
            let look = match &read {
                Some(look) => look,
                None => read.insert(ledger::look(tx, &self.clock, office).await?),
            };
            let (students, others): (Vec<&Candidate>, Vec<&Candidate>) =
                candidates.iter().partition(|one| one.recipient_kind == "student");
            self.claim_for_students(tx, look, &students, plan).await?;
            for candidate in others {
                match candidate.recipient_kind.as_str() {
                    contacts::RECIPIENT => self.claim_for_contact(tx, &look.setting, candidate, plan).await?,
                    _ => self.claim_for_staff(tx, &look.setting, candidate, plan).await?,
                }
            }
        }
        Ok(())
    }

    async fn claim_for_staff(
        &self,
        tx: &mut Tx,
        setting: &Setting<'_>,
        candidate: &Candidate,
        plan: &mut Plan,
    ) -> Result<(), SendError> {
        let (facts, due_at, ever_lost) = fetch_one!(
            &mut *tx,
            (String, DateTime<Utc>, bool),
            "SELECT facts, due_at, ever_lost FROM notice WHERE id = $1",
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
            return Ok(());
        }
        let links = link::chats_of(tx, candidate.recipient_id).await?;
        let made = attempt::made(tx, &[candidate.id]).await?.remove(&candidate.id).unwrap_or_default();
        let reached = attempt::reached_chats(&made);
        let about: case::About = serde_json::from_str(&facts).unwrap_or_default();
        let before = plan.intents.len();
        let mut waits = None;
        for chat in links.iter().filter(|chat| chat.unreachable.is_none()) {
            let id = chat.chat_id(&self.vault)?;
            if reached.contains(&chat.chat_index) {
                continue;
            }
            if !is_free(self.messenger.as_ref(), &plan.busy, &chat.chat_index, id) {
                waits = Some((chat.chat_index.clone(), id, candidate.recipient_id));
                continue;
            }
            plan.take([&chat.chat_index].into_iter());
            let mut text = about.text.clone().unwrap_or_default();
            if ever_lost {
                text = format!("{text} {}", self.messages.text(&chat.language, "notice-repeat", &[]));
            }
            let message = Outgoing::plain(text);
            plan.intents.push(self.intent(setting, candidate, chat.chat_index.clone(), id, message));
        }
        if plan.intents.len() > before {
            return Ok(());
        }
        match waits {
            Some(waits) => plan.waits.push(waits),
            None if links.iter().all(|chat| chat.unreachable.is_some()) => {
                // An account without a chat reads it in the lists; the row waits until someone links one.
                let later = setting.now + TimeDelta::minutes(10);
                execute!(
                    tx,
                    "UPDATE notice SET reason = 'no_chat', next_attempt_at = $2 WHERE id = $1",
                    candidate.id,
                    later
                )?;
            }
            None => plan.rests.push(candidate.recipient_id),
        }
        Ok(())
    }
}

/// In hold nothing but alarms leaves (invariant 10), as outside the delivery hours (invariant 5).
fn delivers(office: &Office, now: DateTime<Utc>) -> bool {
    office.delivers_at(now) && office.hold_reason.is_none()
}

//! Brings the bot's answers to the chats: in order within each chat, side by side otherwise, so that a call that hangs keeps
//! nobody else waiting.
//!
//! What may have arrived is not said twice; what certainly did not is tried again. A crash between a call and its being
//! forgotten repeats that one answer: of two evils the smaller, for an answer was asked for.

use std::collections::{HashMap, HashSet};
use std::pin::Pin;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use uuid::Uuid;

use super::Line;
use super::inbox::InboxError;
use crate::desk::Desks;
use crate::mailbox::{self, Act};
use crate::messenger::{Outcome, Refusal};
use crate::notice::silence;

/// Answers that are looked at, and calls under way, at once.
const AT_ONCE: i64 = 50;
/// A chat whose answer certainly did not arrive rests for this long.
const REST: Duration = Duration::from_secs(3);

type Call<'a> = Pin<Box<dyn Future<Output = Ended> + Send + 'a>>;

/// A call that came to its end.
struct Ended {
    id: Uuid,
    chat: i64,
    /// `Err` if the act certainly did not happen and is tried again.
    outcome: Result<(), Refusal>,
}

/// Whoever holds the lease runs one courier.
pub struct Courier<'a> {
    desks: &'a Desks,
    line: &'a dyn Line,
    calls: FuturesUnordered<Call<'a>>,
    busy: HashSet<i64>,
    /// Until when, on the clock of elapsed time, a chat rests.
    rests: HashMap<i64, Duration>,
}

impl<'a> Courier<'a> {
    #[must_use]
    pub fn new(desks: &'a Desks, line: &'a dyn Line) -> Self {
        Self { desks, line, calls: FuturesUnordered::new(), busy: HashSet::new(), rests: HashMap::new() }
    }

    /// Begins what waits for chats that nobody is busy with; gives how many calls that were.
    pub async fn step(&mut self) -> Result<usize, InboxError> {
        let mut tx = self.desks.db.read().await?;
        // On the node that sends, the gate knows this; right after a start only the disk does.
        if silence::obstacle(&mut tx, &self.desks.clock).await?.is_some_and(|obstacle| obstacle.silences()) {
            return Ok(0);
        }
        let waiting = mailbox::waiting(&mut tx, &self.desks.vault, AT_ONCE).await?;
        drop(tx);
        let now = self.desks.clock.elapsed();
        self.rests.retain(|_, until| *until > now);
        let mut begun = 0;
        for answer in waiting {
            let Some((chat, act)) = answer.act else {
                tracing::error!(reply = %answer.id, "a stored answer cannot be read and is dropped");
                mailbox::done(&self.desks.db, answer.id).await?;
                continue;
            };
            if self.rests.contains_key(&chat) || !self.busy.insert(chat) {
                continue;
            }
            let (line, id) = (self.line, answer.id);
            self.calls.push(Box::pin(async move { Ended { id, chat, outcome: perform(line, chat, &act).await } }));
            begun += 1;
        }
        Ok(begun)
    }

    /// Waits until a call ends and writes down what became of it, or until `most` has passed. Gives whether one ended well.
    pub async fn wait(&mut self, most: Duration) -> Result<bool, InboxError> {
        if self.calls.is_empty() {
            tokio::time::sleep(most).await;
            return Ok(false);
        }
        let Ok(Some(ended)) = tokio::time::timeout(most, self.calls.next()).await else { return Ok(false) };
        self.busy.remove(&ended.chat);
        let Err(refusal) = ended.outcome else {
            mailbox::done(&self.desks.db, ended.id).await?;
            return Ok(true);
        };
        self.rests.insert(ended.chat, self.desks.clock.elapsed() + REST);
        if let Refusal::RetryAfter(wait) = refusal {
            let mut tx = self.desks.db.write().await?;
            silence::silence(&mut tx, &self.desks.clock, wait, "retry_after").await?;
            tx.commit().await?;
        }
        Ok(false)
    }

    /// Waits for the calls under way, but not longer than `most`.
    pub async fn drain(&mut self, most: Duration) -> Result<(), InboxError> {
        let until = tokio::time::Instant::now() + most;
        while !self.calls.is_empty() && tokio::time::Instant::now() < until {
            self.wait(most).await?;
        }
        Ok(())
    }

    /// Brings everything that can be brought now; gives how many answers that were.
    pub async fn run_until_idle(&mut self) -> Result<usize, InboxError> {
        let mut done = 0;
        while self.step().await? > 0 || !self.calls.is_empty() {
            done += usize::from(self.wait(Duration::from_secs(1)).await?);
        }
        Ok(done)
    }
}

/// Does one thing.
async fn perform(line: &dyn Line, chat: i64, act: &Act) -> Result<(), Refusal> {
    match act {
        Act::Send(message) => {
            line.turn(chat).await.map_err(Refusal::RetryAfter)?;
            match line.send(chat, message).await {
                Outcome::Refused(
                    refusal @ (Refusal::RetryAfter(_)
                    | Refusal::NotConnected
                    | Refusal::ServerError(_)
                    | Refusal::Unauthorized
                    | Refusal::Conflict),
                ) => Err(refusal),
                _ => Ok(()),
            }
        }
        Act::Delete { message_id } => line.delete(chat, *message_id).await,
        Act::AnswerButton { query_id } => {
            line.answer_button(query_id).await;
            Ok(())
        }
    }
}

//! Brings the bot's answers to the chats: in order within each chat, side by side otherwise, so that a call that hangs keeps
//! nobody else waiting. Just before a call it is proved that this node still holds the lease and nobody else has said it: a node
//! that was stopped meanwhile says nothing twice.
//!
//! An answer was asked for, so it is said at least once: what certainly did not arrive is tried until it does, and what may have
//! arrived is said again, a few times and with the words that it may be a repeat, since of two evils never hearing anything is
//! the greater. A crash between a call and its being forgotten repeats that one answer, too. Of a file that may have arrived the
//! chat is told so, for what became of it the chat alone can see. The answer to a complaint that cannot arrive now waits for
//! the chat.

use std::collections::{HashMap, HashSet};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::task::JoinError;
use uuid::Uuid;

use super::inbox::InboxError;
use super::{Fence, Line};
use crate::audit::Actor;
use crate::complaint::{self, ComplaintId};
use crate::db::is_passing;
use crate::desk::{Desk, DeskError, Desks};
use crate::mailbox::{self, Act, AfterLost, Waiting, files};
use crate::messenger::{MayLeave, Outcome, Outgoing, OutgoingFile, Refusal};
use crate::notice::silence;
use crate::office;
use crate::roster::ids::ImportId;
use crate::staff::{self, StaffId};

/// Answers that are looked at, and calls under way, at once.
const AT_ONCE: i64 = 50;
/// A chat whose answer certainly did not arrive rests for this long.
const REST: Duration = Duration::from_secs(3);

/// Longest text that Telegram takes, in its own count of characters.
const LONGEST: usize = 4096;

type Call<'a> = Pin<Box<dyn Future<Output = Ended> + Send + 'a>>;

/// A call that came to its end.
struct Ended {
    id: Uuid,
    chat: i64,
    outcome: Result<After, Miss>,
}

/// Why an act is tried again.
enum Miss {
    /// It certainly did not happen.
    Refused(Refusal),
    /// Nobody knows whether it did.
    Lost,
}

/// What is written down once an act has come to its end.
enum After {
    Nothing,
    /// This message does not stay in the chat.
    Lent(i64),
    /// This is said instead.
    Say(String),
    /// The answer to this complaint arrived.
    Answered(ComplaintId),
    /// Nothing arrives in the chat now; it waits there until the person writes again.
    Aside,
}

/// Whoever holds the lease runs one courier.
pub struct Courier<'a> {
    desks: &'a Desks,
    line: &'a dyn Line,
    fence: Fence,
    calls: FuturesUnordered<Call<'a>>,
    /// A call that has ended and is not written down yet: whoever waits may be told to stop at any moment.
    ended: Option<Ended>,
    busy: HashSet<i64>,
    /// Until when, on the clock of elapsed time, a chat rests.
    rests: HashMap<i64, Duration>,
}

impl<'a> Courier<'a> {
    #[must_use]
    pub fn new(desks: &'a Desks, line: &'a dyn Line, fence: Fence) -> Self {
        let (calls, ended) = (FuturesUnordered::new(), None);
        Self { desks, line, fence, calls, ended, busy: HashSet::new(), rests: HashMap::new() }
    }

    /// Begins what waits for chats that nobody is busy with; gives how many calls that were.
    pub async fn step(&mut self) -> Result<usize, InboxError> {
        let mut tx = self.desks.db().read().await?;
        // On the node that sends, the gate knows this; right after a start only the disk does.
        if silence::obstacle(&mut tx, self.desks.clock()).await?.is_some_and(|obstacle| obstacle.silences()) {
            return Ok(0);
        }
        let waiting = mailbox::waiting(&mut tx, self.desks.vault(), AT_ONCE).await?;
        drop(tx);
        let now = self.desks.clock().elapsed();
        self.rests.retain(|_, until| *until > now);
        let mut begun = 0;
        for answer in waiting {
            let Waiting { id, act, lost, language } = answer;
            let Some((chat, act)) = act else {
                tracing::error!(reply = %id, "a stored answer cannot be read and is dropped");
                let mut tx = self.desks.db().write().await?;
                if self.fence.holds(&mut tx).await? {
                    mailbox::done(&mut tx, id).await?;
                }
                tx.commit().await?;
                continue;
            };
            if self.rests.contains_key(&chat) || !self.busy.insert(chat) {
                continue;
            }
            let repeat = (lost > 0).then(|| self.desks.messages().text(&language, "notice-repeat", &[]));
            let way = Way { desks: self.desks, line: self.line, fence: self.fence, reply: id, repeat };
            self.calls.push(Box::pin(async move { Ended { id, chat, outcome: way.perform(chat, &act).await } }));
            begun += 1;
        }
        Ok(begun)
    }

    /// Waits until a call ends and writes down what became of it, or until `most` has passed. Gives whether one ended well.
    /// Nothing is lost if this is dropped half-way: what has ended is written down the next time.
    pub async fn wait(&mut self, most: Duration) -> Result<bool, InboxError> {
        if self.ended.is_none() {
            if self.calls.is_empty() {
                tokio::time::sleep(most).await;
                return Ok(false);
            }
            self.ended = tokio::time::timeout(most, self.calls.next()).await.ok().flatten();
        }
        let Some(ended) = &self.ended else { return Ok(false) };
        let mut rest = REST;
        match &ended.outcome {
            Ok(after) => write_down(self.desks, self.fence, ended.id, ended.chat, after).await?,
            Err(Miss::Refused(Refusal::RetryAfter(wait))) => {
                let mut tx = self.desks.db().write().await?;
                silence::silence(&mut tx, self.desks.clock(), *wait, "retry_after").await?;
                tx.commit().await?;
            }
            Err(Miss::Lost) => rest = lost(self.desks, ended.id).await?,
            Err(Miss::Refused(_)) => {}
        }
        let (chat, went_well) = (ended.chat, ended.outcome.is_ok());
        self.ended = None;
        self.busy.remove(&chat);
        if !went_well {
            self.rests.insert(chat, self.desks.clock().elapsed() + rest);
        }
        Ok(went_well)
    }

    fn is_at_work(&self) -> bool {
        !self.calls.is_empty() || self.ended.is_some()
    }

    /// Waits for the calls under way, but not longer than `most`.
    pub async fn drain(&mut self, most: Duration) -> Result<(), InboxError> {
        let until = tokio::time::Instant::now() + most;
        while self.is_at_work() && tokio::time::Instant::now() < until {
            self.wait(most).await?;
        }
        Ok(())
    }

    /// Brings everything that can be brought now; gives how many answers that were.
    pub async fn run_until_idle(&mut self) -> Result<usize, InboxError> {
        let mut done = 0;
        while self.step().await? > 0 || self.is_at_work() {
            done += usize::from(self.wait(Duration::from_secs(1)).await?);
        }
        Ok(done)
    }
}

/// Writes down that nobody knows whether an answer arrived; gives how long its chat rests before it is sent again.
async fn lost(desks: &Desks, id: Uuid) -> Result<Duration, InboxError> {
    let mut tx = desks.db().write().await?;
    let rest = match mailbox::lost(&mut tx, id).await? {
        AfterLost::Again(times) => REST * 2_u32.saturating_pow(u32::try_from(times - 1).unwrap_or_default()),
        AfterLost::GivenUp => {
            tracing::warn!(reply = %id, "nobody knows whether an answer arrived; it is not sent any more");
            let is_answer = mailbox::is_answer_to_complaint(&mut tx, desks.vault(), id).await?;
            match is_answer {
                true => mailbox::put_aside(&mut tx, id).await?,
                false => mailbox::done(&mut tx, id).await?,
            }
            REST
        }
    };
    tx.commit().await?;
    Ok(rest)
}

/// Forgets an act that came to its end, with what follows from it.
async fn write_down(desks: &Desks, fence: Fence, id: Uuid, chat: i64, after: &After) -> Result<(), InboxError> {
    let (db, clock, vault) = (desks.db(), desks.clock(), desks.vault());
    let mut tx = db.write().await?;
    match after {
        After::Aside => mailbox::put_aside(&mut tx, id).await?,
        _ => mailbox::done(&mut tx, id).await?,
    }
    if let After::Answered(complaint) = after {
        complaint::delivered(&mut tx, clock, *complaint).await?;
    }
    // That it was said stays true. What follows from it is no longer ours once another node does the work.
    let after = if fence.holds(&mut tx).await? { after } else { &After::Nothing };
    match after {
        After::Nothing | After::Answered(_) | After::Aside => {}
        After::Lent(message_id) => files::lend(&mut tx, clock, vault, chat, *message_id).await?,
        After::Say(text) => {
            mailbox::reply(&mut tx, clock, vault, chat, Act::Send(Outgoing::plain(text.clone()))).await?;
        }
    }
    Ok(tx.commit().await?)
}

/// The way that one answer takes.
struct Way<'a> {
    desks: &'a Desks,
    line: &'a dyn Line,
    fence: Fence,
    reply: Uuid,
    /// What is said below it where it may have arrived before.
    repeat: Option<String>,
}

impl Way<'_> {
    /// Does one thing.
    async fn perform(&self, chat: i64, act: &Act) -> Result<After, Miss> {
        match act {
            Act::Send(message) => {
                self.send(chat, message).await?;
                Ok(After::Nothing)
            }
            Act::AnswerComplaint { complaint, message } => Ok(match self.send(chat, message).await? {
                Outcome::Accepted { .. } => After::Answered(*complaint),
                _ => After::Aside,
            }),
            // To delete twice, or to end a waiting mark twice, is to do it once.
            Act::Delete { message_id } => {
                self.line.delete(chat, *message_id).await.map(|()| After::Nothing).map_err(Miss::Refused)
            }
            Act::AnswerButton { query_id } => {
                self.line.answer_button(query_id).await;
                Ok(After::Nothing)
            }
            Act::SendReport { account, language } => {
                let (desks, account, language) = (self.desks.clone(), *account, language.clone());
                let counted = apart(async move { report_text(&desks, account, &language).await }).await;
                let text = match counted {
                    Ok(text) => text,
                    Err(error) if is_passing(&error) => return Err(passing()),
                    Err(error) => {
                        tracing::error!(problem = error.name(), "the report cannot be counted");
                        None
                    }
                };
                let Some(text) = text else { return Ok(After::Nothing) };
                self.send(chat, &Outgoing::plain(text)).await?;
                Ok(After::Nothing)
            }
            Act::SendAnswer { account, import, words, otherwise } => {
                let (desks, account, import, words) = (self.desks.clone(), *account, *import, words.clone());
                let made = apart(async move { answer_file(&desks, account, import, &words).await }).await;
                let file = match made {
                    Ok(file) => file,
                    Err(error) if is_passing(&error) => return Err(passing()),
                    Err(error) => {
                        tracing::error!(problem = error.name(), "an answer file cannot be made; the chat is told");
                        None
                    }
                };
                let Some(file) = file else { return Ok(After::Say(otherwise.clone())) };
                let may_leave = self.turn(chat).await?;
                Ok(match unless_tried_again(self.line.send_file_if(chat, &file, may_leave).await) {
                    Ok(Outcome::Accepted { message_id }) => After::Lent(message_id),
                    Err(Miss::Lost) | Ok(Outcome::Refused(Refusal::MessageRefused(_))) => After::Say(otherwise.clone()),
                    Err(miss) => return Err(miss),
                    Ok(_) => After::Nothing,
                })
            }
        }
    }

    /// Sends a message, and says that it may be a repeat if it may; gives what became of it for good.
    async fn send(&self, chat: i64, message: &Outgoing) -> Result<Outcome, Miss> {
        let text = self.repeat.as_ref().map(|repeat| format!("{}\n\n{repeat}", message.text));
        let text = text.filter(|text| text.encode_utf16().count() <= LONGEST).unwrap_or_else(|| message.text.clone());
        let may_leave = self.turn(chat).await?;
        unless_tried_again(
            self.line.send_if(chat, &Outgoing { text, buttons: message.buttons.clone() }, may_leave).await,
        )
    }

    /// Waits for the chat's turn, and makes sure that it is still ours to speak; gives until when that is so.
    async fn turn(&self, chat: i64) -> Result<MayLeave, Miss> {
        self.line.turn(chat).await.map_err(|rest| Miss::Refused(Refusal::RetryAfter(rest)))?;
        let (db, clock) = (self.desks.db().clone(), self.desks.clock().clone());
        let (fence, reply) = (self.fence, self.reply);
        let proof = apart(async move { fence.prove(&db, &clock, reply).await }).await;
        if let Ok(Some(proof)) = proof
            && proof.stands(self.desks.clock())
        {
            let clock = self.desks.clock().clone();
            return Ok(Arc::new(move || proof.stands(&clock)));
        }
        self.line.give_up(chat);
        Err(Miss::Refused(Refusal::NeverLeft))
    }
}

/// Runs what asks the database on a task of its own. Calls under way go on only while somebody waits for one to end: one that
/// stopped with a connection in its hand would keep it from whoever looks for the next answers, and both would wait for each other.
async fn apart<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    match tokio::spawn(work).await.map_err(JoinError::try_into_panic) {
        Ok(done) => done,
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        // The runtime ends, and this with it.
        Err(Err(_)) => std::future::pending().await,
    }
}

/// The database has no time just now.
fn passing() -> Miss {
    Miss::Refused(Refusal::Passing("database".to_owned()))
}

/// Whatever certainly was not delivered for a reason that passes, or may not have been, is an error.
fn unless_tried_again(outcome: Outcome) -> Result<Outcome, Miss> {
    match outcome {
        Outcome::Lost(_) => Err(Miss::Lost),
        Outcome::Refused(
            refusal @ (Refusal::RetryAfter(_)
            | Refusal::NotConnected
            | Refusal::Passing(_)
            | Refusal::Unauthorized
            | Refusal::Conflict
            | Refusal::NeverLeft),
        ) => Err(Miss::Refused(refusal)),
        other => Ok(other),
    }
}

/// The desk for an account; `None` if it was closed since.
async fn desk_of(desks: &Desks, account: StaffId) -> Result<Option<Desk>, InboxError> {
    let mut tx = desks.db().read().await?;
    let account = staff::load(&mut tx, account).await?.filter(|account| account.disabled_at.is_none());
    let Some(account) = account else { return Ok(None) };
    let office = office::load(&mut tx, account.office_id).await?;
    Ok(Some(desks.assemble(office, Actor::Staff(account.name), Some(account.role))))
}

/// The day's numbers for the account that asked for them; `None` if it was closed or may not read them since.
async fn report_text(desks: &Desks, account: StaffId, language: &str) -> Result<Option<String>, InboxError> {
    let Some(desk) = desk_of(desks, account).await? else { return Ok(None) };
    match desk.daily(None).await {
        Ok(daily) => Ok(Some(desk.digest_text(&daily, language))),
        Err(DeskError::NotAllowed { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The answer to a roster for the account that sent it; `None` if the account was closed since.
async fn answer_file(
    desks: &Desks,
    account: StaffId,
    import: ImportId,
    words: &Outgoing,
) -> Result<Option<OutgoingFile>, InboxError> {
    let Some(desk) = desk_of(desks, account).await? else { return Ok(None) };
    let (name, bytes) = match desk.roster_answer(import).await {
        Ok(file) => file,
        // An import that was undone or belongs to another place by now.
        Err(DeskError::Refused(refusal)) => {
            tracing::warn!(code = refusal.code(), "there is no answer file to send");
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    Ok(Some(OutgoingFile { name, bytes, words: words.clone() }))
}

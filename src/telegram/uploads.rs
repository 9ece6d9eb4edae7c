//! Rosters that were sent to the bot: fetched, imported as the account whose chat it is, answered. Each is a row until it is
//! answered, so a kill in the middle only makes it late, and reading the same file twice changes nothing. All this happens
//! beside the answers to other chats.

mod summary;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::task::{Id, JoinError, JoinSet};
use uuid::Uuid;

use super::inbox::InboxError;
use super::{Line, Unfetched};
use crate::audit::Actor;
use crate::db::is_passing;
use crate::desk::refusal::{AccountRefusal, Refusal, RosterRefusal};
use crate::desk::{Desk, DeskError, Desks, RosterOptions};
use crate::link::{self, LinkRole};
use crate::mailbox::files::{self, Overdue, Upload};
use crate::mailbox::{self, Act};
use crate::messenger::{Button, Outgoing, Tap};
use crate::notice::silence;
use crate::office;
use crate::place::Place;
use crate::roster::import::report::FileReport;
use crate::staff;

/// Files that are read at once; each lies in memory whole.
const AT_ONCE: usize = 3;
/// Pauses after a try that failed; when they are used up, the sender is told.
const PAUSES: [TimeDelta; 4] =
    [TimeDelta::seconds(10), TimeDelta::minutes(1), TimeDelta::minutes(5), TimeDelta::minutes(15)];
/// Pause while there is no connection at all; such tries are not counted, for nobody could be told either.
const UNCONNECTED: TimeDelta = TimeDelta::seconds(30);
/// A bot cannot take a message out of a chat any more when it is older than this; less a margin for the call itself.
const DELETABLE: TimeDelta = TimeDelta::minutes(47 * 60 + 50);
/// Messages that are taken out of their chats at once.
const MANY: i64 = 50;
/// The name of a roster whose own was dropped.
const NAMELESS: &str = "roster";

/// Whoever holds the lease runs one of these.
pub struct Receiver {
    desks: Desks,
    line: Arc<dyn Line>,
    under_way: JoinSet<()>,
    /// Which upload each task reads.
    busy: HashMap<Id, Uuid>,
}

/// What a try came to.
enum End {
    /// The file was read; the place is the account's own.
    Read { place: Place, report: Box<FileReport> },
    /// It never will be; the message says why.
    Never(&'static str),
    /// It did not come this time.
    Failed,
    /// It could not even be asked for.
    Unable(TimeDelta),
}

impl Receiver {
    #[must_use]
    pub fn new(desks: Desks, line: Arc<dyn Line>) -> Self {
        Self { desks, line, under_way: JoinSet::new(), busy: HashMap::new() }
    }

    /// Takes out of the chats what lay there long enough, and begins to read what was sent; gives how many files that were.
    pub async fn step(&mut self) -> Result<usize, InboxError> {
        tidy(&self.desks).await?;
        let mut tx = self.desks.db().read().await?;
        if silence::obstacle(&mut tx, self.desks.clock()).await?.is_some_and(|obstacle| obstacle.silences()) {
            return Ok(0);
        }
        // Those under way are among the first, so this many show whoever else waits.
        let limit = i64::try_from(2 * AT_ONCE).unwrap_or(i64::MAX);
        let expected = files::expected(&mut tx, self.desks.clock(), self.desks.vault(), limit).await?;
        drop(tx);
        let mut begun = 0;
        for one in expected {
            if self.under_way.len() >= AT_ONCE || self.busy.values().any(|id| *id == one.id) {
                continue;
            }
            let Some(upload) = one.upload else {
                tracing::error!(upload = %one.id, "a stored upload cannot be read and is dropped");
                let mut tx = self.desks.db().write().await?;
                files::forget(&mut tx, one.id).await?;
                tx.commit().await?;
                continue;
            };
            let (desks, line, id) = (self.desks.clone(), Arc::clone(&self.line), one.id);
            let task = self.under_way.spawn(async move {
                if let Err(error) = handle(&desks, line.as_ref(), id, &upload).await {
                    tracing::error!(problem = error.name(), "a roster sent to the bot waits for the database");
                }
            });
            self.busy.insert(task.id(), one.id);
            begun += 1;
        }
        Ok(begun)
    }

    /// Waits until a file is dealt with, or until `most` has passed. Gives whether one was.
    pub async fn wait(&mut self, most: Duration) -> bool {
        if self.under_way.is_empty() {
            tokio::time::sleep(most).await;
            return false;
        }
        let Ok(Some(ended)) = tokio::time::timeout(most, self.under_way.join_next_with_id()).await else {
            return false;
        };
        let task = ended.map_or_else(
            |error: JoinError| {
                // Its try was counted before it began, so it ends by being tried too often.
                tracing::error!("reading a roster sent to the bot panicked; it is tried again");
                error.id()
            },
            |(task, ())| task,
        );
        self.busy.remove(&task);
        true
    }

    /// Waits for the files under way, but not longer than `most`; what is not read by then is read after the next start.
    pub async fn drain(&mut self, most: Duration) {
        let until = tokio::time::Instant::now() + most;
        while !self.under_way.is_empty() && tokio::time::Instant::now() < until {
            self.wait(most).await;
        }
    }

    /// Reads everything that can be read now; gives how many files that were.
    pub async fn run_until_idle(&mut self) -> Result<usize, InboxError> {
        let mut done = 0;
        while self.step().await? > 0 || !self.under_way.is_empty() {
            done += usize::from(self.wait(Duration::from_secs(1)).await);
        }
        Ok(done)
    }
}

/// One try at one upload, from counting it to writing down what it came to.
async fn handle(desks: &Desks, line: &dyn Line, id: Uuid, upload: &Upload) -> Result<(), InboxError> {
    let mut tx = desks.db().write().await?;
    let Some(tries) = files::count_try(&mut tx, id).await? else { return Ok(()) };
    let earlier = usize::try_from(tries - 1).unwrap_or_default();
    // The pause comes first: a file that ends the process must not be met again at once after the next start.
    let pause = PAUSES.get(earlier).copied().unwrap_or(PAUSES[PAUSES.len() - 1]);
    files::put_off(&mut tx, id, desks.clock().now() + pause).await?;
    tx.commit().await?;
    if earlier > PAUSES.len() {
        return finish(desks, id, upload, End::Never("bot-roster-failed")).await;
    }
    match work(desks, line, upload).await? {
        End::Failed if earlier < PAUSES.len() => Ok(()),
        End::Failed => finish(desks, id, upload, End::Never("bot-roster-not-fetched")).await,
        End::Unable(pause) => {
            let mut tx = desks.db().write().await?;
            files::uncount_try(&mut tx, id).await?;
            files::put_off(&mut tx, id, desks.clock().now() + pause).await?;
            Ok(tx.commit().await?)
        }
        end => finish(desks, id, upload, end).await,
    }
}

/// Fetches and imports.
async fn work(desks: &Desks, line: &dyn Line, upload: &Upload) -> Result<End, InboxError> {
    let Some((desk, place)) = desk_of(desks, upload).await? else { return Ok(End::Never("bot-not-allowed")) };
    let bytes = match line.fetch_file(&upload.file.file_id).await {
        Ok(bytes) => bytes,
        Err(Unfetched::TooLarge) => return Ok(End::Never("bot-roster-too-large")),
        Err(Unfetched::NotConnected) => return Ok(End::Unable(UNCONNECTED)),
        Err(Unfetched::RetryAfter(wait)) => {
            let mut tx = desks.db().write().await?;
            silence::silence(&mut tx, desks.clock(), wait, "retry_after").await?;
            tx.commit().await?;
            return Ok(End::Unable(TimeDelta::from_std(wait).unwrap_or(UNCONNECTED)));
        }
        Err(Unfetched::Failed(why)) => {
            tracing::warn!(why, "a roster sent to the bot cannot be fetched");
            return Ok(End::Failed);
        }
    };
    let name = upload.file.name.as_deref().unwrap_or(NAMELESS);
    match desk.import_roster(name, bytes, &RosterOptions::default()).await {
        Ok(report) => Ok(End::Read { place, report: Box::new(report) }),
        Err(error) if is_passing(&error) => Err(error.into()),
        Err(
            DeskError::NotAllowed { .. }
            | DeskError::Refused(
                Refusal::Roster(RosterRefusal::OthersPlace { .. }) | Refusal::Account(AccountRefusal::NoPlace),
            ),
        ) => Ok(End::Never("bot-not-allowed")),
        Err(DeskError::Refused(_)) => Ok(End::Never("bot-roster-unreadable")),
        Err(error) => {
            tracing::error!(code = error.code(), "a roster sent to the bot cannot be imported");
            Ok(End::Never("bot-roster-failed"))
        }
    }
}

/// The desk of the account that sent the file, with its place, if that account may still do so in this chat: since then the
/// office may have closed the door or the account, or somebody unlinked the chat.
async fn desk_of(desks: &Desks, upload: &Upload) -> Result<Option<(Desk, Place)>, InboxError> {
    let mut tx = desks.db().read().await?;
    let links = link::subjects_of(&mut tx, desks.vault(), upload.chat).await?;
    let is_linked = links.iter().any(|one| one.role == LinkRole::Staff && one.subject_id == upload.account.0);
    let account = staff::load(&mut tx, upload.account).await?.filter(|one| is_linked && one.disabled_at.is_none());
    let Some(account) = account else { return Ok(None) };
    let office = office::load(&mut tx, account.office_id).await?;
    let desk = desks.assemble(office, Actor::Staff(account.name), Some(account.role));
    let place = desk.place_sent_by_bot_in(&mut tx).await?;
    Ok(place.map(|place| (desk, place)))
}

/// Answers, takes the file out of the chat and forgets the upload, all or nothing.
async fn finish(desks: &Desks, id: Uuid, upload: &Upload, end: End) -> Result<(), InboxError> {
    let (db, clock, vault, messages) = (desks.db(), desks.clock(), desks.vault(), desks.messages());
    let mut tx = db.write().await?;
    if !files::forget(&mut tx, id).await? {
        // Another node read it, too, and was quicker.
        return Ok(());
    }
    let language = link::chat(&mut tx, clock, vault, upload.chat).await?.language;
    let text = |id: &str| messages.text(&language, id, &[]);
    // The upload goes before the answer comes: what can wait must not keep children's data in the chat.
    let delete = Act::Delete { message_id: upload.file.message_id };
    let mut acts = Vec::new();
    match end {
        End::Read { place, report } => {
            acts.push(Act::Send(Outgoing::plain(summary::text(messages, &language, &place.name, &report))));
            acts.push(delete);
            if let Some(import) = report.import.filter(|_| !report.problems.is_empty()) {
                let label = text("bot-button-saved");
                let button = Button::new(label, Tap::Saved);
                let words = Outgoing { text: text("bot-roster-answer"), buttons: vec![vec![button]] };
                let otherwise = text("bot-roster-answer-lost");
                acts.push(Act::SendAnswer { account: upload.account, import, words, otherwise });
            }
        }
        End::Never(why) => acts.extend([Act::Send(Outgoing::plain(text(why))), delete]),
        End::Failed | End::Unable(_) => {}
    }
    for act in acts {
        mailbox::reply(&mut tx, clock, vault, upload.chat, act).await?;
    }
    Ok(tx.commit().await?)
}

/// Takes out of the chats what lay there long enough. Where that is not possible any more, the chat is asked to do it.
async fn tidy(desks: &Desks) -> Result<(), InboxError> {
    let (db, clock, vault, messages) = (desks.db(), desks.clock(), desks.vault(), desks.messages());
    let mut tx = db.read().await?;
    if files::overdue(&mut tx, clock, vault, MANY).await?.is_empty() {
        return Ok(());
    }
    drop(tx);
    let mut tx = db.write().await?;
    for Overdue { chat, chat_index, message_id, since } in files::overdue(&mut tx, clock, vault, MANY).await? {
        if !files::give_back(&mut tx, &chat_index, message_id).await? {
            continue;
        }
        let Some(chat) = chat else {
            tracing::error!("a message cannot be taken out of its chat: the chat's number does not open");
            continue;
        };
        let act = if clock.now() - since < DELETABLE {
            Act::Delete { message_id }
        } else {
            let language = link::chat(&mut tx, clock, vault, chat).await?.language;
            Act::Send(Outgoing::plain(messages.text(&language, "bot-file-remove-yourself", &[])))
        };
        mailbox::reply(&mut tx, clock, vault, chat, act).await?;
    }
    Ok(tx.commit().await?)
}

//! The Telegram bot: what comes in goes to the mailbox on disk ([`inbox`]), is answered in order ([`conversation`]), brought to
//! the chats ([`courier`]), and leaves through one gate together with the notices ([`wire`]). Rosters that schools send as
//! files are fetched and read beside all that ([`uploads`]).

pub mod conversation;
pub mod courier;
pub mod inbox;
pub mod uploads;
pub mod wire;

use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

pub use wire::{TelegramError, Wire};

use crate::clock::Clock;
use crate::db::{self, Db, DbError, Tx};
use crate::mailbox;
use crate::messenger::{MayLeave, Messenger, Outcome, OutgoingFile, Refusal};
use crate::notice::send::{self, Proof};

/// The largest file that the Bot API hands out, in bytes.
pub const LARGEST_DOWNLOAD: u64 = 20 * 1024 * 1024;

/// What proves that this node may speak with Telegram: its lease, or that nobody else could.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fence(Option<i64>);

impl Fence {
    /// The proof of whoever holds the lease with this token. Without one, as in the demonstration, everything is let through.
    #[must_use]
    pub fn of(token: i64) -> Self {
        Self(Some(token))
    }

    /// Whether the lease is still ours; nobody else can take it before `tx` ends.
    pub async fn holds(self, tx: &mut Tx) -> Result<bool, DbError> {
        match self.0 {
            Some(token) => db::holds_lease(tx, send::LEASE, token).await,
            None => Ok(true),
        }
    }

    /// Proves in a transaction of its own that the lease is ours, and that a reply still waits to be said; `None` if either is not so. On a file
    /// that only this process serves there is nobody to prove it against, and nobody is made to wait for a writer.
    pub(crate) async fn prove(self, db: &Db, clock: &Clock, reply: Uuid) -> Result<Option<Proof>, DbError> {
        let mark = clock.mark();
        let (mut tx, lasts) = match self.0 {
            Some(token) if !db.is_served_alone() => {
                let mut tx = db.write().await?;
                let left = db::lease_left(&mut tx, send::LEASE, token).await?;
                (tx, left.unwrap_or_default())
            }
            _ => (db.read().await?, db::LEASE),
        };
        let waits = mailbox::waits(&mut tx, reply).await?;
        tx.commit().await?;
        Ok(waits.then_some(Proof::new(mark, lasts)).filter(|proof| proof.stands(clock)))
    }
}

/// What the bot does besides sending; the same connection and the same gate.
#[async_trait]
pub trait Line: Messenger {
    /// Deletes a message. An error is one after which it is tried again, which does no harm; whatever else Telegram answers
    /// is final.
    async fn delete(&self, chat: i64, message_id: i64) -> Result<(), Refusal>;

    /// Ends the waiting mark on a tapped button; a failure does not matter.
    async fn answer_button(&self, query_id: &str);

    /// Sends one file whose turn has come.
    async fn send_file(&self, chat: i64, file: &OutgoingFile) -> Outcome;

    /// The same, unless by the time at which it would leave it may not any more.
    async fn send_file_if(&self, chat: i64, file: &OutgoingFile, may_leave: MayLeave) -> Outcome {
        if !may_leave() {
            self.give_up(chat);
            return Outcome::Refused(Refusal::NeverLeft);
        }
        self.send_file(chat, file).await
    }

    /// Fetches a file that somebody sent, if it has at most [`LARGEST_DOWNLOAD`] bytes.
    async fn fetch_file(&self, file_id: &str) -> Result<Vec<u8>, Unfetched>;
}

/// Why a file did not come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfetched {
    /// Nothing at all may be asked for before this is over.
    RetryAfter(Duration),
    /// A connection was never made.
    NotConnected,
    TooLarge,
    /// Anything else; the words hold no secret.
    Failed(String),
}

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

pub use wire::{TelegramError, Wire};

use crate::messenger::{Messenger, Outcome, OutgoingFile, Refusal};

/// The largest file that the Bot API hands out, in bytes.
pub const LARGEST_DOWNLOAD: u64 = 20 * 1024 * 1024;

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

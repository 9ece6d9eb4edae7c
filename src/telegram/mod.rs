//! The Telegram bot: what comes in goes to the mailbox on disk ([`inbox`]), is answered in order ([`conversation`]), brought to
//! the chats ([`courier`]), and leaves through one gate together with the notices ([`wire`]).

pub mod conversation;
pub mod courier;
pub mod inbox;
pub mod wire;

use async_trait::async_trait;

pub use wire::{TelegramError, Wire};

use crate::messenger::{Messenger, Refusal};

/// What the bot does besides sending; the same connection and the same gate.
#[async_trait]
pub trait Line: Messenger {
    /// Deletes a message. An error is one after which it is tried again, which does no harm; whatever else Telegram answers
    /// is final.
    async fn delete(&self, chat: i64, message_id: i64) -> Result<(), Refusal>;

    /// Ends the waiting mark on a tapped button; a failure does not matter.
    async fn answer_button(&self, query_id: &str);
}

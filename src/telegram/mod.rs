//! The Telegram bot: what comes in goes to an inbox on disk ([`inbox`]), is answered in order ([`conversation`]), and leaves
//! through one gate together with the notices ([`wire`]).

pub mod conversation;
pub mod inbox;
pub mod wire;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use wire::{TelegramError, Wire};

use crate::messenger::{Messenger, Outgoing};

/// Where the database keeps the bot's user name, learned from the Bot API, for the links on printed slips.
pub const BOT_NAME: &str = "bot_name";

/// Something a person did in a chat with the bot, scrubbed: it holds neither a NIK nor anything of a picture or a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incoming {
    pub update_id: i64,
    pub chat: i64,
    /// Only private chats are talked with; a group gets one sentence and nothing else.
    pub is_private: bool,
    /// The language that the person's Telegram is set to, such as `id` or `en`.
    pub language_code: Option<String>,
    pub what: What,
}

/// What the person did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    Text {
        message_id: i64,
        text: String,
    },
    /// A button of an earlier message was tapped.
    Button {
        query_id: String,
        message_id: Option<i64>,
        data: String,
    },
    /// A text that holds something like a NIK; the text itself was dropped before anything was stored.
    NikLike {
        message_id: i64,
    },
    /// A picture, file, voice, contact or place; nothing of it was stored.
    Media {
        message_id: i64,
    },
    /// `my_chat_member`: the person blocked or unblocked the bot.
    Membership {
        blocked: bool,
    },
    Other,
}

/// One thing the bot does in answer. Kept sealed on disk (`telegram_reply`) until done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Act {
    Send(Outgoing),
    /// Takes a message out of the chat, as far as Telegram lets a bot.
    Delete {
        message_id: i64,
    },
    /// Ends the waiting mark on a tapped button.
    AnswerButton {
        query_id: String,
    },
}

/// What the bot does besides sending; the same connection and the same gate.
#[async_trait]
pub trait Line: Messenger {
    /// Deletes a message; gives whether Telegram did so. Failing is no reason to try again.
    async fn delete(&self, chat: i64, message_id: i64) -> bool;

    /// Ends the waiting mark on a tapped button; a failure does not matter.
    async fn answer_button(&self, query_id: &str);
}

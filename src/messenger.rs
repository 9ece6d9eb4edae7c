//! The port through which messages leave. Telegram stands behind it; another channel can be added without touching a rule.

mod tap;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

pub use tap::{Document, Relation, Tap, UnknownTap, VisitReply, Wish};

/// A message on its way out.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Outgoing {
    pub text: String,
    pub buttons: Vec<Vec<Button>>,
}

impl Outgoing {
    /// A message without buttons.
    #[must_use]
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), buttons: Vec::new() }
    }
}

/// A file on its way out, with what stands below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingFile {
    pub name: String,
    pub bytes: Vec<u8>,
    pub words: Outgoing,
}

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Button {
    pub label: String,
    pub data: ButtonData,
}

impl Button {
    /// A button that says `tap`.
    #[must_use]
    pub fn new(label: impl Into<String>, tap: Tap) -> Self {
        Self { label: label.into(), data: ButtonData::Callback(tap) }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum ButtonData {
    Callback(Tap),
    Url(String),
}

/// What became of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Accepted {
        message_id: i64,
    },
    /// Certainly not delivered: the Bot API itself answered with a 4xx, or a connection was never made.
    Refused(Refusal),
    /// Nobody knows: whatever is not `ok` and not [`Refused`](Self::Refused), such as a 5xx in any form. The reason holds no
    /// secret.
    Lost(String),
}

/// Why a call certainly did nothing. Its words name no chat.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing at all may be sent before this is over.
    #[error("nothing may be sent for {} s", .0.as_secs())]
    RetryAfter(Duration),
    #[error("the person has blocked the bot")]
    Blocked,
    #[error("there is no such chat")]
    ChatNotFound,
    #[error("the account is closed")]
    Deactivated,
    /// Any other 400: the text itself is at fault.
    #[error("the message was refused: {0}")]
    MessageRefused(String),
    /// 401 or 404.
    #[error("the token is wrong")]
    Unauthorized,
    /// 409.
    #[error("another poller uses the same token")]
    Conflict,
    /// A connection was never made.
    #[error("no connection")]
    NotConnected,
    /// Any other 4xx, or something on our own side: it may go well the next time.
    #[error("it was refused for now: {0}")]
    Passing(String),
    #[error("the chat has a new ID")]
    Migrated(i64),
    /// The call was not made: what had been read for it was too old by then, or another may make it.
    #[error("it never left")]
    NeverLeft,
}

/// What the far side says of the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FarClock {
    At(DateTime<Utc>),
    /// It answers and does not say.
    Untold,
    /// It does not answer, so that whether our clock is right is not known.
    Silent,
}

/// Says whether a call may still leave: asked last when its bytes are about to.
pub type MayLeave = Arc<dyn Fn() -> bool + Send + Sync>;

/// Sends messages, at its own pace. A channel without bounds of its own has a turn for everybody.
#[async_trait]
pub trait Messenger: Send + Sync {
    /// Waits until a message to `chat` may leave, and begins it; while everything is silenced, gives at once how long that
    /// lasts.
    async fn turn(&self, chat: i64) -> Result<(), Duration>;

    /// Takes up to `most` turns that are there now, whichever chats they will be for, and gives how many; while everything is
    /// silenced, how long that lasts. They go [back](Self::give_back) before their calls wait for a [`turn`](Self::turn).
    fn turns(&self, most: usize) -> Result<usize, Duration> {
        Ok(most)
    }

    /// Gives back turns that were taken and not used.
    fn give_back(&self, _turns: usize) {}

    /// Whether `chat` may be written to now.
    fn is_free(&self, _chat: i64) -> bool {
        true
    }

    /// A call that was begun is not made after all.
    fn give_up(&self, _chat: i64) {}

    /// Sends one message whose turn has come.
    async fn send(&self, chat: i64, message: &Outgoing) -> Outcome;

    /// The same, unless by the time at which it would leave it may not any more: it [never left](Refusal::NeverLeft) then.
    async fn send_if(&self, chat: i64, message: &Outgoing, may_leave: MayLeave) -> Outcome {
        if !may_leave() {
            self.give_up(chat);
            return Outcome::Refused(Refusal::NeverLeft);
        }
        self.send(chat, message).await
    }

    /// The far side's clock, to compare ours with.
    async fn server_time(&self) -> FarClock;

    /// Sends nothing for this long.
    fn silence(&self, duration: Duration);
}

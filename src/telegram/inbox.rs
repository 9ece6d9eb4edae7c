//! Fetches what people write, scrubs it, and puts it into the [`mailbox`] before more is asked for.

use std::time::Duration;

use teloxide::types::{ChatMemberKind, Document, MediaKind, Message, MessageKind, Update, UpdateKind};

use super::{Fence, TelegramError, Wire};
use crate::clock::Clock;
use crate::db::{Db, DbError};
use crate::desk::DeskError;
use crate::link::LinkError;
use crate::mailbox::Sent;
use crate::mailbox::{self, Incoming, MailboxError, What};
use crate::messages::{LANGUAGES, Messages};
use crate::nik::looks_like_nik;
use crate::notice::ledger;
use crate::office::{self, OfficeError};
use crate::vault::{Vault, VaultError};
use crate::written::{seen, tidy};

/// Longest name of a file that is kept, in characters.
const LONGEST_NAME: usize = 120;

/// Why the inbox does not work.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    #[error(transparent)]
    Telegram(#[from] TelegramError),
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Office(#[from] OfficeError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Link(#[from] LinkError),
    #[error(transparent)]
    Desk(#[from] DeskError),
    #[error(transparent)]
    Mailbox(#[from] MailboxError),
}

impl InboxError {
    /// Whether somebody else polls with the same token.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Telegram(TelegramError::Conflict))
    }

    /// A name for the log; the message itself may hold what a person wrote or is called.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Telegram(_) => "telegram",
            Self::Db(_)
            | Self::Desk(DeskError::Db(_))
            | Self::Link(LinkError::Db(_))
            | Self::Mailbox(MailboxError::Db(_)) => "database",
            Self::Office(_) => "office",
            Self::Vault(_) | Self::Link(LinkError::Vault(_)) | Self::Mailbox(MailboxError::Vault(_)) => "key",
            Self::Desk(error) => error.code(),
            Self::Mailbox(MailboxError::Form(_)) => "form",
        }
    }
}

/// Fetches updates once and puts them on disk; gives how many there were. Whoever lost the lease meanwhile keeps none of them,
/// so that the Bot API hands them to whoever asks next.
pub async fn poll_once(
    db: &Db,
    vault: &Vault,
    clock: &Clock,
    wire: &Wire,
    fence: Fence,
    wait: Duration,
) -> Result<usize, InboxError> {
    let mut tx = db.read().await?;
    let next = mailbox::next_number(&mut tx, clock).await?;
    drop(tx);
    let updates = wire.updates(next, wait).await?;
    if updates.is_empty() {
        return Ok(0);
    }
    let mut tx = db.write().await?;
    if !fence.holds(&mut tx).await? {
        return Ok(0);
    }
    for update in &updates {
        mailbox::accept(&mut tx, vault, clock, &scrubbed(update)).await?;
    }
    tx.commit().await?;
    Ok(updates.len())
}

/// What of an update may be kept at all.
fn scrubbed(update: &Update) -> Incoming {
    let mut incoming = Incoming {
        update_id: i64::from(update.id.0),
        chat: 0,
        is_private: true,
        language_code: update.from().and_then(|user| user.language_code.clone()),
        what: What::Other,
    };
    match &update.kind {
        UpdateKind::Message(message) => {
            incoming.chat = message.chat.id.0;
            incoming.is_private = message.chat.is_private();
            incoming.what = written(message);
        }
        UpdateKind::CallbackQuery(query) => {
            if let Some(message) = &query.message {
                incoming.chat = message.chat().id.0;
                incoming.is_private = message.chat().is_private();
            }
            incoming.what = What::Button {
                query_id: query.id.0.clone(),
                message_id: query.message.as_ref().map(|message| i64::from(message.id().0)),
                data: query.data.clone().unwrap_or_default(),
            };
        }
        UpdateKind::MyChatMember(change) => {
            incoming.chat = change.chat.id.0;
            incoming.is_private = change.chat.is_private();
            let gone = matches!(change.new_chat_member.kind, ChatMemberKind::Banned(_) | ChatMemberKind::Left);
            incoming.what = What::Membership { blocked: gone };
        }
        _ => {}
    }
    incoming
}

fn written(message: &Message) -> What {
    let message_id = i64::from(message.id.0);
    match &message.kind {
        MessageKind::Common(common) => match &common.media_kind {
            MediaKind::Text(text) if looks_like_nik(&text.text) => What::NikLike { message_id },
            MediaKind::Text(text) => What::Text { message_id, text: seen(&text.text) },
            MediaKind::Document(sent) => What::Document(named(message_id, &sent.document)),
            _ => What::Media { message_id },
        },
        _ => What::Other,
    }
}

/// What of a file may be kept: how to fetch it, and its name, for a school's may stand there. Its caption is dropped.
fn named(message_id: i64, document: &Document) -> Sent {
    let name = document.file_name.as_deref().map(|name| {
        let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
        tidy(last).chars().take(LONGEST_NAME).collect::<String>()
    });
    // teloxide's word for a size that was not told.
    let size = (document.file.size != u32::MAX).then(|| u64::from(document.file.size));
    let is_kept = |name: &String| !name.trim().is_empty() && !looks_like_nik(name);
    Sent { message_id, file_id: document.file.id.0.clone(), name: name.filter(is_kept), size }
}

/// Tells every office that somebody else has the token.
pub async fn alarm_conflict(db: &Db, clock: &Clock, messages: &Messages) -> Result<(), InboxError> {
    let mut tx = db.write().await?;
    let text = messages.text(LANGUAGES[0], "alarm-conflict", &[]);
    for office in office::all(&mut tx).await? {
        let occasion = format!("conflict:{}", clock.today(office.zone()));
        ledger::raise_alarm(&mut tx, clock, &office, &occasion, &text).await?;
    }
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_picture_nothing_is_kept_of_a_file_its_name_and_an_unblocked_bot_is_noticed() {
        let user = r#"{"id":7,"is_bot":false,"first_name":"S","language_code":"id"}"#;
        let chat = r#"{"id":7,"type":"private","first_name":"S"}"#;
        let photo = format!(
            r#"{{"update_id":1,"message":{{"message_id":5,"date":1,"chat":{chat},"from":{user},"caption":"5271010101099801",
            "photo":[{{"file_id":"a","file_unique_id":"b","width":1,"height":1,"file_size":1}}]}}}}"#
        );
        let seen = scrubbed(&serde_json::from_str::<Update>(&photo).unwrap());
        assert_eq!((seen.chat, seen.what), (7, What::Media { message_id: 5 }));
        let file = |name: &str| {
            let text = format!(
                r#"{{"update_id":3,"message":{{"message_id":6,"date":1,"chat":{chat},"from":{user},
                "caption":"5271010101099801","document":{{"file_id":"f","file_unique_id":"u","file_name":"{name}"}}}}}}"#
            );
            match scrubbed(&serde_json::from_str::<Update>(&text).unwrap()).what {
                What::Document(sent) => sent,
                other => panic!("{other:?}"),
            }
        };
        let named = Some("SMAN 1.xlsx".to_owned());
        let kept = Sent { message_id: 6, file_id: "f".to_owned(), name: named, size: None };
        assert_eq!(file("folder/SMAN 1.xlsx"), kept, "neither the caption nor the folder");
        assert_eq!(file("KK 5271010101099801.xlsx").name, None, "a name that holds a NIK is dropped");
        let member = format!(
            r#"{{"update_id":2,"my_chat_member":{{"chat":{chat},"from":{user},"date":1,
            "old_chat_member":{{"user":{user},"status":"kicked","until_date":0}},
            "new_chat_member":{{"user":{user},"status":"member"}}}}}}"#
        );
        let seen = scrubbed(&serde_json::from_str::<Update>(&member).unwrap());
        assert_eq!(seen.what, What::Membership { blocked: false });
    }
}

//! Whether a chat is known to be the family's: half a slip and a birth date link a chat, and must not fetch a card.
//!
//! The first chat of a student is the family's as far as anybody knows. Of each later one those that were linked before are
//! asked; until one of them says yes, or a day passes, it gets no pickup code. Nothing remembers the day but the moment at which
//! the chat was linked: whoever shows a code compares it with the clock.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::ChatLink;
use crate::clock::Clock;
use crate::db::{DbError, Tx};
use crate::{execute, fetch_optional};

/// So long nobody of the family may be silent about a chat before it counts as theirs.
const SILENCE: TimeDelta = TimeDelta::days(1);

/// How a chat stands with the family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// As far as anybody knows it is theirs.
    Known,
    /// The others are asked; without an answer it counts as theirs from this moment on.
    Asked(DateTime<Utc>),
    /// Somebody says that it is not theirs, and the office has to find out.
    Disputed,
}

impl Standing {
    /// Returns the word in the catalogue and for programs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Asked(_) => "asked",
            Self::Disputed => "disputed",
        }
    }
}

/// How a chat stands among a student's chats; `None` if it is none of them. A chat that is linked twice, by both halves of the
/// slip, stands once.
#[must_use]
pub fn standing(chats: &[ChatLink], chat_index: &[u8], now: DateTime<Utc>) -> Option<Standing> {
    let own = || chats.iter().filter(|chat| chat.chat_index == chat_index);
    let first = own().map(|chat| chat.linked_at).min()?;
    Some(if own().any(|chat| chat.disputed_at.is_some()) {
        Standing::Disputed
    } else if own().any(|chat| chat.vouched_at.is_some()) || now - first >= SILENCE {
        Standing::Known
    } else {
        Standing::Asked(first + SILENCE)
    })
}

/// Whether a pickup code may be shown in a chat.
#[must_use]
pub fn may_read_code(chats: &[ChatLink], chat_index: &[u8], now: DateTime<Utc>) -> bool {
    standing(chats, chat_index, now) == Some(Standing::Known)
}

/// A link that has not ended.
pub async fn living_link(tx: &mut Tx, id: Uuid) -> Result<Option<ChatLink>, DbError> {
    fetch_optional!(
        tx,
        ChatLink,
        "SELECT l.id, l.office_id, l.role, l.subject_id, l.chat_index, l.chat_sealed, l.linked_at, l.vouched_at,
             l.disputed_at, COALESCE(c.language, 'id') AS language, c.unreachable
         FROM chat_link l LEFT JOIN chat c ON c.chat_index = l.chat_index
         WHERE l.id = $1 AND l.unlinked_at IS NULL",
        id,
    )
}

/// Writes down that nobody knows yet whether a chat is the family's.
pub async fn await_family(tx: &mut Tx, subject: Uuid, chat_index: &[u8]) -> Result<(), DbError> {
    execute!(
        tx,
        "UPDATE chat_link SET vouched_at = NULL WHERE subject_id = $1 AND chat_index = $2 AND unlinked_at IS NULL",
        subject,
        chat_index,
    )?;
    Ok(())
}

/// Writes down that a chat is the family's.
pub async fn vouch(tx: &mut Tx, clock: &Clock, subject: Uuid, chat_index: &[u8]) -> Result<(), DbError> {
    execute!(
        tx,
        "UPDATE chat_link SET vouched_at = $3
         WHERE subject_id = $1 AND chat_index = $2 AND unlinked_at IS NULL AND vouched_at IS NULL",
        subject,
        chat_index,
        clock.now(),
    )?;
    Ok(())
}

/// Writes down that somebody says of a chat that it is not the family's.
pub async fn dispute(tx: &mut Tx, clock: &Clock, subject: Uuid, chat_index: &[u8]) -> Result<(), DbError> {
    execute!(
        tx,
        "UPDATE chat_link SET disputed_at = $3
         WHERE subject_id = $1 AND chat_index = $2 AND unlinked_at IS NULL AND disputed_at IS NULL",
        subject,
        chat_index,
        clock.now(),
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::LinkRole;
    use crate::office::OfficeId;

    fn link(chat: u8, linked_at: &str) -> ChatLink {
        ChatLink {
            id: Uuid::nil(),
            office_id: OfficeId(Uuid::nil()),
            role: LinkRole::Student,
            subject_id: Uuid::nil(),
            chat_index: vec![chat],
            chat_sealed: Vec::new(),
            linked_at: linked_at.parse().unwrap(),
            vouched_at: None,
            disputed_at: None,
            language: "id".into(),
            unreachable: None,
        }
    }

    #[test]
    fn a_chat_is_the_familys_by_its_word_or_after_a_day_of_silence() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let linked = "2026-11-23T02:00:00Z";
        let mut chats = vec![link(1, linked), link(2, linked)];
        let until = at("2026-11-24T02:00:00Z");
        assert_eq!(standing(&chats, &[1], until - TimeDelta::seconds(1)), Some(Standing::Asked(until)));
        assert_eq!(standing(&chats, &[1], until), Some(Standing::Known));
        assert_eq!(standing(&chats, &[3], until), None);
        chats[0].vouched_at = Some(at(linked));
        assert!(may_read_code(&chats, &[1], at(linked)) && !may_read_code(&chats, &[2], at(linked)));
        // The second half in the same chat neither begins the day anew nor hides what is said of the first.
        chats.push(link(1, "2026-11-30T02:00:00Z"));
        assert!(may_read_code(&chats, &[1], at("2026-11-30T02:00:00Z")));
        chats[0].disputed_at = Some(until);
        assert_eq!(standing(&chats, &[1], at("2027-11-30T02:00:00Z")), Some(Standing::Disputed));
    }
}

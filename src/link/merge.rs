//! What becomes of a merged subject's chats and codes.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{CodeId, code};
use crate::clock::Clock;
use crate::db::{DbError, Tx};
use crate::{execute, fetch_all};

/// What became of a merged subject's chats and codes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct MovedLinks {
    /// Links that are the kept one's now.
    moved: Vec<Uuid>,
    /// Links that ended, since the kept one had the same chat.
    doubled: Vec<Uuid>,
    /// Links that ended, since the chat is not to see the kept one.
    cut_off: Vec<Uuid>,
    voided: Vec<CodeId>,
}

impl MovedLinks {
    /// How many chats no longer hear anything.
    #[must_use]
    pub fn count_cut_off(&self) -> usize {
        self.cut_off.len()
    }
}

/// Gives a merged subject's chats to the one that is kept.
pub async fn move_chats(tx: &mut Tx, clock: &Clock, kept: Uuid, merged: Uuid) -> Result<MovedLinks, DbError> {
    let sql = "SELECT l.id FROM chat_link l WHERE l.subject_id = $1 AND l.unlinked_at IS NULL
         AND NOT EXISTS (SELECT 1 FROM chat_link k WHERE k.subject_id = $2 AND k.role = l.role
             AND k.chat_index = l.chat_index AND k.unlinked_at IS NULL)";
    let mut links = MovedLinks::default();
    for (link,) in fetch_all!(&mut *tx, (Uuid,), sql, merged, kept)? {
        execute!(&mut *tx, "UPDATE chat_link SET subject_id = $2 WHERE id = $1", link, kept)?;
        links.moved.push(link);
    }
    links.doubled = end_all(tx, clock, merged).await?;
    Ok(links)
}

/// Ends a merged subject's links, since those who read there may be somebody else's; with `codes` what would link them again, too.
pub async fn cut_chats_off(tx: &mut Tx, clock: &Clock, merged: Uuid, codes: bool) -> Result<MovedLinks, DbError> {
    let mut links = MovedLinks { cut_off: end_all(&mut *tx, clock, merged).await?, ..MovedLinks::default() };
    if codes {
        let sql = "SELECT id FROM link_code WHERE subject_id = $1 AND voided_at IS NULL";
        for (code,) in fetch_all!(&mut *tx, (CodeId,), sql, merged)? {
            code::call_back_one(&mut *tx, clock, code).await?;
            links.voided.push(code);
        }
    }
    Ok(links)
}

async fn end_all(tx: &mut Tx, clock: &Clock, subject: Uuid) -> Result<Vec<Uuid>, DbError> {
    let sql = "SELECT id FROM chat_link WHERE subject_id = $1 AND unlinked_at IS NULL";
    let ended: Vec<Uuid> = fetch_all!(&mut *tx, (Uuid,), sql, subject)?.into_iter().map(|row| row.0).collect();
    super::unlink(tx, clock, subject).await?;
    Ok(ended)
}

/// Gives the chats and codes back. A chat that has stopped since, as the kept one's, has stopped.
pub async fn give_links_back(tx: &mut Tx, kept: Uuid, merged: Uuid, links: &MovedLinks) -> Result<(), DbError> {
    for link in &links.doubled {
        execute!(
            &mut *tx,
            "UPDATE chat_link SET unlinked_at = NULL WHERE id = $1
                 AND EXISTS (SELECT 1 FROM chat_link k WHERE k.subject_id = $2 AND k.role = chat_link.role
                     AND k.chat_index = chat_link.chat_index AND k.unlinked_at IS NULL)
                 AND NOT EXISTS (SELECT 1 FROM chat_link o WHERE o.subject_id = $3 AND o.role = chat_link.role
                     AND o.chat_index = chat_link.chat_index AND o.unlinked_at IS NULL)",
            link,
            kept,
            merged,
        )?;
    }
    for link in &links.cut_off {
        execute!(
            &mut *tx,
            "UPDATE chat_link SET unlinked_at = NULL WHERE id = $1
                 AND NOT EXISTS (SELECT 1 FROM chat_link o WHERE o.subject_id = $2 AND o.role = chat_link.role
                     AND o.chat_index = chat_link.chat_index AND o.unlinked_at IS NULL)",
            link,
            merged,
        )?;
    }
    for link in &links.moved {
        execute!(&mut *tx, "UPDATE chat_link SET subject_id = $2 WHERE id = $1", link, merged)?;
    }
    for code in &links.voided {
        execute!(
            &mut *tx,
            "UPDATE link_code SET voided_at = NULL, void_reason = NULL WHERE id = $1
                 AND NOT EXISTS (SELECT 1 FROM link_code o WHERE o.subject_id = link_code.subject_id
                     AND o.role = link_code.role AND o.voided_at IS NULL)",
            *code,
        )?;
    }
    Ok(())
}

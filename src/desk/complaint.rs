//! Complaints at the desk: kept for whoever writes to the bot, read and answered by the office.

use super::context::{Desk, DeskError, Done};
use super::refusal::{ComplaintRefusal, WordsRefusal};
use crate::complaint::{self, Complainant, Complaint, ComplaintError, ComplaintId};
use crate::db::Tx;
use crate::link;
use crate::mailbox::{self, Act, MailboxError};
use crate::messenger::Outgoing;
use crate::nik::looks_like_nik;
use crate::staff::Right;
use crate::written::seen;

/// Longest answer: with the words around it, it still fits into one message.
const LONGEST_ANSWER: usize = 3500;

impl From<ComplaintError> for DeskError {
    fn from(error: ComplaintError) -> Self {
        match error {
            ComplaintError::Vault(error) => Self::Vault(error),
            ComplaintError::Db(error) => Self::Db(error),
            ComplaintError::Unknown(_) | ComplaintError::Several(_) => ComplaintRefusal::Unknown(error).into(),
            ComplaintError::Answered(_) => ComplaintRefusal::Answered(error).into(),
        }
    }
}

impl From<MailboxError> for DeskError {
    fn from(error: MailboxError) -> Self {
        match error {
            MailboxError::Vault(error) => Self::Vault(error),
            MailboxError::Db(error) => Self::Db(error),
            MailboxError::Form(error) => WordsRefusal::Unsendable(error).into(),
        }
    }
}

impl Desk {
    /// Keeps a complaint or a wish for a correction. The audit entry names nobody: an anonymous one must stay so.
    pub(crate) async fn complain_in(&self, tx: &mut Tx, by: Complainant, text: &str) -> Done<ComplaintId> {
        let id = complaint::complain(tx, &self.clock, &self.vault, self.office.id, by, text).await?;
        self.audit(tx, "complaint.add", &format!("complaint:{id}"), "").await?;
        Ok(id)
    }

    /// The office's complaints in the order they came; the look is written down.
    pub async fn complaints(&self, after: Option<ComplaintId>, limit: i64) -> Done<Vec<Complaint>> {
        self.require(Right::Students)?;
        let mut tx = self.db.read().await?;
        let complaints = complaint::complaints(&mut tx, &self.vault, self.office.id, after, limit).await?;
        drop(tx);
        self.audit_look("complaint.seen", "complaints", &format!("{} shown", complaints.len())).await?;
        Ok(complaints)
    }

    /// Writes the answer to the complaint that `named` (its ID or its number) means and, unless the complaint was nameless, puts
    /// it on its way, both or neither; gives the complaint's ID and whether anybody will read it. In a chat that has the bot
    /// blocked it arrives once the person is back.
    pub async fn answer_complaint(&self, named: &str, text: &str) -> Done<(ComplaintId, bool)> {
        self.require(Right::Students)?;
        let text = seen(text);
        let text = text.trim();
        if text.is_empty() {
            return Err(ComplaintRefusal::AnswerMissing.into());
        }
        if text.chars().count() > LONGEST_ANSWER {
            return Err(ComplaintRefusal::AnswerTooLong { longest: LONGEST_ANSWER }.into());
        }
        // Invariant 8: a NIK stands in no message.
        if looks_like_nik(text) {
            return Err(ComplaintRefusal::AnswerHoldsNik.into());
        }
        let mut tx = self.db.write().await?;
        let id = complaint::complaint_named(&mut tx, self.office.id, named).await?;
        let by = self.actor.to_string();
        let chat = complaint::answer(&mut tx, &self.clock, &self.vault, self.office.id, id, &by, text).await?;
        self.audit(&mut tx, "complaint.answer", &format!("complaint:{id}"), "").await?;
        if let Some(chat) = chat {
            let language = link::chat(&mut tx, &self.clock, &self.vault, chat).await?.language;
            let arguments = [
                ("office", self.office.declaration.name.clone().into()),
                ("number", id.number().into()),
                ("text", text.into()),
            ];
            let message = Outgoing::plain(self.messages.text(&language, "bot-complaint-answer", &arguments));
            let act = Act::AnswerComplaint { complaint: id, message };
            mailbox::reply(&mut tx, &self.clock, &self.vault, chat, act).await?;
        }
        tx.commit().await?;
        Ok((id, chat.is_some()))
    }
}

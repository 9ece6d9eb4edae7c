//! What is sent to the contacts of places.

use std::collections::HashSet;

use super::{Candidate, Intent, SendError, Sender};
use crate::db::Tx;
use crate::link::ChatLink;
use crate::notice::case::Setting;
use crate::notice::contacts::{self, text};
use crate::notice::{State, ledger};
use crate::place::PlaceId;

impl Sender {
    /// Every chat of the place that can be reached gets the message: whoever is there may answer.
    pub(super) async fn claim_for_contact(
        &self,
        tx: &mut Tx,
        setting: &Setting<'_>,
        candidate: &Candidate,
        chats: &mut HashSet<Vec<u8>>,
    ) -> Result<Vec<Intent>, SendError> {
        let place = PlaceId(candidate.recipient_id);
        ledger::reconcile_contacts(tx, &self.clock, setting.office, &self.holidays, Some(place)).await?;
        let read = contacts::read(tx, setting, Some(place)).await?;
        let Some(contact) = read.first() else { return Ok(Vec::new()) };
        let Some(notice) = contact.notices.iter().find(|row| row.id == candidate.id && row.state == State::Due) else {
            return Ok(Vec::new());
        };
        let about = notice.about().visit;
        let Some(visit) = contact.visits.iter().find(|visit| Some(visit.id.0) == about) else { return Ok(Vec::new()) };
        let list = text::students(tx, visit.id).await?;
        let reached = self.reached(tx, notice.id).await?;
        let open = |chat: &&ChatLink| chat.unreachable.is_none() && !reached.contains(&chat.chat_index);
        let targets: Vec<&ChatLink> = contact.chats.iter().filter(open).collect();
        if targets.iter().any(|chat| chats.contains(&chat.chat_index)) {
            // A chat is written to by one call at a time; the notice waits for its turn as a whole.
            return Ok(Vec::new());
        }
        if targets.is_empty() && !reached.is_empty() {
            // Whoever is left has gone since; it reached the others.
            self.reached_all(tx, notice.id, setting.now).await?;
            return Ok(Vec::new());
        }
        let mut intents = Vec::new();
        for chat in targets {
            chats.insert(chat.chat_index.clone());
            let message = text::render(&self.messages, setting, contact, visit, notice, &list, &chat.language);
            intents.push(self.intend(tx, setting.office.id.0, notice.id, notice.kind, chat, message).await?);
        }
        Ok(intents)
    }
}

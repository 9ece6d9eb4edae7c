//! What is sent to the contacts of places.

use super::SendError;
use super::plan::{Plan, is_free};
use super::queue::Candidate;
use super::sender::Sender;
use crate::db::Tx;
use crate::notice::case::Setting;
use crate::notice::contacts::{self, text};
use crate::notice::{State, attempt, ledger};
use crate::place::PlaceId;

impl Sender {
    /// Every chat of the place that can be reached gets the message: whoever is there may answer.
    pub(super) async fn claim_for_contact(
        &self,
        tx: &mut Tx,
        setting: &Setting<'_>,
        candidate: &Candidate,
        plan: &mut Plan,
    ) -> Result<(), SendError> {
        let place = PlaceId(candidate.recipient_id);
        ledger::reconcile_contacts(tx, &self.clock, setting.office, &self.holidays, Some(place)).await?;
        let read = contacts::read(tx, setting, Some(place)).await?;
        let due = read.first().and_then(|contact| {
            let notice = contact.notices.iter().find(|row| row.id == candidate.id && row.state == State::Due)?;
            let about = notice.about().visit;
            let visit = contact.visits.iter().find(|visit| Some(visit.id.0) == about)?;
            Some((contact, notice, visit))
        });
        let Some((contact, notice, visit)) = due else {
            let row = read.iter().flat_map(|contact| &contact.notices).find(|row| row.id == candidate.id);
            if row.is_none_or(|row| row.state == State::Due) {
                plan.rests.push(candidate.recipient_id);
            }
            return Ok(());
        };
        let list = text::students(tx, visit.id).await?;
        let made = attempt::made(tx, &[notice.id]).await?.remove(&notice.id).unwrap_or_default();
        let reached = attempt::reached_chats(&made);
        let mut targets = Vec::new();
        for chat in &contact.chats {
            if chat.unreachable.is_none() && !reached.contains(&chat.chat_index) {
                targets.push((chat, chat.chat_id(&self.vault)?));
            }
        }
        // A chat is written to by one call at a time; the notice waits for its turn as a whole.
        let busy =
            targets.iter().find(|(chat, id)| !is_free(self.messenger.as_ref(), &plan.busy, &chat.chat_index, *id));
        if let Some((chat, id)) = busy {
            plan.waits.push((chat.chat_index.clone(), *id, candidate.recipient_id));
            return Ok(());
        }
        if targets.is_empty() && !reached.is_empty() {
            // Whoever is left has gone since; it reached the others.
            attempt::reached(tx, setting.now, &[notice.id]).await?;
            return Ok(());
        }
        if !plan.has_room(targets.len()) {
            return Ok(());
        }
        plan.take(targets.iter().map(|(chat, _)| &chat.chat_index));
        for (chat, id) in targets {
            let message = text::render(&self.messages, setting, contact, visit, notice, &list, &chat.language);
            plan.intents.push(self.intent(setting, candidate, chat.chat_index.clone(), id, message));
        }
        Ok(())
    }
}

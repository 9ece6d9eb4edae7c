//! Visits that nobody has answered: who is written to by hand, who is called, and the words for it.

use serde::Serialize;

use crate::db::Tx;
use crate::desk::context::{Desk, DeskError, Done};
use crate::desk::refusal::VisitRefusal;
use crate::notice::State;
use crate::notice::case::{self, Setting};
use crate::notice::contacts::{self, Asked, Contact, calls, text};
use crate::office::{self, Office};
use crate::place;
use crate::staff::Right;
use crate::visit::whatsapp;
use crate::visit::{VisitId, VisitState};

/// A message for a contact, to be sent by hand.
#[derive(Debug, Clone, Serialize)]
pub struct ByHand {
    pub contact_name: Option<String>,
    /// As the place's file has it.
    pub phone: Option<String>,
    /// Opens WhatsApp with the text; null unless the number is a mobile one.
    pub url: Option<String>,
    pub text: String,
    /// Whether the contact has a chat with the bot that can be reached, so that the bot writes by itself.
    pub by_bot: bool,
    /// Where the bot's own message stands in the ledger, if it is there yet.
    pub state: Option<State>,
}

/// An unanswered visit with what is needed to do something about it (`visit calls --json`).
#[derive(Debug, Clone, Serialize)]
pub struct Unanswered {
    #[serde(flatten)]
    pub call: calls::Call,
    #[serde(flatten)]
    pub by_hand: Words,
}

/// What of [`ByHand`] a list shows.
#[derive(Debug, Clone, Serialize)]
pub struct Words {
    pub phone: Option<String>,
    pub url: Option<String>,
    pub text: String,
}

impl Desk {
    /// Announced visits that somebody has to call or to write about: calls first.
    pub async fn visit_calls(&self) -> Done<Vec<Unanswered>> {
        let mut tx = self.db.read().await?;
        self.visit_calls_in(&mut tx).await
    }

    async fn visit_calls_in(&self, tx: &mut Tx) -> Done<Vec<Unanswered>> {
        self.require(Right::Visits)?;
        let office = office::load(tx, self.office.id).await?;
        let setting = case::setting(tx, &office, self.clock.now()).await?;
        let contacts = contacts::read(tx, &setting, None).await?;
        let mut list = Vec::new();
        for call in calls::calls(&setting, &self.holidays, &contacts) {
            let asked = contacts.iter().find_map(|contact| {
                contact.visits.iter().find(|visit| visit.id == call.visit).map(|visit| (contact, visit))
            });
            let Some((contact, visit)) = asked else { continue };
            let ByHand { phone, url, text, .. } = self.words_for(tx, &setting, contact, visit).await?;
            list.push(Unanswered { call, by_hand: Words { phone, url, text } });
        }
        Ok(list)
    }

    /// How many places have to be called and written to, and which; without telephone numbers.
    pub(in crate::desk) async fn calls_in(&self, tx: &mut Tx) -> Done<Vec<calls::Call>> {
        let office = office::load(tx, self.office.id).await?;
        let setting = case::setting(tx, &office, self.clock.now()).await?;
        let contacts = contacts::read(tx, &setting, None).await?;
        Ok(calls::calls(&setting, &self.holidays, &contacts))
    }

    /// The words to send a contact by hand about an announced visit.
    pub async fn visit_by_hand(&self, id: VisitId) -> Done<ByHand> {
        self.require(Right::Visits)?;
        let mut tx = self.db.read().await?;
        let (office, contact) = self.contact_of(&mut tx, id).await?;
        let setting = case::setting(&mut tx, &office, self.clock.now()).await?;
        let visit = asked(&contact, id)?;
        self.words_for(&mut tx, &setting, &contact, visit).await
    }

    /// Writes down that somebody has sent it, so that nobody does so twice.
    pub async fn visit_told_by_hand(&self, id: VisitId) -> Done<ByHand> {
        self.require(Right::Visits)?;
        let mut tx = self.visits_tx().await?;
        let (office, contact) = self.contact_of(&mut tx, id).await?;
        let visit = asked(&contact, id)?;
        let (place, by) = (contact.place.id, self.actor.to_string());
        let (kind, occasion) = visit.news();
        contacts::told(&mut tx, &self.clock, office.id, place, kind, &occasion, &by).await?;
        self.audit(&mut tx, "visit.told_by_hand", &format!("visit:{id}"), &visit.visit_on.to_string()).await?;
        self.settle_contact(&mut tx, place).await?;
        let (office, contact) = self.contact_of(&mut tx, id).await?;
        let setting = case::setting(&mut tx, &office, self.clock.now()).await?;
        let words = self.words_for(&mut tx, &setting, &contact, asked(&contact, id)?).await?;
        tx.commit().await?;
        Ok(words)
    }

    async fn contact_of(&self, tx: &mut Tx, id: VisitId) -> Done<(Office, Contact)> {
        let visit = self.visit(tx, id).await?;
        let office = office::load(tx, self.office.id).await?;
        let setting = case::setting(tx, &office, self.clock.now()).await?;
        let contact = contacts::read(tx, &setting, Some(visit.place_id)).await?.into_iter().next();
        Ok((office, contact.ok_or_else(|| not_announced(visit.state))?))
    }

    async fn words_for(&self, tx: &mut Tx, setting: &Setting<'_>, contact: &Contact, visit: &Asked) -> Done<ByHand> {
        let phone = place::contact_phone(tx, &self.vault, contact.place.id).await?.map(|phone| phone.to_string());
        let text = text::by_hand(&self.messages, setting, contact, visit);
        Ok(ByHand {
            contact_name: contact.place.contact_name.clone(),
            url: phone.as_deref().and_then(|phone| whatsapp::link(phone, &text)),
            phone,
            text,
            by_bot: contact.is_reachable(),
            state: contact.notice_of(visit).map(|row| row.state),
        })
    }
}

/// The visit among those that its place was asked about, while there is something to tell: it waits for an answer, or it was
/// called off.
fn asked(contact: &Contact, id: VisitId) -> Done<&Asked> {
    let visit = contact.visits.iter().find(|visit| visit.id == id);
    match visit {
        Some(visit) if visit.state == VisitState::Announced => Ok(visit),
        Some(visit) if visit.state == VisitState::Cancelled && contact.notice_of(visit).is_some() => Ok(visit),
        Some(visit) => Err(not_announced(visit.state)),
        None => Err(not_announced(VisitState::Proposed)),
    }
}

fn not_announced(state: VisitState) -> DeskError {
    VisitRefusal::NotAnnounced { state }.into()
}

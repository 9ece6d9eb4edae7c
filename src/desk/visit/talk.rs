//! What a place's contact answers: agreed, another day, none of those days. Each function runs inside the transaction that also
//! settles the chat's update, and checks that the chat is the place's contact's: that is its right.

use chrono::NaiveDate;

use crate::db::Tx;
use crate::desk::context::{Desk, DeskError, Done};
use crate::link::{self, ChatLink, LinkRole};
use crate::messages::LANGUAGES;
use crate::notice::text::long_date;
use crate::notice::{Kind, contacts, ledger};
use crate::visit::schedule::{self, Listed, LockedVisit, Slot, Visit};
use crate::visit::{VisitId, VisitState};

/// Days offered at a time.
const OFFERED: usize = 3;
/// How an answer stands in the audit.
const BY_CONTACT: &str = ", by the place's contact in the chat";

/// What became of a contact's tap.
#[derive(Debug)]
pub(crate) enum Heard {
    /// The place has agreed; students are told.
    Agreed,
    /// Somebody did so before.
    AgreedAlready,
    /// The button belongs to a day that no longer stands.
    Moved,
    Cancelled,
    /// It has begun or is over, or is too near to be moved here.
    Over,
    /// Days to choose from, and whether there are more.
    Days {
        slots: Vec<Slot>,
        more: bool,
    },
    /// The day cannot be any more; others can.
    Gone {
        slots: Vec<Slot>,
        more: bool,
    },
    /// No other day can be.
    NoDays,
    /// The chosen day stands, and is agreed.
    Chosen,
    /// Somebody will call.
    Called,
}

/// A contact's tap, answered.
#[derive(Debug)]
pub(crate) struct Talked {
    pub heard: Heard,
    /// The visit as it stands now.
    pub visit: Listed,
    /// The place's other chats.
    pub others: Vec<ChatLink>,
}

/// A visit that a chat may answer for, with the place's other chats.
struct Theirs {
    visit: LockedVisit,
    others: Vec<ChatLink>,
}

impl Desk {
    /// The contact agrees to the day of `revision`. `None` if the visit is none of this chat's.
    pub(crate) async fn visit_agreed_in(
        &self,
        tx: &mut Tx,
        chat: i64,
        id: VisitId,
        revision: i32,
    ) -> Done<Option<Talked>> {
        let Some(theirs) = self.theirs(tx, chat, id).await? else { return Ok(None) };
        let visit = &theirs.visit;
        let heard = match self.stale(visit, revision) {
            Some(heard) => heard,
            None if visit.starts_at <= self.clock.now() => Heard::Over,
            None if visit.state == VisitState::Confirmed => Heard::AgreedAlready,
            None => match self.confirm_in(tx, visit, BY_CONTACT).await {
                Ok(students) => {
                    self.settle_all(tx, &students).await?;
                    Heard::Agreed
                }
                // A holiday, a pause or a broken team came in between; nothing was changed.
                Err(DeskError::Refused(_)) => self.gone(tx, (**visit).clone()).await?,
                Err(error) => return Err(error),
            },
        };
        self.talked(tx, theirs, heard).await.map(Some)
    }

    /// The contact wishes another day: the best three that can be, or the `page`-th three.
    pub(crate) async fn visit_days_in(
        &self,
        tx: &mut Tx,
        chat: i64,
        id: VisitId,
        revision: i32,
        page: usize,
    ) -> Done<Option<Talked>> {
        let Some(theirs) = self.theirs(tx, chat, id).await? else { return Ok(None) };
        let visit = &theirs.visit;
        let heard = match self.stale(visit, revision) {
            Some(heard) => heard,
            None if visit.visit_on <= self.today() => Heard::Over,
            None => {
                let (slots, more) = self.other_days(tx, (**visit).clone(), page).await?;
                if slots.is_empty() { Heard::NoDays } else { Heard::Days { slots, more } }
            }
        };
        self.talked(tx, theirs, heard).await.map(Some)
    }

    /// The contact chooses a day. It is agreed at once: the office offered it, and the place took it, so there is nobody left
    /// to ask. Whoever was told of the day before is told of this one.
    pub(crate) async fn visit_chosen_in(
        &self,
        tx: &mut Tx,
        chat: i64,
        id: VisitId,
        revision: i32,
        day: NaiveDate,
    ) -> Done<Option<Talked>> {
        let Some(theirs) = self.theirs(tx, chat, id).await? else { return Ok(None) };
        let visit = &theirs.visit;
        let heard = match self.stale(visit, revision) {
            // The same tap once more.
            Some(Heard::Moved) if visit.visit_on == day && visit.state == VisitState::Confirmed => Heard::AgreedAlready,
            Some(heard) => heard,
            None if visit.visit_on <= self.today() => Heard::Over,
            None => {
                let around = self.around(tx, (**visit).clone()).await?;
                let offers = around.question(&self.holidays)?.days(self.today());
                match offers.into_iter().find(|offer| offer.slot.visit_on == day) {
                    None => self.gone(tx, (**visit).clone()).await?,
                    Some(offer) => {
                        self.move_in(tx, visit, &offer.slot, BY_CONTACT).await?;
                        let moved = self.locked_visit(tx, id).await?;
                        let students = self.confirm_in(tx, &moved, BY_CONTACT).await?;
                        // They know: what is said in answer tells them.
                        let occasion = contacts::occasion(id, moved.revision);
                        let (office, place, kind) = (self.office.id, moved.place_id, Kind::VisitRequest);
                        contacts::told(tx, &self.clock, office, place, kind, &occasion, "chat").await?;
                        self.settle_all(tx, &students).await?;
                        Heard::Chosen
                    }
                }
            }
        };
        self.talked(tx, theirs, heard).await.map(Some)
    }

    /// None of the days suits: the office is told, and calls.
    pub(crate) async fn visit_unsuited_in(
        &self,
        tx: &mut Tx,
        chat: i64,
        id: VisitId,
        revision: i32,
    ) -> Done<Option<Talked>> {
        let Some(theirs) = self.theirs(tx, chat, id).await? else { return Ok(None) };
        let visit = &theirs.visit;
        let heard = match self.stale(visit, revision) {
            Some(heard) => heard,
            None if visit.starts_at <= self.clock.now() => Heard::Over,
            None => {
                if visit.state == VisitState::Announced {
                    schedule::no_day_suits(tx, &self.clock, visit).await?;
                }
                let subject = format!("visit:{id}");
                self.audit(tx, "visit.unsuited", &subject, &format!("{}{BY_CONTACT}", visit.visit_on)).await?;
                let listed = self.listed(tx, id).await?;
                let language = LANGUAGES[0];
                let day = long_date(&self.messages, language, visit.visit_on);
                let arguments = [("place", listed.place_name.into()), ("day", day.into())];
                let text = self.messages.text(language, "alarm-visit-unsuited", &arguments);
                let occasion = format!("unsuited:{}", contacts::occasion(id, revision));
                ledger::raise_alarm(tx, &self.clock, &self.office, &occasion, &text).await?;
                Heard::Called
            }
        };
        self.talked(tx, theirs, heard).await.map(Some)
    }

    /// The visit, if the chat is its place's contact's. Waits for the office's turn, as everything that changes visits does.
    async fn theirs(&self, tx: &mut Tx, chat: i64, id: VisitId) -> Done<Option<Theirs>> {
        let Some(visit) = schedule::lock(tx, self.office.id, id).await? else { return Ok(None) };
        let index = link::chat_index(&self.vault, chat);
        let mut others = link::chats_of(tx, visit.place_id.0).await?;
        others.retain(|link| link.role == LinkRole::Contact);
        let is_theirs = others.iter().any(|link| link.chat_index == index);
        others.retain(|link| link.chat_index != index);
        Ok(is_theirs.then_some(Theirs { visit, others }))
    }

    /// What keeps a button of `revision` from meaning what it says.
    fn stale(&self, visit: &Visit, revision: i32) -> Option<Heard> {
        match visit.state {
            VisitState::Cancelled | VisitState::Proposed => Some(Heard::Cancelled),
            VisitState::Done => Some(Heard::Over),
            VisitState::Announced | VisitState::Confirmed if visit.revision != revision => Some(Heard::Moved),
            VisitState::Announced | VisitState::Confirmed => None,
        }
    }

    async fn gone(&self, tx: &mut Tx, visit: Visit) -> Done<Heard> {
        let (slots, more) = self.other_days(tx, visit, 0).await?;
        Ok(if slots.is_empty() { Heard::NoDays } else { Heard::Gone { slots, more } })
    }

    /// One page of the days that can be, in the order of the calendar, and whether there are more.
    async fn other_days(&self, tx: &mut Tx, visit: Visit, page: usize) -> Done<(Vec<Slot>, bool)> {
        let around = self.around(tx, visit).await?;
        let offers = around.question(&self.holidays)?.days(self.today());
        let rest: Vec<Slot> = offers.into_iter().skip(page.saturating_mul(OFFERED)).map(|offer| offer.slot).collect();
        let more = rest.len() > OFFERED;
        let mut slots: Vec<Slot> = rest.into_iter().take(OFFERED).collect();
        slots.sort_by_key(|slot| slot.visit_on);
        Ok((slots, more))
    }

    async fn talked(&self, tx: &mut Tx, theirs: Theirs, heard: Heard) -> Done<Talked> {
        let Theirs { visit, others } = theirs;
        self.settle_contact(tx, visit.place_id).await?;
        Ok(Talked { heard, visit: self.listed(tx, visit.id).await?, others })
    }
}

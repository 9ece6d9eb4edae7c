//! Orders at the desk: a village, a community or a school asks for a visit, or somebody who cannot come; the office answers.

use std::collections::{BTreeSet, HashMap};

use chrono::{Days, NaiveDate, TimeDelta};
use serde::Serialize;

use super::facts::Facts;
use crate::calendar::Weekdays;
use crate::db::{DbError, Tx};
use crate::desk::context::{Desk, DeskError, Done, plain_words};
use crate::desk::refusal::{OrderRefusal, PlaceRefusal};
use crate::ids::short_number;
use crate::link;
use crate::mailbox::{self, Act};
use crate::messages::{Arg, LANGUAGES};
use crate::messenger::Outgoing;
use crate::notice::text::long_date;
use crate::office::{self, Team};
use crate::place::{self, NewPlace, Place, PlaceId, PlaceKind};
use crate::report::Orders;
use crate::staff::Right;
use crate::student::{self, Recorded, StudentId};
use crate::visit::open::Openness;
use crate::visit::order::{self, NewOrder, Order, OrderError, OrderId, OrderState};
use crate::visit::schedule::{self, Listed, Slot, Visit};
use crate::visit::{VisitId, VisitState, season};
use crate::written::tidy;

/// More people than anybody brings together on one day.
const MOST_EXPECTED: i32 = 2000;
/// Wished days unless somebody says otherwise.
const USUAL_DAYS: u64 = 30;
/// Nobody knows so far ahead when a visit suits.
const FARTHEST_DAYS: u64 = 730;
const LONGEST_TEXT: usize = 200;

/// What somebody asks for (`visit order add`).
#[derive(Debug, Clone, Default)]
pub struct OrderRequest {
    /// The place's code; an account of a school or village needs none.
    pub place: Option<String>,
    /// How many are expected; whoever is met at home is one.
    pub expected: i32,
    /// The wished days; from tomorrow, and thirty days, unless said.
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    /// Name of whoever asks.
    pub by: String,
    pub phone: Option<String>,
    /// The student who is to be met at home.
    pub home: Option<String>,
    /// Where that home is, in degrees; the student's place unless said.
    pub at: Option<(f64, f64)>,
    /// What keeps the student at home.
    pub need: Option<String>,
    /// The chat that is to be answered.
    pub chat: Option<i64>,
}

/// An order as people and scripts see it.
#[derive(Debug, Clone, Serialize)]
pub struct OrderShown {
    pub id: OrderId,
    /// What it is called on the telephone.
    pub number: String,
    /// The place's code.
    pub place: String,
    pub place_name: String,
    /// Who is met at home, if it is a visit at home.
    pub student: Option<StudentId>,
    pub expected: i32,
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub by: String,
    pub phone: Option<String>,
    pub need: Option<String>,
    pub state: OrderState,
    /// The last day on which an answer is in time.
    pub answer_due: Option<NaiveDate>,
    pub overdue: bool,
    /// The day in the plan, or of the visit it became.
    pub planned: Option<NaiveDate>,
    pub visit: Option<VisitId>,
    pub reason: Option<String>,
}

/// The office's answer.
#[derive(Debug, Clone)]
pub enum OrderAnswer {
    /// The team comes on this day, or on the one that the plan has found.
    Accept(Option<NaiveDate>),
    /// Why nobody comes.
    Decline(String),
}

/// What an answer led to.
#[derive(Debug, Clone, Serialize)]
pub struct Answered {
    pub order: OrderShown,
    pub visit: Option<Listed>,
    /// Whether whoever asked reads it in Telegram; else somebody has to call.
    pub told: bool,
}

impl From<OrderError> for DeskError {
    fn from(error: OrderError) -> Self {
        match error {
            OrderError::Vault(error) => Self::Vault(error),
            OrderError::Db(error) => Self::Db(error),
        }
    }
}

impl Desk {
    /// Takes an order; the next plan finds a day for it.
    pub async fn add_order(&self, request: OrderRequest) -> Done<OrderShown> {
        let mut tx = self.db.write().await?;
        let id = self.add_order_in(&mut tx, request).await?;
        tx.commit().await?;
        self.order_shown(id).await
    }

    /// Takes an order within a transaction.
    pub async fn add_order_in(&self, tx: &mut Tx, request: OrderRequest) -> Done<OrderId> {
        self.require(Right::Order)?;
        let by = worded("by", &request.by, OrderRefusal::By { longest: LONGEST_TEXT })?;
        let need = request
            .need
            .as_deref()
            .map(|need| worded("need", need, OrderRefusal::Need { longest: LONGEST_TEXT }))
            .transpose()?;
        let most = if request.home.is_some() { 1 } else { MOST_EXPECTED };
        if !(1..=most).contains(&request.expected) {
            return Err(OrderRefusal::Expected { expected: request.expected, most }.into());
        }
        let today = self.today();
        let from_on = request.from.unwrap_or(today + Days::new(1));
        let to_on = request.to.unwrap_or(from_on + Days::new(USUAL_DAYS));
        if from_on < today || to_on < from_on || to_on > today + Days::new(FARTHEST_DAYS) {
            return Err(OrderRefusal::Days { from: from_on, to: to_on }.into());
        }
        let own = self.own_place(tx).await?;
        let student = match &request.home {
            Some(text) => Some(student::resolve(tx, &self.vault, self.office.id, text).await?),
            None => None,
        };
        if let Some(student) = student.as_ref().filter(|student| student.recorded == Recorded::Yes) {
            return Err(OrderRefusal::Recorded { name: student.name.clone() }.into());
        }
        if let (Some(own), Some(student)) = (&own, &student)
            && student.place_id != Some(own.id)
        {
            return Err(OrderRefusal::OthersStudent.into());
        }
        let place = match (own, &request.place) {
            (Some(own), Some(code)) if own.code != *code => {
                return Err(OrderRefusal::OthersPlace.into());
            }
            (Some(own), _) => Some(own),
            (None, Some(code)) => Some(self.place_in(tx, code).await?),
            (None, None) => None,
        };
        let theirs = match student.as_ref().and_then(|student| student.place_id) {
            Some(id) => place::load(tx, id).await?,
            None => None,
        };
        let place = place.or(theirs).ok_or(OrderRefusal::PlaceMissing)?;
        let place = match &student {
            Some(student) => self.home(tx, &request, &by, &place, student.id).await?,
            None => place.id,
        };
        let new = NewOrder {
            place,
            student: student.as_ref().map(|student| student.id),
            expected: request.expected,
            from_on,
            to_on,
            asked_by: by,
            phone: request.phone,
            need,
            chat: request.chat,
        };
        let id = order::add(tx, &self.clock, &self.vault, self.office.id, today, &new).await?;
        self.audit(tx, "order.add", &format!("order:{id}"), &format!("{from_on} to {to_on}")).await?;
        Ok(id)
    }

    async fn place_in(&self, tx: &mut Tx, code: &str) -> Done<Place> {
        let found = place::find(tx, self.office.id, code).await?;
        found.ok_or_else(|| PlaceRefusal::Unknown { code: code.to_owned() }.into())
    }

    /// A place of its own for a visit at home, so that planning, list and sheet are those of any visit. It is named by a number,
    /// never by the person.
    async fn home(
        &self,
        tx: &mut Tx,
        request: &OrderRequest,
        by: &str,
        near: &Place,
        student: StudentId,
    ) -> Done<PlaceId> {
        let (latitude, longitude) = match request.at {
            Some((latitude, longitude)) => (Some(latitude), Some(longitude)),
            None => (near.latitude, near.longitude),
        };
        if latitude.is_none() || longitude.is_none() {
            return Err(OrderRefusal::HomeNowhere { near: near.name.clone() }.into());
        }
        let number = short_number(student.0);
        let name = self.messages.text(LANGUAGES[0], "order-home", &[("number", number.clone().into())]);
        let new = NewPlace {
            code: format!("RUMAH-{number}"),
            kind: PlaceKind::Community,
            name,
            level: None,
            kecamatan: near.kecamatan.clone(),
            latitude,
            longitude,
            working_days: Weekdays::default(),
            last_day_grade_12: None,
            contact_name: Some(by.to_owned()),
            contact_phone: request.phone.clone(),
        };
        Ok(place::save(tx, &self.clock, &self.vault, self.office.id, &new).await?.0)
    }

    /// Orders in the order they came, at most `limit` after the order `after`; the look at telephones and needs is written down.
    pub async fn orders(&self, after: Option<OrderId>, limit: i64) -> Done<Vec<OrderShown>> {
        self.require(Right::Visits)?;
        let mut tx = self.db.read().await?;
        let orders = order::page(&mut tx, self.office.id, after, limit).await?;
        let shown = self.show_orders(&mut tx, orders).await?;
        drop(tx);
        self.audit_look("order.seen", "orders", &format!("{} shown", shown.len())).await?;
        Ok(shown)
    }

    async fn order_shown(&self, id: OrderId) -> Done<OrderShown> {
        let mut tx = self.db.read().await?;
        let order = self.order(&mut tx, id).await?;
        let mut shown = self.show_orders(&mut tx, vec![order]).await?;
        shown.pop().ok_or_else(|| unknown(id))
    }

    /// The last day on which the answer to an order is in time.
    pub async fn order_due_in(&self, tx: &mut Tx, id: OrderId) -> Result<Option<NaiveDate>, DbError> {
        let order = order::load(tx, self.office.id, id).await?;
        Ok(order.and_then(|order| order.answer_due(&self.office.calendar(&self.holidays))))
    }

    /// How many orders wait for an answer, and how many of them too long.
    pub(in crate::desk) async fn waiting_orders(&self, tx: &mut Tx) -> Done<Orders> {
        let open = order::open(tx, self.office.id).await?;
        let calendar = self.office.calendar(&self.holidays);
        let late = |order: &&Order| order.answer_due(&calendar).is_some_and(|due| due < self.today());
        Ok(Orders { open: open.len(), overdue: open.iter().filter(late).count() })
    }

    async fn order(&self, tx: &mut Tx, id: OrderId) -> Done<Order> {
        order::load(tx, self.office.id, id).await?.ok_or_else(|| unknown(id))
    }

    async fn show_orders(&self, tx: &mut Tx, orders: Vec<Order>) -> Done<Vec<OrderShown>> {
        let asked: BTreeSet<PlaceId> = orders.iter().map(|order| order.place_id).collect();
        let asked = Vec::from_iter(asked);
        let places: HashMap<PlaceId, Place> =
            place::some(tx, &asked).await?.into_iter().map(|place| (place.id, place)).collect();
        let planned_there = schedule::active_at(tx, self.office.id, &asked, self.today()).await?;
        let answered: Vec<VisitId> = orders.iter().filter_map(|order| order.visit_id).collect();
        let visits: HashMap<VisitId, Visit> =
            schedule::some(tx, self.office.id, &answered).await?.into_iter().map(|visit| (visit.id, visit)).collect();
        let calendar = self.office.calendar(&self.holidays);
        let mut shown = Vec::with_capacity(orders.len());
        for order in orders {
            let place = places.get(&order.place_id);
            let answer_due = order.answer_due(&calendar);
            let visit = order.visit_id.and_then(|id| visits.get(&id));
            let found = (order.state == OrderState::Open).then(|| planned(&order, &planned_there, None)).flatten();
            let visit = visit.or(found);
            shown.push(OrderShown {
                id: order.id,
                number: order.id.number(),
                place: place.map(|place| place.code.clone()).unwrap_or_default(),
                place_name: place.map(|place| place.name.clone()).unwrap_or_default(),
                student: order.student_id,
                expected: order.expected,
                from: order.from_on,
                to: order.to_on,
                phone: order.phone(&self.vault)?,
                need: order.need(&self.vault)?,
                overdue: order.state == OrderState::Open && answer_due.is_some_and(|due| due < self.today()),
                planned: visit.map(|visit| visit.visit_on),
                visit: visit.map(|visit| visit.id),
                by: order.asked_by,
                state: order.state,
                reason: order.reason,
                answer_due,
            });
        }
        Ok(shown)
    }

    /// Answers an order, once. An accepted one becomes a confirmed visit: the place has asked for it, and need not agree again.
    pub async fn answer_order(&self, id: OrderId, answer: &OrderAnswer) -> Done<Answered> {
        self.require(Right::Visits)?;
        let mut tx = self.visits_tx().await?;
        let order = self.order(&mut tx, id).await?;
        let (state, visit, reason) = match answer {
            OrderAnswer::Accept(on) => (OrderState::Accepted, Some(self.visit_for(&mut tx, &order, *on).await?), None),
            OrderAnswer::Decline(reason) => {
                let reason = worded("reason", reason, OrderRefusal::Reason { longest: LONGEST_TEXT })?;
                (OrderState::Declined, None, Some(reason))
            }
        };
        if !order::answer(&mut tx, &self.clock, id, state, visit, reason.as_deref()).await? {
            return Err(OrderRefusal::Answered { number: id.number() }.into());
        }
        let listed = match visit {
            Some(visit) => schedule::listed(&mut tx, self.office.id, visit).await?,
            None => None,
        };
        let detail = listed.as_ref().map_or_else(|| "declined".to_owned(), |visit| format!("for {}", visit.date));
        self.audit(&mut tx, "order.answer", &format!("order:{id}"), &detail).await?;
        let chat = order.chat(&self.vault)?;
        if let Some(chat) = chat {
            let text = self.answer_text(&mut tx, chat, &order, listed.as_ref(), reason.as_deref()).await?;
            mailbox::reply(&mut tx, &self.clock, &self.vault, chat, Act::Send(Outgoing::plain(text))).await?;
        }
        let students: Vec<StudentId> = listed.iter().flat_map(|visit| &visit.students).map(|one| one.id).collect();
        self.settle_all(&mut tx, &students).await?;
        tx.commit().await?;
        Ok(Answered { order: self.order_shown(id).await?, visit: listed, told: chat.is_some() })
    }

    async fn answer_text(
        &self,
        tx: &mut Tx,
        chat: i64,
        order: &Order,
        visit: Option<&Listed>,
        reason: Option<&str>,
    ) -> Done<String> {
        let language = link::chat(tx, &self.clock, &self.vault, chat).await?.language;
        let number: Arg = order.id.number().into();
        let text = match visit {
            Some(visit) => {
                let time = visit.starts_at.with_timezone(&self.office.zone()).format("%H.%M").to_string();
                let arguments: [(&str, Arg); 4] = [
                    ("number", number),
                    ("day", long_date(&self.messages, &language, visit.date).into()),
                    ("time", time.into()),
                    ("place", visit.place_name.clone().into()),
                ];
                self.messages.text(&language, "order-accepted", &arguments)
            }
            None => {
                let arguments = [("number", number), ("reason", reason.unwrap_or_default().into())];
                self.messages.text(&language, "order-declined", &arguments)
            }
        };
        Ok(text)
    }

    /// The visit with which an order is accepted: the one that the plan has found, a settled one on a wished day, or a new one.
    async fn visit_for(&self, tx: &mut Tx, order: &Order, on: Option<NaiveDate>) -> Done<VisitId> {
        let facts = self.facts(tx).await?;
        if let Some(on) = on {
            self.not_past(on)?;
        }
        let active = facts.settled.iter().chain(&facts.proposed).map(|entry| &entry.visit);
        let found = planned(order, active, on).map(|visit| visit.id);
        let turn = office::lock_office(tx, facts.office.id).await?;
        let visit = match (found, on) {
            (Some(id), _) => {
                let visit = self.locked_visit(tx, id).await?;
                if visit.state == VisitState::Proposed {
                    schedule::announce(tx, &self.clock, &visit).await?;
                }
                visit
            }
            (None, Some(on)) => {
                let slot = self.slot_for(&facts, order, on)?;
                schedule::drop_proposed(tx, turn, slot.team_id, on).await?;
                schedule::add_announced(tx, &self.clock, turn, &slot).await?
            }
            (None, None) => {
                return Err(OrderRefusal::NoDay { from: order.from_on, to: order.to_on }.into());
            }
        };
        schedule::confirm(tx, &self.clock, &visit).await?;
        Ok(visit.id)
    }

    /// When and with which team the place could be visited on `on`: the team that would be done first.
    fn slot_for(&self, facts: &Facts, order: &Order, on: NaiveDate) -> Done<Slot> {
        let openness = Openness { office: &facts.office, holidays: &self.holidays, pauses: &facts.pauses };
        let place = facts.places.iter().find(|place| place.id == order.place_id);
        let place = place.ok_or(OrderRefusal::PlaceGone)?;
        let nowhere = || OrderRefusal::NoCoordinates { place: place.name.clone() };
        let here = season::point_of(place).ok_or_else(nowhere)?;
        if let Some(obstacle) = openness.obstacle(place, on) {
            return Err(obstacle.into());
        }
        let students = season::whom_to_meet(&facts.office, place, &facts.students, &facts.settled, order, on);
        let count = students.len().max(usize::try_from(order.expected).unwrap_or_default());
        let mut best: Option<(TimeDelta, TimeDelta, &Team, usize)> = None;
        for team in facts.office.teams.iter().filter(|team| openness.team_obstacle(Some(team), on).is_none()) {
            let (before, busy) = season::promised(&facts.office, &facts.places, &facts.settled, team, on, None);
            let times = season::slot_after(&facts.office.declaration.planning, team, on, busy, here, count);
            let Some((starts, ends)) = times else { continue };
            if best.as_ref().is_none_or(|(known, ..)| ends < *known) {
                best = Some((ends, starts, team, before));
            }
        }
        let no_time = || OrderRefusal::NoTime { people: count, place: place.name.clone(), on };
        let (ends, starts, team, before) = best.ok_or_else(no_time)?;
        let begins = season::day_begins(&facts.office, on);
        Ok(Slot {
            team_id: team.id,
            place_id: place.id,
            visit_on: on,
            day_order: i32::try_from(before + 1).unwrap_or(i32::MAX),
            starts_at: begins + starts,
            ends_at: begins + ends,
            students,
        })
    }
}

/// The first visit to the order's place on a wished day, or on the day that was named.
fn planned<'a>(order: &Order, active: impl IntoIterator<Item = &'a Visit>, on: Option<NaiveDate>) -> Option<&'a Visit> {
    let fits = |visit: &&Visit| {
        let date = visit.visit_on;
        visit.place_id == order.place_id && on.map_or_else(|| order.wishes(date), |on| on == date)
    };
    active.into_iter().filter(fits).min_by_key(|visit| visit.visit_on)
}

fn unknown(id: OrderId) -> DeskError {
    OrderRefusal::Unknown(id).into()
}

/// A text that somebody typed, of a bearable length (`otherwise` refuses it) and without a NIK in it.
fn worded(what: &str, text: &str, otherwise: OrderRefusal) -> Done<String> {
    let text = tidy(text);
    if text.is_empty() || text.chars().count() > LONGEST_TEXT {
        return Err(otherwise.into());
    }
    plain_words(&format!("--{what}"), &text)?;
    Ok(text)
}

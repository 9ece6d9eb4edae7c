//! Orders: a village, a community or a school asks the office to come, or somebody who cannot come asks for a visit at home.
//!
//! An order is open until it is answered; the office owes a dated answer within three working days. An open order with a place on
//! the map enters the plan, so that the answer can name a day on which a team has time.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use uuid::Uuid;

use super::VisitId;
use crate::calendar::Calendar;
use crate::clock::Clock;
use crate::db::{DbError, Tx};
use crate::ids::short_number;
use crate::office::OfficeId;
use crate::place::PlaceId;
use crate::student::StudentId;
use crate::vault::{Purpose, Vault, VaultError};
use crate::{execute, fetch_all, fetch_optional, id_type};

id_type!(
    /// One order.
    OrderId
);

impl OrderId {
    /// The short number that people are told.
    #[must_use]
    pub fn number(self) -> String {
        short_number(self.0)
    }
}

/// Working days within which an order is answered.
pub const ANSWERED_WITHIN: usize = 3;

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    Open,
    Accepted,
    Declined,
}

/// An order as it is kept; telephone, need and chat stay sealed.
#[derive(Debug, Clone, FromRow)]
pub struct Order {
    pub id: OrderId,
    pub place_id: PlaceId,
    /// Who is to be met at home; `None` for everybody at the place.
    pub student_id: Option<StudentId>,
    /// How many are expected.
    pub expected: i32,
    /// The wished days, both included.
    pub from_on: NaiveDate,
    pub to_on: NaiveDate,
    /// Name of whoever asks.
    pub asked_by: String,
    phone_sealed: Option<Vec<u8>>,
    need_sealed: Option<Vec<u8>>,
    chat_sealed: Option<Vec<u8>>,
    pub state: OrderState,
    /// The visit that an accepted order became.
    pub visit_id: Option<VisitId>,
    /// Why it was declined.
    pub reason: Option<String>,
    pub answered_at: Option<DateTime<Utc>>,
    pub created_on: NaiveDate,
}

/// What somebody asks for.
#[derive(Debug, Clone)]
pub struct NewOrder {
    pub place: PlaceId,
    pub student: Option<StudentId>,
    pub expected: i32,
    pub from_on: NaiveDate,
    pub to_on: NaiveDate,
    pub asked_by: String,
    pub phone: Option<String>,
    /// What keeps the person at home; health data, and kept sealed.
    pub need: Option<String>,
    /// The chat to be answered.
    pub chat: Option<i64>,
}

impl Order {
    /// The last day on which the answer is in time; `None` beyond the known holidays.
    #[must_use]
    pub fn answer_due(&self, calendar: &Calendar<'_>) -> Option<NaiveDate> {
        let mut day = self.created_on;
        for _ in 0..ANSWERED_WITHIN {
            day = calendar.next_open_day(day.succ_opt()?)?;
        }
        Some(day)
    }

    /// Whether a visit on `date` is on a wished day.
    #[must_use]
    pub fn wishes(&self, date: NaiveDate) -> bool {
        self.from_on <= date && date <= self.to_on
    }

    /// Whoever asks, by telephone.
    pub fn phone(&self, vault: &Vault) -> Result<Option<String>, VaultError> {
        opened(vault, Purpose::Phone, self.phone_sealed.as_deref())
    }

    /// What keeps the person at home.
    pub fn need(&self, vault: &Vault) -> Result<Option<String>, VaultError> {
        opened(vault, Purpose::Order, self.need_sealed.as_deref())
    }

    /// The chat that is to be answered.
    pub fn chat(&self, vault: &Vault) -> Result<Option<i64>, VaultError> {
        let text = opened(vault, Purpose::Chat, self.chat_sealed.as_deref())?;
        text.map(|text| text.parse().map_err(|_| VaultError::Tampered)).transpose()
    }
}

fn opened(vault: &Vault, purpose: Purpose, sealed: Option<&[u8]>) -> Result<Option<String>, VaultError> {
    sealed.map(|sealed| vault.open_text(purpose, sealed).map(|text| text.to_string())).transpose()
}

/// Why an order could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Keeps an order.
pub async fn add(
    tx: &mut Tx,
    clock: &Clock,
    vault: &Vault,
    office: OfficeId,
    today: NaiveDate,
    new: &NewOrder,
) -> Result<OrderId, OrderError> {
    let id = OrderId::new(clock);
    let seal = |purpose, text: Option<&str>| text.map(|text| vault.seal(purpose, text.as_bytes())).transpose();
    let chat = new.chat.map(|chat| chat.to_string());
    execute!(
        tx,
        "INSERT INTO visit_order (id, office_id, place_id, student_id, expected, from_on, to_on, asked_by, phone_sealed,
             need_sealed, chat_sealed, state, created_on)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        id,
        office,
        new.place,
        new.student,
        new.expected,
        new.from_on,
        new.to_on,
        &new.asked_by,
        seal(Purpose::Phone, new.phone.as_deref())?,
        seal(Purpose::Order, new.need.as_deref())?,
        seal(Purpose::Chat, chat.as_deref())?,
        OrderState::Open,
        today,
    )?;
    Ok(id)
}

const COLUMNS: &str =
    "SELECT id, place_id, student_id, expected, from_on, to_on, asked_by, phone_sealed, need_sealed, chat_sealed,
         state, visit_id, reason, answered_at, created_on
     FROM visit_order WHERE office_id = $1 AND id = $2";
pub(crate) const PAGE: &str =
    "SELECT id, place_id, student_id, expected, from_on, to_on, asked_by, phone_sealed, need_sealed, chat_sealed,
         state, visit_id, reason, answered_at, created_on
     FROM visit_order WHERE office_id = $1 AND id > $2 ORDER BY id LIMIT $3";
const OPEN: &str =
    "SELECT id, place_id, student_id, expected, from_on, to_on, asked_by, phone_sealed, need_sealed, chat_sealed,
         state, visit_id, reason, answered_at, created_on
     FROM visit_order WHERE office_id = $1 AND state = 'open' ORDER BY id";

/// The order with this ID.
pub async fn load(tx: &mut Tx, office: OfficeId, id: OrderId) -> Result<Option<Order>, DbError> {
    fetch_optional!(tx, Order, COLUMNS, office, id)
}

/// One page of the orders, in the order they came: up to `limit` after the order `after`.
pub async fn page(tx: &mut Tx, office: OfficeId, after: Option<OrderId>, limit: i64) -> Result<Vec<Order>, DbError> {
    fetch_all!(tx, Order, PAGE, office, after.map_or(Uuid::nil(), |id| id.0), limit)
}

/// The orders that nobody has answered yet.
pub async fn open(tx: &mut Tx, office: OfficeId) -> Result<Vec<Order>, DbError> {
    fetch_all!(tx, Order, OPEN, office)
}

/// By which visit each order that was accepted is met.
pub async fn met_by(tx: &mut Tx, office: OfficeId) -> Result<Vec<(VisitId, OrderId)>, DbError> {
    fetch_all!(
        tx,
        (VisitId, OrderId),
        "SELECT visit_id, id FROM visit_order WHERE office_id = $1 AND visit_id IS NOT NULL",
        office,
    )
}

/// Writes the answer down, once; `false` if there was one already.
pub async fn answer(
    tx: &mut Tx,
    clock: &Clock,
    id: OrderId,
    state: OrderState,
    visit: Option<VisitId>,
    reason: Option<&str>,
) -> Result<bool, DbError> {
    let answered = execute!(
        tx,
        "UPDATE visit_order SET state = $2, visit_id = $3, reason = $4, answered_at = $5 WHERE id = $1 AND state = 'open'",
        id,
        state,
        visit,
        reason,
        clock.now(),
    )?;
    Ok(answered == 1)
}

//! Staff accounts and what their roles allow.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::FromRow;
use uuid::Uuid;

use crate::clock::Clock;
use crate::db::{DbError, Tx};
use crate::office::OfficeId;
use crate::{execute, fetch_all, fetch_optional, id_type};

id_type!(
    /// One staff account.
    StaffId
);

/// What an account is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, serde::Deserialize, sqlx::Type, clap::ValueEnum)]
#[sqlx(type_name = "TEXT", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Runs siap17: settings, accounts, backups.
    Admin,
    /// Heads the office: sees everything, gets the daily report.
    Head,
    Officer,
    /// Goes out with a team.
    Recorder,
    /// Hands out cards.
    Counter,
    /// A school's operator: own roster only.
    School,
    /// A village officer: own list only.
    Village,
    /// Aggregates only.
    Province,
}

/// What someone wants to do; the rooms' doors ask for one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    Administer,
    /// See students and change their facts.
    Students,
    Rosters,
    Visits,
    /// Ask the office to come.
    Order,
    /// Write down the results of a visit.
    Record,
    Cards,
    /// Hand out a card.
    HandOut,
    Notices,
    Reports,
}

impl Role {
    /// The role as JSON and the command line write it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Head => "head",
            Self::Officer => "officer",
            Self::Recorder => "recorder",
            Self::Counter => "counter",
            Self::School => "school",
            Self::Village => "village",
            Self::Province => "province",
        }
    }

    /// Deny by default: what is not listed is not allowed.
    #[must_use]
    pub fn may(self, right: Right) -> bool {
        match self {
            Self::Admin | Self::Head => true,
            Self::Officer => right != Right::Administer,
            Self::Recorder => matches!(right, Right::Visits | Right::Order | Right::Record),
            Self::Counter => matches!(right, Right::Cards | Right::HandOut),
            Self::School | Self::Village => matches!(right, Right::Rosters | Right::Order),
            Self::Province => right == Right::Reports,
        }
    }
}

/// An account.
#[derive(Debug, Clone, FromRow, Serialize)]
pub struct Staff {
    pub id: StaffId,
    pub office_id: OfficeId,
    pub name: String,
    pub role: Role,
    pub place_id: Option<Uuid>,
    pub disabled_at: Option<DateTime<Utc>>,
}

/// Adds an account.
pub async fn add(
    tx: &mut Tx,
    clock: &Clock,
    office: OfficeId,
    name: &str,
    role: Role,
    place: Option<Uuid>,
) -> Result<StaffId, DbError> {
    let id = StaffId::new(clock);
    execute!(
        tx,
        "INSERT INTO staff (id, office_id, name, role, place_id, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        id,
        office,
        name,
        role,
        place,
        clock.now(),
    )?;
    Ok(id)
}

/// The account `name`, disabled or not.
pub async fn find(tx: &mut Tx, office: OfficeId, name: &str) -> Result<Option<Staff>, DbError> {
    fetch_optional!(
        tx,
        Staff,
        "SELECT id, office_id, name, role, place_id, disabled_at FROM staff WHERE office_id = $1 AND name = $2",
        office,
        name,
    )
}

/// The account with this ID.
pub async fn load(tx: &mut Tx, id: StaffId) -> Result<Option<Staff>, DbError> {
    fetch_optional!(tx, Staff, "SELECT id, office_id, name, role, place_id, disabled_at FROM staff WHERE id = $1", id)
}

/// Every account, by name.
pub async fn all(tx: &mut Tx, office: OfficeId) -> Result<Vec<Staff>, DbError> {
    fetch_all!(
        tx,
        Staff,
        "SELECT id, office_id, name, role, place_id, disabled_at FROM staff WHERE office_id = $1 ORDER BY name",
        office,
    )
}

/// One page of the accounts, by name: at most `limit` after the account `after`.
pub async fn page(tx: &mut Tx, office: OfficeId, after: Option<StaffId>, limit: i64) -> Result<Vec<Staff>, DbError> {
    fetch_all!(
        tx,
        Staff,
        "SELECT id, office_id, name, role, place_id, disabled_at FROM staff
         WHERE office_id = $1 AND name > COALESCE((SELECT a.name FROM staff a WHERE a.id = $2), '')
         ORDER BY name LIMIT $3",
        office,
        after,
        limit,
    )
}

/// Closes an account; gives whether it was open.
pub async fn disable(tx: &mut Tx, clock: &Clock, id: StaffId) -> Result<bool, DbError> {
    let changed =
        execute!(tx, "UPDATE staff SET disabled_at = $2 WHERE id = $1 AND disabled_at IS NULL", id, clock.now())?;
    Ok(changed > 0)
}

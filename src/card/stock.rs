//! Blanks: unprinted cards, counted at each pickup point. They are scarce, so every one that leaves is written down.

use chrono::NaiveDate;
use serde::Serialize;
use sqlx::FromRow;

use crate::audit::Actor;
use crate::clock::Clock;
use crate::db::{DbError, Tx};
use crate::office::{Office, OfficeId, PointId};
use crate::{execute, fetch_all, fetch_locked};

/// Why a number of blanks changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum MovementKind {
    Received,
    Spoiled,
    /// A count by hand; the movement is what the books were wrong by.
    Counted,
    Printed,
}

/// Blanks at one point; negative where more were printed than the books knew of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct PointStock {
    pub point_id: PointId,
    pub blanks: i64,
}

/// Blanks at every point of an office.
#[derive(Debug, Clone, Default)]
pub struct Stock(Vec<PointStock>);

impl Stock {
    #[must_use]
    pub fn at(&self, point: PointId) -> i64 {
        self.0.iter().find(|stock| stock.point_id == point).map_or(0, |stock| stock.blanks)
    }

    /// Whether any point has a blank left.
    #[must_use]
    pub fn any(&self) -> bool {
        self.0.iter().any(|stock| stock.blanks > 0)
    }

    /// Point names with their blanks, in the order in which the office declares them.
    #[must_use]
    pub fn by_name<'a>(&self, office: &'a Office) -> Vec<(&'a str, i64)> {
        office.points.iter().map(|point| (point.declared.name.as_str(), self.at(point.id))).collect()
    }
}

/// Keeps others from counting or changing the blanks at a point until the transaction ends: a count is written as what the books
/// were wrong by, so they must not change in between.
pub async fn lock_stock(tx: &mut Tx, point: PointId) -> Result<(), DbError> {
    fetch_locked!(tx, (PointId,), "SELECT id FROM pickup_point WHERE id = $1", point)?;
    Ok(())
}

/// How many blanks lie where.
pub async fn stock(tx: &mut Tx, office: OfficeId) -> Result<Stock, DbError> {
    let sql = "SELECT point_id, blanks FROM blank_stock WHERE office_id = $1";
    fetch_all!(tx, PointStock, sql, office).map(Stock)
}

/// Writes down a movement of blanks; `amount` is what is added.
#[expect(clippy::too_many_arguments, reason = "each is a different thing that the caller alone knows")]
pub async fn move_blanks(
    tx: &mut Tx,
    clock: &Clock,
    office: OfficeId,
    point: PointId,
    kind: MovementKind,
    amount: i64,
    on: NaiveDate,
    actor: &Actor,
) -> Result<(), DbError> {
    execute!(
        &mut *tx,
        "INSERT INTO blank_movement (id, office_id, point_id, kind, amount, moved_on, actor, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        clock.new_uuid(),
        office,
        point,
        kind,
        amount,
        on,
        actor.to_string(),
        clock.now(),
    )?;
    // The sum is kept beside the movements: every look at a student's notices asks whether there are blanks.
    execute!(
        tx,
        "INSERT INTO blank_stock (point_id, office_id, blanks) VALUES ($1, $2, $3)
         ON CONFLICT (point_id) DO UPDATE SET blanks = blank_stock.blanks + excluded.blanks",
        point,
        office,
        amount,
    )?;
    Ok(())
}

//! Calendars that somebody subscribes to: for a team, a place, or the whole office. The link holds a secret, of which only a
//! keyed hash is kept. No student is named in them, only counted.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use uuid::Uuid;

use super::{VisitId, VisitState};
use crate::clock::Clock;
use crate::db::{DbError, Tx};
use crate::office::OfficeId;
use crate::vault::{Purpose, Vault, VaultError, random};
use crate::{execute, fetch_all, fetch_optional, id_type};

id_type!(
    /// One subscribable calendar.
    FeedId
);

/// Random bytes of a secret.
const SECRET: usize = 20;

/// Whose visits a calendar shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum FeedKind {
    Team,
    Place,
    Office,
}

impl FeedKind {
    /// The kind as JSON and the command line write it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Team => "team",
            Self::Place => "place",
            Self::Office => "office",
        }
    }
}

/// A calendar as kept; `subject_id` is a team's, a place's or the office's ID accordingly.
#[derive(Debug, Clone, FromRow)]
pub struct Feed {
    pub id: FeedId,
    pub office_id: OfficeId,
    pub kind: FeedKind,
    pub subject_id: Uuid,
}

/// A calendar as people see it (`visit feed list`); its secret is not known any more.
#[derive(Debug, Clone, FromRow, Serialize)]
pub struct Listed {
    pub id: FeedId,
    pub kind: FeedKind,
    /// The team's name, or the place's; null for the office.
    pub name: Option<String>,
    pub created_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
}

/// Why a calendar cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// A visit as a calendar shows it.
#[derive(Debug, Clone, FromRow)]
pub struct Shown {
    pub id: VisitId,
    pub revision: i32,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub state: VisitState,
    pub updated_at: DateTime<Utc>,
    pub team: String,
    pub place: String,
    pub kecamatan: Option<String>,
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
    pub students: i64,
}

/// Makes a calendar; gives its ID and its secret, which nobody can be shown again.
pub async fn add(
    tx: &mut Tx,
    clock: &Clock,
    vault: &Vault,
    office: OfficeId,
    kind: FeedKind,
    subject: Uuid,
) -> Result<(FeedId, String), FeedError> {
    let secret = hex::encode(random::<SECRET>()?.as_slice());
    let id = FeedId::new(clock);
    execute!(
        tx,
        "INSERT INTO calendar_feed (id, office_id, kind, subject_id, secret_index, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        id,
        office,
        kind,
        subject,
        vault.blind_index(Purpose::Feed, &secret),
        clock.now(),
    )?;
    Ok((id, secret))
}

/// The calendar that a secret opens.
pub async fn find(tx: &mut Tx, vault: &Vault, secret: &str) -> Result<Option<Feed>, DbError> {
    fetch_optional!(
        tx,
        Feed,
        "SELECT id, office_id, kind, subject_id FROM calendar_feed WHERE secret_index = $1 AND revoked_at IS NULL",
        vault.blind_index(Purpose::Feed, secret),
    )
}

/// Closes a calendar for good; gives whether it was open.
pub async fn revoke(tx: &mut Tx, clock: &Clock, office: OfficeId, id: FeedId) -> Result<bool, DbError> {
    let changed = execute!(
        tx,
        "UPDATE calendar_feed SET revoked_at = $3 WHERE id = $1 AND office_id = $2 AND revoked_at IS NULL",
        id,
        office,
        clock.now(),
    )?;
    Ok(changed == 1)
}

/// One page of an office's calendars, oldest first.
pub async fn page(tx: &mut Tx, office: OfficeId, after: Option<FeedId>, limit: i64) -> Result<Vec<Listed>, DbError> {
    fetch_all!(
        tx,
        Listed,
        "SELECT f.id, f.kind, COALESCE(t.name, p.name) AS name, f.created_at, f.revoked_at FROM calendar_feed f
             LEFT JOIN team t ON t.id = f.subject_id LEFT JOIN place p ON p.id = f.subject_id
         WHERE f.office_id = $1 AND f.id > $2 ORDER BY f.id LIMIT $3",
        office,
        after.map_or(Uuid::nil(), |id| id.0),
        limit,
    )
}

/// The visits of a calendar from `from` on, those that were announced and cancelled too.
pub async fn visits(tx: &mut Tx, feed: &Feed, from: NaiveDate) -> Result<Vec<Shown>, DbError> {
    let (team, place) = match feed.kind {
        FeedKind::Team => (Some(feed.subject_id), None),
        FeedKind::Place => (None, Some(feed.subject_id)),
        FeedKind::Office => (None, None),
    };
    fetch_all!(
        tx,
        Shown,
        "SELECT v.id, v.revision, v.starts_at, v.ends_at, v.state, v.updated_at, t.name AS team, p.name AS place, p.kecamatan,
             p.latitude, p.longitude, (SELECT COUNT(*) FROM visit_student l WHERE l.visit_id = v.id) AS students
         FROM visit v JOIN team t ON t.id = v.team_id JOIN place p ON p.id = v.place_id
         WHERE v.office_id = $1 AND v.announced_at IS NOT NULL AND v.visit_on >= $2
             AND ($3 IS NULL OR v.team_id = $3) AND ($4 IS NULL OR v.place_id = $4)
         ORDER BY v.starts_at, v.id",
        feed.office_id,
        from,
        team,
        place,
    )
}

//! Places where students are met: schools first of all, villages and communities too.

mod file;

use std::collections::HashMap;

use chrono::NaiveDate;
pub use file::parse_file;
use serde::Serialize;
use sqlx::FromRow;
use zeroize::Zeroizing;

use crate::calendar::Weekdays;
use crate::clock::Clock;
use crate::db::{DbError, Tx};
use crate::office::OfficeId;
use crate::vault::{Purpose, Vault, VaultError};
use crate::words::TextFault;
use crate::{fetch_all, fetch_among, fetch_optional, id_type};

id_type!(
    /// One school, village or community.
    PlaceId
);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, serde::Deserialize, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum PlaceKind {
    School,
    Village,
    Community,
}

/// A place. For a school, `code` is its NPSN.
#[derive(Debug, Clone, FromRow, Serialize)]
pub struct Place {
    pub id: PlaceId,
    pub code: String,
    pub kind: PlaceKind,
    pub name: String,
    pub level: Option<String>,
    pub kecamatan: Option<String>,
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
    #[sqlx(try_from = "String")]
    pub working_days: Workdays,
    pub last_day_grade_12: Option<NaiveDate>,
    pub contact_name: Option<String>,
}

/// [`Weekdays`] as a database column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Workdays(pub Weekdays);

impl TryFrom<String> for Workdays {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map(Self)
    }
}

/// A place as its file declares it.
#[derive(Debug, Clone, PartialEq)]
pub struct NewPlace {
    pub code: String,
    pub kind: PlaceKind,
    pub name: String,
    pub level: Option<String>,
    pub kecamatan: Option<String>,
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
    pub working_days: Weekdays,
    pub last_day_grade_12: Option<NaiveDate>,
    pub contact_name: Option<String>,
    pub contact_phone: Option<String>,
}

/// Why a place file is refused; nothing of it is taken then.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    #[error("line {line}: {message}")]
    Line { line: u64, message: String },
    #[error("the first line must name the columns code and name; it names: {0}")]
    Header(String),
    #[error("line {line}, column {column}: the text {fault}")]
    Text { line: u64, column: &'static str, fault: TextFault },
    #[error("the file is not UTF-8 text; save it as CSV UTF-8")]
    Encoding,
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Writes a place, new or known by its code; gives its ID and whether it is new.
pub async fn save(
    tx: &mut Tx,
    clock: &Clock,
    vault: &Vault,
    office: OfficeId,
    place: &NewPlace,
) -> Result<(PlaceId, bool), PlaceError> {
    let id = PlaceId::new(clock);
    let phone = place.contact_phone.as_deref().map(|p| vault.seal(Purpose::Phone, p.as_bytes())).transpose()?;
    let row = fetch_optional!(
        tx,
        (PlaceId,),
        "INSERT INTO place (id, office_id, code, kind, name, level, kecamatan, latitude, longitude, working_days,
             last_day_grade_12, contact_name, contact_phone_sealed)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (office_id, code) DO UPDATE SET
             kind = excluded.kind, name = excluded.name, level = excluded.level, kecamatan = excluded.kecamatan,
             latitude = excluded.latitude, longitude = excluded.longitude, working_days = excluded.working_days,
             last_day_grade_12 = excluded.last_day_grade_12, contact_name = excluded.contact_name,
             contact_phone_sealed = excluded.contact_phone_sealed
         RETURNING id",
        id,
        office,
        &place.code,
        place.kind,
        &place.name,
        &place.level,
        &place.kecamatan,
        place.latitude,
        place.longitude,
        place.working_days.to_string(),
        place.last_day_grade_12,
        &place.contact_name,
        phone,
    )?;
    let saved = row.map_or(id, |row| row.0);
    Ok((saved, saved == id))
}

/// What a closure of an office may name: the codes of its places, each with the kecamatan.
///
/// # Errors
/// The database refuses.
pub async fn scopes(tx: &mut Tx, office: OfficeId) -> Result<Vec<(String, Option<String>)>, DbError> {
    fetch_all!(
        tx,
        (String, Option<String>),
        "SELECT code, kecamatan FROM place WHERE office_id = $1 ORDER BY code",
        office
    )
}

/// Every place of an office, by code.
pub async fn all(tx: &mut Tx, office: OfficeId) -> Result<Vec<Place>, DbError> {
    fetch_all!(
        tx,
        Place,
        "SELECT id, code, kind, name, level, kecamatan, latitude, longitude, working_days, last_day_grade_12, contact_name
         FROM place WHERE office_id = $1 ORDER BY code",
        office,
    )
}

/// The places with these IDs.
pub async fn some(tx: &mut Tx, places: &[PlaceId]) -> Result<Vec<Place>, DbError> {
    fetch_among!(
        tx,
        Place,
        "SELECT id, code, kind, name, level, kecamatan, latitude, longitude, working_days, last_day_grade_12, contact_name
         FROM place WHERE id",
        [],
        places,
        ""
    )
}

/// The codes of several places.
pub async fn codes(tx: &mut Tx, places: &[PlaceId]) -> Result<HashMap<PlaceId, String>, DbError> {
    let codes = fetch_among!(tx, (PlaceId, String), "SELECT id, code FROM place WHERE id", [], places, "")?;
    Ok(codes.into_iter().collect())
}

pub(crate) const PAGE: &str =
    "SELECT id, code, kind, name, level, kecamatan, latitude, longitude, working_days, last_day_grade_12, contact_name
     FROM place WHERE office_id = $1 AND code > COALESCE((SELECT a.code FROM place a WHERE a.id = $2), '')
     ORDER BY code LIMIT $3";

/// One page of an office's places, by code: at most `limit` after the place `after`.
pub async fn page(tx: &mut Tx, office: OfficeId, after: Option<PlaceId>, limit: i64) -> Result<Vec<Place>, DbError> {
    fetch_all!(tx, Place, PAGE, office, after, limit)
}

/// The place with this code.
pub async fn find(tx: &mut Tx, office: OfficeId, code: &str) -> Result<Option<Place>, DbError> {
    fetch_optional!(
        tx,
        Place,
        "SELECT id, code, kind, name, level, kecamatan, latitude, longitude, working_days, last_day_grade_12, contact_name
         FROM place WHERE office_id = $1 AND code = $2",
        office,
        code,
    )
}

/// The telephone number of a place's contact, as its file has it.
pub async fn contact_phone(tx: &mut Tx, vault: &Vault, id: PlaceId) -> Result<Option<Zeroizing<String>>, PlaceError> {
    let row = fetch_optional!(tx, (Option<Vec<u8>>,), "SELECT contact_phone_sealed FROM place WHERE id = $1", id)?;
    Ok(row.and_then(|row| row.0).map(|sealed| vault.open_text(Purpose::Phone, &sealed)).transpose()?)
}

/// The next page of an office's places in the order of their IDs: those after `after`, at most `size` of them.
pub async fn ids(tx: &mut Tx, office: OfficeId, after: PlaceId, size: i64) -> Result<Vec<PlaceId>, DbError> {
    let sql = "SELECT id FROM place WHERE office_id = $1 AND id > $2 ORDER BY id LIMIT $3";
    let rows = fetch_all!(tx, (PlaceId,), sql, office, after, size)?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// The place with this ID.
pub async fn load(tx: &mut Tx, id: PlaceId) -> Result<Option<Place>, DbError> {
    fetch_optional!(
        tx,
        Place,
        "SELECT id, code, kind, name, level, kecamatan, latitude, longitude, working_days, last_day_grade_12, contact_name
         FROM place WHERE id = $1",
        id,
    )
}

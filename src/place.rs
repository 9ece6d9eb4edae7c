//! Places where students are met: schools first of all, villages and communities too.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::Serialize;
use sqlx::FromRow;
use zeroize::Zeroizing;

use crate::calendar::Weekdays;
use crate::clock::Clock;
use crate::db::{DbError, Tx};
use crate::nik::looks_like_nik;
use crate::office::OfficeId;
use crate::vault::{Purpose, Vault, VaultError};
use crate::written::tidy;
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
    #[error("the file is not UTF-8 text; save it as CSV UTF-8")]
    Encoding,
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Db(#[from] DbError),
}

const COLUMNS: &str =
    "code,kind,name,level,kecamatan,latitude,longitude,working_days,last_day_grade_12,contact_name,contact_phone";

/// Reads a place file: the columns in any order, separated by `,` `;` or tab.
pub fn parse_file(bytes: &[u8]) -> Result<Vec<NewPlace>, PlaceError> {
    let text = std::str::from_utf8(bytes).map_err(|_| PlaceError::Encoding)?;
    let text = text.trim_start_matches('\u{feff}');
    let first = text.lines().next().unwrap_or_default();
    let separator = [b';', b'\t', b','].into_iter().max_by_key(|byte| first.bytes().filter(|b| b == byte).count());
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator.unwrap_or(b','))
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(text.as_bytes());
    let wrong = |error: &csv::Error| PlaceError::Line {
        line: error.position().map_or(1, csv::Position::line),
        message: "the line cannot be read as CSV".into(),
    };
    let header: Vec<String> = reader.headers().map_err(|e| wrong(&e))?.iter().map(str::to_lowercase).collect();
    let column = |name: &str| header.iter().position(|title| title == name);
    if let Some(unknown) = header.iter().find(|title| !COLUMNS.split(',').any(|known| known == *title)) {
        let near = COLUMNS
            .split(',')
            .max_by(|a, b| strsim::jaro_winkler(a, unknown).total_cmp(&strsim::jaro_winkler(b, unknown)));
        let message = format!("unknown column '{unknown}'; did you mean '{}'?", near.unwrap_or_default());
        return Err(PlaceError::Line { line: 1, message });
    }
    let (Some(_), Some(_)) = (column("code"), column("name")) else {
        return Err(PlaceError::Header(header.join(", ")));
    };
    let mut places: Vec<NewPlace> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| wrong(&e))?;
        let line = record.position().map_or(0, csv::Position::line);
        let fail = |message: String| PlaceError::Line { line, message };
        let field = |name: &str| column(name).and_then(|at| record.get(at)).map(tidy).filter(|text| !text.is_empty());
        let number = |name: &str, limit: f64| match field(name) {
            None => Ok(None),
            Some(text) => match text.parse::<f64>() {
                Ok(value) if value.abs() <= limit => Ok(Some(value)),
                _ => Err(fail(format!("{name} '{text}' is not a number of degrees such as -8.5833"))),
            },
        };
        let kept_open = ["code", "name", "level", "kecamatan", "contact_name"];
        if let Some(name) = kept_open.iter().find(|name| field(name).is_some_and(|text| looks_like_nik(&text))) {
            return Err(fail(format!("the {name} holds something like a NIK, which is never kept there; take it out")));
        }
        let code = field("code").ok_or_else(|| fail("the code is missing".into()))?;
        if places.iter().any(|place| place.code == code) {
            return Err(fail(format!("the code {code} stands on two lines")));
        }
        let kind = match field("kind").as_deref() {
            None | Some("school") => PlaceKind::School,
            Some("village") => PlaceKind::Village,
            Some("community") => PlaceKind::Community,
            Some(other) => return Err(fail(format!("kind '{other}' is none of school, village, community"))),
        };
        if kind == PlaceKind::School && !(code.len() == 8 && code.bytes().all(|b| b.is_ascii_alphanumeric())) {
            return Err(fail(format!("a school's code is its NPSN of 8 characters, but this is '{code}'")));
        }
        places.push(NewPlace {
            kind,
            name: field("name").ok_or_else(|| fail("the name is missing".into()))?,
            level: field("level"),
            kecamatan: field("kecamatan"),
            latitude: number("latitude", 90.0)?,
            longitude: number("longitude", 180.0)?,
            working_days: field("working_days").map_or(Ok(Weekdays::default()), |text| text.parse().map_err(fail))?,
            last_day_grade_12: match field("last_day_grade_12") {
                None => None,
                Some(text) => Some(text.parse().map_err(|_| fail(format!("'{text}' is not a date (YYYY-MM-DD)")))?),
            },
            contact_name: field("contact_name"),
            contact_phone: field("contact_phone"),
            code,
        });
    }
    Ok(places)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_file_is_read_by_its_column_names() {
        let text = "name;code;working_days;kecamatan\nSMA Contoh;50200001;1-6;Ampenan\n";
        let places = parse_file(text.as_bytes()).unwrap();
        assert_eq!((places[0].code.as_str(), places[0].working_days.to_string().as_str()), ("50200001", "1,2,3,4,5,6"));
    }

    #[test]
    fn a_wrong_line_is_named() {
        let error = |text: &str| parse_file(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(error("code,nama\n1,x\n"), "line 1: unknown column 'nama'; did you mean 'name'?");
        assert!(error("code,name\n123,SMA\n").starts_with("line 2: a school's code is its NPSN"));
        assert!(error("code,name,latitude\n50200001,SMA,x\n").contains("latitude 'x'"));
    }
}

//! Sessions: an evening, a Sunday or a village day on which everybody may come to be recorded, without a list.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use uuid::Uuid;

use crate::clock::{Clock, FIRST_DAY, LAST_DAY};
use crate::db::{DbError, Tx};
use crate::office::{OfficeId, TeamId};
use crate::place::{PlaceId, PlaceKind};
use crate::{execute, fetch_all, fetch_optional, id_type};

id_type!(
    /// One session.
    SessionId
);

/// Sessions that began longer ago than this concern no notice any more.
pub const PAST: TimeDelta = TimeDelta::days(60);
/// What stands before the name of an area, which rosters and place files write or leave out.
const KINDS_OF_AREA: [&str; 5] = ["kecamatan", "kec", "kelurahan", "kel", "desa"];

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    Open,
    Cancelled,
}

/// A session as people and scripts see it (`visit session list`).
#[derive(Debug, Clone, FromRow, Serialize)]
pub struct Session {
    pub id: SessionId,
    pub date: NaiveDate,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// The place's code.
    pub place: String,
    pub place_name: String,
    pub kecamatan: Option<String>,
    pub team: Option<String>,
    pub title: Option<String>,
    pub state: SessionState,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancel_reason: Option<String>,
    #[serde(skip)]
    pub place_id: PlaceId,
    #[serde(skip)]
    pub place_kind: PlaceKind,
    #[serde(skip)]
    pub team_id: Option<TeamId>,
}

impl Session {
    /// Whether it is for somebody of this place, or who lives there: in the village itself, or in the same kecamatan.
    #[must_use]
    pub fn is_near(&self, place: Option<PlaceId>, kelurahan: Option<&str>, kecamatan: Option<&str>) -> bool {
        let same = |one: Option<&str>, other: &str| one.is_some_and(|one| same_area(one, other));
        let village = self.place_kind == PlaceKind::Village && same(kelurahan, &self.place_name);
        // Villages of one name lie in several kecamatan; where both are known, they must agree.
        let elsewhere = self.kecamatan.as_deref().zip(kecamatan).is_some_and(|(there, here)| !same_area(there, here));
        place == Some(self.place_id)
            || (village && !elsewhere)
            || self.kecamatan.as_deref().is_some_and(|there| same(kecamatan, there))
    }

    /// From when to when, as people write it: `16.00–19.00`.
    #[must_use]
    pub fn hours(&self, zone: Tz) -> String {
        hours(self.starts_at, self.ends_at, zone)
    }

    /// The place's name with its kecamatan, where that is known.
    #[must_use]
    pub fn place_in_words(&self) -> String {
        place_in_words(&self.place_name, self.kecamatan.as_deref())
    }
}

/// What anybody may read of a session or of a village's visit: no list, no team, nobody's name.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct PublicDay {
    pub date: NaiveDate,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub title: Option<String>,
    pub place_name: String,
    pub kecamatan: Option<String>,
}

impl PublicDay {
    /// From when to when, as people write it.
    #[must_use]
    pub fn hours(&self, zone: Tz) -> String {
        hours(self.starts_at, self.ends_at, zone)
    }

    /// The place's name with its kecamatan, where that is known.
    #[must_use]
    pub fn place_in_words(&self) -> String {
        place_in_words(&self.place_name, self.kecamatan.as_deref())
    }

    /// The kecamatan as people write it: `Kec. Ampenan`.
    #[must_use]
    pub fn kecamatan_in_words(&self) -> Option<String> {
        self.kecamatan.as_deref().map(kecamatan_in_words)
    }
}

fn hours(from: DateTime<Utc>, to: DateTime<Utc>, zone: Tz) -> String {
    let time = |at: DateTime<Utc>| at.with_timezone(&zone).format("%H.%M").to_string();
    format!("{}–{}", time(from), time(to))
}

fn place_in_words(name: &str, kecamatan: Option<&str>) -> String {
    kecamatan.map_or_else(|| name.to_owned(), |area| format!("{name}, {}", kecamatan_in_words(area)))
}

fn kecamatan_in_words(name: &str) -> String {
    format!("Kec. {}", bare(name))
}

/// An area's name without its kind, as it is written.
fn bare(area: &str) -> &str {
    let area = area.trim();
    let Some((first, rest)) = area.split_once([' ', '.']) else { return area };
    let rest = rest.trim_start_matches([' ', '.']);
    let is_kind = KINDS_OF_AREA.contains(&first.to_lowercase().as_str()) && !rest.is_empty();
    if is_kind { bare(rest) } else { area }
}

/// Whether two names are of one area, however they are written.
fn same_area(one: &str, other: &str) -> bool {
    let key = |area: &str| -> String {
        bare(area).chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let one = key(one);
    !one.is_empty() && one == key(other)
}

/// Which sessions to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    pub after: Option<SessionId>,
    pub limit: i64,
}

/// A session to be held.
#[derive(Debug, Clone)]
pub struct NewSession {
    pub place: PlaceId,
    pub team: Option<TeamId>,
    pub on: NaiveDate,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub title: Option<String>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT e.id, e.held_on AS date, e.starts_at, e.ends_at, p.code AS place, p.name AS place_name, p.kecamatan,
                 t.name AS team, e.title, e.state, e.cancel_reason, e.place_id, p.kind AS place_kind, e.team_id
             FROM session e JOIN place p ON p.id = e.place_id LEFT JOIN team t ON t.id = e.team_id
             WHERE e.office_id = $1 AND ",
            $rest
        )
    };
}

const ONE: &str = select!("e.id = $2");
const AROUND: &str = select!("e.starts_at > $2 ORDER BY e.starts_at, e.id");
const OVERLAPPING: &str =
    select!("e.state = 'open' AND e.starts_at < $3 AND e.ends_at > $2 ORDER BY e.starts_at, e.id");
pub(crate) const LIST: &str = select!(
    "e.held_on >= $2 AND e.held_on <= $3 AND (e.starts_at, e.id) > ($4, $5) ORDER BY e.starts_at, e.id LIMIT $6"
);
const PUBLIC: &str = "SELECT e.held_on AS date, e.starts_at, e.ends_at, e.title, p.name AS place_name, p.kecamatan
     FROM session e JOIN place p ON p.id = e.place_id
     WHERE e.office_id = $1 AND e.state = 'open' AND e.ends_at > $2
     UNION ALL
     SELECT v.visit_on AS date, v.starts_at, v.ends_at, NULL AS title, p.name AS place_name, p.kecamatan
     FROM visit v JOIN place p ON p.id = v.place_id
     WHERE v.office_id = $1 AND v.state = 'confirmed' AND p.kind <> 'school' AND v.ends_at > $2
         AND NOT EXISTS (SELECT 1 FROM visit_order o WHERE o.place_id = p.id AND o.student_id IS NOT NULL)
     ORDER BY starts_at, place_name LIMIT $3";

/// The office's session with this ID.
pub async fn load(tx: &mut Tx, office: OfficeId, id: SessionId) -> Result<Option<Session>, DbError> {
    fetch_optional!(tx, Session, ONE, office, id)
}

/// Sessions that pass `filter`, soonest first.
pub async fn list(tx: &mut Tx, office: OfficeId, filter: &Filter) -> Result<Vec<Session>, DbError> {
    let after = match filter.after {
        Some(id) => load(&mut *tx, office, id).await?.map(|session| (session.starts_at, session.id.0)),
        None => Some((DateTime::UNIX_EPOCH, Uuid::nil())),
    };
    let Some((starts_at, id)) = after else { return Ok(Vec::new()) };
    let (from, to) = (filter.from.unwrap_or(FIRST_DAY), filter.to.unwrap_or(LAST_DAY));
    fetch_all!(tx, Session, LIST, office, from, to, starts_at, id, filter.limit)
}

/// Coming sessions and those of the last weeks, cancelled ones too: all that notices may be about.
pub async fn around(tx: &mut Tx, office: OfficeId, now: DateTime<Utc>) -> Result<Vec<Session>, DbError> {
    fetch_all!(tx, Session, AROUND, office, now - PAST)
}

/// Sessions that are held at some time between two instants.
pub async fn overlapping(
    tx: &mut Tx,
    office: OfficeId,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<Session>, DbError> {
    fetch_all!(tx, Session, OVERLAPPING, office, from, to)
}

/// What anybody may know: sessions and confirmed visits to villages and communities that are not over, soonest first. Visits
/// to schools are the schools' own, and a visit at somebody's home is nobody else's business.
pub async fn public(tx: &mut Tx, office: OfficeId, now: DateTime<Utc>, limit: i64) -> Result<Vec<PublicDay>, DbError> {
    fetch_all!(tx, PublicDay, PUBLIC, office, now, limit)
}

/// Writes a new session down.
pub async fn add(tx: &mut Tx, clock: &Clock, office: OfficeId, new: &NewSession) -> Result<SessionId, DbError> {
    let id = SessionId::new(clock);
    execute!(
        tx,
        "INSERT INTO session (id, office_id, place_id, team_id, held_on, starts_at, ends_at, title, state, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
        id,
        office,
        new.place,
        new.team,
        new.on,
        new.starts_at,
        new.ends_at,
        &new.title,
        SessionState::Open,
        clock.now(),
    )?;
    Ok(id)
}

/// Calls a session off.
pub async fn cancel(tx: &mut Tx, clock: &Clock, id: SessionId, reason: &str) -> Result<(), DbError> {
    execute!(
        tx,
        "UPDATE session SET state = $2, cancel_reason = $3, updated_at = $4 WHERE id = $1",
        id,
        SessionState::Cancelled,
        reason,
        clock.now(),
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_are_the_same_however_they_are_written() {
        assert!(same_area("Kec. Ampenan", "AMPENAN"));
        assert!(same_area("Kecamatan Kec. Ampenan", "Ampenan"));
        assert!(same_area("Desa Contoh Timur", "contoh  timur"));
        assert!(!same_area("Kecapi", "api"));
        assert!(!same_area("Ampenan Tengah", "Ampenan"));
        assert!(!same_area("", " ") && !same_area("-", "-"));
        assert_eq!(place_in_words("SMA Contoh", Some("Kec. Ampenan")), "SMA Contoh, Kec. Ampenan");
    }

    #[test]
    fn a_session_is_for_its_place_its_village_and_its_kecamatan() {
        let clock = Clock::system();
        let at = clock.now();
        let (here, other) = (PlaceId::new(&clock), PlaceId::new(&clock));
        let session = |kind, kecamatan: Option<&str>| Session {
            id: SessionId::new(&clock),
            date: at.date_naive(),
            starts_at: at,
            ends_at: at,
            place: "V1".into(),
            place_name: "Kelurahan Sukamaju".into(),
            kecamatan: kecamatan.map(str::to_owned),
            team: None,
            title: None,
            state: SessionState::Open,
            cancel_reason: None,
            place_id: here,
            place_kind: kind,
            team_id: None,
        };
        let village = session(PlaceKind::Village, Some("Ampenan"));
        assert!(village.is_near(Some(here), None, None));
        assert!(village.is_near(Some(other), None, Some("Kec. Ampenan")));
        assert!(village.is_near(None, Some("SUKAMAJU"), None));
        assert!(!village.is_near(None, Some("Sukamaju"), Some("Cakranegara")), "a village of the same name elsewhere");
        assert!(!village.is_near(Some(other), Some("Sukamulya"), Some("Cakranegara")));
        assert!(!village.is_near(None, None, None));
        let school = session(PlaceKind::School, None);
        assert!(!school.is_near(Some(other), Some("Sukamaju"), Some("Ampenan")), "a school is no village");
    }
}

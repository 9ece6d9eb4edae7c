//! Offices: what they declare in a file (teams, pickup points, hours, policies, closures), and what happens to them
//! (hold, pauses, broken teams).

mod check;
mod declaration;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use sqlx::FromRow;

pub use check::{DeclarationError, LATITUDES, LONGITUDES};
pub use declaration::{
    ConsentPolicy, Declaration, LetterStyle, PickupPoint as DeclaredPoint, Planning, Policies, PrintPolicy,
    Team as DeclaredTeam, UncertainPolicy,
};

use crate::calendar::{Calendar, Holidays};
use crate::clock::Clock;
use crate::db::{DbError, Tx, meta, set_meta};
use crate::{execute, fetch_all, fetch_locked, fetch_optional, id_type};

id_type!(
    /// One civil-registry office.
    OfficeId
);
id_type!(
    /// One mobile recording team.
    TeamId
);
id_type!(
    /// One counter where cards are handed out.
    PointId
);
id_type!(
    /// One pause of printing, recording or the counter.
    PauseId
);

/// An office as declared, with the identities that other tables refer to.
#[derive(Debug, Clone)]
pub struct Office {
    pub id: OfficeId,
    pub declaration: Declaration,
    /// Why nothing leaves; `None` once `notice resume` was said (invariant 10).
    pub hold_reason: Option<String>,
    pub teams: Vec<Team>,
    pub points: Vec<Point>,
}

/// A team with its identity.
#[derive(Debug, Clone)]
pub struct Team {
    pub id: TeamId,
    pub declared: DeclaredTeam,
    pub outages: Vec<Outage>,
}

/// A pickup point with its identity.
#[derive(Debug, Clone)]
pub struct Point {
    pub id: PointId,
    pub declared: DeclaredPoint,
}

/// Days, both ends included, on which a team cannot go out.
#[derive(Debug, Clone, FromRow)]
pub struct Outage {
    team_id: TeamId,
    pub starts_on: NaiveDate,
    pub until_on: NaiveDate,
}

/// What can be paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, serde::Deserialize, sqlx::Type, clap::ValueEnum)]
#[sqlx(type_name = "TEXT", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum PauseKind {
    Printing,
    Recording,
    Counter,
}

impl PauseKind {
    /// The kind as JSON and the command line write it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Printing => "printing",
            Self::Recording => "recording",
            Self::Counter => "counter",
        }
    }
}

/// A pause; `until_on` is its last day unless it is lifted before.
#[derive(Debug, Clone, FromRow, Serialize)]
pub struct Pause {
    pub id: PauseId,
    pub kind: PauseKind,
    pub starts_on: NaiveDate,
    pub until_on: NaiveDate,
    pub reason: String,
    pub resumed_on: Option<NaiveDate>,
}

impl Pause {
    #[must_use]
    pub fn holds_on(&self, date: NaiveDate) -> bool {
        self.starts_on <= date && date <= self.until_on && self.resumed_on.is_none_or(|day| date < day)
    }
}

/// Why an office could not be found or declared.
#[derive(Debug, thiserror::Error)]
pub enum OfficeError {
    #[error("there is no office yet; declare one with `siap17 office apply FILE.toml`")]
    None,
    #[error("there are several offices ({0}); name one with --office")]
    Several(String),
    #[error("there is no office '{0}'; `siap17 office list` shows them")]
    Unknown(String),
    #[error("there is no team '{name}'; the office has {known}")]
    UnknownTeam { name: String, known: String },
    #[error("there is no pickup point '{name}'; the office has {known}")]
    UnknownPoint { name: String, known: String },
    #[error(
        "the stored declaration of the office '{code}' cannot be read; apply its file again with `siap17 office apply FILE.toml`"
    )]
    Unreadable { code: String, source: serde_json::Error },
    #[error("the declaration does not read back as it would be stored, and nothing of it is: {0}")]
    NotReadBack(String),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Office {
    #[must_use]
    pub fn zone(&self) -> Tz {
        self.declaration.zone
    }

    #[must_use]
    pub fn policies(&self) -> &Policies {
        &self.declaration.policies
    }

    /// When the counters are open.
    #[must_use]
    pub fn calendar<'a>(&'a self, holidays: &'a Holidays) -> Calendar<'a> {
        let closures = self.declaration.closures.iter().filter(|closure| closure.closes_office());
        Calendar { holidays, week: &self.declaration.opening_hours, closures: closures.collect() }
    }

    /// Whether notices may go out at `now` (invariant 5).
    #[must_use]
    pub fn delivers_at(&self, now: DateTime<Utc>) -> bool {
        self.declaration.delivery_hours.contains(now.with_timezone(&self.zone()).time())
    }

    pub fn team_named(&self, name: &str) -> Result<&Team, OfficeError> {
        self.teams.iter().find(|team| team.declared.name == name).ok_or_else(|| OfficeError::UnknownTeam {
            name: name.into(),
            known: self.teams.iter().map(|team| team.declared.name.as_str()).collect::<Vec<_>>().join(", "),
        })
    }

    #[must_use]
    pub fn point(&self, id: PointId) -> Option<&Point> {
        self.points.iter().find(|point| point.id == id)
    }

    pub fn point_named(&self, name: &str) -> Result<&Point, OfficeError> {
        self.points.iter().find(|point| point.declared.name == name).ok_or_else(|| OfficeError::UnknownPoint {
            name: name.into(),
            known: self.points.iter().map(|point| point.declared.name.as_str()).collect::<Vec<_>>().join(", "),
        })
    }
}

impl Team {
    /// Whether the team goes out on `date`, as far as the team itself is concerned.
    #[must_use]
    pub fn works_on(&self, date: NaiveDate) -> bool {
        self.declared.working_days.contains(date)
            && !self.declared.days_off.contains(&date)
            && !self.outages.iter().any(|outage| outage.starts_on <= date && date <= outage.until_on)
    }

    /// From when until when, both days included, the team is out of service around `date`; outages that overlap are one.
    #[must_use]
    pub fn out_of_service(&self, date: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
        let holding = || self.outages.iter().filter(|one| one.starts_on <= date && date <= one.until_on);
        let until = holding().map(|one| one.until_on).max()?;
        let mut since = holding().map(|one| one.starts_on).min()?;
        while let Some(earlier) = self.outages.iter().find(|one| one.starts_on < since && since <= one.until_on) {
            since = earlier.starts_on;
        }
        Some((since, until))
    }

    /// The recording sets that the team takes along on `date`; 0 when it stays at home.
    #[must_use]
    pub fn devices_on(&self, date: NaiveDate) -> u32 {
        let changed = self.declared.device_changes.iter().find(|change| change.from <= date && date <= change.to);
        if self.works_on(date) { changed.map_or(self.declared.devices, |change| change.devices) } else { 0 }
    }
}

/// What `office apply` did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Applied {
    Created,
    Changed,
    Unchanged,
}

/// What is stored of a declaration: only what reads back by the code that opens it, since an office that does not open does
/// nothing any more.
fn stored_text(declaration: &Declaration) -> Result<String, OfficeError> {
    let wrong = |error: serde_json::Error| OfficeError::NotReadBack(error.to_string());
    let text = serde_json::to_string(declaration).map_err(wrong)?;
    let back: Declaration = serde_json::from_str(&text).map_err(wrong)?;
    back.check().map_err(OfficeError::NotReadBack)?;
    Ok(text)
}

/// Makes the stored office agree with its declaration. A new office starts in hold. Whether what is stored already can be read
/// does not matter.
///
/// # Errors
/// The declaration would not read back, or the database refuses.
pub async fn apply(tx: &mut Tx, clock: &Clock, declaration: &Declaration) -> Result<(OfficeId, Applied), OfficeError> {
    let text = stored_text(declaration)?;
    // Of two who declare it at once, the second sees what the first has declared.
    let sql = "SELECT id, declaration FROM office WHERE code = $1";
    let known = fetch_locked!(tx, (OfficeId, String), sql, &declaration.code)?;
    let (id, applied) = match known.into_iter().next() {
        Some((id, stored)) if stored == text => return Ok((id, Applied::Unchanged)),
        Some((id, _)) => {
            execute!(tx, "UPDATE office SET declaration = $2 WHERE id = $1", id, &text)?;
            (id, Applied::Changed)
        }
        None => {
            let id = OfficeId::new(clock);
            execute!(
                tx,
                "INSERT INTO office (id, code, declaration, hold_reason, created_at) VALUES ($1, $2, $3, $4, $5)",
                id,
                &declaration.code,
                &text,
                "new_office",
                clock.now(),
            )?;
            (id, Applied::Created)
        }
    };
    for team in &declaration.teams {
        execute!(
            tx,
            "INSERT INTO team (id, office_id, name) VALUES ($1, $2, $3) ON CONFLICT (office_id, name) DO NOTHING",
            TeamId::new(clock),
            id,
            &team.name,
        )?;
    }
    for point in &declaration.pickup_points {
        execute!(
            tx,
            "INSERT INTO pickup_point (id, office_id, name) VALUES ($1, $2, $3) ON CONFLICT (office_id, name) DO NOTHING",
            PointId::new(clock),
            id,
            &point.name,
        )?;
    }
    Ok((id, applied))
}

#[derive(FromRow)]
struct OfficeRow {
    id: OfficeId,
    code: String,
    declaration: String,
    hold_reason: Option<String>,
}

/// An office as it is stored, whether or not its declaration can be read.
#[derive(Debug)]
pub struct Stored {
    pub id: OfficeId,
    pub code: String,
    pub hold_reason: Option<String>,
    /// The office, or why its declaration does not open.
    pub office: Result<Office, OfficeError>,
}

/// Every stored office, by code.
///
/// # Errors
/// The database refuses. A declaration that cannot be read is none: the others go on.
pub async fn stored(tx: &mut Tx) -> Result<Vec<Stored>, DbError> {
    let sql = "SELECT id, code, declaration, hold_reason FROM office ORDER BY code";
    let rows = fetch_all!(tx, OfficeRow, sql)?;
    let mut offices = Vec::with_capacity(rows.len());
    for row in rows {
        let (id, code, hold_reason) = (row.id, row.code.clone(), row.hold_reason.clone());
        let office = match assemble(tx, row).await {
            Err(OfficeError::Db(error)) => return Err(error),
            other => other,
        };
        offices.push(Stored { id, code, hold_reason, office });
    }
    Ok(offices)
}

/// Every office whose declaration can be read, by code. [`stored`] has the others, too, and says what is wrong with them.
///
/// # Errors
/// The database refuses.
pub async fn all(tx: &mut Tx) -> Result<Vec<Office>, OfficeError> {
    Ok(stored(tx).await?.into_iter().filter_map(|one| one.office.ok()).collect())
}

/// The codes of all offices with their IDs, in their order.
///
/// # Errors
/// The database refuses.
pub async fn codes(tx: &mut Tx) -> Result<Vec<(String, OfficeId)>, DbError> {
    fetch_all!(tx, (String, OfficeId), "SELECT code, id FROM office ORDER BY code")
}

/// Which office is meant by `code`, or by nothing where there is only one.
///
/// # Errors
/// There is no such office, none at all, or several and none is named.
pub async fn named(tx: &mut Tx, code: Option<&str>) -> Result<OfficeId, OfficeError> {
    let known = codes(tx).await?;
    match (code, known.as_slice()) {
        (Some(code), _) => known
            .iter()
            .find(|(known, _)| known == code)
            .map(|(_, id)| *id)
            .ok_or_else(|| OfficeError::Unknown(code.into())),
        (None, []) => Err(OfficeError::None),
        (None, [(_, id)]) => Ok(*id),
        (None, _) => {
            let codes: Vec<&str> = known.iter().map(|(code, _)| code.as_str()).collect();
            Err(OfficeError::Several(codes.join(", ")))
        }
    }
}

/// The office `code`, or the only one there is.
pub async fn find(tx: &mut Tx, code: Option<&str>) -> Result<Office, OfficeError> {
    let id = named(tx, code).await?;
    load(tx, id).await
}

/// Every pickup point that an office ever declared, with its name.
///
/// # Errors
/// The database refuses.
pub async fn points_ever(tx: &mut Tx, office: OfficeId) -> Result<Vec<(PointId, String)>, DbError> {
    fetch_all!(tx, (PointId, String), "SELECT id, name FROM pickup_point WHERE office_id = $1", office)
}

/// The office with this ID.
pub async fn load(tx: &mut Tx, id: OfficeId) -> Result<Office, OfficeError> {
    let row =
        fetch_optional!(tx, OfficeRow, "SELECT id, code, declaration, hold_reason FROM office WHERE id = $1", id)?;
    match row {
        Some(row) => assemble(tx, row).await,
        None => Err(OfficeError::Unknown(id.to_string())),
    }
}

async fn assemble(tx: &mut Tx, row: OfficeRow) -> Result<Office, OfficeError> {
    let declaration: Declaration = serde_json::from_str(&row.declaration)
        .map_err(|source| OfficeError::Unreadable { code: row.code.clone(), source })?;
    let team_ids = fetch_all!(tx, (TeamId, String), "SELECT id, name FROM team WHERE office_id = $1", row.id)?;
    let point_ids = points_ever(tx, row.id).await?;
    let outages = fetch_all!(
        tx,
        Outage,
        "SELECT o.team_id, o.starts_on, COALESCE(o.repaired_on, o.until_on) AS until_on
         FROM team_outage o JOIN team t ON t.id = o.team_id WHERE t.office_id = $1",
        row.id,
    )?;
    let id_of = |list: &[(TeamId, String)], name: &str| list.iter().find(|(_, n)| n == name).map(|(id, _)| *id);
    let teams = declaration
        .teams
        .iter()
        .filter_map(|declared| {
            let id = id_of(&team_ids, &declared.name)?;
            let outages = outages.iter().filter(|outage| outage.team_id == id).cloned().collect();
            Some(Team { id, declared: declared.clone(), outages })
        })
        .collect();
    let points = declaration
        .pickup_points
        .iter()
        .filter_map(|declared| {
            let (id, _) = point_ids.iter().find(|(_, name)| *name == declared.name)?;
            Some(Point { id: *id, declared: declared.clone() })
        })
        .collect();
    Ok(Office { id: row.id, declaration, hold_reason: row.hold_reason, teams, points })
}

/// The office's turn, had until the transaction ends. What is planned and agreed, and what the office declares of itself, is
/// changed by whoever has it.
#[derive(Debug, Clone, Copy)]
pub struct Turn(OfficeId);

impl Turn {
    /// The office whose turn it is.
    #[must_use]
    pub fn office(self) -> OfficeId {
        self.0
    }
}

/// Waits for the office's turn: until the end of the transaction nobody else who asks for it has it. Taken before anything else is
/// locked. SQLite's writers take turns anyway.
pub async fn lock_office(tx: &mut Tx, office: OfficeId) -> Result<Turn, DbError> {
    fetch_locked!(tx, (OfficeId,), "SELECT id FROM office WHERE id = $1", office)?;
    Ok(Turn(office))
}

/// Holds every notice back (`Some(reason)`) or lets them go (`None`).
pub async fn set_hold(tx: &mut Tx, office: OfficeId, reason: Option<&str>) -> Result<(), DbError> {
    execute!(tx, "UPDATE office SET hold_reason = $2 WHERE id = $1", office, reason)?;
    Ok(())
}

/// Why a database is held that is a copy: made by `backup`, put back by `restore`, or come back in another way.
const COPIES: [&str; 4] = ["copy", "restored", "older_copy", "copied"];

/// Whether an office is held for this reason because its database is a copy.
#[must_use]
pub fn is_of_copy(reason: &str) -> bool {
    COPIES.contains(&reason)
}

fn copied_at_of(office: OfficeId) -> String {
    format!("copied_at:{office}")
}

/// Holds every notice back because the database is a copy that knows nothing of what happened after `since`. A copy of a copy
/// that is held knows nothing since the first was made.
pub async fn hold_copy(tx: &mut Tx, office: OfficeId, reason: &str, since: DateTime<Utc>) -> Result<(), DbError> {
    let held = fetch_optional!(&mut *tx, (Option<String>,), "SELECT hold_reason FROM office WHERE id = $1", office)?;
    if !held.and_then(|row| row.0).is_some_and(|held| is_of_copy(&held)) {
        set_meta(tx, &copied_at_of(office), &since.to_rfc3339()).await?;
    }
    set_hold(tx, office, Some(reason)).await
}

/// Since when somebody else may have sent what this database does not know of; `None` of what is held for another reason or not
/// at all.
pub async fn copied_at(tx: &mut Tx, office: &Office) -> Result<Option<DateTime<Utc>>, DbError> {
    if !office.hold_reason.as_deref().is_some_and(is_of_copy) {
        return Ok(None);
    }
    Ok(meta(tx, &copied_at_of(office.id)).await?.and_then(|text| text.parse().ok()))
}

/// Begins a pause.
pub async fn pause(tx: &mut Tx, office: OfficeId, pause: &Pause) -> Result<(), DbError> {
    execute!(
        tx,
        "INSERT INTO pause (id, office_id, kind, starts_on, until_on, reason) VALUES ($1, $2, $3, $4, $5, $6)",
        pause.id,
        office,
        pause.kind,
        pause.starts_on,
        pause.until_on,
        &pause.reason,
    )?;
    Ok(())
}

/// Ends every running pause of one kind from `today` on; gives how many there were.
pub async fn resume(tx: &mut Tx, office: OfficeId, kind: PauseKind, today: NaiveDate) -> Result<u64, DbError> {
    execute!(
        tx,
        "UPDATE pause SET resumed_on = $3 WHERE office_id = $1 AND kind = $2 AND resumed_on IS NULL AND until_on >= $3",
        office,
        kind,
        today,
    )
}

/// Every pause there ever was, oldest first.
pub async fn pauses(tx: &mut Tx, office: OfficeId) -> Result<Vec<Pause>, DbError> {
    fetch_all!(
        tx,
        Pause,
        "SELECT id, kind, starts_on, until_on, reason, resumed_on FROM pause WHERE office_id = $1 ORDER BY starts_on, id",
        office,
    )
}

/// Puts a team out of service, both days included.
pub async fn break_team(
    tx: &mut Tx,
    clock: &Clock,
    team: TeamId,
    from: NaiveDate,
    until: NaiveDate,
) -> Result<(), DbError> {
    execute!(
        tx,
        "INSERT INTO team_outage (id, team_id, starts_on, until_on) VALUES ($1, $2, $3, $4)",
        clock.new_uuid(),
        team,
        from,
        until,
    )?;
    Ok(())
}

/// Puts a team back into service from `today` on; gives how many outages that ended.
pub async fn repair_team(tx: &mut Tx, team: TeamId, today: NaiveDate) -> Result<u64, DbError> {
    let yesterday = today.pred_opt().unwrap_or(today);
    execute!(
        tx,
        "UPDATE team_outage SET repaired_on = $2 WHERE team_id = $1 AND repaired_on IS NULL AND until_on >= $3",
        team,
        yesterday,
        today,
    )
}

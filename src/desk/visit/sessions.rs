//! Sessions at the desk: evenings, weekends and village days on which everybody may come to be recorded.

use chrono::{NaiveDate, NaiveTime};
use serde::Serialize;

use crate::clock::local_instant;
use crate::db::Tx;
use crate::desk::context::{Desk, Done, plain_words};
use crate::desk::refusal::{PlaceRefusal, SessionRefusal};
use crate::office::{self, Office, Team};
use crate::place::{self, Place};
use crate::staff::Right;
use crate::visit::open::Openness;
use crate::visit::schedule;
use crate::visit::session::{self, Filter, NewSession, Session, SessionId, SessionState};
use crate::written::tidy;

/// A session that somebody wants to hold; place and team by code and name, hours of the office's zone.
#[derive(Debug, Clone)]
pub struct WantedSession {
    pub place: String,
    pub on: NaiveDate,
    pub from: NaiveTime,
    pub to: NaiveTime,
    pub team: Option<String>,
    pub title: Option<String>,
}

/// A session that was written down, and what somebody should think about.
#[derive(Debug, Clone, Serialize)]
pub struct AddedSession {
    #[serde(flatten)]
    pub session: Session,
    pub warnings: Vec<SessionWarning>,
}

/// What stands against a session, which the office may hold all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SessionWarning {
    pub code: &'static str,
    pub message: String,
}

/// A page of `visit session list`.
#[derive(Debug, Clone, Serialize)]
pub struct SessionPage {
    pub sessions: Vec<Session>,
    /// What `--after` takes for the next page; null at the end.
    pub next: Option<SessionId>,
}

impl Desk {
    /// Writes a session down and tells whom it is for. A holiday, a closure or a team's day off is only warned of: a session
    /// may well be on a Sunday.
    pub async fn add_session(&self, wanted: &WantedSession) -> Done<AddedSession> {
        let title = wanted.title.as_deref().map(tidy);
        self.require(Right::Visits)?;
        plain_words("the title", title.as_deref().unwrap_or_default())?;
        if wanted.from >= wanted.to {
            return Err(SessionRefusal::EndsBeforeBegin { from: wanted.from, to: wanted.to }.into());
        }
        let mut tx = self.visits_tx().await?;
        let office = office::load(&mut tx, self.office.id).await?;
        let zone = office.zone();
        let starts_at = local_instant(wanted.on, wanted.from, zone);
        if starts_at <= self.clock.now() {
            return Err(SessionRefusal::Past { on: wanted.on, at: wanted.from }.into());
        }
        let unknown = || PlaceRefusal::Unknown { code: wanted.place.clone() };
        let place = place::find(&mut tx, office.id, &wanted.place).await?.ok_or_else(unknown)?;
        let team = wanted.team.as_deref().map(|name| team_of(&office, name)).transpose()?;
        let new = NewSession {
            place: place.id,
            team: team.map(|team| team.id),
            on: wanted.on,
            starts_at,
            ends_at: local_instant(wanted.on, wanted.to, zone),
            title,
        };
        self.is_free(&mut tx, &new).await?;
        let warnings = self.session_warnings(&mut tx, &office, &place, team, &new).await?;
        let id = session::add(&mut tx, &self.clock, office.id, &new).await?;
        let hours = format!("{} {}-{} {}", wanted.on, hour(wanted.from), hour(wanted.to), place.code);
        self.audit(&mut tx, "session.add", &format!("session:{id}"), &hours).await?;
        self.settle_office(&mut tx).await?;
        let session = self.session(&mut tx, id).await?;
        tx.commit().await?;
        self.catch_up().await;
        Ok(AddedSession { session, warnings })
    }

    /// Calls a session off; whoever was told of it is told.
    pub async fn cancel_session(&self, id: SessionId, reason: &str) -> Done<Session> {
        let reason = &tidy(reason);
        self.require(Right::Visits)?;
        if reason.is_empty() {
            return Err(SessionRefusal::ReasonMissing.into());
        }
        plain_words("the reason", reason)?;
        let mut tx = self.visits_tx().await?;
        let session = self.session(&mut tx, id).await?;
        if session.state == SessionState::Cancelled {
            return Err(SessionRefusal::Cancelled.into());
        }
        if session.ends_at <= self.clock.now() {
            return Err(SessionRefusal::Over(session.date).into());
        }
        session::cancel(&mut tx, &self.clock, id, reason).await?;
        self.audit(&mut tx, "session.cancel", &format!("session:{id}"), reason).await?;
        self.settle_office(&mut tx).await?;
        let session = self.session(&mut tx, id).await?;
        tx.commit().await?;
        self.catch_up().await;
        Ok(session)
    }

    /// Sessions by day and hour, past and cancelled ones too.
    pub async fn sessions(&self, filter: &Filter) -> Done<SessionPage> {
        self.require(Right::Visits)?;
        let mut tx = self.db.read().await?;
        if let Some(after) = filter.after {
            self.session(&mut tx, after).await?;
        }
        let sessions = session::list(&mut tx, self.office.id, filter).await?;
        let full = i64::try_from(sessions.len()).is_ok_and(|count| count > 0 && count >= filter.limit);
        let next = sessions.last().filter(|_| full).map(|session| session.id);
        Ok(SessionPage { sessions, next })
    }

    /// The office's session with this ID.
    async fn session(&self, tx: &mut Tx, id: SessionId) -> Done<Session> {
        session::load(tx, self.office.id, id).await?.ok_or_else(|| SessionRefusal::Unknown(id).into())
    }

    /// Refuses a session while the same team holds another; where no team is named, the same place.
    async fn is_free(&self, tx: &mut Tx, new: &NewSession) -> Done<()> {
        let others = session::overlapping(tx, self.office.id, new.starts_at, new.ends_at).await?;
        let clashes = |other: &&Session| match new.team {
            Some(team) => other.team_id == Some(team),
            None => other.team_id.is_none() && other.place_id == new.place,
        };
        let Some(other) = others.iter().find(clashes) else { return Ok(()) };
        let who = other.team.clone().unwrap_or_else(|| other.place_name.clone());
        let hours = other.hours(self.office.zone());
        let (on, place, id) = (other.date, other.place_name.clone(), other.id);
        Err(SessionRefusal::Overlaps { who, hours, on, place, id }.into())
    }

    async fn session_warnings(
        &self,
        tx: &mut Tx,
        office: &Office,
        place: &Place,
        team: Option<&Team>,
        new: &NewSession,
    ) -> Done<Vec<SessionWarning>> {
        let pauses = office::pauses(tx, office.id).await?;
        let openness = Openness { office, holidays: &self.holidays, pauses: &pauses };
        let off = team.and_then(|team| openness.team_obstacle(Some(team), new.on));
        let obstacles = openness.obstacle(place, new.on).into_iter().chain(off);
        let mut warnings: Vec<SessionWarning> =
            obstacles.map(|one| SessionWarning { code: one.code(), message: one.to_string() }).collect();
        let visits = schedule::active(tx, office.id, new.on).await?;
        let busy = visits.iter().map(|entry| &entry.visit).find(|visit| {
            Some(visit.team_id) == new.team
                && visit.state.is_settled()
                && visit.starts_at < new.ends_at
                && visit.ends_at > new.starts_at
        });
        if let (Some(visit), Some(team)) = (busy, team) {
            let message = format!("{} has the visit {} at these hours", team.declared.name, visit.id);
            warnings.push(SessionWarning { code: "team_busy", message });
        }
        Ok(warnings)
    }
}

fn team_of<'a>(office: &'a Office, name: &str) -> Done<&'a Team> {
    office.teams.iter().find(|team| team.declared.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
        let known: Vec<&str> = office.teams.iter().map(|team| team.declared.name.as_str()).collect();
        SessionRefusal::TeamUnknown { name: name.to_owned(), known: known.join(", ") }.into()
    })
}

fn hour(time: NaiveTime) -> String {
    time.format("%H:%M").to_string()
}

//! Calendars to subscribe to: made, listed, revoked; and read by whoever has the secret.

use chrono::{DateTime, Days, Utc};
use serde::Serialize;

use crate::desk::context::{Desk, DeskError, Done};
use crate::desk::opening::Desks;
use crate::desk::refusal::FeedRefusal;
use crate::messages::{LANGUAGES, Messages};
use crate::office::{self, Office};
use crate::place::{self, PlaceId};
use crate::staff::Right;
use crate::visit::feed::{self, Feed, FeedError, FeedId, FeedKind, Listed, Shown};
use crate::visit::{VisitState, ics};

/// So long after its day a visit stays in the calendars.
const SHOWN_AFTER: Days = Days::new(90);

/// Whose calendar is asked for.
#[derive(Debug, Clone)]
pub enum FeedOf {
    Team(String),
    /// By the place's code.
    Place(String),
    Office,
}

/// A new calendar.
#[derive(Debug, Clone, Serialize)]
pub struct NewFeed {
    pub id: FeedId,
    /// Where it is read, below the address of siap17's HTTP port. It is shown this once.
    pub path: String,
}

/// A calendar as it is served.
#[derive(Debug, Clone)]
pub struct Calendar {
    pub text: String,
    /// When the newest of its visits changed.
    pub changed_at: Option<DateTime<Utc>>,
}

impl From<FeedError> for DeskError {
    fn from(error: FeedError) -> Self {
        match error {
            FeedError::Vault(error) => Self::Vault(error),
            FeedError::Db(error) => Self::Db(error),
        }
    }
}

impl Desk {
    /// Makes a calendar with a secret link.
    pub async fn add_feed(&self, of: &FeedOf) -> Done<NewFeed> {
        self.require(Right::Visits)?;
        let (kind, subject) = match of {
            FeedOf::Team(name) => (FeedKind::Team, self.office.team_named(name)?.id.0),
            FeedOf::Place(code) => (FeedKind::Place, self.place(code).await?.id.0),
            FeedOf::Office => (FeedKind::Office, self.office.id.0),
        };
        let mut tx = self.db.write().await?;
        let (id, secret) = feed::add(&mut tx, &self.clock, &self.vault, self.office.id, kind, subject).await?;
        self.audit(&mut tx, "feed.add", &format!("feed:{id}"), &format!("{} {subject}", kind.word())).await?;
        tx.commit().await?;
        Ok(NewFeed { id, path: format!("/kalender/{secret}.ics") })
    }

    /// The calendars that were ever made.
    pub async fn feeds(&self, after: Option<FeedId>, limit: i64) -> Done<Vec<Listed>> {
        self.require(Right::Visits)?;
        let mut tx = self.db.read().await?;
        Ok(feed::page(&mut tx, self.office.id, after, limit).await?)
    }

    /// Closes a calendar: its link leads nowhere from now on.
    pub async fn revoke_feed(&self, id: FeedId) -> Done<()> {
        self.require(Right::Visits)?;
        let mut tx = self.db.write().await?;
        if !feed::revoke(&mut tx, &self.clock, self.office.id, id).await? {
            return Err(FeedRefusal::Unknown(id).into());
        }
        self.audit(&mut tx, "feed.revoke", &format!("feed:{id}"), "").await?;
        Ok(tx.commit().await?)
    }
}

impl Desks {
    /// The calendar that `secret` opens: whoever has it may read. `None` for whatever opens none.
    pub async fn calendar(&self, secret: &str) -> Done<Option<Calendar>> {
        let mut tx = self.db.read().await?;
        let Some(feed) = feed::find(&mut tx, &self.vault, secret).await? else { return Ok(None) };
        let office = office::load(&mut tx, feed.office_id).await?;
        let today = self.clock.today(office.zone());
        let from = today.checked_sub_days(SHOWN_AFTER).unwrap_or(today);
        let visits = feed::visits(&mut tx, &feed, from).await?;
        let name = match feed.kind {
            FeedKind::Place => place::load(&mut tx, PlaceId(feed.subject_id)).await?.map(|place| place.name),
            FeedKind::Team => team_name(&office, &feed),
            FeedKind::Office => None,
        };
        let name = name.unwrap_or_else(|| office.declaration.name.clone());
        let title = self.messages.text(LANGUAGES[0], "feed-title", &[("name", name.into())]);
        let events: Vec<ics::Event> = visits.iter().map(|visit| event(&self.messages, &feed, visit)).collect();
        let changed_at = visits.iter().map(|visit| visit.updated_at).max();
        Ok(Some(Calendar { text: ics::write(&title, &events), changed_at }))
    }
}

fn team_name(office: &Office, feed: &Feed) -> Option<String> {
    office.teams.iter().find(|team| team.id.0 == feed.subject_id).map(|team| team.declared.name.clone())
}

fn event(messages: &Messages, feed: &Feed, visit: &Shown) -> ics::Event {
    let text = |id: &str| {
        let arguments = [
            ("place", visit.place.clone().into()),
            ("team", visit.team.clone().into()),
            ("count", visit.students.into()),
        ];
        messages.text(LANGUAGES[0], id, &arguments)
    };
    // A place knows its own name; it wants to know who comes.
    let what = if feed.kind == FeedKind::Place { text("feed-summary-place") } else { text("feed-summary") };
    let (status, state) = match visit.state {
        VisitState::Proposed | VisitState::Announced => (ics::Status::Tentative, text("feed-announced")),
        VisitState::Confirmed => (ics::Status::Confirmed, text("feed-confirmed")),
        VisitState::Done => (ics::Status::Confirmed, text("feed-done")),
        VisitState::Cancelled => (ics::Status::Cancelled, text("feed-cancelled")),
    };
    let location = match &visit.kecamatan {
        Some(kecamatan) => format!("{}, {kecamatan}", visit.place),
        None => visit.place.clone(),
    };
    ics::Event {
        uid: format!("visit-{}@siap17", visit.id),
        sequence: visit.revision,
        changed_at: visit.updated_at,
        starts_at: visit.starts_at,
        ends_at: visit.ends_at,
        status,
        summary: what,
        location,
        at: visit.latitude.zip(visit.longitude),
        description: format!("{state}\n{}", text("feed-description")),
    }
}

//! Visits at the desk: planned, listed, announced, confirmed, moved, cancelled.

use chrono::NaiveDate;
use serde::Serialize;

use crate::db::Tx;
use crate::desk::context::{Desk, Done, plain_words};
use crate::desk::refusal::{PlaceRefusal, VisitRefusal};
use crate::office::{self, Team};
use crate::place::{self, Place};
use crate::staff::Right;
use crate::student::StudentId;
use crate::visit::offer::Question;
use crate::visit::open::{Obstacle, Openness};
use crate::visit::schedule::{self, Entry, Filter, Listed, LockedVisit, OnList, Slot, Visit};
use crate::visit::season;
use crate::visit::{VisitId, VisitState};
use crate::written::tidy;

/// A page of `visit list`.
#[derive(Debug, Clone, Serialize)]
pub struct VisitPage {
    pub visits: Vec<Listed>,
    /// What `--after` takes for the next page; null at the end.
    pub next: Option<VisitId>,
}

/// Which visits to list; the place by its code.
#[derive(Debug, Clone, Default)]
pub struct VisitFilter {
    pub state: Option<VisitState>,
    pub place: Option<String>,
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    pub after: Option<VisitId>,
    pub limit: i64,
}

/// What a move of a visit means for its students.
#[derive(Debug, Clone, Serialize)]
pub struct Moved {
    pub visit: Listed,
    /// Will be 17 by the new day, but were not by the old one.
    pub turned_17: Vec<OnList>,
    /// Cannot be met on the new day; the next plan takes them up.
    pub out_of_reach: Vec<OnList>,
    /// Proposed visits of the team on that day, which the next plan proposes anew.
    pub dropped: usize,
}

/// A settled visit that cannot be kept.
#[derive(Debug, Clone, Serialize)]
pub struct VisitHit {
    pub visit: Listed,
    pub code: &'static str,
    pub reason: String,
}

impl Desk {
    /// Visits by day and hour.
    pub async fn visits(&self, filter: &VisitFilter) -> Done<VisitPage> {
        self.require(Right::Visits)?;
        let mut tx = self.db.read().await?;
        let place = match &filter.place {
            None => None,
            Some(code) => {
                let unknown = || PlaceRefusal::Unknown { code: code.clone() };
                Some(place::find(&mut tx, self.office.id, code).await?.ok_or_else(unknown)?.id)
            }
        };
        if let Some(after) = filter.after
            && schedule::load(&mut tx, self.office.id, after).await?.is_none()
        {
            return Err(VisitRefusal::AfterGone(after).into());
        }
        let known = Filter {
            state: filter.state,
            place,
            from: filter.from,
            to: filter.to,
            after: filter.after,
            limit: filter.limit.max(0),
        };
        let visits = schedule::list(&mut tx, self.office.id, &known).await?;
        let full = i64::try_from(visits.len()).is_ok_and(|count| count > 0 && count >= known.limit);
        let next = visits.last().filter(|_| full).and_then(|visit| visit.id);
        Ok(VisitPage { visits, next })
    }

    /// Announces a proposed visit to its place: from now on it is not planned anew.
    pub async fn announce_visit(&self, id: VisitId) -> Done<Listed> {
        self.require(Right::Visits)?;
        let mut tx = self.visits_tx().await?;
        let visit = self.locked_visit(&mut tx, id).await?;
        self.expect(&visit, &[VisitState::Proposed], "announced")?;
        self.not_past(visit.visit_on)?;
        self.can_be(&mut tx, &visit).await?;
        schedule::announce(&mut tx, &self.clock, &visit).await?;
        self.audit(&mut tx, "visit.announce", &format!("visit:{id}"), &visit.visit_on.to_string()).await?;
        self.finish(tx, id, &[]).await
    }

    /// Writes down that the place has agreed; its students are told now.
    pub async fn confirm_visit(&self, id: VisitId) -> Done<Listed> {
        self.require(Right::Visits)?;
        let mut tx = self.visits_tx().await?;
        let visit = self.locked_visit(&mut tx, id).await?;
        self.expect(&visit, &[VisitState::Announced], "confirmed")?;
        let told = self.confirm_in(&mut tx, &visit, "").await?;
        self.finish(tx, id, &told).await
    }

    /// The same inside a transaction that does more, for an announced visit; gives whose notices have to be looked at.
    pub(super) async fn confirm_in(&self, tx: &mut Tx, visit: &LockedVisit, how: &str) -> Done<Vec<StudentId>> {
        self.not_past(visit.visit_on)?;
        self.can_be(tx, visit).await?;
        schedule::confirm(tx, &self.clock, visit).await?;
        let detail = format!("{}{how}", visit.visit_on);
        self.audit(tx, "visit.confirm", &format!("visit:{}", visit.id), &detail).await?;
        Ok(ids(&schedule::students(tx, visit.id).await?))
    }

    /// Cancels a visit that has not been; its students are planned again, and whoever was told of it is told.
    pub async fn cancel_visit(&self, id: VisitId, reason: &str) -> Done<Listed> {
        let reason = &tidy(reason);
        self.require(Right::Visits)?;
        if reason.is_empty() {
            return Err(VisitRefusal::ReasonMissing.into());
        }
        plain_words("the reason", reason)?;
        let mut tx = self.visits_tx().await?;
        let visit = self.locked_visit(&mut tx, id).await?;
        let states = [VisitState::Proposed, VisitState::Announced, VisitState::Confirmed];
        self.expect(&visit, &states, "cancelled")?;
        schedule::cancel(&mut tx, &self.clock, &visit, reason).await?;
        self.audit(&mut tx, "visit.cancel", &format!("visit:{id}"), reason).await?;
        let told = ids(&schedule::students(&mut tx, id).await?);
        self.finish(tx, id, &told).await
    }

    /// Moves a settled visit to another day; the place has to agree again, and whoever was told of it is told.
    pub async fn move_visit(&self, id: VisitId, to: NaiveDate) -> Done<Moved> {
        self.require(Right::Visits)?;
        let mut tx = self.visits_tx().await?;
        let locked = self.locked_visit(&mut tx, id).await?;
        let visit = (*locked).clone();
        if visit.state == VisitState::Proposed {
            return Err(VisitRefusal::OnlyProposed.into());
        }
        self.expect(&visit, &[VisitState::Announced, VisitState::Confirmed], "moved")?;
        self.not_past(to)?;
        if to == visit.visit_on {
            return Err(VisitRefusal::SameDay(to).into());
        }
        let around = self.around(&mut tx, visit).await?;
        let question = around.question(&self.holidays)?;
        let Question { openness, place, visit, .. } = question;
        let team = openness.office.teams.iter().find(|team| team.id == visit.team_id);
        let obstacle = openness.obstacle(place, to).or_else(|| openness.team_obstacle(team, to));
        if let Some(obstacle) = obstacle {
            return Err(obstacle.into());
        }
        let slot = slot_on(&question, team, to)?;
        let list = schedule::students(&mut tx, id).await?;
        let dropped = self.move_in(&mut tx, &locked, &slot, "").await?;
        let (late, lost) = question.hit_by(to);
        let among = |ids: &[StudentId]| list.iter().filter(|one| ids.contains(&one.id)).cloned().collect();
        let (turned_17, out_of_reach) = (among(&late), among(&lost));
        let visit = self.finish(tx, id, &ids(&list)).await?;
        Ok(Moved { visit, turned_17, out_of_reach, dropped })
    }

    /// Puts a settled visit on another day inside a transaction that does more; gives how many proposed visits of that day
    /// have to be planned anew.
    pub(super) async fn move_in(&self, tx: &mut Tx, visit: &LockedVisit, slot: &Slot, how: &str) -> Done<usize> {
        let turn = office::lock_office(tx, self.office.id).await?;
        schedule::move_to(tx, &self.clock, visit, slot).await?;
        let dropped = schedule::drop_proposed(tx, turn, slot.team_id, slot.visit_on).await?;
        let detail = format!("{} to {}{how}", visit.visit_on, slot.visit_on);
        self.audit(tx, "visit.move", &format!("visit:{}", visit.id), &detail).await?;
        Ok(dropped)
    }

    /// Settled visits that cannot be kept as things stand now.
    pub async fn visits_hit(&self) -> Done<Vec<VisitHit>> {
        self.require(Right::Visits)?;
        let mut tx = self.db.read().await?;
        let office = office::load(&mut tx, self.office.id).await?;
        let pauses = office::pauses(&mut tx, office.id).await?;
        let places = place::all(&mut tx, office.id).await?;
        let openness = Openness { office: &office, holidays: &self.holidays, pauses: &pauses };
        let mut hits = Vec::new();
        for Entry { visit, .. } in schedule::active(&mut tx, office.id, self.today()).await? {
            if !visit.state.is_settled() {
                continue;
            }
            let place = places.iter().find(|place| place.id == visit.place_id);
            let obstacle = obstacle_to(openness, place, &visit);
            if let Some(obstacle) = obstacle {
                let (code, reason) = (obstacle.code(), obstacle.to_string());
                hits.push(VisitHit { visit: self.listed(&mut tx, visit.id).await?, code, reason });
            }
        }
        Ok(hits)
    }

    /// A transaction that changes visits: one at a time, so that no plan replaces what is announced this very moment.
    pub(super) async fn visits_tx(&self) -> Done<Tx> {
        let mut tx = self.db.write().await?;
        office::lock_office(&mut tx, self.office.id).await?;
        Ok(tx)
    }

    /// Refuses a visit that cannot be kept as things stand now.
    pub(super) async fn can_be(&self, tx: &mut Tx, visit: &Visit) -> Done<()> {
        let office = office::load(tx, self.office.id).await?;
        let pauses = office::pauses(tx, office.id).await?;
        let openness = Openness { office: &office, holidays: &self.holidays, pauses: &pauses };
        let place = place::load(tx, visit.place_id).await?;
        match obstacle_to(openness, place.as_ref(), visit) {
            None => Ok(()),
            Some(obstacle) => Err(obstacle.into()),
        }
    }

    /// The office's visit with this ID.
    pub(super) async fn visit(&self, tx: &mut Tx, id: VisitId) -> Done<Visit> {
        schedule::load(tx, self.office.id, id).await?.ok_or_else(|| VisitRefusal::Unknown(id).into())
    }

    /// The same, to be changed.
    pub(super) async fn locked_visit(&self, tx: &mut Tx, id: VisitId) -> Done<LockedVisit> {
        schedule::lock(tx, self.office.id, id).await?.ok_or_else(|| VisitRefusal::Unknown(id).into())
    }

    /// The same as people see it.
    pub(super) async fn listed(&self, tx: &mut Tx, id: VisitId) -> Done<Listed> {
        let listed = schedule::listed(tx, self.office.id, id).await?;
        listed.ok_or_else(|| VisitRefusal::Gone(id).into())
    }

    /// Brings notices up to date, commits, and shows the visit.
    async fn finish(&self, mut tx: Tx, id: VisitId, touched: &[StudentId]) -> Done<Listed> {
        self.settle_all(&mut tx, touched).await?;
        let visit = self.visit(&mut tx, id).await?;
        self.settle_contact(&mut tx, visit.place_id).await?;
        let listed = self.listed(&mut tx, id).await?;
        tx.commit().await?;
        Ok(listed)
    }

    fn expect(&self, visit: &Visit, states: &[VisitState], what: &'static str) -> Done<()> {
        if states.contains(&visit.state) {
            return Ok(());
        }
        let known: Vec<&str> = states.iter().map(|state| state.word()).collect();
        Err(VisitRefusal::State { state: visit.state, known: known.join(" or "), what }.into())
    }

    pub(super) fn not_past(&self, date: NaiveDate) -> Done<()> {
        if date >= self.today() {
            return Ok(());
        }
        Err(VisitRefusal::Past(date).into())
    }
}

/// When a visit would be on another day, by its own team.
fn slot_on(question: &Question<'_>, team: Option<&Team>, to: NaiveDate) -> Done<Slot> {
    let place = question.place;
    if season::point_of(place).is_none() {
        return Err(VisitRefusal::NoCoordinates { place: place.name.clone() }.into());
    }
    let team = team.ok_or(Obstacle::TeamUnknown)?;
    question.slot(team, to).ok_or_else(|| {
        let (team, place) = (team.declared.name.clone(), place.name.clone());
        VisitRefusal::NoTime { team, students: question.students.len(), place, on: to }.into()
    })
}

/// What stands against a visit on its day.
fn obstacle_to(openness: Openness<'_>, place: Option<&Place>, visit: &Visit) -> Option<Obstacle> {
    let team = openness.office.teams.iter().find(|team| team.id == visit.team_id);
    place
        .and_then(|place| openness.obstacle(place, visit.visit_on))
        .or_else(|| openness.team_obstacle(team, visit.visit_on))
}

fn ids(list: &[OnList]) -> Vec<StudentId> {
    list.iter().map(|one| one.id).collect()
}

//! A team's device breaks: the rest of its lists of today becomes `device_failed`, and its students are free for the next plan.

use chrono::NaiveDate;
use serde::Serialize;

use crate::db::Tx;
use crate::desk::context::{Desk, Done};
use crate::desk::refusal::VisitRefusal;
use crate::office::{self, TeamId};
use crate::staff::Right;
use crate::student::StudentId;
use crate::visit::{VisitId, record};

/// What became of today's visits of a team that broke.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Broken {
    /// Visits of today that ended with it.
    pub visits: Vec<VisitId>,
    /// Students on their lists who had no result.
    pub device_failed: u64,
}

/// A team with visits of today that are not written down yet.
#[derive(Debug, Clone)]
pub struct OutToday {
    pub team: TeamId,
    pub name: String,
    /// Students on its lists without a result.
    pub open: i64,
}

impl Desk {
    /// Puts a team out of service from today until `until`, that day included. Whoever has no result on its settled visits of
    /// today is presumed `device_failed` and free for the next plan; a list that comes back later goes before that.
    pub async fn team_broken(&self, name: &str, until: NaiveDate) -> Done<Broken> {
        let team = self.office.team_named(name)?.id;
        let mut tx = self.visits_tx().await?;
        let broken = self.team_broken_in(&mut tx, team, until).await?;
        tx.commit().await?;
        Ok(broken)
    }

    /// [`Desk::team_broken`] inside a transaction that does more.
    pub(crate) async fn team_broken_in(&self, tx: &mut Tx, team: TeamId, until: NaiveDate) -> Done<Broken> {
        self.require(Right::Visits)?;
        let today = self.today();
        if until < today {
            return Err(VisitRefusal::OutagePast(until).into());
        }
        office::lock_office(tx, self.office.id).await?;
        office::break_team(tx, &self.clock, team, today, until).await?;
        let mut broken = Broken::default();
        let mut touched: Vec<StudentId> = Vec::new();
        for id in record::open_visits(tx, team, today).await? {
            let visit = self.locked_visit(tx, id).await?;
            let failed = record::presume_device_failed(tx, &self.clock, &visit).await?;
            record::close(tx, &self.clock, &visit).await?;
            let lines = record::lines(tx, id).await?;
            touched.extend(lines.iter().map(|line| line.merged_into.unwrap_or(line.student_id)));
            broken.device_failed += failed;
            broken.visits.push(id);
        }
        let mut detail = format!("until {until}");
        if !broken.visits.is_empty() {
            let visits: Vec<String> = broken.visits.iter().map(|id| format!("visit:{id}")).collect();
            detail = format!("{detail}; {} device_failed on {}", broken.device_failed, visits.join(" "));
        }
        self.audit(tx, "team.broken", &format!("team:{team}"), &detail).await?;
        self.settle_all(tx, &touched).await?;
        Ok(broken)
    }

    /// The teams whose visits of today are not written down yet.
    pub(crate) async fn teams_out_in(&self, tx: &mut Tx) -> Done<Vec<OutToday>> {
        self.require(Right::Visits)?;
        let mut out = Vec::new();
        for team in &self.office.teams {
            let visits = record::open_visits(tx, team.id, self.today()).await?;
            if visits.is_empty() {
                continue;
            }
            let mut open = 0;
            for visit in visits {
                open += record::open_lines(tx, visit).await?;
            }
            out.push(OutToday { team: team.id, name: team.declared.name.clone(), open });
        }
        Ok(out)
    }
}

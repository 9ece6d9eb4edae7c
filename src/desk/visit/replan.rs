//! Planning anew at once when the calendar, a team or a place changes.

use serde::Serialize;

use super::plan_report::{PlanReport, PlannedChange};
use crate::desk::context::{Desk, DeskError, Done};
use crate::desk::refusal::{PlanRefusal, Refusal};
use crate::visit::schedule::{self, Changes};

/// What planning anew did, after something else was changed.
#[derive(Debug, Clone, Serialize)]
pub struct Replanned {
    #[serde(flatten)]
    pub changes: Changes,
    pub difference: Vec<PlannedChange>,
}

impl Desk {
    /// Plans anew what is only proposed, after the calendar, a team or a place has changed. `None` when nothing is proposed, so
    /// that an office which does not plan yet is not surprised, and when the holidays of the coming days are not known or the
    /// facts keep changing.
    pub async fn replan(&self) -> Done<Option<Replanned>> {
        let mut tx = self.db.read().await?;
        let proposed = schedule::has_proposed(&mut tx, self.office.id, self.today()).await?;
        drop(tx);
        if !proposed {
            return Ok(None);
        }
        match self.plan_visits(None, None, false).await {
            Ok(PlanReport { changes, difference, .. }) => Ok(changes.map(|changes| Replanned { changes, difference })),
            // What changed is kept all the same; the nightly job plans.
            Err(DeskError::Refused(Refusal::Plan(
                PlanRefusal::HolidaysUnknown(_) | PlanRefusal::FactsKeepChanging,
            ))) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

//! What a change of the calendar does to visits: which settled ones it hits, and how the proposed ones are planned anew.

use serde_json::json;

use crate::cli::answer::{Answer, Failure, Outcome};
use crate::cli::show;
use crate::desk::{Desk, Replanned, VisitHit};
use crate::staff::Right;

/// Says that something was done, which settled visits it makes impossible and, where it `plans`, how the others are planned
/// anew.
pub async fn done(desk: &Desk, answer: Answer, done: &str, plans: bool) -> Outcome {
    let hits = hits(desk).await?;
    let replanned = if plans { replan(desk).await? } else { None };
    let value = json!({"done": true, "visits_hit": hits, "replanned": replanned});
    answer.give(&value, |_| {
        show::visit::hits(done, &hits, desk.office().zone()) + &show::visit::replanned(replanned.as_ref())
    })
}

/// Settled visits that cannot be kept any more, for whoever may see visits.
pub async fn hits(desk: &Desk) -> Result<Vec<VisitHit>, Failure> {
    if desk.require(Right::Visits).is_err() {
        return Ok(Vec::new());
    }
    Ok(desk.visits_hit().await?)
}

/// Plans anew what is only proposed, for whoever may plan.
pub async fn replan(desk: &Desk) -> Result<Option<Replanned>, Failure> {
    if desk.require(Right::Visits).is_err() {
        return Ok(None);
    }
    Ok(desk.replan().await?)
}

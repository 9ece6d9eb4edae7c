//! What a change of the calendar does to visits: which settled ones it hits, and how the proposed ones are planned anew. The change
//! itself stands by then: what cannot be told of it, or not be planned now, is said, and is no failure of the command.

use serde_json::json;

use crate::cli::answer::{Answer, Outcome, chain, say};
use crate::cli::show;
use crate::db::{is_conflict, retried};
use crate::desk::{Desk, DeskError, Done, Replanned, VisitHit};
use crate::staff::Right;

/// Says that something was done, which settled visits it makes impossible and, where it `plans`, how the others are planned
/// anew.
pub async fn done(desk: &Desk, answer: Answer, done: &str, plans: bool) -> Outcome {
    let hits = hits(desk).await;
    let replanned = if plans { replan(desk).await } else { None };
    let value = json!({"done": true, "visits_hit": hits, "replanned": replanned});
    answer.give(&value, |_| {
        show::visit::hits(done, &hits, desk.office().zone()) + &show::visit::replanned(replanned.as_ref())
    })
}

/// Settled visits that cannot be kept any more, for whoever may see visits.
pub async fn hits(desk: &Desk) -> Vec<VisitHit> {
    if desk.require(Right::Visits).is_err() {
        return Vec::new();
    }
    told(desk.visits_hit().await, "which visits it hits cannot be told now (`siap17 visit list` shows them all)")
        .unwrap_or_default()
}

/// Plans anew what is only proposed, for whoever may plan.
pub async fn replan(desk: &Desk) -> Option<Replanned> {
    if desk.require(Right::Visits).is_err() {
        return None;
    }
    let replanned = retried(|error: &DeskError| is_conflict(error), || desk.replan()).await;
    told(replanned, "the proposed visits are not planned anew (`siap17 visit plan` does that)").flatten()
}

fn told<T>(done: Done<T>, what: &str) -> Option<T> {
    done.inspect_err(|error| say(format_args!("it is done, but {what}: {}", chain(error)))).ok()
}

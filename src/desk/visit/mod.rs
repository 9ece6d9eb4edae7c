//! Visits at the desk: planned, agreed with places, held, and what was ordered or is open to everybody.

mod around;
mod calls;
mod day;
mod facts;
mod feed;
mod letter;
mod orders;
mod picture;
mod plan;
mod plan_report;
mod recording;
mod replan;
mod schedule;
mod sessions;
mod talk;
mod team_outage;
mod walk_in;

pub use calls::{ByHand, Unanswered};
pub use day::{Entry, SingleResult};
pub use feed::{Calendar, FeedOf, NewFeed};
pub use letter::Letter;
pub use orders::{Answered, OrderAnswer, OrderRequest, OrderShown};
pub use plan::PlanProgress;
pub use plan_report::{PlanReport, PlannedChange, PlannedSide, SmallDay, VillageDay};
pub use recording::Recording;
pub use replan::Replanned;
pub use schedule::{Moved, VisitFilter, VisitHit, VisitPage};
pub use sessions::{AddedSession, SessionPage, SessionWarning, WantedSession};
pub(crate) use talk::{Heard, Talked};
pub use team_outage::Broken;
pub(crate) use team_outage::OutToday;

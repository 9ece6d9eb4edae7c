//! The desk: what a person wants done, one function and one transaction each, where it crosses rooms. It asks for the right,
//! does the thing, writes the audit entry and brings the notices up to date, all or nothing. A face has no other way to a change.

mod card;
mod card_list;
mod complaint;
mod context;
mod link;
mod notice;
mod office;
mod opening;
pub mod refusal;
mod report;
mod roster;
mod sealing;
mod slips;
mod student;
#[cfg(test)]
mod tests;
mod visit;

pub use card::{Queued, StockEntry};
pub use card_list::{ListReport, Named, StatusReport};
pub use context::{Desk, DeskError, Done};
pub use notice::Preview;
pub use office::{Invitation, PlacesImported};
pub use opening::{Desks, OpenError, key_of, new_key, system_user};
pub use roster::{DropFolderError, LARGEST_FILE, Options as RosterOptions, Progress, Review, Sent, Undone};
pub use slips::{Slip, Slips};
pub use student::{NewStudent, Shown, Why};
pub use visit::{
    AddedSession, Answered, Broken, ByHand, Calendar, Entry, FeedOf, Letter, Moved, NewFeed, OrderAnswer, OrderRequest,
    OrderShown, PlanProgress, PlanReport, PlannedChange, PlannedSide, Recording, Replanned, SessionPage,
    SessionWarning, SingleResult, SmallDay, Unanswered, VillageDay, VisitFilter, VisitHit, VisitPage, WantedSession,
};
pub(crate) use visit::{Heard, OutToday, Talked};

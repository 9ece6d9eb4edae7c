//! The desk: what a person wants done, one function and one transaction each, where it crosses rooms. It asks for the right,
//! does the thing, writes the audit entry and brings the notices up to date, all or nothing. A face has no other way to a change.

mod audit;
mod card;
mod card_list;
mod card_status;
mod complaint;
mod context;
mod copies;
mod declaration;
mod family;
pub mod health;
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
mod upkeep;
mod visit;

pub use card::{CodeReader, Queued, StockEntry, Taker};
pub use card_list::{ListReport, Named};
pub use card_status::{PrintedCards, StatusReport};
pub use context::{Desk, DeskError, Done};
pub use copies::{CopyError, Restored, Restorer, restore};
pub(crate) use family::FamilyAnswer;
pub(crate) use link::Linked;
pub use notice::{LetGo, Preview};
pub use office::{Invitation, PlacesImported};
pub use opening::{Desks, OpenError, new_key, system_user};
pub use roster::{DropFolderError, LARGEST_FILE, Options as RosterOptions, Progress, Review, Sent, Undone};
pub use slips::{Slip, Slips, WantedSlips};
pub use student::{Merged, Merging, NewStudent, Shown, Unmerged, Why};
pub use upkeep::ClockTrouble;
pub use visit::{
    AddedSession, Answered, Broken, ByHand, Calendar, Entry, FeedOf, Letter, Moved, NewFeed, OrderAnswer, OrderRequest,
    OrderShown, PlanProgress, PlanReport, PlannedChange, PlannedSide, Recording, Replanned, SessionPage,
    SessionWarning, SingleResult, SmallDay, Unanswered, VillageDay, VisitFilter, VisitHit, VisitPage, WantedSession,
};
pub(crate) use visit::{Heard, OutToday, Talked};

//! Refusals: why the desk did not do what it was asked, one enum a thing, each with its code for programs and its sentence for
//! people. They know nothing of the desk.

mod card;
mod complaint;
mod copy;
mod link;
mod notice;
mod office;
mod order;
mod roster;
mod session;
mod student;
mod visit;

pub use card::CardRefusal;
pub use complaint::ComplaintRefusal;
pub use copy::CopyRefusal;
pub use link::LinkRefusal;
pub use notice::{NoticeRefusal, WordsRefusal};
pub use office::{AccountRefusal, OfficeRefusal, PlaceRefusal};
pub use order::OrderRefusal;
pub use roster::RosterRefusal;
pub use session::SessionRefusal;
pub use student::StudentRefusal;
pub use visit::{FeedRefusal, PlanRefusal, RecordRefusal, VisitRefusal};

use crate::coded;
use crate::visit::open::Obstacle;

coded! {
    /// A refusal of any thing.
    pub enum Refusal {} of {
        Account(AccountRefusal),
        Card(CardRefusal),
        Complaint(ComplaintRefusal),
        Copy(CopyRefusal),
        Feed(FeedRefusal),
        Link(LinkRefusal),
        Notice(NoticeRefusal),
        Office(OfficeRefusal),
        Order(OrderRefusal),
        Place(PlaceRefusal),
        Plan(PlanRefusal),
        Record(RecordRefusal),
        Roster(RosterRefusal),
        Session(SessionRefusal),
        Student(StudentRefusal),
        Visit(VisitRefusal),
        VisitDay(Obstacle),
        Words(WordsRefusal),
    }
}

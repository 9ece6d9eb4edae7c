//! Why nothing was done about a visit, a plan, a visit's list or a calendar.

use chrono::NaiveDate;
use rust_xlsxwriter::XlsxError;

use crate::coded;
use crate::visit::feed::FeedId;
use crate::visit::sheet::SheetError;
use crate::visit::{VisitId, VisitState};

coded! {
    /// Why a visit is not listed, announced, agreed, moved or cancelled, or has no letter.
    pub enum VisitRefusal {
        "visit_unknown" => #[error("there is no visit {0}; `siap17 visit list` shows them (proposed ones change)")]
            Unknown(VisitId),
        "visit_unknown" => #[error("there is no visit {0}")]
            Gone(VisitId),
        "after" => #[error("there is no visit {0} any more; list again from the beginning")]
            AfterGone(VisitId),
        "place_unknown" => #[error("the visit's place is not known any more")]
            PlaceGone,
        "reason" => #[error("say why the visit is cancelled")]
            ReasonMissing,
        "state" => #[error("the visit is only proposed and is planned anew every night; announce it first, then move it")]
            OnlyProposed,
        "state" => #[error("the visit is {}; only one that is {known} can be {what}", .state.word())]
            State { state: VisitState, known: String, what: &'static str },
        "state" => #[error("the visit is {}; only an announced one waits for an answer", .state.word())]
            NotAnnounced { state: VisitState },
        "state" => #[error("the visit is {}; letters are about announced and confirmed ones", .state.word())]
            NotSettled { state: VisitState },
        "state" => #[error("a visit of a dry run has no letter")]
            DryRun,
        "same_day" => #[error("the visit is on {0} already")]
            SameDay(NaiveDate),
        "past" => #[error("{0} is past")]
            Past(NaiveDate),
        "past" => #[error("{0} is past; name the last day without the team")]
            OutagePast(NaiveDate),
        "no_coordinates" => #[error("nobody has said where {place} lies")]
            NoCoordinates { place: String },
        "no_time" => #[error("{team} has no time for {students} students at {place} on {on} besides its other visits")]
            NoTime { team: String, students: usize, place: String, on: NaiveDate },
        "nothing" => #[error("no visit in that state is to come; `siap17 visit list` shows them")]
            NothingToCome,
    }
}

coded! {
    /// Why no plan is made.
    pub enum PlanRefusal {
        "past" => #[error("{0} is past; a plan begins today or later")]
            Past(NaiveDate),
        "range" => #[error("the plan ends on {to}, before it begins on {from}")]
            EndsBeforeBegin { from: NaiveDate, to: NaiveDate },
        "holidays_unknown" => #[error(
            "the holidays of the year of {0} are not known; add them to the holiday file before planning that far"
        )]
            HolidaysUnknown(NaiveDate),
        "facts_keep_changing" => #[error(
            "what is known changed each time while the visits were planned, so nothing of the plan is kept; plan again in a \
             quieter moment, as the nightly job does"
        )]
            FactsKeepChanging,
        "planner" => #[error("the planner failed; please report this")]
            Failed,
    }
}

coded! {
    /// Why a visit's list is not given, or nothing is written down from it.
    pub enum RecordRefusal {
        "state" => #[error("the visit is cancelled; it has no list")]
            Cancelled,
        "state" => #[error("the visit is {}; results are written for announced or confirmed ones", .state.word())]
            NotSettled { state: VisitState },
        "too_early" => #[error("the visit is on {0}; results cannot be written before")]
            TooEarly(NaiveDate),
        "sheet" => #[error("the spreadsheet cannot be written: {0}")]
            Unwritable(XlsxError),
        "other_visit" => #[error("{0}")]
            OtherVisit(SheetError),
        "unreadable" => #[error("{0}")]
            Unreadable(SheetError),
        "empty" => #[error("the list holds no result yet; choose one for each student, then read it")]
            Empty,
        "reason" => #[error("the reason holds something like a NIK; leave it out")]
            ReasonHoldsNik,
        "not_on_list" => #[error(
            "{name} is not on the list of this visit; whoever came without standing on it is written down with --walk-in"
        )]
            NotOnList { name: String },
        "closed" => #[error("the case of {name} is closed; see `siap17 student show`")]
            Closed { name: String },
    }
}

coded! {
    /// Why a calendar is not closed.
    pub enum FeedRefusal {
        "feed_unknown" => #[error("there is no open calendar {0}; `siap17 visit feed list` shows them")]
            Unknown(FeedId),
    }
}

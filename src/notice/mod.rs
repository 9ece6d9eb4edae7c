//! Notices: which should exist ([`rules`], pure), the ledger that is made to agree with them ([`ledger`]), what they say
//! ([`text`]), to which of a student's chats they go (`further`), how they go out ([`send`]; each call is an `attempt` with an `outcome`) and what keeps them from it ([`silence`]).
//!
//! A notice is one row for life, found by (recipient, kind, occasion). Its state follows from the facts each time anyone
//! asks, except that `sent` and `told` never change again and `sending` belongs to the sender.

mod attempt;
pub mod case;
pub mod contacts;
mod further;
pub mod ledger;
pub mod list;
mod outcome;
pub mod rules;
pub mod sealing;
pub mod send;
pub mod silence;
#[cfg(test)]
mod simulation;
pub mod text;

use serde::{Deserialize, Serialize};

use crate::id_type;

id_type!(
    /// One notice.
    NoticeId
);
id_type!(
    /// One call to Telegram for a notice.
    AttemptId
);

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    #[sqlx(rename = "turned_17")]
    #[serde(rename = "turned_17")]
    Turned17,
    CardReady,
    CollectReminder,
    CollectChanged,
    Collected,
    Recorded,
    RecordAgain,
    VisitAnnounced,
    VisitTomorrow,
    VisitChanged,
    MissedVisit,
    SessionOpen,
    Correction,
    /// To a place's contact: does this visit suit?
    VisitRequest,
    /// The same once more, where nobody answered.
    VisitRequestReminder,
    /// To staff: the day's report.
    Digest,
    /// To staff: something needs a person.
    Alarm,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 17] = [
        Self::Turned17,
        Self::CardReady,
        Self::CollectReminder,
        Self::CollectChanged,
        Self::Collected,
        Self::Recorded,
        Self::RecordAgain,
        Self::VisitAnnounced,
        Self::VisitTomorrow,
        Self::VisitChanged,
        Self::MissedVisit,
        Self::SessionOpen,
        Self::Correction,
        Self::VisitRequest,
        Self::VisitRequestReminder,
        Self::Digest,
        Self::Alarm,
    ];

    /// The kind's name in the ledger, in configuration and in message catalogues.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Turned17 => "turned_17",
            Self::CardReady => "card_ready",
            Self::CollectReminder => "collect_reminder",
            Self::CollectChanged => "collect_changed",
            Self::Collected => "collected",
            Self::Recorded => "recorded",
            Self::RecordAgain => "record_again",
            Self::VisitAnnounced => "visit_announced",
            Self::VisitTomorrow => "visit_tomorrow",
            Self::VisitChanged => "visit_changed",
            Self::MissedVisit => "missed_visit",
            Self::SessionOpen => "session_open",
            Self::Correction => "correction",
            Self::VisitRequest => "visit_request",
            Self::VisitRequestReminder => "visit_request_reminder",
            Self::Digest => "digest",
            Self::Alarm => "alarm",
        }
    }

    /// Replies and alarms to staff are not bound to delivery hours (invariant 5), nor by the hold (invariant 10).
    #[must_use]
    pub fn is_for_staff(self) -> bool {
        matches!(self, Self::Digest | Self::Alarm)
    }
}

/// Where a notice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type, clap::ValueEnum)]
#[sqlx(type_name = "TEXT", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Something is missing first; the reason says what.
    Waiting,
    /// May go out from `due_at` on.
    Due,
    /// An attempt is under way.
    Sending,
    /// It has reached at least one of the recipient's chats. A student's other chats get it, each for itself, while it is of use.
    Sent,
    /// It has reached no chat for certain, and the answer to an attempt was lost: nobody knows whether it arrived.
    Uncertain,
    /// Told in person.
    Told,
    /// Nothing arrives at any chat that it is for.
    Failed,
    /// It should not go out; the reason says why.
    Suppressed,
    /// Its time is over.
    Expired,
}

impl State {
    /// The state's name in lists and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Due => "due",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Uncertain => "uncertain",
            Self::Told => "told",
            Self::Failed => "failed",
            Self::Suppressed => "suppressed",
            Self::Expired => "expired",
        }
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[sqlx(type_name = "TEXT", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    Started,
    Accepted,
    Refused,
    Lost,
}

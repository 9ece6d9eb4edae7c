//! Visits: who is met where and when, by which team, and what became of it.
//!
//! proposed (planned again freely) → announced (settled) → confirmed by the place → done; or cancelled on the way. [`plan`] is
//! pure; [`season`] makes its problem from what the office knows; [`schedule`] keeps the visits; [`sheet`] is the list that
//! goes along; [`record`] keeps what became of each student. [`session`] is a day or an evening that is open to everybody.

pub mod difference;
pub mod feed;
pub mod ics;
pub mod instance;
pub mod letter;
pub mod offer;
pub mod open;
pub mod order;
pub mod picture;
pub mod plan;
pub mod record;
pub mod schedule;
pub mod season;
pub mod session;
pub mod sheet;
pub mod upcoming;
pub mod whatsapp;

use serde::{Deserialize, Serialize};

pub use upcoming::{Upcoming, upcoming};

use crate::id_type;

id_type!(
    /// One visit.
    VisitId
);

/// Where a visit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type, clap::ValueEnum)]
#[sqlx(type_name = "TEXT", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum VisitState {
    /// The planner's; it may be another one tomorrow.
    Proposed,
    /// Told to the place: date, team and list stay.
    Announced,
    /// The place has agreed; students are told.
    Confirmed,
    Done,
    Cancelled,
}

impl VisitState {
    /// Whether the visit is settled and still to come: announced or confirmed.
    #[must_use]
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Announced | Self::Confirmed)
    }

    /// The state as the database and scripts write it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Announced => "announced",
            Self::Confirmed => "confirmed",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What a student said to the digital ID (Identitas Kependudukan Digital) that is offered with the recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type, clap::ValueEnum)]
#[sqlx(type_name = "TEXT", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum Ikd {
    /// Offered, and neither active nor refused yet.
    Offered,
    Active,
    Refused,
}

impl Ikd {
    pub const ALL: [Self; 3] = [Self::Offered, Self::Active, Self::Refused];

    /// The word as the database, scripts and message names write it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Active => "active",
            Self::Refused => "refused",
        }
    }
}

/// What became of a student on the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type, clap::ValueEnum)]
#[sqlx(type_name = "TEXT", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum DayResult {
    Recorded,
    Absent,
    Refused,
    PapersMissing,
    DeviceFailed,
    BiometricsImpossible,
    /// Lives in another regency, whose office records the student.
    Outsider,
}

impl DayResult {
    pub const ALL: [Self; 7] = [
        Self::Recorded,
        Self::Absent,
        Self::Refused,
        Self::PapersMissing,
        Self::DeviceFailed,
        Self::BiometricsImpossible,
        Self::Outsider,
    ];

    /// The result as the database, scripts and message names write it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Absent => "absent",
            Self::Refused => "refused",
            Self::PapersMissing => "papers_missing",
            Self::DeviceFailed => "device_failed",
            Self::BiometricsImpossible => "biometrics_impossible",
            Self::Outsider => "outsider",
        }
    }
}

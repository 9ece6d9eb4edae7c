//! Where a chat's conversation stands, sealed in the chat's row.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock::Clock;
use crate::mailbox::Sent;
use crate::messenger::Relation;
use crate::office::OfficeId;
use crate::staff::StaffId;
use crate::student::StudentId;

/// A step that was not followed for so long is forgotten.
const LASTS: TimeDelta = TimeDelta::hours(24);

/// One step. Its mark stands in the buttons that belong to it, so that an older message's buttons are known as stale.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Step {
    pub mark: String,
    since: DateTime<Utc>,
    pub at: At,
}

/// What is awaited.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum At {
    /// A code that links was given; its holder has not agreed yet.
    Agreement {
        code: String,
    },
    /// "SITI A., XI IPS 1 – right?"
    Name {
        code: String,
    },
    BirthDay {
        code: String,
    },
    BirthMonth {
        code: String,
        day: u32,
    },
    /// The next text is a complaint, or a wish for a correction.
    Words {
        office: OfficeId,
        student: Option<StudentId>,
        signed: bool,
        correction: bool,
    },
    /// The next text is how many people an order of this account expects.
    OrderCount {
        account: StaffId,
    },
    /// When the visit would suit.
    OrderWhen {
        account: StaffId,
        expected: i32,
    },
    /// The next text is the name of whoever takes this student's card.
    TakerName {
        student: Uuid,
        relation: Relation,
    },
    /// By which document that name was seen.
    TakerDocument {
        student: Uuid,
        relation: Relation,
        name: String,
    },
    /// Whose roster the file is, in a chat of several schools' accounts.
    Roster {
        file: Sent,
    },
}

impl Step {
    pub fn new(clock: &Clock, at: At) -> Self {
        let mark = clock.new_uuid().simple().to_string();
        let mark = mark.get(mark.len() - 8..).unwrap_or_default().to_owned();
        Self { mark, since: clock.now(), at }
    }

    pub fn is_over(&self, now: DateTime<Utc>) -> bool {
        now - self.since > LASTS
    }
}

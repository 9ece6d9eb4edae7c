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

/// Questions at the counter whose cancelling is remembered.
const MOST_CANCELLED: usize = 200;

/// What is kept of a conversation.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Conversation {
    pub step: Option<Step>,
    /// Students about whose card a question was cancelled and none was asked since, the last one last. Their buttons lie in the
    /// chat for months, and hand out nothing.
    #[serde(default)]
    pub cancelled: Vec<StudentId>,
}

impl Conversation {
    /// Reads what was kept; what an earlier version kept was the step alone.
    pub fn read(bytes: &[u8]) -> Self {
        match serde_json::from_slice::<Step>(bytes) {
            Ok(step) => Self { step: Some(step), cancelled: Vec::new() },
            Err(_) => serde_json::from_slice(bytes).unwrap_or_default(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.step.is_none() && self.cancelled.is_empty()
    }

    /// The question about this student's card is cancelled.
    pub fn cancel(&mut self, student: StudentId) {
        self.ask(student);
        self.cancelled.push(student);
        let most = self.cancelled.len().saturating_sub(MOST_CANCELLED);
        self.cancelled.drain(..most);
    }

    /// It is asked anew.
    pub fn ask(&mut self, student: StudentId) {
        self.cancelled.retain(|one| *one != student);
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_earlier_version_kept_is_read_and_cancelled_questions_outlive_the_step() {
        let clock = Clock::system();
        let student = StudentId::new(&clock);
        let step = Step::new(&clock, At::Name { code: "ABCDE12345".into() });
        let read = Conversation::read(&serde_json::to_vec(&step).unwrap());
        assert!(matches!(read.step, Some(Step { at: At::Name { .. }, .. })) && read.cancelled.is_empty());
        let mut kept = Conversation::default();
        kept.cancel(student);
        kept.cancel(student);
        let read = Conversation::read(&serde_json::to_vec(&kept).unwrap());
        assert!(read.step.is_none() && read.cancelled == [student]);
        kept.ask(student);
        assert!(kept.is_empty() && Conversation::read(b"?").is_empty());
    }
}

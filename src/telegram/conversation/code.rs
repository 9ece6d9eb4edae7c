//! Whom a code leads to, and what is said when it leads to nobody.

use uuid::Uuid;

use super::talk::Talk;
use crate::link::{self, LinkCode, LinkRole};
use crate::place::{self, Place, PlaceId};
use crate::staff::{self, Staff, StaffId};
use crate::student::{self, ClosedReason, Student, StudentId};
use crate::telegram::inbox::InboxError;

/// Whom a code leads to.
pub(super) enum Subject {
    Student(Box<Student>),
    Place(Place),
    Account(Staff),
}

impl Subject {
    pub fn id(&self) -> Uuid {
        match self {
            Self::Student(student) => student.id.0,
            Self::Place(place) => place.id.0,
            Self::Account(account) => account.id.0,
        }
    }
}

/// The same answer to a wrong code and to a wrong birth date, so that neither tells whether the other was right.
pub(super) fn wrong(talk: &mut Talk<'_>) {
    let today = talk.today();
    talk.chat.count_wrong_try(today);
    talk.step = None;
    talk.say("bot-wrong", &[]);
}

/// Whom a code leads to; `None` if that has ended.
pub(super) async fn subject(talk: &mut Talk<'_>, code: &LinkCode) -> Result<Option<Subject>, InboxError> {
    // Nobody is written to about someone who died.
    let lives = |student: &Student| student.closed_reason != Some(ClosedReason::Died);
    Ok(match code.role {
        LinkRole::Student | LinkRole::Guardian | LinkRole::Pickup => {
            let student = student::kept(talk.tx, StudentId(code.subject_id)).await?;
            student
                .filter(|student| student.office_id == code.office_id && lives(student))
                .map(|student| Subject::Student(Box::new(student)))
        }
        LinkRole::Contact => place::load(talk.tx, PlaceId(code.subject_id)).await?.map(Subject::Place),
        LinkRole::Staff => {
            let account = staff::load(talk.tx, StaffId(code.subject_id)).await?;
            account.filter(|account| account.disabled_at.is_none()).map(Subject::Account)
        }
    })
}

/// The code of a step begun earlier with whom it leads to; where it is no longer good, that is said as of a wrong one.
pub(super) async fn still_good(talk: &mut Talk<'_>, text: &str) -> Result<Option<(LinkCode, Subject)>, InboxError> {
    let today = talk.today();
    if talk.chat.is_locked(today) {
        talk.step = None;
        let office = talk.office_name();
        talk.say("bot-locked", &[("office", office.into())]);
        return Ok(None);
    }
    if let Some(code) = link::find_code(talk.tx, talk.desks.vault(), text, today).await?
        && let Some(subject) = subject(talk, &code).await?
    {
        return Ok(Some((code, subject)));
    }
    wrong(talk);
    Ok(None)
}

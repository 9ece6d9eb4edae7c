//! Whom a code leads to, and what is said when it leads to nobody.

use uuid::Uuid;

use super::talk::Talk;
use crate::link::{self, Dead, LinkCode, LinkRole};
use crate::office::Office;
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

/// The chat guessed wrong too often, and is not listened to for the rest of the day.
pub(super) fn locked(talk: &mut Talk<'_>) {
    talk.step = None;
    let text = format!("{}\n{}", talk.text("bot-locked", &[]), where_to_ask(talk, talk.own_office()));
    talk.say_text(text, Vec::new());
}

/// A code that was good once: says what became of it and whom to ask. Somebody else who holds a slip that was used is told to
/// the office.
pub(super) async fn ended(talk: &mut Talk<'_>, code: &LinkCode, dead: Dead) -> Result<(), InboxError> {
    talk.step = None;
    let subject = subject(talk, code).await?;
    let id = subject.as_ref().map_or(code.subject_id, Subject::id);
    if dead == Dead::Used && talk.links.iter().any(|link| link.role == code.role && link.subject_id == id) {
        talk.say("bot-linked-already", &[]);
        return Ok(());
    }
    let office = talk.office(code.office_id);
    if let (Dead::Used, Some(Subject::Student(student)), Some(office)) = (dead, &subject, &office) {
        talk.desk(office).code_used_again_in(talk.tx, code, student).await?;
    }
    let day = if let Dead::Expired(day) = dead { talk.date(day) } else { String::new() };
    let what = match code.role {
        LinkRole::Pickup => talk.text("bot-code-pickup", &[]),
        _ => talk.text(&format!("bot-code-{}", dead.word()), &[("day", day.into())]),
    };
    let text = format!("{what}\n{}", where_to_ask(talk, office.as_ref()));
    talk.say_text(text, Vec::new());
    Ok(())
}

/// The office's address and telephone; without an office that can be named, "the civil registry".
pub(super) fn where_to_ask(talk: &Talk<'_>, office: Option<&Office>) -> String {
    let Some(office) = office else {
        return talk.text("bot-ask-anywhere", &[]);
    };
    let declared = &office.declaration;
    let (name, address) = (declared.name.clone().into(), declared.address.clone().into());
    match &declared.phone {
        Some(phone) => {
            talk.text("bot-ask-phone", &[("office", name), ("address", address), ("phone", phone.clone().into())])
        }
        None => talk.text("bot-ask", &[("office", name), ("address", address)]),
    }
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

/// The code of a step begun earlier with whom it leads to; where it is no longer good, that is said.
pub(super) async fn still_good(talk: &mut Talk<'_>, text: &str) -> Result<Option<(LinkCode, Subject)>, InboxError> {
    let today = talk.today();
    if talk.chat.is_locked(today) {
        locked(talk);
        return Ok(None);
    }
    match link::look_up(talk.tx, talk.desks.vault(), text, today).await? {
        Some((code, Some(dead))) => {
            ended(talk, &code, dead).await?;
            return Ok(None);
        }
        Some((code, None)) => {
            if let Some(subject) = subject(talk, &code).await? {
                return Ok(Some((code, subject)));
            }
        }
        None => {}
    }
    wrong(talk);
    Ok(None)
}

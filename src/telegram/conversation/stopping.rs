//! `/berhenti`: no more messages here.

use uuid::Uuid;

use super::talk::Talk;
use crate::link::LinkRole;
use crate::messenger::{Button, Tap};
use crate::place::{self, PlaceId};
use crate::staff::{self, StaffId};
use crate::student::{self, Student};
use crate::telegram::inbox::InboxError;

/// What one subject of the chat is called, and how the person confirms.
struct Linked {
    subject: Uuid,
    name: String,
    /// The first name, for a student.
    student: Option<String>,
}

async fn linked(talk: &mut Talk<'_>) -> Result<Vec<Linked>, InboxError> {
    let mut all: Vec<Linked> = Vec::new();
    let students = talk.students().await?;
    let beside: Vec<&Student> = students.iter().collect();
    for link in talk.links.clone() {
        let subject = link.subject_id;
        if all.iter().any(|one| one.subject == subject) {
            continue;
        }
        let (name, student) = match link.role {
            LinkRole::Student | LinkRole::Guardian | LinkRole::Pickup => {
                match beside.iter().find(|student| student.id.0 == subject) {
                    Some(one) => (student::label_among(one, &beside), Some(student::name_among(one, &beside))),
                    None => continue,
                }
            }
            LinkRole::Contact => match place::load(talk.tx, PlaceId(subject)).await? {
                Some(place) => (place.name, None),
                None => continue,
            },
            LinkRole::Staff => match staff::load(talk.tx, StaffId(subject)).await? {
                Some(account) => (account.name, None),
                None => continue,
            },
        };
        all.push(Linked { subject, name, student });
    }
    Ok(all)
}

/// `/berhenti`.
pub(super) async fn command(talk: &mut Talk<'_>) -> Result<(), InboxError> {
    let all = linked(talk).await?;
    match &all[..] {
        [] => talk.say("bot-stop-nothing", &[]),
        [only] => confirm(talk, only),
        several => {
            let tap = |one: &Linked| Tap::Stop { subject: one.subject, is_sure: false };
            let mut rows: Vec<_> = several.iter().map(|one| vec![Button::new(one.name.clone(), tap(one))]).collect();
            rows.push(vec![talk.button("bot-button-cancel", Tap::Cancel)]);
            talk.ask("bot-stop-which", &[], rows);
        }
    }
    Ok(())
}

/// One of several was tapped.
pub(super) async fn chosen(talk: &mut Talk<'_>, subject: Uuid) -> Result<(), InboxError> {
    match linked(talk).await?.iter().find(|one| one.subject == subject) {
        Some(one) => confirm(talk, one),
        None => talk.stale(),
    }
    Ok(())
}

fn confirm(talk: &mut Talk<'_>, one: &Linked) {
    let rows = vec![
        vec![talk.button("bot-button-stop", Tap::Stop { subject: one.subject, is_sure: true })],
        vec![talk.button("bot-button-keep", Tap::Cancel)],
    ];
    talk.ask("bot-stop-sure", &[("name", one.name.clone().into())], rows);
}

/// The stop was confirmed.
pub(super) async fn confirmed(talk: &mut Talk<'_>, subject: Uuid) -> Result<(), InboxError> {
    let all = linked(talk).await?;
    let Some(one) = all.iter().find(|one| one.subject == subject) else {
        talk.stale();
        return Ok(());
    };
    let office = talk.links.iter().find(|link| link.subject_id == one.subject).map(|link| link.office_id);
    let Some(office) = office.and_then(|id| talk.office(id)) else {
        talk.stale();
        return Ok(());
    };
    let stopped = talk.desk(&office).stop_in(talk.tx, one.subject, talk.id).await?;
    let Some(name) = &one.student else {
        talk.say("bot-stopped", &[("name", one.name.clone().into())]);
        return Ok(());
    };
    if stopped.agreement_ended {
        talk.say("bot-stopped-all", &[("name", name.clone().into())]);
        for other in &stopped.others {
            talk.tell(other, "bot-stopped-elsewhere", &[("name", name.clone().into())])?;
        }
    } else {
        talk.say("bot-stopped", &[("name", name.clone().into())]);
    }
    Ok(())
}

//! `/lapor`: a complaint, under the person's own name or without one, and the wish for a correction.

use uuid::Uuid;

use super::step::At;
use super::talk::Talk;
use crate::complaint::Complainant;
use crate::messages::LANGUAGES;
use crate::messenger::{Button, Tap};
use crate::office::OfficeId;
use crate::student::{self, Student, StudentId};
use crate::telegram::inbox::InboxError;

/// `/lapor`: may the office answer, or shall nobody know who wrote?
pub(super) async fn command(talk: &mut Talk<'_>, chosen: Option<Uuid>) -> Result<(), InboxError> {
    let Some(office) = talk.which_office(|office| Tap::Complain { office }, chosen) else { return Ok(()) };
    let office = office.id.0;
    let rows = vec![
        vec![talk.button("bot-button-signed", Tap::Signed { office })],
        vec![talk.button("bot-button-nameless", Tap::Nameless { office })],
        vec![talk.button("bot-button-cancel", Tap::Cancel)],
    ];
    talk.ask("bot-complain-how", &[], rows);
    Ok(())
}

/// The office may answer; with several students in the chat, about whom it is.
pub(super) async fn signed(talk: &mut Talk<'_>, office: Uuid) -> Result<(), InboxError> {
    let Some(office) = known_office(talk, office) else { return Ok(()) };
    let mut students = talk.students().await?;
    students.retain(|student| student.office_id == office);
    match &students[..] {
        [] => await_signed(talk, office, None),
        [only] => await_signed(talk, office, Some(only.id)),
        several => {
            let all: Vec<&Student> = several.iter().collect();
            let button =
                |one: &Student| Button::new(student::label_among(one, &all), Tap::SignedAbout { student: one.id.0 });
            let rows = several.iter().map(|one| vec![button(one)]).collect();
            talk.ask("bot-for-whom", &[], rows);
        }
    }
    Ok(())
}

/// One of several students was tapped.
pub(super) async fn signed_about(talk: &mut Talk<'_>, student: Uuid) -> Result<(), InboxError> {
    match talk.students().await?.into_iter().find(|known| known.id.0 == student) {
        Some(student) => await_signed(talk, student.office_id, Some(student.id)),
        None => talk.stale(),
    }
    Ok(())
}

fn await_signed(talk: &mut Talk<'_>, office: OfficeId, student: Option<StudentId>) {
    await_words(talk, At::Words { office, student, signed: true, correction: false }, "bot-complain-signed");
}

/// Nobody shall know who wrote.
pub(super) fn nameless(talk: &mut Talk<'_>, office: Uuid) -> Result<(), InboxError> {
    if let Some(office) = known_office(talk, office) {
        let at = At::Words { office, student: None, signed: false, correction: false };
        await_words(talk, at, "bot-complain-nameless");
    }
    Ok(())
}

/// "Something about me is wrong": a complaint under the student's name.
pub(super) async fn correction(talk: &mut Talk<'_>, chosen: Option<Uuid>) -> Result<(), InboxError> {
    let Some(student) = talk.whom(|student| Tap::Correct { student: Some(student) }, chosen).await? else {
        return Ok(());
    };
    let (office, student) = (student.office_id, Some(student.id));
    await_words(talk, At::Words { office, student, signed: true, correction: true }, "bot-correct");
    Ok(())
}

fn known_office(talk: &mut Talk<'_>, office: Uuid) -> Option<OfficeId> {
    let found = talk.offices.iter().find(|known| known.id.0 == office).map(|known| known.id);
    if found.is_none() {
        talk.stale();
    }
    found
}

fn await_words(talk: &mut Talk<'_>, at: At, ask: &str) {
    talk.go_to(at);
    let rows = vec![vec![talk.button("bot-button-cancel", Tap::Cancel)]];
    talk.ask(ask, &[], rows);
}

/// Whether the next text is a complaint.
pub(super) fn is_awaited(talk: &Talk<'_>) -> bool {
    talk.step.as_ref().is_some_and(|step| matches!(step.at, At::Words { .. }))
}

/// The complaint itself. Of a nameless one nothing is kept but its words.
pub(super) async fn taken(talk: &mut Talk<'_>, text: &str) -> Result<(), InboxError> {
    let Some(At::Words { office, student, signed, correction }) = talk.step.take().map(|step| step.at) else {
        return Ok(());
    };
    let Some(office) = talk.office(office) else {
        talk.stale();
        return Ok(());
    };
    let by = match signed {
        true => Complainant { student: still_linked(talk, student), chat: Some(talk.id) },
        false => Complainant::default(),
    };
    let words = match correction {
        // For the office, whatever language the chat has.
        true => talk.desks.messages().text(LANGUAGES[0], "bot-correct-words", &[("text", text.into())]),
        false => text.to_owned(),
    };
    let id = talk.desk(&office).complain_in(talk.tx, by, &words).await?;
    let answer = match (correction, signed) {
        (true, _) => "bot-correct-kept",
        (false, true) => "bot-complaint-kept",
        (false, false) => "bot-complaint-kept-nameless",
    };
    talk.say(answer, &[("number", id.number().into())]);
    Ok(())
}

/// A student whom the chat lost meanwhile is not named in its complaint.
fn still_linked(talk: &Talk<'_>, student: Option<StudentId>) -> Option<StudentId> {
    student.filter(|student| talk.links.iter().any(|link| link.subject_id == student.0))
}

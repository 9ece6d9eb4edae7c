//! The first words, a code, and the agreement that everything else rests on.

use super::code::{Subject, ended, locked, still_good, subject, wrong};
use super::linking;
use super::step::At;
use super::talk::{Talk, who};
use super::{commands, counter};
use crate::link::{self, LinkCode, LinkRole, normalise_code};
use crate::messenger::Tap;
use crate::office::Office;
use crate::staff::Right;
use crate::student::{self, Student};
use crate::telegram::inbox::InboxError;

/// What was tapped under the first words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    Agree,
    Refuse,
    /// "I am the parent or guardian."
    Parent,
}

/// `/start`, with or without a code.
pub(super) async fn started(talk: &mut Talk<'_>, code: &str) -> Result<(), InboxError> {
    if !code.is_empty() {
        return code_given(talk, code).await;
    }
    let students = talk.students().await?;
    let first = match talk.own_office().cloned() {
        Some(office) => first_words(talk, &office),
        None => talk.text("bot-opening-generic", &[]),
    };
    if talk.links.is_empty() {
        let ask = talk.text("bot-ask-code", &[]);
        talk.say_text(format!("{first}\n\n{ask}"), Vec::new());
        return Ok(());
    }
    let all: Vec<&Student> = students.iter().collect();
    let names = students.iter().map(|one| student::label_among(one, &all)).collect::<Vec<_>>().join("; ");
    if !names.is_empty() {
        let linked = talk.text("bot-linked-for", &[("names", names.into())]);
        talk.say_text(format!("{first}\n\n{linked}"), Vec::new());
        return Ok(());
    }
    talk.say_text(first, Vec::new());
    commands::help(talk).await
}

/// Who this is and what it never asks for.
fn first_words(talk: &Talk<'_>, office: &Office) -> String {
    let declared = &office.declaration;
    let read = match &declared.privacy_url {
        Some(url) => talk.text("bot-opening-read-url", &[("url", url.clone().into())]),
        None => talk.text("bot-opening-read", &[]),
    };
    talk.text("bot-opening", &[("office", declared.name.clone().into()), ("read", read.into())])
}

/// A code, opened from a link or typed.
pub(super) async fn code_given(talk: &mut Talk<'_>, text: &str) -> Result<(), InboxError> {
    let is_clerk = talk.accounts().await?.iter().any(|account| account.role.may(Right::HandOut));
    let today = talk.today();
    // At the counter codes are mistyped all day, and an account is answered for by name.
    if talk.chat.is_locked(today) && !is_clerk {
        locked(talk);
        return Ok(());
    }
    let known = link::look_up(talk.tx, talk.desks.vault(), text, today).await?;
    if let Some((code, Some(dead))) = &known {
        return ended(talk, code, *dead).await;
    }
    let found = known.map(|(code, _)| code);
    let subject = match &found {
        Some(found) => subject(talk, found).await?,
        None => None,
    };
    let (Some(found), Some(subject)) = (found, subject) else {
        if is_clerk {
            talk.say("bot-counter-unknown", &[]);
        } else {
            wrong(talk);
        }
        return Ok(());
    };
    match (found.role, &subject) {
        (LinkRole::Pickup, Subject::Student(student)) => {
            if is_clerk && talk.account_with(Right::HandOut, student.office_id).await?.is_some() {
                counter::show(talk, student).await
            } else {
                talk.say("bot-show-at-counter", &[]);
                Ok(())
            }
        }
        _ => {
            // Only what normalises is found, so this is the code.
            let code = normalise_code(text).unwrap_or_default();
            ask_agreement(talk, &found, &subject, code);
            Ok(())
        }
    }
}

fn ask_agreement(talk: &mut Talk<'_>, code: &LinkCode, subject: &Subject, text: String) {
    let Some(office) = talk.office(code.office_id) else { return wrong(talk) };
    let first = first_words(talk, &office);
    let question = match (code.role, subject) {
        (LinkRole::Guardian, _) => talk.text("bot-agree-guardian", &[]),
        (_, Subject::Place(place)) => talk.text("bot-agree-contact", &[("place", place.name.clone().into())]),
        (_, Subject::Account(account)) => talk.text("bot-agree-staff", &[("account", account.name.clone().into())]),
        (_, Subject::Student(_)) => talk.text("bot-agree-student", &[]),
    };
    let mark = talk.go_to(At::Agreement { code: text });
    let mut rows = vec![vec![talk.button("bot-button-agree", Tap::Agree { mark: mark.clone() })]];
    rows.push(vec![talk.button("bot-button-refuse", Tap::Refuse { mark: mark.clone() })]);
    if matches!(subject, Subject::Student(_)) {
        rows.push(vec![talk.button("bot-button-parent", Tap::Parent { mark })]);
    }
    talk.say_text(format!("{first}\n\n{question}"), rows);
}

/// *Agree*, *no*, or *I am the parent or guardian*.
pub(super) async fn answered(talk: &mut Talk<'_>, mark: &str, choice: Choice) -> Result<(), InboxError> {
    let Some(At::Agreement { code: text }) = talk.step_marked(mark) else {
        talk.stale();
        return Ok(());
    };
    if choice == Choice::Refuse {
        talk.step = None;
        talk.say("bot-refused", &[]);
        return Ok(());
    }
    let Some((code, subject)) = still_good(talk, &text).await? else { return Ok(()) };
    match &subject {
        // A code never authorises by itself: whoever holds the student's half is not thereby the guardian (invariant 12).
        Subject::Student(_) if choice == Choice::Parent && code.role == LinkRole::Student => {
            talk.say("bot-parent-own-code", &[]);
        }
        Subject::Student(student) => {
            let mark = talk.go_to(At::Name { code: text });
            let rows = vec![vec![
                talk.button("bot-button-right", Tap::Name { mark: mark.clone(), is_right: true }),
                talk.button("bot-button-wrong", Tap::Name { mark, is_right: false }),
            ]];
            talk.ask("bot-name-right", &[("who", who(student).into())], rows);
        }
        Subject::Place(_) | Subject::Account(_) => linking::link(talk, &code, &subject).await?,
    }
    Ok(())
}

//! From an agreement to a linked chat: the name, the birth day and month, and who else is told.

use chrono::Datelike;

use super::code::{Subject, still_good, wrong};
use super::family;
use super::step::At;
use super::talk::Talk;
use crate::link::{self, LinkCode};
use crate::messenger::{Button, Tap};
use crate::student;
use crate::telegram::inbox::InboxError;

/// Buttons in a row of the days' grid.
const DAYS_IN_ROW: usize = 7;
const MONTHS_IN_ROW: usize = 3;

/// "SITI A., XI IPS 1 – right?" was answered.
pub(super) async fn name_answered(talk: &mut Talk<'_>, mark: &str, right: bool) -> Result<(), InboxError> {
    let Some(At::Name { code: text }) = talk.step_marked(mark) else {
        talk.stale();
        return Ok(());
    };
    if !right {
        talk.step = None;
        talk.say("bot-name-wrong", &[]);
        return Ok(());
    }
    let Some((_, Subject::Student(student))) = still_good(talk, &text).await? else { return Ok(()) };
    let mark = talk.go_to(At::BirthDay { code: text });
    let days: Vec<Button> =
        (1..=31).map(|day| Button::new(day.to_string(), Tap::BirthDay { mark: mark.clone(), day })).collect();
    // Whoever asks has proved nothing yet: no more of the name than the question before has said.
    talk.ask("bot-birth-day", &[("name", student.short_name().into())], grid(days, DAYS_IN_ROW));
    Ok(())
}

/// The day of birth was tapped.
pub(super) async fn day_chosen(talk: &mut Talk<'_>, mark: &str, day: u32) -> Result<(), InboxError> {
    let Some(At::BirthDay { code }) = talk.step_marked(mark) else {
        talk.stale();
        return Ok(());
    };
    let mark = talk.go_to(At::BirthMonth { code, day });
    let months: Vec<Button> = (1..=12)
        .map(|month: u32| {
            let name = talk.text(&format!("month-{month}"), &[]);
            Button::new(name, Tap::BirthMonth { mark: mark.clone(), month })
        })
        .collect();
    talk.ask("bot-birth-month", &[("day", i64::from(day).into())], grid(months, MONTHS_IN_ROW));
    Ok(())
}

/// The month of birth was tapped: now the date is compared.
pub(super) async fn month_chosen(talk: &mut Talk<'_>, mark: &str, month: u32) -> Result<(), InboxError> {
    let Some(At::BirthMonth { code: text, day }) = talk.step_marked(mark) else {
        talk.stale();
        return Ok(());
    };
    let Some((code, subject)) = still_good(talk, &text).await? else { return Ok(()) };
    let Subject::Student(student) = &subject else { return Ok(()) };
    if (student.birth_date.day(), student.birth_date.month()) != (day, month) {
        // The slip stays good for the family's other chat; only who has it in many chats and guesses on ends it.
        if link::count_wrong_date(talk.tx, code.id).await?
            && let Some(office) = talk.office(code.office_id)
        {
            talk.desk(&office).code_burnt_in(talk.tx, &code, student).await?;
        }
        wrong(talk);
        return Ok(());
    }
    link(talk, &code, &subject).await
}

fn grid(buttons: Vec<Button>, in_row: usize) -> Vec<Vec<Button>> {
    buttons.chunks(in_row).map(<[Button]>::to_vec).collect()
}

/// Links the chat, says what follows, and tells the chats that were linked before.
pub(super) async fn link(talk: &mut Talk<'_>, code: &LinkCode, subject: &Subject) -> Result<(), InboxError> {
    let Some(office) = talk.office(code.office_id) else {
        wrong(talk);
        return Ok(());
    };
    let linked = talk.desk(&office).link_in(talk.tx, code, subject.id(), talk.id).await?;
    talk.step = None;
    match subject {
        Subject::Place(place) => talk.say("bot-linked-contact", &[("place", place.name.clone().into())]),
        Subject::Account(account) => {
            let name = || [("account", account.name.clone().into())];
            talk.say("bot-linked-staff", &name());
            // A code that lay open on a desk must not go unnoticed.
            for other in &linked.others {
                talk.tell(other, "bot-new-staff-chat", &name())?;
            }
            talk.desk(&office).account_linked_in(talk.tx, account).await?;
        }
        Subject::Student(student) => {
            let name = talk.name_of(student).await?;
            let agreed = student::has_consent(talk.tx, student.id, office.policies().consent).await?;
            let said = if agreed { "bot-linked" } else { "bot-linked-waits" };
            let said = talk.text(said, &[("name", name.into())]);
            if linked.asks {
                family::ask_newcomer(talk, &linked, &office, &said);
                family::ask_others(talk, &linked, student)?;
            } else {
                talk.say_text(said, Vec::new());
            }
        }
    }
    Ok(())
}

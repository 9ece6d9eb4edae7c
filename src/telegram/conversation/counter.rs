//! At the counter: a pickup code shows the card, one button hands it out. The desk acts as the account whose chat this is.

use chrono::Datelike;
use uuid::Uuid;

use super::family::half;
use super::step::At;
use super::talk::Talk;
use crate::card::{self, Card, CardError, Handed};
use crate::desk::{CodeReader, Desk, DeskError, Taker};
use crate::link;
use crate::messenger::{Document, Relation, Tap};
use crate::office::{Office, OfficeId, PrintPolicy};
use crate::staff::Right;
use crate::student::{self, Student, StudentId};
use crate::telegram::inbox::InboxError;
use crate::written::tidy;

/// Longest name of a person that is taken, in characters.
const LONGEST_NAME: usize = 80;

/// A document as the ledger names it.
fn in_the_ledger(document: Document) -> &'static str {
    match document {
        Document::IdCard => "KTP-el",
        Document::FamilyCard => "KK",
        Document::Licence => "SIM",
        Document::Passport => "paspor",
    }
}

/// The desk of the office for the account of this chat that may hand out there; otherwise says that it may not.
async fn desk(talk: &mut Talk<'_>, office: OfficeId) -> Result<Option<Desk>, InboxError> {
    let account = talk.account_with(Right::HandOut, office).await?;
    if let (Some(account), Some(office)) = (account, talk.office(office)) {
        return Ok(Some(talk.desk_of(office, account)));
    }
    talk.say("bot-not-allowed", &[]);
    Ok(None)
}

/// The student that a button names, and the desk; anything else is answered.
async fn at_hand(talk: &mut Talk<'_>, student: Uuid) -> Result<Option<(Student, Desk)>, InboxError> {
    let Some(student) = student::kept(talk.tx, StudentId(student)).await? else {
        talk.stale();
        return Ok(None);
    };
    Ok(desk(talk, student.office_id).await?.map(|desk| (student, desk)))
}

/// Name, class, year of birth, and where the card is.
pub(super) async fn show(talk: &mut Talk<'_>, student: &Student) -> Result<(), InboxError> {
    let Some(desk) = desk(talk, student.office_id).await? else { return Ok(()) };
    // The next in the queue: whatever was begun for the one before is dropped, so that no name goes to the wrong card.
    talk.step = None;
    let card = desk.look_at_card_in(talk.tx, student.id).await?;
    let sent_to = desk.collect_at(talk.tx, student.id).await?.and_then(|id| desk.office().point(id));
    let on_arrival = desk.office().policies().print == PrintPolicy::OnArrival;
    let state = match &card {
        None => match sent_to {
            Some(point) => talk.text("bot-card-arrival", &[("point", point.declared.name.clone().into())]),
            None => talk.text("bot-card-none", &[]),
        },
        Some(Card { collected_at: Some(at), collected_on: Some(on), handed_by, .. }) => {
            let handed = Handed { at: *at, on: *on, by: handed_by.clone() };
            handed_out(talk, desk.office(), &handed)
        }
        Some(card) => match card.point_id.and_then(|id| desk.office().point(id)) {
            Some(point) => talk.text("bot-card-ready", &[("point", point.declared.name.clone().into())]),
            None => talk.text("bot-card-printed", &[]),
        },
    };
    let can_be_given = card.is_some_and(|card| card.collected_at.is_none() && (card.ready_on.is_some() || on_arrival));
    let id = student.id.0;
    let rows = match can_be_given {
        false => Vec::new(),
        true => vec![
            vec![talk.button("bot-button-own", Tap::Own { student: id })],
            vec![talk.button("bot-button-family", Tap::Family { student: id, relation: None })],
            vec![talk.button("bot-button-cancel", Tap::KeepCard { student: id })],
        ],
    };
    let readers = desk.code_readers_in(talk.tx, student.id).await?;
    talk.note_card_question(student.id, false);
    let arguments = [
        ("name", student.name.clone().into()),
        ("class", student.class_name.clone().unwrap_or_else(|| "–".to_owned()).into()),
        ("year", student.birth_date.year().to_string().into()),
        ("state", state.into()),
        ("chats", chats(talk, &readers).into()),
    ];
    talk.ask("bot-counter", &arguments, rows);
    Ok(())
}

/// In which chats the code shows: who stands at the counter has it from one of them.
fn chats(talk: &Talk<'_>, readers: &[CodeReader]) -> String {
    if readers.is_empty() {
        return talk.text("bot-counter-no-chat", &[]);
    }
    let line = |reader: &CodeReader| {
        let day = talk.date(reader.linked_on);
        let arguments = [("half", half(reader.role)), ("day", day.into()), ("standing", reader.standing.into())];
        talk.text("bot-counter-chat", &arguments)
    };
    readers.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// When and by whom a card was handed out already.
fn handed_out(talk: &Talk<'_>, office: &Office, handed: &Handed) -> String {
    let time = handed.at.with_timezone(&office.zone()).format("%H.%M").to_string();
    let by = handed.by.clone().unwrap_or_else(|| "–".to_owned());
    talk.text("bot-card-collected", &[("day", talk.date(handed.on).into()), ("time", time.into()), ("by", by.into())])
}

/// Handed to the holder.
pub(super) async fn to_holder(talk: &mut Talk<'_>, student: Uuid) -> Result<(), InboxError> {
    hand_out(talk, student, None).await
}

/// Handed to somebody else: to whom?
pub(super) async fn ask_relation(talk: &mut Talk<'_>, student: Uuid) -> Result<(), InboxError> {
    let Some((student, _)) = at_hand(talk, student).await? else { return Ok(()) };
    if was_cancelled(talk, &student) {
        return Ok(());
    }
    let button = |relation: Relation| {
        let tap = Tap::Family { student: student.id.0, relation: Some(relation) };
        talk.button(&format!("bot-relation-{}", relation.word()), tap)
    };
    let mut rows: Vec<_> = Relation::ALL.iter().map(|relation| vec![button(*relation)]).collect();
    rows.push(vec![talk.button("bot-button-cancel", Tap::KeepCard { student: student.id.0 })]);
    talk.ask("bot-counter-relation", &[("name", student.name.clone().into())], rows);
    Ok(())
}

/// To a relative of this kind: by which name?
pub(super) async fn ask_name(talk: &mut Talk<'_>, student: Uuid, relation: Relation) -> Result<(), InboxError> {
    let Some((student, _)) = at_hand(talk, student).await? else { return Ok(()) };
    if was_cancelled(talk, &student) {
        return Ok(());
    }
    talk.go_to(At::TakerName { student: student.id.0, relation });
    let rows = vec![vec![talk.button("bot-button-cancel", Tap::KeepCard { student: student.id.0 })]];
    talk.ask("bot-counter-name", &[("name", student.name.clone().into())], rows);
    Ok(())
}

/// Whether the next text is the name of whoever takes a card. The code of the next in the queue is none.
pub(super) async fn is_name_awaited(talk: &mut Talk<'_>, text: &str) -> Result<bool, InboxError> {
    if !matches!(talk.step.as_ref().map(|step| &step.at), Some(At::TakerName { .. })) {
        return Ok(false);
    }
    let today = talk.today();
    Ok(link::look_up(talk.tx, talk.desks.vault(), text, today).await?.is_none())
}

/// The name was written: by which document was it seen?
pub(super) fn named(talk: &mut Talk<'_>, text: &str) {
    let Some(At::TakerName { student, relation }) = talk.step.as_ref().map(|step| step.at.clone()) else {
        talk.stale();
        return;
    };
    let name = tidy(text);
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    if letters < 2 || name.chars().any(char::is_numeric) || name.chars().count() > LONGEST_NAME {
        let rows = vec![vec![talk.button("bot-button-cancel", Tap::KeepCard { student })]];
        talk.ask("bot-counter-name-wrong", &[], rows);
        return;
    }
    let mark = talk.go_to(At::TakerDocument { student, relation, name: name.clone() });
    let button = |document: Document| {
        let tap = Tap::Seen { mark: mark.clone(), document };
        talk.button(&format!("bot-document-{}", document.word()), tap)
    };
    let mut rows: Vec<_> = Document::ALL.map(|document| vec![button(document)]).to_vec();
    rows.push(vec![talk.button("bot-button-cancel", Tap::KeepCard { student })]);
    talk.ask("bot-counter-document", &[("taker", name.into())], rows);
}

/// The document was tapped: handed to whoever was named.
pub(super) async fn seen(talk: &mut Talk<'_>, mark: &str, document: Document) -> Result<(), InboxError> {
    let Some(At::TakerDocument { student, relation, name }) = talk.step_marked(mark) else {
        talk.stale();
        return Ok(());
    };
    talk.step = None;
    let document = Some(in_the_ledger(document).to_owned());
    hand_out(talk, student, Some(Taker { name, relation: relation.word().to_owned(), document })).await
}

/// *Cancel*: the question hands out nothing any more. Of a card that was handed out meanwhile it says so, and how that is taken
/// back.
pub(super) async fn cancelled(talk: &mut Talk<'_>, student: Uuid) -> Result<(), InboxError> {
    let Some((student, desk)) = at_hand(talk, student).await? else { return Ok(()) };
    talk.step = None;
    talk.note_card_question(student.id, true);
    let card = desk.look_at_card_in(talk.tx, student.id).await?;
    let handed = card.as_ref().and_then(card::handed);
    let name = ("name", student.name.clone().into());
    match handed {
        None => talk.say("bot-counter-cancelled", &[name]),
        Some(handed) => {
            let state = handed_out(talk, desk.office(), &handed);
            let who = student.nisn.clone().unwrap_or_else(|| student.id.to_string());
            talk.say("bot-counter-cancelled-late", &[name, ("state", state.into()), ("student", who.into())]);
        }
    }
    Ok(())
}

/// Whether the question was cancelled; then says so, and how to ask again.
fn was_cancelled(talk: &mut Talk<'_>, student: &Student) -> bool {
    let is = talk.is_card_question_cancelled(student.id);
    if is {
        talk.say("bot-counter-was-cancelled", &[("name", student.name.clone().into())]);
    }
    is
}

/// Once, whoever confirms at the same time: the desk decides, and the others read when it was.
async fn hand_out(talk: &mut Talk<'_>, student: Uuid, taker: Option<Taker>) -> Result<(), InboxError> {
    let Some((student, desk)) = at_hand(talk, student).await? else { return Ok(()) };
    if was_cancelled(talk, &student) {
        return Ok(());
    }
    let name = || [("name", student.name.clone().into())];
    match desk.collect_in(talk.tx, student.id, taker).await {
        Ok(_) => talk.say("bot-counter-done", &name()),
        Err(DeskError::Card(CardError::AlreadyCollected(handed))) => {
            let text = handed_out(talk, desk.office(), &handed);
            talk.say_text(format!("{}: {text}", student.name), Vec::new());
        }
        Err(DeskError::Card(CardError::NotPrinted | CardError::NotReady { .. })) => {
            talk.say("bot-counter-not-ready", &name());
        }
        Err(DeskError::NotAllowed { .. }) => talk.say("bot-not-allowed", &[]),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// `/hariini`: the day's numbers, for whoever may read reports.
pub(super) async fn today(talk: &mut Talk<'_>) -> Result<(), InboxError> {
    let accounts = talk.accounts().await?;
    if accounts.is_empty() {
        return talk.lost().await;
    }
    let mut told = false;
    for account in accounts.into_iter().filter(|account| account.role.may(Right::Reports)) {
        if talk.office(account.office_id).is_some() {
            talk.send_report(account.id);
            told = true;
        }
    }
    if !told {
        talk.say("bot-not-allowed", &[]);
    }
    Ok(())
}

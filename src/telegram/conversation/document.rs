//! A file in the chat: a roster from whoever may send one here, or something that does not belong here. Nothing of it is
//! fetched before it is known to be the former.

use uuid::Uuid;

use super::step::At;
use super::talk::Talk;
use crate::link::chat_index;
use crate::mailbox::Sent;
use crate::mailbox::files::{self, Upload};
use crate::messenger::{Button, Tap};
use crate::place::Place;
use crate::staff::Staff;
use crate::telegram::LARGEST_DOWNLOAD;
use crate::telegram::inbox::InboxError;

/// An account of this chat that may send its place's roster here.
pub(super) struct Operator {
    account: Staff,
    place: Place,
}

/// Every account of this chat that may send a roster here.
pub(super) async fn operators(talk: &mut Talk<'_>) -> Result<Vec<Operator>, InboxError> {
    let mut operators = Vec::new();
    for account in talk.accounts().await? {
        let Some(office) = talk.office(account.office_id) else { continue };
        let desk = talk.desk_of(office, account.clone());
        let place = desk.place_sent_by_bot_in(talk.tx).await?;
        operators.extend(place.map(|place| Operator { account, place }));
    }
    Ok(operators)
}

/// A file was sent.
pub(super) async fn sent(talk: &mut Talk<'_>, file: &Sent) -> Result<(), InboxError> {
    let mut operators = operators(talk).await?;
    let Some(operator) = operators.pop() else {
        talk.delete(file.message_id);
        let office = talk.office_name();
        talk.say("bot-file-not-here", &[("office", office.into())]);
        return Ok(());
    };
    if file.size.is_some_and(|size| size > LARGEST_DOWNLOAD) {
        talk.delete(file.message_id);
        talk.say("bot-roster-too-large", &[]);
        return Ok(());
    }
    if operators.is_empty() {
        return expect(talk, file.clone(), &operator).await;
    }
    operators.push(operator);
    // Whoever never says whose it is shall not leave it lying here either.
    files::lend(talk.tx, talk.clock(), talk.desks.vault(), talk.id, file.message_id).await?;
    let mark = talk.go_to(At::Roster { file: file.clone() });
    let tap = |one: &Operator| Tap::Roster { mark: mark.clone(), account: one.account.id.0 };
    let rows = operators.iter().map(|one| vec![Button::new(one.place.name.clone(), tap(one))]).collect();
    talk.ask("bot-roster-whose", &[], rows);
    Ok(())
}

/// Whose roster it is was tapped.
pub(super) async fn place_chosen(talk: &mut Talk<'_>, mark: &str, account: Uuid) -> Result<(), InboxError> {
    let Some(At::Roster { file }) = talk.step_marked(mark) else {
        talk.stale();
        return Ok(());
    };
    let operator = operators(talk).await?.into_iter().find(|one| one.account.id.0 == account);
    let Some(operator) = operator else {
        talk.say("bot-not-allowed", &[]);
        return Ok(());
    };
    talk.step = None;
    let index = chat_index(talk.desks.vault(), talk.id);
    files::give_back(talk.tx, &index, file.message_id).await?;
    expect(talk, file, &operator).await
}

/// From here on the file waits to be read, whatever becomes of this process.
async fn expect(talk: &mut Talk<'_>, file: Sent, operator: &Operator) -> Result<(), InboxError> {
    let upload = Upload { chat: talk.id, account: operator.account.id, file };
    files::expect(talk.tx, talk.clock(), talk.desks.vault(), &upload).await?;
    talk.say("bot-roster-received", &[("place", operator.place.name.clone().into())]);
    Ok(())
}

/// The answer file was saved and may go.
pub(super) async fn saved(talk: &mut Talk<'_>, message_id: Option<i64>) -> Result<(), InboxError> {
    // The button stands below the file itself; one that was sent by a process that died is not known otherwise.
    let Some(message_id) = message_id else {
        talk.stale();
        return Ok(());
    };
    let index = chat_index(talk.desks.vault(), talk.id);
    files::give_back(talk.tx, &index, message_id).await?;
    talk.delete(message_id);
    talk.say("bot-file-removed", &[]);
    Ok(())
}

//! What the bot answers. Each update is answered in one transaction that takes it from the inbox, changes what it changes
//! through the desk, and puts what is to be said on disk; only then is anything sent.

mod broken;
mod code;
mod commands;
mod complaint;
mod counter;
mod document;
mod family;
mod kept;
mod linking;
mod opening;
mod order;
mod status;
mod step;
mod stopping;
mod talk;
#[cfg(test)]
mod tests;
mod visit;

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

use talk::{Acts, Talk};

use super::courier::Courier;
use super::inbox::InboxError;
use super::{Fence, Line};
use crate::db::{Tx, is_passing, waits_for_lock};
use crate::desk::Desks;
use crate::link::normalise_code;
use crate::mailbox::{self, Act, Incoming, What};
use crate::messages::LANGUAGES;
use crate::messenger::{Outgoing, Tap};
use crate::visit::VisitId;

/// Updates that are answered before what they gave is sent.
const AT_ONCE: i64 = 50;

/// Tries of an update that fails for a reason that may pass, such as a lock. More hit that update alone.
const TRIES: i32 = 5;

/// Answers the oldest updates, in order, and does what waits to be done; gives how many things that were, 0 when idle.
///
/// An update that cannot be answered is closed with a "please try again", so that those behind it come to their turn. Only
/// while the database itself fails does everything wait; what was answered before goes out all the same.
pub async fn run_once(desks: &Desks, line: &dyn Line) -> Result<usize, InboxError> {
    let answered = answer_oldest(desks).await;
    let delivered = Courier::new(desks, line, Fence::default()).run_until_idle().await?;
    Ok(answered? + delivered)
}

/// Answers the oldest updates, in order, onto the disk; gives how many those were.
pub async fn answer_oldest(desks: &Desks) -> Result<usize, InboxError> {
    let mut tx = desks.db().read().await?;
    let oldest = mailbox::unhandled(&mut tx, desks.vault(), AT_ONCE).await?;
    drop(tx);
    let count = oldest.len();
    for (number, incoming) in oldest {
        let Some(incoming) = incoming else {
            tracing::error!(update = number, "a stored update cannot be read and is passed over");
            settle(desks, number, Vec::new()).await?;
            continue;
        };
        // A panic must not make the daemon meet the same update again and again.
        let problem = match AssertUnwindSafe(answer(desks, &incoming)).catch_unwind().await {
            Ok(Ok(())) => continue,
            // A long import has what it needs: nothing is wrong with the update.
            Ok(Err(error)) if waits_for_lock(&error) => return Err(error),
            Ok(Err(error)) if is_passing(&error) => match count_try(desks, number).await? {
                Some(tries) if tries >= TRIES => error.name(),
                Some(_) => return Err(error),
                None => continue,
            },
            Ok(Err(error)) => error.name(),
            Err(_) => "panic",
        };
        tracing::error!(update = number, problem, "an update cannot be answered; the person is asked to try again");
        settle(desks, number, apology(desks, &incoming)).await?;
    }
    Ok(count)
}

/// Answers one update, all or nothing.
async fn answer(desks: &Desks, incoming: &Incoming) -> Result<(), InboxError> {
    let mut tx = desks.db().write().await?;
    if !mailbox::take(&mut tx, desks.clock(), incoming.update_id).await? {
        return Ok(());
    }
    for (chat, act) in react(desks, &mut tx, incoming).await? {
        mailbox::reply(&mut tx, desks.clock(), desks.vault(), chat, act).await?;
    }
    Ok(tx.commit().await?)
}

/// Counts a failed try. While the database itself fails, this fails, too: an outage uses up none.
async fn count_try(desks: &Desks, number: i64) -> Result<Option<i32>, InboxError> {
    let mut tx = desks.db().write().await?;
    let tries = mailbox::count_try(&mut tx, number).await?;
    tx.commit().await?;
    Ok(tries)
}

/// Closes an update with `acts` and nothing else.
async fn settle(desks: &Desks, number: i64, acts: Acts) -> Result<(), InboxError> {
    let mut tx = desks.db().write().await?;
    if mailbox::take(&mut tx, desks.clock(), number).await? {
        for (chat, act) in acts {
            mailbox::reply(&mut tx, desks.clock(), desks.vault(), chat, act).await?;
        }
    }
    Ok(tx.commit().await?)
}

/// What is said when something went wrong on our side; the chat's own language may be out of reach just then.
fn apology(desks: &Desks, incoming: &Incoming) -> Acts {
    let mut acts = Vec::new();
    match &incoming.what {
        What::Button { query_id, .. } => acts.push(Act::AnswerButton { query_id: query_id.clone() }),
        What::NikLike { message_id } => acts.push(Act::Delete { message_id: *message_id }),
        What::Document(file) => acts.push(Act::Delete { message_id: file.message_id }),
        What::Membership { .. } | What::Other => return Vec::new(),
        What::Text { .. } | What::Media { .. } => {}
    }
    if incoming.is_private && incoming.chat != 0 {
        acts.push(Act::Send(Outgoing::plain(desks.messages().text(LANGUAGES[0], "bot-try-again", &[]))));
    }
    acts.into_iter().map(|act| (incoming.chat, act)).collect()
}

/// What an update changes and what is to be done in answer.
async fn react(desks: &Desks, tx: &mut Tx, incoming: &Incoming) -> Result<Acts, InboxError> {
    let mut before = Vec::new();
    if let What::Button { query_id, .. } = &incoming.what {
        // Always, so that the waiting mark on the button ends.
        before.push((incoming.chat, Act::AnswerButton { query_id: query_id.clone() }));
    }
    if incoming.chat == 0 || matches!(incoming.what, What::Other) {
        return Ok(before);
    }
    if !incoming.is_private {
        before.extend(in_a_group(desks, incoming));
        return Ok(before);
    }
    if let What::Membership { blocked } = incoming.what {
        desks.reach_in(tx, incoming.chat, blocked.then_some("blocked")).await?;
        if !blocked {
            mailbox::take_up(tx, desks.vault(), incoming.chat).await?;
        }
        return Ok(before);
    }
    mailbox::take_up(tx, desks.vault(), incoming.chat).await?;
    let mut talk = Talk::begin(desks, tx, incoming.chat).await?;
    if talk.has_no_office() {
        talk.say("bot-no-office", &[]);
        return talk.end(before).await;
    }
    match &incoming.what {
        What::Text { text, .. } => written(&mut talk, text.trim()).await?,
        What::Button { data, message_id, .. } => tapped(&mut talk, data, *message_id).await?,
        What::NikLike { message_id } => {
            talk.delete(*message_id);
            talk.say("bot-nik-deleted", &[]);
        }
        What::Media { message_id } => {
            if talk.accounts().await?.is_empty() {
                talk.delete(*message_id);
                talk.say("bot-media-deleted", &[]);
            } else {
                commands::help(&mut talk).await?;
            }
        }
        What::Document(file) => document::sent(&mut talk, file).await?,
        What::Membership { .. } | What::Other => {}
    }
    talk.end(before).await
}

/// Groups get one sentence, and only when someone there gives a command.
fn in_a_group(desks: &Desks, incoming: &Incoming) -> Option<(i64, Act)> {
    let What::Text { text, .. } = &incoming.what else { return None };
    let sentence = || desks.messages().text(LANGUAGES[0], "bot-group", &[]);
    text.starts_with('/').then(|| (incoming.chat, Act::Send(Outgoing::plain(sentence()))))
}

/// A command, an expected text, a code, or something else.
async fn written(talk: &mut Talk<'_>, text: &str) -> Result<(), InboxError> {
    if let Some(command) = text.strip_prefix('/') {
        let (word, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
        let word = word.split('@').next().unwrap_or_default().to_lowercase();
        return if command_given(talk, &word, rest.trim()).await? { Ok(()) } else { talk.lost().await };
    }
    if complaint::is_awaited(talk) {
        return complaint::taken(talk, text).await;
    }
    if order::is_awaited(talk) {
        order::counted(talk, text);
        return Ok(());
    }
    if counter::is_name_awaited(talk, text).await? {
        counter::named(talk, text);
        return Ok(());
    }
    // Some people send the link of the slip instead of opening it.
    let code = text.split_once("?start=").map_or(text, |(_, code)| code);
    if normalise_code(code).is_some() {
        return opening::code_given(talk, code).await;
    }
    let is_command = !text.contains(char::is_whitespace) && command_given(talk, &text.to_lowercase(), "").await?;
    if is_command { Ok(()) } else { talk.lost().await }
}

/// Does what the command `word` says; `false` if there is no such command.
async fn command_given(talk: &mut Talk<'_>, word: &str, rest: &str) -> Result<bool, InboxError> {
    match word {
        "start" => opening::started(talk, rest).await?,
        "status" => status::command(talk, None).await?,
        "jadwal" => commands::schedule(talk, None).await?,
        "lokasi" => commands::places(talk, None).await?,
        "data" => kept::command(talk).await?,
        "bahasa" => commands::languages(talk),
        "berhenti" | "stop" => stopping::command(talk).await?,
        "lapor" => complaint::command(talk, None).await?,
        "bantuan" | "help" => commands::help(talk).await?,
        "rusak" => broken::command(talk).await?,
        "hariini" => counter::today(talk).await?,
        "pesan" => order::command(talk, None).await?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// A button; what does not fit the chat's present step is stale.
async fn tapped(talk: &mut Talk<'_>, data: &str, message_id: Option<i64>) -> Result<(), InboxError> {
    let Ok(tap) = data.parse() else {
        talk.stale();
        return Ok(());
    };
    match tap {
        Tap::Cancel => {
            talk.step = None;
            talk.say("bot-cancelled", &[]);
            Ok(())
        }
        Tap::Agree { mark } => opening::answered(talk, &mark, opening::Choice::Agree).await,
        Tap::Refuse { mark } => opening::answered(talk, &mark, opening::Choice::Refuse).await,
        Tap::Parent { mark } => opening::answered(talk, &mark, opening::Choice::Parent).await,
        Tap::Name { mark, is_right } => linking::name_answered(talk, &mark, is_right).await,
        Tap::BirthDay { mark, day } => linking::day_chosen(talk, &mark, day).await,
        Tap::BirthMonth { mark, month } => linking::month_chosen(talk, &mark, month).await,
        Tap::Status { student } => status::command(talk, Some(student)).await,
        Tap::Schedule { office } => commands::schedule(talk, Some(office)).await,
        Tap::Places { office } => commands::places(talk, Some(office)).await,
        Tap::Language { code } => commands::language_chosen(talk, &code).await,
        Tap::Correct { student } => complaint::correction(talk, student).await,
        Tap::Complain { office } => complaint::command(talk, Some(office)).await,
        Tap::Signed { office } => complaint::signed(talk, office).await,
        Tap::SignedAbout { student } => complaint::signed_about(talk, student).await,
        Tap::Nameless { office } => complaint::nameless(talk, office),
        Tap::Stop { subject, is_sure: false } => stopping::chosen(talk, subject).await,
        Tap::Stop { subject, is_sure: true } => stopping::confirmed(talk, subject).await,
        Tap::Roster { mark, account } => document::place_chosen(talk, &mark, account).await,
        Tap::Saved => document::saved(talk, message_id).await,
        Tap::Order { account } => order::command(talk, Some(account)).await,
        Tap::Wished { mark, wish } => order::wished(talk, &mark, wish).await,
        Tap::Broken { team, more: None } => broken::chosen(talk, team).await,
        Tap::Broken { team, more: Some(more) } => broken::confirmed(talk, team, more).await,
        Tap::Kin { link, is_ours } => family::answered(talk, link, is_ours).await,
        Tap::KeepCard { student } => counter::cancelled(talk, student).await,
        Tap::Own { student } => counter::to_holder(talk, student).await,
        Tap::Family { student, relation: None } => counter::ask_relation(talk, student).await,
        Tap::Family { student, relation: Some(relation) } => counter::ask_name(talk, student, relation).await,
        Tap::Seen { mark, document } => counter::seen(talk, &mark, document).await,
        Tap::Visit { visit, revision, reply } => visit::tapped(talk, VisitId(visit), revision, reply).await,
    }
}

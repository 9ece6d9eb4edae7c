//! To which chats a student's notice goes: the student's own and those of the guardians who agreed, each for itself.
//!
//! A notice is `sent` as soon as it has reached one of them, and stays so. Whoever of the others is still owed it, since the line
//! was broken, the bot was blocked or the chat is newer than the notice, gets it later: `further_at` says from when on. Only what
//! is still true and still of use is owed: of several invitations to one card, and of several words about one visit, the newest.
//! A chat that got a notice, or to which it may have gone where the office asks a person, is never sent it again.

use std::collections::HashSet;

use super::attempt;
use super::case::{NoticeRow, Person};
use super::rules::{Stand, Wanted};
use super::{AttemptOutcome, Kind, NoticeId, State};
use crate::link::{ChatLink, LinkRole};

/// Why a notice is uncertain that may have gone out since the copy was made which the database is.
pub(super) const COPY: &str = "copy";

/// The person's chats whom a notice of this kind and occasion is for, the student's own first. A chat that is both the student's
/// and a guardian's is one. A correction is for whoever has read what it corrects.
pub(super) fn meant<'p>(person: &'p Person, kind: Kind, occasion: &str) -> Vec<&'p ChatLink> {
    let mut chats: Vec<&ChatLink> = person.chats.iter().collect();
    chats.sort_by_key(|chat| chat.role != LinkRole::Student);
    let mut seen = HashSet::new();
    chats.retain(|chat| seen.insert(&chat.chat_index));
    if kind == Kind::Correction
        && let Some(made) = occasion.parse().ok().and_then(|corrected: NoticeId| person.attempts.get(&corrected))
    {
        let may_have = |outcome: &AttemptOutcome| !matches!(outcome, AttemptOutcome::Refused);
        let read: HashSet<&Vec<u8>> =
            made.iter().filter(|(_, outcome)| may_have(outcome)).map(|(chat, _)| chat).collect();
        if !read.is_empty() {
            chats.retain(|chat| read.contains(&chat.chat_index));
        }
    }
    chats
}

/// The chats that can be reached and are owed this row now; `resends` if the office sends again what may have been lost.
pub(super) fn owed<'p>(person: &'p Person, row: &NoticeRow, resends: bool) -> Vec<&'p ChatLink> {
    let none = Vec::new();
    let standing = attempt::standing(person.attempts.get(&row.id).unwrap_or(&none));
    // What is due again after a lost answer is so because the office, or a person, wants it sent.
    let repeats = resends || !is_out(row.state);
    // Of what may have gone out since a copy was made nobody knows to which chats it did.
    let is_doubted = row.state == State::Uncertain && row.reason.as_deref() == Some(COPY);
    let mut chats = meant(person, row.kind, &row.occasion);
    chats.retain(|chat| {
        chat.unreachable.is_none()
            && match standing.get(&chat.chat_index[..]) {
                Some(AttemptOutcome::Accepted | AttemptOutcome::Started) => false,
                Some(AttemptOutcome::Lost) => repeats,
                Some(AttemptOutcome::Refused) | None => repeats || !is_doubted,
            }
    });
    chats
}

/// Whether somebody has, or may have, read a row, or may be reading it just now.
pub(super) fn is_out(state: State) -> bool {
    matches!(state, State::Sent | State::Uncertain | State::Sending)
}

/// Whether what a row said is still what is wanted, and nothing newer says it better.
pub(super) fn is_of_use(want: &Wanted, row: &NoticeRow, wanted: &[Wanted], rows: &[NoticeRow]) -> bool {
    let about = row.about();
    let is_true = want.stand == Stand::Deliver
        && want.variant == row.variant.as_deref()
        && (want.card, want.point, want.visit) == (about.card, about.point, about.visit);
    let Some(group) = group(row).filter(|_| is_true) else { return is_true };
    let out_at = |row: &NoticeRow| (row.sent_at.unwrap_or(row.changed_at), row.id);
    let is_wanted = |row: &NoticeRow| {
        let mut same = wanted.iter().filter(|want| want.kind == row.kind && want.occasion == row.occasion);
        same.any(|want| want.stand == Stand::Deliver)
    };
    let newer = |other: &&NoticeRow| {
        self::group(other).as_ref() == Some(&group) && is_out(other.state) && out_at(other) > out_at(row)
    };
    !rows.iter().filter(newer).any(is_wanted)
}

/// What a row is one of several words about.
#[derive(Debug, PartialEq, Eq)]
enum Group {
    Card,
    Visit(String),
}

fn group(row: &NoticeRow) -> Option<Group> {
    match row.kind {
        Kind::Turned17 | Kind::CardReady | Kind::CollectReminder | Kind::CollectChanged => Some(Group::Card),
        Kind::VisitAnnounced | Kind::VisitTomorrow | Kind::VisitChanged => {
            Some(Group::Visit(row.occasion.split(':').next().unwrap_or_default().to_owned()))
        }
        _ => None,
    }
}

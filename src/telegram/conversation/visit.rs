//! A place's contact answers whether a visit suits: agrees, chooses another day, or asks for a call.

use std::collections::BTreeSet;

use super::talk::Talk;
use crate::db::Tx;
use crate::desk::{Desk, DeskError, Heard, Talked};
use crate::link::LinkRole;
use crate::messages::Arg;
use crate::messenger::{Button, Tap, VisitReply};
use crate::notice::contacts::text::question;
use crate::office::OfficeId;
use crate::telegram::inbox::InboxError;
use crate::visit::schedule::{Listed, Slot};
use crate::visit::{VisitId, VisitState};

/// A button about a visit was tapped.
pub(super) async fn tapped(
    talk: &mut Talk<'_>,
    id: VisitId,
    revision: i32,
    reply: VisitReply,
) -> Result<(), InboxError> {
    let contacts = talk.links.iter().filter(|link| link.role == LinkRole::Contact);
    let offices: BTreeSet<OfficeId> = contacts.map(|link| link.office_id).collect();
    for office in offices {
        let Some(office) = talk.office(office) else { continue };
        let desk = talk.desk(&office);
        if let Some(talked) = hear(&desk, talk.tx, talk.id, id, revision, reply).await? {
            return answer(talk, &desk, id, reply, talked);
        }
    }
    // Nobody else's chat may answer; it is not told whether there is such a visit.
    talk.stale();
    Ok(())
}

async fn hear(
    desk: &Desk,
    tx: &mut Tx,
    chat: i64,
    id: VisitId,
    revision: i32,
    reply: VisitReply,
) -> Result<Option<Talked>, DeskError> {
    match reply {
        VisitReply::Agree => desk.visit_agreed_in(tx, chat, id, revision).await,
        VisitReply::Days(page) => desk.visit_days_in(tx, chat, id, revision, page).await,
        VisitReply::Day(day) => desk.visit_chosen_in(tx, chat, id, revision, day).await,
        VisitReply::NoneSuits => desk.visit_unsuited_in(tx, chat, id, revision).await,
    }
}

fn answer(talk: &mut Talk<'_>, desk: &Desk, id: VisitId, reply: VisitReply, talked: Talked) -> Result<(), InboxError> {
    let Talked { heard, visit, others } = talked;
    let phone = desk.office().declaration.phone.clone().unwrap_or_else(|| desk.office().declaration.name.clone());
    let mut arguments = facts(talk, desk, &visit);
    arguments.push(("phone", phone.into()));
    let agreed = matches!(heard, Heard::Agreed | Heard::Chosen);
    match heard {
        Heard::Agreed => talk.say("bot-visit-agreed", &arguments),
        Heard::Chosen => talk.say("bot-visit-chosen", &arguments),
        Heard::AgreedAlready => talk.say("bot-visit-agreed-already", &arguments),
        Heard::Moved if visit.state == VisitState::Announced => {
            let rows = question(talk.desks.messages(), &talk.chat.language, id, visit.revision);
            talk.ask("bot-visit-moved", &arguments, rows);
        }
        Heard::Moved => talk.say("bot-visit-moved-agreed", &arguments),
        Heard::Cancelled => talk.say("bot-visit-cancelled", &arguments),
        Heard::Over => talk.say("bot-visit-over", &arguments),
        Heard::Days { slots, more } => {
            let page = if let VisitReply::Days(page) = reply { page } else { 0 };
            let rows = days(talk, desk, id, &visit, &slots, more.then_some(page + 1));
            talk.ask("bot-visit-days", &arguments, rows);
        }
        Heard::Gone { slots, more } => {
            let rows = days(talk, desk, id, &visit, &slots, more.then_some(1));
            talk.ask("bot-visit-gone", &arguments, rows);
        }
        Heard::NoDays => {
            let rows = days(talk, desk, id, &visit, &[], None);
            talk.ask("bot-visit-no-days", &arguments, rows);
        }
        Heard::Called => talk.say("bot-visit-called", &arguments),
    }
    if agreed {
        for other in &others {
            talk.tell(other, "bot-visit-agreed-elsewhere", &arguments)?;
        }
    }
    Ok(())
}

/// The visit as it stands, for a text.
fn facts(talk: &Talk<'_>, desk: &Desk, visit: &Listed) -> Vec<(&'static str, Arg)> {
    let time = |at: chrono::DateTime<chrono::Utc>| at.with_timezone(&desk.office().zone()).format("%H.%M").to_string();
    vec![
        ("place", visit.place_name.clone().into()),
        ("day", talk.date(visit.date).into()),
        ("from", time(visit.starts_at).into()),
        ("until", time(visit.ends_at).into()),
        ("team", visit.team.clone().into()),
    ]
}

/// A button for each day, then: more days, none of them, and, while nothing is agreed, the planned day after all.
fn days(
    talk: &Talk<'_>,
    desk: &Desk,
    id: VisitId,
    visit: &Listed,
    slots: &[Slot],
    next: Option<usize>,
) -> Vec<Vec<Button>> {
    let tap = |reply: VisitReply| Tap::Visit { visit: id.0, revision: visit.revision, reply };
    let zone = desk.office().zone();
    let mut rows: Vec<Vec<Button>> = slots
        .iter()
        .map(|slot| {
            let time = slot.starts_at.with_timezone(&zone).format("%H.%M");
            let label = format!("{}, {time}", talk.date(slot.visit_on));
            vec![Button::new(label, tap(VisitReply::Day(slot.visit_on)))]
        })
        .collect();
    if let Some(page) = next {
        rows.push(vec![talk.button("bot-button-visit-more", tap(VisitReply::Days(page)))]);
    }
    rows.push(vec![talk.button("bot-button-visit-none", tap(VisitReply::NoneSuits))]);
    if visit.state == VisitState::Announced {
        let label = talk.text("bot-button-visit-keep", &[("day", talk.date(visit.date).into())]);
        rows.push(vec![Button::new(label, tap(VisitReply::Agree))]);
    }
    rows
}

//! A place's contact answers whether a visit suits: agrees, chooses another day, or asks for a call.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::step::{button, short};
use super::talk::Talk;
use crate::db::Tx;
use crate::desk::{Desk, DeskError, Heard, Talked};
use crate::link::LinkRole;
use crate::messages::Arg;
use crate::messenger::Button;
use crate::notice::contacts::text::{AGREE, OTHER, question};
use crate::office::OfficeId;
use crate::telegram::inbox::InboxError;
use crate::visit::schedule::{Listed, Slot};
use crate::visit::{VisitId, VisitState};

/// Button words of this conversation alone.
const DAY: &str = "visit_day";
const NONE: &str = "visit_none";
/// A day in a button.
const DAY_FORMAT: &str = "%Y%m%d";

/// What was tapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tap {
    Agree,
    Days(usize),
    Day(NaiveDate),
    NoneSuits,
}

/// Reads a button's parts; `None` if it is none of these.
fn parse(parts: &[&str]) -> Option<(VisitId, i32, Tap)> {
    let (word, id, revision, rest) = match parts {
        [word, id, revision, rest @ ..] => (*word, id.parse().ok()?, revision.parse().ok()?, rest),
        _ => return None,
    };
    let tap = match (word, rest) {
        (AGREE, []) => Tap::Agree,
        (OTHER, []) => Tap::Days(0),
        (OTHER, [page]) => Tap::Days(page.parse().ok()?),
        (DAY, [day]) => Tap::Day(NaiveDate::parse_from_str(day, DAY_FORMAT).ok()?),
        (NONE, []) => Tap::NoneSuits,
        _ => return None,
    };
    Some((id, revision, tap))
}

/// A button about a visit was tapped.
pub(super) async fn tapped(talk: &mut Talk<'_>, parts: &[&str]) -> Result<(), InboxError> {
    let Some((id, revision, tap)) = parse(parts) else {
        talk.stale();
        return Ok(());
    };
    let contacts = talk.links.iter().filter(|link| link.role == LinkRole::Contact);
    let offices: BTreeSet<OfficeId> = contacts.map(|link| link.office_id).collect();
    for office in offices {
        let Some(office) = talk.office(office) else { continue };
        let desk = talk.desk(&office);
        if let Some(talked) = hear(&desk, talk.tx, talk.id, id, revision, tap).await? {
            return answer(talk, &desk, id, tap, talked);
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
    tap: Tap,
) -> Result<Option<Talked>, DeskError> {
    match tap {
        Tap::Agree => desk.visit_agreed_in(tx, chat, id, revision).await,
        Tap::Days(page) => desk.visit_days_in(tx, chat, id, revision, page).await,
        Tap::Day(day) => desk.visit_chosen_in(tx, chat, id, revision, day).await,
        Tap::NoneSuits => desk.visit_unsuited_in(tx, chat, id, revision).await,
    }
}

fn answer(talk: &mut Talk<'_>, desk: &Desk, id: VisitId, tap: Tap, talked: Talked) -> Result<(), InboxError> {
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
            let page = if let Tap::Days(page) = tap { page } else { 0 };
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
    let (id, revision) = (short(id.0), visit.revision.to_string());
    let zone = desk.office().zone();
    let mut rows: Vec<Vec<Button>> = slots
        .iter()
        .map(|slot| {
            let time = slot.starts_at.with_timezone(&zone).format("%H.%M");
            let label = format!("{}, {time}", talk.date(slot.visit_on));
            vec![button(label, &[DAY, &id, &revision, &slot.visit_on.format(DAY_FORMAT).to_string()])]
        })
        .collect();
    if let Some(page) = next {
        rows.push(vec![talk.button("bot-button-visit-more", &[OTHER, &id, &revision, &page.to_string()])]);
    }
    rows.push(vec![talk.button("bot-button-visit-none", &[NONE, &id, &revision])]);
    if visit.state == VisitState::Announced {
        let label = talk.text("bot-button-visit-keep", &[("day", talk.date(visit.date).into())]);
        rows.push(vec![button(label, &[AGREE, &id, &revision])]);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_buttons_are_understood() {
        let id = "0192f5a0000070008000000000000001";
        let of = |text: &str| parse(&text.split(':').collect::<Vec<_>>()).map(|(_, revision, tap)| (revision, tap));
        assert_eq!(of(&format!("visit_yes:{id}:2")), Some((2, Tap::Agree)));
        assert_eq!(of(&format!("visit_days:{id}:2:1")), Some((2, Tap::Days(1))));
        let day = NaiveDate::from_ymd_opt(2026, 12, 2).map(Tap::Day);
        assert_eq!(of(&format!("visit_day:{id}:2:20261202")), day.map(|day| (2, day)));
        for wrong in
            ["visit_yes", "visit_yes:x:1", "visit_yes:{id}", "visit_day:{id}:1:20261302", "visit_none:{id}:1:2"]
        {
            assert_eq!(of(&wrong.replace("{id}", id)), None, "{wrong}");
        }
        assert!(format!("{OTHER}:{id}:99999:99").len() <= 64 && format!("{DAY}:{id}:99999:20261202").len() <= 64);
    }
}

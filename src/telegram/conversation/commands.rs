//! The commands that only tell: dates, places, language, help.

use chrono::NaiveDate;

use super::document;
use super::step::button;
use super::talk::Talk;
use crate::link::LinkRole;
use crate::messages::LANGUAGES;
use crate::notice::case;
use crate::notice::text::{Errand, where_to};
use crate::office::{Office, PauseKind};
use crate::place::PlaceId;
use crate::staff::Right;
use crate::telegram::inbox::InboxError;
use crate::visit::{Upcoming, upcoming};

/// What can be said to whoever wrote something that is neither a code nor a command.
pub(super) async fn lost(talk: &mut Talk<'_>) -> Result<(), InboxError> {
    if talk.accounts().await?.iter().any(|account| account.role.may(Right::HandOut)) {
        talk.say("bot-lost-counter", &[]);
    } else if talk.links.is_empty() {
        talk.say("bot-lost-unlinked", &[]);
    } else {
        talk.say("bot-lost", &[]);
    }
    Ok(())
}

/// `/bantuan`.
pub(super) async fn help(talk: &mut Talk<'_>) -> Result<(), InboxError> {
    let accounts = talk.accounts().await?;
    let mut text = talk.text("bot-help", &[]);
    for (right, id) in [
        (Right::HandOut, "bot-help-counter"),
        (Right::Record, "bot-help-recorder"),
        (Right::Reports, "bot-help-reports"),
    ] {
        if accounts.iter().any(|account| account.role.may(right)) {
            text = format!("{text}\n{}", talk.text(id, &[]));
        }
    }
    if !document::operators(talk).await?.is_empty() {
        text = format!("{text}\n{}", talk.text("bot-help-roster", &[]));
    }
    talk.say_text(text, Vec::new());
    Ok(())
}

/// `/jadwal`: the confirmed visits of the places the chat has to do with, or of an office.
pub(super) async fn schedule(talk: &mut Talk<'_>, chosen: Option<&str>) -> Result<(), InboxError> {
    let mut places: Vec<(Office, PlaceId)> = Vec::new();
    if chosen.is_none() {
        for student in talk.students().await? {
            if let (Some(office), Some(place)) = (talk.office(student.office_id), student.place_id) {
                places.push((office, place));
            }
        }
        let contacts = talk.links.iter().filter(|link| link.role == LinkRole::Contact);
        let contacts = contacts.filter_map(|link| Some((talk.office(link.office_id)?, PlaceId(link.subject_id))));
        places.extend(contacts.collect::<Vec<_>>());
        places.sort_by_key(|(_, place)| *place);
        places.dedup_by_key(|(_, place)| *place);
    }
    let mut dates: Vec<(Upcoming, String)> = Vec::new();
    if places.is_empty() {
        let Some(office) = talk.which_office("jadwal", chosen) else { return Ok(()) };
        collect(talk, &office, None, &mut dates).await?;
    }
    for (office, place) in &places {
        collect(talk, office, Some(*place), &mut dates).await?;
    }
    dates.sort_by_key(|(visit, _)| visit.starts_at);
    if dates.is_empty() {
        talk.say("bot-schedule-none", &[]);
        return Ok(());
    }
    let lines = dates.iter().map(|(visit, time)| {
        let day = talk.date(visit.visit_on);
        let place = visit.place_name.clone();
        talk.text("bot-schedule-line", &[("day", day.into()), ("time", time.clone().into()), ("place", place.into())])
    });
    let mut lines: Vec<String> = lines.collect();
    lines.insert(0, talk.text("bot-schedule", &[]));
    lines.push(talk.text("bot-schedule-bring", &[]));
    talk.say_text(lines.join("\n"), Vec::new());
    Ok(())
}

async fn collect(
    talk: &mut Talk<'_>,
    office: &Office,
    place: Option<PlaceId>,
    dates: &mut Vec<(Upcoming, String)>,
) -> Result<(), InboxError> {
    let zone = office.zone();
    let today: NaiveDate = talk.clock().today(zone);
    for visit in upcoming(talk.tx, office.id, place, today).await? {
        let time = visit.starts_at.with_timezone(&zone).format("%H.%M").to_string();
        dates.push((visit, time));
    }
    Ok(())
}

/// `/lokasi`: where cards are handed out, and when that is open next.
pub(super) async fn places(talk: &mut Talk<'_>, chosen: Option<&str>) -> Result<(), InboxError> {
    let Some(office) = talk.which_office("lokasi", chosen) else { return Ok(()) };
    let setting = case::setting(talk.tx, &office, talk.clock().now()).await?;
    let mut lines = vec![talk.text("bot-places", &[("office", office.declaration.name.clone().into())])];
    for point in &office.points {
        lines
            .push(format!("• {}", where_to(talk.words(), &setting, &talk.chat.language, Some(point.id), Errand::Card)));
    }
    let closed =
        setting.pauses.iter().filter(|pause| pause.kind == PauseKind::Counter && pause.holds_on(setting.today));
    if let Some(pause) = closed.max_by_key(|pause| pause.until_on) {
        let until = talk.date(pause.until_on);
        lines.push(talk.text("bot-places-paused", &[("reason", pause.reason.clone().into()), ("until", until.into())]));
    }
    if let Some(phone) = &office.declaration.phone {
        lines.push(talk.text("bot-places-phone", &[("phone", phone.clone().into())]));
    }
    talk.say_text(lines.join("\n"), Vec::new());
    Ok(())
}

/// `/bahasa`: a button for each language, named in itself.
pub(super) fn languages(talk: &mut Talk<'_>) {
    let name = |language: &str| talk.desks.messages.text(language, "language-name", &[]);
    let row = LANGUAGES.iter().map(|language| button(name(language), &["bahasa", language])).collect();
    talk.ask("bot-language", &[], vec![row]);
}

/// A language was tapped.
pub(super) async fn language_chosen(talk: &mut Talk<'_>, language: &str) -> Result<(), InboxError> {
    let Some(known) = LANGUAGES.iter().find(|known| **known == language) else {
        talk.stale();
        return Ok(());
    };
    (*known).clone_into(&mut talk.chat.language);
    talk.say("bot-language-set", &[]);
    Ok(())
}

//! The commands that only tell: dates, places, language, help.

use std::collections::HashSet;

use chrono::NaiveDate;
use uuid::Uuid;

use super::document;
use super::order;
use super::talk::Talk;
use crate::link::LinkRole;
use crate::messages::LANGUAGES;
use crate::messenger::{Button, Tap};
use crate::notice::case;
use crate::notice::text::{Errand, where_to};
use crate::office::{Office, PauseKind};
use crate::place::PlaceId;
use crate::staff::Right;
use crate::telegram::inbox::InboxError;
use crate::visit::{session, upcoming};

/// Days open to everybody that are told of one office; more helps nobody in a chat.
const OPEN_DAYS: i64 = 8;

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
    if order::is_offered(talk).await? {
        text = format!("{text}\n{}", talk.text("bot-help-order", &[]));
    }
    if !document::operators(talk).await?.is_empty() {
        text = format!("{text}\n{}", talk.text("bot-help-roster", &[]));
    }
    talk.say_text(text, Vec::new());
    Ok(())
}

/// `/jadwal`: the confirmed visits of the places the chat has to do with, and for anybody what is open to everybody.
pub(super) async fn schedule(talk: &mut Talk<'_>, chosen: Option<Uuid>) -> Result<(), InboxError> {
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
    let mut offices: Vec<Office> = places.iter().map(|(office, _)| office.clone()).collect();
    offices.sort_by_key(|office| office.id);
    offices.dedup_by_key(|office| office.id);
    if places.is_empty() {
        let Some(office) = talk.which_office(|office| Tap::Schedule { office }, chosen) else { return Ok(()) };
        offices.push(office);
    }
    let (mut own, mut open) = (Vec::new(), Vec::new());
    let mut told = HashSet::new();
    for (office, place) in &places {
        let zone = office.zone();
        let today: NaiveDate = talk.clock().today(zone);
        for visit in upcoming(talk.tx, office.id, *place, today).await? {
            let time = visit.starts_at.with_timezone(&zone).format("%H.%M").to_string();
            told.insert((visit.starts_at, visit.place_name.clone()));
            own.push((visit.starts_at, schedule_line(talk, visit.visit_on, time, visit.place_name)));
        }
    }
    for office in &offices {
        let now = talk.clock().now();
        for day in session::public(talk.tx, office.id, now, OPEN_DAYS).await? {
            // A village's own people have read of its visit above.
            if told.contains(&(day.starts_at, day.place_name.clone())) {
                continue;
            }
            let line = schedule_line(talk, day.date, day.hours(office.zone()), day.place_in_words());
            open.push((day.starts_at, line));
        }
    }
    if own.is_empty() && open.is_empty() {
        talk.say("bot-schedule-none", &[]);
        return Ok(());
    }
    let mut lines = Vec::new();
    for (title, mut days) in [("bot-schedule", own), ("bot-schedule-open", open)] {
        days.sort();
        days.dedup();
        if !days.is_empty() {
            lines.push(talk.text(title, &[]));
            lines.extend(days.into_iter().map(|(_, line)| line));
        }
    }
    lines.push(talk.text("bot-schedule-bring", &[]));
    talk.say_text(lines.join("\n"), Vec::new());
    Ok(())
}

fn schedule_line(talk: &Talk<'_>, on: NaiveDate, time: String, place: String) -> String {
    let day = talk.date(on);
    talk.text("bot-schedule-line", &[("day", day.into()), ("time", time.into()), ("place", place.into())])
}

/// `/lokasi`: where cards are handed out, and when that is open next.
pub(super) async fn places(talk: &mut Talk<'_>, chosen: Option<Uuid>) -> Result<(), InboxError> {
    let Some(office) = talk.which_office(|office| Tap::Places { office }, chosen) else { return Ok(()) };
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
    let name = |language: &str| talk.desks.messages().text(language, "language-name", &[]);
    let tap = |language: &str| Tap::Language { code: language.to_owned() };
    let row = LANGUAGES.iter().map(|language| Button::new(name(language), tap(language))).collect();
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

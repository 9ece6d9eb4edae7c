//! The words of a notice, for the person who reads it.

use chrono::{Datelike, NaiveDate};

use super::Kind;
use super::case::{NoticeRow, Person, Setting};
use crate::calendar::Holidays;
use crate::link::{LinkRole, readable_code};
use crate::messages::{Arg, Messages};
use crate::office::{Pause, PauseKind, PointId};
use crate::student::{self, Student};
use crate::visit::session::Session;

/// What a text needs besides the case.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    pub messages: &'a Messages,
    pub holidays: &'a Holidays,
}

/// A date as people say it: `Senin, 23 November 2026`.
#[must_use]
pub fn long_date(messages: &Messages, language: &str, date: NaiveDate) -> String {
    let weekday = messages.text(language, &format!("weekday-{}", date.weekday().number_from_monday()), &[]);
    let month = messages.text(language, &format!("month-{}", date.month()), &[]);
    format!("{weekday}, {} {month} {}", date.day(), date.year())
}

/// Who reads a notice.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    pub role: LinkRole,
    pub language: &'a str,
    /// The students who are spoken of in the same chat.
    pub students: &'a [Student],
}

/// The text of `notice` for a reader; `code` finds the card at the counter, and is not there for a reader who may not have it yet.
#[must_use]
pub fn render(
    words: Words<'_>,
    setting: &Setting<'_>,
    person: &Person,
    notice: &NoticeRow,
    reader: Reader<'_>,
    code: Option<&str>,
) -> String {
    let Reader { role, language, students } = reader;
    let name = student::name_among(&person.student, &students.iter().collect::<Vec<_>>());
    let text = |id: &str, arguments: &[(&str, Arg)]| words.messages.text(language, id, arguments);
    let date = |date: NaiveDate| long_date(words.messages, language, date);
    let to = if role == LinkRole::Guardian { "guardian" } else { "student" };
    let about = notice.about();
    let visit = about.visit.and_then(|id| person.visits.iter().find(|visit| visit.id == id));
    let card = person.card.as_ref();
    // The occasion names the session that it is about.
    let session = setting.sessions.iter().find(|session| notice.occasion.starts_with(&session.id.to_string()));
    let day = match notice.kind {
        Kind::Collected => card.and_then(|card| card.collected_on),
        Kind::Recorded => person.student.recorded_on,
        _ => session.map(|session| session.date).or_else(|| visit.map(|visit| visit.visit_on)),
    };
    let time = session.map(|session| session.hours(setting.office.zone())).or_else(|| {
        visit.map(|visit| visit.starts_at.with_timezone(&setting.office.zone()).format("%H.%M").to_string())
    });
    let place = session.map(Session::place_in_words).or_else(|| visit.map(|visit| visit.place_name.clone()));
    // The occasion names the pause that it is about.
    let pause = setting.pauses.iter().find(|pause| notice.occasion.starts_with(&pause.id.to_string()));
    let birthday = person.student.birthday_17(setting.office.policies().leap_day);
    let late = if notice.kind == Kind::Turned17 { (setting.today - birthday).num_days() } else { 0 };
    let bring = match code {
        Some(code) => text("notice-bring", &[("code", readable_code(code).into())]),
        None => text("notice-bring-without-code", &[]),
    };
    let by = card.and_then(|card| card.collected_by.clone()).unwrap_or_else(|| text("by-self", &[]));
    let arguments = [
        ("greeting", text("notice-greeting", &[("to", to.into()), ("name", name.into())]).into()),
        ("where", where_to(words, setting, language, about.point.map(PointId), come_for(notice)).into()),
        ("bring", bring.into()),
        ("late", text("notice-late", &[("days", late.into())]).into()),
        ("repeat", if notice.ever_lost { text("notice-repeat", &[]) } else { String::new() }.into()),
        ("day", day.map_or_else(String::new, date).into()),
        ("time", time.unwrap_or_default().into()),
        ("place", place.unwrap_or_default().into()),
        ("reason", pause.map_or_else(String::new, |pause| pause.reason.clone()).into()),
        ("until", pause.map_or_else(String::new, |pause| date(pause.until_on)).into()),
        ("usual", i64::from(setting.office.policies().usual_waiting_days).into()),
        ("by", by.into()),
    ];
    let id = match notice.variant.as_deref() {
        // A card that is printed is not still being made.
        Some("not_ready_yet") if person.has_printed_card() => format!("notice-{}-printed", notice.kind.name()),
        Some(variant) => format!("notice-{}-{variant}", notice.kind.name()),
        None => format!("notice-{}", notice.kind.name()),
    };
    // Parts that are empty for this reader leave no double spaces behind.
    text(&id, &arguments).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What somebody comes to the office for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errand {
    Card,
    Recording,
}

fn come_for(notice: &NoticeRow) -> Errand {
    let recording = matches!(notice.kind, Kind::RecordAgain | Kind::MissedVisit)
        || matches!(notice.variant.as_deref(), Some("not_recorded" | "do_you_have_it" | "recording_again"));
    if recording { Errand::Recording } else { Errand::Card }
}

impl Errand {
    /// Whether a pause of this kind keeps the errand from being done.
    fn is_stopped_by(self, kind: PauseKind) -> bool {
        kind == PauseKind::Counter || (kind == PauseKind::Recording && self == Self::Recording)
    }
}

/// Where and when: the point and its next open day (invariant 3); beyond the known calendar, "ask the office".
#[must_use]
pub fn where_to(
    words: Words<'_>,
    setting: &Setting<'_>,
    language: &str,
    point: Option<PointId>,
    errand: Errand,
) -> String {
    let declared = point
        .and_then(|id| setting.office.point(id))
        .or_else(|| setting.office.points.first())
        .map(|point| &point.declared);
    let (name, address) = declared.map_or_else(
        || (setting.office.declaration.name.clone(), setting.office.declaration.address.clone()),
        |point| (point.name.clone(), point.address.clone()),
    );
    let calendar = setting.office.calendar(words.holidays);
    let local = setting.now.with_timezone(&setting.office.zone());
    let still_open = calendar.hours(setting.today).is_some_and(|hours| local.time() < hours.until);
    let from = if still_open { Some(setting.today) } else { setting.today.succ_opt() };
    let stops = |pause: &&Pause| errand.is_stopped_by(pause.kind);
    let mut open = from.and_then(|from| calendar.next_open_day(from));
    // A day on which a pause still holds is no day to come on.
    while let Some(day) = open
        && let Some(until) =
            setting.pauses.iter().filter(stops).filter(|pause| pause.holds_on(day)).map(|pause| pause.until_on).max()
    {
        open = until.succ_opt().and_then(|next| calendar.next_open_day(next));
    }
    let arguments = |day: String| [("point", name.into()), ("address", address.into()), ("day", day.into())];
    match open.and_then(|day| calendar.hours(day).map(|hours| (day, hours))) {
        Some((day, hours)) => {
            let day = format!("{} {hours}", long_date(words.messages, language, day));
            words.messages.text(language, "notice-where", &arguments(day))
        }
        None => words.messages.text(language, "notice-where-ask", &arguments(String::new())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::LANGUAGES;

    /// The kinds with their variants, as the catalogues name them.
    const IDS: [&str; 27] = [
        "turned_17-printed",
        "correction-not_collected",
        "turned_17-collect",
        "turned_17-print_on_arrival",
        "turned_17-not_ready_yet",
        "turned_17-not_recorded",
        "turned_17-do_you_have_it",
        "card_ready-collect",
        "card_ready-print_on_arrival",
        "collect_reminder",
        "collect_changed-do_not_come",
        "collect_changed-open_again",
        "collect_changed-other_place",
        "collect_changed-no_recording",
        "collect_changed-recording_again",
        "collected",
        "recorded",
        "record_again",
        "visit_announced",
        "visit_tomorrow",
        "visit_changed-moved",
        "visit_changed-postponed",
        "visit_changed-cancelled",
        "missed_visit",
        "session_open",
        "visit_changed-session_cancelled",
        "missed_visit-outsider",
    ];

    #[test]
    fn every_text_is_short_even_at_its_longest_and_says_no_office_jargon() {
        let messages = Messages::load(None).unwrap();
        for (language, to) in LANGUAGES.iter().flat_map(|language| ["student", "guardian"].map(|to| (*language, to))) {
            let text = |id: &str, arguments: &[(&str, Arg)]| messages.text(language, id, arguments);
            let day = long_date(&messages, language, "2026-09-30".parse().unwrap());
            let point = [
                ("point", "Loket Kecamatan Ampenan".into()),
                ("address", "Jl. Pendidikan No. 117, Ampenan Tengah".into()),
                ("day", format!("{day} 08:00-15:30").into()),
            ];
            let arguments = [
                ("greeting", text("notice-greeting", &[("to", to.into()), ("name", "Muhammad".into())]).into()),
                ("where", text("notice-where", &point).into()),
                ("bring", text("notice-bring", &[("code", "K7QM2-XPD4N".into())]).into()),
                ("late", text("notice-late", &[("days", 89.into())]).into()),
                ("repeat", text("notice-repeat", &[]).into()),
                ("day", day.clone().into()),
                ("time", "16.00–19.30".into()),
                ("place", "SMA NEGERI 1 CONTOH SINTETIS, Kec. Batukliang Utara".into()),
                ("reason", "printer rusak, suku cadang dipesan".into()),
                ("until", day.clone().into()),
                ("usual", 30.into()),
                ("by", "Ibu Siti Aminah".into()),
            ];
            for id in IDS.iter().chain(["correction"].iter()) {
                let words = text(&format!("notice-{id}"), &arguments);
                assert!(
                    words.chars().count() <= 400,
                    "{language} {to} {id}: {} characters: {words}",
                    words.chars().count()
                );
                assert!(!words.contains("notice-") && !words.contains('{'), "{language} {id}: {words}");
                assert!(!["PRR", "SFE", "SIAK"].iter().any(|word| words.contains(word)), "{language} {id}: {words}");
            }
        }
    }
}

//! `/status`: the four steps from the recording to the card in the hand, and what to do now.

use uuid::Uuid;

use super::code::where_to_ask;
use super::family;
use super::talk::Talk;
use crate::age;
use crate::link::{self, LinkRole, Standing as OfChat, readable_code};
use crate::messages::Arg;
use crate::messenger::Tap;
use crate::notice::case::{self, Person, Scope, Setting};
use crate::notice::rules::Collectable;
use crate::notice::text::{Errand, where_to};
use crate::office::{PauseKind, PointId, PrintPolicy};
use crate::student::{self, ClosedReason, Recorded, Student};
use crate::telegram::inbox::InboxError;
use crate::visit::{DayResult, VisitState};

/// Recorded, processed, card ready, collected.
const STEPS: usize = 4;

/// How many steps are done, if the four apply at all, and the message that says what to do.
#[derive(Debug, PartialEq, Eq)]
struct Standing {
    done: Option<usize>,
    note: &'static str,
}

/// `/status`.
pub(super) async fn command(talk: &mut Talk<'_>, chosen: Option<Uuid>) -> Result<(), InboxError> {
    let Some(student) = talk.whom(|student| Tap::Status { student }, chosen).await? else { return Ok(()) };
    let Some(office) = talk.office(student.office_id) else { return Ok(()) };
    let setting = case::setting(talk.tx, &office, talk.clock().now()).await?;
    let Some(person) = case::people(talk.tx, Scope::Student(student.id)).await?.pop() else { return Ok(()) };
    let standing = standing(&person, &setting);
    let name = talk.name_of(&student).await?;
    let mut lines = vec![talk.text("bot-status-of", &[("name", name.into())])];
    if let Some(done) = standing.done {
        lines.extend((1..=STEPS).map(|step| {
            let mark = if step <= done {
                "✅"
            } else if step == done + 1 {
                "⏳"
            } else {
                "▫️"
            };
            format!("{mark} {}", talk.text(&format!("bot-step-{step}"), &[]))
        }));
    }
    lines.push(note(talk, &student, &person, &setting, standing.note).await?);
    if !student::has_consent(talk.tx, student.id, office.policies().consent).await? {
        lines.push(talk.text("bot-waits-for-guardian", &[]));
    }
    let own = link::chat_index(talk.desks.vault(), talk.id);
    match family::open_question(&person.chats, &own, setting.now) {
        Some(chat) => family::ask_again(talk, lines.join("\n"), chat, &student),
        None => talk.say_text(lines.join("\n"), Vec::new()),
    }
    Ok(())
}

/// Where the student stands. Whether "come and collect" may be said is the notices' own rule (invariant 3).
fn standing(person: &Person, setting: &Setting<'_>) -> Standing {
    let case = person.case(setting);
    let at = |done: usize, note: &'static str| Standing { done: Some(done), note };
    let counter_closed = pause(setting).is_some();
    let entitled = case.ever_married || case.today >= case.print_from;
    if case.card.is_some_and(|card| card.collected_on.is_some()) {
        return at(4, "bot-status-collected");
    }
    match case.closed {
        Some(ClosedReason::HasCard) => return Standing { done: None, note: "bot-status-has-card" },
        Some(_) => return Standing { done: None, note: "bot-status-closed" },
        None => {}
    }
    match case.collectable() {
        Collectable::Ready => return at(3, "bot-status-ready"),
        Collectable::OnArrival => return at(2, "bot-status-arrival"),
        Collectable::No => {}
    }
    if case.card.is_some() {
        let ready = case.has_ready_card();
        let done = if ready { 3 } else { 2 };
        let note = match (ready, entitled, counter_closed) {
            (_, false, _) => "bot-status-before-17",
            (true, true, true) => "bot-status-paused",
            _ => "bot-status-printed",
        };
        return at(done, note);
    }
    if case.print_ready {
        let on_arrival = setting.office.policies().print == PrintPolicy::OnArrival;
        let note = match (entitled, on_arrival && counter_closed) {
            (false, _) => "bot-status-before-17",
            (true, _) if person.has_printed_card() => "bot-status-printed",
            (true, true) => "bot-status-paused",
            (true, false) => "bot-status-to-print",
        };
        return at(2, note);
    }
    let failed = case.enrolment_failed_on.is_some_and(|on| case.recorded_on.is_none_or(|recorded| recorded <= on));
    if failed {
        return at(0, "bot-status-again");
    }
    match case.recorded {
        Recorded::Yes => at(1, "bot-status-processing"),
        Recorded::Unknown => at(0, "bot-status-unknown"),
        Recorded::No if is_outsider(person) => at(0, "bot-status-outsider"),
        Recorded::No => {
            let policies = setting.office.policies();
            let age = age::age_on(person.student.birth_date, setting.today, policies.leap_day);
            let too_young = age < i32::from(policies.recording_age) && !case.ever_married;
            at(0, if too_young { "bot-status-young" } else { "bot-status-not-recorded" })
        }
    }
}

/// Whether the last visit found that another region's office records the student.
fn is_outsider(person: &Person) -> bool {
    let last = person.visits.iter().filter(|visit| visit.result.is_some()).max_by_key(|visit| visit.starts_at);
    last.is_some_and(|visit| visit.result == Some(DayResult::Outsider))
}

/// The pause by which nobody should come now.
fn pause<'a>(setting: &'a Setting<'_>) -> Option<&'a crate::office::Pause> {
    let hits = |kind| match kind {
        PauseKind::Counter => true,
        PauseKind::Printing => setting.office.policies().print == PrintPolicy::OnArrival,
        PauseKind::Recording => false,
    };
    let holding = setting.pauses.iter().filter(|pause| pause.holds_on(setting.today) && hits(pause.kind));
    holding.max_by_key(|pause| pause.until_on)
}

/// What to bring, with the code that finds the card where this chat may have it.
async fn bring(
    talk: &mut Talk<'_>,
    student: &Student,
    person: &Person,
    setting: &Setting<'_>,
) -> Result<String, InboxError> {
    let code = link::standing_code(talk.tx, talk.desks.vault(), LinkRole::Pickup, student.id.0, setting.today).await?;
    let Some(code) = code else { return Ok(talk.text("bot-bring", &[])) };
    let own = link::chat_index(talk.desks.vault(), talk.id);
    Ok(match link::standing(&person.chats, &own, setting.now) {
        Some(OfChat::Known) => talk.text("notice-bring", &[("code", readable_code(&code).into())]),
        Some(OfChat::Asked(until)) => {
            let until = until.with_timezone(&setting.office.zone());
            let time = until.format("%H.%M").to_string();
            let arguments = [("day", talk.date(until.date_naive()).into()), ("time", time.into())];
            format!("{} {}", talk.text("bot-bring", &[]), talk.text("bot-code-waits", &arguments))
        }
        Some(OfChat::Disputed) | None => {
            let ask = where_to_ask(talk, Some(setting.office));
            format!("{} {}", talk.text("bot-bring", &[]), talk.text("bot-code-disputed", &[("ask", ask.into())]))
        }
    })
}

async fn note(
    talk: &mut Talk<'_>,
    student: &Student,
    person: &Person,
    setting: &Setting<'_>,
    id: &str,
) -> Result<String, InboxError> {
    let point = person.case(setting).collect_at().map(PointId);
    let errand = match id {
        "bot-status-again" | "bot-status-unknown" | "bot-status-not-recorded" => Errand::Recording,
        _ => Errand::Card,
    };
    let point = point.filter(|_| errand == Errand::Card);
    let place = where_to(talk.words(), setting, &talk.chat.language, point, errand);
    let bring = bring(talk, student, person, setting).await?;
    let visit = person
        .visits
        .iter()
        .filter(|visit| {
            visit.state == VisitState::Confirmed && visit.result.is_none() && visit.visit_on >= setting.today
        })
        .min_by_key(|visit| visit.starts_at);
    let id = if id == "bot-status-not-recorded" && visit.is_some() { "bot-status-visit" } else { id };
    let time = visit.map(|visit| visit.starts_at.with_timezone(&setting.office.zone()).format("%H.%M").to_string());
    let day = match id {
        "bot-status-collected" => person.card.as_ref().and_then(|card| card.collected_on),
        "bot-status-visit" => visit.map(|visit| visit.visit_on),
        _ => student.recorded_on,
    };
    let by = person.card.as_ref().and_then(|card| card.collected_by.clone());
    let pause = pause(setting);
    let policies = setting.office.policies();
    let arguments: [(&str, Arg); 10] = [
        ("where", place.into()),
        ("bring", bring.into()),
        ("day", day.map_or_else(String::new, |day| talk.date(day)).into()),
        ("since", if day.is_some() { "known" } else { "unknown" }.into()),
        ("time", time.unwrap_or_default().into()),
        ("place", visit.map_or_else(String::new, |visit| visit.place_name.clone()).into()),
        ("by", by.unwrap_or_else(|| talk.text("by-self", &[])).into()),
        ("usual", i64::from(policies.usual_waiting_days).into()),
        ("reason", pause.map_or_else(String::new, |pause| pause.reason.clone()).into()),
        ("until", pause.map_or_else(String::new, |pause| talk.date(pause.until_on)).into()),
    ];
    let text = match id {
        "bot-status-young" => talk.text(id, &[("age", i64::from(policies.recording_age).into())]),
        _ => talk.text(id, &arguments),
    };
    Ok(text)
}

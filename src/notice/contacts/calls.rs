//! Whom somebody has to write to or call, because nobody has answered: pure.

use chrono::NaiveDate;
use serde::Serialize;

use super::contact::{Asked, Contact};
use crate::calendar::Holidays;
use crate::notice::State;
use crate::notice::case::Setting;
use crate::visit::open::Openness;
use crate::visit::{VisitId, VisitState};

/// School days after which whoever has not answered is called.
pub const CALL_DAYS: usize = 5;
/// So many school days before a visit nobody waits any longer for an answer.
const SOON_DAYS: usize = 2;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Todo {
    /// Call; writing was in vain.
    Call,
    /// No chat is linked or it cannot be reached: send the ready text by hand.
    Write,
}

/// Why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The contact said that none of the days offered suits.
    NoDaySuits,
    /// No answer for five school days.
    NoAnswer,
    /// No answer, and the visit is near.
    Soon,
    /// Nobody was told yet.
    NotTold,
    /// It was called off, and whoever was told of it by hand does not know yet.
    Cancelled,
}

/// One unanswered visit.
#[derive(Debug, Clone, Serialize)]
pub struct Call {
    pub todo: Todo,
    pub why: Why,
    pub visit: VisitId,
    pub date: NaiveDate,
    pub students: i64,
    /// The place's code.
    pub place: String,
    pub place_name: String,
    pub contact_name: Option<String>,
    /// The day on which the visit was announced for this date.
    pub since: NaiveDate,
}

/// What is to be done about an announced visit, if anything.
fn of_visit(setting: &Setting<'_>, holidays: &Holidays, contact: &Contact, visit: &Asked) -> Option<Call> {
    if visit.starts_at <= setting.now {
        return None;
    }
    let openness = Openness { office: setting.office, holidays, pauses: &setting.pauses };
    let passes =
        |from, days, by: NaiveDate| openness.school_day_after(&contact.place, from, days).is_some_and(|day| day <= by);
    let since = visit.announced_at.map_or(setting.today, |at| at.with_timezone(&setting.office.zone()).date_naive());
    let state = contact.notice_of(visit).map(|row| row.state);
    let told = matches!(state, Some(State::Sent | State::Told | State::Uncertain | State::Sending));
    let (todo, why) = if visit.state == VisitState::Cancelled {
        // Only whoever was told before has such a row.
        if state.is_none() || told || contact.is_reachable() {
            return None;
        }
        (Todo::Write, Why::Cancelled)
    } else if visit.state != VisitState::Announced {
        return None;
    } else if visit.unsuited {
        (Todo::Call, Why::NoDaySuits)
    } else if passes(since, CALL_DAYS, setting.today) {
        (Todo::Call, Why::NoAnswer)
    } else if !passes(setting.today, SOON_DAYS, visit.visit_on) {
        (Todo::Call, Why::Soon)
    } else if !told && !contact.is_reachable() {
        (Todo::Write, Why::NotTold)
    } else {
        return None;
    };
    Some(Call {
        todo,
        why,
        visit: visit.id,
        date: visit.visit_on,
        students: visit.students,
        place: contact.place.code.clone(),
        place_name: contact.place.name.clone(),
        contact_name: contact.place.contact_name.clone(),
        since,
    })
}

/// Every unanswered visit about which somebody has to do something: calls first, then by the visit's day.
#[must_use]
pub fn calls(setting: &Setting<'_>, holidays: &Holidays, contacts: &[Contact]) -> Vec<Call> {
    let visits = contacts.iter().flat_map(|contact| contact.visits.iter().map(move |visit| (contact, visit)));
    let mut list: Vec<Call> =
        visits.filter_map(|(contact, visit)| of_visit(setting, holidays, contact, visit)).collect();
    list.sort_by(|a, b| (a.todo, a.date, &a.place, a.visit).cmp(&(b.todo, b.date, &b.place, b.visit)));
    list
}

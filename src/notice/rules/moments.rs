//! When time alone may change what is wanted.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

use super::case::{COLLECTED_DAYS, Case, Known, NEWS_DAYS, SessionCase};
use super::sessions;
use crate::clock::local_instant;
use crate::notice::Kind;
use crate::student::Recorded;
use crate::visit::session;

/// A limit that a rule draws in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Limit {
    Birthday,
    PrintFrom,
    Horizon,
    CardReady,
    CollectedNews,
    RecordedNews,
    Reminder,
    PauseStarts,
    PauseOver,
    PauseResumed,
    VisitEve,
    VisitEvening,
    VisitDay,
    VisitStarts,
    VisitOver,
    VisitNews,
    VisitList,
    SessionTold,
    SessionStarts,
    SessionForgotten,
}

/// The first instant after `case.now` at which [`super::wanted`] may differ although no fact has changed; `None` where it never
/// does. An instant too early costs a look, one too late costs somebody a notice: each limit that a rule draws stands here.
#[must_use]
pub fn next_moment(case: &Case<'_>) -> Option<DateTime<Utc>> {
    limits(case).into_iter().map(|(_, at)| at).filter(|at| *at > case.now).min()
}

fn limits(case: &Case<'_>) -> Vec<(Limit, DateTime<Utc>)> {
    let mut limits = Vec::new();
    let mut day = |limit, from: NaiveDate, days: i64| {
        let on = u64::try_from(days).ok().and_then(|days| from.checked_add_days(Days::new(days)));
        limits.extend(on.map(|on| (limit, local_instant(on, NaiveTime::MIN, case.zone))));
    };
    day(Limit::Birthday, case.birthday_17, 0);
    day(Limit::PrintFrom, case.print_from, 0);
    day(Limit::Horizon, case.birthday_17, i64::from(case.policies.horizon_days) + 1);
    if let Some(on) = case.recorded_on {
        day(Limit::RecordedNews, on, NEWS_DAYS + 1);
    }
    if let Some(card) = case.card {
        card.ready_on.into_iter().for_each(|on| day(Limit::CardReady, on, 0));
        card.collected_on.into_iter().for_each(|on| day(Limit::CollectedNews, on, COLLECTED_DAYS + 1));
    }
    if let Some((_, invited_on)) = case.invited() {
        case.policies.reminder_days.iter().for_each(|step| day(Limit::Reminder, invited_on, i64::from(*step)));
    }
    if is_hit_by_pauses(case) {
        for pause in case.pauses {
            day(Limit::PauseStarts, pause.starts_on, 0);
            day(Limit::PauseOver, pause.until_on, 1);
            pause.resumed_on.into_iter().for_each(|on| day(Limit::PauseResumed, on, 0));
        }
    }
    for visit in &case.visits {
        visit.on.pred_opt().into_iter().for_each(|eve| day(Limit::VisitEve, eve, 0));
        day(Limit::VisitDay, visit.on, 0);
        day(Limit::VisitOver, visit.on, 1);
        day(Limit::VisitNews, visit.on, NEWS_DAYS + 1);
        day(Limit::VisitList, visit.on, sessions::LIST_DAYS + 1);
    }
    let sessions = || case.sessions.iter().filter(move |session| may_be_told_of(case, session));
    for session in sessions() {
        sessions::told_from(session).into_iter().for_each(|on| day(Limit::SessionTold, on, 0));
    }
    limits.extend(case.visits.iter().map(|visit| (Limit::VisitStarts, visit.starts_at)));
    limits.extend(case.visits.iter().map(|visit| (Limit::VisitEvening, visit.evening_before)));
    limits.extend(sessions().map(|one| (Limit::SessionStarts, one.starts_at)));
    limits.extend(sessions().map(|one| (Limit::SessionForgotten, one.starts_at + session::PAST)));
    limits
}

/// Whether a pause may make a difference: to whoever can, or may some day, collect a card, or was told anything. Most people
/// of an office are neither, and a pause's last day must not have all of them looked at.
fn is_hit_by_pauses(case: &Case<'_>) -> bool {
    case.card.is_some() || case.printable || case.known.iter().any(Known::is_out)
}

/// Whether a session may come to concern the student, or has.
fn may_be_told_of(case: &Case<'_>, session: &SessionCase) -> bool {
    let meant = session.near && session.of_age && case.recorded != Recorded::Yes && case.closed.is_none();
    meant || case.known(Kind::SessionOpen, &session.id.to_string()).is_some()
}

#[cfg(test)]
mod tests;

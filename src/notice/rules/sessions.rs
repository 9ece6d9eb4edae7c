//! Who is told of a session that is open to everybody, and that it is called off.

use chrono::{Days, NaiveDate};

use super::case::{Case, Known, SessionCase, Stand, Wanted};
use crate::notice::Kind;
use crate::student::Recorded;

/// Days before a session from which on it is told of; earlier it would be forgotten.
const AHEAD_DAYS: u64 = 14;
/// Days that a visit's list may take to come back; until then nobody knows who is still unrecorded.
pub(super) const LIST_DAYS: i64 = 7;

/// Sessions near by for whoever is not recorded and on no visit before; nobody gets a row for what does not concern them.
pub(super) fn open(case: &Case<'_>, list: &mut Vec<Wanted>) {
    for session in &case.sessions {
        let occasion = session.id.to_string();
        let row = case.known(Kind::SessionOpen, &occasion);
        let stand = if case.now >= session.starts_at {
            Stand::Expire("session_started")
        } else if case.recorded == Recorded::Yes {
            Stand::Suppress("already_recorded")
        } else {
            Stand::Deliver
        };
        if session.cancelled {
            if row.is_some_and(Known::is_out) {
                let wanted = Wanted::new(Kind::VisitChanged, format!("{occasion}:cancelled"), stand);
                list.push(Wanted { variant: Some("session_cancelled"), ..wanted });
            } else if row.is_some() {
                list.push(Wanted::new(Kind::SessionOpen, occasion, Stand::Suppress("session_cancelled")));
            }
            continue;
        }
        let meant = session.near && session.of_age && told_from(session).is_some_and(|day| day <= case.today);
        let stand = match stand {
            Stand::Deliver if on_a_visit_before(case, session) => Stand::Suppress("on_a_visit"),
            stand => stand,
        };
        // A row that is there keeps a verdict; a new one is made only to be delivered.
        if meant && (row.is_some() || (stand == Stand::Deliver && case.closed.is_none())) {
            list.push(Wanted::new(Kind::SessionOpen, occasion, stand));
        }
    }
}

/// The day from which on a session is told of.
pub(super) fn told_from(session: &SessionCase) -> Option<NaiveDate> {
    session.on.checked_sub_days(Days::new(AHEAD_DAYS))
}

/// Whether a visit that is settled meets the student before the session, or has just been.
fn on_a_visit_before(case: &Case<'_>, session: &SessionCase) -> bool {
    case.visits.iter().any(|visit| {
        visit.state.is_settled() && visit.starts_at < session.starts_at && case.days_since(visit.on) <= LIST_DAYS
    })
}

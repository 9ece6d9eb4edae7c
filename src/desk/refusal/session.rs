//! Why nothing was done about a session.

use chrono::{NaiveDate, NaiveTime};

use crate::coded;
use crate::visit::session::SessionId;

coded! {
    /// Why a session is not added or not called off.
    pub enum SessionRefusal {
        "session_unknown" => #[error("there is no session {0}; `siap17 visit session list` shows them")]
            Unknown(SessionId),
        "hours" => #[error("a session from {} to {} ends before it begins", hour(.from), hour(.to))]
            EndsBeforeBegin { from: NaiveTime, to: NaiveTime },
        "past" => #[error("{on} {} is past", hour(.at))]
            Past { on: NaiveDate, at: NaiveTime },
        "past" => #[error("the session of {0} is over")]
            Over(NaiveDate),
        "reason" => #[error("say why the session is cancelled")]
            ReasonMissing,
        "state" => #[error("the session is cancelled already")]
            Cancelled,
        "session_overlaps" => #[error(
            "{who} has a session from {hours} on {on} at {place} already ({id}); cancel it first, or choose other hours"
        )]
            Overlaps { who: String, hours: String, on: NaiveDate, place: String, id: SessionId },
        "team_unknown" => #[error("the office declares no team '{name}'; its teams: {known}")]
            TeamUnknown { name: String, known: String },
    }
}

fn hour(time: &NaiveTime) -> String {
    time.format("%H:%M").to_string()
}

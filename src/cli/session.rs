//! `siap17 visit session …`: evenings, weekends and village days that are open to everybody.

use chrono_tz::Tz;

use super::out::say;
use super::run::{Answer, Outcome};
use super::visit_command::SessionCommand;
use crate::desk::{Desk, WantedSession};
use crate::visit::session::{Filter, Session, SessionState};

/// Runs one of the commands about sessions.
pub async fn session(desk: &Desk, command: &SessionCommand, answer: Answer) -> Outcome {
    let zone = desk.office().zone();
    match command {
        SessionCommand::Add { place, on, from, to, team, title } => {
            let (place, team, title) = (place.clone(), team.clone(), title.clone());
            let wanted = WantedSession { place, on: *on, from: *from, to: *to, team, title };
            let added = desk.add_session(&wanted).await?;
            for warning in &added.warnings {
                say(format_args!("note: {}", warning.message));
            }
            answer.give(&added, |added| format!("added: {}", line(&added.session, zone)))
        }
        SessionCommand::List { from, to, page } => {
            let filter = Filter { from: *from, to: *to, after: page.after()?, limit: page.limit };
            let lines = |sessions: &[Session]| {
                sessions.iter().map(|session| line(session, zone)).collect::<Vec<_>>().join("\n")
            };
            answer.give(&desk.sessions(&filter).await?, |page| lines(&page.sessions))
        }
        SessionCommand::Cancel { session, reason } => {
            let session = desk.cancel_session(*session, reason).await?;
            answer.give(&session, |session| format!("cancelled, whoever was told is told: {}", line(session, zone)))
        }
    }
}

fn line(session: &Session, zone: Tz) -> String {
    let part = |text: Option<&String>| text.map_or_else(String::new, |text| format!("  {text}"));
    let state = match session.state {
        SessionState::Open => "open",
        SessionState::Cancelled => "cancelled",
    };
    format!(
        "{}  {} {}  {} {}{}{}  {state}{}",
        session.id,
        session.date.format("%a %Y-%m-%d"),
        session.hours(zone).replace('.', ":").replace('–', "-"),
        session.place,
        session.place_name,
        part(session.team.as_ref()),
        part(session.title.as_ref()),
        session.cancel_reason.as_ref().map_or_else(String::new, |reason| format!(" ({reason})")),
    )
}

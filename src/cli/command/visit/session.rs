//! `siap17 visit session …`: evenings, weekends and village days that are open to everybody.

use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;
use clap::Subcommand;

use crate::cli::answer::{Answer, Outcome, say};
use crate::cli::show::list::lines;
use crate::cli::values::{Page, day, time, words};
use crate::desk::{Desk, WantedSession};
use crate::visit::session::{Filter, Session, SessionId, SessionState};

/// What can be done with sessions.
#[derive(Debug, Subcommand)]
pub enum SessionCommand {
    /// Hold a session; whoever lives near and is not recorded is told, and it stands on the public list.
    Add {
        /// The place's code.
        #[arg(long, value_name = "CODE")]
        place: String,
        #[arg(long, value_name = "D", value_parser = day)]
        on: NaiveDate,
        #[arg(long, value_name = "HH:MM", value_parser = time)]
        from: NaiveTime,
        #[arg(long, value_name = "HH:MM", value_parser = time)]
        to: NaiveTime,
        #[arg(long, value_name = "NAME")]
        team: Option<String>,
        /// What stands on the public list besides place and hours.
        #[arg(long, value_name = "T", value_parser = words)]
        title: Option<String>,
    },
    /// Sessions by day and hour.
    List {
        #[arg(long, value_parser = day)]
        from: Option<NaiveDate>,
        #[arg(long, value_parser = day)]
        to: Option<NaiveDate>,
        #[command(flatten)]
        page: Page,
    },
    /// Call a session off; whoever was told is told.
    Cancel {
        session: SessionId,
        #[arg(long, value_parser = words)]
        reason: String,
    },
}

/// Runs one of the commands about sessions.
pub async fn run(desk: &Desk, command: &SessionCommand, answer: Answer) -> Outcome {
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
            answer.give(&desk.sessions(&filter).await?, |page| lines(&page.sessions, "", |one| line(one, zone)))
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

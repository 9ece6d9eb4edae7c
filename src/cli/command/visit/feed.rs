//! `siap17 visit feed …`: calendars to subscribe to.

use clap::Subcommand;
use serde::Serialize;
use serde_json::json;

use crate::cli::answer::{Answer, Outcome};
use crate::cli::show::list::lines;
use crate::cli::values::Page;
use crate::config::Http;
use crate::desk::{Desk, FeedOf, NewFeed};
use crate::visit::feed::{FeedId, FeedKind, Listed};

/// A new calendar with its whole link.
#[derive(Serialize)]
struct Made {
    #[serde(flatten)]
    feed: NewFeed,
    url: String,
}

/// What can be done with calendars.
#[derive(Debug, Subcommand)]
pub enum FeedCommand {
    /// Make a calendar of a team, a place or the whole office; its link is shown this once.
    #[command(group(clap::ArgGroup::new("of").required(true).args(["team", "place", "all"])))]
    Add {
        #[arg(long, value_name = "NAME")]
        team: Option<String>,
        /// The place's code.
        #[arg(long, value_name = "CODE")]
        place: Option<String>,
        /// Every visit of the office.
        #[arg(long)]
        all: bool,
    },
    /// Every calendar that was made, without its link.
    List(Page),
    /// Close a calendar; its link leads nowhere any more.
    Revoke { feed: FeedId },
}

/// Runs one of the commands about calendars.
pub async fn run(desk: &Desk, command: &FeedCommand, http: &Http, answer: Answer) -> Outcome {
    match command {
        FeedCommand::Add { team, place, .. } => {
            let of = match (team, place) {
                (Some(team), _) => FeedOf::Team(team.clone()),
                (None, Some(place)) => FeedOf::Place(place.clone()),
                (None, None) => FeedOf::Office,
            };
            let feed = desk.add_feed(&of).await?;
            let base = http.public_url.clone().unwrap_or_else(|| format!("http://{}", http.listen));
            let url = format!("{}{}", base.trim_end_matches('/'), feed.path);
            answer.give(&Made { feed, url }, |made| {
                format!(
                    "{}\nWhoever has this link reads the calendar. It is shown this once; `siap17 visit feed revoke {}` closes it.",
                    made.url, made.feed.id
                )
            })
        }
        FeedCommand::List(page) => {
            let feeds = desk.feeds(page.after()?, page.limit).await?;
            let next = page.next(&feeds, |feed| feed.id);
            answer.give(&json!({"feeds": feeds, "next": next}), |_| lines(&feeds, "no calendar was made yet", line))
        }
        FeedCommand::Revoke { feed } => {
            desk.revoke_feed(*feed).await?;
            answer.done("the link leads nowhere any more")
        }
    }
}

fn line(feed: &Listed) -> String {
    let kind = match feed.kind {
        FeedKind::Team => "team",
        FeedKind::Place => "place",
        FeedKind::Office => "office",
    };
    let revoked = feed.revoked_at.map_or_else(String::new, |at| format!("  (revoked on {})", at.date_naive()));
    let name = feed.name.as_deref().unwrap_or_default();
    format!("{}  {kind:<7}{name}  since {}{revoked}", feed.id, feed.created_at.date_naive())
}

//! `siap17 notice …`: the ledger of notices, looked at and steered.

use chrono::NaiveDate;
use clap::Subcommand;
use serde_json::json;

use crate::cli::answer::{Answer, Outcome};
use crate::cli::show;
use crate::cli::values::{Page, day, words};
use crate::desk::Desk;
use crate::notice::list::Filter;
use crate::notice::{NoticeId, State};

/// What can be done with notices.
#[derive(Debug, Subcommand)]
pub enum NoticeCommand {
    /// Notices, newest last.
    List {
        #[arg(long)]
        state: Option<State>,
        /// Only those that ever had a lost attempt.
        #[arg(long)]
        lost: bool,
        #[command(flatten)]
        page: Page,
    },
    /// What would stand open on a day, with its words.
    Preview {
        #[arg(long, value_parser = day)]
        date: Option<NaiveDate>,
    },
    /// Try a failed notice again.
    Retry { notice: NoticeId },
    /// The person was told by someone.
    Told {
        notice: NoticeId,
        #[arg(long, value_parser = words)]
        by: String,
    },
    /// Hold everything back.
    Hold,
    /// Let notices go.
    Resume {
        /// Take the present for right although newer attempts exist.
        #[arg(long)]
        clock: bool,
    },
}

/// Runs one of the commands about notices.
pub async fn run(desk: &Desk, command: &NoticeCommand, answer: Answer) -> Outcome {
    let zone = desk.office().zone();
    match command {
        NoticeCommand::List { state, lost, page } => {
            let filter = Filter { state: *state, lost: *lost, student: None, after: page.after()?, limit: page.limit };
            let notices = desk.notices(&filter).await?;
            let next = page.next(&notices, |listed| listed.notice.id);
            answer.give(&json!({"notices": notices, "next": next}), |_| show::notice::notices(&notices, zone))
        }
        NoticeCommand::Preview { date } => {
            let previews = desk.preview(date.unwrap_or_else(|| desk.today())).await?;
            answer.give(&json!({"notices": previews}), |_| show::notice::previews(&previews, zone))
        }
        NoticeCommand::Retry { notice } => {
            desk.retry(*notice).await?;
            answer.done("the notice goes out with the next ones")
        }
        NoticeCommand::Told { notice, by } => {
            desk.told(*notice, by).await?;
            answer.done(format!("told by {by}"))
        }
        NoticeCommand::Hold => {
            desk.hold().await?;
            answer.done("everything is held back but replies and alarms")
        }
        NoticeCommand::Resume { clock } => {
            let gone = desk.let_go(*clock).await?;
            let mut value = json!({"done": true});
            if let Some(copy_of) = gone.copy_of {
                value["copy_of"] = json!(copy_of);
                value["perhaps_sent"] = json!(gone.perhaps_sent);
                value["asked"] = json!(gone.asked);
            }
            answer.give(&value, |_| show::notice::let_go(&gone, zone))
        }
    }
}

//! `siap17 staff …`: who may act.

use clap::Subcommand;
use serde_json::json;

use crate::cli::answer::{Answer, Outcome};
use crate::cli::bot;
use crate::cli::caller::Caller;
use crate::cli::show;
use crate::cli::show::word::word;
use crate::cli::values::Page;
use crate::staff::Role;

/// What can be done with staff accounts.
#[derive(Debug, Subcommand)]
pub enum StaffCommand {
    /// Make an account.
    Add {
        name: String,
        #[arg(long)]
        role: Role,
        #[arg(long, value_name = "CODE")]
        place: Option<String>,
    },
    /// Accounts, with their roles.
    List(Page),
    /// An account may do nothing any more.
    Disable { name: String },
    /// A code by which the account's holder links a chat.
    Link { name: String },
}

/// Runs one of the commands about staff accounts.
pub async fn run(caller: Caller<'_>, command: &StaffCommand, answer: Answer) -> Outcome {
    if let StaffCommand::Link { .. } = command {
        bot::learn(caller.desks).await?;
    }
    let desk = caller.desk().await?;
    match command {
        StaffCommand::Add { name, role, place } => {
            let account = desk.add_staff(name, *role, place.as_deref()).await?;
            answer.give(&account, |account| format!("{} may act as {} now", account.name, word(&account.role)))
        }
        StaffCommand::List(page) => {
            let accounts = desk.staff(page.after()?, page.limit).await?;
            let next = page.next(&accounts, |account| account.id);
            answer.give(&json!({"staff": accounts, "next": next}), |_| show::office::accounts(&accounts))
        }
        StaffCommand::Disable { name } => {
            desk.disable_staff(name).await?;
            answer.done(format!("{name} is closed, chats included"))
        }
        StaffCommand::Link { name } => answer.give(&desk.invite_staff(name).await?, show::office::invitation),
    }
}

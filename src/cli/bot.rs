//! The bot, as far as commands need it: its name stands in the links on slips and invitations.

use super::answer::{Failure, chain, say};
use crate::clock::Clock;
use crate::config::Telegram;
use crate::desk::Desks;
use crate::link;
use crate::telegram::{Wire, wire};

/// Without the bot's name a slip has no picture to scan; whoever holds the token can ask for it.
pub async fn learn(desks: &Desks) -> Result<(), Failure> {
    let mut tx = desks.db().read().await?;
    let known = link::bot_name(&mut tx).await?.is_some();
    drop(tx);
    let met = if known { None } else { meet(&desks.config().telegram, desks, desks.clock()).await.err() };
    if let Some(problem) = met {
        say(format_args!("the bot's name is not known yet, so codes come without links: {problem}"));
    }
    Ok(())
}

/// Asks the bot's name and keeps it for the links on slips; `None` if there is no token.
pub async fn meet(config: &Telegram, desks: &Desks, clock: &Clock) -> Result<Option<(Wire, String)>, String> {
    let Some(token) = wire::read_token(config).map_err(|error| chain(&error))? else { return Ok(None) };
    let wire = Wire::connect(config, token, clock.clone()).map_err(|error| chain(&error))?;
    let name = wire.bot_name().await.map_err(|error| chain(&error))?;
    link::remember_bot(desks.db(), &name).await.map_err(|error| chain(&error))?;
    Ok(Some((wire, name)))
}

//! What the bot says and asks.

use super::Line;
use super::inbox::InboxError;
use crate::desk::Desks;

/// Answers what waits.
pub async fn run_once(desks: &Desks, line: &dyn Line) -> Result<usize, InboxError> {
    super::inbox::deliver(&desks.db, &desks.vault, line).await
}

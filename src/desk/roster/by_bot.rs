//! Rosters through the bot: who may send one, where the office allows it at all.

use crate::db::Tx;
use crate::desk::context::{Desk, DeskError, Done};
use crate::place::Place;
use crate::staff::Role;

impl Desk {
    /// The place whose roster this desk's account may send through its chat; `None` where the office takes no rosters there,
    /// or the account is no school's and no village's, or has no place.
    pub(crate) async fn place_sent_by_bot_in(&self, tx: &mut Tx) -> Done<Option<Place>> {
        let may_send = matches!(self.role, Some(Role::School | Role::Village)) && self.office.policies().roster_by_bot;
        if !may_send {
            return Ok(None);
        }
        match self.own_place(tx).await {
            Err(DeskError::Refused(_)) => Ok(None),
            other => other,
        }
    }
}

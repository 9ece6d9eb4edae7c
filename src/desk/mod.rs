use crate::{audit::Actor, calendar::Holidays, clock::Clock, db::Db, office::Office, staff::Role, vault::Vault};
use std::sync::Arc;
#[derive(Clone)]
pub struct Desk {
    pub db: Db,
    pub vault: Vault,
    pub clock: Clock,
    pub holidays: Arc<Holidays>,
    pub office: Office,
    pub actor: Actor,
    pub role: Option<Role>,
}

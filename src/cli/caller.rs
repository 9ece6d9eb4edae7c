//! Who calls: the open database, and the office and account that the command line names.

use super::answer::Failure;
use crate::audit::Actor;
use crate::desk::{Desk, Desks, system_user};
use crate::staff::Right;

/// On whose behalf a command runs, and for which office.
#[derive(Clone, Copy)]
pub struct Caller<'a> {
    pub desks: &'a Desks,
    /// The office's code; not needed while there is only one.
    pub office: Option<&'a str>,
    /// The staff account's name; otherwise the operating system's user acts.
    pub staff: Option<&'a str>,
}

impl Caller<'_> {
    /// The office's desk.
    ///
    /// # Errors
    /// No such office, several and none named, or an account that may not act.
    pub async fn desk(&self) -> Result<Desk, Failure> {
        Ok(self.desks.desk(self.office, self.staff).await?)
    }

    /// Whoever acts under an account needs that account and its right, also where no office is asked for.
    ///
    /// # Errors
    /// The account may not administer.
    pub async fn administers(&self) -> Result<(), Failure> {
        if self.staff.is_some() {
            self.desk().await?.require(Right::Administer)?;
        }
        Ok(())
    }

    /// Whom the audit names where no desk does.
    pub fn actor(&self) -> Actor {
        self.staff.map_or_else(|| Actor::SystemUser(system_user()), |name| Actor::Staff(name.to_owned()))
    }
}

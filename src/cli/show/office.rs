//! Offices, their places, their staff and whom they invite, in words.

use serde::Serialize;

use super::list::lines;
use super::word::word;
use crate::desk::{Invitation, Slips};
use crate::office::{Applied, Office, OfficeId};
use crate::place::Place;
use crate::staff::Staff;

/// What `office apply` did.
pub fn applied(applied: Applied) -> String {
    match applied {
        Applied::Created => "the office is declared and in hold: nothing leaves until `siap17 notice resume`",
        Applied::Changed => "the office is changed",
        Applied::Unchanged => "nothing changed",
    }
    .into()
}

/// One line of `office list`.
#[derive(Debug, Serialize)]
pub struct OfficeLine {
    pub id: OfficeId,
    code: String,
    name: String,
    region: String,
    zone: String,
    hold: Option<String>,
    teams: Vec<String>,
    pickup_points: Vec<String>,
}

impl OfficeLine {
    pub fn of(office: &Office) -> Self {
        Self {
            id: office.id,
            code: office.declaration.code.clone(),
            name: office.declaration.name.clone(),
            region: office.declaration.region.clone(),
            zone: office.zone().to_string(),
            hold: office.hold_reason.clone(),
            teams: office.teams.iter().map(|team| team.declared.name.clone()).collect(),
            pickup_points: office.points.iter().map(|point| point.declared.name.clone()).collect(),
        }
    }
}

/// Offices, one a line.
pub fn offices(offices: &[OfficeLine]) -> String {
    let line = |office: &OfficeLine| {
        let hold = office.hold.as_ref().map_or_else(String::new, |reason| format!("  HOLD ({reason})"));
        format!("{}  {}  {}  {}{hold}", office.code, office.name, office.region, office.zone)
    };
    lines(offices, "", line)
}

/// Places, one a line.
pub fn places(places: &[Place]) -> String {
    let line = |place: &Place| {
        format!(
            "{:<10} {:<10} {}  {}",
            place.code,
            word(&place.kind),
            place.name,
            place.kecamatan.clone().unwrap_or_default()
        )
    };
    lines(places, "", line)
}

/// Accounts, one a line.
pub fn accounts(accounts: &[Staff]) -> String {
    let line = |one: &Staff| {
        let closed = if one.disabled_at.is_some() { "  (disabled)" } else { "" };
        format!("{:<20} {}{closed}", one.name, word(&one.role))
    };
    lines(accounts, "", line)
}

/// What was printed of slips; `replaced` if the earlier ones are void.
pub fn slips(slips: &Slips, replaced: bool) -> String {
    let (all, new) = (slips.slips.len(), slips.made);
    match (all, replaced) {
        (0, _) => {
            "everybody has a slip that is good, or a chat: no page was written; leave out --new to print again".into()
        }
        (_, true) => format!("slips of {} students, with {new} new codes; their earlier slips are void", all / 2),
        (_, false) => format!(
            "slips of {} students: {} codes are those of earlier slips, which stay good, and {new} are new",
            all / 2,
            all - new
        ),
    }
}

/// A code that links a chat, with what to do with it.
pub fn invitation(invitation: &Invitation) -> String {
    let Invitation { code, url, expires_at } = invitation;
    let link =
        url.as_ref().map_or_else(|| "send it to the bot".into(), |url| format!("open {url}, or send it to the bot"));
    format!("{code}: {link}; good until {expires_at}")
}

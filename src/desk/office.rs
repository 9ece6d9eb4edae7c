//! Setting up an office and what happens to it: its declaration, places, accounts, pauses and broken teams.

use chrono::{Days, NaiveDate};
use serde::Serialize;

use super::context::{Desk, DeskError, Done, plain_words};
use super::refusal::{AccountRefusal, OfficeRefusal, PlaceRefusal};
use crate::link::{self, LinkRole};
use crate::office::{self, Pause, PauseId, PauseKind};
use crate::place::{self, Place, PlaceId};
use crate::staff::{self, Right, Role, Staff, StaffId};
use crate::written::tidy;

/// Longest reason of a pause: with it a message stays within 400 characters.
const LONGEST_REASON: usize = 80;
/// How long the code that links an account's chat is good.
const STAFF_CODE_DAYS: u64 = 7;

/// Longest name of an account.
const LONGEST_NAME: usize = 100;

/// What `place import` did.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct PlacesImported {
    pub new: usize,
    pub updated: usize,
}

/// A code to be typed or scanned, and its link.
#[derive(Debug, Clone, Serialize)]
pub struct Invitation {
    pub code: String,
    /// Null until the bot's name is known, that is, until `serve` or `check` has spoken to Telegram once.
    pub url: Option<String>,
    pub expires_at: NaiveDate,
}

impl Desk {
    /// Takes a file of places; all lines or none.
    pub async fn import_places(&self, bytes: &[u8]) -> Done<PlacesImported> {
        self.require(Right::Administer)?;
        let places = place::parse_file(bytes)?;
        let mut done = PlacesImported::default();
        let mut tx = self.db.write().await?;
        for place in &places {
            let (_, is_new) = place::save(&mut tx, &self.clock, &self.vault, self.office.id, place).await?;
            if is_new {
                done.new += 1;
            } else {
                done.updated += 1;
            }
        }
        let detail = format!("{} new, {} updated", done.new, done.updated);
        self.audit(&mut tx, "place.import", "places", &detail).await?;
        // Where a place lies says whom its sessions are for, and on which days its contact can answer.
        self.settle_office(&mut tx).await?;
        tx.commit().await?;
        self.catch_up().await;
        Ok(done)
    }

    /// Places by code, at most `limit` after the place `after`; with them go their contacts' names and telephone numbers.
    pub async fn places(&self, after: Option<PlaceId>, limit: i64) -> Done<Vec<Place>> {
        self.require(Right::Visits).or_else(|_| self.require(Right::Students))?;
        let mut tx = self.db.read().await?;
        Ok(place::page(&mut tx, self.office.id, after, limit).await?)
    }

    /// The place with this code.
    pub async fn place(&self, code: &str) -> Done<Place> {
        let mut tx = self.db.read().await?;
        let found = place::find(&mut tx, self.office.id, code).await?;
        found.ok_or_else(|| PlaceRefusal::Unknown { code: code.to_owned() }.into())
    }

    /// Opens an account.
    pub async fn add_staff(&self, name: &str, role: Role, place: Option<&str>) -> Done<Staff> {
        self.require(Right::Administer)?;
        let is_obeyed = name.chars().any(|c| c.is_control() && !c.is_whitespace());
        let name = tidy(name);
        let name = name.as_str();
        if is_obeyed || name.chars().count() > LONGEST_NAME {
            return Err(AccountRefusal::NameTooLong { longest: LONGEST_NAME }.into());
        }
        plain_words("the account's name", name)?;
        if name.is_empty() || name.starts_with("os:") || name == "siap17" {
            return Err(AccountRefusal::NameMissing.into());
        }
        let place = match (place, role) {
            (Some(code), _) => Some(self.place(code).await?.id.0),
            (None, Role::School | Role::Village) => return Err(AccountRefusal::PlaceMissing.into()),
            (None, _) => None,
        };
        let mut tx = self.db.write().await?;
        let added = staff::add(&mut tx, &self.clock, self.office.id, name, role, place).await;
        let id = added.map_err(|error| match error.is_duplicate() {
            true => DeskError::from(AccountRefusal::Exists { name: name.to_owned() }),
            false => error.into(),
        })?;
        self.audit(&mut tx, "staff.add", &format!("staff:{id}"), role.word()).await?;
        let account = staff::load(&mut tx, id).await?;
        tx.commit().await?;
        account.ok_or_else(|| unknown_staff(name))
    }

    /// Accounts by name, at most `limit` after the account `after`.
    pub async fn staff(&self, after: Option<StaffId>, limit: i64) -> Done<Vec<Staff>> {
        self.require(Right::Administer)?;
        let mut tx = self.db.read().await?;
        Ok(staff::page(&mut tx, self.office.id, after, limit).await?)
    }

    /// Closes an account and ends its chats.
    pub async fn disable_staff(&self, name: &str) -> Done<()> {
        self.require(Right::Administer)?;
        let mut tx = self.db.write().await?;
        let account = staff::find(&mut tx, self.office.id, name).await?.ok_or_else(|| unknown_staff(name))?;
        if !staff::disable(&mut tx, &self.clock, account.id).await? {
            return Err(AccountRefusal::Disabled { name: name.to_owned() }.into());
        }
        link::unlink(&mut tx, &self.clock, account.id.0).await?;
        self.audit(&mut tx, "staff.disable", &format!("staff:{}", account.id), "").await?;
        Ok(tx.commit().await?)
    }

    /// A code by which the account's holder links a chat.
    pub async fn invite_staff(&self, name: &str) -> Done<Invitation> {
        self.require(Right::Administer)?;
        let mut tx = self.db.write().await?;
        let account = staff::find(&mut tx, self.office.id, name).await?.filter(|one| one.disabled_at.is_none());
        let account = account.ok_or_else(|| unknown_staff(name))?;
        let expires = self.today() + Days::new(STAFF_CODE_DAYS);
        let invitation = self.invite(&mut tx, LinkRole::Staff, account.id.0, expires).await?;
        self.audit(&mut tx, "staff.link", &format!("staff:{}", account.id), "a new code was made").await?;
        tx.commit().await?;
        Ok(invitation)
    }

    /// Makes a code for `subject`, voiding its earlier ones.
    pub(super) async fn invite(
        &self,
        tx: &mut crate::db::Tx,
        role: LinkRole,
        subject: uuid::Uuid,
        expires_at: NaiveDate,
    ) -> Done<Invitation> {
        let code = link::issue_code(tx, &self.clock, &self.vault, self.office.id, role, subject, expires_at).await?;
        let bot = link::bot_name(tx).await?;
        let url = bot.map(|bot| link::chat_url(&bot, &code));
        Ok(Invitation { code: link::readable_code(&code), url, expires_at })
    }

    /// Pauses printing, recording or the counter until `until`, that day included. Whoever was invited and is hit is told.
    pub async fn pause(&self, kind: PauseKind, until: NaiveDate, reason: &str) -> Done<()> {
        let reason = &tidy(reason);
        self.require(Right::Cards)?;
        plain_words("the reason", reason)?;
        if reason.chars().count() > LONGEST_REASON {
            return Err(OfficeRefusal::ReasonTooLong { longest: LONGEST_REASON }.into());
        }
        let today = self.today();
        if until < today {
            return Err(OfficeRefusal::PausePast(until).into());
        }
        let mut tx = self.db.write().await?;
        let pause = Pause {
            id: PauseId::new(&self.clock),
            kind,
            starts_on: today,
            until_on: until,
            reason: reason.to_owned(),
            resumed_on: None,
        };
        office::pause(&mut tx, self.office.id, &pause).await?;
        self.audit(&mut tx, "office.pause", &format!("pause:{}", pause.id), &format!("{} until {until}", kind.word()))
            .await?;
        self.settle_office(&mut tx).await?;
        tx.commit().await?;
        self.catch_up().await;
        Ok(())
    }

    /// Ends the running pauses of one kind.
    pub async fn resume(&self, kind: PauseKind) -> Done<()> {
        self.require(Right::Cards)?;
        let mut tx = self.db.write().await?;
        if office::resume(&mut tx, self.office.id, kind, self.today()).await? == 0 {
            return Err(OfficeRefusal::NotPaused.into());
        }
        self.audit(&mut tx, "office.resume", "pause", kind.word()).await?;
        self.settle_office(&mut tx).await?;
        tx.commit().await?;
        self.catch_up().await;
        Ok(())
    }

    /// Every pause there ever was.
    pub async fn pauses(&self) -> Done<Vec<Pause>> {
        let mut tx = self.db.read().await?;
        Ok(office::pauses(&mut tx, self.office.id).await?)
    }

    /// Puts a team back into service from today on.
    pub async fn team_repaired(&self, name: &str) -> Done<()> {
        self.require(Right::Visits)?;
        let team = self.office.team_named(name)?;
        let mut tx = self.db.write().await?;
        if office::repair_team(&mut tx, team.id, self.today()).await? == 0 {
            return Err(OfficeRefusal::NotBroken { team: name.to_owned() }.into());
        }
        self.audit(&mut tx, "team.repaired", &format!("team:{}", team.id), "").await?;
        Ok(tx.commit().await?)
    }
}

fn unknown_staff(name: &str) -> DeskError {
    AccountRefusal::Unknown { name: name.to_owned() }.into()
}

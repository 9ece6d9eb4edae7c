//! Opening a desk: key, database and account are looked at before anybody may ask for anything.

use std::path::PathBuf;
use std::sync::Arc;

use super::context::Desk;
use crate::audit::Actor;
use crate::audit::aside::LOOKS;
use crate::calendar::Holidays;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::{self, Db, DbError};
use crate::intake;
use crate::kept_file::OwnFile;
use crate::messages::{Messages, MessagesError};
use crate::notice::ledger;
use crate::office::{self, OfficeError};
use crate::staff;
use crate::vault::{Vault, VaultError};

/// Where the database remembers which key its sealed values belong to.
const KEY_CHECK: &str = "key_id";
/// Where the database remembers that it was served by the machine's own clock.
const SERVED: &str = "served_by_own_clock";
const BUILT_IN_HOLIDAYS: &str = include_str!("../../config/holidays.csv");

/// Everything that all desks share. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Desks {
    pub(super) config: Arc<Config>,
    pub(super) db: Db,
    pub(super) vault: Vault,
    pub(super) clock: Clock,
    pub(super) holidays: Arc<Holidays>,
    pub(super) messages: Messages,
    pub(super) own_files: Arc<[OwnFile]>,
}

/// Why no desk opens.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "the key in {path} is not the one that this database was sealed with (it needs key {expected}); restore that key file"
    )]
    WrongKey { path: PathBuf, expected: String },
    #[error("{path} holds the key of this database already ({id}); it stays as it is")]
    KeyIsThere { path: PathBuf, id: String },
    #[error(
        "this database was sealed with key {expected}, which {path} is to hold and does not; put that key file back, for a new key \
         opens nothing of it"
    )]
    KeyIsGone { path: PathBuf, expected: String },
    #[error(
        "SIAP17_NOW is set, and this database was served by the machine's own clock: another time would silence or repeat what real \
         people are told; unset SIAP17_NOW, or rehearse on a database of its own"
    )]
    Rehearsal,
    #[error("the holiday file {path} cannot be used: {message}")]
    Holidays { path: PathBuf, message: String },
    #[error("there is no active staff account '{0}'; `siap17 staff list` shows them")]
    UnknownStaff(String),
    #[error(transparent)]
    Messages(#[from] MessagesError),
    #[error(transparent)]
    Office(#[from] OfficeError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Desks {
    /// Opens key, database, holidays and message catalogues, and refuses a key that is not this database's.
    pub async fn open(config: Config, clock: Clock) -> Result<Self, OpenError> {
        let vault = Vault::open(&config.key_file)?;
        let holidays = holidays(&config)?;
        let messages = Messages::load(Some(&config.messages_dir))?;
        let db = Db::open(&config.database.url).await?;
        let own_files = own_files(&config).into();
        let desks =
            Self { config: Arc::new(config), db, vault, clock, holidays: Arc::new(holidays), messages, own_files };
        desks.check_key().await?;
        desks.check_rehearsal().await?;
        Ok(desks)
    }

    /// Desks over a database of a test, with a key that is `byte` throughout and the given holidays.
    #[cfg(test)]
    pub(crate) fn for_test(db: Db, byte: u8, clock: Clock, holidays: &str) -> Self {
        let vault = Vault::from_secret(&[byte; 32]);
        let holidays = Arc::new(Holidays::from_csv(holidays).unwrap());
        let messages = Messages::load(None).unwrap();
        Self { config: Arc::default(), db, vault, clock, holidays, messages, own_files: Arc::default() }
    }

    /// The configuration of this process.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The files of this siap17 that nothing is written over.
    #[must_use]
    pub fn own_files(&self) -> &[OwnFile] {
        &self.own_files
    }

    /// The database of all offices; rooms that no desk stands before (mailbox, leases, audit, health) take it.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// The vault with this database's key.
    #[must_use]
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// The clock of this process.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The national holidays that are known.
    #[must_use]
    pub fn holidays(&self) -> &Arc<Holidays> {
        &self.holidays
    }

    /// The message catalogues.
    #[must_use]
    pub fn messages(&self) -> &Messages {
        &self.messages
    }

    async fn check_key(&self) -> Result<(), OpenError> {
        let mut tx = self.db.read().await?;
        let known = db::meta(&mut tx, KEY_CHECK).await?;
        drop(tx);
        match known {
            Some(expected) if expected != self.vault.key_id() => {
                Err(OpenError::WrongKey { path: self.config.key_file.clone(), expected })
            }
            Some(_) => Ok(()),
            None => {
                let mut tx = self.db.write().await?;
                db::set_meta(&mut tx, KEY_CHECK, &self.vault.key_id()).await?;
                Ok(tx.commit().await?)
            }
        }
    }

    /// Refuses a clock that was set by hand where real people are told.
    async fn check_rehearsal(&self) -> Result<(), OpenError> {
        if !self.clock.is_rehearsal() {
            return Ok(());
        }
        let served = db::meta(&mut self.db.read().await?, SERVED).await?;
        if served.is_some() { Err(OpenError::Rehearsal) } else { Ok(()) }
    }

    /// Notes that this database is served by the machine's own clock, unless it is a rehearsal.
    pub async fn note_serving(&self) -> Result<(), OpenError> {
        let mut tx = self.db.read().await?;
        if self.clock.is_rehearsal() || db::meta(&mut tx, SERVED).await?.is_some() {
            return Ok(());
        }
        drop(tx);
        let mut tx = self.db.write().await?;
        db::set_meta(&mut tx, SERVED, "yes").await?;
        Ok(tx.commit().await?)
    }

    /// The desk of the office `code` (or the only one), for the account `name`, or for the operating system's user, who
    /// holds key and database anyway.
    pub async fn desk(&self, code: Option<&str>, name: Option<&str>) -> Result<Desk, OpenError> {
        let mut tx = self.db.read().await?;
        let office = office::find(&mut tx, code).await?;
        let (actor, role) = match name {
            None => (Actor::SystemUser(system_user()), None),
            Some(name) => {
                let account = staff::find(&mut tx, office.id, name).await?.filter(|one| one.disabled_at.is_none());
                let account = account.ok_or_else(|| OpenError::UnknownStaff(name.to_owned()))?;
                (Actor::Staff(account.name), Some(account.role))
            }
        };
        Ok(self.assemble(office, actor, role))
    }

    /// Every office's desk, for siap17 itself.
    pub async fn all(&self) -> Result<Vec<Desk>, OpenError> {
        let mut tx = self.db.read().await?;
        let offices = office::all(&mut tx).await?;
        Ok(offices.into_iter().map(|office| self.assemble(office, Actor::Daemon, None)).collect())
    }

    /// Puts every office into hold, as a restored backup must be (invariant 10).
    pub async fn hold_everything(&self, reason: &str) -> Result<(), OpenError> {
        let mut tx = self.db.write().await?;
        for office in office::all(&mut tx).await? {
            office::set_hold(&mut tx, office.id, Some(reason)).await?;
            ledger::request_everybody(&mut tx, &self.clock, office.id).await?;
        }
        Ok(tx.commit().await?)
    }

    /// The desk of `office` for `actor`.
    #[must_use]
    pub fn assemble(&self, office: office::Office, actor: Actor, role: Option<staff::Role>) -> Desk {
        Desk {
            db: self.db.clone(),
            vault: self.vault.clone(),
            clock: self.clock.clone(),
            holidays: Arc::clone(&self.holidays),
            messages: self.messages.clone(),
            own_files: Arc::clone(&self.own_files),
            office,
            actor,
            role,
        }
    }
}

/// The files of the siap17 that is configured so: key, token, settings, and the database with what SQLite keeps beside it.
fn own_files(config: &Config) -> Vec<OwnFile> {
    let one = |path: &std::path::Path, what| OwnFile { path: path.to_owned(), what };
    let mut files = vec![
        one(&config.key_file, "key"),
        one(&config.telegram.token_file, "token"),
        one(&config.file, "settings"),
        one(&config.holidays_file, "holidays"),
    ];
    if let Some(database) = db::file_of(&config.database.url) {
        files.extend(db::files_beside(&database).into_iter().map(|path| one(&path, "database")));
        files.push(one(&db::beside(&database, LOOKS), "audit"));
        files.push(one(&database, "database"));
    }
    files
}

/// Which key the database's sealed values belong to, if there are any.
pub async fn key_of(db: &Db) -> Result<Option<String>, DbError> {
    let mut tx = db.read().await?;
    db::meta(&mut tx, KEY_CHECK).await
}

/// Makes the key file, unless there is one or the database is sealed with another; gives the key's name.
pub async fn new_key(config: &Config) -> Result<String, OpenError> {
    let db = Db::open(&config.database.url).await?;
    let known = key_of(&db).await?;
    db.close().await;
    let path = config.key_file.clone();
    match known {
        None => Ok(Vault::create(&path)?.key_id()),
        Some(expected) if !path.exists() => Err(OpenError::KeyIsGone { path, expected }),
        Some(expected) if Vault::open(&path)?.key_id() == expected => Err(OpenError::KeyIsThere { path, id: expected }),
        Some(expected) => Err(OpenError::WrongKey { path, expected }),
    }
}

/// The name of the account whose process this is, for the audit; its number, where the machine's own list does not name it. The
/// environment is not asked: anybody may set it to anything, and a service may have none.
#[must_use]
pub fn system_user() -> String {
    let number = rustix::process::getuid().as_raw();
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    account_name(&accounts, number).map_or_else(|| format!("uid-{number}"), str::to_owned)
}

/// The name of the account with this number in a list such as `/etc/passwd`.
fn account_name(accounts: &str, number: u32) -> Option<&str> {
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        (fields.nth(1)?.parse() == Ok(number)).then_some(name)
    })
}

fn holidays(config: &Config) -> Result<Holidays, OpenError> {
    let path = &config.holidays_file;
    let wrong = |message: String| OpenError::Holidays { path: path.clone(), message };
    let text = match intake::text(path, intake::LARGEST_TEXT) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => BUILT_IN_HOLIDAYS.to_owned(),
        Err(error) => return Err(wrong(error.to_string())),
    };
    Holidays::from_csv(&text).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_named_by_its_number() {
        let accounts = "root:x:0:0:root:/root:/bin/bash\n\n+::::::\nsiti:x:1000:1000:Siti,,,:/home/siti:/bin/bash\n";
        assert_eq!(account_name(accounts, 0), Some("root"));
        assert_eq!(account_name(accounts, 1000), Some("siti"));
        assert_eq!(account_name(accounts, 1), None);
    }
}

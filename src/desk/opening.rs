//! Opening a desk: key, database and account are looked at before anybody may ask for anything.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::context::Desk;
use crate::audit::aside::LOOKS;
use crate::audit::{self, Actor};
use crate::calendar::Holidays;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::{self, Db, DbError, Memory, Strange, Tx, shown};
use crate::intake;
use crate::kept_file::OwnFile;
use crate::messages::{Messages, MessagesError};
use crate::notice::{ledger, silence};
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
    /// What is remembered of the database beside the key; `None` where it stands in for another, as a copy does.
    pub(super) memory: Option<Memory>,
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
        "there is no database at {database} yet; begin one with `siap17 office apply FILE.toml`, or put a copy back with \
         `siap17 restore FILE`"
    )]
    NotBegun { database: String },
    #[error(
        "the database {database} is missing or empty, though there was one with this key ({known}); find it again, or put a copy \
         back (`siap17 restore FILE`, on PostgreSQL pg_restore). To begin anew with nothing, on purpose, move {mark} away first"
    )]
    Lost { database: String, known: String, mark: PathBuf },
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
    /// Opens key, database, holidays and message catalogues, and refuses a key that is not this database's. A database that is
    /// older than what was last served is put into hold.
    ///
    /// # Errors
    /// There is no database: only what an office begins with makes one ([`Self::begin`]).
    pub async fn open(config: Config, clock: Clock) -> Result<Self, OpenError> {
        Self::open_or_make(config, clock, false).await
    }

    /// The same, and makes the database where there never was one with this key.
    pub async fn begin(config: Config, clock: Clock) -> Result<Self, OpenError> {
        Self::open_or_make(config, clock, true).await
    }

    async fn open_or_make(config: Config, clock: Clock, makes: bool) -> Result<Self, OpenError> {
        let vault = Vault::open(&config.key_file)?;
        let url = config.database.url.clone();
        let memory = Memory::beside(&config.key_file, &url);
        let db = match Db::open_begun(&url).await? {
            Some(db) => db,
            None => {
                never_lost(&config, &memory)?;
                if !makes {
                    return Err(OpenError::NotBegun { database: shown(&url) });
                }
                Db::open(&url).await?
            }
        };
        let desks = Self::over(config, db, vault, clock, Some(memory))?;
        desks.check_key().await?;
        desks.check_rehearsal().await?;
        desks.recognise().await?;
        Ok(desks)
    }

    /// Desks over a copy that is to become the database; nothing is compared with what is remembered, for nothing stands yet.
    pub(super) async fn over_copy(config: Config, clock: Clock, copy: &Path) -> Result<Self, OpenError> {
        let vault = Vault::open(&config.key_file)?;
        let db = Db::open_copy(copy).await?;
        let desks = Self::over(config, db, vault, clock, None)?;
        desks.check_key().await?;
        desks.check_rehearsal().await?;
        Ok(desks)
    }

    fn over(config: Config, db: Db, vault: Vault, clock: Clock, memory: Option<Memory>) -> Result<Self, OpenError> {
        let holidays = Arc::new(holidays(&config)?);
        let messages = Messages::load(Some(&config.messages_dir))?;
        let own_files = own_files(&config).into();
        Ok(Self { config: Arc::new(config), db, memory, vault, clock, holidays, messages, own_files })
    }

    /// Desks over a database of a test, with a key that is `byte` throughout and the given holidays.
    #[cfg(test)]
    pub(crate) fn for_test(db: Db, byte: u8, clock: Clock, holidays: &str) -> Self {
        let vault = Vault::from_secret(&[byte; 32]);
        let holidays = Arc::new(Holidays::from_csv(holidays).unwrap());
        Self {
            config: Arc::default(),
            db,
            memory: None,
            own_files: Arc::default(),
            vault,
            clock,
            holidays,
            messages: Messages::load(None).unwrap(),
        }
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

    /// What is remembered of the database beside the key, if it is remembered.
    #[must_use]
    pub fn memory(&self) -> Option<&Memory> {
        self.memory.as_ref()
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
                // A schema without a key holds nothing yet; where one was served before, it is not the one.
                if let Some(memory) = &self.memory {
                    never_lost(&self.config, memory)?;
                }
                let mut tx = self.db.write().await?;
                db::set_meta(&mut tx, KEY_CHECK, &self.vault.key_id()).await?;
                Ok(tx.commit().await?)
            }
        }
    }

    /// Compares the database with what is remembered of it beside the key. One that is older than what was last served, or that
    /// came here otherwise than by `restore`, is put into hold; returns what is strange about it.
    pub async fn recognise(&self) -> Result<Option<Strange>, OpenError> {
        let Some(memory) = &self.memory else { return Ok(None) };
        let identity = self.db.identity().await?;
        let mut tx = self.db.read().await?;
        let strange = memory.compare(&mut tx, &identity, !self.db.is_served_alone()).await?;
        let is_new = memory.is_new(&mut tx, &identity).await?;
        let there = db::written(&mut tx).await?;
        drop(tx);
        if strange.is_none() && !is_new {
            there.map_or(Ok(()), |mark| memory.note(mark)).unwrap_or_else(|error| forgets(&error));
            return Ok(None);
        }
        let mut tx = self.db.write().await?;
        // Of several who see it at once, the first does it, and the others see that it is done.
        memory.wait_turn(&mut tx).await?;
        let strange = memory.compare(&mut tx, &identity, !self.db.is_served_alone()).await?;
        if let Some(strange) = strange {
            self.hold_as_copy(&mut tx, strange.reason(), None).await?;
            let reason = strange.reason();
            let actor = Actor::Daemon.to_string();
            let deed = audit::Deed {
                office: None,
                actor: &actor,
                action: "database.hold",
                subject: "database",
                detail: reason,
            };
            audit::record(&mut tx, &self.vault, &self.clock, &deed).await?;
            tracing::error!(
                database = shown(&self.config.database.url),
                reason,
                "the database is a copy that did not come back by `restore`: everything is in hold until `siap17 notice resume`"
            );
        } else if !memory.is_new(&mut tx, &identity).await? {
            return Ok(None);
        }
        let mark = memory.begin(&mut tx, &identity, self.clock.now()).await?;
        tx.commit().await?;
        memory.note(mark).unwrap_or_else(|error| forgets(&error));
        Ok(strange)
    }

    /// Counts that the database is served, in it and beside the key: a copy that was made before is known by it.
    pub async fn count_serving(&self) -> Result<(), DbError> {
        let Some(memory) = &self.memory else { return Ok(()) };
        let mut tx = self.db.write().await?;
        let mark = memory.step(&mut tx, self.clock.now()).await?;
        tx.commit().await?;
        memory.note(mark).unwrap_or_else(|error| forgets(&error));
        Ok(())
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
        let recorded_as = at_this_machine(&actor);
        Ok(Desk { recorded_as, ..self.assemble(office, actor, role) })
    }

    /// Every office's desk, for siap17 itself. An office whose declaration cannot be read has none until a right one is applied;
    /// the others go on.
    pub async fn all(&self) -> Result<Vec<Desk>, OpenError> {
        let mut tx = self.db.read().await?;
        let mut desks = Vec::new();
        for stored in office::stored(&mut tx).await? {
            match stored.office {
                Ok(office) => desks.push(self.assemble(office, Actor::Daemon, None)),
                Err(error) => {
                    tracing::error!(
                        office = stored.code,
                        error = &error as &dyn std::error::Error,
                        "an office does nothing"
                    );
                }
            }
        }
        Ok(desks)
    }

    /// Puts every office into hold, as a copy must be (invariant 10), and writes down since when somebody else may have sent.
    /// That is `since`, or else the last moment that the database knows of.
    pub(super) async fn hold_as_copy(
        &self,
        tx: &mut Tx,
        reason: &str,
        since: Option<DateTime<Utc>>,
    ) -> Result<(), OpenError> {
        for (_, id) in office::codes(tx).await? {
            let known = silence::last_known(tx, id).await?;
            let since = since.or(known).unwrap_or_else(|| self.clock.now());
            office::hold_copy(tx, id, reason, since).await?;
            ledger::request_everybody(tx, &self.clock, id).await?;
        }
        Ok(())
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
            recorded_as: actor.to_string(),
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
async fn key_of(db: &Db) -> Result<Option<String>, DbError> {
    let mut tx = db.read().await?;
    db::meta(&mut tx, KEY_CHECK).await
}

/// Refuses where a database was opened with this key before: then it is lost, and a new one would hide that.
fn never_lost(config: &Config, memory: &Memory) -> Result<(), OpenError> {
    let Some(known) = memory.databases() else { return Ok(()) };
    let known = if known.is_empty() { "which one can no longer be read".to_owned() } else { known.join(", ") };
    Err(OpenError::Lost { database: shown(&config.database.url), known, mark: memory.file().to_path_buf() })
}

/// What cannot be written beside the key is no reason not to work; `check` says it, too.
fn forgets(error: &DbError) {
    tracing::warn!(
        error = error as &dyn std::error::Error,
        "what was served cannot be remembered beside the key: an older copy of the database would not be known as one"
    );
}

/// Makes the key file, unless there is one or the database is sealed with another; gives the key's name. Where there is no
/// database yet, it is made, too.
pub async fn new_key(config: &Config, clock: &Clock) -> Result<String, OpenError> {
    let path = config.key_file.clone();
    match Db::open_begun(&config.database.url).await? {
        None => never_lost(config, &Memory::beside(&path, &config.database.url))?,
        Some(db) => {
            let known = key_of(&db).await?;
            db.close().await;
            match known {
                None => {}
                Some(expected) if !path.exists() => return Err(OpenError::KeyIsGone { path, expected }),
                Some(expected) if Vault::open(&path)?.key_id() == expected => {
                    return Err(OpenError::KeyIsThere { path, id: expected });
                }
                Some(expected) => return Err(OpenError::WrongKey { path, expected }),
            }
        }
    }
    let key = Vault::create(&path)?.key_id();
    let db = Db::open(&config.database.url).await?;
    let memory = Memory::beside(&path, &config.database.url);
    let identity = db.identity().await?;
    let mut tx = db.write().await?;
    db::set_meta(&mut tx, KEY_CHECK, &key).await?;
    let mark = memory.begin(&mut tx, &identity, clock.now()).await?;
    tx.commit().await?;
    db.close().await;
    memory.note(mark).unwrap_or_else(|error| forgets(&error));
    Ok(key)
}

/// How the record names whoever runs a command: an account that is named proves nothing, so beside it stands whose process it was.
pub(super) fn at_this_machine(actor: &Actor) -> String {
    match actor {
        Actor::Staff(name) => format!("{name} (os:{})", system_user()),
        Actor::SystemUser(_) | Actor::Daemon => actor.to_string(),
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

//! Rosters at the desk: one file, one transaction, and a report that says what became of every row.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::db::Tx;
use crate::desk::context::{Desk, DeskError, Done};
use crate::desk::refusal::{PlaceRefusal, RosterRefusal};
use crate::messages::LANGUAGES;
use crate::notice::ledger;
use crate::place::{self, Place, PlaceKind};
use crate::roster::ids::{ImportId, State};
use crate::roster::import::incoming::{Incoming, Target};
use crate::roster::import::record;
use crate::roster::import::report::FileReport;
use crate::roster::import::session::{Imported, Session};
use crate::roster::import::stream::{Sent, Stream};
use crate::roster::import::upload::{self, UploadError};
use crate::roster::review::history::{self, Listed, RowChange};
use crate::roster::{Ages, Headings, Rules};
use crate::staff::Right;
use crate::student::{self, StudentId};

/// Largest file that is read, in bytes.
pub const LARGEST_FILE: u64 = 256 * 1024 * 1024;
/// Of so many students the notices are brought up to date at once; of more, the daemon's next look at the ledger does it.
const SETTLED_AT_ONCE: usize = 5_000;

/// How a file is to be imported.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The place's code; without it the file itself must say.
    pub place: Option<String>,
    /// Does everything but keeps nothing.
    pub dry_run: bool,
    /// All rows or none.
    pub strict: bool,
    /// What odd headers mean; remembered for the place.
    pub headings: Headings,
    /// Told how far the import is.
    pub progress: Arc<Progress>,
}

/// How far an import is, for whoever waits for it.
#[derive(Debug, Default)]
pub struct Progress {
    /// Rows about somebody; 0 until the file has been read once.
    pub rows: AtomicUsize,
    pub done: AtomicUsize,
    pub rejected: AtomicUsize,
}

impl From<UploadError> for DeskError {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::Vault(error) => error.into(),
            UploadError::Db(error) => error.into(),
        }
    }
}

/// What is to be imported as which import.
struct Errand<'a> {
    name: &'a str,
    bytes: Arc<Vec<u8>>,
    place: Option<Place>,
    options: &'a Options,
    /// The parked import that somebody lets pass.
    accepted: Option<ImportId>,
}

impl Desk {
    /// Imports one file.
    pub async fn import_roster(&self, name: &str, bytes: Vec<u8>, options: &Options) -> Done<FileReport> {
        self.require(Right::Rosters)?;
        // A file's name is shown and kept in clear.
        let name = &crate::nik::without_niks(name);
        let mut tx = self.db.read().await?;
        let named = match &options.place {
            None => None,
            Some(code) => Some(place::find(&mut tx, self.office.id, code).await?.ok_or_else(|| unknown_place(code))?),
        };
        let place = match (self.own_place(&mut tx).await?, named) {
            (Some(own), Some(named)) if own.id != named.id => return Err(not_own(&own)),
            (Some(own), _) => Some(own),
            (None, named) => named,
        };
        drop(tx);
        self.import(Errand { name, bytes: Arc::new(bytes), place, options, accepted: None }).await
    }

    /// Lets a parked file pass.
    pub(super) async fn import_parked(&self, listed: &Listed) -> Done<FileReport> {
        let mut tx = self.db.read().await?;
        let bytes = upload::find(&mut tx, &self.vault, listed.id).await?.ok_or(RosterRefusal::FileGone)?;
        let place = match &listed.place {
            Some(code) => place::find(&mut tx, self.office.id, code).await?,
            None => None,
        };
        drop(tx);
        let strict = serde_json::from_str::<FileReport>(&listed.report).is_ok_and(|report| report.strict);
        let options = Options { strict, ..Options::default() };
        let bytes = Arc::new(bytes.to_vec());
        self.import(Errand { name: &listed.file, bytes, place, options: &options, accepted: Some(listed.id) }).await
    }

    async fn import(&self, errand: Errand<'_>) -> Done<FileReport> {
        let Errand { name, bytes, place, options, accepted } = errand;
        let unreadable =
            |error: &dyn std::fmt::Display| RosterRefusal::Unreadable { file: name.to_owned(), why: error.to_string() };
        let sent = Sent {
            name: name.to_owned(),
            bytes: Arc::clone(&bytes),
            rules: Rules {
                region: self.office.declaration.region.clone(),
                today: self.today(),
                ages: ages(place.as_ref()),
            },
            office: self.office.id,
            headings: self.headings(place.as_ref(), &options.headings).await?,
        };
        let mut stream = Stream::open(sent, &self.vault).await.map_err(|error| unreadable(&error))?;
        options.progress.rows.store(stream.totals.rows, Ordering::Relaxed);
        let (layouts, copies) = (stream.layouts.clone(), std::mem::take(&mut stream.copies));
        let hash = std::mem::take(&mut stream.hash);
        let actor = self.actor.to_string();
        let to = Target {
            clock: &self.clock,
            vault: &self.vault,
            office: self.office.id,
            today: self.today(),
            leap_day: self.office.policies().leap_day,
            actor: &actor,
        };
        let incoming = Incoming {
            name,
            hash: &hash,
            layouts: &layouts,
            copies: &copies,
            totals: stream.totals,
            place: place.as_ref(),
            strict: options.strict,
            accepted,
        };
        let mut tx = self.db.write().await?;
        tx.widen().await?;
        if let Some(id) = accepted {
            // Somebody else may have decided since it was looked at.
            self.still_parked(&mut tx, id).await?;
        }
        let mut session = Session::begin(tx, to, incoming.clone()).await?;
        let mut read = self.db.read().await?;
        read.prefer_indexes().await?;
        while let Some(rows) = stream.next().await.map_err(|error| unreadable(&error))? {
            let (count, rejected) = (rows.len(), rows.iter().filter(|row| row.checked.student.is_none()).count());
            if !session.take(&mut read, rows).await? {
                break;
            }
            options.progress.done.fetch_add(count, Ordering::Relaxed);
            options.progress.rejected.fetch_add(rejected, Ordering::Relaxed);
        }
        drop(read);
        let (mut tx, mut imported) = session.finish().await?;
        if options.dry_run {
            imported.report.import = None;
            if imported.report.state == State::Applied {
                imported.report.state = State::DryRun;
            }
            return Ok(imported.report);
        }
        match imported.report.state {
            State::Parked | State::Refused | State::DryRun => {
                // Whatever was tried is gone with the transaction.
                drop(tx);
                self.set_aside(to, &incoming, &bytes, imported.report, &options.headings).await
            }
            State::Applied => {
                if let Some(place) = &place {
                    upload::remember_headings(&mut tx, &self.clock, place.id, &options.headings, &actor).await?;
                }
                self.applied(tx, &bytes, imported).await
            }
        }
    }

    async fn still_parked(&self, tx: &mut Tx, id: ImportId) -> Done<()> {
        match self.roster(tx, id).await?.state {
            State::Parked => Ok(()),
            _ => Err(RosterRefusal::Decided.into()),
        }
    }

    async fn applied(&self, mut tx: Tx, bytes: &[u8], imported: Imported) -> Done<FileReport> {
        let report = &imported.report;
        let Some(id) = report.import else { return Ok(imported.report) };
        let detail = format!(
            "{} new, {} changed, {} unchanged, {} rejected, {} to be reviewed",
            report.new, report.changed, report.unchanged, report.rejected, report.review
        );
        self.audit(&mut tx, "roster.import", &format!("import:{id}"), &detail).await?;
        if report.has_marks() {
            upload::keep(&mut tx, &self.clock, &self.vault, id, bytes).await?;
        }
        self.settle_import(&mut tx, &imported).await?;
        tx.commit().await?;
        Ok(imported.report)
    }

    /// Keeps a file of which nothing was taken, so that it can be let pass, or answered.
    async fn set_aside(
        &self,
        to: Target<'_>,
        incoming: &Incoming<'_>,
        bytes: &[u8],
        mut report: FileReport,
        headings: &Headings,
    ) -> Done<FileReport> {
        let mut tx = self.db.write().await?;
        let is_new = record::set_aside(&mut tx, to, incoming, &mut report).await?;
        if let Some(place) = incoming.place {
            // Whoever lets the file pass must read it as it was explained.
            upload::remember_headings(&mut tx, &self.clock, place.id, headings, to.actor).await?;
        }
        if let Some(id) = report.import {
            // The file may have been forgotten since it was noted.
            upload::keep(&mut tx, &self.clock, &self.vault, id, bytes).await?;
            let action = if report.state == State::Parked { "roster.park" } else { "roster.refuse" };
            if is_new {
                self.audit(&mut tx, action, &format!("import:{id}"), "nothing of it was taken").await?;
            }
            if is_new && report.state == State::Parked {
                // Nobody looks at a terminal when a file comes through the inbox folder or the bot.
                let place = incoming.place.map_or_else(String::new, |place| place.name.clone());
                let arguments = [("place", place.into()), ("import", id.to_string().into())];
                let text = self.messages.text(LANGUAGES[0], "bot-alarm-roster", &arguments);
                ledger::raise_alarm(&mut tx, &self.clock, &self.office, &format!("roster:{id}"), &text).await?;
            }
        }
        tx.commit().await?;
        Ok(report)
    }

    /// Brings the notices of those whom an import touched up to date, if they are few enough to do it on the spot.
    async fn settle_import(&self, tx: &mut Tx, imported: &Imported) -> Done<()> {
        let before = |id: StudentId| StudentId(uuid::Uuid::from_u128(id.0.as_u128().saturating_sub(1)));
        if imported.report.new + imported.changed.len() > SETTLED_AT_ONCE {
            if let Some((first, last)) = imported.new {
                ledger::request_range(tx, &self.clock, self.office.id, before(first), last).await?;
            }
            return Ok(ledger::look_soon(tx, &self.clock, self.office.id, &imported.changed).await?);
        }
        self.settle_all(tx, &imported.changed).await?;
        if let Some((first, last)) = imported.new {
            let new = student::page(tx, self.office.id, Some(before(first)), Some(last), i64::MAX).await?;
            self.settle_all(tx, &new).await?;
        }
        Ok(())
    }

    /// What is known of the place's odd headers, and what was said now.
    async fn headings(&self, place: Option<&Place>, said: &Headings) -> Done<Headings> {
        let mut headings = match place {
            Some(place) => upload::headings(&mut self.db.read().await?, place.id).await?,
            None => Headings::default(),
        };
        for (title, field) in said.iter() {
            headings.add(title, field);
        }
        Ok(headings)
    }

    /// The import with this ID, if this account may see it.
    pub(super) async fn roster(&self, tx: &mut Tx, id: ImportId) -> Done<Listed> {
        let own = self.own_place(tx).await?;
        let found = history::find(tx, self.office.id, id).await?;
        let is_own = |one: &Listed| own.as_ref().is_none_or(|own| one.place.as_ref() == Some(&own.code));
        found.filter(is_own).ok_or_else(|| RosterRefusal::Unknown(id).into())
    }

    /// Past imports, newest first, at most `limit` after the import `after`.
    pub async fn rosters(&self, after: Option<ImportId>, limit: i64) -> Done<Vec<Listed>> {
        self.require(Right::Rosters)?;
        let mut tx = self.db.read().await?;
        let own = self.own_place(&mut tx).await?.map(|place| place.id);
        Ok(history::list(&mut tx, self.office.id, own, after, limit).await?)
    }

    /// What an import's rows did, at most `limit` after row `after`.
    pub async fn roster_changes(&self, id: ImportId, after: i32, limit: i64) -> Done<Vec<RowChange>> {
        self.require(Right::Rosters)?;
        let mut tx = self.db.read().await?;
        let listed = self.roster(&mut tx, id).await?;
        Ok(history::changes(&mut tx, listed.id, after, limit).await?)
    }
}

/// The ages that a list of this place's people may have.
fn ages(place: Option<&Place>) -> Ages {
    let school = place.filter(|place| place.kind == PlaceKind::School);
    school.map(|school| Ages::at_level(school.level.as_deref().unwrap_or(&school.name))).unwrap_or_default()
}

fn not_own(own: &Place) -> DeskError {
    RosterRefusal::OthersPlace { name: own.name.clone(), code: own.code.clone() }.into()
}

fn unknown_place(code: &str) -> DeskError {
    PlaceRefusal::Unknown { code: code.to_owned() }.into()
}

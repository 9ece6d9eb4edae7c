//! The stage: a temporary office with its key, its database, its bot on loopback, and a clock that is moved by hand.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use tempfile::TempDir;

use super::summary::Failure;
use super::voice::Voice;
use crate::audit::Actor;
use crate::clock::{Clock, local_instant};
use crate::config::Config;
use crate::db;
use crate::desk::{Desk, Desks};
use crate::jobs::{self, Job};
use crate::link::{self, LinkRole};
use crate::notice::NoticeId;
use crate::notice::list::{Filter, Listed};
use crate::notice::send::{self, Sender};
use crate::notice::{Kind, State};
use crate::rehearsal::{Author, BotApi, TOKEN, Tapped};
use crate::staff::Role;
use crate::student::{self, Student, StudentId};
use crate::telegram::{Fence, Wire, conversation, inbox};
use crate::vault::Vault;

const OFFICE: &str = include_str!("../../../config/office.sample.toml");
const PLACES: &[u8] = include_bytes!("../../../config/sample/places.csv");
/// The sample roster was exported on this morning.
const FIRST_DAY: &str = "2026-11-02T09:00:00+08:00";
/// How far the clock moves between two rounds of the machinery, so that pacing costs no real time.
const ROUND: TimeDelta = TimeDelta::seconds(2);
/// The ledger's rows that are looked at; the sample's year has some hundreds.
const MOST: i64 = 100_000;

/// A student of the sample with the chats of the family.
#[derive(Debug, Clone)]
pub struct Pupil {
    pub id: StudentId,
    pub name: String,
    pub birth: NaiveDate,
    pub own_chat: Option<i64>,
    pub guardian_chat: Option<i64>,
}

impl Pupil {
    /// Every chat of the family.
    pub fn chats(&self) -> impl Iterator<Item = i64> {
        self.own_chat.into_iter().chain(self.guardian_chat)
    }
}

/// Everything that plays along.
pub struct Stage {
    pub desks: Desks,
    pub desk: Desk,
    pub api: BotApi,
    pub voice: Voice,
    pub pupils: Vec<Pupil>,
    wire: Arc<Wire>,
    sender: Sender,
    shown: HashSet<NoticeId>,
    _folder: TempDir,
}

impl Stage {
    /// Makes key, database, office, places, accounts and the bot.
    pub async fn set(voice: Voice) -> Result<Self, Failure> {
        let folder = tempfile::Builder::new().prefix("siap17-demo-").tempdir()?;
        let clock = Clock::starting_at(DateTime::parse_from_rfc3339(FIRST_DAY)?.with_timezone(&Utc));
        let api = BotApi::start(clock.clone()).await?;
        let path = |name: &str| folder.path().join(name);
        let mut config = Config {
            key_file: path("siap17.key"),
            holidays_file: path("holidays.csv"),
            messages_dir: path("messages"),
            inbox_dir: path("inbox"),
            backup_dir: path("backup"),
            ..Config::default()
        };
        config.database.url = format!("sqlite://{}", path("siap17.db").display());
        config.telegram.api_url = api.url();
        Vault::create(&config.key_file)?;
        let wire = Arc::new(Wire::connect(&config.telegram, TOKEN.to_owned().into(), clock.clone())?);
        let desks = Desks::open(config, clock).await?;
        desks.apply_office(&Actor::Daemon, OFFICE).await?;
        let desk = desks.desk(None, None).await?;
        desk.import_places(PLACES).await?;
        desk.add_staff("kepala", Role::Head, None).await?;
        desk.add_staff("loket", Role::Counter, None).await?;
        link::remember_bot(desks.db(), &wire.bot_name().await?).await?;
        let token = db::take_lease(desks.db(), send::LEASE, "demo", true).await?.ok_or("the lease is taken")?;
        let sender = Sender::new(
            desks.db().clone(),
            desks.vault().clone(),
            desks.clock().clone(),
            Arc::clone(desks.holidays()),
            desks.messages().clone(),
            wire.clone(),
            token,
        );
        let (pupils, shown) = (Vec::new(), HashSet::new());
        Ok(Self { desks, desk, api, voice, pupils, wire, sender, shown, _folder: folder })
    }

    /// The office's local date.
    pub fn today(&self) -> NaiveDate {
        self.desk.today()
    }

    /// Moves the clock forward to a local time of `day`; it never goes back.
    pub fn move_to(&self, day: NaiveDate, hour: u32, minute: u32) {
        let time = NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or_default();
        let at = local_instant(day, time, self.desk.office().zone());
        if at > self.desks.clock().now() {
            self.desks.clock().move_to(at);
        }
    }

    /// Tells something that happens today.
    pub fn tell(&mut self, text: &str) {
        let today = self.today();
        self.voice.event(today, text);
    }

    /// What the daemon does all the time: fetches, answers, looks what should be true, sends; until nothing is left to do.
    pub async fn work(&mut self) -> Result<(), Failure> {
        loop {
            self.desks.clock().move_to(self.desks.clock().now() + ROUND);
            let (db, vault, clock) = (self.desks.db(), self.desks.vault(), self.desks.clock());
            let came = inbox::poll_once(db, vault, clock, &self.wire, Fence::default(), Duration::ZERO).await?;
            let answered = conversation::run_once(&self.desks, self.wire.as_ref()).await?;
            jobs::run::run(Job::Reconcile, &self.desks, &self.desk, self.desks.clock().now(), None).await?;
            let sent = self.sender.run_until_idle().await?;
            if came + answered + sent == 0 {
                break;
            }
        }
        self.show_sent().await
    }

    /// Shows what reached people since the last look.
    async fn show_sent(&mut self) -> Result<(), Failure> {
        let today = self.today();
        let mut read: Vec<(String, Vec<(String, String)>)> = Vec::new();
        for Listed { notice, .. } in self.ledger().await? {
            if notice.state != State::Sent || !self.shown.insert(notice.id) {
                continue;
            }
            let kind = match &notice.variant {
                Some(variant) => format!("{} / {variant}", notice.kind.name()),
                None => notice.kind.name().to_owned(),
            };
            let pupil = self.pupils.iter().find(|pupil| Some(pupil.id.0) == notice.student);
            let to = pupil.map_or_else(|| "the head of the office".to_owned(), |pupil| pupil.name.clone());
            let line = (to, notice.text.unwrap_or_default());
            match read.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, lines)) => lines.push(line),
                None => read.push((kind, vec![line])),
            }
        }
        for (kind, lines) in read {
            self.voice.messages(today, &kind, &lines);
        }
        Ok(())
    }

    /// Every row of the ledger.
    pub async fn ledger(&self) -> Result<Vec<Listed>, Failure> {
        let filter = Filter { limit: MOST, ..Filter::default() };
        Ok(self.desk.notices(&filter).await?)
    }

    /// How many rows of each kind stand where.
    pub async fn ledger_counts(&self) -> Result<BTreeMap<&'static str, BTreeMap<&'static str, i64>>, Failure> {
        let mut counts: BTreeMap<&'static str, BTreeMap<&'static str, i64>> = BTreeMap::new();
        for Listed { notice, .. } in self.ledger().await? {
            *counts.entry(notice.kind.name()).or_default().entry(notice.state.name()).or_default() += 1;
        }
        Ok(counts)
    }

    /// Students with exactly one verdict on their 17th birthday, by ID.
    pub async fn verdicts(&self) -> Result<BTreeMap<StudentId, usize>, Failure> {
        let mut verdicts: BTreeMap<StudentId, usize> = BTreeMap::new();
        for Listed { notice, .. } in self.ledger().await? {
            if let (Kind::Turned17, Some(student)) = (notice.kind, notice.student) {
                *verdicts.entry(StudentId(student)).or_default() += 1;
            }
        }
        Ok(verdicts)
    }

    /// Every student of the office.
    pub async fn students(&self) -> Result<Vec<Student>, Failure> {
        let mut tx = self.desks.db().read().await?;
        Ok(student::all(&mut tx, self.desk.office().id).await?)
    }

    /// The NIK of a student, as the office's sheets carry it.
    pub fn nik(&self, student: &Student) -> Result<Option<String>, Failure> {
        Ok(student::particulars(self.desks.vault(), student)?.nik.map(|nik| nik.digits().to_owned()))
    }

    /// The code that finds a student's card, if one was made.
    pub async fn pickup_code(&self, id: StudentId) -> Result<Option<String>, Failure> {
        let mut tx = self.desks.db().read().await?;
        let code = link::standing_code(&mut tx, self.desks.vault(), LinkRole::Pickup, id.0, self.today()).await?;
        Ok(code.map(|code| link::readable_code(&code)))
    }

    /// What the bot last wrote into a chat.
    pub fn last_words(&self, chat: i64) -> String {
        let lines = self.api.lines(chat);
        lines.into_iter().rev().find(|line| line.author == Author::Bot).map(|line| line.text).unwrap_or_default()
    }

    /// People tap a button each; whoever sees no such button did something else, and that is a mistake on stage.
    pub async fn tap(&mut self, taps: &[(i64, String)]) -> Result<(), Failure> {
        for (chat, label) in taps {
            if self.api.tap(*chat, label) == Tapped::NoSuchButton {
                return Err(format!("there is no button '{label}'; the chat shows: {}", self.last_words(*chat)).into());
            }
        }
        self.work().await
    }
}

//! A year and more in the life of one office, many times over, with everything that goes wrong: the machine is off for days or
//! months, the process dies at any moment, Telegram refuses, stalls, loses answers, facts change and are corrected. What must
//! always hold (design: *What must always hold*) is looked at after every step.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use uuid::Uuid;

use super::send::{LEASE, Sender};
use super::silence::{self, Obstacle};
use super::{Kind, State, ledger};
use crate::calendar::Holidays;
use crate::card::{self, Collection, NationalStatus};
use crate::clock::{Clock, Standing, local_instant};
use crate::db::{self, Db};
use crate::link::{self, LinkRole};
use crate::messages::Messages;
use crate::messenger::{FarClock, Messenger, Outcome, Outgoing, Refusal};
use crate::office::{self, Office, Pause, PauseId, PauseKind};
use crate::place::{self, PlaceId};
use crate::student::{self, ClosedReason, GivenBy, Particulars, Recorded, StudentId};
use crate::testing::{Dice, Scratch, postgres, sample_office, sqlite};
use crate::vault::Vault;
use crate::visit::session::{self, NewSession};
use crate::{fetch_all, fetch_one};

const STUDENTS: u64 = 8;
/// So far off a clock may be that counts as right, in this world.
const SLACK: TimeDelta = TimeDelta::minutes(2);
/// A student's own chat has the number of the guardian's and this.
const OWN: i64 = 1000;
const START: &str = "2026-09-01T01:00:00Z";

/// A message that reached somebody.
#[derive(Debug, Clone)]
struct Delivered {
    at: DateTime<Utc>,
    text: String,
}

#[derive(Debug)]
struct Far {
    dice: Dice,
    delivered: Vec<Delivered>,
    silent_until: DateTime<Utc>,
    /// What the process's own gate knows of that; a new process knows nothing.
    gate: DateTime<Utc>,
    /// Which chats have the bot blocked.
    blocked: Vec<i64>,
    broken: Vec<String>,
    invitations: usize,
    /// Notices that two chats of one person have for certain.
    in_both: usize,
    /// Nothing goes wrong any more.
    calm: bool,
}

/// Telegram's side: delivers, refuses and loses as the dice say.
#[derive(Debug)]
struct Moody {
    /// The real time.
    clock: Clock,
    /// The office's.
    ours: Clock,
    db: Db,
    far: Mutex<Far>,
}

impl Moody {
    /// A person blocks the bot, or unblocks it, which is what this tells.
    fn toggle_blocked(&self, chat: i64) -> bool {
        let blocked = &mut self.far.lock().unwrap().blocked;
        let was = blocked.contains(&chat);
        if was {
            blocked.retain(|one| *one != chat);
        } else {
            blocked.push(chat);
        }
        was
    }

    /// Invariant 3, seen from outside: whoever is told to come finds a card and an open counter.
    async fn can_collect(&self, chat: i64) -> bool {
        let today = self.clock.today(chrono_tz::Tz::Asia__Makassar);
        let mut tx = self.db.read().await.unwrap();
        let cards = fetch_one!(
            &mut tx,
            (i64,),
            "SELECT COUNT(*) FROM card c JOIN student s ON s.id = c.student_id
             WHERE s.nisn = $1 AND c.ready_on <= $2 AND c.collected_at IS NULL AND s.closed_reason IS NULL",
            format!("{:010}", chat % OWN),
            today,
        )
        .unwrap();
        let pauses = fetch_one!(
            &mut tx,
            (i64,),
            "SELECT COUNT(*) FROM pause WHERE kind = 'counter' AND starts_on <= $1 AND until_on >= $1",
            today,
        )
        .unwrap();
        cards.0 == 1 && pauses.0 == 0
    }
}

#[async_trait]
impl Messenger for Moody {
    async fn turn(&self, _: i64) -> Result<(), Duration> {
        Ok(())
    }

    async fn send(&self, chat: i64, message: &Outgoing) -> Outcome {
        // Others get a turn, so that calls end in any order and a crash finds some of them under way.
        let naps = self.far.lock().unwrap().dice.below(4);
        for _ in 0..naps {
            tokio::task::yield_now().await;
        }
        let now = self.clock.now();
        let invites = message.text.contains("Kode: ");
        let may_come = !invites || self.can_collect(chat).await;
        let mut guard = self.far.lock().unwrap();
        let far = &mut *guard;
        if now < far.gate {
            return Outcome::Refused(Refusal::RetryAfter((far.gate - now).to_std().unwrap()));
        }
        if now + SLACK < far.silent_until {
            far.broken.push(format!("invariant 4: sent at {now}, silent until {}", far.silent_until));
        }
        if far.blocked.contains(&chat) {
            return Outcome::Refused(Refusal::Blocked);
        }
        match if far.calm { 19 } else { far.dice.below(20) } {
            0 => {
                far.silent_until = now + TimeDelta::seconds(3000);
                far.gate = far.silent_until;
                return Outcome::Refused(Refusal::RetryAfter(Duration::from_secs(3000)));
            }
            1 => return Outcome::Lost("HTTP 500, error 500".into()),
            2 => return Outcome::Refused(Refusal::NotConnected),
            3 => return Outcome::Lost("time-out".into()),
            _ => {}
        }
        let text = message.text.clone();
        if !may_come {
            far.broken.push(format!("invariant 3: at {now} chat {chat} was told: {text}"));
        }
        far.invitations += usize::from(invites);
        far.delivered.push(Delivered { at: now, text });
        if !far.calm && far.dice.chance(10) {
            return Outcome::Lost("connection cut".into());
        }
        self.ours.compare(now);
        Outcome::Accepted { message_id: 1 }
    }

    async fn server_time(&self) -> FarClock {
        if self.far.lock().unwrap().dice.chance(10) { FarClock::Silent } else { FarClock::At(self.clock.now()) }
    }

    fn silence(&self, duration: Duration) {
        let mut far = self.far.lock().unwrap();
        far.gate = far.gate.max(self.clock.now() + TimeDelta::from_std(duration).unwrap());
    }
}

struct World {
    db: Db,
    vault: Vault,
    /// The office's clock, which is sometimes wrong.
    clock: Clock,
    /// The real time.
    real: Clock,
    office: Office,
    holidays: Arc<Holidays>,
    messages: Messages,
    far: Arc<Moody>,
    dice: Dice,
    students: Vec<(StudentId, i64)>,
    births: u64,
    /// Where sessions are held.
    place: PlaceId,
}

impl World {
    async fn new(scratch: &Scratch, seed: u64) -> Self {
        let real = Clock::starting_at(START.parse().unwrap());
        let clock = Clock::like_the_machines(real.now());
        let office = sample_office(&scratch.db, &clock).await;
        let far = Far {
            dice: Dice::new(seed ^ 0xABCD),
            delivered: Vec::new(),
            silent_until: DateTime::UNIX_EPOCH,
            gate: DateTime::UNIX_EPOCH,
            blocked: Vec::new(),
            broken: Vec::new(),
            invitations: 0,
            in_both: 0,
            calm: false,
        };
        let mut world = Self {
            db: scratch.db.clone(),
            vault: Vault::from_secret(&[17; 32]),
            far: Arc::new(Moody {
                clock: real.clone(),
                ours: clock.clone(),
                db: scratch.db.clone(),
                far: Mutex::new(far),
            }),
            clock,
            real,
            office,
            holidays: Arc::new(Holidays::from_csv(include_str!("../../config/holidays.csv")).unwrap()),
            messages: Messages::load(None).unwrap(),
            dice: Dice::new(seed),
            students: Vec::new(),
            births: 0,
            place: PlaceId(Uuid::nil()),
        };
        world.place = world.village().await;
        for _ in 0..STUDENTS {
            world.another_student().await;
        }
        world
    }

    fn today(&self) -> NaiveDate {
        self.real.today(self.office.zone())
    }

    /// Time passes until `at`; the office's clock goes with it, as far ahead or behind as it is.
    fn move_to(&self, at: DateTime<Utc>) {
        let ahead = self.clock.now() - self.real.now();
        self.real.move_to(at);
        self.clock.move_to(at + ahead);
    }

    /// Somebody sets the office's clock, right or wrong.
    fn set_clock(&self, ahead: TimeDelta) {
        self.clock.move_to(self.real.now() + ahead);
    }

    async fn village(&self) -> PlaceId {
        let file = "code,name,kind,kecamatan\nV1,Kelurahan Contoh,village,Ampenan\n";
        let places = place::parse_file(file.as_bytes()).unwrap();
        let mut tx = self.db.write().await.unwrap();
        let (id, _) = place::save(&mut tx, &self.clock, &self.vault, self.office.id, &places[0]).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// A student of a late or early list, with or without a chat.
    async fn another_student(&mut self) {
        let birth = NaiveDate::from_ymd_opt(2009, 6, 1).unwrap() + Days::new(self.dice.below(600));
        let (id, chat) = self.student_born(birth).await;
        if self.dice.chance(70) {
            self.link(id, chat, LinkRole::Guardian).await;
        }
        if self.dice.chance(40) {
            self.link(id, chat + OWN, LinkRole::Student).await;
        }
    }

    async fn student_born(&mut self, birth: NaiveDate) -> (StudentId, i64) {
        self.births += 1;
        let chat = i64::try_from(self.births).unwrap();
        let particulars = Particulars {
            place_id: None,
            nisn: Some(format!("{chat:010}")),
            nik: None,
            name: format!("Siswa{chat} Contoh"),
            sex: None,
            birth_date: birth,
            birth_place: None,
            class_name: None,
            grade: None,
            rt: None,
            rw: None,
            kelurahan: None,
            kecamatan: Some("Ampenan".to_owned()),
            phone: None,
        };
        let recorded = student::first_recorded_state(birth, self.today(), self.office.policies().leap_day);
        let mut tx = self.db.write().await.unwrap();
        let added = student::insert(&mut tx, &self.clock, &self.vault, self.office.id, &particulars, recorded).await;
        let id = added.unwrap().id;
        if self.dice.chance(50) {
            ledger::reconcile_some(&mut tx, &self.clock, self.office.id, &[id]).await.unwrap();
        } else {
            // As of a list that is too long to be settled on the spot.
            let before = StudentId(Uuid::from_u128(id.0.as_u128() - 1));
            ledger::request_range(&mut tx, &self.clock, self.office.id, before, id).await.unwrap();
        }
        tx.commit().await.unwrap();
        self.students.push((id, chat));
        (id, chat)
    }

    async fn link(&self, id: StudentId, chat: i64, role: LinkRole) {
        let mut tx = self.db.write().await.unwrap();
        link::chat(&mut tx, &self.clock, &self.vault, chat).await.unwrap();
        link::link_chat(&mut tx, &self.clock, &self.vault, self.office.id, role, id.0, chat).await.unwrap();
        student::give_consent(&mut tx, &self.clock, id, GivenBy::Guardian, "test").await.unwrap();
        ledger::reconcile_some(&mut tx, &self.clock, self.office.id, &[id]).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Something happens to somebody.
    async fn event(&mut self) {
        let (id, guardian) = self.students[usize::try_from(self.dice.below(self.students.len() as u64)).unwrap()];
        let today = self.today();
        let what = self.dice.below(16);
        let shift = self.dice.below(200);
        let chat = if shift.is_multiple_of(2) { guardian } else { guardian + OWN };
        let index = link::chat_index(&self.vault, chat);
        let mut tx = self.db.write().await.unwrap();
        let one = student::lock_one(&mut tx, id).await.unwrap().unwrap();
        match what {
            0 => {
                let mut particulars = student::particulars(&self.vault, &one).unwrap();
                particulars.birth_date = particulars.birth_date + Days::new(shift) - Days::new(100);
                student::write_particulars(&mut tx, &self.clock, &self.vault, &one, &particulars).await.unwrap();
            }
            1 | 2 => {
                let recording = self.clock.new_uuid();
                student::set_recorded(&mut tx, &self.clock, &one, Recorded::Yes, Some(today), Some(recording))
                    .await
                    .unwrap();
            }
            3 | 4 => {
                let known = card::facts(&mut tx, id).await.unwrap().national;
                let status = NationalStatus::PrintReadyRecord;
                let record = card::judge(known.as_ref(), id, status, today, None).1;
                let records: Vec<_> = record.into_iter().map(|record| (&one, record)).collect();
                card::write_records(&mut tx, &records).await.unwrap();
            }
            5 | 6 => {
                card::print(&mut tx, &self.clock, &[&one], today).await.unwrap();
                let point = self.office.points[usize::try_from(shift % 2).unwrap()].id;
                let _ = card::put_out(&mut tx, &[&one], point, today).await;
            }
            7 => {
                let handing = Collection {
                    by: None,
                    relation: "self".into(),
                    document: None,
                    handed_by: "test".into(),
                    on: today,
                };
                let _ = card::collect(&mut tx, &self.clock, &one, &handing).await;
            }
            8 => {
                let kind = if shift.is_multiple_of(2) { PauseKind::Counter } else { PauseKind::Printing };
                let pause = Pause {
                    id: PauseId::new(&self.clock),
                    kind,
                    starts_on: today,
                    until_on: today + Days::new(shift / 8),
                    reason: "test".into(),
                    resumed_on: None,
                };
                office::pause(&mut tx, self.office.id, &pause).await.unwrap();
                ledger::request_everybody(&mut tx, &self.clock, self.office.id).await.unwrap();
            }
            9 => {
                let writes_again = self.far.toggle_blocked(chat).then_some(&index[..]);
                if let Some(index) = writes_again {
                    link::set_unreachable(&mut tx, index, None).await.unwrap();
                    ledger::look_soon_in_chat(&mut tx, &self.clock, index).await.unwrap();
                }
            }
            10 if shift < 30 => student::close(&mut tx, &self.clock, &one, ClosedReason::Moved, today).await.unwrap(),
            10 => student::reopen(&mut tx, &self.clock, &one).await.unwrap(),
            12 => {
                let on = today + Days::new(shift / 5);
                let starts_at = local_instant(on, chrono::NaiveTime::MIN, self.office.zone()) + TimeDelta::hours(16);
                let (ends_at, place, team) = (starts_at + TimeDelta::hours(3), self.place, None);
                let session = NewSession { place, team, on, starts_at, ends_at, title: None };
                session::add(&mut tx, &self.clock, self.office.id, &session).await.unwrap();
                ledger::request_everybody(&mut tx, &self.clock, self.office.id).await.unwrap();
            }
            13 => {
                for one in session::around(&mut tx, self.office.id, self.clock.now()).await.unwrap() {
                    session::cancel(&mut tx, &self.clock, one.id, "test").await.unwrap();
                }
                ledger::request_everybody(&mut tx, &self.clock, self.office.id).await.unwrap();
            }
            // Whoever leaves may come back, and is a chat like before.
            14 => {
                link::unlink_chat(&mut tx, &self.clock, id.0, &index).await.unwrap();
                ledger::reconcile_some(&mut tx, &self.clock, self.office.id, &[id]).await.unwrap();
            }
            _ => {}
        }
        if what < 11 && what != 9 {
            ledger::reconcile_some(&mut tx, &self.clock, self.office.id, &[id]).await.unwrap();
        }
        tx.commit().await.unwrap();
        if what == 15 {
            let role = if chat < OWN { LinkRole::Guardian } else { LinkRole::Student };
            self.link(id, chat, role).await;
        }
        if what == 11 && self.students.len() < 14 {
            self.another_student().await;
        }
    }

    /// The minute's look.
    async fn beat(&self) {
        let far = Some(self.far.as_ref() as &dyn Messenger);
        ledger::beat(&self.db, &self.clock, self.office.id, &self.holidays, far).await.unwrap();
    }

    /// A process that has just taken the lease.
    async fn sender(&self) -> Sender {
        self.far.far.lock().unwrap().gate = DateTime::UNIX_EPOCH;
        let token = db::take_lease(&self.db, LEASE, "node", true).await.unwrap().unwrap();
        let messenger: Arc<dyn Messenger> = self.far.clone();
        let mut sender = Sender::new(
            self.db.clone(),
            self.vault.clone(),
            self.clock.clone(),
            Arc::clone(&self.holidays),
            self.messages.clone(),
            messenger,
            token,
        );
        sender.recover().await.unwrap();
        sender
    }

    /// The process starts, works a little, and ends well or is killed.
    async fn process(&mut self) {
        let mut sender = self.sender().await;
        let steps = 1 + self.dice.below(6);
        for _ in 0..steps {
            self.beat().await;
            let obstacle = sender.obstacle().await.unwrap();
            sender.keep_to_alarms(obstacle.is_some());
            sender.step().await.unwrap();
            sender.wait(Duration::from_millis(1)).await.unwrap();
            self.move_to(self.real.now() + TimeDelta::seconds(90));
        }
        if self.dice.chance(60) {
            sender.drain().await.unwrap();
            return;
        }
        // It is dropped with calls under way: what they did is not written down any more, nor is an answer that nobody read.
        drop(sender);
        let mut tx = self.db.read().await.unwrap();
        let is_silenced =
            silence::obstacle(&mut tx, &self.clock).await.unwrap().as_ref().is_some_and(Obstacle::silences);
        if !is_silenced {
            self.far.far.lock().unwrap().silent_until = DateTime::UNIX_EPOCH;
        }
    }

    /// The clock is wrong for a while: by seconds or years, ahead or behind, in a process that runs or at its start, and while
    /// people change things.
    async fn wrong_clock(&mut self) {
        let much = i64::try_from(1 + self.dice.below(60)).unwrap();
        let ahead = match self.dice.below(6) {
            0 => TimeDelta::seconds(much),
            1 => TimeDelta::minutes(10 + much),
            2 => TimeDelta::hours(much),
            3 => TimeDelta::days(much),
            4 => TimeDelta::days(10 * much),
            _ => TimeDelta::days(365 * (1 + much / 2)),
        };
        let ahead = if self.dice.chance(50) { ahead } else { -ahead };
        // A process that runs notices; at a start nothing was compared yet.
        self.set_clock(ahead);
        for _ in 0..self.dice.below(3) {
            self.event().await;
        }
        if self.dice.chance(80) {
            self.process().await;
        }
        if self.dice.chance(30) {
            self.event().await;
        }
        self.set_clock(TimeDelta::zero());
    }

    /// Invariants that hold whenever the ledger was brought up to date, however late that was.
    async fn check(&self, seed: u64) {
        // The Bot API answers in the end.
        while self.clock.standing() != Standing::Right {
            if let FarClock::At(theirs) = self.far.server_time().await {
                self.clock.compare(theirs);
            }
        }
        self.beat().await;
        // Moments and settling alone have brought everybody up to date: a sweep finds nothing to mend.
        let swept = ledger::sweep(&self.db, &self.clock, self.office.id, None).await.unwrap();
        assert_eq!(swept.mended, 0, "seed {seed}: at {} somebody was missed", self.clock.now());
        let zone = self.office.zone();
        {
            let far = self.far.far.lock().unwrap();
            assert!(far.broken.is_empty(), "seed {seed}: {:?}", far.broken);
            for one in &far.delivered {
                assert!(
                    self.office.delivers_at(one.at - SLACK) || self.office.delivers_at(one.at + SLACK),
                    "seed {seed}: invariant 5: sent at {}",
                    one.at.with_timezone(&zone)
                );
                assert!(one.text.chars().count() <= 400, "seed {seed}: too long: {}", one.text);
            }
        }
        let mut tx = self.db.read().await.unwrap();
        let put_off = fetch_one!(
            &mut tx,
            (i64,),
            "SELECT COUNT(*) FROM notice WHERE state = 'due' AND (due_at > $1 OR next_attempt_at > $1)",
            self.real.now() + TimeDelta::days(4),
        )
        .unwrap();
        assert_eq!(put_off.0, 0, "seed {seed}: something is due and put off until a time that a wrong clock said");
        let birthdays: BTreeMap<Uuid, NaiveDate> = student::all(&mut tx, self.office.id)
            .await
            .unwrap()
            .iter()
            .map(|one| (one.id.0, one.birthday_17(self.office.policies().leap_day)))
            .collect();
        let rows = fetch_all!(
            &mut tx,
            (Uuid, Kind, String, State, bool),
            "SELECT recipient_id, kind, occasion, state, ever_lost FROM notice WHERE recipient_kind = 'student'"
        )
        .unwrap();
        for (id, birthday) in &birthdays {
            let verdicts = rows.iter().filter(|row| row.0 == *id && row.1 == Kind::Turned17).count();
            if *birthday <= self.today() {
                assert_eq!(verdicts, 1, "seed {seed}: invariant 1: {id} turned 17 on {birthday}");
            } else {
                assert!(verdicts <= 1, "seed {seed}: invariant 1");
            }
        }
        // Invariant 2: a second call follows only a refused one, or a lost one of a kind that the office sends again.
        let attempts = fetch_all!(
            &mut tx,
            (Uuid, Kind, Vec<u8>, String),
            "SELECT a.notice_id, n.kind, a.chat_index, a.outcome FROM attempt a JOIN notice n ON n.id = a.notice_id
             ORDER BY a.lease_token, a.started_at, a.id"
        )
        .unwrap();
        let mut calls: HashMap<(Uuid, Vec<u8>), (Kind, Vec<String>)> = HashMap::new();
        for (notice, kind, chat, outcome) in attempts {
            calls.entry((notice, chat)).or_insert((kind, Vec::new())).1.push(outcome);
        }
        for ((notice, _), (kind, outcomes)) in calls {
            let again = |outcome: &String| {
                outcome == "refused" || (outcome == "lost" && matches!(kind, Kind::Turned17 | Kind::CardReady))
            };
            let earlier = &outcomes[..outcomes.len() - 1];
            assert!(
                earlier.iter().all(again),
                "seed {seed}: invariant 2: {kind:?} {notice} was sent again after {outcomes:?}"
            );
        }
    }

    /// What was delivered, held against what the ledger admits.
    async fn check_deliveries(&self, seed: u64) {
        let delivered = self.far.far.lock().unwrap().delivered.len();
        let mut tx = self.db.read().await.unwrap();
        let admitted = fetch_one!(
            &mut tx,
            (i64,),
            "SELECT COUNT(*) FROM attempt WHERE outcome IN ('accepted', 'lost', 'started')"
        )
        .unwrap()
        .0;
        assert!(
            i64::try_from(delivered).unwrap() <= admitted,
            "seed {seed}: {delivered} messages arrived, the ledger knows of {admitted}"
        );
    }
}

/// Once nothing goes wrong any more, each chat of a person has, or may have, what it is owed.
async fn check_that_all_have_it(world: &World, seed: u64) {
    {
        let mut far = world.far.far.lock().unwrap();
        far.calm = true;
        far.blocked.clear();
    }
    let day = world.real.now().with_timezone(&world.office.zone()).date_naive() + Days::new(1);
    world.move_to(local_instant(day, chrono::NaiveTime::MIN, world.office.zone()) + TimeDelta::hours(9));
    let mut tx = world.db.write().await.unwrap();
    for (id, guardian) in &world.students {
        for chat in [*guardian, guardian + OWN] {
            link::set_unreachable(&mut tx, &link::chat_index(&world.vault, chat), None).await.unwrap();
        }
        ledger::reconcile_some(&mut tx, &world.clock, world.office.id, &[*id]).await.unwrap();
    }
    tx.commit().await.unwrap();
    for _ in 0..3 {
        world.beat().await;
        world.sender().await.run_until_idle().await.unwrap();
        world.move_to(world.real.now() + TimeDelta::hours(1));
    }
    let mut tx = world.db.read().await.unwrap();
    let owed = fetch_all!(
        &mut tx,
        (Uuid, Kind, State, Option<String>),
        "SELECT recipient_id, kind, state, reason FROM notice
         WHERE (state = 'due' AND due_at <= $1) OR further_at IS NOT NULL",
        world.clock.now(),
    )
    .unwrap();
    assert!(owed.is_empty(), "seed {seed}: somebody still waits: {owed:?}");
    let both = fetch_one!(
        &mut tx,
        (i64,),
        "SELECT COUNT(*) FROM (SELECT notice_id FROM attempt WHERE outcome = 'accepted' GROUP BY notice_id
             HAVING COUNT(DISTINCT chat_index) > 1) AS told"
    );
    world.far.far.lock().unwrap().in_both = usize::try_from(both.unwrap().0).unwrap();
}

/// Lives one life; gives how many messages arrived, how many of them invited somebody, and how many notices two chats have.
async fn live(scratch: Scratch, seed: u64) -> (usize, usize, usize) {
    let mut world = World::new(&scratch, seed).await;
    let end: DateTime<Utc> = "2028-06-01T00:00:00Z".parse().unwrap();
    while world.real.now() < end {
        for _ in 0..world.dice.below(3) {
            world.event().await;
        }
        world.process().await;
        if world.dice.chance(25) {
            world.wrong_clock().await;
        }
        world.check(seed).await;
        let pause = match world.dice.below(30) {
            0 => TimeDelta::days(i64::try_from(1 + world.dice.below(400)).unwrap()),
            1..=8 => TimeDelta::hours(i64::try_from(1 + world.dice.below(20)).unwrap()),
            _ => TimeDelta::days(i64::try_from(1 + world.dice.below(12)).unwrap()),
        };
        // Mostly while people are awake; at night nothing may leave.
        let hour =
            i64::try_from(if world.dice.chance(70) { 8 + world.dice.below(12) } else { world.dice.below(24) }).unwrap();
        let day = (world.real.now() + pause).with_timezone(&world.office.zone()).date_naive();
        let at = local_instant(day, chrono::NaiveTime::MIN, world.office.zone()) + TimeDelta::hours(hour);
        world.move_to(at.max(world.real.now() + TimeDelta::minutes(1)));
    }
    world.check_deliveries(seed).await;
    check_that_all_have_it(&world, seed).await;
    let far = world.far.far.lock().unwrap();
    (far.delivered.len(), far.invitations, far.in_both)
}

async fn live_many(seeds: std::ops::RangeInclusive<u64>, scratch: impl AsyncFn() -> Scratch) {
    let (mut messages, mut invitations, mut in_both) = (0, 0, 0);
    let lives = seeds.clone().count();
    for seed in seeds {
        let (arrived, invited, both) = live(scratch().await, seed).await;
        messages += arrived;
        invitations += invited;
        in_both += both;
    }
    // A world in which hardly anything happens would prove nothing.
    assert!(in_both > 3 * lives, "{in_both} notices were told in two chats");
    assert!(messages > 15 * lives && invitations > 3 * lives, "{messages} messages, {invitations} invitations");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_nobody_is_forgotten_and_nobody_is_told_twice_on_sqlite() {
    live_many(1..=16, sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_nobody_is_forgotten_and_nobody_is_told_twice_on_postgresql() {
    live_many(101..=106, postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_whose_lease_was_taken_begins_nothing_more() {
    for scratch in [sqlite().await, postgres().await] {
        let mut world = World::new(&scratch, 3).await;
        let (id, chat) = world.student_born(NaiveDate::from_ymd_opt(2010, 1, 31).unwrap()).await;
        world.link(id, chat, LinkRole::Guardian).await;
        world.move_to("2027-02-01T02:00:00Z".parse().unwrap());
        world.beat().await;
        let mut held_up = world.sender().await;
        let mut next = world.sender().await;
        assert_eq!(held_up.run_until_idle().await.unwrap(), 0, "another process holds the lease");
        assert!(next.run_until_idle().await.unwrap() > 0, "and sends what is due");
    }
}

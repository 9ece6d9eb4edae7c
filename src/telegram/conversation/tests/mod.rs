//! The bot as people meet it: a chat that sends and taps, a line that records what arrives, a database on disk.

mod codes;
mod counter;
mod documents;
mod engines;
mod family;
mod inbox;
mod links;
mod texts;
mod words;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::NaiveDate;

use super::run_once;
use crate::audit::Actor;
use crate::clock::Clock;
use crate::db::Db;
use crate::desk::{Desk, Desks};
use crate::link::{self, LinkRole};
use crate::mailbox::{Incoming, What, accept};
use crate::messenger::{ButtonData, FarClock, Messenger, Outcome, Outgoing, OutgoingFile, Refusal, Tap};
use crate::notice::NoticeId;
use crate::notice::list::{Filter, Listed, list};
use crate::office;
use crate::place::{NewPlace, PlaceKind};
use crate::staff::Role;
use crate::student::{self, Particulars, Recorded, Student, StudentId};
use crate::telegram::{Line, Unfetched};
use crate::vault::Vault;

const OFFICE: &str = include_str!("../../../../config/office.sample.toml");
const HOLIDAYS: &str = include_str!("../../../../config/holidays.csv");
/// A Monday, 10.00 in the office's zone.
const NOW: &str = "2026-11-23T02:00:00Z";
/// Two chats that most tests use.
const SITI: i64 = 7001;
const MOTHER: i64 = 7002;

/// A line that keeps what arrives; it can be told to fail.
#[derive(Default)]
struct Phone {
    arrived: Mutex<BTreeMap<i64, Vec<Outgoing>>>,
    deleted: Mutex<Vec<(i64, i64)>>,
    marks_ended: AtomicI64,
    fails_with: Mutex<Option<Refusal>>,
    /// The files that were sent, with the chats and the messages they went to.
    files: Mutex<Vec<(i64, i64, OutgoingFile)>>,
    /// What becomes of the next file that is sent.
    loses: Mutex<Option<Outcome>>,
    /// What those who fetch a file get, by its ID; whatever is not here cannot be had.
    uploads: Mutex<BTreeMap<String, Vec<u8>>>,
    fetched: AtomicI64,
    /// Why no file can be had just now.
    unfetched: Mutex<Option<Unfetched>>,
}

#[async_trait]
impl Messenger for Phone {
    async fn turn(&self, _: i64) -> Result<(), Duration> {
        Ok(())
    }

    async fn send(&self, chat: i64, message: &Outgoing) -> Outcome {
        if let Some(refusal) = self.fails_with.lock().unwrap().clone() {
            return Outcome::Refused(refusal);
        }
        self.arrived.lock().unwrap().entry(chat).or_default().push(message.clone());
        Outcome::Accepted { message_id: 1 }
    }

    async fn server_time(&self) -> FarClock {
        FarClock::Untold
    }

    fn silence(&self, _: Duration) {}
}

#[async_trait]
impl Line for Phone {
    async fn delete(&self, chat: i64, message_id: i64) -> Result<(), Refusal> {
        if let Some(refusal) = self.fails_with.lock().unwrap().clone() {
            return Err(refusal);
        }
        self.deleted.lock().unwrap().push((chat, message_id));
        Ok(())
    }

    async fn answer_button(&self, _: &str) {
        self.marks_ended.fetch_add(1, Ordering::SeqCst);
    }

    async fn send_file(&self, chat: i64, file: &OutgoingFile) -> Outcome {
        if let Some(outcome) = self.loses.lock().unwrap().take() {
            return outcome;
        }
        let mut files = self.files.lock().unwrap();
        let message_id = 900 + i64::try_from(files.len()).unwrap();
        files.push((chat, message_id, file.clone()));
        Outcome::Accepted { message_id }
    }

    async fn fetch_file(&self, file_id: &str) -> Result<Vec<u8>, Unfetched> {
        self.fetched.fetch_add(1, Ordering::SeqCst);
        if let Some(why) = self.unfetched.lock().unwrap().clone() {
            return Err(why);
        }
        let found = self.uploads.lock().unwrap().get(file_id).cloned();
        found.ok_or_else(|| Unfetched::Failed("HTTP 404".to_owned()))
    }
}

/// One office with its bot.
struct World {
    desks: Desks,
    phone: Arc<Phone>,
    /// Where a SQLite database lies.
    folder: tempfile::TempDir,
    updates: AtomicI64,
}

impl World {
    async fn new(consent: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&format!("sqlite://{}", folder.path().join("siap17.db").display())).await.unwrap();
        Self::over(db, folder, consent).await
    }

    async fn over(db: Db, folder: tempfile::TempDir, consent: &str) -> Self {
        let desks = Desks::for_test(db, 7, Clock::starting_at(NOW.parse().unwrap()), HOLIDAYS);
        let text = OFFICE.replace("consent = \"guardian\"", &format!("consent = \"{consent}\""));
        desks.apply_office(&Actor::Daemon, None, &text).await.unwrap();
        Self { desks, phone: Arc::default(), folder, updates: AtomicI64::new(100) }
    }

    async fn desk(&self) -> Desk {
        let mut tx = self.desks.db().read().await.unwrap();
        let office = office::find(&mut tx, None).await.unwrap();
        self.desks.assemble(office, Actor::Daemon, None)
    }

    fn clock(&self) -> &Clock {
        self.desks.clock()
    }

    /// A student with a card under way or none, born 3 February 2010.
    async fn student(&self, name: &str) -> Student {
        self.student_born(name, "2010-02-03".parse().unwrap()).await
    }

    async fn student_born(&self, name: &str, birth_date: NaiveDate) -> Student {
        let desk = self.desk().await;
        let particulars = Particulars {
            place_id: None,
            nisn: None,
            nik: None,
            name: name.to_owned(),
            sex: None,
            birth_date,
            birth_place: None,
            class_name: Some("XI IPS 1".to_owned()),
            grade: Some(11),
            rt: None,
            rw: None,
            kelurahan: None,
            kecamatan: None,
            phone: None,
        };
        let mut tx = self.desks.db().write().await.unwrap();
        let office = desk.office().id;
        let added = student::insert(&mut tx, self.clock(), self.desks.vault(), office, &particulars, Recorded::No);
        let id = added.await.unwrap().id;
        let student = student::load(&mut tx, id).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        student
    }

    /// A student born so that the card may be had, with a card that waits at the first point.
    async fn student_with_card(&self, name: &str) -> Student {
        let student = self.student_born(name, "2009-11-20".parse().unwrap()).await;
        let named = || crate::desk::Named::Each(vec![student.id.to_string()]);
        let desk = self.desk().await;
        desk.printed(named(), None).await.unwrap();
        desk.ready(named(), "Loket Dinas").await.unwrap();
        student
    }

    async fn place(&self, code: &str, name: &str) -> crate::place::PlaceId {
        let place = NewPlace {
            code: code.to_owned(),
            kind: PlaceKind::School,
            name: name.to_owned(),
            level: None,
            kecamatan: None,
            latitude: None,
            longitude: None,
            working_days: crate::calendar::Weekdays::default(),
            last_day_grade_12: None,
            contact_name: None,
            contact_phone: None,
        };
        let desk = self.desk().await;
        let mut tx = self.desks.db().write().await.unwrap();
        let (id, _) =
            crate::place::save(&mut tx, self.clock(), self.desks.vault(), desk.office().id, &place).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    async fn code(&self, role: LinkRole, subject: uuid::Uuid) -> String {
        let desk = self.desk().await;
        let mut tx = self.desks.db().write().await.unwrap();
        let until = "2027-12-31".parse().unwrap();
        let code = link::issue_code(&mut tx, self.clock(), self.desks.vault(), desk.office().id, role, subject, until)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        code
    }

    /// Puts an update into the inbox.
    async fn comes(&self, chat: i64, what: What) -> i64 {
        self.comes_in(chat, true, what).await
    }

    async fn comes_in(&self, chat: i64, is_private: bool, what: What) -> i64 {
        let update_id = self.updates.fetch_add(1, Ordering::SeqCst);
        let incoming = Incoming { update_id, chat, is_private, language_code: Some("id".to_owned()), what };
        let mut tx = self.desks.db().write().await.unwrap();
        accept(&mut tx, self.desks.vault(), self.clock(), &incoming).await.unwrap();
        tx.commit().await.unwrap();
        update_id
    }

    /// Lets the bot work until it is idle.
    async fn runs(&self) {
        while run_once(&self.desks, &*self.phone).await.unwrap() > 0 {}
    }

    /// A chat writes `text`; gives the last message in answer.
    async fn writes(&self, chat: i64, text: &str) -> String {
        self.comes(chat, What::Text { message_id: 1, text: text.to_owned() }).await;
        self.runs().await;
        self.last(chat)
    }

    /// A chat taps the button with this label in its last message that has it; gives the last message in answer.
    async fn taps(&self, chat: i64, label: &str) -> String {
        let data = self.data_of(chat, label);
        self.taps_data(chat, &data).await
    }

    async fn taps_data(&self, chat: i64, data: &str) -> String {
        let query_id = "q".to_owned();
        self.comes(chat, What::Button { query_id, message_id: Some(1), data: data.to_owned() }).await;
        self.runs().await;
        self.last(chat)
    }

    /// What the newest button with this label answers with.
    fn data_of(&self, chat: i64, label: &str) -> String {
        let arrived = self.phone.arrived.lock().unwrap();
        let buttons =
            arrived.get(&chat).into_iter().flatten().rev().flat_map(|message| message.buttons.iter().flatten());
        let found = buttons.filter(|button| button.label == label).find_map(|button| match &button.data {
            ButtonData::Callback(tap) => Some(tap.to_string()),
            ButtonData::Url(_) => None,
        });
        let data = found.unwrap_or_else(|| panic!("no button '{label}'"));
        assert!(data.len() <= Tap::LONGEST, "{data}");
        data
    }

    fn last(&self, chat: i64) -> String {
        let arrived = self.phone.arrived.lock().unwrap();
        arrived.get(&chat).and_then(|messages| messages.last()).map(|message| message.text.clone()).unwrap_or_default()
    }

    /// How many messages a chat got.
    fn count(&self, chat: i64) -> usize {
        self.phone.arrived.lock().unwrap().get(&chat).map_or(0, Vec::len)
    }

    /// The whole way from a code to a linked chat, for whoever was born on 3 February.
    async fn links(&self, chat: i64, code: &str) -> String {
        self.writes(chat, &format!("/start {code}")).await;
        self.taps(chat, "Setuju").await;
        self.taps(chat, "Ya, benar").await;
        self.taps(chat, "3").await;
        self.taps(chat, "Februari").await
    }

    /// The chats that are linked to a student.
    async fn chats(&self, student: StudentId) -> usize {
        let mut tx = self.desks.db().read().await.unwrap();
        link::chats_of(&mut tx, student.0).await.unwrap().len()
    }

    async fn has_consent(&self, student: StudentId) -> bool {
        let desk = self.desk().await;
        let mut tx = self.desks.db().read().await.unwrap();
        student::has_consent(&mut tx, student, desk.office().policies().consent).await.unwrap()
    }

    async fn notices(&self, student: StudentId) -> Vec<Listed> {
        let desk = self.desk().await;
        let mut tx = self.desks.db().read().await.unwrap();
        let filter = Filter { student: Some(student), limit: 100, after: None::<NoticeId>, ..Filter::default() };
        list(&mut tx, self.desks.vault(), desk.office().id, &filter).await.unwrap()
    }

    /// How many messages of this occasion wait for the office's staff.
    async fn alarms(&self, occasion: &str) -> usize {
        let desk = self.desk().await;
        let mut tx = self.desks.db().read().await.unwrap();
        let filter = Filter { limit: 1000, ..Filter::default() };
        let all = list(&mut tx, self.desks.vault(), desk.office().id, &filter).await.unwrap();
        all.iter().filter(|one| one.notice.occasion.starts_with(occasion)).count()
    }

    /// A linked chat of a new account.
    async fn staff(&self, chat: i64, name: &str, role: Role) {
        let account = self.desk().await.add_staff(name, role, None).await.unwrap();
        let code = self.code(LinkRole::Staff, account.id.0).await;
        self.writes(chat, &code).await;
        assert!(self.taps(chat, "Setuju").await.contains(name));
    }

    /// Every byte that the database keeps on disk.
    fn bytes_on_disk(&self) -> Vec<u8> {
        let files = ["siap17.db", "siap17.db-wal"].map(|name| -> PathBuf { self.folder.path().join(name) });
        files.iter().filter_map(|path| std::fs::read(path).ok()).flatten().collect()
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn a_run_can_be_a_task_of_its_own() {
    fn check<T: Send>(_: fn(&'static Desks, &'static dyn Line) -> T) {}
    check(run_once);
}

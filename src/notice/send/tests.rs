//! The sender against a line that a test holds in its hand.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};

use async_trait::async_trait;
use chrono::NaiveDate;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::*;
use crate::calendar::Holidays;
use crate::clock::Clock;
use crate::db::{self, Engine};
use crate::link::{self, LinkRole};
use crate::messages::Messages;
use crate::notice::ledger;
use crate::office::Office;
use crate::staff::{self, Role};
use crate::student::{self, GivenBy, Particulars};
use crate::testing::{Scratch, postgres, sample_office, sqlite};
use crate::vault::{Purpose, Vault};
use crate::{execute, fetch_all, fetch_one};

/// A morning in delivery hours: 09:00 in Mataram.
const MORNING: &str = "2026-12-01T01:00:00Z";
const CHAT_PAUSE: Duration = Duration::from_secs(1);

/// Telegram's side: hears everything, gives so many turns at once, and each chat's second.
struct Phone {
    clock: Clock,
    turns: AtomicUsize,
    taken: AtomicUsize,
    heard: Mutex<Vec<i64>>,
    chats: Mutex<HashMap<i64, Duration>>,
    /// Blocks all who are about to begin a call until somebody lets go, as a process that is stopped.
    frozen: AtomicBool,
    reached: Mutex<mpsc::Sender<()>>,
    thaw: Mutex<mpsc::Receiver<()>>,
    far: Mutex<FarClock>,
    /// What becomes of the next calls; after them all is accepted.
    outcomes: Mutex<VecDeque<Outcome>>,
}

#[async_trait]
impl Messenger for Phone {
    async fn turn(&self, chat: i64) -> Result<(), Duration> {
        if self.frozen.load(Ordering::SeqCst) {
            let _ = self.reached.lock().unwrap().send(());
            // What else this thread would do, giving a connection back, goes on elsewhere.
            tokio::task::block_in_place(|| {
                let thaw = self.thaw.lock().unwrap();
                if self.frozen.load(Ordering::SeqCst) {
                    thaw.recv().unwrap();
                    self.frozen.store(false, Ordering::SeqCst);
                }
            });
        }
        self.chats.lock().unwrap().insert(chat, self.clock.elapsed() + CHAT_PAUSE);
        Ok(())
    }

    fn turns(&self, most: usize) -> Result<usize, Duration> {
        let turns = most.min(self.turns.load(Ordering::SeqCst));
        self.taken.fetch_add(turns, Ordering::SeqCst);
        Ok(turns)
    }

    fn give_back(&self, turns: usize) {
        self.taken.fetch_sub(turns, Ordering::SeqCst);
    }

    fn is_free(&self, chat: i64) -> bool {
        self.chats.lock().unwrap().get(&chat).is_none_or(|free| *free <= self.clock.elapsed())
    }

    async fn send(&self, chat: i64, _: &crate::messenger::Outgoing) -> Outcome {
        self.heard.lock().unwrap().push(chat);
        self.outcomes.lock().unwrap().pop_front().unwrap_or(Outcome::Accepted { message_id: 1 })
    }

    async fn server_time(&self) -> FarClock {
        *self.far.lock().unwrap()
    }

    fn silence(&self, _: Duration) {}
}

struct Street {
    scratch: Scratch,
    clock: Clock,
    office: Office,
    vault: Vault,
    people: i64,
}

impl Street {
    async fn new(scratch: Scratch) -> Self {
        let clock = Clock::starting_at(MORNING.parse().unwrap());
        let office = sample_office(&scratch.db, &clock).await;
        Self { scratch, clock, office, vault: Vault::from_secret(&[17; 32]), people: 0 }
    }

    fn phone(&self, turns: usize) -> (Arc<Phone>, mpsc::Receiver<()>, mpsc::Sender<()>) {
        let ((reached, is_reached), (let_go, thaw)) = (mpsc::channel(), mpsc::channel());
        let phone = Phone {
            clock: self.clock.clone(),
            turns: AtomicUsize::new(turns),
            taken: AtomicUsize::new(0),
            heard: Mutex::default(),
            chats: Mutex::default(),
            frozen: AtomicBool::new(false),
            reached: Mutex::new(reached),
            thaw: Mutex::new(thaw),
            far: Mutex::new(FarClock::Untold),
            outcomes: Mutex::default(),
        };
        (Arc::new(phone), is_reached, let_go)
    }

    /// A sender that has just taken the lease.
    async fn sender(&self, phone: &Arc<Phone>) -> Sender {
        let token = db::take_lease(&self.scratch.db, LEASE, "node", true).await.unwrap().unwrap();
        let messenger: Arc<dyn Messenger> = phone.clone();
        let holidays = Arc::new(Holidays::from_csv(include_str!("../../../config/holidays.csv")).unwrap());
        let messages = Messages::load(None).unwrap();
        let (db, vault, clock) = (self.scratch.db.clone(), self.vault.clone(), self.clock.clone());
        let mut sender = Sender::new(db, vault, clock, holidays, messages, messenger, token);
        sender.recover().await.unwrap();
        sender
    }

    /// So many people who turn 17 today, each with a chat of their own unless all share one; gives the last chat.
    async fn birthdays(&mut self, count: i64, shared: Option<i64>) -> i64 {
        let mut tx = self.scratch.db.write().await.unwrap();
        let mut ids = Vec::new();
        for _ in 0..count {
            self.people += 1;
            let particulars = Particulars {
                place_id: None,
                nisn: Some(format!("{:010}", self.people)),
                nik: None,
                name: format!("Siswa{} Contoh", self.people),
                sex: None,
                birth_date: NaiveDate::from_ymd_opt(2009, 12, 1).unwrap(),
                birth_place: None,
                class_name: None,
                grade: None,
                rt: None,
                rw: None,
                kelurahan: None,
                kecamatan: None,
                phone: None,
            };
            let (clock, vault, office) = (&self.clock, &self.vault, self.office.id);
            let recorded = student::Recorded::Unknown;
            let id = student::insert(&mut tx, clock, vault, office, &particulars, recorded).await.unwrap().id;
            let chat = shared.unwrap_or(self.people);
            link::chat(&mut tx, clock, vault, chat).await.unwrap();
            link::link_chat(&mut tx, clock, vault, office, LinkRole::Guardian, id.0, chat).await.unwrap();
            student::give_consent(&mut tx, clock, id, GivenBy::Guardian, "test").await.unwrap();
            ids.push(id);
        }
        ledger::reconcile_some(&mut tx, &self.clock, self.office.id, &ids).await.unwrap();
        tx.commit().await.unwrap();
        self.people
    }

    /// So many alarms for one account with that chat.
    async fn alarms(&self, count: usize, chat: i64) {
        let mut tx = self.scratch.db.write().await.unwrap();
        let (clock, vault, office) = (&self.clock, &self.vault, &self.office);
        let account = staff::add(&mut tx, clock, office.id, "kepala", Role::Head, None).await.unwrap();
        link::chat(&mut tx, clock, vault, chat).await.unwrap();
        link::link_chat(&mut tx, clock, vault, office.id, LinkRole::Staff, account.0, chat).await.unwrap();
        for number in 0..count {
            ledger::raise_alarm(&mut tx, clock, office, &format!("test:{number}"), "Periksa.").await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    async fn attempts(&self) -> Vec<(String, Option<String>)> {
        let mut tx = self.scratch.db.read().await.unwrap();
        fetch_all!(&mut tx, (String, Option<String>), "SELECT outcome, error FROM attempt").unwrap()
    }
}

async fn on_both(scenario: impl AsyncFn(Street)) {
    scenario(Street::new(sqlite().await).await).await;
    scenario(Street::new(postgres().await).await).await;
}

#[tokio::test]
async fn a_chat_that_is_owed_a_hundred_holds_up_nobody() {
    const SHARED: i64 = 90_001;
    const HEAD: i64 = 90_002;
    on_both(async |mut street| {
        // All that the two busy chats are owed was due before everybody else's.
        street.birthdays(100, Some(SHARED)).await;
        street.alarms(100, HEAD).await;
        street.clock.move_to(street.clock.now() + TimeDelta::seconds(1));
        street.birthdays(300, None).await;
        let (phone, _reached, _let_go) = street.phone(10);
        let mut sender = street.sender(&phone).await;
        let others = || {
            let heard = phone.heard.lock().unwrap();
            (heard.iter().filter(|chat| **chat < SHARED).count(), heard.len())
        };
        let mut began = 0;
        for _ in 0..400 {
            if others().0 == 300 {
                break;
            }
            if let Step::Began(count) = sender.step().await.unwrap() {
                began += usize::from(count > 0);
            }
            sender.wait(Duration::from_millis(150)).await.unwrap();
        }
        let (told, all) = others();
        assert_eq!(told, 300);
        assert!(began <= 45, "{began} claims of ten turns each told 300 others; {all} calls in all");
        assert!(all >= 302, "the busy chats come to their turn as well: {all}");
        drop(sender);
        assert_eq!(phone.taken.load(Ordering::SeqCst), 0, "every turn was used or went back");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_node_frozen_between_commit_and_call_doubles_nothing() {
    on_both(async |mut street| {
        street.birthdays(12, None).await;
        let (phone, reached, let_go) = street.phone(100);
        phone.frozen.store(true, Ordering::SeqCst);
        let mut frozen = street.sender(&phone).await;
        let held_up = tokio::spawn(async move {
            frozen.step().await.unwrap();
            frozen
        });
        tokio::task::spawn_blocking(move || reached.recv().unwrap()).await.unwrap();
        assert_eq!(street.attempts().await.len(), 12, "its intents are on disk");
        street.clock.move_to(street.clock.now() + TimeDelta::seconds(40));
        let (other_phone, ..) = street.phone(100);
        let mut next = street.sender(&other_phone).await;
        next.run_until_idle().await.unwrap();
        let_go.send(()).unwrap();
        let mut frozen = held_up.await.unwrap();
        frozen.run_until_idle().await.unwrap();
        let mut heard = [phone.heard.lock().unwrap().clone(), other_phone.heard.lock().unwrap().clone()].concat();
        heard.sort_unstable();
        assert_eq!(heard, (1..=12).collect::<Vec<_>>(), "everybody hears it once");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_machine_that_slept_sends_nothing_at_night_and_what_never_left_is_not_lost() {
    on_both(async |mut street| {
        street.birthdays(3, None).await;
        let (phone, reached, let_go) = street.phone(100);
        phone.frozen.store(true, Ordering::SeqCst);
        let mut sender = street.sender(&phone).await;
        let held_up = tokio::spawn(async move {
            sender.step().await.unwrap();
            sender
        });
        tokio::task::spawn_blocking(move || reached.recv().unwrap()).await.unwrap();
        // It wakes up at three in the morning.
        street.clock.move_to("2026-12-01T19:00:00Z".parse().unwrap());
        let_go.send(()).unwrap();
        let mut sender = held_up.await.unwrap();
        sender.run_until_idle().await.unwrap();
        assert!(phone.heard.lock().unwrap().is_empty());
        let attempts = street.attempts().await;
        assert_eq!(attempts.len(), 3, "nothing was begun at night");
        assert!(attempts.iter().all(|one| *one == ("refused".into(), Some("never_left".into()))), "{attempts:?}");
        street.clock.move_to("2026-12-02T01:00:00Z".parse().unwrap());
        sender.run_until_idle().await.unwrap();
        assert_eq!(phone.heard.lock().unwrap().len(), 3, "in the morning they are told");
        let mut tx = street.scratch.db.read().await.unwrap();
        let lost = fetch_one!(&mut tx, (i64,), "SELECT COUNT(*) FROM notice WHERE ever_lost").unwrap();
        assert_eq!(lost.0, 0);
    })
    .await;
}

#[tokio::test]
async fn without_a_turn_no_intent_is_written_and_after_the_lease_no_call_is_made() {
    on_both(async |mut street| {
        street.birthdays(3, None).await;
        let (phone, _reached, _let_go) = street.phone(0);
        let mut sender = street.sender(&phone).await;
        assert_eq!(sender.step().await.unwrap(), Step::Began(0));
        assert!(street.attempts().await.is_empty());
        street.clock.move_to("2026-12-01T19:00:00Z".parse().unwrap());
        phone.turns.store(100, Ordering::SeqCst);
        assert_eq!(sender.run_until_idle().await.unwrap(), 0, "not at night");
        assert_eq!(phone.taken.load(Ordering::SeqCst), 0);
        street.clock.move_to("2026-12-02T01:00:00Z".parse().unwrap());
        let until = CancellationToken::new();
        let mut sender = street.sender(&phone).await.until(until.clone());
        until.cancel();
        sender.step().await.unwrap();
        assert!(street.attempts().await.is_empty() && phone.heard.lock().unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_message_costs_few_statements_and_no_more_when_many_are_due() {
    on_both(async |mut street| {
        let (phone, _reached, _let_go) = street.phone(1_000);
        let mut costs = Vec::new();
        for count in [200, 800] {
            street.birthdays(count, None).await;
            let mut sender = street.sender(&phone).await;
            let (before, heard) = (db::statements(), phone.heard.lock().unwrap().len());
            sender.run_until_idle().await.unwrap();
            let messages = phone.heard.lock().unwrap().len() - heard;
            assert_eq!(messages, usize::try_from(count).unwrap());
            costs.push((db::statements() - before) * 1_000 / messages);
        }
        assert!(costs[0] <= 1_500, "{} statements a thousand messages", costs[0]);
        assert!(costs[1] <= costs[0] + 100, "{costs:?} statements a thousand messages of 200 and of 800");
        let mut tx = street.scratch.db.read().await.unwrap();
        let sent = fetch_one!(&mut tx, (i64,), "SELECT COUNT(*) FROM notice WHERE state = 'sent'").unwrap();
        assert_eq!(sent.0, 1_000);
    })
    .await;
}

#[tokio::test]
async fn the_queue_is_read_by_its_index() {
    on_both(async |mut street| {
        street.birthdays(400, None).await;
        let mut tx = street.scratch.db.write().await.unwrap();
        let plans = match tx.engine() {
            Engine::Sqlite => queue::plans("EXPLAIN QUERY PLAN ", &mut tx, street.office.id, street.clock.now()).await,
            Engine::Postgres => {
                execute!(&mut tx, "ANALYZE notice").unwrap();
                queue::plans("EXPLAIN ", &mut tx, street.office.id, street.clock.now()).await
            }
        };
        for plan in plans {
            assert!(plan.contains("notice_queue") || plan.contains("notice_further"), "{plan}");
            assert!(!plan.contains("TEMP B-TREE") && !plan.contains("Sort"), "{plan}");
        }
    })
    .await;
}

#[test]
fn of_those_who_wait_for_a_chat_one_is_let_go_at_a_time() {
    let mut resting = queue::Resting::default();
    let people: Vec<Uuid> = (1..=3).map(Uuid::from_u128).collect();
    for person in &people {
        resting.wait_for(b"chat", 7, *person, Duration::ZERO);
    }
    let busy = resting.at(CHAT_PAUSE, |_, _| false);
    assert_eq!(busy.len(), 3);
    let free = resting.at(CHAT_PAUSE, |_, chat| chat == 7);
    assert!(!free.contains(&people[0]) && free.contains(&people[1]) && free.contains(&people[2]));
    assert!(resting.at(Duration::from_secs(60), |_, _| false).is_empty(), "nobody rests for ever");
}

#[tokio::test]
async fn nothing_goes_out_by_a_clock_that_is_compared_with_nothing() {
    for scratch in [sqlite().await, postgres().await] {
        let mut street = Street::new(scratch).await;
        street.clock = Clock::system();
        let (phone, ..) = street.phone(10);
        let sender = street.sender(&phone).await;
        let days = chrono::TimeDelta::days;
        for (far, stands) in [
            (FarClock::Silent, Some(Obstacle::ClockNotCompared)),
            (FarClock::At(street.clock.now()), None),
            (FarClock::Untold, None),
        ] {
            *phone.far.lock().unwrap() = far;
            assert_eq!(sender.obstacle().await.unwrap(), stands);
        }
        *phone.far.lock().unwrap() = FarClock::At(street.clock.now() - days(3));
        assert!(matches!(sender.obstacle().await.unwrap(), Some(Obstacle::ClockDiffers { seconds }) if seconds > 0));
    }
}

#[tokio::test]
async fn a_call_that_found_no_way_says_nothing_of_the_time() {
    for scratch in [sqlite().await, postgres().await] {
        let mut street = Street::new(scratch).await;
        street.birthdays(1, None).await;
        street.clock = Clock::system();
        let (phone, ..) = street.phone(10);
        let sender = street.sender(&phone).await;
        let ahead = street.clock.now() + chrono::TimeDelta::days(3);
        let mut tx = street.scratch.db.write().await.unwrap();
        execute!(
            &mut tx,
            "INSERT INTO attempt (id, notice_id, chat_index, lease_token, started_at, outcome)
             SELECT $1, id, $2, 1, $3, 'refused' FROM notice LIMIT 1",
            crate::notice::AttemptId::new(&street.clock),
            &b"chat"[..],
            ahead,
        )
        .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(sender.obstacle().await.unwrap(), None);
        let mut tx = street.scratch.db.write().await.unwrap();
        execute!(&mut tx, "UPDATE attempt SET outcome = 'lost'").unwrap();
        tx.commit().await.unwrap();
        assert!(matches!(sender.obstacle().await.unwrap(), Some(Obstacle::ClockBehind { .. })));
    }
}

#[tokio::test]
async fn processes_that_were_killed_lengthen_no_wait() {
    on_both(async |mut street| {
        street.birthdays(1, None).await;
        let mut tx = street.scratch.db.write().await.unwrap();
        for _ in 0..12 {
            execute!(
                &mut tx,
                "INSERT INTO attempt (id, notice_id, chat_index, lease_token, started_at, outcome, error)
                 SELECT $1, id, $2, 0, $3, 'lost', 'interrupted' FROM notice",
                crate::notice::AttemptId::new(&street.clock),
                link::chat_index(&street.vault, 1),
                street.clock.now(),
            )
            .unwrap();
        }
        tx.commit().await.unwrap();
        let (phone, ..) = street.phone(10);
        let mut sender = street.sender(&phone).await;
        for wait in [15, 30] {
            phone.outcomes.lock().unwrap().push_back(Outcome::Lost("HTTP 500".into()));
            sender.run_until_idle().await.unwrap();
            let mut tx = street.scratch.db.read().await.unwrap();
            let next =
                fetch_one!(&mut tx, (chrono::DateTime<chrono::Utc>,), "SELECT next_attempt_at FROM notice").unwrap().0;
            let rest = next - street.clock.now();
            assert!(rest <= TimeDelta::seconds(wait) && rest > TimeDelta::seconds(wait - 5), "{rest}");
            street.clock.move_to(next + TimeDelta::seconds(1));
        }
    })
    .await;
}

#[tokio::test]
async fn an_alarm_that_is_sent_again_after_a_lost_answer_says_so() {
    const HEAD: i64 = 90_003;
    on_both(async |street| {
        street.alarms(1, HEAD).await;
        let (phone, ..) = street.phone(10);
        phone.outcomes.lock().unwrap().push_back(Outcome::Lost("HTTP 500".into()));
        let mut sender = street.sender(&phone).await;
        sender.run_until_idle().await.unwrap();
        let mut tx = street.scratch.db.write().await.unwrap();
        let id = fetch_one!(&mut tx, (crate::notice::NoticeId,), "SELECT id FROM notice").unwrap().0;
        assert!(ledger::retry(&mut tx, &street.clock, id).await.unwrap());
        tx.commit().await.unwrap();
        street.clock.move_to(street.clock.now() + TimeDelta::seconds(30));
        sender.run_until_idle().await.unwrap();
        let mut tx = street.scratch.db.read().await.unwrap();
        let sealed = fetch_one!(&mut tx, (Vec<u8>,), "SELECT text_sealed FROM notice").unwrap().0;
        let text = street.vault.open_text(Purpose::Notice, &sealed).unwrap().to_string();
        assert!(text.contains("Mungkin Anda sudah menerima pesan ini"), "{text}");
        assert_eq!(phone.heard.lock().unwrap().len(), 2);
    })
    .await;
}

//! Notices on their way: once, in delivery hours, through every fault, and through being killed.

use serde_json::Value;
use siap17::rehearsal::{BotApi, Fault};

use crate::support::chats::{count, guardian, heard, link};
use crate::support::{Engine, Office, eventually};

/// The morning of the 17th birthday of everyone born on 1 December 2009.
const BIRTHDAY: &str = "2026-12-01T08:00:05+08:00";
const CONGRATULATIONS: &str = "selamat ulang tahun ke-17";

fn nisn(number: i64) -> String {
    format!("{:010}", 91_000_000 + number)
}

/// So many students who turn 17 on [`BIRTHDAY`], each with a guardian's chat of that number.
fn linked(office: &Office, api: &BotApi, students: i64) {
    let rows: Vec<String> =
        (1..=students).map(|number| format!("{},,Siswa{number} Contoh,P,2009-12-01,XII IPS 1", nisn(number))).collect();
    office.import_rows(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    let people: Vec<_> = (1..=students).map(|number| guardian(number, &nisn(number))).collect();
    link(office, api, &people);
}

fn birthday_notices(office: &Office) -> Vec<Value> {
    office.notices().into_iter().filter(|notice| notice["kind"] == "turned_17").collect()
}

on_both! {
    fn birthdays_are_told_once_in_delivery_hours_and_not_in_hold(office) {
        let api = office.bot_api();
        let daemon = office.serve();
        linked(office, &api, 3);
        office.set_clock("2026-12-01T05:00:00+08:00");
        eventually("the verdicts exist", || birthday_notices(office).len() == 3);
        assert!(birthday_notices(office).iter().all(|notice| notice["reason"] == "hold"), "a new office starts in hold");
        office.run(&["notice", "resume"]).ok();
        eventually("they are due", || birthday_notices(office).iter().all(|notice| notice["state"] == "due"));
        // Before eight in the morning nothing leaves, however long it waits.
        office.set_clock("2026-12-01T07:59:50+08:00");
        let rounds = daemon.sender_rounds();
        eventually("the sender has looked", || daemon.sender_rounds() >= rounds + 2);
        assert_eq!(count(&api, 1, CONGRATULATIONS), 0);
        office.set_clock(BIRTHDAY);
        for chat in 1..=3 {
            eventually("the notice arrives", || count(&api, chat, CONGRATULATIONS) == 1);
        }
        eventually("the ledger knows", || birthday_notices(office).iter().all(|notice| notice["state"] == "sent"));
        let told = heard(&api, 1).pop().unwrap();
        assert!(told.starts_with("Untuk orang tua/wali Siswa1:") && told.chars().count() <= 400, "{told}");
        assert!(!told.contains("2009"), "no birth date in a message");
        // The same day again and again, and the next ones: nobody is told twice.
        for day in ["2026-12-01T18:00:00+08:00", "2026-12-02T09:00:00+08:00", "2026-12-05T09:00:00+08:00"] {
            office.set_clock(day);
            let rounds = daemon.sender_rounds();
            eventually("the sender has looked", || daemon.sender_rounds() >= rounds + 2);
        }
        let (code, _) = daemon.stop();
        assert_eq!(code, 0);
        let _again = office.serve();
        office.set_clock("2026-12-06T09:00:00+08:00");
        eventually("the restarted daemon has worked", || office.json(&["audit", "verify"])["unsealed"] == 0);
        for chat in 1..=3 {
            assert_eq!(count(&api, chat, CONGRATULATIONS), 1);
        }
        assert!(api.broken_bounds().is_empty(), "{:?}", api.broken_bounds());
        assert!(office.json(&["notice", "list", "--lost"])["notices"].as_array().unwrap().is_empty());
    }
}

on_both! {
    fn after_a_long_outage_the_notice_says_that_it_is_late(office) {
        let api = office.bot_api();
        office.run(&["notice", "resume"]).ok();
        let daemon = office.serve();
        linked(office, &api, 2);
        drop(daemon);
        office.set_clock("2026-12-11T09:00:00+08:00");
        let _again = office.serve();
        eventually("the late notice arrives", || count(&api, 1, "terlambat 10 hari") == 1);
        eventually("both do", || count(&api, 2, "terlambat 10 hari") == 1);
    }
}

on_both! {
    fn every_fault_ends_in_the_right_state(office) {
        let api = office.bot_api();
        office.run(&["notice", "resume"]).ok();
        let daemon = office.serve();
        linked(office, &api, 6);
        api.block(6, true);
        eventually("the block is noticed", || {
            office.json(&["student", "why", &nisn(6)])["student"]["chats"] == 1 && daemon.get("/healthz").0 == 200
        });
        api.faults([Fault::RetryAfter(2), Fault::ServerError, Fault::Cut, Fault::BadGateway]);
        office.set_clock(BIRTHDAY);
        for chat in 1..=5 {
            eventually("the notice arrives in the end", || count(&api, chat, CONGRATULATIONS) >= 1);
        }
        assert_eq!(api.faults_left(), 0);
        eventually("the ledger is at rest", || {
            birthday_notices(office).iter().filter(|notice| notice["state"] == "sent").count() == 5
        });
        let notices = birthday_notices(office);
        let failed = notices.iter().find(|notice| notice["state"] == "failed").expect("the blocked chat's");
        assert_eq!(failed["reason"], "blocked");
        let lost = office.json(&["notice", "list", "--lost"]);
        let twice: Vec<i64> = (1..=5).filter(|chat| count(&api, *chat, CONGRATULATIONS) > 1).collect();
        let lost_students: Vec<&str> = lost["notices"].as_array().unwrap().iter().map(|n| n["nisn"].as_str().unwrap()).collect();
        assert!(twice.iter().all(|chat| lost_students.contains(&nisn(*chat).as_str())), "{twice:?} {lost_students:?}");
        assert_eq!(lost_students.len(), 3, "the cut one, and those behind a 500 and a bad gateway: {lost}");
        let repeated = twice.first().map(|chat| heard(&api, *chat).pop().unwrap()).expect("the cut one arrived twice");
        assert!(repeated.contains("Mungkin Anda sudah menerima pesan ini"), "{repeated}");
        assert!(api.broken_bounds().is_empty(), "{:?}", api.broken_bounds());
        // Whoever unblocks the bot is told after all.
        api.block(6, false);
        eventually("the unblocked chat is told", || count(&api, 6, CONGRATULATIONS) == 1);
    }
}

#[test]
fn a_refused_text_pauses_its_kind_and_burns_nobody() {
    let office = Office::new(Engine::Sqlite);
    let office = &office;
    let api = office.bot_api();
    office.run(&["notice", "resume"]).ok();
    let _daemon = office.serve();
    linked(office, &api, 3);
    // As many as are under way at once may meet it before the kind is paused.
    api.faults(std::iter::repeat_n(Fault::BadRequest("Bad Request: can't parse entities"), 3));
    office.set_clock(BIRTHDAY);
    eventually("the kind waits", || {
        birthday_notices(office).iter().filter(|notice| notice["reason"] == "message_refused").count() == 3
    });
    office.run(&["notice", "resume"]).ok();
    for chat in 1..=3 {
        eventually("told after the text was mended", || count(&api, chat, CONGRATULATIONS) == 1);
    }
}

fn killed_again_and_again(office: &Office) {
    const STUDENTS: i64 = 40;
    let api = office.bot_api();
    office.run(&["notice", "resume"]).ok();
    let mut daemon = office.serve();
    linked(office, &api, STUDENTS);
    // Some calls hang, so that a kill finds them under way whenever it comes.
    api.faults([Fault::Silent, Fault::Silent]);
    office.set_clock(BIRTHDAY);
    let told = || (1..=STUDENTS).filter(|chat| count(&api, *chat, CONGRATULATIONS) > 0).count();
    for few in [1, 4, 9, 16, 25, 33] {
        eventually(
            &format!(
                "{few} were told: {} {}",
                told(),
                daemon.log().lines().rev().take(5).collect::<Vec<_>>().join("\n")
            ),
            || told() >= few,
        );
        daemon.kill();
        daemon = office.serve();
    }
    eventually("everybody was told", || told() == usize::try_from(STUDENTS).unwrap());
    eventually("the ledger is at rest", || birthday_notices(office).iter().all(|notice| notice["state"] == "sent"));
    let lost = office.json(&["notice", "list", "--lost"]);
    let lost: Vec<&str> =
        lost["notices"].as_array().unwrap().iter().map(|notice| notice["nisn"].as_str().unwrap()).collect();
    assert!(!lost.is_empty(), "the calls that hung were lost with their process");
    for chat in 1..=STUDENTS {
        let times = count(&api, chat, CONGRATULATIONS);
        assert!(times == 1 || lost.contains(&nisn(chat).as_str()), "chat {chat} was told {times} times, silently");
    }
    assert_eq!(birthday_notices(office).len(), usize::try_from(STUDENTS).unwrap());
    assert!(api.broken_bounds().is_empty(), "{:?}", api.broken_bounds());
    assert!(office.json(&["audit", "verify"])["broken"].is_null());
}

#[test]
fn killed_at_any_moment_it_loses_nobody_and_repeats_nothing_silently_on_sqlite() {
    killed_again_and_again(&Office::new(Engine::Sqlite));
}

#[test]
fn killed_at_any_moment_it_loses_nobody_and_repeats_nothing_silently_on_postgresql() {
    killed_again_and_again(&Office::new(Engine::Postgres));
}

#[test]
fn another_node_takes_over_and_the_dead_ones_name_is_free_again() {
    let office = Office::new(Engine::Postgres);
    let office = &office;
    let api = office.bot_api();
    office.run(&["notice", "resume"]).ok();
    let mut first = office.serve_as("satu");
    linked(office, &api, 4);
    let second = office.serve_as("dua");
    let taken =
        office.run_with(&[("SIAP17_TELEGRAM_TOKEN", siap17::rehearsal::TOKEN), ("SIAP17_NODE", "satu")], &["serve"]);
    assert!(taken.err.contains("node name 'satu'"), "{}", taken.err);
    first.kill();
    office.set_clock(BIRTHDAY);
    for chat in 1..=4 {
        eventually("the other node tells", || count(&api, chat, CONGRATULATIONS) == 1);
    }
    assert!(second.log().contains("this node speaks with Telegram"));
    let _back = office.serve_as("satu");
    assert!(api.broken_bounds().is_empty(), "{:?}", api.broken_bounds());
}

#[test]
fn retry_after_is_kept_across_a_restart() {
    let office = Office::new(Engine::Sqlite);
    let office = &office;
    let api = office.bot_api();
    office.run(&["notice", "resume"]).ok();
    let mut daemon = office.serve();
    linked(office, &api, 2);
    api.faults([Fault::RetryAfter(600)]);
    office.set_clock(BIRTHDAY);
    eventually("Telegram said to wait", || {
        office
            .notices()
            .iter()
            .flat_map(|n| n["attempts"].as_array().unwrap().clone())
            .any(|a| a["error"] == "retry_after 600")
    });
    daemon.kill();
    let again = office.serve();
    // Replies are held back, too.
    api.write(1, "/bantuan");
    office.set_clock("2026-12-01T08:08:00+08:00");
    eventually("the daemon works", || again.log().contains("this node speaks with Telegram"));
    assert_eq!(count(&api, 1, "/status – ") + count(&api, 1, CONGRATULATIONS) + count(&api, 2, CONGRATULATIONS), 0);
    office.set_clock("2026-12-01T08:11:00+08:00");
    eventually("both are told once the time is over", || {
        count(&api, 1, CONGRATULATIONS) == 1
            && count(&api, 2, CONGRATULATIONS) == 1
            && count(&api, 1, "/status – ") == 1
    });
    assert!(api.broken_bounds().is_empty(), "{:?}", api.broken_bounds());
}

#[test]
fn a_refused_token_spends_nothing_and_goes_on_once_it_is_right() {
    let office = Office::new(Engine::Sqlite);
    let office = &office;
    let api = office.bot_api();
    office.run(&["staff", "add", "kepala", "--role", "head"]).ok();
    office.run(&["notice", "resume"]).ok();
    let _daemon = office.serve();
    linked(office, &api, 2);
    api.faults([Fault::Unauthorized]);
    office.set_clock(BIRTHDAY);
    eventually("the token was refused", || {
        office
            .notices()
            .iter()
            .flat_map(|n| n["attempts"].as_array().unwrap().clone())
            .any(|a| a["error"] == "unauthorized")
    });
    assert!(office.notices().iter().any(|notice| notice["kind"] == "alarm"), "the head is to be told");
    assert!(birthday_notices(office).iter().any(|notice| notice["state"] == "due"), "the notice waits as before");
    office.set_clock("2026-12-01T08:02:00+08:00");
    for chat in 1..=2 {
        eventually("told a minute later", || count(&api, chat, CONGRATULATIONS) == 1);
    }
    assert!(office.json(&["notice", "list", "--lost"])["notices"].as_array().unwrap().is_empty());
}

on_both! {
    fn a_merge_tells_nobody_again(office) {
        let api = office.bot_api();
        office.run(&["notice", "resume"]).ok();
        let daemon = office.serve();
        linked(office, &api, 1);
        office.set_clock(BIRTHDAY);
        eventually("the birthday is told", || count(&api, 1, CONGRATULATIONS) == 1);
        // The same person once more, without a chat, typed in by hand.
        let added = office.json(&["student", "add", "--name", "Siswa1 Contoh", "--birth-date", "2009-12-01", "--nisn", "0099999999", "--although-known"]);
        let (kept, duplicate) = (added["id"].as_str().unwrap().to_owned(), office.student_id(&nisn(1)));
        office.merge(&kept, duplicate.as_str().unwrap());
        let why = office.json(&["student", "why", &kept]);
        let verdicts: Vec<_> = why["notices"].as_array().unwrap().iter().filter(|n| n["kind"] == "turned_17").collect();
        assert_eq!((verdicts.len(), verdicts[0]["state"].as_str()), (1, Some("sent")), "{why}");
        office.set_clock("2026-12-02T09:00:00+08:00");
        eventually("the daemon went on", || daemon.log().matches("job=\"reconcile\"").count() >= 3);
        assert_eq!(count(&api, 1, CONGRATULATIONS), 1);
        assert!(office.json(&["audit", "verify"])["broken"].is_null());
    }
}

#[test]
fn a_handed_out_card_is_told_to_every_chat_also_when_one_is_put_off() {
    let office = Office::new(Engine::Sqlite);
    let office = &office;
    let api = office.bot_api();
    office.run(&["notice", "resume"]).ok();
    let _daemon = office.serve();
    office.import_rows(&[&format!("{},,Siswa1 Contoh,P,2009-12-01,XII IPS 1", nisn(1))]);
    let mother = guardian(1, &nisn(1));
    let own = crate::support::chats::Person { chat: 2, role: "student", ..guardian(2, &nisn(1)) };
    link(office, &api, &[mother, own]);
    office.set_clock("2026-12-02T09:00:00+08:00");
    eventually("the birthday is told", || count(&api, 2, CONGRATULATIONS) == 1);
    office.run(&["card", "printed", &nisn(1)]).ok();
    office.run(&["card", "ready", &nisn(1), "--at", "Loket Dinas"]).ok();
    eventually("the invitation comes", || count(&api, 2, "sudah jadi") == 1);
    api.faults([Fault::RetryAfter(2)]);
    office.run(&["card", "collect", &nisn(1)]).ok();
    for chat in [1, 2] {
        eventually("every chat is told", || count(&api, chat, "diserahkan pada") == 1);
    }
    eventually("and the ledger is at rest", || {
        office.notices().iter().any(|notice| notice["kind"] == "collected" && notice["state"] == "sent")
    });
}

#[test]
fn a_sender_kept_waiting_by_a_long_import_waits_and_loses_nothing() {
    use sqlx::Connection;
    let office = Office::new(Engine::Sqlite);
    let api = office.bot_api();
    let _daemon = office.serve();
    linked(&office, &api, 30);
    office.run(&["notice", "resume"]).ok();
    office.set_clock(BIRTHDAY);
    eventually("the first notice is on its way", || (1..=30).any(|chat| count(&api, chat, CONGRATULATIONS) == 1));
    // Somebody else writes for longer than a lease lasts, as the import of a million rows does.
    crate::support::RUNTIME.block_on(async {
        let url = format!("sqlite://{}", office.path("var/siap17.db").display());
        let options = url.parse::<sqlx::sqlite::SqliteConnectOptions>().unwrap();
        let mut writer =
            sqlx::SqliteConnection::connect_with(&options.busy_timeout(std::time::Duration::from_secs(20)))
                .await
                .unwrap();
        sqlx::query("BEGIN IMMEDIATE").execute(&mut writer).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_secs(18)).await;
        sqlx::query("ROLLBACK").execute(&mut writer).await.unwrap();
    });
    eventually("everybody is told", || birthday_notices(&office).iter().all(|notice| notice["state"] == "sent"));
    assert!((1..=30).all(|chat| count(&api, chat, CONGRATULATIONS) == 1));
    assert_eq!(office.json(&["notice", "list", "--lost"])["notices"], Value::Array(Vec::new()));
}

#[test]
fn a_node_that_was_frozen_doubles_nothing_when_it_wakes() {
    let office = Office::new(Engine::Postgres);
    let office = &office;
    const STUDENTS: i64 = 12;
    let api = office.bot_api();
    office.run(&["notice", "resume"]).ok();
    let first = office.serve_as("satu");
    linked(office, &api, STUDENTS);
    let helps = |chat| count(&api, chat, "/bantuan") + count(&api, chat, "/status");
    let before = (helps(1), helps(2));
    // It sleeps, with a call for updates under way, while it is the one that speaks.
    first.signal("STOP");
    office.set_clock(BIRTHDAY);
    let second = office.serve_as("dua");
    api.write(1, "/bantuan");
    let told = || (1..=STUDENTS).map(|chat| count(&api, chat, CONGRATULATIONS)).collect::<Vec<_>>();
    eventually("the other takes over", || told().iter().all(|times| *times > 0));
    eventually("and answers", || helps(1) > before.0);
    let (told_before, helped) = (told(), helps(1));
    first.signal("CONT");
    // It believes for a moment that it still speaks.
    api.write(2, "/bantuan");
    eventually("the first is awake", || first.get("/healthz").0 == 200);
    eventually("who writes now is answered", || helps(2) > before.1);
    let rounds = second.sender_rounds();
    eventually("there is nothing more", || second.sender_rounds() > rounds + 6);
    assert_eq!(told(), told_before, "nobody is told again");
    assert!(told_before.iter().all(|times| *times == 1), "{told_before:?}");
    assert_eq!(helps(2) - before.1, helps(1) - before.0, "nor answered twice");
    assert_eq!(helps(1), helped);
    assert!(office.json(&["notice", "list", "--lost"])["notices"].as_array().unwrap().is_empty());
}

/// Every form of an answer that says nothing about whether its message arrived.
const SAYING_NOTHING: [Fault; 12] = [
    Fault::Arrives(500, r#"{"ok":false,"error_code":500,"description":"Internal Server Error"}"#),
    Fault::Arrives(502, r#"{"ok":false,"error_code":502,"description":"Bad Gateway"}"#),
    Fault::Arrives(500, r#"{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}"#),
    Fault::Arrives(200, r#"{"ok":false,"error_code":500,"description":"Internal Server Error"}"#),
    Fault::Arrives(502, "<html><h1>502 Bad Gateway</h1></html>"),
    Fault::Arrives(504, ""),
    Fault::Arrives(403, "<html><h1>403 Forbidden</h1></html>"),
    Fault::Arrives(302, ""),
    Fault::Arrives(200, r#"{"ok":true,"result":{"message_id":1"#),
    Fault::Arrives(200, r#"{"ok":true}"#),
    Fault::Arrives(200, "<html>Please log in</html>"),
    Fault::Cut,
];

on_both! {
    fn whatever_arrived_behind_an_answer_that_says_nothing_is_repeated_only_in_so_many_words(office) {
        let api = office.bot_api();
        office.run(&["notice", "resume"]).ok();
        let _daemon = office.serve();
        let people = i64::try_from(SAYING_NOTHING.len()).unwrap();
        linked(office, &api, people);
        api.faults(SAYING_NOTHING);
        office.set_clock(BIRTHDAY);
        eventually("every fault was met", || api.faults_left() == 0);
        eventually("the first round has ended", || {
            (1..=people).all(|chat| count(&api, chat, CONGRATULATIONS) >= 1)
                && office.json(&["notice", "list", "--lost"])["notices"].as_array().unwrap().len() == SAYING_NOTHING.len()
        });
        assert!(
            birthday_notices(office).iter().all(|notice| notice["attempts"][0]["outcome"] == "lost"),
            "nobody knows whether they arrived: {:?}",
            birthday_notices(office)
        );
        office.set_clock("2026-12-01T08:01:00+08:00");
        for chat in 1..=people {
            eventually("it is sent again", || count(&api, chat, CONGRATULATIONS) == 2);
            assert_eq!(count(&api, chat, "Mungkin Anda sudah menerima pesan ini"), 1, "{:?}", heard(&api, chat));
        }
        eventually("the ledger is at rest", || birthday_notices(office).iter().all(|notice| notice["state"] == "sent"));
        assert!(api.broken_bounds().is_empty(), "{:?}", api.broken_bounds());
    }
}

#[test]
fn a_wait_that_was_met_while_the_database_was_busy_survives_a_kill() {
    use sqlx::Connection;
    use std::time::Duration;
    let office = Office::new(Engine::Sqlite);
    let api = office.bot_api();
    office.run(&["notice", "resume"]).ok();
    let mut daemon = office.serve();
    linked(&office, &api, 2);
    office.set_clock(BIRTHDAY);
    eventually("both are told", || (1..=2).all(|chat| count(&api, chat, CONGRATULATIONS) == 1));
    eventually("the ledger knows", || birthday_notices(&office).iter().all(|notice| notice["state"] == "sent"));
    let before = api.calls("sendmessage");
    api.faults([Fault::RetryAfterLater(600, Duration::from_secs(3))]);
    api.write(1, "/bantuan");
    eventually("an answer is on its way", || api.calls("sendmessage") > before);
    crate::support::RUNTIME.block_on(async {
        let url = format!("sqlite://{}", office.path("var/siap17.db").display());
        let options = url.parse::<sqlx::sqlite::SqliteConnectOptions>().unwrap();
        let mut writer =
            sqlx::SqliteConnection::connect_with(&options.busy_timeout(Duration::from_secs(20))).await.unwrap();
        sqlx::query("BEGIN IMMEDIATE").execute(&mut writer).await.unwrap();
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert_eq!(api.faults_left(), 0);
        daemon.kill();
        sqlx::query("ROLLBACK").execute(&mut writer).await.unwrap();
    });
    let calls = api.calls("sendmessage");
    let again = office.serve();
    eventually("the daemon works", || again.log().contains("this node speaks with Telegram"));
    api.write(2, "/bantuan");
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(api.calls("sendmessage"), calls, "nothing is sent before the wait is over");
    office.set_clock("2026-12-01T08:11:00+08:00");
    eventually("then both are answered", || (1..=2).all(|chat| count(&api, chat, "/status – ") == 1));
    assert!(api.broken_bounds().is_empty(), "{:?}", api.broken_bounds());
}

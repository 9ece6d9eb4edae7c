//! Copies of the database: a lost one is not made anew, one that comes back is in hold however it came, and none that is no good
//! takes the place of what is there.

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::Value;
use siap17::rehearsal::BotApi;

use crate::support::chats::{count, guardian, heard, link};
use crate::support::{Engine, Office, RUNTIME, eventually};

/// The morning of the 17th birthday of everyone born on 1 December 2009.
const BIRTHDAY: &str = "2026-12-01T08:00:05+08:00";
const CONGRATULATIONS: &str = "selamat ulang tahun ke-17";
const REPEAT: &str = "Mungkin Anda sudah menerima pesan ini";
/// Kills of a backup, from its first third to a little beyond its end.
const KILLS: u32 = 30;
const PARTS: [&str; 3] = ["", "-wal", "-shm"];

fn part(path: &Path, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}{ending}", path.display()))
}

/// Copies a database's files as a person would, while nothing runs.
fn cp(from: &Path, to: &Path) {
    for ending in PARTS {
        let _ = std::fs::remove_file(part(to, ending));
        if part(from, ending).exists() {
            std::fs::copy(part(from, ending), part(to, ending)).unwrap();
        }
    }
}

fn on_server(statements: &[String]) {
    RUNTIME.block_on(async {
        use sqlx::Connection;
        let server = std::env::var("SIAP17_TEST_POSTGRES").expect("the PostgreSQL server of tests/run");
        let mut connection = sqlx::PgConnection::connect(&server).await.unwrap();
        for statement in statements {
            sqlx::raw_sql(sqlx::AssertSqlSafe(statement.clone())).execute(&mut connection).await.unwrap();
        }
    });
}

fn name(office: &Office) -> String {
    office.database_url().unwrap().rsplit('/').next().unwrap().to_owned()
}

/// Takes a copy with the engine's own means.
fn take_copy(office: &Office) {
    match office.engine {
        Engine::Sqlite => cp(&office.path("var/siap17.db"), &office.path("old.db")),
        Engine::Postgres => on_server(&[format!("CREATE DATABASE {0}_old TEMPLATE {0}", name(office))]),
    }
}

/// Puts that copy in the place of the database, without siap17.
fn put_copy_back(office: &Office) {
    match office.engine {
        Engine::Sqlite => cp(&office.path("old.db"), &office.path("var/siap17.db")),
        Engine::Postgres => on_server(&[
            format!("DROP DATABASE {} WITH (FORCE)", name(office)),
            format!("ALTER DATABASE {0}_old RENAME TO {0}", name(office)),
        ]),
    }
}

fn lose(office: &Office) {
    match office.engine {
        Engine::Sqlite => {
            for ending in PARTS {
                let _ = std::fs::remove_file(part(&office.path("var/siap17.db"), ending));
            }
        }
        Engine::Postgres => on_server(&[
            format!("DROP DATABASE {} WITH (FORCE)", name(office)),
            format!("CREATE DATABASE {}", name(office)),
        ]),
    }
}

fn hold(office: &Office) -> Value {
    office.json(&["office", "list"])["offices"][0]["hold"].clone()
}

/// So many students who turn 17 on [`BIRTHDAY`], each with a guardian's chat of that number.
fn linked(office: &Office, api: &BotApi, students: i64) {
    let nisn = |number: i64| format!("{:010}", 91_000_000 + number);
    let rows: Vec<String> =
        (1..=students).map(|number| format!("{},,Siswa{number} Contoh,P,2009-12-01,XII IPS 1", nisn(number))).collect();
    office.import_rows(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    let people: Vec<_> = (1..=students).map(|number| guardian(number, &nisn(number))).collect();
    link(office, api, &people);
}

on_both! {
    fn a_lost_database_is_not_made_anew_in_silence(office) {
        lose(office);
        let apply = ["office", "apply", "config/office.sample.toml"];
        for command in [&["office", "list"][..], &apply, &["serve"], &["notice", "resume"]] {
            let answer = office.run(command);
            assert_eq!(answer.code, 1, "{command:?}: {}", answer.out);
            let refusal = answer.err.lines().last().unwrap();
            assert!(refusal.contains("though there was one with this key") && refusal.contains("restore"), "{refusal}");
        }
        let checked = office.run(&["check"]);
        assert_eq!(checked.code, 1);
        assert!(checked.out.contains("though there was one with this key"), "{}", checked.out);
        if office.engine == Engine::Sqlite {
            assert!(!office.path("var/siap17.db").exists(), "none of them makes one");
            office.write("var/siap17.db", "");
            assert!(office.run(&["office", "list"]).refused().contains("missing or empty"));
        }
        std::fs::rename(office.path("var/siap17.key"), office.path("safe.key")).unwrap();
        assert!(office.run(&["key", "new"]).refused().contains("though there was one"), "nor does a new key hide it");
        std::fs::rename(office.path("safe.key"), office.path("var/siap17.key")).unwrap();
        // On purpose it can be begun anew.
        std::fs::rename(office.path("var/siap17.key.mark"), office.path("old.mark")).unwrap();
        let refusal = office.run(&["office", "list"]).refused();
        assert!(refusal.contains("there is no database at") && refusal.contains("office apply"), "{refusal}");
        office.run(&["office", "apply", "config/office.sample.toml"]).ok();
        assert_eq!(hold(office), "new_office");
    }
}

#[test]
fn a_daemon_whose_database_goes_or_is_replaced_stops_and_says_so() {
    let office = Office::new(Engine::Sqlite);
    let _api = office.bot_api();
    let database = office.path("var/siap17.db");
    let mut daemon = office.serve();
    std::fs::rename(&database, office.path("elsewhere.db")).unwrap();
    eventually("the daemon stops", || daemon.exit_code().is_some());
    assert_eq!(daemon.exit_code(), Some(1));
    assert!(daemon.log().lines().last().unwrap().contains("var/siap17.db is gone"), "{}", daemon.log());
    std::fs::rename(office.path("elsewhere.db"), &database).unwrap();
    let mut daemon = office.serve();
    std::fs::copy(&database, office.path("other.db")).unwrap();
    std::fs::rename(office.path("other.db"), &database).unwrap();
    eventually("the daemon stops", || daemon.exit_code().is_some());
    assert_eq!(daemon.exit_code(), Some(1));
}

#[test]
fn a_daemon_whose_servers_database_is_another_one_stops_and_says_so() {
    let office = Office::new(Engine::Postgres);
    let _api = office.bot_api();
    let mut daemon = office.serve();
    lose(&office);
    eventually("the daemon stops", || daemon.exit_code().is_some());
    assert_eq!(daemon.exit_code(), Some(1));
    assert!(daemon.log().lines().last().unwrap().contains("PostgreSQL is gone, or another"), "{}", daemon.log());
}

on_both! {
    fn what_went_out_since_an_older_copy_goes_out_again_only_as_a_repeat(office) {
        let api = office.bot_api();
        office.run(&["notice", "resume"]).ok();
        let daemon = office.serve();
        linked(office, &api, 3);
        daemon.stop();
        take_copy(office);
        let mut daemon = office.serve();
        office.set_clock(BIRTHDAY);
        for chat in 1..=3 {
            eventually("the notice arrives", || count(&api, chat, CONGRATULATIONS) == 1);
        }
        daemon.kill();
        put_copy_back(office);
        let daemon = office.serve();
        assert_eq!(hold(office), "older_copy");
        assert!(daemon.log().contains("everything is in hold"), "{}", daemon.log());
        let checked = office.run(&["check"]);
        assert!(checked.out.contains("older than what was last served"), "{}", checked.out);
        // Held by hand besides, it is not forgotten that this is a copy.
        office.run(&["notice", "hold"]).ok();
        let rounds = daemon.sender_rounds();
        eventually("the sender has looked", || daemon.sender_rounds() >= rounds + 3);
        for chat in 1..=3 {
            assert_eq!(count(&api, chat, CONGRATULATIONS), 1, "in hold nothing leaves");
        }
        let gone = office.json(&["notice", "resume"]);
        assert_eq!((gone["perhaps_sent"].as_i64(), gone["asked"].as_i64()), (Some(3), Some(0)), "{gone}");
        assert!(gone["copy_of"].is_string(), "{gone}");
        for chat in 1..=3 {
            eventually("it comes again", || count(&api, chat, CONGRATULATIONS) == 2);
            assert!(heard(&api, chat).pop().unwrap().contains(REPEAT), "{:?}", heard(&api, chat));
        }
        let lost = office.json(&["notice", "list", "--lost"]);
        assert_eq!(lost["notices"].as_array().unwrap().len(), 3, "{lost}");
        // Neither a restart nor another node, which remembers something else, holds anything again.
        daemon.stop();
        let _again = office.serve();
        assert_eq!(hold(office), Value::Null);
        if office.engine == Engine::Postgres {
            std::fs::create_dir(office.path("second")).unwrap();
            std::fs::copy(office.path("var/siap17.key"), office.path("second/siap17.key")).unwrap();
            let second = office.run_with(&[("SIAP17_KEY_FILE", "second/siap17.key")], &["office", "list"]).ok();
            assert!(!second.out.contains("HOLD"), "{}", second.out);
        }
    }
}

#[test]
fn where_the_office_asks_nothing_goes_out_again_by_itself() {
    let office = Office::new(Engine::Sqlite);
    let sample = std::fs::read_to_string(office.path("config/office.sample.toml")).unwrap();
    let asking = sample.replace("[policies]\n", "[policies]\nuncertain = { turned_17 = \"ask\" }\n");
    assert_ne!(sample, asking);
    office.write("config/asking.toml", &asking);
    office.run(&["office", "apply", "config/asking.toml"]).ok();
    let api = office.bot_api();
    office.run(&["notice", "resume"]).ok();
    let daemon = office.serve();
    linked(&office, &api, 1);
    office.run(&["backup", "copy.db"]).ok();
    office.set_clock(BIRTHDAY);
    eventually("the notice arrives", || count(&api, 1, CONGRATULATIONS) == 1);
    daemon.stop();
    office.run(&["restore", "copy.db"]).ok();
    let said = office.run(&["notice", "resume"]).ok().out;
    assert!(said.contains("1 notices may have gone out since") && said.contains("1 wait for your word"), "{said}");
    let daemon = office.serve();
    let rounds = daemon.sender_rounds();
    eventually("the sender has looked", || daemon.sender_rounds() >= rounds + 3);
    assert_eq!(count(&api, 1, CONGRATULATIONS), 1);
    let lost = office.json(&["notice", "list", "--lost", "--state", "uncertain"]);
    office.run(&["notice", "retry", lost["notices"][0]["id"].as_str().unwrap()]).ok();
    eventually("it comes again", || count(&api, 1, CONGRATULATIONS) == 2);
    assert!(heard(&api, 1).pop().unwrap().contains(REPEAT));
}

#[test]
fn a_copy_of_a_night_in_which_nothing_could_leave_is_not_doubted() {
    let office = Office::new(Engine::Sqlite);
    let api = office.bot_api();
    office.run(&["notice", "resume"]).ok();
    let daemon = office.serve();
    linked(&office, &api, 1);
    daemon.stop();
    office.set_clock("2026-12-01T02:00:00+08:00");
    office.run(&["backup", "copy.db"]).ok();
    office.set_clock("2026-12-01T03:00:00+08:00");
    office.run(&["restore", "copy.db"]).ok();
    assert_eq!(office.json(&["notice", "resume"])["perhaps_sent"], 0);
    office.set_clock(BIRTHDAY);
    let _daemon = office.serve();
    eventually("the notice arrives", || count(&api, 1, CONGRATULATIONS) == 1);
    assert!(!heard(&api, 1).pop().unwrap().contains(REPEAT), "nobody had been told");
}

#[test]
fn a_copy_made_by_backup_is_in_hold_however_it_comes_back() {
    let office = Office::new(Engine::Sqlite);
    office.run(&["notice", "resume"]).ok();
    office.run(&["backup", "copy.db"]).ok();
    assert_eq!(hold(&office), Value::Null, "the database itself goes on");
    cp(&office.path("copy.db"), &office.path("var/siap17.db"));
    assert_eq!(hold(&office), "copy");
    // On a machine that knows nothing of it, too, and there also a file that was merely copied.
    let other = Office::bare(Engine::Sqlite);
    office.run(&["notice", "resume"]).ok();
    std::fs::remove_file(other.path("var/siap17.key.mark")).unwrap();
    std::fs::copy(office.path("var/siap17.key"), other.path("var/siap17.key")).unwrap();
    cp(&office.path("var/siap17.db"), &other.path("var/siap17.db"));
    assert_eq!(hold(&other), "copied");
    assert_eq!(hold(&office), Value::Null);
}

/// Runs statements on a SQLite file behind siap17's back.
fn on_file(path: &Path, statements: &[&str]) {
    RUNTIME.block_on(async {
        use sqlx::Connection;
        let url = format!("sqlite://{}", path.display());
        let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
        for statement in statements {
            sqlx::raw_sql(sqlx::AssertSqlSafe((*statement).to_owned())).execute(&mut connection).await.unwrap();
        }
        connection.close().await.unwrap();
    });
}

fn number_of(office: &Office, sql: &'static str) -> i64 {
    number_in(&office.path("var/siap17.db"), sql)
}

fn number_in(path: &Path, sql: &'static str) -> i64 {
    RUNTIME.block_on(async {
        use sqlx::Connection;
        let url = format!("sqlite://{}", path.display());
        let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
        sqlx::query_as::<_, (i64,)>(sql).fetch_one(&mut connection).await.unwrap().0
    })
}

#[test]
fn a_copy_that_is_no_good_changes_nothing() {
    let office = Office::new(Engine::Sqlite);
    office.import_sample();
    office.run(&["notice", "resume"]).ok();
    office.run(&["backup", "copy.db"]).ok();
    let good = std::fs::read(office.path("copy.db")).unwrap();
    let bad = |name: &str, bytes: &[u8]| std::fs::write(office.path(name), bytes).unwrap();
    bad("empty.db", &[]);
    bad("short.db", &good[..good.len() / 2]);
    let mut damaged = good.clone();
    let middle = good.len() / 4096 / 2 * 4096;
    damaged[middle..middle + 4096].fill(0xA5);
    bad("damaged.db", &damaged);
    for (name, statement) in [
        (
            "newer.db",
            "INSERT INTO _sqlx_migrations SELECT 9999, 'later', installed_on, TRUE, checksum, 1 FROM _sqlx_migrations LIMIT 1",
        ),
        ("dangling.db", "PRAGMA foreign_keys = OFF; UPDATE student SET place_id = X'01'"),
        ("other_key.db", "UPDATE meta SET value = '00000000' WHERE name = 'key_id'"),
        ("foreign.db", "DROP TABLE _sqlx_migrations"),
    ] {
        bad(name, &good);
        on_file(&office.path(name), &[statement]);
    }
    for (name, says) in [
        ("empty.db", "it is empty"),
        ("short.db", "cut short or damaged"),
        ("damaged.db", "cut short or damaged"),
        ("newer.db", "made by a newer siap17"),
        ("dangling.db", "refer to what is not there"),
        ("other_key.db", "sealed with key 00000000"),
        ("foreign.db", "none of siap17's"),
    ] {
        let refusal = office.run(&["restore", name]).refused();
        assert!(refusal.contains(&format!("{name} cannot be restored")) && refusal.contains(says), "{refusal}");
        assert_eq!(hold(&office), Value::Null, "{name}");
    }
    let bare = Office::bare(Engine::Sqlite);
    bare.run(&["backup", "none.db"]).ok();
    assert!(bare.run(&["restore", "none.db"]).refused().contains("no office stands in it"));
    assert!(!office.path("var/siap17.restoring").exists() && !office.path("var/siap17.before-restore").exists());
    assert_eq!(office.json(&["audit", "verify"])["broken"], Value::Null);
}

#[test]
fn a_copy_is_put_back_by_an_admin_and_the_audit_says_so() {
    let office = Office::new(Engine::Sqlite);
    for (name, role) in [("admin", "admin"), ("loket", "counter")] {
        office.run(&["staff", "add", name, "--role", role]).ok();
    }
    office.run(&["backup", "copy.db"]).ok();
    office.run(&["staff", "add", "baru", "--role", "admin"]).ok();
    assert!(office.run(&["--as", "nobody", "restore", "copy.db"]).refused().contains("no active staff account"));
    assert!(office.run(&["--as", "loket", "restore", "copy.db"]).refused().contains("may not do this"));
    office.run(&["--as", "baru", "restore", "copy.db"]).ok();
    assert!(office.run(&["--as", "baru", "place", "list"]).refused().contains("no active staff account"));
    // Where there is no database any more, the copy says who is an admin.
    lose(&office);
    assert!(office.run(&["--as", "baru", "restore", "copy.db"]).refused().contains("no active staff account"));
    assert!(office.run(&["--as", "loket", "restore", "copy.db"]).refused().contains("may not do this"));
    office.run(&["--as", "admin", "restore", "copy.db"]).ok();
    let found = number_of(
        &office,
        "SELECT COUNT(*) FROM audit_entry
         WHERE action = 'database.restore' AND actor LIKE 'admin (os:%' AND subject = 'copy:copy.db' AND sequence IS NOT NULL",
    );
    assert_eq!(found, 1, "who put back what stands in the chain");
    assert_eq!(office.json(&["audit", "verify"])["broken"], Value::Null);
}

#[test]
fn nothing_is_put_back_under_a_running_daemon() {
    let office = Office::new(Engine::Sqlite);
    let _api = office.bot_api();
    office.run(&["notice", "resume"]).ok();
    office.run(&["backup", "copy.db"]).ok();
    let _daemon = office.serve();
    assert!(office.run(&["restore", "copy.db"]).refused().contains("in use by another siap17 serve"));
    assert_eq!(hold(&office), Value::Null);
    assert!(!office.path("var/siap17.restoring").exists() && !office.path("var/siap17.before-restore").exists());
}

#[test]
fn of_what_is_set_aside_the_newest_are_kept() {
    let office = Office::new(Engine::Sqlite);
    office.run(&["backup", "copy.db"]).ok();
    for _ in 0..5 {
        office.run(&["restore", "copy.db"]).ok();
    }
    let mut left: Vec<String> = std::fs::read_dir(office.path("var"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("before-restore"))
        .collect();
    left.sort();
    assert_eq!(left, ["siap17.before-restore-3", "siap17.before-restore-4", "siap17.before-restore-5"]);
}

#[test]
fn a_killed_backup_leaves_nothing_under_its_name_that_is_not_whole() {
    let office = Office::new(Engine::Sqlite);
    office.import_sample();
    let begun = Instant::now();
    office.run(&["backup", "first.db"]).ok();
    let took = begun.elapsed();
    let (mut whole, mut none) = (0, 0);
    for number in 0..KILLS {
        let file = format!("copy-{number}.db");
        let mut child = office.spawn(&["backup", &file]);
        // Mostly in its second half, in which the file is written.
        std::thread::sleep(took.mul_f64(0.3 + 0.9 * f64::from(number) / f64::from(KILLS)));
        child.kill().unwrap();
        child.wait().unwrap();
        let path = office.path(&file);
        if path.exists() {
            whole += 1;
            assert!(std::fs::metadata(&path).unwrap().len() > 0, "kill {number}: an empty file under its name");
            assert_eq!(number_in(&path, "SELECT COUNT(*) FROM office WHERE hold_reason = 'copy'"), 1, "kill {number}");
        } else {
            none += 1;
        }
    }
    assert!(none > 0, "{whole} were whole: the kills came too late");
    // What was cut short is in nobody's way.
    let again = (0..KILLS).map(|number| format!("copy-{number}.db")).find(|file| !office.path(file).exists()).unwrap();
    office.run(&["backup", &again]).ok();
    assert!(!office.path(&format!("{again}.unfinished")).exists());
}

#[test]
fn a_night_without_a_good_copy_is_told_once_and_offices_share_one() {
    let office = Office::new(Engine::Sqlite);
    let _api = office.bot_api();
    office.run(&["staff", "add", "kepala", "--role", "head"]).ok();
    let sample = std::fs::read_to_string(office.path("config/office.sample.toml")).unwrap();
    office.write("config/second.toml", &sample.replace("code = \"mataram\"", "code = \"zedua\""));
    office.run(&["office", "apply", "config/second.toml"]).ok();
    // No folder can be made where a file stands.
    office.write("var/backup", "");
    let alarms = || {
        let list = office.json(&["--office", "mataram", "notice", "list", "--limit", "1000"]);
        let all = list["notices"].as_array().unwrap().clone();
        all.iter()
            .filter(|one| one["kind"] == "alarm" && one["occasion"].as_str().unwrap().starts_with("backup:"))
            .count()
    };
    for _ in 0..2 {
        let daemon = office.serve();
        eventually("the head is told", || alarms() == 1);
        daemon.stop();
    }
    assert_eq!(alarms(), 1, "once a night");
    std::fs::remove_file(office.path("var/backup")).unwrap();
    std::fs::create_dir(office.path("var/backup")).unwrap();
    let copy = office.path("var/backup/siap17-2026-11-23.db");
    // A copy that was never written to its end is none.
    std::fs::write(&copy, "").unwrap();
    assert!(office.run(&["check"]).out.contains("cannot be restored: it is empty"));
    let daemon = office.serve();
    eventually("there is a copy", || std::fs::metadata(&copy).is_ok_and(|file| file.len() > 0));
    let made = || number_of(&office, "SELECT COUNT(*) FROM audit_entry WHERE action = 'database.backup'");
    eventually("it is written down", || made() == 1);
    daemon.stop();
    assert_eq!(made(), 1, "two offices, one copy");
    assert!(office.run(&["check"]).out.contains("and it is whole"));
}

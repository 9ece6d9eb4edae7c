//! Doors: connections that say nothing, files that have no end, disks that fail.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::support::chats::{count, guardian, link};
use crate::support::{Engine, Office, eventually};

/// This process holds one end of many connections.
fn hold_many_files() {
    let limits = getrlimit(Resource::Nofile);
    let most = limits.maximum.map_or(8192, |most| most.min(8192));
    setrlimit(Resource::Nofile, Rlimit { current: Some(most), maximum: limits.maximum }).unwrap();
}

#[test]
fn a_thousand_connections_that_say_nothing_stop_neither_notices_nor_health() {
    hold_many_files();
    let office = Office::new(Engine::Sqlite);
    let api = office.bot_api();
    office.run(&["notice", "resume"]).ok();
    let daemon = office.serve_under("ulimit -n 1024");
    let nisn = |number: i64| format!("{:010}", 91_000_000 + number);
    let rows: Vec<String> =
        (1..=5).map(|number| format!("{},,Siswa{number} Contoh,P,2009-12-01,XII IPS 1", nisn(number))).collect();
    office.import_rows(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    link(&office, &api, &(1..=5).map(|number| guardian(number, &nisn(number))).collect::<Vec<_>>());
    let address = daemon.address().unwrap().parse().unwrap();
    let mut held = Vec::new();
    for number in 0..1100 {
        // Whoever does not get through at once is not waited for.
        let Ok(mut stream) = TcpStream::connect_timeout(&address, Duration::from_secs(5)) else { continue };
        if number % 2 == 0 {
            let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: ");
        }
        held.push(stream);
    }
    assert!(held.len() > 1000, "{} connections were made", held.len());
    office.set_clock("2026-12-01T08:00:05+08:00");
    for chat in 1..=5 {
        eventually("the notice arrives all the same", || count(&api, chat, "selamat ulang tahun ke-17") == 1);
    }
    let began = Instant::now();
    assert_eq!(daemon.get("/healthz").0, 200, "{}", daemon.get("/healthz").1);
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    assert!(!daemon.log().contains("Too many open files"), "{}", daemon.log());
    // Whoever says nothing is not kept.
    let mut last = held.pop().unwrap();
    last.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut rest = Vec::new();
    assert!(last.read_to_end(&mut rest).is_ok() || rest.is_empty());
    let (code, took) = daemon.stop();
    assert_eq!(code, 0);
    assert!(took < Duration::from_secs(10), "stopping took {took:?}");
}

fn pipe(office: &Office, name: &str) -> String {
    let path = office.path(name);
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    path.to_str().unwrap().to_owned()
}

#[test]
fn what_is_no_file_is_refused_at_every_door_in_one_sentence() {
    let office = Office::new(Engine::Sqlite);
    let pipe = pipe(&office, "saluran");
    let folder = office.path("config").to_str().unwrap().to_owned();
    let doors: [&[&str]; 11] = [
        &["roster", "import", "FILE"],
        &["roster", "import", "--place", "50200001", "FILE"],
        &["place", "import", "FILE"],
        &["office", "apply", "FILE"],
        &["card", "status", "FILE"],
        &["card", "printed", "FILE"],
        &["card", "ready", "FILE", "--at", "Loket Dinas"],
        &["visit", "record", "01930000-0000-7000-8000-000000000000", "FILE"],
        &["visit", "what-if", "FILE"],
        &["restore", "FILE"],
        &["--config", "FILE", "office", "list"],
    ];
    let mut tried = 0;
    for door in doors {
        for (file, what) in [("/dev/zero", "device"), (&*pipe, "pipe"), (&*folder, "folder")] {
            if door[..2] == ["roster", "import"] && what == "folder" {
                continue;
            }
            let arguments: Vec<&str> = door.iter().map(|word| if *word == "FILE" { file } else { word }).collect();
            let began = Instant::now();
            let answer = office.run(&arguments);
            assert!(began.elapsed() < Duration::from_secs(20), "{arguments:?} took {:?}", began.elapsed());
            let refusal = answer.refused();
            assert!(refusal.contains(file) && refusal.contains(what), "{arguments:?}: {refusal}");
            tried += 1;
        }
    }
    assert!(tried == 31, "{tried}");
    for (name, file) in [("SIAP17_KEY_FILE", "/dev/zero"), ("SIAP17_KEY_FILE", &*pipe), ("SIAP17_NOW", "@/dev/zero")] {
        let refusal = office.run_with(&[(name, file)], &["office", "list"]).refused();
        assert!(refusal.contains(file.trim_start_matches('@')), "{name}={file}: {refusal}");
    }
    for line in ["holidays_file = \"/dev/zero\"", "messages_dir = \"katalog\""] {
        office.write("config/siap17.toml", line);
        let _ = std::fs::create_dir(office.path("katalog"));
        let _ = std::os::unix::fs::symlink("/dev/zero", office.path("katalog/id.ftl"));
        let refusal = office.run(&["office", "list"]).refused();
        assert!(refusal.contains("device"), "{line}: {refusal}");
    }
}

#[test]
fn a_pipe_in_the_inbox_is_refused_and_keeps_nobody_waiting() {
    let office = Office::new(Engine::Sqlite);
    let _api = office.bot_api();
    std::fs::create_dir_all(office.path("var/inbox/50200001")).unwrap();
    pipe(&office, "var/inbox/50200001/saluran.csv");
    std::os::unix::fs::symlink("/dev/zero", office.path("var/inbox/50200001/tak-berujung.csv")).unwrap();
    std::fs::copy(Office::sample(), office.path("var/inbox/50200001/daftar.xlsx")).unwrap();
    // Both look empty, and are waited for as if a copy had begun.
    office.set_clock("2040-11-23T09:00:00+08:00");
    let _daemon = office.serve();
    let inbox = office.path("var/inbox/50200001");
    let count = |folder: &str| std::fs::read_dir(inbox.join(folder)).map_or(0, Iterator::count);
    eventually("the roster beside them is taken", || count("done") == 1);
    eventually("they are answered, the link is gone and the pipe is moved", || count("refused") == 3);
    let answers: Vec<String> = std::fs::read_dir(inbox.join("refused"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    assert!(
        answers.iter().any(|text| text.contains("a pipe")) && answers.iter().any(|text| text.contains("it is a link"))
    );
}

#[test]
fn who_only_looks_waits_for_no_writer_and_every_look_is_written_down() {
    use crate::support::RUNTIME;
    use sqlx::Connection;
    let office = Office::new(Engine::Sqlite);
    office.import_rows(&["0091234567,,Siti Contoh,P,2009-12-01,XII IPS 1"]);
    let url = format!("sqlite://{}", office.path("var/siap17.db").display());
    let looks = || -> i64 {
        RUNTIME.block_on(async {
            let mut reader = sqlx::SqliteConnection::connect(&url).await.unwrap();
            let sql =
                "SELECT COUNT(*) FROM audit_entry WHERE action IN ('student.find', 'student.seen', 'student.why')";
            sqlx::query_scalar(sql).fetch_one(&mut reader).await.unwrap()
        })
    };
    let before = looks();
    // Somebody imports a province.
    let mut writer = RUNTIME.block_on(async {
        let mut writer = sqlx::SqliteConnection::connect(&url).await.unwrap();
        sqlx::query("BEGIN IMMEDIATE").execute(&mut writer).await.unwrap();
        writer
    });
    let commands: [&[&str]; 9] = [
        &["student", "find", "Siti"],
        &["student", "show", "0091234567"],
        &["student", "why", "0091234567"],
        &["place", "list"],
        &["visit", "list"],
        &["notice", "list"],
        &["roster", "list"],
        &["complaint", "list"],
        &["check"],
    ];
    for command in commands {
        let began = Instant::now();
        let answer = office.run(command);
        assert!(began.elapsed() < Duration::from_secs(15), "{command:?} took {:?}", began.elapsed());
        assert!(command == ["check"] || answer.code == 0, "{command:?}: {}", answer.err);
        assert!(command[0] != "student" || answer.out.contains("Siti"), "{command:?}: {}", answer.out);
    }
    assert_eq!(looks(), before, "none of it is in the database yet");
    RUNTIME.block_on(async { sqlx::query("ROLLBACK").execute(&mut writer).await.unwrap() });
    let verdict = office.json(&["audit", "verify"]);
    assert!(verdict["broken"].is_null() && verdict["unsealed"] == 0, "{verdict}");
    assert_eq!(looks(), before + 3, "every look is in the audit");
}

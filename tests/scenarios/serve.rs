//! The daemon itself: health, jobs, the inbox folder, stopping.

use siap17::rehearsal::Fault;

use crate::support::chats::{guardian, link};
use crate::support::{Engine, Office, SCHOOL, eventually};

on_both! {
    fn a_roster_dropped_into_the_inbox_is_imported_and_a_bad_one_refused(office) {
        let api = office.bot_api();
        let daemon = office.serve();
        let inbox = office.path(&format!("var/inbox/{SCHOOL}"));
        std::fs::create_dir_all(&inbox).unwrap();
        std::fs::copy(Office::sample(), inbox.join("daftar.xlsx")).unwrap();
        std::fs::write(inbox.join("surat.txt"), "Dengan hormat,").unwrap();
        // A copy that failed long ago, by the office's clock, and one that has only just begun.
        let empty = std::fs::File::create(inbox.join("kosong.csv")).unwrap();
        empty.set_modified(std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_795_000_000)).unwrap();
        let begun = std::fs::File::create(inbox.join("baru.csv")).unwrap();
        begun.set_modified(std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_900_000_000)).unwrap();
        office.set_clock("2026-11-23T08:31:10+08:00");
        let names = |folder: &str| -> Vec<String> {
            let found = std::fs::read_dir(inbox.join(folder)).into_iter().flatten();
            found.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
        };
        eventually("both are dealt with", || names("done").len() == 2 && names("refused").len() == 4);
        assert!(names("refused").iter().any(|name| name.ends_with("kosong.csv.sealed")) && inbox.join("baru.csv").exists());
        for end in ["daftar.xlsx.json", "daftar (periksa).xlsx"] {
            assert!(names("done").iter().any(|name| name.ends_with(end)), "{end}");
        }
        assert_eq!(office.json(&["roster", "list"])["imports"].as_array().unwrap().len(), 1);
        // A file that lies in no place's folder says itself whose it is, or is told what to do.
        let all = office.path("var/inbox");
        std::fs::copy(Office::sample(), all.join("lepas.xlsx")).unwrap();
        std::fs::create_dir_all(all.join("SMA CONTOH")).unwrap();
        std::fs::copy(Office::sample(), all.join("SMA CONTOH/salah.xlsx")).unwrap();
        // However old the file itself is, it is kept from now on.
        let old = std::fs::File::options().write(true).open(all.join("SMA CONTOH/salah.xlsx")).unwrap();
        old.set_modified(std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000)).unwrap();
        office.set_clock("2026-11-23T08:32:10+08:00");
        let refused = all.join("SMA CONTOH/refused");
        eventually("the loose file is imported", || all.join("done").is_dir() && refused.is_dir());
        eventually("the other is answered", || std::fs::read_dir(&refused).unwrap().count() == 2);
        let answer = std::fs::read_dir(&refused).unwrap().map(|entry| entry.unwrap().path()).find(|path| path.extension().is_some_and(|end| end == "json"));
        assert!(std::fs::read_to_string(answer.unwrap()).unwrap().contains("the folder SMA CONTOH is no place's"));
        let (status, text) = daemon.get("/healthz");
        assert!(status == 200 && text.starts_with("ok\n"), "{status} {text}");
        assert_eq!(daemon.get("/anything").0, 404);
        let log = daemon.log();
        for name in ["Baiq", "Sintetis\""] {
            assert!(!log.contains(name), "the log holds personal data: {name}");
        }
        // Ports and fractions of seconds may hold any four digits; a NIK has sixteen.
        let mut numbers = log.split(|c: char| !c.is_ascii_digit());
        assert!(!numbers.any(|number| number.len() == 16 && number.starts_with("5271")), "the log holds a NIK");
        drop(api);
    }
}

on_both! {
    fn jobs_run_at_start_and_the_head_gets_the_days_report(office) {
        office.run(&["staff", "add", "kepala", "--role", "head"]).ok();
        office.run(&["notice", "resume"]).ok();
        office.run(&["team", "broken", "Tim A", "--until", "2026-11-25"]).ok();
        assert!(office.run(&["report", "daily"]).ok().out.contains("broken: Tim A since 2026-11-23"));
        let api = office.bot_api();
        let _daemon = office.serve();
        let code = office.json(&["staff", "link", "kepala"])["code"].as_str().unwrap().to_owned();
        api.write(99, &code);
        crate::support::chats::tap(&api, 99, "Setuju");
        eventually("the head is linked", || crate::support::chats::count(&api, 99, "Berhasil") == 1);
        office.set_clock("2026-11-23T16:30:10+08:00");
        // The office's name alone stands in the bot's greeting, too.
        eventually("the report comes and names the broken device", || {
            crate::support::chats::count(&api, 99, "Alat rusak: Tim A sejak") == 1
        });
        if office.engine == Engine::Sqlite {
            eventually("there is a backup", || office.path("var/backup/siap17-2026-11-23.db").exists());
        }
    }
}

#[test]
fn stopping_drains_and_does_not_wait_for_a_call_that_hangs() {
    let office = Office::new(Engine::Sqlite);
    let office = &office;
    let api = office.bot_api();
    office.run(&["notice", "resume"]).ok();
    let daemon = office.serve();
    office.import_rows(&["0091234567,,Siti Contoh,P,2009-12-01,XII IPS 1"]);
    link(office, &api, &[guardian(1, "0091234567")]);
    api.faults([Fault::Silent]);
    office.set_clock("2026-12-01T08:00:05+08:00");
    eventually("the call hangs", || api.faults_left() == 0);
    let (code, took) = daemon.stop();
    assert_eq!(code, 0);
    assert!(took < std::time::Duration::from_secs(15), "stopping took {took:?}; systemd would have killed it");
    let _again = office.serve();
    eventually("the lost one is told again", || {
        crate::support::chats::count(&api, 1, "Mungkin Anda sudah menerima") == 1
    });
}

#[test]
fn a_clock_that_is_wrong_is_an_alarm_and_sends_nothing_else() {
    let office = Office::new(Engine::Sqlite);
    let office = &office;
    let now = chrono::Utc::now();
    office.set_clock(&now.to_rfc3339());
    let api = office.bot_api();
    office.run(&["notice", "resume"]).ok();
    office.run(&["staff", "add", "kepala", "--role", "head"]).ok();
    let born = now.date_naive() - chrono::Months::new(17 * 12) - chrono::Days::new(2);
    office.import_rows(&[&format!("0091234567,,Siti Contoh,P,{born},XII IPS 1")]);
    let mut daemon = office.serve();
    let code = office.json(&["staff", "link", "kepala"])["code"].as_str().unwrap().to_owned();
    api.write(99, &code);
    crate::support::chats::tap(&api, 99, "Setuju");
    eventually("the head is linked", || crate::support::chats::count(&api, 99, "Berhasil") == 1);
    daemon.kill();
    // For Telegram it is three days ago.
    office.set_clock(&(now - chrono::TimeDelta::days(3)).to_rfc3339());
    let daemon = office.serve_now();
    eventually("the head is told", || {
        crate::support::chats::count(&api, 99, "jam komputer siap17 meleset 4320 menit") == 1
    });
    assert!(daemon.get("/metrics").1.contains("siap17_sender_clock_right 0"));
    // What served by the machine's clock is nobody's rehearsal any more.
    let refused = office.run(&["student", "find", "Siti"]).refused();
    assert!(refused.contains("SIAP17_NOW"), "{refused}");
    let checked = office.run_now(&[("SIAP17_TELEGRAM_TOKEN", siap17::rehearsal::TOKEN)], &["check"]);
    assert!(checked.out.contains("our clock differs from Telegram's by"), "{}", checked.out);
    office.set_clock(&chrono::Utc::now().to_rfc3339());
    eventually("the clock is right", || daemon.get("/metrics").1.contains("siap17_sender_clock_right 1"));
}

#[test]
fn a_second_poller_is_an_alarm() {
    let office = Office::new(Engine::Sqlite);
    let office = &office;
    let api = office.bot_api();
    office.run(&["staff", "add", "kepala", "--role", "head"]).ok();
    let _daemon = office.serve();
    let code = office.json(&["staff", "link", "kepala"])["code"].as_str().unwrap().to_owned();
    api.write(99, &code);
    crate::support::chats::tap(&api, 99, "Setuju");
    eventually("the head is linked", || crate::support::chats::count(&api, 99, "Berhasil") == 1);
    let other = format!("{}/bot{}/getUpdates", api.url(), siap17::rehearsal::TOKEN);
    let mut minute = 30;
    eventually("the head is warned, in hold too", || {
        // The other program polls without end; the minute passes on the office's clock.
        crate::support::RUNTIME.block_on(async {
            let body = "{\"timeout\":0}";
            let _ = reqwest::Client::new().post(&other).body(body).send().await;
        });
        minute += 1;
        office.set_clock(&format!("2026-11-23T{:02}:{:02}:00+08:00", 8 + minute / 60, minute % 60));
        crate::support::chats::count(&api, 99, "program lain yang memakai token") >= 1
    });
}

//! Rosters through the bot: a door that is shut unless the office opens it.

use std::time::Duration;

use serde_json::{Value, json};
use siap17::rehearsal::{Author, BotApi, Fault};

use crate::support::chats::{count, heard, tap};
use crate::support::{Engine, Office, SCHOOL, eventually};

const OPERATOR: i64 = 501;
const COUNTER: i64 = 502;
const STRANGER: i64 = 503;
/// A row without NIK, so that there is something to answer.
const ROWS: &str = "nisn,nik,nama,jk,tanggal_lahir,rombel\n0091234567,,Siti Contoh,P,2009-12-01,XII IPS 1\n";

/// The office says that it takes rosters through the bot.
fn open_the_door(office: &Office) {
    let path = office.path("config/office.sample.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("# roster_by_bot = false"), "the sample shows the default");
    std::fs::write(&path, text.replace("# roster_by_bot = false", "roster_by_bot = true")).unwrap();
    office.run(&["office", "apply", "config/office.sample.toml"]).ok();
}

/// An account with a linked chat; the daemon must be running.
fn account(office: &Office, api: &BotApi, chat: i64, name: &str, more: &[&str]) {
    office.run(&[&["staff", "add", name], more].concat()).ok();
    let code = office.json(&["staff", "link", name])["code"].as_str().unwrap().to_owned();
    api.write(chat, &code);
    tap(api, chat, "Setuju");
    eventually("the account is linked", || count(api, chat, "Berhasil") == 1);
}

fn operator(office: &Office, api: &BotApi) {
    account(office, api, OPERATOR, "operator", &["--role", "school", "--place", SCHOOL]);
}

fn imports(office: &Office) -> usize {
    office.json(&["roster", "list"])["imports"].as_array().unwrap().len()
}

/// Whether a message still stands in a chat.
fn stands(api: &BotApi, chat: i64, message_id: i64) -> bool {
    api.lines(chat).iter().any(|line| line.message_id == message_id)
}

/// The message that brings the answer file, if it stands in the chat.
fn answer(api: &BotApi, chat: i64) -> Option<(i64, String, Vec<u8>)> {
    api.lines(chat).into_iter().find_map(|line| {
        let (name, bytes) = line.file?;
        assert_eq!(line.author, Author::Bot);
        Some((line.message_id, name, bytes.to_vec()))
    })
}

/// Every file that the office's folder holds: the database, the logs.
fn holds(office: &Office, words: &str) -> bool {
    let mut folders = vec![office.path("")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if std::fs::read(&path).unwrap().windows(words.len()).any(|part| part == words.as_bytes()) {
                return true;
            }
        }
    }
    false
}

on_both! {
    fn by_default_no_file_is_fetched_and_the_sender_reads_where_it_belongs(office) {
        let api = office.bot_api();
        let _daemon = office.serve();
        operator(office, &api);
        let caption = "NIK 5271010101099801";
        let sent = [OPERATOR, STRANGER].map(|chat| (chat, api.send_file(chat, "5271010101099801.xlsx", ROWS, caption)));
        for (chat, message) in sent {
            eventually("the sender is told", || count(&api, chat, "tidak kami terima lewat bot") == 1);
            let told = heard(&api, chat).pop().unwrap();
            assert!(told.contains("mohon hapus") && told.contains("Dinas Dukcapil Kota Mataram"), "{told}");
            eventually("it is taken out of the chat", || !stands(&api, chat, message));
        }
        office.set_clock("2026-11-23T09:30:00+08:00");
        api.write(OPERATOR, "/bantuan");
        eventually("the bot goes on", || count(&api, OPERATOR, "/status") >= 1);
        assert_eq!((api.calls("getFile"), api.calls("download")), (0, 0));
        assert_eq!(imports(office), 0);
        assert!(!holds(office, "5271010101099801"), "neither the name nor the caption is kept");
    }
}

on_both! {
    fn a_schools_roster_is_imported_answered_and_taken_out_of_the_chat(office) {
        open_the_door(office);
        let api = office.bot_api();
        let daemon = office.serve();
        operator(office, &api);
        let bytes = std::fs::read(Office::sample()).unwrap();
        let sent = api.send_file(OPERATOR, "daftar_pd SMA Contoh.xlsx", bytes, "");
        eventually("the summary comes", || count(&api, OPERATOR, "sudah masuk") == 1);
        let told = heard(&api, OPERATOR).into_iter().find(|text| text.contains("sudah masuk")).unwrap();
        let import = office.json(&["roster", "list"])["imports"][0].clone();
        assert_eq!((import["place"].as_str(), import["actor"].as_str()), (Some(SCHOOL), Some("operator")), "{import}");
        assert!(told.contains(" siswa: ") && told.contains("Yang perlu diperbaiki") && told.contains(" × "), "{told}");
        assert!(!told.contains("Sintetis") && !told.contains("5271"), "{told}");
        eventually("the answer file comes", || answer(&api, OPERATOR).is_some());
        let (message, name, bytes) = answer(&api, OPERATOR).unwrap();
        assert!(name.ends_with(".xlsx") && bytes.starts_with(b"PK"), "{name}");
        eventually("the upload is taken out", || !stands(&api, OPERATOR, sent));
        // The answer lies there for a day, through a restart, too.
        assert_eq!(daemon.stop().0, 0);
        office.set_clock("2026-11-24T08:00:00+08:00");
        let _again = office.serve();
        api.write(OPERATOR, "/bantuan");
        eventually("the daemon works", || count(&api, OPERATOR, "kirim file daftar siswa di sini") == 1);
        assert!(stands(&api, OPERATOR, message));
        office.set_clock("2026-11-24T09:00:00+08:00");
        eventually("the answer file is taken out", || !stands(&api, OPERATOR, message));
        // The same file again changes nothing, and its answer goes at once when it was saved.
        api.send_file(OPERATOR, "lagi.xlsx", std::fs::read(Office::sample()).unwrap(), "");
        eventually("it is answered", || count(&api, OPERATOR, ": 0 baru, 0 berubah") == 1);
        tap(&api, OPERATOR, "Sudah saya simpan / Hapus");
        eventually("it is gone", || answer(&api, OPERATOR).is_none() && count(&api, OPERATOR, "sudah dihapus") == 1);
        assert!(api.broken_bounds().is_empty(), "{:?}", api.broken_bounds());
        assert!(office.json(&["audit", "verify"])["broken"].is_null());
        assert!(!holds(office, siap17::rehearsal::TOKEN), "the token stands in no log");
    }
}

on_both! {
    fn other_chats_and_files_that_are_too_large_are_refused(office) {
        open_the_door(office);
        let api = office.bot_api();
        let _daemon = office.serve();
        operator(office, &api);
        account(office, &api, COUNTER, "loket", &["--role", "counter"]);
        for chat in [COUNTER, STRANGER] {
            let sent = api.send_file(chat, "daftar.csv", ROWS, "");
            eventually("the sender is told", || count(&api, chat, "tidak kami terima lewat bot") == 1);
            eventually("it is taken out of the chat", || !stands(&api, chat, sent));
        }
        let sent = api.send_file(OPERATOR, "besar.xlsx", vec![0; 20 * 1024 * 1024 + 1], "");
        eventually("the operator is told", || count(&api, OPERATOR, "paling besar 20 MB") == 1);
        eventually("it is taken out of the chat", || !stands(&api, OPERATOR, sent));
        assert_eq!((api.calls("getFile"), api.calls("download")), (0, 0));
        let sent = api.send_file(OPERATOR, "surat.txt", "Dengan hormat,", "");
        eventually("it is no roster", || count(&api, OPERATOR, "tidak bisa dibaca sebagai daftar siswa") == 1);
        eventually("it is taken out of the chat", || !stands(&api, OPERATOR, sent));
        let refused = ROWS.replace("2009-12-01", "");
        api.send_file(OPERATOR, "tanpa-tanggal.csv", refused, "");
        eventually("refused is said clearly", || count(&api, OPERATOR, "DITOLAK: belum ada yang berubah") == 1);
        eventually("a refused file is answered, too", || answer(&api, OPERATOR).is_some());
        assert_eq!(office.run(&["student", "find", "Contoh"]).code, 1, "nothing was taken");
    }
}

on_both! {
    fn a_download_that_breaks_off_is_tried_again_and_one_that_fails_for_good_is_told(office) {
        open_the_door(office);
        let api = office.bot_api();
        let daemon = office.serve();
        operator(office, &api);
        api.file_faults([Fault::Cut, Fault::BadRequest("Bad Request: wrong file_id or the file is temporarily unavailable")]);
        api.send_file(OPERATOR, "daftar.csv", ROWS, "");
        eventually("the first download breaks off", || api.calls("download") == 1);
        assert_eq!(count(&api, OPERATOR, "sudah masuk"), 0);
        let mut minute = 31;
        eventually("it comes in the end", || {
            minute += 1;
            office.set_clock(&format!("2026-11-23T{:02}:{:02}:00+08:00", 8 + minute / 60, minute % 60));
            count(&api, OPERATOR, "sudah masuk") == 1
        });
        assert_eq!((api.faults_left(), imports(office)), (0, 1));
        api.file_faults(std::iter::repeat_n(Fault::BadRequest("Bad Request: wrong file_id"), 5));
        let sent = api.send_file(OPERATOR, "lagi.csv", ROWS, "");
        eventually("the operator is asked to send it again", || {
            minute += 1;
            office.set_clock(&format!("2026-11-23T{:02}:{:02}:00+08:00", 8 + minute / 60, minute % 60));
            count(&api, OPERATOR, "Kirim lagi file tadi") == 1
        });
        eventually("it is taken out of the chat", || !stands(&api, OPERATOR, sent));
        assert_eq!((api.faults_left(), imports(office)), (0, 1));
        assert!(daemon.log().contains("cannot be fetched"));
        assert!(!holds(office, siap17::rehearsal::TOKEN), "the token stands in no log");
    }
}

on_both! {
    fn a_file_that_hangs_keeps_nobody_waiting_and_a_kill_loses_none(office) {
        open_the_door(office);
        let api = office.bot_api();
        let mut daemon = office.serve();
        operator(office, &api);
        api.file_faults([Fault::Silent]);
        api.send_file(OPERATOR, "daftar.csv", ROWS, "");
        eventually("the download hangs", || api.calls("download") == 1);
        let asked = std::time::Instant::now();
        api.write(STRANGER, "/bantuan");
        eventually("others are served", || count(&api, STRANGER, "/status") == 1);
        assert!(asked.elapsed() < Duration::from_secs(10), "it took {:?}", asked.elapsed());
        assert_eq!(count(&api, OPERATOR, "sudah masuk"), 0);
        daemon.kill();
        let again = office.serve();
        office.set_clock("2026-11-23T08:31:00+08:00");
        eventually("the roster is read after all", || count(&api, OPERATOR, "sudah masuk") == 1);
        assert_eq!(imports(office), 1);
        assert_eq!(again.stop().0, 0);
    }
}

/// Killed at many moments between the file and its answer: it is imported with effect once, and the operator is told.
#[test]
fn killed_at_any_moment_the_roster_comes_in_once_and_is_answered() {
    let office = Office::new(Engine::Sqlite);
    let office = &office;
    open_the_door(office);
    let api = office.bot_api();
    let mut daemon = office.serve();
    operator(office, &api);
    let mut minute = 31;
    for wait in [0, 40, 120, 250, 500] {
        let told = count(&api, OPERATOR, "sudah masuk");
        let sent = api.send_file(OPERATOR, "daftar.xlsx", std::fs::read(Office::sample()).unwrap(), "");
        std::thread::sleep(Duration::from_millis(wait));
        daemon.kill();
        daemon = office.serve();
        eventually("it is answered", || {
            minute += 1;
            office.set_clock(&format!("2026-11-23T{:02}:{:02}:00+08:00", 8 + minute / 60, minute % 60));
            count(&api, OPERATOR, "sudah masuk") > told
        });
        eventually("it is taken out of the chat", || !stands(&api, OPERATOR, sent));
    }
    assert!(imports(office) >= 5, "each was read at least once");
    let changes = |import: &Value| (import["new"].clone(), import["changed"].clone());
    let once = Office::new(Engine::Sqlite);
    let expected = changes(&once.import_sample());
    assert!(expected.0.as_u64() > Some(0));
    // Importing the sample once more shows that everything is there, and once only.
    assert_eq!(changes(&office.import_sample()), (json!(0), json!(0)));
    let students = |office: &Office| {
        office.json(&["student", "find", "a", "--limit", "1000"])["students"].as_array().unwrap().len()
    };
    assert_eq!(students(office), students(&once));
}

on_both! {
    fn while_a_large_roster_is_read_other_chats_are_answered(office) {
        open_the_door(office);
        let api = office.bot_api();
        let _daemon = office.serve();
        operator(office, &api);
        let mut text = "nisn,nik,nama,jk,tanggal_lahir,rombel\n".to_owned();
        for number in 0..4000 {
            text.push_str(&format!("{:010},,Siswa Contoh{number},P,2009-12-01,XII IPS 1\n", 91_000_000 + number));
        }
        api.send_file(OPERATOR, "besar.csv", text, "");
        let mut others = 0;
        while count(&api, OPERATOR, "4000 baru") == 0 {
            others += 1;
            assert!(others < 500, "the roster never comes in");
            let (chat, asked) = (1000 + others, std::time::Instant::now());
            api.write(chat, "/bantuan");
            eventually("others are answered", || count(&api, chat, "/status") == 1);
            assert!(asked.elapsed() < Duration::from_secs(15), "a chat waited for {:?}", asked.elapsed());
        }
        assert!(others > 0);
    }
}

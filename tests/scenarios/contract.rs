//! The contract with scripts: pages of lists, one document, one sentence, and input that nobody means well.

use std::collections::BTreeSet;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;
use siap17::clock::Clock;
use siap17::complaint::{self, Complainant};
use siap17::db::Db;
use siap17::vault::Vault;

use crate::support::{Answer, Engine, Office, SCHOOL};

/// A refusal with `--json`: exit 1, one document with code and message, and the same message as the one line on stderr.
fn refused_in_json(office: &Office, arguments: &[&str]) -> Value {
    let all: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
    let answer = office.run(&all);
    let error = answer.json()["error"].clone();
    let sentence = answer.refused();
    assert!(error["code"].is_string(), "{arguments:?}: {error}");
    assert_eq!(Some(sentence.trim_start_matches("siap17: ")), error["message"].as_str(), "{arguments:?}");
    error
}

fn names(list: &Value, of: &str) -> Vec<Value> {
    list[of].as_array().unwrap_or_else(|| panic!("{of} is no list in {list}")).clone()
}

/// Complaints are made in the bot alone.
fn complain(office: &Office, texts: &[&str]) {
    let url = office.database_url().unwrap_or_else(|| format!("sqlite://{}", office.path("var/siap17.db").display()));
    crate::support::RUNTIME.block_on(async {
        let (db, clock) = (Db::open(&url).await.unwrap(), Clock::system());
        let vault = Vault::open(&office.path("var/siap17.key")).unwrap();
        let mut tx = db.write().await.unwrap();
        let id = siap17::office::find(&mut tx, None).await.unwrap().id;
        for text in texts {
            complaint::complain(&mut tx, &clock, &vault, id, Complainant::default(), text).await.unwrap();
        }
        tx.commit().await.unwrap();
        db.close().await;
    });
}

/// Three of everything that is listed, and one office.
fn three_of_each(office: &Office) {
    let places = "code,name,latitude,longitude\n50200002,SMA Dua,-8.60,116.12\n50200003,SMA Tiga,-8.55,116.09\n";
    office.write("places.csv", places);
    office.run(&["place", "import", "places.csv"]).ok();
    for name in ["Ani", "Budi", "Cici"] {
        office.run(&["staff", "add", name, "--role", "counter"]).ok();
    }
    let mut status = String::from("NIK;STATUS\n");
    for (number, name) in ["Siti Contoh", "Sita Contoh", "Situ Contoh"].into_iter().enumerate() {
        let nik = format!("527101601109980{number}");
        let row = format!("009123456{number},{nik},{name},P,2009-11-20,XII IPS 1");
        assert_eq!(office.import_rows(&[&row])["new"], 1);
        status.push_str(&format!("{nik};PRR\n"));
    }
    let path = office.write("status.csv", &status);
    office.run(&["card", "status", path.to_str().unwrap()]).ok();
    // One is still to be met at each school.
    for school in [SCHOOL, "50200002", "50200003"] {
        let name = format!("Anak {school}");
        office.run(&["student", "add", "--name", &name, "--birth-date", "2010-02-03", "--place", school]).ok();
    }
    office.run(&["visit", "plan"]).ok();
    complain(office, &["loket tutup", "nama salah", "kartu rusak"]);
}

on_both! {
    fn every_list_comes_in_pages(office) {
        three_of_each(office);
        let lists: [(&[&str], &str, &str, usize); 9] = [
            (&["office", "list"], "offices", "id", 1),
            (&["place", "list"], "places", "id", 3),
            (&["staff", "list"], "staff", "id", 3),
            (&["roster", "list"], "imports", "id", 3),
            (&["student", "find", "contoh"], "students", "id", 3),
            (&["card", "queue"], "queue", "student", 3),
            (&["notice", "list"], "notices", "id", 3),
            (&["visit", "list"], "visits", "id", 3),
            (&["complaint", "list"], "complaints", "id", 3),
        ];
        for (command, of, id, count) in lists {
            let whole = office.json(command);
            assert_eq!((names(&whole, of).len(), &whole["next"]), (count, &Value::Null), "{command:?}");
            let (mut paged, mut after) = (Vec::new(), None::<String>);
            loop {
                let mut arguments = command.to_vec();
                arguments.extend(["--limit", "1"]);
                if let Some(after) = &after {
                    arguments.extend(["--after", after]);
                }
                let page = office.json(&arguments);
                assert!(names(&page, of).len() <= 1, "{command:?}: {page}");
                paged.extend(names(&page, of));
                match page["next"].as_str() {
                    Some(next) => after = Some(next.to_owned()),
                    None => break,
                }
                assert!(paged.len() <= count, "{command:?} never ends");
            }
            assert_eq!(paged, names(&whole, of), "{command:?} in pages is the whole list");
            assert_eq!(paged.iter().map(|one| one[id].to_string()).collect::<BTreeSet<_>>().len(), count);
            let mut arguments = command.to_vec();
            arguments.extend(["--after", "nonsense"]);
            assert_eq!(refused_in_json(office, &arguments)["code"], "after");
        }
    }
}

on_both! {
    fn a_page_of_nothing_is_wrong_usage(office) {
        for command in ["office list", "place list", "staff list", "roster list", "visit list", "notice list", "complaint list", "card queue", "student find x"] {
            for limit in ["--limit=0", "--limit=-1", "--limit=99999999999999999999"] {
                let arguments: Vec<&str> = command.split(' ').chain([limit]).collect();
                let answer = office.run(&arguments);
                assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{arguments:?}: {}", answer.err);
            }
        }
    }
}

on_both! {
    fn nobody_searches_with_wildcards(office) {
        office.import_rows(&["0091234567,,Siti Contoh,P,2009-12-01,XII IPS 1", "0091234568,,Budi Lima,L,2009-12-02,XII IPS 1"]);
        for text in ["%", "_", "%%", "S_ti", "%siti%lima%", "B%a", "' OR '1'='1", "\\", "*", "", " "] {
            assert_eq!(refused_in_json(office, &["student", "find", text])["code"], "student_unknown", "{text}");
            assert_eq!(office.run(&["student", "show", text]).code, 1, "{text}");
        }
        let long = "a".repeat(100_000);
        assert_eq!(refused_in_json(office, &["student", "find", &long])["code"], "student_unknown");
        let shown = refused_in_json(office, &["student", "show", &long]);
        assert!(shown["message"].as_str().unwrap().len() < 300, "{shown}");
        let id = "00000000-0000-0000-0000-000000000000";
        assert!(refused_in_json(office, &["student", "show", id])["message"].as_str().unwrap().contains(id), "an ID is no NIK");
    }
}

on_both! {
    fn what_is_typed_becomes_one_line_of_a_bearable_length(office) {
        let add = |name: &str| office.run(&["--json", "student", "add", "--name", name, "--birth-date", "2010-02-03", "--place", SCHOOL]);
        let id = add(" 😀 Budi\n\tContoh ").ok().json()["id"].as_str().unwrap().to_owned();
        assert_eq!(office.json(&["student", "show", &id])["name"], "😀 Budi Contoh");
        assert_eq!(office.run(&["student", "find", "budi"]).ok().out.lines().count(), 1);
        for bad in ["a".repeat(201).as_str(), "Budi\u{1b}[2JContoh"] {
            let answer = add(bad);
            assert_eq!((answer.json()["error"]["code"].as_str(), answer.code), (Some("value"), 1));
        }
        assert_eq!(refused_in_json(office, &["student", "set", &id, "phone", &"9".repeat(500), "--reason", "x"])["code"], "value");
        assert_eq!(refused_in_json(office, &["staff", "add", "a\u{7}b", "--role", "counter"])["code"], "name");
        let answer = office.run(&["card", "collect", "x\n\u{1b}[31my"]);
        assert!(!answer.err.contains('\u{1b}'), "{:?}", answer.err);
        answer.refused();
    }
}

on_both! {
    fn days_that_nobody_means_are_wrong_usage(office) {
        let wrong: [&[&str]; 9] = [
            &["office", "pause", "printing", "--reason", "x", "--until", "+262142-12-31"],
            &["office", "pause", "printing", "--reason", "x", "--until", "2026-02-30"],
            &["team", "broken", "Tim A", "--until=-0001-01-01"],
            &["student", "add", "--name", "x", "--birth-date", "0001-01-01"],
            &["visit", "plan", "--to", "+10000-01-01"],
            &["visit", "list", "--from", "1500-01-01"],
            &["notice", "preview", "--date", "+262142-12-31"],
            &["report", "daily", "--date", "tomorrow"],
            &["report", "daily", "--date", ""],
        ];
        for arguments in wrong {
            let answer = office.run(arguments);
            assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{arguments:?}: {}", answer.err);
        }
        let id = office.json(&["student", "add", "--name", "Budi", "--birth-date", "2010-02-03"])["id"].as_str().unwrap().to_owned();
        for (field, value) in [("birth_date", "2026-02-30"), ("birth_date", "0001-01-01"), ("recorded", "2026-02-30"), ("recorded", "1000-01-01")] {
            assert_eq!(refused_in_json(office, &["student", "set", &id, field, value, "--reason", "x"])["code"], "value");
        }
    }
}

#[test]
fn a_reason_says_something() {
    let office = Office::new(Engine::Sqlite);
    for reason in ["", " \n"] {
        assert_eq!(office.run(&["office", "pause", "counter", "--until", "2026-12-01", "--reason", reason]).code, 2);
        assert_eq!(office.run(&["student", "set", "x", "name", "y", "--reason", reason]).code, 2);
    }
}

on_both! {
    fn a_refusal_is_one_document_and_one_sentence_wherever_json_is_asked_for(office) {
        let id = "00000000-0000-0000-0000-000000000000";
        let refused: [&[&str]; 22] = [
            &["place", "list", "--office", "nope"],
            &["--as", "Nobody", "place", "list"],
            &["office", "list", "--as", "Nobody"],
            &["office", "resume", "printing"],
            &["team", "broken", "Tim Z", "--until", "2026-12-01"],
            &["team", "repaired", "Tim A"],
            &["student", "why", "nobody"],
            &["student", "export", "nobody"],
            &["student", "merge", "a", "b"],
            &["student", "add", "--name", " ", "--birth-date", "2010-01-01"],
            &["student", "add", "--name", "x", "--birth-date", "2010-01-01", "--sex", "Q"],
            &["visit", "announce", id],
            &["visit", "plan", "--from", "2020-01-01"],
            &["visit", "what-if", "none.json"],
            &["card", "stock", "spoil", "3", "--at", "Loket Dinas"],
            &["card", "ready", "nobody", "--at", "Loket Dinas"],
            &["card", "collect", "=1+1"],
            &["notice", "told", id, "--by", "Ani"],
            &["link", "contact", "99999999"],
            &["complaint", "answer", "7", "ya"],
            &["staff", "disable", "Nobody"],
            &["key", "new"],
        ];
        for arguments in refused {
            refused_in_json(office, arguments);
            let before: Vec<&str> = std::iter::once("--json").chain(arguments.iter().copied()).collect();
            assert!(office.run(&before).json()["error"]["code"].is_string(), "{before:?}");
        }
    }
}

on_both! {
    fn a_file_that_is_refused_is_named(office) {
        office.write("empty", "");
        let refused: [&[&str]; 6] = [
            &["office", "apply", "empty"],
            &["place", "import", "empty"],
            &["card", "status", "empty"],
            &["card", "printed", "empty"],
            &["card", "ready", "empty", "--at", "Loket Dinas"],
            &["roster", "import", "empty", "--place", SCHOOL],
        ];
        for arguments in refused {
            let message = refused_in_json(office, arguments)["message"].as_str().unwrap().to_owned();
            assert!(message.starts_with("empty: "), "{arguments:?}: {message}");
        }
        for arguments in [["office", "apply", "config"], ["place", "import", "config"], ["card", "status", "config"]] {
            assert!(refused_in_json(office, &arguments)["message"].as_str().unwrap().starts_with("config cannot be read"));
        }
    }
}

on_both! {
    fn a_report_of_failure_says_a_sentence_too(office) {
        office.write("r.csv", "nisn,nik,nama,jk,tanggal_lahir,rombel\n0091234568,,,L,2009-12-02,XI IPS 1\n");
        let strict = office.run(&["--json", "roster", "import", "r.csv", "--place", SCHOOL, "--strict"]);
        assert_eq!(strict.json()["state"], "refused");
        assert!(strict.refused().contains("r.csv"));
        office.write("good.csv", "nisn,nik,nama,jk,tanggal_lahir,rombel\n0091234567,,Siti Contoh,P,2009-12-01,XI IPS 1\n");
        let both = office.run(&["--json", "roster", "import", "none.csv", "good.csv", "--place", SCHOOL]);
        let answer = both.json();
        assert_eq!((answer["state"].as_str(), answer["files"][0]["new"].as_i64()), (Some("refused"), Some(1)));
        assert_eq!((answer["unread"][0]["file"].as_str(), answer["unread"][0]["code"].as_str()), (Some("none.csv"), Some("file")));
        assert!(both.refused().contains("none.csv"));
        let check = office.run(&["--json", "check"]);
        assert_eq!(check.json()["ok"], false);
        assert!(check.refused().contains("telegram"), "there is no token");
    }
}

on_both! {
    fn a_broken_chain_is_one_document(office) {
        crate::setup::tamper(office);
        assert_eq!(refused_in_json(office, &["audit", "verify"])["code"], "audit_broken");
        let answer = office.run(&["audit", "verify"]);
        assert!(!answer.out.contains("unbroken"), "{}", answer.out);
    }
}

on_both! {
    fn an_account_has_only_its_role_also_where_no_office_is_asked_for(office) {
        office.run(&["staff", "add", "Ani", "--role", "counter"]).ok();
        for arguments in [&["audit", "verify"][..], &["backup", "copy.db"], &["office", "apply", "config/office.sample.toml"]] {
            let all: Vec<&str> = ["--as", "Ani"].into_iter().chain(arguments.iter().copied()).collect();
            assert_eq!(refused_in_json(office, &all)["code"], "not_allowed", "{arguments:?}");
        }
    }
}

on_both! {
    fn many_at_once_wait_for_each_other(office) {
        let adding = |number: usize| move || office.run(&["student", "add", "--name", &format!("Anak {number}"), "--birth-date", "2010-02-03"]);
        std::thread::scope(|scope| {
            let running: Vec<_> = (0..8).map(|number| scope.spawn(adding(number))).collect();
            for one in running {
                one.join().unwrap().ok();
            }
        });
        assert_eq!(names(&office.json(&["student", "find", "anak"]), "students").len(), 8);
        assert_eq!(office.json(&["audit", "verify"])["broken"], Value::Null);
    }
}

#[test]
fn a_reader_that_is_gone_and_a_full_disk_are_no_panic() {
    let office = Office::new(Engine::Sqlite);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let Answer { code, err, .. } = office.run_into(writer, &["place", "list"]);
    assert_eq!((code, err.as_str()), (0, ""), "`siap17 … | head` is no failure");
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    for arguments in [&["place", "list"][..], &["--json", "place", "list"]] {
        assert!(office.run_into(full(), arguments).refused().contains("cannot be written"));
    }
    office.run_into(full(), &["--json", "place", "list", "--office", "nope"]).refused();
}

#[test]
fn a_clock_file_that_is_gone_is_named() {
    let office = Office::new(Engine::Sqlite);
    std::fs::remove_file(office.path("clock")).unwrap();
    assert!(refused_in_json(&office, &["place", "list"])["message"].as_str().unwrap().contains("clock"));
}

#[test]
fn a_backup_is_whole_private_and_named_or_not_there() {
    let office = Office::new(Engine::Sqlite);
    let mode = |name: &str| std::fs::metadata(office.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("var/siap17.db"), 0o600, "names and birth dates stand in it in clear");
    let written = office.json(&["backup", "copy.db"]);
    assert_eq!((written["file"].as_str(), written["holds_key"].as_bool()), (Some("copy.db"), Some(false)));
    assert_eq!(mode("copy.db"), 0o600);
    assert!(
        refused_in_json(&office, &["backup", "none/copy.db"])["message"].as_str().unwrap().contains("none/copy.db")
    );
    assert!(refused_in_json(&office, &["backup", "config"])["message"].as_str().unwrap().contains("exists already"));
}

#[test]
fn a_backup_is_put_back_over_a_damaged_database() {
    let office = Office::new(Engine::Sqlite);
    office.run(&["backup", "copy.db"]).ok();
    let left = |office: &Office| {
        let files =
            std::fs::read_dir(office.path("var")).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        files.collect::<BTreeSet<_>>()
    };
    let before = left(&office);
    for bad in ["config/holidays.csv", "none.db", "config"] {
        assert!(refused_in_json(&office, &["restore", bad])["message"].as_str().unwrap().starts_with(bad));
        assert_eq!(
            left(&office).difference(&before).collect::<Vec<_>>(),
            Vec::<&String>::new(),
            "nothing is left of {bad}"
        );
    }
    office.write("var/siap17.db", "this was a database once");
    assert!(refused_in_json(&office, &["place", "list"])["message"].as_str().unwrap().contains("siap17.db"));
    assert_eq!(office.json(&["restore", "copy.db"])["restored"], "var/siap17.db");
    assert_eq!(names(&office.json(&["place", "list"]), "places").len(), 1);
    assert_eq!(std::fs::read_to_string(office.path("var/siap17.before-restore")).unwrap(), "this was a database once");
    office.run(&["restore", "copy.db"]).ok();
    assert!(office.path("var/siap17.before-restore-2").exists(), "what was set aside before is not lost");
    assert_eq!(std::fs::read_to_string(office.path("var/siap17.before-restore")).unwrap(), "this was a database once");
}

#[test]
fn a_database_that_cannot_be_opened_says_what_to_look_at() {
    let office = Office::bare(Engine::Sqlite);
    for file in ["var/siap17.db", "var/siap17.db-wal", "var/siap17.db-shm"] {
        let _ = std::fs::remove_file(office.path(file));
    }
    std::fs::create_dir(office.path("var/siap17.db")).unwrap();
    let message = refused_in_json(&office, &["place", "list"])["message"].as_str().unwrap().to_owned();
    assert!(message.contains("siap17.db") && message.contains("folder may be written"), "{message}");
}

on_both! {
    fn a_spreadsheet_holds_no_formula_of_others(office) {
        office.write("places.csv", "code,name,kecamatan\n50200002,\"=cmd|' /C calc'!A0\",+1+1\n");
        office.run(&["place", "import", "places.csv"]).ok();
        office.run(&["student", "add", "--name", "=HYPERLINK(0)", "--birth-date", "2009-12-01", "--place", "50200002"]).ok();
        office.run(&["report", "daily", "--out", "r.xlsx"]).ok();
        let mut book = zip::ZipArchive::new(std::fs::File::open(office.path("r.xlsx")).unwrap()).unwrap();
        let mut texts = String::new();
        for at in 0..book.len() {
            let mut part = book.by_index(at).unwrap();
            if part.name().unwrap().ends_with(".xml") {
                part.read_to_string(&mut texts).unwrap();
            }
        }
        assert!(texts.contains("=cmd|") && texts.contains("+1+1"), "the names stand in it as they are");
        assert!(!texts.contains("<f>") && !texts.contains("<f "), "none of them is a formula");
    }
}

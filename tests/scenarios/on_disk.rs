//! What lies on disk: who may read it, where it may be written, and what of people stands there in clear.

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use siap17::db::{Db, Tx};
use siap17::{fetch_all, link};
use sqlx::AssertSqlSafe;

use crate::support::chats::{guardian, heard, link as link_people, tap};
use crate::support::{Engine, Office, RUNTIME, SCHOOL, eventually};

const POINT: &str = "Loket Dinas";

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().mode() & 0o777
}

/// Every file under a folder, with what it holds.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            found.extend(files(&entry.path()));
        } else if kind.is_file() {
            found.push((entry.path(), std::fs::read(entry.path()).unwrap()));
        }
    }
    found
}

fn holds(bytes: &[u8], words: &str) -> bool {
    bytes.windows(words.len()).any(|part| part.eq_ignore_ascii_case(words.as_bytes()))
}

#[test]
fn what_commands_write_is_private_and_stands_in_nothings_place() {
    let office = &Office::new(Engine::Sqlite);
    office.import_sample();
    let token = office.write("var/telegram.token", "123:token");
    std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o600)).unwrap();
    let old = office.write("keluar.html", "of somebody else");
    std::fs::set_permissions(&old, std::fs::Permissions::from_mode(0o644)).unwrap();
    office.run(&["link", "slips", SCHOOL, "--out", "keluar.html"]).ok();
    assert_eq!((mode(&old), holds(&std::fs::read(&old).unwrap(), "<html")), (0o600, true), "a wide mode is not kept");
    let real = office.write("asli", "asli");
    symlink(&real, office.path("tautan")).unwrap();
    symlink(office.path("belum-ada"), office.path("putus")).unwrap();
    std::fs::hard_link(office.path("var/siap17.key"), office.path("kunci-lain")).unwrap();
    let kept = |name: &str| std::fs::read(office.path(name)).unwrap_or_default();
    let own = ["var/siap17.key", "var/siap17.db", "var/telegram.token", "config/siap17.toml"];
    let before = own.map(kept);
    let refused = [
        ("tautan", "link"),
        ("putus", "link"),
        ("var", "a folder"),
        ("/dev/null", "a device"),
        ("var/siap17.key", "its key"),
        ("kunci-lain", "its key"),
        ("./var/../var/siap17.db", "its database"),
        ("var/siap17.db-wal", "its database"),
        ("var/siap17.db-shm", "its database"),
        ("var/telegram.token", "its token"),
        ("config/siap17.toml", "its settings"),
    ];
    for (out, expected) in refused {
        for command in [&["link", "slips", SCHOOL, "--out"][..], &["report", "daily", "--out"]] {
            let answer = office.run(&[command, &[out]].concat());
            // Slips say before that they hold no links while the bot is not known.
            let said = answer.err.lines().last().unwrap_or_default();
            assert!(answer.code == 1 && said.contains(expected) && said.contains(out), "{out}: {}", answer.err);
        }
    }
    assert!(office.run(&["backup", "putus"]).refused().contains("link"));
    // SQLite may or may not keep a log there at the moment.
    assert_eq!(office.run(&["backup", "var/siap17.db-wal"]).code, 1);
    assert_eq!(own.map(|name| kept(name).len()), before.map(|bytes| bytes.len()));
    assert!(!office.path("belum-ada").exists() && kept("asli") == b"asli");
    let unfinished: Vec<PathBuf> = files(office.folder.path())
        .into_iter()
        .map(|(path, _)| path)
        .filter(|path| path.to_string_lossy().contains("unfinished"))
        .collect();
    assert!(unfinished.is_empty(), "{unfinished:?}");
    for (path, _) in files(&office.path("var")).into_iter().filter(|(path, _)| !path.ends_with("telegram.token")) {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[test]
fn the_daemon_leaves_no_dump_and_nothing_that_others_may_read() {
    let office = &Office::new(Engine::Sqlite);
    let _api = office.bot_api();
    let daemon = office.serve();
    let limits = daemon.told_by_system("limits");
    let core: Vec<&str> =
        limits.lines().find(|line| line.starts_with("Max core file size")).unwrap().split_whitespace().collect();
    assert_eq!(core[4..6], ["0", "0"], "{limits}");
    let status = daemon.told_by_system("status");
    assert!(status.lines().any(|line| line.starts_with("Umask:") && line.ends_with("0077")), "{status}");
}

#[test]
fn no_roster_lies_in_the_inbox_in_clear() {
    let office = &Office::new(Engine::Sqlite);
    let _api = office.bot_api();
    let daemon = office.serve();
    let inbox = office.path(&format!("var/inbox/{SCHOOL}"));
    std::fs::create_dir_all(&inbox).unwrap();
    let outside = office.write("luar/rahasia.csv", "nisn,nama\n0091234599,Zurayda Rahasia\n");
    symlink(&outside, inbox.join("tautan.csv")).unwrap();
    symlink(outside.parent().unwrap(), inbox.join("folder")).unwrap();
    symlink(outside.parent().unwrap(), office.path("var/inbox/50200009")).unwrap();
    let row = "0091234567,5271014112090004,Quenzella Rekaan,P,2009-12-01,XII IPS 1";
    let good = format!("nisn,nik,nama,jk,tanggal_lahir,rombel\n{row}\n");
    let unread = format!("Dengan hormat, terlampir {row}");
    let places = [
        (inbox.join("KK 5271_0141_1209_0004 baik.csv"), &good),
        (inbox.join("rusak 5271014112090004.txt"), &unread),
        (office.path("var/inbox/SMA Mana/salah.csv"), &good),
    ];
    for (path, text) in &places {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).unwrap();
    }
    office.set_clock("2026-11-23T08:31:10+08:00");
    eventually("all are dealt with", || {
        places.iter().all(|(path, _)| !path.exists())
            && std::fs::symlink_metadata(inbox.join("tautan.csv")).is_err()
            && std::fs::symlink_metadata(inbox.join("folder")).is_err()
    });
    assert_eq!(office.json(&["student", "find", "Quenzella"])["students"].as_array().map(Vec::len), Some(1));
    assert_eq!(office.run(&["student", "find", "Zurayda"]).code, 1, "what a link leads to is not read");
    assert_eq!(std::fs::read_to_string(&outside).unwrap(), "nisn,nama\n0091234599,Zurayda Rahasia\n");
    let all = files(&office.path("var/inbox"));
    for (path, bytes) in &all {
        let name = path.display().to_string();
        for words in ["5271014112090004", "5271_0141_1209_0004", "Quenzella", "Zurayda"] {
            assert!(!holds(bytes, words) && !holds(name.as_bytes(), words), "{name} tells {words}");
        }
        assert_eq!((mode(path), mode(path.parent().unwrap())), (0o600, 0o700), "{name}");
    }
    let answer = |end: &str| -> serde_json::Value {
        let (_, bytes) =
            all.iter().find(|(path, _)| path.to_string_lossy().ends_with(end)).unwrap_or_else(|| panic!("{end}"));
        serde_json::from_slice(bytes).unwrap()
    };
    assert_eq!(answer("baik.csv.json")["original"]["is"], "removed");
    assert_eq!(answer("rusak ****************.txt.json")["original"]["is"], "sealed");
    assert_eq!((&answer("tautan.csv.json")["code"], &answer("folder.json")["code"]), (&"link".into(), &"link".into()));
    let sealed: Vec<&PathBuf> =
        all.iter().map(|(path, _)| path).filter(|path| path.extension().is_some_and(|end| end == "sealed")).collect();
    assert_eq!(sealed.len(), 2, "{sealed:?}");
    for path in sealed {
        office.run(&["roster", "unseal", path.to_str().unwrap(), "--out", "kembali"]).ok();
        let opened = std::fs::read_to_string(office.path("kembali")).unwrap();
        assert!(opened == good || opened == unread, "{opened}");
    }
    assert!(
        office
            .run(&["roster", "unseal", "config/siap17.toml", "--out", "kembali"])
            .refused()
            .contains("no roster that siap17 has sealed")
    );
    let log = daemon.log();
    for words in ["5271014112090004", "5271_0141_1209_0004", "Quenzella", "Zurayda"] {
        assert!(!holds(log.as_bytes(), words), "the log tells {words}");
    }
}

/// Every row of every table as text, with the name of its table; bytes are in hexadecimal.
fn rows(office: &Office) -> Vec<(String, String)> {
    let url = office.database_url().unwrap_or_else(|| format!("sqlite://{}", office.path("var/siap17.db").display()));
    RUNTIME.block_on(async {
        let db = Db::open(&url).await.unwrap();
        let mut tx = db.read().await.unwrap();
        let is_sqlite = matches!(tx, Tx::Sqlite(_));
        let columns = match is_sqlite {
            true => "SELECT m.name, i.name FROM sqlite_master m, pragma_table_info(m.name) i WHERE m.type = 'table'",
            false => {
                "SELECT table_name::TEXT, column_name::TEXT FROM information_schema.columns WHERE table_schema = 'public'"
            }
        };
        let mut rows = Vec::new();
        for (table, column) in fetch_all!(&mut tx, (String, String), columns).unwrap() {
            let text = match is_sqlite {
                true => format!("SELECT quote(\"{column}\") FROM \"{table}\" WHERE \"{column}\" IS NOT NULL"),
                false => format!("SELECT \"{column}\"::TEXT FROM \"{table}\" WHERE \"{column}\" IS NOT NULL"),
            };
            let found = fetch_all!(&mut tx, (String,), AssertSqlSafe(text.as_str())).unwrap();
            rows.extend(found.into_iter().map(|(text,)| (format!("{table}.{column}"), text)));
        }
        drop(tx);
        db.close().await;
        rows
    })
}

on_both! {
    fn nothing_secret_stands_in_the_database_in_clear(office) {
        const CHAT: i64 = 7_712_345_678;
        office.run(&["notice", "resume"]).ok();
        let api = office.bot_api();
        let daemon = office.serve();
        let text = "nisn,nik,nama,jk,tanggal_lahir,rombel,hp\n0091234567,5271014112090004,Siti Contoh,P,2009-12-01,XII IPS 1,081234567890\n";
        office.write("daftar.csv", text);
        office.json(&["roster", "import", "daftar.csv", "--place", SCHOOL]);
        link_people(office, &api, &[guardian(CHAT, "0091234567")]);
        let slips = crate::support::chats::slips(office);
        office.write("status.csv", "NIK;STATUS\n5271014112090004;PRR\n");
        office.run(&["card", "status", "status.csv"]).ok();
        office.run(&["card", "stock", "receive", "10", "--at", POINT]).ok();
        office.set_clock("2026-12-01T09:00:00+08:00");
        office.run(&["card", "printed", "0091234567"]).ok();
        office.run(&["card", "ready", "0091234567", "--at", POINT]).ok();
        let code_in = |text: &str| text.split(|c: char| c.is_whitespace() || matches!(c, '.' | ',' | ':' | '*'))
            .find(|word| word.len() == 11 && word.as_bytes()[5] == b'-' && link::normalise_code(word).is_some()).map(str::to_owned);
        let mut code = None;
        eventually("the notice with the code comes", || {
            code = heard(&api, CHAT).iter().find_map(|text| code_in(text));
            code.is_some()
        });
        let code = code.unwrap();
        api.write(CHAT, "/lapor");
        tap(&api, CHAT, "Boleh dijawab");
        api.write(CHAT, "Petugas berkata kasar kepada anak saya di loket Xylofon");
        eventually("the complaint is kept", || crate::support::chats::count(&api, CHAT, "Pengaduan diterima, nomor") == 1);
        let complaint = office.json(&["complaint", "list"])["complaints"][0].clone();
        assert_eq!(complaint["text"], "Petugas berkata kasar kepada anak saya di loket Xylofon");
        office.run(&["complaint", "answer", complaint["id"].as_str().unwrap(), "Mohon", "maaf,", "petugas", "Wolfram", "ditegur"]).ok();
        eventually("the answer comes", || crate::support::chats::count(&api, CHAT, "Wolfram") == 1);
        office.run(&["card", "collect", &code, "--by", "Ibu Contoh", "--relation", "ibu"]).ok();
        eventually("the pickup is told", || {
            office.notices().iter().any(|notice| notice["kind"] == "collected" && notice["state"] == "sent")
        });
        // Those who may read it read it as before.
        let told = office.notices();
        assert!(told.iter().any(|notice| notice["text"].as_str().is_some_and(|text| text.contains(&code))), "{told:?}");
        assert_eq!(office.json(&["complaint", "list"])["complaints"][0]["answer"], "Mohon maaf, petugas Wolfram ditegur");
        drop(daemon);
        let mut secrets = vec![
            "5271014112090004".to_owned(), "081234567890".to_owned(), "81234567890".to_owned(), CHAT.to_string(),
            code.replace('-', ""), code, "Xylofon".to_owned(), "Wolfram".to_owned(),
        ];
        secrets.extend(slips.values().flat_map(|code| [code.clone(), code.replace('-', "")]));
        let rows = rows(office);
        assert!(rows.iter().any(|(_, text)| text.contains("Siti Contoh")), "the walk reads what is there");
        for (column, text) in rows {
            for secret in &secrets {
                let bytes = text.to_lowercase().contains(&hex::encode(secret));
                assert!(!text.contains(secret.as_str()) && !bytes, "{column} holds {secret}: {text}");
            }
        }
    }
}

#[test]
fn an_undone_roster_leaves_no_name_in_the_databases_file() {
    let office = &Office::new(Engine::Sqlite);
    let _api = office.bot_api();
    let daemon = office.serve();
    let rows: Vec<String> = (0..600)
        .map(|number| {
            format!(
                "{},,Quenzella{number:04} Rekaan,P,2009-{:02}-{:02},XII IPS {}",
                91_000_000 + number,
                1 + number % 12,
                1 + number % 28,
                number % 9
            )
        })
        .collect();
    let import = office.import_rows(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    let found = || -> usize {
        let all = files(&office.path("var")).into_iter();
        let database = all.filter(|(path, _)| path.file_name().unwrap().to_string_lossy().starts_with("siap17.db"));
        database.map(|(_, bytes)| bytes.windows(9).filter(|part| part.eq_ignore_ascii_case(b"quenzella")).count()).sum()
    };
    assert!(found() >= 600, "the names are there before");
    office.run(&["roster", "undo", import["import"].as_str().unwrap()]).ok();
    assert_eq!(found(), 0, "with the daemon still running");
    drop(daemon);
}

on_both! {
    fn marks_that_nobody_sees_come_in_by_no_door(office) {
        let marked = |text: &str| text.chars().flat_map(|c| [c, '\u{2067}', '\u{2069}', '\u{61c}', '\u{ad}', '\u{fe0f}', '\u{200d}', '\u{e0041}']).collect::<String>();
        office.import_rows(&[&format!("0091234567,,{},P,2009-12-01,{}", marked("Siti Contoh"), marked("XII IPS 1"))]);
        office.run(&["student", "add", "--name", &marked("Budi Contoh"), "--birth-date", "2009-12-02", "--class", &marked("XII A")]).ok();
        office.run(&["student", "set", "0091234567", "kelurahan", &marked("Ampenan"), "--reason", &marked("kartu keluarga")]).ok();
        office.write("tempat.csv", &format!("code,name,contact_name\n50200002,{},{}\n", marked("SMA Dua"), marked("Bu Rina")));
        office.run(&["place", "import", "tempat.csv"]).ok();
        office.run(&["staff", "add", &marked("Pak Amir"), "--role", "officer"]).ok();
        office.run(&["office", "pause", "printing", "--until", "2026-11-30", "--reason", &marked("printer rusak")]).ok();
        let rows = rows(office);
        for name in ["Siti Contoh", "XII IPS 1", "Budi Contoh", "XII A", "Ampenan", "kartu keluarga", "SMA Dua", "Bu Rina", "Pak Amir", "printer rusak"] {
            assert!(rows.iter().any(|(_, text)| text.contains(name)), "{name} is kept");
        }
        for (column, text) in rows {
            assert!(!text.chars().any(siap17::written::is_unseen), "{column}: {}", text.escape_unicode());
        }
        let refused = office.run(&["visit", "cancel", "01a205cf-4db2-719d-bc10-61e8532c8051", "--reason", "KK 5271/0141/1209/0004"]).refused();
        assert!(refused.contains("NIK") && !refused.contains("0141"), "{refused}");
        let wide = "５２７１ ０１４１ １２０９ ０００４";
        assert!(office.run(&["student", "close", "0091234567", "--reason", "duplicate", "--note", wide]).err.contains("NIK"));
        assert!(!office.run(&["student", "find", wide]).err.contains("５２７１"));
    }
}

//! The day of a visit: broken devices, people who are not on the list, the digital ID.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use calamine::{Data, Reader, Xlsx};
use rust_xlsxwriter::Workbook;
use serde_json::Value;

use crate::support::chats::{count, guardian, heard, link, tap};
use crate::support::{Office, eventually};

const DAY: &str = "2026-11-24";
const SITI: &str = "0091234567";
const BUDI: &str = "0101234568";
const RINA: &str = "0101234569";
const RECORDER: i64 = 601;

fn id(visit: &Value) -> &str {
    visit["id"].as_str().unwrap()
}

/// Three students on one confirmed visit of [`DAY`].
fn confirmed(office: &Office) -> Value {
    office.import_rows(&[
        "0091234567,,Siti Contoh,P,2009-12-01,XII IPS 1",
        "0101234568,5271014202109802,Budi Contoh,L,2010-02-02,XI IPS 1",
        "0101234569,5271014302109803,Rina Contoh,P,2010-03-02,XI IPS 1",
    ]);
    let plan = office.json(&["visit", "plan"]);
    let visit = &plan["visits"][0];
    assert_eq!((visit["date"].as_str(), visit["students"].as_array().map(Vec::len)), (Some(DAY), Some(3)), "{plan}");
    office.run(&["visit", "announce", id(visit)]).ok();
    office.json(&["visit", "confirm", id(visit)])
}

/// A student of the register who is on no list.
fn add(office: &Office, nisn: &str, name: &str) {
    office.run(&["student", "add", "--name", name, "--birth-date", "2010-01-05", "--nisn", nisn]).ok();
}

/// A visit's sheet under `name`, with `fills`: in the row whose cell `name` says so, the text under a title.
fn sheet(office: &Office, visit: &str, name: &str, fills: &[(usize, &str, &str)]) -> PathBuf {
    office.run(&["visit", "sheet", visit, "--out", "blank.xlsx"]).ok();
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(std::fs::read(office.path("blank.xlsx")).unwrap())).unwrap();
    let range = book.worksheet_range_at(0).unwrap().unwrap();
    let text = |cell: &Data| if let Data::Empty = cell { String::new() } else { cell.to_string() };
    let all: Vec<Vec<String>> = range.rows().map(|row| row.iter().map(text).collect()).collect();
    let titles = all.iter().position(|row| row.iter().any(|cell| cell == "Hasil")).expect("the titles");
    let mut rows = all[titles..].to_vec();
    for (row, title, text) in fills {
        let column = rows[0].iter().position(|cell| cell == title).expect("the title");
        rows[*row][column] = (*text).to_owned();
    }
    let mut copy = Workbook::new();
    let sheet = copy.add_worksheet();
    for (at, row) in (0..).zip(&rows) {
        for (column, cell) in (0..).zip(row).filter(|(_, cell)| !cell.is_empty()) {
            sheet.write_string(at, column, cell).unwrap();
        }
    }
    copy.save(office.path(name)).unwrap();
    office.path(name)
}

fn read(office: &Office, visit: &str, path: &Path) -> Value {
    office.json(&["visit", "record", visit, path.to_str().unwrap()])
}

fn kinds(office: &Office, student: &str) -> Vec<String> {
    let why = office.json(&["student", "why", student]);
    why["notices"].as_array().unwrap().iter().map(|notice| notice["kind"].as_str().unwrap().to_owned()).collect()
}

fn results(office: &Office, visit: &str) -> Vec<String> {
    let visits = office.json(&["visit", "list"]);
    let found = visits["visits"].as_array().unwrap().iter().find(|one| id(one) == visit).cloned().unwrap();
    let students = found["students"].as_array().unwrap().iter();
    students.map(|one| format!("{} {}", one["nisn"].as_str().unwrap(), one["result"].as_str().unwrap_or("-"))).collect()
}

on_both! {
    fn a_broken_device_ends_the_day_and_the_rest_is_planned_again(office) {
        let visit = confirmed(office);
        let (team, visit) = (visit["team"].as_str().unwrap().to_owned(), id(&visit).to_owned());
        office.set_clock("2026-11-24T10:00:00+08:00");
        office.run(&["visit", "record", &visit, "--student", SITI, "--result", "recorded"]).ok();
        let broken = office.json(&["team", "broken", &team, "--until", "2026-11-26"]);
        assert_eq!((broken["device_failed"].as_i64(), broken["visits_ended"][0].as_str()), (Some(2), Some(&*visit)), "{broken}");
        assert_eq!(broken["visits_hit"].as_array().map(Vec::len), Some(0), "nothing is left to be kept: {broken}");
        let mut all = results(office, &visit);
        all.sort();
        assert_eq!(all, [format!("{SITI} recorded"), format!("{BUDI} device_failed"), format!("{RINA} device_failed")]);
        for student in [BUDI, RINA] {
            assert!(!kinds(office, student).contains(&"missed_visit".to_owned()), "nobody missed anything");
        }
        // Planned again, on a day of their own.
        let next = office.json(&["visit", "plan"]);
        let again = next["visits"].as_array().unwrap().iter().find(|one| one["state"] == "proposed").unwrap();
        assert_eq!(again["students"].as_array().map(Vec::len), Some(2), "{next}");
        assert!(again["date"].as_str() > Some(DAY), "{next}");
        // The age of the repair.
        office.set_clock("2026-11-26T10:00:00+08:00");
        office.run(&["team", "broken", &team, "--until", "2026-11-30"]).ok();
        let report = office.json(&["report", "daily"]);
        let expected = serde_json::json!([{"team": team, "since": DAY, "until": "2026-11-30", "days": 2}]);
        assert_eq!(report["devices"]["broken"], expected, "{report}");
        office.run(&["team", "repaired", &team]).ok();
        assert_eq!(office.json(&["report", "daily"])["devices"]["broken"], serde_json::json!([]));
        assert!(office.json(&["audit", "verify"])["broken"].is_null());
    }
}

on_both! {
    fn a_list_that_comes_back_after_the_device_broke_goes_before_what_was_presumed(office) {
        let visit = confirmed(office);
        let (team, visit) = (visit["team"].as_str().unwrap().to_owned(), id(&visit).to_owned());
        let list = sheet(office, &visit, "list.xlsx", &[(1, "Hasil", "Direkam"), (2, "Hasil", "Tidak hadir")]);
        office.set_clock("2026-11-24T10:00:00+08:00");
        office.run(&["team", "broken", &team, "--until", DAY]).ok();
        let back = read(office, &visit, &list);
        assert_eq!((back["written"].as_i64(), back["problems"].as_array().map(Vec::len)), (Some(2), Some(0)), "{back}");
        let expected = serde_json::json!({"absent": 1, "device_failed": 1, "recorded": 1});
        assert_eq!(back["results"], expected);
        let again = read(office, &visit, &list);
        assert_eq!((again["written"].as_i64(), again["unchanged"].as_i64()), (Some(0), Some(2)), "{again}");
        // What a person wrote stays, whatever an older list says.
        let other = sheet(office, &visit, "other.xlsx", &[(1, "Hasil", "Menolak")]);
        assert_eq!(read(office, &visit, &other)["problems"][0]["code"], "result_conflict");
    }
}

on_both! {
    fn a_recorder_tells_the_bot_and_who_was_told_of_the_visit_hears_that_it_is_put_off(office) {
        let visit = confirmed(office);
        let visit = id(&visit).to_owned();
        let api = office.bot_api();
        let daemon = office.serve();
        for (chat, name, role) in [(RECORDER, "rina", "recorder"), (RECORDER + 1, "loket", "counter")] {
            office.run(&["staff", "add", name, "--role", role]).ok();
            let code = office.json(&["staff", "link", name])["code"].as_str().unwrap().to_owned();
            api.write(chat, &code);
            tap(&api, chat, "Setuju");
            eventually("the account is linked", || count(&api, chat, "Berhasil") == 1);
        }
        let parent = guardian(701, SITI);
        link(office, &api, &[parent]);
        office.run(&["notice", "resume"]).ok();
        eventually("the visit is told", || heard(&api, 701).iter().any(|text| text.contains("24 November")));
        api.write(RECORDER, "/rusak");
        eventually("no visit today", || count(&api, RECORDER, "tidak ada kunjungan yang masih terbuka") == 1);
        // A daemon that begins on the day, so that no answer is given by the clock of the day before.
        assert_eq!(daemon.stop().0, 0);
        office.set_clock("2026-11-24T10:00:00+08:00");
        let _daemon = office.serve();
        api.write(RECORDER + 1, "/rusak");
        eventually("the counter may not", || count(&api, RECORDER + 1, "tidak boleh") == 1);
        api.write(RECORDER, "/rusak");
        eventually("it asks", || count(&api, RECORDER, "3 siswa hari ini yang belum ada hasilnya") == 1);
        assert!(results(office, &visit).iter().all(|one| one.ends_with('-')), "asking changes nothing");
        tap(&api, RECORDER, "3 hari");
        eventually("it is done", || count(&api, RECORDER, "3 siswa dicatat \"alat rusak\"") == 1);
        assert!(results(office, &visit).iter().all(|one| one.ends_with("device_failed")));
        let broken = office.json(&["report", "daily"])["devices"]["broken"][0].clone();
        assert_eq!((broken["since"].as_str(), broken["until"].as_str()), (Some(DAY), Some("2026-11-26")), "{broken}");
        eventually("the family is told", || count(&api, 701, "ditunda") == 1);
        assert!(api.broken_bounds().is_empty(), "{:?}", api.broken_bounds());
    }
}

on_both! {
    fn who_is_not_on_the_list_is_written_down_if_the_register_knows_them(office) {
        let visit = confirmed(office);
        let visit = id(&visit).to_owned();
        add(office, "0101234577", "Tono Tamu");
        add(office, "0101234578", "Tini Tamu");
        office.set_clock("2026-11-24T10:00:00+08:00");
        let record = |more: &[&str]| office.run(&[&["--json", "visit", "record", &visit][..], more].concat());
        let without = record(&["--student", "0101234577", "--result", "recorded"]);
        assert_eq!((without.code, without.out.contains("--walk-in")), (1, true), "{}", without.out);
        let tono = ["--walk-in", "--student", "0101234577", "--result", "recorded", "--ikd", "active"];
        let done = record(&tono).ok().json();
        assert_eq!((done["walk_in"].as_bool(), done["open"].as_i64()), (Some(true), Some(3)), "{done}");
        assert_eq!(record(&tono).ok().json()["walk_in"], false, "the second time they are on the list");
        assert_eq!(office.json(&["student", "show", "0101234577"])["recorded_on"], DAY);
        assert_eq!(record(&["--walk-in", "--student", "0109999999", "--result", "recorded"]).code, 1);
        // Tono has no class, so he stands first and Siti fourth. The rows at the bottom of the sheet: four on the list, then the empty ones.
        let list = sheet(office, &visit, "list.xlsx", &[
            (4, "Hasil", "Direkam"), (4, "IKD", "Ditawarkan"),
            (5, "NISN", "0101234578"), (5, "Hasil", "Berkas kurang"), (5, "IKD", "Menolak"),
            (6, "NISN", "0109999999"), (6, "Hasil", "Direkam"),
            (7, "Hasil", "Direkam"),
            (8, "NISN", "0101234578"), (8, "Hasil", "Direkam"),
            (9, "NISN", BUDI),
        ]);
        let back = read(office, &visit, &list);
        let codes: Vec<&str> = back["problems"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
        assert_eq!(codes, ["walk_in_unknown", "walk_in_nameless", "twice", "walk_in_without_result"], "{back}");
        assert_eq!(back["walk_ins"], 1);
        let again = read(office, &visit, &list);
        assert_eq!((again["written"].as_i64(), again["walk_ins"].as_i64()), (Some(0), Some(0)), "{again}");
        let ikd = |offered: i64, active: i64, refused: i64| serde_json::json!({"offered": offered, "active": active, "refused": refused});
        assert_eq!(office.json(&["report", "daily"])["ikd"], ikd(1, 1, 1));
        // Who was offered it is active now; the older list takes nothing back, and a contradiction is shown.
        record(&["--student", SITI, "--result", "absent", "--ikd", "active"]).ok();
        read(office, &visit, &list);
        assert_eq!(office.json(&["report", "daily"])["ikd"], ikd(0, 2, 1).clone());
        let other = sheet(office, &visit, "other.xlsx", &[(5, "IKD", "Menolak"), (3, "IKD", "entah")]);
        let problems = read(office, &visit, &other)["problems"].clone();
        assert_eq!((problems[0]["code"].as_str(), problems[1]["code"].as_str()), (Some("ikd_unknown"), Some("ikd_conflict")), "{problems}");
        assert_eq!(record(&["--student", SITI, "--result", "absent", "--ikd", "mungkin"]).code, 2);
    }
}

on_both! {
    fn an_outsider_is_told_where_to_go_and_an_absent_student_is_planned_again(office) {
        let visit = confirmed(office);
        let visit = id(&visit).to_owned();
        office.set_clock("2026-11-24T15:00:00+08:00");
        let record = |student: &str, result: &str| office.run(&["visit", "record", &visit, "--student", student, "--result", result]).ok();
        let answer = record(SITI, "outsider");
        assert!(answer.out.contains("issued the family card"), "{}", answer.out);
        record(BUDI, "absent");
        record(RINA, "recorded");
        let why = office.json(&["student", "why", SITI]);
        let missed = why["notices"].as_array().unwrap().iter().find(|one| one["kind"] == "missed_visit").unwrap();
        assert_eq!(missed["variant"], "outsider");
        assert!(kinds(office, BUDI).contains(&"missed_visit".to_owned()));
        let next = office.json(&["visit", "plan"]);
        assert!(next["visits"].to_string().contains(BUDI), "{next}");
        let away = next["unplaced"].as_array().unwrap().iter().find(|one| one["nisn"] == SITI).unwrap();
        assert_eq!(away["reason"], "outside_the_region", "another office records her");
    }
}

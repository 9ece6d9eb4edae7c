//! Visits: planned, settled, moved, and their day written down.

use std::io::Cursor;
use std::path::PathBuf;

use calamine::{Data, Reader, Xlsx};
use rust_xlsxwriter::Workbook;
use serde_json::Value;

use crate::support::{Engine, Office, SCHOOL};

/// The first morning after [`crate::support::MORNING`] on which the sample school is visited.
const DAY: &str = "2026-11-24";

fn plan(office: &Office) -> Value {
    office.json(&["visit", "plan"])
}

/// Who is met at all, by the visits of a plan.
fn met(plan: &Value) -> Vec<String> {
    let visits = plan["visits"].as_array().unwrap().iter();
    let students = visits.flat_map(|visit| visit["students"].as_array().unwrap());
    students.map(|student| student["nisn"].as_str().unwrap().to_owned()).collect()
}

fn id(visit: &Value) -> &str {
    visit["id"].as_str().unwrap()
}

/// Three students of whom the first turns 17 soon; the first planned visit, announced and confirmed.
fn confirmed(office: &Office) -> Value {
    office.import_rows(&[
        "0091234567,,Siti Contoh,P,2009-12-01,XII IPS 1",
        "0101234568,5271014202109802,Budi Contoh,L,2010-02-02,XI IPS 1",
        "0101234569,5271014302109803,=CMD(1),P,2010-03-02,XI IPS 1",
    ]);
    let plan = plan(office);
    let visit = &plan["visits"][0];
    assert_eq!((visit["date"].as_str(), visit["students"].as_array().map(Vec::len)), (Some(DAY), Some(3)), "{plan}");
    office.run(&["visit", "announce", id(visit)]).ok();
    office.json(&["visit", "confirm", id(visit)])
}

/// A row of a sheet.
type Row = Vec<String>;

/// Fetches a visit's sheet, lets `fill` change its rows (titles first), and saves it under `name`.
fn filled(office: &Office, visit: &str, name: &str, fill: impl FnOnce(&mut Vec<Row>)) -> PathBuf {
    office.run(&["visit", "sheet", visit, "--out", "blank.xlsx"]).ok();
    let bytes = std::fs::read(office.path("blank.xlsx")).unwrap();
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let range = book.worksheet_range_at(0).unwrap().unwrap();
    let text = |cell: &Data| match cell {
        Data::Empty => String::new(),
        other => other.to_string(),
    };
    let all: Vec<Row> = range.rows().map(|row| row.iter().map(text).collect()).collect();
    let titles = all.iter().position(|row| row.iter().any(|cell| cell == "Hasil")).expect("the titles");
    let mut rows = all[titles..].to_vec();
    fill(&mut rows);
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (at, row) in (0..).zip(&rows) {
        for (column, cell) in (0..).zip(row).filter(|(_, cell)| !cell.is_empty()) {
            sheet.write_string(at, column, cell).unwrap();
        }
    }
    let path = office.path(name);
    book.save(&path).unwrap();
    path
}

/// Puts `text` under the title `column` in the row of the student called `name`.
fn put(rows: &mut [Row], name: &str, column: &str, text: &str) {
    let at = rows[0].iter().position(|title| title == column).unwrap();
    let row = rows.iter_mut().find(|row| row.iter().any(|cell| cell == name)).unwrap();
    row[at] = text.to_owned();
}

on_both! {
    fn a_plan_meets_everybody_before_17_and_stays_as_it_is(office) {
        office.import_sample();
        let first = plan(office);
        assert_eq!((first["from"].as_str(), first["to"].as_str()), (Some(DAY), Some("2027-11-23")));
        assert_eq!(first["summary"]["due"], first["summary"]["on_time"]);
        assert_eq!(first["summary"]["late"], 0);
        assert!(first["cut_at"].is_null());
        let mut all = met(&first);
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count, "nobody is met twice");
        assert!(count > 10, "{first}");
        assert!(first["unknown"].as_i64().unwrap() > 0, "over 17 at the first import");
        let audited = office.json(&["audit", "verify"])["entries"].clone();
        let again = plan(office);
        assert_eq!(again["changes"]["unchanged"], first["changes"]["added"]);
        assert_eq!(first["visits"], again["visits"], "the same plan, the same IDs");
        assert_eq!(office.json(&["audit", "verify"])["entries"], audited, "nothing done, nothing written");
        let dry = office.json(&["visit", "plan", "--from", "2027-01-04", "--dry-run"]);
        assert!(dry["visits"][0]["id"].is_null());
        assert_eq!(office.json(&["visit", "list"])["visits"], first["visits"], "a dry run keeps nothing");
        // Page by page.
        let page = office.json(&["visit", "list", "--limit", "1"]);
        let rest = office.json(&["visit", "list", "--after", page["next"].as_str().unwrap()]);
        assert_eq!(rest["visits"].as_array().unwrap().len() + 1, first["visits"].as_array().unwrap().len());
        assert!(rest["next"].is_null());
    }
}

on_both! {
    fn a_list_of_which_only_some_columns_were_sorted_gives_nobody_anothers_result(office) {
        let visit = confirmed(office);
        office.set_clock("2026-11-24T15:00:00+08:00");
        let path = filled(office, id(&visit), "sorted.xlsx", |rows| {
            for (name, result) in [("Siti Contoh", "Direkam"), ("Budi Contoh", "Menolak")] {
                put(rows, name, "Hasil", result);
            }
            let at = |rows: &[Row], name: &str| rows.iter().position(|row| row.iter().any(|cell| cell == name)).unwrap();
            let (siti, budi) = (at(rows, "Siti Contoh"), at(rows, "Budi Contoh"));
            // All but the two hidden columns of IDs.
            for column in 0..rows[0].len() - 2 {
                let cell = rows[siti][column].clone();
                rows[siti][column] = std::mem::replace(&mut rows[budi][column], cell);
            }
        });
        let report = office.run(&["--json", "visit", "record", id(&visit), path.to_str().unwrap()]).json();
        let codes: Vec<&str> = report["problems"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
        assert_eq!(codes, ["another_student", "another_student"], "{report}");
        for nisn in ["0091234567", "0101234568"] {
            assert_ne!(office.json(&["student", "show", nisn])["recorded"]["state"], "yes");
        }
        assert_eq!(report["written"], 0, "{report}");
    }
}

on_both! {
    fn a_list_of_which_the_names_or_the_numbers_alone_were_sorted_gives_nobody_anothers_result(office) {
        let visit = confirmed(office);
        office.set_clock("2026-11-24T15:00:00+08:00");
        let swapped = |file: &str, of: [&str; 2]| {
            filled(office, id(&visit), file, |rows| {
                for (name, result) in [("Siti Contoh", "Direkam"), ("Budi Contoh", "Menolak"), ("=CMD(1)", "Menolak")] {
                    put(rows, name, "Hasil", result);
                }
                let find = |rows: &[Row], text: &str| {
                    rows.iter().enumerate().find_map(|(at, row)| Some((at, row.iter().position(|cell| cell == text)?))).unwrap()
                };
                let [(one, column), (other, _)] = of.map(|text| find(rows, text));
                let cell = rows[one][column].clone();
                rows[one][column] = std::mem::replace(&mut rows[other][column], cell);
            })
        };
        for (file, of, what) in [
            ("names.xlsx", ["Siti Contoh", "Budi Contoh"], "another name"),
            ("numbers.xlsx", ["0091234567", "0101234568"], "another NISN"),
        ] {
            let path = swapped(file, of);
            let report = office.run(&["--json", "visit", "record", id(&visit), path.to_str().unwrap()]).json();
            let problems = report["problems"].as_array().unwrap();
            assert_eq!(problems.len(), 2, "{report}");
            assert_eq!(report["results"], serde_json::json!({"refused": 1}), "the other row goes in: {report}");
            for problem in problems {
                let (cell, message) = (problem["cell"].as_str().unwrap(), problem["message"].as_str().unwrap());
                assert_eq!(problem["code"], "another_student");
                assert!(message.starts_with(cell) && message.contains(what) && message.contains("visit record"), "{message}");
            }
        }
        for nisn in ["0091234567", "0101234568"] {
            assert_ne!(office.json(&["student", "show", nisn])["recorded"], "yes");
        }
    }
}

on_both! {
    fn beyond_the_known_holidays_nothing_is_planned(office) {
        office.import_rows(&["0111234567,,Siti Contoh,P,2011-02-01,X 1"]);
        office.set_clock("2027-06-01T08:30:00+08:00");
        let answer = office.run(&["--json", "visit", "plan"]).ok();
        assert!(answer.err.contains("the plan ends on 2027-12-31"), "{}", answer.err);
        let cut = answer.json();
        assert_eq!((cut["to"].as_str(), cut["cut_at"].as_str()), (Some("2027-12-31"), Some("2027-12-31")));
        office.set_clock("2028-01-10T08:30:00+08:00");
        assert!(office.run(&["visit", "plan"]).refused().contains("holidays of the year of 2028-01-11 are not known"));
        assert!(office.run(&["visit", "plan", "--from", "2027-12-01"]).refused().contains("is past"));
    }
}

on_both! {
    fn everybody_without_a_visit_has_a_reason(office) {
        let text = "code,kind,name,latitude,longitude\nV1,village,Kelurahan Contoh,,\nV2,village,Pulau Jauh,-5.5,120.5\n";
        let path = office.write("villages.csv", text);
        office.run(&["place", "import", path.to_str().unwrap()]).ok();
        office.import_rows(&[
            "0091234567,,Siti Contoh,P,2010-02-01,XI IPS 1",
            "0121234568,,Andi Contoh,L,2012-02-01,X 1",
            "0101234569,,Rina Contoh,P,2010-02-01,XI IPS 1",
        ]);
        office.run(&["student", "set", "Rina Contoh", "left_school", "yes", "--reason", "pindah kerja"]).ok();
        for (name, place) in [("Nusa Satu", Some("V1")), ("Nusa Dua", Some("V2")), ("Nusa Tiga", None)] {
            let mut add = vec!["student", "add", "--name", name, "--birth-date", "2010-03-01"];
            add.extend(place.iter().flat_map(|place| ["--place", place]));
            office.run(&add).ok();
        }
        let plan = plan(office);
        assert_eq!(met(&plan), ["0091234567"]);
        let mut reasons: Vec<&str> =
            plan["unplaced"].as_array().unwrap().iter().map(|one| one["reason"].as_str().unwrap()).collect();
        reasons.sort_unstable();
        assert_eq!(reasons, ["left_school", "no_coordinates", "no_place", "outside_the_horizon", "unreachable"]);
        // Over 17 at the first import: planned once somebody says that there is no recording.
        office.import_rows(&["0081234567,,Tua Contoh,P,2008-02-01,XII IPS 1"]);
        assert_eq!(met(&office.json(&["visit", "plan"])), ["0091234567"]);
        office.run(&["student", "set", "Tua Contoh", "recorded", "no", "--reason", "ditanya"]).ok();
        let plan = office.json(&["visit", "plan"]);
        assert!(met(&plan).contains(&"0081234567".to_owned()));
        assert_eq!(plan["summary"]["late"], 1);
    }
}

on_both! {
    fn settled_visits_stay_and_cancelled_ones_free_their_students(office) {
        let visit = confirmed(office);
        office.import_rows(&["0101234570,,Rina Contoh,P,2010-02-01,XI IPS 1"]);
        let next = plan(office);
        let kept = &next["visits"][0];
        assert_eq!((id(kept), &kept["starts_at"], &kept["students"]), (id(&visit), &visit["starts_at"], &visit["students"]));
        assert_eq!(met(&next).len(), 4, "the newcomer is met too: {next}");
        assert_eq!(office.run(&["visit", "cancel", id(&visit), "--reason", " "]).code, 2, "a reason that says nothing");
        office.run(&["visit", "cancel", id(&visit), "--reason", "banjir"]).ok();
        assert!(office.run(&["visit", "confirm", id(&visit)]).refused().contains("is cancelled"));
        let next = plan(office);
        assert_eq!(met(&next).len(), 4, "the cancelled visit's students are planned again");
        assert!(next["visits"].as_array().unwrap().iter().all(|one| id(one) != id(&visit)));
    }
}

on_both! {
    fn a_visit_moves_only_to_a_day_on_which_it_can_be(office) {
        let visit = confirmed(office);
        let go = |to: &str| office.run(&["visit", "move", id(&visit), "--to", to]);
        assert!(go("2026-11-29").refused().contains("does not work"));
        assert!(go("2026-12-25").refused().contains("is closed on 2026-12-25") || go("2026-12-25").refused().contains("holiday"));
        assert!(go("2026-12-28").refused().contains("Libur semester"));
        assert!(go("2026-11-27").refused().contains("does not go out"), "teams stay at home on Fridays");
        assert!(go("2026-11-20").refused().contains("is past"));
        assert!(go("2028-01-10").refused().contains("holidays"));
        assert!(go(DAY).refused().contains("already"));
        let moved = office.json(&["visit", "move", id(&visit), "--to", "2026-12-02"]);
        assert_eq!((moved["visit"]["date"].as_str(), moved["visit"]["state"].as_str()), (Some("2026-12-02"), Some("announced")));
        assert_eq!(moved["visit"]["revision"], 2);
        assert_eq!(moved["turned_17"][0]["nisn"], "0091234567", "17 on 1 December");
        let out = office.json(&["visit", "move", id(&visit), "--to", "2027-05-24"]);
        assert_eq!(out["out_of_reach"][0]["nisn"], "0091234567", "grade XII has left by then");
        let next = plan(office);
        assert!(met(&next).iter().filter(|nisn| *nisn == "0091234567").count() == 2, "planned again: {next}");
    }
}

on_both! {
    fn a_pause_or_a_broken_team_shows_the_visits_that_it_hits(office) {
        let visit = confirmed(office);
        let team = visit["team"].as_str().unwrap();
        let broken = office.json(&["team", "broken", team, "--until", "2026-11-30"]);
        assert_eq!((id(&broken["visits_hit"][0]["visit"]), broken["visits_hit"][0]["code"].as_str()), (id(&visit), Some("team_off")));
        let other = plan(office)["visits"].as_array().unwrap().iter().find(|one| one["state"] == "proposed").cloned();
        assert!(other.is_none(), "everybody is on the settled visit");
        office.run(&["team", "repaired", team]).ok();
        let paused = office.run(&["office", "pause", "recording", "--until", "2026-11-30", "--reason", "server mati"]).ok();
        assert!(paused.out.contains("cannot be kept") && paused.out.contains("server mati"), "{}", paused.out);
        office.run(&["visit", "cancel", id(&visit), "--reason", "server mati"]).ok();
        let next = plan(office);
        let dates: Vec<&str> = next["visits"].as_array().unwrap().iter().map(|one| one["date"].as_str().unwrap()).collect();
        assert_eq!(dates, ["2026-12-01"], "right after the pause, late for Siti, in time for the others");
        assert_eq!((next["summary"]["on_time"].as_i64(), next["summary"]["late"].as_i64()), (Some(2), Some(1)));
        let quiet = office.json(&["office", "apply", "config/office.sample.toml"]);
        assert_eq!(quiet["visits_hit"].as_array().map(Vec::len), Some(0));
    }
}

on_both! {
    fn a_changed_calendar_plans_anew_what_is_only_proposed(office) {
        office.import_rows(&[
            "0091234567,,Siti Contoh,P,2009-12-01,XII IPS 1",
            "0101234568,,Budi Contoh,L,2010-02-02,XI IPS 1",
        ]);
        let first = plan(office);
        assert_eq!(first["difference"][0]["change"], "added");
        assert_eq!(first["summary"]["help"], Value::Null);
        assert_eq!(first["small_days"][0]["students"], 2, "two students: a telephone call would do");
        let visit = &first["visits"][0];
        assert_eq!((visit["date"].as_str(), visit["team"].as_str()), (Some(DAY), Some("Tim A")));
        // The team that would go stays at home: the other one goes, on the same day.
        let broken = office.json(&["team", "broken", "Tim A", "--until", "2026-11-30"]);
        assert_eq!(broken["replanned"]["difference"][0]["change"], "moved", "{broken}");
        assert_eq!(broken["replanned"]["difference"][0]["before"]["team"], "Tim A");
        assert_eq!(broken["replanned"]["difference"][0]["after"]["team"], "Tim B");
        assert_eq!(broken["replanned"]["difference"][0]["after"]["date"], DAY);
        let again = office.run(&["team", "repaired", "Tim A"]).ok();
        assert!(again.out.contains("stay as they were"), "nothing is gained by going back: {}", again.out);
        // A closure, a day that is too short, and a device that is away.
        let sample = std::fs::read_to_string("config/office.sample.toml").unwrap();
        let apply = |more: &str| {
            std::fs::write(office.path("office.toml"), format!("{sample}\n{more}")).unwrap();
            office.json(&["office", "apply", office.path("office.toml").to_str().unwrap()])
        };
        let date_of = |answer: &Value| answer["replanned"]["difference"][0]["after"]["date"].as_str().map(str::to_owned);
        let closed = apply("[[closure]]\nfrom = \"2026-11-24\"\nto = \"2026-11-24\"\nreason = \"Ujian\"\nscope = \"schools\"\n");
        assert_eq!(date_of(&closed).as_deref(), Some("2026-11-25"));
        let short = apply("[[planning.short_day]]\nminutes = 40\nfrom = \"2026-11-23\"\nto = \"2026-11-25\"\nreason = \"Puasa\"\n");
        assert_eq!(date_of(&short).as_deref(), Some("2026-11-26"));
        let dry = office.json(&["visit", "plan", "--dry-run"]);
        assert_eq!(dry["difference"].as_array().map(Vec::len), Some(0), "{dry}");
        let village = office.run(&["office", "apply", "config/office.sample.toml"]).ok();
        assert!(village.out.contains("applied") || village.out.contains("changed"), "{}", village.out);
    }
}

on_both! {
    fn what_cannot_be_is_not_announced(office) {
        office.import_rows(&["0091234567,,Siti Contoh,P,2009-12-01,XII IPS 1"]);
        let plan = plan(office);
        let visit = id(&plan["visits"][0]);
        office.run(&["team", "broken", plan["visits"][0]["team"].as_str().unwrap(), "--until", "2026-11-30"]).ok();
        let refused = office.run(&["visit", "announce", visit]).refused();
        assert!(refused.contains("there is no visit"), "the plan was made anew at once: {refused}");
    }
}

on_both! {
    fn of_many_plans_at_once_there_is_one(office) {
        office.import_sample();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| office.run(&["visit", "plan"]).ok());
            }
        });
        let visits = office.json(&["visit", "list"]);
        let all = met(&visits);
        assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), all.len(), "{visits}");
        let added = plan(office)["changes"].clone();
        assert_eq!((added["added"].as_i64(), added["removed"].as_i64()), (Some(0), Some(0)), "{added}");
    }
}

on_both! {
    fn a_list_goes_along_and_comes_back(office) {
        let visit = confirmed(office);
        let visit = id(&visit);
        let fill = |rows: &mut Vec<Row>| {
            put(rows, "Siti Contoh", "Hasil", "Direkam");
            put(rows, "Siti Contoh", "NIK (dari KK)", "5271014112099801");
            put(rows, "Budi Contoh", "Hasil", "tidak hadir");
            put(rows, "Budi Contoh", "Catatan", "sakit");
            put(rows, "=CMD(1)", "Hasil", "entah");
            rows[1..].reverse();
        };
        let path = filled(office, visit, "list.xlsx", fill);
        let early = office.run(&["visit", "record", visit, path.to_str().unwrap()]).refused();
        assert!(early.contains("cannot be written before"), "{early}");
        office.set_clock("2026-11-24T15:00:00+08:00");
        let read = office.json(&["visit", "record", visit, path.to_str().unwrap()]);
        assert_eq!((read["written"].as_i64(), read["niks"].as_i64(), read["open"].as_i64()), (Some(2), Some(1), Some(1)));
        assert_eq!((read["state"].as_str(), read["problems"][0]["code"].as_str()), (Some("done"), Some("result_unknown")));
        assert!(read["problems"][0]["cell"].as_str().unwrap().starts_with('H'), "{read}");
        let siti = office.json(&["student", "show", "0091234567", "--with-nik"]);
        assert_eq!((siti["recorded"].as_str(), siti["recorded_on"].as_str()), (Some("yes"), Some(DAY)));
        assert_eq!(siti["nik"], "5271014112099801");
        let kinds = |text: &str| -> Vec<String> {
            let why = office.json(&["student", "why", text]);
            why["notices"].as_array().unwrap().iter().map(|n| n["kind"].as_str().unwrap().to_owned()).collect()
        };
        assert!(kinds("0091234567").contains(&"recorded".to_owned()));
        assert!(kinds("0101234568").contains(&"missed_visit".to_owned()));
        let before = office.json(&["audit", "verify"])["entries"].clone();
        let again = office.json(&["visit", "record", visit, path.to_str().unwrap()]);
        assert_eq!((again["written"].as_i64(), again["niks"].as_i64(), again["unchanged"].as_i64()), (Some(0), Some(0), Some(2)));
        assert_eq!(office.json(&["audit", "verify"])["entries"], before, "a second reading changes nothing");
        // Whoever was not recorded is planned again.
        assert_eq!(met(&plan(office)).len(), 2);
        // What contradicts an earlier result is shown and left; by hand it is corrected.
        let other = filled(office, visit, "other.xlsx", |rows| put(rows, "Siti Contoh", "Hasil", "Menolak"));
        let conflict = office.json(&["visit", "record", visit, other.to_str().unwrap()]);
        assert_eq!(conflict["problems"][0]["code"], "result_conflict");
        assert_eq!(office.json(&["student", "show", "0091234567"])["recorded"], "yes");
        office.run(&["visit", "record", visit, "--student", "0091234567", "--result", "refused", "--reason", "salah tulis"]).ok();
        assert_eq!(office.json(&["student", "show", "0091234567"])["recorded"], "no");
        let done = office.json(&["visit", "record", visit, "--student", "0101234569", "--result", "papers_missing"]);
        assert_eq!((done["open"].as_i64(), done["before"].is_null()), (Some(0), true));
        let unknown = office.run(&["visit", "record", visit, "--student", "0101234569", "--result", "entah"]);
        assert_eq!(unknown.code, 2, "a result that does not exist is wrong usage");
    }
}

on_both! {
    fn a_wrong_list_is_refused_and_changes_nothing(office) {
        let visit = confirmed(office);
        office.import_rows(&["0101234570,,Rina Contoh,P,2010-02-01,XI IPS 1"]);
        let next = plan(office);
        let other = next["visits"].as_array().unwrap().iter().find(|one| id(one) != id(&visit)).unwrap().clone();
        let foreign = filled(office, id(&other), "foreign.xlsx", |rows| put(rows, "Rina Contoh", "Hasil", "Direkam"));
        office.set_clock("2026-11-24T15:00:00+08:00");
        let record = |path: &PathBuf| office.run(&["visit", "record", id(&visit), path.to_str().unwrap()]);
        assert!(record(&foreign).refused().contains("another visit"));
        let blank = filled(office, id(&visit), "empty.xlsx", |_| ());
        assert!(record(&blank).refused().contains("no result yet"));
        let lost = filled(office, id(&visit), "lost.xlsx", |rows| {
            for row in rows {
                row.truncate(11);
            }
        });
        assert!(record(&lost).refused().contains("not the list of a visit"));
        assert!(record(&office.write("x.xlsx", "PK no")).refused().contains("neither CSV text nor an XLSX workbook"));
        let proposed = office.run(&["visit", "record", id(&other), foreign.to_str().unwrap()]).refused();
        assert!(proposed.contains("the visit is proposed"), "{proposed}");
        assert_eq!(office.json(&["visit", "list", "--state", "confirmed"])["visits"][0]["id"], visit["id"]);
        // A NIK that somebody else has is nobody else's.
        let taken = filled(office, id(&visit), "taken.xlsx", |rows| {
            put(rows, "Siti Contoh", "Hasil", "Direkam");
            put(rows, "Siti Contoh", "NIK (dari KK)", "5271014202109802");
        });
        let answer = office.run(&["--json", "visit", "record", id(&visit), taken.to_str().unwrap()]).ok();
        assert_eq!(answer.json()["problems"][0]["code"], "nik_taken");
        assert!(!answer.out.contains("5271014202109802") && !answer.err.contains("5271014202109802"));
    }
}

on_both! {
    fn a_recorder_plans_and_records_and_nothing_else(office) {
        office.run(&["staff", "add", "Loket Contoh", "--role", "counter"]).ok();
        let refused = office.run(&["--as", "Loket Contoh", "place", "list"]).refused();
        assert!(refused.contains("may not"), "contacts' telephone numbers are not for everybody: {refused}");
        let visit = confirmed(office);
        office.run(&["staff", "add", "rina", "--role", "recorder"]).ok();
        office.run(&["staff", "add", "loket", "--role", "counter"]).ok();
        office.run(&["--as", "rina", "visit", "sheet", id(&visit), "--out", "r.xlsx", "--with-nik"]).ok();
        assert!(office.run(&["--as", "loket", "visit", "list"]).refused().contains("may not do this"));
        assert!(office.run(&["--as", "loket", "visit", "sheet", id(&visit), "--out", "l.xlsx"]).refused().contains("may not"));
        // The counter may pause recording; that it may not see visits does not make the pause fail.
        office.run(&["--as", "loket", "office", "pause", "recording", "--until", "2026-11-30", "--reason", "alat"]).ok();
    }
}

#[test]
fn what_if_needs_nothing_but_a_file() {
    let office = Office::new(Engine::Sqlite);
    std::fs::remove_file(office.path("var/siap17.key")).unwrap();
    office.write("config/siap17.toml", "this is no configuration");
    let text = format!(
        r#"{{"format": "siap17-planner/1", "start": "2026-11-23", "days": 10, "holidays": [],
        "params": {{"day_minutes": 360, "setup_minutes": 45, "minutes_per_student": 5, "speed_kmh": 30, "detour": 1.3}},
        "schools": [{{"npsn": "{SCHOOL}", "name": "A", "kecamatan": "K", "lat": -8.57, "lon": 116.08,
            "working_days": [1, 2, 3, 4, 5], "blackouts": []}}],
        "teams": [{{"name": "Tim A", "devices": 2, "lat": -8.58, "lon": 116.11, "working_days": [3],
            "days_off": [], "device_changes": []}}],
        "students": [{{"nisn": "0091234567", "npsn": "{SCHOOL}", "birth": "2009-12-01", "grade": 12, "leaves": null}}]}}"#
    );
    office.write("instance.json", &text);
    let answer = office.run(&["visit", "what-if", "instance.json", "--moves", "10", "--seconds", "5"]).ok();
    let visit = &answer.json()["visits"][0];
    assert_eq!((visit["date"].as_str(), visit["npsn"].as_str()), (Some("2026-11-25"), Some(SCHOOL)));
    assert!(answer.err.contains("1 on time"), "{}", answer.err);
    let cut = office.run(&["--json", "visit", "what-if", "instance.json", "--seconds", "0"]).ok();
    assert_eq!(cut.json()["cut_off"], true);
    assert!(cut.err.contains("cut off"), "{}", cut.err);
    office.write("bad.json", &text.replace("\"days\": 10", "\"days\": -3"));
    assert!(office.run(&["visit", "what-if", "bad.json"]).refused().contains("bad.json: the instance cannot be read"));
    assert!(office.run(&["visit", "what-if", "none.json"]).refused().contains("cannot be read"));
}

//! What a school sends is understood, and what does not look right waits for a person.

use serde_json::Value;

use crate::support::{Office, SCHOOL};

/// Twelve students of one school.
fn class(first: usize) -> Vec<String> {
    const NAMES: [&str; 12] = [
        "Agus Contoh",
        "Bunga Rekaan",
        "Citra Sintetis",
        "Dewi Fiktif",
        "Eko Pratama",
        "Fajar Hidayat",
        "Gita Lestari",
        "Hadi Nugroho",
        "Indah Permana",
        "Joko Setiawan",
        "Kartika Wulandari",
        "Lestari Rahmawati",
    ];
    let row = |(number, name): (usize, &&str)| {
        let (day, month, serial) = (number + 1, number % 12 + 1, first + number);
        format!("01{serial:08},527101{day:02}{month:02}10{serial:04},{name},L,2010-{month:02}-{day:02},X IPS 1")
    };
    NAMES.iter().enumerate().map(row).collect()
}

fn send(office: &Office, name: &str, rows: &[String], more: &[&str]) -> (i32, Value) {
    let text = format!("nisn,nik,nama,jk,tanggal_lahir,rombel\n{}\n", rows.join("\n"));
    let path = office.write(name, &text);
    let mut arguments = vec!["--json", "roster", "import", path.to_str().unwrap()];
    arguments.extend(more);
    let answer = office.run(&arguments);
    (answer.code, answer.json())
}

fn codes(file: &Value) -> Vec<String> {
    file["problems"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect()
}

fn id(report: &Value) -> String {
    report["import"].as_str().expect("an import's ID").to_owned()
}

on_both! {
    fn another_schools_list_waits_for_a_person(office) {
        let (code, first) = send(office, "a.csv", &class(1), &["--place", SCHOOL]);
        assert_eq!((code, first["files"][0]["new"].as_i64()), (0, Some(12)));
        let others: Vec<String> = class(500).iter().map(|row| row.replace("Contoh", "Lain").replace("2010-", "2009-").replace(",L,", ",P,")).collect();
        let others: Vec<String> = others.iter().map(|row| { let mut cells: Vec<&str> = row.split(',').collect(); cells[1] = ""; cells.join(",") }).collect();
        let (code, parked) = send(office, "b.csv", &others, &["--place", SCHOOL]);
        assert_eq!((code, parked["state"].as_str()), (1, Some("parked")));
        let file = &parked["files"][0];
        assert!(codes(file).contains(&"wrong_file".to_owned()), "{file}");
        assert_eq!(office.run(&["student", "find", "Agus Lain"]).code, 1, "nothing of it was taken");
        let (_, again) = send(office, "b.csv", &others, &["--place", SCHOOL]);
        assert_eq!(again["import"], parked["import"], "the same file waits once");
        assert!(office.run(&["roster", "list"]).ok().out.contains("WAITS for review  b.csv"));
        let review = office.json(&["roster", "review", &id(&parked)]);
        assert!(review["reason"].as_str().unwrap().contains("only 0 of 12 rows"), "{review}");
        let accepted = office.json(&["roster", "review", &id(&parked), "--accept"]);
        assert_eq!((accepted["state"].as_str(), accepted["report"]["new"].as_i64()), (Some("applied"), Some(12)));
        office.run(&["student", "find", "Agus Lain"]).ok();
        assert!(office.json(&["audit", "verify"])["broken"].is_null());
    }
}

on_both! {
    fn what_the_file_says_of_its_school_counts(office) {
        office.write("places.csv", "code,kind,name\n50200777,school,SMAN Lain\n");
        office.run(&["place", "import", "places.csv"]).ok();
        let sample = Office::sample();
        let answer = office.run(&["--json", "roster", "import", sample.to_str().unwrap(), "--place", "50200777"]);
        assert_eq!((answer.code, answer.json()["state"].as_str()), (1, Some("parked")), "it names another school");
        assert!(answer.json()["files"][0]["problems"][0]["message"].as_str().unwrap().contains("SMA CONTOH SINTETIS"));
        send(office, "a.csv", &class(1), &["--place", SCHOOL]);
        assert_eq!(office.import_sample()["state"], "applied", "an export that names the school is its own, whoever is new");
    }
}

on_both! {
    fn a_refused_file_is_refused_for_good(office) {
        send(office, "a.csv", &class(1), &["--place", SCHOOL]);
        let others: Vec<String> = class(500).iter().map(|row| row.replace("2010-", "2009-").replace(" ", " B")).collect();
        let (_, parked) = send(office, "b.csv", &others, &["--place", SCHOOL]);
        assert_eq!(parked["state"], "parked", "{parked}");
        let refused = office.json(&["roster", "review", &id(&parked), "--reject"]);
        assert_eq!(refused["state"], "refused");
        assert!(office.run(&["roster", "review", &id(&parked), "--accept"]).refused().contains("nothing of this import is open"));
        assert_eq!(office.json(&["student", "find", "Contoh"])["students"].as_array().map(Vec::len), Some(1));
    }
}

on_both! {
    fn one_column_sorted_renames_nobody(office) {
        send(office, "a.csv", &class(1), &["--place", SCHOOL]);
        let mut names: Vec<String> = class(1).iter().map(|row| row.split(',').nth(2).unwrap().to_owned()).collect();
        names.rotate_left(5);
        let shuffled: Vec<String> = class(1).iter().zip(&names).map(|(row, name)| {
            let mut cells: Vec<&str> = row.split(',').collect();
            cells[2] = name;
            cells.join(",")
        }).collect();
        let (code, parked) = send(office, "b.csv", &shuffled, &["--place", SCHOOL]);
        assert_eq!((code, parked["state"].as_str()), (1, Some("parked")), "{parked}");
        assert!(parked["files"][0]["problems"][0]["message"].as_str().unwrap().contains("one column was sorted"));
        assert_eq!(office.json(&["student", "show", "0100000001"])["name"], "Agus Contoh");
    }
}

on_both! {
    fn another_nik_or_birth_date_waits_for_a_second_person(office) {
        office.run(&["staff", "add", "Bu Dua", "--role", "officer"]).ok();
        let mut rows = class(1);
        send(office, "a.csv", &rows, &["--place", SCHOOL]);
        rows[0] = "0100000001,5271010101100777,Agus Contoh,L,2010-01-01,X IPS 1".into();
        rows[1] = rows[1].replace("2010-02-02", "2010-02-12");
        let (code, second) = send(office, "b.csv", &rows, &["--place", SCHOOL]);
        assert_eq!((code, second["files"][0]["review"].as_i64()), (0, Some(2)), "{second}");
        let import = id(&second);
        let review = office.json(&["roster", "review", &import]);
        let kinds: Vec<&str> = review["proposals"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["nik", "birth_date"]);
        assert!(!review.to_string().contains("5271010101100777"), "a NIK is masked");
        let whole = office.json(&["roster", "review", &import, "--with-nik"]);
        assert_eq!(whole["proposals"][0]["new"], "5271010101100777", "{whole}");
        office.run(&["staff", "add", "operator", "--role", "school", "--place", SCHOOL]).ok();
        assert_eq!(office.run(&["--as", "operator", "roster", "review", &import, "--with-nik"]).code, 1);
        let alone = office.run(&["roster", "review", &import, "--accept"]).refused();
        assert!(alone.contains("second person"), "{alone}");
        assert_eq!(office.json(&["student", "show", "0100000002"])["birth_date"], "2010-02-02", "kept until then");
        let decided = office.json(&["--as", "Bu Dua", "roster", "review", &import, "--accept", "2", "3"]);
        assert!(decided["proposals"].as_array().unwrap().iter().all(|one| one["state"] == "accepted"), "{decided}");
        assert_eq!(office.json(&["student", "show", "0100000002"])["birth_date"], "2010-02-12");
        assert_eq!(office.student_id("5271010101100777"), office.student_id("0100000001"));
        let (_, again) = send(office, "c.csv", &rows, &["--place", SCHOOL]);
        assert_eq!(again["files"][0]["unchanged"], 12, "{again}");
        // Undone, what was accepted of it goes with it.
        office.run(&["roster", "undo", &import]).ok();
        assert_eq!(office.json(&["student", "show", "0100000002"])["birth_date"], "2010-02-02");
        assert_eq!(office.run(&["student", "find", "5271010101100777"]).code, 1);
    }
}

on_both! {
    fn a_newer_list_that_has_what_is_on_record_answers_what_an_older_one_asked(office) {
        let rows = class(1);
        send(office, "a.csv", &rows, &["--place", SCHOOL]);
        let mut wrong = rows.clone();
        wrong[0] = "0100000001,5271010101100777,Agus Contoh,L,2010-01-01,X IPS 1".into();
        wrong[1] = wrong[1].replace("2010-02-02", "2010-02-12");
        wrong[2] = wrong[2].replace(wrong[2].split(',').nth(2).unwrap(), "Yohana Wirawan");
        wrong[3] = wrong[3].replace("2010-04-04", "2010-04-14");
        let (_, second) = send(office, "b.csv", &wrong, &["--place", SCHOOL]);
        assert_eq!(second["files"][0]["review"], 4, "{second}");
        let states = || -> Vec<String> {
            let review = office.json(&["roster", "review", &id(&second)]);
            review["proposals"].as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap().to_owned()).collect()
        };
        // Row 5 stays as it was claimed.
        let mended: Vec<String> = rows[..3].iter().chain(&wrong[3..]).cloned().collect();
        let (_, third) = send(office, "c.csv", &mended, &["--place", SCHOOL]);
        assert_eq!(states(), ["out_of_date", "out_of_date", "out_of_date", "open"]);
        office.run(&["roster", "undo", &id(&third)]).ok();
        assert_eq!(states(), ["open"; 4], "undone, it is a question again");
    }
}

on_both! {
    fn a_held_nik_goes_over_only_when_a_second_person_says_so(office) {
        office.run(&["staff", "add", "Bu Dua", "--role", "officer"]).ok();
        send(office, "a.csv", &class(1), &["--place", SCHOOL]);
        let nik = "527101010110";
        let held = class(1)[0].split(',').nth(1).unwrap().to_owned();
        assert!(held.starts_with(nik));
        let newcomer = vec![format!("0100000099,{held},Zainal Baru,L,2010-03-09,X IPS 2")];
        let (_, second) = send(office, "b.csv", &newcomer, &["--place", SCHOOL]);
        let file = &second["files"][0];
        assert!(codes(file).contains(&"identity_conflict".to_owned()), "{file}");
        assert_eq!(office.student_id(&held), office.student_id("0100000001"), "the known holder keeps it");
        let import = id(&second);
        let review = office.json(&["--as", "Bu Dua", "roster", "review", &import]);
        assert_eq!(review["proposals"][0]["holder"], office.student_id("0100000001"));
        office.run(&["--as", "Bu Dua", "roster", "review", &import, "--accept"]).ok();
        assert_eq!(office.student_id(&held), office.student_id("0100000099"));
        assert_eq!(office.json(&["student", "show", "0100000001"])["has_nik"], false);
        // Undone, the first holder has it back.
        office.run(&["roster", "undo", &import]).ok();
        assert_eq!(office.student_id(&held), office.student_id("0100000001"));
    }
}

on_both! {
    fn quite_another_name_waits_for_a_second_person(office) {
        office.run(&["staff", "add", "Bu Dua", "--role", "officer"]).ok();
        let mut rows = class(1);
        send(office, "a.csv", &rows, &["--place", SCHOOL]);
        let old = rows[0].split(',').nth(2).unwrap().to_owned();
        rows[0] = rows[0].replace(&old, "Zulkarnaen Mahendra").replace("X IPS 1", "XI IPS 1");
        rows[1] = rows[1].replace(rows[1].split(',').nth(2).unwrap(), "Yohana Wirawan");
        let (_, second) = send(office, "b.csv", &rows, &["--place", SCHOOL]);
        let import = id(&second);
        let open = office.json(&["roster", "review", &import]);
        let asked: Vec<_> = open["proposals"].as_array().unwrap().iter().map(|one| [&one["kind"], &one["old"], &one["new"]]).collect();
        assert_eq!(asked[0], ["name", &old, "Zulkarnaen Mahendra"], "{open}");
        assert_eq!(asked.len(), 2, "{open}");
        assert!(office.run(&["roster", "review", &import, "--accept"]).refused().contains("second person"));
        let show = || office.json(&["student", "show", "0100000001"]);
        assert_eq!((&show()["name"], &show()["class"]), (&old.as_str().into(), &"XI IPS 1".into()), "the rest is taken");
        office.run(&["--as", "Bu Dua", "roster", "review", &import, "--accept", "2"]).ok();
        office.run(&["--as", "Bu Dua", "roster", "review", &import, "--reject", "3"]).ok();
        assert_eq!(show()["name"], "Zulkarnaen Mahendra");
        assert_eq!(office.run(&["student", "find", "Zulkarnaen"]).code, 0, "found by the new name");
        // What was decided is not asked again.
        rows[2] = rows[2].replace("X IPS 1", "XI IPS 1");
        let (_, third) = send(office, "c.csv", &rows, &["--place", SCHOOL]);
        assert_eq!(third["files"][0]["review"], 0, "{third}");
        office.run(&["roster", "undo", &id(&third)]).ok();
        office.run(&["roster", "undo", &import]).ok();
        assert_eq!(show()["name"], old.as_str(), "undone with its import");
        assert_eq!(office.json(&["roster", "review", &import])["proposals"][0]["state"], "out_of_date");
    }
}

on_both! {
    fn whoever_is_missing_is_proposed_and_never_dropped(office) {
        let rows = class(1);
        send(office, "a.csv", &rows, &["--place", SCHOOL]);
        let (code, second) = send(office, "b.csv", &rows[..10], &["--place", SCHOOL]);
        let file = &second["files"][0];
        assert_eq!((code, file["missing"].as_i64(), file["review"].as_i64()), (0, Some(2), Some(2)), "{file}");
        let import = id(&second);
        assert_eq!(office.json(&["student", "show", "0100000011"])["left_school"], false);
        office.run(&["roster", "review", &import, "--accept", "m1"]).ok();
        office.run(&["roster", "review", &import, "--reject", "m2"]).ok();
        assert_eq!(office.json(&["student", "show", "0100000011"])["left_school"], true);
        assert_eq!(office.json(&["student", "show", "0100000012"])["left_school"], false);
        assert!(office.json(&["student", "show", "0100000011"])["closed"].is_null(), "leaving closes nothing");
        // A few names more are no new list.
        let (_, third) = send(office, "c.csv", &rows[..3], &["--place", SCHOOL]);
        assert_eq!(third["files"][0]["review"], 0);
    }
}

on_both! {
    fn a_dry_run_counts_what_the_import_then_does(office) {
        let mut rows = class(1);
        send(office, "a.csv", &rows[..9], &["--place", SCHOOL]);
        rows[0] = rows[0].replace("X IPS 1", "XI IPS 2");
        rows[2] = rows[2].replace("Citra Sintetis", "");
        rows.remove(8);
        let (code, dry) = send(office, "b.csv", &rows, &["--place", SCHOOL, "--dry-run"]);
        assert_eq!((code, dry["state"].as_str(), dry["import"].is_null()), (0, Some("dry_run"), true));
        let (_, real) = send(office, "b.csv", &rows, &["--place", SCHOOL]);
        let counts = |report: &Value| {
            ["rows", "accepted", "new", "changed", "moved", "unchanged", "rejected", "missing", "review"]
                .map(|key| report["files"][0][key].as_i64().unwrap_or_else(|| panic!("{key}: {report}")))
        };
        assert_eq!(counts(&dry), counts(&real));
        // Whoever stands on the row without a name is on the list all the same: the NISN says who it is.
        assert_eq!(counts(&real), [11, 10, 3, 1, 0, 6, 1, 1, 1]);
        let changes = office.json(&["roster", "changes", &id(&real)]);
        let first = &changes["changes"][0];
        assert_eq!((first["change"].as_str(), first["matched_by"].as_str(), first["fields"].as_str()), (Some("changed"), Some("nik"), Some("class_name,grade")));
        let shown = office.json(&["student", "show", "0100000001"]);
        assert_eq!(shown["import_row"], 2);
        assert_eq!(shown["sources"]["class_name"]["import"]["import"], real["import"], "{shown}");
    }
}

on_both! {
    fn an_odd_header_is_explained_once(office) {
        let path = office.write("odd.csv", "NISN;Si Kecil;Hari Ceria;L/P\n0100000001;Agus Contoh;2010-05-01;L\n");
        let path = path.to_str().unwrap();
        let refusal = office.run(&["roster", "import", path, "--place", SCHOOL]).refused();
        assert!(refusal.contains("--map"), "{refusal}");
        assert_eq!(office.run(&["roster", "import", path, "--map", "nama=Si Kecil"]).code, 2, "a mapping is some place's");
        assert_eq!(office.run(&["roster", "import", path, "--place", SCHOOL, "--map", "religion=Si Kecil"]).code, 2);
        let mapped = office.json(&["roster", "import", path, "--place", SCHOOL, "--map", "nama=Si Kecil", "--map", "tanggal_lahir=hari ceria"]);
        assert_eq!(mapped["files"][0]["new"], 1);
        let next = office.write("next.csv", "NISN;Si Kecil;Hari Ceria;L/P\n0100000002;Bunga Rekaan;2010-06-02;P\n");
        assert_eq!(office.json(&["roster", "import", next.to_str().unwrap(), "--place", SCHOOL])["files"][0]["new"], 1);
    }
}

on_both! {
    fn a_folder_is_all_its_files(office) {
        let header = "nisn,nik,nama,jk,tanggal_lahir,rombel";
        office.write("kiriman/b.csv", &format!("{header}\n0100000002,,Bunga Rekaan,P,2010-06-02,X IPS 1\n"));
        office.write("kiriman/a.csv", &format!("{header}\n0100000001,,Agus Contoh,L,2010-05-01,X IPS 1\n"));
        office.write("kiriman/~$a.csv", "x");
        let report = office.json(&["roster", "import", "kiriman", "--place", SCHOOL]);
        let files: Vec<&str> = report["files"].as_array().unwrap().iter().map(|one| one["file"].as_str().unwrap()).collect();
        assert_eq!((files, report["import"].is_null()), (vec!["a.csv", "b.csv"], true));
        assert!(office.run(&["roster", "import", "config/none"]).refused().contains("cannot be read"));
    }
}

on_both! {
    fn youths_out_of_school_come_by_village(office) {
        office.write("places.csv", "code,kind,name,kecamatan\nV-AMP,village,Ampenan Tengah,Ampenan\n");
        office.run(&["place", "import", "places.csv"]).ok();
        send(office, "a.csv", &class(1)[..2], &["--place", SCHOOL]);
        let path = office.write(
            "pkk.csv",
            "nama;tanggal_lahir;rt;rw;kelurahan;nik\nWayan Luar;2009-12-30;3;4;Kel. Ampenan Tengah;\nAgus Contoh;2010-01-01;3;4;Ampenan Tengah;5271010101100001\n",
        );
        let report = office.json(&["roster", "import", path.to_str().unwrap()]);
        let file = &report["files"][0];
        assert_eq!((file["place"].as_str(), file["new"].as_i64(), file["unchanged"].as_i64()), (Some("V-AMP"), Some(1), Some(1)), "{file}");
        let shown = office.json(&["student", "show", "0100000001"]);
        assert_eq!(shown["place"], SCHOOL, "whom a school lists stays there");
        assert_eq!(office.json(&["student", "find", "Wayan Luar"])["students"][0]["place"], "V-AMP");
    }
}

on_both! {
    fn a_nik_in_a_files_name_is_not_kept(office) {
        let (_, report) = send(office, "daftar 5271010505090001.csv", &class(1)[..1], &["--place", SCHOOL]);
        assert_eq!(report["files"][0]["file"], "daftar ****************.csv");
        assert!(!report.to_string().contains("5271010505090001") && !office.json(&["roster", "list"]).to_string().contains("5271010505090001"));
    }
}

on_both! {
    fn twins_are_two(office) {
        let rows: Vec<String> = ["0100000001,,Hasan Contoh,L,2010-05-01,X IPS 1", ",,Husein Contoh,L,2010-05-01,X IPS 1"].map(Into::into).to_vec();
        let (_, first) = send(office, "a.csv", &rows[..1], &["--place", SCHOOL]);
        assert_eq!(first["files"][0]["new"], 1);
        let (_, second) = send(office, "b.csv", &rows, &["--place", SCHOOL]);
        assert_eq!((second["files"][0]["new"].as_i64(), second["files"][0]["unchanged"].as_i64()), (Some(1), Some(1)), "{second}");
        let (_, third) = send(office, "c.csv", &[rows[0].clone(), rows[1].clone(), rows[1].clone()], &["--place", SCHOOL]);
        assert_eq!((third["files"][0]["new"].as_i64(), third["files"][0]["unchanged"].as_i64()), (Some(0), Some(3)), "a row twice is one person: {third}");
    }
}

on_both! {
    fn one_nisn_on_several_rows_loses_nobody(office) {
        let rows: Vec<String> = [
            "0091111111,5271010505090001,Andi Saputra,L,2009-05-05,XI IPA 1",
            "0091111111,5271010505090002,Budi Saputra,L,2009-05-05,XI IPA 1",
            "0091111111,5271014303090003,Siti Nurhaliza,P,2009-03-03,XI IPA 1",
            "0091111111,5271014908090004,Siti Nurhalizah,P,2009-08-09,XI IPA 1",
            ",5271010606090005,Muhammad Rizki,L,2009-06-06,XI IPA 1",
            ",5271010606090006,Muhammad Rizki,L,2009-06-06,XI IPA 2",
        ].map(Into::into).to_vec();
        let (_, first) = send(office, "a.csv", &rows, &["--place", SCHOOL]);
        assert_eq!((first["files"][0]["new"].as_i64(), first["files"][0]["unchanged"].as_i64()), (Some(6), Some(0)), "{first}");
        for nik in ["5271010505090001", "5271010505090002", "5271014303090003", "5271014908090004", "5271010606090005", "5271010606090006"] {
            office.student_id(nik);
        }
        let (_, second) = send(office, "b.csv", &[rows.clone(), vec!["0091111119,,Citra Baru,P,2009-01-01,X IPS 1".into()]].concat(), &["--place", SCHOOL]);
        assert_eq!((second["files"][0]["new"].as_i64(), second["files"][0]["unchanged"].as_i64()), (Some(1), Some(6)), "{second}");
    }
}

on_both! {
    fn one_wrong_number_renames_and_moves_nobody(office) {
        office.write("places.csv", "code,kind,name\n50200777,school,SMAN Lain\n");
        office.run(&["place", "import", "places.csv"]).ok();
        send(office, "a.csv", &class(1), &["--place", SCHOOL]);
        let foreign = vec!["0199999999,5271010101100001,Lalu Wiratama,L,2010-01-01,X IPS 1".to_owned()];
        let (_, report) = send(office, "b.csv", &foreign, &["--place", "50200777"]);
        assert!(codes(&report["files"][0]).contains(&"identity_conflict".to_owned()), "{report}");
        let known = office.json(&["student", "show", "0100000001"]);
        assert_eq!((known["name"].as_str(), known["place"].as_str()), (Some("Agus Contoh"), Some(SCHOOL)));
        // An old school's list of leavers says nothing of whoever is elsewhere.
        let (_, moved) = send(office, "c.csv", &class(1)[1..2], &["--place", "50200777"]);
        assert_eq!(moved["files"][0]["moved"], 1, "{moved}");
        let left = office.write("keluar.csv", "nisn,nik,nama,jk,tanggal_lahir,keluar karena,tanggal keluar\n0100000002,5271010202100002,Bunga Rekaan,L,2010-02-02,Mutasi,2026-07-01\n");
        office.run(&["roster", "import", left.to_str().unwrap(), "--place", SCHOOL]).ok();
        let known = office.json(&["student", "show", "0100000002"]);
        assert_eq!((known["place"].as_str(), known["left_school"].as_bool()), (Some("50200777"), Some(false)));
    }
}

on_both! {
    fn whoever_is_listed_again_is_back_and_what_was_decided_stands_below_it(office) {
        let rows = class(1);
        send(office, "a.csv", &rows, &["--place", SCHOOL]);
        let (_, second) = send(office, "b.csv", &rows[..11], &["--place", SCHOOL]);
        let import = id(&second);
        office.run(&["roster", "review", &import, "--accept", "m1"]).ok();
        assert_eq!(office.json(&["student", "show", "0100000012"])["left_school"], true);
        office.set_clock("2026-11-24T08:00:00+08:00");
        let next: Vec<String> = rows.iter().map(|row| row.replace("X IPS 1", "XI IPS 1")).collect();
        let (_, third) = send(office, "c.csv", &next, &["--place", SCHOOL]);
        assert_eq!(office.json(&["student", "show", "0100000012"])["left_school"], false);
        let refusal = office.run(&["roster", "undo", &import]).refused();
        assert!(refusal.contains("no longer named: a later import"), "{refusal}");
        office.run(&["roster", "undo", &id(&third)]).ok();
        assert_eq!(office.json(&["student", "show", "0100000012"])["left_school"], true, "as it was decided");
        office.run(&["roster", "undo", &import]).ok();
        assert_eq!(office.json(&["student", "show", "0100000012"])["left_school"], false);
    }
}

on_both! {
    fn of_two_schools_that_list_a_child_the_last_keeps_it_until_it_lets_it_go(office) {
        office.write("places.csv", "code,kind,name\n50200777,school,SMAN Lain\n");
        office.run(&["place", "import", "places.csv"]).ok();
        let place = |nisn: &str| office.json(&["student", "show", nisn])["place"].as_str().unwrap().to_owned();
        let here = class(1);
        let there = |class: &str| vec![here[0].replace("X IPS 1", class)];
        send(office, "a.csv", &here, &["--place", SCHOOL]);
        let (_, moved) = send(office, "b.csv", &there("X IPA 1"), &["--place", "50200777"]);
        assert_eq!((moved["files"][0]["moved"].as_i64(), place("0100000001").as_str()), (Some(1), "50200777"));
        let next: Vec<String> = here.iter().map(|row| row.replace("X IPS 1", "X IPS 2")).collect();
        let (_, both) = send(office, "c.csv", &next, &["--place", SCHOOL]);
        assert_eq!(place("0100000001"), "50200777", "two lists that both name a child do not make it flip");
        let told = both["files"][0]["problems"].as_array().unwrap().iter().find(|one| one["code"] == "listed_elsewhere").unwrap();
        assert_eq!((told["row"].as_i64(), told["level"].as_str()), (Some(2), Some("flag")));
        assert!(told["message"].as_str().unwrap().contains("SMAN Lain"), "{told}");
        let left = office.write("keluar.csv", "nisn,nama,jk,tanggal_lahir,keluar karena,tanggal keluar\n0100000001,Agus Contoh,L,2010-01-01,Mutasi,2026-11-01\n");
        office.run(&["roster", "import", left.to_str().unwrap(), "--place", "50200777"]).ok();
        assert_eq!(office.json(&["student", "show", "0100000001"])["left_school"], true);
        let last: Vec<String> = here.iter().map(|row| row.replace("X IPS 1", "X IPS 3")).collect();
        let (_, back) = send(office, "d.csv", &last, &["--place", SCHOOL]);
        assert!(!codes(&back["files"][0]).contains(&"listed_elsewhere".to_owned()), "{back}");
        let known = office.json(&["student", "show", "0100000001"]);
        assert_eq!((known["place"].as_str(), known["left_school"].as_bool()), (Some(SCHOOL), Some(false)));
    }
}

on_both! {
    fn long_lists_of_known_and_new_students_are_written_in_batches_and_put_back(office) {
        let row = |number: usize, class: &str| {
            let (day, month) = (number % 28 + 1, number / 28 % 12 + 1);
            format!("02{number:08},527101{day:02}{month:02}10{:04},Siswa {number} Contoh,L,2010-{month:02}-{day:02},{class}", number / 28 + 1)
        };
        let first: Vec<String> = (0..1_300).map(|number| row(number, "X IPS 1")).collect();
        send(office, "a.csv", &first, &["--place", SCHOOL]);
        // Known and new ones by turns, so that every batch holds both.
        let second: Vec<String> = (0..1_300)
            .flat_map(|number| [row(number, if number % 2 == 0 { "XI IPS 1" } else { "X IPS 1" }), row(5_000 + number, "X IPA 2")])
            .collect();
        let counts = |report: &Value| {
            let file = &report["files"][0];
            ["new", "changed", "unchanged", "rejected"].map(|key| file[key].as_i64().unwrap())
        };
        let (_, report) = send(office, "b.csv", &second, &["--place", SCHOOL]);
        assert_eq!(counts(&report), [1_300, 650, 650, 0]);
        let new = office.json(&["student", "show", "0200006299"]);
        assert_eq!((new["name"].as_str(), new["class"].as_str()), (Some("Siswa 6299 Contoh"), Some("X IPA 2")));
        office.run(&["roster", "undo", &id(&report)]).ok();
        let (_, again) = send(office, "b.csv", &second, &["--place", SCHOOL, "--dry-run"]);
        assert_eq!(counts(&again), [1_300, 650, 650, 0], "everything is as before");
        assert_eq!(office.json(&["student", "show", "0200000000"])["class"], "X IPS 1");
    }
}

on_both! {
    fn a_nik_in_another_childs_row_loses_nobody_and_swaps_nobody(office) {
        office.write("places.csv", "code,kind,name\n50200777,school,SMAN Lain\n");
        office.run(&["place", "import", "places.csv"]).ok();
        let row = |text: &str| vec![text.to_owned()];
        send(office, "a.csv", &row("0091000001,5271010403090001,Budi Hartono,L,2009-03-04,XI A"), &["--place", SCHOOL]);
        // Another child with the same birthday, to whom the other's NIK was copied.
        let (_, other) = send(office, "b.csv", &row("0091000002,5271010403090001,Wahyu Nugroho,L,2009-03-04,XI A"), &["--place", "50200777"]);
        let file = &other["files"][0];
        assert_eq!((file["new"].as_i64(), file["review"].as_i64()), (Some(1), Some(1)), "{other}");
        assert!(codes(file).contains(&"identity_conflict".to_owned()));
        assert_eq!(office.json(&["student", "show", "0091000002"])["has_nik"], false);
        // Twins whose NIKs change places.
        let twins = |niks: [&str; 2]| {
            vec![
                format!("0092000001,{},Nur Aini,P,2009-03-04,XI A", niks[0]),
                format!("0092000002,{},Nur Aina,P,2009-03-04,XI B", niks[1]),
            ]
        };
        let (first, second) = ("5271014403090001", "5271014403090002");
        send(office, "c.csv", &twins([first, second]), &["--place", SCHOOL]);
        let (_, swapped) = send(office, "d.csv", &twins([second, first]), &["--place", SCHOOL]);
        assert_eq!(office.json(&["student", "show", "0092000001"])["name"], "Nur Aini");
        assert_eq!(office.student_id(first), office.json(&["student", "show", "0092000001"])["id"].as_str().unwrap(), "{swapped}");
        let open = office.json(&["roster", "review", &id(&swapped)]);
        let kinds: Vec<&str> = open["proposals"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds.iter().filter(|kind| **kind == "identity_conflict").count(), 2, "{open}");
        // Accepted, they change places; undone, they change back.
        office.run(&["staff", "add", "Bu Dua", "--role", "officer"]).ok();
        office.run(&["--as", "Bu Dua", "roster", "review", &id(&swapped), "--accept"]).ok();
        assert_eq!((office.student_id(first), office.student_id(second)), (office.student_id("0092000002"), office.student_id("0092000001")));
        office.run(&["roster", "undo", &id(&swapped)]).ok();
        assert_eq!((office.student_id(first), office.student_id(second)), (office.student_id("0092000001"), office.student_id("0092000002")));
        // A short form of the name is the same child, and the rest of the row is taken.
        let (_, short) = send(office, "e.csv", &row("0091000001,5271010403090001,B. Hartono,L,2009-03-04,XII A"), &["--place", SCHOOL]);
        assert_eq!(short["files"][0]["changed"], 1, "{short}");
        assert_eq!(office.json(&["student", "show", "0091000001"])["class"], "XII A");
    }
}

on_both! {
    fn lists_that_people_write_themselves_are_read(office) {
        let text = "No;Nama;L/P;TEMPAT, TANGGAL LAHIR;NO. KTP/NIK;Kelas\n1;Siti Contoh;P;Mataram, 3 Mei 2009;5271014305090001;XI A\n2;Budi Contoh;L;Lombok Barat 08/02/2009;5271010208090002;XI A\n";
        let path = office.write("tulis.csv", text);
        let report = office.run(&["--json", "roster", "import", path.to_str().unwrap(), "--place", SCHOOL]).ok().json();
        assert_eq!(report["files"][0]["new"], 2, "{report}");
        let siti = office.json(&["student", "show", "Siti Contoh"]);
        assert_eq!((siti["birth_date"].as_str(), siti["birth_place"].as_str()), (Some("2009-05-03"), Some("Mataram")));
        // Of two readings of a date the one in the NIK is meant.
        assert_eq!(office.json(&["student", "show", "Budi Contoh"])["birth_date"], "2009-08-02");
        assert!(!codes(&report["files"][0]).contains(&"birth_date_ambiguous".to_owned()), "{report}");
    }
}

on_both! {
    fn rows_that_name_another_school_than_was_said_wait_for_a_person(office) {
        office.write("places.csv", "code,kind,name\n50200777,school,SMAN Lain\n");
        office.run(&["place", "import", "places.csv"]).ok();
        let with = |npsn: &str| {
            let rows: Vec<String> = class(1).iter().map(|row| format!("{npsn},{row}")).collect();
            office.write("npsn.csv", &format!("npsn,nisn,nik,nama,jk,tanggal_lahir,rombel\n{}\n", rows.join("\n")))
        };
        let path = with("50200777");
        let answer = office.run(&["--json", "roster", "import", path.to_str().unwrap(), "--place", SCHOOL]);
        let report = answer.json();
        assert_eq!((answer.code, report["state"].as_str()), (1, Some("parked")), "{report}");
        let path = with("");
        let none = office.run(&["--json", "roster", "import", path.to_str().unwrap()]).json();
        let first = &none["files"][0]["problems"].as_array().unwrap().iter().find(|one| one["code"] == "place_unknown").unwrap().clone();
        assert_eq!((first["row"].as_i64(), first["cell"].as_str()), (Some(2), Some("A2")), "{none}");
    }
}

on_both! {
    fn a_list_that_names_somebody_again_answers_whether_they_are_missing(office) {
        office.write("places.csv", "code,kind,name\n50200777,school,SMAN Lain\n");
        office.run(&["place", "import", "places.csv"]).ok();
        let rows = class(1);
        send(office, "a.csv", &rows, &["--place", SCHOOL]);
        let (_, lacks) = send(office, "b.csv", &rows[..11], &["--place", SCHOOL]);
        let listed = |import: &str| {
            let all = office.json(&["roster", "list"]);
            all["imports"].as_array().unwrap().iter().find(|one| one["id"] == import).unwrap()["waiting"].as_i64().unwrap()
        };
        assert_eq!(listed(&id(&lacks)), 1);
        assert!(office.run(&["roster", "list"]).ok().out.contains("1 wait for review"));
        let (_, names) = send(office, "c.csv", &[rows.clone(), vec!["0199999999,,Zaki Baru,L,2010-09-09,X IPS 2".into()]].concat(), &["--place", SCHOOL]);
        assert_eq!(listed(&id(&lacks)), 0, "who is listed is not missing");
        office.run(&["roster", "undo", &id(&names)]).ok();
        assert_eq!(listed(&id(&lacks)), 1, "without that list it is a question again");
        // Another school took the child by mistake, and its next list leaves it out: the old school has it back.
        send(office, "d.csv", &[rows[..1].to_vec(), (0..3).map(|at| format!("03{at:08},,Siswa Lain{at},P,2009-03-{:02},X A", at + 1)).collect()].concat(), &["--place", "50200777"]);
        assert_eq!(office.json(&["student", "show", "0100000001"])["place"], "50200777");
        send(office, "e.csv", &(0..3).map(|at| format!("03{at:08},,Siswa Lain{at},P,2009-03-{:02},X A", at + 1)).collect::<Vec<_>>(), &["--place", "50200777"]);
        let next: Vec<String> = rows.iter().map(|row| row.replace("X IPS 1", "X IPS 4")).collect();
        send(office, "f.csv", &next, &["--place", SCHOOL]);
        assert_eq!(office.json(&["student", "show", "0100000001"])["place"], SCHOOL);
    }
}

on_both! {
    fn a_status_says_who_left(office) {
        send(office, "a.csv", &class(1), &["--place", SCHOOL]);
        let rows: Vec<String> = class(1).iter().enumerate().map(|(at, row)| format!("{row},{}", if at == 2 { "Lulus" } else { "Aktif" })).collect();
        let path = office.write("emis.csv", &format!("nisn,nik,nama,jk,tanggal_lahir,rombel,status\n{}\n", rows.join("\n")));
        office.run(&["roster", "import", path.to_str().unwrap(), "--place", SCHOOL]).ok();
        assert_eq!(office.json(&["student", "show", "0100000003"])["left_school"], true);
        assert_eq!(office.json(&["student", "show", "0100000004"])["left_school"], false);
    }
}

on_both! {
    fn all_or_none_holds_for_a_file_that_a_person_lets_pass(office) {
        send(office, "a.csv", &class(1), &["--place", SCHOOL]);
        let mut others: Vec<String> = (0..11).map(|at| format!("02{at:08},,Orang Lain{at},P,2009-03-{:02},X IPS 9", at + 1)).collect();
        others.push("0299999999,,,P,2009-03-30,X IPS 9".to_owned());
        let (_, parked) = send(office, "b.csv", &others, &["--place", SCHOOL, "--strict"]);
        assert_eq!(parked["state"], "parked", "{parked}");
        let answer = office.run(&["--json", "roster", "review", &id(&parked), "--accept"]);
        assert_eq!(answer.code, 1, "{}", answer.out);
        assert_eq!(office.run(&["student", "find", "Orang Lain1"]).code, 1, "nothing of it was taken");
    }
}

on_both! {
    fn a_list_sent_for_the_wrong_place_is_sent_again_for_the_right_one(office) {
        office.write("places.csv", "code,kind,name\n50200777,school,SMAN Lain\n");
        office.run(&["place", "import", "places.csv"]).ok();
        let (_, wrong) = send(office, "a.csv", &class(1), &["--place", "50200777"]);
        office.run(&["roster", "undo", &id(&wrong)]).ok();
        let (_, right) = send(office, "a.csv", &class(1), &["--place", SCHOOL]);
        assert_eq!(right["files"][0]["new"], 12, "{right}");
        assert_eq!(office.json(&["student", "show", "0100000001"])["place"], SCHOOL);
    }
}

/// A workbook with a sheet for each class.
fn workbook(sheets: &[(&str, &[&[&str]])]) -> Vec<u8> {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    for (name, rows) in sheets {
        let sheet = workbook.add_worksheet().set_name(*name).unwrap();
        for (row, cells) in (0..).zip(*rows) {
            for (column, text) in (0..).zip(*cells) {
                sheet.write_string(row, column, *text).unwrap();
            }
        }
    }
    workbook.save_to_buffer().unwrap()
}

on_both! {
    fn a_sheet_for_each_class_is_one_roster(office) {
        office.run(&["staff", "add", "Bu Dua", "--role", "officer"]).ok();
        let titles: &[&str] = &["Nama", "Tgl Lahir", "L/P", "NIK", "NISN"];
        let moved: &[&str] = &["NISN", "Nama", "L/P", "Tgl Lahir", "NIK"];
        let first: &[&[&str]] = &[titles, &["Siti Contoh", "2009-01-01", "P", "5271014101090001", "0090000001"]];
        let second: &[&[&str]] = &[
            moved,
            &["0090000002", "Budi Contoh", "L", "2009-02-02", "5271010202090002"],
            &["0090000003", "Tanpa Tanggal", "L", "entah", ""],
            &["0090000004", "Wati Contoh", "P", "2009-03-03", "5271014303090004"],
        ];
        let send = |name: &str, second: &[&[&str]]| {
            let path = office.path(name);
            std::fs::write(&path, workbook(&[("X-1", first), ("XI 2", second)])).unwrap();
            office.run(&["--json", "roster", "import", path.to_str().unwrap(), "--place", SCHOOL]).ok().json()
        };
        let report = send("kelas.xlsx", second);
        let file = &report["files"][0];
        assert_eq!((file["rows"].as_i64(), file["new"].as_i64(), file["rejected"].as_i64()), (Some(4), Some(3), Some(1)), "{report}");
        assert_eq!(file["sheets"], serde_json::json!(["X-1", "XI 2"]));
        let error = file["problems"].as_array().unwrap().iter().find(|problem| problem["level"] == "error").unwrap();
        assert_eq!((&error["sheet"], &error["row"], &error["cell"]), (&"XI 2".into(), &3.into(), &"D3".into()));
        let budi = office.json(&["student", "show", "0090000002"]);
        assert_eq!((&budi["class"], &budi["import_sheet"], &budi["import_row"]), (&"XI 2".into(), &"XI 2".into(), &2.into()));
        let changes = office.json(&["roster", "changes", &id(&report)]);
        let rows: Vec<_> = changes["changes"].as_array().unwrap().iter().map(|one| format!("{} {}", one["sheet"], one["row"])).collect();
        assert_eq!(rows, ["\"X-1\" 2", "\"XI 2\" 2", "\"XI 2\" 4"], "{changes}");
        let page = office.json(&["roster", "changes", &id(&report), "--limit", "2"]);
        let rest = office.json(&["roster", "changes", &id(&report), "--after", &page["next"].to_string()]);
        assert_eq!(rest["changes"].as_array().map(Vec::len), Some(1), "{rest}");
        let out = office.path("jawab.xlsx");
        office.run(&["roster", "answer", &id(&report), "--out", out.to_str().unwrap()]).ok();
        let again = office.run(&["--json", "roster", "import", out.to_str().unwrap(), "--place", SCHOOL]).ok().json();
        assert_eq!((again["files"][0]["unchanged"].as_i64(), again["files"][0]["rejected"].as_i64()), (Some(3), Some(1)), "{again}");
        // A question is named by its sheet and row.
        let mended: &[&[&str]] = &[moved, &["0090000002", "Budi Contoh", "L", "2009-02-12", "5271010202090002"], second[3]];
        let third = send("lagi.xlsx", mended);
        let import = id(&third);
        let open = office.json(&["roster", "review", &import]);
        assert_eq!((&open["proposals"][0]["item"], &open["proposals"][0]["sheet"]), (&"XI 2:2".into(), &"XI 2".into()), "{open}");
        office.run(&["--as", "Bu Dua", "roster", "review", &import, "--accept", "XI 2:2"]).ok();
        let budi = office.json(&["student", "show", "0090000002"]);
        assert_eq!((&budi["birth_date"], &budi["sources"]["birth_date"]["import"]["sheet"]), (&"2009-02-12".into(), &"XI 2".into()), "{budi}");
        office.run(&["student", "set", "0090000002", "class", "XI 3", "--reason", "pindah kelas"]).ok();
        let refusal = office.run(&["roster", "undo", &import]).refused();
        assert!(refusal.contains("(sheet XI 2, row 2: "), "{refusal}");
    }
}

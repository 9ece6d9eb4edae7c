//! Rosters come in, students are found, explained and corrected.

use crate::support::{Office, SCHOOL};

on_both! {
    fn a_list_that_names_a_merged_duplicate_again_means_the_one_who_was_kept(office) {
        let rows = [
            "0091234517,5271011801100017,Budi Santoso,L,2010-01-18,XI 1",
            "0091234518,5271011801100025,Budi Santosa,L,2010-01-18,XI 1",
            "0091234519,,Citra Santoso,P,2010-03-18,XI 1",
        ];
        assert_eq!(office.import_rows(&rows)["new"], 3);
        office.merge("0091234517", "0091234518");
        let again = office.import_rows(&rows);
        assert_eq!((again["new"].as_i64(), again["changed"].as_i64(), again["missing"].as_i64()), (Some(0), Some(0), Some(0)), "{again}");
        let alone = office.import_rows(&rows[1..]);
        assert_eq!((alone["new"].as_i64(), alone["missing"].as_i64()), (Some(0), Some(0)), "{alone}");
        assert_eq!(office.json(&["student", "show", "0091234517"])["name"], "Budi Santoso");
    }
}

on_both! {
    fn nobody_is_added_twice_unawares(office) {
        office.import_rows(&["0091234517,,Budi Santoso,L,2010-01-18,XI 1"]);
        let add = |more: &[&str]| office.run(&[&["student", "add", "--birth-date", "2010-01-18"], more].concat());
        assert!(add(&["--name", "BUDI SANTOSO"]).refused().contains("--although-known"));
        assert!(add(&["--name", "Dua", "--nisn", "0091234517"]).refused().contains("Budi Santoso"));
        add(&["--name", "Budi Santoso", "--although-known"]).ok();
        add(&["--name", "Lain Orang"]).ok();
    }
}

on_both! {
    fn no_nik_is_kept_or_shown_where_words_belong(office) {
        const NIK: &str = "5271014302100999";
        office.import_rows(&["0091234517,,Budi Santoso,L,2010-01-18,XI 1"]);
        let name = format!("Ani {NIK}");
        let refused = [
            office.run(&["student", "add", "--name", &name, "--birth-date", "2010-02-03"]),
            office.run(&["student", "set", "0091234517", "name", NIK, "--reason", "x"]),
            office.run(&["student", "set", "0091234517", "class", NIK, "--reason", "x"]),
            office.run(&["student", "set", "0091234517", "birth_place", NIK, "--reason", "x"]),
            office.run(&["staff", "add", NIK, "--role", "counter"]),
            office.run(&["--as", NIK, "student", "list"]),
            office.run(&["link", "slips", NIK, "--out", "slips.html"]),
            office.run(&["notice", "retry", NIK]),
            office.run(&["report", "daily", "--date", NIK]),
            office.run(&["--json", "notice", "retry", NIK]),
        ];
        for answer in &refused {
            assert_ne!(answer.code, 0, "{}", answer.out);
            assert!(!answer.out.contains(NIK) && !answer.err.contains(NIK), "{}{}", answer.out, answer.err);
        }
        let [.., usage] = &refused;
        assert_eq!((usage.code, usage.json()["error"]["code"].as_str()), (2, Some("usage")), "{}", usage.out);
    }
}

on_both! {
    fn the_sample_roster_comes_in_once(office) {
        let first = office.import_sample();
        assert_eq!((first["state"].as_str(), first["layout"].as_str()), (Some("applied"), Some("dapodik")));
        assert_eq!((first["rows"].as_i64(), first["new"].as_i64(), first["place"].as_str()), (Some(37), Some(37), Some(SCHOOL)));
        let codes: Vec<&str> = first["problems"].as_array().unwrap().iter().map(|p| p["code"].as_str().unwrap()).collect();
        for code in ["nik_date_differs", "nik_sex_differs", "nik_missing", "nik_not_16_digits", "nik_other_region"] {
            assert!(codes.contains(&code), "{code} is missing in {codes:?}");
        }
        let again = office.import_sample();
        assert_eq!((again["new"].as_i64(), again["changed"].as_i64(), again["unchanged"].as_i64()), (Some(0), Some(0), Some(37)));
    }
}

on_both! {
    fn a_dry_run_keeps_nothing(office) {
        let path = Office::sample();
        let dry = office.json(&["roster", "import", path.to_str().unwrap(), "--dry-run"]);
        assert_eq!((dry["state"].as_str(), dry["files"][0]["new"].as_i64()), (Some("dry_run"), Some(37)));
        assert!(office.json(&["roster", "list"])["imports"].as_array().unwrap().is_empty());
        assert_eq!(office.run(&["student", "find", "a"]).code, 1);
    }
}

on_both! {
    fn a_broken_row_does_not_keep_the_others_out(office) {
        let text = "nisn,nik,nama,jk,tanggal_lahir,rombel\n0091234567,,Siti Contoh,P,2009-12-01,XI IPS 1\n0091234568,,,L,2009-12-02,XI IPS 1\n\
                    0091234569,5271010101099801,Budi Contoh,L,tanggal,XI IPS 1\n";
        let path = office.write("r.csv", text);
        let report = office.json(&["roster", "import", path.to_str().unwrap(), "--place", SCHOOL]);
        let file = &report["files"][0];
        assert_eq!((file["accepted"].as_i64(), file["rejected"].as_i64()), (Some(1), Some(2)));
        let cells: Vec<(&str, &str)> = file["problems"].as_array().unwrap().iter()
            .filter(|p| p["level"] == "error").map(|p| (p["cell"].as_str().unwrap(), p["code"].as_str().unwrap())).collect();
        assert_eq!(cells, [("C3", "name_missing"), ("E4", "birth_date_unreadable")]);
        let strict = office.run(&["--json", "roster", "import", path.to_str().unwrap(), "--place", SCHOOL, "--strict"]);
        assert_eq!((strict.code, strict.json()["state"].as_str()), (1, Some("refused")));
        assert!(!report.to_string().contains("5271010101099801"), "no answer repeats a NIK");
    }
}

on_both! {
    fn no_nik_stands_in_clear_anywhere(office) {
        office.import_sample();
        office.run(&["student", "add", "--name", "Nadia Contoh", "--birth-date", "2009-12-01", "--nik", "5271014112099801", "--place", SCHOOL]).ok();
        let shown = office.run(&["student", "show", "Nadia Contoh"]).ok();
        assert!(!shown.out.contains("5271014112099801"));
        let with = office.run(&["student", "show", "Nadia Contoh", "--with-nik"]).ok();
        assert!(with.out.contains("5271014112099801"));
        let not_found = office.run(&["student", "show", "5271014112099899"]);
        assert!(!not_found.err.contains("5271014112099899"), "{}", not_found.err);
        if office.engine == crate::support::Engine::Sqlite {
            for file in ["var/siap17.db", "var/siap17.db-wal"] {
                let bytes = std::fs::read(office.path(file)).unwrap_or_default();
                assert!(!bytes.windows(16).any(|window| window == b"5271014112099801"), "{file} holds the NIK in clear");
            }
        }
    }
}

on_both! {
    fn whoever_is_17_at_the_first_import_is_unknown_and_asked(office) {
        office.import_rows(&["0091234567,,Siti Contoh,P,2009-11-23,XII IPS 1", "0081234567,,Budi Contoh,L,2009-05-01,XII IPS 1",
            "0101234567,,Rani Contoh,P,2010-05-01,X IPS 1"]);
        let state = |name: &str| office.json(&["student", "show", name])["recorded"].as_str().unwrap().to_owned();
        assert_eq!(state("Siti Contoh"), "unknown", "17 today");
        assert_eq!(state("Budi Contoh"), "unknown");
        assert_eq!(state("Rani Contoh"), "no");
        let young = office.json(&["student", "why", "Rani Contoh"]);
        assert_eq!((young["next"]["kind"].as_str(), young["next"]["on"].as_str()), (Some("turned_17"), Some("2027-05-01")));
        assert!(office.run(&["student", "why", "Rani Contoh"]).ok().out.contains("still to come: turned_17 on 2027-05-01"));
        let why = office.json(&["student", "why", "Siti Contoh"]);
        assert!(why.get("next").is_none());
        let notice = &why["notices"][0];
        assert_eq!((notice["kind"].as_str(), notice["variant"].as_str()), (Some("turned_17"), Some("do_you_have_it")));
        assert_eq!((notice["state"].as_str(), notice["reason"].as_str()), (Some("waiting"), Some("no_chat")));
        let late = office.json(&["student", "why", "Budi Contoh"]);
        assert_eq!((late["notices"][0]["state"].as_str(), late["notices"][0]["reason"].as_str()), (Some("expired"), Some("horizon")));
    }
}

on_both! {
    fn what_no_file_says_is_said_by_hand(office) {
        let report = office.import_rows(&["0101234567,,Rani Contoh,P,2010-05-01,X IPS 1", "0101234568,,Rani Contoh Kembar,P,2010-05-01,X IPS 2"]);
        assert_eq!(report["new"], 2);
        office.run(&["student", "set", "0101234567", "ever_married", "yes", "--reason", "buku nikah"]).ok();
        office.run(&["student", "set", "0101234567", "birth_date", "2010-05-02", "--reason", "akta"]).ok();
        let shown = office.json(&["student", "show", "0101234567"]);
        assert_eq!((shown["ever_married"].as_bool(), shown["birth_date"].as_str()), (Some(true), Some("2010-05-02")));
        let wrong = office.run(&["student", "set", "0101234567", "birth_day", "x", "--reason", "y"]).refused();
        assert!(wrong.contains("did you mean 'birth_date'?"), "{wrong}");
        office.merge("0101234567", "0101234568");
        let merged = office.json(&["student", "show", "0101234568"]);
        assert_eq!(merged["merged_into"].as_str(), shown["id"].as_str());
        office.run(&["student", "close", "0101234567", "--reason", "died", "--note", "akta kematian"]).ok();
        let export = office.json(&["student", "export", "0101234567"]);
        assert_eq!(export["student"]["closed"], "died");
        assert!(office.run(&["student", "close", "0101234567", "--reason", "moved"]).refused().contains("closed already"));
        assert!(office.json(&["audit", "verify"])["broken"].is_null());
    }
}

on_both! {
    fn a_sheet_sorted_by_one_column_renames_nobody(office) {
        office.import_rows(&["0101234567,5271010105100001,Agus Contoh,L,2010-05-01,X IPS 1", "0101234568,5271010206100002,Bagus Rekaan,L,2010-06-02,X IPS 1"]);
        let report = office.import_rows(&["0101234567,5271010206100002,Agus Contoh,L,2010-05-01,X IPS 1", "0101234568,5271010105100001,Bagus Rekaan,L,2010-06-02,X IPS 1"]);
        let codes: Vec<&str> = report["problems"].as_array().unwrap().iter().map(|p| p["code"].as_str().unwrap()).collect();
        assert!(codes.iter().filter(|code| **code == "identity_conflict").count() >= 2, "{codes:?}");
        let nik = |nisn: &str| office.json(&["student", "show", nisn, "--with-nik"])["nik"].as_str().unwrap().to_owned();
        assert_eq!(nik("0101234567"), "5271010105100001");
        assert_eq!(nik("0101234568"), "5271010206100002");
    }
}

on_both! {
    fn of_two_merged_with_one_number_the_kept_one_is_meant(office) {
        office.import_rows(&["0101234567,,Rani Contoh,P,2010-05-01,X IPS 1"]);
        let added = office.json(&["student", "add", "--name", "Bukan Dia", "--birth-date", "2010-08-08", "--nisn", "0101234567", "--although-known"]);
        let kept = office.json(&["student", "find", "Rani"])["students"][0]["id"].as_str().unwrap().to_owned();
        office.merge(&kept, added["id"].as_str().unwrap());
        assert_eq!(office.student_id("0101234567"), kept);
    }
}

on_both! {
    fn two_who_differ_are_merged_by_two_persons_and_are_two_again(office) {
        office.import_rows(&["0101234567,5271014105100001,Rani Contoh,P,2010-05-01,X IPS 1", "0101234568,5271010206100002,Bagus Rekaan,L,2010-06-02,X IPS 1"]);
        let exported = || ["0101234567", "0101234568"].map(|nisn| office.json(&["student", "export", nisn]));
        let before = exported();
        let merge = |more: &[&str]| office.run(&[&["student", "merge", "0101234567", "0101234568"], more].concat());
        let no_reason = merge(&[]).refused();
        assert!(no_reason.contains("NIK, NISN, birth date, name, sex differ") && no_reason.contains("--reason"), "{no_reason}");
        let alone = merge(&["--reason", "satu orang"]).refused();
        assert!(alone.contains("second person") && !alone.contains("5271"), "{alone}");
        assert!(merge(&["--reason", "sungguh"]).refused().contains("second person"), "the same one twice is one person");
        assert_eq!(exported()[1]["student"]["merged_into"], serde_json::Value::Null);
        assert_eq!(office.run(&["--json", "student", "merge", "0101234567", "0101234568", "--reason", "x"]).json()["error"]["code"], "second_person");
        office.merge("0101234567", "0101234568");
        let during = exported();
        assert_eq!(during[1]["student"]["merged_into"], during[0]["student"]["id"]);
        assert_eq!(during[1]["student"]["nik"], before[1]["student"]["nik"], "the merged one keeps the NIK");
        let refused = office.run(&["student", "set", "0101234568", "closed", "no", "--reason", "x"]).refused();
        assert!(refused.contains("siap17 student unmerge"), "{refused}");
        let parted = office.json(&["student", "unmerge", "0101234568"]);
        assert_eq!((parted["id"].as_str(), parted["stays"].as_array().unwrap().len()), (before[1]["student"]["id"].as_str(), 0));
        assert_eq!(exported(), before);
        assert!(office.run(&["student", "unmerge", "0101234568"]).refused().contains("merged into nobody"));
        assert!(office.json(&["audit", "verify"])["broken"].is_null());
    }
}

on_both! {
    fn a_closed_case_is_opened_again_or_it_is_said_why_not(office) {
        let import = office.import_rows(&["0101234567,,Rani Contoh,P,2009-12-01,X IPS 1"])["import"].clone();
        let open = || office.run(&["student", "set", "0101234567", "closed", "no", "--reason", "keliru"]);
        assert!(open().refused().contains("is not closed"));
        for reason in ["died", "moved", "has-card", "duplicate"] {
            office.run(&["student", "close", "0101234567", "--reason", reason]).ok();
            open().ok();
            let shown = office.json(&["student", "show", "0101234567"]);
            assert!(shown["closed"].is_null() && shown["closed_on"].is_null(), "{reason}: {shown}");
        }
        let id = office.student_id("0101234567");
        office.run(&["roster", "undo", import.as_str().unwrap()]).ok();
        let refused = office.run(&["student", "set", id.as_str().unwrap(), "closed", "no", "--reason", "x"]).refused();
        assert!(refused.contains("roster import"), "{refused}");
    }
}

//! Cards: national status in, printed, put out, handed over exactly once.

use serde_json::Value;

use crate::support::Office;

const POINT: &str = "Loket Dinas";

fn with_card(office: &Office) {
    office.import_rows(&[
        "0091234567,5271014112099801,Siti Contoh,P,2009-12-01,XII IPS 1",
        "0091234568,5271010212099802,Budi Contoh,L,2009-12-02,XII IPS 1",
    ]);
    let path = office.write(
        "status.csv",
        "NIK;STATUS\n5271014112099801;PRR\n5271010212099802;SFE\n5271010212099899;PRR\n527101;PRR\n",
    );
    let report = office.json(&["card", "status", path.to_str().unwrap()]);
    assert_eq!((report["changed"].as_i64(), report["unknown"].as_array().map(Vec::len)), (Some(2), Some(1)));
    assert_eq!(report["problems"][0]["code"], "nik_not_16_digits");
    office.run(&["card", "stock", "receive", "10", "--at", POINT]).ok();
}

fn blanks(office: &Office) -> Value {
    office.json(&["report", "daily"])["stock"][POINT].clone()
}

on_both! {
    fn from_status_to_hand(office) {
        with_card(office);
        let queue = office.json(&["card", "queue"]);
        assert_eq!(queue["queue"].as_array().map(Vec::len), Some(1), "SFE may not be printed");
        assert_eq!(queue["queue"][0]["name"], "Siti Contoh");
        assert!(queue["queue"][0].get("nik").is_none());
        assert_eq!(office.json(&["card", "queue", "--with-nik"])["queue"][0]["nik"], "5271014112099801");
        let early = office.json(&["card", "printed", "0091234567"]);
        assert_eq!((early["done"].as_i64(), early["problems"][0]["code"].as_str()), (Some(1), Some("not_17_yet")));
        assert_eq!(blanks(office), 9);
        assert!(office.run(&["card", "collect", "0091234567"]).refused().contains("not at a counter yet"));
        office.run(&["card", "ready", "0091234567", "--at", POINT]).ok();
        let collect = |more: &[&str]| office.run(&[&["card", "collect", "0091234567"], more].concat());
        assert!(collect(&["--relation", "ibu"]).refused().contains("say who came"), "a relation without a name is nobody");
        assert!(collect(&["--by", ".", "--relation", "ibu"]).refused().contains("say who came"));
        assert!(collect(&["--by", "Ibu Contoh", "--relation", "self"]).refused().contains("--relation"));
        assert!(collect(&["--by", "Ibu Contoh", "--relation", "ibu", "--document", "-"]).refused().contains("--document"));
        assert_eq!(collect(&["--by", "", "--relation", "ibu"]).code, 2);
        let look = office.run(&["card", "look", "0091234567"]).ok().out;
        assert!(look.starts_with("Siti Contoh, XII IPS 1, born 2009: the card is at Loket Dinas") && look.contains("no chat is linked"), "{look}");
        collect(&["--by", "Ibu Contoh", "--relation", "ibu", "--document", "KK"]).ok();
        assert!(office.run(&["card", "collect", "0091234567"]).refused().contains("handed out already"));
        let shown = office.json(&["student", "show", "0091234567"]);
        let card = &shown["cards"]["card"];
        assert_eq!((card["collected_by"].as_str(), card["relation"].as_str(), card["document"].as_str()), (Some("Ibu Contoh"), Some("ibu"), Some("KK")));
        office.run(&["card", "collect-undo", "0091234567", "--reason", "salah orang"]).ok();
        office.run(&["card", "collect", "0091234567"]).ok();
        assert_eq!(office.json(&["report", "daily"])["today"]["collected"], 1);
    }
}

on_both! {
    fn what_contradicts_itself_or_the_books_is_said(office) {
        with_card(office);
        let path = office.write("twice.csv", "NIK;STATUS\n5271010212099802;PRR\n5271014112099801;PRR\n5271010212099802;SFE\n");
        let report = office.json(&["card", "status", path.to_str().unwrap()]);
        assert_eq!(report["changed"], 0, "{report}");
        let rows: Vec<_> = report["problems"].as_array().unwrap().iter().map(|one| (one["code"].as_str().unwrap(), one["row"].as_i64().unwrap())).collect();
        assert_eq!(rows, [("status_twice", 2), ("status_twice", 4)]);
        office.run(&["card", "stock", "count", "0", "--at", POINT]).ok();
        let printed = office.json(&["card", "printed", "0091234567"]);
        let codes: Vec<&str> = printed["problems"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
        assert!(printed["done"] == 1 && codes.contains(&"stock"), "{printed}");
        assert!(office.run(&["visit", "order", "add", "--home", "0091234567", "--place", "50200001", "--by", "Ibu"]).refused().contains("recorded already"));
    }
}

on_both! {
    fn of_many_who_confirm_at_once_one_hands_the_card_out(office) {
        with_card(office);
        office.run(&["card", "printed", "0091234567"]).ok();
        office.run(&["card", "ready", "0091234567", "--at", POINT]).ok();
        let answers: Vec<_> = std::thread::scope(|scope| {
            let hands: Vec<_> = (0..8).map(|_| scope.spawn(|| office.run(&["card", "collect", "0091234567"]))).collect();
            hands.into_iter().map(|hand| hand.join().unwrap()).collect()
        });
        assert_eq!(answers.iter().filter(|answer| answer.code == 0).count(), 1, "{answers:#?}");
        assert!(answers.iter().filter(|answer| answer.code == 1).all(|answer| answer.err.contains("handed out already")));
    }
}

on_both! {
    fn an_enrolment_failure_means_recording_again(office) {
        office.import_rows(&["0091234567,5271014112099801,Siti Contoh,P,2009-12-01,XII IPS 1"]);
        office.run(&["student", "set", "0091234567", "recorded", "2026-10-01", "--reason", "daftar"]).ok();
        let path = office.write("status.csv", "NIK,STATUS,TANGGAL\n5271014112099801,ENROLL_FAILURE_AT_CENTRAL,2026-11-20\n");
        office.run(&["card", "status", path.to_str().unwrap()]).ok();
        let why = office.json(&["student", "why", "0091234567"]);
        assert_eq!(why["student"]["recorded"], "no");
        let kinds: Vec<&str> = why["notices"].as_array().unwrap().iter().map(|n| n["kind"].as_str().unwrap()).collect();
        assert!(kinds.contains(&"record_again"), "{kinds:?}");
        // An older sheet that arrives later takes nothing back.
        let path = office.write("old.csv", "NIK,STATUS,TANGGAL\n5271014112099801,PRR,2026-11-01\n");
        assert_eq!(office.json(&["card", "status", path.to_str().unwrap()])["older"], 1);
    }
}

on_both! {
    fn blanks_never_fall_below_nothing_by_hand(office) {
        office.run(&["card", "stock", "receive", "2", "--at", POINT]).ok();
        assert!(office.run(&["card", "stock", "spoil", "3", "--at", POINT]).refused().contains("only 2 blanks"));
        office.run(&["card", "stock", "count", "5", "--at", POINT]).ok();
        assert_eq!(blanks(office), 5);
        assert!(office.run(&["card", "stock", "count", "5", "--at", "Loket Mana"]).refused().contains("Loket Dinas"));
    }
}

on_both! {
    fn a_second_failure_and_an_old_sheet_are_understood(office) {
        office.import_rows(&["0091234567,5271014112099801,Siti Contoh,P,2009-12-01,XII IPS 1"]);
        let sheet = |status: &str, day: &str| {
            let path = office.write("s.csv", &format!("NIK,STATUS,TANGGAL\n5271014112099801,{status},{day}\n"));
            office.json(&["card", "status", path.to_str().unwrap()])
        };
        sheet("ENROLL_FAILURE_AT_CENTRAL", "2026-11-01");
        office.run(&["student", "set", "0091234567", "recorded", "2026-11-05", "--reason", "diulang"]).ok();
        assert_eq!(sheet("ENROLL_FAILURE_AT_CENTRAL", "2026-11-02")["changed"], 0, "still the first failure");
        assert_eq!(sheet("ENROLL_FAILURE_AT_CENTRAL", "2026-11-20")["changed"], 1, "the second recording failed, too");
        assert_eq!(office.json(&["student", "show", "0091234567"])["recorded"], "no");
        sheet("PRR", "2026-11-21");
        sheet("PRR", "2026-11-23");
        assert_eq!(sheet("PROCESSING", "2026-11-22")["older"], 1);
        assert_eq!(office.json(&["student", "show", "0091234567"])["cards"]["national"]["status"], "PRINT_READY_RECORD");
    }
}

on_both! {
    fn words_that_hold_a_nik_are_not_kept(office) {
        with_card(office);
        office.run(&["card", "printed", "0091234567"]).ok();
        office.run(&["card", "ready", "0091234567", "--at", POINT]).ok();
        let by = "Siti 5271 0141 1209 9801";
        for arguments in [
            &["card", "collect", "0091234567", "--by", by, "--relation", "ibu"][..],
            &["office", "pause", "counter", "--until", "2026-12-01", "--reason", by],
            &["student", "set", "0091234567", "class", "XII", "--reason", by],
        ] {
            let refusal = office.run(arguments).refused();
            assert!(refusal.contains("something like a NIK") && !refusal.contains("9801"), "{refusal}");
        }
    }
}

on_both! {
    fn a_point_at_which_cards_wait_is_not_dropped(office) {
        with_card(office);
        office.run(&["card", "printed", "0091234567"]).ok();
        office.run(&["card", "ready", "0091234567", "--at", POINT]).ok();
        let text = std::fs::read_to_string(office.path("config/office.sample.toml")).unwrap();
        office.write("office.toml", &text.replace("name = \"Loket Dinas\"", "name = \"Loket Baru\""));
        let refusal = office.run(&["office", "apply", "office.toml"]).refused();
        assert!(refusal.contains("1 cards wait at the pickup point 'Loket Dinas'"), "{refusal}");
        office.run(&["card", "ready", "0091234567", "--at", "Loket Kecamatan Ampenan"]).ok();
        office.run(&["office", "apply", "office.toml"]).ok();
    }
}

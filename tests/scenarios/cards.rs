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

on_both! {
    fn a_sheet_in_the_offices_own_words_is_taken_and_what_is_unknown_is_named(office) {
        let words = ["BELUM REKAM", "sudah_rekam", "Siap Cetak", "PACKET-RETRY", "HOLD", "duplicate", "SUDAH REKAN", "MBUH", "MBUH"];
        let nik = |at: usize| format!("52710141120998{at:02}");
        let rows: Vec<String> = (0..words.len()).map(|at| format!("00912345{at:02},{},Siswa{at} Contoh,P,2009-12-01,XII IPS 1", nik(at))).collect();
        office.import_rows(&rows.iter().map(String::as_str).collect::<Vec<_>>());
        let lines: String = words.iter().enumerate().map(|(at, word)| format!("{},{word}\n", nik(at))).collect();
        let path = office.write("status.csv", &format!("NIK,STATUS\n{lines}"));
        let report = office.json(&["card", "status", path.to_str().unwrap()]);
        assert_eq!((report["rows"].as_i64(), report["changed"].as_i64()), (Some(9), Some(6)), "{report}");
        assert_eq!(report["unknown_words"], serde_json::json!({"SUDAH REKAN": [8], "MBUH": [9, 10]}));
        let problem = &report["problems"][0];
        assert_eq!((problem["row"].as_i64(), problem["cell"].as_str(), problem["code"].as_str()), (Some(8), Some("B8"), Some("status_unknown")));
        let message = problem["message"].as_str().unwrap();
        assert!(message.contains("B8: 'SUDAH REKAN'") && message.contains("SUDAH REKAM (BIO_CAPTURED)"), "{message}");
        let told = office.run(&["card", "status", path.to_str().unwrap()]).ok();
        assert!(told.out.contains("2 rows say 'MBUH'") && told.out.contains("rows 9, 10"), "{}", told.out);
        let status = |at: usize| office.json(&["student", "show", &format!("00912345{at:02}")])["cards"]["national"]["status"].clone();
        assert_eq!((status(0), status(2), status(6)), ("UNREGISTERED".into(), "PRINT_READY_RECORD".into(), Value::Null));
    }
}

on_both! {
    fn it_is_asked_where_cards_are_that_were_printed_before(office) {
        office.import_rows(&[
            "0091234567,5271014112099801,Siti Contoh,P,2009-11-20,XII IPS 1",
            "0091234568,5271010212099802,Budi Contoh,L,2009-11-20,XII IPS 1",
            "0091234569,5271010312099803,Ani Contoh,P,2009-11-20,XII IPS 1",
        ]);
        office.run(&["notice", "resume"]).ok();
        let take = |row: &str, more: &[&str]| {
            let path = office.write("status.csv", &format!("NIK;STATUS\n{row}\n5271010312099803;PRR\n"));
            office.run(&[&["--json", "card", "status", path.to_str().unwrap()], more].concat())
        };
        let (siti, budi) = ("5271014112099801;SUDAH CETAK", "5271010212099802;CARD_PRINTED");
        let asked = take(siti, &[]);
        assert_eq!((asked.code, asked.json()["error"]["code"].as_str()), (1, Some("printed_cards")));
        let question = asked.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(question.contains("--printed-cards in-hand") && question.contains("at \"Loket Dinas\""), "{question}");
        assert!(office.json(&["student", "show", "0091234569"])["cards"]["national"].is_null(), "nothing was taken");
        let shown = |nisn: &str| office.json(&["student", "why", nisn]);
        let in_hand = take(siti, &["--printed-cards", "in-hand"]).ok().json();
        assert_eq!((in_hand["cards_in_hand"].as_i64(), in_hand["changed"].as_i64()), (Some(1), Some(2)), "{in_hand}");
        assert_eq!(shown("0091234567")["student"]["closed"], "has_card");
        let put_out = take(budi, &["--printed-cards", "at", POINT]).ok().json();
        assert_eq!(put_out["cards_put_out"], 1, "{put_out}");
        let why = shown("0091234568");
        let birthday = why["notices"].as_array().unwrap().iter().find(|one| one["kind"] == "turned_17").unwrap().clone();
        assert_eq!((birthday["variant"].as_str(), why["collect_at"].as_str()), (Some("collect"), Some(POINT)), "{why}");
        // Read again, nothing is asked and nothing changes.
        for row in [siti, budi] {
            let again = take(row, &[]).ok().json();
            assert_eq!((again["changed"].as_i64(), again["cards_put_out"].as_i64(), again["cards_in_hand"].as_i64()), (Some(0), Some(0), Some(0)));
        }
        assert_eq!(take(siti, &["--printed-cards", "somewhere"]).code, 1);
    }
}

on_both! {
    fn whose_card_is_printed_is_not_told_that_it_is_still_being_made(office) {
        office.import_rows(&["0091234567,5271014112099801,Siti Contoh,P,2009-12-01,XII IPS 1", "0091234568,5271010212099802,Budi Contoh,L,2009-12-01,XII IPS 1",
            "0091234569,5271010312099803,Ani Contoh,P,2009-12-01,XII IPS 1"]);
        office.run(&["notice", "resume"]).ok();
        let path = office.write("status.csv", "NIK;STATUS\n5271014112099801;PRR\n5271010212099802;CARD SHIPPED\n5271010312099803;PROSES\n");
        office.run(&["card", "status", path.to_str().unwrap()]).ok();
        office.set_clock("2026-12-01T09:00:00+08:00");
        office.run(&["card", "printed", "0091234567"]).ok();
        let previews = office.json(&["notice", "preview", "--date", "2026-12-01"])["notices"].as_array().unwrap().clone();
        let text = |name: &str| {
            let one = previews.iter().find(|one| one["name"] == name && one["kind"] == "turned_17");
            one.unwrap_or_else(|| panic!("{name}: {previews:?}"))["text"].as_str().unwrap().to_owned()
        };
        for name in ["Siti Contoh", "Budi Contoh"] {
            assert!(text(name).contains("sudah dicetak") && !text(name).contains("masih diproses"), "{}", text(name));
        }
        assert!(text("Ani Contoh").contains("masih diproses"));
    }
}

on_both! {
    fn a_list_of_cards_of_which_one_column_was_sorted_is_nobodys(office) {
        with_card(office);
        office.set_clock("2026-12-03T09:00:00+08:00");
        let file = office.write("names.csv", "nisn,nama\n0091234567,Budi Contoh\n0091234568,Siti Contoh\n");
        let report = office.json(&["card", "printed", file.to_str().unwrap()]);
        let cells: Vec<_> = report["problems"].as_array().unwrap().iter().map(|one| (one["code"].as_str().unwrap(), one["cell"].as_str().unwrap())).collect();
        assert_eq!((report["done"].as_i64(), cells), (Some(0), vec![("another_student", "B2"), ("another_student", "B3")]), "{report}");
        let file = office.write("numbers.csv", "nik,nisn\n5271014112099801,0091234568\n5271010212099802,0091234568\n");
        let report = office.json(&["card", "printed", file.to_str().unwrap()]);
        assert_eq!((report["done"].as_i64(), report["problems"][0]["cell"].as_str()), (Some(1), Some("B2")), "{report}");
        let file = office.write("status.csv", "NIK,NAMA,STATUS\n5271014112099801,Budi Contoh,CARD_ISSUED\n5271010212099802,BUDI CONTOH,PRR\n");
        let report = office.json(&["card", "status", file.to_str().unwrap()]);
        assert_eq!((report["changed"].as_i64(), report["problems"][0]["cell"].as_str()), (Some(1), Some("B2")), "{report}");
        assert!(office.json(&["student", "show", "0091234567"])["closed"].is_null());
    }
}

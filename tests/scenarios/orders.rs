//! Orders: villages, schools and people who cannot come ask for a visit, and are answered with a date.

use serde_json::Value;

use crate::support::chats::{count, tap};
use crate::support::{Office, SCHOOL, eventually};

/// A village with two youths out of school, besides the sample school.
fn with_village(office: &Office) {
    let path = office.write(
        "desa.csv",
        "code,kind,name,level,kecamatan,latitude,longitude,working_days,last_day_grade_12,contact_name,contact_phone\n\
         5271031001,village,Kelurahan Ampenan Tengah,,Ampenan,-8.57,116.08,1-6,,Lurah Contoh,081200000001\n",
    );
    office.run(&["place", "import", path.to_str().unwrap()]).ok();
    let list = office.write(
        "remaja.csv",
        "nisn,nik,nama,jk,tempat_lahir,tanggal_lahir\n\
         0101230001,,Udin Contoh,L,Mataram,2010-01-20\n0101230002,,Ayu Contoh,P,Mataram,2010-01-21\n",
    );
    office.run(&["roster", "import", "--place", "5271031001", list.to_str().unwrap()]).ok();
}

fn order(office: &Office, arguments: &[&str]) -> Value {
    office.json(&[&["visit", "order"], arguments].concat())
}

fn only(office: &Office) -> Value {
    order(office, &["list"])["orders"][0].clone()
}

on_both! {
    fn an_order_enters_the_plan_and_is_answered_with_its_day(office) {
        with_village(office);
        let village = "5271031001";
        let taken = order(office, &["add", "--place", village, "--expected", "40", "--from", "2026-12-01", "--to", "2026-12-03",
            "--by", "Lurah Contoh", "--phone", "081200000001"]);
        assert_eq!((taken["state"].as_str(), taken["answer_due"].as_str()), (Some("open"), Some("2026-11-26")));
        assert_eq!(taken["planned"], Value::Null, "no plan was made yet");
        let plan = office.json(&["visit", "plan"]);
        let day = &plan["village_days"][0];
        assert_eq!((day["date"].as_str(), day["place"].as_str()), (Some("2026-12-01"), Some(village)), "{plan}");
        assert_eq!((day["order"].as_str(), day["students"].as_i64()), (taken["number"].as_str(), Some(2)));
        // Forty people, one device pair of the team, five minutes each: the visit is long enough for all of them.
        let visit = &plan["visits"][0];
        let at = |field: &str| visit[field].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
        assert!((at("ends_at") - at("starts_at")).num_minutes() >= 100, "{visit}");
        assert_eq!(only(office)["planned"], "2026-12-01");
        let id = taken["id"].as_str().unwrap();
        let answered = order(office, &["answer", id, "--accept"]);
        assert_eq!((answered["visit"]["state"].as_str(), answered["visit"]["date"].as_str()), (Some("confirmed"), Some("2026-12-01")));
        assert_eq!((answered["told"].as_bool(), answered["order"]["state"].as_str()), (Some(false), Some("accepted")));
        assert!(office.run(&["visit", "order", "answer", id, "--decline", "--reason", "penuh"]).refused().contains("answered before"));
        let again = office.json(&["visit", "plan"]);
        assert_eq!(again["visits"].as_array().unwrap().len(), 1, "nobody goes there twice: {again}");
        assert_eq!(only(office)["visit"], answered["visit"]["id"]);
    }
}

on_both! {
    fn an_order_that_nobody_answers_is_shown_as_overdue(office) {
        with_village(office);
        order(office, &["add", "--place", "5271031001", "--expected", "5", "--by", "Kader PKK"]);
        office.set_clock("2026-11-26T23:00:00+08:00");
        assert_eq!(only(office)["overdue"], false, "Thursday is the third working day");
        office.set_clock("2026-11-27T08:00:00+08:00");
        assert_eq!(only(office)["overdue"], true);
        assert_eq!(office.json(&["report", "daily"])["orders"], serde_json::json!({"open": 1, "overdue": 1}));
        let refused = |arguments: &[&str]| office.run(&[&["visit", "order", "add", "--by", "X"], arguments].concat());
        assert!(refused(&["--place", "nope", "--expected", "5"]).refused().contains("no place 'nope'"));
        assert!(refused(&["--place", SCHOOL, "--expected", "0"]).refused().contains("1 to 2000"));
        assert!(refused(&["--place", SCHOOL, "--expected", "5", "--from", "2026-12-10", "--to", "2026-12-01"]).refused().contains("no days"));
        assert!(refused(&["--place", SCHOOL, "--expected", "5", "--from", "2026-11-01"]).refused().contains("no days"));
        assert!(refused(&["--expected", "5"]).refused().contains("--place"));
        let nik = office.run(&["visit", "order", "add", "--by", "5271014112099801", "--place", SCHOOL, "--expected", "5"]);
        assert!(nik.refused().contains("NIK"));
        let id = only(office)["id"].as_str().unwrap().to_owned();
        assert!(office.run(&["visit", "order", "answer", &id, "--accept"]).refused().contains("no day"), "not planned yet");
        assert!(office.run(&["visit", "order", "answer", &id, "--accept", "--on", "2026-11-29"]).refused().contains("does not work"));
        let named = order(office, &["answer", &id, "--accept", "--on", "2026-12-01"]);
        assert_eq!(named["visit"]["students"].as_array().unwrap().len(), 2, "those of the village who wait: {named}");
        assert_eq!(named["visit"]["team"], "Tim A");
    }
}

on_both! {
    fn whoever_cannot_come_is_visited_at_home(office) {
        office.import_rows(&[
            "0091234567,,Siti Contoh,P,2010-02-01,XI IPS 1",
            "0101234568,,Budi Contoh,L,2010-02-02,XI IPS 1",
        ]);
        let home = order(office, &["add", "--home", "Siti Contoh", "--by", "Ibu Contoh", "--need", "tidak bisa berjalan",
            "--at", "-8.60,116.10", "--from", "2026-12-07", "--to", "2026-12-10"]);
        assert_eq!((home["expected"].as_i64(), home["need"].as_str()), (Some(1), Some("tidak bisa berjalan")));
        assert!(!home["place_name"].as_str().unwrap().contains("Siti"), "a place's name is read by many");
        let plan = office.json(&["visit", "plan"]);
        let visits = plan["visits"].as_array().unwrap();
        let of = |place: &Value| visits.iter().find(|visit| visit["place"] == *place).unwrap_or_else(|| panic!("{plan}"));
        assert_eq!(of(&home["place"])["students"][0]["nisn"], "0091234567");
        assert!(("2026-12-07"..="2026-12-10").contains(&of(&home["place"])["date"].as_str().unwrap()));
        assert_eq!(of(&Value::from(SCHOOL))["students"].as_array().unwrap().len(), 1, "not at school as well");
        let answered = order(office, &["answer", home["id"].as_str().unwrap(), "--accept"]);
        assert_eq!(answered["visit"]["students"][0]["nisn"], "0091234567");
        let raw = std::fs::read_dir(office.path("var")).unwrap().filter_map(|file| std::fs::read(file.unwrap().path()).ok());
        let text = "tidak bisa berjalan".as_bytes();
        assert!(raw.into_iter().all(|bytes| !bytes.windows(text.len()).any(|part| part == text)), "the need is sealed");
        // A village's day is for everybody to read, a visit at home is not.
        with_village(office);
        let village = order(office, &["add", "--place", "5271031001", "--expected", "9", "--by", "Lurah Contoh"]);
        order(office, &["answer", village["id"].as_str().unwrap(), "--accept", "--on", "2026-12-02"]);
        let _api = office.bot_api();
        let (_, page) = office.serve().get("/jadwal");
        assert!(page.contains("Kelurahan Ampenan Tengah"), "{page}");
        assert!(!page.to_lowercase().contains("rumah"), "{page}");
    }
}

on_both! {
    fn a_village_orders_from_its_chat_and_is_answered_there(office) {
        with_village(office);
        office.run(&["staff", "add", "Desa Ampenan", "--role", "village", "--place", "5271031001"]).ok();
        office.run(&["notice", "resume"]).ok();
        let api = office.bot_api();
        let _daemon = office.serve();
        let code = office.json(&["staff", "link", "Desa Ampenan"])["code"].as_str().unwrap().to_owned();
        api.write(7, "/pesan");
        eventually("a stranger is told", || count(&api, 7, "hanya bisa dikirim akun") == 1);
        api.write(7, &code);
        tap(&api, 7, "Setuju");
        eventually("the account is linked", || count(&api, 7, "Berhasil") == 1);
        api.write(7, "/pesan");
        eventually("it asks how many", || count(&api, 7, "Berapa orang") == 1);
        api.write(7, "banyak");
        eventually("it wants a number", || count(&api, 7, "Tulis angkanya saja, dari") == 1);
        api.write(7, "kira-kira 25 orang");
        eventually("it asks when", || count(&api, 7, "25 orang. Kapan") == 1);
        tap(&api, 7, "Secepatnya");
        eventually("it is taken", || count(&api, 7, "sudah kami terima") == 1);
        let taken = only(office);
        assert_eq!((taken["expected"].as_i64(), taken["by"].as_str()), (Some(25), Some("Desa Ampenan")));
        assert_eq!((taken["from"].as_str(), taken["to"].as_str()), (Some("2026-11-24"), Some("2026-12-07")));
        office.run(&["visit", "plan"]).ok();
        let answered = order(office, &["answer", taken["id"].as_str().unwrap(), "--accept"]);
        assert_eq!(answered["told"], true);
        eventually("the answer names the day", || count(&api, 7, "tim datang") == 1);
        api.write(7, "/pesan");
        eventually("it asks again", || count(&api, 7, "Berapa orang") == 2);
        api.write(7, "3");
        eventually("and when", || count(&api, 7, "3 orang. Kapan") == 1);
        tap(&api, 7, "Bulan depan");
        eventually("the second is taken", || count(&api, 7, "sudah kami terima") == 2);
        let second = order(office, &["list"])["orders"][1]["id"].as_str().unwrap().to_owned();
        order(office, &["answer", &second, "--decline", "--reason", "tim cuti bersama"]);
        eventually("the refusal gives its reason", || count(&api, 7, "tim cuti bersama") == 1);
    }
}

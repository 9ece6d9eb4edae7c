//! Sessions: written down, told to whom they are for, called off, and shown to anybody.

use serde_json::Value;

use crate::support::chats::{count, guardian, heard, link};
use crate::support::{Office, RUNTIME, SCHOOL, eventually};

/// A Sunday.
const DAY: &str = "2026-11-29";

fn add(office: &Office, more: &[&str]) -> Value {
    let mut all = vec!["visit", "session", "add", "--place", SCHOOL, "--on", DAY, "--from", "16:00", "--to", "19:00"];
    all.extend(more);
    office.json(&all)
}

/// Who has a notice of this kind, by NISN, with its state and reason.
fn told(office: &Office, kind: &str) -> Vec<(String, String, String)> {
    let text = |notice: &Value, key: &str| notice[key].as_str().unwrap_or_default().to_owned();
    let mut all: Vec<_> = office
        .notices()
        .iter()
        .filter(|notice| notice["kind"] == kind)
        .map(|notice| (text(notice, "nisn"), text(notice, "state"), text(notice, "reason")))
        .collect();
    all.sort();
    all
}

fn villages(office: &Office) {
    let text = "code,kind,name,kecamatan,latitude,longitude\n\
        V1,village,Kelurahan Sukamaju,Kec. Cakranegara,-8.59,116.13\n\
        V2,village,Kelurahan <b>Lain</b>,Sekarbela,-8.60,116.09\n";
    let path = office.write("villages.csv", text);
    office.run(&["place", "import", path.to_str().unwrap()]).ok();
}

on_both! {
    fn a_session_is_written_down_listed_and_called_off(office) {
        let added = add(office, &["--team", "tim a", "--title", "Perekaman Minggu sore"]);
        assert_eq!((added["date"].as_str(), added["place"].as_str(), added["team"].as_str()), (Some(DAY), Some(SCHOOL), Some("Tim A")));
        assert_eq!((added["starts_at"].as_str(), added["ends_at"].as_str()), (Some("2026-11-29T08:00:00Z"), Some("2026-11-29T11:00:00Z")));
        assert_eq!(added["state"], "open");
        let codes: Vec<&str> = added["warnings"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
        assert_eq!(codes, ["place_closed", "team_off"], "a Sunday is only warned of");
        let go = |change: &[(usize, &str)]| {
            let mut all =
                vec!["visit", "session", "add", "--place", SCHOOL, "--on", DAY, "--from", "18:30", "--to", "20:00", "--team", "Tim A"];
            for (at, text) in change {
                all[*at] = text;
            }
            office.run(&all)
        };
        assert!(go(&[]).refused().contains("Tim A has a session from 16.00–19.00"));
        assert!(go(&[(4, "V9")]).refused().contains("no place 'V9'"));
        assert!(go(&[(12, "Tim Z")]).refused().contains("its teams: Tim A, Tim B"));
        assert!(go(&[(8, "20:00")]).refused().contains("ends before it begins"));
        assert!(go(&[(6, "2026-11-22")]).refused().contains("is past"));
        assert!(go(&[(6, "2026-11-23"), (8, "08:00")]).refused().contains("2026-11-23 08:00 is past"));
        assert_eq!(go(&[(8, "25:00")]).code, 2, "no such hour");
        let nik = office.run(&["visit", "session", "add", "--place", SCHOOL, "--on", DAY, "--from", "08:00", "--to", "09:00",
            "--title", "5271014202109802"]).refused();
        assert!(nik.contains("something like a NIK"), "{nik}");
        // Another team may, and the same one right after.
        go(&[(12, "Tim B")]).ok();
        go(&[(8, "19:00")]).ok();
        // Without a team, one place holds one session at a time.
        let bare = ["visit", "session", "add", "--place", SCHOOL, "--on", DAY, "--from", "09:00", "--to", "10:00"];
        let first = office.run(&bare).ok();
        assert!(first.err.contains("does not work on Sunday"), "{}", first.err);
        assert!(office.run(&bare).refused().contains("already"));
        let all = office.json(&["visit", "session", "list"]);
        let hours: Vec<&str> = all["sessions"].as_array().unwrap().iter().map(|one| one["starts_at"].as_str().unwrap()).collect();
        assert_eq!(hours.len(), 4);
        assert!(hours.is_sorted() && all["next"].is_null());
        let page = office.json(&["visit", "session", "list", "--limit", "3"]);
        let rest = office.json(&["visit", "session", "list", "--after", page["next"].as_str().unwrap()]);
        assert_eq!(rest["sessions"][0]["id"], all["sessions"][3]["id"]);
        assert_eq!(office.json(&["visit", "session", "list", "--from", "2026-11-30"])["sessions"].as_array().map(Vec::len), Some(0));
        // Called off, its hours are free again.
        let id = added["id"].as_str().unwrap();
        assert_eq!(office.run(&["visit", "session", "cancel", id, "--reason", " "]).code, 2);
        let off = office.json(&["visit", "session", "cancel", id, "--reason", "hujan lebat"]);
        assert_eq!((off["state"].as_str(), off["cancel_reason"].as_str()), (Some("cancelled"), Some("hujan lebat")));
        assert!(office.run(&["visit", "session", "cancel", id, "--reason", "lagi"]).refused().contains("already"));
        add(office, &["--team", "Tim A"]);
        let lines = office.run(&["visit", "session", "list"]).ok();
        assert!(lines.out.contains("cancelled (hujan lebat)"), "{}", lines.out);
        office.run(&["staff", "add", "loket", "--role", "counter"]).ok();
        assert!(office.run(&["--as", "loket", "visit", "session", "list"]).refused().contains("may not do this"));
        assert!(office.run(&["--as", "loket", "visit", "session", "cancel", id, "--reason", "x"]).refused().contains("may not"));
        office.run(&["audit", "verify"]).ok();
    }
}

on_both! {
    fn only_the_unrecorded_near_by_have_a_notice(office) {
        villages(office);
        let rows = "nisn,nik,nama,jk,tanggal_lahir,rombel,kelurahan,kecamatan\n\
            0091234561,,Siti Contoh,P,2009-12-01,XI 1,Ampenan Tengah,Kec. Ampenan\n\
            0091234562,,Budi Contoh,L,2010-03-01,XI 1,Sukamaju,Kec. Cakranegara\n\
            0091234563,,Rina Contoh,P,2010-12-01,X 1,Sukamaju,Kec. Cakranegara\n\
            0091234564,,Andi Contoh,L,2010-01-05,XI 1,SUKAMAJU,\n\
            0091234565,,Dewi Contoh,P,2010-01-06,XI 1,Sukamaju,Cakranegara\n\
            0091234566,,Nusa Contoh,P,2010-01-07,XI 1,Sukamaju,Cakranegara\n";
        let path = office.write("roster.csv", rows);
        office.run(&["roster", "import", path.to_str().unwrap(), "--place", SCHOOL]).ok();
        office.run(&["student", "set", "Dewi Contoh", "recorded", "2026-11-20", "--reason", "sudah"]).ok();
        office.run(&["student", "close", "Nusa Contoh", "--reason", "moved"]).ok();
        office.run(&["visit", "session", "add", "--place", "V1", "--on", DAY, "--from", "08:00", "--to", "12:00"]).ok();
        let waits = |nisn: &str| (nisn.to_owned(), "waiting".to_owned(), "no_chat".to_owned());
        assert_eq!(told(office, "session_open"), [waits("0091234562"), waits("0091234564")],
            "not who lives elsewhere, is 15, is recorded or has moved");
        // Whoever a visit meets before needs no session; whoever a visit meets later does.
        let plan = office.json(&["visit", "plan"]);
        let visit = plan["visits"][0]["id"].as_str().unwrap();
        assert!(plan["visits"][0]["date"].as_str().unwrap() < DAY);
        office.run(&["visit", "announce", visit]).ok();
        office.run(&["visit", "confirm", visit]).ok();
        let on_visit = |nisn: &str| (nisn.to_owned(), "suppressed".to_owned(), "on_a_visit".to_owned());
        assert_eq!(told(office, "session_open"), [on_visit("0091234562"), on_visit("0091234564")]);
        office.run(&["visit", "cancel", visit, "--reason", "banjir"]).ok();
        assert_eq!(told(office, "session_open"), [waits("0091234562"), waits("0091234564")]);
        office.run(&["student", "set", "Andi Contoh", "recorded", "2026-11-20", "--reason", "sudah"]).ok();
        assert_eq!(told(office, "session_open")[1].2, "already_recorded");
        let session = office.json(&["visit", "session", "list"])["sessions"][0]["id"].as_str().unwrap().to_owned();
        office.run(&["visit", "session", "cancel", &session, "--reason", "hujan"]).ok();
        assert_eq!(told(office, "session_open")[0].2, "session_cancelled");
        let changed = told(office, "visit_changed");
        assert!(changed.iter().all(|(nisn, ..)| nisn.is_empty()), "no student was told: {changed:?}");
    }
}

on_both! {
    fn who_was_told_of_a_session_is_told_that_it_is_off(office) {
        office.import_rows(&["0091234567,,Siti Contoh,P,2009-12-01,XII IPS 1"]);
        office.run(&["notice", "resume"]).ok();
        let api = office.bot_api();
        let _daemon = office.serve();
        link(office, &api, &[guardian(1, "0091234567")]);
        office.set_clock("2026-11-23T20:30:00+08:00");
        let added = add(office, &[]);
        let id = added["id"].as_str().unwrap();
        assert_eq!(told(office, "session_open")[0].1, "due");
        assert_eq!(count(&api, 1, "terbuka untuk umum"), 0, "not at night");
        office.set_clock("2026-11-24T08:00:10+08:00");
        eventually("the session is told", || count(&api, 1, "terbuka untuk umum") == 1);
        let text = heard(&api, 1).pop().unwrap();
        for part in ["SMA CONTOH SINTETIS, Kec. Ampenan", "Minggu, 29 November 2026", "16.00–19.00", "fotokopi KK", "Gratis"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        api.write(1, "/jadwal");
        eventually("the schedule is told", || count(&api, 1, "Terbuka untuk umum:") == 1);
        let line = "• Minggu, 29 November 2026 pukul 16.00–19.00: SMA CONTOH SINTETIS, Kec. Ampenan";
        assert!(heard(&api, 1).pop().unwrap().contains(line), "{:?}", heard(&api, 1).pop());
        api.write(2, "/jadwal");
        eventually("anybody may ask", || count(&api, 2, line) == 1);
        office.run(&["visit", "session", "cancel", id, "--reason", "hujan"]).ok();
        eventually("the cancellation is told", || count(&api, 1, "dibatalkan. Jangan datang") == 1);
        assert_eq!(told(office, "visit_changed")[0].1, "sent");
        assert_eq!(told(office, "session_open")[0].1, "sent");
        api.write(2, "/jadwal");
        eventually("it is gone from the list", || count(&api, 2, "Belum ada jadwal") == 1);
        // A session that begins before anybody could be told of it: nobody is asked to come afterwards.
        office.set_clock("2026-11-24T20:30:00+08:00");
        office.run(&["visit", "session", "add", "--place", SCHOOL, "--on", "2026-11-25", "--from", "06:00", "--to", "09:30"]).ok();
        office.set_clock("2026-11-25T08:30:00+08:00");
        eventually("it is too late", || {
            told(office, "session_open").iter().any(|(_, state, reason)| (state.as_str(), reason.as_str()) == ("expired", "session_started"))
        });
        assert_eq!(count(&api, 1, "terbuka untuk umum"), 1);
    }
}

on_both! {
    fn the_public_list_shows_open_days_and_nobodys_name(office) {
        villages(office);
        office.import_rows(&["0091234567,,Siti Contoh,P,2009-12-01,XII IPS 1"]);
        office.run(&["student", "add", "--name", "Nusa Warga", "--birth-date", "2010-03-01", "--place", "V1"]).ok();
        let plan = office.json(&["visit", "plan"]);
        let visits = plan["visits"].as_array().unwrap();
        assert!(visits.iter().any(|visit| visit["place"] == "V1") && visits.iter().any(|visit| visit["place"] == SCHOOL), "{plan}");
        let api = office.bot_api();
        let daemon = office.serve();
        let (status, empty) = daemon.get("/jadwal");
        assert_eq!(status, 200);
        assert!(empty.contains("Belum ada jadwal") && empty.contains("fotokopi KK") && empty.contains("lang=\"id\""), "{empty}");
        for visit in visits {
            office.run(&["visit", "announce", visit["id"].as_str().unwrap()]).ok();
        }
        assert!(daemon.get("/jadwal").1.contains("Belum ada jadwal"), "announced is not agreed");
        for visit in visits {
            office.run(&["visit", "confirm", visit["id"].as_str().unwrap()]).ok();
        }
        let title = "Ngabuburit <script>alert(1)</script>";
        office.run(&["visit", "session", "add", "--place", "V2", "--on", DAY, "--from", "16:00", "--to", "19:00",
            "--title", title, "--team", "Tim A"]).ok();
        let page = daemon.get("/jadwal").1;
        for part in ["Kelurahan Sukamaju", "Kec. Cakranegara", "Kec. Sekarbela", "Minggu, 29 November 2026", "16.00–19.00", "WITA",
            "Gratis", "&lt;script&gt;", "Kelurahan &lt;b&gt;Lain", "?bahasa=en"] {
            assert!(page.contains(part), "{part}: {page}");
        }
        for part in ["SMA CONTOH", "Siti", "Nusa Warga", "Tim A", "<script"] {
            assert!(!page.contains(part), "{part}: {page}");
        }
        let english = daemon.get("/jadwal?bahasa=en").1;
        assert!(english.contains("Sunday, 29 November 2026") && english.contains("copy of the family card"), "{english}");
        assert_eq!(daemon.get("/jadwal?kantor=mataram").1.matches("<section>").count(), 1);
        let (status, none) = daemon.get("/jadwal?kantor=%22%3E%3Cb%3E");
        assert_eq!(status, 404);
        assert!(!none.contains("\"><b>"), "{none}");
        let url = format!("http://{}/jadwal", daemon.address().unwrap());
        let answer = RUNTIME.block_on(reqwest::get(url)).unwrap();
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert!(header("content-security-policy").starts_with("default-src 'none'"));
        assert_eq!((header("x-content-type-options").as_str(), header("cache-control").as_str()), ("nosniff", "public, max-age=60"));
        // What is over is gone; the office's hour decides.
        office.set_clock("2026-11-29T18:59:00+08:00");
        eventually("the last minute", || daemon.get("/jadwal").1.contains("16.00–19.00"));
        office.set_clock("2026-11-29T19:00:00+08:00");
        eventually("it is over", || !daemon.get("/jadwal").1.contains("16.00–19.00"));
        drop(api);
    }
}

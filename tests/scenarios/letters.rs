//! What leaves the office about visits besides messages: formal letters, and calendars that others subscribe to.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::{Daemon, Office, RUNTIME, SCHOOL};

const NIK: &str = "5271014202109802";

/// Two schools and their visits, planned; the first one announced.
fn announced(office: &Office) -> Value {
    let text = "code,kind,name,level,kecamatan,latitude,longitude,working_days,contact_name\n\
                50200001,school,SMA CONTOH SINTETIS,SMA,Ampenan,-8.5700,116.0800,1-5,Ibu Ratna\n\
                50200002,school,\"SMK <b>Dua</b>, & \"\"Satu\"\"\",SMK,Cakranegara,-8.6000,116.1500,1-5,\n";
    let path = office.write("places.csv", text);
    office.run(&["place", "import", path.to_str().unwrap()]).ok();
    office.import_rows(&[
        "0091234567,,Siti Contoh,P,2009-12-01,XII IPS 1",
        &format!("0101234568,{NIK},Budi Contoh Putra,L,2010-02-02,XI IPS 1"),
    ]);
    office
        .run(&["student", "add", "--name", "Rina <i>Dua</i>", "--birth-date", "2010-03-02", "--place", "50200002"])
        .ok();
    let plan = office.json(&["visit", "plan"]);
    let visits = plan["visits"].as_array().unwrap().iter();
    let visit = visits.clone().find(|visit| visit["place"] == SCHOOL).unwrap();
    assert!(visits.clone().any(|visit| visit["place"] == "50200002"), "{plan}");
    office.json(&["visit", "announce", visit["id"].as_str().unwrap()])
}

fn id(visit: &Value) -> &str {
    visit["id"].as_str().unwrap()
}

fn read(office: &Office, name: &str) -> String {
    std::fs::read_to_string(office.path(name)).unwrap()
}

on_both! {
    fn a_letter_says_everything_once_and_keeps_its_number(office) {
        let visit = announced(office);
        let made = office.json(&["visit", "letter", id(&visit), "--out", "letter.html"]);
        assert_eq!(made["letters"][0]["number"], "400.12.2/1/Disdukcapil/XI/2026");
        let letter = read(office, "letter.html");
        for part in ["PEMERINTAH KOTA MATARAM (CONTOH)", "DINAS KEPENDUDUKAN DAN PENCATATAN SIPIL", "Mataram, 23 November 2026",
            "400.12.2/1/Disdukcapil/XI/2026", "Kepala SMA CONTOH SINTETIS", "u.p. Ibu Ratna", "Selasa, 24 November 2026",
            "WITA", "2 orang (daftar terlampir)", "fotokopi kartu keluarga", "tidak dipungut biaya", "Tembusan:", "Arsip",
            "Kelas XI IPS 1 (1 siswa)", "Budi Contoh Putra", "Siti Contoh", "paling lambat"] {
            // An answer is asked for only where there is a day left to give it.
            assert_eq!(letter.contains(part), part != "paling lambat", "{part}");
        }
        assert!(!letter.contains(NIK) && !letter.contains("2010-02-02"), "neither NIK nor birth date");
        // Printed again, even later: the same letter.
        office.set_clock("2026-11-23T17:00:00+08:00");
        office.run(&["visit", "letter", id(&visit), "--out", "again.html"]).ok();
        assert_eq!(read(office, "again.html"), letter);
        // Another day is another letter, which takes the earlier one back; agreed, it says so.
        office.run(&["visit", "move", id(&visit), "--to", "2026-12-07"]).ok();
        let made = office.json(&["visit", "letter", id(&visit), "--out", "letter.html"]);
        assert_eq!(made["letters"][0]["number"], "400.12.2/2/Disdukcapil/XI/2026");
        let letter = read(office, "letter.html");
        assert!(letter.contains("menggantikan pemberitahuan kami sebelumnya"), "{letter}");
        assert!(letter.contains("paling lambat Senin, 30 November 2026"), "five school days: {letter}");
        office.run(&["visit", "confirm", id(&visit)]).ok();
        office.run(&["visit", "letter", id(&visit), "--out", "letter.html"]).ok();
        let letter = read(office, "letter.html");
        assert!(letter.contains("sesuai kesepakatan") && !letter.contains("paling lambat"));
    }
}

on_both! {
    fn all_letters_of_a_state_come_in_one_file_and_only_settled_visits_have_one(office) {
        let visit = announced(office);
        let plan = office.json(&["visit", "list", "--state", "proposed"]);
        let other = id(&plan["visits"][0]).to_owned();
        let refused = office.run(&["visit", "letter", &other, "--out", "x.html"]).refused();
        assert!(refused.contains("is proposed"), "{refused}");
        assert!(!office.path("x.html").exists());
        office.run(&["visit", "announce", &other]).ok();
        let made = office.json(&["visit", "letter", "--state", "announced", "--out", "all.html"]);
        let numbers: Vec<&str> = made["letters"].as_array().unwrap().iter().map(|one| one["number"].as_str().unwrap()).collect();
        assert_eq!(numbers, ["400.12.2/1/Disdukcapil/XI/2026", "400.12.2/2/Disdukcapil/XI/2026"]);
        let all = read(office, "all.html");
        assert_eq!((all.matches("class=\"letter\"").count(), all.matches("class=\"list\"").count()), (2, 2));
        // What a school or a person is called is text.
        assert!(all.contains("SMK &lt;b&gt;Dua&lt;/b&gt;, &amp; &quot;Satu&quot;") && !all.contains("<b>Dua") && !all.contains("<i>Dua"));
        assert!(office.run(&["visit", "letter", "--state", "confirmed", "--out", "x.html"]).refused().contains("no visit"));
        assert_eq!(office.run(&["visit", "letter", "--out", "x.html"]).code, 2);
        assert_eq!(office.run(&["visit", "letter", id(&visit), "--state", "announced", "--out", "x.html"]).code, 2);
        // Whoever writes numbers by hand gets room for them; a wrong pattern is refused.
        let sample = std::fs::read_to_string("config/office.sample.toml").unwrap();
        let number = "number = \"400.12.2/{n}/Disdukcapil/{month}/{year}\"";
        let path = office.write("office.toml", &sample.replace(number, "number = \"{nomor}\""));
        assert!(office.run(&["office", "apply", path.to_str().unwrap()]).refused().contains("only {n}, {month} and {year}"));
        let path = office.write("office.toml", &sample.replace(number, ""));
        office.run(&["office", "apply", path.to_str().unwrap()]).ok();
        let made = office.json(&["visit", "letter", id(&visit), "--out", "hand.html"]);
        assert!(made["letters"][0]["number"].is_null());
        assert!(read(office, "hand.html").contains("…………"));
    }
}

/// Fetches a calendar: status, headers and body.
fn fetch(daemon: &Daemon, path: &str, known: Option<&str>) -> (u16, BTreeMap<String, String>, String) {
    let url = format!("http://{}{path}", daemon.address().unwrap());
    RUNTIME.block_on(async {
        let mut request = reqwest::Client::new().get(url);
        if let Some(tag) = known {
            request = request.header("if-none-match", tag);
        }
        let answer = request.send().await.unwrap();
        let headers =
            answer.headers().iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        let headers: BTreeMap<String, String> = headers.filter(|(name, _)| name != "date").collect();
        (answer.status().as_u16(), headers, answer.text().await.unwrap())
    })
}

/// The lines of a calendar, folds undone.
fn lines(text: &str) -> Vec<String> {
    assert!(text.split_terminator("\r\n").all(|line| line.len() <= 75 && !line.contains('\n')), "{text}");
    text.replace("\r\n ", "").split_terminator("\r\n").map(str::to_owned).collect()
}

on_both! {
    fn calendars_are_read_by_a_secret_link_until_it_is_revoked(office) {
        let visit = announced(office);
        let _api = office.bot_api();
        let daemon = office.serve();
        let team = visit["team"].as_str().unwrap().to_owned();
        let idle = if team == "Tim A" { "Tim B" } else { "Tim A" };
        let add = |of: &[&str]| office.json(&[&["visit", "feed", "add"], of].concat());
        let path = |made: &Value| made["path"].as_str().unwrap().to_owned();
        let (own, school, whole, none) =
            (add(&["--team", &team]), add(&["--place", SCHOOL]), add(&["--all"]), add(&["--team", idle]));
        assert!(own["url"].as_str().unwrap().starts_with("http://127.0.0.1"));
        let (status, headers, text) = fetch(&daemon, &path(&school), None);
        assert_eq!((status, headers["content-type"].as_str()), (200, "text/calendar; charset=utf-8"));
        let of_school = lines(&text);
        let starts = visit["starts_at"].as_str().unwrap().replace(['-', ':'], "");
        let uid = format!("UID:visit-{}@siap17", id(&visit));
        for wanted in [uid.as_str(), "STATUS:TENTATIVE", "SEQUENCE:1", &format!("DTSTART:{starts}"),
            &format!("SUMMARY:Perekaman KTP-el (2 siswa)\\, {team}"), "LOCATION:SMA CONTOH SINTETIS\\, Ampenan"] {
            assert!(of_school.iter().any(|line| line == wanted), "{wanted}: {of_school:#?}");
        }
        assert!(!text.contains("Siti") && !text.contains("Budi"), "no student is named");
        assert_eq!(of_school.iter().filter(|line| *line == "BEGIN:VEVENT").count(), 1, "nothing that is only proposed");
        for made in [&own, &whole] {
            assert!(fetch(&daemon, &path(made), None).2.contains(&uid));
        }
        assert!(!fetch(&daemon, &path(&none), None).2.contains("BEGIN:VEVENT"));
        // Unchanged it is not sent again; changed it is, under the same identity.
        let tag = headers["etag"].clone();
        let (status, _, body) = fetch(&daemon, &path(&school), Some(&tag));
        assert_eq!((status, body.as_str()), (304, ""));
        office.run(&["visit", "move", id(&visit), "--to", "2026-12-07"]).ok();
        office.run(&["visit", "confirm", id(&visit)]).ok();
        let (status, _, text) = fetch(&daemon, &path(&school), Some(&tag));
        let moved = lines(&text);
        assert_eq!(status, 200);
        for wanted in [uid.as_str(), "SEQUENCE:2", "STATUS:CONFIRMED"] {
            assert!(moved.iter().any(|line| line == wanted), "{wanted}: {moved:#?}");
        }
        assert!(moved.iter().any(|line| line.starts_with("DTSTART:20261207T")));
        office.run(&["visit", "cancel", id(&visit), "--reason", "banjir"]).ok();
        let cancelled = lines(&fetch(&daemon, &path(&school), None).2);
        assert!(cancelled.contains(&uid) && cancelled.iter().any(|line| line == "STATUS:CANCELLED"));

        // Whatever opens none is answered alike, what once opened one too.
        let listed = office.run(&["visit", "feed", "list"]).ok().out;
        let secret = path(&school).replace("/kalender/", "").replace(".ics", "");
        assert!(!listed.contains(&secret) && listed.contains("SMA CONTOH SINTETIS"), "{listed}");
        office.run(&["visit", "feed", "revoke", id(&school)]).ok();
        assert!(office.run(&["visit", "feed", "revoke", id(&school)]).refused().contains("no open calendar"));
        let gone = fetch(&daemon, &path(&school), None);
        assert_eq!(gone.0, 404);
        for wrong in ["/kalender/0000000000000000000000000000000000000000.ics", "/kalender/x", "/kalender/%00.ics",
            &format!("/kalender/{secret}")] {
            assert_eq!(fetch(&daemon, wrong, None), gone, "{wrong}");
        }
        assert!(!daemon.log().contains(&secret), "the secret is in no log");
        assert_eq!(office.run(&["visit", "feed", "add"]).code, 2);
        assert!(office.run(&["visit", "feed", "add", "--team", "Tim X"]).refused().contains("no team 'Tim X'"));
        assert!(office.json(&["audit", "verify"])["broken"].is_null());
    }
}

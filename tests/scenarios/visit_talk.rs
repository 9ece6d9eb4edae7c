//! The conversation about a visit: the place's contact is asked, agrees or chooses another day; whoever was told is told what
//! becomes of it; whoever does not answer is reminded, then called.

use serde_json::Value;
use siap17::rehearsal::{BotApi, Tapped};

use crate::support::chats::{count, guardian, heard, link, tap};
use crate::support::{Office, SCHOOL, eventually};

/// The chats of the school's contact, of Siti's mother and of the office's head.
const CONTACT: i64 = 900;
const MOTHER: i64 = 1;
const HEAD: i64 = 800;
const SITI: &str = "0091234567";
const NIK: &str = "5271014202109802";

/// A school with a telephone number, and three students of whom Siti turns 17 on 1 December.
fn school(office: &Office) {
    let text = "code,kind,name,level,kecamatan,latitude,longitude,working_days,last_day_grade_12,contact_name,contact_phone\n\
                50200001,school,SMA CONTOH SINTETIS,SMA,Ampenan,-8.5700,116.0800,1-5,2027-05-14,Ibu Ratna,0812-3456-7890\n";
    let path = office.write("places.csv", text);
    office.run(&["place", "import", path.to_str().unwrap()]).ok();
    office.import_rows(&[
        &format!("{SITI},,Siti Contoh,P,2009-12-01,XII IPS 1"),
        &format!("0101234568,{NIK},Budi Contoh Putra,L,2010-02-02,XI IPS 1"),
        "0101234569,,Rina Contoh,P,2010-03-02,XI IPS 1",
    ]);
    office.run(&["notice", "resume"]).ok();
}

/// The school's contact links a chat.
fn link_contact(office: &Office, api: &BotApi, chat: i64) {
    let code = office.json(&["link", "contact", SCHOOL])["code"].as_str().unwrap().to_owned();
    api.write(chat, &format!("/start {code}"));
    tap(api, chat, "Setuju");
    eventually("the contact's chat is linked", || count(api, chat, "Berhasil! Chat ini menerima pesan") == 1);
}

/// The one planned visit, announced.
fn announced(office: &Office) -> Value {
    let plan = office.json(&["visit", "plan"]);
    let id = plan["visits"][0]["id"].as_str().unwrap();
    office.json(&["visit", "announce", id])
}

fn id(visit: &Value) -> &str {
    visit["id"].as_str().unwrap()
}

/// The visit as it stands now.
fn now(office: &Office, visit: &Value) -> Value {
    let all = office.json(&["visit", "list", "--limit", "1000"]);
    all["visits"].as_array().unwrap().iter().find(|one| one["id"] == visit["id"]).expect("the visit").clone()
}

/// State and reason of the contact's notices of one kind.
fn states(office: &Office, kind: &str) -> Vec<String> {
    let notices = office.notices().into_iter().filter(|one| one["place"] == SCHOOL && one["kind"] == kind);
    notices.map(|one| one["state"].as_str().unwrap().to_owned()).collect()
}

/// Taps a button below the newest message that holds `words`, and waits for a new answer that holds `answer`.
fn tap_old(api: &BotApi, chat: i64, words: &str, label: &str, answer: &str) {
    let before = count(api, chat, answer);
    assert_eq!(api.tap_below(chat, words, label), Tapped::Yes, "{:?}", heard(api, chat));
    eventually(&format!("'{answer}' is answered, not {:?}", heard(api, chat).last()), || {
        count(api, chat, answer) == before + 1
    });
}

/// Taps below the reminder until the daemon has seen that the clock went on and answers that it is too late.
fn tap_once_its_later(api: &BotApi, label: &str) {
    let (asked, answer) = ("masih menunggu jawaban", "Lewat tombol sudah tidak bisa");
    let before = count(api, CONTACT, answer);
    eventually("it is too late for a button", || {
        let lines = heard(api, CONTACT).len();
        assert_eq!(api.tap_below(CONTACT, asked, label), Tapped::Yes);
        eventually("the tap is answered", || heard(api, CONTACT).len() > lines);
        count(api, CONTACT, answer) > before
    });
}

on_both! {
    fn the_contact_agrees_by_a_button_and_everybody_who_was_told_hears_what_becomes_of_it(office) {
        let api = office.bot_api();
        let _daemon = office.serve();
        school(office);
        link(office, &api, &[guardian(MOTHER, SITI)]);
        link_contact(office, &api, CONTACT);
        let visit = announced(office);
        assert!(visit["by_hand"].is_null(), "the bot writes by itself: {visit}");
        eventually("the contact is asked", || count(&api, CONTACT, "Apakah hari ini cocok?") == 1);
        let words = heard(&api, CONTACT).pop().unwrap();
        for part in ["SMA CONTOH SINTETIS", "Selasa, 24 November 2026", "Tim A, 3 siswa", "XI IPS 1 (2): BUDI C., RINA C.",
            "XII IPS 1 (1): SITI C.", "fotokopi kartu keluarga"] {
            assert!(words.contains(part), "{part}: {words}");
        }
        assert!(!words.contains(NIK) && !words.contains("2009"), "neither NIK nor birth date: {words}");
        assert_eq!(now(office, &visit)["state"], "announced");
        assert_eq!(count(&api, MOTHER, "petugas Dukcapil datang"), 0, "students are not told before the school agrees");

        tap(&api, CONTACT, "Setuju");
        eventually("it is agreed", || count(&api, CONTACT, "disepakati: Selasa, 24 November 2026") == 1);
        assert_eq!(now(office, &visit)["state"], "confirmed");
        eventually("the student's family is told", || count(&api, MOTHER, "petugas Dukcapil datang") == 1);
        tap_old(&api, CONTACT, "Apakah hari ini cocok?", "Setuju", "Sudah disepakati");
        assert!(api.broken_bounds().is_empty(), "{:?}", api.broken_bounds());

        office.set_clock("2026-11-23T16:05:00+08:00");
        eventually("the evening before", || count(&api, MOTHER, "besok, Selasa, 24 November 2026") == 1);
        office.run(&["visit", "cancel", id(&visit), "--reason", "banjir"]).ok();
        for chat in [MOTHER, CONTACT] {
            eventually("whoever was told hears of it", || count(&api, chat, "dibatalkan") == 1);
        }
        tap_old(&api, CONTACT, "Apakah hari ini cocok?", "Setuju", "sudah dibatalkan");
        tap_old(&api, CONTACT, "Apakah hari ini cocok?", "Usul hari lain", "sudah dibatalkan");
        assert_eq!(now(office, &visit)["state"], "cancelled");
        assert!(office.json(&["audit", "verify"])["broken"].is_null());
    }
}

on_both! {
    fn the_contact_chooses_another_day_which_is_agreed_at_once(office) {
        let api = office.bot_api();
        let _daemon = office.serve();
        school(office);
        link(office, &api, &[guardian(MOTHER, SITI)]);
        link_contact(office, &api, CONTACT);
        let visit = announced(office);
        eventually("the contact is asked", || count(&api, CONTACT, "Apakah hari ini cocok?") == 1);
        tap(&api, CONTACT, "Usul hari lain");
        eventually("days are offered", || count(&api, CONTACT, "Pilih hari lain") == 1);
        let line = api.lines(CONTACT).pop().unwrap();
        let labels: Vec<String> = line.buttons.iter().flatten().map(|(label, _)| label.clone()).collect();
        // Before Siti's birthday on Tuesday, 1 December; teams go out from Monday to Thursday; two days to prepare.
        assert_eq!(labels, [
            "Rabu, 25 November 2026, 08.58", "Kamis, 26 November 2026, 08.58", "Senin, 30 November 2026, 08.58",
            "Hari lain lagi", "Tidak ada yang cocok, telepon saya", "Setuju Selasa, 24 November 2026",
        ].map(|label| label.replace("08.58", &labels[0][labels[0].len() - 5..])));
        tap(&api, CONTACT, "Hari lain lagi");
        eventually("more days are offered", || count(&api, CONTACT, "Pilih hari lain") == 2);
        let further = api.lines(CONTACT).pop().unwrap();
        assert!(further.buttons[0][0].0.contains("Desember 2026"), "later ones: {:?}", further.buttons);

        tap(&api, CONTACT, "Kamis, 26 November 2026");
        eventually("it is agreed", || count(&api, CONTACT, "Jadwalnya menjadi Kamis, 26 November 2026") == 1);
        let moved = now(office, &visit);
        assert_eq!((&moved["date"], &moved["state"], &moved["revision"]), (&"2026-11-26".into(), &"confirmed".into(), &2.into()));
        eventually("the student's family is told of the one day", || count(&api, MOTHER, "petugas Dukcapil datang") == 1);
        assert_eq!(count(&api, MOTHER, "Kamis, 26 November 2026"), 1, "{:?}", heard(&api, MOTHER));

        // Twice the same button, the first message's, and another day's of before.
        tap_old(&api, CONTACT, "Pilih hari lain", "Kamis, 26 November 2026", "Sudah disepakati");
        tap_old(&api, CONTACT, "Apakah hari ini cocok?", "Setuju", "Yang disepakati: Kamis, 26 November 2026");
        tap_old(&api, CONTACT, "Pilih hari lain", "Rabu, 25 November 2026", "Yang disepakati: Kamis, 26 November 2026");
        assert_eq!(now(office, &visit), moved);
        assert_eq!(states(office, "visit_request"), ["sent", "told"], "nobody is asked about what they chose");
        assert!(states(office, "visit_changed").is_empty());

        // The office moves it after all: everybody is told, and the school is asked anew.
        office.run(&["visit", "move", id(&visit), "--to", "2026-12-02"]).ok();
        eventually("the contact is asked anew", || count(&api, CONTACT, "berubah. Usul yang baru:\nRabu, 2 Desember 2026") == 1);
        eventually("the family hears that it waits", || count(&api, MOTHER, "ditunda") == 1);
        tap_old(&api, CONTACT, "Petugas Dukcapil ingin", "Setuju", "Usul sekarang: Rabu, 2 Desember 2026");
        tap(&api, CONTACT, "Setuju");
        eventually("agreed again", || count(&api, CONTACT, "disepakati: Rabu, 2 Desember 2026") == 1);
        eventually("and told", || count(&api, MOTHER, "Rabu, 2 Desember 2026") == 1);
        assert!(api.broken_bounds().is_empty(), "{:?}", api.broken_bounds());
    }
}

on_both! {
    fn whoever_does_not_answer_is_reminded_then_called_and_has_not_agreed(office) {
        let api = office.bot_api();
        let _daemon = office.serve();
        school(office);
        office.run(&["staff", "add", "kepala", "--role", "head"]).ok();
        let code = office.json(&["staff", "link", "kepala"])["code"].as_str().unwrap().to_owned();
        api.write(HEAD, &format!("/start {code}"));
        tap(&api, HEAD, "Setuju");
        link_contact(office, &api, CONTACT);
        let visit = announced(office);
        office.run(&["visit", "move", id(&visit), "--to", "2026-12-07"]).ok();
        eventually("the contact is asked", || count(&api, CONTACT, "Senin, 7 Desember 2026") >= 1);
        office.set_clock("2026-11-25T15:00:00+08:00");
        assert!(office.json(&["visit", "calls"])["calls"].as_array().unwrap().is_empty());
        // Asked on Monday, so Thursday is the third school day.
        office.set_clock("2026-11-26T09:00:00+08:00");
        eventually("the contact is reminded", || count(&api, CONTACT, "masih menunggu jawaban") == 1);
        office.set_clock("2026-11-27T16:31:00+08:00");
        eventually("the day's report is told", || count(&api, HEAD, "Hari ini: direkam") == 1);
        assert_eq!(count(&api, HEAD, "Telepon:"), 0);
        assert!(office.json(&["visit", "calls"])["calls"].as_array().unwrap().is_empty(), "Friday is the fourth");
        office.set_clock("2026-11-30T16:31:00+08:00");
        let calls = office.json(&["visit", "calls"])["calls"].clone();
        assert_eq!((calls[0]["todo"].as_str(), calls[0]["why"].as_str()), (Some("call"), Some("no_answer")), "{calls}");
        assert_eq!((&calls[0]["contact_name"], &calls[0]["phone"]), (&"Ibu Ratna".into(), &"0812-3456-7890".into()));
        let words = office.run(&["report", "daily"]).ok().out;
        assert!(words.contains("Ibu Ratna 0812-3456-7890  no answer since 2026-11-23"), "{words}");
        let daily = office.json(&["report", "daily"]);
        assert_eq!(daily["calls"][0]["visit"], visit["id"]);
        assert!(!daily.to_string().contains("3456"), "no telephone number in the report's data");
        eventually("the digest names the place", || {
            count(&api, HEAD, "Telepon: SMA CONTOH SINTETIS (Ibu Ratna) belum menyepakati") == 1
        });
        assert_eq!(now(office, &visit)["state"], "announced", "no answer is never agreement");
        assert_eq!(count(&api, CONTACT, "masih menunggu jawaban"), 1, "reminded once");
        tap(&api, CONTACT, "Usul hari lain");
        tap(&api, CONTACT, "Tidak ada yang cocok");
        eventually("the contact hears of the call", || count(&api, CONTACT, "kantor akan menelepon") == 1);
        assert_eq!(office.json(&["visit", "calls"])["calls"][0]["why"], "no_day_suits");
        eventually("the head hears of it", || count(&api, HEAD, "tidak ada pilihan yang cocok") == 1);
        // Agreed by telephone.
        office.run(&["visit", "confirm", id(&visit)]).ok();
        assert!(office.json(&["visit", "calls"])["calls"].as_array().unwrap().is_empty());
        tap_old(&api, CONTACT, "masih menunggu jawaban", "Setuju", "Sudah disepakati");
        // On the day itself, and later, the buttons move nothing.
        office.set_clock("2026-12-07T07:30:00+08:00");
        tap_once_its_later(&api, "Usul hari lain");
        office.set_clock("2026-12-08T09:00:00+08:00");
        tap_once_its_later(&api, "Setuju");
        assert_eq!(now(office, &visit)["date"], "2026-12-07");
    }
}

on_both! {
    fn a_day_that_became_impossible_cannot_be_agreed_to(office) {
        let api = office.bot_api();
        let _daemon = office.serve();
        school(office);
        link_contact(office, &api, CONTACT);
        link_contact(office, &api, CONTACT + 1);
        let visit = announced(office);
        for chat in [CONTACT, CONTACT + 1] {
            eventually(&format!("chat {chat} is asked: {:?} {:?}", heard(&api, chat), office.notices()), || {
                count(&api, chat, "Apakah hari ini cocok?") == 1
            });
        }
        office.run(&["office", "pause", "recording", "--until", "2026-11-30", "--reason", "server mati"]).ok();
        for chat in [CONTACT, CONTACT + 1] {
            eventually("the place hears that the team does not come", || {
                count(&api, chat, "Jangan menunggu tim") == 1 && count(&api, chat, "(server mati)") == 1
            });
        }
        tap_old(&api, CONTACT, "Apakah hari ini cocok?", "Setuju", "hari itu tidak bisa lagi");
        assert_eq!(now(office, &visit)["state"], "announced");
        let line = api.lines(CONTACT).pop().unwrap();
        let label = line.buttons[0][0].0.clone();
        assert!(label.starts_with("Selasa, 1 Desember 2026"), "the first day after the pause: {label}");
        // Nobody moves to a day that somebody else's change took away meanwhile.
        office.run(&["office", "pause", "recording", "--until", "2026-12-01", "--reason", "server mati"]).ok();
        tap(&api, CONTACT, &label);
        eventually("other days are offered", || count(&api, CONTACT, "hari itu tidak bisa lagi") == 2);
        tap(&api, CONTACT, "Rabu, 2 Desember 2026");
        eventually("agreed", || count(&api, CONTACT, "Jadwalnya menjadi Rabu, 2 Desember 2026") == 1);
        eventually("the place's other chat hears of it", || count(&api, CONTACT + 1, "Kontak lain SMA CONTOH SINTETIS") == 1);
        tap_old(&api, CONTACT + 1, "Apakah hari ini cocok?", "Setuju", "Yang disepakati: Rabu, 2 Desember 2026");
        assert_eq!(now(office, &visit)["revision"], 2);
    }
}

on_both! {
    fn a_contact_without_a_chat_is_written_to_by_hand(office) {
        school(office);
        let visit = announced(office);
        let words = &visit["by_hand"];
        assert_eq!(words["contact_name"], "Ibu Ratna");
        let url = url::Url::parse(words["url"].as_str().unwrap()).unwrap();
        assert_eq!((url.host_str(), url.path()), (Some("wa.me"), "/6281234567890"));
        let text = url.query_pairs().find(|(name, _)| name == "text").unwrap().1.into_owned();
        assert_eq!(text, words["text"].as_str().unwrap());
        assert!(text.starts_with("Yth. Ibu Ratna,") && text.contains("Selasa, 24 November 2026"), "{text}");
        assert!(!text.contains("Siti"), "no student's name leaves by a third party: {text}");
        assert_eq!(states(office, "visit_request"), ["waiting"]);
        // The day is near, so nobody waits; moved further away, there is time to write.
        assert_eq!(office.json(&["visit", "calls"])["calls"][0]["why"], "soon");
        office.run(&["visit", "move", id(&visit), "--to", "2026-12-07"]).ok();
        let calls = office.run(&["visit", "calls"]).ok().out;
        assert!(calls.starts_with("write") && calls.contains("https://wa.me/6281234567890?text=Yth.%20Ibu"), "{calls}");
        assert!(office.run(&["visit", "invite", id(&visit)]).ok().out.contains("Senin, 7 Desember 2026"));
        office.run(&["visit", "invite", id(&visit), "--sent"]).ok();
        assert!(office.run(&["visit", "calls"]).ok().out.contains("nobody has to be called"));
        assert!(states(office, "visit_request").contains(&"told".to_owned()));
        office.set_clock("2026-11-30T09:00:00+08:00");
        assert_eq!(office.json(&["visit", "calls"])["calls"][0]["why"], "no_answer");
        office.run(&["visit", "confirm", id(&visit)]).ok();
        assert!(office.run(&["visit", "invite", id(&visit)]).refused().contains("is confirmed"));
        // Whoever was told by hand has to be told by hand that it is off.
        office.run(&["visit", "cancel", id(&visit), "--reason", "banjir"]).ok();
        let calls = office.json(&["visit", "calls"])["calls"].clone();
        assert_eq!((&calls[0]["todo"], &calls[0]["why"]), (&"write".into(), &"cancelled".into()));
        assert!(calls[0]["text"].as_str().unwrap().contains("dibatalkan"), "{calls}");
        office.run(&["visit", "invite", id(&visit), "--sent"]).ok();
        assert!(office.json(&["visit", "calls"])["calls"].as_array().unwrap().is_empty());
    }
}

on_both! {
    fn only_the_places_contact_may_answer(office) {
        let api = office.bot_api();
        let _daemon = office.serve();
        school(office);
        let visit = announced(office);
        // Linked after the visit was announced: asked all the same.
        link_contact(office, &api, CONTACT);
        eventually("the contact is asked", || count(&api, CONTACT, "Apakah hari ini cocok?") == 1);
        link_contact(office, &api, CONTACT + 1);
        api.write(CONTACT, "/berhenti");
        tap(&api, CONTACT, "Ya, hentikan");
        eventually("the chat is no contact's any more", || count(&api, CONTACT, "Dihentikan") == 1);
        for label in ["Setuju", "Usul hari lain"] {
            tap_old(&api, CONTACT, "Apakah hari ini cocok?", label, "sudah tidak berlaku");
        }
        assert_eq!(now(office, &visit)["state"], "announced");
    }
}

//! Half a slip and a birth date link a chat and fetch no card.

use crate::support::chats::{Person, count, guardian, heard, link, tap};
use crate::support::eventually;

const SITI: &str = "0091234567";
const MOTHER: i64 = 701;
const STRANGER: i64 = 702;

on_both! {
    fn a_notice_to_a_chat_that_nobody_has_vouched_for_has_no_code(office) {
        office.import_rows(&["0091234567,5271014112099801,Siti Contoh,P,2009-12-01,XII IPS 1"]);
        let path = office.write("status.csv", "NIK;STATUS\n5271014112099801;PRR\n");
        office.run(&["card", "status", path.to_str().unwrap()]).ok();
        office.set_clock("2026-12-03T08:30:00+08:00");
        let api = office.bot_api();
        let _daemon = office.serve();
        link(office, &api, &[guardian(MOTHER, SITI)]);
        link(office, &api, &[Person { chat: STRANGER, nisn: SITI.to_owned(), role: "student", day: 1, month: 12 }]);
        eventually("the mother is asked", || count(&api, MOTHER, "Chat siswa baru terhubung") == 1);
        office.run(&["card", "stock", "receive", "3", "--at", "Loket Dinas"]).ok();
        office.run(&["card", "printed", SITI]).ok();
        office.run(&["card", "ready", SITI, "--at", "Loket Dinas"]).ok();
        office.run(&["notice", "resume"]).ok();
        let told = |chat| heard(&api, chat).into_iter().find(|text| text.contains("KTP-el sudah jadi"));
        eventually("the new chat is told", || told(STRANGER).is_some());
        assert!(told(STRANGER).unwrap().contains("Kode: kirim /status."), "{:?}", told(STRANGER));
        api.write(STRANGER, "/status");
        eventually("it waits for the family", || count(&api, STRANGER, "menunggu jawaban keluarga") == 1);
        api.write(MOTHER, "/status");
        eventually("the mother has the code", || heard(&api, MOTHER).iter().any(|text| text.contains("Kode: ")));
        let codes = heard(&api, MOTHER).into_iter().find_map(|text| Some(text.split_once("Kode: ")?.1[..11].to_owned()));
        let code = codes.unwrap();
        assert_eq!(count(&api, STRANGER, &code), 0);
        let look = office.json(&["card", "look", &code]);
        let chats: Vec<_> = look["chats"].as_array().unwrap().iter().map(|one| (one["role"].as_str(), one["standing"].as_str())).collect();
        assert_eq!(chats, [(Some("guardian"), Some("known")), (Some("student"), Some("asked"))], "{look}");
        tap(&api, MOTHER, "Bukan");
        eventually("the stranger is cut off", || count(&api, STRANGER, "Chat ini dilepas") == 1);
        api.write(STRANGER, "/status");
        eventually("and has nobody here", || count(&api, STRANGER, "Kirim dulu kode") == 1);
        assert_eq!(office.json(&["card", "look", &code])["chats"].as_array().map(Vec::len), Some(1));
        assert!(office.json(&["audit", "verify"])["broken"].is_null());
        assert!(api.broken_bounds().is_empty(), "{:?}", api.broken_bounds());
    }
}

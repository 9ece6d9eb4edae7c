//! What people are told: answers that arrive at least once, words to every chat of a family, and mistakes that are taken back.

use serde_json::Value;
use siap17::rehearsal::{BotApi, Fault};

use crate::support::chats::{Person, count, guardian, heard, link, tap};
use crate::support::{Office, eventually};

const NISN: &str = "0091000001";
const MOTHER: i64 = 1;
const OWN: i64 = 2;
const BIRTHDAY: &str = "2026-12-01T08:00:05+08:00";
const CONGRATULATIONS: &str = "selamat ulang tahun ke-17";
const BAD_GATEWAY: Fault = Fault::Arrives(502, "<html><h1>502 Bad Gateway</h1></html>");

fn student(office: &Office) {
    office.import_rows(&[&format!("{NISN},,Siti Contoh,P,2009-12-01,XII IPS 1")]);
    office.run(&["notice", "resume"]).ok();
}

fn own_chat() -> Person {
    Person { chat: OWN, role: "student", ..guardian(OWN, NISN) }
}

fn of_kind(office: &Office, kind: &str) -> Vec<Value> {
    office.notices().into_iter().filter(|notice| notice["kind"] == kind).collect()
}

fn with_card(office: &Office) {
    office.run(&["card", "printed", NISN]).ok();
    office.run(&["card", "ready", NISN, "--at", "Loket Dinas"]).ok();
}

on_both! {
    fn an_answer_that_may_be_lost_is_sent_again_and_says_so(office) {
        let api = office.bot_api();
        let daemon = office.serve();
        student(office);
        link(office, &api, &[guardian(MOTHER, NISN)]);
        let before = heard(&api, MOTHER).len();
        // It arrives twice behind a bad gateway, then is answered well; and once it does not arrive at all.
        api.faults([BAD_GATEWAY, BAD_GATEWAY]);
        api.write(MOTHER, "/bantuan");
        eventually("it is sent until that is known", || count(&api, MOTHER, "/status – ") == 3);
        let said = heard(&api, MOTHER).split_off(before);
        assert!(!said[0].contains("Mungkin Anda sudah menerima"), "{said:?}");
        assert!(said[1..].iter().all(|text| text.contains("Mungkin Anda sudah menerima pesan ini")), "{said:?}");
        api.faults([Fault::BadGateway, Fault::ServerError]);
        api.write(MOTHER, "/bantuan");
        eventually("it arrives in the end", || count(&api, MOTHER, "/status – ") == 4);
        // What is lost again and again is given up, and counted.
        api.faults(std::iter::repeat_n(Fault::ServerError, 6));
        api.write(MOTHER, "/bantuan");
        let metric = |name: &str| daemon.get("/metrics").1.contains(name);
        office.set_clock("2026-11-23T12:00:00+08:00");
        eventually("it was tried five times more", || {
            office.set_clock(&format!("2026-11-23T12:{:02}:00+08:00", 7 + 6 - api.faults_left()));
            api.faults_left() == 0
        });
        eventually("and is given up", || metric("siap17_replies_given_up_total 1"));
        assert!(metric("siap17_replies_sent_again_total 9"), "{}", daemon.get("/metrics").1);
        api.write(MOTHER, "/bantuan");
        eventually("the next one is answered", || count(&api, MOTHER, "/status – ") == 5);
        assert!(api.broken_bounds().is_empty(), "{:?}", api.broken_bounds());
    }
}

fn complaint(office: &Office) -> Value {
    office.json(&["complaint", "list"])["complaints"][0].clone()
}

on_both! {
    fn an_answer_to_a_complaint_waits_for_a_chat_that_blocked_the_bot(office) {
        let api = office.bot_api();
        let _daemon = office.serve();
        student(office);
        link(office, &api, &[guardian(MOTHER, NISN)]);
        api.write(MOTHER, "/lapor");
        let before = heard(&api, MOTHER).len();
        tap(&api, MOTHER, "Boleh dijawab");
        eventually("words are asked for", || heard(&api, MOTHER).len() > before);
        api.write(MOTHER, "Loketnya tutup.");
        eventually("it is kept", || complaint(office)["id"].is_string());
        api.block(MOTHER, true);
        let id = complaint(office)["id"].as_str().unwrap().to_owned();
        office.run(&["complaint", "answer", &id, "Besok", "buka."]).ok();
        assert!(complaint(office)["answer"].is_string());
        std::thread::sleep(std::time::Duration::from_millis(1));
        assert!(complaint(office)["delivered_at"].is_null());
        assert!(office.run(&["complaint", "list"]).ok().out.contains("not delivered yet"));
        api.block(MOTHER, false);
        api.write(MOTHER, "/start");
        eventually("it arrives once the person is back", || count(&api, MOTHER, "Besok buka.") == 1);
        eventually("and the list says so", || complaint(office)["delivered_at"].is_string());
    }
}

on_both! {
    fn both_chats_of_a_family_are_told_each_in_its_own_words(office) {
        let api = office.bot_api();
        let _daemon = office.serve();
        student(office);
        link(office, &api, &[guardian(MOTHER, NISN), own_chat()]);
        // One chat's answer is put off; the other's is not.
        api.faults([Fault::RetryAfter(2)]);
        office.set_clock(BIRTHDAY);
        for chat in [MOTHER, OWN] {
            eventually("each is told", || count(&api, chat, CONGRATULATIONS) == 1);
        }
        assert_eq!(count(&api, MOTHER, "Untuk orang tua/wali Siti Contoh:"), 1, "{:?}", heard(&api, MOTHER));
        assert_eq!(count(&api, OWN, "Untuk orang tua/wali"), 0, "{:?}", heard(&api, OWN));
        eventually("it is sent", || of_kind(office, "turned_17")[0]["state"] == "sent");
        // One that has the bot blocked keeps nobody else from hearing, and hears it when it is back.
        api.block(MOTHER, true);
        with_card(office);
        eventually("the student is invited", || count(&api, OWN, "sudah jadi") == 1);
        eventually("the notice is sent", || of_kind(office, "card_ready")[0]["state"] == "sent");
        api.block(MOTHER, false);
        eventually("the mother, too", || count(&api, MOTHER, "sudah jadi") == 1);
        for chat in [MOTHER, OWN] {
            assert_eq!((count(&api, chat, CONGRATULATIONS), count(&api, chat, "sudah jadi")), (1, 1));
        }
        assert_eq!(count(&api, MOTHER, "Mungkin Anda sudah"), 0, "nothing was lost: {:?}", heard(&api, MOTHER));
        assert!(api.broken_bounds().is_empty(), "{:?}", api.broken_bounds());
    }
}

on_both! {
    fn a_chat_that_is_linked_later_gets_what_is_still_of_use(office) {
        let api = office.bot_api();
        let _daemon = office.serve();
        student(office);
        link(office, &api, &[own_chat()]);
        link(office, &api, &[guardian(MOTHER + 10, NISN)]);
        office.set_clock(BIRTHDAY);
        eventually("the birthday is told", || count(&api, OWN, CONGRATULATIONS) == 1);
        with_card(office);
        eventually("the invitation comes", || count(&api, OWN, "sudah jadi") == 1);
        eventually("to both", || count(&api, MOTHER + 10, "sudah jadi") == 1);
        // Another guardian, a day later: the card still waits.
        office.set_clock("2026-12-02T09:00:00+08:00");
        // The daemon looks at its clock once a second: a conversation that began before that would be a day old at its next tap.
        std::thread::sleep(std::time::Duration::from_secs(2));
        link(office, &api, &[guardian(MOTHER + 20, NISN)]);
        eventually("the new chat is invited", || count(&api, MOTHER + 20, "sudah jadi") == 1);
        assert_eq!(count(&api, MOTHER + 20, CONGRATULATIONS), 0, "of several invitations the newest");
        assert_eq!((count(&api, OWN, "sudah jadi"), count(&api, MOTHER + 10, "sudah jadi")), (1, 1));
    }
}

on_both! {
    fn a_hand_over_that_is_taken_back_is_told_to_whoever_was_told_of_it(office) {
        let api = office.bot_api();
        let _daemon = office.serve();
        student(office);
        link(office, &api, &[guardian(MOTHER, NISN), own_chat()]);
        office.set_clock(BIRTHDAY);
        with_card(office);
        eventually("the invitation comes", || count(&api, OWN, "sudah jadi") == 1);
        office.run(&["card", "collect", NISN]).ok();
        for chat in [MOTHER, OWN] {
            eventually("it is told", || count(&api, chat, "diserahkan pada") == 1);
        }
        eventually("the ledger knows", || of_kind(office, "collected")[0]["state"] == "sent");
        office.run(&["card", "collect-undo", NISN, "--reason", "salah orang"]).ok();
        for chat in [MOTHER, OWN] {
            eventually("and taken back", || count(&api, chat, "KTP-el belum diserahkan") == 1);
        }
        eventually("the ledger knows", || of_kind(office, "correction")[0]["state"] == "sent");
        office.run(&["card", "collect", NISN]).ok();
        for chat in [MOTHER, OWN] {
            eventually("the next one is told", || count(&api, chat, "diserahkan pada") == 2);
        }
        assert_eq!(count(&api, OWN, "belum diserahkan"), 1);
    }
}

fn clerk(office: &Office, api: &BotApi, chat: i64) {
    office.run(&["staff", "add", "loket", "--role", "counter"]).ok();
    let code = office.json(&["staff", "link", "loket"])["code"].as_str().unwrap().to_owned();
    api.write(chat, &format!("/start {code}"));
    tap(api, chat, "Setuju");
    eventually("the clerk's chat is linked", || heard(api, chat).len() >= 2);
}

on_both! {
    fn cancel_says_the_truth_and_a_cancelled_question_hands_out_nothing(office) {
        const CLERK: i64 = 70;
        let api = office.bot_api();
        let _daemon = office.serve();
        student(office);
        clerk(office, &api, CLERK);
        link(office, &api, &[guardian(MOTHER, NISN)]);
        office.set_clock(BIRTHDAY);
        with_card(office);
        eventually("the code comes", || count(&api, MOTHER, "Kode: ") == 1);
        let told = heard(&api, MOTHER).into_iter().find(|text| text.contains("Kode: ")).unwrap();
        let code: String = told.split("Kode: ").nth(1).unwrap().chars().take(11).collect();
        let asks = |times| {
            api.write(CLERK, &code);
            eventually("the card is shown", || count(&api, CLERK, "Kartu siap di") == times);
        };
        let collected = || !office.json(&["student", "show", NISN])["cards"]["card"]["collected_at"].is_null();
        asks(1);
        tap(&api, CLERK, "Batal");
        eventually("it is cancelled", || count(&api, CLERK, "Dibatalkan: kartu Siti Contoh tidak diserahkan") == 1);
        tap(&api, CLERK, "Diserahkan ke pemilik");
        eventually("the old button is refused", || count(&api, CLERK, "sudah dibatalkan") == 1);
        tap(&api, CLERK, "Diserahkan ke keluarga");
        eventually("the other one, too", || count(&api, CLERK, "sudah dibatalkan") == 2);
        assert!(!collected());
        // Something else in the chat makes nobody forget.
        api.write(CLERK, "/bantuan");
        tap(&api, CLERK, "Diserahkan ke pemilik");
        eventually("still refused", || count(&api, CLERK, "sudah dibatalkan") == 3);
        asks(2);
        tap(&api, CLERK, "Diserahkan ke pemilik");
        eventually("handed out", || count(&api, CLERK, "Tercatat: kartu Siti Contoh") == 1);
        assert!(collected());
        tap(&api, CLERK, "Batal");
        eventually("the truth is said", || {
            count(&api, CLERK, "Tidak bisa dibatalkan di sini, Siti Contoh: Kartu sudah diserahkan pada Selasa, 1 Desember 2026") == 1
        });
        assert_eq!(count(&api, CLERK, &format!("card collect-undo {NISN}")), 1);
        assert!(collected());
    }
}

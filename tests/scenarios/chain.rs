//! The record of who did what, against whoever has the database and not the key; each kind of change is in the room's own tests.

use siap17::rehearsal::BotApi;

use crate::support::chats::{count, heard, tap};
use crate::support::{Office, eventually};

const HEAD: i64 = 801;

/// What `check` says of the record: its level and its words.
fn checked(office: &Office) -> (String, String) {
    let answer = office.run(&["--json", "check"]).json();
    let finding = answer["findings"].as_array().unwrap().iter().find(|one| one["what"] == "audit").unwrap().clone();
    (finding["level"].as_str().unwrap().to_owned(), finding["message"].as_str().unwrap().to_owned())
}

/// The head of the office, with a chat.
fn link_head(office: &Office, api: &BotApi) {
    office.run(&["staff", "add", "Bu Kepala", "--role", "head"]).ok();
    let code = office.json(&["staff", "link", "Bu Kepala"])["code"].as_str().unwrap().to_owned();
    api.write(HEAD, &format!("/start {code}"));
    tap(api, HEAD, "Setuju");
    eventually("the head is linked", || count(api, HEAD, "Berhasil") == 1);
}

on_both! {
    fn whoever_cuts_the_record_and_goes_on_is_found(office) {
        for name in ["Satu", "Dua", "Tiga"] {
            office.run(&["staff", "add", name, "--role", "officer"]).ok();
        }
        assert_eq!(checked(office).0, "ok");
        office.sql("DELETE FROM audit_entry WHERE sequence = (SELECT MAX(sequence) FROM audit_entry)");
        let done = office.run(&["staff", "add", "Empat", "--role", "officer"]).ok();
        assert!(done.err.contains("the audit chain is broken, and nothing more is sealed"), "{}", done.err);
        office.run(&["staff", "add", "Lima", "--role", "officer"]).ok();
        let told = office.run(&["audit", "verify"]).refused();
        assert!(told.contains("the newest entries after number 4 are missing; the head stands at number 5"), "{told}");
        let (level, message) = checked(office);
        assert!(level == "error" && message.contains("the chain is broken"), "{message}");
    }
}

on_both! {
    fn a_record_that_is_gone_with_its_head_does_not_begin_anew(office) {
        office.sql("DELETE FROM audit_entry; DELETE FROM meta WHERE name LIKE 'audit%'");
        office.run(&["staff", "add", "Satu", "--role", "officer"]).ok();
        let told = office.run(&["audit", "verify"]).refused();
        assert!(told.contains("its head is gone"), "{told}");
        assert_eq!(checked(office).0, "error");
    }
}

on_both! {
    fn the_head_is_told_once_and_the_numbers_show_it(office) {
        let api = office.bot_api();
        let daemon = office.serve();
        link_head(office, &api);
        eventually("all is sealed", || office.json(&["audit", "verify"])["unsealed"] == 0);
        let metrics = daemon.get("/metrics").1;
        assert!(metrics.contains("siap17_audit_broken 0") && !metrics.contains("siap17_audit_head_number 0"), "{metrics}");
        office.sql("UPDATE audit_entry SET sequence = NULL, hash = NULL WHERE sequence = (SELECT MAX(sequence) FROM audit_entry)");
        eventually("the head is told", || count(&api, HEAD, "catatan audit siap17 tidak utuh lagi") == 1);
        assert!(daemon.get("/metrics").1.contains("siap17_audit_broken 1"));
        for name in ["Satu", "Dua"] {
            office.run(&["staff", "add", name, "--role", "officer"]).ok();
        }
        drop(daemon);
        let _again = office.serve();
        office.run(&["staff", "add", "Tiga", "--role", "officer"]).ok();
        std::thread::sleep(std::time::Duration::from_secs(3));
        assert_eq!(count(&api, HEAD, "catatan audit siap17 tidak utuh lagi"), 1, "{:?}", heard(&api, HEAD));
    }
}

on_both! {
    fn the_days_report_carries_the_head_out_and_it_is_proved_against_later(office) {
        let api = office.bot_api();
        let daemon = office.serve();
        link_head(office, &api);
        office.run(&["notice", "resume"]).ok();
        office.set_clock("2026-11-23T16:30:10+08:00");
        eventually("the report carries the head", || count(&api, HEAD, "Catatan audit berakhir di") == 1);
        let report = heard(&api, HEAD).into_iter().find(|text| text.contains("Catatan audit berakhir di")).unwrap();
        let noted = report.split("--head ").nth(1).unwrap().split(char::is_whitespace).next().unwrap().trim_end_matches('.');
        drop(daemon);
        office.run(&["staff", "add", "Satu", "--role", "officer"]).ok();
        let proved = office.run(&["audit", "verify", "--head", noted]).ok();
        assert!(proved.out.contains("It holds the head that was noted"), "{}", proved.out);
        let (number, hash) = noted.split_once(':').unwrap();
        let other = office.run(&["audit", "verify", "--head", &format!("{number}:{}", "0".repeat(hash.len()))]);
        assert!(other.refused().contains("is not the one that was noted"));
        let far = office.run(&["audit", "verify", "--head", &format!("99999:{hash}")]).refused();
        assert!(far.contains("before the noted number 99999"), "{far}");
        assert_eq!(office.run(&["audit", "verify", "--head", "nonsense"]).code, 2);
        let verdict = office.json(&["audit", "verify"]);
        assert!(verdict["head"].as_str().unwrap().starts_with(&format!("{}:", verdict["entries"])), "{verdict}");
    }
}

//! Setting up: office, places, key, accounts, check.

use crate::support::{Engine, Office};

on_both! {
    fn applying_an_office_twice_changes_nothing_and_it_starts_in_hold(office) {
        let first = office.json(&["office", "apply", "config/office.sample.toml"]);
        assert_eq!(first["applied"], "unchanged", "the office was declared when the folder was made");
        let list = office.json(&["office", "list"]);
        assert_eq!(list["offices"][0]["code"], "mataram");
        assert_eq!(list["offices"][0]["hold"], "new_office");
        let before = office.json(&["audit", "verify"])["entries"].as_i64().unwrap();
        office.run(&["office", "apply", "config/office.sample.toml"]).ok();
        assert_eq!(office.json(&["audit", "verify"])["entries"].as_i64().unwrap(), before, "nothing done, nothing written");
    }
}

on_both! {
    fn places_are_known_by_their_code(office) {
        let text = "code,kind,name,kecamatan\n50200001,school,SMA CONTOH BARU,Ampenan\nV1,village,Kelurahan Contoh,Ampenan\n";
        let path = office.write("places.csv", text);
        let done = office.json(&["place", "import", path.to_str().unwrap()]);
        assert_eq!((done["new"].as_i64(), done["updated"].as_i64()), (Some(1), Some(1)));
        let places = office.json(&["place", "list"]);
        assert_eq!(places["places"][0]["name"], "SMA CONTOH BARU");
        assert_eq!(places["places"][1]["kind"], "village");
    }
}

on_both! {
    fn only_those_who_may_do_a_thing_do_it(office) {
        office.run(&["staff", "add", "loket", "--role", "counter"]).ok();
        let refusal = office.run(&["--as", "loket", "notice", "resume"]).refused();
        assert!(refusal.contains("the role counter may not do this"), "{refusal}");
        let unknown = office.run(&["--as", "nobody", "notice", "hold"]).refused();
        assert!(unknown.contains("no active staff account 'nobody'"), "{unknown}");
        office.run(&["staff", "disable", "loket"]).ok();
        assert!(office.run(&["--as", "loket", "card", "queue"]).refused().contains("no active staff account"));
        let audit = office.json(&["audit", "verify"]);
        assert!(audit["broken"].is_null(), "{audit}");
    }
}

on_both! {
    fn check_tells_what_would_fail(office) {
        let answer = office.run(&["--json", "check"]);
        assert_eq!(answer.code, 1, "there is no token");
        let findings = answer.json();
        let of = |what: &str| findings["findings"].as_array().unwrap().iter().find(|one| one["what"] == what).unwrap().clone();
        assert_eq!(of("telegram")["level"], "error");
        assert_eq!(of("hold")["level"], "warning");
        assert_eq!(of("holidays")["level"], "ok");
        office.set_clock("2028-01-10T08:30:00+08:00");
        let answer = office.run(&["--json", "check"]);
        assert!(answer.out.contains("the holidays of 2028 are not known"), "{}", answer.out);
        let api = office.bot_api();
        office.set_clock("2026-11-23T08:30:00+08:00");
        let token = siap17::rehearsal::TOKEN;
        office.run_with(&[("SIAP17_TELEGRAM_TOKEN", token)], &["check"]).ok();
        let wrong = office.run_with(&[("SIAP17_TELEGRAM_TOKEN", "1:wrong_but_well_formed")], &["check"]);
        assert_eq!(wrong.code, 1);
        assert!(wrong.out.contains("Telegram refused the token"), "{}", wrong.out);
        drop(api);
        let gone = office.run_with(&[("SIAP17_TELEGRAM_TOKEN", token)], &["check"]);
        assert!(gone.out.contains("cannot be reached"), "{}", gone.out);
    }
}

#[test]
fn a_clock_that_differs_from_telegrams_is_told() {
    let office = Office::new(Engine::Sqlite);
    // The stand-in lives on the office's day, the machine on its own.
    office.set_clock("2020-02-02T08:30:00+08:00");
    let _api = office.bot_api();
    let answer = office.run_now(&[("SIAP17_TELEGRAM_TOKEN", siap17::rehearsal::TOKEN)], &["check"]);
    assert_eq!(answer.code, 1);
    assert!(answer.out.contains("our clock differs from Telegram's by"), "{}", answer.out);
}

on_both! {
    fn a_broken_audit_chain_is_noticed(office) {
        office.run(&["staff", "add", "satu", "--role", "officer"]).ok();
        office.run(&["audit", "verify"]).ok();
        tamper(office);
        let broken = office.run(&["audit", "verify"]);
        assert_eq!(broken.code, 1);
        assert!(broken.err.contains("was changed after it was sealed"), "{}", broken.err);
    }
}

#[test]
fn a_key_is_never_overwritten_and_a_wrong_one_is_refused() {
    let office = Office::new(Engine::Sqlite);
    assert!(office.run(&["key", "new"]).refused().contains("holds the key of this database already"));
    std::fs::rename(office.path("var/siap17.key"), office.path("var/safe.key")).unwrap();
    assert!(office.run(&["key", "new"]).refused().contains("put that key file back"));
    assert!(!office.path("var/siap17.key").exists(), "a new key opens nothing of it");
    assert!(office.run(&["place", "list"]).refused().contains("does not exist"));
    let other = Office::new(Engine::Sqlite);
    std::fs::copy(other.path("var/siap17.key"), office.path("var/siap17.key")).unwrap();
    assert!(office.run(&["place", "list"]).refused().contains("is not the one that this database was sealed with"));
    std::fs::copy(office.path("var/safe.key"), office.path("var/siap17.key")).unwrap();
    office.run(&["place", "list"]).ok();
}

#[test]
fn a_backup_comes_back_in_hold_and_without_the_key() {
    let office = Office::new(Engine::Sqlite);
    office.import_sample();
    office.run(&["notice", "resume"]).ok();
    let said = office.run(&["backup", "copy.db"]).ok();
    assert!(said.out.contains("does not hold the key"), "{}", said.out);
    office.run(&["student", "close", "Andi Sintetis", "--reason", "moved"]).ok();
    // What the address says besides is no part of the file's name.
    office.write("config/siap17.toml", "[database]\nurl = \"sqlite://var/siap17.db?mode=rwc\"\n");
    office.run(&["restore", "copy.db"]).ok();
    assert!(!office.path("var/siap17.db?mode=rwc").exists());
    assert_eq!(office.json(&["office", "list"])["offices"][0]["hold"], "restored");
    let back = office.json(&["student", "show", "Andi Sintetis"]);
    assert!(back["closed"].is_null(), "{back}");
}

/// Changes a sealed entry behind siap17's back.
pub fn tamper(office: &Office) {
    office.sql("UPDATE audit_entry SET actor = 'somebody else' WHERE sequence = 1");
}

on_both! {
    fn a_schools_account_sends_its_own_roster_only(office) {
        let path = office.write("more.csv", "code,name\n50200009,SMA LAIN\n");
        office.run(&["place", "import", path.to_str().unwrap()]).ok();
        office.run(&["staff", "add", "operator", "--role", "school", "--place", "50200001"]).ok();
        let roster = office.write("r.csv", "nisn,nama,jk,tanggal_lahir\n0101234567,Agus Contoh,L,2010-05-01\n");
        let roster = roster.to_str().unwrap();
        let other = office.run(&["--as", "operator", "roster", "import", roster, "--place", "50200009"]);
        assert_eq!(other.code, 1);
        assert!(other.err.contains("SMA CONTOH SINTETIS") && other.err.contains("only"), "{}", other.err);
        let own = office.json(&["--as", "operator", "roster", "import", roster]);
        assert_eq!((own["files"][0]["place"].as_str(), own["files"][0]["new"].as_i64()), (Some("50200001"), Some(1)));
        let undo = office.run(&["--as", "operator", "roster", "undo", own["import"].as_str().unwrap()]);
        assert!(undo.err.contains("undone by the office"), "{}", undo.err);
    }
}

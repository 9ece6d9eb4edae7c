//! Slips: printed again without killing those that families have, for a class, for newcomers, and anew when they got lost.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::chats::{count, guardian, link, slips};
use crate::support::{Office, SCHOOL, eventually};

const SITI: &str = "0091234567";
const BUDI: &str = "0101234568";

fn two(office: &Office) {
    office.import_rows(&[
        "0091234567,,Siti Contoh,P,2009-12-01,XII IPS 1",
        "0101234568,,Budi Contoh,L,2010-02-02,XI IPS 1",
    ]);
}

/// Codes by student and role, as a run of `link slips` with these arguments gives them.
fn printed(office: &Office, arguments: &[&str]) -> BTreeMap<(String, String), Value> {
    let all = office.json(&[&["link", "slips", SCHOOL], arguments].concat());
    let whose =
        |slip: &Value| (slip["student"].as_str().unwrap().to_owned(), slip["role"].as_str().unwrap().to_owned());
    all.as_array().unwrap().iter().map(|slip| (whose(slip), slip.clone())).collect()
}

on_both! {
    fn slips_that_were_handed_out_stay_good_when_slips_are_printed_again(office) {
        two(office);
        let first = printed(office, &[]);
        assert_eq!(first.len(), 4);
        let path = office.path("slips.html");
        let said = office.run(&["link", "slips", SCHOOL, "--out", path.to_str().unwrap()]).ok().out;
        assert!(said.contains("4 codes are those of earlier slips") && said.contains("0 are new"), "{said}");
        let page = std::fs::read_to_string(&path).unwrap();
        for slip in first.values() {
            assert!(page.contains(slip["code"].as_str().unwrap()), "the same code on the new paper: {slip}");
        }
        assert_eq!(printed(office, &[]), first);
        let replaced = printed(office, &["--replace", "--student", SITI]);
        assert_eq!(replaced.len(), 2);
        let again = printed(office, &[]);
        for (whose, slip) in &again {
            let is_sitis = replaced.contains_key(whose);
            assert_eq!(slip["code"] == first[whose]["code"], !is_sitis, "only who is named gets another code");
            assert!(!is_sitis || slip["code"] == replaced[whose]["code"]);
        }
    }
}

on_both! {
    fn slips_are_for_a_class_for_newcomers_or_for_those_who_are_named(office) {
        two(office);
        let budi = office.student_id(BUDI);
        let class = printed(office, &["--class", "xi ips 1"]);
        assert!(class.len() == 2 && class.values().all(|slip| slip["student"] == budi), "{class:?}");
        assert!(office.run(&["link", "slips", SCHOOL, "--class", "X 9", "--out", "x.html"]).refused().contains("XI IPS 1, XII IPS 1"));
        let new = printed(office, &["--new"]);
        assert!(new.len() == 2 && new.values().all(|slip| slip["student"] != budi), "{new:?}");
        assert!(printed(office, &["--new"]).is_empty(), "everybody has a slip now");
        let said = office.run(&["link", "slips", SCHOOL, "--new", "--out", "none.html"]).ok().out;
        assert!(said.contains("everybody has a slip") && !office.path("none.html").exists(), "{said}");
        assert_eq!(printed(office, &["--student", SITI, BUDI]).len(), 4);
        assert_eq!(office.run(&["link", "slips", SCHOOL, "--new", "--replace", "--out", "x.html"]).code, 2);
        office.run(&["student", "add", "--name", "Tono Luar", "--birth-date", "2010-01-05", "--nisn", "0101234577"]).ok();
        let elsewhere = office.run(&["link", "slips", SCHOOL, "--student", "0101234577", "--out", "x.html"]);
        assert!(elsewhere.refused().contains("Tono Luar is no open student of"), "nobody is left out in silence");
    }
}

on_both! {
    fn a_slip_on_new_paper_is_good_as_long_as_a_new_one(office) {
        two(office);
        let budi = office.student_id(BUDI).as_str().unwrap().to_owned();
        let whose = (budi, "student".to_owned());
        let first = printed(office, &[])[&whose].clone();
        assert_eq!(first["expires_at"], "2027-05-03", "90 days after the 17th birthday");
        office.set_clock("2027-05-03T09:00:00+08:00");
        let last_day = printed(office, &[])[&whose].clone();
        assert_eq!((&last_day["code"], last_day["expires_at"].as_str()), (&first["code"], Some("2027-08-01")));
        office.set_clock("2027-08-02T09:00:00+08:00");
        assert_ne!(printed(office, &["--new"])[&whose]["code"], first["code"], "what has expired is not given out again");
    }
}

on_both! {
    fn who_is_linked_needs_no_new_slip_and_two_who_print_at_once_print_the_same(office) {
        two(office);
        let runs: Vec<_> = std::thread::scope(|scope| {
            let hands: Vec<_> = (0..4).map(|_| scope.spawn(|| printed(office, &[]))).collect();
            hands.into_iter().map(|hand| hand.join().unwrap()).collect()
        });
        assert!(runs.windows(2).all(|two| two[0] == two[1]), "{runs:#?}");
        let api = office.bot_api();
        let _daemon = office.serve();
        link(office, &api, &[guardian(701, SITI)]);
        assert!(printed(office, &["--new"]).is_empty(), "one half is used, the other is good");
        let codes = slips(office);
        let used = runs[0].values().find(|slip| slip["student"] == office.student_id(SITI) && slip["role"] == "guardian").unwrap();
        assert_ne!(used["code"], codes[&(SITI.to_owned(), "guardian".to_owned())].as_str(), "a used code is on no new paper");
        api.write(702, used["code"].as_str().unwrap());
        eventually("the other chat reads that it was used", || count(&api, 702, "sudah dipakai di chat lain") == 1);
        let pickup = office.run(&["card", "collect", used["code"].as_str().unwrap()]).refused();
        assert!(pickup.contains("code of a slip"), "{pickup}");
    }
}

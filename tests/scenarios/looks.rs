//! Looks at what is nobody else's business: each is written down with whose it was.

use crate::support::Office;

const ROWS: [&str; 3] = [
    "0091234567,5271015211090001,Siti Contoh,P,2009-11-12,XII IPA 1",
    "0091234568,5271011311090002,Budi Contoh,L,2009-11-13,XII IPA 1",
    "0091234569,,Tanpa Nomor,L,2009-11-14,XII IPA 1",
];

/// Whose NIK the record says was seen since `before` such entries, and at what.
fn seen(office: &Office, before: usize) -> Vec<(String, String)> {
    let entries = office.recorded("nik.seen").into_iter().skip(before);
    let mut seen: Vec<(String, String)> = entries.map(|(_, subject, detail)| (subject, detail)).collect();
    seen.sort();
    seen
}

fn of_students(seen: &[(String, String)]) -> Vec<String> {
    seen.iter().map(|(subject, _)| subject.clone()).filter(|subject| subject.starts_with("student:")).collect()
}

on_both! {
    fn every_look_at_a_nik_names_whose_it_was(office) {
        let done = office.import_rows(&ROWS);
        let import = done["import"].as_str().unwrap().to_owned();
        let id = |name: &str| format!("student:{}", office.student_id(name).as_str().unwrap());
        let (siti, budi) = (id("Siti Contoh"), id("Budi Contoh"));
        let mut both = vec![siti.clone(), budi.clone()];
        both.sort();
        // One student.
        office.json(&["student", "show", "0091234567", "--with-nik"]);
        assert_eq!(of_students(&seen(office, 0)), std::slice::from_ref(&siti));
        office.json(&["student", "export", "0091234568"]);
        assert_eq!(office.recorded("student.export")[0].1, budi);
        // The print queue.
        let sheet = office.write("status.csv", "nik,status\n5271015211090001,PRR\n5271011311090002,PRR\n");
        office.run(&["card", "status", sheet.to_str().unwrap()]).ok();
        let before = office.recorded("nik.seen").len();
        let queue = office.json(&["card", "queue", "--with-nik"]);
        assert!(queue.to_string().contains("5271015211090001"), "{queue}");
        let looked = seen(office, before);
        assert_eq!(of_students(&looked), both, "{looked:?}");
        // The answer file with the numbers that we hold, and the review.
        let row = "0091234567,5271015211090009,Siti Contoh,P,2009-11-12,XII IPA 1";
        let again = office.import_rows(&[row, "0091234570,52710,Nomor Salah,L,2009-11-15,XII IPA 1"]);
        let again = again["import"].as_str().unwrap().to_owned();
        let before = office.recorded("nik.seen").len();
        office.run(&["roster", "review", &again, "--with-nik"]).ok();
        let looked = seen(office, before);
        assert_eq!(of_students(&looked), std::slice::from_ref(&siti), "{looked:?}");
        let before = office.recorded("nik.seen").len();
        office.run(&["roster", "answer", &again, "--with-nik", "--out", "answer.xlsx"]).ok();
        assert!(of_students(&seen(office, before)).contains(&siti), "{:?}", seen(office, before));
        assert_ne!(import, again);
        assert!(office.json(&["audit", "verify"])["broken"].is_null());
    }
}

on_both! {
    fn a_visits_sheet_with_numbers_names_each_student(office) {
        office.import_sample();
        let plan = office.json(&["visit", "plan"]);
        let visit = office.json(&["visit", "list"])["visits"][0]["id"].as_str().unwrap().to_owned();
        office.run(&["visit", "sheet", &visit, "--out", "plain.xlsx"]).ok();
        assert!(seen(office, 0).is_empty());
        office.run(&["visit", "sheet", &visit, "--out", "numbers.xlsx", "--with-nik"]).ok();
        let looked = seen(office, 0);
        let planned = plan["visits"][0]["students"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap());
        let mut known: Vec<String> = planned
            .filter(|id| office.json(&["student", "show", id])["has_nik"] == true)
            .map(|id| format!("student:{id}"))
            .collect();
        known.sort();
        assert!(!known.is_empty());
        assert_eq!(of_students(&looked), known, "{looked:?}");
        assert!(looked.iter().any(|(subject, _)| *subject == format!("visit:{visit}")), "{looked:?}");
    }
}

on_both! {
    fn a_search_names_whom_it_showed(office) {
        office.import_rows(&ROWS);
        let found = office.json(&["student", "find", "contoh"]);
        let ids: Vec<&str> = found["students"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), 2, "{found}");
        let (_, _, detail) = office.recorded("student.find").pop().unwrap();
        assert!(ids.iter().all(|id| detail.contains(id)), "{detail}");
        office.json(&["student", "find", "5271015211090001"]);
        let (_, _, detail) = office.recorded("student.find").pop().unwrap();
        assert!(detail.starts_with("1 found: ") && !detail.contains("5271015211090001"), "{detail}");
        let many: Vec<String> = (0..130).map(|at| format!("1{at:09},,Murid Banyak {at},L,2010-01-02,XI")).collect();
        office.import_rows(&many.iter().map(String::as_str).collect::<Vec<_>>());
        office.json(&["student", "find", "murid", "--limit", "120"]);
        let (_, _, detail) = office.recorded("student.find").pop().unwrap();
        assert!(detail.starts_with("120 found: ") && detail.ends_with(" and 20 more"), "{detail}");
    }
}

on_both! {
    fn the_account_of_the_machine_is_no_word_of_the_environment(office) {
        let somebody = [("USER", "kepala"), ("LOGNAME", "kepala"), ("SUDO_USER", "kepala"), ("USERNAME", "kepala")];
        office.run_with(&somebody, &["staff", "add", "Satu", "--role", "officer"]).ok();
        let (actor, _, _) = office.recorded("staff.add").pop().unwrap();
        office.run_with(&somebody, &["staff", "add", "Bu Admin", "--role", "admin"]).ok();
        office.run_with(&somebody, &["--as", "Bu Admin", "staff", "add", "Dua", "--role", "officer"]).ok();
        let (named, _, _) = office.recorded("staff.add").pop().unwrap();
        assert_eq!(named, format!("Bu Admin ({actor})"), "an account that is named proves nothing");
        let uid = std::process::Command::new("id").arg("-un").output().unwrap();
        assert_eq!(actor, format!("os:{}", String::from_utf8(uid.stdout).unwrap().trim()));
    }
}

//! An import is put back, or says what stands on it.

use serde_json::Value;

use crate::support::{Office, SCHOOL};

const FIRST: [&str; 4] = [
    "0101234567,5271010105100001,Agus Contoh,L,2010-05-01,X IPS 1",
    "0101234568,5271014206100002,Bunga Rekaan,P,2010-06-02,X IPS 1",
    "0101234569,,Citra Sintetis,P,2010-07-03,X IPS 2",
    "0091234560,5271014112090004,Dewi Contoh,P,2009-11-01,XII IPS 1",
];

/// What is kept of everyone, by NISN.
fn exports(office: &Office) -> Vec<Value> {
    let nisns = ["0101234567", "0101234568", "0101234569", "0091234560", "0101234570", "0091234571"];
    nisns
        .iter()
        .filter(|nisn| office.run(&["student", "find", nisn]).code == 0)
        .map(|nisn| office.json(&["student", "export", nisn]))
        .collect()
}

on_both! {
    fn the_facts_of_everyone_are_as_before(office) {
        office.import_rows(&FIRST);
        let before = exports(office);
        assert_eq!(before.len(), 4);
        let second = office.import_rows(&[
            "0101234567,5271010105100001,Agus Contoh Baru,L,2010-05-01,XI IPS 1",
            "0101234568,,Bunga Rekaan,P,2010-06-02,XI IPS 3",
            "0101234569,5271014307100003,Citra Sintetis,P,2010-07-03,XI IPS 2",
            "0101234570,5271010108100005,Eko Fiktif,L,2010-08-01,XI IPS 1",
            "0091234571,5271010111090006,Fajar Fiktif,L,2009-11-01,XII IPS 1",
        ]);
        assert_eq!((second["new"].as_i64(), second["changed"].as_i64()), (Some(2), Some(3)));
        let import = second["import"].as_str().unwrap();
        let fajar = office.student_id("0091234571");
        let changes = office.json(&["roster", "changes", import]);
        let kinds: Vec<_> = changes["changes"].as_array().unwrap().iter().map(|row| row["change"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["changed", "changed", "changed", "new", "new"]);
        let undone = office.json(&["roster", "undo", import]);
        assert_eq!((undone["restored"].as_i64(), undone["removed"].as_i64()), (Some(3), Some(2)));
        assert_eq!(exports(office), before, "the facts of everyone are as before");
        assert_eq!(office.json(&["roster", "changes", import]), changes, "what the rows did can still be read");
        assert_eq!(office.run(&["student", "find", "Fajar"]).code, 1);
        // The verdict on the birthday stays, and says why nobody is told.
        let verdict = office.notices().into_iter().find(|notice| notice["student"] == fajar).unwrap();
        assert_eq!((verdict["state"].as_str(), verdict["reason"].as_str()), (Some("suppressed"), Some("import_undone")));
        assert!(office.run(&["roster", "undo", import]).refused().contains("undone already"));
        assert_eq!(office.json(&["report", "daily"])["funnel"]["eligible"], 4, "whoever is gone is not counted");
    }
}

on_both! {
    fn whoever_comes_again_gets_the_same_identity_and_no_second_verdict(office) {
        let rows = ["0091234571,5271010111090006,Fajar Fiktif,L,2009-11-01,XII IPS 1"];
        let first = office.import_rows(&rows);
        let id = office.student_id("0091234571");
        office.run(&["roster", "undo", first["import"].as_str().unwrap()]).ok();
        let again = office.import_rows(&rows);
        assert_eq!(again["new"], 1);
        assert_eq!(office.student_id("0091234571"), id);
        let verdicts: Vec<_> = office.notices().into_iter().filter(|notice| notice["kind"] == "turned_17").collect();
        assert_eq!(verdicts.len(), 1);
        assert_eq!((verdicts[0]["state"].as_str(), verdicts[0]["reason"].as_str()), (Some("waiting"), Some("no_chat")));
        assert!(office.json(&["audit", "verify"])["broken"].is_null());
    }
}

on_both! {
    fn what_stands_on_an_import_is_listed_and_nothing_is_changed(office) {
        let first = office.import_rows(&FIRST);
        let import = first["import"].as_str().unwrap();
        office.run(&["student", "set", "0101234567", "recorded", "2026-11-20", "--reason", "daftar"]).ok();
        office.run(&["card", "stock", "receive", "5", "--at", "Loket Dinas"]).ok();
        office.run(&["card", "printed", "0101234568"]).ok();
        let before = exports(office);
        let refusal = office.run(&["roster", "undo", import]).refused();
        assert!(refusal.contains("row 2: the facts were changed since") && refusal.contains("row 3: a card was printed"), "{refusal}");
        let json = office.run(&["--json", "roster", "undo", import]);
        assert_eq!(json.code, 1);
        let document = json.json();
        assert_eq!(document["error"]["code"], "standing");
        assert_eq!(document["standing"].as_array().map(Vec::len), Some(2));
        assert_eq!(exports(office), before);
        // A later list that names them stands on it, too.
        let path = office.write("later.csv", "nisn,nik,nama,jk,tanggal_lahir,rombel\n0101234569,,Citra Sintetis,P,2010-07-03,X IPS 2\n");
        office.run(&["roster", "import", path.to_str().unwrap(), "--place", SCHOOL]).ok();
        let document = office.run(&["--json", "roster", "undo", import]).json();
        let whys: Vec<&str> = document["standing"].as_array().unwrap().iter().map(|one| one["why"].as_str().unwrap()).collect();
        assert!(whys.contains(&"later_import"), "{whys:?}");
    }
}

on_both! {
    fn what_was_accepted_goes_with_its_import_unless_somebody_changed_it_since(office) {
        office.import_rows(&FIRST);
        let before = exports(office);
        let second = office.import_rows(&FIRST[1..]);
        let import = second["import"].as_str().unwrap();
        office.run(&["roster", "review", import, "--accept", "m1"]).ok();
        assert_eq!(office.json(&["student", "show", "0101234567"])["left_school"], true);
        office.run(&["student", "set", "0101234567", "class", "XI IPS 9", "--reason", "pindah kelas"]).ok();
        let refusal = office.run(&["roster", "undo", import]).refused();
        assert!(refusal.contains("no longer named: the facts were changed since"), "{refusal}");
        office.run(&["student", "set", "0101234567", "class", "X IPS 1", "--reason", "keliru"]).ok();
        assert_eq!(office.run(&["roster", "undo", import]).code, 1, "who says so is somebody else now");
        let third = office.import_rows(&[FIRST[0], FIRST[2], FIRST[3]]);
        let import = third["import"].as_str().unwrap();
        office.run(&["roster", "review", import, "--accept"]).ok();
        assert_eq!(office.json(&["student", "show", "0101234568"])["left_school"], true);
        let undone = office.json(&["roster", "undo", import]);
        assert_eq!(undone["undone"], true);
        assert_eq!(exports(office)[1], before[1], "the facts are as before");
        assert_eq!(office.json(&["roster", "review", import])["proposals"][0]["state"], "out_of_date");
    }
}

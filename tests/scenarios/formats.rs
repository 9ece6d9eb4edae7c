//! Whatever form a school's roster comes in, it goes through the same door; a file that attacks ends there. SQLite alone is
//! enough: what is read here does not depend on the database.

use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::support::{Engine, Office, SCHOOL};

/// Longest that an attack may occupy the program, in seconds; tests run unoptimised, beside each other.
const SOON: u64 = 30;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/rosters").join(name)
}

#[test]
fn every_form_of_the_sample_is_the_same_roster() {
    let office = Office::new(Engine::Sqlite);
    assert_eq!(office.import_sample()["new"], 37);
    for name in ["dapodik.xls", "dapodik_two_sheets.xls", "dapodik.ods"] {
        // A name that says nothing, or something wrong: the content decides.
        let renamed = office.path(&format!("{name}.csv"));
        std::fs::copy(file(name), &renamed).unwrap();
        let report = office.json(&["roster", "import", renamed.to_str().unwrap()])["files"][0].clone();
        assert_eq!(report["layout"], "dapodik", "{name}");
        assert_eq!(report["place"], SCHOOL, "{name}: the school is named in the file");
        assert_eq!((&report["rows"], &report["unchanged"]), (&37.into(), &37.into()), "{name}: {report}");
    }
    let report = office.json(&["roster", "import", file("dapodik_xml.xls").to_str().unwrap()])["files"][0].clone();
    assert_eq!((&report["rows"], &report["unchanged"], &report["changed"]), (&37.into(), &36.into(), &1.into()));
}

#[test]
fn every_encoding_of_the_contracts_csv_is_the_same_roster() {
    let office = Office::new(Engine::Sqlite);
    let mut expected = "new";
    for name in ["contract_cp1252.csv", "contract_utf8_bom.csv", "contract_utf16.txt"] {
        let report = office.json(&["roster", "import", file(name).to_str().unwrap()])["files"][0].clone();
        assert_eq!(
            (&report["rows"], &report[expected], &report["problems"]),
            (&3.into(), &3.into(), &serde_json::json!([]))
        );
        expected = "unchanged";
    }
    let found = office.run(&["student", "find", "Zoë"]).ok();
    assert!(found.out.contains("Zoë Contoh"), "{}", found.out);
}

#[test]
fn files_that_claim_too_much_are_refused_soon_and_name_the_bound() {
    let office = Office::new(Engine::Sqlite);
    for name in ["claims_billions.ods", "far_away_cell.ods"] {
        let began = Instant::now();
        let refusal = office.run(&["roster", "import", file(name).to_str().unwrap(), "--place", SCHOOL]).refused();
        assert!(refusal.contains("1024 MiB of memory") && refusal.contains("save it as .xlsx"), "{name}: {refusal}");
        assert!(began.elapsed().as_secs() < SOON, "{name} took {:?}", began.elapsed());
    }
    let refusal =
        office.run(&["roster", "import", file("password.xls").to_str().unwrap(), "--place", SCHOOL]).refused();
    assert!(refusal.contains("protected by a password"), "{refusal}");
    assert_eq!(office.json(&["roster", "list"])["imports"].as_array().unwrap().len(), 0);
}

#[test]
fn the_worker_is_no_command_for_people() {
    let office = Office::bare(Engine::Sqlite);
    let help = office.run(&["--help"]).ok();
    assert!(!help.out.contains("import-worker"), "{}", help.out);
    // Started by hand it finds no file on its input, says nothing and leaves.
    let answer = office.run(&["import-worker"]);
    assert_eq!((answer.code, answer.out.as_str(), answer.err.as_str()), (1, "", ""));
}

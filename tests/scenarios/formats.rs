//! Whatever form a school's roster comes in, it goes through the same door; a file that attacks ends there. SQLite alone is
//! enough: what is read here does not depend on the database.

use std::path::{Path, PathBuf};
use std::time::Instant;

use proptest::prelude::*;
use siap17::roster::{self, Ages, Isolation, Rules};

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

/// A contract CSV without the columns that a test does not need.
fn imported(office: &Office, name: &str, text: &str) -> serde_json::Value {
    let path = office.write(name, text);
    office.json(&["roster", "import", path.to_str().unwrap(), "--place", SCHOOL])["files"][0].clone()
}

fn codes(report: &serde_json::Value) -> Vec<&str> {
    report["problems"].as_array().unwrap().iter().map(|problem| problem["code"].as_str().unwrap()).collect()
}

// What users of other importers complain about.

#[test]
fn rows_without_a_nik_do_not_overwrite_each_other_and_zeros_are_no_duplicates() {
    let office = Office::new(Engine::Sqlite);
    let text = "nik;nisn;nama;jk;tanggal_lahir\n;;Satu Contoh;L;2009-01-01\n0;;Dua Contoh;P;2009-01-01\n\
                0;;Tiga Contoh;L;2009-01-01\n-;;Empat Contoh;L;2009-01-02\n0000000000000000;;Lima Contoh;P;2009-01-02\n";
    let report = imported(&office, "no_nik.csv", text);
    assert_eq!((&report["new"], &report["rejected"]), (&5.into(), &0.into()), "{report}");
    assert!(codes(&report).iter().all(|code| matches!(*code, "nik_missing" | "nisn_missing")), "{report}");
    let again = imported(&office, "no_nik_again.csv", &text.replace("Satu", "Satu "));
    assert_eq!(again["unchanged"], 5, "{again}");
}

#[test]
fn an_empty_date_is_no_date_and_one_bad_row_does_not_block_the_others() {
    let office = Office::new(Engine::Sqlite);
    let text = "nisn;nama;jk;tanggal_lahir\n0091234561;Satu Contoh;L;\n0091234562;Dua Contoh;P;2009-01-01\n\
                0091234563;;L;2009-01-01\n0091234564;Empat Contoh;L;0000-00-00\n;;;\n;;;\n ; ;\u{a0};\n";
    let report = imported(&office, "bad_rows.csv", text);
    assert_eq!((&report["state"], &report["rows"]), (&"applied".into(), &4.into()), "trailing rows are none: {report}");
    assert_eq!((&report["accepted"], &report["rejected"]), (&1.into(), &3.into()));
    let cells: Vec<_> =
        report["problems"].as_array().unwrap().iter().map(|one| (one["cell"].clone(), one["code"].clone())).collect();
    for expected in [("D2", "birth_date_missing"), ("B4", "name_missing"), ("D5", "birth_date_missing")] {
        assert!(cells.contains(&(expected.0.into(), expected.1.into())), "{report}");
    }
}

#[test]
fn a_file_of_which_nothing_came_in_is_no_success() {
    let office = Office::new(Engine::Sqlite);
    let path = office.write("nothing.csv", "nama;tanggal_lahir\nSatu Contoh;\nDua Contoh;kemarin\n");
    let answer = office.run(&["--json", "roster", "import", path.to_str().unwrap(), "--place", SCHOOL]);
    assert_eq!((answer.code, answer.json()["state"].as_str()), (1, Some("refused")));
    let path = office.write("header.csv", "nama;tanggal_lahir\n");
    let refusal = office.run(&["roster", "import", path.to_str().unwrap(), "--place", SCHOOL]).refused();
    assert!(refusal.contains("no student below it"), "{refusal}");
}

#[test]
fn the_contracts_own_columns_and_harmless_others_raise_no_flag() {
    let office = Office::new(Engine::Sqlite);
    let contract = "npsn,nisn,nik,nama,jk,tempat_lahir,tanggal_lahir,rombel,kelurahan,kecamatan,hp\n\
                    50200001,0091234567,5271010101099801,Satu Contoh,L,Mataram,2009-01-01,XII IPA 2,Dayan Peken,Ampenan,081200000001\n";
    let path = office.write("contract.csv", contract);
    let report = office.json(&["roster", "import", path.to_str().unwrap()])["files"][0].clone();
    assert_eq!((&report["new"], codes(&report)), (&1.into(), vec![]), "{report}");
    let rows: String = (1..=40)
        .map(|n| format!("Islam;Siswa Contoh {n};{n};009123{n:04};2009-{:02}-{:02};x\n", n % 12 + 1, n * 5 % 28 + 1))
        .collect();
    let text = format!("agama;nama;no;nisn;tanggal_lahir;kolom baru\n{rows}");
    let report = imported(&office, "harmless.csv", &text);
    assert_eq!(report["new"], 40);
    assert_eq!(codes(&report), ["nik_missing", "sex_unreadable"], "once for the file, not once a student");
}

/// Reads a file with old workbooks in a worker of the program under test.
fn read_isolated(bytes: &[u8]) -> Result<roster::Reading, roster::RosterError> {
    let program = Isolation::Child(env!("CARGO_BIN_EXE_siap17").into());
    let rules = Rules { region: "52.71".into(), today: "2026-11-23".parse().unwrap(), ages: Ages::default() };
    roster::read_in(&program, bytes, "x", &rules)
}

#[test]
fn a_worker_ends_with_its_file() {
    let bytes = std::fs::read(file("dapodik.ods")).unwrap();
    for _ in 0..20 {
        assert_eq!(read_isolated(&bytes).unwrap().rows.len(), 37);
    }
    let children =
        std::fs::read_to_string(format!("/proc/self/task/{}/children", std::process::id())).unwrap_or_default();
    let workers = children.split_whitespace().filter(|child| {
        std::fs::read(format!("/proc/{child}/cmdline")).is_ok_and(|line| line.ends_with(b"import-worker\0"))
    });
    assert_eq!(workers.count(), 0, "no worker is left behind");
}

#[test]
fn what_breaks_the_reader_of_old_workbooks_costs_one_worker() {
    // A fuzzer found them: the reader reaches behind the end of the one, and reserves gigabytes for the other.
    for (name, expected) in [("broken_cabinet.xls", "damaged"), ("claims_memory.xls", "more than 1024 MiB of memory")] {
        let began = Instant::now();
        let refusal = read_isolated(&std::fs::read(file(name)).unwrap()).unwrap_err().to_string();
        assert!(refusal.contains(expected), "{name}: {refusal}");
        assert!(began.elapsed().as_secs() < SOON, "{name} took {:?}", began.elapsed());
    }
}

proptest! {
    // Each case starts a process.
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn damage_to_an_old_workbook_costs_only_that_file(places in prop::collection::vec((0..34_304usize, any::<u8>()), 1..12)) {
        let mut bytes = std::fs::read(file("dapodik.xls")).unwrap();
        let last = bytes.len() - 1;
        for (at, byte) in places {
            bytes[at.min(last)] = byte;
        }
        if let Err(error) = read_isolated(&bytes) {
            prop_assert!(!siap17::nik::looks_like_nik(&error.to_string()), "{error}");
        }
    }

    #[test]
    fn damage_to_an_open_document_costs_only_that_file(places in prop::collection::vec((0..100_000usize, any::<u8>()), 1..12)) {
        use std::io::{Cursor, Read, Write};
        let bytes = std::fs::read(file("dapodik.ods")).unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut damaged = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for index in 0..archive.len() {
            let mut part = archive.by_index(index).unwrap();
            let name = part.name().unwrap().into_owned();
            let mut content = Vec::new();
            part.read_to_end(&mut content).unwrap();
            if name == "content.xml" {
                for (at, byte) in &places {
                    let at = at % content.len();
                    content[at] = *byte;
                }
            }
            damaged.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            damaged.write_all(&content).unwrap();
        }
        let bytes = damaged.finish().unwrap().into_inner();
        if let Err(error) = read_isolated(&bytes) {
            prop_assert!(!siap17::nik::looks_like_nik(&error.to_string()), "{error}");
        }
    }
}

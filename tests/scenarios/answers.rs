//! A school gets its own sheet back with the wrong cells marked, mends it, and sends it again.

use std::io::Cursor;
use std::os::unix::fs::PermissionsExt;

use calamine::{Data, Reader, Xlsx};

use crate::support::{Office, SCHOOL, eventually};

const HEADER: &str = "nisn;nik;nama;jk;tanggal_lahir;rombel";
const ROWS: [&str; 4] = [
    "0101234567;5271010105100001;Agus Contoh;L;2010-05-01;X IPS 1",
    "0101234568;5271014206100002;Bunga Rekaan;P;;X IPS 1",
    "0101234569;527101430710000;Citra Sintetis;P;2010-07-03;X IPS 2",
    "0101234570;5271010108100005;Eko Fiktif;X;2010-08-01;XI IPS 1",
];

fn import(office: &Office, name: &str, rows: &[String]) -> serde_json::Value {
    let path = office.write(name, &format!("{HEADER}\n{}\n", rows.join("\n")));
    let answer = office.run(&["--json", "roster", "import", path.to_str().unwrap(), "--place", SCHOOL]);
    answer.json()["files"][0].clone()
}

/// The first sheet's cells as text.
fn cells(bytes: Vec<u8>) -> Vec<Vec<String>> {
    let mut book = Xlsx::new(Cursor::new(bytes)).unwrap();
    let sheet = book.sheet_names()[0].clone();
    let range = book.worksheet_range(&sheet).unwrap();
    let text = |cell: &Data| if *cell == Data::Empty { String::new() } else { cell.to_string() };
    range.rows().map(|row| row.iter().map(text).collect()).collect()
}

on_both! {
    fn a_mended_answer_brings_everybody_in_and_changes_nobody_else(office) {
        let sent = import(office, "daftar.csv", &ROWS.map(str::to_owned));
        assert_eq!((sent["new"].as_i64(), sent["rejected"].as_i64()), (Some(3), Some(1)), "{sent}");
        let import_id = sent["import"].as_str().unwrap();
        office.run(&["roster", "answer", import_id, "--out", "periksa.xlsx"]).ok();
        let file = office.path("periksa.xlsx");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let mut grid = cells(std::fs::read(&file).unwrap());
        assert_eq!(grid[1][1], "52************01", "what we hold is masked");
        assert_eq!(grid[2][1], "5271014206100002", "what we do not hold is left");
        assert!(grid[2].last().unwrap().to_lowercase().contains("tanggal lahir"), "the reason is told: {:?}", grid[2]);
        grid[2][4] = "2010-06-02".into();
        grid[3][1] = "5271014307100003".into();
        grid[4][3] = "L".into();
        let text: Vec<String> = grid.iter().map(|row| row.join(";")).collect();
        let path = office.write("daftar lagi.csv", &text.join("\n"));
        let again = office.json(&["roster", "import", path.to_str().unwrap(), "--place", SCHOOL])["files"][0].clone();
        assert_eq!(
            (again["new"].as_i64(), again["changed"].as_i64(), again["unchanged"].as_i64(), again["rejected"].as_i64()),
            (Some(1), Some(2), Some(1), Some(0)),
            "{again}"
        );
        assert_eq!(again["problems"].as_array().map(Vec::len), Some(0), "{again}");
        for (nik, nisn) in [("5271010105100001", "0101234567"), ("5271014206100002", "0101234568"), ("5271014307100003", "0101234569")] {
            assert_eq!(office.student_id(nik), office.student_id(nisn), "{nisn}");
        }
    }
}

on_both! {
    fn a_mask_without_a_known_nik_is_told(office) {
        let rows = ["0101234567;52************01;Agus Contoh;L;2010-05-01;X IPS 1".to_owned()];
        let sent = import(office, "a.csv", &rows);
        assert_eq!(sent["problems"][0]["code"], "nik_missing", "{sent}");
        assert_eq!(office.json(&["student", "show", "0101234567"])["has_nik"], false);
    }
}

on_both! {
    fn a_refused_file_is_answered_too_and_a_right_one_is_not(office) {
        let refused = import(office, "a.csv", &[ROWS[1].to_owned()]);
        assert_eq!(refused["state"], "refused");
        office.run(&["roster", "answer", refused["import"].as_str().unwrap(), "--out", "a.xlsx", "--with-nik"]).ok();
        assert_eq!(cells(std::fs::read(office.path("a.xlsx")).unwrap())[1][1], "5271014206100002");
        assert!(office.run(&["roster", "undo", refused["import"].as_str().unwrap()]).refused().contains("nothing to put back"));
        let right = import(office, "b.csv", &[ROWS[0].to_owned()]);
        let why = office.run(&["roster", "answer", right["import"].as_str().unwrap(), "--out", "b.xlsx"]).refused();
        assert!(why.contains("nothing in this file needs to be mended"), "{why}");
        assert!(!office.path("b.xlsx").exists());
    }
}

on_both! {
    fn an_old_file_is_kept_no_longer(office) {
        let api = office.bot_api();
        let sent = import(office, "a.csv", &ROWS.map(str::to_owned));
        let id = sent["import"].as_str().unwrap();
        office.set_clock("2026-12-01T08:30:00+08:00");
        let _daemon = office.serve();
        eventually("the retention period is over", || {
            office.run(&["roster", "answer", id, "--out", "a.xlsx"]).err.contains("kept no longer")
        });
        office.json(&["roster", "review", id]);
        drop(api);
    }
}

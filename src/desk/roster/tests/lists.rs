//! Lists that are not one school's clean list: somebody twice, several schools, another school's name.

use super::*;
use crate::roster::parse::problem::{Code, Problem};

pub(super) const HEADER: &str = "npsn,nisn,nik,nama,jk,tanggal_lahir,rombel";

pub(super) async fn sent(desk: &Desk, name: &str, rows: &[String]) -> FileReport {
    let text = format!("{HEADER}\n{}\n", rows.join("\n"));
    desk.import_roster(name, text.into_bytes(), &RosterOptions::default()).await.unwrap()
}

fn with_code(report: &FileReport, code: Code) -> Vec<&Problem> {
    report.problems.iter().filter(|one| one.code == code).collect()
}

async fn somebody_twice_is_one_student_with_the_nik(scratch: Scratch) {
    let (desk, _) = desks(&scratch).await;
    let row = |class: &str| format!("50200001,0090000001,5271010811110001,Agus Contoh,L,2011-11-08,{class}");
    let rows = [row("VII A"), "50200001,,,Bunga Rekaan,P,2011-11-09,VII A".into(), row("VII B")];
    let report = sent(&desk, "a.csv", &rows).await;
    assert_eq!((report.accepted, report.new, report.unchanged), (3, 2, 1), "{report:?}");
    assert!(with_code(&report, Code::NikDuplicate).is_empty() && with_code(&report, Code::NisnDuplicate).is_empty());
    let told = with_code(&report, Code::PossibleDuplicate);
    assert_eq!((told.len(), told[0].row), (1, 4), "{report:?}");
    for said in ["row 2", "VII A there", "VII B here"] {
        assert!(told[0].message.contains(said), "{}", told[0].message);
    }
    let shown = desk.find_students("Agus", None, 9).await.unwrap();
    assert!(shown.len() == 1 && shown[0].has_nik, "{shown:?}");
    // The same list again finds them by that NIK, and nobody is doubted twice.
    let again = sent(&desk, "b.csv", &rows).await;
    assert_eq!((again.new, again.changed, again.unchanged), (0, 0, 3), "{again:?}");
    assert_eq!(with_code(&again, Code::PossibleDuplicate).len(), 1);
    let undone = desk.undo_roster(report.import.unwrap()).await.unwrap();
    assert!(!undone.undone, "the later list names them");
    assert!(desk.undo_roster(again.import.unwrap()).await.unwrap().undone);
    assert!(desk.undo_roster(report.import.unwrap()).await.unwrap().undone);
}

#[tokio::test]
async fn somebody_twice() {
    somebody_twice_is_one_student_with_the_nik(sqlite().await).await;
    somebody_twice_is_one_student_with_the_nik(postgres().await).await;
}

/// A school's rows, all alike but for a number.
fn school(code: &str, first: u64, count: u64) -> Vec<String> {
    let row = |at: u64| {
        let (number, day) = (first + at, at % 28 + 1);
        let name = format!("{} {}", NAMES[(at % 8) as usize], char::from(b'A' + (at % 23) as u8));
        format!("{code},{:010},527101081111{number:04},{name},L,2011-11-08,VII {}", 90_000_000 + number, day % 3)
    };
    (0..count).map(row).collect()
}

/// The same rows with everybody's name moved on by some.
fn shuffled(rows: &[String]) -> Vec<String> {
    let name = |row: &String| row.split(',').nth(3).unwrap().to_owned();
    let names: Vec<String> = rows.iter().map(name).collect();
    rows.iter().enumerate().map(|(at, row)| row.replace(&name(row), &names[(at + 5) % names.len()])).collect()
}

async fn count_at(desk: &Desk, code: &str) -> usize {
    let mut tx = desk.db.read().await.unwrap();
    let place = crate::place::find(&mut tx, desk.office.id, code).await.unwrap().unwrap();
    student::count_at(&mut tx, place.id).await.unwrap().0
}

async fn only_the_doubtful_schools_rows_wait(scratch: Scratch) {
    let (desk, second) = desks(&scratch).await;
    let known = school("50200001", 0, 20);
    sent(&desk, "known.csv", &known).await;
    let before = exports(&desk).await;
    // One school's column of names is sorted, the other's rows are right.
    let rows = [shuffled(&known), school("50200002", 100, 15)].concat();
    let report = sent(&desk, "both.csv", &rows).await;
    assert_eq!((report.state, report.new, report.accepted, report.rejected), (State::Applied, 15, 15, 0), "{report:?}");
    assert_eq!(report.parts.len(), 1);
    let part = &report.parts[0];
    assert_eq!((part.place.as_str(), part.rows, part.state), ("50200001", 20, State::Parked));
    let told = with_code(&report, Code::WrongFile);
    assert!(told.len() == 1 && told[0].row == 2 && told[0].message.contains("one column was sorted"), "{told:?}");
    assert_eq!((count_at(&desk, "50200001").await, count_at(&desk, "50200002").await), (20, 15));
    let whole = report.import.unwrap();
    let review = desk.review(whole, false).await.unwrap();
    assert_eq!((review.parts.len(), review.parts[0].item.as_str(), review.parts[0].rows), (1, "50200001", 20));
    // The same file again changes nothing, and its part waits once.
    let again = sent(&desk, "both.csv", &rows).await;
    assert_eq!(
        (again.new, again.changed, again.parts.len(), again.parts[0].import),
        (0, 0, 1, part.import),
        "{again:?}"
    );
    assert!(desk.undo_roster(again.import.unwrap()).await.unwrap().undone);
    // Let pass, exactly that school's rows are taken, and can be put back by themselves.
    let (_, taken) = second.decide_roster(whole, true, &["50200001".into()]).await.unwrap();
    let taken = taken.unwrap();
    assert_eq!(
        (taken.state, taken.rows, taken.accepted, taken.import),
        (State::Applied, 20, 20, part.import),
        "{taken:?}"
    );
    assert_eq!(taken.part_of, Some(whole));
    assert!(taken.review > 0, "the names that differ are asked about: {taken:?}");
    assert!(desk.undo_roster(taken.import.unwrap()).await.unwrap().undone);
    assert!(desk.undo_roster(whole).await.unwrap().undone);
    assert_eq!(exports(&desk).await, before, "everyone is as before");
}

async fn a_part_that_is_turned_down_never_comes(scratch: Scratch) {
    let (desk, second) = desks(&scratch).await;
    let known = school("50200001", 0, 20);
    sent(&desk, "known.csv", &known).await;
    let rows = [shuffled(&known), school("50200002", 100, 15)].concat();
    let report = sent(&desk, "both.csv", &rows).await;
    let (review, _) = second.decide_roster(report.import.unwrap(), false, &[]).await.unwrap();
    assert!(review.parts.is_empty(), "{review:?}");
    let again = sent(&desk, "both.csv", &rows).await;
    assert_eq!((again.new, again.changed, again.parts[0].state), (0, 0, State::Refused), "{again:?}");
    let part = report.parts[0].import.unwrap();
    assert!(second.decide_roster(part, true, &[]).await.is_err());
    assert!(desk.roster_answer_file(part, false).await.is_err(), "nobody of one school gets the others' rows");
}

async fn import_for(desk: &Desk, place: &str, text: &str) -> FileReport {
    let options = RosterOptions { place: Some(place.into()), ..RosterOptions::default() };
    desk.import_roster("a.csv", text.as_bytes().to_vec(), &options).await.unwrap()
}

async fn rows_that_name_another_school_wait_for_it(scratch: Scratch) {
    let (desk, second) = desks(&scratch).await;
    desk.import_places(b"code,kind,name\n50200001,school,SMA Negeri 1 Rekaan\n50200002,school,SMK Contoh Fiktif\n")
        .await
        .unwrap();
    let row = |school: &str, at: usize| format!("{school},{},L,2011-11-{:02}\n", NAMES[at], at + 1);
    let mut text = "Nama Sekolah,Nama,JK,Tanggal Lahir\n".to_owned();
    for at in 0..6 {
        text += &row(["SMAN 1 REKAAN", "smk contoh & fiktif", "SMA Entah Berantah"][at % 3], at);
    }
    let report = import_for(&desk, "50200001", &text).await;
    assert_eq!((report.state, report.rows, report.accepted), (State::Applied, 6, 4), "{report:?}");
    assert_eq!((report.parts[0].place.as_str(), report.parts[0].rows), ("50200002", 2));
    let told = with_code(&report, Code::WrongFile);
    let says = |word: &str| told.iter().filter(|one| one.message.contains(word)).count();
    assert_eq!((says("Entah Berantah"), says("SMK Contoh Fiktif"), told.len()), (1, 1, 2), "{told:?}");
    second.decide_roster(report.import.unwrap(), true, &[]).await.unwrap();
    assert_eq!((count_at(&desk, "50200001").await, count_at(&desk, "50200002").await), (4, 2));
    // Without a place each row goes to its own, and a school that nobody knows is said.
    let loose = text.replace("2011-11", "2011-10");
    let report = desk.import_roster("b.csv", loose.into_bytes(), &RosterOptions::default()).await.unwrap();
    assert_eq!((report.accepted, report.rejected), (4, 2), "{report:?}");
    assert_eq!(with_code(&report, Code::PlaceUnknown).len(), 2);
}

async fn what_stands_above_a_list_must_agree_with_the_place(scratch: Scratch) {
    let (desk, _) = desks(&scratch).await;
    desk.import_places(b"code,kind,name\n50200001,school,SMA Negeri 1 Rekaan\n50200002,school,SMK Contoh Fiktif\n")
        .await
        .unwrap();
    let below = "Nama,JK,Tanggal Lahir\nAgus Contoh,L,2011-11-01\nBunga Rekaan,P,2011-11-02\n";
    for (above, flags, state) in [
        ("DAFTAR SISWA\nSMK HARAPAN KARANGAN,,\nTAHUN PELAJARAN 2026/2027\n", 1, State::DryRun),
        ("DAFTAR SISWA SMA LAIN SEKALI TAHUN 2026\n", 1, State::DryRun),
        ("DAFTAR SISWA SMAN 1 REKAAN TAHUN 2026\n", 0, State::DryRun),
        ("NPSN,: 50200001\n", 0, State::DryRun),
        ("NPSN : 50299999\n", 1, State::DryRun),
        ("NPSN : 50200002\n", 1, State::Parked),
        ("SMK Contoh & Fiktif\n", 1, State::Parked),
        ("DAFTAR SISWA SMA TAHUN 2026\n", 0, State::DryRun),
    ] {
        let options = RosterOptions { place: Some("50200001".into()), dry_run: true, ..RosterOptions::default() };
        let text = format!("{above}{below}");
        let report = desk.import_roster("a.csv", text.into_bytes(), &options).await.unwrap();
        let told = with_code(&report, Code::WrongFile);
        assert_eq!((told.len(), report.state, report.accepted), (flags, state, 2), "{above}: {report:?}");
    }
}

async fn an_unreadable_row_says_that_nobody_left_and_undo_names_what_stands_in_the_way(scratch: Scratch) {
    let (desk, _) = desks(&scratch).await;
    let rows = school("50200001", 0, 12);
    let first = sent(&desk, "a.csv", &rows).await;
    // Of one the NIK, of one the NISN and of one only the name can be read beside a birth date that cannot.
    let broken = |row: &String, keep: usize| {
        let mut cells: Vec<&str> = row.split(',').collect();
        cells[5] = "entah";
        (1..4).filter(|at| *at != keep).for_each(|at| cells[at] = if at == 3 { "X Y" } else { "" });
        cells.join(",")
    };
    let mut next = rows.clone();
    next.truncate(11);
    (0..3).for_each(|at| next[at] = broken(&rows[at], [2, 1, 3][at]));
    let second = sent(&desk, "b.csv", &next).await;
    assert_eq!((second.state, second.rejected, second.missing), (State::Applied, 3, 1), "{second:?}");
    let undone = desk.undo_roster(first.import.unwrap()).await.unwrap();
    assert!(!undone.undone && undone.standing.iter().all(|one| one.import == second.import), "{undone:?}");
}

async fn a_tiny_list_and_strangers_are_said_and_pass(scratch: Scratch) {
    let (desk, _) = desks(&scratch).await;
    sent(&desk, "a.csv", &school("50200001", 0, 120)).await;
    let tiny = sent(&desk, "b.csv", &school("50200001", 0, 2)).await;
    assert_eq!((tiny.state, tiny.review, with_code(&tiny, Code::WrongFile).len()), (State::Applied, 0, 1), "{tiny:?}");
    sent(&desk, "c.csv", &school("50200002", 500, 12)).await;
    let few = sent(&desk, "d.csv", &school("50200002", 900, 3)).await;
    assert_eq!((few.state, few.new, with_code(&few, Code::WrongFile).len()), (State::Applied, 3, 0), "{few:?}");
    let strangers = sent(&desk, "e.csv", &school("50200002", 950, 6)).await;
    assert_eq!((strangers.state, strangers.new), (State::Applied, 6), "{strangers:?}");
    assert_eq!(with_code(&strangers, Code::WrongFile).len(), 1);
}

#[tokio::test]
async fn parts_wait() {
    only_the_doubtful_schools_rows_wait(sqlite().await).await;
    only_the_doubtful_schools_rows_wait(postgres().await).await;
    a_part_that_is_turned_down_never_comes(sqlite().await).await;
    a_part_that_is_turned_down_never_comes(postgres().await).await;
}

#[tokio::test]
async fn which_school() {
    rows_that_name_another_school_wait_for_it(sqlite().await).await;
    rows_that_name_another_school_wait_for_it(postgres().await).await;
    what_stands_above_a_list_must_agree_with_the_place(sqlite().await).await;
    what_stands_above_a_list_must_agree_with_the_place(postgres().await).await;
}

#[tokio::test]
async fn afterwards() {
    an_unreadable_row_says_that_nobody_left_and_undo_names_what_stands_in_the_way(sqlite().await).await;
    an_unreadable_row_says_that_nobody_left_and_undo_names_what_stands_in_the_way(postgres().await).await;
    a_tiny_list_and_strangers_are_said_and_pass(sqlite().await).await;
    a_tiny_list_and_strangers_are_said_and_pass(postgres().await).await;
}

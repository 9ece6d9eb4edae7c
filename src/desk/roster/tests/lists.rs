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

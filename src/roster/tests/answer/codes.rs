//! Every code has its reason, in both languages.

use super::*;
use crate::messages::Arg;

/// All codes, each leading to the next: a new one does not compile until it stands here, and then needs its reason.
fn after(code: Code) -> Option<Code> {
    Some(match code {
        Code::NikNot16Digits => Code::NikUnreadable,
        Code::NikUnreadable => Code::NikImpossibleDate,
        Code::NikImpossibleDate => Code::NikMissing,
        Code::NikMissing => Code::NikDateDiffers,
        Code::NikDateDiffers => Code::NikSexDiffers,
        Code::NikSexDiffers => Code::NikOtherRegion,
        Code::NikOtherRegion => Code::NisnPadded,
        Code::NisnPadded => Code::NisnMissing,
        Code::NisnMissing => Code::BirthDateImplausible,
        Code::BirthDateImplausible => Code::BirthDateMissing,
        Code::BirthDateMissing => Code::BirthDateUnreadable,
        Code::BirthDateUnreadable => Code::BirthDateAmbiguous,
        Code::BirthDateAmbiguous => Code::NameMissing,
        Code::NameMissing => Code::NameDamaged,
        Code::NameDamaged => Code::SexUnreadable,
        Code::SexUnreadable => Code::ClassDoubtful,
        Code::ClassDoubtful => Code::ColumnImplausible,
        Code::ColumnImplausible => Code::NameRemark,
        Code::NameRemark => Code::ClassMissing,
        Code::ClassMissing => Code::HeaderUnknown,
        Code::HeaderUnknown => Code::SheetUnread,
        Code::SheetUnread => Code::NikDuplicate,
        Code::NikDuplicate => Code::NisnDuplicate,
        Code::NisnDuplicate => Code::IdentityConflict,
        Code::IdentityConflict => Code::PlaceUnknown,
        Code::PlaceUnknown => Code::PossibleDuplicate,
        Code::PossibleDuplicate => Code::ListedElsewhere,
        Code::ListedElsewhere => Code::ListedThoughClosed,
        Code::ListedThoughClosed => Code::WrongFile,
        Code::WrongFile => Code::CellUnread,
        Code::CellUnread => Code::RowShifted,
        Code::RowShifted => return None,
    })
}

fn all() -> Vec<Code> {
    std::iter::successors(Some(Code::NikNot16Digits), |code| after(*code)).collect()
}

#[test]
fn every_code_has_its_reason_in_both_languages() {
    let all = all();
    assert_eq!(all.len(), 32);
    for code in all {
        let id = format!("roster-problem-{}", serde_json::to_value(code).unwrap().as_str().unwrap());
        let texts = crate::messages::LANGUAGES.map(|language| {
            let text = |place: &str, field: &str| {
                let arguments = [("where", Arg::from(place)), ("field", Arg::from(field)), ("rows", Arg::from("7, 9"))];
                messages().text(language, &id, &arguments)
            };
            for text in [text("file", "nik"), text("row", "nik"), text("row", "birth_date"), text("row", "name")] {
                assert_ne!(text, id);
                assert!((20..=170).contains(&text.len()) && text.ends_with('.'), "{text}");
                assert!(!text.contains(['{', '}', '$']), "{text}");
            }
            text("row", "nik")
        });
        assert_ne!(texts[0], texts[1], "{id}");
    }
}

#[test]
fn every_code_marks_its_cell_and_row() {
    let file = sample_with(&[]);
    let problems: Vec<Problem> = (8..)
        .zip(all().into_iter().filter(|code| !code.is_note()))
        .map(|(row, code)| {
            let (cell, column) = (Some(format!("G{row}")), Some("Tanggal Lahir".to_owned()));
            Problem { sheet: None, row, cell, column, level: code.level(), code, message: "never shown".into() }
        })
        .collect();
    let answer = answer_to(&file, &problems, Masking::None);
    let notes = notes(&answer);
    assert_eq!(notes.len(), problems.len());
    for problem in &problems {
        let cell = problem.cell.as_deref().unwrap();
        let expected = if problem.level == Level::Error { "FFC7CE" } else { "FFEB9C" };
        assert_eq!(colour(&answer, cell), expected, "{cell}");
        assert_eq!(reasons_in(&answer, problem.row), notes[cell], "{cell}");
    }
    assert_eq!(colour(&answer, "G7"), "");
    assert_eq!(reasons_in(&answer, 7), "");
    assert!(
        !parts(&answer)
            .iter()
            .filter(|name| name.ends_with(".xml"))
            .any(|name| part(&answer, name).contains("never shown"))
    );
}

#[test]
fn what_asks_for_nothing_marks_nothing_and_is_one_line() {
    let file = sample_with(&[]);
    let of = |row: u32, code: Code| {
        let cell = Some(format!("H{row}"));
        Problem {
            sheet: None,
            row,
            cell,
            column: Some("NIK".into()),
            level: code.level(),
            code,
            message: String::new(),
        }
    };
    let problems = [of(8, Code::NikOtherRegion), of(9, Code::NisnPadded), of(10, Code::NikNot16Digits)];
    let answer = answer_to(&file, &problems, Masking::None);
    assert_eq!(notes(&answer).keys().collect::<Vec<_>>(), ["H10"]);
    assert_eq!((reasons_in(&answer, 8), reasons_in(&answer, 9)), (String::new(), String::new()));
    let all: String =
        parts(&answer).iter().filter(|name| name.ends_with(".xml")).map(|name| part(&answer, name)).collect();
    assert!(all.contains("2 catatan lain boleh dibiarkan"));
}

#[test]
fn another_name_is_not_said_to_be_another_nik() {
    let file = sample_with(&[]);
    let problem = Problem {
        sheet: None,
        row: 8,
        cell: Some("B8".into()),
        column: Some("Nama".into()),
        level: Level::Flag,
        code: Code::IdentityConflict,
        message: String::new(),
    };
    let said = reasons_in(&answer_to(&file, &[problem], Masking::None), 8);
    assert!(said.starts_with("Nama berbeda"), "{said}");
}

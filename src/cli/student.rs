//! `siap17 student …`: found, shown, explained, corrected.

use serde_json::json;

use super::command::StudentCommand;
use super::run::{Answer, Outcome};
use super::{Failure, show};
use crate::desk::{Desk, NewStudent};
use crate::nik::Sex;

/// Runs one of the commands that need an office.
pub async fn student(desk: &Desk, command: &StudentCommand, answer: Answer) -> Outcome {
    match command {
        StudentCommand::Find { text, page } => {
            let after = page.after()?;
            let found = desk.find_students(text, after, page.limit).await?;
            if found.is_empty() && after.is_none() {
                return Err(Failure::new(
                    "student_unknown",
                    "nobody was found; try part of the name, the NISN or the NIK",
                ));
            }
            let next = page.next(&found, |one| one.id);
            answer.give(&json!({"students": found, "next": next}), |_| show::students(&found))
        }
        StudentCommand::Show { student, with_nik } => {
            answer.give(&desk.show_student(student, *with_nik).await?, show::student)
        }
        StudentCommand::Why { student } => {
            let zone = desk.office().zone();
            answer.give(&desk.why(student).await?, |why| show::why(why, zone))
        }
        StudentCommand::Add { name, birth_date, nik, nisn, sex, place, class, phone, ever_married, although_known } => {
            let sex = match sex.as_deref().map(str::to_uppercase).as_deref() {
                None => None,
                Some("L") => Some(Sex::Male),
                Some("P") => Some(Sex::Female),
                Some(_) => return Err(Failure::new("value", "--sex is L or P")),
            };
            let new = NewStudent {
                name: name.clone(),
                birth_date: Some(*birth_date),
                nik: nik.clone(),
                nisn: nisn.clone(),
                sex,
                place: place.clone(),
                class: class.clone(),
                phone: phone.clone(),
                ever_married: *ever_married,
                although_known: *although_known,
            };
            let id = desk.add_student(new).await?;
            answer.give(&json!({"id": id}), |_| format!("added: {id}"))
        }
        StudentCommand::Set { student, field, value, reason } => {
            let changed = desk.set_student(student, field, value, reason).await?;
            answer.done(format!("{}: {field} is set", changed.name))
        }
        StudentCommand::Close { student, reason, note } => {
            let closed = desk.close_student(student, *reason, note).await?;
            answer.done(format!("{} is closed", closed.name))
        }
        StudentCommand::Merge { kept, duplicate } => {
            let (kept, duplicate) = desk.merge_students(kept, duplicate).await?;
            answer.done(format!("{} ({}) is merged into {} ({})", duplicate.name, duplicate.id, kept.name, kept.id))
        }
        StudentCommand::Export { student } => {
            let zone = desk.office().zone();
            answer.give(&desk.export_student(student).await?, |why| show::why(why, zone))
        }
    }
}

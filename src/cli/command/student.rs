//! `siap17 student …`: found, shown, explained, corrected.

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use serde_json::json;

use crate::cli::answer::{Answer, Failure, Outcome};
use crate::cli::show;
use crate::cli::values::{Page, day, words};
use crate::desk::{Desk, Merging, NewStudent};
use crate::nik::Sex;
use crate::student::ClosedReason;

/// What can be done with students.
#[derive(Debug, Subcommand)]
pub enum StudentCommand {
    /// By ID, NISN, NIK or a part of the name; names that begin with it come first.
    Find {
        text: String,
        #[command(flatten)]
        page: Page,
    },
    /// What is known of a student.
    Show {
        student: String,
        /// Show the NIK too; the look is written down.
        #[arg(long)]
        with_nik: bool,
    },
    /// Why each notice did or did not go out.
    Why { student: String },
    /// Add a student whom no list names.
    Add(AddStudent),
    /// Change one fact.
    Set {
        student: String,
        field: String,
        value: String,
        #[arg(long, value_parser = words)]
        reason: String,
    },
    /// Close a case: died, moved to another region, has a card, duplicate.
    Close {
        student: String,
        #[arg(long)]
        reason: ClosedReason,
        /// What is known of it, for the audit.
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Make B the same person as A. Where NIK, NISN, birth date or name differ, that takes a reason and a second person (--as).
    Merge {
        kept: String,
        duplicate: String,
        #[arg(long, value_parser = words)]
        reason: Option<String>,
    },
    /// Make B, who was merged, somebody of their own again.
    Unmerge { merged: String },
    /// Everything that is kept of one student.
    Export { student: String },
}

/// Whom no list names, as far as is known.
#[derive(Debug, Args)]
pub struct AddStudent {
    #[arg(long)]
    name: String,
    #[arg(long, value_parser = day)]
    birth_date: NaiveDate,
    #[arg(long)]
    nik: Option<String>,
    #[arg(long)]
    nisn: Option<String>,
    /// L or P.
    #[arg(long)]
    sex: Option<String>,
    /// The place's code.
    #[arg(long)]
    place: Option<String>,
    #[arg(long)]
    class: Option<String>,
    #[arg(long)]
    phone: Option<String>,
    #[arg(long)]
    ever_married: bool,
    /// Add them although somebody with this NISN, or this name and birth date, is known.
    #[arg(long)]
    although_known: bool,
}

/// Runs one of the commands about students.
pub async fn run(desk: &Desk, command: &StudentCommand, answer: Answer) -> Outcome {
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
            answer.give(&json!({"students": found, "next": next}), |_| show::student::students(&found))
        }
        StudentCommand::Show { student, with_nik } => {
            answer.give(&desk.show_student(student, *with_nik).await?, show::student::student)
        }
        StudentCommand::Why { student } => {
            let zone = desk.office().zone();
            answer.give(&desk.why(student).await?, |why| show::student::why(why, zone))
        }
        StudentCommand::Add(new) => add(desk, new, answer).await,
        StudentCommand::Set { student, field, value, reason } => {
            let changed = desk.set_student(student, field, value, reason).await?;
            answer.done(format!("{}: {field} is set", changed.name))
        }
        StudentCommand::Close { student, reason, note } => {
            let closed = desk.close_student(student, *reason, note).await?;
            answer.done(format!("{} is closed", closed.name))
        }
        StudentCommand::Merge { kept, duplicate, reason } => {
            merge(desk.merge_students(kept, duplicate, reason.as_deref().unwrap_or_default()).await?, answer)
        }
        StudentCommand::Unmerge { merged } => {
            answer.give(&desk.unmerge_student(merged).await?, show::student::unmerged)
        }
        StudentCommand::Export { student } => {
            let zone = desk.office().zone();
            answer.give(&desk.export_student(student).await?, |why| show::student::why(why, zone))
        }
    }
}

/// What became of a wish to merge two.
fn merge(merging: Merging, answer: Answer) -> Outcome {
    match merging {
        Merging::Done(merged) => answer.done(show::student::merged(&merged)),
        Merging::Asked { kept, merged, differ, asked_by } => Err(Failure::new(
            "second_person",
            format!(
                "{} ({}) and {} ({}) may be two people: {} differ; the wish of {asked_by} is kept, and nothing is merged before \
                 a second person says the same: `siap17 --as STAFF student merge {} {}`",
                kept.name,
                kept.id,
                merged.name,
                merged.id,
                differ.join(", "),
                kept.id,
                merged.id
            ),
        )),
    }
}

async fn add(desk: &Desk, new: &AddStudent, answer: Answer) -> Outcome {
    let sex = match new.sex.as_deref().map(str::to_uppercase).as_deref() {
        None => None,
        Some("L") => Some(Sex::Male),
        Some("P") => Some(Sex::Female),
        Some(_) => return Err(Failure::new("value", "--sex is L or P")),
    };
    let student = NewStudent {
        name: new.name.clone(),
        birth_date: Some(new.birth_date),
        nik: new.nik.clone(),
        nisn: new.nisn.clone(),
        sex,
        place: new.place.clone(),
        class: new.class.clone(),
        phone: new.phone.clone(),
        ever_married: new.ever_married,
        although_known: new.although_known,
    };
    let id = desk.add_student(student).await?;
    answer.give(&json!({"id": id}), |_| format!("added: {id}"))
}

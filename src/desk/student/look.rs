//! Students found, shown, explained and given out.

use chrono::NaiveDate;
use serde::Serialize;

use super::shown::Shown;
use crate::db::Tx;
use crate::desk::context::{Desk, Done, NIK_SEEN, PATIENCE};
use crate::notice::Kind;
use crate::notice::list::{self, Filter, Listed};
use crate::office::PointId;
use crate::staff::Right;
use crate::student::{self, Student, StudentId};

/// Most notices that are shown with one student.
const MOST_NOTICES: i64 = 1000;

/// Students whom the record of a search names; the rest of a longer page is counted.
const FOUND_NAMED: usize = 100;

/// Everything that led to each notice, or to none.
#[derive(Debug, Clone, Serialize)]
pub struct Why {
    pub student: Shown,
    pub notices: Vec<Listed>,
    /// The pickup point to which notices, answers and the counter send the student.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collect_at: Option<String>,
    /// What is still to come, if nothing happens meanwhile; none once the birthday has its verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Expected>,
}

/// A notice for which there is no row yet: rows appear on the day.
#[derive(Debug, Clone, Serialize)]
pub struct Expected {
    pub kind: &'static str,
    pub on: NaiveDate,
}

impl Desk {
    /// Students by ID, NISN, NIK, or a part of a name, those whose name begins with it first; of a name one page: up to `limit`
    /// students after the student `after`.
    pub async fn find_students(&self, text: &str, after: Option<StudentId>, limit: i64) -> Done<Vec<Shown>> {
        self.require(Right::Students)?;
        let mut tx = self.db.read().await?;
        let found = student::find(&mut tx, &self.vault, self.office.id, text, after, limit).await?;
        let shown = self.shown_all(&mut tx, &found, false).await?;
        drop(tx);
        // What was typed may be a NIK, so it is not repeated here.
        let mut detail = format!("{} found", found.len());
        for (at, student) in found.iter().take(FOUND_NAMED).enumerate() {
            detail.push_str(if at == 0 { ": " } else { ", " });
            detail.push_str(&student.id.to_string());
        }
        if found.len() > FOUND_NAMED {
            detail.push_str(&format!(" and {} more", found.len() - FOUND_NAMED));
        }
        self.audit_look("student.find", "students", &detail).await?;
        Ok(shown)
    }

    /// One student with all facts; with `with_nik` the look at the NIK is written down.
    pub async fn show_student(&self, text: &str, with_nik: bool) -> Done<Shown> {
        self.require(Right::Students)?;
        let mut tx = self.db.read().await?;
        let student = student::resolve(&mut tx, &self.vault, self.office.id, text).await?;
        let shown = self.shown(&mut tx, &student, with_nik).await?;
        drop(tx);
        let action = if with_nik { NIK_SEEN } else { "student.seen" };
        self.audit_look(action, &format!("student:{}", student.id), "").await?;
        Ok(shown)
    }

    /// Why each notice did or did not go out.
    pub async fn why(&self, text: &str) -> Done<Why> {
        self.require(Right::Students)?;
        let (student, notices, shown, point) = match self.db.write_within(PATIENCE).await? {
            Some(mut tx) => {
                let found = self.why_in(&mut tx, text, true).await?;
                self.audit(&mut tx, "student.why", &format!("student:{}", found.0.id), "").await?;
                tx.commit().await?;
                found
            }
            // Nobody waits for an import to be told what was true before it.
            None => {
                let mut tx = self.db.read().await?;
                let found = self.why_in(&mut tx, text, false).await?;
                drop(tx);
                self.audit_look("student.why", &format!("student:{}", found.0.id), "").await?;
                found
            }
        };
        let collect_at = point.and_then(|id| self.office.point(id)).map(|point| point.declared.name.clone());
        let birthday = student.birthday_17(self.office.policies().leap_day);
        let is_told = notices.iter().any(|one| one.notice.kind == Kind::Turned17);
        let next = (!is_told && student.closed_reason.is_none() && self.today() < birthday)
            .then_some(Expected { kind: Kind::Turned17.name(), on: birthday });
        Ok(Why { student: shown, notices, collect_at, next })
    }

    /// A student with all notices and the point to which they are sent; with `is_settled`, as they should be now and not as they were at the last run.
    async fn why_in(
        &self,
        tx: &mut Tx,
        text: &str,
        is_settled: bool,
    ) -> Done<(Student, Vec<Listed>, Shown, Option<PointId>)> {
        let student = student::resolve(tx, &self.vault, self.office.id, text).await?;
        if is_settled {
            self.settle(tx, student.id).await?;
        }
        let filter = Filter { student: Some(student.id), limit: MOST_NOTICES, ..Filter::default() };
        let notices = list::list(tx, &self.vault, self.office.id, &filter).await?;
        let shown = self.shown(tx, &student, false).await?;
        let point = self.collect_at(tx, student.id).await?;
        Ok((student, notices, shown, point))
    }

    /// Everything that is kept of one student, for that student.
    pub async fn export_student(&self, text: &str) -> Done<Why> {
        self.require(Right::Students)?;
        let mut tx = self.db.write().await?;
        let student = student::resolve(&mut tx, &self.vault, self.office.id, text).await?;
        let filter = Filter { student: Some(student.id), limit: MOST_NOTICES, ..Filter::default() };
        let notices = list::list(&mut tx, &self.vault, self.office.id, &filter).await?;
        let shown = self.shown(&mut tx, &student, true).await?;
        self.audit(&mut tx, "student.export", &format!("student:{}", student.id), "with NIK").await?;
        tx.commit().await?;
        Ok(Why { student: shown, notices, collect_at: None, next: None })
    }
}

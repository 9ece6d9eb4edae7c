//! The formal letter to a place about a visit: what stands in it. How it looks is the face's affair.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::db::Tx;
use crate::desk::context::{Desk, Done};
use crate::desk::refusal::VisitRefusal;
use crate::notice::contacts::calls::CALL_DAYS;
use crate::office;
use crate::place::{self, Place};
use crate::staff::Right;
use crate::student::{self, Recorded, Student, StudentId};
use crate::visit::letter;
use crate::visit::open::Openness;
use crate::visit::schedule::{self, Filter, Listed};
use crate::visit::{VisitId, VisitState};

/// One letter.
#[derive(Debug, Clone)]
pub struct Letter {
    /// As the office writes numbers; `None` where it writes them by hand.
    pub number: Option<String>,
    pub issued_on: NaiveDate,
    pub place: Place,
    pub visit: Listed,
    /// Those still to be recorded, by class and name.
    pub students: Vec<Student>,
    /// Until when an answer is asked for: before the call, and before the visit; `None` once the place has agreed.
    pub answer_by: Option<NaiveDate>,
}

impl Desk {
    /// The letters about one visit, or about every announced (or confirmed) visit still to come. Each has one number and one
    /// date, however often it is printed.
    pub async fn visit_letters(&self, one: Option<VisitId>, state: Option<VisitState>) -> Done<Vec<Letter>> {
        self.require(Right::Visits)?;
        let mut tx = self.visits_tx().await?;
        let visits = match (one, state) {
            (Some(id), _) => vec![self.listed(&mut tx, id).await?],
            (None, state) => {
                let filter = Filter {
                    state: Some(state.unwrap_or(VisitState::Announced)),
                    from: Some(self.today()),
                    limit: i64::from(u32::MAX),
                    ..Filter::default()
                };
                schedule::list(&mut tx, self.office.id, &filter).await?
            }
        };
        let mut letters = Vec::with_capacity(visits.len());
        for visit in visits {
            letters.push(self.letter(&mut tx, visit).await?);
        }
        if letters.is_empty() {
            return Err(VisitRefusal::NothingToCome.into());
        }
        tx.commit().await?;
        Ok(letters)
    }

    async fn letter(&self, tx: &mut Tx, listed: Listed) -> Done<Letter> {
        if !listed.state.is_settled() {
            return Err(VisitRefusal::NotSettled { state: listed.state }.into());
        }
        let id = listed.id.ok_or(VisitRefusal::DryRun)?;
        let visit = self.visit(tx, id).await?;
        let place = place::load(tx, visit.place_id).await?.ok_or(VisitRefusal::PlaceGone)?;
        let office = office::load(tx, self.office.id).await?;
        let ids: Vec<StudentId> = listed.students.iter().map(|one| one.id).collect();
        let mut students = Vec::with_capacity(ids.len());
        let mut seen = BTreeSet::new();
        for student in student::with_ids(tx, &ids).await? {
            // Whoever was merged stands there as the one who is kept.
            let kept = if student.merged_into.is_some() { student::kept(tx, student.id).await? } else { Some(student) };
            students.extend(kept.filter(|one| seen.insert(one.id)));
        }
        students.retain(|student| student.recorded != Recorded::Yes && student.closed_reason.is_none());
        students.sort_by(|a, b| (a.grade, &a.class_name, &a.name, a.id).cmp(&(b.grade, &b.class_name, &b.name, b.id)));
        let issued = letter::issue(tx, &visit, self.today()).await?;
        let detail = format!("{}, number {}", visit.visit_on, issued.number);
        self.audit(tx, "visit.letter", &format!("visit:{id}"), &detail).await?;
        let openness = Openness { office: &office, holidays: &self.holidays, pauses: &[] };
        let answer_by = openness.school_day_after(&place, issued.issued_on, CALL_DAYS);
        let eve = visit.visit_on.pred_opt().filter(|eve| *eve > issued.issued_on);
        let answer_by = answer_by.filter(|day| *day < visit.visit_on).or(eve);
        Ok(Letter {
            number: office.declaration.letter.number.as_deref().map(|pattern| letter::written(pattern, issued)),
            issued_on: issued.issued_on,
            place,
            visit: listed,
            students,
            answer_by: answer_by.filter(|_| visit.state == VisitState::Announced),
        })
    }
}

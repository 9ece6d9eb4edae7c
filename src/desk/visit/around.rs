//! What surrounds a visit: on which other days it can be depends on it.

use crate::calendar::Holidays;
use crate::db::Tx;
use crate::desk::context::{Desk, Done};
use crate::desk::refusal::VisitRefusal;
use crate::office::{self, Office, Pause};
use crate::place::{self, Place};
use crate::student::{self, Outline};
use crate::visit::offer::Question;
use crate::visit::open::Openness;
use crate::visit::schedule::{self, Entry, Visit};

/// What surrounds a visit.
pub(super) struct Around {
    office: Office,
    pauses: Vec<Pause>,
    places: Vec<Place>,
    settled: Vec<Entry>,
    proposed: Vec<Entry>,
    visit: Visit,
    students: Vec<Outline>,
}

impl Around {
    /// The question on which days the visit can be.
    pub(super) fn question<'a>(&'a self, holidays: &'a Holidays) -> Done<Question<'a>> {
        let place = self.places.iter().find(|place| place.id == self.visit.place_id);
        Ok(Question {
            openness: Openness { office: &self.office, holidays, pauses: &self.pauses },
            places: &self.places,
            settled: &self.settled,
            proposed: &self.proposed,
            visit: &self.visit,
            place: place.ok_or(VisitRefusal::PlaceGone)?,
            students: &self.students,
        })
    }
}

impl Desk {
    /// Reads what surrounds a visit; not the whole office's students, who may be many.
    pub(super) async fn around(&self, tx: &mut Tx, visit: Visit) -> Done<Around> {
        let office = office::load(tx, self.office.id).await?;
        let active = schedule::active(tx, office.id, self.today()).await?;
        let (settled, proposed) = active.into_iter().partition(|entry| entry.visit.state.is_settled());
        let list: Vec<_> = schedule::students(tx, visit.id).await?.iter().map(|one| one.id).collect();
        Ok(Around {
            pauses: office::pauses(tx, office.id).await?,
            places: place::all(tx, office.id).await?,
            students: student::outlines(tx, &list).await?,
            settled,
            proposed,
            visit,
            office,
        })
    }
}

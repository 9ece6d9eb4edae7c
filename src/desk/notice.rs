//! Notices at the desk: looked at beforehand, listed, tried again, told in person, held and let go.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::context::{Desk, Done, plain_words};
use super::refusal::NoticeRefusal;
use crate::clock::{Clock, local_instant};
use crate::db::Tx;
use crate::link::{self, LinkRole};
use crate::messages::LANGUAGES;
use crate::notice::case::{Person, Setting};
use crate::notice::contacts;
use crate::notice::ledger::{self, Doubted, Look};
use crate::notice::list::{self, Filter, Listed};
use crate::notice::text::{self, Reader, Words};
use crate::notice::{Kind, NoticeId, State, silence};
use crate::office;
use crate::staff::Right;
use crate::student::{self, Student, StudentId};
use crate::written::tidy;

/// The code that stands in previewed texts; the real one is made when the notice goes out.
const SAMPLE_CODE: &str = "0000000000";

/// People whose notices are looked at beforehand together.
const PREVIEWED_AT_ONCE: i64 = 500;

/// A notice as it would be on a day.
#[derive(Debug, Clone, Serialize)]
pub struct Preview {
    /// Null for a place's contact.
    pub student: Option<StudentId>,
    /// The student's name, or the place's.
    pub name: String,
    pub nisn: Option<String>,
    pub kind: Kind,
    pub variant: Option<String>,
    pub state: State,
    pub reason: Option<String>,
    pub due_at: DateTime<Utc>,
    pub text: String,
}

/// What letting notices go came to.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct LetGo {
    /// When the copy was made that the database is; null if it is none.
    pub copy_of: Option<DateTime<Utc>>,
    /// Notices that may have gone out since then.
    pub perhaps_sent: usize,
    /// Those of them that wait for a person's word; the others say that they may be a repeat.
    pub asked: usize,
}

impl Desk {
    /// What would stand open on `date`, with what each would read. Nothing is kept of the look.
    pub async fn preview(&self, date: NaiveDate) -> Done<Vec<Preview>> {
        self.require(Right::Notices)?;
        let zone = self.office.zone();
        let at = local_instant(date, self.office.declaration.delivery_hours.from, zone);
        let clock = Clock::starting_at(if date == self.today() { self.clock.now() } else { at });
        let mut tx = self.db.read().await?;
        let office = office::load(&mut tx, self.office.id).await?;
        let look = ledger::look(&mut tx, &clock, &office).await?;
        let mut previews = Vec::new();
        let mut after = None;
        loop {
            let page = student::page(&mut tx, office.id, after, None, PREVIEWED_AT_ONCE).await?;
            let Some(last) = page.last() else { break };
            after = Some(*last);
            for person in ledger::foresee(&mut tx, &look, &page).await? {
                let chats: Vec<&[u8]> = person.chats.iter().take(1).map(|chat| chat.chat_index.as_slice()).collect();
                let students = link::students_in(&mut tx, &chats).await?.into_values().next().unwrap_or_default();
                self.preview_person(&look.setting, &person, &students, &mut previews);
            }
        }
        self.preview_contacts(&mut tx, &look, &mut previews).await?;
        Ok(previews)
    }

    fn preview_person(
        &self,
        setting: &Setting<'_>,
        person: &Person,
        students: &[Student],
        previews: &mut Vec<Preview>,
    ) {
        let words = Words { messages: &self.messages, holidays: &self.holidays };
        for notice in person.notices.iter().filter(|one| matches!(one.state, State::Due | State::Waiting)) {
            let chat = person.chats.first();
            let role = chat.map_or(LinkRole::Student, |chat| chat.role);
            let language = chat.map_or("id", |chat| chat.language.as_str());
            let reader = Reader { role, language, students };
            previews.push(Preview {
                student: Some(person.student.id),
                name: person.student.name.clone(),
                nisn: person.student.nisn.clone(),
                kind: notice.kind,
                variant: notice.variant.clone(),
                state: notice.state,
                reason: notice.reason.clone(),
                due_at: notice.due_at,
                text: text::render(words, setting, person, notice, reader, Some(SAMPLE_CODE)),
            });
        }
    }

    async fn preview_contacts(&self, tx: &mut Tx, look: &Look<'_>, previews: &mut Vec<Preview>) -> Done<()> {
        let setting = &look.setting;
        for contact in ledger::foresee_contacts(tx, look, &self.holidays).await? {
            for notice in contact.notices.iter().filter(|one| matches!(one.state, State::Due | State::Waiting)) {
                let about = notice.about().visit;
                let Some(visit) = contact.visits.iter().find(|visit| Some(visit.id.0) == about) else { continue };
                let list = contacts::text::students(tx, visit.id).await?;
                let language = contact.chats.first().map_or(LANGUAGES[0], |chat| chat.language.as_str());
                let words = contacts::text::render(&self.messages, setting, &contact, visit, notice, &list, language);
                previews.push(Preview {
                    student: None,
                    name: contact.place.name.clone(),
                    nisn: None,
                    kind: notice.kind,
                    variant: notice.variant.clone(),
                    state: notice.state,
                    reason: notice.reason.clone(),
                    due_at: notice.due_at,
                    text: words.text,
                });
            }
        }
        Ok(())
    }

    /// The ledger.
    pub async fn notices(&self, filter: &Filter) -> Done<Vec<Listed>> {
        self.require(Right::Notices)?;
        let mut tx = self.db.read().await?;
        Ok(list::list(&mut tx, &self.vault, self.office.id, filter).await?)
    }

    /// Lets a failed or uncertain notice go out again.
    pub async fn retry(&self, id: NoticeId) -> Done<()> {
        self.require(Right::Notices)?;
        let mut tx = self.db.write().await?;
        self.own(&mut tx, id).await?;
        let place = ledger::place_of(&mut tx, id).await?.map(|place| place.0);
        if let Some(subject) = ledger::student_of(&mut tx, id).await?.or(place) {
            // Telegram may have forgotten to tell us that the chat was unblocked; a new try finds out.
            for chat in link::chats_of(&mut tx, subject).await? {
                link::set_unreachable(&mut tx, &chat.chat_index, None).await?;
                ledger::look_soon_in_chat(&mut tx, &self.clock, &chat.chat_index).await?;
            }
        }
        if !ledger::retry(&mut tx, &self.clock, id).await? {
            return Err(NoticeRefusal::NotFailed.into());
        }
        self.audit(&mut tx, "notice.retry", &format!("notice:{id}"), "").await?;
        self.settle_recipient(&mut tx, id).await?;
        Ok(tx.commit().await?)
    }

    /// Settles a notice: the person was told by `by`.
    pub async fn told(&self, id: NoticeId, by: &str) -> Done<()> {
        let by = &tidy(by);
        self.require(Right::Notices)?;
        plain_words("by", by)?;
        let mut tx = self.db.write().await?;
        self.own(&mut tx, id).await?;
        if !ledger::told(&mut tx, &self.clock, id, by).await? {
            return Err(NoticeRefusal::Out.into());
        }
        self.audit(&mut tx, "notice.told", &format!("notice:{id}"), by).await?;
        self.settle_recipient(&mut tx, id).await?;
        Ok(tx.commit().await?)
    }

    /// Brings the other notices of whoever a notice is for up to date: what was told, and what is to be, depends on it.
    async fn settle_recipient(&self, tx: &mut Tx, id: NoticeId) -> Done<()> {
        if let Some(student) = ledger::student_of(tx, id).await? {
            self.settle(tx, StudentId(student)).await?;
        }
        if let Some(place) = ledger::place_of(tx, id).await? {
            self.settle_contact(tx, place).await?;
        }
        Ok(())
    }

    async fn own(&self, tx: &mut Tx, id: NoticeId) -> Done<()> {
        if ledger::office_of(tx, id).await? == Some(self.office.id) {
            return Ok(());
        }
        Err(NoticeRefusal::Unknown(id).into())
    }

    /// Holds every notice back.
    pub async fn hold(&self) -> Done<()> {
        self.require(Right::Notices)?;
        let mut tx = self.db.write().await?;
        let held = office::load(&mut tx, self.office.id).await?.hold_reason;
        // That the database is a copy must not be forgotten before somebody lets go.
        if !held.as_deref().is_some_and(office::is_of_copy) {
            office::set_hold(&mut tx, self.office.id, Some("by_hand")).await?;
        }
        self.audit(&mut tx, "notice.hold", "office", "").await?;
        self.settle_office(&mut tx).await?;
        tx.commit().await?;
        self.catch_up().await;
        Ok(())
    }

    /// Lets notices go; with `accept_clock` the present is taken for right although newer attempts exist. Of a copy, whatever may
    /// have gone out since it was made is taken for lost first: it goes out again and says so, or is asked about.
    pub async fn let_go(&self, accept_clock: bool) -> Done<LetGo> {
        self.require(Right::Administer)?;
        let mut tx = self.db.read().await?;
        let office = office::load(&mut tx, self.office.id).await?;
        let is_copy = office::copied_at(&mut tx, &office).await?.is_some();
        drop(tx);
        if is_copy {
            // Whose moment came since the copy was made has no row yet, where no daemon has looked.
            self.reconcile(None).await?;
        }
        let mut tx = self.db.write().await?;
        office::lock_office(&mut tx, self.office.id).await?;
        let office = office::load(&mut tx, self.office.id).await?;
        let copy_of = office::copied_at(&mut tx, &office).await?;
        let doubted = match copy_of {
            Some(since) => ledger::doubt(&mut tx, &self.clock, &office, since).await?,
            None => Doubted::default(),
        };
        office::set_hold(&mut tx, self.office.id, None).await?;
        silence::lift_kinds(&mut tx, self.office.id).await?;
        if accept_clock {
            silence::accept_clock(&mut tx).await?;
            ledger::accept_clock(&mut tx, self.office.id, self.clock.now()).await?;
        }
        let mut detail = if accept_clock { "with clock".to_owned() } else { String::new() };
        if let Some(since) = copy_of {
            detail = format!("{detail} copy of {}: {} in doubt", since.to_rfc3339(), doubted.all).trim().to_owned();
        }
        self.audit(&mut tx, "notice.resume", "office", &detail).await?;
        self.settle_office(&mut tx).await?;
        tx.commit().await?;
        self.catch_up().await;
        Ok(LetGo { copy_of, perhaps_sent: doubted.all, asked: doubted.asked })
    }
}

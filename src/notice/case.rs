//! Reads from the rooms below everything that the rules and the texts need to know about students.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::rules::{CardCase, Case, Known, SessionCase, VisitCase};
use super::{AttemptOutcome, Kind, NoticeId, State};
use crate::age;
use crate::card::NationalStatus;
use crate::clock::local_instant;
use crate::db::{DbError, Tx};
use crate::link::ChatLink;
use crate::office::{Office, Pause, Policies, pauses};
use crate::student::{GivenBy, Student, StudentId};
use crate::visit::session::{self, Session, SessionState};
use crate::visit::{DayResult, VisitState};
use crate::{fetch_all, fetch_among};

/// Whom to read.
#[derive(Debug, Clone, Copy)]
pub enum Scope<'a> {
    Student(StudentId),
    /// Any number of people, with few statements.
    Some(&'a [StudentId]),
}

impl Scope<'_> {
    fn ids(&self) -> &[StudentId] {
        match self {
            Self::Student(id) => std::slice::from_ref(id),
            Self::Some(ids) => ids,
        }
    }
}

/// The office's side of every case.
#[derive(Debug, Clone)]
pub struct Setting<'a> {
    pub office: &'a Office,
    pub now: DateTime<Utc>,
    pub today: NaiveDate,
    pub pauses: Vec<Pause>,
    /// Declared pickup points that have blank cards left, in the office's order.
    pub blanks_at: Vec<Uuid>,
    /// Sessions that notices may be about.
    pub sessions: Vec<Session>,
}

/// A student with all that belongs to the case.
#[derive(Debug)]
pub struct Person {
    pub student: Student,
    pub card: Option<CardRow>,
    pub national: Option<NationalRow>,
    pub visits: Vec<VisitRow>,
    pub notices: Vec<NoticeRow>,
    pub chats: Vec<ChatLink>,
    pub consents: Vec<GivenBy>,
    /// What was tried for each notice, in the order in which it was, of whoever has a chat.
    pub attempts: HashMap<NoticeId, Made>,
}

/// The attempts for one notice, each with its chat, in the order in which they were made.
pub type Made = Vec<(Vec<u8>, AttemptOutcome)>;

#[derive(Debug, Clone, FromRow)]
pub struct CardRow {
    student_id: StudentId,
    pub id: Uuid,
    pub printed_on: NaiveDate,
    pub ready_on: Option<NaiveDate>,
    pub point_id: Option<Uuid>,
    pub collection_id: Option<Uuid>,
    pub collected_on: Option<NaiveDate>,
    pub collected_at: Option<DateTime<Utc>>,
    pub collected_by: Option<String>,
}

#[derive(Debug, Clone, FromRow)]
pub struct NationalRow {
    student_id: StudentId,
    pub status: NationalStatus,
    pub as_of: NaiveDate,
    pub print_ready_on: Option<NaiveDate>,
}

#[derive(Debug, Clone, FromRow)]
pub struct VisitRow {
    student_id: StudentId,
    pub id: Uuid,
    pub revision: i32,
    pub visit_on: NaiveDate,
    pub starts_at: DateTime<Utc>,
    pub state: VisitState,
    pub result: Option<DayResult>,
    pub place_name: String,
}

/// A row of the ledger.
#[derive(Debug, Clone, FromRow)]
pub struct NoticeRow {
    pub id: NoticeId,
    pub recipient_id: Uuid,
    pub kind: Kind,
    pub occasion: String,
    pub variant: Option<String>,
    pub state: State,
    pub reason: Option<String>,
    pub due_at: DateTime<Utc>,
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// Of a notice that is out: from when on it may go to a further chat that is owed it.
    pub further_at: Option<DateTime<Utc>>,
    pub refusals: i32,
    pub ever_lost: bool,
    pub facts: String,
    pub sent_at: Option<DateTime<Utc>>,
    pub changed_at: DateTime<Utc>,
}

/// What a notice named when it was written, kept with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct About {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visit: Option<Uuid>,
    /// For staff: what the message says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl NoticeRow {
    #[must_use]
    pub fn about(&self) -> About {
        serde_json::from_str(&self.facts).unwrap_or_default()
    }

    /// The row as the rules see it, in the office's zone.
    #[must_use]
    pub fn known(&self, zone: chrono_tz::Tz) -> Known {
        let about = self.about();
        // Of an uncertain one, when it may have arrived.
        let out_at = self.sent_at.unwrap_or(self.changed_at);
        Known {
            id: self.id,
            kind: self.kind,
            occasion: self.occasion.clone(),
            variant: self.variant.clone(),
            state: self.state,
            out_on: Some(out_at.with_timezone(&zone).date_naive()),
            out_at: Some(out_at),
            card: about.card,
            point: about.point,
        }
    }
}

/// Reads the office's side.
pub async fn setting<'a>(tx: &mut Tx, office: &'a Office, now: DateTime<Utc>) -> Result<Setting<'a>, DbError> {
    let stock =
        fetch_all!(tx, (Uuid,), "SELECT point_id FROM blank_stock WHERE office_id = $1 AND blanks > 0", office.id,)?;
    let has_blanks = |id: &Uuid| stock.iter().any(|row| row.0 == *id);
    let blanks_at = office.points.iter().map(|point| point.id.0).filter(has_blanks).collect();
    let today = now.with_timezone(&office.zone()).date_naive();
    let sessions = session::around(tx, office.id, now).await?;
    Ok(Setting { office, now, today, pauses: pauses(tx, office.id).await?, blanks_at, sessions })
}

/// Reads the students in `scope` with everything that belongs to their cases.
pub async fn people(tx: &mut Tx, scope: Scope<'_>) -> Result<Vec<Person>, DbError> {
    let ids = scope.ids();
    let students = fetch_among!(&mut *tx, Student, "SELECT * FROM student WHERE id", [], ids, "")?;
    let cards = fetch_among!(
        &mut *tx,
        CardRow,
        "SELECT student_id, id, printed_on, ready_on, point_id, collection_id, collected_on, collected_at, collected_by
         FROM card WHERE spoiled_on IS NULL AND student_id",
        [],
        ids,
        ""
    )?;
    let nationals = fetch_among!(
        &mut *tx,
        NationalRow,
        "SELECT student_id, status, as_of, print_ready_on FROM national_record WHERE student_id",
        [],
        ids,
        ""
    )?;
    let visits = visits(tx, ids).await?;
    let notices = fetch_among!(
        &mut *tx,
        NoticeRow,
        "SELECT id, recipient_id, kind, occasion, variant, state, reason, due_at, next_attempt_at, further_at, refusals,
             ever_lost, facts, sent_at, changed_at
         FROM notice WHERE recipient_kind = 'student' AND recipient_id",
        [],
        ids,
        ""
    )?;
    let chats = fetch_among!(
        &mut *tx,
        ChatLink,
        "SELECT l.id, l.office_id, l.role, l.subject_id, l.chat_index, l.chat_sealed, l.linked_at, l.vouched_at,
             l.disputed_at, COALESCE(c.language, 'id') AS language, c.unreachable
         FROM chat_link l LEFT JOIN chat c ON c.chat_index = l.chat_index
         WHERE l.unlinked_at IS NULL AND l.subject_id",
        [],
        ids,
        ""
    )?;
    let consents = fetch_among!(
        &mut *tx,
        (StudentId, GivenBy),
        "SELECT student_id, given_by FROM consent WHERE withdrawn_at IS NULL AND student_id",
        [],
        ids,
        ""
    )?;
    let with_chat: Vec<Uuid> = chats.iter().map(|chat| chat.subject_id).collect::<BTreeSet<_>>().into_iter().collect();
    let made = fetch_among!(
        &mut *tx,
        (Uuid, NoticeId, Vec<u8>, AttemptOutcome),
        "SELECT n.recipient_id, a.notice_id, a.chat_index, a.outcome FROM attempt a JOIN notice n ON n.id = a.notice_id
         WHERE n.recipient_kind = 'student' AND n.recipient_id",
        [],
        with_chat,
        " ORDER BY a.lease_token, a.started_at, a.id"
    )?;
    Ok(assemble(students, Parts { cards, nationals, visits, notices, chats, consents, made }))
}

async fn visits(tx: &mut Tx, ids: &[StudentId]) -> Result<Vec<VisitRow>, DbError> {
    let mut visits = fetch_among!(
        &mut *tx,
        VisitRow,
        "SELECT l.student_id, v.id, v.revision, v.visit_on, v.starts_at, v.state, l.result, p.name AS place_name
         FROM visit_student l JOIN visit v ON v.id = l.visit_id JOIN place p ON p.id = v.place_id
         WHERE v.state <> 'proposed' AND l.student_id",
        [],
        ids,
        ""
    )?;
    // Whoever stands on a list as somebody since merged is told as the one who is kept.
    visits.extend(fetch_among!(
        tx,
        VisitRow,
        "SELECT m.merged_into AS student_id, v.id, v.revision, v.visit_on, v.starts_at, v.state, l.result,
             p.name AS place_name
         FROM student m JOIN visit_student l ON l.student_id = m.id JOIN visit v ON v.id = l.visit_id
         JOIN place p ON p.id = v.place_id
         WHERE v.state <> 'proposed' AND m.merged_into",
        [],
        ids,
        ""
    )?);
    Ok(visits)
}

struct Parts {
    cards: Vec<CardRow>,
    nationals: Vec<NationalRow>,
    visits: Vec<VisitRow>,
    notices: Vec<NoticeRow>,
    chats: Vec<ChatLink>,
    consents: Vec<(StudentId, GivenBy)>,
    made: Vec<(Uuid, NoticeId, Vec<u8>, AttemptOutcome)>,
}

fn assemble(students: Vec<Student>, parts: Parts) -> Vec<Person> {
    let mut people: Vec<Person> = students
        .into_iter()
        .map(|student| Person {
            student,
            card: None,
            national: None,
            visits: Vec::new(),
            notices: Vec::new(),
            chats: Vec::new(),
            consents: Vec::new(),
            attempts: HashMap::new(),
        })
        .collect();
    let at: HashMap<Uuid, usize> = people.iter().enumerate().map(|(at, person)| (person.student.id.0, at)).collect();
    let mut give = |id: Uuid, to: &mut dyn FnMut(&mut Person)| {
        if let Some(person) = at.get(&id).and_then(|at| people.get_mut(*at)) {
            to(person);
        }
    };
    for row in parts.cards {
        give(row.student_id.0, &mut |person| person.card = Some(row.clone()));
    }
    for row in parts.nationals {
        give(row.student_id.0, &mut |person| person.national = Some(row.clone()));
    }
    for row in parts.visits {
        give(row.student_id.0, &mut |person| {
            // Both may stand on one list.
            if person.visits.iter().all(|known| known.id != row.id) {
                person.visits.push(row.clone());
            }
        });
    }
    for row in parts.notices {
        give(row.recipient_id, &mut |person| person.notices.push(row.clone()));
    }
    for row in parts.chats {
        give(row.subject_id, &mut |person| person.chats.push(row.clone()));
    }
    for (id, by) in parts.consents {
        give(id.0, &mut |person| person.consents.push(by));
    }
    for (id, notice, chat, outcome) in parts.made {
        give(id, &mut |person| person.attempts.entry(notice).or_default().push((chat.clone(), outcome)));
    }
    people
}

impl Person {
    /// Whether the card is printed, by what we or the national system know, wherever it is.
    #[must_use]
    pub fn has_printed_card(&self) -> bool {
        let is_printed = |record: &NationalRow| record.status.is_printed();
        self.card.is_some() || self.national.as_ref().is_some_and(is_printed)
    }

    /// The case as the pure rules see it.
    #[must_use]
    pub fn case<'a>(&self, setting: &'a Setting<'a>) -> Case<'a> {
        let policies = setting.office.policies();
        let zone = setting.office.zone();
        let student = &self.student;
        let national = self.national.as_ref();
        let failed = national.filter(|record| record.status.needs_new_recording());
        Case {
            zone,
            today: setting.today,
            now: setting.now,
            policies,
            pauses: &setting.pauses,
            blanks_at: self.blanks_at(setting),
            birthday_17: student.birthday_17(policies.leap_day),
            print_from: age::print_from(student.birth_date, policies.print_from_days_after_17, policies.leap_day),
            ever_married: student.ever_married,
            recorded: student.recorded,
            recorded_on: student.recorded_on,
            recording: student.recording_id,
            closed: student.closed_reason,
            print_ready: national.is_some_and(|record| record.print_ready_on.is_some()),
            printable: national.is_some_and(|record| record.print_ready_on.is_some() && record.status.is_printable()),
            enrolment_failed_on: failed.map(|record| record.as_of),
            card: self.card.as_ref().map(|card| CardCase {
                id: card.id,
                ready_on: card.ready_on,
                point: card.point_id,
                collected_on: card.collected_on,
                collection: card.collection_id,
            }),
            visits: self
                .visits
                .iter()
                .map(|visit| VisitCase {
                    id: visit.id,
                    revision: visit.revision,
                    on: visit.visit_on,
                    starts_at: visit.starts_at,
                    evening_before: local_instant(
                        visit.visit_on.pred_opt().unwrap_or(visit.visit_on),
                        NaiveTime::from_hms_opt(16, 0, 0).unwrap_or_default(),
                        zone,
                    ),
                    state: visit.state,
                    result: visit.result,
                })
                .collect(),
            sessions: setting.sessions.iter().map(|session| self.session_case(session, policies)).collect(),
            known: self.notices.iter().map(|notice| notice.known(zone)).collect(),
        }
    }

    /// Where a card can be printed for this person: where they were asked to come, as long as there are blanks there.
    fn blanks_at(&self, setting: &Setting<'_>) -> Option<Uuid> {
        let out = |row: &&NoticeRow| matches!(row.state, State::Sent | State::Told | State::Uncertain | State::Sending);
        let asked = self
            .notices
            .iter()
            .filter(out)
            .filter_map(|row| Some((row.sent_at.unwrap_or(row.changed_at), row.about().point?)));
        let asked = asked.max_by_key(|(at, _)| *at).map(|(_, point)| point);
        asked.filter(|point| setting.blanks_at.contains(point)).or_else(|| setting.blanks_at.first().copied())
    }

    fn session_case(&self, session: &Session, policies: &Policies) -> SessionCase {
        let student = &self.student;
        let age = age::age_on(student.birth_date, session.date, policies.leap_day);
        SessionCase {
            id: session.id.0,
            on: session.date,
            starts_at: session.starts_at,
            cancelled: session.state == SessionState::Cancelled,
            near: session.is_near(student.place_id, student.kelurahan.as_deref(), student.kecamatan.as_deref()),
            of_age: student.ever_married || age >= i32::from(policies.recording_age),
        }
    }
}

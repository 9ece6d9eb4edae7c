//! Reads from the rooms below everything that the rules and the texts need to know about students.

use std::collections::HashMap;

use chrono::{DateTime, Months, NaiveDate, NaiveTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::rules::{CardCase, Case, Known, SessionCase, VisitCase, VisitState};
use super::{Kind, NoticeId, State};
use crate::age;
use crate::clock::local_instant;
use crate::db::{DbError, Tx};
use crate::fetch_all;
use crate::link::ChatLink;
use crate::office::{Office, Pause, Policies, pauses};
use crate::student::{GivenBy, Student, StudentId};
use crate::visit::session::{self, Session, SessionState};

/// Nobody younger is told anything unless married: recording starts at 16 at the earliest by policy, and visits look a year ahead.
const YOUNGEST: u32 = 15;
/// National states after which no card comes of a recording (domain: *National record status*).
const ENROLMENT_FAILED: [&str; 2] = ["ENROLL_FAILURE_AT_REGIONAL", "ENROLL_FAILURE_AT_CENTRAL"];

/// National states at which a card may be printed here and now.
const PRINTABLE: [&str; 2] = ["PRINT_READY_RECORD", "SENT_FOR_CARD_PRINTING"];

/// Whom to read.
#[derive(Debug, Clone, Copy)]
pub enum Scope {
    Office,
    /// Those whose IDs lie after the first and up to the second: a page of the office.
    Page(StudentId, StudentId),
    Student(StudentId),
}

/// Below and above every ID.
const FIRST: StudentId = StudentId(Uuid::nil());
const LAST: StudentId = StudentId(Uuid::max());

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
}

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
    pub status: String,
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
    pub state: String,
    pub result: Option<String>,
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
        Known {
            id: self.id,
            kind: self.kind,
            occasion: self.occasion.clone(),
            variant: self.variant.clone(),
            state: self.state,
            out_on: self.sent_at.map(|at| at.with_timezone(&zone).date_naive()).or_else(|| {
                // Of an uncertain one, the day on which it may have arrived.
                Some(self.changed_at.with_timezone(&zone).date_naive())
            }),
            card: about.card,
            point: about.point,
        }
    }
}

macro_rules! of {
    ($base:literal, office) => {
        concat!(
            $base,
            " s.office_id = $1 AND s.merged_into IS NULL AND (s.birth_date <= $2 OR s.ever_married) AND s.id > $3 AND s.id <= $4"
        )
    };
    ($base:literal, one) => {
        concat!($base, " s.id = $1")
    };
}

/// Runs the same query over a whole office or for one student.
macro_rules! read {
    ($tx:expr, $scope:expr, $setting:expr, $row:ty, $base:literal) => {
        match $scope {
            Scope::Office => {
                fetch_all!(
                    $tx,
                    $row,
                    of!($base, office),
                    $setting.office.id,
                    youngest_birth($setting.today),
                    FIRST,
                    LAST
                )
            }
            Scope::Page(after, upto) => {
                fetch_all!(
                    $tx,
                    $row,
                    of!($base, office),
                    $setting.office.id,
                    youngest_birth($setting.today),
                    after,
                    upto
                )
            }
            Scope::Student(id) => fetch_all!($tx, $row, of!($base, one), id),
        }
    };
}

fn youngest_birth(today: NaiveDate) -> NaiveDate {
    today.checked_sub_months(Months::new(12 * YOUNGEST)).unwrap_or(today)
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

/// The next page of an office's students after `after`, at most `size` of them.
pub async fn page(
    tx: &mut Tx,
    setting: &Setting<'_>,
    after: Option<StudentId>,
    size: i64,
) -> Result<Option<Scope>, DbError> {
    let after = after.unwrap_or(FIRST);
    let ids = fetch_all!(
        tx,
        (StudentId,),
        "SELECT s.id FROM student s WHERE s.office_id = $1 AND s.merged_into IS NULL
             AND (s.birth_date <= $2 OR s.ever_married) AND s.id > $3 ORDER BY s.id LIMIT $4",
        setting.office.id,
        youngest_birth(setting.today),
        after,
        size,
    )?;
    Ok(ids.last().map(|last| Scope::Page(after, last.0)))
}

/// Reads the students in `scope` with everything that belongs to their cases.
pub async fn people(tx: &mut Tx, setting: &Setting<'_>, scope: Scope) -> Result<Vec<Person>, DbError> {
    let students = read!(tx, scope, setting, Student, "SELECT s.* FROM student s WHERE")?;
    let cards = read!(
        tx,
        scope,
        setting,
        CardRow,
        "SELECT c.student_id, c.id, c.printed_on, c.ready_on, c.point_id, c.collection_id, c.collected_on, c.collected_at,
             c.collected_by
         FROM card c JOIN student s ON s.id = c.student_id WHERE c.spoiled_on IS NULL AND"
    )?;
    let nationals = read!(
        tx,
        scope,
        setting,
        NationalRow,
        "SELECT n.student_id, n.status, n.as_of, n.print_ready_on
         FROM national_record n JOIN student s ON s.id = n.student_id WHERE"
    )?;
    let mut visits = read!(
        tx,
        scope,
        setting,
        VisitRow,
        "SELECT l.student_id, v.id, v.revision, v.visit_on, v.starts_at, v.state, l.result, p.name AS place_name
         FROM visit_student l JOIN visit v ON v.id = l.visit_id JOIN place p ON p.id = v.place_id
         JOIN student s ON s.id = l.student_id WHERE v.state <> 'proposed' AND"
    )?;
    // Whoever stands on a list as somebody since merged is told as the one who is kept.
    let visits_of_merged = read!(
        tx,
        scope,
        setting,
        VisitRow,
        "SELECT s.id AS student_id, v.id, v.revision, v.visit_on, v.starts_at, v.state, l.result, p.name AS place_name
         FROM student s JOIN student m ON m.merged_into = s.id JOIN visit_student l ON l.student_id = m.id
         JOIN visit v ON v.id = l.visit_id JOIN place p ON p.id = v.place_id
         WHERE v.state <> 'proposed' AND"
    )?;
    visits.extend(visits_of_merged);
    let notices = read!(
        tx,
        scope,
        setting,
        NoticeRow,
        "SELECT n.id, n.recipient_id, n.kind, n.occasion, n.variant, n.state, n.reason, n.due_at, n.next_attempt_at,
             n.refusals, n.ever_lost, n.facts, n.sent_at, n.changed_at
         FROM notice n JOIN student s ON s.id = n.recipient_id WHERE n.recipient_kind = 'student' AND"
    )?;
    let chats = read!(
        tx,
        scope,
        setting,
        ChatLink,
        "SELECT l.office_id, l.role, l.subject_id, l.chat_index, l.chat_sealed, l.linked_at,
             COALESCE(c.language, 'id') AS language, c.unreachable
         FROM chat_link l LEFT JOIN chat c ON c.chat_index = l.chat_index JOIN student s ON s.id = l.subject_id
         WHERE l.unlinked_at IS NULL AND"
    )?;
    let consents = read!(
        tx,
        scope,
        setting,
        (StudentId, GivenBy),
        "SELECT c.student_id, c.given_by FROM consent c JOIN student s ON s.id = c.student_id
         WHERE c.withdrawn_at IS NULL AND"
    )?;
    Ok(assemble(students, Parts { cards, nationals, visits, notices, chats, consents }))
}

struct Parts {
    cards: Vec<CardRow>,
    nationals: Vec<NationalRow>,
    visits: Vec<VisitRow>,
    notices: Vec<NoticeRow>,
    chats: Vec<ChatLink>,
    consents: Vec<(StudentId, GivenBy)>,
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
    people
}

impl Person {
    /// The case as the pure rules see it.
    #[must_use]
    pub fn case<'a>(&self, setting: &'a Setting<'a>) -> Case<'a> {
        let policies = setting.office.policies();
        let zone = setting.office.zone();
        let student = &self.student;
        let national = self.national.as_ref();
        let failed = national.filter(|record| ENROLMENT_FAILED.contains(&record.status.as_str()));
        Case {
            today: setting.today,
            now: setting.now,
            policies,
            pauses: &setting.pauses,
            blanks_at: setting.blanks_at.first().copied(),
            birthday_17: student.birthday_17(policies.leap_day),
            print_from: age::print_from(student.birth_date, policies.print_from_days_after_17, policies.leap_day),
            ever_married: student.ever_married,
            recorded: student.recorded,
            recorded_on: student.recorded_on,
            recording: student.recording_id,
            closed: student.closed_reason,
            print_ready: national.is_some_and(|record| record.print_ready_on.is_some()),
            printable: national
                .is_some_and(|record| record.print_ready_on.is_some() && PRINTABLE.contains(&record.status.as_str())),
            enrolment_failed_on: failed.map(|record| record.as_of),
            card: self.card.as_ref().map(|card| CardCase {
                id: card.id,
                ready: card.ready_on.is_some_and(|on| on <= setting.today),
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
                    state: match visit.state.as_str() {
                        "confirmed" => VisitState::Confirmed,
                        "done" => VisitState::Done,
                        "cancelled" => VisitState::Cancelled,
                        _ => VisitState::NotAgreed,
                    },
                    absent: visit.result.as_deref() == Some("absent"),
                    outsider: visit.result.as_deref() == Some("outsider"),
                    device_failed: visit.result.as_deref() == Some("device_failed"),
                })
                .collect(),
            sessions: setting.sessions.iter().map(|session| self.session_case(session, policies)).collect(),
            known: self.notices.iter().map(|notice| notice.known(zone)).collect(),
        }
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

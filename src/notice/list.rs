//! The ledger as people and scripts read it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::FromRow;
use uuid::Uuid;

use super::sealing::TextError;
use super::{AttemptOutcome, Kind, NoticeId, State};
use crate::db::{DbError, Tx};
use crate::office::OfficeId;
use crate::student::StudentId;
use crate::vault::{Purpose, Vault};
use crate::{fetch_all, fetch_among};

/// Which notices to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub state: Option<State>,
    /// Only those that ever had a lost attempt.
    pub lost: bool,
    pub student: Option<StudentId>,
    pub after: Option<NoticeId>,
    pub limit: i64,
}

/// A notice with its attempts (`notice list --json`).
#[derive(Debug, Clone, Serialize)]
pub struct Listed {
    #[serde(flatten)]
    pub notice: Entry,
    pub attempts: Vec<Attempt>,
}

#[derive(Debug, Clone, FromRow, Serialize)]
pub struct Entry {
    pub id: NoticeId,
    /// The student's ID; null for notices to staff and to contacts.
    pub student: Option<Uuid>,
    pub nisn: Option<String>,
    /// The code of the place whose contact it is for; null for everybody else's.
    pub place: Option<String>,
    pub kind: Kind,
    pub variant: Option<String>,
    pub occasion: String,
    pub state: State,
    pub reason: Option<String>,
    pub due_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
    pub told_by: Option<String>,
    /// What was said, for those who may read it.
    pub text: Option<String>,
    #[serde(skip)]
    text_sealed: Option<Vec<u8>>,
}

#[derive(Debug, Clone, FromRow, Serialize)]
pub struct Attempt {
    #[serde(skip)]
    notice_id: NoticeId,
    pub at: DateTime<Utc>,
    pub outcome: AttemptOutcome,
    pub error: Option<String>,
}

/// What `notice list` shows of those notices that the rest of the statement picks.
macro_rules! entries {
    ($rest:literal) => {
        concat!(
            "SELECT n.id, s.id AS student, s.nisn, p.code AS place, n.kind, n.variant, n.occasion, n.state, n.reason, n.due_at,
                 n.sent_at, n.told_by, n.text, n.text_sealed
             FROM notice n LEFT JOIN student s ON s.id = n.recipient_id AND n.recipient_kind = 'student'
                 LEFT JOIN place p ON p.id = n.recipient_id AND n.recipient_kind = 'contact'
             WHERE ",
            $rest,
            " ORDER BY n.id LIMIT $3"
        )
    };
}

pub(crate) const PAGE: &str = entries!("n.office_id = $1 AND n.id > $2");
pub(crate) const PAGE_OF_STATE: &str = entries!("n.office_id = $1 AND n.id > $2 AND n.state = $4");
pub(crate) const PAGE_OF_LOST: &str =
    entries!("n.ever_lost AND n.office_id = $1 AND n.id > $2 AND ($4 IS NULL OR n.state = $4)");
// The office is the student's: asked of the notice, it would lead SQLite through every notice of the office.
pub(crate) const PAGE_OF_STUDENT: &str = entries!(
    "n.recipient_kind = 'student' AND n.recipient_id = $5 AND s.office_id = $1 AND n.id > $2
         AND ($4 IS NULL OR n.state = $4) AND (n.ever_lost OR NOT $6)"
);
pub(crate) const ATTEMPTS: &str = "SELECT notice_id, started_at AS at, outcome, error FROM attempt WHERE notice_id";

/// One page of the notices that pass `filter`, in order of creation.
pub async fn list(tx: &mut Tx, vault: &Vault, office: OfficeId, filter: &Filter) -> Result<Vec<Listed>, TextError> {
    // A statement for each kind of page, so that each walks an index of its own and reads no more than it shows.
    let Filter { state, lost, student, limit, .. } = *filter;
    let after = filter.after.map_or(Uuid::nil(), |id| id.0);
    let mut entries = match (student, lost, state) {
        (Some(student), ..) => {
            fetch_all!(&mut *tx, Entry, PAGE_OF_STUDENT, office, after, limit, state, student, lost)?
        }
        (None, true, state) => fetch_all!(&mut *tx, Entry, PAGE_OF_LOST, office, after, limit, state)?,
        (None, false, Some(state)) => fetch_all!(&mut *tx, Entry, PAGE_OF_STATE, office, after, limit, state)?,
        (None, false, None) => fetch_all!(&mut *tx, Entry, PAGE, office, after, limit)?,
    };
    for entry in &mut entries {
        if let Some(sealed) = entry.text_sealed.take() {
            entry.text = Some(vault.open_text(Purpose::Notice, &sealed)?.to_string());
        }
    }
    let ids: Vec<NoticeId> = entries.iter().map(|entry| entry.id).collect();
    let order = " ORDER BY lease_token, started_at, id";
    let mut by_notice: HashMap<NoticeId, Vec<Attempt>> = HashMap::new();
    for attempt in fetch_among!(tx, Attempt, ATTEMPTS, [], ids, order)? {
        by_notice.entry(attempt.notice_id).or_default().push(attempt);
    }
    Ok(entries
        .into_iter()
        .map(|notice| Listed { attempts: by_notice.remove(&notice.id).unwrap_or_default(), notice })
        .collect())
}

/// The notices to these students that are out, were told in person, or may have arrived, in order of creation.
pub async fn out_to(
    tx: &mut Tx,
    office: OfficeId,
    students: &[StudentId],
) -> Result<Vec<(NoticeId, StudentId, Kind)>, DbError> {
    fetch_among!(
        tx,
        (NoticeId, StudentId, Kind),
        "SELECT id, recipient_id, kind FROM notice WHERE recipient_kind = 'student' AND office_id = ",
        [
            (office, " AND state IN ("),
            (State::Sent, ", "),
            (State::Told, ", "),
            (State::Uncertain, ") AND recipient_id")
        ],
        students,
        " ORDER BY id"
    )
}

/// How many notices stand in each state, for metrics and the summary.
pub async fn counts(tx: &mut Tx, office: OfficeId) -> Result<Vec<(Kind, State, i64)>, DbError> {
    fetch_all!(
        tx,
        (Kind, State, i64),
        "SELECT kind, state, COUNT(*) FROM notice WHERE office_id = $1 GROUP BY kind, state ORDER BY kind, state",
        office,
    )
}

//! The first of what is due, and who cannot be written to just now.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use crate::db::{self, DbError, Tx};
use crate::notice::{Kind, NoticeId};
use crate::office::OfficeId;

/// How long somebody rests whose notice turned out not to be one that can go out, or whose chat is busy: then it is looked again.
const REST: Duration = Duration::from_secs(10);
/// Most who are remembered as resting; of whoever is not it is found out again.
const MOST_RESTING: usize = 4000;

/// A notice whose moment has come.
#[derive(Debug, FromRow)]
pub(super) struct Candidate {
    pub id: NoticeId,
    pub recipient_kind: String,
    pub recipient_id: Uuid,
    pub kind: Kind,
}

/// The two engines differ only in how a list comes in: whoever is in `$3` is passed over within the index.
macro_rules! first {
    ($only:literal, $list:literal) => {
        concat!(
            "SELECT id, recipient_kind, recipient_id, kind FROM notice
             WHERE office_id = $1 AND state = 'due' ",
            $only,
            " AND (CASE WHEN next_attempt_at > due_at THEN next_attempt_at ELSE due_at END) <= $2
                 AND recipient_id ",
            $list,
            " ORDER BY office_id, (CASE WHEN next_attempt_at > due_at THEN next_attempt_at ELSE due_at END), id LIMIT $4"
        )
    };
}
/// The same of what is out and owed to a further chat. The state is looked at, not looked up: the index of what is owed is short.
macro_rules! further {
    ($list:literal) => {
        concat!(
            "SELECT id, recipient_kind, recipient_id, kind FROM notice
             WHERE office_id = $1 AND further_at <= $2 AND (state || '') IN ('sent', 'uncertain') AND recipient_id ",
            $list,
            " ORDER BY office_id, further_at, id LIMIT $4"
        )
    };
}
const FURTHER_SQLITE: &str = further!("NOT IN (SELECT unhex(value) FROM json_each($3))");
const FURTHER_POSTGRES: &str = further!("<> ALL($3)");
const EXCEPT_SQLITE: &str = first!("", "NOT IN (SELECT unhex(value) FROM json_each($3))");
const EXCEPT_POSTGRES: &str = first!("", "<> ALL($3)");
const ALARMS_EXCEPT_SQLITE: &str = first!("AND kind = 'alarm'", "NOT IN (SELECT unhex(value) FROM json_each($3))");
const ALARMS_EXCEPT_POSTGRES: &str = first!("AND kind = 'alarm'", "<> ALL($3)");

/// The first `most` recipients of an office who are owed something at `now`, each with the notice whose moment came first,
/// in the order of these moments. Outside the delivery hours and in hold there are only alarms (invariants 5 and 10).
pub(super) async fn first(
    tx: &mut Tx,
    office: OfficeId,
    now: DateTime<Utc>,
    delivers: bool,
    except: &HashSet<Uuid>,
    most: usize,
) -> Result<Vec<Candidate>, DbError> {
    let (mut found, mut seen): (Vec<Candidate>, HashSet<Uuid>) = (Vec::new(), except.clone());
    let statements = match delivers {
        true => [Some((EXCEPT_SQLITE, EXCEPT_POSTGRES)), Some((FURTHER_SQLITE, FURTHER_POSTGRES))],
        false => [Some((ALARMS_EXCEPT_SQLITE, ALARMS_EXCEPT_POSTGRES)), None],
    };
    for statement in statements.into_iter().flatten() {
        find(tx, statement, office, now, most, &mut found, &mut seen).await?;
    }
    found.truncate(most);
    Ok(found)
}

/// Finds by one of the queries up to `most` recipients in all who have not been seen.
async fn find(
    tx: &mut Tx,
    (sqlite, postgres): (&'static str, &'static str),
    office: OfficeId,
    now: DateTime<Utc>,
    most: usize,
    found: &mut Vec<Candidate>,
    seen: &mut HashSet<Uuid>,
) -> Result<(), DbError> {
    while found.len() < most {
        let limit = i64::try_from(most).unwrap_or(i64::MAX);
        db::count_statement();
        let rows = match tx {
            Tx::Sqlite(tx) => {
                let list: Vec<String> = seen.iter().map(|id| id.simple().to_string()).collect();
                let list = serde_json::to_string(&list).unwrap_or_default();
                let query = sqlx::query_as(sqlite).bind(office).bind(now).bind(list).bind(limit);
                query.fetch_all(&mut **tx).await
            }
            Tx::Postgres(tx) => {
                let list: Vec<Uuid> = seen.iter().copied().collect();
                let query = sqlx::query_as(postgres).bind(office).bind(now).bind(list).bind(limit);
                query.fetch_all(&mut **tx).await
            }
        };
        let rows: Vec<Candidate> = rows.map_err(DbError::from)?;
        let is_all = rows.len() < most;
        found.extend(rows.into_iter().filter(|row| seen.insert(row.recipient_id)));
        if is_all {
            break;
        }
        // Somebody is owed several: whoever comes behind them is looked for without them.
    }
    Ok(())
}

/// Who is owed something and cannot be written to just now.
#[derive(Debug, Default)]
pub(super) struct Resting {
    /// By the chat that is busy; who came first is first.
    chats: HashMap<Vec<u8>, Queue>,
    others: HashMap<Uuid, Duration>,
}

#[derive(Debug)]
struct Queue {
    chat: i64,
    until: Duration,
    recipients: Vec<Uuid>,
}

impl Resting {
    /// `recipient` waits for a chat that is busy.
    pub fn wait_for(&mut self, chat_index: &[u8], chat: i64, recipient: Uuid, now: Duration) {
        if self.len() < MOST_RESTING {
            let queue = self.chats.entry(chat_index.to_vec());
            let queue = queue.or_insert_with(|| Queue { chat, until: now + REST, recipients: Vec::new() });
            queue.recipients.push(recipient);
        }
    }

    /// `recipient` has nothing that can go out, whatever the ledger says.
    pub fn rest(&mut self, recipient: Uuid, now: Duration) {
        if self.len() < MOST_RESTING {
            self.others.insert(recipient, now + REST);
        }
    }

    fn len(&self) -> usize {
        self.others.len() + self.chats.values().map(|queue| queue.recipients.len()).sum::<usize>()
    }

    /// Whether somebody waits only for a chat's second.
    pub fn waits_for_chats(&self) -> bool {
        !self.chats.is_empty()
    }

    /// Who still rests. Of those who wait for a chat that `is_free` the first does not: only one can be written to.
    pub fn at(&mut self, now: Duration, is_free: impl Fn(&[u8], i64) -> bool) -> HashSet<Uuid> {
        self.others.retain(|_, until| *until > now);
        self.chats.retain(|index, queue| {
            if is_free(index, queue.chat) {
                queue.recipients.remove(0);
                queue.until = now + REST;
            }
            queue.until > now && !queue.recipients.is_empty()
        });
        let waiting = self.chats.values().flat_map(|queue| queue.recipients.iter().copied());
        waiting.chain(self.others.keys().copied()).collect()
    }
}

/// How the engine goes about both queries.
#[cfg(test)]
pub(super) async fn plans(explain: &str, tx: &mut Tx, office: OfficeId, now: DateTime<Utc>) -> Vec<String> {
    use sqlx::{AssertSqlSafe, Row};
    let mut plans = Vec::new();
    let all = [
        (EXCEPT_SQLITE, EXCEPT_POSTGRES),
        (ALARMS_EXCEPT_SQLITE, ALARMS_EXCEPT_POSTGRES),
        (FURTHER_SQLITE, FURTHER_POSTGRES),
    ];
    for (sqlite, postgres) in all {
        plans.push(match tx {
            Tx::Sqlite(tx) => {
                let sql = format!("{explain}{sqlite}");
                let query = sqlx::query(AssertSqlSafe(sql)).bind(office).bind(now).bind("[]").bind(25_i64);
                let rows = query.fetch_all(&mut **tx).await.unwrap();
                rows.iter().map(|row| row.get::<String, _>(3) + "; ").collect::<String>()
            }
            Tx::Postgres(tx) => {
                let sql = format!("{explain}{postgres}");
                let query =
                    sqlx::query(AssertSqlSafe(sql)).bind(office).bind(now).bind(Vec::<Uuid>::new()).bind(25_i64);
                let rows = query.fetch_all(&mut **tx).await.unwrap();
                rows.iter().map(|row| row.get::<String, _>(0) + "; ").collect::<String>()
            }
        });
    }
    plans
}

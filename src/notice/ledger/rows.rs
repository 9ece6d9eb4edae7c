//! Writes the ledger's rows, many with one statement.

use super::steps::Changed;
use crate::db::{DbError, Engine, Statement, Tx, run_all};
use crate::insert_many;
use crate::office::OfficeId;

/// Rows that one statement changes.
const AT_ONCE: usize = 1000;

/// The statement that writes known rows as they are to be.
macro_rules! update {
    ($engine:ident, $rows:expr) => {{
        let mut query = sqlx::QueryBuilder::<sqlx::$engine>::new(
            "UPDATE notice SET state = v.column3, reason = v.column4, variant = v.column5, facts = v.column6,
                 changed_at = v.column7, due_at = v.column8, further_at = v.column9
             FROM (",
        );
        query.push_values($rows, |mut values, one| {
            values.push_bind(one.row.id).push_bind(one.was).push_bind(one.row.state).push_bind(&one.row.reason);
            values.push_bind(&one.row.variant).push_bind(&one.row.facts).push_bind(one.row.changed_at);
            values.push_bind(one.row.due_at).push_bind(one.row.further_at);
        });
        query.push(") AS v WHERE notice.id = v.column1 AND notice.state = v.column2");
        Statement::$engine(query)
    }};
}

/// Writes what differs; a row that somebody else has changed since it was read is theirs.
pub(super) async fn write(tx: &mut Tx, office: OfficeId, kind: &str, changed: &[Changed]) -> Result<(), DbError> {
    let (new, known): (Vec<&Changed>, Vec<&Changed>) = changed.iter().partition(|one| one.was.is_none());
    let inserts = insert_many!(
        tx.engine(),
        "INSERT INTO notice (id, office_id, recipient_kind, recipient_id, kind, occasion, variant, state, reason, due_at,
             refusals, ever_lost, facts, created_at, changed_at) ",
        new,
        |one| [
            one.row.id,
            office,
            kind,
            one.row.recipient_id,
            one.row.kind,
            &one.row.occasion,
            &one.row.variant,
            one.row.state,
            &one.row.reason,
            one.row.due_at,
            one.row.refusals,
            one.row.ever_lost,
            &one.row.facts,
            one.row.changed_at,
            one.row.changed_at,
        ],
        " ON CONFLICT (recipient_kind, recipient_id, kind, occasion) DO NOTHING"
    );
    run_all(tx, inserts).await?;
    let updates = known.chunks(AT_ONCE).map(|rows| match tx.engine() {
        Engine::Sqlite => update!(Sqlite, rows),
        Engine::Postgres => update!(Postgres, rows),
    });
    let updates = updates.collect();
    run_all(tx, updates).await
}

//! The heartbeat and the day's report.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use siap17::desk::{Desk, Desks};
use siap17::jobs::{self, Job};
use siap17::{execute, fetch_all};
use sqlx::FromRow;
use uuid::Uuid;

use super::Outcome;
use super::measure::{median, tell, words};
use super::population::BIRTHDAYS_MEASURED;
use super::stage::{Stage, now};

/// A day's birthdays may take so many times what their rows alone take.
const TIMES_THE_INSERT: u32 = 3;

/// The minute's look at the ledger, as the daemon has it; gives what it did in words.
async fn beat(desks: &Desks, desk: &Desk) -> Outcome<String> {
    let slot = desks.clock().now();
    jobs::run::run(Job::Reconcile, desks, desk, slot, None).await.map_err(|error| error.to_string().into())
}

/// A heartbeat with nothing due, and the days on which many turn 17.
pub async fn heartbeat(stage: &Stage) -> Outcome<()> {
    let (desks, clock) = stage.desks().await?;
    let desk = desks.desk(None, None).await?;
    // Applying the declaration has asked for everybody to be looked at.
    let began = Instant::now();
    let did = beat(&desks, &desk).await?;
    println!("{:<45} {} – {did}", "heartbeat, everybody asked for", words(began.elapsed()));
    let did = median("heartbeat, nothing due", Duration::from_millis(50), 7, || beat(&desks, &desk)).await?;
    println!("    the last one: {did}");
    for day in 1..=BIRTHDAYS_MEASURED {
        let at = now()? + TimeDelta::days(day);
        clock.move_to(at);
        let began = Instant::now();
        let did = beat(&desks, &desk).await?;
        let took = began.elapsed();
        let (rows, bare) = bare_insert(&desks, at).await?;
        let more = format!("{did}; the bare insert of {rows} rows {}", words(bare));
        tell("heartbeat, a day with many birthdays", took, bare * TIMES_THE_INSERT, &more);
    }
    Ok(())
}

/// A row of the ledger as it is written.
#[derive(FromRow)]
struct Row {
    id: Uuid,
    office_id: Uuid,
    recipient_kind: String,
    recipient_id: Uuid,
    kind: String,
    occasion: String,
    variant: Option<String>,
    state: String,
    reason: Option<String>,
    due_at: DateTime<Utc>,
    facts: String,
    created_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
}

/// Takes the rows out that the ledger made since, and writes them anew, one by one in one transaction; gives how many they are
/// and what that took.
async fn bare_insert(desks: &Desks, since: DateTime<Utc>) -> Outcome<(usize, Duration)> {
    let mut tx = desks.db().write().await?;
    let rows = fetch_all!(
        &mut tx,
        Row,
        "SELECT id, office_id, recipient_kind, recipient_id, kind, occasion, variant, state, reason, due_at, facts, created_at,
             changed_at
         FROM notice WHERE created_at >= $1",
        since,
    )?;
    for row in &rows {
        execute!(&mut tx, "DELETE FROM notice WHERE id = $1", row.id)?;
    }
    tx.commit().await?;
    let began = Instant::now();
    let mut tx = desks.db().write().await?;
    for row in &rows {
        execute!(
            &mut tx,
            "INSERT INTO notice (id, office_id, recipient_kind, recipient_id, kind, occasion, variant, state, reason, due_at,
                 refusals, ever_lost, facts, created_at, changed_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, FALSE, $11, $12, $13)",
            row.id,
            row.office_id,
            &row.recipient_kind,
            row.recipient_id,
            &row.kind,
            &row.occasion,
            &row.variant,
            &row.state,
            &row.reason,
            row.due_at,
            &row.facts,
            row.created_at,
            row.changed_at,
        )?;
    }
    tx.commit().await?;
    Ok((rows.len(), began.elapsed()))
}

/// The day's report, at the desk and by the program.
pub async fn report(stage: &Stage) -> Outcome<()> {
    let desk = stage.desk().await?;
    let at_most = Duration::from_secs(2);
    let daily = median("report daily", at_most, 3, async || Ok(desk.daily(None).await?)).await?;
    let funnel = daily.funnel;
    println!("    {} eligible, {} recorded, {} collected", funnel.eligible, funnel.recorded, funnel.collected);
    let taken = stage.siap17(&["report", "daily", "--json"])?;
    tell("siap17 report daily", taken.time, at_most, &format!("most memory {} MiB", taken.peak_mib));
    Ok(())
}

//! `/metrics`, for monitoring.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use tokio::sync::Mutex;

use crate::audit;
use crate::db::{Db, DbError, slow_transactions};
use crate::desk::health::{Monitor, Part};
use crate::mailbox;
use crate::notice::{ledger, list, send};
use crate::office;

/// Notices are counted anew only when so many times as long as the last count took has passed since: a ledger of millions is not
/// read at each request, and of a small office the numbers are always new.
const REST: u32 = 100;

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct NoticeLabels {
    office: String,
    kind: String,
    state: String,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct PartLabels {
    part: &'static str,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfficeLabels {
    office: String,
}

/// What is read, and how many notices there were when they were last counted.
struct Metrics {
    db: Db,
    monitor: Monitor,
    notices: Mutex<Option<Counted>>,
}

struct Counted {
    counts: Vec<(NoticeLabels, i64)>,
    again: Instant,
}

/// The route.
pub(super) fn router(db: Db, monitor: Monitor) -> Router {
    let metrics = Metrics { db, monitor, notices: Mutex::new(None) };
    Router::new().route("/metrics", get(answer)).with_state(Arc::new(metrics))
}

async fn answer(State(metrics): State<Arc<Metrics>>) -> impl IntoResponse {
    match metrics.collect().await {
        Ok(text) => (
            StatusCode::OK,
            [(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")],
            text,
        ),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "metrics cannot be read");
            (StatusCode::SERVICE_UNAVAILABLE, [(header::CONTENT_TYPE, "text/plain")], String::new())
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum MetricsError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Office(#[from] office::OfficeError),
    #[error(transparent)]
    Encode(#[from] std::fmt::Error),
}

impl Metrics {
    async fn collect(&self) -> Result<String, MetricsError> {
        let mut registry = Registry::with_prefix("siap17");
        let notices = Family::<NoticeLabels, Gauge>::default();
        let hold = Family::<OfficeLabels, Gauge>::default();
        let unsealed: Gauge = Gauge::default();
        let rounds: Counter = Counter::default();
        registry.register("notices", "Notices by kind and state", notices.clone());
        let mended = Family::<OfficeLabels, Counter>::default();
        let help = "People of whom a sweep mended what neither a fact nor the time explains";
        registry.register("sweep_mended", help, mended.clone());
        registry.register("hold", "1 while the office holds every notice back", hold.clone());
        registry.register("audit_unsealed", "Audit entries not sealed yet", unsealed.clone());
        let slow: Counter = Counter::default();
        registry.register("slow_transactions", "Transactions that wrote for more than a second", slow.clone());
        slow.inc_by(slow_transactions());
        let help = "Times that this process's sender has looked for what is due";
        registry.register("sender_rounds", help, rounds.clone());
        rounds.inc_by(send::rounds());
        let right: Gauge = Gauge::default();
        let help = "1 while this node sends and finds its clock right; 0 while it differs or is compared with nothing";
        registry.register("sender_clock_right", help, right.clone());
        right.set(i64::from(send::clock_is_right()));
        let waits = Family::<OfficeLabels, Gauge>::default();
        let help = "1 while the ledger waits for its clock to be compared";
        registry.register("ledger_waits_for_clock", help, waits.clone());
        let (repeated, given_up) = mailbox::repeated_and_given_up();
        let sent_again: Counter = Counter::default();
        let help = "Answers that this process has sent again because nobody knows whether they arrived";
        registry.register("replies_sent_again", help, sent_again.clone());
        sent_again.inc_by(repeated);
        let dropped: Counter = Counter::default();
        let help = "Answers that this process does not send any more although nobody knows whether they arrived";
        registry.register("replies_given_up", help, dropped.clone());
        dropped.inc_by(given_up);
        let health = Family::<PartLabels, Gauge>::default();
        registry.register("health", "1 while this part of siap17 is well, 0 while it fails", health.clone());
        let found = self.monitor.last().unwrap_or_default();
        for part in Part::ALL {
            health.get_or_create(&PartLabels { part: part.name() }).set(i64::from(!found.fails(part)));
        }
        // A database that fails is not asked for numbers: those that need none are worth most just then.
        if found.fails(Part::Database) {
            let mut text = String::new();
            encode(&mut text, &registry)?;
            return Ok(text);
        }
        unsealed.set(audit::unsealed(&self.db).await?);
        let mut tx = self.db.read().await?;
        for office in office::all(&mut tx).await? {
            let labels = OfficeLabels { office: office.declaration.code.clone() };
            let count = u64::try_from(ledger::mended(&mut tx, office.id).await?).unwrap_or_default();
            mended.get_or_create(&labels).inc_by(count);
            hold.get_or_create(&labels).set(i64::from(office.hold_reason.is_some()));
            let is_waiting = ledger::waits_for_clock(&mut tx, office.id).await?.is_some();
            waits.get_or_create(&labels).set(i64::from(is_waiting));
        }
        drop(tx);
        for (labels, count) in self.count().await? {
            notices.get_or_create(&labels).set(count);
        }
        let mut text = String::new();
        encode(&mut text, &registry)?;
        Ok(text)
    }

    /// The notices of every office, as they were when they were last counted.
    async fn count(&self) -> Result<Vec<(NoticeLabels, i64)>, MetricsError> {
        // Whoever asks meanwhile waits, and has the same numbers.
        let mut known = self.notices.lock().await;
        if let Some(counted) = known.as_ref().filter(|counted| Instant::now() < counted.again) {
            return Ok(counted.counts.clone());
        }
        let began = Instant::now();
        let mut tx = self.db.read().await?;
        let mut counts = Vec::new();
        for office in office::all(&mut tx).await? {
            for (kind, state, count) in list::counts(&mut tx, office.id).await? {
                let (kind, state) = (kind.name().into(), state.name().into());
                counts.push((NoticeLabels { office: office.declaration.code.clone(), kind, state }, count));
            }
        }
        let rest: Duration = began.elapsed() * REST;
        *known = Some(Counted { counts: counts.clone(), again: Instant::now() + rest });
        Ok(counts)
    }
}

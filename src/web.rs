//! What is asked over HTTP: `/healthz` and `/metrics` by monitoring, calendars by whoever has a link with its secret, and the
//! public list of sessions, `/jadwal`. The console comes later; nothing personal is served here. Requests are not logged, for
//! their paths hold secrets.

mod schedule;

use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use sha2::{Digest, Sha256};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

use crate::audit;
use crate::db::{Db, DbError, slow_transactions};
use crate::desk::Desks;
use crate::notice::{ledger, list, send};
use crate::office;

/// No request here carries a body.
const LARGEST_BODY: usize = 1024;
/// Octets of a calendar's hash that name its version.
const TAG: usize = 16;
const LONGEST_REQUEST: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct NoticeLabels {
    office: String,
    kind: String,
    state: String,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfficeLabels {
    office: String,
}

/// The routes.
pub fn router(desks: Desks) -> Router {
    let public = schedule::router(desks.db().clone(), desks.clock().clone(), desks.messages().clone());
    Router::new()
        .route("/healthz", get(healthz))
        .route("/metrics", get(metrics))
        .route("/kalender/{file}", get(calendar))
        .with_state(desks)
        .merge(public)
        .layer(CatchPanicLayer::new())
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, LONGEST_REQUEST))
        .layer(RequestBodyLimitLayer::new(LARGEST_BODY))
}

/// 200 while the database answers.
async fn healthz(State(desks): State<Desks>) -> (StatusCode, &'static str) {
    match audit::unsealed(desks.db()).await {
        Ok(_) => (StatusCode::OK, "ok\n"),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the database does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
        }
    }
}

/// A calendar. Whatever opens none is answered in one way, so that nobody learns what once did.
async fn calendar(State(desks): State<Desks>, Path(file): Path<String>, asked: HeaderMap) -> Response {
    let secret = file.strip_suffix(".ics").unwrap_or_default();
    let calendar = match desks.calendar(secret).await {
        Ok(Some(calendar)) => calendar,
        Ok(None) => {
            return (StatusCode::NOT_FOUND, [(header::CACHE_CONTROL, "no-store")], "there is no such page\n")
                .into_response();
        }
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a calendar cannot be read");
            return (StatusCode::SERVICE_UNAVAILABLE, "try again later\n").into_response();
        }
    };
    let tag = format!("\"{}\"", hex::encode(&Sha256::digest(calendar.text.as_bytes())[..TAG]));
    let headers = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8".to_owned()),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (header::ETAG, tag.clone()),
    ];
    let known = asked.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    let is_known = known.is_some_and(|tags| tags.split(',').any(|one| one.trim().trim_start_matches("W/") == tag));
    let mut answer = match is_known {
        true => (StatusCode::NOT_MODIFIED, headers).into_response(),
        false => (headers, calendar.text).into_response(),
    };
    let changed = calendar.changed_at.map(|at| at.format("%a, %d %b %Y %H:%M:%S GMT").to_string());
    if let Some(changed) = changed.and_then(|at| HeaderValue::try_from(at).ok()) {
        answer.headers_mut().insert(header::LAST_MODIFIED, changed);
    }
    answer
}

async fn metrics(State(desks): State<Desks>) -> impl IntoResponse {
    match collect(desks.db()).await {
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

async fn collect(db: &Db) -> Result<String, MetricsError> {
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
    registry.register("sender_rounds", "Times that this process's sender has looked for what is due", rounds.clone());
    rounds.inc_by(send::rounds());
    unsealed.set(audit::unsealed(db).await?);
    let mut tx = db.read().await?;
    for office in office::all(&mut tx).await? {
        let code = office.declaration.code.clone();
        let labels = OfficeLabels { office: code.clone() };
        let count = u64::try_from(ledger::mended(&mut tx, office.id).await?).unwrap_or_default();
        mended.get_or_create(&labels).inc_by(count);
        hold.get_or_create(&labels).set(i64::from(office.hold_reason.is_some()));
        for (kind, state, count) in list::counts(&mut tx, office.id).await? {
            let labels = NoticeLabels { office: code.clone(), kind: kind.name().into(), state: state.name().into() };
            notices.get_or_create(&labels).set(count);
        }
    }
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

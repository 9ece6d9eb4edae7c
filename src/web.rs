//! What monitoring asks over HTTP, `/healthz` and `/metrics`, and the public list of sessions, `/jadwal`. The console comes
//! later; nothing personal is served here.

mod schedule;

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

use crate::audit;
use crate::clock::Clock;
use crate::db::{Db, DbError};
use crate::messages::Messages;
use crate::notice::list;
use crate::office;

/// No request here carries a body.
const LARGEST_BODY: usize = 1024;
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
pub fn router(db: Db, clock: Clock, messages: Messages) -> Router {
    let public = schedule::router(db.clone(), clock, messages);
    Router::new()
        .route("/healthz", get(healthz))
        .route("/metrics", get(metrics))
        .with_state(db)
        .merge(public)
        .layer(CatchPanicLayer::new())
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, LONGEST_REQUEST))
        .layer(RequestBodyLimitLayer::new(LARGEST_BODY))
}

/// 200 while the database answers.
async fn healthz(State(db): State<Db>) -> (StatusCode, &'static str) {
    match audit::unsealed(&db).await {
        Ok(_) => (StatusCode::OK, "ok\n"),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the database does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
        }
    }
}

async fn metrics(State(db): State<Db>) -> impl IntoResponse {
    match collect(&db).await {
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
    registry.register("notices", "Notices by kind and state", notices.clone());
    registry.register("hold", "1 while the office holds every notice back", hold.clone());
    registry.register("audit_unsealed", "Audit entries not sealed yet", unsealed.clone());
    unsealed.set(audit::unsealed(db).await?);
    let mut tx = db.read().await?;
    for office in office::all(&mut tx).await? {
        let code = office.declaration.code.clone();
        hold.get_or_create(&OfficeLabels { office: code.clone() }).set(i64::from(office.hold_reason.is_some()));
        for (kind, state, count) in list::counts(&mut tx, office.id).await? {
            let labels = NoticeLabels { office: code.clone(), kind: kind.name().into(), state: state.name().into() };
            notices.get_or_create(&labels).set(count);
        }
    }
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

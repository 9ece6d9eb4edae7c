//! What is asked over HTTP: `/healthz` and `/metrics` by monitoring, calendars by whoever has a link with its secret, and the
//! public list of sessions, `/jadwal`. The console comes later; nothing personal is served here. Requests are not logged, for
//! their paths hold secrets.

mod door;
mod metrics;
mod schedule;

use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

use crate::desk::Desks;
use crate::desk::health::Monitor;
pub use door::serve;

/// No request here carries a body.
const LARGEST_BODY: usize = 1024;
/// Octets of a calendar's hash that name its version.
const TAG: usize = 16;
const LONGEST_REQUEST: Duration = Duration::from_secs(10);

/// The routes.
pub fn router(desks: Desks, monitor: Monitor) -> Router {
    let public = schedule::router(desks.db().clone(), desks.clock().clone(), desks.messages().clone());
    let metrics = metrics::router(desks.db().clone(), monitor.clone());
    Router::new()
        .route("/kalender/{file}", get(calendar))
        .with_state(desks)
        .merge(Router::new().route("/healthz", get(healthz)).with_state(monitor))
        .merge(public)
        .merge(metrics)
        .layer(CatchPanicLayer::new())
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, LONGEST_REQUEST))
        .layer(RequestBodyLimitLayer::new(LARGEST_BODY))
}

/// 200 and `ok` while everything that a notice needs is well, else 503; then a line for each thing that is worth knowing.
async fn healthz(State(monitor): State<Monitor>) -> Response {
    let Some(health) = monitor.fresh().await else {
        return (StatusCode::SERVICE_UNAVAILABLE, "failing\nhealth: the look at everything does not come to its end\n")
            .into_response();
    };
    let (status, word) = match health.is_failing() {
        false => (StatusCode::OK, "ok\n"),
        true => (StatusCode::SERVICE_UNAVAILABLE, "failing\n"),
    };
    let lines = health.remarks().into_iter().map(|finding| format!("{finding}\n"));
    let text: String = std::iter::once(word.to_owned()).chain(lines).collect();
    (status, [(header::CACHE_CONTROL, "no-store")], text).into_response()
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

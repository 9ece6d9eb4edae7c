//! What is asked over HTTP: `/healthz` and `/metrics` by monitoring, calendars by whoever has a link with its secret, and the
//! public list of sessions, `/jadwal`. The console comes later; nothing personal is served here. Requests are not logged, for
//! their paths hold secrets.

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

use crate::audit;
use crate::desk::Desks;

/// No request here carries a body.
const LARGEST_BODY: usize = 1024;
/// Octets of a calendar's hash that name its version.
const TAG: usize = 16;
const LONGEST_REQUEST: Duration = Duration::from_secs(10);

/// The routes.
pub fn router(desks: Desks) -> Router {
    let public = schedule::router(desks.db().clone(), desks.clock().clone(), desks.messages().clone());
    let metrics = metrics::router(desks.clone());
    Router::new()
        .route("/healthz", get(healthz))
        .route("/kalender/{file}", get(calendar))
        .with_state(desks)
        .merge(public)
        .merge(metrics)
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

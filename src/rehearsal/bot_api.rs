//! A stateful stand-in for the Bot API on loopback. It speaks the real protocol, so the real client code runs against it; it
//! keeps the real bounds ([`super::bounds`]) and commits, when told to, every fault that was seen in the wild.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::bounds::Bounds;
use super::people::{LONGEST_POLL, Line, People, Tapped, bot};
use crate::clock::Clock;

/// The token that the stand-in takes; any other is refused as Telegram does.
pub const TOKEN: &str = "1700000017:stand-in-that-opens-no-real-bot";

/// What goes wrong with the next message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// 429 with so many seconds; nothing may be sent before they are over.
    RetryAfter(u64),
    /// 500 in the Bot API's own form.
    ServerError,
    /// 502 of a machine in between, as a web page.
    BadGateway,
    /// The message arrives, its answer is cut off.
    Cut,
    /// The message arrives, its answer never comes.
    Silent,
    /// Any other 400, with its description.
    BadRequest(&'static str),
    /// 401, as after the token was revoked.
    Unauthorized,
}

#[derive(Debug, Default)]
struct World {
    people: People,
    bounds: Bounds,
    faults: VecDeque<Fault>,
    /// Grows with each call for updates: the older one is then ended with 409.
    poll: u64,
}

#[derive(Debug)]
struct Shared {
    clock: Clock,
    world: Mutex<World>,
    news: Notify,
}

impl Shared {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running stand-in; dropping it stops it.
#[derive(Debug)]
pub struct BotApi {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: CancellationToken,
}

impl Drop for BotApi {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl BotApi {
    /// Starts on a free port of loopback.
    pub async fn start(clock: Clock) -> std::io::Result<Self> {
        Self::start_at(clock, SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// Starts at a given address, as after a restart.
    pub async fn start_at(clock: Clock, address: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared { clock, world: Mutex::default(), news: Notify::new() });
        let routes = Router::new()
            .route("/{bot}/{method}", post(call))
            .fallback(any(nothing_here))
            .with_state(Arc::clone(&shared));
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                served = axum::serve(listener, routes) => {
                    if let Err(error) = served {
                        tracing::error!(%error, "the stand-in for the Bot API stopped");
                    }
                }
                () = stopped.cancelled() => {}
            }
        });
        Ok(Self { address, shared, stop })
    }

    /// What `telegram.api_url` is set to.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn people<T>(&self, act: impl FnOnce(&mut People) -> T) -> T {
        let given = act(&mut self.shared.world().people);
        self.shared.news.notify_waiters();
        given
    }

    /// A person writes to the bot.
    pub fn write(&self, chat: i64, text: &str) {
        let now = self.shared.clock.now();
        self.people(|people| people.write(chat, now, text));
    }

    /// A person sends a picture.
    pub fn show_picture(&self, chat: i64, caption: &str) {
        let now = self.shared.clock.now();
        self.people(|people| people.show_picture(chat, now, caption));
    }

    /// A person taps the newest button whose label begins with `label`.
    pub fn tap(&self, chat: i64, label: &str) -> Tapped {
        let now = self.shared.clock.now();
        self.people(|people| people.tap(chat, now, label))
    }

    /// A person blocks the bot, or unblocks it.
    pub fn block(&self, chat: i64, blocks: bool) {
        let now = self.shared.clock.now();
        self.people(|people| people.block(chat, now, blocks));
    }

    /// What a chat shows, oldest first.
    #[must_use]
    pub fn lines(&self, chat: i64) -> Vec<Line> {
        self.shared.world().people.lines(chat)
    }

    /// Every chat that there is.
    #[must_use]
    pub fn chats(&self) -> Vec<i64> {
        self.shared.world().people.chats()
    }

    /// Each time the bot broke Telegram's bounds, in words.
    #[must_use]
    pub fn broken_bounds(&self) -> Vec<String> {
        self.shared.world().bounds.broken()
    }

    /// The next messages meet these faults, one each.
    pub fn faults(&self, faults: impl IntoIterator<Item = Fault>) {
        self.shared.world().faults.extend(faults);
    }

    /// How many faults have not been met yet.
    #[must_use]
    pub fn faults_left(&self) -> usize {
        self.shared.world().faults.len()
    }
}

async fn call(State(shared): State<Arc<Shared>>, Path((bot, method)): Path<(String, String)>, body: Bytes) -> Response {
    if bot.strip_prefix("bot") != Some(TOKEN) {
        return refused(401, "Unauthorized", None);
    }
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    match method.to_lowercase().as_str() {
        "getme" => done(self::bot_with_rights()),
        "getupdates" => updates(&shared, &request).await,
        "sendmessage" => send(&shared, &request),
        "deletemessage" => {
            let (chat, message) = (request["chat_id"].as_i64(), request["message_id"].as_i64());
            let (Some(chat), Some(message)) = (chat, message) else {
                return refused(400, "Bad Request: chat not found", None);
            };
            match shared.world().people.delete(chat, message) {
                true => done(json!(true)),
                false => refused(400, "Bad Request: message to delete not found", None),
            }
        }
        "answercallbackquery" => done(json!(true)),
        _ => refused(404, "Not Found", None),
    }
}

/// Any other page; its date is that of the stand-in's clock, by which others check theirs.
async fn nothing_here(State(shared): State<Arc<Shared>>) -> Response {
    let date = shared.clock.now().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    (StatusCode::NOT_FOUND, [(header::DATE, date)], "not found").into_response()
}

fn bot_with_rights() -> Value {
    let mut me = bot();
    for right in [
        "can_join_groups",
        "can_read_all_group_messages",
        "supports_inline_queries",
        "can_connect_to_business",
        "has_main_web_app",
    ] {
        me[right] = json!(false);
    }
    me
}

async fn updates(shared: &Shared, request: &Value) -> Response {
    let offset = request["offset"].as_i64().unwrap_or_default();
    let wait = Duration::from_secs(request["timeout"].as_u64().unwrap_or_default()).min(LONGEST_POLL);
    let mine = {
        let mut world = shared.world();
        world.poll += 1;
        world.poll
    };
    shared.news.notify_waiters();
    let until = tokio::time::Instant::now() + wait;
    loop {
        let news = shared.news.notified();
        tokio::pin!(news);
        // Registered before looking, so that nothing said in between is missed.
        news.as_mut().enable();
        {
            let mut world = shared.world();
            if world.poll != mine {
                return refused(
                    409,
                    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
                    None,
                );
            }
            let found = world.people.updates(offset);
            if !found.is_empty() {
                return done(json!(found));
            }
        }
        if tokio::time::timeout_at(until, news).await.is_err() {
            return done(json!([]));
        }
    }
}

fn send(shared: &Shared, request: &Value) -> Response {
    let Some(chat) = request["chat_id"].as_i64() else { return refused(400, "Bad Request: chat_id is empty", None) };
    let (now, elapsed) = (shared.clock.now(), shared.clock.elapsed());
    let mut world = shared.world();
    if let Err(seconds) = world.bounds.pass(chat, elapsed) {
        return too_many(seconds);
    }
    let fault = world.faults.pop_front();
    match fault {
        Some(Fault::RetryAfter(seconds)) => return too_many(world.bounds.silence(seconds, elapsed)),
        Some(Fault::ServerError) => return refused(500, "Internal Server Error", None),
        Some(Fault::BadGateway) => {
            return (StatusCode::BAD_GATEWAY, "<html><h1>502 Bad Gateway</h1></html>").into_response();
        }
        Some(Fault::BadRequest(description)) => return refused(400, description, None),
        Some(Fault::Unauthorized) => return refused(401, "Unauthorized", None),
        Some(Fault::Cut | Fault::Silent) | None => {}
    }
    let text = request["text"].as_str().unwrap_or_default();
    let received = world.people.receive(chat, now, text, &request["reply_markup"]);
    match (received, fault) {
        (Err(why), _) => refused(why.status, why.description, None),
        (Ok(_), Some(Fault::Cut)) => unfinished(futures_util::stream::iter([Err(std::io::Error::other("cut off"))])),
        (Ok(_), Some(_)) => unfinished(futures_util::stream::pending::<Result<Bytes, std::io::Error>>()),
        (Ok(message), None) => done(message),
    }
}

/// An answer that begins well and never ends well.
fn unfinished<S>(rest: S) -> Response
where
    S: futures_util::Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static,
{
    ([(header::CONTENT_TYPE, "application/json")], Body::from_stream(rest)).into_response()
}

fn done(result: Value) -> Response {
    axum::Json(json!({"ok": true, "result": result})).into_response()
}

fn too_many(seconds: u64) -> Response {
    refused(429, &format!("Too Many Requests: retry after {seconds}"), Some(seconds))
}

fn refused(status: u16, description: &str, retry_after: Option<u64>) -> Response {
    let mut answer = json!({"ok": false, "error_code": status, "description": description});
    if let Some(seconds) = retry_after {
        answer["parameters"] = json!({"retry_after": seconds});
    }
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, axum::Json(answer)).into_response()
}

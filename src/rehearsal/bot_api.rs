//! A stateful stand-in for the Bot API on loopback. It speaks the real protocol, so the real client code runs against it; it
//! keeps the real bounds ([`super::bounds`]) and commits, when told to, every fault that was seen in the wild.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::map_response_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::bounds::Bounds;
use super::files::{Files, form};
use super::people::{LONGEST_POLL, Line, People, Tapped, bot};
use crate::clock::Clock;

/// The token that the stand-in takes; any other is refused as Telegram does.
pub const TOKEN: &str = "1700000017:stand-in-that-opens-no-real-bot";

/// The largest request that is taken: the Bot API takes files of 50 MB from a bot.
const LARGEST_BODY: usize = 51 * 1024 * 1024;

/// What goes wrong with the next message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// 429 with so many seconds; nothing may be sent before they are over.
    RetryAfter(u64),
    /// 429 with so many seconds, which comes only so long after the message: the world goes on meanwhile.
    RetryAfterLater(u64, Duration),
    /// 500 in the Bot API's own form; the message does not arrive.
    ServerError,
    /// The message arrives, and this status and this body are the answer.
    Arrives(u16, &'static str),
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
    files: Files,
    /// The faults that wait for those who fetch files.
    file_faults: VecDeque<Fault>,
    /// How often each method was called, in lower case; `download` is the fetching of a file itself.
    calls: BTreeMap<String, usize>,
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
            .route("/file/{bot}/{*path}", get(download))
            .layer(DefaultBodyLimit::max(LARGEST_BODY))
            .fallback(any(nothing_here))
            .layer(map_response_with_state(Arc::clone(&shared), dated))
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

    /// A person sends a file; gives the number of its message.
    pub fn send_file(&self, chat: i64, name: &str, bytes: impl Into<Bytes>, caption: &str) -> i64 {
        let now = self.shared.clock.now();
        let document = self.shared.world().files.keep(name, bytes.into());
        self.people(|people| people.send_file(chat, now, document, caption))
    }

    /// A person taps the newest button whose label begins with `label`.
    pub fn tap(&self, chat: i64, label: &str) -> Tapped {
        let now = self.shared.clock.now();
        self.people(|people| people.tap(chat, now, label))
    }

    /// The same below the newest message that holds `words`.
    pub fn tap_below(&self, chat: i64, words: &str, label: &str) -> Tapped {
        let now = self.shared.clock.now();
        self.people(|people| people.tap_below(chat, now, words, label))
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

    /// Whoever fetches files meets these faults, one each: those that cut an answer off or come from a machine in between
    /// when the file itself is fetched, the others when it is asked where the file lies.
    pub fn file_faults(&self, faults: impl IntoIterator<Item = Fault>) {
        self.shared.world().file_faults.extend(faults);
    }

    /// How many faults have not been met yet.
    #[must_use]
    pub fn faults_left(&self) -> usize {
        let world = self.shared.world();
        world.faults.len() + world.file_faults.len()
    }

    /// How often a method was called, whatever it was answered; `download` is the fetching of a file itself.
    #[must_use]
    pub fn calls(&self, method: &str) -> usize {
        self.shared.world().calls.get(&method.to_lowercase()).copied().unwrap_or_default()
    }
}

async fn call(
    State(shared): State<Arc<Shared>>,
    Path((bot, method)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if bot.strip_prefix("bot") != Some(TOKEN) {
        return refused(401, "Unauthorized", None);
    }
    let method = method.to_lowercase();
    *shared.world().calls.entry(method.clone()).or_default() += 1;
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    match method.as_str() {
        "getme" => done(self::bot_with_rights()),
        "getupdates" => updates(&shared, &request).await,
        "sendmessage" => send(&shared, &request, None).await,
        "senddocument" => match form(&headers, &body) {
            Some((request, file)) => send(&shared, &request, Some(file)).await,
            None => refused(400, "Bad Request: there is no document in the request", None),
        },
        "getfile" => get_file(&shared, &request),
        "deletemessage" => {
            let (chat, message) = (request["chat_id"].as_i64(), request["message_id"].as_i64());
            let (Some(chat), Some(message)) = (chat, message) else {
                return refused(400, "Bad Request: chat not found", None);
            };
            let now = shared.clock.now();
            match shared.world().people.delete(chat, message, now) {
                Ok(()) => done(json!(true)),
                Err(why) => refused(why.status, why.description, None),
            }
        }
        "answercallbackquery" => done(json!(true)),
        _ => refused(404, "Not Found", None),
    }
}

/// Any other page.
async fn nothing_here() -> Response {
    (StatusCode::NOT_FOUND, "not found").into_response()
}

/// The date of every answer is that of the stand-in's clock, by which others check theirs.
async fn dated(State(shared): State<Arc<Shared>>, mut answer: Response) -> Response {
    let date = shared.clock.now().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(date) = date.parse() {
        answer.headers_mut().insert(header::DATE, date);
    }
    answer
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

fn get_file(shared: &Shared, request: &Value) -> Response {
    shared.clock.catch_up();
    let elapsed = shared.clock.elapsed();
    let mut world = shared.world();
    let is_mine = |fault: &mut Fault| !is_of_download(fault);
    match world.file_faults.pop_front_if(is_mine) {
        Some(Fault::RetryAfter(seconds)) => return too_many(world.bounds.silence(seconds, elapsed)),
        Some(Fault::BadRequest(description)) => return refused(400, description, None),
        Some(Fault::Unauthorized) => return refused(401, "Unauthorized", None),
        Some(_) => return refused(500, "Internal Server Error", None),
        None => {}
    }
    match world.files.described(request["file_id"].as_str().unwrap_or_default()) {
        Ok(file) => done(file),
        Err(description) => refused(400, description, None),
    }
}

/// Whether a fault is met by whoever fetches the file itself.
fn is_of_download(fault: &Fault) -> bool {
    matches!(fault, Fault::BadGateway | Fault::Cut | Fault::Silent)
}

async fn download(State(shared): State<Arc<Shared>>, Path((bot, path)): Path<(String, String)>) -> Response {
    if bot.strip_prefix("bot") != Some(TOKEN) {
        return refused(401, "Unauthorized", None);
    }
    let mut world = shared.world();
    *world.calls.entry("download".to_owned()).or_default() += 1;
    let fault = world.file_faults.pop_front_if(|fault| is_of_download(fault));
    let Some(bytes) = world.files.at(&path) else { return refused(404, "Not Found", None) };
    let half = bytes.slice(..bytes.len() / 2);
    let begun = futures_util::stream::iter([Ok(half)]);
    match fault {
        Some(Fault::BadGateway) => (StatusCode::BAD_GATEWAY, "<html><h1>502 Bad Gateway</h1></html>").into_response(),
        Some(Fault::Cut) => {
            unfinished(begun.chain(futures_util::stream::iter([Err(std::io::Error::other("cut off"))])))
        }
        Some(_) => unfinished(begun.chain(futures_util::stream::pending())),
        None => bytes.into_response(),
    }
}

async fn send(shared: &Shared, request: &Value, file: Option<(String, Bytes)>) -> Response {
    let later = match shared.world().faults.front() {
        Some(Fault::RetryAfterLater(_, later)) => Some(*later),
        _ => None,
    };
    let answer = take(shared, request, file);
    if let Some(later) = later {
        tokio::time::sleep(later).await;
    }
    answer
}

fn take(shared: &Shared, request: &Value, file: Option<(String, Bytes)>) -> Response {
    let Some(chat) = request["chat_id"].as_i64() else { return refused(400, "Bad Request: chat_id is empty", None) };
    shared.clock.catch_up();
    let (now, elapsed) = (shared.clock.now(), shared.clock.elapsed());
    let mut world = shared.world();
    if let Err(seconds) = world.bounds.pass(chat, elapsed) {
        return too_many(seconds);
    }
    let fault = world.faults.pop_front();
    match fault {
        Some(Fault::RetryAfter(seconds) | Fault::RetryAfterLater(seconds, _)) => {
            return too_many(world.bounds.silence(seconds, elapsed));
        }
        Some(Fault::ServerError) => return refused(500, "Internal Server Error", None),
        Some(Fault::BadGateway) => {
            return (StatusCode::BAD_GATEWAY, "<html><h1>502 Bad Gateway</h1></html>").into_response();
        }
        Some(Fault::BadRequest(description)) => return refused(400, description, None),
        Some(Fault::Unauthorized) => return refused(401, "Unauthorized", None),
        Some(Fault::Cut | Fault::Silent | Fault::Arrives(..)) | None => {}
    }
    let (text, keyboard) = (request["text"].as_str().unwrap_or_default(), &request["reply_markup"]);
    let received = match file {
        None => world.people.receive(chat, now, text, keyboard),
        Some(file) => {
            let caption = request["caption"].as_str().unwrap_or_default();
            world.people.receive_file(chat, now, caption, keyboard, file)
        }
    };
    match (received, fault) {
        (Err(why), _) => refused(why.status, why.description, None),
        (Ok(_), Some(Fault::Arrives(status, body))) => {
            (StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), body).into_response()
        }
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

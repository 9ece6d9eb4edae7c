//! The connection to the Bot API: teloxide's typed calls, behind our own gate, with every answer told apart.

mod answer;
mod call;
mod file;
mod gate;
mod kept;
mod pace;
mod post;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use teloxide::Bot;
use teloxide::payloads::GetUpdatesSetters;
use teloxide::requests::{Request, Requester};
use teloxide::types::{AllowedUpdate, CallbackQueryId, ChatId, MessageId, Update};
use url::Url;

use super::{LARGEST_DOWNLOAD, Line, Unfetched};
use crate::clock::Clock;
use crate::config::Telegram;
use crate::db::DbError;
use crate::intake;
use crate::messenger::{FarClock, MayLeave, Messenger, Outcome, Outgoing, OutgoingFile, Refusal};
use answer::{Judged, classify};
use call::{DEADLINE, keyboard};
use gate::Gate;
use post::Post;

const CONNECT: Duration = Duration::from_secs(10);
/// How long one call for updates may take beyond the time it asks the Bot API to wait.
const POLL_MARGIN: Duration = Duration::from_secs(10);

/// Why the Bot API cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TelegramError {
    #[error("the token has not the form that @BotFather gives (digits, a colon, letters)")]
    Token,
    #[error("the token file {path} can be read by others; say `chmod 600 {path}`")]
    OpenToOthers { path: std::path::PathBuf },
    #[error("the token file {path} cannot be read")]
    TokenFile { path: std::path::PathBuf, source: std::io::Error },
    #[error("telegram.api_url is no web address")]
    Address,
    #[error(
        "SIAP17_NOW is set, so telegram.api_url must be on loopback (127.0.0.1): a rehearsal never speaks to real people"
    )]
    Rehearsal,
    #[error("telegram.proxy cannot be used; write http://HOST:PORT")]
    Proxy,
    #[error("Telegram refused the token: put the one @BotFather gave into the token file")]
    Unauthorized,
    #[error("somebody else fetches this bot's messages with the same token")]
    Conflict,
    #[error("the Bot API cannot be reached: {0}")]
    Unreachable(&'static str),
    #[error("the Bot API asks to wait {0} seconds")]
    RetryAfter(u64),
    #[error("the Bot API answered: {0}")]
    Answer(String),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// The bot's connection. Its `Debug` shows no token.
pub struct Wire {
    bot: Bot,
    post: Post,
    plain: reqwest::Client,
    address: Url,
    gate: Gate,
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Wire({})", self.address)
    }
}

/// The bot's token, from the environment or its file; `None` if there is neither.
pub fn read_token(config: &Telegram) -> Result<Option<SecretString>, TelegramError> {
    use std::os::unix::fs::PermissionsExt;
    if let Ok(token) = std::env::var("SIAP17_TELEGRAM_TOKEN")
        && !token.trim().is_empty()
    {
        return Ok(Some(token.trim().to_owned().into()));
    }
    let path = &config.token_file;
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(TelegramError::TokenFile { path: path.clone(), source }),
    };
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(TelegramError::OpenToOthers { path: path.clone() });
    }
    let text = intake::text(path, intake::LARGEST_SECRET)
        .map_err(|source| TelegramError::TokenFile { path: path.clone(), source })?;
    Ok(Some(text.trim().to_owned().into()))
}

impl Wire {
    /// Keeps in this file how long nothing may be sent after a 429, so that a process that is killed before the database has
    /// taken it up leaves it to the next one. What an earlier one left there holds at once.
    #[must_use]
    pub fn remembering(mut self, file: PathBuf) -> Self {
        self.gate.remember(file);
        self
    }

    /// Prepares the connection; nothing is sent yet.
    pub fn connect(config: &Telegram, token: SecretString, clock: Clock) -> Result<Self, TelegramError> {
        let well_formed = token.expose_secret().split_once(':').is_some_and(|(id, rest)| {
            !id.is_empty()
                && id.bytes().all(|b| b.is_ascii_digit())
                && rest.len() >= 10
                && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        });
        if !well_formed {
            return Err(TelegramError::Token);
        }
        let address = Url::parse(&config.api_url).map_err(|_| TelegramError::Address)?;
        if clock.is_rehearsal() && !is_loopback(&address) {
            return Err(TelegramError::Rehearsal);
        }
        // A page that sends us on must not learn from where: files' addresses hold the token.
        let client = || {
            let client =
                reqwest::Client::builder().connect_timeout(CONNECT).timeout(Duration::from_secs(90)).referer(false);
            match &config.proxy {
                Some(proxy) => {
                    Ok::<_, TelegramError>(client.proxy(reqwest::Proxy::all(proxy).map_err(|_| TelegramError::Proxy)?))
                }
                None => Ok(client),
            }
        };
        let plain = client()?.build().map_err(|_| TelegramError::Proxy)?;
        // A message goes to the Bot API, and to nobody to whom it is sent on.
        let calls = client()?.redirect(reqwest::redirect::Policy::none());
        let calls = calls.build().map_err(|_| TelegramError::Proxy)?;
        let bot = Bot::with_client(token.expose_secret(), calls.clone()).set_api_url(address.clone());
        let post = Post::new(calls, address.clone(), token, clock.clone());
        Ok(Self { bot, post, plain, address, gate: Gate::new(clock, config.messages_per_second) })
    }

    /// What becomes of a call to `chat` for which a 429 to another one came after its turn.
    fn silenced(&self, chat: i64) -> Option<Outcome> {
        let rest = self.gate.silent_for()?;
        self.gate.ended(chat);
        Some(Outcome::Refused(Refusal::RetryAfter(rest)))
    }

    /// A call to `chat` has ended; gives what became of it.
    fn sent(&self, chat: i64, judged: Judged) -> Outcome {
        if let Some(wait) = judged.wait {
            self.gate.slow_down(wait);
        }
        self.gate.ended(chat);
        judged.outcome
    }

    /// The bot's user name.
    pub async fn bot_name(&self) -> Result<String, TelegramError> {
        match tokio::time::timeout(DEADLINE, self.bot.get_me().send()).await {
            Err(_) => Err(TelegramError::Unreachable("it gives no answer")),
            Ok(Ok(me)) => Ok(me.username().to_owned()),
            Ok(Err(error)) => Err(told(classify(&error))),
        }
    }

    /// Fetches updates from number `offset` on, waiting up to `wait` for the first.
    pub async fn updates(&self, offset: i64, wait: Duration) -> Result<Vec<Update>, TelegramError> {
        let allowed = [AllowedUpdate::Message, AllowedUpdate::CallbackQuery, AllowedUpdate::MyChatMember];
        let call = self
            .bot
            .get_updates()
            .offset(i32::try_from(offset).unwrap_or(i32::MAX))
            .timeout(u32::try_from(wait.as_secs()).unwrap_or_default())
            .allowed_updates(allowed)
            .send();
        match tokio::time::timeout(wait + POLL_MARGIN, call).await {
            Err(_) => Err(TelegramError::Unreachable("it gives no answer")),
            Ok(Ok(updates)) => Ok(updates),
            Ok(Err(error)) => Err(told(classify(&error))),
        }
    }
}

fn is_loopback(address: &Url) -> bool {
    match address.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// An outcome of a call that sends nothing, as an error.
fn told(outcome: Outcome) -> TelegramError {
    match outcome {
        Outcome::Refused(Refusal::Unauthorized) => TelegramError::Unauthorized,
        Outcome::Refused(Refusal::Conflict) => TelegramError::Conflict,
        Outcome::Refused(Refusal::NotConnected) => TelegramError::Unreachable("no connection"),
        Outcome::Refused(Refusal::RetryAfter(wait)) => TelegramError::RetryAfter(wait.as_secs()),
        Outcome::Refused(refusal) => TelegramError::Answer(refusal.to_string()),
        Outcome::Lost(why) => TelegramError::Answer(why),
        Outcome::Accepted { .. } => TelegramError::Unreachable("it gave an odd answer"),
    }
}

#[async_trait]
impl Messenger for Wire {
    async fn turn(&self, chat: i64) -> Result<(), Duration> {
        self.gate.pass(chat).await
    }

    fn turns(&self, most: usize) -> Result<usize, Duration> {
        self.gate.turns(most)
    }

    fn give_back(&self, turns: usize) {
        self.gate.give_back(turns);
    }

    fn is_free(&self, chat: i64) -> bool {
        self.gate.is_free(chat)
    }

    fn give_up(&self, chat: i64) {
        self.gate.ended(chat);
    }

    async fn send(&self, chat: i64, message: &Outgoing) -> Outcome {
        self.send_if(chat, message, Arc::new(|| true)).await
    }

    async fn send_if(&self, chat: i64, message: &Outgoing, may_leave: MayLeave) -> Outcome {
        if let Some(refused) = self.silenced(chat) {
            return refused;
        }
        let mut content = json!({"chat_id": chat, "text": message.text, "link_preview_options": {"is_disabled": true}});
        if !message.buttons.is_empty() {
            content["reply_markup"] = json!(keyboard(message));
        }
        let judged = self.post.json("sendMessage", &content, DEADLINE, may_leave).await;
        self.sent(chat, judged)
    }

    async fn server_time(&self) -> FarClock {
        let Ok(answer) = self.plain.head(self.address.clone()).timeout(CONNECT).send().await else {
            return FarClock::Silent;
        };
        post::time_of(&answer).map_or(FarClock::Untold, FarClock::At)
    }

    fn silence(&self, duration: Duration) {
        self.gate.silence(duration);
    }
}

#[async_trait]
impl Line for Wire {
    async fn delete(&self, chat: i64, message_id: i64) -> Result<(), Refusal> {
        let Ok(id) = i32::try_from(message_id) else { return Ok(()) };
        self.gate.pass(chat).await.map_err(Refusal::RetryAfter)?;
        let call = self.bot.delete_message(ChatId(chat), MessageId(id)).send();
        let ended = tokio::time::timeout(DEADLINE, call).await;
        self.gate.ended(chat);
        let outcome = match ended {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => classify(&error),
            Err(_) => Outcome::Lost("no answer in time".into()),
        };
        match outcome {
            Outcome::Refused(Refusal::RetryAfter(wait)) => {
                self.gate.slow_down(wait);
                Err(Refusal::RetryAfter(wait))
            }
            Outcome::Refused(refusal @ (Refusal::NotConnected | Refusal::Passing(_))) => Err(refusal),
            Outcome::Lost(why) => Err(Refusal::Passing(why)),
            _ => Ok(()),
        }
    }

    async fn answer_button(&self, query_id: &str) {
        if self.gate.silent_for().is_some() {
            return;
        }
        let call = self.bot.answer_callback_query(CallbackQueryId(query_id.to_owned())).send();
        if let Ok(Err(error)) = tokio::time::timeout(DEADLINE, call).await
            && let Outcome::Refused(Refusal::RetryAfter(wait)) = classify(&error)
        {
            self.gate.slow_down(wait);
        }
    }

    async fn send_file(&self, chat: i64, file: &OutgoingFile) -> Outcome {
        self.send_file_if(chat, file, Arc::new(|| true)).await
    }

    async fn send_file_if(&self, chat: i64, file: &OutgoingFile, may_leave: MayLeave) -> Outcome {
        if let Some(refused) = self.silenced(chat) {
            return refused;
        }
        let judged = file::send(&self.post, chat, file, may_leave).await;
        self.sent(chat, judged)
    }

    async fn fetch_file(&self, file_id: &str) -> Result<Vec<u8>, Unfetched> {
        let fetched = file::fetch(&self.bot, &self.plain, &self.address, file_id, LARGEST_DOWNLOAD).await;
        if let Err(Unfetched::RetryAfter(wait)) = &fetched {
            self.gate.slow_down(*wait);
        }
        fetched
    }
}

//! A call whose content leaves only while it may. Between the moment in which a call is begun and the one in which its bytes go out
//! lie names to be looked up, connections, handshakes – and, of a process that was stopped, any length of time. So the last look is
//! taken where the bytes are handed over: what was not handed over never left.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use chrono::{DateTime, Utc};
use hyper::body::{Body as HttpBody, Bytes, Frame, SizeHint};
use reqwest::header::{CONTENT_TYPE, DATE, RETRY_AFTER};
use reqwest::multipart::{Form, Part};
use reqwest::{Body, Client, RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::answer::{Judged, judge, unanswered};
use crate::clock::Clock;
use crate::messenger::{MayLeave, Outcome, Refusal};

/// Bytes that are handed over at once, or not at all.
struct Guarded {
    bytes: Option<Bytes>,
    may_leave: MayLeave,
    has_left: Arc<AtomicBool>,
}

#[derive(Debug, thiserror::Error)]
#[error("it may not leave any more")]
struct Kept;

impl HttpBody for Guarded {
    type Data = Bytes;
    type Error = Kept;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Kept>>> {
        if self.bytes.is_some() && !(self.may_leave)() {
            return Poll::Ready(Some(Err(Kept)));
        }
        let bytes = self.bytes.take();
        self.has_left.fetch_or(bytes.is_some(), Ordering::Relaxed);
        Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

/// Where a bot's calls that send something go. They are made here and not by teloxide, which gives the words of an answer but not its
/// number: without it nobody knows whether the message may have arrived.
pub(super) struct Post {
    client: Client,
    base: Url,
    token: SecretString,
    clock: Clock,
}

impl Post {
    /// The Bot API at `base`. The client must not follow a redirection: what it leads to is not who was to be told. `clock` is
    /// compared with the time of every answer.
    pub fn new(client: Client, base: Url, token: SecretString, clock: Clock) -> Self {
        Self { client, base, token, clock }
    }

    /// Makes a call with a JSON document; what has no whole answer after `most` is lost.
    pub async fn json(&self, method: &str, content: &Value, most: Duration, may_leave: MayLeave) -> Judged {
        let content = content.to_string().into_bytes();
        let fill = |call: RequestBuilder, body| call.header(CONTENT_TYPE, "application/json").body(body);
        self.guarded(method, content, most, may_leave, fill).await
    }

    /// The same with fields and one file.
    pub async fn file(
        &self,
        method: &str,
        fields: Vec<(&'static str, String)>,
        (name, bytes): (&str, Vec<u8>),
        most: Duration,
        may_leave: MayLeave,
    ) -> Judged {
        let (length, name) = (bytes.len() as u64, name.to_owned());
        let fill = move |call: RequestBuilder, body| {
            let form = fields.into_iter().fold(Form::new(), |form, (field, text)| form.text(field, text));
            call.multipart(form.part("document", Part::stream_with_length(body, length).file_name(name)))
        };
        self.guarded(method, bytes, most, may_leave, fill).await
    }

    async fn guarded(
        &self,
        method: &str,
        content: Vec<u8>,
        most: Duration,
        may_leave: MayLeave,
        fill: impl FnOnce(RequestBuilder, Body) -> RequestBuilder,
    ) -> Judged {
        let ended = |outcome| Judged { outcome, wait: None };
        let Some(address) = self.address(method) else { return ended(Outcome::Refused(Refusal::NotConnected)) };
        let has_left = Arc::new(AtomicBool::new(false));
        let body = Guarded { bytes: Some(content.into()), may_leave, has_left: Arc::clone(&has_left) };
        let call = fill(self.client.post(address), Body::wrap(body));
        match tokio::time::timeout(most, self.answered(call)).await {
            Ok(Ok(judged)) => judged,
            Ok(Err(error)) if !error.is_connect() && !has_left.load(Ordering::Relaxed) && is_kept(&error) => {
                ended(Outcome::Refused(Refusal::NeverLeft))
            }
            Ok(Err(error)) => ended(unanswered(&error)),
            Err(_) if !has_left.load(Ordering::Relaxed) => ended(Outcome::Refused(Refusal::NotConnected)),
            Err(_) => ended(Outcome::Lost("no answer in time".into())),
        }
    }

    async fn answered(&self, call: RequestBuilder) -> Result<Judged, reqwest::Error> {
        let answer = call.send().await?;
        let (status, theirs) = (answer.status().as_u16(), time_of(&answer));
        let wait = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let body = answer.bytes().await?;
        let judged = judge(status, wait, &body);
        // What is not the Bot API's own answer has somebody else's time.
        if let Some(theirs) = theirs.filter(|_| !matches!(judged.outcome, Outcome::Lost(_))) {
            self.clock.compare(theirs);
        }
        Ok(judged)
    }

    /// The address of a method, which holds the token and is never part of an error.
    fn address(&self, method: &str) -> Option<Url> {
        let mut address = self.base.clone();
        let bot = format!("bot{}", self.token.expose_secret());
        address.path_segments_mut().ok()?.pop_if_empty().push(&bot).push(method);
        Some(address)
    }
}

/// When an answer was given by the clock of whoever gave it, if it says so.
pub(super) fn time_of(answer: &Response) -> Option<DateTime<Utc>> {
    let date = answer.headers().get(DATE)?.to_str().ok()?;
    Some(DateTime::parse_from_rfc2822(date).ok()?.with_timezone(&Utc))
}

/// Whether a call ended because its content was kept back.
fn is_kept(error: &reqwest::Error) -> bool {
    let first: &(dyn std::error::Error + 'static) = error;
    std::iter::successors(Some(first), |error| error.source()).any(|error| error.is::<Kept>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::sync::atomic::AtomicUsize;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// Answers one call; gives what came of it.
    async fn far_side(listener: TcpListener) -> String {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut came = Vec::new();
        let mut piece = [0; 4096];
        while let Ok(Ok(read)) = tokio::time::timeout(Duration::from_millis(300), stream.read(&mut piece)).await {
            came.extend_from_slice(&piece[..read]);
            if read == 0 {
                break;
            }
        }
        let answer = r#"{"ok":true,"result":{"message_id":7}}"#;
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", answer.len());
        let _ = stream.write_all(format!("{head}{answer}").as_bytes()).await;
        String::from_utf8_lossy(&came).into_owned()
    }

    /// Makes a call that may leave at its first so many looks.
    async fn call(looks: usize, as_file: bool) -> (Outcome, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base: Url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let far = tokio::spawn(far_side(listener));
        let looked = AtomicUsize::new(0);
        let may_leave: MayLeave = Arc::new(move || looked.fetch_add(1, Ordering::Relaxed) < looks);
        let post = Post::new(Client::new(), base, "1:a".to_owned().into(), Clock::system());
        let most = Duration::from_secs(5);
        let judged = if as_file {
            let file = ("a.xlsx", b"secret-content".to_vec());
            post.file("SendDocument", vec![("chat_id", "5".into())], file, most, may_leave).await
        } else {
            post.json("SendMessage", &json!({"text": "secret-content"}), most, may_leave).await
        };
        (judged.outcome, far.await.unwrap())
    }

    #[tokio::test]
    async fn what_may_leave_arrives_and_what_may_not_any_more_never_leaves() {
        for as_file in [false, true] {
            let (outcome, came) = call(usize::MAX, as_file).await;
            assert_eq!(outcome, Outcome::Accepted { message_id: 7 });
            assert!(came.contains("secret-content") && came.contains("POST /bot1:a/Send"), "{came}");
            // It stands connected already when it turns out that another may have taken over.
            let (outcome, came) = call(0, as_file).await;
            assert_eq!(outcome, Outcome::Refused(Refusal::NeverLeft));
            assert!(!came.contains("secret-content"), "{came}");
        }
    }
}

//! A call whose content leaves only while it may. Between the moment in which a call is begun and the one in which its bytes go out
//! lie names to be looked up, connections, handshakes – and, of a process that was stopped, any length of time. So the last look is
//! taken where the bytes are handed over: what was not handed over never left.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use hyper::body::{Body as HttpBody, Bytes, Frame, SizeHint};
use reqwest::header::CONTENT_TYPE;
use reqwest::multipart::{Form, Part};
use reqwest::{Body, Client, RequestBuilder};
use serde::Deserialize;
use serde_json::Value;
use teloxide::types::Seconds;
use teloxide::{ApiError, RequestError};
use url::Url;

use super::answer::classify;
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

/// Where a bot's calls go.
pub(super) struct Post<'a> {
    pub client: &'a Client,
    pub base: &'a Url,
    pub token: &'a str,
}

impl Post<'_> {
    /// Makes a call with a JSON document.
    pub async fn json(&self, method: &str, content: Vec<u8>, may_leave: MayLeave) -> Outcome {
        self.guarded(method, content, may_leave, |call, body| call.header(CONTENT_TYPE, "application/json").body(body))
            .await
    }

    /// Makes a call with fields and one file.
    pub async fn file(
        &self,
        method: &str,
        fields: Vec<(&'static str, String)>,
        (name, bytes): (&str, Vec<u8>),
        may_leave: MayLeave,
    ) -> Outcome {
        let (length, name) = (bytes.len() as u64, name.to_owned());
        self.guarded(method, bytes, may_leave, move |call, body| {
            let form = fields.into_iter().fold(Form::new(), |form, (field, text)| form.text(field, text));
            call.multipart(form.part("document", Part::stream_with_length(body, length).file_name(name)))
        })
        .await
    }

    async fn guarded(
        &self,
        method: &str,
        content: Vec<u8>,
        may_leave: MayLeave,
        fill: impl FnOnce(RequestBuilder, Body) -> RequestBuilder,
    ) -> Outcome {
        let Some(address) = self.address(method) else { return Outcome::Refused(Refusal::NotConnected) };
        let has_left = Arc::new(AtomicBool::new(false));
        let body = Guarded { bytes: Some(content.into()), may_leave, has_left: Arc::clone(&has_left) };
        let answer = match fill(self.client.post(address), Body::wrap(body)).send().await {
            Ok(answer) => answer.text().await,
            Err(error) => Err(error),
        };
        match answer {
            Ok(text) => understood(&text),
            Err(error) if !error.is_connect() && !has_left.load(Ordering::Relaxed) && is_kept(&error) => {
                Outcome::Refused(Refusal::NeverLeft)
            }
            Err(error) => classify(&RequestError::from(error.without_url())),
        }
    }

    /// The address of a method, which holds the token and is never part of an error.
    fn address(&self, method: &str) -> Option<Url> {
        let mut address = self.base.clone();
        address.path_segments_mut().ok()?.pop_if_empty().push(&format!("bot{}", self.token)).push(method);
        Some(address)
    }
}

/// Whether a call ended because its content was kept back.
fn is_kept(error: &reqwest::Error) -> bool {
    let first: &(dyn std::error::Error + 'static) = error;
    std::iter::successors(Some(first), |error| error.source()).any(|error| error.is::<Kept>())
}

/// An answer in the Bot API's own form.
#[derive(Deserialize)]
struct Answer {
    ok: bool,
    result: Option<Value>,
    description: Option<String>,
    parameters: Option<Parameters>,
}

#[derive(Deserialize)]
struct Parameters {
    retry_after: Option<u32>,
    migrate_to_chat_id: Option<i64>,
}

/// What the Bot API's answer means; whatever has another form proves nothing.
fn understood(text: &str) -> Outcome {
    let odd = || Outcome::Lost("an answer that is not the Bot API's".into());
    let Ok(answer) = serde_json::from_str::<Answer>(text) else { return odd() };
    if answer.ok {
        let id = answer.result.as_ref().and_then(|message| message.get("message_id")).and_then(Value::as_i64);
        return id.map_or_else(odd, |message_id| Outcome::Accepted { message_id });
    }
    let Some(description) = answer.description else { return odd() };
    let parameters = answer.parameters;
    if let Some(wait) = parameters.as_ref().and_then(|parameters| parameters.retry_after) {
        return classify(&RequestError::RetryAfter(Seconds::from_seconds(wait)));
    }
    if let Some(chat) = parameters.and_then(|parameters| parameters.migrate_to_chat_id) {
        return Outcome::Refused(Refusal::Migrated(chat));
    }
    let error = serde_json::from_value(Value::String(description.clone())).unwrap_or(ApiError::Unknown(description));
    classify(&RequestError::Api(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;
    use std::time::Duration;
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
        let client = Client::new();
        let post = Post { client: &client, base: &base, token: "1:a" };
        let outcome = if as_file {
            post.file("SendDocument", vec![("chat_id", "5".into())], ("a.xlsx", b"secret-content".to_vec()), may_leave)
                .await
        } else {
            post.json("SendMessage", b"{\"text\":\"secret-content\"}".to_vec(), may_leave).await
        };
        (outcome, far.await.unwrap())
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

    #[test]
    fn only_the_bot_apis_own_form_proves_anything() {
        let of = understood;
        assert_eq!(of(r#"{"ok":true,"result":{"message_id":9}}"#), Outcome::Accepted { message_id: 9 });
        assert!(matches!(of("<html>502</html>"), Outcome::Lost(_)));
        assert!(matches!(of(r#"{"ok":true}"#), Outcome::Lost(_)));
        assert!(matches!(of(r#"{"ok":false}"#), Outcome::Lost(_)));
        let refused = |text: &str| match of(text) {
            Outcome::Refused(refusal) => refusal,
            other => panic!("{other:?}"),
        };
        let wait = r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 5","parameters":{"retry_after":5}}"#;
        assert_eq!(refused(wait), Refusal::RetryAfter(Duration::from_secs(5)));
        let blocked = r#"{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}"#;
        assert_eq!(refused(blocked), Refusal::Blocked);
        let moved = r#"{"ok":false,"description":"Bad Request: moved","parameters":{"migrate_to_chat_id":-5}}"#;
        assert_eq!(refused(moved), Refusal::Migrated(-5));
    }
}

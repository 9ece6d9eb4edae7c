//! What an answer to a call means. Only a 4xx in the Bot API's own form proves that a message was not delivered, and only an `ok`
//! that it was. Whatever else comes back, a 5xx in that form too, a page of a machine in between, a redirection, half an answer,
//! says nothing: behind it the message may have gone out.

use std::time::Duration;

use serde::Deserialize;
use teloxide::{ApiError, RequestError};

use crate::messenger::{Outcome, Refusal};

/// Longest piece of Telegram's own words that is kept.
const MOST_WORDS: usize = 200;
/// The wait after a 429 that does not say how long it is.
const UNSAID_WAIT: u64 = 5;

/// An answer in the Bot API's form, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Said {
    ok: bool,
    error_code: Option<u16>,
    #[serde(default)]
    description: String,
    parameters: Option<Parameters>,
    result: Option<Sent>,
}

#[derive(Debug, Default, Deserialize)]
struct Parameters {
    retry_after: Option<u64>,
    migrate_to_chat_id: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct Sent {
    message_id: i64,
}

/// What an answer to a call that sends something means; `retry_after` is the header of that name.
///
/// A 4xx that is no JSON comes from a proxy. Most of these never let the call through, but some answer so after they did, and
/// nobody can tell the two apart: lost.
pub(super) fn judge(status: u16, retry_after: Option<u64>, body: &[u8]) -> Judged {
    let odd = |wait| Judged { outcome: Outcome::Lost(format!("HTTP {status} that is not the Bot API's answer")), wait };
    let unsaid_wait = || (status == 429).then(|| Duration::from_secs(retry_after.unwrap_or(UNSAID_WAIT)));
    let Ok(said) = serde_json::from_slice::<Said>(body) else { return odd(unsaid_wait()) };
    if said.ok {
        return match said.result {
            Some(sent) => Judged { outcome: Outcome::Accepted { message_id: sent.message_id }, wait: None },
            None => odd(None),
        };
    }
    let code = said.error_code.unwrap_or(status);
    let is_refusal =
        (400..500).contains(&code) && (matches!(status, 400..500) || (status == 200 && said.error_code.is_some()));
    if !is_refusal {
        return Judged { outcome: Outcome::Lost(format!("HTTP {status}, error {code}")), wait: None };
    }
    let parameters = said.parameters.unwrap_or_default();
    let refusal = match (code, parameters) {
        (429, Parameters { retry_after: said, .. }) => {
            Refusal::RetryAfter(Duration::from_secs(said.or(retry_after).unwrap_or(UNSAID_WAIT)))
        }
        (_, Parameters { migrate_to_chat_id: Some(chat), .. }) => Refusal::Migrated(chat),
        _ => refused(code, &said.description),
    };
    let wait = if let Refusal::RetryAfter(wait) = refusal { Some(wait) } else { None };
    Judged { outcome: Outcome::Refused(refusal), wait }
}

/// What became of a call, and how long nothing at all may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Judged {
    pub outcome: Outcome,
    pub wait: Option<Duration>,
}

/// Why a call found no answer at all. Nothing of the error itself is kept, for it may hold the address with the token.
pub(super) fn unanswered(error: &reqwest::Error) -> Outcome {
    if error.is_connect() {
        Outcome::Refused(Refusal::NotConnected)
    } else if error.is_timeout() {
        Outcome::Lost("time-out".into())
    } else {
        Outcome::Lost("connection cut".into())
    }
}

/// A refusal by its number and, of those with several meanings, by its words.
fn refused(code: u16, text: &str) -> Refusal {
    let words = || text.chars().take(MOST_WORDS).collect::<String>();
    let lower = text.to_lowercase();
    let is_no_chat = ["chat not found", "user not found", "peer_id_invalid", "group chat was deactivated"];
    match code {
        401 | 404 => Refusal::Unauthorized,
        409 => Refusal::Conflict,
        400 | 403 if lower.contains("deactivated") && !lower.contains("group") => Refusal::Deactivated,
        403 if lower.contains("blocked") => Refusal::Blocked,
        403 => Refusal::ChatNotFound,
        400 if is_no_chat.iter().any(|known| lower.contains(known)) => Refusal::ChatNotFound,
        400 | 413 => Refusal::MessageRefused(words()),
        _ => Refusal::Passing(words()),
    }
}

/// Tells the errors of teloxide apart, of calls that send nothing. No text of a network error is kept, for it may hold the
/// address with the token.
pub(super) fn classify(error: &RequestError) -> Outcome {
    match error {
        RequestError::Api(error) => Outcome::Refused(refusal(error)),
        RequestError::MigrateToChatId(chat) => Outcome::Refused(Refusal::Migrated(chat.0)),
        RequestError::RetryAfter(wait) => {
            Outcome::Refused(Refusal::RetryAfter(Duration::from_secs(u64::from(wait.seconds()))))
        }
        RequestError::Network(error) => unanswered(error),
        RequestError::InvalidJson { .. } => Outcome::Lost("an answer that is not the Bot API's".into()),
        RequestError::Io(_) => Outcome::Lost("input or output failed".into()),
    }
}

/// What the words mean of which teloxide has dropped the number.
fn refusal(error: &ApiError) -> Refusal {
    let text = match error {
        ApiError::InvalidToken => return Refusal::Unauthorized,
        ApiError::TerminatedByOtherGetUpdates => return Refusal::Conflict,
        ApiError::Unknown(text) => text.clone(),
        other => return Refusal::MessageRefused(other.to_string().chars().take(MOST_WORDS).collect()),
    };
    let begins = |word: &str| text.to_lowercase().starts_with(word);
    let numbers =
        [("unauthorized", 401), ("not found", 404), ("conflict", 409), ("forbidden", 403), ("bad request", 400)];
    let code = numbers.iter().find(|(word, _)| begins(word)).map_or(0, |(_, code)| *code);
    refused(code, &text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(status: u16, body: &str) -> Outcome {
        judge(status, None, body.as_bytes()).outcome
    }

    fn refusal_of(status: u16, description: &str) -> Refusal {
        let body = format!(r#"{{"ok":false,"error_code":{status},"description":"{description}"}}"#);
        match outcome(status, &body) {
            Outcome::Refused(refusal) => refusal,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_4xx_of_the_bot_api_is_told_apart_by_its_number_and_its_words() {
        assert_eq!(refusal_of(403, "Forbidden: bot was blocked by the user"), Refusal::Blocked);
        assert_eq!(refusal_of(403, "Forbidden: user is deactivated"), Refusal::Deactivated);
        assert_eq!(refusal_of(403, "Forbidden: bot can't initiate conversation with a user"), Refusal::ChatNotFound);
        assert_eq!(refusal_of(400, "Bad Request: chat not found"), Refusal::ChatNotFound);
        assert_eq!(refusal_of(401, "Unauthorized"), Refusal::Unauthorized);
        assert_eq!(refusal_of(404, "Not Found"), Refusal::Unauthorized);
        assert_eq!(refusal_of(409, "Conflict: terminated by other getUpdates request"), Refusal::Conflict);
        assert!(matches!(refusal_of(400, "Bad Request: can't parse entities"), Refusal::MessageRefused(_)));
        assert!(matches!(refusal_of(413, "Request Entity Too Large"), Refusal::MessageRefused(_)));
        assert!(matches!(refusal_of(420, "FLOOD"), Refusal::Passing(_)));
        assert_eq!(refusal_of(429, "Too Many Requests"), Refusal::RetryAfter(Duration::from_secs(UNSAID_WAIT)));
        let migrated = r#"{"ok":false,"error_code":400,"description":"x","parameters":{"migrate_to_chat_id":-1001}}"#;
        assert_eq!(outcome(400, migrated), Outcome::Refused(Refusal::Migrated(-1001)));
    }

    #[test]
    fn whatever_is_neither_ok_nor_a_4xx_of_the_bot_api_is_lost() {
        let json = |code: u16| format!(r#"{{"ok":false,"error_code":{code},"description":"Internal Server Error"}}"#);
        let is_lost = |status, body: &str| matches!(outcome(status, body), Outcome::Lost(_));
        for code in [500, 502, 503, 504, 599] {
            assert!(is_lost(code, &json(code)) && is_lost(code, "<h1>Bad Gateway</h1>") && is_lost(code, ""), "{code}");
        }
        assert!(is_lost(500, &json(400)), "a 4xx within a 5xx");
        assert!(is_lost(500, r#"{"ok":false,"description":"Forbidden: bot was blocked by the user"}"#));
        assert!(is_lost(200, &json(500)) && is_lost(400, &json(500)), "a 5xx within something else");
        assert!(is_lost(200, r#"{"ok":false,"description":"Bad Request"}"#), "without a number anywhere");
        for status in [301, 302, 307, 308] {
            assert!(is_lost(status, "") && is_lost(status, &json(400)), "{status}");
        }
        for status in [400, 403, 404, 407, 408, 429] {
            assert!(is_lost(status, "<html>a proxy says no</html>"), "{status}");
        }
        for half in [
            "",
            "{",
            r#"{"ok":true"#,
            r#"{"ok":true,"result":{}}"#,
            r#"{"ok":true}"#,
            "[]",
            "null",
            r#"{"error_code":400}"#,
        ] {
            assert!(is_lost(200, half), "{half}");
        }
        assert_eq!(
            outcome(200, r#"{"ok":true,"result":{"message_id":7,"date":1}}"#),
            Outcome::Accepted { message_id: 7 }
        );
    }

    #[test]
    fn a_429_silences_in_whatever_form_it_comes() {
        let said = r#"{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":34}}"#;
        assert_eq!(judge(429, Some(1), said.as_bytes()).wait, Some(Duration::from_secs(34)));
        let page = judge(429, Some(12), b"<html>slow down</html>");
        assert!(matches!(page.outcome, Outcome::Lost(_)));
        assert_eq!(page.wait, Some(Duration::from_secs(12)));
        assert_eq!(judge(502, Some(12), b"").wait, None);
    }
}

//! What an error of a call means. Only an answer in the Bot API's own form proves that a message was not delivered.

use std::time::Duration;

use teloxide::{ApiError, RequestError};

use crate::messenger::{Outcome, Refusal};

/// Longest piece of Telegram's own words that is kept.
const MOST_WORDS: usize = 200;

/// Tells the errors of teloxide apart. No text of a network error is kept, for it may hold the address with the token.
pub fn classify(error: &RequestError) -> Outcome {
    match error {
        RequestError::Api(error) => Outcome::Refused(refusal(error)),
        RequestError::MigrateToChatId(chat) => Outcome::Refused(Refusal::Migrated(chat.0)),
        RequestError::RetryAfter(wait) => {
            Outcome::Refused(Refusal::RetryAfter(Duration::from_secs(u64::from(wait.seconds()))))
        }
        RequestError::Network(error) if error.is_connect() => Outcome::Refused(Refusal::NotConnected),
        RequestError::Network(error) if error.is_timeout() => Outcome::Lost("time-out".into()),
        RequestError::Network(_) => Outcome::Lost("connection cut".into()),
        RequestError::InvalidJson { .. } => Outcome::Lost("an answer that is not the Bot API's".into()),
        RequestError::Io(_) => Outcome::Lost("input or output failed".into()),
    }
}

fn refusal(error: &ApiError) -> Refusal {
    match error {
        ApiError::BotBlocked => Refusal::Blocked,
        ApiError::UserDeactivated => Refusal::Deactivated,
        ApiError::ChatNotFound | ApiError::UserNotFound | ApiError::GroupDeactivated | ApiError::BotKicked => {
            Refusal::ChatNotFound
        }
        ApiError::CantInitiateConversation | ApiError::CantTalkWithBots => Refusal::ChatNotFound,
        ApiError::InvalidToken => Refusal::Unauthorized,
        ApiError::TerminatedByOtherGetUpdates => Refusal::Conflict,
        ApiError::Unknown(text) => unlisted(text),
        other => Refusal::MessageRefused(other.to_string().chars().take(MOST_WORDS).collect()),
    }
}

/// Words that teloxide has no name for, by how they begin.
fn unlisted(text: &str) -> Refusal {
    let words = || text.chars().take(MOST_WORDS).collect::<String>();
    let lower = text.to_lowercase();
    if lower.contains("bot was blocked") {
        Refusal::Blocked
    } else if lower.contains("deactivated") {
        Refusal::Deactivated
    } else if lower.starts_with("forbidden") || lower.contains("chat not found") {
        Refusal::ChatNotFound
    } else if lower.starts_with("unauthorized") || lower.starts_with("not found") {
        Refusal::Unauthorized
    } else if lower.starts_with("conflict") {
        Refusal::Conflict
    } else if lower.starts_with("bad request") {
        Refusal::MessageRefused(words())
    } else {
        Refusal::ServerError(words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unlisted_words_are_told_apart_by_how_they_begin() {
        assert_eq!(unlisted("Forbidden: bot was blocked by the user"), Refusal::Blocked);
        assert_eq!(unlisted("Unauthorized"), Refusal::Unauthorized);
        assert_eq!(unlisted("Conflict: terminated by other getUpdates request"), Refusal::Conflict);
        assert!(matches!(unlisted("Bad Request: can't parse entities"), Refusal::MessageRefused(_)));
        assert!(matches!(unlisted("Internal Server Error"), Refusal::ServerError(_)));
    }
}

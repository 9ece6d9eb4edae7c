//! Files over the Bot API. A file's address holds the token, so it is made here, used here, and never part of an error.

use std::time::Duration;

use reqwest::{Client, Response, StatusCode};
use teloxide::Bot;
use teloxide::requests::{Request, Requester};
use teloxide::types::FileId;
use url::Url;

use super::answer::{Judged, classify};
use super::call::{DEADLINE, keyboard};
use super::post::Post;
use crate::messenger::{MayLeave, Outcome, OutgoingFile, Refusal};
use crate::telegram::Unfetched;

/// After this long without a byte a download counts as failed.
const QUIET: Duration = Duration::from_secs(30);
/// After this long a download is given up even though bytes still come: 20 MiB at 35 kB a second.
const LONGEST: Duration = Duration::from_secs(600);
/// After this long without an answer a file that was sent counts as lost.
const SENT: Duration = Duration::from_secs(80);

/// Sends a file with its words and buttons.
pub(super) async fn send(post: &Post, chat: i64, file: &OutgoingFile, may_leave: MayLeave) -> Judged {
    let mut fields = vec![("chat_id", chat.to_string()), ("caption", file.words.text.clone())];
    if !file.words.buttons.is_empty()
        && let Ok(buttons) = serde_json::to_string(&keyboard(&file.words))
    {
        fields.push(("reply_markup", buttons));
    }
    post.file("sendDocument", fields, (&file.name, file.bytes.clone()), SENT, may_leave).await
}

/// Fetches a file of at most `most` bytes into memory.
pub(super) async fn fetch(
    bot: &Bot,
    client: &Client,
    base: &Url,
    file_id: &str,
    most: u64,
) -> Result<Vec<u8>, Unfetched> {
    let asked = tokio::time::timeout(DEADLINE, bot.get_file(FileId(file_id.to_owned())).send()).await;
    let file = match asked {
        Err(_) => return Err(silent()),
        Ok(Err(error)) => return Err(unfetched(classify(&error))),
        Ok(Ok(file)) => file,
    };
    // A size that was not told reads as the largest number.
    if file.meta.size != u32::MAX && u64::from(file.meta.size) > most {
        return Err(Unfetched::TooLarge);
    }
    let address = address(base, bot.token(), &file.path).ok_or_else(|| Unfetched::Failed("an odd address".into()))?;
    let call = client.get(address).timeout(LONGEST).send();
    let answer = tokio::time::timeout(QUIET, call).await.map_err(|_| silent())?.map_err(|error| cut(&error))?;
    match answer.status() {
        StatusCode::OK => read(answer, most).await,
        status => Err(Unfetched::Failed(format!("HTTP {}", status.as_u16()))),
    }
}

async fn read(mut answer: Response, most: u64) -> Result<Vec<u8>, Unfetched> {
    let mut bytes = Vec::new();
    loop {
        let chunk = tokio::time::timeout(QUIET, answer.chunk()).await.map_err(|_| silent())?;
        let Some(chunk) = chunk.map_err(|error| cut(&error))? else { return Ok(bytes) };
        // What the file was said to measure is not what counts.
        if u64::try_from(bytes.len() + chunk.len()).unwrap_or(u64::MAX) > most {
            return Err(Unfetched::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
}

/// Where a file lies; its path may have several parts, and the Bot API's address a path of its own.
fn address(base: &Url, token: &str, path: &str) -> Option<Url> {
    let mut address = base.clone();
    address.path_segments_mut().ok()?.pop_if_empty().push("file").push(&format!("bot{token}")).extend(path.split('/'));
    Some(address)
}

fn silent() -> Unfetched {
    Unfetched::Failed("no answer in time".into())
}

/// Nothing of the error itself is kept, for it names the address.
fn cut(error: &reqwest::Error) -> Unfetched {
    match error.is_connect() {
        true => Unfetched::NotConnected,
        false => Unfetched::Failed("connection cut".into()),
    }
}

fn unfetched(outcome: Outcome) -> Unfetched {
    match outcome {
        Outcome::Refused(Refusal::RetryAfter(wait)) => Unfetched::RetryAfter(wait),
        Outcome::Refused(Refusal::NotConnected) => Unfetched::NotConnected,
        Outcome::Refused(Refusal::MessageRefused(words)) if words.contains("too big") => Unfetched::TooLarge,
        Outcome::Refused(refusal) => Unfetched::Failed(refusal.to_string()),
        Outcome::Lost(why) => Unfetched::Failed(why),
        Outcome::Accepted { .. } => Unfetched::Failed("an odd answer".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_address_keeps_the_bases_path_and_the_files_own() {
        let of = |base: &str| address(&base.parse().unwrap(), "1:a", "documents/file 1.xlsx").unwrap().to_string();
        assert_eq!(of("https://x.org"), "https://x.org/file/bot1:a/documents/file%201.xlsx");
        assert_eq!(of("https://x.org/api/"), "https://x.org/api/file/bot1:a/documents/file%201.xlsx");
    }

    #[test]
    fn a_file_that_the_bot_api_finds_too_big_is_too_large() {
        let refused = |words: &str| unfetched(Outcome::Refused(Refusal::MessageRefused(words.into())));
        assert_eq!(refused("Bad Request: file is too big"), Unfetched::TooLarge);
        assert!(matches!(refused("Bad Request: wrong file_id"), Unfetched::Failed(_)));
    }
}

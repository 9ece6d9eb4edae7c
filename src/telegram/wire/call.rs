//! The calls that send something. They are made here and not by teloxide, which gives the words of an answer but not its number,
//! and without its number nobody knows whether the message may have arrived.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, header};
use secrecy::{ExposeSecret, SecretString};
use teloxide::types::{InlineKeyboardButton, InlineKeyboardMarkup};
use url::Url;

use super::answer::{Judged, judge, unanswered};
use crate::messenger::{Button, ButtonData, Outcome, Outgoing};

/// After this long without an answer a call counts as lost.
pub(super) const DEADLINE: Duration = Duration::from_secs(30);

/// Where calls go; the address holds the token and is never shown.
pub(super) struct Api {
    client: Client,
    base: Url,
    token: SecretString,
}

impl Api {
    /// The Bot API at `base`. The client must not follow a redirection: what it leads to is not who was to be told.
    pub fn new(client: Client, base: Url, token: SecretString) -> Self {
        Self { client, base, token }
    }

    /// A call of `method` without its content; `None` where the address can have no path.
    pub fn method(&self, method: &str) -> Option<RequestBuilder> {
        let mut address = self.base.clone();
        address
            .path_segments_mut()
            .ok()?
            .pop_if_empty()
            .push(&format!("bot{}", self.token.expose_secret()))
            .push(method);
        Some(self.client.post(address))
    }

    /// Makes a call that sends something; what has no whole answer after `most` is lost.
    pub async fn send(call: RequestBuilder, most: Duration) -> Judged {
        match tokio::time::timeout(most, answered(call)).await {
            Ok(Ok(judged)) => judged,
            Ok(Err(error)) => Judged { outcome: unanswered(&error), wait: None },
            Err(_) => Judged { outcome: Outcome::Lost("no answer in time".into()), wait: None },
        }
    }
}

async fn answered(call: RequestBuilder) -> Result<Judged, reqwest::Error> {
    let answer = call.send().await?;
    let status = answer.status().as_u16();
    let wait = answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let body = answer.bytes().await?;
    Ok(judge(status, wait, &body))
}

/// The buttons below a message; one whose address is none is left out.
pub(super) fn keyboard(message: &Outgoing) -> InlineKeyboardMarkup {
    let button = |button: &Button| match &button.data {
        ButtonData::Callback(data) => Some(InlineKeyboardButton::callback(&button.label, data.to_string())),
        ButtonData::Url(url) => Url::parse(url).ok().map(|url| InlineKeyboardButton::url(&button.label, url)),
    };
    InlineKeyboardMarkup::new(message.buttons.iter().map(|row| row.iter().filter_map(button).collect::<Vec<_>>()))
}

//! The calls that send something. They are made here and not by teloxide, which gives the words of an answer but not its number,
//! and without its number nobody knows whether the message may have arrived.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::{Client, RequestBuilder, Response, header};
use secrecy::{ExposeSecret, SecretString};
use teloxide::types::{InlineKeyboardButton, InlineKeyboardMarkup};
use url::Url;

use super::answer::{Judged, judge, unanswered};
use crate::clock::Clock;
use crate::messenger::{Button, ButtonData, Outcome, Outgoing};

/// After this long without an answer a call counts as lost.
pub(super) const DEADLINE: Duration = Duration::from_secs(30);

/// Where calls go; the address holds the token and is never shown.
pub(super) struct Api {
    client: Client,
    base: Url,
    token: SecretString,
    clock: Clock,
}

impl Api {
    /// The Bot API at `base`. The client must not follow a redirection: what it leads to is not who was to be told.
    /// `clock` is compared with the time of every answer.
    pub fn new(client: Client, base: Url, token: SecretString, clock: Clock) -> Self {
        Self { client, base, token, clock }
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
    pub async fn send(&self, call: RequestBuilder, most: Duration) -> Judged {
        match tokio::time::timeout(most, self.answered(call)).await {
            Ok(Ok(judged)) => judged,
            Ok(Err(error)) => Judged { outcome: unanswered(&error), wait: None },
            Err(_) => Judged { outcome: Outcome::Lost("no answer in time".into()), wait: None },
        }
    }

    async fn answered(&self, call: RequestBuilder) -> Result<Judged, reqwest::Error> {
        let answer = call.send().await?;
        let (status, theirs) = (answer.status().as_u16(), time_of(&answer));
        let wait = answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let body = answer.bytes().await?;
        let judged = judge(status, wait, &body);
        // What is not the Bot API's own answer has somebody else's time.
        if let Some(theirs) = theirs.filter(|_| !matches!(judged.outcome, Outcome::Lost(_))) {
            self.clock.compare(theirs);
        }
        Ok(judged)
    }
}

/// When an answer was given by the clock of whoever gave it, if it says so.
pub(super) fn time_of(answer: &Response) -> Option<DateTime<Utc>> {
    let date = answer.headers().get(header::DATE)?.to_str().ok()?;
    Some(DateTime::parse_from_rfc2822(date).ok()?.with_timezone(&Utc))
}

/// The buttons below a message; one whose address is none is left out.
pub(super) fn keyboard(message: &Outgoing) -> InlineKeyboardMarkup {
    let button = |button: &Button| match &button.data {
        ButtonData::Callback(data) => Some(InlineKeyboardButton::callback(&button.label, data.to_string())),
        ButtonData::Url(url) => Url::parse(url).ok().map(|url| InlineKeyboardButton::url(&button.label, url)),
    };
    InlineKeyboardMarkup::new(message.buttons.iter().map(|row| row.iter().filter_map(button).collect::<Vec<_>>()))
}

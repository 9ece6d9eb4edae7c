//! What calls have in common.

use std::time::Duration;

use teloxide::types::{InlineKeyboardButton, InlineKeyboardMarkup};
use url::Url;

use crate::messenger::{Button, ButtonData, Outgoing};

/// After this long without an answer a call counts as lost.
pub(super) const DEADLINE: Duration = Duration::from_secs(30);

/// The buttons below a message; one whose address is none is left out.
pub(super) fn keyboard(message: &Outgoing) -> InlineKeyboardMarkup {
    let button = |button: &Button| match &button.data {
        ButtonData::Callback(data) => Some(InlineKeyboardButton::callback(&button.label, data.to_string())),
        ButtonData::Url(url) => Url::parse(url).ok().map(|url| InlineKeyboardButton::url(&button.label, url)),
    };
    InlineKeyboardMarkup::new(message.buttons.iter().map(|row| row.iter().filter_map(button).collect::<Vec<_>>()))
}

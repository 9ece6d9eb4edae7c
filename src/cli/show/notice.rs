//! Notices in words.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::word::word;
use crate::desk::{LetGo, Preview};
use crate::notice::list::Listed;

fn local(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()
}

/// Notices with their attempts and words.
pub fn notices(notices: &[Listed], zone: Tz) -> String {
    let mut text = String::new();
    for Listed { notice, attempts } in notices {
        let variant = notice.variant.as_ref().map_or_else(String::new, |variant| format!("/{variant}"));
        let reason = notice.reason.as_ref().map_or_else(String::new, |reason| format!(" ({reason})"));
        let when = notice.sent_at.unwrap_or(notice.due_at);
        let _ = writeln!(
            text,
            "{}  {}  {}{variant}  {}{reason}",
            notice.id,
            local(when, zone),
            notice.kind.name(),
            notice.state.name()
        );
        for attempt in attempts {
            let error = attempt.error.clone().unwrap_or_default();
            let _ = writeln!(text, "    attempt {}  {} {error}", local(attempt.at, zone), word(&attempt.outcome));
        }
        if let Some(words) = &notice.text {
            let _ = writeln!(text, "    “{words}”");
        }
    }
    if text.is_empty() { "no notices".into() } else { text }
}

/// What would stand open, with its words.
pub fn previews(previews: &[Preview], zone: Tz) -> String {
    let mut text = String::new();
    for one in previews {
        let reason = one.reason.as_ref().map_or_else(String::new, |reason| format!(" ({reason})"));
        let _ = writeln!(
            text,
            "{}  {}  {}  {}{reason}",
            local(one.due_at, zone),
            one.name,
            one.kind.name(),
            one.state.name()
        );
        let _ = writeln!(text, "    “{}”", one.text);
    }
    if text.is_empty() { "nothing would stand open".into() } else { text }
}

/// What letting notices go came to.
pub fn let_go(gone: &LetGo, zone: Tz) -> String {
    let words = "notices go out from now on, in delivery hours";
    let Some(copy_of) = gone.copy_of else { return words.to_owned() };
    let again = gone.perhaps_sent - gone.asked;
    format!(
        "{words}\nThe database is a copy of {}. {} notices may have gone out since: {again} say that they may be a repeat when they \
         go out; {} wait for your word (`siap17 notice list --lost`, then `notice retry ID` or `notice told ID --by NAME`)",
        local(copy_of, zone),
        gone.perhaps_sent,
        gone.asked,
    )
}
